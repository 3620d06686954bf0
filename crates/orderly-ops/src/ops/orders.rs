//! Operations on orders: reading, deciding, applying.

pub mod again;
mod coalesce;
mod differ;
pub mod edit;
pub(in crate::ops) mod numbers;
pub mod place;
pub(super) mod resolve;
pub mod source;
pub(super) mod trade;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use orderly_core::books::{Books, Dimensions, DocumentKind};
use orderly_core::id::{IdSource, LegalEntityId, OrderId};
pub use orderly_core::order::Order;
use orderly_core::order::change::{Change, between, fold, in_order};
use orderly_core::order::claims::{self, level_changes};
use orderly_core::order::{Decision, recognition};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::units::{Posted, Recorded};
use orderly_store::tables::{self, claims as claim_rows, events as event_rows};

pub use coalesce::{Coalescer, Hand, place_soon};
pub(super) use place::keep_customers;

use super::accounts::exposure;
use super::command::{Object, Reference, command};
use super::events::{Happened, event};
use crate::{App, Call, Error};

impl Object for Order {
    fn reference(&self) -> Reference {
        Reference { kind: "order", id: self.id.as_bytes(), sequence: self.sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        folded(tx, OrderId::from_bytes(id), sequence)?
            .ok_or_else(|| Error::Internal(format!("{} has no events", OrderId::from_bytes(id))))
    }
}

/// Returns the order with this id.
pub fn get(app: &App, id: OrderId) -> Result<Option<Order>, Error> {
    app.store.read(|tx| Ok(tables::orders::get(tx, id, false)?))
}

/// Returns the order folded from its events up to a sequence.
pub fn folded(tx: &mut Tx<'_>, id: OrderId, up_to: i64) -> Result<Option<Order>, Error> {
    fold_each(tx, id, up_to, |_| ())
}

/// Folds the order from its events up to a sequence; `each` sees it as it was after each of them.
pub fn fold_each(
    tx: &mut Tx<'_>,
    id: OrderId,
    up_to: i64,
    mut each: impl FnMut(&Order),
) -> Result<Option<Order>, Error> {
    let mut order = None;
    for event in event_rows::of_stream(tx, id.as_bytes(), up_to)? {
        let broken = || Error::Internal(format!("event {} of {id} is broken", event.sequence));
        let changes: Vec<Change> = serde_json::from_str(&event.changes).map_err(|_| broken())?;
        let before: Option<Order> = order.take();
        let placed = before.is_none();
        let mut after = fold(before, &changes).ok_or_else(broken)?;
        if !placed {
            after.version += 1;
        }
        after.sequence = event.sequence;
        after.updated_at = event.recorded_at;
        each(&after);
        order = Some(after);
    }
    Ok(order)
}

/// Returns the order, locked against other writers until the transaction ends.
///
/// So are the counters of its account: they are locked after orders and before levels, everywhere.
pub fn load(tx: &mut Tx<'_>, id: OrderId) -> Result<Order, Error> {
    let order = tables::orders::get(tx, id, true)?;
    let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
    exposure::lock(tx, &order)?;
    Ok(order)
}

/// One step of one order as a command: load, check the version, decide, apply.
///
/// `decide` gets the order locked, and may read whatever else it needs in the transaction.
pub fn change(
    app: &App,
    call: &Call,
    verb: &'static str,
    kind: &'static str,
    id: OrderId,
    decide: impl Fn(&mut Tx<'_>, &Order, &mut IdSource) -> Result<Decision, Error>,
) -> Result<Order, Error> {
    command(app, call, verb, |tx| {
        let before = load(tx, id)?;
        call.expect_version(before.version)?;
        let mut ids = ids_after_audit(call);
        let decision = decide(tx, &before, &mut ids)?;
        apply(tx, call, &mut ids, &before, decision, kind)
    })
}

/// The call's ids without the first one, which names its audit row.
pub fn ids_after_audit(call: &Call) -> IdSource {
    let mut ids = call.ids();
    let _: orderly_core::id::AuditId = ids.draw();
    ids
}

/// Saves a decision: the order by compare-and-set, what it counts on its account, its claims, what
/// they and its movements do to stock, the journals of the movements, and one event that carries it
/// all.
///
/// Returns the order as saved. A decision that changes nothing is saved as nothing.
pub fn apply(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Order,
    decision: Decision,
    kind: &str,
) -> Result<Order, Error> {
    let Decision { order: after, movements, event: event_id } = decision;
    let mut after = in_order(after);
    super::invoices::at_once(tx, call, ids, &mut after, kind)?;
    super::payments::on_delivery::follow(tx, call, ids, before, &mut after)?;
    let changes = between(before, &after);
    if changes.is_empty() && movements.is_empty() {
        return Ok(after);
    }
    super::exchanges::ensure_may_ship(tx, call, before, &after)?;
    super::accounts::ensure_goes_on(tx, call, before, kind)?;
    super::loads::road::ensure_out(tx, before, &after, kind)?;
    after.version = before.version + 1;
    after.sequence = before.sequence + 1;
    after.updated_at = call.now;
    if !tables::orders::save(tx, before, &after)? {
        let detail = format!("order {} was changed meanwhile", before.number);
        return Err(Refusal::new(Code::StaleVersion, detail).into());
    }
    super::quotes::draws::redraw(tx, call, ids, Some(before), &after)?;
    exposure::shift(tx, call, before, &after)?;
    claim_rows::save(tx, before, &after)?;
    super::purchases::tied::order_changed(tx, call, ids, before, &after)?;
    let levels = level_changes(&claims::of(before), &claims::of(&after));
    post(tx, call, &movements, &levels)?;
    super::books::of_movements(tx, call, after.legal_entity, dimensions(&after), &movements)?;
    let event_id = event_id.unwrap_or_else(|| ids.draw());
    super::books::of_costs(tx, call, ids, (before, &after), event_id)?;
    let happened = Happened {
        stream_kind: "order",
        stream: after.id.as_bytes(),
        sequence: after.sequence,
        kind,
        at: call.now,
    };
    let mut event = event(call, ids, happened, &changes);
    event.id = event_id;
    event_rows::record(tx, &[event])?;
    super::invoices::wake(tx, call, ids, Some(before), &after)?;
    Ok(after)
}

/// Saves orders of which only what is invoiced and what of their money is used changed: together,
/// each table once, with their costs, what they count on their accounts, and an event each.
pub(super) fn apply_invoiced(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    orders: &mut [(&Order, Order)],
) -> Result<(), Error> {
    let mut events = Vec::with_capacity(orders.len());
    let mut costs = Vec::with_capacity(orders.len());
    let mut books: HashMap<LegalEntityId, Books> = HashMap::new();
    for (before, after) in orders.iter_mut() {
        let changes = between(before, after);
        after.version = before.version + 1;
        after.sequence = before.sequence + 1;
        after.updated_at = call.now;
        let happened = Happened {
            stream_kind: "order",
            stream: after.id.as_bytes(),
            sequence: after.sequence,
            kind: "order.invoiced",
            at: call.now,
        };
        let event = event(call, ids, happened, &changes);
        let own = match books.entry(after.legal_entity) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(super::books::books_of(tx, after.legal_entity)?),
        };
        costs.extend(recognition::journal(before, after, event.id, ids.draw(), own, call.now));
        events.push(event);
    }
    let pairs: Vec<(&Order, &Order)> =
        orders.iter().map(|(before, after)| (*before, after)).collect();
    if !tables::orders::save_invoiced(tx, &pairs)? {
        let detail = "an order was changed meanwhile";
        return Err(Refusal::new(Code::StaleVersion, detail).into());
    }
    exposure::shift_invoiced(tx, &pairs)?;
    super::books::post(tx, call, &costs)?;
    event_rows::record(tx, &events)?;
    Ok(())
}

/// What the postings of an order are analyzed by.
pub fn dimensions(order: &Order) -> Dimensions {
    Dimensions {
        location: None,
        channel: Some(order.channel),
        party: order.head.customer.map(|customer| customer.as_bytes()),
        document: Some((DocumentKind::Order, order.id.as_bytes())),
    }
}

/// Posts movements and level changes, or refuses the command they belong to.
pub fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    movements: &[orderly_core::units::Movement],
    levels: &[orderly_core::units::LevelChange],
) -> Result<(), Error> {
    let by = Recorded { actor_kind: call.actor.kind, actor: call.actor.id, recorded_at: call.now };
    match tables::units::post(tx, movements, levels, &by)? {
        Posted::Done => Ok(()),
        Posted::NotHeld { item, held, .. } => {
            let detail = format!("only {held} of {item} are there");
            Err(Refusal::new(Code::NotHeld, detail).available(held.to_string()).into())
        }
        Posted::LevelShort { key } => {
            let detail = format!("{} at {} is not enough", key.item, key.location);
            Err(Refusal::new(Code::InsufficientStock, detail).into())
        }
        Posted::AlreadyPosted { cause } => {
            let detail = format!("{} was posted before", cause.kind.code());
            Err(Refusal::new(Code::AlreadyExists, detail).into())
        }
    }
}

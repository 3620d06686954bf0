//! Saving returns: rows, events, what they do to their order and to stock.

use orderly_core::books::{Dimensions, DocumentKind};
use orderly_core::id::{IdSource, ItemId, LocationId, ReturnId};
use orderly_core::order::change::between as order_changes;
use orderly_core::order::{Decision as OrderDecision, Order};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::change::{Change, between, fold};
use orderly_core::returns::{Decision, Return};
use orderly_core::units::Movement;
use orderly_store::Tx;
use orderly_store::tables::{channels, events as event_rows, returns};

use crate::ops::events::{Happened, event};
use crate::ops::stock::backorders;
use crate::ops::{books, orders};
use crate::{Call, Error};

/// Returns the return folded from its events up to a sequence.
pub fn folded(tx: &mut Tx<'_>, id: ReturnId, up_to: i64) -> Result<Option<Return>, Error> {
    let mut returned: Option<Return> = None;
    for event in event_rows::of_stream(tx, id.as_bytes(), up_to)? {
        let broken = || Error::Internal(format!("event {} of {id} is broken", event.sequence));
        let changes: Vec<Change> = serde_json::from_str(&event.changes).map_err(|_| broken())?;
        let opened = returned.is_none();
        let mut after = fold(returned.take(), &changes).ok_or_else(broken)?;
        if !opened {
            after.version += 1;
        }
        after.sequence = event.sequence;
        returned = Some(after);
    }
    Ok(returned)
}

/// Returns the return, locked against other writers until the transaction ends.
pub fn load(tx: &mut Tx<'_>, id: ReturnId) -> Result<Return, Error> {
    let found = returns::get(tx, id, true)?;
    found.ok_or_else(|| Error::not_found(format!("return {id}")))
}

/// Saves a decision: the return, its order, the goods that move and their journals.
pub(in crate::ops) fn save(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (before, order): (Option<&Return>, Option<&Order>),
    decision: Decision,
    kind: &str,
) -> Result<Return, Error> {
    let Decision { returned, order: decided, movements } = decision;
    let decided = order.zip(decided).filter(|(old, new)| !order_changes(old, new).is_empty());
    let grown = grown(&movements);
    match decided {
        Some((old, order)) => {
            let decision = OrderDecision { order, movements, event: None };
            orders::apply(tx, call, ids, old, decision, &format!("order.{}", past(kind)))?;
        }
        None => post(tx, call, &returned, order, &movements)?,
    }
    backorders::enqueue(tx, call, ids, &grown)?;
    match before {
        Some(before) => save_alone(tx, call, ids, before, returned, kind),
        None => insert(tx, call, ids, returned, kind),
    }
}

/// Where sellable goods came in: who waits for them is served.
fn grown(movements: &[Movement]) -> Vec<(ItemId, LocationId)> {
    let changes = movements.iter().flat_map(Movement::level_changes);
    let mut grown: Vec<_> = changes
        .filter(|change| change.on_hand.0 > 0)
        .map(|change| (change.key.item, change.key.location))
        .collect();
    grown.sort_unstable();
    grown.dedup();
    grown
}

/// What the order's event is called: `return.received` is the order's `return_received`.
fn past(kind: &str) -> String {
    kind.replace('.', "_")
}

/// Posts goods that move without a change of the order.
fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    returned: &Return,
    order: Option<&Order>,
    movements: &[Movement],
) -> Result<(), Error> {
    if movements.is_empty() {
        return Ok(());
    }
    let missing = || Error::Internal(format!("return {} has no channel", returned.number));
    let entity = match order {
        Some(order) => order.legal_entity,
        None => channels::get(tx, returned.channel)?.ok_or_else(missing)?.legal_entity,
    };
    let shared = Dimensions {
        location: None,
        channel: Some(returned.channel),
        party: returned.head.customer.map(|customer| customer.as_bytes()),
        document: Some((DocumentKind::Return, returned.id.as_bytes())),
    };
    orders::post(tx, call, movements, &[])?;
    books::of_movements(tx, call, entity, shared, movements)
}

fn insert(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    mut returned: Return,
    kind: &str,
) -> Result<Return, Error> {
    (returned.version, returned.sequence) = (1, 1);
    if returns::insert(tx, &[&returned])? == 0 {
        let known = returned.external_id.as_deref().unwrap_or(&returned.number);
        let detail = format!("the channel has a return {known} already");
        return Err(Refusal::at(Code::AlreadyExists, "/external_id", detail).into());
    }
    record(tx, call, ids, &returned, kind, &[Change::Opened(Box::new(returned.clone()))])?;
    Ok(returned)
}

/// Saves the return without anything else of it.
pub(in crate::ops) fn save_alone(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Return,
    mut after: Return,
    kind: &str,
) -> Result<Return, Error> {
    let changes = between(before, &after);
    if changes.is_empty() {
        return Ok(after);
    }
    after.version = before.version + 1;
    after.sequence = before.sequence + 1;
    if !returns::save(tx, before, &after)? {
        let detail = format!("return {} was changed meanwhile", before.number);
        return Err(Refusal::new(Code::StaleVersion, detail).into());
    }
    record(tx, call, ids, &after, kind, &changes)?;
    Ok(after)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    returned: &Return,
    kind: &str,
    changes: &[Change],
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "return",
        stream: returned.id.as_bytes(),
        sequence: returned.sequence,
        kind,
        at: call.now,
    };
    event_rows::record(tx, &[event(call, ids, happened, changes)])?;
    Ok(())
}

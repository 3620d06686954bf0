//! Purchase orders: from the draft to the last goods, and what follows for the orders they serve.

pub mod create;
pub mod direct;
pub mod document;
pub mod invoices;
pub mod pay;
pub mod rebates;
pub mod receive;
pub mod returns;
pub mod tied;

use std::collections::{BTreeMap, BTreeSet};

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{IdSource, LineId, OrderId, PurchaseOrderId};
use orderly_core::money::Money;
use orderly_core::order::{Order, Settlement};
pub use orderly_core::purchase::PurchaseOrder;
use orderly_core::purchase::PurchaseState;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, purchases, suppliers};

use super::catalog::{ids, stale};
use super::events::{Happened, event};
use super::{Object, Reference, command, orders};
use crate::wire::purchases::ConfirmIn;
use crate::{App, Call, Error};

impl Object for PurchaseOrder {
    fn reference(&self) -> Reference {
        Reference { kind: "purchase_order", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let missing =
            || Error::not_found(format!("purchase order {}", PurchaseOrderId::from_bytes(id)));
        let events = event_rows::of_stream(tx, id, sequence)?;
        let last = events.last().ok_or_else(missing)?;
        serde_json::from_str(&last.changes)
            .map_err(|_| Error::Internal(format!("event {} is broken", last.sequence)))
    }
}

fn load(tx: &mut Tx<'_>, id: PurchaseOrderId, lock: bool) -> Result<PurchaseOrder, Error> {
    let found = purchases::get(tx, id, lock)?;
    found.ok_or_else(|| Error::not_found(format!("purchase order {id}")))
}

/// Returns the id of the purchase order that a text stands for: its number or its id.
///
/// # Errors
/// `not_found`.
pub fn find(tx: &mut Tx<'_>, text: &str) -> Result<PurchaseOrderId, Error> {
    let text = text.trim();
    if let Some(found) = purchases::by_number(tx, text)? {
        return Ok(found);
    }
    let shown: String = text.chars().take(60).collect();
    text.parse().map_err(|_| Error::not_found(format!("purchase order `{shown}`")))
}

/// Returns the purchase order that a text stands for.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, text: &str) -> Result<PurchaseOrder, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let id = find(tx, text)?;
        load(tx, id, false)
    })
}

/// Returns up to `limit` purchase orders before a cursor, the newest first; of one supplier and in
/// one state only where they are given.
///
/// # Errors
/// `unknown_supplier`.
pub fn list(
    app: &App,
    call: &Call,
    supplier: Option<&str>,
    state: Option<PurchaseState>,
    before: Option<PurchaseOrderId>,
    limit: u32,
) -> Result<Vec<PurchaseOrder>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let supplier = supplier.map(|code| super::suppliers::supplier_called(tx, code));
        let supplier = supplier.transpose()?.map(|found| found.id);
        Ok(purchases::list(tx, supplier, state, before, limit.clamp(1, 1_000))?)
    })
}

/// A purchase order and the customers' orders its lines are tied to, all locked: the orders first,
/// in the order of their ids.
pub(super) struct Locked {
    pub purchase: PurchaseOrder,
    pub orders: BTreeMap<OrderId, Order>,
}

pub(super) fn lock(tx: &mut Tx<'_>, id: PurchaseOrderId) -> Result<Locked, Error> {
    let seen = load(tx, id, false)?;
    let tied = seen.lines.iter().filter_map(|line| line.tied);
    let tied: BTreeSet<OrderId> = tied.map(|tied| tied.order).collect();
    let mut locked = BTreeMap::new();
    for order in tied {
        locked.insert(order, orders::load(tx, order)?);
    }
    Ok(Locked { purchase: load(tx, id, true)?, orders: locked })
}

/// Saves what lies between two values of a purchase order, with its event, and gives the order
/// lines it is for their claims. Returns the order as saved.
pub(super) fn save(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &PurchaseOrder,
    after: PurchaseOrder,
    kind: &str,
) -> Result<PurchaseOrder, Error> {
    let after = PurchaseOrder { version: before.version + 1, updated_at: call.now, ..after };
    if let Some(identity) =
        after.lines.iter().find_map(orderly_core::purchase::PurchaseLine::broken)
    {
        return Err(Error::Internal(format!("{} would break: {identity}", after.number)));
    }
    stale(purchases::save(tx, before, &after)?)?;
    record(tx, call, ids, &after, kind)?;
    let changed = after.lines.iter().filter(|line| {
        let old = before.lines.iter().find(|old| old.id == line.id);
        old.is_none_or(|old| before.expects(old) != after.expects(line))
    });
    let tied: BTreeSet<(OrderId, LineId)> =
        changed.filter_map(|line| line.tied).map(|tied| (tied.order, tied.line)).collect();
    for (order, line) in tied {
        let order = orders::load(tx, order)?;
        tied::share(tx, call, ids, &order, line)?;
    }
    Ok(after)
}

/// Records a version of a purchase order as its event.
pub(super) fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    purchase: &PurchaseOrder,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "purchase_order",
        stream: purchase.id.as_bytes(),
        sequence: purchase.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, purchase)])?)
}

/// One step of a purchase order as a command: load, check right and version, decide, save.
fn change(
    app: &App,
    call: &Call,
    (verb, kind): (&'static str, &'static str),
    id: PurchaseOrderId,
    decide: impl Fn(&mut Tx<'_>, &Locked) -> Result<PurchaseOrder, Error>,
) -> Result<PurchaseOrder, Error> {
    command(app, call, verb, |tx| {
        let locked = lock(tx, id)?;
        let location = Some(locked.purchase.location);
        call.require(Permission::Purchase, Scope { location, ..Scope::default() })?;
        call.expect_version(locked.purchase.version)?;
        let after = decide(tx, &locked)?;
        save(tx, call, &mut ids(call), &locked.purchase, after, kind)
    })
}

/// Sends a draft to its supplier. Special orders wait until their customers have paid the share
/// that was agreed with the supplier.
///
/// # Errors
/// `invalid_transition`, `deposit_required` with the amount that is missing.
pub fn send(app: &App, call: &Call, id: PurchaseOrderId) -> Result<PurchaseOrder, Error> {
    change(app, call, ("purchase.send", "purchase_order.sent"), id, |tx, locked| {
        let after = locked.purchase.send(call.now)?;
        let supplier = suppliers::get(tx, after.supplier)?;
        let ppm = supplier.map_or(0, |supplier| supplier.terms.deposit_ppm);
        for order in locked.orders.values() {
            deposit(&after, order, ppm)?;
        }
        Ok(after)
    })
}

/// Refuses to send what its customer has not paid the deposit for; the share is rounded up.
fn deposit(purchase: &PurchaseOrder, order: &Order, ppm: i64) -> Result<(), Refusal> {
    if ppm == 0 || order.head.settlement == Settlement::Account {
        return Ok(());
    }
    let tied: BTreeSet<LineId> =
        purchase.lines.iter().filter_map(|line| line.tied).map(|tied| tied.line).collect();
    let own = order.lines.iter().filter(|line| tied.contains(&line.id));
    let due: i64 = own.map(|line| line.amounts.due()).sum();
    let share = i128::from(due) * i128::from(ppm);
    let needed = i64::try_from((share + 999_999) / 1_000_000).unwrap_or(i64::MAX);
    let paid = order.head.paid.captured - order.head.paid.refunded;
    ensure(paid >= needed, || {
        let missing = Money::new(needed - paid, order.currency);
        let detail = format!("order {} waits for a deposit: {missing} are missing", order.number);
        Refusal::new(Code::DepositRequired, detail).allowed(missing.decimal().to_string())
    })
}

/// Records what the supplier confirmed: his number and the days; earlier ones are kept.
///
/// # Errors
/// `invalid_transition`, `purchase_closed`, `unknown_line`, `invalid_field`.
pub fn confirm(
    app: &App,
    call: &Call,
    id: PurchaseOrderId,
    what: &ConfirmIn,
) -> Result<PurchaseOrder, Error> {
    change(app, call, ("purchase.confirm", "purchase_order.confirmed"), id, |_, locked| {
        let all = what.expected_on.as_deref().map(|text| day(text, "/expected_on")).transpose()?;
        let mut days = Vec::with_capacity(what.lines.len());
        for (index, line) in what.lines.iter().enumerate() {
            days.push((line.line, day(&line.expected_on, &format!("/lines/{index}/expected_on"))?));
        }
        let reference = text::optional(what.reference.as_deref())
            .map_err(|refusal| refusal.under("/reference"))?;
        Ok(locked.purchase.confirm(reference, all, &days, call.now)?)
    })
}

/// Reads a day.
pub(super) fn day(text: &str, pointer: &str) -> Result<Day, Refusal> {
    Day::parse(text.trim())
        .map_err(|error| Refusal::at(Code::InvalidField, pointer, error.to_string()))
}

/// Cancels what is still to come of lines, of all where none is named.
///
/// # Errors
/// `invalid_transition`, `unknown_line`, `nothing_to_do`.
pub fn cancel(
    app: &App,
    call: &Call,
    id: PurchaseOrderId,
    lines: &[i64],
) -> Result<PurchaseOrder, Error> {
    change(app, call, ("purchase.cancel", "purchase_order.canceled"), id, |_, locked| {
        Ok(locked.purchase.cancel(lines, call.now)?)
    })
}

/// Closes an order though some of it did not come.
///
/// # Errors
/// `invalid_transition`.
pub fn close(app: &App, call: &Call, id: PurchaseOrderId) -> Result<PurchaseOrder, Error> {
    change(app, call, ("purchase.close", "purchase_order.closed"), id, |_, locked| {
        Ok(locked.purchase.close(call.now)?)
    })
}

/// Opens a closed or canceled order again.
///
/// # Errors
/// `invalid_transition`.
pub fn reopen(app: &App, call: &Call, id: PurchaseOrderId) -> Result<PurchaseOrder, Error> {
    change(app, call, ("purchase.reopen", "purchase_order.reopened"), id, |_, locked| {
        Ok(locked.purchase.reopen()?)
    })
}

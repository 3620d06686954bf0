//! Work orders: planned, released, worked in steps, undone, canceled.

mod make;
mod plan;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::units::{LevelChange, LevelKey};
use orderly_core::work::{WorkOrder, WorkState};
use orderly_store::Tx;
use orderly_store::tables::{events as event_rows, locations, work};

use crate::ops::catalog::stale;
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};
pub use make::{Making, cancel, make, undo};
pub use plan::serve;
pub use plan::{Component, NewWork, create, release};

impl Object for WorkOrder {
    fn reference(&self) -> Reference {
        Reference { kind: "work_order", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, WorkOrderId::from_bytes(id), false)
    }
}

pub(super) fn load(tx: &mut Tx<'_>, id: WorkOrderId, lock: bool) -> Result<WorkOrder, Error> {
    work::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("work order {id}")))
}

/// Returns the work order with this number or id.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, text: &str) -> Result<WorkOrder, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let text = text.trim();
        let shown: String = text.chars().take(60).collect();
        let found = match text.parse() {
            Ok(id) => Some(id),
            Err(_) => work::by_number(tx, text)?,
        };
        let id = found.ok_or_else(|| Error::not_found(format!("work order `{shown}`")))?;
        load(tx, id, false)
    })
}

/// Returns up to `limit` work orders, the newest first, of one state or of all.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<WorkState>,
    before: Option<WorkOrderId>,
    limit: u32,
) -> Result<Vec<WorkOrder>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| work::list(tx, state, before, limit.clamp(1, 1_000)))?)
}

fn place_of(tx: &mut Tx<'_>, order: &WorkOrder) -> Result<Location, Error> {
    let found = locations::get(tx, order.location)?;
    found.ok_or_else(|| Error::Internal("a work order has no location".into()))
}

/// One step of a work order as a command: lock, right, version, decide.
fn change(
    app: &App,
    call: &Call,
    verb: &'static str,
    id: WorkOrderId,
    decide: impl Fn(&mut Tx<'_>, WorkOrder, &Location) -> Result<WorkOrder, Error>,
) -> Result<WorkOrder, Error> {
    command(app, call, verb, |tx| {
        let before = load(tx, id, true)?;
        let location = place_of(tx, &before)?;
        super::require_at(call, Permission::Work, &location)?;
        call.expect_version(before.version)?;
        decide(tx, before, &location)
    })
}

/// What lies between two values of a work order's claims, as changes of levels.
fn level_changes(before: &WorkOrder, after: &WorkOrder) -> Vec<LevelChange> {
    let of = |order: &WorkOrder, sign: i64| -> Vec<LevelChange> {
        let one = |line: &orderly_core::work::WorkLine| {
            let key =
                LevelKey { item: line.item, location: order.location, lot_class: line.lot_class };
            let mut change = LevelChange::none(key);
            change.allocated.0 = sign * line.allocated.get();
            change.backordered.0 = sign * line.backordered.get();
            change
        };
        order.lines.iter().map(one).collect()
    };
    let all = of(before, -1).into_iter().chain(of(after, 1));
    orderly_core::units::sum_by_level(all)
}

/// Saves a work order whose levels are posted by the caller, and tells.
fn save(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &WorkOrder,
    mut after: WorkOrder,
    kind: &str,
) -> Result<WorkOrder, Error> {
    after.version = before.version + 1;
    stale(work::save(tx, before, &after)?)?;
    record(tx, call, ids, &after, kind)?;
    Ok(after)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &WorkOrder,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "work_order",
        stream: order.id.as_bytes(),
        sequence: order.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, order)])?)
}

/// Makes a work order's claim on a level wait, for up to `wanted`: goods that are gone, or that a
/// customer takes away, are not there for work. Returns how much it gave up.
pub(super) fn displace(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    claimant: [u8; 16],
    wanted: Qty,
) -> Result<Qty, Error> {
    let Some(id) = work::of_line(tx, claimant)? else { return Ok(Qty::ZERO) };
    let before = load(tx, id, true)?;
    let mut after = before.clone();
    let line = after.lines.iter_mut().find(|line| line.id.as_bytes() == claimant);
    let Some(line) = line else { return Ok(Qty::ZERO) };
    // Pieces are claimed whole.
    let piece = if line.lot_class.is_none() { 1 } else { line.per.get() };
    let rounded = (wanted.get() + piece - 1) / piece * piece;
    let given = Qty::new(rounded).unwrap_or(wanted).min(line.allocated);
    if given.is_zero() {
        return Ok(given);
    }
    line.allocated = line.allocated.less(given);
    line.backordered = line.backordered.plus(given).unwrap_or(line.backordered);
    crate::ops::orders::post(tx, call, &[], &level_changes(&before, &after))?;
    save(tx, call, ids, &before, after, "work_order.displaced")?;
    Ok(given)
}

/// Refuses what is no whole number of something.
fn whole(qty: Qty, of: Qty, what: &str) -> Result<i64, Refusal> {
    let exact = !of.is_zero() && qty.get() % of.get() == 0;
    ensure(exact, || {
        Refusal::at(Code::QuantityPrecision, "/quantity", format!("say whole {what}"))
    })?;
    Ok(qty.get() / of.get())
}

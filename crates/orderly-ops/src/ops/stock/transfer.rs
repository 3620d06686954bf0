//! Sending goods from one of our locations to another: they stay ours on the way.
//!
//! A draft claims its goods at the source, so that nobody else is promised them. It is shipped and
//! received in parts; what does not arrive as it was sent is a difference with a reason.

mod arrive;
mod claims;

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::DocumentKind;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::{Goods, qty_refusal};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{StepKind, Transfer, TransferLine, TransferState, TransferStep};
use orderly_core::time::Day;
use orderly_core::units::{
    Cause, CauseKind, CostSource, LevelChange, LevelKey, Movement, MovementKind, Place,
    sum_by_level,
};
use orderly_store::Tx;
use orderly_store::tables::units::Posting;
use orderly_store::tables::{events as event_rows, levels, locations, transfers, units};

use super::read::{self, Known, Named};
use super::receive::under;
use super::{
    Averages, backorders, make_room, not_reversible, number, post_with, require_at, reversals,
};
use crate::ops::catalog::{ids, location_called, stale};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command, orders};
use crate::wire::stock::{DispatchIn, TransferIn, TransferLineIn};
use crate::{App, Call, Error};
pub use arrive::{receive, undo_receipt};
pub use claims::{claim_called, claims, reopen_claim, settle_claim};

impl Object for Transfer {
    fn reference(&self) -> Reference {
        Reference { kind: "transfer", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let missing = || Error::not_found(format!("transfer {}", TransferId::from_bytes(id)));
        let events = event_rows::of_stream(tx, id, sequence)?;
        let last = events.last().ok_or_else(missing)?;
        serde_json::from_str(&last.changes)
            .map_err(|_| Error::Internal(format!("event {} is broken", last.sequence)))
    }
}

/// Returns the transfer with this id.
pub fn get(app: &App, call: &Call, id: TransferId) -> Result<Transfer, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| load(tx, id, false))
}

/// Returns the transfer with this number or id.
///
/// # Errors
/// `not_found`.
pub fn called(app: &App, call: &Call, text: &str) -> Result<Transfer, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let text = text.trim();
        let shown: String = text.chars().take(60).collect();
        let found = match text.parse() {
            Ok(id) => Some(id),
            Err(_) => transfers::by_number(tx, text)?,
        };
        let id = found.ok_or_else(|| Error::not_found(format!("transfer `{shown}`")))?;
        load(tx, id, false)
    })
}

/// Returns up to `limit` transfers before a cursor, the newest first; in one state only where it
/// is given.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<TransferState>,
    before: Option<TransferId>,
    limit: u32,
) -> Result<Vec<Transfer>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| transfers::list(tx, state, before, limit.clamp(1, 1_000)))?)
}

fn load(tx: &mut Tx<'_>, id: TransferId, lock: bool) -> Result<Transfer, Error> {
    transfers::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("transfer {id}")))
}

fn place_of(tx: &mut Tx<'_>, id: LocationId) -> Result<Location, Error> {
    let found = locations::get(tx, id)?;
    found.ok_or_else(|| Error::Internal("a transfer has no location".into()))
}

/// Drafts a transfer: its goods are claimed at the source, all of them or none, and nobody else is
/// promised them until it is shipped or canceled.
///
/// # Errors
/// As [`ship`]; `insufficient_stock` with what can be promised.
pub fn draft(app: &App, call: &Call, new: &TransferIn) -> Result<Transfer, Error> {
    command(app, call, "transfer.draft", |tx| {
        let mut ids = ids(call);
        let (_, mut transfer) = open(tx, call, &mut ids, new)?;
        let before = transfer.clone();
        claim(tx, &mut transfer)?;
        transfer.number = number(tx, "T", "transfer")?;
        transfers::insert(tx, &transfer)?;
        orders::post(tx, call, &[], &level_changes(&before, &transfer))?;
        record(tx, call, &mut ids, &transfer, "transfer.drafted", None)?;
        Ok(transfer)
    })
}

/// Sends goods on their way at once. They take their moving average along and cannot be promised
/// until they arrive. Goods that orders have a right to are not sent.
///
/// # Errors
/// `same_place`, `no_lines`, `not_held`, `insufficient_stock`; `invalid_field` where the two
/// locations belong to different legal entities (that is a sale) or a lot is named twice.
pub fn ship(app: &App, call: &Call, new: &TransferIn) -> Result<Transfer, Error> {
    command(app, call, "transfer.ship", |tx| {
        let mut ids = ids(call);
        let (from, mut transfer) = open(tx, call, &mut ids, new)?;
        let before = transfer.clone();
        let parts: Vec<(usize, Qty)> =
            transfer.lines.iter().map(|line| line.qty).enumerate().collect();
        let step: EventId = ids.draw();
        let movements = send(tx, call, &mut ids, &mut transfer, &from, &parts, step)?;
        transfer.number = number(tx, "T", "transfer")?;
        transfers::insert(tx, &transfer)?;
        post(tx, call, &mut ids, &from, (&before, &transfer), &movements)?;
        record(tx, call, &mut ids, &transfer, "transfer.shipped", Some(step))?;
        Ok(transfer)
    })
}

/// Ships a draft, or a part of what is still to be sent; its claims give way to what leaves.
///
/// # Errors
/// `invalid_transition` where nothing is left to be sent, `unknown_line`, `above_open` with what
/// is left, `not_held`, `insufficient_stock`, `above_picked`; `invalid_field` for a line named
/// twice.
pub fn dispatch(
    app: &App,
    call: &Call,
    id: TransferId,
    wanted: &DispatchIn,
) -> Result<Transfer, Error> {
    command(app, call, "transfer.dispatch", |tx| {
        let before = load(tx, id, true)?;
        let from = place_of(tx, before.from)?;
        require_at(call, Permission::Transfer, &from)?;
        call.expect_version(before.version)?;
        let open = before.state != TransferState::Canceled
            && before.lines.iter().any(|line| !line.open().is_zero());
        ensure(open, || {
            let detail = format!("nothing of transfer {} is left to be sent", before.number);
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let parts = parts(&before, wanted)?;
        let mut ids = ids(call);
        let step: EventId = ids.draw();
        let mut after = before.clone();
        let movements = send(tx, call, &mut ids, &mut after, &from, &parts, step)?;
        after.version += 1;
        stale(transfers::save(tx, &before, &after)?)?;
        post(tx, call, &mut ids, &from, (&before, &after), &movements)?;
        record(tx, call, &mut ids, &after, "transfer.shipped", Some(step))?;
        Ok(after)
    })
}

/// The lines that leave with how much of each.
fn parts(transfer: &Transfer, wanted: &DispatchIn) -> Result<Vec<(usize, Qty)>, Refusal> {
    if wanted.lines.is_empty() {
        let open = transfer.lines.iter().map(TransferLine::open).enumerate();
        return Ok(open.filter(|(_, qty)| !qty.is_zero()).collect());
    }
    let mut parts: Vec<(usize, Qty)> = Vec::with_capacity(wanted.lines.len());
    for (index, one) in wanted.lines.iter().enumerate() {
        let under = |refusal: Refusal| refusal.under(&format!("/lines/{index}"));
        let line = transfer.line_at(one.position).map_err(under)?;
        once(parts.iter().any(|(other, _)| *other == line), one.position).map_err(under)?;
        let qty = Qty::new(one.quantity).map_err(qty_refusal).and_then(read::some);
        let qty = qty.map_err(under)?;
        let left = transfer.lines[line].open();
        ensure(qty <= left, || {
            let detail = format!("only {left} base units of line {} are to be sent", one.position);
            Refusal::at(Code::AboveOpen, "/quantity", detail).allowed(left.to_string())
        })
        .map_err(under)?;
        parts.push((line, qty));
    }
    Ok(parts)
}

/// Refuses a line that is named twice.
fn once(twice: bool, position: i64) -> Result<(), Refusal> {
    ensure(!twice, || {
        let detail = format!("line {position} is named twice");
        Refusal::at(Code::InvalidField, "/position", detail)
    })
}

/// The transfer as it is asked for, with nothing claimed or sent, and where it leaves.
fn open(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    new: &TransferIn,
) -> Result<(Location, Transfer), Error> {
    let from = location_called(tx, &new.from).map_err(|error| under(error, "/from"))?;
    let to = location_called(tx, &new.to).map_err(|error| under(error, "/to"))?;
    require_at(call, Permission::Transfer, &from)?;
    check(new, &from, &to)?;
    let expected_on = new.expected_on.as_deref().map(Day::parse).transpose();
    let expected_on = expected_on
        .map_err(|error| Refusal::at(Code::InvalidField, "/expected_on", error.to_string()))?;
    let mut transfer = Transfer {
        id: ids.draw(),
        number: String::new(),
        from: from.id,
        to: to.id,
        state: TransferState::Draft,
        version: 1,
        created_at: call.now,
        shipped_at: None,
        expected_on,
        lines: Vec::with_capacity(new.lines.len()),
        steps: Vec::new(),
        differences: Vec::new(),
    };
    for (index, line) in new.lines.iter().enumerate() {
        let read = read_line(tx, line, &from);
        let (known, lot) = read.map_err(|error| under(error, &format!("/lines/{index}")))?;
        let same = |other: &TransferLine| other.item == known.item.id && other.lot == lot;
        ensure(!transfer.lines.iter().any(same), || {
            let detail = format!("{} is named twice", known.item.sku);
            Refusal::at(Code::InvalidField, format!("/lines/{index}"), detail)
        })?;
        transfer.lines.push(TransferLine {
            id: ids.draw(),
            position: i64::try_from(index).unwrap_or(i64::MAX - 1) + 1,
            item: known.item.id,
            lot,
            lot_class: (known.item.goods == Goods::Lengths).then_some(lot),
            bin: Some(known.bin),
            qty: known.qty,
            allocated: Qty::ZERO,
            sent: Qty::ZERO,
            canceled: Qty::ZERO,
            received: Qty::ZERO,
            written_off: Qty::ZERO,
            value: 0,
            settled: 0,
            reason: None,
        });
    }
    Ok((from, transfer))
}

fn check(new: &TransferIn, from: &Location, to: &Location) -> Result<(), Refusal> {
    ensure(from.id != to.id, || {
        Refusal::at(Code::SamePlace, "/to", "goods are sent to another location")
    })?;
    ensure(from.legal_entity == to.legal_entity, || {
        let detail = format!("{} and {} belong to different companies", from.code, to.code);
        Refusal::at(Code::InvalidField, "/to", detail)
    })?;
    ensure(!new.lines.is_empty(), || {
        Refusal::at(Code::NoLines, "/lines", "a transfer needs a line")
    })
}

fn read_line(
    tx: &mut Tx<'_>,
    line: &TransferLineIn,
    from: &Location,
) -> Result<(Known, LotId), Error> {
    let named = Named {
        sku: &line.sku,
        quantity: &line.quantity,
        unit: line.unit.as_deref(),
        length: line.length.as_deref(),
        lot: line.lot.as_deref(),
        bin: line.bin.as_deref(),
        condition: None,
    };
    let known = read::known(tx, from, &named)?;
    read::some(known.qty)?;
    let lot = read::lot(tx, &known, named.lot)?;
    Ok((known, lot))
}

/// Claims everything that is still to be sent, or refuses.
fn claim(tx: &mut Tx<'_>, transfer: &mut Transfer) -> Result<(), Error> {
    let keys: Vec<LevelKey> =
        transfer.lines.iter().map(|line| transfers::key_of(transfer, line)).collect();
    let known = levels::lock(tx, &keys)?;
    let mut left: HashMap<LevelKey, Qty> =
        known.iter().map(|level| (level.key, level.available())).collect();
    let place = |line: &TransferLine| {
        let bin = line.bin.unwrap_or(BinId::NONE);
        Place::bin(transfer.from, bin, orderly_core::units::Condition::Sellable).id()
    };
    for (index, (line, key)) in transfer.lines.iter().zip(&keys).enumerate() {
        let held = units::qty_in(tx, line.item, place(line), line.lot)?;
        let pointer = format!("/lines/{index}/quantity");
        ensure(line.qty <= held, || {
            let detail = format!("only {held} base units of line {} lie there", line.position);
            Refusal::at(Code::NotHeld, &pointer, detail).available(held.to_string())
        })?;
        let free = left.entry(*key).or_insert(Qty::ZERO);
        ensure(line.qty <= *free, || {
            let detail = format!("only {free} base units of line {} are free", line.position);
            Refusal::at(Code::InsufficientStock, &pointer, detail).available(free.to_string())
        })?;
        *free = free.less(line.qty);
    }
    for line in &mut transfer.lines {
        line.allocated = line.qty;
    }
    Ok(())
}

/// What lies between two values of a transfer's claims, as changes of levels.
fn level_changes(before: &Transfer, after: &Transfer) -> Vec<LevelChange> {
    let of = |transfer: &Transfer, sign: i64| -> Vec<LevelChange> {
        let one = |line: &TransferLine| {
            let mut change = LevelChange::none(transfers::key_of(transfer, line));
            change.allocated.0 = sign * line.allocated.get();
            change
        };
        transfer.lines.iter().map(one).collect()
    };
    sum_by_level(of(before, -1).into_iter().chain(of(after, 1)))
}

/// Sends parts of lines on their way, with their value; returns the movements.
fn send(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    transfer: &mut Transfer,
    from: &Location,
    parts: &[(usize, Qty)],
    step: EventId,
) -> Result<Vec<Movement>, Error> {
    let key = |line: usize| transfers::key_of(transfer, &transfer.lines[line]);
    let keys: Vec<LevelKey> = parts.iter().map(|(line, _)| key(*line)).collect();
    for (line, qty) in parts {
        let spot = spot(&transfer.lines[*line], from);
        make_room::ensure_unpicked(tx, from, &spot, *qty)
            .map_err(|error| under(error, &format!("/lines/{line}")))?;
    }
    let mut averages = Averages::lock(tx, &keys)?;
    let mut movements = Vec::with_capacity(parts.len());
    for ((line, qty), key) in parts.iter().zip(keys) {
        let value = averages.issue(key, *qty);
        let line = &mut transfer.lines[*line];
        movements.push(Movement {
            id: ids.draw(),
            kind: MovementKind::Transfer,
            item: line.item,
            lot: line.lot,
            lot_class: key.lot_class,
            from: spot(line, from).place(from.id),
            to: Place::in_transit(transfer.id.as_bytes()),
            qty: *qty,
            value,
            cost_source: CostSource::Average,
            cause: Cause { kind: CauseKind::Event, id: step.as_bytes() },
            reverses: None,
            reason: None,
            effective_at: call.now,
        });
        line.send(*qty, value);
    }
    take(transfer, call, step, StepKind::Shipped);
    transfer.shipped_at = transfer.shipped_at.or(Some(call.now));
    Ok(movements)
}

/// Where the goods of a line lie at the source.
fn spot(line: &TransferLine, from: &Location) -> orderly_core::stock::Spot {
    orderly_core::stock::Spot {
        item: line.item,
        lot: line.lot,
        bin: line.bin.unwrap_or(from.storage_bin),
        condition: orderly_core::units::Condition::Sellable,
    }
}

/// Adds a step and follows it with the state.
fn take(transfer: &mut Transfer, call: &Call, id: EventId, kind: StepKind) {
    let position = transfer.next_step();
    transfer.steps.push(TransferStep { id, position, kind, at: call.now, undone_at: None });
    transfer.state = transfer.progress();
}

/// Posts movements of a transfer with what its claims do to levels.
fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    at: &Location,
    (before, after): (&Transfer, &Transfer),
    movements: &[Movement],
) -> Result<(), Error> {
    let document = (DocumentKind::Transfer, after.id.as_bytes());
    let claimed = level_changes(before, after);
    post_with(tx, call, ids, at.legal_entity, document, (movements, &claimed))?;
    let freed = claimed.iter().filter(|change| change.allocated.0 < 0);
    let mut freed: Vec<_> = freed.map(|change| (change.key.item, change.key.location)).collect();
    freed.dedup();
    backorders::enqueue(tx, call, ids, &freed)
}

/// Calls a transfer back. Before any of it has arrived, goods and value return to the bins they
/// left and its claims end; later, what was not sent yet is given up.
///
/// # Errors
/// `not_reversible` where some of it has arrived or is written off and nothing is left to be sent,
/// or it was called back before.
pub fn cancel(app: &App, call: &Call, id: TransferId) -> Result<Transfer, Error> {
    const INSTEAD: &str = "a transfer the other way";
    command(app, call, "transfer.cancel", |tx| {
        let before = load(tx, id, true)?;
        let from = place_of(tx, before.from)?;
        require_at(call, Permission::Transfer, &from)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let mut after = before.clone();
        let over = matches!(before.state, TransferState::Canceled | TransferState::Received);
        let mut movements = Vec::new();
        let kind = if !over && before.untouched() {
            let sent = sent(tx, &before)?;
            movements = reversals(tx, &mut ids, &sent, call.now, INSTEAD)?;
            call_back(&mut after, call);
            "transfer.canceled"
        } else if !over && before.lines.iter().any(|line| !line.open().is_zero()) {
            for line in &mut after.lines {
                line.canceled = line.canceled.plus(line.open()).unwrap_or(line.canceled);
                line.allocated = Qty::ZERO;
            }
            after.state = after.progress();
            "transfer.rest_canceled"
        } else {
            let detail = format!("transfer {} is {}", before.number, before.state.code());
            return Err(not_reversible(detail, INSTEAD));
        };
        after.version += 1;
        stale(transfers::save(tx, &before, &after)?)?;
        post(tx, call, &mut ids, &from, (&before, &after), &movements)?;
        record(tx, call, &mut ids, &after, kind, None)?;
        Ok(after)
    })
}

/// Every movement that sent goods of a transfer and was not taken back.
fn sent(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<Vec<Posting>, Error> {
    let mut sent = Vec::new();
    let steps = transfer.steps.iter().filter(|step| step.undone_at.is_none());
    for step in steps.filter(|step| step.kind == StepKind::Shipped) {
        sent.extend(units::movements_of_cause(tx, CauseKind::Event, step.id.as_bytes())?);
    }
    // Before steps were recorded, the line was the cause.
    for line in &transfer.lines {
        let kind = CauseKind::TransferLine;
        sent.extend(units::movements_of_cause(tx, kind, line.id.as_bytes())?);
    }
    Ok(sent)
}

fn call_back(transfer: &mut Transfer, call: &Call) {
    for line in &mut transfer.lines {
        (line.sent, line.allocated, line.canceled) = (Qty::ZERO, Qty::ZERO, line.qty);
        (line.value, line.settled) = (0, 0);
    }
    let shipped = transfer.steps.iter_mut().filter(|step| step.kind == StepKind::Shipped);
    for step in shipped.filter(|step| step.undone_at.is_none()) {
        step.undone_at = Some(call.now);
    }
    transfer.state = TransferState::Canceled;
}

/// Takes up to `wanted` of a draft's claim away: goods that are gone, or that a customer takes
/// with him, cannot be sent. Returns how much it gave up.
pub(super) fn displace(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    claimant: [u8; 16],
    wanted: Qty,
) -> Result<Qty, Error> {
    let Some(id) = transfers::of_line(tx, claimant)? else { return Ok(Qty::ZERO) };
    let before = load(tx, id, true)?;
    let mut after = before.clone();
    let line = after.lines.iter_mut().find(|line| line.id.as_bytes() == claimant);
    let Some(line) = line else { return Ok(Qty::ZERO) };
    let given = wanted.min(line.allocated);
    if given.is_zero() {
        return Ok(given);
    }
    line.allocated = line.allocated.less(given);
    after.version += 1;
    stale(transfers::save(tx, &before, &after)?)?;
    orders::post(tx, call, &[], &level_changes(&before, &after))?;
    record(tx, call, ids, &after, "transfer.displaced", None)?;
    Ok(given)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    transfer: &Transfer,
    kind: &str,
    id: Option<EventId>,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "transfer",
        stream: transfer.id.as_bytes(),
        sequence: transfer.version,
        kind,
        at: call.now,
    };
    let mut event = event(call, ids, happened, transfer);
    event.id = id.unwrap_or(event.id);
    Ok(event_rows::record(tx, &[event])?)
}

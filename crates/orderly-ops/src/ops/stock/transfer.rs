//! Sending goods from one of our locations to another: they stay ours on the way.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::DocumentKind;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Transfer, TransferLine, TransferState};
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, LevelKey, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::Tx;
use orderly_store::tables::{catalog, events as event_rows, locations, transfers, units};

use super::read::{self, Known, Named};
use super::receive::under;
use super::{Averages, make_room, not_reversible, number, post, require_at, reversals};
use crate::ops::catalog::{ids, location_called, stale};
use crate::ops::events::{Happened, event};
use crate::ops::{Object, Reference, command};
use crate::wire::stock::{ArrivalIn, TransferIn, TransferLineIn};
use crate::{App, Call, Error};

impl Object for Transfer {
    fn reference(&self) -> Reference {
        Reference { kind: "transfer", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, TransferId::from_bytes(id), false)
    }
}

/// Returns the transfer with this id.
pub fn get(app: &App, call: &Call, id: TransferId) -> Result<Transfer, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| load(tx, id, false))
}

fn load(tx: &mut Tx<'_>, id: TransferId, lock: bool) -> Result<Transfer, Error> {
    transfers::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("transfer {id}")))
}

fn place_of(tx: &mut Tx<'_>, id: LocationId) -> Result<Location, Error> {
    let found = locations::get(tx, id)?;
    found.ok_or_else(|| Error::Internal("a transfer has no location".into()))
}

/// Sends goods on their way. They take their moving average along and cannot be promised until
/// they arrive. Goods that orders have a right to are not sent.
///
/// # Errors
/// `same_place`, `no_lines`, `not_held`, `insufficient_stock`; `invalid_field` where the two
/// locations belong to different legal entities (that is a sale) or a lot is named twice.
pub fn ship(app: &App, call: &Call, new: &TransferIn) -> Result<Transfer, Error> {
    command(app, call, "transfer.ship", |tx| {
        let from = location_called(tx, &new.from).map_err(|error| under(error, "/from"))?;
        let to = location_called(tx, &new.to).map_err(|error| under(error, "/to"))?;
        require_at(call, Permission::Transfer, &from)?;
        check(new, &from, &to)?;
        let mut ids = ids(call);
        let mut transfer = Transfer {
            id: ids.draw(),
            number: String::new(),
            from: from.id,
            to: to.id,
            state: TransferState::Shipped,
            version: 1,
            created_at: call.now,
            shipped_at: Some(call.now),
            lines: Vec::new(),
        };
        let mut sent = Vec::with_capacity(new.lines.len());
        for (index, line) in new.lines.iter().enumerate() {
            let read = read_line(tx, line, &from);
            let (known, lot) = read.map_err(|error| under(error, &format!("/lines/{index}")))?;
            let twice = sent.iter().any(|(other, other_lot): &(Known, LotId)| {
                other.item.id == known.item.id && *other_lot == lot
            });
            ensure(!twice, || {
                let detail = format!("{} is named twice", known.item.sku);
                Refusal::at(Code::InvalidField, format!("/lines/{index}"), detail)
            })?;
            sent.push((known, lot));
        }
        let movements = send(tx, call, &mut ids, &mut transfer, &from, &sent)?;
        transfer.number = number(tx, "T", "transfer")?;
        transfers::insert(tx, &transfer)?;
        let document = (DocumentKind::Transfer, transfer.id.as_bytes());
        post(tx, call, &mut ids, from.legal_entity, document, &movements)?;
        record(tx, call, &mut ids, &transfer, "transfer.shipped", None)?;
        Ok(transfer)
    })
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
    make_room::ensure_unpicked(tx, from, &known.spot(lot), known.qty)?;
    Ok((known, lot))
}

/// The lines of the transfer and the movements that put their goods on the way.
fn send(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    transfer: &mut Transfer,
    from: &Location,
    sent: &[(Known, LotId)],
) -> Result<Vec<Movement>, Error> {
    let key = |(known, lot): &(Known, LotId)| read::key_of(&known.item, from.id, *lot);
    let keys: Vec<LevelKey> = sent.iter().map(key).collect();
    let mut averages = Averages::lock(tx, &keys)?;
    let mut movements = Vec::with_capacity(sent.len());
    for (position, one) in (1..).zip(sent) {
        let (known, lot) = one;
        let key = key(one);
        let value = averages.issue(key, known.qty);
        let line = TransferLine {
            id: ids.draw(),
            position,
            item: known.item.id,
            lot: *lot,
            qty: known.qty,
            sent: known.qty,
            received: Qty::ZERO,
            written_off: Qty::ZERO,
            value,
            reason: None,
        };
        movements.push(Movement {
            id: ids.draw(),
            kind: MovementKind::Transfer,
            item: known.item.id,
            lot: *lot,
            lot_class: key.lot_class,
            from: known.spot(*lot).place(from.id),
            to: Place::in_transit(transfer.id.as_bytes()),
            qty: known.qty,
            value,
            cost_source: CostSource::Average,
            cause: Cause { kind: CauseKind::TransferLine, id: line.id.as_bytes() },
            reverses: None,
            reason: None,
            effective_at: call.now,
        });
        transfer.lines.push(line);
    }
    Ok(movements)
}

/// Receives what arrived of a transfer, in parts where it comes in parts; what is still missing is
/// written off where a reason is given.
///
/// # Errors
/// `unknown_line`, `above_open` with what is on its way, `invalid_transition` where everything has
/// arrived, `nothing_to_do`.
pub fn receive(
    app: &App,
    call: &Call,
    id: TransferId,
    arrival: &ArrivalIn,
) -> Result<Transfer, Error> {
    command(app, call, "transfer.receive", |tx| {
        let before = load(tx, id, true)?;
        let to = place_of(tx, before.to)?;
        require_at(call, Permission::Transfer, &to)?;
        call.expect_version(before.version)?;
        ensure(before.lines.iter().any(|line| !line.in_transit().is_zero()), || {
            let detail = format!("all of transfer {} has arrived", before.number);
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let bin = read::bin(tx, &to, arrival.bin.as_deref())?;
        let mut ids = ids(call);
        let event_id: EventId = ids.draw();
        let mut after = before.clone();
        let mut movements = Vec::new();
        let into = Place::bin(to.id, bin, Condition::Sellable);
        for (index, line) in arrival.lines.iter().enumerate() {
            let arrived = arrive(&mut after, line.position, line.quantity);
            let (line, qty) = arrived.map_err(|e| e.under(&format!("/lines/{index}")))?;
            let line = &mut after.lines[line];
            movements.push(move_on(tx, call, &mut ids, id, line, qty, into, event_id)?);
            line.received = line.received.plus(qty).expect("at most what was sent");
        }
        if let Some(reason) = &arrival.write_off {
            let reason = read::reason(reason).map_err(|refusal| refusal.under("/write_off"))?;
            let lost = Place::account(PlaceKind::Lost);
            for line in after.lines.iter_mut().filter(|line| !line.in_transit().is_zero()) {
                let qty = line.in_transit();
                let moved = move_on(tx, call, &mut ids, id, line, qty, lost, event_id)?;
                movements.push(Movement { reason: Some(reason.clone()), ..moved });
                line.written_off = line.written_off.plus(qty).expect("at most what was sent");
                line.reason = Some(reason.clone());
            }
        }
        ensure(!movements.is_empty(), || Refusal::new(Code::NothingToDo, "say what arrived"))?;
        after.state = after.progress();
        after.version += 1;
        stale(transfers::save(tx, &before, &after)?)?;
        let document = (DocumentKind::Transfer, id.as_bytes());
        post(tx, call, &mut ids, to.legal_entity, document, &movements)?;
        record(tx, call, &mut ids, &after, "transfer.received", Some(event_id))?;
        Ok(after)
    })
}

/// Calls a transfer back before any of it has arrived: goods and value return to the bins they
/// left.
///
/// # Errors
/// `not_reversible` where some of it has arrived or is written off, or it was called back before.
pub fn cancel(app: &App, call: &Call, id: TransferId) -> Result<Transfer, Error> {
    const INSTEAD: &str = "a transfer the other way";
    command(app, call, "transfer.cancel", |tx| {
        let before = load(tx, id, true)?;
        let from = place_of(tx, before.from)?;
        require_at(call, Permission::Transfer, &from)?;
        call.expect_version(before.version)?;
        let untouched = before.lines.iter().all(|line| line.in_transit() == line.sent);
        if before.state != TransferState::Shipped || !untouched {
            let detail = format!("transfer {} is {}", before.number, before.state.code());
            return Err(not_reversible(detail, INSTEAD));
        }
        let mut ids = ids(call);
        let mut sent = Vec::with_capacity(before.lines.len());
        for line in &before.lines {
            let kind = CauseKind::TransferLine;
            sent.extend(units::movements_of_cause(tx, kind, line.id.as_bytes())?);
        }
        let movements = reversals(tx, &mut ids, &sent, call.now, INSTEAD)?;
        let mut after = before.clone();
        after.state = TransferState::Canceled;
        after.version += 1;
        for line in &mut after.lines {
            line.sent = Qty::ZERO;
        }
        stale(transfers::save(tx, &before, &after)?)?;
        let document = (DocumentKind::Transfer, id.as_bytes());
        post(tx, call, &mut ids, from.legal_entity, document, &movements)?;
        record(tx, call, &mut ids, &after, "transfer.canceled", None)?;
        Ok(after)
    })
}

/// The index of a line and a quantity of it that is on its way.
fn arrive(transfer: &mut Transfer, position: i64, qty: i64) -> Result<(usize, Qty), Refusal> {
    let found = transfer.lines.iter().position(|line| line.position == position);
    let index = found.ok_or_else(|| {
        let detail = format!("transfer {} has no line {position}", transfer.number);
        Refusal::at(Code::UnknownLine, "/position", detail)
    })?;
    let qty = Qty::new(qty).map_err(orderly_core::item::qty_refusal)?;
    read::some(qty)?;
    let left = transfer.lines[index].in_transit();
    ensure(qty <= left, || {
        let detail = format!("only {left} base units of line {position} are on their way");
        Refusal::at(Code::AboveOpen, "/quantity", detail).allowed(left.to_string())
    })?;
    Ok((index, qty))
}

/// Goods of a line leave the way, with their share of the value. Their cause is the event of the
/// arrival, so that a line may arrive in parts.
#[expect(clippy::too_many_arguments, reason = "a movement has this many facts")]
fn move_on(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    transfer: TransferId,
    line: &TransferLine,
    qty: Qty,
    to: Place,
    event: EventId,
) -> Result<Movement, Error> {
    let item = catalog::get(tx, line.item)?;
    let item = item.ok_or_else(|| Error::Internal("a transfer has no item".into()))?;
    Ok(Movement {
        id: ids.draw(),
        kind: MovementKind::Transfer,
        item: line.item,
        lot: line.lot,
        lot_class: read::class_of(&item, line.lot),
        from: Place::in_transit(transfer.as_bytes()),
        to,
        qty,
        value: line.slice(qty),
        cost_source: CostSource::Issue,
        cause: Cause { kind: CauseKind::Event, id: event.as_bytes() },
        reverses: None,
        reason: None,
        effective_at: call.now,
    })
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

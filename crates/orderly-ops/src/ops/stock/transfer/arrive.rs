//! What arrives of a transfer, and what does not: in parts, each taken back exactly.

use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::qty_refusal;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Difference, DifferenceKind, StepKind, Transfer, TransferState};
use orderly_core::text;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::Tx;
use orderly_store::tables::{catalog, transfers, units};

use super::{claims, load, once, place_of, post, record, take};
use crate::ops::catalog::{ids, stale};
use crate::ops::command;
use crate::ops::stock::{not_reversible, read, require_at, reversals, still_there};
use crate::wire::stock::{ArrivalIn, ArrivalLineIn, DifferenceIn};
use crate::{App, Call, Error};

/// One arrival while it is decided.
struct Arrival<'a> {
    call: &'a Call,
    to: &'a Location,
    /// Where what arrives is put.
    bin: BinId,
    step: EventId,
    after: Transfer,
    movements: Vec<Movement>,
    /// What is claimed from whom.
    claimed: Vec<(Difference, String)>,
}

/// Receives what arrived of a transfer, in parts where it comes in parts. Damaged goods arrive in
/// that condition; lost ones are written off, or claimed from the carrier; more than was sent
/// enters from *found*. What is still missing is written off where a reason is given, and stays on
/// its way else.
///
/// # Errors
/// `unknown_line`, `above_open` with what is on its way, `invalid_transition` where everything has
/// arrived, `nothing_to_do`, `reason_required` for differences; `invalid_field` for a line named
/// twice or a claim without a carrier.
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
        ensure(receivable(&before, arrival), || {
            let detail = match before.state {
                TransferState::Draft => format!("transfer {} is not shipped", before.number),
                _ => format!("all of transfer {} has arrived", before.number),
            };
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let bin = read::bin(tx, &to, arrival.bin.as_deref())?;
        let mut ids = ids(call);
        let step: EventId = ids.draw();
        let after = before.clone();
        let (movements, claimed) = (Vec::new(), Vec::new());
        let mut deciding = Arrival { call, to: &to, bin, step, after, movements, claimed };
        deciding.decide(tx, &mut ids, arrival)?;
        let Arrival { mut after, movements, claimed, .. } = deciding;
        ensure(!movements.is_empty(), || Refusal::new(Code::NothingToDo, "say what arrived"))?;
        take(&mut after, call, step, StepKind::Received);
        after.version += 1;
        stale(transfers::save(tx, &before, &after)?)?;
        post(tx, call, &mut ids, &to, (&before, &after), &movements)?;
        for (difference, carrier) in &claimed {
            claims::open(tx, call, &mut ids, &to, &after, difference, carrier)?;
        }
        record(tx, call, &mut ids, &after, "transfer.received", Some(step))?;
        Ok(after)
    })
}

/// Something is on its way, or more turned up of what was sent.
fn receivable(transfer: &Transfer, arrival: &ArrivalIn) -> bool {
    let moving = transfer.lines.iter().any(|line| !line.in_transit().is_zero());
    let sent = transfer.lines.iter().any(|line| !line.sent.is_zero());
    moving || (sent && arrival.lines.iter().any(|line| line.reason.is_some()))
}

impl Arrival<'_> {
    fn decide(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        arrival: &ArrivalIn,
    ) -> Result<(), Error> {
        let mut seen = Vec::new();
        for (index, one) in arrival.lines.iter().enumerate() {
            let pointer = format!("/lines/{index}");
            once(seen.contains(&one.position), one.position).map_err(|e| e.under(&pointer))?;
            seen.push(one.position);
            self.arrives(tx, ids, one).map_err(|e| super::under(e, &pointer))?;
        }
        for (index, one) in arrival.differences.iter().enumerate() {
            let pointer = format!("/differences/{index}");
            self.differs(tx, ids, one).map_err(|e| super::under(e, &pointer))?;
        }
        let Some(reason) = &arrival.write_off else { return Ok(()) };
        let reason = read::reason(reason).map_err(|refusal| refusal.under("/write_off"))?;
        for line in 0..self.after.lines.len() {
            let qty = self.after.lines[line].in_transit();
            if !qty.is_zero() {
                self.difference(tx, ids, line, qty, DifferenceKind::Lost, &reason)?;
            }
        }
        Ok(())
    }

    /// Sellable goods arrive; more than is on its way was never sent.
    fn arrives(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        one: &ArrivalLineIn,
    ) -> Result<(), Error> {
        let line = self.after.line_at(one.position)?;
        let qty = Qty::new(one.quantity).map_err(qty_refusal).and_then(read::some)?;
        let left = self.after.lines[line].in_transit();
        let more = qty.less(left);
        let reason = match (&one.reason, more.is_zero()) {
            (_, true) => None,
            (Some(reason), false) => Some(read::reason(reason)?),
            (None, false) => {
                let detail =
                    format!("only {left} base units of line {} are on their way", one.position);
                let refusal = Refusal::at(Code::AboveOpen, "/quantity", detail);
                return Err(refusal.allowed(left.to_string()).into());
            }
        };
        let known = qty.less(more);
        if !known.is_zero() {
            let into = Place::bin(self.to.id, self.bin, Condition::Sellable);
            let cause = Cause { kind: CauseKind::Event, id: self.step.as_bytes() };
            self.leaves(tx, ids, line, known, into, cause, false)?;
        }
        if let Some(reason) = reason {
            self.difference(tx, ids, line, more, DifferenceKind::Found, &reason)?;
        }
        Ok(())
    }

    fn differs(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        one: &DifferenceIn,
    ) -> Result<(), Error> {
        let line = self.after.line_at(one.position)?;
        let kind = DifferenceKind::parse(one.kind.trim());
        let kind = kind.filter(|kind| *kind != DifferenceKind::Found).ok_or_else(|| {
            let detail = "there is no such difference; more than was sent is a line with a reason";
            Refusal::at(Code::InvalidField, "/kind", detail).allowed("lost, damaged, claimed")
        })?;
        let reason = read::reason(&one.reason)?;
        let carrier = text::optional(one.carrier.as_deref()).map_err(|e| e.under("/carrier"))?;
        let claims = kind == DifferenceKind::Claimed;
        ensure(claims == carrier.is_some(), || {
            let detail = "a claim names its carrier, and only a claim does";
            Refusal::at(Code::InvalidField, "/carrier", detail)
        })?;
        let qty = Qty::new(one.quantity).map_err(qty_refusal).and_then(read::some)?;
        let left = self.after.lines[line].in_transit();
        ensure(qty <= left, || {
            let detail =
                format!("only {left} base units of line {} are on their way", one.position);
            Refusal::at(Code::AboveOpen, "/quantity", detail).allowed(left.to_string())
        })?;
        self.difference(tx, ids, line, qty, kind, &reason)?;
        if let Some(carrier) = carrier
            && let Some(difference) = self.after.differences.last().cloned()
        {
            self.claimed.push((difference, carrier));
        }
        Ok(())
    }

    /// A difference with its movement.
    fn difference(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        line: usize,
        qty: Qty,
        kind: DifferenceKind,
        reason: &str,
    ) -> Result<(), Error> {
        let id: DifferenceId = ids.draw();
        let cause = Cause { kind: CauseKind::TransferDifference, id: id.as_bytes() };
        let here = |condition| Place::bin(self.to.id, self.bin, condition);
        match kind {
            DifferenceKind::Lost | DifferenceKind::Claimed => {
                let lost = Place::account(PlaceKind::Lost);
                self.leaves(tx, ids, line, qty, lost, cause, true)?;
                self.after.lines[line].reason = Some(reason.to_owned());
            }
            DifferenceKind::Damaged => {
                let into = here(Condition::Damaged);
                self.leaves(tx, ids, line, qty, into, cause, false)?;
            }
            DifferenceKind::Found => {
                let value = self.after.lines[line].worth(qty)?;
                let from = Place::account(PlaceKind::Found);
                let path = (from, here(Condition::Sellable));
                let moved = self.moves(tx, ids, line, path, (qty, value), cause)?;
                self.movements.push(Movement { cost_source: CostSource::Average, ..moved });
            }
        }
        let moved = self.movements.last_mut();
        let moved = moved.ok_or_else(|| Error::Internal("a difference moves nothing".into()))?;
        moved.reason = Some(reason.to_owned());
        let value = moved.value;
        self.after.differences.push(Difference {
            id,
            line: self.after.lines[line].id,
            kind,
            qty,
            value,
            reason: reason.to_owned(),
            step: self.step,
            recorded_at: self.call.now,
            undone_at: None,
        });
        Ok(())
    }

    /// Goods of a line leave the way, with their share of the value.
    #[expect(clippy::too_many_arguments, reason = "a movement has this many facts")]
    fn leaves(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        line: usize,
        qty: Qty,
        to: Place,
        cause: Cause,
        written_off: bool,
    ) -> Result<(), Error> {
        let value = self.after.lines[line].slice(qty);
        let path = (Place::in_transit(self.after.id.as_bytes()), to);
        let moved = self.moves(tx, ids, line, path, (qty, value), cause)?;
        self.movements.push(moved);
        self.after.lines[line].leave(qty, value, written_off);
        Ok(())
    }

    fn moves(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdSource,
        line: usize,
        (from, to): (Place, Place),
        (qty, value): (Qty, i64),
        cause: Cause,
    ) -> Result<Movement, Error> {
        let line = &self.after.lines[line];
        let item = catalog::get(tx, line.item)?;
        let item = item.ok_or_else(|| Error::Internal("a transfer has no item".into()))?;
        Ok(Movement {
            id: ids.draw(),
            kind: MovementKind::Transfer,
            item: line.item,
            lot: line.lot,
            lot_class: read::class_of(&item, line.lot),
            from,
            to,
            qty,
            value,
            cost_source: CostSource::Issue,
            cause,
            reverses: None,
            reason: None,
            effective_at: self.call.now,
        })
    }
}

/// Takes the latest arrival of a transfer back: its goods are on their way again with their value,
/// its differences never were, and its claims against carriers are withdrawn.
///
/// # Errors
/// `not_reversible` where nothing has arrived, the goods are gone or claimed, or a carrier has
/// settled his claim.
pub fn undo_receipt(app: &App, call: &Call, id: TransferId) -> Result<Transfer, Error> {
    const INSTEAD: &str = "a transfer the other way";
    command(app, call, "transfer.undo_receipt", |tx| {
        let before = load(tx, id, true)?;
        let to = place_of(tx, before.to)?;
        require_at(call, Permission::Transfer, &to)?;
        call.expect_version(before.version)?;
        let last = before.last_arrival().filter(|_| before.state != TransferState::Canceled);
        let Some(step) = last.map(|step| step.id) else {
            let detail = format!("nothing of transfer {} has arrived", before.number);
            return Err(not_reversible(detail, INSTEAD));
        };
        let mut ids = ids(call);
        let mut after = before.clone();
        let mut originals = units::movements_of_cause(tx, CauseKind::Event, step.as_bytes())?;
        for posting in &originals {
            let moved = &posting.movement;
            let own = |line: &&mut orderly_core::stock::TransferLine| {
                (line.item, line.lot) == (moved.item, moved.lot)
            };
            if let Some(line) = after.lines.iter_mut().find(own) {
                line.unleave(moved.qty, moved.value, false);
            }
        }
        for one in after.differences.iter_mut().filter(|one| one.step == step) {
            let kind = CauseKind::TransferDifference;
            originals.extend(units::movements_of_cause(tx, kind, one.id.as_bytes())?);
            claims::withdraw(tx, call, &mut ids, &to, one.id)?;
            one.undone_at = Some(call.now);
            let line = after.lines.iter_mut().find(|line| line.id == one.line);
            if let Some(line) = line.filter(|_| one.kind != DifferenceKind::Found) {
                let lost = one.kind != DifferenceKind::Damaged;
                line.unleave(one.qty, one.value, lost);
            }
        }
        if let Some(step) = after.steps.iter_mut().find(|one| one.id == step) {
            step.undone_at = Some(call.now);
        }
        after.state = after.progress();
        after.version += 1;
        let movements = reversals(tx, &mut ids, &originals, call.now, INSTEAD)?;
        stale(transfers::save(tx, &before, &after)?)?;
        let posted = post(tx, call, &mut ids, &to, (&before, &after), &movements);
        still_there(posted, INSTEAD)?;
        record(tx, call, &mut ids, &after, "transfer.receipt_undone", None)?;
        Ok(after)
    })
}

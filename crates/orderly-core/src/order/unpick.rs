//! Putting picked goods back: the inverse of picking.

use super::goods::{Move, Moves};
use super::work::{Settled, lower};
use super::*;
use crate::catalog::Location;
use crate::refusal::ensure;
use crate::units::value::issue;
use crate::units::{Cause, CauseKind, Condition, CostSource, MovementKind, Place};

/// What is put back of one claim, in base units of its line.
#[derive(Clone, Copy, Debug)]
pub struct Unpick {
    pub claim: ClaimId,
    pub qty: Qty,
    /// Pieces that were cut for the claim go to storage as pieces of their new length. Without
    /// this they are refused: a cut cannot be undone.
    pub keep_cut: bool,
}

/// Puts picked goods back on the shelves they came from; the claim stays, unpicked. Goods that
/// were picked above what was ordered leave the order again, first.
///
/// # Errors
/// `not_found`, `above_picked` with what is picked and not packed, `not_reversible` for cut pieces
/// (with what to do in `allowed`), `nothing_to_do` without lines.
pub fn unpick(
    order: &Order,
    lines: &[Unpick],
    location: &Location,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    ensure(!lines.is_empty(), || Refusal::new(Code::NothingToDo, "say what is put back"))?;
    let mut after = order.clone();
    let mut moves = Moves::new(now, ids);
    for one in lines {
        put_back(&mut after, one.claim, one.qty, location, one.keep_cut, &mut moves)?;
        give_back_over(&mut after, one.claim, one.qty)?;
    }
    after.finish(moves)
}

/// Everything a fulfillment has picked and not packed.
pub fn all(order: &Order, fulfillment: FulfillmentId, keep_cut: bool) -> Vec<Unpick> {
    let own = order.work.iter().filter(|work| work.fulfillment == fulfillment);
    own.filter(|work| work.picked > work.packed)
        .map(|work| Unpick { claim: work.claim, qty: work.picked.less(work.packed), keep_cut })
        .collect()
}

/// Moves staged goods of a claim back, the last picked first. What was picked in one movement and
/// goes back whole reverses it; a part of it moves back by itself.
pub(super) fn put_back(
    order: &mut Order,
    claim: ClaimId,
    qty: Qty,
    location: &Location,
    keep_cut: bool,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    let work = order.work_of_mut(claim)?;
    let staged = work.picked.less(work.packed);
    ensure(qty <= staged && !qty.is_zero(), || {
        let detail = format!("{staged} base units are picked and not packed, not {qty}");
        Refusal::new(Code::AbovePicked, detail).allowed(staged.to_string())
    })?;
    let (item, lot_class) = (work.item, work.lot_class);
    let mut left = qty;
    for picked in work.picks.iter_mut().rev().filter(|picked| !picked.qty.is_zero()) {
        let here = left.min(picked.qty);
        if here.is_zero() {
            break;
        }
        let was_cut = picked.from.is_none();
        ensure(keep_cut || !was_cut, || {
            let detail = "the pieces were cut for this order: they can only be kept as they are";
            Refusal::new(Code::NotReversible, detail).allowed("unpick with keep_cut")
        })?;
        let bin = if was_cut { location.storage_bin } else { picked.from };
        let place = |bin: BinId| Place::bin(location.id, bin, Condition::Sellable);
        let whole = here == picked.moved && !was_cut && !picked.movement.is_none();
        let value = issue(picked.value, picked.moved, here);
        let (from, to) = (place(picked.at), place(bin));
        let cause = if whole {
            Cause { kind: CauseKind::Movement, id: picked.movement.as_bytes() }
        } else {
            moves.event()
        };
        let cost_source = if whole { CostSource::Reversal } else { CostSource::Average };
        let kind = MovementKind::Pick;
        let (lot, qty) = (picked.lot, here);
        let back = Move { kind, item, lot, lot_class, from, to, qty, value, cost_source, cause };
        let id = moves.add(&back);
        if whole && let Some(movement) = moves.list.iter_mut().find(|m| m.id == id) {
            movement.reverses = Some(picked.movement);
        }
        // What is back is no longer of this pick, and the rest of a movement is not reversed.
        picked.qty = picked.qty.less(here);
        picked.moved = picked.moved.less(here);
        picked.value -= value;
        if !was_cut {
            picked.movement = MovementId::NONE;
        }
        left = left.less(here);
    }
    lower(&mut work.picked, qty)
}

/// Takes goods above what was ordered out of the order again.
fn give_back_over(order: &mut Order, claim: ClaimId, qty: Qty) -> Result<(), Refusal> {
    let work = order.work_of(claim)?;
    let line = order.line(work.line)?;
    let q = line.quantities;
    let still = q.ordered.less(q.canceled).less(q.closed_short);
    let back = qty.min(q.over.less(q.shipped.less(still))).min(work.unpicked());
    if back.is_zero() {
        return Ok(());
    }
    let line = work.line;
    order.work_of_mut(claim)?.give_back(back);
    lower(&mut order.line_mut(line)?.quantities.over, back)
}

//! A location refuses work: the quantity is unallocated again, and what the reason says about the
//! stock is booked at once.

use super::backorder::take_back;
use super::goods::{AtHand, Move, Moves};
use super::unpick::put_back;
use super::work::{Group, Settled, raise, times};
use super::*;
use crate::refusal::ensure;
use crate::units::{Condition, CostSource, MovementKind, Place, PlaceKind};

codes! {
    /// Why a location refuses work. The reason decides what happens to the stock.
    RejectReason {
        NotFound "not_found", Damaged "damaged", NoCapacity "no_capacity", Closed "closed",
        TooLate "too_late",
    }
}

/// What a rejection says about the goods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StockEffect {
    /// They are not there.
    Lost,
    /// They are there and cannot be sold.
    Damaged,
    /// Nothing.
    None,
}

impl RejectReason {
    pub const fn effect(self) -> StockEffect {
        match self {
            Self::NotFound => StockEffect::Lost,
            Self::Damaged => StockEffect::Damaged,
            Self::NoCapacity | Self::Closed | Self::TooLate => StockEffect::None,
        }
    }
}

/// Rejects work of a fulfillment: `lines` in base units of stock or component lines, or all that
/// is not picked where it is empty. The caller sources what comes back, elsewhere.
///
/// Pieces and kits go back whole: what is rejected is rounded up, and other components of a kit go
/// back to their shelf if they were picked. Only the goods named are lost or damaged. Of pieces
/// that were still to be cut, the source pieces that the claim no longer needs are.
///
/// # Errors
/// `not_found`, `invalid_transition` where everything is shipped or picked, `above_open` with what
/// is unpicked, `kit_incomplete` where another component is packed, `not_held` where the bins hold
/// less than is lost.
pub fn reject(
    order: &Order,
    fulfillment: FulfillmentId,
    lines: &[(LineId, Qty)],
    reason: RejectReason,
    hand: &mut AtHand<'_>,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    order.fulfillment(fulfillment)?;
    let mut after = order.clone();
    let mut moves = Moves::new(now, ids);
    let lines = rejected(order, fulfillment, lines)?;
    // Every component of a kit may be named: the kit goes back as often as the worst of them says.
    let mut groups: Vec<(Group, i64)> = Vec::new();
    for (line, qty) in &lines {
        let group = order.group(*line)?;
        let own = group.parts.iter().find(|(part, _)| part == line);
        let per = own.map_or(1, |(_, per)| per.get().max(1));
        let count = qty.get() / per + i64::from(qty.get() % per != 0);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, most)) => *most = count.max(*most),
            None => groups.push((group, count)),
        }
    }
    for (group, count) in &groups {
        for (part, per) in &group.parts {
            let named = lines.iter().find(|(line, _)| line == part).map(|(_, qty)| *qty);
            let amount = times(per.get(), *count);
            if named.is_none() {
                make_unpicked(&mut after, fulfillment, *part, amount, hand, &mut moves)?;
            }
            let freed = give_up(&mut after, fulfillment, *part, amount)?;
            raise(&mut after.line_mut(*part)?.quantities.unallocated, amount);
            if let Some(qty) = named {
                correct(&freed, qty, reason.effect(), hand, &mut moves)?;
            }
        }
    }
    moves.because(reason.code());
    after.finish(moves)
}

/// What is rejected of each line, checked against what is unpicked.
fn rejected(
    order: &Order,
    fulfillment: FulfillmentId,
    lines: &[(LineId, Qty)],
) -> Result<Vec<(LineId, Qty)>, Refusal> {
    let mut open: Vec<(LineId, Qty)> = Vec::new();
    for work in order.work.iter().filter(|work| work.fulfillment == fulfillment) {
        match open.iter_mut().find(|(line, _)| *line == work.line) {
            Some((_, sum)) => raise(sum, work.unpicked()),
            None => open.push((work.line, work.unpicked())),
        }
    }
    open.retain(|(_, qty)| !qty.is_zero());
    ensure(!open.is_empty(), || {
        let detail = format!("fulfillment {fulfillment} has nothing left that is not picked");
        Refusal::new(Code::InvalidTransition, detail).allowed("unpick")
    })?;
    if lines.is_empty() {
        return Ok(open);
    }
    for (line, qty) in lines {
        let found = open.iter().find(|(known, _)| known == line);
        let may = found.map_or(Qty::ZERO, |(_, qty)| *qty);
        ensure(*qty <= may && !qty.is_zero(), || {
            let detail = format!("{may} base units of the line are unpicked there, not {qty}");
            Refusal::new(Code::AboveOpen, detail).allowed(may.to_string())
        })?;
    }
    Ok(lines.to_vec())
}

/// Puts picked goods of a kit's other component back, so that the kit can go back whole.
fn make_unpicked(
    order: &mut Order,
    fulfillment: FulfillmentId,
    line: LineId,
    amount: Qty,
    hand: &AtHand<'_>,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    let own: Vec<(ClaimId, Qty, Qty)> = order
        .work_at(fulfillment, line)
        .map(|work| (work.claim, work.unpicked(), work.picked.less(work.packed)))
        .collect();
    let unpicked = Qty::sum(own.iter().map(|(_, unpicked, _)| *unpicked)).unwrap_or_default();
    let mut missing = amount.less(unpicked);
    for (claim, _, staged) in own {
        let here = missing.min(staged);
        if !here.is_zero() {
            put_back(order, claim, here, hand.location, true, moves)?;
            missing = missing.less(here);
        }
    }
    ensure(missing.is_zero(), || {
        let detail = "another component of the kit is packed: unpack it first";
        Refusal::new(Code::KitIncomplete, detail).allowed("unpack")
    })
}

/// What a claim no longer takes of its level: the goods a stock correction may touch.
struct Freed {
    item: ItemId,
    lot_class: LotId,
    takes: Qty,
    cut: bool,
}

/// Takes unpicked quantity from the claims of a line and says what of which level that frees.
fn give_up(
    order: &mut Order,
    fulfillment: FulfillmentId,
    line: LineId,
    amount: Qty,
) -> Result<Vec<Freed>, Refusal> {
    let before: Vec<Work> = order.work_at(fulfillment, line).cloned().collect();
    take_back(order, fulfillment, line, amount, None)?;
    let after = order.work_at(fulfillment, line);
    let freed = before.into_iter().zip(after).map(|(old, new)| Freed {
        item: old.item,
        lot_class: old.lot_class,
        takes: old.takes.less(new.takes),
        cut: old.cut.is_some(),
    });
    Ok(freed.filter(|freed| !freed.takes.is_zero()).collect())
}

/// Books what the reason says about the goods, at most what was freed.
fn correct(
    freed: &[Freed],
    qty: Qty,
    effect: StockEffect,
    hand: &mut AtHand<'_>,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    if effect == StockEffect::None {
        return Ok(());
    }
    let mut left = qty;
    for one in freed {
        let gone = if one.cut { one.takes } else { one.takes.min(left) };
        left = left.less(gone);
        let key = hand.key(one.item, one.lot_class);
        for (bin, lot, qty) in hand.take(one.item, one.lot_class, gone)? {
            let location = hand.location.id;
            let (to, value) = match effect {
                StockEffect::Lost => (Place::account(PlaceKind::Lost), hand.levels.issue(key, qty)),
                _ => {
                    let to = Place::bin(location, bin, Condition::Damaged);
                    (to, hand.levels.worth(key, qty))
                }
            };
            let cause = moves.event();
            moves.add(&Move {
                kind: MovementKind::Reject,
                item: one.item,
                lot,
                lot_class: one.lot_class,
                from: hand.bin(bin),
                to,
                qty,
                value,
                cost_source: CostSource::Average,
                cause,
            });
        }
    }
    Ok(())
}

//! Goods that were bought for a line of an order: they come for that line and for no other.

use super::allocate::open_at;
use super::backorder::take_back;
use super::goods::Moves;
use super::work::{Settled, lower, raise};
use super::*;
use crate::refusal::ensure;
use crate::units::LevelKey;

/// Gives a special-order line goods that came for it: what is unallocated of the line becomes
/// allocated work at their level.
///
/// # Errors
/// `unknown_line`, `invalid_transition` for another kind of line or an order that is not placed,
/// `above_open` with what is unallocated.
pub fn supply(
    order: &Order,
    line: LineId,
    level: LevelKey,
    qty: Qty,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let own = special(&mut after, line)?;
    lower(&mut own.quantities.unallocated, qty)?;
    let delivery = own.delivery;
    let fulfillment = open_at(&mut after, delivery, level.location, now, ids);
    let none = Qty::ZERO;
    after.work.push(Work {
        claim: ids.draw(),
        fulfillment,
        line,
        item: level.item,
        lot_class: level.lot_class,
        takes: qty,
        qty,
        released: none,
        picked: none,
        packed: none,
        shipped: none,
        cut: None,
        picks: Vec::new(),
    });
    after.finish(Moves::new(now, ids))
}

/// Takes goods away again that came for a special-order line: the inverse of [`supply`].
///
/// # Errors
/// As [`supply`]; `above_open` where they are picked already.
pub fn unsupply(
    order: &Order,
    line: LineId,
    location: LocationId,
    qty: Qty,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    raise(&mut special(&mut after, line)?.quantities.unallocated, qty);
    let mut left = qty;
    let here = after.fulfillments.iter().filter(|one| one.location == location);
    let here: Vec<FulfillmentId> = here.map(|one| one.id).rev().collect();
    for fulfillment in here {
        let unpicked = Qty::sum(after.work_at(fulfillment, line).map(Work::unpicked));
        let part = left.min(unpicked.unwrap_or_default());
        take_back(&mut after, fulfillment, line, part, None)?;
        left = left.less(part);
    }
    ensure(left.is_zero(), || {
        let detail = "the goods are picked for their order already: unpick them first";
        Refusal::new(Code::AboveOpen, detail).allowed(qty.less(left).to_string())
    })?;
    after.finish(Moves::new(now, ids))
}

/// Names the item that a line's goods are: what was described in words is bought as an item.
///
/// # Errors
/// `unknown_line`, `invalid_transition` for a line that has an item already.
pub fn name_item(
    order: &Order,
    line: LineId,
    item: ItemId,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    let mut after = order.clone();
    let own = after.line_mut(line)?;
    ensure(own.item.is_none(), || {
        let detail = format!("line {} has an item", own.position);
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    own.item = Some(item);
    after.finish(Moves::new(now, ids))
}

fn special(order: &mut Order, line: LineId) -> Result<&mut Line, Refusal> {
    let own = order.line_mut(line)?;
    ensure(own.kind == LineKind::SpecialOrder, || {
        let detail = format!("line {} is no special order", own.position);
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    Ok(own)
}

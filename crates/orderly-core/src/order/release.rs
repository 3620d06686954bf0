//! Handing work to a location, and calling it back.

use super::goods::Moves;
use super::work::{At, Settled};
use super::*;
use crate::refusal::ensure;

/// Releases everything a fulfillment has allocated to its location.
///
/// # Errors
/// `not_found`, `invalid_transition` unless the order is placed, `on_hold`, `nothing_to_do` where
/// all of it is released.
pub fn release(
    order: &Order,
    fulfillment: FulfillmentId,
    at: &At<'_>,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let own = order.fulfillment(fulfillment)?;
    let fresh = |work: &&Work| work.fulfillment == fulfillment && work.released < work.qty;
    let lines: Vec<LineId> = order.work.iter().filter(fresh).map(|work| work.line).collect();
    ensure(!lines.is_empty(), || {
        let detail = format!("fulfillment {fulfillment} has nothing to release");
        Refusal::new(Code::NothingToDo, detail)
    })?;
    at.ensure_free(order, Step::Release, &order.scopes(own, lines))?;
    for work in after.work.iter_mut().filter(|work| work.fulfillment == fulfillment) {
        work.released = work.qty;
    }
    after.finish(Moves::new(at.now, ids))
}

/// Calls released work back: the inverse of releasing.
///
/// # Errors
/// `not_found`, `above_picked` where goods are picked (unpick first), `nothing_to_do`.
pub fn recall(
    order: &Order,
    fulfillment: FulfillmentId,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    order.fulfillment(fulfillment)?;
    let mut after = order.clone();
    let mut recalled = Qty::ZERO;
    for work in after.work.iter_mut().filter(|work| work.fulfillment == fulfillment) {
        ensure(work.picked.is_zero(), || {
            let detail = "goods are picked already: unpick them first";
            Refusal::new(Code::AbovePicked, detail).allowed("unpick")
        })?;
        recalled = recalled.max(work.released);
        work.released = Qty::ZERO;
    }
    ensure(!recalled.is_zero(), || {
        let detail = format!("fulfillment {fulfillment} is not released");
        Refusal::new(Code::NothingToDo, detail)
    })?;
    after.finish(Moves::new(now, ids))
}

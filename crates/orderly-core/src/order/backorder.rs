//! Backorders: waiting for stock, being served when it comes, and being pushed back to waiting.

use super::allocate::{demand, open_at, wait_for, work};
use super::goods::Moves;
use super::work::{Settled, lower};
use super::*;
use crate::catalog::Catalog;
use crate::sourcing::{Demand, Take};

/// Returns what of an order waits at a location, as demands that sourcing can serve there: base
/// units, pieces or whole kits. Only lines in `wanted` where it is not empty.
///
/// Sourcing must see the levels as backorders do: [`crate::units::Level::for_backorders`].
///
/// # Errors
/// `unknown_item` where the catalog lacks an item of the order.
pub fn waiting(
    order: &Order,
    catalog: &Catalog,
    location: LocationId,
    wanted: &[LineId],
) -> Result<Vec<Demand>, Refusal> {
    let waits = |line: LineId| {
        let own = order.backorders.iter().filter(|b| b.line == line && b.location == location);
        own.map(|b| b.qty.get()).sum::<i64>()
    };
    let mut out = Vec::new();
    for (index, line) in order.lines.iter().enumerate() {
        if line.parent.is_some() || !line.is_goods() {
            continue;
        }
        let group = order.group(line.id)?;
        let named = |id: &LineId| wanted.is_empty() || wanted.contains(id);
        if !named(&line.id) && !group.parts.iter().any(|(part, _)| named(part)) {
            continue;
        }
        let count = group.least(|part| Qty::new(waits(part)).expect("a sum of quantities"));
        if count > 0 {
            let open = group.qty(order, count);
            out.push(demand(order, catalog, line, index + 1, open)?);
        }
    }
    Ok(out)
}

/// Turns backorders into allocated work: what sourcing took for [`waiting`] demands.
///
/// # Errors
/// `above_open` where more is taken than waits at the location, `kit_incomplete` where a kit
/// would be served in parts, `nothing_to_do` without takes.
pub fn serve(order: &Order, takes: &[Take], now: Instant, ids: &mut IdSource) -> Settled {
    let mut order = order.clone();
    if takes.is_empty() {
        return Err(Refusal::new(Code::NothingToDo, "no stock serves what waits"));
    }
    for take in takes {
        let location = take.level.location;
        let mut left = take.serves;
        for waiting in &mut order.backorders {
            if waiting.line == take.line && waiting.location == location {
                let here = left.min(waiting.qty);
                lower(&mut waiting.qty, here)?;
                left = left.less(here);
            }
        }
        if !left.is_zero() {
            let detail = format!("{left} base units more are taken than wait there");
            return Err(Refusal::new(Code::AboveOpen, detail));
        }
        let delivery = order.line(take.line)?.delivery;
        let fulfillment = open_at(&mut order, delivery, location, now, ids);
        let served = work(take, fulfillment, ids);
        order.work.push(served);
    }
    order.backorders.retain(|backorder| !backorder.qty.is_zero());
    order.finish(Moves::new(now, ids))
}

/// Pushes allocated quantity that is not picked back to waiting at its location, because the
/// stock it was promised is not there. A kit's other components wait with it.
///
/// `qty` is in base units of the claim's line and rounded up to whole pieces or kits.
///
/// # Errors
/// `not_found` for an unknown claim, `above_open` where less is unpicked: unpick first.
pub fn displace(
    order: &Order,
    claim: ClaimId,
    qty: Qty,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    let mut order = order.clone();
    let first = order.work_of(claim)?;
    let (fulfillment, line) = (first.fulfillment, first.line);
    let location = order.fulfillment(fulfillment)?.location;
    let group = order.group(line)?;
    let per = group.parts.iter().find(|(part, _)| *part == line).map_or(1, |(_, per)| per.get());
    let count = qty.get() / per + i64::from(qty.get() % per != 0);
    for (part, per) in &group.parts {
        let amount = per.times(count).unwrap_or(qty);
        take_back(&mut order, fulfillment, *part, amount, Some(claim))?;
        let item = order.line(*part)?.item.unwrap_or(ItemId::NONE);
        wait_for(&mut order, *part, item, amount, location, now, ids);
    }
    order.finish(Moves::new(now, ids))
}

/// Takes unpicked quantity of a line from the claims of one fulfillment: the preferred claim
/// first, then unreleased ones, then the latest.
///
/// # Errors
/// `above_open` with what could be taken.
pub(super) fn take_back(
    order: &mut Order,
    fulfillment: FulfillmentId,
    line: LineId,
    qty: Qty,
    preferred: Option<ClaimId>,
) -> Result<(), Refusal> {
    let mut left = qty;
    let own = |work: &Work| work.fulfillment == fulfillment && work.line == line;
    let mut order_of: Vec<usize> = (0..order.work.len()).filter(|i| own(&order.work[*i])).collect();
    order_of.sort_by_key(|index| {
        let work = &order.work[*index];
        let second = Some(work.claim) != preferred;
        (second, !work.released.is_zero(), std::cmp::Reverse(*index))
    });
    for index in order_of {
        let work = &mut order.work[index];
        let here = left.min(work.unpicked());
        work.give_back(here);
        left = left.less(here);
    }
    if left.is_zero() {
        return Ok(());
    }
    let detail = "part of it is picked: unpick it first";
    Err(Refusal::new(Code::AboveOpen, detail).allowed(qty.less(left).to_string()))
}

//! Canceling what is not picked yet, and taking a cancellation back.

use super::backorder::take_back;
use super::goods::Moves;
use super::work::{At, Group, Settled, lower, raise};
use super::*;
use crate::refusal::ensure;

/// What is canceled, or un-canceled.
#[derive(Clone, Debug)]
pub enum Cancel {
    /// Everything that is open.
    Order,
    /// Lines with a quantity of theirs; `None` is all that is open. A kit counts kits.
    Lines(Vec<(LineId, Option<Qty>)>),
}

/// Cancels: unallocated quantity first, then backordered, then allocated, then released. Canceling
/// an order of which nothing was shipped ends it.
///
/// # Errors
/// `invalid_transition` unless placed, `unknown_line`, `kit_component`, `on_hold`, `above_open`
/// with what may be canceled where goods are picked, `quantity_precision` for a part of a piece,
/// `nothing_to_do`.
pub fn cancel(order: &Order, what: &Cancel, at: &At<'_>, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let asked = asked(order, what)?;
    let scopes = asked.iter().flat_map(|(group, _)| {
        let delivery = order.line(group.line).map(|line| line.delivery.as_bytes());
        delivery.into_iter().chain([group.line.as_bytes()])
    });
    at.ensure_free(order, Step::Cancel, &scopes.collect::<Vec<_>>())?;
    let mut canceled = 0;
    for (group, wanted) in asked {
        let may = cancelable(order, &group);
        let picked = group
            .parts
            .iter()
            .any(|(part, _)| order.line(*part).is_ok_and(|line| !line.quantities.picked.is_zero()));
        let count = wanted.unwrap_or(may);
        if count > may || (wanted.is_none() && picked) {
            return Err(above_open(order, &group, may));
        }
        take(&mut after, &group, count)?;
        canceled += count;
    }
    ensure(canceled > 0, || {
        let detail = format!("nothing of order {} is left to cancel", order.number);
        Refusal::new(Code::NothingToDo, detail)
    })?;
    let shipped = after.lines.iter().any(|line| !line.quantities.shipped.is_zero());
    if matches!(what, Cancel::Order) && !shipped {
        after.head.state = OrderState::Canceled;
    }
    after.finish(Moves::new(at.now, ids))
}

fn above_open(order: &Order, group: &Group, may: i64) -> Refusal {
    let position = order.line(group.line).map_or(0, |line| line.position);
    let detail = format!("line {position} has less that is not picked: unpick the rest first");
    Refusal::new(Code::AboveOpen, detail).allowed(group.qty(order, may).to_string())
}

/// The groups asked for, each with how many; `None` is all.
fn asked(order: &Order, what: &Cancel) -> Result<Vec<(Group, Option<i64>)>, Refusal> {
    let lines = match what {
        Cancel::Order => {
            let own = order.lines.iter().filter(|line| line.parent.is_none());
            return own.map(|line| Ok((order.group(line.id)?, None))).collect();
        }
        Cancel::Lines(lines) => lines,
    };
    let mut out: Vec<(Group, Option<i64>)> = Vec::with_capacity(lines.len());
    for (index, (line, qty)) in lines.iter().enumerate() {
        let group = order.addressed(*line)?;
        let pointer = format!("/lines/{index}");
        ensure(!out.iter().any(|(known, _)| known.line == *line), || {
            Refusal::at(Code::InvalidField, &pointer, "the line is named twice")
        })?;
        let count = qty.map(|qty| {
            ensure(!qty.is_zero(), || {
                Refusal::at(Code::QuantityZero, &pointer, "the quantity is zero")
            })?;
            group.count(order, qty).ok_or_else(|| {
                let per = group.qty(order, 1);
                let detail = format!("the line is in pieces of {per}");
                Refusal::at(Code::QuantityPrecision, &pointer, detail).allowed(per.to_string())
            })
        });
        out.push((group, count.transpose()?));
    }
    Ok(out)
}

/// How many of a group may be canceled: all that no part has picked.
pub fn cancelable(order: &Order, group: &Group) -> i64 {
    let of = |line: LineId| order.line(line).map(|line| line.quantities).ok();
    let unallocated = group.least(|part| of(part).map_or(Qty::ZERO, |q| q.unallocated));
    let waiting: i64 = places(order, group).iter().map(|(_, count)| count).sum();
    let working: i64 = works(order, group).iter().map(|(_, count)| count).sum();
    unallocated + waiting + working
}

/// Where the group waits, and how many of it.
fn places(order: &Order, group: &Group) -> Vec<(LocationId, i64)> {
    let mut out: Vec<(LocationId, i64)> = Vec::new();
    for backorder in order.backorders.iter().rev() {
        let location = backorder.location;
        let part = group.parts.iter().any(|(part, _)| *part == backorder.line);
        if part && !out.iter().any(|(known, _)| *known == location) {
            let waits = |line: LineId| waits(order, line, location);
            out.push((location, group.least(waits)));
        }
    }
    out
}

fn waits(order: &Order, line: LineId, location: LocationId) -> Qty {
    let own = order.backorders.iter().filter(|b| b.line == line && b.location == location);
    Qty::sum(own.map(|b| b.qty)).expect("bounded by the line")
}

/// The fulfillments that work on the group with how many of it are unpicked there; those that are
/// not released first, the latest first.
pub(super) fn works(order: &Order, group: &Group) -> Vec<(FulfillmentId, i64)> {
    let mut out: Vec<(bool, FulfillmentId, i64)> = Vec::new();
    for fulfillment in order.fulfillments.iter().rev() {
        let unpicked = |line: LineId| {
            let own = order.work_at(fulfillment.id, line);
            Qty::sum(own.map(Work::unpicked)).expect("bounded by the line")
        };
        let count = group.least(unpicked);
        if count > 0 {
            let released = fulfillment.state == FulfillmentState::Released;
            out.push((released, fulfillment.id, count));
        }
    }
    out.sort_by_key(|(released, _, _)| *released);
    out.into_iter().map(|(_, id, count)| (id, count)).collect()
}

/// Takes `count` of a group out of what is open, into its parts' canceled.
fn take(order: &mut Order, group: &Group, count: i64) -> Result<(), Refusal> {
    remove(order, group, count)?;
    for (part, per) in &group.parts {
        let gone = work::times(per.get(), count);
        raise(&mut order.line_mut(*part)?.quantities.canceled, gone);
    }
    Ok(())
}

/// Takes `count` of a group out of what is open: unallocated, backordered, allocated, released.
pub(super) fn remove(order: &mut Order, group: &Group, count: i64) -> Result<(), Refusal> {
    let mut left = count;
    let unallocated =
        group.least(|part| order.line(part).map_or(Qty::ZERO, |l| l.quantities.unallocated));
    let here = left.min(unallocated);
    for (part, per) in &group.parts {
        let gone = work::times(per.get(), here);
        lower(&mut order.line_mut(*part)?.quantities.unallocated, gone)?;
    }
    left -= here;
    for (location, waiting) in places(order, group) {
        let here = left.min(waiting);
        for (part, per) in &group.parts {
            wait_no_more(order, *part, location, work::times(per.get(), here));
        }
        left -= here;
    }
    for (fulfillment, unpicked) in works(order, group) {
        let here = left.min(unpicked);
        for (part, per) in &group.parts {
            take_back(order, fulfillment, *part, work::times(per.get(), here), None)?;
        }
        left -= here;
    }
    order.backorders.retain(|backorder| !backorder.qty.is_zero());
    if left > 0 { Err(above_open(order, group, count - left)) } else { Ok(()) }
}

fn wait_no_more(order: &mut Order, line: LineId, location: LocationId, qty: Qty) {
    let mut left = qty;
    let own = |b: &&mut Backorder| b.line == line && b.location == location;
    for backorder in order.backorders.iter_mut().filter(own) {
        let here = left.min(backorder.qty);
        backorder.qty = backorder.qty.less(here);
        left = left.less(here);
    }
}

/// Takes a cancellation back: what was canceled is unallocated again, to be sourced by the caller.
/// A canceled order is placed again.
///
/// # Errors
/// `invalid_transition` for an order that is closed, `above_open` with what was canceled,
/// `not_reversible` where the money for it went back, `unknown_line`, `kit_component`,
/// `quantity_precision`, `nothing_to_do`.
pub fn uncancel(order: &Order, what: &Cancel, now: Instant, ids: &mut IdSource) -> Settled {
    let mut after = order.clone();
    if after.head.state == OrderState::Canceled {
        after.head.state = OrderState::Placed;
    }
    after.ensure_placed()?;
    let mut back = 0;
    for (group, wanted) in asked(order, what)? {
        let canceled =
            |line: LineId| order.line(line).map_or(Qty::ZERO, |line| line.quantities.canceled);
        let was = group.least(canceled);
        let count = wanted.unwrap_or(was);
        ensure(count <= was, || {
            let detail = "less than that was canceled";
            let allowed = group.qty(order, was).to_string();
            Refusal::new(Code::AboveOpen, detail).allowed(allowed)
        })?;
        for (part, per) in &group.parts {
            let qty = work::times(per.get(), count);
            let quantities = &mut after.line_mut(*part)?.quantities;
            lower(&mut quantities.canceled, qty)?;
            raise(&mut quantities.unallocated, qty);
        }
        refunded(&after, &group)?;
        back += count;
    }
    ensure(back > 0, || Refusal::new(Code::NothingToDo, "nothing was canceled"))?;
    after.finish(Moves::new(now, ids))
}

/// Cancels again what came back with the last command on the order: every claim, backorder and
/// counter is as it was in `before`, whatever stock had served it meanwhile.
///
/// # Errors
/// `invalid_transition` unless placed, `on_hold`.
pub fn cancel_again(before: &Order, order: &Order, at: &At<'_>, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let mut scopes = Vec::new();
    for line in &mut after.lines {
        let was = before.line(line.id)?.quantities;
        if was.canceled > line.quantities.canceled {
            scopes.extend([line.delivery.as_bytes(), line.id.as_bytes()]);
        }
        line.quantities.canceled = was.canceled;
        line.quantities.unallocated = was.unallocated;
    }
    at.ensure_free(order, Step::Cancel, &scopes)?;
    let new = |work: &&mut Work| before.work_of(work.claim).is_err();
    after.work.iter_mut().filter(new).for_each(|work| work.give_back(work.qty));
    after.backorders.clone_from(&before.backorders);
    after.head.state = before.head.state;
    after.finish(Moves::new(at.now, ids))
}

/// Refuses to bring back quantity whose money was refunded.
fn refunded(after: &Order, group: &Group) -> Result<(), Refusal> {
    let q = after.line(group.line)?.quantities;
    let canceled = group.parts.first().and_then(|(part, per)| {
        let part = after.line(*part).ok()?.quantities.canceled;
        Some(group.qty(after, part.get() / per.get().max(1)))
    });
    let given_back = canceled.unwrap_or_default().plus(q.returned).unwrap_or_default();
    ensure(q.refunded <= given_back, || {
        let detail = "the money for it was refunded: place a new order";
        Refusal::new(Code::NotReversible, detail).allowed("place")
    })
}

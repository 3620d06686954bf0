//! Ending what is short within tolerance, performing what has no stock, and closing the order.

use super::cancel::{cancelable, remove};
use super::goods::Moves;
use super::price::{payable, slice};
use super::work::{At, Settled, lower, raise, times};
use super::*;
use crate::refusal::ensure;

/// Closes what is left of a line as short, within its tolerance: its claims are given up.
///
/// # Errors
/// `unknown_line`, `kit_component`, `above_picked` where goods are picked (ship or unpick them),
/// `above_tolerance` with what may be short, `nothing_to_do`.
pub fn close_short(order: &Order, line: LineId, at: &At<'_>, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let group = order.addressed(line)?;
    let mut after = order.clone();
    let rest = cancelable(order, &group);
    let open = group.least(|part| order.line(part).map_or(Qty::ZERO, |l| l.quantities.open()));
    ensure(open == rest, || {
        let detail = "part of the line is picked: ship it or put it back first";
        Refusal::new(Code::AbovePicked, detail).allowed("unpick")
    })?;
    ensure(rest > 0, || Refusal::new(Code::NothingToDo, "nothing of the line is open"))?;
    let kit = order.line(line)?.kind == LineKind::Kit;
    let own = if kit { vec![(line, Qty::new(1).expect("one"))] } else { Vec::new() };
    remove(&mut after, &group, rest)?;
    for (part, per) in group.parts.iter().chain(&own) {
        let one = after.line_mut(*part)?;
        let short =
            times(per.get(), rest).plus(one.quantities.closed_short).unwrap_or(per.to_owned());
        ensure(short <= one.max_short || at.passes(Code::AboveTolerance), || {
            let may = one.max_short.less(one.quantities.closed_short);
            let detail = format!("{may} base units may be left unshipped within the tolerance");
            Refusal::new(Code::AboveTolerance, detail).allowed(may.to_string())
        })?;
        one.quantities.closed_short = short;
        // Only an override comes here with more than the tolerance.
        one.max_short = one.max_short.max(short);
    }
    after.finish(Moves::new(at.now, ids))
}

/// Takes a short close back: the quantity is unallocated again, to be sourced by the caller.
///
/// # Errors
/// `unknown_line`, `kit_component`, `nothing_to_do`.
pub fn reopen_short(order: &Order, line: LineId, now: Instant, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let group = order.addressed(line)?;
    let mut after = order.clone();
    let mut back = Qty::ZERO;
    for (part, _) in &group.parts {
        let q = &mut after.line_mut(*part)?.quantities;
        back = back.max(q.closed_short);
        raise(&mut q.unallocated, q.closed_short);
        q.closed_short = Qty::ZERO;
    }
    ensure(!back.is_zero(), || {
        Refusal::new(Code::NothingToDo, "nothing of the line was closed short")
    })?;
    after.finish(Moves::new(now, ids))
}

/// Records that a line without stock of ours was done: a service was rendered, a supplier handed
/// special-order or direct goods over. It counts as shipped and delivered.
///
/// # Errors
/// `unknown_line`, `invalid_transition` for a line whose goods are shipped from stock,
/// `above_open` with what is open, `quantity_zero`.
pub fn perform(order: &Order, line: LineId, qty: Qty, now: Instant, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let own = unstocked(&mut after, line)?;
    ensure(!qty.is_zero(), || Refusal::new(Code::QuantityZero, "the quantity is zero"))?;
    lower(&mut own.quantities.unallocated, qty)?;
    raise(&mut own.quantities.shipped, qty);
    raise(&mut own.quantities.delivered, qty);
    after.finish(Moves::new(now, ids))
}

/// Takes it back that a line without stock was done: the inverse of [`perform`].
///
/// # Errors
/// As [`perform`]; `not_reversible` once it is invoiced or returned.
pub fn unperform(
    order: &Order,
    line: LineId,
    qty: Qty,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let own = unstocked(&mut after, line)?;
    lower(&mut own.quantities.delivered, qty)?;
    lower(&mut own.quantities.shipped, qty)?;
    raise(&mut own.quantities.unallocated, qty);
    let q = own.quantities;
    let settled = q.return_requested.plus(q.returned).is_some_and(|back| back <= q.shipped);
    ensure(settled, || Refusal::new(Code::NotReversible, "it is returned already"))?;
    after.finish(Moves::new(now, ids))
}

fn unstocked(order: &mut Order, line: LineId) -> Result<&mut Line, Refusal> {
    let own = order.line_mut(line)?;
    ensure(!own.is_goods(), || {
        let detail = format!("line {} is shipped from stock", own.position);
        Refusal::new(Code::InvalidTransition, detail).allowed("ship")
    })?;
    Ok(own)
}

/// What refunds of an order gave, or are to give, as closing it asks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// Beside what moved already: still to move, or given as credit. In minor units.
    pub open: i64,
    /// For anything but what was canceled, without the fees that were kept. In minor units.
    pub amount: i64,
    /// The units it was for.
    pub lines: Vec<(LineId, Qty)>,
}

/// What the customer owes for the order after returns and refunds, and what of the money for it
/// was not given back. In minor units.
pub fn owed(order: &Order, given: &Given) -> (i64, i64) {
    // Returned and not refunded: it is not owed any more either.
    let returned = |line: &Line| {
        let q = &line.quantities;
        let own = given.lines.iter().find(|(id, _)| *id == line.id);
        let given = own.map_or(Qty::ZERO, |(_, qty)| *qty);
        let before = Qty::sum([q.canceled, q.closed_short, given]).unwrap_or(q.ordered);
        let left = q.returned.less(given).min(q.ordered.less(before));
        slice(line, before.min(q.ordered), left).due()
    };
    let own = order.lines.iter().filter(|line| line.parent.is_none());
    let due = payable(order) - given.amount - own.map(returned).sum::<i64>();
    let paid = order.head.paid;
    (due.max(0), paid.captured - paid.refunded - given.open)
}

/// Closes an order: everything is delivered, lost, canceled or back and decided, and what is owed
/// for it after returns and refunds is paid, or invoiced in full to an account.
///
/// # Errors
/// `invalid_transition` unless placed, and naming what is not done or not paid.
pub fn close(order: &Order, given: &Given, now: Instant, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    let refuse = |detail: String| Err(Refusal::new(Code::InvalidTransition, detail));
    // Who paid for a service is owed it as he is owed goods.
    let is_work = |line: &&Line| {
        let kinds = [LineKind::SpecialOrder, LineKind::DirectShip, LineKind::Service];
        line.is_goods() || kinds.contains(&line.kind)
    };
    for line in order.lines.iter().filter(is_work) {
        let q = line.quantities;
        let undone = [q.open(), q.in_transit(), q.brought_back, q.return_requested];
        if undone.iter().any(|qty| !qty.is_zero()) {
            let detail = format!("line {} is not done", line.position);
            return refuse(detail);
        }
    }
    let (due, paid) = owed(order, given);
    if order.head.settlement == Settlement::Payment && paid < due {
        return refuse(format!("{paid} of {due} minor units are paid"));
    }
    if order.head.settlement == Settlement::Account && !invoicing::is_complete(order) {
        return refuse(format!("order {} is not invoiced in full", order.number));
    }
    let mut after = order.clone();
    after.head.state = OrderState::Closed;
    after.finish(Moves::new(now, ids))
}

/// Opens a closed order again: the inverse of closing it.
///
/// # Errors
/// `invalid_transition` unless closed.
pub fn reopen(order: &Order, now: Instant, ids: &mut IdSource) -> Settled {
    ensure(order.head.state == OrderState::Closed, || {
        let detail = format!("order {} is {}", order.number, order.head.state.code());
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    let mut after = order.clone();
    after.head.state = OrderState::Placed;
    after.finish(Moves::new(now, ids))
}

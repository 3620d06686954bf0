//! What an order counts toward its account's limits: the money of what is open, and of what is
//! dispatched and not yet invoiced.

use super::price::slice;
use super::*;

/// The kind of hold under which an order's open part counts nothing, until it is released.
pub const CREDIT_HOLD: &str = "credit";

/// What an order counts toward the limits of its account and site, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stages {
    /// Ordered, to be dispatched, not invoiced.
    pub open: i64,
    /// Dispatched, not invoiced.
    pub dispatched: i64,
}

impl Stages {
    pub const fn sum(self) -> i64 {
        self.open + self.dispatched
    }
}

/// Whether the order is settled on an account, and so counts toward limits.
pub fn on_account(order: &Order) -> bool {
    let stands =
        matches!(order.head.state, OrderState::Placed | OrderState::Closed | OrderState::Canceled);
    stands
        && order.head.settlement == Settlement::Account
        && order.head.account.is_some()
        && !order.history
}

/// Returns what the order counts: lines and charges with their taxes, less deposits that settled
/// no invoice yet.
///
/// A line's money is laid out along its quantity by consecutive slices, from the last unit to the
/// first: what is invoiced comes first, then what is dispatched, then what is open. However the
/// quantity is shipped and invoiced, the parts sum to the line's amount to the cent; canceled,
/// short, lost and returned quantities leave. While an order waits for a credit decision, what is
/// not dispatched counts nothing.
pub fn exposure(order: &Order) -> Stages {
    if !on_account(order) {
        return Stages::default();
    }
    let worth = worth(order);
    let deposits = unused(order);
    let from_open = deposits.min(worth.open);
    let dispatched = (worth.dispatched - (deposits - from_open)).max(0);
    let open = if awaits_credit(order) { 0 } else { worth.open - from_open };
    Stages { open, dispatched }
}

/// Whether the order counts more after a decision than before it, whatever moved between its
/// stages and whatever was paid: only this is held against a limit.
pub fn raises(before: &Order, after: &Order) -> bool {
    let all = |order: &Order| {
        if !on_account(order) {
            return 0;
        }
        let worth = worth(order);
        let open = if awaits_credit(order) { 0 } else { worth.open };
        open + worth.dispatched + worth.invoiced
    };
    all(after) > all(before)
}

/// What an order is worth, by stage, before deposits.
#[derive(Default)]
struct Worth {
    open: i64,
    dispatched: i64,
    /// By the quantities invoiced, not by the documents.
    invoiced: i64,
}

fn worth(order: &Order) -> Worth {
    let mut sum = Worth::default();
    for line in &order.lines {
        let own = of_line(line);
        sum.open += own.open;
        sum.dispatched += own.dispatched;
        sum.invoiced += own.invoiced;
    }
    for charge in &order.charges {
        let due = charge_due(order, charge);
        sum.invoiced += charge.invoiced;
        if is_dispatched(order, charge) {
            sum.dispatched += due;
        } else {
            sum.open += due;
        }
    }
    sum
}

/// Whether an open hold of kind `credit` keeps the whole order from being shipped.
pub fn awaits_credit(order: &Order) -> bool {
    let held = |hold: &Hold| {
        hold.released_at.is_none()
            && hold.kind == CREDIT_HOLD
            && hold.scope == HoldScope::Order
            && hold.blocks.contains(&Step::Ship)
    };
    order.holds.iter().any(held)
}

fn of_line(line: &Line) -> Worth {
    let q = &line.quantities;
    let sub = |from: Qty, parts: &[Qty]| {
        parts.iter().fold(from.get(), |left, part| left - part.get()).max(0)
    };
    let came = q.ordered.plus(q.over).unwrap_or(q.ordered);
    let wanted = sub(came, &[q.canceled, q.closed_short, q.lost, q.returned]);
    let gone = sub(q.shipped, &[q.lost, q.brought_back, q.returned]);
    let invoiced = sub(q.invoiced, &[q.credited]);
    let worth = |qty: i64| {
        let qty = Qty::new(qty).unwrap_or(Qty::ZERO).min(q.ordered);
        slice(line, q.ordered.less(qty), qty).due()
    };
    let end = wanted.max(invoiced);
    let dispatched = gone.max(invoiced).min(end);
    Worth {
        open: (worth(end) - worth(dispatched)).max(0),
        dispatched: (worth(dispatched) - worth(invoiced)).max(0),
        invoiced: worth(invoiced),
    }
}

/// What is still to be invoiced of a charge, which goes on documents whole: nothing where the order
/// was canceled before anything left.
fn charge_due(order: &Order, charge: &Charge) -> i64 {
    let given_up = order.head.state == OrderState::Canceled && !is_dispatched(order, charge);
    if given_up || charge.invoiced != 0 {
        return 0;
    }
    (charge.due() - charge.refunded).max(0)
}

/// A charge is dispatched once anything of its delivery, or of the order, has left.
fn is_dispatched(order: &Order, charge: &Charge) -> bool {
    let left = |line: &Line| line.quantities.shipped > line.quantities.brought_back;
    let own = |line: &&Line| charge.delivery.is_none_or(|delivery| line.delivery == delivery);
    order.lines.iter().filter(own).any(left)
}

/// Money of the order that is there and has settled no invoice.
fn unused(order: &Order) -> i64 {
    let paid = order.head.paid;
    (paid.captured - paid.refunded - paid.used).max(0)
}

//! What a refund comes to, and the most it may be.

use super::*;
use crate::money::{Money, cumulative_share, div_half_even};
use crate::order::Line;
use crate::order::price::{fees, slice};

/// A line to refund.
#[derive(Debug, Clone)]
pub struct AskLine {
    /// A kit is refunded on its own line.
    pub line: LineId,
    pub return_line: Option<ReturnLineId>,
    pub cause: Cause,
    pub qty: Qty,
    /// Less than the slice comes to, in minor units; the whole slice where `None`. Goodwill
    /// without a quantity states its amount here.
    pub amount: Option<i64>,
}

/// A charge to refund, such as shipping.
#[derive(Debug, Clone)]
pub struct AskCharge {
    pub charge: ChargeId,
    /// In minor units; all that is left where `None`.
    pub amount: Option<i64>,
}

/// What shall be refunded.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub lines: Vec<AskLine>,
    pub charges: Vec<AskCharge>,
    /// Whether the caller may refund what was neither canceled nor returned.
    pub goodwill: bool,
}

/// What earlier refunds of the order used up, from their rows. Amounts in minor units.
#[derive(Debug, Clone, Default)]
pub struct Prior {
    /// Refunds whose money is still to move.
    pub pending: i64,
    /// Settled as credit of some kind: it counts against no capture, but it was given.
    pub credited: i64,
    /// What each line was refunded, pending included, failed and canceled not.
    pub lines: Vec<(LineId, i64)>,
}

impl Prior {
    fn of(&self, line: LineId) -> i64 {
        self.lines.iter().filter(|(own, _)| *own == line).map(|(_, amount)| amount).sum()
    }
}

/// One line of a proposal. Amounts in minor units; they sum to its amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    pub order_line: Option<LineId>,
    pub charge: Option<ChargeId>,
    pub return_line: Option<ReturnLineId>,
    pub cause: Cause,
    pub qty: Qty,
    pub goods: i64,
    pub tax: i64,
}

/// What the refund comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub lines: Vec<Proposed>,
    /// What is kept of it, line by line.
    pub fees: Vec<Fee>,
    /// What goes back: the lines without the fees.
    pub amount: i64,
    /// The most that may still be refunded of the order, whatever the reason.
    pub maximum: i64,
}

/// The most money that may go back: captured − refunded − pending − given as credit.
pub fn money_left(order: &Order, prior: &Prior) -> i64 {
    let paid = order.head.paid;
    (paid.captured - paid.refunded - prior.pending - prior.credited).max(0)
}

/// How much of a line was canceled or closed short without ever being paid, in base units.
///
/// What was never captured is taken to be what was canceled, line by line in their order, as far
/// as it goes: only what was canceled beyond it was paid and is refundable.
fn unpaid(order: &Order) -> Vec<(LineId, Qty)> {
    let mut left = (order.head.totals.total - fees(order) - order.head.paid.captured).max(0);
    let mut out = Vec::new();
    for line in &order.lines {
        let gone = gone(line);
        let due = |qty: Qty| slice(line, Qty::ZERO, qty).due();
        // The largest quantity whose slice fits, without units that cost nothing: whether those
        // were paid, nobody can tell. Slices grow with the quantity.
        let fits = last_that(gone, |qty| due(qty) <= left);
        let paid_for = due(fits);
        let qty = match paid_for {
            0 => Qty::ZERO,
            _ => {
                let before = last_that(fits, |qty| due(qty) < paid_for);
                Qty::new(before.get() + 1).unwrap_or(fits)
            }
        };
        left -= paid_for;
        out.push((line.id, qty));
    }
    out
}

/// The largest quantity up to `most` for which something holds that holds for all smaller ones.
fn last_that(most: Qty, holds: impl Fn(Qty) -> bool) -> Qty {
    let (mut low, mut high) = (0, most.get());
    while low < high {
        let middle = low + (high - low + 1) / 2;
        match Qty::new(middle) {
            Ok(qty) if holds(qty) => low = middle,
            _ => high = middle - 1,
        }
    }
    Qty::new(low).unwrap_or(Qty::ZERO)
}

fn gone(line: &Line) -> Qty {
    let q = &line.quantities;
    q.canceled.plus(q.closed_short).unwrap_or(q.ordered).min(q.ordered)
}

/// Computes a refund by consecutive slices of each line and checks it against every limit.
///
/// # Errors
/// `no_lines`; `unknown_line`; `kit_component` for a part of a kit (refund the kit, or goodwill by
/// amount); `above_refundable` with the maximum in `allowed` where quantity, line or captured
/// money do not cover it, overridden by the right to goodwill as far as money was captured.
pub fn propose(order: &Order, ask: &Ask, prior: &Prior) -> Result<Proposal, Refusal> {
    let maximum = money_left(order, prior);
    within(order, ask, prior, (maximum, "was captured and not refunded"))
}

/// The same for a credit of the account that an order is charged to: what counts is what it was
/// charged, paid or not.
///
/// # Errors
/// Those of [`propose()`].
pub fn propose_on_account(order: &Order, ask: &Ask, prior: &Prior) -> Result<Proposal, Refusal> {
    let lines: i64 = prior.lines.iter().map(|(_, amount)| amount).sum();
    let charges = order.charges.iter().filter(|charge| !charge.is_restocking_fee());
    let given = lines + charges.map(|charge| charge.refunded).sum::<i64>();
    let maximum = (order.head.totals.total - fees(order) - given).max(0);
    within(order, ask, prior, (maximum, "is charged to the account"))
}

fn within(
    order: &Order,
    ask: &Ask,
    prior: &Prior,
    (maximum, why): (i64, &str),
) -> Result<Proposal, Refusal> {
    if ask.lines.is_empty() && ask.charges.is_empty() {
        return Err(Refusal::at(Code::NoLines, "/lines", "say what is refunded"));
    }
    let mut work = Work { order: order.clone(), ask, prior: prior.clone(), unpaid: unpaid(order) };
    let mut lines = Vec::with_capacity(ask.lines.len() + ask.charges.len());
    for (index, one) in ask.lines.iter().enumerate() {
        let proposed = work.line(one).map_err(|refusal| pointed(refusal, "lines", index))?;
        lines.push(proposed);
    }
    for (index, one) in ask.charges.iter().enumerate() {
        let proposed = work.charge(one).map_err(|refusal| pointed(refusal, "charges", index))?;
        lines.push(proposed);
    }
    let amount = lines.iter().map(|line| line.goods + line.tax).sum();
    if amount > maximum {
        let show = |minor| Money::new(minor, order.currency).to_string();
        let detail = format!(
            "{} is more than the {} of order {} that {why}",
            show(amount),
            show(maximum),
            order.number
        );
        return Err(Refusal::new(Code::AboveRefundable, detail).allowed(show(maximum)));
    }
    Ok(Proposal { lines, fees: Vec::new(), amount, maximum })
}

fn pointed(mut refusal: Refusal, list: &str, index: usize) -> Refusal {
    for issue in &mut refusal.issues {
        issue.pointer = format!("/{list}/{index}{}", issue.pointer);
    }
    refusal
}

/// The order and what was refunded of it, as each line of the proposal leaves them.
struct Work<'a> {
    order: Order,
    ask: &'a Ask,
    prior: Prior,
    unpaid: Vec<(LineId, Qty)>,
}

impl Work<'_> {
    fn line(&mut self, ask: &AskLine) -> Result<Proposed, Refusal> {
        let line = self.order.line(ask.line)?.clone();
        if line.parent.is_some() && !ask.qty.is_zero() {
            let detail = format!("line {} is part of a kit: refund the kit", line.position);
            return Err(Refusal::new(Code::KitComponent, detail));
        }
        if ask.qty.is_zero() && (ask.cause != Cause::Goodwill || ask.amount.is_none()) {
            return Err(Refusal::at(Code::QuantityZero, "/qty", "say how much is refunded"));
        }
        let unpaid = self.unpaid.iter().find(|(own, _)| *own == line.id);
        let unpaid = unpaid.map_or(Qty::ZERO, |(_, qty)| *qty);
        self.ensure_entitled(&line, ask, unpaid)?;
        let used = unpaid.plus(line.quantities.refunded).unwrap_or(line.quantities.ordered);
        let own = slice(&line, used, ask.qty);
        let whole = match ask.qty.is_zero() {
            true => line.amounts,
            false => own,
        };
        // Never more than the line still holds: goodwill by amount may have used some of it.
        let unpaid_money = slice(&line, Qty::ZERO, unpaid).due();
        let held = (line.amounts.due() - unpaid_money - self.prior.of(line.id)).max(0);
        let most = if ask.qty.is_zero() { held } else { whole.due().min(held) };
        let amount = self.amount(ask.amount, most)?;
        let tax = tax_share(amount, whole.tax_included + whole.tax_added, whole.due());
        let counters = &mut self.order.line_mut(line.id)?.quantities;
        counters.refunded = counters.refunded.plus(ask.qty).unwrap_or(counters.refunded);
        self.prior.lines.push((line.id, amount));
        Ok(Proposed {
            order_line: Some(line.id),
            charge: None,
            return_line: ask.return_line,
            cause: ask.cause,
            qty: ask.qty,
            goods: amount - tax,
            tax,
        })
    }

    /// Refunded quantity ≤ canceled after capture + returned; goodwill up to what was ordered.
    fn ensure_entitled(&self, line: &Line, ask: &AskLine, unpaid: Qty) -> Result<(), Refusal> {
        let q = &line.quantities;
        let left = |all: Qty| all.less(unpaid).less(q.refunded);
        let entitled = left(gone(line).plus(q.returned).unwrap_or(q.ordered).min(q.ordered));
        let goodwill = ask.cause == Cause::Goodwill;
        let most = if goodwill && self.ask.goodwill { left(q.ordered) } else { entitled };
        if ask.qty <= most && (!goodwill || self.ask.goodwill) {
            return Ok(());
        }
        let most = if goodwill && !self.ask.goodwill { Qty::ZERO } else { most };
        let detail = format!(
            "of line {} at most {most} units are canceled after payment or returned, and not yet \
             refunded",
            line.position
        );
        Err(Refusal::at(Code::AboveRefundable, "/qty", detail).allowed(most.to_string()))
    }

    fn charge(&mut self, ask: &AskCharge) -> Result<Proposed, Refusal> {
        let charge = self.order.charge(ask.charge)?.clone();
        let due = charge.due();
        let amount = self.amount(ask.amount, (due - charge.refunded).max(0))?;
        let taxes = charge.tax_included + charge.tax_added;
        let tax = cumulative_share(taxes, charge.refunded + amount, due)
            - cumulative_share(taxes, charge.refunded, due);
        self.order.charge_mut(ask.charge)?.refunded += amount;
        Ok(Proposed {
            order_line: None,
            charge: Some(charge.id),
            return_line: None,
            cause: Cause::Charge,
            qty: Qty::ZERO,
            goods: amount - tax,
            tax,
        })
    }

    fn amount(&self, asked: Option<i64>, most: i64) -> Result<i64, Refusal> {
        let show = |minor| Money::new(minor, self.order.currency).to_string();
        match asked {
            None => Ok(most),
            Some(amount) if amount < 0 => {
                let detail = format!("{} is negative", show(amount));
                Err(Refusal::at(Code::MoneyInvalid, "/amount", detail))
            }
            Some(amount) if amount > most => {
                let detail = format!("{} is more than the {} left", show(amount), show(most));
                Err(Refusal::at(Code::AboveRefundable, "/amount", detail).allowed(show(most)))
            }
            Some(amount) => Ok(amount),
        }
    }
}

/// The tax within a part of an amount, half to even; all of it in the whole.
pub(super) fn tax_share(part: i64, tax: i64, whole: i64) -> i64 {
    if whole <= 0 || part == whole {
        return if part == whole { tax } else { 0 };
    }
    let share = div_half_even(i128::from(part) * i128::from(tax), i128::from(whole));
    i64::try_from(share).expect("a share is within its whole")
}

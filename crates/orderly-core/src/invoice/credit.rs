//! Credit notes: what is taken back of documents that stand.

use super::{Effect, InvoiceLine, TaxAmount};
use crate::id::*;
use crate::money::{Money, MoneyError, cumulative_share, split_minor};
use crate::order::Order;
use crate::order::invoicing::{shown, target};
use crate::order::price::money_refusal;
use crate::qty::Qty;
use crate::refund::{Cause, Refund, RefundLine};
use crate::refusal::{Code, Refusal, ensure};

/// A line of an invoice, and what of it was credited before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    pub invoice: InvoiceId,
    pub line: InvoiceLine,
    pub credited: Credited,
}

/// What credit notes took back of a line. Amounts in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Credited {
    pub qty: Qty,
    pub net: i64,
    pub tax: i64,
}

impl Held {
    /// What may still be credited of it.
    pub const fn left(&self) -> i64 {
        self.line.total() - self.credited.net - self.credited.tax
    }
    pub fn left_qty(&self) -> Qty {
        self.line.qty.less(self.credited.qty)
    }
}

/// What of a line of an invoice is taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// All that is left of it, as if it had never been invoiced.
    All,
    /// A quantity of it, as if it had never been invoiced.
    Quantity(Qty),
    /// Money only, tax included, in minor units: the quantity stays invoiced.
    Amount(i64),
}

/// Writes the lines of a credit note that corrects an invoice, and counts them in the orders.
///
/// # Errors
/// `no_lines`, `unknown_line`, `quantity_zero`, `money_invalid`, `above_invoiced` with the maximum
/// in `allowed`, `nothing_to_do`.
pub fn correct(
    orders: &mut [Order],
    held: &[Held],
    parts: &[(InvoiceLineId, Part)],
    ids: &mut IdSource,
) -> Result<Vec<InvoiceLine>, Refusal> {
    ensure(!parts.is_empty(), || Refusal::at(Code::NoLines, "/lines", "say what is credited"))?;
    let mut lines: Vec<InvoiceLine> = Vec::with_capacity(parts.len());
    for (index, (id, part)) in parts.iter().enumerate() {
        let pointer = format!("/lines/{index}");
        let unknown = |detail| Refusal::at(Code::UnknownLine, pointer.clone(), detail);
        let found = held.iter().find(|one| one.line.id == *id);
        let found = found.ok_or_else(|| unknown("the invoice has no such line"))?;
        ensure(!lines.iter().any(|line| line.credits == Some(*id)), || {
            Refusal::at(Code::InvalidField, pointer.clone(), "the line is named twice")
        })?;
        let own = found.line.order;
        let order = orders.iter_mut().find(|order| Some(order.id) == own);
        let order = order.ok_or_else(|| unknown("its order is unknown"))?;
        let line = one(order, found, *part, ids).map_err(|refusal| refusal.under(&pointer))?;
        lines.extend(line);
    }
    ensure(!lines.is_empty(), || {
        Refusal::new(Code::NothingToDo, "nothing of it is left to be credited")
    })?;
    number(&mut lines);
    Ok(lines)
}

fn number(lines: &mut [InvoiceLine]) {
    for (position, line) in (1..).zip(lines) {
        line.position = position;
    }
}

/// What a credit comes to: the quantity, the net, each tax, and how it counts.
struct Credit {
    qty: Qty,
    net: i64,
    tax: i64,
    effect: Effect,
}

fn one(
    order: &mut Order,
    held: &Held,
    part: Part,
    ids: &mut IdSource,
) -> Result<Option<InvoiceLine>, Refusal> {
    let left = held.left_qty();
    let credit = match part {
        Part::Amount(amount) => of_amount(order, held, amount)?,
        Part::Quantity(qty) => {
            ensure(!qty.is_zero(), || {
                Refusal::at(Code::QuantityZero, "/qty", "say how much is credited")
            })?;
            ensure(qty <= left, || {
                let detail = format!("{left} of the line are invoiced and not credited");
                let refusal = Refusal::at(Code::AboveInvoiced, "/qty", detail);
                refusal.allowed(left.to_string())
            })?;
            if qty == left { rest(held) } else { of_quantity(held, qty) }
        }
        Part::All if held.left() == 0 && left.is_zero() => return Ok(None),
        Part::All => rest(held),
    };
    if credit.effect == Effect::Undone {
        count(order, &held.line, credit.qty)?;
    }
    Ok(Some(write(order, held, &credit, ids)))
}

/// Takes an undone line out of the counters of its order.
fn count(order: &mut Order, line: &InvoiceLine, qty: Qty) -> Result<(), Refusal> {
    if let Some(id) = line.order_line {
        let counter = &mut order.line_mut(id)?.quantities.invoiced;
        *counter = counter.minus(qty).ok_or_else(|| {
            Refusal::new(Code::AboveInvoiced, "less than that of the line is invoiced")
        })?;
    }
    if let Some(id) = line.charge {
        order.charge_mut(id)?.invoiced = 0;
    }
    Ok(())
}

/// All that is left of a line.
fn rest(held: &Held) -> Credit {
    let net = held.line.net - held.credited.net;
    let tax = held.line.tax - held.credited.tax;
    Credit { qty: held.left_qty(), net, tax, effect: Effect::Undone }
}

/// Consecutive slices of a line by quantity, as far as money of it is left.
fn of_quantity(held: &Held, qty: Qty) -> Credit {
    let (from, all) = (held.credited.qty.get(), held.line.qty.get());
    let cut = |whole: i64, gone: i64| {
        let share = |count: i64| cumulative_share(whole, count, all);
        (share(from + qty.get()) - share(from)).min(whole - gone).max(0)
    };
    let net = cut(held.line.net, held.credited.net);
    let tax = cut(held.line.tax, held.credited.tax);
    Credit { qty, net, tax, effect: Effect::Undone }
}

/// Consecutive slices of a line by money.
fn of_amount(order: &Order, held: &Held, amount: i64) -> Result<Credit, Refusal> {
    let show = |minor| Money::new(minor, order.currency).to_string();
    ensure(amount > 0, || Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero"))?;
    ensure(amount <= held.left(), || {
        let detail = format!("{} of the line may still be credited", show(held.left()));
        Refusal::at(Code::AboveInvoiced, "/amount", detail).allowed(show(held.left()))
    })?;
    Ok(allowance(held, amount))
}

fn allowance(held: &Held, amount: i64) -> Credit {
    let (from, all) = (held.credited.net + held.credited.tax, held.line.total());
    let share = |count: i64| cumulative_share(held.line.tax, count, all);
    let tax = (share(from + amount) - share(from)).clamp(0, amount);
    Credit { qty: Qty::ZERO, net: amount - tax, tax, effect: Effect::Allowance }
}

/// Splits a tax over the taxes of a line by what each is of the line's.
pub(crate) fn taxes(known: &[TaxAmount], net: i64, tax: i64) -> Vec<TaxAmount> {
    let weights: Vec<i64> = known.iter().map(|own| own.amount.abs()).collect();
    let weighed = weights.iter().any(|weight| *weight != 0);
    let parts = if weighed { split_minor(tax, &weights).ok() } else { None };
    let last = weights.len().saturating_sub(1);
    let on_last = || (0..weights.len()).map(|i| if i == last { tax } else { 0 }).collect();
    let own = known.iter().zip(parts.unwrap_or_else(on_last));
    own.map(|(tax, amount)| TaxAmount { base: net, amount, ..tax.clone() })
        .filter(|tax| tax.amount != 0 || tax.base != 0)
        .collect()
}

fn write(order: &Order, held: &Held, credit: &Credit, ids: &mut IdSource) -> InvoiceLine {
    let Credit { qty, net, tax, effect } = *credit;
    let own = held.line.order_line.and_then(|id| order.line(id).ok());
    let quantity = match own {
        Some(own) if !qty.is_zero() => shown(own, qty),
        _ => String::new(),
    };
    let priced = !quantity.is_empty();
    let kept = |text: &String| if priced { text.clone() } else { String::new() };
    let taxes = taxes(&held.line.taxes, net, tax);
    InvoiceLine {
        id: ids.draw(),
        position: 0,
        credits: Some(held.line.id),
        effect,
        qty,
        quantity,
        unit: kept(&held.line.unit),
        price: kept(&held.line.price),
        net,
        tax,
        taxes,
        ..held.line.clone()
    }
}

/// Writes the lines of the credit note of a refund: what of it was invoiced. Returned goods as far
/// as more of them is on documents than the customer kept, with the refund's own amounts; charges
/// and goodwill as allowances. What was canceled was never invoiced, or was undone before.
///
/// # Errors
/// `unknown_line`, `money_too_large`.
pub fn of_refund(
    order: &mut Order,
    refund: &Refund,
    held: &[Held],
    ids: &mut IdSource,
) -> Result<Vec<InvoiceLine>, Refusal> {
    let mut held: Vec<Held> = held.to_vec();
    let mut lines = Vec::new();
    for own in &refund.lines {
        let part = match own.cause {
            Cause::Canceled => continue,
            Cause::Returned => returned(order, own, &mut held, ids)?,
            Cause::Goodwill | Cause::Charge => allowed(order, own, &mut held, ids),
        };
        lines.extend(part);
    }
    number(&mut lines);
    Ok(lines)
}

fn returned(
    order: &mut Order,
    refund: &RefundLine,
    held: &mut [Held],
    ids: &mut IdSource,
) -> Result<Vec<InvoiceLine>, Refusal> {
    let Some(id) = refund.order_line else { return Ok(Vec::new()) };
    let line = order.line(id)?;
    let all = refund.qty.min(line.documented().less(target(order, line)));
    let mut left = all;
    let mut lines = Vec::new();
    for one in held.iter_mut().rev().filter(|one| one.line.order_line == Some(id)) {
        let part = left.min(one.left_qty());
        if part.is_zero() {
            continue;
        }
        let done = all.less(left).get();
        let cut = |whole: i64| {
            let of = |count: i64| cumulative_share(whole, count, refund.qty.get());
            of(done + part.get()) - of(done)
        };
        let (net, tax) = (cut(refund.goods), cut(refund.tax));
        let credit = Credit { qty: part, net, tax, effect: Effect::Returned };
        lines.push(write(order, one, &credit, ids));
        one.credited.qty = one.credited.qty.plus(part).unwrap_or(part);
        one.credited.net += net;
        one.credited.tax += tax;
        left = left.less(part);
    }
    let counter = &mut order.line_mut(id)?.quantities.credited;
    let counted = counter.plus(all.less(left));
    *counter = counted.ok_or_else(|| money_refusal(&MoneyError::Overflow))?;
    Ok(lines)
}

fn allowed(
    order: &Order,
    refund: &RefundLine,
    held: &mut [Held],
    ids: &mut IdSource,
) -> Vec<InvoiceLine> {
    let own = |one: &&mut Held| {
        let line = refund.order_line.is_some() && one.line.order_line == refund.order_line;
        line || (refund.charge.is_some() && one.line.charge == refund.charge)
    };
    let mut left = refund.amount;
    let mut lines = Vec::new();
    for one in held.iter_mut().rev().filter(own) {
        let part = left.min(one.left());
        if part <= 0 {
            continue;
        }
        let line = write(order, one, &allowance(one, part), ids);
        one.credited.net += line.net;
        one.credited.tax += line.tax;
        left -= part;
        lines.push(line);
    }
    lines
}

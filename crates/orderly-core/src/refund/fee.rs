//! Restocking fees: what the merchant keeps of a refund of returned goods.
//!
//! A fee is a charge of the order with the taxes of the goods it is kept for: a service to the
//! customer, taxed like them. It is a share of the goods' own money, so it never exceeds it and
//! needs no rounding of its own; the credit of the goods stays whole, and the fee is charged beside
//! it. A fee is computed on everything refunded of a return line so far, less what was kept
//! before: units refunded one at a time are charged like all at once.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::propose::tax_share;
use super::*;
use crate::money::{cumulative_share, div_half_even, split_minor};
use crate::order::price::money_refusal;
use crate::order::{Charge, Line, Tax};
use crate::returns::{Fate, ReturnLine};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// A fraction of what is refunded: 0.15 is 15 %.
    Share(Decimal),
    /// For each sale unit of the line, in minor units, tax included.
    PerUnit(i64),
}

/// One rule of the merchant's policy. The first that fits a return line is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRule {
    /// Only where the return line gives this reason.
    pub reason: Option<String>,
    /// Only where most of its units met this fate.
    pub condition: Option<Fate>,
    pub rate: Rate,
}

impl FeeRule {
    fn fits(&self, line: &ReturnLine) -> bool {
        let said = |wanted: &String| {
            let reason = line.reason.as_deref().map(str::trim);
            reason.is_some_and(|reason| reason.eq_ignore_ascii_case(wanted.trim()))
        };
        self.reason.as_ref().is_none_or(said)
            && self.condition.is_none_or(|wanted| condition(line) == Some(wanted))
    }
}

/// The fate that most of a line's kept units met; the first of several.
fn condition(line: &ReturnLine) -> Option<Fate> {
    let kept = Fate::ALL.iter().filter(|fate| !fate.is_with_customer());
    let mut most: Option<(Fate, Qty)> = None;
    for fate in kept {
        let count = line.fates.of(*fate);
        if !count.is_zero() && most.is_none_or(|(_, other)| count > other) {
            most = Some((*fate, count));
        }
    }
    most.map(|(fate, _)| fate)
}

/// What is kept for one return line, in minor units with its tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    pub order_line: LineId,
    pub return_line: ReturnLineId,
    pub amount: i64,
}

/// What the rate comes to on everything refunded of a line: never more than that.
fn whole(rate: Rate, line: &Line, refunded: i64, qty: Qty) -> i64 {
    let fee = match rate {
        Rate::Share(share) => {
            let scale = share.scale();
            let part = i128::from(refunded) * share.mantissa();
            div_half_even(part, 10_i128.pow(scale.min(28))).to_i64()
        }
        Rate::PerUnit(minor) => {
            let units = i128::from(qty.get()) * i128::from(line.unit_ratio.den);
            let all = units.checked_mul(i128::from(minor));
            all.and_then(|all| div_half_even(all, i128::from(line.unit_ratio.num)).to_i64())
        }
    };
    fee.unwrap_or(refunded).clamp(0, refunded.max(0))
}

/// Keeps the fees of a proposal by the merchant's rules: they are taken off its amount.
///
/// # Errors
/// `unknown_line` where the proposal names a return line there is not.
pub fn keep(
    proposal: &mut Proposal,
    order: &Order,
    returned: Option<&Return>,
    rules: &[FeeRule],
) -> Result<(), Refusal> {
    let Some(returned) = returned.filter(|_| !rules.is_empty()) else { return Ok(()) };
    for one in proposal.lines.iter().filter(|one| one.cause == Cause::Returned) {
        let (Some(line), Some(back)) = (one.order_line, one.return_line) else { continue };
        let back = returned.line(back)?;
        let Some(rule) = rules.iter().find(|rule| rule.fits(back)) else { continue };
        let own = order.line(line)?;
        let amount = one.goods + one.tax;
        let after = back.refunded.plus(one.qty).unwrap_or(back.refunded);
        let fee = whole(rule.rate, own, back.amount + amount, after)
            - whole(rule.rate, own, back.amount, back.refunded);
        let fee = fee.clamp(0, amount);
        if fee > 0 {
            proposal.fees.push(Fee { order_line: line, return_line: back.id, amount: fee });
            proposal.amount -= fee;
        }
    }
    Ok(())
}

/// Charges the order with a fee and returns the refund line that keeps it.
pub(super) fn charge(
    order: &mut Order,
    fee: &Fee,
    ids: &mut IdSource,
) -> Result<RefundLine, Refusal> {
    let line = order.line(fee.order_line)?;
    let last = order.charges.iter().map(|charge| charge.position).max().unwrap_or(0);
    let mut charge = Charge {
        id: ids.draw(),
        position: last + 1,
        delivery: None,
        kind: Charge::RESTOCKING_FEE.into(),
        description: format!("Restocking: {}", line.description),
        amount: 0,
        tax_included: 0,
        tax_added: 0,
        taxes: line.taxes.iter().map(|tax| Tax { amount: 0, ..tax.clone() }).collect(),
        refunded: 0,
        invoiced: 0,
    };
    fill(&mut charge, line, fee.amount)?;
    let tax = charge.tax_included + charge.tax_added;
    let kept = RefundLine {
        id: ids.draw(),
        order_line: None,
        charge: Some(charge.id),
        return_line: Some(fee.return_line),
        cause: Cause::Charge,
        qty: Qty::ZERO,
        goods: tax - fee.amount,
        tax: -tax,
        amount: -fee.amount,
    };
    order.charges.push(charge);
    Ok(kept)
}

/// Gives the charge an amount with its taxes, in the proportions of the line.
fn fill(charge: &mut Charge, line: &Line, amount: i64) -> Result<(), Refusal> {
    let due = line.amounts.due();
    let added = tax_share(amount, line.amounts.tax_added, due);
    charge.amount = amount - added;
    charge.tax_added = added;
    charge.tax_included =
        cumulative_share(line.amounts.tax_included, amount, due.max(1)).min(charge.amount);
    for (included, whole) in [(true, charge.tax_included), (false, charge.tax_added)] {
        let weights: Vec<i64> = line
            .taxes
            .iter()
            .map(|tax| if tax.included == included { tax.amount } else { 0 })
            .collect();
        let parts = split_minor(whole, &weights).map_err(|error| money_refusal(&error))?;
        let own = charge.taxes.iter_mut().zip(parts).filter(|(tax, _)| tax.included == included);
        own.for_each(|(tax, part)| tax.amount = part);
    }
    Ok(())
}

/// Counts a kept fee: charged while its refund stands, nothing once it is given up.
pub(super) fn count(
    order: &mut Order,
    returned: Option<&Return>,
    kept: &RefundLine,
    stands: bool,
) -> Result<(), Refusal> {
    let missing = || Refusal::new(Code::UnknownLine, "the fee is of no charge of the order");
    let id = kept.charge.ok_or_else(missing)?;
    let back = kept.return_line.zip(returned).ok_or_else(missing)?;
    let line = back.1.line(back.0)?.order_line.ok_or_else(missing)?;
    let line = order.line(line)?.clone();
    let charge = order.charge_mut(id)?;
    fill(charge, &line, if stands { -kept.amount } else { 0 })
}

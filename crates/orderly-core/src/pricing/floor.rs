//! The floor of a price by hand: cost and margin, without tax.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Asking, Floor, Pricing, Trace};
use crate::item::Item;
use crate::money::Currency;
use crate::order::{Line, Order};
use crate::refusal::{Code, Refusal};

impl Pricing {
    /// The floor of a line: the item's margin, else its list's, else its category's, over the
    /// line's own cost or the item's expected one. `None` where no margin or no cost is known.
    pub(super) fn floor(
        &self,
        asking: &Asking<'_>,
        item: &Item,
        line: &Line,
        listed: Option<i64>,
    ) -> Option<Floor> {
        let own = self.items.get(&item.id);
        let category = own.and_then(|own| own.category.as_ref());
        let category = category.and_then(|code| self.categories.get(code).copied().flatten());
        let margin = own.and_then(|own| own.margin_ppm).or(listed).or(category)?;
        let cost = line.cost.or(item.cost)?;
        let cost = self.convert(cost, asking.books, asking.currency)?;
        let ratio = line.price_ratio;
        let factor = Decimal::from(1_000_000 + margin) / Decimal::from(1_000_000);
        let each = cost.checked_mul(factor)?.checked_mul(Decimal::from(ratio.num))?;
        let price = each.checked_div(Decimal::from(ratio.den))?;
        let price = price.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero);
        Some(Floor { price: price.normalize(), margin_ppm: margin })
    }
}

/// The first line of a person's order that brings less than its floor after every discount,
/// without tax, among those whose price or discounts were stated.
pub(super) fn below(order: &Order, traces: &[Trace], by_hand: &[bool]) -> Option<Refusal> {
    let currency = order.currency;
    for (index, (trace, by_hand)) in traces.iter().zip(by_hand).enumerate() {
        let (Some(floor), true) = (&trace.floor, *by_hand) else { continue };
        let line = order.lines.iter().find(|line| line.id == trace.line)?;
        let amounts = line.amounts;
        let net = amounts.gross - amounts.discount - amounts.tax_included;
        let qty = line.measured.unwrap_or(line.quantities.ordered);
        let Some(least) = least(floor.price, line, qty.get(), currency) else { continue };
        if net < least {
            let sku = trace.sku.clone().unwrap_or_default();
            let detail = format!("line {} sells {sku} below its floor", line.position);
            let shown = format!("{} {currency} net per price unit", floor.price);
            let at = format!("/lines/{index}/unit_price");
            let mut refusal = Refusal::at(Code::BelowFloor, at, detail).allowed(shown);
            if let Some(issue) = refusal.issues.first_mut() {
                issue.sku = Some(sku);
            }
            return Some(refusal);
        }
    }
    None
}

/// The least amount of a line, rounded down to a minor unit: rounding is nobody's fault.
fn least(price: Decimal, line: &Line, qty: i64, currency: Currency) -> Option<i64> {
    let amount = price
        .checked_mul(Decimal::from(qty))?
        .checked_mul(Decimal::from(line.price_ratio.den))?
        .checked_div(Decimal::from(line.price_ratio.num))?;
    let minor = amount.checked_mul(Decimal::from(10_i64.pow(currency.exponent())))?;
    i64::try_from(minor.floor().mantissa()).ok()
}

//! Credit for goods that came back without a receipt: at the lowest price they were sold for.

use super::*;
use crate::invoice::credit::taxes;
use crate::invoice::{Effect, InvoiceLine, TaxAmount};
use crate::money::div_half_even;
use crate::order::{Amounts, Tax};

/// The cheapest sale of an item in the policy's window: what a quantity of it came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sold {
    pub item: ItemId,
    pub qty: Qty,
    pub amounts: Amounts,
    pub taxes: Vec<Tax>,
}

impl Sold {
    /// What a quantity comes to at this price, half to even.
    fn worth(&self, minor: i64, qty: Qty) -> Option<i64> {
        let product = i128::from(minor).checked_mul(i128::from(qty.get()))?;
        i64::try_from(div_half_even(product, i128::from(self.qty.get().max(1)))).ok()
    }
    /// What units `before` to `before + qty` come to: consecutive slices of the price.
    fn slice(&self, minor: i64, before: Qty, qty: Qty) -> Option<i64> {
        Some(self.worth(minor, before.plus(qty)?)? - self.worth(minor, before)?)
    }
    fn tax(&self) -> i64 {
        self.amounts.tax_included + self.amounts.tax_added
    }
}

/// Decides the refund of everything of a return that came, stayed, names no order line and was not
/// refunded yet.
///
/// # Errors
/// `not_sold` where an item was not sold in the window; `nothing_to_do`; `reason_required`;
/// `invalid_field` for a settlement that moves money: without a receipt there is no payment that it
/// could go back to.
pub fn decide(
    returned: &Return,
    sold: &[Sold],
    new: &NewRefund,
    ids: &mut IdSource,
    now: Instant,
) -> Result<(Refund, Return), Refusal> {
    let missing = |_| Refusal::at(Code::ReasonRequired, "/reason", "say why it is refunded");
    let reason = text::short(&new.reason).map_err(missing)?;
    if !matches!(new.settlement, RefundSettlement::StoreCredit) {
        let detail = "without a receipt there is no payment to give back: give store credit";
        return Err(Refusal::at(Code::InvalidField, "/settlement", detail).allowed("store_credit"));
    }
    let mut after = returned.clone();
    let mut lines = Vec::new();
    for line in after.lines.iter_mut().filter(|line| line.order_line.is_none()) {
        let qty = line.kept().less(line.refunded);
        let Some(item) = line.item.filter(|_| !qty.is_zero()) else { continue };
        let unsold = || {
            let detail = format!("{} was not sold in the window for returns", line.description);
            Refusal::new(Code::NotSold, detail)
        };
        let sold = sold.iter().find(|sold| sold.item == item).ok_or_else(unsold)?;
        let too_large = || Refusal::new(Code::MoneyTooLarge, "the amount is too large");
        let part = |minor| sold.slice(minor, line.refunded, qty).ok_or_else(too_large);
        let amount = part(sold.amounts.due())?;
        let tax = part(sold.tax())?.min(amount);
        line.refunded = line.refunded.plus(qty).unwrap_or(line.refunded);
        line.amount += amount;
        lines.push(RefundLine {
            id: ids.draw(),
            order_line: None,
            charge: None,
            return_line: Some(line.id),
            cause: Cause::Returned,
            qty,
            goods: amount - tax,
            tax,
            amount,
        });
    }
    if lines.is_empty() {
        let detail = "nothing of the return is left to be refunded without a receipt";
        return Err(Refusal::new(Code::NothingToDo, detail));
    }
    let amount = lines.iter().map(|line| line.amount).sum();
    let refund = Refund {
        id: ids.draw(),
        number: new.number.clone(),
        order: None,
        returned: Some(returned.id),
        customer: returned.head.customer,
        currency: returned.currency,
        amount,
        credited: amount,
        settlement: new.settlement,
        state: RefundState::Settled,
        awaits_approval: false,
        requested_by: None,
        approved_by: None,
        reason,
        version: 1,
        created_at: now,
        lines,
    };
    Ok((refund, after))
}

/// Writes the lines of the credit note of such a refund: what came back where, at the taxes it was
/// sold with.
pub fn credited(
    refund: &Refund,
    returned: &Return,
    sold: &[Sold],
    ids: &mut IdSource,
) -> Vec<InvoiceLine> {
    let mut lines = Vec::with_capacity(refund.lines.len());
    for (position, own) in (1..).zip(&refund.lines) {
        let back = returned.lines.iter().find(|line| Some(line.id) == own.return_line);
        let item = back.and_then(|line| line.item);
        let sale = sold.iter().find(|sold| Some(sold.item) == item);
        let known: Vec<TaxAmount> =
            sale.map_or(&[][..], |sale| &sale.taxes).iter().map(as_sold).collect();
        lines.push(InvoiceLine {
            id: ids.draw(),
            position,
            order: None,
            order_line: None,
            charge: None,
            delivery: None,
            location: returned.head.location,
            credits: None,
            effect: Effect::Returned,
            sku: None,
            description: back.map(|line| line.description.clone()).unwrap_or_default(),
            qty: own.qty,
            quantity: own.qty.to_string(),
            unit: String::new(),
            price: String::new(),
            net: own.goods,
            tax: own.tax,
            taxes: taxes(&known, own.goods, own.tax),
        });
    }
    lines
}

fn as_sold(tax: &Tax) -> TaxAmount {
    let Tax { name, rate, included, amount } = tax.clone();
    TaxAmount { name, rate, included, base: 0, amount }
}

//! The money of an order: line amounts, discounts, charges, taxes, totals, under both rounding
//! policies, and the exact slices that refunds are made of.

use rust_decimal::Decimal;

use super::{Amounts, Charge, Discount, Line, Order, Rounding, Tax, Totals};
use crate::money::{Currency, MoneyError, cumulative_share, round_to_minor, split_minor};
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};

/// Turns a money error into its refusal.
pub fn money_refusal(error: &MoneyError) -> Refusal {
    let code = match error {
        MoneyError::CurrencyMismatch { .. } => Code::CurrencyMismatch,
        MoneyError::Overflow => Code::MoneyTooLarge,
        MoneyError::NotANumber(_) | MoneyError::NoWeights => Code::MoneyInvalid,
        MoneyError::Precision { .. } => Code::MoneyPrecision,
    };
    Refusal::new(code, error.to_string())
}

fn wrap<T>(result: Result<T, MoneyError>) -> Result<T, Refusal> {
    result.map_err(|error| money_refusal(&error))
}

/// The gross amount of a quantity: price × quantity in price units, half away from zero.
pub fn gross(line: &Line, qty: Qty, currency: Currency) -> Result<i64, Refusal> {
    let too_large = || money_refusal(&MoneyError::Overflow);
    let base = Decimal::from(qty.get()).checked_mul(Decimal::from(line.price_ratio.den));
    let amount = base
        .and_then(|base| base.checked_mul(line.price))
        .and_then(|amount| amount.checked_div(Decimal::from(line.price_ratio.num)))
        .ok_or_else(too_large)?;
    wrap(round_to_minor(amount, currency))
}

/// Computes every amount of the order from prices, discounts and tax rates already on its lines
/// and charges; order discounts are spread over the lines by largest remainder.
///
/// # Errors
/// `negative_total` where discounts exceed what they reduce, `money_too_large`.
pub fn total(order: &mut Order, discounts: &[(String, i64)]) -> Result<(), Refusal> {
    let currency = order.currency;
    for line in &mut order.lines {
        let qty = line.measured.unwrap_or(line.quantities.ordered);
        line.amounts.gross = gross(line, qty, currency)?;
    }
    for (code, amount) in discounts {
        spread(&mut order.lines, code, *amount)?;
    }
    for line in &mut order.lines {
        line.amounts.discount = line.discounts.iter().map(|discount| discount.amount).sum();
        if line.amounts.discount > line.amounts.gross && line.amounts.discount != 0 {
            let detail = format!("the discounts of line {} exceed its amount", line.position);
            return Err(Refusal::new(Code::NegativeTotal, detail));
        }
    }
    match order.rounding {
        Rounding::Line => tax_by_line(order)?,
        Rounding::Document => tax_by_document(order)?,
    }
    order.head.totals = totals(order)?;
    Ok(())
}

/// Spreads an order discount over what is left of each line's amount.
fn spread(lines: &mut [Line], code: &str, amount: i64) -> Result<(), Refusal> {
    let left =
        |line: &Line| line.amounts.gross - line.discounts.iter().map(|d| d.amount).sum::<i64>();
    let weights: Vec<i64> = lines.iter().map(left).collect();
    if amount > weights.iter().sum::<i64>() {
        let detail = format!("the discount {code} exceeds the amount of the lines");
        return Err(Refusal::new(Code::NegativeTotal, detail));
    }
    let parts = wrap(split_minor(amount, &weights))?;
    for (line, part) in lines.iter_mut().zip(parts) {
        if part != 0 {
            line.discounts.push(Discount { code: code.into(), amount: part, spread: true });
        }
    }
    Ok(())
}

/// Tax within a gross amount: gross − round(gross / (1 + Σ rates)).
fn included_tax(gross: i64, rates: Decimal, currency: Currency) -> Result<i64, Refusal> {
    let too_large = || money_refusal(&MoneyError::Overflow);
    let amount = Decimal::new(gross, currency.exponent());
    let net = amount.checked_div(Decimal::ONE + rates).ok_or_else(too_large)?;
    Ok(gross - wrap(round_to_minor(net, currency))?)
}

fn added_tax(net: i64, rate: Decimal, currency: Currency) -> Result<i64, Refusal> {
    let too_large = || money_refusal(&MoneyError::Overflow);
    let amount = Decimal::new(net, currency.exponent()).checked_mul(rate).ok_or_else(too_large)?;
    wrap(round_to_minor(amount, currency))
}

fn included_rates(taxes: &[Tax]) -> Decimal {
    taxes.iter().filter(|tax| tax.included).map(|tax| tax.rate).sum()
}

/// Splits an included tax over its rates by largest remainder (weights: rate × 10⁹).
fn split_over_rates(amount: i64, taxes: &mut [&mut Tax]) -> Result<(), Refusal> {
    let weight = |rate: Decimal| {
        let scaled = (rate * Decimal::from(1_000_000_000)).round();
        i64::try_from(scaled.mantissa() / 10_i128.pow(scaled.scale())).unwrap_or(i64::MAX)
    };
    let weights: Vec<i64> = taxes.iter().map(|tax| weight(tax.rate)).collect();
    if weights.iter().all(|weight| *weight == 0) {
        taxes.iter_mut().for_each(|tax| tax.amount = 0);
        return Ok(());
    }
    let parts = wrap(split_minor(amount, &weights))?;
    for (tax, part) in taxes.iter_mut().zip(parts) {
        tax.amount = part;
    }
    Ok(())
}

/// Taxes one amount on its own and returns (included, added).
fn tax_one(amount: i64, taxes: &mut [Tax], currency: Currency) -> Result<(i64, i64), Refusal> {
    let included = included_tax(amount, included_rates(taxes), currency)?;
    let mut parts: Vec<&mut Tax> = taxes.iter_mut().filter(|tax| tax.included).collect();
    split_over_rates(included, &mut parts)?;
    let mut added = 0;
    for tax in taxes.iter_mut().filter(|tax| !tax.included) {
        tax.amount = added_tax(amount - included, tax.rate, currency)?;
        added += tax.amount;
    }
    Ok((included, added))
}

fn tax_by_line(order: &mut Order) -> Result<(), Refusal> {
    let currency = order.currency;
    for line in &mut order.lines {
        let amount = line.amounts.gross - line.amounts.discount;
        let (included, added) = tax_one(amount, &mut line.taxes, currency)?;
        line.amounts = Amounts { tax_included: included, tax_added: added, ..line.amounts };
    }
    for charge in order.charges.iter_mut().filter(|charge| !charge.is_restocking_fee()) {
        (charge.tax_included, charge.tax_added) =
            tax_one(charge.amount, &mut charge.taxes, currency)?;
    }
    Ok(())
}

/// One taxed amount of the document: a line or a charge.
struct Taxed<'a> {
    amount: i64,
    taxes: &'a mut Vec<Tax>,
    included: i64,
}

fn tax_by_document(order: &mut Order) -> Result<(), Refusal> {
    let currency = order.currency;
    let lines = order.lines.iter_mut().map(|line| {
        let amount = line.amounts.gross - line.amounts.discount;
        Taxed { amount, taxes: &mut line.taxes, included: 0 }
    });
    let charges = order.charges.iter_mut().filter(|charge| !charge.is_restocking_fee());
    let charges = charges.map(|c| Taxed { amount: c.amount, taxes: &mut c.taxes, included: 0 });
    let mut taxed: Vec<Taxed<'_>> = lines.chain(charges).collect();
    include_by_document(&mut taxed, currency)?;
    add_by_document(&mut taxed, currency)?;
    let sum = |taxes: &[Tax], included: bool| {
        taxes.iter().filter(|tax| tax.included == included).map(|tax| tax.amount).sum()
    };
    for line in &mut order.lines {
        line.amounts.tax_included = sum(&line.taxes, true);
        line.amounts.tax_added = sum(&line.taxes, false);
    }
    for charge in &mut order.charges {
        charge.tax_included = sum(&charge.taxes, true);
        charge.tax_added = sum(&charge.taxes, false);
    }
    Ok(())
}

/// Included taxes: amounts with the same included rates are summed, taxed once, spread back.
fn include_by_document(taxed: &mut [Taxed<'_>], currency: Currency) -> Result<(), Refusal> {
    let key = |taxes: &[Tax]| {
        let included = taxes.iter().filter(|tax| tax.included);
        included.map(|tax| (tax.name.clone(), tax.rate.normalize())).collect::<Vec<_>>()
    };
    let mut keys = Vec::new();
    for one in taxed.iter() {
        let own = key(one.taxes);
        if !own.is_empty() && !keys.contains(&own) {
            keys.push(own);
        }
    }
    for wanted in keys {
        let mut group: Vec<&mut Taxed<'_>> =
            taxed.iter_mut().filter(|one| key(one.taxes) == wanted).collect();
        let weights: Vec<i64> = group.iter().map(|one| one.amount).collect();
        let rates = wanted.iter().map(|(_, rate)| *rate).sum();
        let tax = included_tax(weights.iter().sum(), rates, currency)?;
        let parts = wrap(split_minor(tax, &weights))?;
        for (one, part) in group.iter_mut().zip(parts) {
            one.included = part;
            let mut included: Vec<&mut Tax> =
                one.taxes.iter_mut().filter(|tax| tax.included).collect();
            split_over_rates(part, &mut included)?;
        }
    }
    Ok(())
}

/// Added taxes: per (name, rate) the net amounts are summed, taxed once, spread back.
fn add_by_document(taxed: &mut [Taxed<'_>], currency: Currency) -> Result<(), Refusal> {
    let mut keys: Vec<(String, Decimal)> = Vec::new();
    for tax in taxed.iter().flat_map(|one| one.taxes.iter()).filter(|tax| !tax.included) {
        let own = (tax.name.clone(), tax.rate.normalize());
        if !keys.contains(&own) {
            keys.push(own);
        }
    }
    for (name, rate) in keys {
        let mut nets = Vec::new();
        let mut slots: Vec<&mut Tax> = Vec::new();
        for one in taxed.iter_mut() {
            let net = one.amount - one.included;
            let own = one.taxes.iter_mut();
            for tax in own.filter(|tax| !tax.included && tax.name == name && tax.rate == rate) {
                nets.push(net);
                slots.push(tax);
            }
        }
        let tax = added_tax(nets.iter().sum(), rate, currency)?;
        let parts = wrap(split_minor(tax, &nets))?;
        for (slot, part) in slots.into_iter().zip(parts) {
            slot.amount = part;
        }
    }
    Ok(())
}

/// Sums lines and charges. Total = lines − discounts + charges + tax added.
///
/// # Errors
/// `money_too_large` on overflow, `negative_total` below zero.
pub fn totals(order: &Order) -> Result<Totals, Refusal> {
    let mut sums = Totals::default();
    let mut add = |slot: fn(&mut Totals) -> &mut i64, amount: i64| {
        let sum = slot(&mut sums).checked_add(amount);
        sum.map(|sum| *slot(&mut sums) = sum).ok_or_else(|| money_refusal(&MoneyError::Overflow))
    };
    for Line { amounts, .. } in &order.lines {
        add(|t| &mut t.lines, amounts.gross)?;
        add(|t| &mut t.discounts, amounts.discount)?;
        add(|t| &mut t.tax_included, amounts.tax_included)?;
        add(|t| &mut t.tax_added, amounts.tax_added)?;
    }
    for Charge { amount, tax_included, tax_added, .. } in &order.charges {
        add(|t| &mut t.charges, *amount)?;
        add(|t| &mut t.tax_included, *tax_included)?;
        add(|t| &mut t.tax_added, *tax_added)?;
    }
    sums.total = sums.lines - sums.discounts + sums.charges + sums.tax_added;
    if sums.total < 0 {
        return Err(Refusal::new(Code::NegativeTotal, "the total would be negative"));
    }
    Ok(sums)
}

/// What `qty` units of a line are worth after `before` units, in minor units: goods, included tax
/// and added tax as consecutive slices, so that every partition sums to the line exactly and
/// nothing due is negative. (Gross and discount cut apart would not do: their difference can fall
/// from one unit to the next. The goods are cut after the discount, and the gross follows. The tax
/// within them follows their amount, so that no slice is less than its tax.)
pub fn slice(line: &Line, before: Qty, qty: Qty) -> Amounts {
    let all = line.quantities.ordered.get();
    let (start, end) = (before.get(), before.get().saturating_add(qty.get()));
    let cut = |whole: i64| cumulative_share(whole, end, all) - cumulative_share(whole, start, all);
    let goods = line.amounts.gross - line.amounts.discount;
    let included = |units: i64| {
        cumulative_share(line.amounts.tax_included, cumulative_share(goods, units, all), goods)
    };
    let discount = cut(line.amounts.discount);
    Amounts {
        gross: cut(goods) + discount,
        discount,
        tax_included: included(end) - included(start),
        tax_added: cut(line.amounts.tax_added),
    }
}

/// What the customer owes for the order as it stands: the total without what was canceled and
/// closed short. Restocking fees are no part of it: they were kept from refunds. In minor units.
pub fn payable(order: &Order) -> i64 {
    let gone = |line: &Line| {
        let never = line.quantities.canceled.plus(line.quantities.closed_short);
        slice(line, Qty::ZERO, never.unwrap_or(line.quantities.ordered)).due()
    };
    order.head.totals.total - order.lines.iter().map(gone).sum::<i64>() - fees(order)
}

/// The restocking fees of the order, which were kept from its refunds. In minor units.
pub fn fees(order: &Order) -> i64 {
    order.charges.iter().filter(|one| one.is_restocking_fee()).map(Charge::due).sum()
}

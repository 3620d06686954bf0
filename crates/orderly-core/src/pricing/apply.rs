//! Pricing the lines and charges of a new order, with a trace for each line.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::choose::Chosen;
use super::tax::{Case, TaxTrace};
use super::{
    Asking, Considered, DiscountRule, Floor, Pricing, Source, Step, Trace, Verdict, floor,
};
use crate::books::rate::missing;
use crate::catalog::Catalog;
use crate::id::{DeliveryId, ItemId, LineId};
use crate::item::Item;
use crate::money::round_to_minor;
use crate::order::build::{NewLine, NewOrder};
use crate::order::price::{gross, money_refusal};
use crate::order::{Discount, Line, LineKind, Order};
use crate::qty::{Qty, Ratio};
use crate::refusal::{Code, Refusal};

/// What pricing an order brought about.
#[derive(Clone, Debug, Default)]
pub struct Priced {
    pub traces: Vec<Trace>,
    /// Whether a person stated a price or a discount, which needs a right of its own.
    pub by_hand: bool,
    /// The first line that a person sells below its floor.
    pub below: Option<Refusal>,
}

impl Priced {
    /// Once the order is totaled: what a person stated, and the first such line below its floor.
    pub(crate) fn judge(&mut self, asking: &Asking<'_>, new: &NewOrder, order: &Order) {
        if !asking.person {
            return;
        }
        let off_all = !new.discounts.is_empty();
        let stated = |(one, trace): (&NewLine, &Trace)| {
            trace.source == Source::Manual || off_all || !one.discounts.is_empty()
        };
        let by_hand: Vec<bool> = new.lines.iter().zip(&self.traces).map(stated).collect();
        self.by_hand = by_hand.contains(&true);
        self.below = floor::below(order, &self.traces, &by_hand);
    }
}

impl Pricing {
    /// Sets price, discounts and taxes of every line that is not a component, and the taxes of the
    /// charges, before the order is totaled. `made` names the line made of each new one.
    ///
    /// # Errors
    /// `no_price`, `reason_required` for a person's price below the list's, `no_tax_rule`,
    /// `money_too_large`.
    pub(crate) fn price(
        &self,
        asking: &Asking<'_>,
        new: &NewOrder,
        made: &[usize],
        order: &mut Order,
        catalog: &Catalog,
    ) -> Result<Vec<Trace>, Refusal> {
        let mut counted = HashMap::<ItemId, Qty>::new();
        for line in made.iter().filter_map(|index| order.lines.get(*index)) {
            if let Some(item) = line.item {
                let sum = counted.entry(item).or_insert(Qty::ZERO);
                *sum = sum.plus(line.quantities.ordered).unwrap_or(*sum);
            }
        }
        let places: Vec<DeliveryId> = order.deliveries.iter().map(|one| one.id).collect();
        let to = |delivery: DeliveryId| {
            let index = places.iter().position(|id| *id == delivery);
            index.and_then(|index| asking.destinations.get(index))
        };
        let mut traces = Vec::with_capacity(made.len());
        for (index, (one, at)) in new.lines.iter().zip(made).enumerate() {
            let line = &mut order.lines[*at];
            let item = line.item.and_then(|id| catalog.get(id)).map(AsRef::as_ref);
            let total = line.item.and_then(|id| counted.get(&id).copied()).unwrap_or_default();
            let priced = self.line(asking, one, line, item, total).and_then(|(trace, included)| {
                let place = to(line.delivery);
                let taxes = self.line_taxes(asking, one, line, place, included)?;
                Ok(Trace { taxes, ..trace })
            });
            traces.push(priced.map_err(|refusal| refusal.under(&format!("/lines/{index}")))?);
        }
        traces.extend(self.charges(asking, new, order, &to)?);
        Ok(traces)
    }

    /// Prices one line; also whether its price includes tax.
    fn line(
        &self,
        asking: &Asking<'_>,
        new: &NewLine,
        line: &mut Line,
        item: Option<&Item>,
        counted: Qty,
    ) -> Result<(Trace, bool), Refusal> {
        let (chosen, considered) = match item {
            Some(item) => self.choose(asking, item, counted),
            None => (None, Vec::new()),
        };
        let mut trace = begun(line, item, counted, considered);
        let of_channel = self.channels.get(&asking.channel).copied().unwrap_or(false);
        let listed = chosen.as_ref().map(|chosen| listed(chosen, line));
        let by_list = chosen.as_ref().and_then(|chosen| chosen.tax_included);
        let margin = chosen.as_ref().and_then(|chosen| chosen.margin_ppm);
        let included = if new.unit_price.is_some() {
            trace.source = match (new.origin.is_some(), asking.person) {
                (true, _) => Source::Origin,
                (false, true) => Source::Manual,
                (false, false) => Source::Given,
            };
            trace.listed = listed;
            let lower = listed.is_some_and(|listed| line.price < listed);
            if trace.source == Source::Manual && lower && !asking.reason {
                let detail = format!("the price is below the list's of {}", shown(listed));
                let refusal = Refusal::at(Code::ReasonRequired, "/unit_price", detail);
                return Err(refusal.allowed("a reason"));
            }
            // A person's price stands where the listed one stood.
            if trace.source == Source::Manual { by_list.unwrap_or(of_channel) } else { of_channel }
        } else if line.kind == LineKind::Text {
            of_channel
        } else {
            let chosen = chosen.ok_or_else(|| no_price(asking, item, &trace.considered))?;
            (line.price, line.price_ratio) = (chosen.price, chosen.ratio);
            (trace.source, trace.list) = (chosen.source, chosen.list);
            trace.steps = chosen.steps;
            trace.steps.extend(self.group_discount(asking, line)?);
            by_list.unwrap_or(of_channel)
        };
        (trace.price, trace.ratio) = (line.price, line.price_ratio);
        trace.floor = item.and_then(|item| self.floor(asking, item, line, margin));
        Ok((trace, included))
    }

    /// Takes what the account's group gets off the line, as a discount of its own.
    fn group_discount(
        &self,
        asking: &Asking<'_>,
        line: &mut Line,
    ) -> Result<Option<Step>, Refusal> {
        let Some(rule) = self.rule(asking, line) else { return Ok(None) };
        let qty = line.measured.unwrap_or(line.quantities.ordered);
        let whole = gross(line, qty, asking.currency)?;
        let exponent = asking.currency.exponent();
        let part = Decimal::new(whole, exponent)
            .checked_mul(Decimal::new(rule.discount_ppm, 6))
            .unwrap_or_default();
        let off = round_to_minor(part, asking.currency).map_err(|error| money_refusal(&error))?;
        if off != 0 {
            line.discounts.push(Discount { code: rule.code.clone(), amount: off, spread: false });
        }
        Ok(Some(Step {
            code: rule.code.clone(),
            discount_ppm: rule.discount_ppm,
            amount_minor: Some(off),
        }))
    }

    /// The group's rule that says most: of the item, else of its category, else of everything.
    fn rule(&self, asking: &Asking<'_>, line: &Line) -> Option<&DiscountRule> {
        let group = self.accounts.get(&asking.account?)?.group?;
        let item = line.item?;
        let category = self.items.get(&item).and_then(|own| own.category.as_ref());
        let rank = |rule: &DiscountRule| match (rule.item, &rule.category) {
            (Some(own), _) => (own == item).then_some(3),
            (None, Some(own)) => (Some(own) == category).then_some(2),
            (None, None) => Some(1),
        };
        let own = self.discounts.iter().filter(|rule| {
            rule.group == group && rule.valid.contains(asking.day) && rule.discount_ppm > 0
        });
        let fitting = own.filter_map(|rule| rank(rule).map(|rank| (rank, rule)));
        fitting.max_by_key(|(rank, rule)| (*rank, rule.discount_ppm, rule.id)).map(|(_, rule)| rule)
    }

    /// Keeps the taxes a line came with, else finds them by rule.
    fn line_taxes(
        &self,
        asking: &Asking<'_>,
        new: &NewLine,
        line: &mut Line,
        place: Option<&(Option<String>, Option<String>)>,
        included: bool,
    ) -> Result<Vec<TaxTrace>, Refusal> {
        let free = line.kind == LineKind::Text && line.price.is_zero();
        let Some(taxes) = self.taxes.as_ref().filter(|_| new.taxes.is_empty() && !free) else {
            return Ok(line.taxes.iter().map(TaxTrace::given).collect());
        };
        let own = line.item.and_then(|item| self.items.get(&item));
        let class = own.and_then(|own| own.tax_class.as_deref());
        let found = taxes.of(&self.case(asking, class, place), included)?;
        line.taxes = found.iter().map(TaxTrace::tax).collect();
        Ok(found)
    }

    fn case<'a>(
        &'a self,
        asking: &'a Asking<'_>,
        class: Option<&'a str>,
        place: Option<&'a (Option<String>, Option<String>)>,
    ) -> Case<'a> {
        let account = asking.account.and_then(|id| self.accounts.get(&id));
        Case {
            seller: asking.seller,
            country: place.and_then(|(country, _)| country.as_deref()),
            region: place.and_then(|(_, region)| region.as_deref()),
            class,
            business: asking.business,
            tax_number: account.and_then(|own| own.tax_number.as_deref()),
            account: asking.account,
            day: asking.day,
        }
    }

    /// Finds the taxes of charges that came without, and says why; their kind is their tax class.
    fn charges<'a>(
        &'a self,
        asking: &'a Asking<'_>,
        new: &NewOrder,
        order: &mut Order,
        to: &impl Fn(DeliveryId) -> Option<&'a (Option<String>, Option<String>)>,
    ) -> Result<Vec<Trace>, Refusal> {
        let mut traces = Vec::new();
        let Some(taxes) = &self.taxes else { return Ok(traces) };
        let exponent = order.currency.exponent();
        let included = self.channels.get(&asking.channel).copied().unwrap_or(false);
        let first = order.deliveries.first().map(|one| one.id);
        for (index, (one, charge)) in new.charges.iter().zip(&mut order.charges).enumerate() {
            if !one.taxes.is_empty() {
                continue;
            }
            let place = charge.delivery.or(first).and_then(to);
            let case = self.case(asking, Some(&charge.kind), place);
            let found = taxes.of(&case, included);
            let found = found.map_err(|refusal| refusal.under(&format!("/charges/{index}")))?;
            charge.taxes = found.iter().map(TaxTrace::tax).collect();
            traces.push(Trace {
                line: LineId::NONE,
                charge: Some(charge.id),
                position: charge.position,
                sku: None,
                source: Source::Free,
                list: None,
                price: Decimal::new(charge.amount, exponent),
                ratio: Ratio::ONE,
                counted: Qty::ZERO,
                listed: None,
                considered: Vec::new(),
                steps: Vec::new(),
                floor: None::<Floor>,
                taxes: found,
            });
        }
        Ok(traces)
    }
}

fn begun(line: &Line, item: Option<&Item>, counted: Qty, considered: Vec<Considered>) -> Trace {
    Trace {
        line: line.id,
        charge: None,
        position: line.position,
        sku: item.map(|item| item.sku.clone()),
        source: Source::Free,
        list: None,
        price: line.price,
        ratio: line.price_ratio,
        counted,
        listed: None,
        considered,
        steps: Vec::new(),
        floor: None::<Floor>,
        taxes: Vec::new(),
    }
}

/// A chosen price per the line's own price unit.
fn listed(chosen: &Chosen, line: &Line) -> Decimal {
    let own = line.price_ratio;
    let (num, den) = (
        Decimal::from(own.num) * Decimal::from(chosen.ratio.den),
        Decimal::from(own.den) * Decimal::from(chosen.ratio.num),
    );
    let price = chosen.price.checked_mul(num).and_then(|price| price.checked_div(den));
    price.unwrap_or(chosen.price).round_dp(9).normalize()
}

/// A price in another currency without a rate is told as that.
fn no_price(asking: &Asking<'_>, item: Option<&Item>, considered: &[Considered]) -> Refusal {
    let foreign = item.and_then(|item| item.price_currency);
    if considered.iter().any(|one| one.verdict == Verdict::NoRate) {
        let from = foreign.filter(|own| *own != asking.currency).unwrap_or(asking.books);
        return missing(from, asking.currency, asking.day).under("/unit_price");
    }
    let detail = format!("there is no {} price: state the unit price", asking.currency);
    Refusal::at(Code::NoPrice, "/unit_price", detail)
}

fn shown(price: Option<Decimal>) -> String {
    price.map(|price| price.to_string()).unwrap_or_default()
}

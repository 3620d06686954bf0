//! Which price of those there are: the precedence.
//!
//! Site list > account list > customer group's list > channel list > base list > the item's own
//! price. Within a list the highest quantity break that the order reaches. Percentages round half
//! away from zero to six decimal places.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Asking, Considered, ListScope, PriceEntry, PriceList, Pricing, Source, Step, Verdict};
use crate::item::Item;
use crate::money::Currency;
use crate::qty::{Qty, Ratio};

/// A price by the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chosen {
    pub source: Source,
    pub list: Option<String>,
    pub price: Decimal,
    pub unit: String,
    pub ratio: Ratio,
    /// Whether the list says that its prices include tax.
    pub tax_included: Option<bool>,
    /// The floor the list sets.
    pub margin_ppm: Option<i64>,
    pub steps: Vec<Step>,
}

/// Takes parts per million off a price.
pub(super) fn less_ppm(price: Decimal, ppm: i64) -> Decimal {
    let kept = Decimal::from(1_000_000 - ppm) / Decimal::from(1_000_000);
    rounded(price.checked_mul(kept).unwrap_or(price))
}

fn rounded(price: Decimal) -> Decimal {
    price.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero).normalize()
}

pub(super) const fn source_of(scope: ListScope) -> Source {
    match scope {
        ListScope::Base => Source::BaseList,
        ListScope::Channel => Source::ChannelList,
        ListScope::CustomerGroup => Source::GroupList,
        ListScope::Account => Source::AccountList,
        ListScope::Site => Source::SiteList,
    }
}

/// The best entry of a list, or the nearest that is missed and why.
enum Best<'a> {
    Entry(&'a PriceEntry),
    Missed(&'a PriceEntry, Verdict),
    None,
}

impl Pricing {
    /// The price of `qty` base units of an item by the rules, and every price considered. `None`
    /// where no price is in force.
    pub fn choose(
        &self,
        asking: &Asking<'_>,
        item: &Item,
        qty: Qty,
    ) -> (Option<Chosen>, Vec<Considered>) {
        let mut considered = Vec::new();
        let mut chosen: Option<Chosen> = None;
        // Percentages of lists that cover everything, waiting for a price to be taken off.
        let mut waiting: Vec<&PriceList> = Vec::new();
        for list in self.applying(asking) {
            let outranked = chosen.is_some();
            match self.best(list, item, qty, asking) {
                Best::Entry(entry) => {
                    let found = self.entry(list, entry, asking.currency);
                    let verdict = match (&found, outranked, waiting.is_empty()) {
                        (None, _, _) => Verdict::NoRate,
                        (_, true, _) => Verdict::Outranked,
                        (_, _, true) => Verdict::Chosen,
                        (_, _, false) => Verdict::Basis,
                    };
                    considered.push(row(list, Some(entry), verdict));
                    if let Some(found) = found.filter(|_| !outranked) {
                        chosen = Some(off_all(found, &mut waiting));
                    }
                }
                Best::Missed(entry, verdict) => considered.push(row(list, Some(entry), verdict)),
                Best::None if list.whole && !list.valid.contains(asking.day) => {
                    let early = list.valid.begins_after(asking.day);
                    let verdict = if early { Verdict::NotYet } else { Verdict::Expired };
                    considered.push(row(list, None, verdict));
                }
                Best::None if list.whole => {
                    let verdict = if outranked { Verdict::Outranked } else { Verdict::Chosen };
                    considered.push(row(list, None, verdict));
                    if !outranked {
                        waiting.push(list);
                    }
                }
                Best::None => {}
            }
        }
        let own = item.price.map(|price| self.own(item, price, asking, chosen.is_some()));
        if let Some((found, mut seen)) = own {
            if let Some(found) = found.filter(|_| chosen.is_none()) {
                if !waiting.is_empty() {
                    seen.verdict = Verdict::Basis;
                }
                chosen = Some(off_all(found, &mut waiting));
            }
            considered.push(seen);
        }
        (chosen, considered)
    }

    /// The active lists for this order, the strongest first; of two alike the one made later.
    fn applying(&self, asking: &Asking<'_>) -> Vec<&PriceList> {
        let account = asking.account.and_then(|id| self.accounts.get(&id));
        let group = account.and_then(|own| own.group);
        let applies = |list: &&PriceList| {
            let own = match list.scope {
                ListScope::Base => Some([0; 16]),
                ListScope::Channel => Some(asking.channel.as_bytes()),
                ListScope::CustomerGroup => group.map(|id| id.as_bytes()),
                ListScope::Account => asking.account.map(|id| id.as_bytes()),
                ListScope::Site => asking.site.map(|id| id.as_bytes()),
            };
            list.active && own == Some(list.subject)
        };
        let mut lists: Vec<&PriceList> = self.lists.iter().filter(applies).collect();
        let key = |list: &&PriceList| (list.scope as u8, list.created_at, list.id);
        lists.sort_by_key(|list| std::cmp::Reverse(key(list)));
        lists
    }

    fn best<'a>(
        &'a self,
        list: &PriceList,
        item: &Item,
        qty: Qty,
        asking: &Asking<'_>,
    ) -> Best<'a> {
        let all = self.entries.get(&item.id).map(Vec::as_slice).unwrap_or_default();
        let own: Vec<&PriceEntry> = all.iter().filter(|entry| entry.list == list.id).collect();
        let in_force = |entry: &&&PriceEntry| {
            list.valid.contains(asking.day) && entry.valid.contains(asking.day)
        };
        // Of two from the same quantity on, the one that began later, then the lower.
        let reached = own.iter().filter(in_force).filter(|entry| entry.from <= qty);
        let best = reached.max_by(|one, other| {
            let key = |entry: &PriceEntry| (entry.from, entry.valid.from);
            key(one).cmp(&key(other)).then(other.price.cmp(&one.price))
        });
        if let Some(best) = best {
            return Best::Entry(best);
        }
        if let Some(next) = own.iter().filter(in_force).min_by_key(|entry| entry.from) {
            return Best::Missed(next, Verdict::BelowBreak);
        }
        match own.first() {
            None => Best::None,
            Some(entry) => {
                let early = [list.valid, entry.valid].iter().any(|v| v.begins_after(asking.day));
                Best::Missed(entry, if early { Verdict::NotYet } else { Verdict::Expired })
            }
        }
    }

    /// An entry's price after its list's percentage, in the order's currency.
    fn entry(&self, list: &PriceList, entry: &PriceEntry, currency: Currency) -> Option<Chosen> {
        let price = self.convert(entry.price, list.currency, currency)?;
        let mut steps = Vec::new();
        let mut price = price;
        if list.discount_ppm > 0 {
            price = less_ppm(price, list.discount_ppm);
            steps.push(step(list));
        }
        Some(Chosen {
            source: source_of(list.scope),
            list: Some(list.code.clone()),
            price,
            unit: entry.unit.clone(),
            ratio: entry.ratio,
            tax_included: list.tax_included,
            margin_ppm: list.margin_ppm,
            steps,
        })
    }

    /// The item's own price.
    fn own(
        &self,
        item: &Item,
        price: Decimal,
        asking: &Asking<'_>,
        outranked: bool,
    ) -> (Option<Chosen>, Considered) {
        let from = item.price_currency.unwrap_or(asking.currency);
        let found = self.convert(price, from, asking.currency).map(|price| Chosen {
            source: Source::Item,
            list: None,
            price,
            unit: item.price_unit.clone(),
            ratio: item.price_ratio,
            tax_included: None,
            margin_ppm: None,
            steps: Vec::new(),
        });
        let verdict = match (&found, outranked) {
            (None, _) => Verdict::NoRate,
            (_, true) => Verdict::Outranked,
            (_, false) => Verdict::Chosen,
        };
        let seen = Considered {
            source: Source::Item,
            list: None,
            from: None,
            price: Some(price),
            unit: Some(item.price_unit.clone()),
            verdict,
        };
        (found, seen)
    }

    /// A price in another currency, at the stored rate of the day; never a rate of 1.
    pub(super) fn convert(&self, price: Decimal, from: Currency, to: Currency) -> Option<Decimal> {
        if from == to {
            return Some(price);
        }
        let rate = self.rates.get(&(from, to))?;
        price.checked_mul(*rate).map(rounded)
    }
}

fn step(list: &PriceList) -> Step {
    Step { code: list.code.clone(), discount_ppm: list.discount_ppm, amount_minor: None }
}

/// Takes the percentages of lists that cover everything off a weaker price, the weakest first.
fn off_all(mut found: Chosen, waiting: &mut Vec<&PriceList>) -> Chosen {
    while let Some(list) = waiting.pop() {
        found.price = less_ppm(found.price, list.discount_ppm);
        found.steps.push(step(list));
        found.source = source_of(list.scope);
        found.list = Some(list.code.clone());
        found.tax_included = found.tax_included.or(list.tax_included);
        found.margin_ppm = list.margin_ppm.or(found.margin_ppm);
    }
    found
}

fn row(list: &PriceList, entry: Option<&PriceEntry>, verdict: Verdict) -> Considered {
    Considered {
        source: source_of(list.scope),
        list: Some(list.code.clone()),
        from: entry.map(|entry| entry.from),
        price: entry.map(|entry| entry.price),
        unit: entry.map(|entry| entry.unit.clone()),
        verdict,
    }
}

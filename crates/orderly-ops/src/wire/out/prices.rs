//! The JSON shapes of price lists, of what something costs, and why.

use std::collections::HashMap;

use orderly_core::pricing::{
    Considered, DiscountRule, Floor, ListScope, PriceEntry, PriceList, Span, Step, Trace,
};
use orderly_store::tables::pricing::Group;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::taxes::TaxTraceOut;
use crate::ops::prices::explain::Answer;
use crate::ops::prices::terms::{AccountTerms, ItemTerms};

/// Parts per million as per cent, such as `2.5`.
pub fn per_cent(ppm: i64) -> String {
    Decimal::new(ppm, 4).normalize().to_string()
}

/// The days something is in force, both included; nothing: without end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SpanOut {
    pub from: Option<String>,
    pub until: Option<String>,
}

impl From<Span> for SpanOut {
    fn from(span: Span) -> Self {
        let day = |day: Option<orderly_core::time::Day>| day.map(|day| day.to_string());
        Self { from: day(span.from), until: day(span.until) }
    }
}

/// A price list without its prices.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceListOut {
    /// `price_list`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub version: i64,
    pub currency: String,
    /// `base`, `channel`, `customer_group`, `account` or `site`.
    pub scope: &'static str,
    /// The channel's or group's code, the account's number, or `NUMBER/SITE`.
    pub subject: Option<String>,
    /// Per cent taken off its prices.
    pub discount: String,
    /// Whether the discount also goes off items it has no price for.
    pub whole: bool,
    /// Whether its prices include tax; nothing: as the channel's do.
    pub tax_included: Option<bool>,
    /// Per cent over the cost, below which nobody sells by hand.
    pub margin: Option<String>,
    #[serde(flatten)]
    pub valid: SpanOut,
    pub active: bool,
    pub created_at: String,
}

impl PriceListOut {
    /// `subject` is whom it is for, in words.
    pub fn new(list: &PriceList, subject: Option<String>) -> Self {
        Self {
            object: "price_list",
            id: list.id.to_string(),
            code: list.code.clone(),
            name: list.name.clone(),
            version: list.version,
            currency: list.currency.to_string(),
            scope: list.scope.code(),
            subject: subject.filter(|_| list.scope != ListScope::Base),
            discount: per_cent(list.discount_ppm),
            whole: list.whole,
            tax_included: list.tax_included,
            margin: list.margin_ppm.map(per_cent),
            valid: list.valid.into(),
            active: list.active,
            created_at: list.created_at.to_string(),
        }
    }
}

/// One price of an item in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceOut {
    pub sku: String,
    /// The order's quantity of the item, in base units, from which it holds.
    pub from_quantity: i64,
    pub price: String,
    pub price_unit: String,
    #[serde(flatten)]
    pub valid: SpanOut,
}

impl PriceOut {
    pub fn new(sku: &str, entry: &PriceEntry) -> Self {
        Self {
            sku: sku.to_owned(),
            from_quantity: entry.from.get(),
            price: entry.price.to_string(),
            price_unit: entry.unit.clone(),
            valid: entry.valid.into(),
        }
    }
}

/// A percentage off for a customer group.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiscountRuleOut {
    pub code: String,
    /// Per cent.
    pub discount: String,
    /// Of this item only.
    pub item: Option<String>,
    /// Of this category only.
    pub category: Option<String>,
    #[serde(flatten)]
    pub valid: SpanOut,
}

impl DiscountRuleOut {
    pub fn new(rule: &DiscountRule, items: &HashMap<orderly_core::id::ItemId, String>) -> Self {
        let sku = |id| items.get(&id).cloned().unwrap_or_else(|| id.to_string());
        Self {
            code: rule.code.clone(),
            discount: per_cent(rule.discount_ppm),
            item: rule.item.map(sku),
            category: rule.category.clone(),
            valid: rule.valid.into(),
        }
    }
}

/// A customer group with what it gets off.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GroupOut {
    /// `customer_group`
    pub object: &'static str,
    pub code: String,
    pub name: String,
    pub discounts: Vec<DiscountRuleOut>,
}

impl GroupOut {
    pub fn new(
        group: &Group,
        rules: &[DiscountRule],
        items: &HashMap<orderly_core::id::ItemId, String>,
    ) -> Self {
        let own = rules.iter().filter(|rule| rule.group == group.id);
        Self {
            object: "customer_group",
            code: group.code.clone(),
            name: group.name.clone(),
            discounts: own.map(|rule| DiscountRuleOut::new(rule, items)).collect(),
        }
    }
}

/// What an item adds to the choice of a price.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ItemPricingOut {
    /// `item_pricing`
    pub object: &'static str,
    pub item: String,
    pub category: Option<String>,
    pub tax_class: Option<String>,
    /// Per cent over the cost, below which nobody sells by hand.
    pub margin: Option<String>,
}

impl From<&ItemTerms> for ItemPricingOut {
    fn from(terms: &ItemTerms) -> Self {
        Self {
            object: "item_pricing",
            item: terms.item.to_string(),
            category: terms.pricing.category.clone(),
            tax_class: terms.pricing.tax_class.clone(),
            margin: terms.pricing.margin_ppm.map(per_cent),
        }
    }
}

/// What an account adds to the choice of a price.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountPricingOut {
    /// `account_pricing`
    pub object: &'static str,
    /// The account's number.
    pub account: String,
    /// The id of its customer group.
    pub group: Option<String>,
    pub tax_number: Option<String>,
}

impl AccountPricingOut {
    pub fn new(number: &str, terms: &AccountTerms) -> Self {
        Self {
            object: "account_pricing",
            account: number.to_owned(),
            group: terms.pricing.group.map(|id| id.to_string()),
            tax_number: terms.pricing.tax_number.clone(),
        }
    }
}

/// One price that was considered.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConsideredPriceOut {
    /// Such as `account`, `customer_group`, `channel`, `base` or `item`.
    pub source: &'static str,
    pub list: Option<String>,
    /// In base units.
    pub from_quantity: Option<i64>,
    pub price: Option<String>,
    pub price_unit: Option<String>,
    /// What became of it.
    pub verdict: &'static str,
}

impl From<&Considered> for ConsideredPriceOut {
    fn from(one: &Considered) -> Self {
        Self {
            source: one.source.code(),
            list: one.list.clone(),
            from_quantity: one.from.map(orderly_core::qty::Qty::get),
            price: one.price.map(|price| price.to_string()),
            price_unit: one.unit.clone(),
            verdict: one.verdict.code(),
        }
    }
}

/// A percentage that was taken off.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceStepOut {
    /// The list's or the rule's code.
    pub code: String,
    /// Per cent.
    pub discount: String,
    /// Of the line, where the price itself stayed; in minor units of the order's currency.
    pub amount_minor: Option<i64>,
}

impl From<&Step> for PriceStepOut {
    fn from(step: &Step) -> Self {
        Self {
            code: step.code.clone(),
            discount: per_cent(step.discount_ppm),
            amount_minor: step.amount_minor,
        }
    }
}

/// The least that a line's goods may bring, without tax.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FloorOut {
    /// Of one price unit.
    pub price: String,
    /// Per cent over the cost.
    pub margin: Option<String>,
}

impl From<&Floor> for FloorOut {
    fn from(floor: &Floor) -> Self {
        Self { price: floor.price.to_string(), margin: Some(per_cent(floor.margin_ppm)) }
    }
}

/// What an item costs somebody, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceAnswerOut {
    /// `price`
    pub object: &'static str,
    pub sku: String,
    /// In base units.
    pub quantity: i64,
    pub currency: String,
    pub on: String,
    /// Nothing where it has no price.
    pub price: Option<String>,
    pub price_unit: Option<String>,
    /// Where the price is from.
    pub source: Option<&'static str>,
    pub list: Option<String>,
    /// Whether the list says that its prices include tax.
    pub tax_included: Option<bool>,
    pub discounts: Vec<PriceStepOut>,
    pub considered: Vec<ConsideredPriceOut>,
    /// Whether taxes are found by rule.
    pub by_rule: bool,
    pub taxes: Vec<TaxTraceOut>,
    /// Why there are no taxes, where rules are in force and none fits.
    pub no_tax: Option<String>,
}

impl From<&Answer> for PriceAnswerOut {
    fn from(answer: &Answer) -> Self {
        let chosen = answer.chosen.as_ref();
        let steps = chosen.map(|chosen| chosen.steps.iter().map(PriceStepOut::from).collect());
        Self {
            object: "price",
            sku: answer.sku.clone(),
            quantity: answer.quantity.get(),
            currency: answer.currency.to_string(),
            on: answer.on.to_string(),
            price: chosen.map(|chosen| chosen.price.to_string()),
            price_unit: chosen.map(|chosen| chosen.unit.clone()),
            source: chosen.map(|chosen| chosen.source.code()),
            list: chosen.and_then(|chosen| chosen.list.clone()),
            tax_included: chosen.and_then(|chosen| chosen.tax_included),
            discounts: steps.unwrap_or_default(),
            considered: answer.considered.iter().map(ConsideredPriceOut::from).collect(),
            by_rule: answer.by_rule,
            taxes: answer.taxes.iter().map(TaxTraceOut::from).collect(),
            no_tax: answer.no_tax.clone(),
        }
    }
}

/// Why a line costs what it costs, or a charge bears its taxes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceTraceOut {
    /// The line's id; nothing for a charge.
    pub line: Option<String>,
    pub charge: Option<String>,
    pub position: i64,
    pub sku: Option<String>,
    /// Where the price is from.
    pub source: &'static str,
    pub list: Option<String>,
    pub price: String,
    /// The order's quantity of the item, in base units, which the breaks are compared with.
    pub counted: i64,
    /// What the rules give where the price came with the order.
    pub listed: Option<String>,
    pub considered: Vec<ConsideredPriceOut>,
    pub discounts: Vec<PriceStepOut>,
    pub floor: Option<FloorOut>,
    pub taxes: Vec<TaxTraceOut>,
}

impl From<&Trace> for PriceTraceOut {
    fn from(trace: &Trace) -> Self {
        let line = Some(trace.line.to_string()).filter(|_| trace.charge.is_none());
        Self {
            line,
            charge: trace.charge.map(|id| id.to_string()),
            position: trace.position,
            sku: trace.sku.clone(),
            source: trace.source.code(),
            list: trace.list.clone(),
            price: trace.price.to_string(),
            counted: trace.counted.get(),
            listed: trace.listed.map(|price| price.to_string()),
            considered: trace.considered.iter().map(ConsideredPriceOut::from).collect(),
            discounts: trace.steps.iter().map(PriceStepOut::from).collect(),
            floor: trace.floor.as_ref().map(FloorOut::from),
            taxes: trace.taxes.iter().map(TaxTraceOut::from).collect(),
        }
    }
}

//! The JSON shapes of quotes, agreements and call-offs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CustomerIn, Deliveries, LineIn, PaymentIn, TaxIn};

/// A quote or an agreement with its first terms.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteIn {
    /// The channel's code.
    pub channel: String,
    pub currency: Option<String>,
    pub customer: Option<CustomerIn>,
    /// The account's number and its site's code.
    pub account: Option<String>,
    pub site: Option<String>,
    pub reference: Option<String>,
    pub terms: TermsIn,
}

/// The terms of one revision.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsIn {
    pub valid_from: Option<String>,
    /// The last day on which orders may draw.
    pub valid_until: String,
    /// A word to the customer.
    pub message: Option<String>,
    pub lines: Vec<QuoteLineIn>,
}

/// One line of the terms.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteLineIn {
    /// The position of the line it goes on from; else one of the same SKU and unit.
    pub line: Option<i64>,
    pub kind: Option<String>,
    pub sku: Option<String>,
    pub description: Option<String>,
    pub quantity: String,
    pub unit: Option<String>,
    pub cut_length: Option<String>,
    /// The list price of now where absent.
    pub unit_price: Option<String>,
    pub price_unit: Option<String>,
    pub cost: Option<String>,
    #[serde(default)]
    pub tax: Vec<TaxIn>,
    /// What is expected to be called off when.
    #[serde(default)]
    pub schedule: Vec<ExpectedIn>,
}

/// A part of an agreed quantity that is expected on a day.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedIn {
    pub on: String,
    /// In the line's unit.
    pub quantity: String,
}

impl QuoteLineIn {
    /// The line as one of an order.
    pub fn as_line(&self) -> LineIn {
        LineIn {
            kind: self.kind.clone(),
            sku: self.sku.clone(),
            description: self.description.clone(),
            quantity: self.quantity.clone(),
            unit: self.unit.clone(),
            cut_length: self.cut_length.clone(),
            unit_price: self.unit_price.clone(),
            price_unit: self.price_unit.clone(),
            cost: self.cost.clone(),
            tax: self.tax.clone(),
            ..LineIn::default()
        }
    }
}

/// What of a quote becomes an order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConvertIn {
    /// Empty: everything that is left.
    pub lines: Vec<DrawIn>,
    pub deliveries: Deliveries,
    pub external_id: Option<String>,
    pub reference: Option<String>,
    pub ordered_by: Option<String>,
    /// `payment` or `account`; on account where the quote names one.
    pub settlement: Option<String>,
    pub payments: Vec<PaymentIn>,
}

/// A quantity of one line of a quote.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawIn {
    /// The line's position.
    pub line: i64,
    /// In the line's unit; everything left where absent.
    pub quantity: Option<String>,
    /// The delivery it goes with.
    pub delivery: Option<String>,
}

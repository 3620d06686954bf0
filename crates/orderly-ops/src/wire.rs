//! The JSON shapes of requests: unknown fields are refused, amounts and quantities are texts. What
//! is answered is in [`out`].

pub mod access;
pub mod catalog;
pub mod edits;
pub mod events;
pub mod messages;
pub mod out;
pub mod parts;
pub mod purchases;
pub mod quotes;
pub mod rows;
pub mod stock;
pub mod view;
pub mod webhooks;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order as a channel sends it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderIn {
    /// The channel's code.
    pub channel: String,
    pub external_id: Option<String>,
    pub currency: Option<String>,
    /// RFC 3339; now where absent.
    pub placed_at: Option<String>,
    /// `payment` (default) or `account`.
    pub settlement: Option<String>,
    pub customer: Option<CustomerIn>,
    /// The account's number, its site's code and the id of the contact who orders.
    pub account: Option<String>,
    pub site: Option<String>,
    pub ordered_by: Option<String>,
    pub reference: Option<String>,
    /// The number or id of a quote or agreement that the lines draw on: by SKU, or all that is left
    /// where there are no lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    pub priority: Option<i64>,
    #[serde(default)]
    pub deliveries: Deliveries,
    pub lines: Vec<LineIn>,
    #[serde(default)]
    pub discounts: Vec<DiscountIn>,
    #[serde(default)]
    pub charges: Vec<ChargeIn>,
    #[serde(default)]
    pub payments: Vec<PaymentIn>,
}

/// One delivery, or a list of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Deliveries {
    Many(Vec<DeliveryIn>),
    One(Box<DeliveryIn>),
}

impl Default for Deliveries {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Deliveries {
    pub fn as_slice(&self) -> &[DeliveryIn] {
        match self {
            Self::Many(many) => many,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Who orders: an existing customer's id or number, or the facts of one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerIn {
    pub id: Option<String>,
    pub number: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub name: Option<String>,
    pub company: Option<String>,
    pub address: Option<AddressIn>,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressIn {
    pub name: Option<String>,
    pub company: Option<String>,
    #[serde(default)]
    pub lines: Vec<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    /// Degrees × 10⁶.
    pub latitude_e6: Option<i64>,
    pub longitude_e6: Option<i64>,
}

/// Where, when and how some of the order goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryIn {
    /// The name by which lines refer to it; `1`, `2` … where absent.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub method: Option<String>,
    pub ship_to: Option<AddressIn>,
    pub contact: Option<AddressIn>,
    /// The code of the location where goods are collected or taken away.
    pub location: Option<String>,
    pub required_on: Option<String>,
    pub ship_by_on: Option<String>,
    pub due: Option<String>,
    pub promise: Option<String>,
}

/// One line.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineIn {
    pub external_id: Option<String>,
    pub kind: Option<String>,
    pub sku: Option<String>,
    pub description: Option<String>,
    pub delivery: Option<String>,
    /// The id of the line it draws on, which says whatever this line does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    pub quantity: String,
    pub unit: Option<String>,
    pub cut_length: Option<String>,
    pub unit_price: Option<String>,
    pub price_unit: Option<String>,
    pub measured: Option<String>,
    pub cost: Option<String>,
    #[serde(default)]
    pub discounts: Vec<DiscountIn>,
    #[serde(default)]
    pub tax: Vec<TaxIn>,
    /// The line of another order that this one replaces: said by an exchange, not by a channel.
    #[serde(skip)]
    pub replaces: Option<orderly_core::id::LineId>,
}

/// A reduction, in the order's currency.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountIn {
    pub code: String,
    pub amount: String,
}

/// A tax; the rate is a fraction such as `0.19`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxIn {
    pub name: String,
    pub rate: String,
    #[serde(default)]
    pub included: bool,
}

/// A charge for the order or one delivery.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeIn {
    pub kind: String,
    pub description: Option<String>,
    pub delivery: Option<String>,
    pub amount: String,
    #[serde(default)]
    pub tax: Vec<TaxIn>,
}

/// A payment the channel has already taken or authorized.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentIn {
    pub provider: String,
    pub reference: Option<String>,
    pub method: Option<String>,
    pub authorized: Option<String>,
    pub captured: Option<String>,
    /// The cash that was handed over for it: the rest is change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendered: Option<String>,
}

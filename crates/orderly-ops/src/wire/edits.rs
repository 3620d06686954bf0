//! The JSON shapes of edits of a placed order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AddressIn, LineIn};

/// What is to be different of an order; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EditIn {
    /// The customer's own reference; an empty text takes it away.
    pub reference: Option<String>,
    /// Which orders go first when goods are scarce.
    pub priority: Option<i64>,
    pub deliveries: Vec<DeliveryEditIn>,
    pub lines: Vec<QuantityIn>,
    /// Lines that are added, at the prices of now unless they state one.
    pub add: Vec<LineIn>,
}

/// Another address, contact or day of a delivery.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryEditIn {
    /// The delivery's id or the order's name of it; the only one where absent.
    pub delivery: Option<String>,
    /// The whole new address, in the same country.
    pub ship_to: Option<AddressIn>,
    /// The contact on site.
    pub contact: Option<AddressIn>,
    pub required_on: Option<String>,
    pub ship_by_on: Option<String>,
}

/// A line with the quantity it is to have.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityIn {
    /// The line's id, its position or its SKU.
    pub line: String,
    /// In the line's unit: what is wanted of it in all, canceled quantity not counted; 0 cancels
    /// the line.
    pub quantity: String,
}

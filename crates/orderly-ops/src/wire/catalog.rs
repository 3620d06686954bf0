//! Items, channels, locations, bins and customers as callers state them.

use orderly_core::refusal::{Code, Refusal};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Reads what a caller states as what the domain takes.
///
/// # Errors
/// `invalid_field` with the pointer and what would be known.
pub fn read<T: DeserializeOwned>(stated: &impl Serialize) -> Result<T, Refusal> {
    let wrong = |pointer: String, error: &serde_json::Error| {
        let text = error.to_string();
        let (what, known) = text.split_once(", expected ").unwrap_or((&text, ""));
        let refusal = Refusal::at(Code::InvalidField, pointer, what);
        if known.is_empty() { refusal } else { refusal.allowed(known.replace('`', "")) }
    };
    let value = serde_json::to_value(stated).map_err(|error| wrong(String::new(), &error))?;
    let Some(fields) = value.as_object() else {
        return serde_json::from_value(value).map_err(|error| wrong(String::new(), &error));
    };
    let whole = serde_json::from_value(value.clone());
    whole.map_err(|error| {
        // The field at fault is the one that is named by its value.
        let text = error.to_string();
        let named = fields.iter().find(|(_, value)| {
            value.as_str().is_some_and(|value| text.contains(&format!("`{value}`")))
        });
        wrong(named.map_or_else(String::new, |(name, _)| format!("/{name}")), &error)
    })
}

/// An item.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemIn {
    pub sku: String,
    pub name: String,
    /// `counted` (where absent), `continuous`, `lengths`, `catch_weight` or `service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goods: Option<String>,
    /// `each` (where absent), `mm`, `g`, `ml`, `cm2` or `minute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_unit: Option<String>,
    /// `none` (where absent), `lot` or `serial`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    #[serde(default)]
    pub units: Vec<UnitIn>,
    /// The base unit where absent.
    pub sale_unit: Option<String>,
    pub price: Option<String>,
    /// The sale unit where absent.
    pub price_unit: Option<String>,
    /// The merchant's own where absent.
    pub price_currency: Option<String>,
    /// Of one base unit.
    pub cost: Option<String>,
    pub gtin: Option<String>,
    pub weight_g: Option<i64>,
    /// Length, width and height.
    pub dimensions_mm: Option<[i64; 3]>,
    pub hs_code: Option<String>,
    pub origin_country: Option<String>,
    /// How much more or less than ordered may be shipped, in parts per million.
    #[serde(default)]
    pub over_ppm: i64,
    #[serde(default)]
    pub under_ppm: i64,
    /// In base units, as are kerf and backorder limit.
    #[serde(default)]
    pub min_offcut: i64,
    #[serde(default)]
    pub kerf: i64,
    pub backorder_limit: Option<i64>,
    pub refurbish_sku: Option<String>,
    #[serde(default)]
    pub kit: bool,
    #[serde(default)]
    pub components: Vec<ComponentIn>,
}

/// A unit of an item: one of it is `num`/`den` base units.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitIn {
    pub code: String,
    pub num: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub den: Option<i64>,
    /// Sold whole only.
    #[serde(default)]
    pub whole: bool,
    pub gtin: Option<String>,
}

/// A component of a kit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
}

/// A channel.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelIn {
    pub code: String,
    pub name: String,
    /// `store`, `web`, `phone`, `marketplace` …
    pub kind: String,
    /// `refuse`, `accept` or `hand_over`; by kind where absent.
    pub when_short: Option<String>,
    /// `line` or `document`.
    pub rounding: Option<String>,
    pub currency: Option<String>,
    /// The code of the store whose till it is.
    pub location: Option<String>,
    #[serde(default)]
    pub priority: i64,
}

/// A location.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationIn {
    pub code: String,
    pub name: String,
    /// `store`, `warehouse` or `third_party`.
    pub kind: String,
    pub address: Option<PartyIn>,
    pub coordinates: Option<CoordinatesIn>,
    /// An IANA time zone; the merchant's where absent.
    pub zone: Option<String>,
    /// Lower numbers are preferred by sourcing.
    #[serde(default)]
    pub priority: i64,
    /// Whether orders of other places are sent from here; they are where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfills: Option<bool>,
}

/// Degrees × 10⁶, north and east positive.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoordinatesIn {
    pub latitude_e6: i64,
    pub longitude_e6: i64,
}

/// A bin. Capacities are unlimited where absent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BinIn {
    pub code: String,
    /// `storage`, `staging`, `receiving` or `returns`.
    pub kind: String,
    /// The walking order.
    #[serde(default)]
    pub position: i64,
    pub capacity_g: Option<i64>,
    pub capacity_ml: Option<i64>,
    pub capacity_mm: Option<i64>,
}

/// A name with its address.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyIn {
    pub name: String,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Street lines, at most six.
    #[serde(default)]
    pub address_lines: Vec<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub coordinates: Option<CoordinatesIn>,
}

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomerIn {
    /// Given where absent.
    pub number: Option<String>,
    /// `person` or `company`; a company where the party names one.
    pub kind: Option<String>,
    pub party: PartyIn,
}

//! The JSON shapes of answers: amounts and quantities as decimal texts, instants as RFC 3339, base
//! quantities as integers.

pub mod accounts;
pub mod books;
pub mod invoices;
mod order;
pub mod payments;
pub mod trade;

use orderly_core::money::{Currency, Money};
use orderly_core::order::axes::Axes;
use orderly_core::party::Party;
use orderly_core::qty::{Qty, Ratio};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::read::orders::Event;

/// An amount of minor units as a decimal text of the currency's places.
pub fn amount(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).decimal().to_string()
}

/// A base quantity in a unit, as a decimal text of at most six places.
pub fn quantity(qty: Qty, ratio: Ratio) -> String {
    let units = Decimal::from(qty.get()) * Decimal::from(ratio.den) / Decimal::from(ratio.num);
    units.round_dp(6).normalize().to_string()
}

/// An order as it is answered.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OrderOut {
    pub id: String,
    pub number: String,
    pub channel: String,
    pub external_id: Option<String>,
    pub state: &'static str,
    pub version: i64,
    pub history: bool,
    pub placed_at: String,
    pub updated_at: String,
    pub currency: String,
    pub settlement: &'static str,
    pub reference: Option<String>,
    pub customer: Option<PersonOut>,
    pub account: Option<String>,
    pub site: Option<String>,
    pub totals: TotalsOut,
    pub paid: PaidOut,
    pub axes: AxesOut,
    pub deliveries: Vec<DeliveryOut>,
    pub lines: Vec<LineOut>,
    pub charges: Vec<ChargeOut>,
    pub holds: Vec<HoldOut>,
    pub fulfillments: Vec<FulfillmentOut>,
    pub shipments: Vec<ShipmentOut>,
    pub timeline: Vec<EventOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PersonOut {
    pub id: String,
    pub number: String,
    pub name: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TotalsOut {
    pub lines: String,
    pub discounts: String,
    pub charges: String,
    pub tax_included: String,
    pub tax_added: String,
    pub total: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaidOut {
    pub authorized: String,
    pub captured: String,
    pub refunded: String,
}

/// How far the order is on each axis: `none`, `partial`, `full` or `over`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AxesOut {
    pub authorized: &'static str,
    pub captured: &'static str,
    pub on_account: bool,
    pub allocated: &'static str,
    pub shipped: &'static str,
    pub delivered: &'static str,
    pub invoiced: &'static str,
    pub returned: &'static str,
    pub held: bool,
    pub short: bool,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryOut {
    #[serde(rename = "ref")]
    pub reference: String,
    pub id: String,
    pub method: &'static str,
    pub location: Option<String>,
    pub ship_to: Option<AddressOut>,
    pub required_on: Option<String>,
    pub ship_by_on: Option<String>,
    pub promised_on: Option<String>,
    pub due: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct AddressOut {
    pub name: String,
    pub company: Option<String>,
    pub lines: Vec<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LineOut {
    pub id: String,
    pub position: i64,
    pub external_id: Option<String>,
    pub kind: &'static str,
    /// The position of its kit.
    pub kit: Option<i64>,
    pub sku: Option<String>,
    pub description: String,
    pub delivery: Option<String>,
    /// As entered.
    pub quantity: String,
    pub unit: String,
    /// Price of one price unit.
    pub price: String,
    pub discount: String,
    pub tax: String,
    /// What the customer owes for the line.
    pub amount: String,
    /// Each in the line's unit; those that are zero are left out.
    #[serde(serialize_with = "as_object")]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub quantities: Vec<(&'static str, String)>,
}

fn as_object<S: serde::Serializer>(
    pairs: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChargeOut {
    pub id: String,
    pub kind: String,
    pub description: String,
    pub amount: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HoldOut {
    pub id: String,
    pub kind: String,
    pub scope: &'static str,
    pub blocks: Vec<&'static str>,
    pub reason: String,
    pub owner: Option<String>,
    pub due_at: Option<String>,
    pub placed_at: String,
    pub released_at: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FulfillmentOut {
    pub id: String,
    pub location: Option<String>,
    pub delivery: Option<String>,
    pub state: &'static str,
    pub lines: Vec<WorkOut>,
}

/// The work on one line at one location, in the line's unit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkOut {
    pub position: i64,
    pub sku: Option<String>,
    pub unit: String,
    pub quantity: String,
    pub released: String,
    pub picked: String,
    pub packed: String,
    pub shipped: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShipmentOut {
    pub id: String,
    pub location: Option<String>,
    pub state: &'static str,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub tracking: Option<String>,
    pub shipped_at: String,
    pub lines: Vec<ShippedOut>,
    pub parcels: Vec<ParcelOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShippedOut {
    pub position: i64,
    pub sku: Option<String>,
    pub quantity: String,
    pub unit: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ParcelOut {
    pub id: String,
    pub number: i64,
    pub sscc: String,
    pub weight_g: Option<i64>,
    pub tracking: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventOut {
    pub sequence: i64,
    pub id: String,
    pub kind: String,
    pub at: String,
    pub actor: &'static str,
    pub reason: Option<String>,
}

impl From<&Event> for EventOut {
    fn from(event: &Event) -> Self {
        Self {
            sequence: event.sequence,
            id: event.id.to_string(),
            kind: event.kind.clone(),
            at: event.at.to_string(),
            actor: event.actor_kind.code(),
            reason: event.reason.clone(),
        }
    }
}

impl From<&Party> for AddressOut {
    fn from(party: &Party) -> Self {
        Self {
            name: party.name.clone(),
            company: party.company.clone(),
            lines: party.address_lines.clone(),
            city: party.city.clone(),
            region: party.region.clone(),
            postcode: party.postcode.clone(),
            country: party.country.clone(),
            phone: party.phone.clone(),
            email: party.email.clone(),
        }
    }
}

impl From<Axes> for AxesOut {
    fn from(axes: Axes) -> Self {
        Self {
            authorized: axes.authorized.code(),
            captured: axes.captured.code(),
            on_account: axes.on_account,
            allocated: axes.allocated.code(),
            shipped: axes.shipped.code(),
            delivered: axes.delivered.code(),
            invoiced: axes.invoiced.code(),
            returned: axes.returned.code(),
            held: axes.held,
            short: axes.short,
        }
    }
}

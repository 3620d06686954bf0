//! The JSON shapes of answers: amounts and quantities as decimal texts, instants as RFC 3339, base
//! quantities as integers.

pub mod accounts;
pub mod back;
pub mod bank;
pub mod books;
pub mod catalog;
pub mod invoices;
pub mod loads;
pub mod moving;
mod order;
pub mod payables;
pub mod payments;
pub mod prices;
pub mod purchases;
pub mod quotes;
pub mod rebates;
pub mod stock;
pub mod taxes;
pub mod tills;

use orderly_core::money::{Currency, Money};
use orderly_core::order::Quantities;
use orderly_core::order::axes::Axes;
use orderly_core::party::Party;
use orderly_core::payment::Payment;
use orderly_core::qty::{Qty, Ratio};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::read::orders::Event;
pub use order::{Expand, OrderRow, address_of};

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
    /// `order`
    pub object: &'static str,
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
    /// How far it is paid: `none`, `partial`, `full` or `over`.
    pub payment: PaymentStandOut,
    pub totals: TotalsOut,
    pub axes: AxesOut,
    pub deliveries: Vec<DeliveryOut>,
    pub lines: Vec<LineOut>,
    pub charges: Vec<ChargeOut>,
    pub holds: Vec<HoldOut>,
    pub fulfillments: Vec<FulfillmentOut>,
    pub shipments: Vec<ShipmentOut>,
    pub payments: Vec<PaymentOut>,
    pub timeline: Vec<EventOut>,
    /// What you may do with it now; empty for an order as it was at another time.
    pub allowed_actions: Vec<&'static str>,
    pub links: LinksOut,
}

/// Who orders. What follows the name is answered where it is expanded.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PersonOut {
    pub id: String,
    pub number: String,
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaymentStandOut {
    pub authorized: &'static str,
    pub captured: &'static str,
}

/// Where more about an order is found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinksOut {
    pub events: String,
    pub routing: String,
    pub console: String,
}

/// A payment of an order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaymentOut {
    /// `payment`
    pub object: &'static str,
    pub id: String,
    pub provider: String,
    pub method: String,
    pub reference: Option<String>,
    pub currency: String,
    pub authorized: String,
    pub authorize_pending: String,
    pub captured: String,
    pub capture_pending: String,
    pub voided: String,
    pub refunded: String,
    pub refund_pending: String,
    pub version: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TotalsOut {
    pub lines: String,
    pub discounts: String,
    pub charges: String,
    pub tax_included: String,
    pub tax_added: String,
    pub total: String,
    pub authorized: String,
    pub captured: String,
    pub refunded: String,
    /// What is still to be paid, after what was canceled and came back: below zero where too much
    /// was.
    pub due: String,
    pub currency: String,
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
    /// Every promise that was made, the one in force last.
    pub promises: Vec<PromiseOut>,
    pub due: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PromiseOut {
    #[serde(rename = "for")]
    pub for_on: String,
    pub made_at: String,
    pub reason: String,
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
    /// The id of its delivery.
    pub delivery: String,
    pub quantity: QuantityOut,
    /// Price of one price unit.
    pub price: String,
    pub discount: String,
    pub tax: String,
    /// What the customer owes for the line.
    pub amount: String,
    /// In base units.
    pub quantities: QuantitiesOut,
    /// The quantities that are not zero, in the line's unit, for people.
    #[serde(skip)]
    pub stands: Vec<(&'static str, String)>,
}

/// A quantity as it was entered, and in base units.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuantityOut {
    pub value: String,
    pub unit: String,
    pub base: i64,
    pub base_unit: String,
}

macro_rules! quantities {
    ($($name:ident)+) => {
        /// Where a line's quantity is, in base units of its item.
        #[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
        pub struct QuantitiesOut { $(pub $name: i64),+ }

        impl From<&Quantities> for QuantitiesOut {
            fn from(all: &Quantities) -> Self {
                Self { $($name: all.$name.get()),+ }
            }
        }

        /// The quantities that are not zero, by name.
        fn present(all: &Quantities) -> Vec<(&'static str, Qty)> {
            let all = [$((stringify!($name), all.$name)),+];
            all.into_iter().filter(|(_, qty)| !qty.is_zero()).collect()
        }
    };
}

quantities! {
    ordered over canceled closed_short unallocated backordered allocated released picked packed
    shipped delivered lost brought_back return_requested returned invoiced credited refunded
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
    /// `fulfillment`
    pub object: &'static str,
    pub id: String,
    /// The order's number.
    pub order: String,
    pub location: Option<String>,
    /// The `ref` of its delivery.
    pub delivery: Option<String>,
    pub state: &'static str,
    pub created_at: String,
    pub lines: Vec<WorkOut>,
    /// The ids of its shipments, or the shipments where they are expanded.
    pub shipments: Vec<Expandable<ShipmentOut>>,
    pub allowed_actions: Vec<&'static str>,
}

/// An id, or the object it names.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Expandable<T> {
    Id(String),
    Object(Box<T>),
}

/// The work on one line at one location, in the line's unit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkOut {
    /// The order's line.
    pub line: String,
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
    /// `shipment`
    pub object: &'static str,
    pub id: String,
    /// The order's number.
    pub order: String,
    pub fulfillment: String,
    pub location: Option<String>,
    pub state: &'static str,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub tracking: Option<String>,
    pub shipped_at: String,
    pub lines: Vec<ShippedOut>,
    pub parcels: Vec<ParcelOut>,
    pub allowed_actions: Vec<&'static str>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShippedOut {
    pub id: String,
    /// The order's line.
    pub line: String,
    pub position: i64,
    pub sku: Option<String>,
    pub quantity: String,
    pub unit: String,
    pub delivered: String,
    pub lost: String,
    pub brought_back: String,
    pub returned: String,
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

impl From<&Payment> for PaymentOut {
    fn from(payment: &Payment) -> Self {
        let money = |minor: i64| amount(minor, payment.currency);
        let amounts = &payment.amounts;
        Self {
            object: "payment",
            id: payment.id.to_string(),
            provider: payment.provider.clone(),
            method: payment.method.clone(),
            reference: payment.reference.clone(),
            currency: payment.currency.to_string(),
            authorized: money(amounts.authorized),
            authorize_pending: money(amounts.authorize_pending),
            captured: money(amounts.captured),
            capture_pending: money(amounts.capture_pending),
            voided: money(amounts.voided),
            refunded: money(amounts.refunded),
            refund_pending: money(amounts.refund_pending),
            version: payment.version,
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

//! The JSON shapes of suppliers and of orders to them. Plain quantities are base units.

use orderly_core::item::Item;
use orderly_core::party::Supplier;
use orderly_core::purchase::supplier::SupplierItem;
use orderly_core::purchase::{PurchaseLine, PurchaseOrder};
use orderly_core::refusal::Refusal;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::read::names::{Ids, Names};
use crate::ops::suppliers::AgedPayable;

fn percent(ppm: i64) -> String {
    Decimal::new(ppm, 4).normalize().to_string()
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplierOut {
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub version: i64,
    pub currency: String,
    pub lead_time_days: i64,
    pub terms_days: i64,
    /// How far a delivery may be above and below what was ordered.
    pub over_percent: String,
    pub under_percent: String,
    /// How far an invoice may be above the order's price.
    pub price_percent: String,
    /// Where differences of price go: `expense` or `stock`.
    pub variance: &'static str,
    /// What customers have paid of special orders before they are sent.
    pub deposit_percent: String,
    pub active: bool,
}

impl From<&Supplier> for SupplierOut {
    fn from(one: &Supplier) -> Self {
        Self {
            object: "supplier",
            id: one.id.to_string(),
            code: one.code.clone(),
            name: one.name.clone(),
            version: one.version,
            currency: one.currency.to_string(),
            lead_time_days: one.lead_time_days,
            terms_days: one.terms.terms_days,
            over_percent: percent(one.terms.over_ppm),
            under_percent: percent(one.terms.under_ppm),
            price_percent: percent(one.terms.price_ppm),
            variance: one.terms.variance.code(),
            deposit_percent: percent(one.terms.deposit_ppm),
            active: one.active,
        }
    }
}

/// An item as a supplier sells it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplierItemOut {
    pub object: &'static str,
    pub sku: String,
    pub supplier_sku: Option<String>,
    /// What he sells at once, and the least he sells.
    pub pack: i64,
    pub minimum: i64,
    pub pack_gtin: Option<String>,
    /// Of one `cost_unit`, in his currency.
    pub cost: Option<String>,
    pub cost_unit: String,
    pub lead_time_days: Option<i64>,
}

impl SupplierItemOut {
    pub fn new(item: &Item, sold: &SupplierItem) -> Self {
        Self::of(item.sku.clone(), sold)
    }

    /// Of the item with this SKU.
    pub fn of(sku: String, sold: &SupplierItem) -> Self {
        Self {
            object: "supplier_item",
            sku,
            supplier_sku: sold.sku.clone(),
            pack: sold.pack.get(),
            minimum: sold.minimum.get(),
            pack_gtin: sold.pack_gtin.clone(),
            cost: sold.cost.map(|cost| cost.to_string()),
            cost_unit: sold.cost_unit.clone(),
            lead_time_days: sold.lead_time_days,
        }
    }
}

/// What we owe a supplier, by how late it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AgedPayableOut {
    /// The code of the legal entity that owes it.
    pub entity: String,
    pub supplier: String,
    pub name: String,
    pub currency: String,
    pub aged: AgesOut,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AgesOut {
    /// Not due yet.
    pub current: String,
    pub days_1_30: String,
    pub days_31_60: String,
    pub days_61_90: String,
    pub over_90: String,
    pub total: String,
}

impl From<&AgedPayable> for AgedPayableOut {
    fn from(one: &AgedPayable) -> Self {
        let money = |minor: i64| amount(minor, one.currency);
        let aged = AgesOut {
            current: money(one.aged.current),
            days_1_30: money(one.aged.to_30),
            days_31_60: money(one.aged.to_60),
            days_61_90: money(one.aged.to_90),
            over_90: money(one.aged.over_90),
            total: money(one.aged.sum()),
        };
        Self {
            entity: one.entity.clone(),
            supplier: one.supplier.clone(),
            name: one.name.clone(),
            currency: one.currency.to_string(),
            aged,
        }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PurchaseOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    pub state: &'static str,
    pub supplier: String,
    pub location: String,
    pub currency: String,
    pub total: String,
    /// The supplier's number of the order.
    pub reference: Option<String>,
    pub note: Option<String>,
    pub expected_on: Option<String>,
    pub sent_at: Option<String>,
    pub confirmed_at: Option<String>,
    pub closed_at: Option<String>,
    pub canceled_at: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    pub lines: Vec<PurchaseLineOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PurchaseLineOut {
    pub id: String,
    pub position: i64,
    pub sku: String,
    pub description: String,
    pub supplier_sku: Option<String>,
    /// The customer's order and the line it is for.
    pub order: Option<String>,
    pub order_line: Option<String>,
    /// Whether the supplier sends the goods straight to our customer.
    pub direct: bool,
    pub unit: String,
    /// Of one `price_unit`.
    pub price: String,
    pub price_unit: String,
    pub ordered: i64,
    pub canceled: i64,
    pub received: i64,
    pub invoiced: i64,
    pub open: i64,
    pub expected_on: Option<String>,
}

impl PurchaseOut {
    pub fn ids(order: &PurchaseOrder) -> Ids {
        Ids {
            items: order.lines.iter().map(|line| line.item).collect(),
            suppliers: vec![order.supplier],
            ..Ids::default()
        }
    }

    /// # Errors
    /// `amount_too_large` where the lines sum to more than can be counted.
    pub fn new(order: &PurchaseOrder, names: &Names) -> Result<Self, Refusal> {
        let line = |line: &PurchaseLine| PurchaseLineOut {
            id: line.id.to_string(),
            position: line.position,
            sku: names.sku(line.item),
            description: line.description.clone(),
            supplier_sku: line.supplier_sku.clone(),
            order: line.tied.map(|tied| tied.order.to_string()),
            order_line: line.tied.map(|tied| tied.line.to_string()),
            direct: line.direct,
            unit: line.unit.clone(),
            price: line.price.to_string(),
            price_unit: line.price_unit.clone(),
            ordered: line.ordered.get(),
            canceled: line.canceled.get(),
            received: line.received.get(),
            invoiced: line.invoiced.get(),
            open: line.open().get(),
            expected_on: line.expected_on.map(|day| day.to_string()),
        };
        Ok(Self {
            object: "purchase",
            id: order.id.to_string(),
            number: order.number.clone(),
            version: order.version,
            state: order.state().code(),
            supplier: names.supplier(order.supplier),
            location: names.location(order.location),
            currency: order.currency.to_string(),
            total: amount(order.total()?, order.currency),
            reference: order.reference.clone(),
            note: order.note.clone(),
            expected_on: order.expected_on.map(|day| day.to_string()),
            sent_at: order.sent_at.map(|at| at.to_string()),
            confirmed_at: order.confirmed_at.map(|at| at.to_string()),
            closed_at: order.closed_at.map(|at| at.to_string()),
            canceled_at: order.canceled_at.map(|at| at.to_string()),
            created_at: order.created_at.to_string(),
            updated_at: order.updated_at.to_string(),
            lines: order.lines.iter().map(line).collect(),
        })
    }
}

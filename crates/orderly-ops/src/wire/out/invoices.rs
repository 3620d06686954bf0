//! Documents as they are answered.

use orderly_core::invoice::{Invoice, InvoiceLine, SettlementRow};
use orderly_core::money::Currency;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;

/// An invoice, a receipt or a credit note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceOut {
    pub object: &'static str,
    pub id: String,
    /// What people call it: series and number.
    pub number: String,
    pub kind: &'static str,
    pub corrects: Option<String>,
    pub replaces: Option<String>,
    pub refund: Option<String>,
    pub order: Option<String>,
    pub customer: Option<String>,
    pub account: Option<String>,
    /// The customer's own reference.
    pub reference: Option<String>,
    pub reason: Option<String>,
    pub currency: String,
    pub net: String,
    pub tax: String,
    pub total: String,
    pub settled: String,
    /// What is still to be paid.
    pub open: String,
    pub issued_on: String,
    pub due_on: Option<String>,
    pub version: i64,
    /// Empty in lists.
    pub lines: Vec<InvoiceLineOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceLineOut {
    pub id: String,
    pub position: i64,
    pub order: Option<String>,
    pub sku: Option<String>,
    pub description: String,
    pub quantity: String,
    pub unit: String,
    pub price: String,
    pub effect: &'static str,
    pub net: String,
    pub tax: String,
}

/// What settled a part of a document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettlementOut {
    pub source: &'static str,
    pub amount: String,
    pub settled_at: String,
}

/// A document with what settled it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvoiceShownOut {
    #[serde(flatten)]
    pub invoice: InvoiceOut,
    pub settlements: Vec<SettlementOut>,
}

impl InvoiceShownOut {
    pub fn of(invoice: &Invoice, rows: &[SettlementRow]) -> Self {
        let settlements = rows.iter().map(|row| SettlementOut {
            source: row.source_kind.code(),
            amount: amount(row.amount, invoice.currency),
            settled_at: row.settled_at.to_string(),
        });
        Self { invoice: InvoiceOut::from(invoice), settlements: settlements.collect() }
    }
}

impl From<&Invoice> for InvoiceOut {
    fn from(invoice: &Invoice) -> Self {
        let money = |minor: i64| amount(minor, invoice.currency);
        Self {
            object: "invoice",
            id: invoice.id.to_string(),
            number: invoice.name(),
            kind: invoice.kind.code(),
            corrects: invoice.corrects.map(|id| id.to_string()),
            replaces: invoice.replaces.map(|id| id.to_string()),
            refund: invoice.refund.map(|id| id.to_string()),
            order: invoice.order.map(|id| id.to_string()),
            customer: invoice.customer.map(|id| id.to_string()),
            account: invoice.account.map(|id| id.to_string()),
            reference: invoice.reference.clone(),
            reason: invoice.reason.clone(),
            currency: invoice.currency.to_string(),
            net: money(invoice.net),
            tax: money(invoice.tax),
            total: money(invoice.total),
            settled: money(invoice.settled),
            open: money(invoice.open()),
            issued_on: invoice.issued_on.to_string(),
            due_on: invoice.due_on.map(|day| day.to_string()),
            version: invoice.version,
            lines: invoice.lines.iter().map(|one| line(one, invoice.currency)).collect(),
        }
    }
}

fn line(line: &InvoiceLine, currency: Currency) -> InvoiceLineOut {
    InvoiceLineOut {
        id: line.id.to_string(),
        position: line.position,
        order: line.order.map(|order| order.to_string()),
        sku: line.sku.clone(),
        description: line.description.clone(),
        quantity: line.quantity.to_string(),
        unit: line.unit.clone(),
        price: line.price.to_string(),
        effect: line.effect.code(),
        net: amount(line.net, currency),
        tax: amount(line.tax, currency),
    }
}

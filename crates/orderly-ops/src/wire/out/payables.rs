//! The JSON shapes of what suppliers invoice, of what they are paid, and of goods that go back to
//! them. Plain quantities are base units.

use orderly_core::purchase::invoice::{Mismatch, SupplierInvoice, SupplierInvoiceLine};
use orderly_core::purchase::vendor::{VendorReturn, VendorReturnLine};
use orderly_store::tables::supplier_invoices::SupplierPayment;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::read::names::{Ids, Names};

/// A supplier's invoice or credit note.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplierInvoiceOut {
    /// `supplier_invoice`
    pub object: &'static str,
    pub id: String,
    /// `invoice` or `credit_note`.
    pub kind: &'static str,
    /// The supplier's own number.
    pub number: String,
    pub version: i64,
    /// The supplier's code.
    pub supplier: String,
    /// `held`, `posted` or `rejected`.
    pub state: &'static str,
    pub currency: String,
    /// The lines but charges.
    pub net: String,
    pub charges: String,
    pub tax: String,
    pub total: String,
    /// What of the total is paid, credited or, of a credit note, used.
    pub settled: String,
    /// What is not settled yet; nothing before it is booked.
    pub open: String,
    pub invoiced_on: String,
    pub due_on: String,
    pub entered_at: String,
    pub posted_at: Option<String>,
    /// Why it is held: what differs from what was ordered and received.
    pub reasons: Vec<MismatchOut>,
    pub lines: Vec<SupplierInvoiceLineOut>,
    /// What may be done with it now, with the right.
    pub allowed_actions: Vec<&'static str>,
}

/// One reason why a document is held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MismatchOut {
    /// The line of the document, from 1.
    pub line: i64,
    /// `quantity_above_received` or `price_above_order`.
    pub reason: &'static str,
    pub expected: String,
    pub actual: String,
}

impl From<&Mismatch> for MismatchOut {
    fn from(one: &Mismatch) -> Self {
        Self {
            line: one.line,
            reason: one.reason.code(),
            expected: one.expected.clone(),
            actual: one.actual.clone(),
        }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplierInvoiceLineOut {
    pub position: i64,
    /// `goods`, `return`, `charge` or `rebate`.
    pub kind: &'static str,
    pub sku: Option<String>,
    pub description: String,
    pub qty: i64,
    pub net: String,
    /// How a charge is shared among the goods: `value`, `weight` or `none`.
    pub spread: Option<&'static str>,
}

impl SupplierInvoiceOut {
    pub fn ids(invoice: &SupplierInvoice) -> Ids {
        let items = invoice.lines.iter().filter_map(|line| line.item).collect();
        Ids { items, suppliers: vec![invoice.supplier], ..Ids::default() }
    }

    pub fn new(one: &SupplierInvoice, names: &Names) -> Self {
        let money = |minor: i64| amount(minor, one.currency);
        let line = |line: &SupplierInvoiceLine| SupplierInvoiceLineOut {
            position: line.position,
            kind: line.kind.code(),
            sku: line.item.map(|item| names.sku(item)),
            description: line.description.clone(),
            qty: line.qty.get(),
            net: money(line.net),
            spread: line.spread.map(orderly_core::purchase::invoice::Spread::code),
        };
        let held = one.state.code() == "held";
        let actions: &[&'static str] = if held { &["match", "approve", "reject"] } else { &[] };
        Self {
            object: "supplier_invoice",
            id: one.id.to_string(),
            kind: one.kind.code(),
            number: one.number.clone(),
            version: one.version,
            supplier: names.supplier(one.supplier),
            state: one.state.code(),
            currency: one.currency.to_string(),
            net: money(one.net),
            charges: money(one.charges),
            tax: money(one.tax),
            total: money(one.total),
            settled: money(one.settled),
            open: money(one.open()),
            invoiced_on: one.invoiced_on.to_string(),
            due_on: one.due_on.to_string(),
            entered_at: one.entered_at.to_string(),
            posted_at: one.posted_at.map(|at| at.to_string()),
            reasons: one.reasons.iter().map(MismatchOut::from).collect(),
            lines: one.lines.iter().map(line).collect(),
            allowed_actions: actions.to_vec(),
        }
    }
}

/// Money paid to a supplier.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SupplierPaymentOut {
    /// `supplier_payment`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    /// The supplier's code.
    pub supplier: String,
    pub currency: String,
    pub amount: String,
    /// What the bank is told.
    pub reference: Option<String>,
    pub paid_on: String,
    pub created_at: String,
    /// When it was taken back.
    pub reversed_at: Option<String>,
}

impl SupplierPaymentOut {
    pub fn ids(payments: &[SupplierPayment]) -> Ids {
        let suppliers = payments.iter().map(|one| one.supplier).collect();
        Ids { suppliers, ..Ids::default() }
    }

    pub fn new(one: &SupplierPayment, names: &Names) -> Self {
        Self {
            object: "supplier_payment",
            id: one.id.to_string(),
            number: one.number.clone(),
            supplier: names.supplier(one.supplier),
            currency: one.currency.to_string(),
            amount: amount(one.amount, one.currency),
            reference: one.reference.clone(),
            paid_on: one.paid_on.to_string(),
            created_at: one.created_at.to_string(),
            reversed_at: one.reversed_at.map(|at| at.to_string()),
        }
    }
}

/// Goods that went back to their supplier.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VendorReturnOut {
    /// `vendor_return`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    /// `sent` or `settled`.
    pub state: &'static str,
    /// The supplier's code.
    pub supplier: String,
    /// The location's code.
    pub location: String,
    /// The supplier's leave, such as his return number.
    pub reference: Option<String>,
    pub reason: String,
    pub sent_at: String,
    pub lines: Vec<VendorReturnLineOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VendorReturnLineOut {
    pub position: i64,
    pub sku: String,
    pub lot: Option<String>,
    /// The bin they left.
    pub bin: String,
    pub condition: &'static str,
    pub qty: i64,
    pub credited: i64,
    /// Sent back by the supplier: ours again.
    pub rejected: i64,
    /// What the goods took along, in minor units of the books' currency.
    pub value_minor: Option<i64>,
}

impl VendorReturnOut {
    pub fn ids(one: &VendorReturn) -> Ids {
        let lines = one.lines.iter();
        Ids {
            items: lines.clone().map(|line| line.spot.item).collect(),
            lots: lines.clone().map(|line| line.spot.lot).collect(),
            bins: lines.map(|line| line.spot.bin).collect(),
            suppliers: vec![one.supplier],
        }
    }

    pub fn new(one: &VendorReturn, names: &Names) -> Self {
        let line = |line: &VendorReturnLine| VendorReturnLineOut {
            position: line.position,
            sku: names.sku(line.spot.item),
            lot: names.lot(line.spot.lot),
            bin: names.bin(line.spot.bin),
            condition: line.spot.condition.code(),
            qty: line.qty.get(),
            credited: line.credited.get(),
            rejected: line.rejected.get(),
            value_minor: Some(line.value),
        };
        Self {
            object: "vendor_return",
            id: one.id.to_string(),
            number: one.number.clone(),
            version: one.version,
            state: one.state().code(),
            supplier: names.supplier(one.supplier),
            location: names.location(one.location),
            reference: one.reference.clone(),
            reason: one.reason.clone(),
            sent_at: one.sent_at.to_string(),
            lines: one.lines.iter().map(line).collect(),
        }
    }
}

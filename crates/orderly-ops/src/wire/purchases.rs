//! The JSON shapes of buying. Quantities are texts in `unit`, the item's sale unit where absent;
//! amounts and prices are texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stock::ReceiptLineIn;

/// An order to a supplier.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseIn {
    /// The supplier's code.
    pub supplier: String,
    /// The code of the location that receives the goods.
    pub location: String,
    pub note: Option<String>,
    /// A day; by the supplier's lead time where absent.
    pub expected_on: Option<String>,
    pub lines: Vec<PurchaseLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseLineIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
    /// Of one `price_unit`, in the supplier's currency; as agreed with him where absent.
    pub price: Option<String>,
    /// The unit of the quantity where absent.
    pub price_unit: Option<String>,
    pub expected_on: Option<String>,
}

/// A purchase for one line of a customer's order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseForIn {
    /// The order's number or id, and the line's position in it.
    pub order: String,
    pub line: i64,
    /// The supplier's code; the line's own where absent.
    pub supplier: Option<String>,
    /// Where the goods are to arrive.
    pub location: String,
    /// Of one unit of the line, in the supplier's currency; the line's cost where absent.
    pub price: Option<String>,
}

/// What a supplier confirmed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIn {
    /// His number of the order.
    pub reference: Option<String>,
    /// The day of every line that is not named below.
    pub expected_on: Option<String>,
    #[serde(default)]
    pub lines: Vec<ConfirmLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmLineIn {
    /// The line, from 1.
    pub line: i64,
    pub expected_on: String,
}

/// What arrived of a purchase order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivedIn {
    /// The supplier's delivery note.
    pub reference: Option<String>,
    /// RFC 3339; now where absent.
    pub received_at: Option<String>,
    pub lines: Vec<ArrivedLineIn>,
}

/// Goods by the line of the order or by what was scanned: our SKU, a GTIN, the supplier's SKU or
/// the barcode of a pack, which counts its units.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivedLineIn {
    pub line: Option<i64>,
    pub code: Option<String>,
    /// One where absent.
    pub quantity: Option<String>,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    pub expires_on: Option<String>,
    #[serde(default)]
    pub serials: Vec<String>,
    pub bin: Option<String>,
    pub condition: Option<String>,
}

impl ArrivedLineIn {
    /// The line as a plain receipt has it.
    pub fn receipt(&self, sku: &str, quantity: String, unit: Option<String>) -> ReceiptLineIn {
        ReceiptLineIn {
            sku: sku.into(),
            quantity,
            unit,
            length: self.length.clone(),
            lot: self.lot.clone(),
            expires_on: self.expires_on.clone(),
            serials: self.serials.clone(),
            bin: self.bin.clone(),
            condition: self.condition.clone(),
            cost: None,
        }
    }
}

/// What a supplier sent straight to our customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchedIn {
    pub reference: Option<String>,
    pub tracking: Option<String>,
    /// Everything that is open where empty.
    #[serde(default)]
    pub lines: Vec<DispatchedLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchedLineIn {
    pub line: i64,
    pub quantity: String,
    pub unit: Option<String>,
}

/// A supplier's invoice or credit note.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierInvoiceIn {
    pub supplier: String,
    /// `invoice` (default) or `credit_note`.
    pub kind: Option<String>,
    pub number: String,
    pub invoiced_on: String,
    /// By the supplier's terms where absent.
    pub due_on: Option<String>,
    /// The supplier's where absent.
    pub currency: Option<String>,
    /// A purchase order of which everything received and not invoiced is meant, where `lines` is
    /// empty.
    pub purchase: Option<String>,
    #[serde(default)]
    pub lines: Vec<SupplierInvoiceLineIn>,
    #[serde(default)]
    pub charges: Vec<SupplierChargeIn>,
    pub tax: Option<String>,
    pub tax_code: Option<String>,
    /// What the document says; checked where it is given.
    pub total: Option<String>,
}

/// Goods of a purchase line, or goods that were sent back.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierInvoiceLineIn {
    /// The purchase order, or of a credit note the return.
    pub purchase: Option<String>,
    pub vendor_return: Option<String>,
    pub line: i64,
    pub quantity: String,
    pub unit: Option<String>,
    /// Of the whole line, without tax; at the order's price where absent.
    pub net: Option<String>,
}

/// Freight and the like.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierChargeIn {
    pub description: String,
    pub net: String,
    /// How the goods bear it: `value` (default), `weight` or `none`.
    pub spread: Option<String>,
}

/// A payment to a supplier of one or several invoices, less credit notes of his.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierPaymentIn {
    pub supplier: String,
    pub paid_on: Option<String>,
    pub reference: Option<String>,
    pub invoices: Vec<SupplierPartIn>,
    /// Credit notes that are used; in full where no amount is given.
    #[serde(default)]
    pub credits: Vec<SupplierPartIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierPartIn {
    /// The supplier's number of the document.
    pub number: String,
    /// What is open of it where absent.
    pub amount: Option<String>,
}

/// Goods that go back to their supplier.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VendorReturnIn {
    pub supplier: String,
    pub location: String,
    /// The supplier's leave, such as his return number.
    pub reference: Option<String>,
    pub reason: String,
    pub lines: Vec<VendorReturnLineIn>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VendorReturnLineIn {
    pub sku: String,
    pub quantity: String,
    pub unit: Option<String>,
    pub length: Option<String>,
    pub lot: Option<String>,
    pub bin: Option<String>,
    /// `sellable` where absent.
    pub condition: Option<String>,
}

/// What a supplier sends back of a return.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectedIn {
    pub line: i64,
    pub quantity: String,
    pub unit: Option<String>,
}

/// A rebate that was agreed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RebateIn {
    pub code: String,
    pub name: String,
    /// The code of the supplier who gives it, or the number of the account that gets it.
    pub supplier: Option<String>,
    pub account: Option<String>,
    /// `percent` (default) or `unit`.
    pub basis: Option<String>,
    /// Only this item's lines.
    pub sku: Option<String>,
    /// `month`, `quarter` or `year` (default).
    pub span: Option<String>,
    pub tiers: Vec<TierIn>,
    pub starts_on: String,
    pub ends_on: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierIn {
    /// Net turnover as an amount, or base units, from which on the rate holds.
    pub from: String,
    /// Percent, or an amount for one base unit.
    pub rate: String,
}

//! What was agreed with a supplier, and what he sells of an item.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::invoice::Variance;
use crate::id::{ItemId, SupplierId};
use crate::qty::{Qty, Ratio};
use crate::refusal::{Code, Refusal, ensure};

/// Days to pay, tolerances in parts per million, and what is paid before special orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SupplierTerms {
    pub terms_days: i64,
    /// How far a delivery may be above and below what was ordered.
    pub over_ppm: i64,
    pub under_ppm: i64,
    /// How far an invoice may be above the price of the order.
    pub price_ppm: i64,
    pub variance: Variance,
    /// The share of a special order's amount that its customer has paid before it is sent.
    pub deposit_ppm: i64,
}

impl Default for SupplierTerms {
    fn default() -> Self {
        Self {
            terms_days: 30,
            over_ppm: 0,
            under_ppm: 0,
            price_ppm: 0,
            variance: Variance::Expense,
            deposit_ppm: 0,
        }
    }
}

impl SupplierTerms {
    /// Checks the ranges.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        let parts = [
            ("/over_percent", self.over_ppm),
            ("/under_percent", self.under_ppm),
            ("/price_percent", self.price_ppm),
            ("/deposit_percent", self.deposit_ppm),
        ];
        for (pointer, ppm) in parts {
            ensure((0..=1_000_000).contains(&ppm), || {
                Refusal::at(Code::InvalidField, pointer, "a share lies between 0 and 100 percent")
            })?;
        }
        ensure((0..=3_650).contains(&self.terms_days), || {
            Refusal::at(Code::InvalidField, "/terms_days", "terms are between 0 and 3,650 days")
        })
    }

    /// The most that may come above and be missing of an ordered quantity; rounded down.
    pub fn tolerance(&self, ordered: Qty) -> (Qty, Qty) {
        let share = |ppm: i64| {
            let part = i128::from(ordered.get()) * i128::from(ppm) / 1_000_000;
            Qty::new(i64::try_from(part).unwrap_or(0)).unwrap_or(Qty::ZERO)
        };
        (share(self.over_ppm), share(self.under_ppm))
    }
}

/// An item as a supplier sells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SupplierItem {
    pub supplier: SupplierId,
    pub item: ItemId,
    /// His own number of it.
    pub sku: Option<String>,
    /// What he sells at once, in base units, and the barcode on it.
    pub pack: Qty,
    pub pack_gtin: Option<String>,
    /// The least he sells, in base units.
    pub minimum: Qty,
    /// Of one `cost_unit`, in his currency.
    pub cost: Option<Decimal>,
    pub cost_unit: String,
    pub cost_ratio: Ratio,
    /// His lead time for it where it differs from that of the others.
    pub lead_time_days: Option<i64>,
    pub version: i64,
}

//! The documents that move goods without an order: receipts, adjustments, transfers, counts.
//!
//! Each line is the cause of its movements. Quantities are base units of the item, values minor
//! units of the legal entity's currency.

pub mod plan;
mod transfer;

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::Currency;
use crate::order::codes;
use crate::qty::{Qty, QtyDelta};
use crate::time::Instant;
use crate::units::{Condition, Place};
pub use transfer::{
    CarrierClaim, CarrierClaimState, Difference, DifferenceKind, StepKind, Transfer, TransferLine,
    TransferState, TransferStep,
};

codes! {
    /// Where received goods come from.
    ReceiptKind {
        Purchase "purchase", Opening "opening", Production "production", Other "other",
    }
}
codes! {
    /// How far a count is.
    CountState { Open "open", Posted "posted", Canceled "canceled" }
}

/// Where goods of a document lie: a bin in the document's location.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spot {
    pub item: ItemId,
    /// Zero where no lot is recorded.
    pub lot: LotId,
    pub bin: BinId,
    pub condition: Condition,
}

impl Spot {
    pub const fn place(&self, location: LocationId) -> Place {
        Place::bin(location, self.bin, self.condition)
    }
}

/// Goods that came in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub id: ReceiptId,
    pub number: String,
    pub kind: ReceiptKind,
    pub location: LocationId,
    pub supplier: Option<SupplierId>,
    pub purchase_order: Option<PurchaseOrderId>,
    /// The supplier's delivery note or the like.
    pub reference: Option<String>,
    pub currency: Currency,
    pub received_at: Instant,
    pub reversed_at: Option<Instant>,
    pub lines: Vec<ReceiptLine>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptLine {
    pub id: ReceiptLineId,
    pub position: i64,
    /// What was ordered of it.
    #[serde(default)]
    pub purchase_line: Option<PurchaseLineId>,
    pub spot: Spot,
    pub qty: Qty,
    pub value: i64,
}

/// Goods that are more or fewer than was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub location: LocationId,
    pub spot: Spot,
    /// Never zero.
    pub delta: QtyDelta,
    pub reason: String,
    pub adjusted_at: Instant,
    pub reverses: Option<AdjustmentId>,
}

/// A count of goods while business goes on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Count {
    pub id: CountId,
    pub number: String,
    pub location: LocationId,
    pub state: CountState,
    /// Whether those who count are kept from seeing what is expected.
    pub blind: bool,
    pub started_at: Instant,
    pub posted_at: Option<Instant>,
    /// When its differences were taken back.
    #[serde(default)]
    pub reversed_at: Option<Instant>,
    pub version: i64,
    pub lines: Vec<CountLine>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CountLine {
    pub id: CountLineId,
    pub spot: Spot,
    pub counted: Qty,
    pub counted_at: Instant,
    /// What the book says was there when it was counted; may be negative where goods left before
    /// their arrival was recorded. Known once the count is posted.
    pub expected: Option<i64>,
    /// Counted − expected, once posted.
    pub difference: Option<i64>,
    /// How often it was counted; the last figure stands.
    #[serde(default)]
    pub rounds: i64,
    /// Why it differs.
    #[serde(default)]
    pub reason: Option<String>,
}

//! The documents that move goods without an order: receipts, adjustments, transfers, counts.
//!
//! Each line is the cause of its movements. Quantities are base units of the item, values minor
//! units of the legal entity's currency.

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::{Currency, cumulative_share};
use crate::order::codes;
use crate::qty::{Qty, QtyDelta};
use crate::time::Instant;
use crate::units::{Condition, Place};

codes! {
    /// Where received goods come from.
    ReceiptKind {
        Purchase "purchase", Opening "opening", Production "production", Other "other",
    }
}
codes! {
    /// How far a transfer is.
    TransferState {
        Draft "draft", Shipped "shipped", PartReceived "part_received", Received "received",
        Canceled "canceled",
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

/// Goods on their way from one of our locations to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transfer {
    pub id: TransferId,
    pub number: String,
    pub from: LocationId,
    pub to: LocationId,
    pub state: TransferState,
    pub version: i64,
    pub created_at: Instant,
    pub shipped_at: Option<Instant>,
    pub lines: Vec<TransferLine>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransferLine {
    pub id: TransferLineId,
    pub position: i64,
    pub item: ItemId,
    pub lot: LotId,
    pub qty: Qty,
    pub sent: Qty,
    pub received: Qty,
    pub written_off: Qty,
    /// What the sent goods took along.
    pub value: i64,
    /// Why the rest was written off.
    pub reason: Option<String>,
}

impl TransferLine {
    /// What is still on its way.
    pub fn in_transit(&self) -> Qty {
        self.sent.less(self.received).less(self.written_off)
    }
    /// The value of the next `qty` that arrive or are written off: slices sum to the whole.
    pub fn slice(&self, qty: Qty) -> i64 {
        let before = self.received.get() + self.written_off.get();
        let share = |part| cumulative_share(self.value, part, self.sent.get());
        share(before + qty.get()) - share(before)
    }
}

impl Transfer {
    /// The state that follows from the lines, once shipped.
    pub fn progress(&self) -> TransferState {
        let some = self.lines.iter().any(|line| !line.received.is_zero());
        match (self.lines.iter().all(|line| line.in_transit().is_zero()), some) {
            (true, _) => TransferState::Received,
            (false, true) => TransferState::PartReceived,
            (false, false) => TransferState::Shipped,
        }
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qty(base: i64) -> Qty {
        Qty::new(base).unwrap()
    }

    proptest! {
        /// However a transfer arrives, its parts bring exactly the value that was sent.
        #[test]
        fn parts_of_a_transfer_sum_to_its_value(
            value in 0_i64..100_000,
            parts in proptest::collection::vec(1_i64..50, 1..8),
        ) {
            let sent = qty(parts.iter().sum());
            let none = Qty::ZERO;
            let mut line = TransferLine {
                id: TransferLineId::NONE,
                position: 1,
                item: ItemId::NONE,
                lot: LotId::NONE,
                qty: sent,
                sent,
                received: none,
                written_off: none,
                value,
                reason: None,
            };
            let mut came = 0;
            for (index, part) in parts.into_iter().enumerate() {
                came += line.slice(qty(part));
                let arrived = index % 2 == 0;
                let counter = if arrived { &mut line.received } else { &mut line.written_off };
                *counter = counter.plus(qty(part)).unwrap();
            }
            prop_assert_eq!((came, line.in_transit()), (value, none));
        }
    }
}

//! Goods that go back to their supplier, until he credits them or sends them back again.

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::cumulative_share;
use crate::order::codes;
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};
use crate::stock::Spot;
use crate::time::Instant;

codes! {
    /// Whether the supplier has decided about all of it.
    VendorReturnState { Sent "sent", Settled "settled" }
}

/// Goods that were sent back to a supplier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VendorReturn {
    pub id: VendorReturnId,
    pub number: String,
    pub supplier: SupplierId,
    pub location: LocationId,
    /// The supplier's leave, such as his return number.
    pub reference: Option<String>,
    pub reason: String,
    pub sent_at: Instant,
    pub version: i64,
    pub lines: Vec<VendorReturnLine>,
}

/// Goods of one place and lot. `credited + rejected ≤ qty`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VendorReturnLine {
    pub id: VendorReturnLineId,
    pub position: i64,
    pub spot: Spot,
    pub qty: Qty,
    pub credited: Qty,
    /// Sent back by the supplier: ours again.
    pub rejected: Qty,
    /// What the goods took along, in minor units of the legal entity's currency.
    pub value: i64,
}

impl VendorReturn {
    pub fn state(&self) -> VendorReturnState {
        if self.lines.iter().all(|line| line.waiting().is_zero()) {
            VendorReturnState::Settled
        } else {
            VendorReturnState::Sent
        }
    }

    /// Returns the line at a position, counted from 1.
    ///
    /// # Errors
    /// `unknown_line`.
    pub fn line_at(&self, position: i64) -> Result<&VendorReturnLine, Refusal> {
        self.lines.iter().find(|line| line.position == position).ok_or_else(|| {
            let detail = format!("return {} has no line {position}", self.number);
            Refusal::new(Code::UnknownLine, detail).allowed(self.lines.len().to_string())
        })
    }
}

impl VendorReturnLine {
    /// What the supplier has neither credited nor sent back.
    pub fn waiting(&self) -> Qty {
        self.qty.less(self.credited).less(self.rejected)
    }

    /// The value of the next `qty` that are decided: slices sum to the whole.
    ///
    /// # Errors
    /// `above_open` with what waits.
    pub fn slice(&self, qty: Qty) -> Result<i64, Refusal> {
        if qty > self.waiting() {
            let detail = format!("{} base units wait for the supplier, not {qty}", self.waiting());
            return Err(Refusal::new(Code::AboveOpen, detail).allowed(self.waiting().to_string()));
        }
        let done = self.credited.get() + self.rejected.get();
        let share = |part: i64| cumulative_share(self.value, part, self.qty.get());
        Ok(share(done + qty.get()) - share(done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Condition;
    use proptest::prelude::*;

    proptest! {
        /// However a return is decided, part by part, its value leaves the account whole.
        #[test]
        fn parts_of_a_return_sum_to_its_value(
            value in 0_i64..100_000, parts in proptest::collection::vec(1_i64..50, 1..8),
        ) {
            let qty = |base| Qty::new(base).unwrap();
            let (item, lot, bin) = (ItemId::NONE, LotId::NONE, BinId::NONE);
            let mut line = VendorReturnLine {
                id: VendorReturnLineId::NONE,
                position: 1,
                spot: Spot { item, lot, bin, condition: Condition::Damaged },
                qty: qty(parts.iter().sum()),
                credited: Qty::ZERO,
                rejected: Qty::ZERO,
                value,
            };
            let mut gone = 0;
            for (index, part) in parts.into_iter().enumerate() {
                gone += line.slice(qty(part)).unwrap();
                let counter =
                    if index % 2 == 0 { &mut line.credited } else { &mut line.rejected };
                *counter = counter.plus(qty(part)).unwrap();
            }
            prop_assert_eq!((gone, line.waiting()), (value, Qty::ZERO));
            prop_assert_eq!(line.slice(qty(1)).unwrap_err().code(), Code::AboveOpen);
        }
    }
}

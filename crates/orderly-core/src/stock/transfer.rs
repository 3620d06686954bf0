//! Goods between our locations: drafted, shipped and received in parts, with differences.

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::{Currency, div_half_even};
use crate::order::codes;
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};
use crate::time::{Day, Instant};
use crate::units::value::issue;

codes! {
    /// How far a transfer is.
    TransferState {
        Draft "draft", Shipped "shipped", PartReceived "part_received", Received "received",
        Canceled "canceled",
    }
}
codes! {
    /// What happened to a transfer's goods at once.
    StepKind { Shipped "shipped", Received "received" }
}
codes! {
    /// What became of goods that did not arrive as they were sent.
    DifferenceKind { Lost "lost", Found "found", Damaged "damaged", Claimed "claimed" }
}
codes! {
    /// How far a claim against a carrier is.
    CarrierClaimState { Open "open", Settled "settled", Withdrawn "withdrawn" }
}

/// Goods on their way from one of our locations to another, or to be sent there.
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
    /// When the goods should be there.
    #[serde(default)]
    pub expected_on: Option<Day>,
    pub lines: Vec<TransferLine>,
    #[serde(default)]
    pub steps: Vec<TransferStep>,
    #[serde(default)]
    pub differences: Vec<Difference>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransferLine {
    pub id: TransferLineId,
    pub position: i64,
    pub item: ItemId,
    pub lot: LotId,
    /// The lot for goods held by length: whose level it claims of. `None` else.
    #[serde(default)]
    pub lot_class: Option<LotId>,
    /// Where the goods are taken from; the location's storage bin where absent.
    #[serde(default)]
    pub bin: Option<BinId>,
    pub qty: Qty,
    /// What it claims at the source; never more than is open.
    #[serde(default)]
    pub allocated: Qty,
    pub sent: Qty,
    /// What will not be sent any more.
    #[serde(default)]
    pub canceled: Qty,
    /// What arrived, damaged goods included.
    pub received: Qty,
    /// What got lost on the way, claimed from the carrier or not.
    pub written_off: Qty,
    /// What the sent goods took along.
    pub value: i64,
    /// How much of that is not on its way any more.
    #[serde(default)]
    pub settled: i64,
    /// Why the rest was written off.
    pub reason: Option<String>,
}

/// Goods that left or arrived at once: their movements have it as their cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransferStep {
    pub id: EventId,
    pub position: i64,
    pub kind: StepKind,
    pub at: Instant,
    pub undone_at: Option<Instant>,
}

/// Goods of a line that did not arrive as they were sent, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    pub id: DifferenceId,
    pub line: TransferLineId,
    pub kind: DifferenceKind,
    pub qty: Qty,
    pub value: i64,
    pub reason: String,
    /// The arrival that told it.
    pub step: EventId,
    pub recorded_at: Instant,
    pub undone_at: Option<Instant>,
}

/// What a carrier owes for goods that got lost in his hands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CarrierClaim {
    pub id: CarrierClaimId,
    pub number: String,
    pub transfer: TransferId,
    pub difference: DifferenceId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub carrier: String,
    pub state: CarrierClaimState,
    /// The value of the goods.
    pub value: i64,
    /// The money that settled it; the rest was given up.
    pub received: Option<i64>,
    pub reason: Option<String>,
    pub version: i64,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
}

impl TransferLine {
    /// What is still on its way.
    pub fn in_transit(&self) -> Qty {
        self.sent.less(self.received).less(self.written_off)
    }

    /// What is still to be sent.
    pub fn open(&self) -> Qty {
        self.qty.less(self.sent).less(self.canceled)
    }

    /// The value of the next `qty` that leave the way: the last ones take the rest, so that the
    /// parts sum to the whole.
    pub fn slice(&self, qty: Qty) -> i64 {
        issue(self.value - self.settled, self.in_transit(), qty)
    }

    /// What goods that were never sent are worth: as much as those that were, half to even.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn worth(&self, qty: Qty) -> Result<i64, Refusal> {
        if self.sent.is_zero() {
            return Ok(0);
        }
        let product = i128::from(self.value) * i128::from(qty.get());
        i64::try_from(div_half_even(product, i128::from(self.sent.get())))
            .map_err(|_| Refusal::new(Code::MoneyTooLarge, "the goods are worth too much"))
    }

    /// Sends `qty` worth `value`; the claim gives way to what leaves.
    pub fn send(&mut self, qty: Qty, value: i64) {
        self.allocated = self.allocated.less(qty);
        self.sent = self.sent.plus(qty).unwrap_or(self.sent);
        self.value += value;
    }

    /// Counts `qty` worth `value` as not on its way any more: received, or written off.
    pub fn leave(&mut self, qty: Qty, value: i64, written_off: bool) {
        let counter = if written_off { &mut self.written_off } else { &mut self.received };
        *counter = counter.plus(qty).unwrap_or(*counter);
        self.settled += value;
    }

    /// The inverse of [`leave`](Self::leave).
    pub fn unleave(&mut self, qty: Qty, value: i64, written_off: bool) {
        let counter = if written_off { &mut self.written_off } else { &mut self.received };
        *counter = counter.less(qty);
        self.settled -= value;
        if self.written_off.is_zero() {
            self.reason = None;
        }
    }
}

impl Transfer {
    /// The state that follows from the lines.
    pub fn progress(&self) -> TransferState {
        let any = |holds: fn(&TransferLine) -> bool| self.lines.iter().any(holds);
        let sent = any(|line| !line.sent.is_zero());
        let waits = any(|line| !line.open().is_zero() || !line.in_transit().is_zero());
        let received = any(|line| !line.received.is_zero());
        match (sent, waits, received) {
            (false, true, _) => TransferState::Draft,
            (_, false, _) => TransferState::Received,
            (true, true, true) => TransferState::PartReceived,
            (true, true, false) => TransferState::Shipped,
        }
    }

    /// Whether nothing of it has left the way yet.
    pub fn untouched(&self) -> bool {
        self.lines.iter().all(|line| line.in_transit() == line.sent)
            && self.differences.iter().all(|one| one.undone_at.is_some())
    }

    /// The position of the next step.
    pub fn next_step(&self) -> i64 {
        self.steps.iter().map(|step| step.position).max().unwrap_or(0) + 1
    }

    /// The latest arrival that was not taken back.
    pub fn last_arrival(&self) -> Option<&TransferStep> {
        let arrived =
            |step: &&TransferStep| step.kind == StepKind::Received && step.undone_at.is_none();
        self.steps.iter().filter(arrived).max_by_key(|step| step.position)
    }

    /// The index of the line at a position.
    ///
    /// # Errors
    /// `unknown_line`.
    pub fn line_at(&self, position: i64) -> Result<usize, Refusal> {
        self.lines.iter().position(|line| line.position == position).ok_or_else(|| {
            let detail = format!("transfer {} has no line {position}", self.number);
            Refusal::at(Code::UnknownLine, "/position", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn qty(base: i64) -> Qty {
        Qty::new(base).unwrap()
    }

    fn line(all: Qty) -> TransferLine {
        TransferLine {
            id: TransferLineId::NONE,
            position: 1,
            item: ItemId::NONE,
            lot: LotId::NONE,
            lot_class: None,
            bin: None,
            qty: all,
            allocated: all,
            sent: Qty::ZERO,
            canceled: Qty::ZERO,
            received: Qty::ZERO,
            written_off: Qty::ZERO,
            value: 0,
            settled: 0,
            reason: None,
        }
    }

    proptest! {
        /// However a transfer leaves and arrives, its parts bring exactly the value that was sent;
        /// taking every arrival back leaves all of it on its way.
        #[test]
        fn parts_of_a_transfer_sum_to_its_value(
            parts in proptest::collection::vec((1_i64..50, 0_i64..10_000, 1_i64..50), 1..8),
        ) {
            let all = qty(parts.iter().map(|(sent, _, _)| sent).sum());
            let mut line = line(all);
            let (mut came, mut worth) = (0, 0);
            let mut arrivals = Vec::new();
            for (index, (sent, value, arrived)) in parts.into_iter().enumerate() {
                line.send(qty(sent), value);
                worth += value;
                let part = qty(arrived).min(line.in_transit());
                let slice = line.slice(part);
                line.leave(part, slice, index % 2 == 0);
                came += slice;
                arrivals.push((part, slice, index % 2 == 0));
            }
            prop_assert_eq!(line.allocated, Qty::ZERO);
            let rest = line.in_transit();
            let slice = line.slice(rest);
            line.leave(rest, slice, false);
            prop_assert_eq!(came + slice, worth);
            line.unleave(rest, slice, false);
            for (part, slice, written_off) in arrivals {
                line.unleave(part, slice, written_off);
            }
            prop_assert_eq!((line.in_transit(), line.settled), (line.sent, 0));
        }
    }
}

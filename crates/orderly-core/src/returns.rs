//! Returns: goods that come back, and what becomes of every unit of them.
//!
//! A return is a value like an order: decisions take the value before and give the value after,
//! and [`change::between`] is both what is saved and what its events carry. Each reception and
//! each decision about received units is a [`Disposition`] of its own, never changed; the
//! counters of a line are the sum of its dispositions.

pub mod change;
pub mod inspect;
pub mod receive;
pub mod request;

use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::Currency;
use crate::order::{Order, codes};
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};
use crate::time::Instant;
use crate::units::Movement;

codes! {
    /// Where a return stands. Approved ones wait for goods; received ones for inspection.
    ReturnState {
        Requested "requested", Approved "approved", Received "received", Closed "closed",
        Refused "refused", Canceled "canceled",
    }
}
codes! {
    /// What became of units. With the customer is where they come from, and where units go whose
    /// reception is taken back.
    Fate {
        Customer "customer", AwaitingInspection "awaiting_inspection", Restocked "restocked",
        Quarantined "quarantined", Repaired "repaired", Refurbished "refurbished",
        Scrapped "scrapped", ToVendor "to_vendor", SentBack "sent_back",
    }
}

impl Fate {
    /// Whether the units are with the customer: never came, or went back.
    pub const fn is_with_customer(self) -> bool {
        matches!(self, Self::Customer | Self::SentBack)
    }
}

/// How many units of a line met each fate, in base units. They sum to what was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fates {
    pub awaiting_inspection: Qty,
    pub restocked: Qty,
    pub quarantined: Qty,
    pub repaired: Qty,
    pub refurbished: Qty,
    pub scrapped: Qty,
    pub to_vendor: Qty,
    pub sent_back: Qty,
}

impl Fates {
    pub const NONE: Self = Self {
        awaiting_inspection: Qty::ZERO,
        restocked: Qty::ZERO,
        quarantined: Qty::ZERO,
        repaired: Qty::ZERO,
        refurbished: Qty::ZERO,
        scrapped: Qty::ZERO,
        to_vendor: Qty::ZERO,
        sent_back: Qty::ZERO,
    };

    fn slot(&mut self, fate: Fate) -> Option<&mut Qty> {
        Some(match fate {
            Fate::Customer => return None,
            Fate::AwaitingInspection => &mut self.awaiting_inspection,
            Fate::Restocked => &mut self.restocked,
            Fate::Quarantined => &mut self.quarantined,
            Fate::Repaired => &mut self.repaired,
            Fate::Refurbished => &mut self.refurbished,
            Fate::Scrapped => &mut self.scrapped,
            Fate::ToVendor => &mut self.to_vendor,
            Fate::SentBack => &mut self.sent_back,
        })
    }
    /// How many units met this fate; zero for those still with the customer.
    pub fn of(&self, fate: Fate) -> Qty {
        let mut own = *self;
        own.slot(fate).map_or(Qty::ZERO, |slot| *slot)
    }
    /// Everything received.
    pub fn sum(&self) -> Option<Qty> {
        Qty::sum(Fate::ALL.iter().map(|fate| self.of(*fate)))
    }
}

/// One line of a return. Quantities in base units of its item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReturnLine {
    pub id: ReturnLineId,
    pub position: i64,
    /// `None`: goods that no order of ours is known for.
    pub order_line: Option<LineId>,
    pub item: Option<ItemId>,
    pub description: String,
    /// Zero where no lot is recorded.
    pub lot: LotId,
    pub reason: Option<String>,
    pub requested: Qty,
    pub received: Qty,
    pub fates: Fates,
    pub refunded: Qty,
    /// What was refunded for the line, in minor units of the return's currency.
    pub amount: i64,
    /// What the received goods cost us, in minor units of the legal entity's currency.
    pub value: i64,
}

impl ReturnLine {
    /// What is announced and has not come yet.
    pub fn outstanding(&self) -> Qty {
        self.requested.less(self.received)
    }
    /// What came and stayed: what may be refunded, less what was.
    pub fn kept(&self) -> Qty {
        self.received.less(self.fates.sent_back)
    }
}

/// One decision about units of a line: the cause of the movements it makes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Disposition {
    pub id: DispositionId,
    pub line: ReturnLineId,
    pub from: Fate,
    pub to: Fate,
    pub qty: Qty,
    pub note: Option<String>,
    pub decided_at: Instant,
}

/// What of a return changes beside its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    pub state: ReturnState,
    /// Where the goods are received.
    pub location: Option<LocationId>,
    pub customer: Option<CustomerId>,
    pub reason: Option<String>,
}

/// A return with all its parts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Return {
    pub id: ReturnId,
    pub number: String,
    /// `None`: a blind return.
    pub order: Option<OrderId>,
    pub channel: ChannelId,
    pub external_id: Option<String>,
    pub currency: Currency,
    /// Imported from before Orderly: touches no stock and no books.
    pub history: bool,
    /// Counts commands: the ETag of the return.
    pub version: i64,
    /// Counts events, without gaps.
    pub sequence: i64,
    pub created_at: Instant,
    pub head: Head,
    pub lines: Vec<ReturnLine>,
    pub dispositions: Vec<Disposition>,
}

impl Return {
    /// Returns the line with this id, or the refusal that names it.
    pub fn line(&self, id: ReturnLineId) -> Result<&ReturnLine, Refusal> {
        self.lines.iter().find(|line| line.id == id).ok_or_else(|| self.no_line(id))
    }
    pub fn line_mut(&mut self, id: ReturnLineId) -> Result<&mut ReturnLine, Refusal> {
        let missing = self.no_line(id);
        self.lines.iter_mut().find(|line| line.id == id).ok_or(missing)
    }
    fn no_line(&self, id: ReturnLineId) -> Refusal {
        Refusal::new(Code::UnknownLine, format!("return {} has no line {id}", self.number))
    }

    /// Moves units of a line from one fate to another and keeps the disposition.
    ///
    /// # Errors
    /// `above_received` with the maximum where fewer units met the fate they leave.
    fn dispose(&mut self, disposition: Disposition) -> Result<(), Refusal> {
        let Disposition { line, from, to, qty, .. } = disposition;
        let line = self.line_mut(line)?;
        if let Some(slot) = line.fates.slot(from) {
            let left = slot.minus(qty).ok_or_else(|| above_received(line.position, from, *slot))?;
            *slot = left;
        }
        let too_large = || Refusal::new(Code::QuantityTooLarge, "a quantity is too large");
        if let Some(slot) = line.fates.slot(to) {
            *slot = slot.plus(qty).ok_or_else(too_large)?;
        }
        line.received = line.fates.sum().ok_or_else(too_large)?;
        self.keep(disposition);
        Ok(())
    }

    /// Adds a disposition; they are kept in order of ids, as they are stored.
    pub(crate) fn keep(&mut self, disposition: Disposition) {
        self.dispositions.push(disposition);
        self.dispositions.sort_by_key(|one| one.id);
    }

    fn ensure_state(&self, allowed: &[ReturnState], verb: &str) -> Result<(), Refusal> {
        if allowed.contains(&self.head.state) {
            return Ok(());
        }
        let state = self.head.state.code();
        let detail = format!("return {} is {state}: it cannot be {verb}", self.number);
        let states: Vec<&str> = allowed.iter().map(|state| state.code()).collect();
        Err(Refusal::new(Code::InvalidTransition, detail).allowed(states.join(", ")))
    }
}

fn above_received(position: i64, from: Fate, most: Qty) -> Refusal {
    let detail = format!("line {position} has {most} units that are {}", from.code());
    Refusal::new(Code::AboveReceived, detail).allowed(most.to_string())
}

/// What a decision changes: the return and its order as they will be, and the goods that move.
#[derive(Clone, Debug)]
pub struct Decision {
    pub returned: Return,
    /// `None` where the order stays as it is.
    pub order: Option<Order>,
    pub movements: Vec<Movement>,
}

/// What of a line of the order may still be announced as coming back, in base units.
pub fn returnable(order: &Order, line: LineId) -> Result<Qty, Refusal> {
    let quantities = order.line(line)?.quantities;
    Ok(quantities.returnable().less(quantities.return_requested))
}

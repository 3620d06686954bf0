//! What we buy: purchase orders, what suppliers invoice for them, and the rebates they earn.
//!
//! Quantities are base units of the item. Prices are in the supplier's currency, values in that of
//! the legal entity.

pub mod invoice;
pub mod quantity;
pub mod rebate;
pub mod supplier;
pub mod supply;
pub mod vendor;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::*;
use crate::money::{Currency, round_to_minor};
use crate::order::codes;
use crate::qty::{Qty, Ratio};
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};

codes! {
    /// How far a purchase order is. It follows from what is recorded of it.
    PurchaseState {
        Draft "draft", Sent "sent", Confirmed "confirmed", PartReceived "part_received",
        Closed "closed", Canceled "canceled",
    }
}

/// The line of a customer's order that a purchase line is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tied {
    pub order: OrderId,
    pub line: LineId,
}

/// A day the supplier named for a line: each is kept, the last one holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    pub expected_on: Day,
    pub confirmed_at: Instant,
    pub reference: Option<String>,
}

/// One article of a purchase order.
///
/// `ordered + over = canceled + open + received`, over within `max_over`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurchaseLine {
    pub id: PurchaseLineId,
    pub position: i64,
    pub item: ItemId,
    pub description: String,
    pub supplier_sku: Option<String>,
    pub tied: Option<Tied>,
    /// Whether the supplier sends the goods straight to our customer.
    pub direct: bool,
    /// What the supplier sells at once, and the least he sells; as they were agreed.
    pub pack: Qty,
    pub minimum: Qty,
    /// The unit the quantity was entered in.
    pub unit: String,
    pub unit_ratio: Ratio,
    /// Of one price unit, in the order's currency.
    pub price: Decimal,
    pub price_unit: String,
    pub price_ratio: Ratio,
    pub max_over: Qty,
    pub max_short: Qty,
    pub ordered: Qty,
    pub canceled: Qty,
    pub received: Qty,
    pub invoiced: Qty,
    /// The value of what was received, at the order's price.
    pub received_minor: i64,
    /// What of it is invoiced and so no longer owed for as not invoiced.
    pub cleared_minor: i64,
    pub expected_on: Option<Day>,
    pub confirmations: Vec<Confirmation>,
}

/// What we ordered from a supplier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurchaseOrder {
    pub id: PurchaseOrderId,
    pub number: String,
    pub supplier: SupplierId,
    /// Where the goods are to arrive; of direct lines, whose books they are in.
    pub location: LocationId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    /// The supplier's number of the order.
    pub reference: Option<String>,
    pub note: Option<String>,
    pub expected_on: Option<Day>,
    pub sent_at: Option<Instant>,
    pub confirmed_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub canceled_at: Option<Instant>,
    /// Counts commands and events alike.
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub lines: Vec<PurchaseLine>,
}

impl PurchaseLine {
    /// What is still to come.
    pub fn open(&self) -> Qty {
        self.ordered.less(self.canceled).less(self.received)
    }
    /// What came beyond what was ordered.
    pub fn over(&self) -> Qty {
        self.received.less(self.ordered.less(self.canceled))
    }
    /// The most that may still be received.
    pub fn receivable(&self) -> Qty {
        let most = self.ordered.less(self.canceled).plus(self.max_over);
        most.unwrap_or(self.ordered).less(self.received)
    }
    /// Whether nothing more is expected: all of it came, but for the tolerance.
    pub fn is_done(&self) -> bool {
        self.open().is_zero() || (!self.received.is_zero() && self.open() <= self.max_short)
    }
    /// What is received and not invoiced; zero where more is invoiced.
    pub fn uninvoiced(&self) -> Qty {
        self.received.less(self.invoiced)
    }

    /// What a quantity costs at the order's price, in minor units of its currency; half away from
    /// zero.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn amount(&self, qty: Qty, currency: Currency) -> Result<i64, Refusal> {
        amount(self.price, self.price_ratio, qty, currency)
    }
    /// What the next `qty` to be received costs: slices sum to the whole.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn slice(&self, qty: Qty, currency: Currency) -> Result<i64, Refusal> {
        let after = self.received.plus(qty).ok_or_else(too_large)?;
        Ok(self.amount(after, currency)? - self.amount(self.received, currency)?)
    }

    /// Names the identity that does not hold, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let came = self.ordered.plus(self.over());
        let went = Qty::sum([self.canceled, self.open(), self.received]);
        if came.is_none() || came != went {
            return Some("ordered + over = canceled + open + received");
        }
        (self.canceled > self.ordered).then_some("canceled ≤ ordered")
    }
}

/// What a quantity costs at a price of one price unit, half away from zero to the minor unit.
///
/// # Errors
/// `money_too_large`.
pub fn amount(price: Decimal, ratio: Ratio, qty: Qty, currency: Currency) -> Result<i64, Refusal> {
    let all = price.checked_mul(Decimal::from(qty.get()));
    let all = all.and_then(|all| all.checked_mul(Decimal::from(ratio.den)));
    let all = all.and_then(|all| all.checked_div(Decimal::from(ratio.num)));
    let minor = all.and_then(|all| round_to_minor(all, currency).ok());
    minor.ok_or_else(too_large)
}

fn too_large() -> Refusal {
    Refusal::new(Code::MoneyTooLarge, "the goods cost too much")
}

impl PurchaseOrder {
    /// The state that follows from what is recorded.
    pub fn state(&self) -> PurchaseState {
        let received = self.lines.iter().any(|line| !line.received.is_zero());
        if self.canceled_at.is_some() {
            return PurchaseState::Canceled;
        }
        if self.closed_at.is_some() {
            return PurchaseState::Closed;
        }
        if self.sent_at.is_none() {
            return PurchaseState::Draft;
        }
        match (received, self.lines.iter().all(PurchaseLine::is_done)) {
            (_, true) => PurchaseState::Closed,
            (true, false) => PurchaseState::PartReceived,
            (false, false) if self.confirmed_at.is_some() => PurchaseState::Confirmed,
            (false, false) => PurchaseState::Sent,
        }
    }

    /// Whether more of it may come: it is sent, and neither closed nor canceled.
    pub fn is_open(&self) -> bool {
        self.sent_at.is_some() && self.closed_at.is_none() && self.canceled_at.is_none()
    }

    /// What a line may still claim for the order line it is tied to.
    pub fn expects(&self, line: &PurchaseLine) -> Qty {
        let ended = self.closed_at.is_some() || self.canceled_at.is_some();
        if ended { Qty::ZERO } else { line.open() }
    }

    /// Returns the line at a position, counted from 1.
    ///
    /// # Errors
    /// `unknown_line`.
    pub fn line_at(&self, position: i64) -> Result<&PurchaseLine, Refusal> {
        self.lines.iter().find(|line| line.position == position).ok_or_else(|| {
            let detail = format!("purchase order {} has no line {position}", self.number);
            Refusal::new(Code::UnknownLine, detail).allowed(self.lines.len().to_string())
        })
    }

    /// Returns the line with this id.
    ///
    /// # Errors
    /// `unknown_line`.
    pub fn line_mut(&mut self, id: PurchaseLineId) -> Result<&mut PurchaseLine, Refusal> {
        let number = &self.number;
        self.lines.iter_mut().find(|line| line.id == id).ok_or_else(|| {
            Refusal::new(Code::UnknownLine, format!("purchase order {number} has no line {id}"))
        })
    }

    /// The amount of everything ordered and not canceled, in minor units of its currency.
    ///
    /// # Errors
    /// `money_too_large`.
    pub fn total(&self) -> Result<i64, Refusal> {
        self.lines.iter().try_fold(0_i64, |sum, line| {
            let part = line.amount(line.ordered.less(line.canceled), self.currency)?;
            sum.checked_add(part).ok_or_else(too_large)
        })
    }

    fn refuse(&self, allowed: &str) -> Refusal {
        let detail = format!("purchase order {} is {}", self.number, self.state().code());
        Refusal::new(Code::InvalidTransition, detail).allowed(allowed)
    }

    /// Refuses what needs an order that more may come of.
    ///
    /// # Errors
    /// `invalid_transition` for a draft, `purchase_closed` for one that is ended.
    pub fn ensure_open(&self) -> Result<(), Refusal> {
        ensure(self.sent_at.is_some() || self.canceled_at.is_some(), || self.refuse("send"))?;
        ensure(self.is_open(), || {
            let detail = format!("purchase order {} is {}", self.number, self.state().code());
            Refusal::new(Code::PurchaseClosed, detail).allowed("reopen")
        })
    }

    /// Sends a draft to its supplier.
    ///
    /// # Errors
    /// `invalid_transition` unless it is a draft.
    pub fn send(&self, now: Instant) -> Result<Self, Refusal> {
        ensure(self.state() == PurchaseState::Draft, || self.refuse("confirm, receive"))?;
        Ok(Self { sent_at: Some(now), ..self.clone() })
    }

    /// Records what the supplier confirmed: his number, and the day of each line named or of all.
    /// A line's earlier days are kept.
    ///
    /// # Errors
    /// `invalid_transition`, `purchase_closed`, `unknown_line`.
    pub fn confirm(
        &self,
        reference: Option<String>,
        all: Option<Day>,
        days: &[(i64, Day)],
        now: Instant,
    ) -> Result<Self, Refusal> {
        self.ensure_open()?;
        for (position, _) in days {
            self.line_at(*position)?;
        }
        let mut after = self.clone();
        after.confirmed_at = Some(now);
        after.reference = reference.clone().or(after.reference);
        after.expected_on = all.or(after.expected_on);
        for line in &mut after.lines {
            let named = days.iter().find(|(position, _)| *position == line.position);
            let Some(day) = named.map(|(_, day)| *day).or(all) else { continue };
            line.expected_on = Some(day);
            line.confirmations.push(Confirmation {
                expected_on: day,
                confirmed_at: now,
                reference: reference.clone(),
            });
        }
        Ok(after)
    }

    /// Counts goods of a line as received, with their value in the legal entity's currency.
    ///
    /// # Errors
    /// `above_tolerance` with the most that may come, unless `beyond` is allowed;
    /// `purchase_closed`, `invalid_transition`, `unknown_line`.
    pub fn receive(
        &mut self,
        line: PurchaseLineId,
        qty: Qty,
        value: i64,
        beyond: bool,
    ) -> Result<(), Refusal> {
        self.ensure_open()?;
        let number = self.number.clone();
        let line = self.line_mut(line)?;
        let most = line.receivable();
        ensure(qty <= most || beyond, || {
            let detail = format!(
                "line {} of {number} may take {most} base units more, not {qty}",
                line.position
            );
            Refusal::new(Code::AboveTolerance, detail).allowed(most.to_string())
        })?;
        line.received = line.received.plus(qty).ok_or_else(too_large)?;
        line.received_minor = line.received_minor.checked_add(value).ok_or_else(too_large)?;
        Ok(())
    }

    /// Takes a receipt of a line back: the inverse of [`Self::receive`].
    ///
    /// # Errors
    /// `not_reversible` where the goods are invoiced; `unknown_line`.
    pub fn unreceive(&mut self, line: PurchaseLineId, qty: Qty, value: i64) -> Result<(), Refusal> {
        let line = self.line_mut(line)?;
        let left = line.received.minus(qty).filter(|left| *left >= line.invoiced);
        line.received = left.ok_or_else(|| {
            let detail = "the goods are invoiced: return them to the supplier instead";
            Refusal::new(Code::NotReversible, detail).allowed("purchases return")
        })?;
        line.received_minor -= value;
        Ok(())
    }

    /// Cancels what is still to come: of the lines named, of all where none is. An order of which
    /// nothing came is canceled as a whole.
    ///
    /// # Errors
    /// `invalid_transition` where it is ended, `unknown_line`, `nothing_to_do`.
    pub fn cancel(&self, lines: &[i64], now: Instant) -> Result<Self, Refusal> {
        let ended = self.closed_at.is_some() || self.canceled_at.is_some();
        ensure(!ended, || self.refuse("reopen"))?;
        for position in lines {
            self.line_at(*position)?;
        }
        let mut after = self.clone();
        let mut gone = 0;
        for line in &mut after.lines {
            if lines.is_empty() || lines.contains(&line.position) {
                gone += line.open().get();
                line.canceled = line.canceled.plus(line.open()).ok_or_else(too_large)?;
            }
        }
        ensure(gone > 0, || {
            let detail = format!("nothing of purchase order {} is to come", self.number);
            Refusal::new(Code::NothingToDo, detail)
        })?;
        if after.lines.iter().all(|line| line.canceled == line.ordered) {
            after.canceled_at = Some(now);
        }
        Ok(after)
    }

    /// Closes an order though some of it did not come; nothing more is received for it.
    ///
    /// # Errors
    /// `invalid_transition` unless it is sent and not ended.
    pub fn close(&self, now: Instant) -> Result<Self, Refusal> {
        ensure(self.is_open(), || self.refuse("send, reopen"))?;
        Ok(Self { closed_at: Some(now), ..self.clone() })
    }

    /// Opens a closed or canceled order again: the inverse of closing and canceling it.
    ///
    /// # Errors
    /// `invalid_transition` unless it was closed or canceled.
    pub fn reopen(&self) -> Result<Self, Refusal> {
        let ended = self.closed_at.is_some() || self.canceled_at.is_some();
        ensure(ended, || self.refuse("close"))?;
        let mut after = Self { closed_at: None, ..self.clone() };
        if after.canceled_at.take().is_some() {
            for line in &mut after.lines {
                line.canceled = Qty::ZERO;
            }
        }
        Ok(after)
    }
}

/// Shares what an order line still needs among the purchase lines tied to it, the oldest first:
/// what each may claim of it.
pub fn shares(needed: Qty, expected: &[(PurchaseLineId, Qty)]) -> Vec<(PurchaseLineId, Qty)> {
    let mut left = needed;
    let share = |(line, open): &(PurchaseLineId, Qty)| {
        let here = left.min(*open);
        left = left.less(here);
        (*line, here)
    };
    expected.iter().map(share).collect()
}

#[cfg(test)]
mod tests;

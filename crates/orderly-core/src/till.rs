//! Tills: drawers of cash at a location, and the sessions in which somebody works with one.
//!
//! All cash of a session comes in and goes out by entries. Who closes it counts first, without
//! knowing what should be there; what is over or short is posted, and the cash goes to the safe.

use serde::{Deserialize, Serialize};

use crate::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use crate::id::*;
use crate::money::{Currency, MAX_MINOR, Money};
use crate::order::codes;
use crate::refusal::{Code, Refusal, ensure};
use crate::text;
use crate::time::{Day, Instant};
use crate::units::{Cause, CauseKind};

codes! {
    /// How far a session is. A counted one takes no more cash; a closed one is final.
    SessionState { Open "open", Counted "counted", Closed "closed" }
}
codes! {
    /// Why cash went into a drawer or out of it.
    EntryKind {
        Float "float", Sale "sale", Refund "refund", PayIn "pay_in", PayOut "pay_out",
        Drop "drop", Difference "difference", CashUp "cash_up",
    }
}

/// A place for cash at a location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawer {
    pub id: DrawerId,
    pub code: String,
    pub name: String,
    pub location: LocationId,
    pub currency: Currency,
    pub active: bool,
    pub version: i64,
    pub created_at: Instant,
}

/// The work with one drawer from one float to one count. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    pub id: TillSessionId,
    pub drawer: DrawerId,
    /// Counts the drawer's sessions.
    pub number: i64,
    pub location: LocationId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    /// The day it is for, in the location's zone.
    pub business_on: Day,
    pub state: SessionState,
    pub float: i64,
    /// The sum of its entries, but for what ends it.
    pub expected: i64,
    pub counted: Option<i64>,
    /// Counted less expected.
    pub difference: Option<i64>,
    pub reason: Option<String>,
    pub version: i64,
    /// Counts events, without gaps.
    pub sequence: i64,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
}

/// Cash that went into a drawer, or out of it where negative.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub id: TillEntryId,
    pub session: TillSessionId,
    pub kind: EntryKind,
    /// In minor units, not zero.
    pub amount: i64,
    /// Where it came from or went to.
    pub account: String,
    /// The payment's transaction, of a sale or refund.
    pub transaction: Option<TransactionId>,
    pub reason: Option<String>,
    pub recorded_at: Instant,
}

/// What somebody counted: pieces of each denomination, in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Count {
    pub id: TillCountId,
    pub session: TillSessionId,
    pub pieces: Vec<(i64, i64)>,
    pub counted: i64,
    pub counted_at: Instant,
}

/// What is announced of a session, as an event of its own stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Session(Box<Session>),
    Entry(Box<Entry>),
    Count(Box<Count>),
}

/// A session as it is decided, with the entries that are new.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub session: Session,
    pub entries: Vec<Entry>,
}

/// What goes into a drawer or out of it by hand.
#[derive(Clone, Debug)]
pub struct Move {
    pub kind: EntryKind,
    /// Into the drawer positive; in minor units, not zero.
    pub amount: i64,
    pub account: Account,
    pub transaction: Option<TransactionId>,
    pub reason: Option<String>,
}

/// Where a session is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    pub legal_entity: LegalEntityId,
    /// The number of the drawer's last session.
    pub last: i64,
    pub business_on: Day,
    /// Cash from the safe, in minor units.
    pub float: i64,
}

/// Opens a session of a drawer with a float from the safe.
///
/// # Errors
/// `money_invalid` for a float below zero, `money_too_large`.
pub fn open(
    drawer: &Drawer,
    opening: &Opening,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Decision, Refusal> {
    let float = opening.float;
    ensure(float >= 0, || Refusal::at(Code::MoneyInvalid, "/float", "a float is not negative"))?;
    ensure(float <= MAX_MINOR, || {
        Refusal::at(Code::MoneyTooLarge, "/float", "the float is too large")
    })?;
    let session = Session {
        id: ids.draw(),
        drawer: drawer.id,
        number: opening.last + 1,
        location: drawer.location,
        legal_entity: opening.legal_entity,
        currency: drawer.currency,
        business_on: opening.business_on,
        state: SessionState::Open,
        float,
        expected: 0,
        counted: None,
        difference: None,
        reason: None,
        version: 1,
        sequence: 1,
        opened_at: now,
        closed_at: None,
    };
    if float == 0 {
        return Ok(Decision { session, entries: Vec::new() });
    }
    let from_safe = Move {
        kind: EntryKind::Float,
        amount: float,
        account: Account::SafeCash,
        transaction: None,
        reason: None,
    };
    session.record(&from_safe, ids, now)
}

impl Session {
    /// Decides that cash goes in or out.
    ///
    /// # Errors
    /// `no_open_session` where it is being counted or closed; `above_drawer` with what is there;
    /// `money_invalid`, `money_too_large`.
    pub fn record(
        &self,
        moved: &Move,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        self.ensure_open()?;
        ensure(moved.amount != 0, || {
            Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero")
        })?;
        let expected = self.expected.saturating_add(moved.amount);
        ensure(expected >= 0, || {
            let (wanted, held) = (self.show(-moved.amount), self.show(self.expected));
            let detail = format!("{wanted} is more than the drawer holds");
            Refusal::new(Code::AboveDrawer, detail).available(held)
        })?;
        ensure(expected <= MAX_MINOR, || {
            Refusal::at(Code::MoneyTooLarge, "/amount", "the amount is too large")
        })?;
        let entry = self.entry(moved, ids, now)?;
        Ok(Decision { session: Self { expected, ..self.clone() }, entries: vec![entry] })
    }

    /// Decides what was counted: the session takes no more cash, unless it is resumed.
    ///
    /// # Errors
    /// `session_closed`; `invalid_transition` where it is counted: the answer said what should be
    /// there; `money_invalid` for pieces below zero, `money_too_large`.
    pub fn count(
        &self,
        pieces: &[(i64, i64)],
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<(Self, Count), Refusal> {
        self.ensure_not_closed()?;
        ensure(self.state != SessionState::Counted, || {
            let detail = "the drawer is counted: go on with its session to count it again";
            Refusal::new(Code::InvalidTransition, detail).allowed("orderly tills resume")
        })?;
        let mut counted = 0_i64;
        for (value, number) in pieces {
            ensure(*value > 0 && *number >= 0, || {
                let detail = "count pieces of a value above zero, none of them negative";
                Refusal::at(Code::MoneyInvalid, "/pieces", detail)
            })?;
            counted = counted.saturating_add(value.saturating_mul(*number));
        }
        ensure(counted <= MAX_MINOR, || {
            Refusal::at(Code::MoneyTooLarge, "/pieces", "that is too much cash")
        })?;
        let count = Count {
            id: ids.draw(),
            session: self.id,
            pieces: pieces.to_vec(),
            counted,
            counted_at: now,
        };
        let state = SessionState::Counted;
        Ok((Self { state, counted: Some(counted), ..self.clone() }, count))
    }

    /// Decides to go on after a count: the inverse of [`Session::count`].
    ///
    /// # Errors
    /// `session_closed`; `nothing_to_do` where it is open.
    pub fn resume(&self) -> Result<Self, Refusal> {
        self.ensure_not_closed()?;
        ensure(self.state == SessionState::Counted, || {
            Refusal::new(Code::NothingToDo, "the session is open")
        })?;
        Ok(Self { state: SessionState::Open, counted: None, ..self.clone() })
    }

    /// Decides the end: what is over or short is an entry, and what was counted goes to the safe.
    ///
    /// # Errors
    /// `session_closed`; `nothing_to_do` before it is counted; `reason_required` for a difference
    /// beyond the tolerance, with the tolerance in `allowed`.
    pub fn close(
        &self,
        tolerance: i64,
        reason: Option<&str>,
        ids: &mut IdSource,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        self.ensure_not_closed()?;
        let uncounted = || Refusal::new(Code::NothingToDo, "count the drawer first");
        let counted = self.counted.ok_or_else(uncounted)?;
        let difference = counted - self.expected;
        let reason = text::optional(reason)?;
        ensure(difference.abs() <= tolerance || reason.is_some(), || {
            let over = if difference > 0 { "over" } else { "short" };
            let detail = format!("the drawer is {} {over}: say why", self.show(difference.abs()));
            Refusal::at(Code::ReasonRequired, "/reason", detail).allowed(self.show(tolerance))
        })?;
        let ends = [
            (EntryKind::Difference, difference, Account::CashDifferences),
            (EntryKind::CashUp, -counted, Account::SafeCash),
        ];
        let mut entries = Vec::new();
        for (kind, amount, account) in ends {
            if amount != 0 {
                let reason = reason.clone();
                let moved = Move { kind, amount, account, transaction: None, reason };
                entries.push(self.entry(&moved, ids, now)?);
            }
        }
        let session = Self {
            state: SessionState::Closed,
            difference: Some(difference),
            reason,
            closed_at: Some(now),
            ..self.clone()
        };
        Ok(Decision { session, entries })
    }

    fn entry(&self, moved: &Move, ids: &mut IdSource, now: Instant) -> Result<Entry, Refusal> {
        Ok(Entry {
            id: ids.draw(),
            session: self.id,
            kind: moved.kind,
            amount: moved.amount,
            account: moved.account.code().to_owned(),
            transaction: moved.transaction,
            reason: text::optional(moved.reason.as_deref())?,
            recorded_at: now,
        })
    }

    fn ensure_open(&self) -> Result<(), Refusal> {
        ensure(self.state == SessionState::Open, || {
            let is = self.state.code();
            let detail = format!("session {} of the drawer is {is}", self.number);
            Refusal::new(Code::NoOpenSession, detail).allowed("orderly tills open")
        })
    }

    fn ensure_not_closed(&self) -> Result<(), Refusal> {
        ensure(self.state != SessionState::Closed, || {
            let detail = format!(
                "session {} is closed and final: correct it in the one that follows",
                self.number
            );
            Refusal::new(Code::SessionClosed, detail)
        })
    }

    fn show(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }

    /// Returns the journal of an entry that no payment posts.
    pub fn journal(&self, entry: &Entry, books: &Books, id: JournalId) -> Option<Journal> {
        if entry.transaction.is_some() {
            return None;
        }
        let head = JournalHead {
            id,
            legal_entity: self.legal_entity,
            kind: JournalKind::Till,
            cause: Cause { kind: CauseKind::TillEntry, id: entry.id.as_bytes() },
            currency: self.currency,
            accounting_on: books.day(entry.recorded_at),
            reverses: None,
        };
        let shared = Dimensions {
            location: Some(self.location),
            document: Some((DocumentKind::TillSession, self.id.as_bytes())),
            ..Dimensions::default()
        };
        let other = Account::parse(&entry.account)?;
        let postings = vec![
            Posting::new(Account::TillCash, entry.amount, shared),
            Posting::new(other, -entry.amount, shared),
        ];
        Some(Journal::new(head, postings).expect("the same amount on both sides"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawer() -> Drawer {
        Drawer {
            id: DrawerId::from_bytes([1; 16]),
            code: "K1".into(),
            name: "Till".into(),
            location: LocationId::from_bytes([2; 16]),
            currency: Currency::parse("EUR").unwrap(),
            active: true,
            version: 1,
            created_at: Instant::from_micros(0),
        }
    }

    fn opening(float: i64) -> Opening {
        let legal_entity = LegalEntityId::from_bytes([3; 16]);
        Opening { legal_entity, last: 0, business_on: Day::from_number(20_000), float }
    }

    #[test]
    fn a_closed_session_is_final() {
        let now = Instant::from_micros(0);
        let mut ids = IdSource::new(now, 1);
        let open = open(&drawer(), &opening(100), &mut ids, now).unwrap().session;
        let (counted, _) = open.count(&[(50, 2)], &mut ids, now).unwrap();
        let closed = counted.close(0, None, &mut ids, now).unwrap().session;
        assert_eq!(closed.count(&[], &mut ids, now).unwrap_err().code(), Code::SessionClosed);
        assert_eq!(closed.resume().unwrap_err().code(), Code::SessionClosed);
        let again = closed.close(0, None, &mut ids, now).unwrap_err();
        assert_eq!(again.code(), Code::SessionClosed);
    }

    proptest! {
        /// Whatever goes in and out, the entries sum to what is expected, and to nothing at the
        /// end.
        #[test]
        fn entries_sum_to_what_is_expected(
            float in 0_i64..1_000, moves in proptest::collection::vec(-500_i64..500, 0..20),
            counted in 0_i64..2_000,
        ) {
            let now = Instant::from_micros(0);
            let mut ids = IdSource::new(now, 1);
            let opened = open(&drawer(), &opening(float), &mut ids, now).unwrap();
            let (mut session, mut entries) = (opened.session, opened.entries);
            for amount in moves {
                let moved = Move {
                    kind: EntryKind::Sale,
                    amount,
                    account: Account::CustomerDeposits,
                    transaction: None,
                    reason: None,
                };
                if let Ok(done) = session.record(&moved, &mut ids, now) {
                    session = done.session;
                    entries.extend(done.entries);
                }
                let sum: i64 = entries.iter().map(|one| one.amount).sum();
                prop_assert_eq!(sum, session.expected);
                prop_assert!(session.expected >= 0);
            }
            let (session, _) = session.count(&[(1, counted)], &mut ids, now).unwrap();
            let done = session.close(0, Some("a coin"), &mut ids, now).unwrap();
            entries.extend(done.entries);
            prop_assert_eq!(entries.iter().map(|one| one.amount).sum::<i64>(), 0);
        }
    }
}

//! Statements of accounts: what was issued, what settled it, what is open and how late it is, as of
//! a day. Made of rows that are only ever added, so the same day gives the same statement again.

use crate::id::{InvoiceId, SiteId};
use crate::order::codes;
use crate::time::Day;
use serde::{Deserialize, Serialize};

codes! {
    /// What an entry of a statement is: a document, or what settles one.
    EntryKind {
        Invoice "invoice", Receipt "receipt", CreditNote "credit_note", Deposit "deposit",
        Application "application", WriteOff "write_off", Payout "payout",
        Replacement "replacement",
    }
}

/// A document of an account with everything that settled it. Amounts in minor units; a credit
/// note's are negative, and what settles it positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    pub id: InvoiceId,
    pub kind: EntryKind,
    /// What people call it: its series and number.
    pub name: String,
    pub site: Option<SiteId>,
    pub reference: Option<String>,
    pub issued_on: Day,
    pub due_on: Day,
    pub total: i64,
    pub settled: Vec<Settled>,
}

/// An amount that settled a part of a document; with the sign of the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    pub kind: EntryKind,
    pub on: Day,
    pub amount: i64,
}

impl Document {
    /// What of the document is open at the end of a day.
    pub fn open(&self, as_of: Day) -> i64 {
        if self.issued_on > as_of {
            return 0;
        }
        let settled = self.settled.iter().filter(|one| one.on <= as_of);
        self.total - settled.map(|one| one.amount).sum::<i64>()
    }
}

/// What is owed by how late it is, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Aged {
    /// Not due yet, or due on the day itself.
    pub current: i64,
    /// 1 to 30 days late.
    pub to_30: i64,
    pub to_60: i64,
    pub to_90: i64,
    pub over_90: i64,
}

impl Aged {
    /// Adds an amount that is due on a day, as seen at the end of another.
    pub fn add(&mut self, due_on: Day, as_of: Day, amount: i64) {
        let late = as_of.number().saturating_sub(due_on.number());
        let slot = match late {
            ..=0 => &mut self.current,
            1..=30 => &mut self.to_30,
            31..=60 => &mut self.to_60,
            61..=90 => &mut self.to_90,
            _ => &mut self.over_90,
        };
        *slot += amount;
    }
    pub fn plus(&mut self, other: &Self) {
        self.current += other.current;
        self.to_30 += other.to_30;
        self.to_60 += other.to_60;
        self.to_90 += other.to_90;
        self.over_90 += other.over_90;
    }
    pub const fn parts(&self) -> [i64; 5] {
        [self.current, self.to_30, self.to_60, self.to_90, self.over_90]
    }
    pub fn sum(&self) -> i64 {
        self.parts().iter().sum()
    }
}

/// One line of a statement: positive where more is owed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub on: Day,
    pub kind: EntryKind,
    /// The document, or the one that is settled.
    pub name: String,
    pub site: Option<SiteId>,
    pub reference: Option<String>,
    pub due_on: Option<Day>,
    pub amount: i64,
    /// What is owed after it.
    pub balance: i64,
}

/// A document that is open, in whole or in part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenItem {
    pub kind: EntryKind,
    pub name: String,
    pub site: Option<SiteId>,
    pub reference: Option<String>,
    pub issued_on: Day,
    pub due_on: Day,
    pub total: i64,
    pub open: i64,
    /// Days since it was due; zero and below where it is not.
    pub late: i64,
}

/// A statement as of the end of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The first day of the entries.
    pub from: Day,
    pub as_of: Day,
    /// What was owed before the first day.
    pub opening: i64,
    pub entries: Vec<Entry>,
    /// Opening and entries: what the open items sum to.
    pub closing: i64,
    pub open: Vec<OpenItem>,
    pub aged: Aged,
}

/// Draws up a statement of these documents from one day to another. Credit notes set against
/// invoices are not told one by one: they leave what is owed as it is.
pub fn statement(documents: &[Document], from: Day, as_of: Day) -> Statement {
    let mut moves: Vec<Entry> = Vec::new();
    for document in documents {
        moves.push(Entry {
            on: document.issued_on,
            kind: document.kind,
            name: document.name.clone(),
            site: document.site,
            reference: document.reference.clone(),
            due_on: (document.kind != EntryKind::CreditNote).then_some(document.due_on),
            amount: document.total,
            balance: 0,
        });
        for one in document.settled.iter().filter(|one| one.kind != EntryKind::CreditNote) {
            moves.push(Entry {
                on: one.on,
                kind: one.kind,
                name: document.name.clone(),
                site: document.site,
                reference: None,
                due_on: None,
                amount: -one.amount,
                balance: 0,
            });
        }
    }
    moves.retain(|entry| entry.on <= as_of);
    // Stable: what happened on one day stays in the order of its documents.
    moves.sort_by_key(|entry| entry.on);
    let opening = moves.iter().filter(|entry| entry.on < from).map(|entry| entry.amount).sum();
    let mut entries: Vec<Entry> = moves.into_iter().filter(|entry| entry.on >= from).collect();
    let mut balance = opening;
    for entry in &mut entries {
        balance += entry.amount;
        entry.balance = balance;
    }
    let mut aged = Aged::default();
    let mut open = Vec::new();
    for document in documents {
        let left = document.open(as_of);
        if left == 0 {
            continue;
        }
        aged.add(document.due_on, as_of, left);
        open.push(OpenItem {
            kind: document.kind,
            name: document.name.clone(),
            site: document.site,
            reference: document.reference.clone(),
            issued_on: document.issued_on,
            due_on: document.due_on,
            total: document.total,
            open: left,
            late: i64::from(as_of.number()) - i64::from(document.due_on.number()),
        });
    }
    Statement { from, as_of, opening, entries, closing: balance, open, aged }
}

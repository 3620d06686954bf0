//! The JSON shapes of bank accounts, statements and movements.

use orderly_core::bank::propose::Proposal;
use orderly_core::bank::{BankAccount, BankEntry};
use orderly_core::money::Currency;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use super::payments::PaymentOut;
use crate::ops::bank::{Imported, Matched};

/// A bank account of ours.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BankAccountOut {
    /// `bank_account`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub iban: Option<String>,
    pub currency: String,
}

impl From<&BankAccount> for BankAccountOut {
    fn from(one: &BankAccount) -> Self {
        Self {
            object: "bank_account",
            id: one.id.to_string(),
            code: one.code.clone(),
            name: one.name.clone(),
            iban: one.iban.clone(),
            currency: one.currency.to_string(),
        }
    }
}

/// What came of a bank's file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImportedOut {
    /// `bank_import`
    pub object: &'static str,
    pub statements: Vec<StatementTakenOut>,
    /// Balances that do not follow each other: a statement between them is missing.
    pub gaps: Vec<String>,
    /// Ids of movements that were matched because nothing else was possible.
    pub matched: Vec<String>,
}

/// One statement of a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatementTakenOut {
    pub number: String,
    /// `camt053`, `mt940` or `csv`.
    pub format: &'static str,
    /// How many movements it has.
    pub lines: i64,
    /// How many of them are new.
    pub added: i64,
    /// Whether the whole statement had been taken in before.
    pub known: bool,
}

impl From<&Imported> for ImportedOut {
    fn from(done: &Imported) -> Self {
        let statements = done.statements.iter().map(|(kept, known)| StatementTakenOut {
            number: kept.number.clone(),
            format: kept.format.code(),
            lines: kept.entries,
            added: kept.added,
            known: *known,
        });
        Self {
            object: "bank_import",
            statements: statements.collect(),
            gaps: done.gaps.clone(),
            matched: done.matched.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A movement on a bank account.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BankLineOut {
    /// `bank_line`
    pub object: &'static str,
    pub id: String,
    pub booked_on: String,
    pub amount: String,
    pub currency: String,
    pub purpose: String,
    pub payer: Option<String>,
    pub payer_iban: Option<String>,
    pub reference: Option<String>,
    pub end_to_end: Option<String>,
    pub creditor_reference: Option<String>,
}

impl From<&BankEntry> for BankLineOut {
    fn from(one: &BankEntry) -> Self {
        Self {
            object: "bank_line",
            id: one.id.to_string(),
            booked_on: one.booked_on.to_string(),
            amount: amount(one.line.amount, one.currency),
            currency: one.currency.to_string(),
            purpose: one.line.purpose.clone(),
            payer: one.line.payer.clone(),
            payer_iban: one.line.payer_iban.clone(),
            reference: one.line.reference.clone(),
            end_to_end: one.line.end_to_end.clone(),
            creditor_reference: one.line.creditor_reference.clone(),
        }
    }
}

/// What a movement may pay, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalOut {
    /// Its place, which a match names.
    pub place: usize,
    /// The best first; 100 and more names its target and has its amount.
    pub score: i64,
    pub why: Vec<&'static str>,
    pub parts: Vec<ProposedOut>,
}

/// A document that a movement may pay.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposedOut {
    pub number: String,
    pub amount: String,
    pub open: String,
}

impl ProposalOut {
    /// `place` counts from 1.
    pub fn new(place: usize, one: &Proposal, currency: Currency) -> Self {
        let parts = one.parts.iter().map(|(candidate, minor)| ProposedOut {
            number: candidate.name.clone(),
            amount: amount(*minor, currency),
            open: amount(candidate.open, currency),
        });
        Self { place, score: one.score, why: one.why.clone(), parts: parts.collect() }
    }
}

/// A movement and what it is now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MatchedOut {
    /// `bank_match`
    pub object: &'static str,
    /// The movement's id.
    pub line: String,
    pub matched: bool,
    /// The ledger account it clears.
    pub account: Option<&'static str>,
    /// What the bank or provider kept back.
    pub fees: Option<String>,
    pub payment: Option<PaymentOut>,
    /// Of payments that were remitted: what was collected, less what came and its fees.
    pub difference: String,
}

impl From<&Matched> for MatchedOut {
    fn from(done: &Matched) -> Self {
        let currency = done.entry.currency;
        let found = done.found.as_ref();
        Self {
            object: "bank_match",
            line: done.entry.id.to_string(),
            matched: found.is_some(),
            account: found.map(|one| one.account.code()),
            fees: found.map(|one| amount(one.fees, currency)),
            payment: done.payment.as_ref().map(PaymentOut::from),
            difference: amount(done.difference, currency),
        }
    }
}

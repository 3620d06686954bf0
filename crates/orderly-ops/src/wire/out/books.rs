//! Journals and rates of exchange as they are answered.

use orderly_core::books::rate::Rate;
use orderly_core::books::{Journal, Posting};
use orderly_core::money::Currency;
use orderly_core::time::Instant;
use orderly_store::tables::journals::Numbered;
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;

/// A journal: its postings sum to zero.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JournalOut {
    pub object: &'static str,
    pub id: String,
    /// Absent until it is read back.
    pub number: Option<i64>,
    pub kind: &'static str,
    pub accounting_on: String,
    pub recorded_at: String,
    pub cause_kind: &'static str,
    pub cause_id: String,
    pub currency: String,
    pub reverses: Option<String>,
    pub postings: Vec<PostingOut>,
}

/// A debit, or a credit with a minus.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PostingOut {
    pub account: &'static str,
    pub amount: String,
    pub location_id: Option<String>,
    pub channel_id: Option<String>,
    pub party_id: Option<String>,
    pub document_kind: Option<&'static str>,
    pub document_id: Option<String>,
    pub tax_code: Option<String>,
    pub tax_base: Option<String>,
    pub foreign: Option<String>,
}

impl JournalOut {
    pub fn of(journal: &Journal, recorded_at: Instant) -> Self {
        let head = &journal.head;
        let postings = journal.postings().iter().map(|own| posting(own, head.currency));
        Self {
            object: "journal",
            id: head.id.to_string(),
            number: None,
            kind: head.kind.code(),
            accounting_on: head.accounting_on.to_string(),
            recorded_at: recorded_at.to_string(),
            cause_kind: head.cause.kind.code(),
            cause_id: uuid::Uuid::from_bytes(head.cause.id).to_string(),
            currency: head.currency.to_string(),
            reverses: head.reverses.map(|id| id.to_string()),
            postings: postings.collect(),
        }
    }
}

impl From<&Numbered> for JournalOut {
    fn from(one: &Numbered) -> Self {
        Self { number: Some(one.number), ..Self::of(&one.journal, one.recorded_at) }
    }
}

fn posting(own: &Posting, currency: Currency) -> PostingOut {
    let at = &own.dimensions;
    let id = |bytes: [u8; 16]| uuid::Uuid::from_bytes(bytes).to_string();
    PostingOut {
        account: own.account.code(),
        amount: amount(own.amount_minor, currency),
        location_id: at.location.map(|id| id.to_string()),
        channel_id: at.channel.map(|id| id.to_string()),
        party_id: at.party.map(id),
        document_kind: at.document.map(|(kind, _)| kind.code()),
        document_id: at.document.map(|(_, document)| id(document)),
        tax_code: own.tax_code.clone(),
        tax_base: own.tax_base_minor.map(|minor| amount(minor, currency)),
        foreign: own.foreign.map(|money| money.to_string()),
    }
}

/// How much of one currency another is, from a day on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RateOut {
    pub object: &'static str,
    pub currency: String,
    pub into: String,
    pub on: String,
    pub rate: String,
}

impl From<&Rate> for RateOut {
    fn from(rate: &Rate) -> Self {
        Self {
            object: "rate",
            currency: rate.currency.to_string(),
            into: rate.into.to_string(),
            on: rate.rate_on.to_string(),
            rate: rate.rate.to_string(),
        }
    }
}

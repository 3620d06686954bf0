//! The JSON shapes of quotes and agreements.

use orderly_core::quote::{Drawable, Quote, QuoteLine, Terms};
use orderly_core::time::{Day, Instant};
use schemars::JsonSchema;
use serde::Serialize;

use super::{amount, quantity};
use crate::ops::quotes::read::Shown;

/// A quote or agreement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuoteOut {
    /// `quote` or `agreement`
    pub object: &'static str,
    pub id: String,
    pub kind: &'static str,
    pub number: String,
    /// `draft`, `sent`, `accepted`, `declined`, `closed`, `expired`, `part_converted` or
    /// `converted`.
    pub state: &'static str,
    pub version: i64,
    /// The latest revision sent; 0 where none is.
    pub revision: i64,
    pub currency: String,
    pub reference: Option<String>,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    pub message: Option<String>,
    pub total: String,
    /// The lines orders draw on.
    pub lines: Vec<DrawableOut>,
    /// The next revision, not sent yet.
    pub draft: Option<TermsOut>,
    pub created_at: String,
    pub updated_at: String,
    /// Whose it is, by name.
    pub customer: Option<String>,
}

/// A line of the latest revision sent, with what orders have drawn of it, in the line's unit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DrawableOut {
    #[serde(flatten)]
    pub line: QuoteLineOut,
    pub offered: String,
    pub drawn: String,
    pub left: String,
    /// The revision that stated the line last.
    pub revision: i64,
}

/// The terms of one revision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TermsOut {
    pub valid_from: Option<String>,
    pub valid_until: String,
    pub message: Option<String>,
    pub total: String,
    pub lines: Vec<QuoteLineOut>,
}

/// One revision that was sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RevisionOut {
    pub number: i64,
    pub sent_at: String,
    #[serde(flatten)]
    pub terms: TermsOut,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuoteLineOut {
    pub id: String,
    pub position: i64,
    pub kind: &'static str,
    pub sku: Option<String>,
    pub description: String,
    /// As entered, in `unit`.
    pub quantity: String,
    pub unit: String,
    pub cut_length: Option<String>,
    pub price: String,
    /// Of which unit the price is; of `unit` where absent.
    pub price_unit: Option<String>,
    pub amount: String,
    /// What is expected to be called off when.
    pub schedule: Vec<ExpectedOut>,
}

/// A part of an agreed quantity that is expected on a day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExpectedOut {
    pub on: String,
    pub quantity: String,
}

/// A quote with its customer, its revisions and the orders that draw on it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QuotePageOut {
    #[serde(flatten)]
    pub quote: QuoteOut,
    /// The account's number and its site's code.
    pub account: Option<String>,
    pub site: Option<String>,
    pub revisions: Vec<RevisionOut>,
    /// Numbers of the orders that draw on it, the latest first.
    pub orders: Vec<String>,
    /// What the caller may do with it now.
    pub allowed_actions: Vec<&'static str>,
}

impl QuoteOut {
    /// `today` is the business day of its company, `customer` a name.
    pub fn new(quote: &Quote, today: Day, customer: Option<String>) -> Self {
        let money = |minor: i64| amount(minor, quote.currency);
        Self {
            object: quote.kind.code(),
            id: quote.id.to_string(),
            kind: quote.kind.code(),
            number: quote.number.clone(),
            state: quote.standing(today),
            version: quote.version,
            revision: quote.revision,
            currency: quote.currency.to_string(),
            reference: quote.reference.clone(),
            valid_from: quote.valid_from.map(|day| day.to_string()),
            valid_until: quote.valid_until.map(|day| day.to_string()),
            message: quote.message.clone(),
            total: money(quote.total),
            lines: quote.lines.iter().map(|one| DrawableOut::new(quote, one)).collect(),
            draft: quote.draft.as_ref().map(|draft| TermsOut::new(quote, draft)),
            created_at: quote.created_at.to_string(),
            updated_at: quote.updated_at.to_string(),
            customer,
        }
    }
}

impl DrawableOut {
    fn new(quote: &Quote, one: &Drawable) -> Self {
        let ratio = one.line.unit_ratio;
        Self {
            line: QuoteLineOut::new(quote, &one.line),
            offered: quantity(one.offered, ratio),
            drawn: quantity(one.drawn, ratio),
            left: quantity(one.left(), ratio),
            revision: one.revision,
        }
    }
}

impl TermsOut {
    fn new(quote: &Quote, terms: &Terms) -> Self {
        Self {
            valid_from: terms.valid_from.map(|day| day.to_string()),
            valid_until: terms.valid_until.to_string(),
            message: terms.message.clone(),
            total: amount(terms.totals.total, quote.currency),
            lines: terms.lines.iter().map(|one| QuoteLineOut::new(quote, one)).collect(),
        }
    }
}

impl QuoteLineOut {
    fn new(quote: &Quote, line: &QuoteLine) -> Self {
        let expected = line
            .schedule
            .iter()
            .map(|one| ExpectedOut { on: one.on.to_string(), quantity: one.quantity.clone() });
        Self {
            id: line.id.to_string(),
            position: line.position,
            kind: line.kind.code(),
            sku: line.sku.clone(),
            description: line.description.clone(),
            quantity: line.entered.clone(),
            unit: line.unit.clone(),
            cut_length: line.cut_length.clone(),
            price: line.price.to_string(),
            price_unit: line.price_unit.clone(),
            amount: amount(line.amount, quote.currency),
            schedule: expected.collect(),
        }
    }
}

impl From<&Shown> for QuotePageOut {
    fn from(shown: &Shown) -> Self {
        let own = &shown.quote;
        let party = shown.party.as_ref();
        let name = party.map(|party| party.company.clone().unwrap_or_else(|| party.name.clone()));
        let revision = |(number, at, sent): &(i64, Instant, Terms)| RevisionOut {
            number: *number,
            sent_at: at.to_string(),
            terms: TermsOut::new(own, sent),
        };
        Self {
            quote: QuoteOut::new(own, shown.today, name),
            account: shown.account.as_ref().map(|account| account.number.clone()),
            site: shown.site.as_ref().map(|site| site.code.clone()),
            revisions: shown.revisions.iter().map(revision).collect(),
            orders: shown.orders.iter().map(|order| order.number.clone()).collect(),
            allowed_actions: shown.allowed.clone(),
        }
    }
}

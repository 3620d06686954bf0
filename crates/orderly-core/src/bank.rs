//! What banks say moved on our accounts: statements in three formats, and what an entry may pay.

pub mod camt;
pub mod mt940;
pub mod propose;

use crate::id::*;
use crate::money::{Currency, Money};
use crate::order::codes;
use crate::refusal::{Code, Refusal, ensure};
use crate::time::{Day, Instant};

codes! {
    /// How a statement came.
    Format { Camt053 "camt053", Mt940 "mt940", Csv "csv" }
}

/// An account of ours at a bank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankAccount {
    pub id: BankAccountId,
    pub code: String,
    pub name: String,
    pub iban: Option<String>,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub version: i64,
    pub created_at: Instant,
}

/// A statement as it was read. Amounts in minor units of the account's currency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Statement {
    /// The account's IBAN or number.
    pub account: Option<String>,
    pub number: String,
    pub from: Option<Day>,
    pub until: Option<Day>,
    pub opening: Option<i64>,
    pub closing: Option<i64>,
    pub lines: Vec<Line>,
}

/// One movement on the account, in positive.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    pub booked_on: Option<Day>,
    pub valued_on: Option<Day>,
    pub amount: i64,
    /// The bank's own name of it.
    pub reference: Option<String>,
    pub end_to_end: Option<String>,
    /// A structured reference of ours, such as RF18 5390 0754 7034.
    pub creditor_reference: Option<String>,
    pub purpose: String,
    pub payer: Option<String>,
    pub payer_iban: Option<String>,
}

/// A movement as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankEntry {
    pub id: BankEntryId,
    pub account: BankAccountId,
    pub statement: BankStatementId,
    pub booked_on: Day,
    pub currency: Currency,
    pub line: Line,
}

/// A refusal of a file, with the place in it.
pub fn wrong(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidStatement, detail)
}

/// Reads an amount with a decimal point, without a sign.
pub(crate) fn amount(text: &str, currency: Currency) -> Result<i64, Refusal> {
    let trimmed = text.trim().trim_start_matches('+');
    let trimmed = trimmed.strip_suffix('.').unwrap_or(trimmed);
    let read = Money::parse(trimmed, currency);
    Ok(read.map_err(|error| wrong(format!("an amount cannot be read: {error}")))?.minor())
}

impl Statement {
    /// Refuses a statement whose figures contradict each other, or that has no movement's day.
    ///
    /// # Errors
    /// `invalid_statement`.
    pub fn check(&self, currency: Currency) -> Result<(), Refusal> {
        for line in &self.lines {
            ensure(line.booked_on.is_some() && line.amount != 0, || {
                wrong("a movement has no day or no amount")
            })?;
        }
        let (Some(opening), Some(closing)) = (self.opening, self.closing) else { return Ok(()) };
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.amount)).sum();
        ensure(i128::from(opening) + sum == i128::from(closing), || {
            let show = |minor: i64| Money::new(minor, currency).to_string();
            let detail = format!(
                "statement {}: {} and its movements do not come to {}",
                self.number,
                show(opening),
                show(closing)
            );
            wrong(detail)
        })
    }

    /// What tells each movement from all others of its account: the bank's reference where there
    /// is one, else all its content; and which of several equal ones of its day it is.
    pub fn identities(&self) -> Vec<String> {
        let mut seen = std::collections::HashMap::<String, usize>::new();
        let mut out = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let day = line.booked_on.map_or(0, Day::number);
            let amount = line.amount;
            let own = match &line.reference {
                Some(reference) => format!("ref|{reference}|{day}|{amount}"),
                None => format!(
                    "all|{day}|{amount}|{}|{}|{}|{}",
                    line.purpose,
                    line.payer.as_deref().unwrap_or_default(),
                    line.payer_iban.as_deref().unwrap_or_default(),
                    line.end_to_end.as_deref().unwrap_or_default()
                ),
            };
            let count = seen.entry(own.clone()).or_default();
            *count += 1;
            out.push(format!("{own}|{count}"));
        }
        out
    }
}

/// The text without spaces, in capitals: how references and account numbers are compared.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Whether a reference of ISO 11649 has the right check digits.
pub fn is_creditor_reference(text: &str) -> bool {
    let text = plain(text);
    if !text.starts_with("RF") || !(5..=25).contains(&text.len()) || !text.is_ascii() {
        return false;
    }
    let (head, body) = text.split_at(4);
    let rest = body.chars().chain(head.chars()).try_fold(0_u32, |rest, c| {
        let digit = c.to_digit(36)?;
        Some(if digit < 10 { rest * 10 + digit } else { rest * 100 + digit } % 97)
    });
    rest == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creditor_references_are_checked() {
        assert!(is_creditor_reference("RF18 5390 0754 7034"));
        assert!(!is_creditor_reference("RF19 5390 0754 7034"));
        assert!(!is_creditor_reference("539007547034"));
    }

    #[test]
    fn equal_movements_of_a_day_are_told_apart() {
        let line = Line { booked_on: Some(Day::from_number(1)), amount: 5, ..Line::default() };
        let named = Line { reference: Some("B1".into()), ..line.clone() };
        let statement =
            Statement { lines: vec![line.clone(), line, named], ..Statement::default() };
        let mut all = statement.identities();
        assert_eq!(all, statement.identities());
        all.dedup();
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn balances_that_do_not_add_up_are_refused() {
        let line = Line { booked_on: Some(Day::from_number(1)), amount: 5, ..Line::default() };
        let euro = Currency::parse("EUR").unwrap();
        let mut one = Statement { lines: vec![line], ..Statement::default() };
        (one.opening, one.closing) = (Some(10), Some(15));
        assert_eq!(one.check(euro), Ok(()));
        one.closing = Some(16);
        assert_eq!(one.check(euro).unwrap_err().code(), Code::InvalidStatement);
    }
}

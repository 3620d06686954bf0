//! Rates of exchange, and what they make of amounts and journals.

use rust_decimal::Decimal;

use super::{Journal, JournalHead, Posting, Unbalanced};
use crate::money::{Currency, Money, MoneyError, round_to_minor};
use crate::refusal::{Code, Refusal};
use crate::time::Day;

/// How many days old a rate may be: markets publish none on weekends and holidays.
pub const MAX_AGE_DAYS: i32 = 7;

/// What one unit of a currency was worth in another one on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    pub currency: Currency,
    /// The currency that the rate is in.
    pub into: Currency,
    pub rate_on: Day,
    /// Units of `into` for one unit of `currency`; more than zero.
    pub rate: Decimal,
}

impl Rate {
    /// The same rate read the other way round.
    ///
    /// # Errors
    /// Where one divided by it is no decimal.
    pub fn inverse(&self) -> Result<Self, MoneyError> {
        let rate = Decimal::ONE.checked_div(self.rate).ok_or(MoneyError::Overflow)?;
        Ok(Self { currency: self.into, into: self.currency, rate, ..*self })
    }

    /// Converts an amount, half away from zero to the minor unit of `into`.
    ///
    /// # Errors
    /// `CurrencyMismatch` for an amount in another currency; `Overflow`.
    pub fn convert(&self, amount: Money) -> Result<Money, MoneyError> {
        if amount.currency() != self.currency {
            let (left, right) = (amount.currency(), self.currency);
            return Err(MoneyError::CurrencyMismatch { left, right });
        }
        let value = amount.decimal().checked_mul(self.rate).ok_or(MoneyError::Overflow)?;
        Ok(Money::new(round_to_minor(value, self.into)?, self.into))
    }
}

/// The refusal for a day without a rate.
pub fn missing(currency: Currency, into: Currency, day: Day) -> Refusal {
    let detail = format!(
        "there is no rate of exchange from {currency} into {into} for {day}; set one with \
         `orderly books rates set {currency} {into} RATE --on {day}`"
    );
    Refusal::new(Code::RateMissing, detail)
}

/// Returns the journal in another currency: every posting is converted and keeps its foreign
/// amount; what rounding leaves goes to the largest posting. `None` where nothing is left of it
/// in minor units.
///
/// # Errors
/// Where an amount is out of range.
pub fn converted(journal: &Journal, rate: &Rate) -> Result<Option<Journal>, MoneyError> {
    let foreign = journal.head.currency;
    let minor = |amount: i64| rate.convert(Money::new(amount, foreign)).map(Money::minor);
    let mut postings = Vec::with_capacity(journal.postings().len());
    for posting in journal.postings() {
        postings.push(Posting {
            amount_minor: minor(posting.amount_minor)?,
            tax_base_minor: posting.tax_base_minor.map(minor).transpose()?,
            foreign: Some(Money::new(posting.amount_minor, foreign)),
            ..posting.clone()
        });
    }
    let rest: i64 = postings.iter().map(|posting| posting.amount_minor).sum();
    let largest = (0..postings.len())
        .max_by_key(|index| (postings[*index].amount_minor.abs(), usize::MAX - index));
    if let Some(index) = largest {
        postings[index].amount_minor -= rest;
    }
    postings.retain(|posting| posting.amount_minor != 0);
    let head = JournalHead { currency: rate.into, ..journal.head.clone() };
    match Journal::new(head, postings) {
        Ok(journal) => Ok(Some(journal)),
        Err(Unbalanced::TooFew) => Ok(None),
        Err(_) => Err(MoneyError::Overflow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::{Account, Dimensions, JournalKind};
    use crate::id::*;
    use crate::units::{Cause, CauseKind};
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn rate(from: &str, into: &str, rate: &str) -> Rate {
        Rate {
            currency: currency(from),
            into: currency(into),
            rate_on: Day::parse("2026-11-23").unwrap(),
            rate: Decimal::from_str_exact(rate).unwrap(),
        }
    }

    fn journal(code: &str, amounts: &[i64]) -> Journal {
        let head = JournalHead {
            id: JournalId::from_bytes([1; 16]),
            legal_entity: LegalEntityId::from_bytes([2; 16]),
            kind: JournalKind::Invoice,
            cause: Cause { kind: CauseKind::Invoice, id: [3; 16] },
            currency: currency(code),
            accounting_on: Day::parse("2026-11-23").unwrap(),
            reverses: None,
        };
        let posting = |amount: &i64| Posting::new(Account::Revenue, *amount, Dimensions::default());
        Journal::new(head, amounts.iter().map(posting).collect()).unwrap()
    }

    #[test]
    fn an_amount_is_rounded_to_the_other_currencys_minor_unit() {
        let yen = Money::new(1_999, currency("JPY"));
        let euro = rate("JPY", "EUR", "0.0061").convert(yen).unwrap();
        assert_eq!(euro.to_string(), "12.19 EUR");
        let dinar = rate("EUR", "KWD", "0.3355").convert(Money::new(1_00, currency("EUR")));
        assert_eq!(dinar.unwrap().to_string(), "0.336 KWD");
        assert!(rate("USD", "EUR", "0.9").convert(yen).is_err());
        let back = rate("EUR", "USD", "1.25").inverse().unwrap();
        assert_eq!((back.currency, back.rate), (currency("USD"), Decimal::new(8, 1)));
    }

    #[test]
    fn a_day_without_a_rate_is_refused_and_says_what_to_do() {
        let refusal = missing(currency("USD"), currency("EUR"), Day::parse("2026-11-23").unwrap());
        assert_eq!(refusal.code(), Code::RateMissing);
        assert_eq!(refusal.code().status(), 422);
    }

    #[test]
    fn what_is_worth_nothing_in_the_other_currency_posts_nothing() {
        let converted = converted(&journal("JPY", &[1, -1]), &rate("JPY", "EUR", "0.0001"));
        assert_eq!(converted.unwrap(), None);
    }

    proptest! {
        /// A converted journal balances, keeps what was agreed, and is off by the rounding only.
        #[test]
        fn a_converted_journal_balances(
            amounts in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..6),
            mantissa in 1_i64..5_000_000,
        ) {
            let mut amounts: Vec<i64> = amounts.into_iter().filter(|one| *one != 0).collect();
            let sum: i64 = amounts.iter().sum();
            prop_assume!(sum != 0);
            amounts.push(-sum);
            let rate = Rate { rate: Decimal::new(mantissa, 5), ..rate("USD", "EUR", "1") };
            let own = journal("USD", &amounts);
            if let Some(converted) = converted(&own, &rate).unwrap() {
                let postings = converted.postings();
                prop_assert_eq!(postings.iter().map(|p| p.amount_minor).sum::<i64>(), 0);
                for posting in postings {
                    let exact = rate.convert(posting.foreign.unwrap()).unwrap().minor();
                    let off = (posting.amount_minor - exact).abs();
                    prop_assert!(off <= i64::try_from(amounts.len()).unwrap());
                }
            }
        }
    }
}

//! Rates of exchange: which one holds on a day.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::rate::{Rate, missing};
use orderly_core::money::{Currency, Money, parse_decimal};
use orderly_core::order::price::money_refusal;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::rates;

use serde::{Deserialize, Serialize};

use crate::call::content_hash;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// Returns the rate from one currency into another that holds on a day: the one stored for the
/// day or for the latest day of the week before, in this direction or the other.
///
/// # Errors
/// `rate_missing`.
pub fn rate_on(
    tx: &mut Tx<'_>,
    currency: Currency,
    into: Currency,
    day: Day,
) -> Result<Rate, Error> {
    let (there, back) = (rates::on(tx, currency, into, day)?, rates::on(tx, into, currency, day)?);
    let newer = there.filter(|one| back.is_none_or(|other| one.rate_on >= other.rate_on));
    match (newer, back) {
        (Some(rate), _) => Ok(rate),
        (None, Some(back)) => Ok(back.inverse().map_err(|error| money_refusal(&error))?),
        (None, None) => Err(missing(currency, into, day).into()),
    }
}

/// Returns an amount in another currency, at the rate that holds on a day.
///
/// # Errors
/// `rate_missing`; `money_too_large`.
pub fn convert(tx: &mut Tx<'_>, amount: Money, into: Currency, day: Day) -> Result<Money, Error> {
    if amount.currency() == into {
        return Ok(amount);
    }
    let rate = rate_on(tx, amount.currency(), into, day)?;
    Ok(rate.convert(amount).map_err(|error| money_refusal(&error))?)
}

/// Rates set at once: more are a file in parts.
const MAX_RATES: usize = 20_000;

/// A rate of exchange as it comes in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateIn {
    pub currency: String,
    /// The currency that the rate is in.
    pub into: String,
    /// The day, such as `2026-11-23`.
    pub on: String,
    /// Units of `into` for one unit of `currency`.
    pub rate: String,
}

impl RateIn {
    /// # Errors
    /// `unknown_currency`, `currency_mismatch` for one currency twice, `invalid_field` for what is
    /// no day, `money_invalid` for what is no positive decimal.
    fn check(&self) -> Result<Rate, Refusal> {
        let currency = |text: &str, pointer: &str| {
            let unknown = || {
                let text: String = text.chars().take(10).collect();
                Refusal::at(Code::UnknownCurrency, pointer, format!("there is no currency {text}"))
            };
            Currency::parse(text).ok_or_else(unknown)
        };
        let (own, into) = (currency(&self.currency, "/currency")?, currency(&self.into, "/into")?);
        ensure(own != into, || {
            let detail = format!("{own} is always worth one {own}");
            Refusal::at(Code::CurrencyMismatch, "/into", detail)
        })?;
        let rate_on = Day::parse(&self.on)
            .map_err(|error| Refusal::at(Code::InvalidField, "/on", error.to_string()))?;
        let rate =
            parse_decimal(&self.rate).map_err(|error| money_refusal(&error).under("/rate"))?;
        let above_zero = rate.is_sign_positive() && !rate.is_zero() && rate.scale() <= 12;
        ensure(above_zero, || {
            let detail = "a rate is more than zero, with at most 12 decimal places";
            Refusal::at(Code::MoneyInvalid, "/rate", detail)
        })?;
        Ok(Rate { currency: own, into, rate_on, rate })
    }
}

/// How many rates were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RatesSet {
    pub set: usize,
    #[serde(skip)]
    id: [u8; 16],
}

impl Object for RatesSet {
    fn reference(&self) -> Reference {
        let sequence = i64::try_from(self.set).unwrap_or(i64::MAX);
        Reference { kind: "exchange_rate", id: self.id, sequence }
    }
    fn replay(_: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        Ok(Self { set: usize::try_from(sequence).unwrap_or(0), id })
    }
}

/// Sets rates of exchange, all or none. A rate of a day that has one takes its place; what was
/// posted stays as it was posted.
///
/// # Errors
/// What is wrong with a rate, with its place in the list; `no_lines`, `too_many_lines`.
pub fn set_rates(app: &App, call: &Call, new: &[RateIn]) -> Result<RatesSet, Error> {
    command(app, call, "books.set_rates", |tx| {
        call.require(Permission::SetRates, Scope::default())?;
        ensure(!new.is_empty(), || Refusal::new(Code::NoLines, "there is no rate to set"))?;
        ensure(new.len() <= MAX_RATES, || {
            let detail = format!("at most {MAX_RATES} rates are set at once");
            Refusal::new(Code::TooManyLines, detail).allowed(MAX_RATES.to_string())
        })?;
        let mut all = Vec::with_capacity(new.len());
        for (index, rate) in new.iter().enumerate() {
            all.push(rate.check().map_err(|refusal| refusal.under(&format!("/{index}")))?);
        }
        rates::set(tx, &all, call.now)?;
        let first =
            all.first().map(|rate| format!("{} {} {}", rate.currency, rate.into, rate.rate_on));
        let id = content_hash(first.unwrap_or_default().as_bytes());
        Ok(RatesSet { set: all.len(), id })
    })
}

/// Returns at most `limit` stored rates, newest day first.
pub fn list_rates(app: &App, call: &Call, limit: i64) -> Result<Vec<Rate>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| rates::list(tx, None, limit))?)
}

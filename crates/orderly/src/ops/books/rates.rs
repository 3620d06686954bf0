//! Rates of exchange: which one holds on a day.

use orderly_core::books::rate::{Rate, missing};
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::rates;

use crate::Error;

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

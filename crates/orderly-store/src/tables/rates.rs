//! Rates of exchange, by pair of currencies and day.

use orderly_core::books::rate::{MAX_AGE_DAYS, Rate};
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

const RATE: &str = "SELECT currency, into_currency, rate_on, rate FROM exchange_rate";

const COLUMNS: &[Column] = &[
    Column::new("currency", Kind::Text),
    Column::new("into_currency", Kind::Text),
    Column::new("rate_on", Kind::Int),
    Column::new("rate", Kind::Text),
    Column::new("recorded_at", Kind::Int),
];

/// Adds rates; one that is stored for its pair and day already takes the new value.
pub fn set(tx: &mut Tx<'_>, rates: &[Rate], recorded_at: Instant) -> Result<(), StoreError> {
    let row = |rate: &Rate| {
        vec![v(&rate.currency), v(&rate.into), v(&rate.rate_on), v(&rate.rate), v(&recorded_at)]
    };
    let rows: Vec<Vec<Value>> = rates.iter().map(row).collect();
    let known = "ON CONFLICT (currency, into_currency, rate_on) DO UPDATE
        SET rate = excluded.rate, recorded_at = excluded.recorded_at";
    tx.insert_many("exchange_rate", COLUMNS, &rows, known)?;
    Ok(())
}

/// Returns the latest rate of the pair that is of the day or at most [`MAX_AGE_DAYS`] older, as it
/// was stored.
pub fn on(
    tx: &mut Tx<'_>,
    currency: Currency,
    into: Currency,
    day: Day,
) -> Result<Option<Rate>, StoreError> {
    let sql = format!(
        "{RATE} WHERE currency = $1 AND into_currency = $2 AND rate_on BETWEEN $3 AND $4
          ORDER BY rate_on DESC LIMIT 1"
    );
    tx.query_one(&sql, &[&currency, &into, &day.plus_days(-MAX_AGE_DAYS), &day], from_row)
}

/// Returns at most `limit` rates, newest day first, of one pair or of all.
pub fn list(
    tx: &mut Tx<'_>,
    pair: Option<(Currency, Currency)>,
    limit: i64,
) -> Result<Vec<Rate>, StoreError> {
    let sql = format!(
        "{RATE} WHERE ($1 IS NULL OR currency = $1) AND ($2 IS NULL OR into_currency = $2)
          ORDER BY rate_on DESC, currency, into_currency LIMIT $3"
    );
    let (currency, into) = pair.unzip();
    tx.query(&sql, &[&currency, &into, &limit], from_row)
}

fn from_row(row: &Row<'_>) -> Result<Rate, StoreError> {
    Ok(Rate {
        currency: row.get("currency")?,
        into: row.get("into_currency")?,
        rate_on: row.get("rate_on")?,
        rate: row.get("rate")?,
    })
}

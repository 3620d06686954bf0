//! Numbers people read: taken in blocks where gaps are allowed, one by one where they are not.

use orderly_core::id::LegalEntityId;

use crate::{StoreError, Tx};

/// Takes `count` consecutive numbers of a series and returns the first. A new series starts at
/// `start`. Gap-free only if the transaction that uses the numbers is this one.
pub fn take(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    series: &str,
    start: i64,
    count: i64,
) -> Result<i64, StoreError> {
    let next = tx.query_one(
        "INSERT INTO number_series (legal_entity_id, series, next) VALUES ($1, $2, $3 + $4)
         ON CONFLICT (legal_entity_id, series) DO UPDATE SET next = number_series.next + $4
         RETURNING next",
        &[&entity, &series, &start, &count],
        |row| row.get::<i64>("next"),
    )?;
    Ok(next.map_or(start, |next| next - count))
}

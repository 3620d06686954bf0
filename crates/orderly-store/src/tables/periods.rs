//! Accounting periods: which are closed, and the first day that may be posted on.

use orderly_core::books::period::Period;
use orderly_core::id::{LegalEntityId, UserId};
use orderly_core::time::{Day, Instant};

use crate::{Engine, StoreError, Tx};

/// A period that was closed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub legal_entity: LegalEntityId,
    pub period: Period,
    /// When it was closed; `None` where it is open again.
    pub closed_at: Option<Instant>,
    /// The last number that the ledger had given by then.
    pub closed_number: Option<i64>,
    pub reason: Option<String>,
    pub changed_by: UserId,
}

/// Returns the first day that may be posted on, with the books locked: whoever posts waits until
/// the transaction ends. The outer `None` where there is no such legal entity.
pub fn lock(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Option<Option<Day>>, StoreError> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT open_on FROM legal_entity WHERE id = $1",
        Engine::Postgres => "SELECT open_on FROM legal_entity WHERE id = $1 FOR NO KEY UPDATE",
    };
    tx.query_one(sql, &[&entity], |row| row.get("open_on"))
}

/// Sets the first day that may be posted on; `None` opens everything.
pub fn set_open(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    open_on: Option<Day>,
) -> Result<(), StoreError> {
    tx.exec("UPDATE legal_entity SET open_on = $2 WHERE id = $1", &[&entity, &open_on])?;
    Ok(())
}

/// Keeps what a period is now.
pub fn save(tx: &mut Tx<'_>, closing: &Closing) -> Result<(), StoreError> {
    let state = if closing.closed_at.is_some() { "closed" } else { "open" };
    tx.exec(
        "INSERT INTO accounting_period (legal_entity_id, period, state, closed_at, reason,
             changed_by, closed_number)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (legal_entity_id, period) DO UPDATE
            SET state = excluded.state, closed_at = excluded.closed_at, reason = excluded.reason,
                changed_by = excluded.changed_by, closed_number = excluded.closed_number",
        &[
            &closing.legal_entity,
            &closing.period.to_string(),
            &state,
            &closing.closed_at,
            &closing.reason,
            &closing.changed_by,
            &closing.closed_number,
        ],
    )?;
    Ok(())
}

/// Returns the periods that were closed once, oldest first.
pub fn list(tx: &mut Tx<'_>, entity: LegalEntityId) -> Result<Vec<Closing>, StoreError> {
    let sql = "SELECT period, closed_at, closed_number, reason, changed_by FROM accounting_period
        WHERE legal_entity_id = $1 ORDER BY period";
    tx.query(sql, &[&entity], |row| {
        let period: String = row.get("period")?;
        let changed_by: Option<UserId> = row.get("changed_by")?;
        Ok(Closing {
            legal_entity: entity,
            period: Period::parse(&period)
                .map_err(|error| StoreError::Corrupt(crate::Cause::new(error)))?,
            closed_at: row.get("closed_at")?,
            closed_number: row.get("closed_number")?,
            reason: row.get("reason")?,
            changed_by: changed_by.unwrap_or(UserId::NONE),
        })
    })
}

/// Returns the first and last accounting days that have journals, from a day on.
pub fn posted(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    from: Option<Day>,
) -> Result<Option<(Day, Day)>, StoreError> {
    let from = from.unwrap_or(Day::from_number(i32::MIN));
    let edge = |tx: &mut Tx<'_>, order: &str| {
        let sql = format!(
            "SELECT accounting_on FROM journal WHERE legal_entity_id = $1 AND accounting_on >= $2
              ORDER BY legal_entity_id {order}, accounting_on {order} LIMIT 1"
        );
        tx.query_one(&sql, &[&entity, &from], |row| row.get::<Day>("accounting_on"))
    };
    Ok(edge(tx, "ASC")?.zip(edge(tx, "DESC")?))
}

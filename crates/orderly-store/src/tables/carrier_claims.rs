//! Claims against carriers for goods that got lost in their hands.

use orderly_core::id::{CarrierClaimId, DifferenceId};
use orderly_core::stock::{CarrierClaim, CarrierClaimState};

use crate::{Engine, Row, StoreError, Tx};

/// Adds a claim.
pub fn insert(tx: &mut Tx<'_>, claim: &CarrierClaim) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO carrier_claim (id, number, transfer_id, difference_id, legal_entity_id,
             currency, carrier, state, value_minor, received_minor, reason, version, created_at,
             settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &[
            &claim.id,
            &claim.number,
            &claim.transfer,
            &claim.difference,
            &claim.legal_entity,
            &claim.currency,
            &claim.carrier,
            &claim.state,
            &claim.value,
            &claim.received,
            &claim.reason,
            &claim.version,
            &claim.created_at,
            &claim.settled_at,
        ],
    )?;
    Ok(())
}

/// Returns a claim. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(
    tx: &mut Tx<'_>,
    id: CarrierClaimId,
    lock: bool,
) -> Result<Option<CarrierClaim>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM carrier_claim WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM carrier_claim WHERE id = $1",
    };
    tx.query_one(sql, &[&id], from_row)
}

/// Returns the id of the claim with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<CarrierClaimId>, StoreError> {
    tx.query_one("SELECT id FROM carrier_claim WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the id of the claim for a difference.
pub fn of_difference(
    tx: &mut Tx<'_>,
    difference: DifferenceId,
) -> Result<Option<CarrierClaimId>, StoreError> {
    let sql = "SELECT id FROM carrier_claim WHERE difference_id = $1";
    tx.query_one(sql, &[&difference], |row| row.get("id"))
}

/// Returns up to `limit` claims after a cursor, the oldest first; in one state only where it is
/// given.
pub fn list(
    tx: &mut Tx<'_>,
    state: Option<CarrierClaimState>,
    after: Option<CarrierClaimId>,
    limit: u32,
) -> Result<Vec<CarrierClaim>, StoreError> {
    let after = after.unwrap_or(CarrierClaimId::NONE);
    let sql = "SELECT * FROM carrier_claim WHERE id > $1 AND ($2 IS NULL OR state = $2)
                ORDER BY id LIMIT $3";
    tx.query(sql, &[&after, &state, &limit], from_row)
}

/// Writes how a claim ended if it is still at the version of `before`. Returns whether it was.
pub fn save(
    tx: &mut Tx<'_>,
    before: &CarrierClaim,
    after: &CarrierClaim,
) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE carrier_claim SET state = $3, received_minor = $4, reason = $5, version = $6,
             settled_at = $7
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.received,
            &after.reason,
            &after.version,
            &after.settled_at,
        ],
    )?;
    Ok(saved == 1)
}

fn from_row(row: &Row<'_>) -> Result<CarrierClaim, StoreError> {
    Ok(CarrierClaim {
        id: row.get("id")?,
        number: row.get("number")?,
        transfer: row.get("transfer_id")?,
        difference: row.get("difference_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        carrier: row.get("carrier")?,
        state: row.get("state")?,
        value: row.get("value_minor")?,
        received: row.get("received_minor")?,
        reason: row.get("reason")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        settled_at: row.get("settled_at")?,
    })
}

//! Suppliers.

use orderly_core::id::SupplierId;
use orderly_core::party::Supplier;

use super::{active, state};
use crate::{Row, StoreError, Tx};

const SELECT: &str =
    "SELECT id, code, name, party_id, currency, lead_time_days, state, version FROM supplier";

/// Adds the supplier; false where its code is taken.
pub fn insert(tx: &mut Tx<'_>, supplier: &Supplier) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO supplier (id, code, name, party_id, currency, lead_time_days, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code) DO NOTHING",
        &[
            &supplier.id,
            &supplier.code,
            &supplier.name,
            &supplier.party,
            &supplier.currency,
            &supplier.lead_time_days,
            &state(supplier.active),
            &supplier.version,
        ],
    )?;
    Ok(added == 1)
}

pub fn get(tx: &mut Tx<'_>, id: SupplierId) -> Result<Option<Supplier>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], supplier_from_row)
}

pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Supplier>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE code = $1"), &[&code], supplier_from_row)
}

/// Returns at most `limit` suppliers by code, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Supplier>, StoreError> {
    let sql = format!("{SELECT} WHERE code > $1 ORDER BY code LIMIT $2");
    tx.query(&sql, &[&after, &limit], supplier_from_row)
}

fn supplier_from_row(row: &Row<'_>) -> Result<Supplier, StoreError> {
    Ok(Supplier {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        party: row.get("party_id")?,
        currency: row.get("currency")?,
        lead_time_days: row.get("lead_time_days")?,
        active: active(row)?,
        version: row.get("version")?,
    })
}

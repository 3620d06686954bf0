//! Settings of the tenant and its legal entities.

use orderly_core::catalog::LegalEntity;
use orderly_core::id::LegalEntityId;

use crate::{Row, StoreError, Tx};

const ENTITY: &str = "SELECT id, code, name, country, currency, zone, tax_number FROM legal_entity";

pub fn get(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM setting WHERE key = $1";
    tx.query_one(sql, &[&key], |row| row.get("value"))
}

pub fn set(tx: &mut Tx<'_>, key: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO setting (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    tx.exec(sql, &[&key, &value])?;
    Ok(())
}

/// Returns every setting by key.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT key, value FROM setting ORDER BY key";
    tx.query(sql, &[], |row| Ok((row.get("key")?, row.get("value")?)))
}

/// Adds the legal entity; false where its code is taken.
pub fn insert_entity(tx: &mut Tx<'_>, entity: &LegalEntity) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO legal_entity (id, code, name, country, currency, zone, tax_number)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO NOTHING",
        &[
            &entity.id,
            &entity.code,
            &entity.name,
            &entity.country,
            &entity.currency,
            &entity.zone,
            &entity.tax_number,
        ],
    )?;
    Ok(added == 1)
}

pub fn entity(tx: &mut Tx<'_>, id: LegalEntityId) -> Result<Option<LegalEntity>, StoreError> {
    tx.query_one(&format!("{ENTITY} WHERE id = $1"), &[&id], entity_from_row)
}

/// Returns every legal entity in the order they were added: the first is the merchant itself.
pub fn entities(tx: &mut Tx<'_>) -> Result<Vec<LegalEntity>, StoreError> {
    tx.query(&format!("{ENTITY} ORDER BY id"), &[], entity_from_row)
}

fn entity_from_row(row: &Row<'_>) -> Result<LegalEntity, StoreError> {
    Ok(LegalEntity {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        country: row.get("country")?,
        currency: row.get("currency")?,
        zone: row.get("zone")?,
        tax_number: row.get("tax_number")?,
    })
}

//! The merchant's own roles. The built-in ones are no rows.

use orderly_core::access::Role;
use orderly_core::id::RoleId;
use orderly_core::time::Instant;

use crate::codec::{from_json, json};
use crate::{Row, StoreError, Tx};

/// Adds the role; false where its code is taken.
pub fn insert(tx: &mut Tx<'_>, id: RoleId, role: &Role, now: Instant) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO role (id, code, name, grants, second_factor, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO NOTHING",
        &[
            &id,
            &role.code,
            &role.name,
            &json(&role.grants),
            &role.second_factor,
            &role.version,
            &now,
        ],
    )?;
    Ok(added == 1)
}

/// Writes everything but the code if the role is still at the version of `before`. Returns whether
/// it was.
pub fn save(tx: &mut Tx<'_>, before: &Role, after: &Role) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE role SET name = $3, grants = $4, second_factor = $5, version = $6
          WHERE code = $1 AND version = $2",
        &[
            &before.code,
            &before.version,
            &after.name,
            &json(&after.grants),
            &after.second_factor,
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

/// Deletes the role; false where there is none.
pub fn delete(tx: &mut Tx<'_>, code: &str) -> Result<bool, StoreError> {
    Ok(tx.exec("DELETE FROM role WHERE code = $1", &[&code])? == 1)
}

pub fn get(tx: &mut Tx<'_>, code: &str) -> Result<Option<Role>, StoreError> {
    tx.query_one("SELECT * FROM role WHERE code = $1", &[&code], role_from_row)
}

/// Returns the merchant's own roles by code, at most 1,000.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Role>, StoreError> {
    tx.query("SELECT * FROM role ORDER BY code LIMIT 1000", &[], role_from_row)
}

fn role_from_row(row: &Row<'_>) -> Result<Role, StoreError> {
    Ok(Role {
        code: row.get("code")?,
        name: row.get("name")?,
        all: false,
        grants: from_json(row, "grants")?,
        second_factor: row.get("second_factor")?,
        built_in: false,
        version: row.get("version")?,
    })
}

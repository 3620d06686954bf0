//! API keys, found by the hash of their token.

use orderly_core::access::ApiKey;
use orderly_core::id::{ApiKeyId, UserId};
use orderly_core::time::Instant;

use crate::codec::{from_json, json};
use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT id, start, name, grants, created_by, created_at, expires_at, used_at,
    revoked_at, allowed_ips, version FROM api_key";

pub fn insert(tx: &mut Tx<'_>, key: &ApiKey, token_hash: [u8; 32]) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO api_key (id, token_hash, start, name, grants, created_by, created_at,
             expires_at, used_at, revoked_at, allowed_ips, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &[
            &key.id,
            &token_hash.as_slice(),
            &key.start,
            &key.name,
            &json(&key.grants),
            &key.created_by,
            &key.created_at,
            &key.expires_at,
            &key.used_at,
            &key.revoked_at,
            &json(&key.allowed_ips),
            &key.version,
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], key_from_row)
}

pub fn by_token(tx: &mut Tx<'_>, token_hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
    let sql = format!("{SELECT} WHERE token_hash = $1");
    tx.query_one(&sql, &[&token_hash.as_slice()], key_from_row)
}

/// Returns at most `limit` keys after the one given, in the order they were made.
pub fn list(tx: &mut Tx<'_>, after: ApiKeyId, limit: i64) -> Result<Vec<ApiKey>, StoreError> {
    let sql = format!("{SELECT} WHERE id > $1 ORDER BY id LIMIT $2");
    tx.query(&sql, &[&after, &limit], key_from_row)
}

/// Writes when the key was used last, unless that was less than a minute before.
pub fn use_now(tx: &mut Tx<'_>, id: ApiKeyId, now: Instant) -> Result<bool, StoreError> {
    let before = now.plus_micros(-60_000_000);
    let sql = "UPDATE api_key SET used_at = $2
        WHERE id = $1 AND (used_at IS NULL OR used_at <= $3)";
    Ok(tx.exec(sql, &[&id, &now, &before])? == 1)
}

/// Revokes the key; false where it was revoked or never was.
pub fn revoke(tx: &mut Tx<'_>, id: ApiKeyId, now: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $2, version = version + 1
        WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.exec(sql, &[&id, &now])? == 1)
}

/// Revokes every key that the user made, and returns how many.
pub fn revoke_made_by(tx: &mut Tx<'_>, user: UserId, now: Instant) -> Result<u64, StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $2, version = version + 1
        WHERE created_by = $1 AND revoked_at IS NULL";
    tx.exec(sql, &[&user, &now])
}

fn key_from_row(row: &Row<'_>) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.get("id")?,
        start: row.get("start")?,
        name: row.get("name")?,
        grants: from_json(row, "grants")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        used_at: row.get("used_at")?,
        revoked_at: row.get("revoked_at")?,
        allowed_ips: from_json(row, "allowed_ips")?,
        version: row.get("version")?,
    })
}

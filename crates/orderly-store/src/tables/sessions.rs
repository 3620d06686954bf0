//! Sessions of users, found by the hash of their token.

use orderly_core::access::Session;
use orderly_core::id::{SessionId, UserId};
use orderly_core::time::Instant;

use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT id, user_id, created_at, seen_at, confirmed_at, revoked_at, ip,
    user_agent FROM session";

pub fn insert(tx: &mut Tx<'_>, session: &Session, token_hash: [u8; 32]) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO session (id, token_hash, user_id, created_at, seen_at, confirmed_at,
             revoked_at, ip, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &session.id,
            &token_hash.as_slice(),
            &session.user,
            &session.created_at,
            &session.seen_at,
            &session.confirmed_at,
            &session.revoked_at,
            &session.ip,
            &session.user_agent,
        ],
    )?;
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Session>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], session_from_row)
}

pub fn by_token(tx: &mut Tx<'_>, token_hash: [u8; 32]) -> Result<Option<Session>, StoreError> {
    let sql = format!("{SELECT} WHERE token_hash = $1");
    tx.query_one(&sql, &[&token_hash.as_slice()], session_from_row)
}

/// Returns a user's sessions that are not revoked, the newest first, at most 200.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Session>, StoreError> {
    let sql =
        format!("{SELECT} WHERE user_id = $1 AND revoked_at IS NULL ORDER BY id DESC LIMIT 200");
    tx.query(&sql, &[&user], session_from_row)
}

/// Writes when the session was seen last.
pub fn see(tx: &mut Tx<'_>, id: SessionId, now: Instant) -> Result<(), StoreError> {
    let sql = "UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    tx.exec(sql, &[&id, &now])?;
    Ok(())
}

/// Writes when the password was entered last.
pub fn confirm(tx: &mut Tx<'_>, id: SessionId, now: Instant) -> Result<(), StoreError> {
    tx.exec("UPDATE session SET confirmed_at = $2 WHERE id = $1", &[&id, &now])?;
    Ok(())
}

/// Ends the session; false where it had ended or never was.
pub fn revoke(tx: &mut Tx<'_>, id: SessionId, now: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.exec(sql, &[&id, &now])? == 1)
}

/// Ends every session of the user but one, and returns how many.
pub fn revoke_all(
    tx: &mut Tx<'_>,
    user: UserId,
    but: SessionId,
    now: Instant,
) -> Result<u64, StoreError> {
    let sql = "UPDATE session SET revoked_at = $3
        WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL";
    tx.exec(sql, &[&user, &but, &now])
}

/// Ends every session of every user with the role, and returns how many.
pub fn revoke_of_role(tx: &mut Tx<'_>, code: &str, now: Instant) -> Result<u64, StoreError> {
    let sql = "UPDATE session SET revoked_at = $2 WHERE revoked_at IS NULL
        AND user_id IN (SELECT user_id FROM user_role WHERE role_code = $1)";
    tx.exec(sql, &[&code, &now])
}

/// Deletes sessions that began before, and returns how many.
pub fn delete_before(tx: &mut Tx<'_>, before: Instant) -> Result<u64, StoreError> {
    tx.exec("DELETE FROM session WHERE created_at < $1", &[&before])
}

fn session_from_row(row: &Row<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get("id")?,
        user: row.get("user_id")?,
        created_at: row.get("created_at")?,
        seen_at: row.get("seen_at")?,
        confirmed_at: row.get("confirmed_at")?,
        revoked_at: row.get("revoked_at")?,
        ip: row.get("ip")?,
        user_agent: row.get("user_agent")?,
    })
}

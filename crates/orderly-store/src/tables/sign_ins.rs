//! Attempts to sign in, counted by what they were for and from, and the token of the first set-up.

use orderly_core::time::Instant;

use crate::{StoreError, Tx};

/// The failures of one subject: an account, an address, or one account from one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub count: i64,
    pub last_at: Instant,
    pub blocked_until: Instant,
}

/// Returns the failures of a subject. On PostgreSQL the row is locked, so that attempts at once are
/// counted one after the other.
pub fn failures(tx: &mut Tx<'_>, subject: [u8; 32]) -> Result<Option<Failures>, StoreError> {
    let lock = match tx.engine() {
        crate::Engine::Sqlite => "",
        crate::Engine::Postgres => "FOR UPDATE",
    };
    let sql =
        format!("SELECT failures, last_at, blocked_until FROM sign_in WHERE subject = $1 {lock}");
    tx.query_one(&sql, &[&subject.as_slice()], |row| {
        Ok(Failures {
            count: row.get("failures")?,
            last_at: row.get("last_at")?,
            blocked_until: row.get("blocked_until")?,
        })
    })
}

/// Makes sure that the subject has a row to lock.
pub fn open(tx: &mut Tx<'_>, subject: [u8; 32], now: Instant) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO sign_in (subject, failures, last_at, blocked_until) VALUES ($1, 0, $2, $3)
         ON CONFLICT (subject) DO NOTHING",
        &[&subject.as_slice(), &now, &0_i64],
    )?;
    Ok(())
}

/// Writes the failures of a subject.
pub fn put(tx: &mut Tx<'_>, subject: [u8; 32], failures: &Failures) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO sign_in (subject, failures, last_at, blocked_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures,
             last_at = excluded.last_at, blocked_until = excluded.blocked_until",
        &[&subject.as_slice(), &failures.count, &failures.last_at, &failures.blocked_until],
    )?;
    Ok(())
}

/// Takes one failure back: the attempt succeeded. What waits, waits on.
pub fn forgive(tx: &mut Tx<'_>, subject: [u8; 32]) -> Result<(), StoreError> {
    let sql = "UPDATE sign_in SET failures = failures - 1 WHERE subject = $1 AND failures > 0";
    tx.exec(sql, &[&subject.as_slice()])?;
    Ok(())
}

/// Forgets the failures of a subject.
pub fn clear(tx: &mut Tx<'_>, subject: [u8; 32]) -> Result<(), StoreError> {
    tx.exec("DELETE FROM sign_in WHERE subject = $1", &[&subject.as_slice()])?;
    Ok(())
}

/// Forgets failures that are older, and returns how many subjects had them.
pub fn clear_before(tx: &mut Tx<'_>, before: Instant) -> Result<u64, StoreError> {
    tx.exec("DELETE FROM sign_in WHERE last_at < $1 AND blocked_until < $1", &[&before])
}

/// Puts a token of the first set-up in the place of those that were not used.
pub fn set_token(tx: &mut Tx<'_>, token_hash: [u8; 32], now: Instant) -> Result<(), StoreError> {
    tx.exec("DELETE FROM set_up_token WHERE used_at IS NULL", &[])?;
    let sql = "INSERT INTO set_up_token (token_hash, created_at) VALUES ($1, $2)";
    tx.exec(sql, &[&token_hash.as_slice(), &now])?;
    Ok(())
}

/// Uses the token up, once, where it was made after `since`. Returns whether it could be.
pub fn take_token(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
    since: Instant,
    now: Instant,
) -> Result<bool, StoreError> {
    let sql = "UPDATE set_up_token SET used_at = $3
        WHERE token_hash = $1 AND used_at IS NULL AND created_at >= $2";
    Ok(tx.exec(sql, &[&token_hash.as_slice(), &since, &now])? == 1)
}

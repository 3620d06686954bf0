//! Users, with their roles, and what only they have: hashes of passwords and recovery codes.

use orderly_core::access::User;
use orderly_core::id::UserId;
use orderly_core::time::Instant;

use super::{active, state};
use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT id, email, name, state, factor_confirmed_at, version, created_at
     FROM users";

/// What a sign-in is checked against. Shows nothing of it in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    pub user: UserId,
    pub password_hash: String,
    pub factor: Option<Factor>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An authenticator of a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// Sealed.
    pub secret: Vec<u8>,
    pub confirmed_at: Option<Instant>,
    /// The time step of the last code that was taken.
    pub step: Option<i64>,
}

/// Adds the user with his roles; false where the e-mail address is taken.
pub fn insert(tx: &mut Tx<'_>, user: &User, password_hash: &str) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO users (id, email, name, password_hash, state, password_at, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6) ON CONFLICT (email) DO NOTHING",
        &[
            &user.id,
            &user.email,
            &user.name,
            &password_hash,
            &state(user.active),
            &user.created_at,
            &user.version,
        ],
    )?;
    if added == 1 {
        set_roles(tx, user)?;
    }
    Ok(added == 1)
}

/// Writes name, state and roles if the user is still at the version of `before`. Returns whether
/// he was.
pub fn save(tx: &mut Tx<'_>, before: &User, after: &User) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE users SET name = $3, state = $4, version = $5 WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.name, &state(after.active), &after.version],
    )?;
    if saved == 1 && before.roles != after.roles {
        set_roles(tx, after)?;
    }
    Ok(saved == 1)
}

fn set_roles(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    tx.exec("DELETE FROM user_role WHERE user_id = $1", &[&user.id])?;
    for code in &user.roles {
        let sql = "INSERT INTO user_role (user_id, role_code) VALUES ($1, $2)";
        tx.exec(sql, &[&user.id, code])?;
    }
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    let found = tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], user_from_row)?;
    found.map(|user| with_roles(tx, user)).transpose()
}

/// Returns the user with this address, which is in lower case.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<User>, StoreError> {
    let found = tx.query_one(&format!("{SELECT} WHERE email = $1"), &[&email], user_from_row)?;
    found.map(|user| with_roles(tx, user)).transpose()
}

/// Returns at most `limit` users by address, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<User>, StoreError> {
    let sql = format!("{SELECT} WHERE email > $1 ORDER BY email LIMIT $2");
    let found = tx.query(&sql, &[&after, &limit], user_from_row)?;
    found.into_iter().map(|user| with_roles(tx, user)).collect()
}

/// Returns how many users there are, active or not.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let count = tx.query_one("SELECT COUNT(*) AS n FROM users", &[], |row| row.get("n"))?;
    Ok(count.unwrap_or(0))
}

/// Returns the active users with this role, but for one. Call [`lock`] first where it decides.
pub fn others_with_role(tx: &mut Tx<'_>, code: &str, but: UserId) -> Result<i64, StoreError> {
    let count = tx.query_one(
        "SELECT COUNT(*) AS n FROM user_role r JOIN users u ON u.id = r.user_id
          WHERE r.role_code = $1 AND u.state = 'active' AND u.id <> $2",
        &[&code, &but],
        |row| row.get("n"),
    )?;
    Ok(count.unwrap_or(0))
}

/// Returns how many users have this role, active or not.
pub fn with_role(tx: &mut Tx<'_>, code: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM user_role WHERE role_code = $1";
    Ok(tx.query_one(sql, &[&code], |row| row.get("n"))?.unwrap_or(0))
}

/// Lets changes of users and roles wait for each other until the end of the transaction: the count
/// of owners decides, and two changes may not both count the other's owner.
pub fn lock(tx: &mut Tx<'_>, now: Instant) -> Result<(), StoreError> {
    super::settings::set(tx, "access.changed_at", &now.to_string())
}

/// Returns what a sign-in of the user is checked against.
pub fn secrets(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Secrets>, StoreError> {
    tx.query_one(
        "SELECT id, password_hash, factor_secret, factor_confirmed_at, factor_step FROM users
          WHERE id = $1",
        &[&user],
        |row| {
            let secret: Option<Vec<u8>> = row.get("factor_secret")?;
            let (confirmed_at, step) = (row.get("factor_confirmed_at")?, row.get("factor_step")?);
            let factor = secret.map(|secret| Factor { secret, confirmed_at, step });
            let (user, password_hash) = (row.get("id")?, row.get("password_hash")?);
            Ok(Secrets { user, password_hash, factor })
        },
    )
}

pub fn set_password(
    tx: &mut Tx<'_>,
    user: UserId,
    password_hash: &str,
    now: Instant,
) -> Result<(), StoreError> {
    let sql = "UPDATE users SET password_hash = $2, password_at = $3, version = version + 1
        WHERE id = $1";
    tx.exec(sql, &[&user, &password_hash, &now])?;
    Ok(())
}

/// Writes the authenticator of a user anew; `None` takes it away with its recovery codes.
pub fn set_factor(
    tx: &mut Tx<'_>,
    user: UserId,
    factor: Option<&Factor>,
) -> Result<(), StoreError> {
    let secret = factor.map(|factor| factor.secret.clone());
    let confirmed_at = factor.and_then(|factor| factor.confirmed_at);
    let step = factor.and_then(|factor| factor.step);
    tx.exec(
        "UPDATE users SET factor_secret = $2, factor_confirmed_at = $3, factor_step = $4,
             version = version + 1 WHERE id = $1",
        &[&user, &secret, &confirmed_at, &step],
    )?;
    if factor.is_none() {
        tx.exec("DELETE FROM recovery_code WHERE user_id = $1", &[&user])?;
    }
    Ok(())
}

/// Takes a code of the time step, once: false where that step or a later one was taken before.
pub fn take_step(tx: &mut Tx<'_>, user: UserId, step: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET factor_step = $2
        WHERE id = $1 AND (factor_step IS NULL OR factor_step < $2)";
    Ok(tx.exec(sql, &[&user, &step])? == 1)
}

/// Puts recovery codes in the place of those there are.
pub fn set_recovery_codes(
    tx: &mut Tx<'_>,
    user: UserId,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    tx.exec("DELETE FROM recovery_code WHERE user_id = $1", &[&user])?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_code (code_hash, user_id) VALUES ($1, $2)";
        tx.exec(sql, &[&hash.as_slice(), &user])?;
    }
    Ok(())
}

/// Uses up a recovery code; false where it is none of the user's that is left.
pub fn take_recovery_code(
    tx: &mut Tx<'_>,
    user: UserId,
    hash: [u8; 32],
    now: Instant,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_code SET used_at = $3
        WHERE code_hash = $1 AND user_id = $2 AND used_at IS NULL";
    Ok(tx.exec(sql, &[&hash.as_slice(), &user, &now])? == 1)
}

fn with_roles(tx: &mut Tx<'_>, user: User) -> Result<User, StoreError> {
    let sql = "SELECT role_code FROM user_role WHERE user_id = $1 ORDER BY role_code";
    let roles = tx.query(sql, &[&user.id], |row| row.get("role_code"))?;
    Ok(User { roles, ..user })
}

fn user_from_row(row: &Row<'_>) -> Result<User, StoreError> {
    let confirmed_at: Option<Instant> = row.get("factor_confirmed_at")?;
    Ok(User {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        active: active(row)?,
        roles: Vec::new(),
        second_factor: confirmed_at.is_some(),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

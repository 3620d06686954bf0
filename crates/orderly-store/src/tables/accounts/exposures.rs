//! What accounts and sites may owe and owe. The counters change by guarded updates only.

use std::collections::HashSet;

use orderly_core::id::{AccountId, SiteId};
use orderly_core::party::Exposure;

use crate::codec::v;
use crate::set::query_in;
use crate::{Kind, Row, StoreError, Tx, Value};

/// Which counter: an account (site zero) or one of its sites.
pub type ExposureKey = (AccountId, SiteId);

/// What one counter changes by, in minor units of the account's currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExposureChange {
    pub key: ExposureKey,
    pub open: i64,
    pub dispatched: i64,
    pub invoiced: i64,
    /// Whether the sum must stay within the limit.
    pub guarded: bool,
}

macro_rules! select {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT e.account_id, e.site_id, e.limit_minor, e.open_minor, e.dispatched_minor,
                    e.invoiced_minor FROM ",
            $from,
            " ",
            $rest
        )
    };
}

const KEY: [Kind; 2] = [Kind::Bytes; 2];

/// Adds a counter.
pub fn insert_exposure(tx: &mut Tx<'_>, exposure: &Exposure) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO exposure (account_id, site_id, limit_minor, open_minor, dispatched_minor,
            invoiced_minor) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &exposure.account,
            &exposure.site,
            &exposure.limit,
            &exposure.open,
            &exposure.dispatched,
            &exposure.invoiced,
        ],
    )?;
    Ok(())
}

/// Returns what the account (site zero) and its sites owe, by site.
pub fn exposures(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Exposure>, StoreError> {
    const SQL: &str = select!("exposure e", "WHERE e.account_id = $1 ORDER BY e.site_id");
    tx.query(SQL, &[&account], from_row)
}

/// Returns the counters of these accounts and all their sites, in no order; nothing is locked.
pub fn exposures_of(tx: &mut Tx<'_>, accounts: &[AccountId]) -> Result<Vec<Exposure>, StoreError> {
    query_in(tx, select!("exposure e", ""), "e.account_id", accounts, from_row)
}

/// Returns up to `limit` counters after a key, by key.
pub fn list_exposures(
    tx: &mut Tx<'_>,
    after: ExposureKey,
    limit: u32,
) -> Result<Vec<Exposure>, StoreError> {
    const SQL: &str = select!(
        "exposure e",
        "WHERE (e.account_id, e.site_id) > ($1, $2) ORDER BY e.account_id, e.site_id LIMIT $3"
    );
    tx.query(SQL, &[&after.0, &after.1, &limit], from_row)
}

/// Returns the counters of these keys that exist, by key. PostgreSQL locks them in key order until
/// the transaction ends; SQLite has one writer anyway.
pub fn lock_exposures(tx: &mut Tx<'_>, keys: &[ExposureKey]) -> Result<Vec<Exposure>, StoreError> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let rows: Vec<Vec<Value>> = keys.iter().map(key_values).collect();
    tx.query_many(
        select!("exposure e", "WHERE e.account_id = $1 AND e.site_id = $2"),
        select!(
            "unnest($1::bytea[], $2::bytea[]) AS k(account_id, site_id)
               JOIN exposure e ON e.account_id = k.account_id AND e.site_id = k.site_id",
            "ORDER BY e.account_id, e.site_id FOR UPDATE OF e"
        ),
        &KEY,
        &rows,
        from_row,
    )
}

const CHANGE: [Kind; 6] = [Kind::Bytes, Kind::Bytes, Kind::Int, Kind::Int, Kind::Int, Kind::Int];

const CHANGE_ONE: &str = "
    UPDATE exposure
       SET open_minor = open_minor + $3, dispatched_minor = dispatched_minor + $4,
           invoiced_minor = invoiced_minor + $5
     WHERE account_id = $1 AND site_id = $2
       AND open_minor + $3 >= 0 AND dispatched_minor + $4 >= 0
       AND ($6 = 0 OR limit_minor IS NULL
            OR open_minor + $3 + dispatched_minor + $4 + invoiced_minor + $5 <= limit_minor)
    RETURNING account_id, site_id";

/// Locks in key order before it changes: two batches that share counters wait, never deadlock.
const CHANGE_MANY: &str = "
    WITH v AS (
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[]) AS v(account_id, site_id, open, dispatched, invoiced, guarded)
    ), locked AS MATERIALIZED (
        SELECT e.account_id, e.site_id, v.open, v.dispatched, v.invoiced, v.guarded
          FROM v JOIN exposure e ON e.account_id = v.account_id AND e.site_id = v.site_id
         ORDER BY e.account_id, e.site_id
           FOR UPDATE OF e
    )
    UPDATE exposure e
       SET open_minor = e.open_minor + k.open,
           dispatched_minor = e.dispatched_minor + k.dispatched,
           invoiced_minor = e.invoiced_minor + k.invoiced
      FROM locked k
     WHERE e.account_id = k.account_id AND e.site_id = k.site_id
       AND e.open_minor + k.open >= 0 AND e.dispatched_minor + k.dispatched >= 0
       AND (k.guarded = 0 OR e.limit_minor IS NULL
            OR e.open_minor + k.open + e.dispatched_minor + k.dispatched
               + e.invoiced_minor + k.invoiced <= e.limit_minor)
    RETURNING e.account_id, e.site_id";

/// Changes counters in key order, each all or not at all; a key is given once.
///
/// Returns the first counter that cannot take its change, because a guarded one would pass its
/// limit or a stage would fall below zero. The others are changed by then, so a caller that gets a
/// key undoes the transaction or its savepoint.
pub fn change_exposure(
    tx: &mut Tx<'_>,
    changes: &[ExposureChange],
) -> Result<Option<ExposureKey>, StoreError> {
    let mut changes = changes.to_vec();
    changes.sort_unstable_by_key(|change| change.key);
    let rows: Vec<Vec<Value>> = changes.iter().map(change_values).collect();
    let changed = tx.query_many(CHANGE_ONE, CHANGE_MANY, &CHANGE, &rows, key_from_row)?;
    let changed: HashSet<ExposureKey> = changed.into_iter().collect();
    Ok(changes.iter().map(|change| change.key).find(|key| !changed.contains(key)))
}

/// Sets the limit of an account (site zero) or a site, in minor units; says whether there is one.
pub fn set_limit(
    tx: &mut Tx<'_>,
    account: AccountId,
    site: SiteId,
    limit: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE exposure SET limit_minor = $3 WHERE account_id = $1 AND site_id = $2";
    Ok(tx.exec(sql, &[&account, &site, &limit])? == 1)
}

fn key_values(key: &ExposureKey) -> Vec<Value> {
    vec![v(&key.0), v(&key.1)]
}

fn change_values(change: &ExposureChange) -> Vec<Value> {
    let mut values = key_values(&change.key);
    let deltas = [change.open, change.dispatched, change.invoiced];
    values.extend(deltas.map(Value::Int));
    values.push(Value::Int(i64::from(change.guarded)));
    values
}

fn key_from_row(row: &Row<'_>) -> Result<ExposureKey, StoreError> {
    Ok((row.get("account_id")?, row.get("site_id")?))
}

fn from_row(row: &Row<'_>) -> Result<Exposure, StoreError> {
    Ok(Exposure {
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        limit: row.get("limit_minor")?,
        open: row.get("open_minor")?,
        dispatched: row.get("dispatched_minor")?,
        invoiced: row.get("invoiced_minor")?,
    })
}

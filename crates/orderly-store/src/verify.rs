//! What `verify` asks of the database: one query or one ordered scan per invariant, in bounded
//! memory. Nothing here decides; [`Finding`]s name what differs.

mod banks;
mod books;
pub mod cause;
mod documents;
mod engine;
mod invoices;
mod making;
mod money;
mod orders;
mod purchases;
mod relations;
mod scan;
mod settlements;
mod taxes;
mod tills;
mod trade;
mod units;

pub use cause::name;
pub use engine::{damage, protection, steps};
pub use orders::{Batch, batch};
pub use relations::{Relation, orphans, relations};
pub use scan::{
    Fed, GoodsPosting, Held, Moved, delivered, feed, goods_postings, holdings, late_values,
    length_lots, levels, locations, movements, places,
};
pub use taxes::{posted_taxes, taxed_lines};

use crate::{Row, StoreError, Tx, ValueRef};

/// What names an object: an id, a text such as a number, or a counter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Id([u8; 16]),
    Text(String),
    Int(i64),
}

/// The row that a difference comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The table: `movement`, `claim`, `journal` …
    pub row: String,
    pub id: [u8; 16],
}

/// One violation as the database tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Column names with what they hold, such as `order_id`.
    pub keys: Vec<(String, Key)>,
    /// What of the object differs, where the check looks at several things.
    pub what: Option<String>,
    pub expected: String,
    pub actual: String,
    pub suspect: Option<Suspect>,
}

/// An invariant that one query proves: each of its rows is a violation.
///
/// The columns `expected` and `actual` are what should be and what is, `what` says of what;
/// `cause` and `cause_id` name the row to blame; every other column is a key.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    pub invariant: &'static str,
    pub title: &'static str,
    /// The table whose rows are looked at.
    pub table: &'static str,
    pub sql: &'static str,
    /// What a person does about it.
    pub remedy: &'static str,
}

/// Every check that is one query, in the order of the invariants.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let goods = units::CHECKS.iter().chain(documents::CHECKS).chain(making::CHECKS);
    let money = goods.chain(money::CHECKS).chain(books::CHECKS).chain(invoices::CHECKS);
    let money = money.chain(settlements::CHECKS).chain(tills::CHECKS).chain(banks::CHECKS);
    money.chain(purchases::CHECKS).chain(trade::CHECKS)
}

/// Runs one check: hands over the first `limit` findings and returns how many there are.
pub fn run(
    tx: &mut Tx<'_>,
    check: &Check,
    limit: usize,
    found: &mut Vec<Finding>,
) -> Result<u64, StoreError> {
    let mut count = 0;
    tx.for_each(check.sql, &[], |row| {
        count += 1;
        if count <= limit as u64 {
            found.push(finding(row)?);
        }
        Ok(())
    })?;
    Ok(count)
}

/// How many rows a table has.
pub fn count(tx: &mut Tx<'_>, table: &str) -> Result<u64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let rows = tx.query_one(&sql, &[], |row| row.get::<i64>("n"))?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
}

fn finding(row: &Row<'_>) -> Result<Finding, StoreError> {
    let mut found = Finding {
        keys: Vec::new(),
        what: None,
        expected: String::new(),
        actual: String::new(),
        suspect: None,
    };
    let mut blamed = None;
    for index in 0..row.len() {
        let name = row.name(index).unwrap_or_default().to_owned();
        let Some(key) = key_at(row, index)? else { continue };
        match (name.as_str(), key) {
            ("expected", key) => found.expected = plain(&key),
            ("actual", key) => found.actual = plain(&key),
            ("what", key) => found.what = Some(plain(&key)),
            ("cause", key) => blamed = Some(plain(&key)),
            ("cause_id", Key::Id(id)) => {
                found.suspect = blamed.take().map(|row| Suspect { row, id });
            }
            (_, key) => found.keys.push((name, key)),
        }
    }
    Ok(found)
}

fn key_at(row: &Row<'_>, index: usize) -> Result<Option<Key>, StoreError> {
    let raw = row.raw(index).map_err(|cause| StoreError::Decode {
        column: row.name(index).unwrap_or("?").to_owned(),
        cause: crate::Cause::new(cause),
    })?;
    Ok(match raw {
        ValueRef::Null => None,
        ValueRef::Int(int) => Some(Key::Int(int)),
        ValueRef::Real(real) => Some(Key::Text(real.to_string())),
        ValueRef::Text(text) => Some(Key::Text(text.to_owned())),
        ValueRef::Bytes(bytes) => Some(match bytes.try_into() {
            Ok(id) => Key::Id(id),
            Err(_) => Key::Text(hex(bytes)),
        }),
    })
}

fn plain(key: &Key) -> String {
    match key {
        Key::Id(id) => hex(id),
        Key::Text(text) => text.clone(),
        Key::Int(int) => int.to_string(),
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

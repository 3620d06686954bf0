//! Copies a tenant's database to one of another engine, row by row and losslessly.
//!
//! Tables are copied after those they refer to, each in the order of its primary key and in pieces
//! of their own transactions: what is there already is a beginning, and a copy that was cut off
//! goes on from there. Then both sides are read again and compared.

use sha2::{Digest, Sha256};

use crate::catalog::Table;
use crate::row::Row;
use crate::value::{Kind, ToValue, Value, ValueRef};
use crate::{Column, Store, StoreError, Tx};

/// Rows of one piece.
const PIECE: usize = 2_000;

/// One table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    /// All its rows, also those that were there before.
    pub rows: u64,
}

/// A table with what its statements need.
struct Plan {
    name: String,
    columns: Vec<Column>,
    /// The places of the primary key's columns.
    key: Vec<usize>,
}

/// Copies every table of `from` to `to`, one consistent snapshot, and compares both sides.
/// `each` is told what is copied: a table and how many of its rows are there.
///
/// # Errors
/// `Unfit` where the schemas differ, where `to` holds rows of its own, or where the two sides
/// differ afterwards.
pub fn run(
    from: &Store,
    to: &Store,
    each: &mut dyn FnMut(&str, u64),
) -> Result<Vec<Copied>, StoreError> {
    let catalog = from.catalog()?;
    if to.catalog()? != catalog {
        return Err(StoreError::unfit("the two databases have different schemas"));
    }
    let plans = in_order(&catalog)?;
    from.read(|source| {
        let mut copied = Vec::with_capacity(plans.len());
        for plan in &plans {
            let rows = table(source, to, plan, each)?;
            copied.push(Copied { table: plan.name.clone(), rows });
        }
        for plan in &plans {
            let there = to.read(|target| digest(target, plan))?;
            if digest(source, plan)? != there {
                return Err(StoreError::unfit(format_args!(
                    "the rows of {} differ: it held rows before, or somebody wrote meanwhile",
                    plan.name
                )));
            }
        }
        Ok(copied)
    })
}

/// The tables, each after those it refers to.
fn in_order(catalog: &[Table]) -> Result<Vec<Plan>, StoreError> {
    let mut plans: Vec<Plan> = Vec::with_capacity(catalog.len());
    while plans.len() < catalog.len() {
        let before = plans.len();
        for table in catalog {
            let done = |name: &str| plans.iter().any(|plan| plan.name == name);
            let free = |to: &str| to == table.name || done(to);
            if !done(&table.name) && table.references.iter().all(|one| free(&one.table)) {
                plans.push(plan(table));
            }
        }
        if plans.len() == before {
            return Err(StoreError::unfit("tables refer to each other in a circle"));
        }
    }
    Ok(plans)
}

fn plan(table: &Table) -> Plan {
    // A column's name lives as long as the program: there are a few hundred, and few copies.
    let name = |name: &str| -> &'static str { Box::leak(name.to_owned().into_boxed_str()) };
    let columns = table.columns.iter().map(|one| Column::new(name(&one.name), one.kind)).collect();
    let mut key: Vec<(i64, usize)> = table
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| Some((column.key?, at)))
        .collect();
    key.sort_unstable();
    let key = key.into_iter().map(|(_, at)| at).collect();
    Plan { name: table.name.clone(), columns, key }
}

impl Plan {
    fn names(&self, of: &[usize]) -> String {
        of.iter().map(|at| self.columns[*at].name).collect::<Vec<_>>().join(", ")
    }

    fn keys(&self) -> String {
        self.names(&self.key)
    }

    fn all(&self) -> String {
        self.names(&(0..self.columns.len()).collect::<Vec<_>>())
    }

    fn marks(&self) -> String {
        let marks: Vec<String> = (1..=self.key.len()).map(|number| format!("${number}")).collect();
        marks.join(", ")
    }

    /// The key of a row.
    fn key_of(&self, row: &[Value]) -> Vec<Value> {
        self.key.iter().map(|at| row[*at].clone()).collect()
    }

    fn read(&self, row: &Row<'_>) -> Result<Vec<Value>, StoreError> {
        let columns = self.columns.iter().enumerate();
        columns.map(|(at, column)| owned(row, at, column.kind)).collect()
    }
}

/// The value at a place of a row on its own; NULL knows the kind of its column.
///
/// # Errors
/// Where the row has no such place.
pub fn owned(row: &Row<'_>, at: usize, kind: Kind) -> Result<Value, StoreError> {
    let broken = |error| StoreError::other(format_args!("column {at}: {error}"));
    Ok(match row.raw(at).map_err(broken)? {
        ValueRef::Null => Value::Null(kind),
        ValueRef::Int(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(text.to_owned()),
        ValueRef::Bytes(bytes) => match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Value::Id(id),
            Err(_) => Value::Bytes(bytes.to_vec()),
        },
    })
}

fn table(
    source: &mut Tx<'_>,
    to: &Store,
    plan: &Plan,
    each: &mut dyn FnMut(&str, u64),
) -> Result<u64, StoreError> {
    let (mut last, mut rows) = begun(source, to, plan)?;
    loop {
        let piece = after(source, plan, last.as_deref())?;
        let Some(end) = piece.last() else { return Ok(rows) };
        let end = plan.key_of(end);
        to.write(|target| target.insert_many(&plan.name, &plan.columns, &piece, ""))?;
        rows += piece.len() as u64;
        each(&plan.name, rows);
        last = Some(end);
    }
}

/// The last key that was copied before, and how many rows were. What is there must be the
/// beginning of the source.
fn begun(
    source: &mut Tx<'_>,
    to: &Store,
    plan: &Plan,
) -> Result<(Option<Vec<Value>>, u64), StoreError> {
    let (name, keys) = (&plan.name, plan.keys());
    let down: Vec<String> =
        plan.key.iter().map(|at| format!("{} DESC", plan.columns[*at].name)).collect();
    let sql = format!("SELECT {keys} FROM {name} ORDER BY {} LIMIT 1", down.join(", "));
    let kinds: Vec<Kind> = plan.key.iter().map(|at| plan.columns[*at].kind).collect();
    let (last, there) = to.read(|target| {
        let last = target.query_one(&sql, &[], |row| {
            let kinds = kinds.iter().enumerate();
            kinds.map(|(at, kind)| owned(row, at, *kind)).collect::<Result<Vec<_>, _>>()
        })?;
        let count = format!("SELECT COUNT(*) AS n FROM {name}");
        let there = target.query_one(&count, &[], |row| row.get::<i64>("n"))?;
        Ok::<_, StoreError>((last, there.unwrap_or(0)))
    })?;
    let Some(last) = last else { return Ok((None, 0)) };
    let marks = plan.marks();
    let count = format!("SELECT COUNT(*) AS n FROM {name} WHERE ({keys}) <= ({marks})");
    let params: Vec<&dyn ToValue> = last.iter().map(|value| value as &dyn ToValue).collect();
    let known = source.query_one(&count, &params, |row| row.get::<i64>("n"))?.unwrap_or(0);
    if known != there {
        return Err(StoreError::unfit(format_args!(
            "{name} of the new database holds {there} rows that were not copied from the old one"
        )));
    }
    Ok((Some(last), u64::try_from(known).unwrap_or(0)))
}

/// The next piece of rows after a key.
fn after(
    source: &mut Tx<'_>,
    plan: &Plan,
    last: Option<&[Value]>,
) -> Result<Vec<Vec<Value>>, StoreError> {
    let (all, name, keys) = (plan.all(), &plan.name, plan.keys());
    let after = match last {
        None => String::new(),
        Some(_) => format!("WHERE ({keys}) > ({})", plan.marks()),
    };
    let sql = format!("SELECT {all} FROM {name} {after} ORDER BY {keys} LIMIT {PIECE}");
    let params: Vec<&dyn ToValue> =
        last.unwrap_or_default().iter().map(|value| value as &dyn ToValue).collect();
    source.query(&sql, &params, |row| plan.read(row))
}

/// How many rows a table has, and a hash of all of them in the order of their keys.
fn digest(tx: &mut Tx<'_>, plan: &Plan) -> Result<(u64, [u8; 32]), StoreError> {
    let sql = format!("SELECT {} FROM {} ORDER BY {}", plan.all(), plan.name, plan.keys());
    let (mut count, mut hash) = (0, Sha256::new());
    tx.for_each(&sql, &[], |row| {
        count += 1;
        for value in plan.read(row)? {
            feed(&mut hash, &value);
        }
        Ok(())
    })?;
    Ok((count, hash.finalize().into()))
}

/// Each value with its kind and length: no two rows look alike.
fn feed(hash: &mut Sha256, value: &Value) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        Value::Null(_) => (0, Vec::new()),
        Value::Int(int) => (1, int.to_le_bytes().to_vec()),
        Value::Real(real) => (2, real.to_bits().to_le_bytes().to_vec()),
        Value::Text(text) => (3, text.clone().into_bytes()),
        Value::Bytes(bytes) => (4, bytes.clone()),
        Value::Id(id) => (4, id.to_vec()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

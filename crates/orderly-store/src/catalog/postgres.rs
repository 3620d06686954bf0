//! The catalog as PostgreSQL's own tables tell it.

use super::{Index, Reference, Table, TableColumn, index_column, kind};
use crate::StoreError;
use crate::tx::Tx;

pub(super) fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT c.relname AS name FROM pg_class c
          WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
          ORDER BY c.relname COLLATE \"C\"",
        &[],
        |row| row.get("name"),
    )
}

pub(super) fn table(tx: &mut Tx<'_>, name: String) -> Result<Table, StoreError> {
    let checks = tx.query_one(
        "SELECT COUNT(*) AS checks FROM pg_constraint
          WHERE contype = 'c' AND conrelid = to_regclass($1)",
        &[&name],
        |row| row.get::<i64>("checks"),
    )?;
    Ok(Table {
        columns: columns(tx, &name)?,
        indexes: indexes(tx, &name)?,
        references: references(tx, &name)?,
        checks: checks.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        name,
    })
}

fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<TableColumn>, StoreError> {
    tx.query(
        "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
                NOT a.attnotnull AS nullable,
                array_position(string_to_array(i.indkey::text, ' '), a.attnum::text) AS key
           FROM pg_attribute a
           LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
          WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
          ORDER BY a.attnum",
        &[&table],
        |row| {
            let name: String = row.get("name")?;
            let declared: String = row.get("type")?;
            Ok(TableColumn {
                kind: kind(table, &name, &declared)?,
                nullable: row.get("nullable")?,
                key: row.get("key")?,
                name,
            })
        },
    )
}

fn indexes(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Index>, StoreError> {
    let rows: Vec<(i64, Index)> = tx.query(
        "SELECT i.indexrelid::int8 AS id, i.indisunique AS one, i.indpred IS NOT NULL AS partial,
                a.attname AS name, (i.indoption[k - 1] & 1) = 1 AS descends
           FROM pg_index i
          CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k
           LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1]
                AND a.attnum > 0
          WHERE i.indrelid = to_regclass($1) AND NOT i.indisprimary
          ORDER BY i.indexrelid, k",
        &[&table],
        |row| {
            let column = index_column(row.get("name")?, row.get("descends")?);
            let (unique, partial) = (row.get("one")?, row.get("partial")?);
            Ok((row.get("id")?, Index { columns: vec![column], unique, partial }))
        },
    )?;
    Ok(merge(rows, |whole, part| whole.columns.extend(part.columns)))
}

fn references(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(i64, Reference)> = tx.query(
        "SELECT c.oid::int8 AS id, other.relname AS other, own.attname AS own,
                theirs.attname AS theirs
           FROM pg_constraint c
           JOIN pg_class other ON other.oid = c.confrelid
          CROSS JOIN LATERAL generate_subscripts(c.conkey, 1) AS k
           JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = c.conkey[k]
           JOIN pg_attribute theirs
                ON theirs.attrelid = c.confrelid AND theirs.attnum = c.confkey[k]
          WHERE c.contype = 'f' AND c.conrelid = to_regclass($1)
          ORDER BY c.oid, k",
        &[&table],
        |row| {
            let reference = Reference {
                columns: vec![row.get("own")?],
                table: row.get("other")?,
                referenced: vec![row.get("theirs")?],
            };
            Ok((row.get("id")?, reference))
        },
    )?;
    Ok(merge(rows, |whole, part| {
        whole.columns.extend(part.columns);
        whole.referenced.extend(part.referenced);
    }))
}

/// Joins neighbors of the same id.
fn merge<T>(rows: Vec<(i64, T)>, join: impl Fn(&mut T, T)) -> Vec<T> {
    let mut merged: Vec<(i64, T)> = Vec::new();
    for (id, part) in rows {
        match merged.last_mut() {
            Some((last, whole)) if *last == id => join(whole, part),
            _ => merged.push((id, part)),
        }
    }
    merged.into_iter().map(|(_, whole)| whole).collect()
}

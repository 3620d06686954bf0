//! The catalog as SQLite's pragmas tell it.

use super::{Index, Reference, Table, TableColumn, index_column, kind};
use crate::tx::Tx;
use crate::{StoreError, sql};

pub(super) fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    tx.query(
        "SELECT name FROM sqlite_schema
          WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name",
        &[],
        |row| row.get("name"),
    )
}

pub(super) fn table(tx: &mut Tx<'_>, name: String) -> Result<Table, StoreError> {
    let create: String = tx
        .query_one(
            "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = $1",
            &[&name],
            |row| row.get("sql"),
        )?
        .ok_or_else(|| StoreError::other(format_args!("no table {name}")))?;
    Ok(Table {
        columns: columns(tx, &name)?,
        indexes: indexes(tx, &name)?,
        references: references(tx, &name)?,
        checks: sql::count_word(&create, "CHECK"),
        name,
    })
}

fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<TableColumn>, StoreError> {
    tx.query(
        "SELECT name, type, \"notnull\" AS fixed, pk FROM pragma_table_xinfo($1) ORDER BY cid",
        &[&table],
        |row| {
            let name: String = row.get("name")?;
            let declared: String = row.get("type")?;
            let key = Some(row.get::<i64>("pk")?).filter(|place| *place > 0);
            // A rowid's own column cannot be NULL whatever it says.
            let rowid = key.is_some() && declared.eq_ignore_ascii_case("INTEGER");
            Ok(TableColumn {
                kind: kind(table, &name, &declared)?,
                nullable: !row.get::<bool>("fixed")? && !rowid,
                name,
                key,
            })
        },
    )
}

fn indexes(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Index>, StoreError> {
    let found: Vec<(String, bool, bool)> = tx.query(
        "SELECT name, \"unique\" AS one, partial FROM pragma_index_list($1) WHERE origin <> 'pk'",
        &[&table],
        |row| Ok((row.get("name")?, row.get("one")?, row.get("partial")?)),
    )?;
    let mut indexes = Vec::new();
    for (name, unique, partial) in found {
        let columns = tx.query(
            "SELECT name, \"desc\" AS descends FROM pragma_index_xinfo($1)
              WHERE \"key\" = 1 ORDER BY seqno",
            &[&name],
            |row| Ok(index_column(row.get("name")?, row.get("descends")?)),
        )?;
        indexes.push(Index { columns, unique, partial });
    }
    Ok(indexes)
}

fn references(tx: &mut Tx<'_>, table: &str) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(i64, String, String, Option<String>)> = tx.query(
        "SELECT id, \"table\" AS other, \"from\" AS own, \"to\" AS theirs
           FROM pragma_foreign_key_list($1) ORDER BY id, seq",
        &[&table],
        |row| Ok((row.get("id")?, row.get("other")?, row.get("own")?, row.get("theirs")?)),
    )?;
    let mut references: Vec<(i64, Reference)> = Vec::new();
    for (id, other, own, theirs) in rows {
        if references.last().is_none_or(|(last, _)| *last != id) {
            let reference = Reference { columns: Vec::new(), table: other, referenced: Vec::new() };
            references.push((id, reference));
        }
        if let Some((_, reference)) = references.last_mut() {
            reference.columns.push(own);
            reference.referenced.extend(theirs);
        }
    }
    for (_, reference) in &mut references {
        if reference.referenced.is_empty() {
            reference.referenced = key(tx, &reference.table)?;
        }
    }
    Ok(references.into_iter().map(|(_, reference)| reference).collect())
}

/// What a reference that names no columns means.
fn key(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, StoreError> {
    tx.query("SELECT name FROM pragma_table_xinfo($1) WHERE pk > 0 ORDER BY pk", &[&table], |row| {
        row.get("name")
    })
}

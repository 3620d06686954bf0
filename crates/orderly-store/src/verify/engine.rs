//! The engine's own view: damaged pages, broken references, changed schema, unprotected books.

use super::{Finding, Key};
use crate::schema::{ORDERLY, Schema};
use crate::{Engine, StoreError, Tx, migrate};

fn finding(keys: Vec<(String, Key)>, what: &str, expected: &str, actual: String) -> Finding {
    let (what, expected) = (Some(what.into()), expected.into());
    Finding { keys, what, expected, actual, suspect: None }
}

/// Returns what SQLite finds wrong in its file: pages, indexes, constraints, references.
/// `deep` compares every index with its table as well. PostgreSQL keeps checksums itself.
pub fn damage(tx: &mut Tx<'_>, deep: bool) -> Result<Vec<Finding>, StoreError> {
    if tx.engine() == Engine::Postgres {
        return Ok(Vec::new());
    }
    let sql = if deep { "PRAGMA integrity_check(100)" } else { "PRAGMA quick_check(100)" };
    let said: Vec<String> = tx.query(sql, &[], |row| row.at(0))?;
    let mut found: Vec<Finding> = said
        .into_iter()
        .filter(|line| line != "ok")
        .map(|line| finding(Vec::new(), "the file", "ok", line))
        .collect();
    found.extend(tx.query("PRAGMA foreign_key_check", &[], |row| {
        let (child, parent): (String, String) = (row.at(0)?, row.at(2)?);
        let keys = vec![("table".to_owned(), Key::Text(child))];
        Ok(finding(keys, "a reference", &format!("a row of {parent}"), "none".into()))
    })?);
    Ok(found)
}

/// Compares the steps of the schema that were taken with those of this program.
pub fn steps(tx: &mut Tx<'_>) -> Result<Vec<Finding>, StoreError> {
    let Schema { sqlite, postgres, .. } = ORDERLY;
    let files = if tx.engine() == Engine::Sqlite { sqlite } else { postgres };
    let taken: Vec<(String, i64, String)> =
        tx.query("SELECT file, step, hash FROM schema_step ORDER BY file, step", &[], |row| {
            Ok((row.get("file")?, row.get("step")?, row.get("hash")?))
        })?;
    let mut found = Vec::new();
    for (file, number, hash) in migrate::hashes(files) {
        let own = taken.iter().find(|step| step.0 == file && step.1 == number);
        if own.is_none_or(|step| step.2 != hash) {
            let keys = vec![("step".to_owned(), Key::Text(format!("{file}, {number}")))];
            let actual = own.map_or_else(|| "not taken".to_owned(), |step| step.2.clone());
            found.push(finding(keys, "a step of the schema", &hash, actual));
        }
    }
    Ok(found)
}

/// Returns the books that the database no longer protects from changes.
pub fn protection(tx: &mut Tx<'_>) -> Result<Vec<Finding>, StoreError> {
    let open: Vec<String> = match tx.engine() {
        Engine::Sqlite => {
            let there: Vec<String> =
                tx.query("SELECT name FROM sqlite_schema WHERE type = 'trigger'", &[], |row| {
                    row.get("name")
                })?;
            let wanted = ORDERLY.books.iter().flat_map(|book| {
                ["update", "delete"].map(|verb| (format!("{book}_no_{verb}"), *book))
            });
            wanted
                .filter(|(name, _)| !there.contains(name))
                .map(|(_, book)| book.to_owned())
                .collect()
        }
        Engine::Postgres => {
            let mut open = Vec::new();
            for book in ORDERLY.books {
                let may: Option<bool> = tx.query_one(
                    "SELECT has_table_privilege($1, 'UPDATE')
                         OR has_table_privilege($1, 'DELETE') AS may",
                    &[book],
                    |row| row.get("may"),
                )?;
                if may == Some(true) {
                    open.push((*book).to_owned());
                }
            }
            open
        }
    };
    Ok(open
        .into_iter()
        .map(|book| {
            let keys = vec![("table".to_owned(), Key::Text(book))];
            finding(keys, "a book", "rows are only added", "rows may be changed".into())
        })
        .collect())
}

//! One immediate transaction: the file's write lock is the lock row.

use super::{Step, Taken, now, pending, refuse_newer};
use crate::StoreError;
use crate::schema::Schema;
use crate::sqlite::Connection;

pub(crate) fn migrate(connection: &mut Connection, schema: &Schema) -> Result<(), StoreError> {
    connection.batch("BEGIN IMMEDIATE")?;
    let result = apply(connection, schema);
    let ended = connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" });
    result.and(ended)
}

fn apply(connection: &mut Connection, schema: &Schema) -> Result<(), StoreError> {
    connection.exec(
        "CREATE TABLE IF NOT EXISTS schema_step (
             file TEXT NOT NULL, step INTEGER NOT NULL, hash TEXT NOT NULL,
             applied_at INTEGER NOT NULL, PRIMARY KEY (file, step)
         ) STRICT, WITHOUT ROWID",
        &[],
    )?;
    let mut taken = Taken::new();
    connection.run("SELECT file, step, hash FROM schema_step", &[], &mut |row| {
        taken.insert((row.get("file")?, row.get("step")?), row.get("hash")?);
        Ok(true)
    })?;
    refuse_newer(schema.sqlite, &taken)?;
    for file in schema.sqlite {
        for step in pending(file, &taken)? {
            take(connection, &step).map_err(|error| error.in_step(step.file, step.number))?;
        }
    }
    schema.books.iter().try_for_each(|book| protect(connection, book))
}

fn take(connection: &mut Connection, step: &Step) -> Result<(), StoreError> {
    if step.sql.to_ascii_uppercase().contains("INITIALLY DEFERRED") {
        return Err(StoreError::unfit(
            "a deferred reference would fail the COMMIT of everybody in the group",
        ));
    }
    connection.exec(&step.sql, &[])?;
    connection.exec(
        "INSERT INTO schema_step (file, step, hash, applied_at) VALUES ($1, $2, $3, $4)",
        &[&step.file, &step.number, &step.hash, &now()],
    )?;
    Ok(())
}

/// Rows of a book are inserted and never changed. `REPLACE` fires the delete trigger because
/// `recursive_triggers` is on.
fn protect(connection: &mut Connection, book: &str) -> Result<(), StoreError> {
    for verb in ["UPDATE", "DELETE"] {
        let name = verb.to_ascii_lowercase();
        connection.exec(
            &format!(
                "CREATE TRIGGER IF NOT EXISTS {book}_no_{name} BEFORE {verb} ON {book}
                 BEGIN SELECT RAISE(ABORT, '{book} is append-only'); END"
            ),
            &[],
        )?;
    }
    Ok(())
}

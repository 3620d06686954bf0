//! Brings a database to the schema of this program: forward only, one recorded step per
//! statement, safe when several processes start at once.

mod postgres;
mod sqlite;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

pub(crate) use self::postgres::{drop_schema, migrate as postgres};
pub(crate) use self::sqlite::migrate as sqlite;
use crate::schema::File;
use crate::{StoreError, sql};

/// Steps taken, by file and number: their hashes.
type Taken = HashMap<(String, i64), String>;

/// One statement of a file, numbered from 1.
struct Step {
    file: &'static str,
    number: i64,
    sql: String,
    hash: String,
}

fn steps(file: &File) -> Vec<Step> {
    let numbered = (1..).zip(sql::statements(file.sql));
    numbered
        .map(|(number, sql)| {
            let hash = hash(&sql);
            Step { file: file.name, number, sql, hash }
        })
        .collect()
}

/// The hashes of all steps, by file and number.
pub(crate) fn hashes(files: &[File]) -> Vec<(&'static str, i64, String)> {
    let all = files.iter().flat_map(steps);
    all.map(|step| (step.file, step.number, step.hash)).collect()
}

/// The steps of a file that are still to be taken. A step that changed after it was taken is an
/// error: databases of the same version would differ.
fn pending(file: &File, taken: &Taken) -> Result<Vec<Step>, StoreError> {
    let mut pending = Vec::new();
    for step in steps(file) {
        match taken.get(&(step.file.to_owned(), step.number)) {
            None => pending.push(step),
            Some(hash) if *hash == step.hash => {}
            Some(_) => {
                return Err(StoreError::unfit(format_args!(
                    "statement {} of {} was changed after it was applied: {}",
                    step.number, step.file, step.sql
                )));
            }
        }
    }
    Ok(pending)
}

/// Files taken that this program does not know: it is older than the database.
fn refuse_newer(files: &[File], taken: &Taken) -> Result<(), StoreError> {
    let unknown = taken.keys().map(|(file, _)| file).find(|taken| {
        taken.as_str() != BOOKS_STEP && !files.iter().any(|file| file.name == taken.as_str())
    });
    match unknown {
        Some(file) => Err(StoreError::unfit(format_args!(
            "the database has step {file}, which this version does not know: use a newer one"
        ))),
        None => Ok(()),
    }
}

/// The pretended file under which the protection of the books is recorded.
const BOOKS_STEP: &str = "books";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Microseconds since 1970, UTC.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

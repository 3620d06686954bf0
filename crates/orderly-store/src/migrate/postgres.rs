//! As the owner, each file in one transaction that holds the lock row.

use std::time::Duration;

use postgres::{Client, Transaction};

use super::{BOOKS_STEP, Step, Taken, hash, now, pending, refuse_newer};
use crate::StoreError;
use crate::postgres::{Location, connect};
use crate::schema::{File, Schema};

/// PostgreSQL 15, as the server counts.
const OLDEST: i32 = 150_000;

pub(crate) fn migrate(
    at: &Location,
    schema: &Schema,
    warnings: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut client = connect(at)?;
    check_profile(&mut client, warnings)?;
    prepare(&mut client, at)?;
    for file in schema.postgres {
        apply(&mut client, at, schema, file)?;
    }
    guard_books(&mut client, at, schema)
}

fn fail(error: &postgres::Error) -> StoreError {
    StoreError::from_postgres(error, "")
}

/// Refuses settings that lose answered orders, warns of those that may.
fn check_profile(client: &mut Client, warnings: &mut Vec<String>) -> Result<(), StoreError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('fsync', true),
                    current_setting('full_page_writes', true),
                    current_setting('data_checksums', true),
                    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                    current_user::text",
            &[],
        )
        .map_err(|error| fail(&error))?;
    let version: i32 = row.get(0);
    if version < OLDEST {
        return Err(StoreError::unfit(format_args!(
            "PostgreSQL 15 or newer is needed, the server counts {version}"
        )));
    }
    for (index, name) in [(1, "fsync"), (2, "full_page_writes")] {
        if row.get::<_, Option<&str>>(index) == Some("off") {
            return Err(StoreError::unfit(format_args!("{name} is off: a crash loses orders")));
        }
    }
    if row.get::<_, Option<&str>>(3) == Some("off") {
        warnings.push("data checksums are off: damage on disk is served unseen".to_owned());
    }
    if row.get::<_, Option<bool>>(4) == Some(true) {
        warnings.push(format!(
            "connected as superuser {}: nothing keeps it from changing the books",
            row.get::<_, &str>(5)
        ));
    }
    Ok(())
}

/// Makes the schema, the lock row and the application's role where they are missing. Two that
/// start at once may meet in the catalogs, where IF NOT EXISTS does not help: the loser tries
/// again.
fn prepare(client: &mut Client, at: &Location) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        match make_schema(client, at) {
            Ok(()) => return Ok(()),
            Err(error) if error.as_db_error().is_some() && tries < 20 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(5 * tries));
            }
            Err(error) => return Err(fail(&error)),
        }
    }
}

fn make_schema(client: &mut Client, at: &Location) -> Result<(), postgres::Error> {
    let (schema, role) = (&at.schema, at.role());
    let mut tx = client.transaction()?;
    let lock = format!("{schema}.schema_lock");
    let row = tx.query_one(
        "SELECT to_regclass($1) IS NOT NULL, to_regrole($2) IS NOT NULL",
        &[&lock, &role],
    )?;
    let (has_tables, has_role) = (row.get::<_, bool>(0), row.get::<_, bool>(1));
    if !has_tables {
        tx.batch_execute(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema};
             CREATE TABLE {schema}.schema_step (
                 file text COLLATE \"C\" NOT NULL, step bigint NOT NULL,
                 hash text COLLATE \"C\" NOT NULL, applied_at bigint NOT NULL,
                 PRIMARY KEY (file, step));
             CREATE TABLE {schema}.schema_lock (id bigint PRIMARY KEY);
             INSERT INTO {schema}.schema_lock (id) VALUES (1)"
        ))?;
    }
    if !has_role {
        tx.batch_execute(&format!("CREATE ROLE {role} NOLOGIN; GRANT {role} TO CURRENT_USER"))?;
    }
    tx.commit()
}

/// Opens a transaction that holds the lock row, and reads what was done.
fn locked<'a>(
    client: &'a mut Client,
    at: &Location,
) -> Result<(Transaction<'a>, Taken), postgres::Error> {
    let mut tx = client.transaction()?;
    tx.batch_execute(&format!("SET LOCAL search_path = {}", at.schema))?;
    tx.query_one("SELECT id FROM schema_lock WHERE id = 1 FOR UPDATE", &[])?;
    let rows = tx.query("SELECT file, step, hash FROM schema_step", &[])?;
    let taken = rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
    Ok((tx, taken))
}

fn apply(
    client: &mut Client,
    at: &Location,
    schema: &Schema,
    file: &File,
) -> Result<(), StoreError> {
    let (mut tx, taken) = locked(client, at).map_err(|error| fail(&error))?;
    refuse_newer(schema.postgres, &taken)?;
    for step in pending(file, &taken)? {
        take(&mut tx, &step).map_err(|error| {
            StoreError::from_postgres(&error, &step.sql).in_step(step.file, step.number)
        })?;
    }
    tx.commit().map_err(|error| fail(&error))
}

fn take(tx: &mut Transaction<'_>, step: &Step) -> Result<(), postgres::Error> {
    tx.batch_execute(&step.sql)?;
    record(tx, step.file, step.number, &step.hash)
}

fn record(
    tx: &mut Transaction<'_>,
    file: &str,
    step: i64,
    hash: &str,
) -> Result<(), postgres::Error> {
    tx.execute(
        "INSERT INTO schema_step (file, step, hash, applied_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (file, step) DO UPDATE SET hash = $3, applied_at = $4",
        &[&file, &step, &hash, &now()],
    )
    .map(drop)
}

/// Gives the application's role what it needs: all rows of all tables, but only to insert into
/// the books. Done again when tables were added or the list of books changed.
fn guard_books(client: &mut Client, at: &Location, schema: &Schema) -> Result<(), StoreError> {
    let (mut tx, taken) = locked(client, at).map_err(|error| fail(&error))?;
    let mut steps: Vec<_> = taken.iter().filter(|((file, _), _)| file != BOOKS_STEP).collect();
    steps.sort();
    let wanted = hash(&format!("{steps:?} {:?}", schema.books));
    if taken.get(&(BOOKS_STEP.to_owned(), 0)) == Some(&wanted) {
        return Ok(());
    }
    let (name, role) = (&at.schema, at.role());
    let mut grants = format!(
        "GRANT USAGE ON SCHEMA {name} TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {role};
         REVOKE INSERT, UPDATE, DELETE ON schema_step, schema_lock FROM {role};"
    );
    for book in schema.books {
        grants.push_str(&format!("REVOKE UPDATE, DELETE, TRUNCATE ON {book} FROM {role};"));
    }
    tx.batch_execute(&grants)
        .and_then(|()| record(&mut tx, BOOKS_STEP, 0, &wanted))
        .and_then(|()| tx.commit())
        .map_err(|error| fail(&error))
}

/// Removes a tenant: its schema with everything in it, and its role.
pub(crate) fn drop_schema(at: &Location) -> Result<(), StoreError> {
    let (schema, role) = (&at.schema, at.role());
    let mut client = connect(at)?;
    let gone = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; DROP ROLE IF EXISTS {role}");
    client.batch_execute(&gone).map_err(|error| fail(&error))
}

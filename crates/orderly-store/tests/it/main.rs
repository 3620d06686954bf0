//! The store against both engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

mod access;
mod banks;
mod books;
mod catalog;
mod desk;
mod engine;
mod exchanges;
mod invoices;
mod late_costs;
mod ledger;
mod loads;
mod migrations;
mod order_search;
mod orders;
mod outward;
mod parties;
mod payments;
mod pricing;
mod purchases;
mod quotes;
mod races;
mod rates;
mod refunds;
mod returns;
mod statements;
mod stock;
mod tills;
mod units;
mod work;
mod writing;

use std::sync::atomic::{AtomicU32, Ordering};

use orderly_store::schema::{File, Schema};
use orderly_store::{Store, StoreError, Tx};
use tempfile::TempDir;

/// Tables for tests of the engine itself.
pub const PLAIN: Schema = Schema {
    sqlite: &[File {
        name: "0001_plain",
        sql: "CREATE TABLE sample (id INTEGER PRIMARY KEY, whole INTEGER, broken REAL, words TEXT,
                  raw BLOB) STRICT;
              CREATE TABLE level (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL
                  CHECK (qty >= 0)) STRICT;
              CREATE TABLE ledger (id BLOB NOT NULL PRIMARY KEY, qty INTEGER NOT NULL) STRICT,
                  WITHOUT ROWID;",
    }],
    postgres: &[File {
        name: "0001_plain",
        sql: "CREATE TABLE sample (id bigint PRIMARY KEY, whole bigint, broken double precision,
                  words text COLLATE \"C\", raw bytea);
              CREATE TABLE level (id bigint PRIMARY KEY, qty bigint NOT NULL CHECK (qty >= 0));
              CREATE TABLE ledger (id bytea PRIMARY KEY, qty bigint NOT NULL);",
    }],
    books: &["ledger"],
};

/// A database of its own for one test, gone when dropped.
pub struct TestDb {
    location: String,
    folder: Option<TempDir>,
    /// The server's address and the schema, on PostgreSQL.
    server: Option<(String, String)>,
}

impl TestDb {
    pub fn sqlite() -> TestDb {
        let folder = TempDir::new().unwrap();
        let location = folder.path().join("orderly.db").to_str().unwrap().to_owned();
        TestDb { location, folder: Some(folder), server: None }
    }

    /// A new schema on the server of `ORDERLY_TEST_PG`; `None`, said on stderr, without one.
    pub fn postgres() -> Option<TestDb> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("ORDERLY_TEST_PG") else {
            eprintln!("SKIPPED (PostgreSQL): ORDERLY_TEST_PG is not set");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let schema = format!("t{:x}_{}_{count}", nanos.as_nanos(), std::process::id());
        let mark = if server.contains('?') { '&' } else { '?' };
        let location = format!("{server}{mark}schema={schema}");
        Some(TestDb { location, folder: None, server: Some((server, schema)) })
    }

    /// One of each engine that there is.
    pub fn each() -> Vec<TestDb> {
        std::iter::once(TestDb::sqlite()).chain(TestDb::postgres()).collect()
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    /// A path beside the file.
    pub fn beside(&self, name: &str) -> std::path::PathBuf {
        self.folder.as_ref().unwrap().path().join(name)
    }

    /// A connection past the store, as the owner.
    pub fn owner(&self) -> Option<postgres::Client> {
        let (server, schema) = self.server.as_ref()?;
        let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
        client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
        Some(client)
    }

    pub fn open(&self, schema: &Schema) -> Result<Store, StoreError> {
        Store::open_with(&self.location, schema)
    }

    /// A store with the tables of [`PLAIN`].
    pub fn plain(&self) -> Store {
        self.open(&PLAIN).unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some((_, schema)) = &self.server
            && let Some(mut owner) = self.owner()
        {
            let clean =
                format!("DROP SCHEMA IF EXISTS {schema} CASCADE; DROP ROLE IF EXISTS {schema}_app");
            if let Err(error) = owner.batch_execute(&clean) {
                eprintln!("{schema} was not dropped: {error}");
            }
        }
    }
}

/// Inserts a sample of which only the id and the whole number matter.
pub fn put(tx: &mut Tx<'_>, id: i64, whole: i64) -> Result<u64, StoreError> {
    tx.exec("INSERT INTO sample (id, whole) VALUES ($1, $2)", &[&id, &whole])
}

/// How many samples there are.
pub fn count(store: &Store) -> i64 {
    store.read(count_in).unwrap()
}

pub fn count_in(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let count = tx.query_one("SELECT COUNT(*) AS n FROM sample", &[], |row| row.get("n"))?;
    Ok(count.unwrap())
}

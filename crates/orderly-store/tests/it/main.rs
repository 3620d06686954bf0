//! The store against both engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod engine;

use std::sync::atomic::{AtomicU32, Ordering};

use orderly_store::schema::Schema;
use orderly_store::{Store, StoreError};
use tempfile::TempDir;

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

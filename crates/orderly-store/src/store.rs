//! The store of one tenant: a SQLite file or a PostgreSQL schema.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::postgres::{Location, Postgres};
use crate::schema::{ORDERLY, Schema};
use crate::sqlite::{Sqlite, backup};
use crate::tx::Tx;
use crate::{StoreError, migrate};

/// The engine under a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// One tenant's database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// Whether nothing that is written stays.
    rehearses: bool,
}

struct Inner {
    on: On,
    warnings: Vec<String>,
}

enum On {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Store {
    /// Opens a database, brings its schema up to date and checks that its engine is safe.
    ///
    /// `location` is the path of a SQLite file, or a `postgres://` URL that may say `schema`
    /// (default `orderly`), `pool` (writers, and as many readers; default 8), `sslmode` and
    /// `sslrootcert`.
    pub fn open(location: &str) -> Result<Store, StoreError> {
        Store::open_with(location, &ORDERLY)
    }

    /// Removes the schema that a `postgres://` address names, with everything in it and its role.
    /// It cannot be undone.
    pub fn drop_schema(location: &str) -> Result<(), StoreError> {
        migrate::drop_schema(&Location::parse(location)?)
    }

    /// Opens a database with another schema than Orderly's own.
    pub fn open_with(location: &str, schema: &Schema) -> Result<Store, StoreError> {
        let mut warnings = Vec::new();
        let on = if location.starts_with("postgres://") || location.starts_with("postgresql://") {
            let location = Location::parse(location)?;
            migrate::postgres(&location, schema, &mut warnings)?;
            On::Postgres(Box::new(Postgres::open(location)))
        } else {
            let path = Path::new(location.strip_prefix("sqlite://").unwrap_or(location));
            On::Sqlite(Sqlite::open(path, |connection| migrate::sqlite(connection, schema))?)
        };
        Ok(Store { inner: Arc::new(Inner { on, warnings }), rehearses: false })
    }

    pub fn engine(&self) -> Engine {
        match self.inner.on {
            On::Sqlite(_) => Engine::Sqlite,
            On::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `f` with commits that do not wait for the disk, then makes all of them durable. For
    /// filling a database that can be made again: a power cut meanwhile may lose or break it.
    /// PostgreSQL goes on as always.
    ///
    /// # Errors
    /// What the engine says where it cannot switch; `f`'s result is lost then.
    pub fn without_waiting<T>(&self, f: impl FnOnce() -> T) -> Result<T, StoreError> {
        let On::Sqlite(sqlite) = &self.inner.on else { return Ok(f()) };
        sqlite.queue().set_durable(false)?;
        let result = f();
        sqlite.queue().set_durable(true)?;
        Ok(result)
    }

    /// What is allowed but not wise about this database, for the log and `doctor`.
    pub fn warnings(&self) -> &[String] {
        &self.inner.warnings
    }

    /// Runs `f` in one transaction and returns when it is durable. The only way to write. `f` may
    /// run again after a lost race, so it has no effect except through `tx`. An error of `f`
    /// undoes what it did and is returned as soon as what it saw is durable.
    pub fn write<T, E: From<StoreError>>(
        &self,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _writing = Writing::enter(self)?;
        if self.rehearses {
            let mut tried = None;
            let ended = self.run(|tx| {
                tried = Some(f(tx)?);
                Err::<T, E>(StoreError::Rehearsed.into())
            });
            return tried.map_or(ended, Ok);
        }
        self.run(f)
    }

    fn run<T, E: From<StoreError>>(
        &self,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.inner.on {
            On::Sqlite(sqlite) => sqlite.queue.write(&mut f),
            On::Postgres(postgres) => postgres.write(&mut f),
        }
    }

    /// The same database for trying things: [`Store::write`] answers as ever, and nothing of it
    /// stays. Each write is undone for itself: a later one does not see an earlier one.
    #[must_use]
    pub fn rehearsal(&self) -> Store {
        Store { inner: Arc::clone(&self.inner), rehearses: true }
    }

    /// Runs `f` on one consistent snapshot that holds every write answered before. It never
    /// blocks a writer and cannot write.
    pub fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.inner.on {
            On::Sqlite(sqlite) => sqlite.read(f),
            On::Postgres(postgres) => postgres.read(f),
        }
    }

    /// Copies the database to the new file `to` while writes go on, as it was at one moment.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.inner.on {
            On::Sqlite(sqlite) => backup::copy(&sqlite.path, to),
            On::Postgres(postgres) => Err(StoreError::other(format_args!(
                "use the server's own tool: pg_dump --format=custom --schema={}",
                postgres.location.schema
            ))),
        }
    }

    /// How many writers wait in line, for metrics and for refusing more.
    pub fn waiting(&self) -> usize {
        match &self.inner.on {
            On::Sqlite(sqlite) => sqlite.queue.waiting(),
            On::Postgres(postgres) => postgres.waiting(),
        }
    }

    /// How many transactions this process has committed; on SQLite many writes share one.
    pub fn commits(&self) -> u64 {
        match &self.inner.on {
            On::Sqlite(sqlite) => sqlite.queue.commits(),
            On::Postgres(postgres) => postgres.commits(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

thread_local! {
    /// The stores this thread is writing to: a write inside a write would wait for itself.
    static WRITING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

struct Writing(usize);

impl Writing {
    fn enter(store: &Store) -> Result<Writing, StoreError> {
        let store = Arc::as_ptr(&store.inner).addr();
        WRITING.with_borrow_mut(|writing| {
            if writing.contains(&store) {
                return Err(StoreError::other("a write inside a write would wait for itself"));
            }
            writing.push(store);
            Ok(Writing(store))
        })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.with_borrow_mut(|writing| writing.retain(|store| *store != self.0));
    }
}

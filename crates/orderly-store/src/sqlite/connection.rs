//! One connection to a SQLite file and the settings that durability rests on.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef as Raw};
use rusqlite::{CachedStatement, OpenFlags};

use crate::row::Row;
use crate::value::{Bind, ToValue, Value};
use crate::{Cause, StoreError, sql};

/// The first release without the WAL-reset corruption.
const OLDEST: i32 = 3_051_003;
/// Waiting for another process's write; within this process writers queue.
const BUSY: Duration = Duration::from_secs(5);
/// Bytes per page of a new file. Twice as much was no faster, and wrote 15 % more to the WAL.
const PAGE: u32 = 4096;
/// The WAL is copied back into the file when it holds this much: copying is half of the work when
/// done every 4 MB.
const CHECKPOINT: u32 = 160 << 20;
/// Statements kept prepared per connection.
const STATEMENTS: usize = 512;
/// Rewritten texts kept per connection; they are few unless somebody builds SQL from data.
const TEXTS: usize = 4096;

/// Creates the file for its owner only, with its folder, and gives its full path.
pub(crate) fn create(path: &Path) -> Result<PathBuf, StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| StoreError::io(folder, &error))?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| StoreError::io(path, &error))?;
    let path = fs::canonicalize(path).map_err(|error| StoreError::io(path, &error))?;
    refuse_network(&path)?;
    Ok(path)
}

/// Locks and shared memory do not work over a network: two machines would corrupt the file.
fn refuse_network(path: &Path) -> Result<(), StoreError> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map_or("", |(_, kind)| kind);
    match kind {
        "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "ncpfs" | "afs" => Err(StoreError::unfit(
            format_args!("{} lies on {kind}: use a local disk, or PostgreSQL", path.display()),
        )),
        _ => Ok(()),
    }
}

/// A connection with its cache of statement texts.
pub(crate) struct Connection {
    raw: rusqlite::Connection,
    texts: HashMap<Box<str>, Arc<Text>, foldhash::fast::RandomState>,
    /// A constraint error in the open transaction. PostgreSQL refuses what follows it, so this
    /// engine does too: code that works here works there.
    failed: Option<StoreError>,
}

struct Text {
    sql: String,
    columns: OnceLock<Box<[Box<str>]>>,
}

impl Connection {
    pub(crate) fn writer(path: &Path) -> Result<Connection, StoreError> {
        let pages = CHECKPOINT / PAGE;
        Connection::open(
            path,
            &format!(
                "PRAGMA page_size = {PAGE};
                 PRAGMA wal_autocheckpoint = {pages};
                 PRAGMA journal_size_limit = {};
                 PRAGMA cache_size = -65536;",
                2 * CHECKPOINT
            ),
        )
    }

    pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
        Connection::open(path, "PRAGMA query_only = ON; PRAGMA cache_size = -8192;")
    }

    fn open(path: &Path, settings: &str) -> Result<Connection, StoreError> {
        if rusqlite::version_number() < OLDEST {
            let version = rusqlite::version();
            return Err(StoreError::unfit(format_args!("SQLite {version} is older than 3.51.3")));
        }
        let raw = retry_busy(|| Connection::configure(path, settings))?;
        raw.set_prepared_statement_cache_capacity(STATEMENTS);
        let connection = Connection { raw, texts: HashMap::default(), failed: None };
        connection.check_profile()?;
        Ok(connection)
    }

    fn configure(path: &Path, settings: &str) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let raw = rusqlite::Connection::open_with_flags(path, flags)?;
        raw.busy_timeout(BUSY)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        // Without it a statement whose plan may depend on a parameter is prepared again at each
        // run: a sixth of the work of placing orders.
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        raw.execute_batch(settings)?;
        raw.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = ON;
             PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;",
        )?;
        Ok(raw)
    }

    /// Asks the engine whether it took the settings that must hold.
    fn check_profile(&self) -> Result<(), StoreError> {
        for (name, want) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("recursive_triggers", "1"),
            ("trusted_schema", "0"),
        ] {
            let read = format!("PRAGMA {name}");
            let value = self.raw.query_row(&read, [], |row| {
                row.get_ref(0).map(|value| match value {
                    Raw::Integer(int) => int.to_string(),
                    Raw::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    other => format!("{other:?}"),
                })
            });
            let value = value.map_err(|error| StoreError::from_sqlite(&error, &read))?;
            if value != want {
                return Err(StoreError::unfit(format_args!("{name} is {value}, not {want}")));
            }
        }
        Ok(())
    }

    pub(crate) fn raw(&self) -> &rusqlite::Connection {
        &self.raw
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    /// Opens a read transaction and takes its snapshot now, not at the first statement.
    pub(crate) fn begin_read(&mut self) -> Result<(), StoreError> {
        self.begin("BEGIN")?;
        self.run("SELECT 1 FROM sqlite_schema LIMIT 1", &[], &mut |_| Ok(false)).map(drop)
    }

    /// Opens a transaction or a member's savepoint in it.
    pub(crate) fn begin(&mut self, begin: &str) -> Result<(), StoreError> {
        self.failed = None;
        self.batch(begin)
    }

    /// The error after which the transaction cannot succeed.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.failed.clone()
    }

    /// Runs one statement without parameters that gives no rows: transaction control.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), StoreError> {
        let fail = |error: rusqlite::Error| StoreError::from_sqlite(&error, sql);
        let mut statement = self.raw.prepare_cached(sql).map_err(fail)?;
        statement.raw_execute().map(drop).map_err(fail)
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[&dyn ToValue]) -> Result<u64, StoreError> {
        let result = self.exec_once(sql, params);
        self.note(result)
    }

    fn exec_once(&mut self, sql: &str, params: &[&dyn ToValue]) -> Result<u64, StoreError> {
        self.guard()?;
        let text = self.text(sql);
        let mut statement = self.prepare(&text)?;
        bind_all(&mut statement, params, sql)?;
        let fail = |error: rusqlite::Error| StoreError::from_sqlite(&error, sql);
        if statement.column_count() == 0 {
            return statement.raw_execute().map(|rows| rows as u64).map_err(fail);
        }
        let mut rows = statement.raw_query();
        while rows.next().map_err(fail)?.is_some() {}
        Ok(self.raw.changes())
    }

    /// Runs a statement once per row of values; gives the rows changed in total.
    pub(crate) fn exec_rows(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let result = self.exec_each(sql, rows);
        self.note(result)
    }

    fn exec_each(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.guard()?;
        let text = self.text(sql);
        let mut statement = self.prepare(&text)?;
        let mut changed = 0;
        for row in rows {
            check_count(&statement, row.len(), sql)?;
            for (index, value) in row.iter().enumerate() {
                bind(&mut statement, index + 1, &value.bind(), sql)?;
            }
            let rows = statement.raw_execute();
            changed += rows.map_err(|error| StoreError::from_sqlite(&error, sql))? as u64;
        }
        Ok(changed)
    }

    /// Hands each row to `f` until it says false. Rows are read as the engine steps.
    pub(crate) fn run(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let result = self.step(sql, params, f);
        self.note(result)
    }

    fn step(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.guard()?;
        let text = self.text(sql);
        let mut statement = self.prepare(&text)?;
        bind_all(&mut statement, params, sql)?;
        let columns =
            text.columns.get_or_init(|| statement.column_names().map(Box::from).collect());
        let fail = |error: rusqlite::Error| StoreError::from_sqlite(&error, sql);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(fail)? {
            if !f(&Row::sqlite(row, columns))? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn savepoint(&mut self) -> Result<(), StoreError> {
        self.guard()?;
        self.batch("SAVEPOINT inner")
    }

    /// Ends the innermost savepoint, keeping its work or not; rolling back to it heals a failure.
    pub(crate) fn end_savepoint(&mut self, keep: bool) -> Result<(), StoreError> {
        if keep {
            self.guard()?;
            return self.batch("RELEASE inner");
        }
        let undone = self.batch("ROLLBACK TO inner").and_then(|()| self.batch("RELEASE inner"));
        self.failed = undone.clone().err();
        undone
    }

    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error @ StoreError::Constraint(_)) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    /// A statement after the engine rolled everything back would commit by itself.
    fn guard(&self) -> Result<(), StoreError> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None if self.in_transaction() => Ok(()),
            None => Err(StoreError::unavailable("the engine has rolled the transaction back")),
        }
    }

    fn prepare(&self, text: &Text) -> Result<CachedStatement<'_>, StoreError> {
        self.raw
            .prepare_cached(&text.sql)
            .map_err(|error| StoreError::from_sqlite(&error, &text.sql))
    }

    fn text(&mut self, sql: &str) -> Arc<Text> {
        if let Some(text) = self.texts.get(sql) {
            return Arc::clone(text);
        }
        if self.texts.len() >= TEXTS {
            self.texts.clear();
        }
        let text = Arc::new(Text { sql: sql::numbered(sql), columns: OnceLock::new() });
        self.texts.insert(sql.into(), Arc::clone(&text));
        text
    }
}

/// Two processes that open a new file at once meet while it turns to WAL, where the engine does
/// not wait by itself.
fn retry_busy(
    open: impl Fn() -> rusqlite::Result<rusqlite::Connection>,
) -> Result<rusqlite::Connection, StoreError> {
    let deadline = Instant::now() + BUSY;
    loop {
        match open().map_err(|error| StoreError::from_sqlite(&error, "")) {
            Err(StoreError::Busy) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

fn bind_all(
    statement: &mut CachedStatement<'_>,
    params: &[&dyn ToValue],
    sql: &str,
) -> Result<(), StoreError> {
    check_count(statement, params.len(), sql)?;
    for (index, param) in params.iter().enumerate() {
        bind(statement, index + 1, &param.bind(), sql)?;
    }
    Ok(())
}

fn check_count(statement: &CachedStatement<'_>, given: usize, sql: &str) -> Result<(), StoreError> {
    match statement.parameter_count() {
        wanted if wanted == given => Ok(()),
        wanted => Err(StoreError::other(format_args!("{wanted} parameters, {given} given: {sql}"))),
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    index: usize,
    value: &Bind<'_>,
    sql: &str,
) -> Result<(), StoreError> {
    value.check().map_err(|mismatch| {
        StoreError::Value(Cause::new(format_args!("parameter {index}: {mismatch}")))
    })?;
    statement.raw_bind_parameter(index, value).map_err(|error| StoreError::from_sqlite(&error, sql))
}

impl rusqlite::ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Bind::Null(_) => Raw::Null,
            Bind::Int(int) => Raw::Integer(*int),
            Bind::Real(real) => Raw::Real(*real),
            Bind::Text(text) => Raw::Text(text.as_bytes()),
            Bind::OwnText(text) => Raw::Text(text.as_bytes()),
            Bind::Bytes(bytes) => Raw::Blob(bytes),
            Bind::OwnBytes(bytes) => Raw::Blob(bytes),
            Bind::Id(id) => Raw::Blob(id),
        }))
    }
}

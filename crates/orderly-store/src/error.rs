//! What can go wrong below a transaction.

use std::fmt;
use std::sync::Arc;

/// Why the store could not do what it was asked. `Display` never prints the cause; it is the
/// error's `source()`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine cannot be reached or failed; the transaction did not happen, or on PostgreSQL
    /// its outcome could not be learned within the tries. The same idempotency key is safe.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    #[error("the disk of the database is full")]
    Full(#[source] Cause),
    #[error("the database is damaged: restore a backup and run verify")]
    Corrupt(#[source] Cause),
    /// A lock, a connection or the end of a race was not had in time.
    #[error("the database is busy: try again")]
    Busy,
    /// The last line of defense refused a row: a CHECK, a key, a reference, an append-only book.
    #[error("the schema refuses the change")]
    Constraint(#[source] Cause),
    #[error("column {column} cannot be read")]
    Decode {
        column: String,
        #[source]
        cause: Cause,
    },
    /// A parameter that not every engine can hold: text with a NUL character, a NaN.
    #[error("a value cannot be stored")]
    Value(#[source] Cause),
    /// The engine, its settings or its schema are not what correctness rests on.
    #[error("the database is not safe to use")]
    Unsafe(#[source] Cause),
    /// The transaction was only tried: what it did was undone.
    #[error("it was only tried")]
    Rehearsed,
    #[error("the database refused the statement")]
    Other(#[source] Cause),
}

/// The engine's own words, and the statement they are about.
#[derive(Clone)]
pub struct Cause(Arc<str>);

impl Cause {
    pub fn new(text: impl fmt::Display) -> Cause {
        Cause(text.to_string().into())
    }

    fn about(text: impl fmt::Display, sql: &str) -> Cause {
        if sql.is_empty() {
            return Cause::new(text);
        }
        let mut line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = line.char_indices().nth(160) {
            line.truncate(end);
            line.push('…');
        }
        Cause::new(format_args!("{text} [{line}]"))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl StoreError {
    pub(crate) fn other(text: impl fmt::Display) -> StoreError {
        StoreError::Other(Cause::new(text))
    }

    pub(crate) fn unfit(text: impl fmt::Display) -> StoreError {
        StoreError::Unsafe(Cause::new(text))
    }

    pub(crate) fn unavailable(text: impl fmt::Display) -> StoreError {
        StoreError::Unavailable(Cause::new(text))
    }

    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> StoreError {
        let cause = Cause::new(format_args!("{}: {error}", path.display()));
        match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full(cause),
            _ => StoreError::Unavailable(cause),
        }
    }

    /// Names the migration step an error comes from.
    pub(crate) fn in_step(self, file: &str, step: i64) -> StoreError {
        let place = |cause: &Cause| Cause::new(format_args!("{file}, statement {step}: {cause}"));
        match self {
            StoreError::Unavailable(cause) => StoreError::Unavailable(place(&cause)),
            StoreError::Constraint(cause) => StoreError::Constraint(place(&cause)),
            StoreError::Other(cause) => StoreError::Other(place(&cause)),
            other => other,
        }
    }

    pub(crate) fn from_sqlite(error: &rusqlite::Error, sql: &str) -> StoreError {
        use rusqlite::ErrorCode as Code;
        let cause = Cause::about(error, sql);
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => StoreError::Busy,
            Some(Code::DiskFull) => StoreError::Full(cause),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Corrupt(cause),
            Some(Code::ConstraintViolation) => StoreError::Constraint(cause),
            Some(
                Code::SystemIoFailure
                | Code::CannotOpen
                | Code::OutOfMemory
                | Code::PermissionDenied,
            ) => StoreError::Unavailable(cause),
            _ => StoreError::Other(cause),
        }
    }

    pub(crate) fn from_postgres(error: &postgres::Error, sql: &str) -> StoreError {
        let Some(db) = error.as_db_error() else {
            let cause = Cause::about(chain(error), sql);
            let outside = error.is_closed() || sql.is_empty();
            let io = std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            return match outside || io {
                true => StoreError::Unavailable(cause),
                false => StoreError::Other(cause),
            };
        };
        let detail = db.detail().map(|text| format!(" ({text})")).unwrap_or_default();
        let text = format!("{} {}{detail}", db.code().code(), db.message());
        let cause = Cause::about(text, sql);
        match db.code().code() {
            "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy,
            "53100" => StoreError::Full(cause),
            "XX001" | "XX002" => StoreError::Corrupt(cause),
            code if code.starts_with("23") => StoreError::Constraint(cause),
            code if ["08", "53", "57", "28"].iter().any(|class| code.starts_with(class)) => {
                StoreError::Unavailable(cause)
            }
            _ => StoreError::Other(cause),
        }
    }
}

/// An error with its causes, for a text that itself becomes a cause.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

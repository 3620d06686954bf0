//! A row of either engine.

use std::cell::Cell;

use crate::value::{FromValue, Mismatch, ValueRef};
use crate::{Cause, StoreError};

/// One row of an answer, valid while the closure that reads it runs.
pub struct Row<'a> {
    source: Source<'a>,
    /// Where the next column is looked for first: columns are mostly read in their order.
    next: Cell<usize>,
}

enum Source<'a> {
    Sqlite { row: &'a rusqlite::Row<'a>, columns: &'a [Box<str>] },
    Postgres(&'a postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>, columns: &'a [Box<str>]) -> Row<'a> {
        Row { source: Source::Sqlite { row, columns }, next: Cell::new(0) }
    }

    pub(crate) fn postgres(row: &'a postgres::Row) -> Row<'a> {
        Row { source: Source::Postgres(row), next: Cell::new(0) }
    }
}

impl Row<'_> {
    /// Reads a column by its name in the answer.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, StoreError> {
        let Some(index) = self.index_of(column) else {
            return Err(decode(column, "the answer has no such column"));
        };
        self.next.set(index + 1);
        self.at(index)
    }

    /// Reads a column by its position, from 0.
    pub fn at<T: FromValue>(&self, index: usize) -> Result<T, StoreError> {
        self.raw(index)
            .and_then(T::from_value)
            .map_err(|mismatch| decode(self.name(index).unwrap_or("?"), mismatch))
    }

    pub fn len(&self) -> usize {
        match &self.source {
            Source::Sqlite { columns, .. } => columns.len(),
            Source::Postgres(row) => row.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a column, by its position from 0.
    pub fn name(&self, index: usize) -> Option<&str> {
        match &self.source {
            Source::Sqlite { columns, .. } => columns.get(index).map(AsRef::as_ref),
            Source::Postgres(row) => row.columns().get(index).map(postgres::Column::name),
        }
    }

    fn index_of(&self, column: &str) -> Option<usize> {
        let next = self.next.get();
        if self.name(next) == Some(column) {
            return Some(next);
        }
        (0..self.len()).find(|index| self.name(*index) == Some(column))
    }

    /// The value itself, for generic readers such as an export.
    pub fn raw(&self, index: usize) -> Result<ValueRef<'_>, Mismatch> {
        match &self.source {
            Source::Sqlite { row, .. } => {
                match row.get_ref(index).map_err(|error| Mismatch::new(&error))? {
                    rusqlite::types::ValueRef::Null => Ok(ValueRef::Null),
                    rusqlite::types::ValueRef::Integer(int) => Ok(ValueRef::Int(int)),
                    rusqlite::types::ValueRef::Real(real) => Ok(ValueRef::Real(real)),
                    rusqlite::types::ValueRef::Text(text) => match std::str::from_utf8(text) {
                        Ok(text) => Ok(ValueRef::Text(text)),
                        Err(error) => Err(Mismatch::new(error)),
                    },
                    rusqlite::types::ValueRef::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
                }
            }
            Source::Postgres(row) => row.try_get(index).map_err(|error| {
                let source = std::error::Error::source(&error);
                Mismatch(source.map_or_else(|| error.to_string(), ToString::to_string))
            }),
        }
    }
}

fn decode(column: &str, cause: impl std::fmt::Display) -> StoreError {
    StoreError::Decode { column: column.to_owned(), cause: Cause::new(cause) }
}

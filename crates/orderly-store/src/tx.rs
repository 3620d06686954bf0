//! A transaction: the only handle through which SQL runs.

use crate::postgres;
use crate::row::Row;
use crate::sqlite;
use crate::store::Engine;
use crate::value::{Kind, ToValue, Value};
use crate::{StoreError, insert, steps};

/// A running transaction. SQL is in PostgreSQL's spelling and valid on SQLite too.
pub struct Tx<'a> {
    on: On<'a>,
}

enum On<'a> {
    Sqlite(&'a mut sqlite::Connection),
    Postgres(&'a mut postgres::Connection),
}

/// A column of [`Tx::insert_many`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

impl Column {
    pub const fn new(name: &'static str, kind: Kind) -> Column {
        Column { name, kind }
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(connection: &'a mut sqlite::Connection) -> Tx<'a> {
        Tx { on: On::Sqlite(connection) }
    }

    pub(crate) fn postgres(connection: &'a mut postgres::Connection) -> Tx<'a> {
        Tx { on: On::Postgres(connection) }
    }
}

impl Tx<'_> {
    pub fn engine(&self) -> Engine {
        match self.on {
            On::Sqlite(_) => Engine::Sqlite,
            On::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs one statement and returns the rows it changed.
    pub fn exec(&mut self, sql: &str, params: &[&dyn ToValue]) -> Result<u64, StoreError> {
        steps::statement(sql)?;
        match &mut self.on {
            On::Sqlite(connection) => connection.exec(sql, params),
            On::Postgres(connection) => connection.exec(sql, params),
        }
    }

    /// Returns every row of the answer, in its order.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        mut f: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.run(sql, params, &mut |row| {
            found.push(f(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Returns the first row of the answer, if there is one.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        mut f: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.run(sql, params, &mut |row| {
            found = Some(f(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Hands over row after row in bounded memory, however long the answer. The statement is a
    /// SELECT.
    pub fn for_each(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        mut f: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        steps::statement(sql)?;
        let mut each = |row: &Row<'_>| f(row).map(|()| true);
        match &mut self.on {
            On::Sqlite(connection) => connection.run(sql, params, &mut each),
            On::Postgres(connection) => connection.stream(sql, params, &mut each),
        }
    }

    fn run(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        steps::statement(sql)?;
        match &mut self.on {
            On::Sqlite(connection) => connection.run(sql, params, f),
            On::Postgres(connection) => connection.run(sql, params, f),
        }
    }

    /// Inserts rows in their order: SQLite runs a prepared statement per row, PostgreSQL gets
    /// arrays. `suffix` follows the values, as in `ON CONFLICT DO NOTHING`. Returns the rows
    /// inserted.
    pub fn insert_many(
        &mut self,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
        suffix: &str,
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        steps::statement(table)?;
        match &mut self.on {
            On::Sqlite(connection) => {
                let sql = insert::per_row(table, columns, suffix);
                connection.exec_rows(&sql, rows)
            }
            On::Postgres(connection) => {
                let sql = insert::unnest(table, columns, suffix);
                let kinds: Vec<Kind> = columns.iter().map(|column| column.kind).collect();
                insert::in_pieces(rows, |piece| connection.exec_arrays(&sql, &kinds, piece))
            }
        }
    }

    /// Runs a guarded update or delete for many rows. `per_row_sql` is for one row, with `$1` to
    /// `$n`; `unnest_sql` does the same for `$1` to `$n` as arrays, as in
    /// `UPDATE t SET … FROM unnest($1::bytea[], $2::bigint[]) AS v(id, qty) WHERE t.id = v.id`.
    /// Returns the rows changed in total. A key must be in `rows` once: PostgreSQL's
    /// `UPDATE … FROM` takes only one of several.
    pub fn exec_many(
        &mut self,
        per_row_sql: &str,
        unnest_sql: &str,
        kinds: &[Kind],
        rows: &[Vec<Value>],
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        steps::statement(if self.engine() == Engine::Sqlite { per_row_sql } else { unnest_sql })?;
        match &mut self.on {
            On::Sqlite(connection) => connection.exec_rows(per_row_sql, rows),
            On::Postgres(connection) => {
                insert::in_pieces(rows, |piece| connection.exec_arrays(unnest_sql, kinds, piece))
            }
        }
    }

    /// Asks for many keys at once: `per_row_sql` is run for each row on SQLite, in their order;
    /// `unnest_sql` gets arrays on PostgreSQL, in one statement, and orders its answer itself.
    /// Also for guarded changes that name what they changed by `RETURNING`.
    pub fn query_many<T>(
        &mut self,
        per_row_sql: &str,
        unnest_sql: &str,
        kinds: &[Kind],
        rows: &[Vec<Value>],
        mut f: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::with_capacity(rows.len());
        let mut each = |row: &Row<'_>| {
            found.push(f(row)?);
            Ok(true)
        };
        steps::statement(if self.engine() == Engine::Sqlite { per_row_sql } else { unnest_sql })?;
        match &mut self.on {
            _ if rows.is_empty() => {}
            On::Sqlite(connection) => {
                for row in rows {
                    let params: Vec<&dyn ToValue> = row.iter().map(|v| v as &dyn ToValue).collect();
                    connection.run(per_row_sql, &params, &mut each)?;
                }
            }
            On::Postgres(connection) => {
                connection.run_arrays(unnest_sql, kinds, rows, &mut each)?;
            }
        }
        Ok(found)
    }

    /// Runs `f` in a savepoint: an error undoes what it did and is returned, and the transaction
    /// goes on.
    pub fn savepoint<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        steps::statement("SAVEPOINT")?;
        match &mut self.on {
            On::Sqlite(connection) => connection.savepoint()?,
            On::Postgres(connection) => connection.savepoint()?,
        }
        let result = f(&mut Tx { on: self.on.again() });
        let keep = result.is_ok();
        let ended = match &mut self.on {
            On::Sqlite(connection) => connection.end_savepoint(keep),
            On::Postgres(connection) => connection.end_savepoint(keep),
        };
        result.and_then(|value| Ok(ended.map(|()| value)?))
    }
}

impl On<'_> {
    fn again(&mut self) -> On<'_> {
        match self {
            On::Sqlite(connection) => On::Sqlite(connection),
            On::Postgres(connection) => On::Postgres(connection),
        }
    }
}

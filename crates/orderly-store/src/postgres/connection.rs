//! One connection, its prepared statements and what became of its transaction.

use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls, Statement};

use super::array::array_type;
use super::{Location, arrays};
use crate::row::Row;
use crate::value::{Bind, Kind, ToValue, Value};
use crate::{Cause, StoreError, steps};

/// Statements kept prepared on the server per connection.
const STATEMENTS: usize = 1024;
/// Rows fetched at once by a stream.
const FETCH: usize = 1000;

pub(crate) struct Connection {
    client: Client,
    /// What follows BEGIN: the tenant's role and schema.
    enter: String,
    statements: HashMap<Box<str>, (Vec<Type>, Statement), foldhash::fast::RandomState>,
    /// An error in the open transaction: the server refuses all that follows.
    failed: Option<StoreError>,
    /// A lost race or connection: the transaction has to run again, whatever the closure says.
    lost: Option<StoreError>,
    cursors: u64,
}

impl Connection {
    /// Connects, with the longest time a statement may run and a transaction may idle. Waiting
    /// for a lock is bounded by 2 s.
    pub(crate) fn open(
        at: &Location,
        statement: &str,
        idle: &str,
    ) -> Result<Connection, StoreError> {
        let mut client = connect(at)?;
        let settings = format!(
            "SET statement_timeout = '{statement}';
             SET lock_timeout = '2s';
             SET idle_in_transaction_session_timeout = '{idle}';
             SET synchronous_commit = on"
        );
        client.batch_execute(&settings).map_err(|error| StoreError::from_postgres(&error, ""))?;
        let (schema, role) = (&at.schema, at.role());
        Ok(Connection {
            client,
            enter: format!("SET LOCAL ROLE \"{role}\"; SET LOCAL search_path = \"{schema}\""),
            statements: HashMap::default(),
            failed: None,
            lost: None,
            cursors: 0,
        })
    }

    /// Begins a transaction as the tenant, in one round trip.
    pub(crate) fn begin_write(&mut self) -> Result<(), StoreError> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED", "")
    }

    /// Begins to read and takes the snapshot now, not at the first statement.
    pub(crate) fn begin_read(&mut self) -> Result<(), StoreError> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "; SELECT 1")
    }

    fn begin(&mut self, begin: &str, then: &str) -> Result<(), StoreError> {
        (self.failed, self.lost, self.cursors) = (None, None, 0);
        let enter = format!("{begin}; {}{then}", self.enter);
        self.control(&enter)
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        steps::boundary();
        let ended = self.control("COMMIT");
        steps::boundary();
        ended
    }

    pub(crate) fn rollback(&mut self) -> Result<(), StoreError> {
        self.control("ROLLBACK")
    }

    /// Why the transaction has to run again, if it has to.
    pub(crate) fn lost_race(&self) -> Option<StoreError> {
        self.lost.clone()
    }

    /// The error that made the server refuse the rest of the transaction.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.failed.clone()
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn savepoint(&mut self) -> Result<(), StoreError> {
        self.refuse_after_failure()?;
        self.control("SAVEPOINT inner_point")
    }

    /// Ends the innermost savepoint, keeping its work or not; rolling back to it heals a failure.
    pub(crate) fn end_savepoint(&mut self, keep: bool) -> Result<(), StoreError> {
        if keep {
            self.refuse_after_failure()?;
            return self.control("RELEASE inner_point");
        }
        self.control("ROLLBACK TO inner_point; RELEASE inner_point")?;
        self.failed = None;
        Ok(())
    }

    pub(crate) fn exec(&mut self, sql: &str, params: &[&dyn ToValue]) -> Result<u64, StoreError> {
        let params = bind_all(params)?;
        let statement = self.prepare(sql, params.iter().map(|param| param.kind().postgres()))?;
        let changed = self.client.execute(&statement, &slice(&params));
        changed.map_err(|error| self.note(&error, sql))
    }

    /// Runs a statement whose parameters are one array per column.
    pub(crate) fn exec_arrays(
        &mut self,
        sql: &str,
        kinds: &[Kind],
        rows: &[Vec<Value>],
    ) -> Result<u64, StoreError> {
        let columns = arrays(kinds, rows)?;
        let statement = self.prepare(sql, kinds.iter().map(|kind| array_type(*kind)))?;
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column).collect();
        let changed = self.client.execute(&statement, &params);
        changed.map_err(|error| self.note(&error, sql))
    }

    /// Hands each row of the answer to `f`; the parameters are one array per column.
    pub(crate) fn run_arrays(
        &mut self,
        sql: &str,
        kinds: &[Kind],
        rows: &[Vec<Value>],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let columns = arrays(kinds, rows)?;
        let statement = self.prepare(sql, kinds.iter().map(|kind| array_type(*kind)))?;
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column).collect();
        let rows = self.client.query(&statement, &params);
        for row in rows.map_err(|error| self.note(&error, sql))? {
            if !f(&Row::postgres(&row))? {
                break;
            }
        }
        Ok(())
    }

    /// Hands each row to `f` until it says false. The whole answer is held in memory.
    pub(crate) fn run(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let params = bind_all(params)?;
        let statement = self.prepare(sql, params.iter().map(|param| param.kind().postgres()))?;
        let rows = self.client.query(&statement, &slice(&params));
        for row in rows.map_err(|error| self.note(&error, sql))? {
            if !f(&Row::postgres(&row))? {
                break;
            }
        }
        Ok(())
    }

    /// The same through a cursor: at most a thousand rows are in memory.
    pub(crate) fn stream(
        &mut self,
        sql: &str,
        params: &[&dyn ToValue],
        f: &mut dyn FnMut(&Row<'_>) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.cursors += 1;
        let name = format!("stream_{}", self.cursors);
        self.exec(&format!("DECLARE {name} NO SCROLL CURSOR FOR {sql}"), params)?;
        let fetch = format!("FETCH {FETCH} FROM {name}");
        loop {
            let rows = self.client.query(&fetch, &[]);
            let rows = rows.map_err(|error| self.note(&error, sql))?;
            for row in &rows {
                if !f(&Row::postgres(row))? {
                    return self.control(&format!("CLOSE {name}"));
                }
            }
            if rows.len() < FETCH {
                return self.control(&format!("CLOSE {name}"));
            }
        }
    }

    /// Runs statements without parameters or answers.
    pub(crate) fn control(&mut self, sql: &str) -> Result<(), StoreError> {
        let done = self.client.batch_execute(sql);
        done.map_err(|error| self.note(&error, sql))
    }

    /// Prepares once per connection, with the types declared: an untyped `$1 IS NULL` fails.
    fn prepare(
        &mut self,
        sql: &str,
        types: impl ExactSizeIterator<Item = Type> + Clone,
    ) -> Result<Statement, StoreError> {
        self.refuse_after_failure()?;
        if let Some((known, statement)) = self.statements.get(sql)
            && known.len() == types.len()
            && types.clone().eq(known.iter().cloned())
        {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let types: Vec<Type> = types.collect();
        let prepared = self.client.prepare_typed(sql, &types);
        let statement = prepared.map_err(|error| self.note(&error, sql))?;
        self.statements.insert(sql.into(), (types, statement.clone()));
        Ok(statement)
    }

    fn refuse_after_failure(&self) -> Result<(), StoreError> {
        match self.lost.as_ref().or(self.failed.as_ref()) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Remembers what an error means for the transaction, and gives it.
    fn note(&mut self, error: &postgres::Error, sql: &str) -> StoreError {
        let known = StoreError::from_postgres(error, sql);
        // Another process migrated under us: the plan is made anew on another connection.
        let stale = error.as_db_error().is_some_and(|db| {
            *db.code() == SqlState::FEATURE_NOT_SUPPORTED && db.message().contains("cached plan")
        });
        if stale {
            self.statements.clear();
        }
        let raced = stale
            || error.code().is_some_and(|code| {
                *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED
                    || *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
            });
        let gone = self.client.is_closed()
            || error.as_db_error().is_none() && matches!(known, StoreError::Unavailable(_))
            || error.code().is_some_and(|code| ["57P01", "57P02", "57P03"].contains(&code.code()));
        if gone {
            self.lost = Some(StoreError::Unavailable(Cause::new(crate::error::chain(&known))));
        } else if raced {
            self.lost = Some(known.clone());
        }
        self.failed.get_or_insert_with(|| known.clone());
        known
    }
}

fn bind_all<'a>(params: &'a [&dyn ToValue]) -> Result<Vec<Bind<'a>>, StoreError> {
    let mut bound = Vec::with_capacity(params.len());
    for (index, param) in params.iter().copied().enumerate() {
        let bind = param.bind();
        bind.check().map_err(|mismatch| {
            StoreError::Value(Cause::new(format_args!("parameter {}: {mismatch}", index + 1)))
        })?;
        bound.push(bind);
    }
    Ok(bound)
}

fn slice<'a>(params: &'a [Bind<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

pub(crate) fn connect(at: &Location) -> Result<Client, StoreError> {
    let connected = match at.tls {
        true => at.config.connect(super::tls::connector(at.roots.as_deref())?),
        false => at.config.connect(NoTls),
    };
    connected.map_err(|error| StoreError::from_postgres(&error, ""))
}

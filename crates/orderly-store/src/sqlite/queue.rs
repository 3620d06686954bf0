//! Group commit: callers run one after the other on the one write connection, in the order they
//! came, and share a COMMIT. Nobody is answered before it.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::Connection;
use crate::tx::Tx;
use crate::{Cause, StoreError, steps};

/// Callers that share one COMMIT at most.
const GROUP: u32 = 256;

/// The line for the write connection.
pub(crate) struct Queue {
    path: PathBuf,
    line: Mutex<Line>,
    commits: AtomicU64,
}

struct Line {
    idle: Option<Box<Writer>>,
    waiting: VecDeque<Arc<Turn>>,
}

/// A place in the line. The connection is put into `writer` by the one before.
struct Turn {
    writer: Mutex<Option<Box<Writer>>>,
    thread: Thread,
}

/// The write connection and the group whose transaction is open on it.
struct Writer {
    connection: Connection,
    group: Option<Arc<Group>>,
    members: u32,
}

/// Those who wait for one COMMIT.
#[derive(Default)]
struct Group {
    outcome: Mutex<Option<Result<(), StoreError>>>,
    settled: Condvar,
}

/// What a caller's closure came to, before the COMMIT.
enum Ran<T, E> {
    /// Nothing of it is in the transaction and nobody else's work was seen: answered at once.
    Alone(Result<T, E>),
    /// To be answered when the group is committed.
    Member(Result<T, E>),
    Panicked(Box<dyn Any + Send>),
}

impl Queue {
    pub(crate) fn new(connection: Connection, path: PathBuf) -> Queue {
        let writer = Box::new(Writer { connection, group: None, members: 0 });
        let line = Mutex::new(Line { idle: Some(writer), waiting: VecDeque::new() });
        Queue { path, line, commits: AtomicU64::new(0) }
    }

    /// How many callers wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.line().waiting.len()
    }

    /// How many transactions were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = self.wait_turn();
        let ran = writer.run(f);
        let committed = self.pass_on(writer);
        match ran {
            Ran::Alone(result) => result,
            Ran::Panicked(payload) => resume_unwind(payload),
            Ran::Member(result) => {
                committed?;
                result
            }
        }
    }

    /// Makes commits wait for the disk, or not; becoming durable again, everything committed
    /// meanwhile is brought to the disk first.
    pub(crate) fn set_durable(&self, durable: bool) -> Result<(), StoreError> {
        loop {
            let writer = self.wait_turn();
            if writer.group.is_some() {
                self.pass_on(writer)?;
                continue;
            }
            let settings = if durable {
                "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE);"
            } else {
                "PRAGMA synchronous = OFF;"
            };
            let set = writer.connection.raw().execute_batch(settings);
            self.release(writer);
            return set.map_err(|error| StoreError::from_sqlite(&error, settings));
        }
    }

    fn wait_turn(&self) -> Box<Writer> {
        let mut line = self.line();
        if let Some(writer) = line.idle.take() {
            return writer;
        }
        let turn = Arc::new(Turn { writer: Mutex::new(None), thread: thread::current() });
        line.waiting.push_back(Arc::clone(&turn));
        drop(line);
        loop {
            if let Some(writer) = lock(&turn.writer).take() {
                return writer;
            }
            thread::park();
        }
    }

    /// Gives the connection to the next in line, or commits when there is none or the group is
    /// full. Returns when the group is committed.
    fn pass_on(&self, mut writer: Box<Writer>) -> Result<(), StoreError> {
        let Some(group) = writer.group.clone() else {
            self.release(writer);
            return Ok(());
        };
        if writer.members < GROUP {
            let next = self.line().waiting.pop_front();
            if let Some(turn) = next {
                hand(&turn, writer);
                return group.wait();
            }
        }
        let outcome = writer.commit(&self.path);
        if outcome.is_ok() {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        self.release(writer);
        group.settle(outcome.clone());
        outcome
    }

    fn release(&self, writer: Box<Writer>) {
        let mut line = self.line();
        match line.waiting.pop_front() {
            Some(turn) => {
                drop(line);
                hand(&turn, writer);
            }
            None => line.idle = Some(writer),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        lock(&self.line)
    }
}

fn hand(turn: &Turn, writer: Box<Writer>) {
    *lock(&turn.writer) = Some(writer);
    turn.thread.unpark();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Group {
    fn settle(&self, outcome: Result<(), StoreError>) {
        *lock(&self.outcome) = Some(outcome);
        self.settled.notify_all();
    }

    fn wait(&self) -> Result<(), StoreError> {
        let mut outcome = lock(&self.outcome);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.settled.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Writer {
    /// Runs a caller's closure in the group's transaction. The first of a group needs no
    /// savepoint: when it fails, the transaction is rolled back and there is no group yet.
    fn run<T, E: From<StoreError>>(
        &mut self,
        f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Ran<T, E> {
        let first = self.group.is_none();
        let begin = if first { "BEGIN IMMEDIATE" } else { "SAVEPOINT member" };
        if let Err(error) = self.connection.begin(begin) {
            return Ran::Alone(Err(error.into()));
        }
        let result = catch_unwind(AssertUnwindSafe(|| f(&mut Tx::sqlite(&mut self.connection))));
        let result = result.map(|result| match self.connection.failure() {
            Some(error) => result.and(Err(error.into())),
            None => result,
        });
        let keep = matches!(result, Ok(Ok(_)));
        let ended = self.end_member(first, keep);
        let result = match result {
            Ok(result) => result,
            Err(payload) => return Ran::Panicked(payload),
        };
        match (ended, result) {
            (Err(error), Ok(_)) => Ran::Alone(Err(error.into())),
            (Err(_), Err(error)) => Ran::Alone(Err(error)),
            (Ok(()), result) if first && result.is_err() => Ran::Alone(result),
            (Ok(()), result) => Ran::Member(result),
        }
    }

    /// Keeps or undoes what the closure did. An error says that the whole transaction is gone,
    /// which those before in the group have been told.
    fn end_member(&mut self, first: bool, keep: bool) -> Result<(), StoreError> {
        let connection = &mut self.connection;
        let ended = match (connection.in_transaction(), first, keep) {
            (false, _, _) => Err(StoreError::unavailable("the engine rolled the group back")),
            (true, true, true) => Ok(()),
            (true, true, false) => connection.batch("ROLLBACK"),
            (true, false, true) => connection.batch("RELEASE member"),
            (true, false, false) => connection
                .batch("ROLLBACK TO member")
                .and_then(|()| connection.batch("RELEASE member")),
        };
        match ended {
            Ok(()) if first && keep => {
                self.group = Some(Arc::default());
                self.members = 1;
            }
            Ok(()) => self.members += 1,
            Err(error) => {
                if connection.in_transaction() {
                    let _ = connection.batch("ROLLBACK");
                }
                if let Some(group) = self.group.take() {
                    group.settle(Err(error.clone()));
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Commits the group. A connection that cannot even roll back is replaced.
    fn commit(&mut self, path: &std::path::Path) -> Result<(), StoreError> {
        self.group = None;
        steps::boundary();
        let outcome = self.connection.batch("COMMIT");
        steps::boundary();
        if self.connection.in_transaction()
            && self.connection.batch("ROLLBACK").is_err()
            && let Ok(fresh) = Connection::writer(path)
        {
            self.connection = fresh;
        }
        outcome.map_err(|error| match error {
            StoreError::Full(cause) => StoreError::Full(cause),
            StoreError::Corrupt(cause) => StoreError::Corrupt(cause),
            other => StoreError::Unavailable(Cause::new(format_args!(
                "the group could not be committed: {}",
                crate::error::chain(&other)
            ))),
        })
    }
}

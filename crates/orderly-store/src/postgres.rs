//! The larger engine: one schema of a PostgreSQL database, or of one that speaks like it.

mod array;
mod connection;
mod location;
mod tls;
mod value;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) use array::{arrays, type_name};
pub(crate) use connection::{Connection, connect};
pub(crate) use location::Location;

use crate::StoreError;
use crate::pool::Pool;
use crate::tx::Tx;

/// Runs of a closure at most, lost races and lost connections together.
const TRIES: u32 = 10;

pub(crate) struct Postgres {
    pub(crate) location: Location,
    writers: Pool<Connection>,
    readers: Pool<Connection>,
    commits: AtomicU64,
}

/// What one run of a closure came to.
enum Attempt<T, E> {
    Done(Result<T, E>),
    /// Nothing happened, or nobody knows: run it again.
    Again(StoreError),
}

impl Postgres {
    pub(crate) fn open(location: Location) -> Postgres {
        let (write, read) = (location.clone(), location.clone());
        let size = location.pool;
        let writers = Pool::new(size, Box::new(move || Connection::open(&write, "5s", "10s")));
        let readers = Pool::new(size, Box::new(move || Connection::open(&read, "300s", "300s")));
        Postgres { location, writers, readers, commits: AtomicU64::new(0) }
    }

    /// Runs the closure until it commits or fails by itself. A commit of unknown outcome is run
    /// again on another connection; what the caller claimed first tells it that it had happened.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            let error = match self.attempt(f) {
                Attempt::Done(result) => return result,
                Attempt::Again(error) => error,
            };
            if tries == TRIES {
                return Err(error.into());
            }
            std::thread::sleep(backoff(tries));
            tries += 1;
        }
    }

    fn attempt<T, E: From<StoreError>>(
        &self,
        f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Attempt<T, E> {
        let mut lease = match self.writers.take() {
            Ok(lease) => lease,
            Err(error @ StoreError::Unavailable(_)) => return Attempt::Again(error),
            Err(error) => return Attempt::Done(Err(error.into())),
        };
        if let Err(error) = lease.begin_write() {
            lease.discard();
            return Attempt::Again(error);
        }
        let result = f(&mut Tx::postgres(&mut lease));
        let again = lease.lost_race();
        let failed = lease.failure();
        let ended = match (&result, &again, &failed) {
            (Ok(_), None, None) => lease.commit(),
            _ => lease.rollback(),
        };
        let unsure = lease.lost_race();
        if lease.is_broken() {
            lease.discard();
        }
        match (again.or(unsure), ended, failed, result) {
            (Some(error), ..) => Attempt::Again(error),
            (None, _, _, Err(error)) => Attempt::Done(Err(error)),
            (None, _, Some(error), Ok(_)) | (None, Err(error), None, Ok(_)) => {
                Attempt::Done(Err(error.into()))
            }
            (None, Ok(()), None, Ok(value)) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                Attempt::Done(Ok(value))
            }
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.writers.waiting()
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        let mut lease = loop {
            let mut lease = self.readers.take()?;
            match lease.begin_read() {
                Ok(()) => break lease,
                Err(error) if tries > self.location.pool => return Err(error.into()),
                Err(_) => lease.discard(),
            }
            tries += 1;
        };
        let result = f(&mut Tx::postgres(&mut lease));
        let ended = lease.rollback();
        if ended.is_err() || lease.is_broken() {
            lease.discard();
        }
        result
    }
}

/// Waits a random time, up to 2 ms after the first try and twice as much after each other, at
/// most 500 ms.
fn backoff(tries: u32) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let most = 500_000.min(2_000_u64 << tries.min(10));
    Duration::from_micros(RandomState::new().hash_one(tries) % most)
}

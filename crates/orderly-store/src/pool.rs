//! A bounded set of connections, the most recently used first.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::StoreError;

/// How long a caller waits for a connection before it is told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(10);

type Open<C> = Box<dyn Fn() -> Result<C, StoreError> + Send + Sync>;

pub(crate) struct Pool<C> {
    open: Open<C>,
    most: usize,
    state: Mutex<State<C>>,
    freed: Condvar,
}

struct State<C> {
    idle: Vec<C>,
    count: usize,
    waiting: usize,
}

/// A connection on loan; returned when dropped, closed when dropped by a panic.
pub(crate) struct Lease<'a, C> {
    pool: &'a Pool<C>,
    held: Option<C>,
}

impl<C> Pool<C> {
    pub(crate) fn new(most: usize, open: Open<C>) -> Pool<C> {
        let state = Mutex::new(State { idle: Vec::new(), count: 0, waiting: 0 });
        Pool { open, most, state, freed: Condvar::new() }
    }

    pub(crate) fn take(&self) -> Result<Lease<'_, C>, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if let Some(held) = state.idle.pop() {
                return Ok(Lease { pool: self, held: Some(held) });
            }
            if state.count < self.most {
                state.count += 1;
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::Busy);
            }
            state.waiting += 1;
            let waited = self.freed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
        drop(state);
        let mut lease = Lease { pool: self, held: None };
        lease.held = Some((self.open)()?);
        Ok(lease)
    }

    /// How many callers wait for a connection.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Lease<'_, C> {
    /// Closes the connection instead of returning it.
    pub(crate) fn discard(mut self) {
        self.held = None;
    }
}

impl<C> Drop for Lease<'_, C> {
    fn drop(&mut self) {
        let held = self.held.take().filter(|_| !std::thread::panicking());
        let mut state = self.pool.lock();
        match held {
            Some(held) => state.idle.push(held),
            None => state.count -= 1,
        }
        drop(state);
        self.pool.freed.notify_one();
    }
}

impl<C> Deref for Lease<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.held.as_ref().expect("a lease holds its connection until it is dropped")
    }
}

impl<C> DerefMut for Lease<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        self.held.as_mut().expect("a lease holds its connection until it is dropped")
    }
}

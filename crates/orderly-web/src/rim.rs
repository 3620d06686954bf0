//! The state of a running server, and the bounded pool on which operations run.

use std::sync::Arc;
use std::time::Duration;

use orderly_ops::{App, Error};
use tokio::sync::Semaphore;

use crate::metrics::Metrics;

/// What one request may cost, and all of them together.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bytes of a body of many rows.
    pub bulk_body: usize,
    /// How deep JSON may nest.
    pub depth: usize,
    /// How long a request may wait and run.
    pub deadline: Duration,
    /// Operations that run at once.
    pub running: usize,
    /// Operations that run or wait; one more is turned away.
    pub waiting: usize,
    /// Requests of one caller in a minute.
    pub per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            bulk_body: 16 << 20,
            depth: 64,
            deadline: Duration::from_secs(10),
            running: 64,
            waiting: 1_024,
            per_minute: 6_000,
        }
    }
}

/// A running server's state. Cheap to clone.
#[derive(Clone)]
pub struct Rim {
    pub app: App,
    pub limits: Arc<Limits>,
    pub metrics: Arc<Metrics>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Why the pool did not run something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// Too many wait already: ask again later.
    Busy,
    /// The deadline passed while it waited.
    TooLate,
}

impl Rim {
    pub fn new(app: App, limits: Limits) -> Self {
        let running = Arc::new(Semaphore::new(limits.running));
        let waiting = Arc::new(Semaphore::new(limits.waiting));
        let metrics = Arc::new(Metrics::default());
        Self { app, limits: Arc::new(limits), metrics, running, waiting }
    }

    /// Runs one operation on the blocking pool. What has begun runs to its end, even where the
    /// caller went away: its key tells the answer later.
    ///
    /// # Errors
    /// [`TurnedAway`] where it has not begun; nothing has happened then.
    pub async fn blocking<T: Send + 'static>(
        &self,
        f: impl FnOnce(&App) -> Result<T, Error> + Send + 'static,
    ) -> Result<Result<T, Error>, TurnedAway> {
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let place = place.map_err(|_| TurnedAway::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned();
        let turn = tokio::time::timeout(self.limits.deadline, turn).await;
        let turn = turn.map_err(|_| TurnedAway::TooLate)?.map_err(|_| TurnedAway::Busy)?;
        let app = self.app.clone();
        let done = tokio::task::spawn_blocking(move || {
            let answer = f(&app);
            drop((place, turn));
            answer
        });
        Ok(done.await.unwrap_or_else(|_| Err(Error::Internal("the operation stopped".into()))))
    }

    /// How many operations run or wait.
    pub fn busy(&self) -> usize {
        self.limits.waiting - self.waiting.available_permits()
    }
}

//! The state of a running server, and the bounded pool on which operations run.

use std::sync::Arc;
use std::time::Duration;

use orderly_ops::{App, Error};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::follow::Follow;
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
    /// Streams of events that are open at once.
    pub streams: usize,
    /// After how long a stream that is silent gives a sign of life.
    pub beat: Duration,
    /// How long a reader may take nothing of what a stream holds ready for him.
    pub stuck: Duration,
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
            streams: 1_024,
            beat: Duration::from_secs(15),
            stuck: Duration::from_secs(60),
        }
    }
}

/// A running server's state. Cheap to clone.
#[derive(Clone)]
pub struct Rim {
    pub app: App,
    pub limits: Arc<Limits>,
    pub metrics: Arc<Metrics>,
    pub(crate) follow: Arc<Follow>,
    stopping: Arc<watch::Sender<bool>>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    streams: Arc<Semaphore>,
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
        let streams = Arc::new(Semaphore::new(limits.streams));
        let metrics = Arc::new(Metrics::default());
        let follow = Arc::new(Follow::default());
        let stopping = Arc::new(watch::Sender::new(false));
        let limits = Arc::new(limits);
        Self { app, limits, metrics, follow, stopping, running, waiting, streams }
    }

    /// Says that the server takes nothing new: who holds a stream open ends it.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the server is about to end.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Changes to true when the server is about to end.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// A place among the open streams, until it is dropped.
    ///
    /// # Errors
    /// [`TurnedAway::Busy`] where all are taken.
    pub fn stream_place(&self) -> Result<OwnedSemaphorePermit, TurnedAway> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| TurnedAway::Busy)
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
        let place = self.enter()?;
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

    /// A place among those who wait, for work that shares its threads with others. It is kept
    /// until the answer is there.
    ///
    /// # Errors
    /// [`TurnedAway::Busy`].
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, TurnedAway> {
        Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| TurnedAway::Busy)
    }

    /// How many operations run or wait.
    pub fn busy(&self) -> usize {
        self.limits.waiting - self.waiting.available_permits()
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        self.limits.streams - self.streams.available_permits()
    }
}

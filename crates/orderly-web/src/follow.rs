//! The end of the feed, looked at once for however many listen, and only while somebody does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use orderly_ops::ops::events;
use tokio::sync::watch;

use crate::Rim;

/// How often it is asked whether somebody wrote something in this process: a look into memory.
const TICK: Duration = Duration::from_millis(100);
/// After how many ticks the feed is looked at in any case: another process may have written.
const LOOK: u32 = 10;
/// How many looks in a row follow a write: the feed comes a moment after it.
const LOOKS: u32 = 5;

/// Where the feed ends, as far as anybody here knows.
#[derive(Debug)]
pub struct Follow {
    position: watch::Sender<i64>,
    running: AtomicBool,
}

impl Default for Follow {
    fn default() -> Self {
        Self { position: watch::Sender::new(0), running: AtomicBool::new(false) }
    }
}

impl Rim {
    /// Listens to the end of the feed: changes when something happened.
    pub fn listen(&self) -> watch::Receiver<i64> {
        let listener = self.follow.position.subscribe();
        if !self.follow.running.swap(true, Ordering::SeqCst) {
            tokio::spawn(follow(self.clone()));
        }
        listener
    }

    fn is_heard(&self) -> bool {
        self.follow.position.receiver_count() > 0 && !self.is_stopping()
    }
}

async fn follow(rim: Rim) {
    loop {
        look(&rim).await;
        rim.follow.running.store(false, Ordering::SeqCst);
        // Who began to listen just now found it running still.
        if !rim.is_heard() || rim.follow.running.swap(true, Ordering::SeqCst) {
            return;
        }
    }
}

async fn look(rim: &Rim) {
    let (mut rung, mut ticks, mut left) = (rim.app.wake.count(), 0_u32, 0_u32);
    while rim.is_heard() {
        let count = rim.app.wake.count();
        if count != rung {
            (rung, left) = (count, LOOKS);
        }
        if left > 0 || ticks.is_multiple_of(LOOK) {
            left = left.saturating_sub(1);
            if let Ok(Ok(position)) = rim.blocking(events::position).await {
                let known = &rim.follow.position;
                known.send_if_modified(|known| std::mem::replace(known, position) != position);
            }
        }
        ticks = ticks.wrapping_add(1);
        tokio::time::sleep(TICK).await;
    }
}

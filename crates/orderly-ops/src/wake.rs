//! A bell: writers ring it after they have committed, the jobs sleep until it rings.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts the rings. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    inner: Arc<(Mutex<u64>, Condvar)>,
}

impl Wake {
    /// Rings.
    pub fn tell(&self) {
        let (count, bell) = &*self.inner;
        *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        bell.notify_all();
    }

    /// How often it rang.
    pub fn count(&self) -> u64 {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has rung more than `seen` times or the time is over, and returns how often it
    /// rang.
    pub fn wait(&self, seen: u64, at_most: Duration) -> u64 {
        let (count, bell) = &*self.inner;
        let end = Instant::now() + at_most;
        let mut rung = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *rung == seen {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            rung = bell.wait_timeout(rung, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *rung
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_before_the_wait_is_not_missed() {
        let wake = Wake::default();
        let seen = wake.count();
        wake.tell();
        assert_eq!(wake.wait(seen, Duration::from_secs(60)), 1);
        assert_eq!(wake.wait(1, Duration::from_millis(1)), 1);
    }
}

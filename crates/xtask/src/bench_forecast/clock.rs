//! Processor time of this thread, so that a busy machine does not falsify a rate.

use std::time::Instant;

/// Measures processor seconds where the kernel tells them, otherwise seconds on the wall.
pub struct Clock {
    wall: Instant,
    start: Option<u64>,
}

fn on_processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

impl Clock {
    pub fn start() -> Self {
        // Yielding makes the kernel bring its account up to date.
        std::thread::yield_now();
        Self { wall: Instant::now(), start: on_processor() }
    }

    pub fn seconds(&self) -> f64 {
        std::thread::yield_now();
        match (self.start, on_processor()) {
            (Some(start), Some(end)) => end.saturating_sub(start) as f64 * 1e-9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }
}

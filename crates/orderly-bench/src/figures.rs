//! Rates and latencies of one run, and the medians of several.

use std::time::Duration;

use serde::Serialize;

/// What one way of doing something came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Finished in a second; the median of the runs.
    pub orders_per_s: f64,
    /// Half of the requests (of the batches, in bulk) took at most so many milliseconds.
    pub p50_ms: f64,
    /// 99 of a hundred took at most so many milliseconds.
    pub p99_ms: f64,
    /// The share of what the engine does when it only writes the same rows; absent where that was
    /// not measured.
    pub floor_share: Option<f64>,
}

/// One run: how many in which time, and how long each took.
#[derive(Debug, Default)]
pub struct Run {
    pub count: usize,
    pub took: Duration,
    pub each: Vec<Duration>,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }
}

impl Figures {
    /// The medians of runs, beside the rate of the floor.
    pub fn of(runs: &[Run], floor: Option<f64>) -> Self {
        let rate = median(runs.iter().map(Run::per_second).collect());
        let quantile = |share: f64| median(runs.iter().map(|run| at(&run.each, share)).collect());
        Self {
            orders_per_s: rate,
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
            floor_share: floor.map(|floor| rate / floor),
        }
    }
}

/// The middle one; 0 of none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// The time, in milliseconds, within which this share of them was done (nearest rank).
pub fn at(each: &[Duration], share: f64) -> f64 {
    let mut each = each.to_vec();
    each.sort_unstable();
    let rank = (each.len() as f64 * share).ceil() as usize;
    let found = each.get(rank.saturating_sub(1)).copied().unwrap_or_default();
    found.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        let each: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let found = [at(&each, 0.5), at(&each, 0.99), at(&each, 1.0), at(&[], 0.5)];
        assert_eq!(found.map(|ms| ms.round() as i64), [50, 99, 100, 0]);
        assert_eq!(median(vec![3.0, 1.0, 2.0]).round() as i64, 2);
    }
}

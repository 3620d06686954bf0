//! Exponential smoothing in state-space form: a reduced pool of eight models, chosen by AICc.
//!
//! The pool (Petropoulos and others 2021): errors additive or multiplicative, no trend or a damped
//! additive one, no season or one that enters like the error; ANN, MNN, AAdN, MAdN, ANA, MNM, AAdA,
//! MAdM.

use crate::forecast::decompose::{Season, season as classical};
use crate::numeric::{MAX_PARAMETERS, Point, minimize};

/// One model of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Errors and season are multiplicative.
    pub multiplicative: bool,
    /// A damped additive trend.
    pub trend: bool,
    pub seasonal: bool,
}

impl Kind {
    /// Returns the usual three-letter name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.multiplicative, self.trend, self.seasonal) {
            (false, false, false) => "ANN",
            (true, false, false) => "MNN",
            (false, true, false) => "AAdN",
            (true, true, false) => "MAdN",
            (false, false, true) => "ANA",
            (true, false, true) => "MNM",
            (false, true, true) => "AAdA",
            (true, true, true) => "MAdM",
        }
    }
}

/// Smoothing constants and damping.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Constants {
    alpha: f64,
    beta: f64,
    gamma: f64,
    phi: f64,
}

/// A fitted model with its state after the last period.
#[derive(Debug, Clone, PartialEq)]
pub struct Ets {
    pub kind: Kind,
    pub aicc: f64,
    /// One-step error variance; relative to the mean when the model is multiplicative.
    pub variance: f64,
    constants: Constants,
    level: f64,
    slope: f64,
    /// The next period's position first.
    season: Vec<f64>,
}

/// Where a run of the recursion ends, with the sums that the likelihood needs.
#[derive(Debug, Clone, Copy)]
struct End {
    level: f64,
    slope: f64,
    squares: f64,
    log_means: f64,
}

/// Runs the recursion over `values`; `season` is a ring of one season, used and updated in place.
#[inline]
fn run<const MULTIPLICATIVE: bool, const TREND: bool, const SEASONAL: bool>(
    values: &[f64],
    constants: &Constants,
    start: (f64, f64),
    season: &mut [f64],
) -> End {
    let Constants { alpha, beta, gamma, phi } = *constants;
    let (mut level, mut slope) = start;
    let (mut squares, mut log_means, mut product) = (0.0, 0.0, 1.0);
    let (mut position, mut batch) = (0, 0);
    for y in values {
        let damped = if TREND { phi * slope } else { 0.0 };
        let base = level + damped;
        if MULTIPLICATIVE {
            let factor = if SEASONAL { season[position] } else { 1.0 };
            let mean = base * factor;
            if mean <= 1e-9 {
                return End { level, slope, squares: f64::INFINITY, log_means: 0.0 };
            }
            let error = (y - mean) / mean;
            squares += error * error;
            product *= mean;
            batch += 1;
            if batch == 8 {
                log_means += product.ln();
                (product, batch) = (1.0, 0);
            }
            level = base * (1.0 + alpha * error);
            if TREND {
                slope = damped + beta * base * error;
            }
            if SEASONAL {
                season[position] = factor * (1.0 + gamma * error);
            }
        } else {
            let addend = if SEASONAL { season[position] } else { 0.0 };
            let error = y - base - addend;
            squares += error * error;
            level = base + alpha * error;
            if TREND {
                slope = damped + beta * error;
            }
            if SEASONAL {
                season[position] = addend + gamma * error;
            }
        }
        if SEASONAL {
            position += 1;
            if position == season.len() {
                position = 0;
            }
        }
    }
    log_means += product.ln();
    End { level, slope, squares, log_means }
}

fn run_kind(
    kind: Kind,
    values: &[f64],
    constants: &Constants,
    start: (f64, f64),
    season: &mut [f64],
) -> End {
    match (kind.multiplicative, kind.trend, kind.seasonal) {
        (false, false, false) => run::<false, false, false>(values, constants, start, season),
        (false, false, true) => run::<false, false, true>(values, constants, start, season),
        (false, true, false) => run::<false, true, false>(values, constants, start, season),
        (false, true, true) => run::<false, true, true>(values, constants, start, season),
        (true, false, false) => run::<true, false, false>(values, constants, start, season),
        (true, false, true) => run::<true, false, true>(values, constants, start, season),
        (true, true, false) => run::<true, true, false>(values, constants, start, season),
        (true, true, true) => run::<true, true, true>(values, constants, start, season),
    }
}

/// The starting season, level and slope, found once for each kind of season.
struct Start {
    season: Vec<f64>,
    level: f64,
    slope: f64,
}

/// Returns starting values from the classical season and a line through the first ten periods.
fn start_of(values: &[f64], period: usize, seasonal: bool, multiplicative: bool) -> Option<Start> {
    let mut season = Vec::new();
    if seasonal {
        match (classical(values, period), multiplicative) {
            (Season::Factors(factors), true) => season = factors,
            (Season::Addends(addends), false) => season = addends,
            (Season::Factors(_), false) => {
                season = match classical(&shifted(values), period) {
                    Season::Addends(addends) => addends,
                    Season::Factors(_) | Season::None => return None,
                };
            }
            (Season::None | Season::Addends(_), _) => return None,
        }
    }
    let plain: Vec<f64> = values
        .iter()
        .enumerate()
        .take(10.max(period.min(20)))
        .map(|(time, y)| match (season.is_empty(), multiplicative) {
            (true, _) => *y,
            (false, true) => y / season[time % period],
            (false, false) => y - season[time % period],
        })
        .collect();
    let count = plain.len() as f64;
    let mean_time = (count + 1.0) / 2.0;
    let mean = plain.iter().sum::<f64>() / count;
    let (mut up, mut down) = (0.0, 0.0);
    for (time, y) in plain.iter().enumerate() {
        let distance = time as f64 + 1.0 - mean_time;
        up += distance * (y - mean);
        down += distance * distance;
    }
    let slope = if down > 0.0 { up / down } else { 0.0 };
    Some(Start { season, level: mean - slope * mean_time, slope })
}

/// Returns the values moved below zero in part, so that the classical season is additive.
fn shifted(values: &[f64]) -> Vec<f64> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    values.iter().map(|y| y - low).collect()
}

fn bounded(kind: Kind, point: &Point, scale: f64) -> (Constants, (f64, f64)) {
    let alpha = point[0].clamp(1e-4, 0.999_9);
    let mut next = 2;
    let mut take = || {
        next += 1;
        point[next - 1]
    };
    let (mut beta, mut phi, mut slope) = (0.0, 1.0, 0.0);
    if kind.trend {
        beta = alpha * take().clamp(1e-4, 0.999_9);
        phi = take().clamp(0.8, 0.98);
        slope = take() * scale;
    }
    let gamma = if kind.seasonal { (1.0 - alpha) * take().clamp(1e-4, 0.999_9) } else { 0.0 };
    (Constants { alpha, beta, gamma, phi }, (point[1] * scale, slope))
}

/// Fits one model of the pool. `None` when the history is too short or does not suit the model.
#[must_use]
pub fn fit(kind: Kind, values: &[f64], period: usize) -> Option<Ets> {
    let count = values.len();
    let states = 1 + usize::from(kind.trend) + if kind.seasonal { period } else { 0 };
    let parameters = 1 + 2 * usize::from(kind.trend) + usize::from(kind.seasonal) + states;
    if count < parameters + 3 || values.iter().any(|y| !y.is_finite()) {
        return None;
    }
    if kind.multiplicative && values.iter().any(|y| *y <= 0.0) {
        return None;
    }
    let scale = values.iter().map(|y| y.abs()).sum::<f64>() / count as f64;
    if scale <= 0.0 {
        return None;
    }
    let start = start_of(values, period, kind.seasonal, kind.multiplicative)?;
    let level = if kind.trend { start.level } else { start.level + start.slope * 5.0 };
    let mut point = [0.0; MAX_PARAMETERS];
    let mut steps = [0.0; MAX_PARAMETERS];
    let mut size = 0;
    let mut push = |value: f64, step: f64| {
        (point[size], steps[size]) = (value, step);
        size += 1;
    };
    push(if kind.seasonal { 0.2 } else { 0.4 }, 0.2);
    push(level / scale, 0.1);
    if kind.trend {
        push(0.1, 0.15);
        push(0.95, -0.05);
        push(start.slope / scale, 0.01);
    }
    if kind.seasonal {
        push(0.1, 0.1);
    }
    let mut ring = start.season.clone();
    let objective = |point: &Point| {
        let (constants, first) = bounded(kind, point, scale);
        ring.copy_from_slice(&start.season);
        let end = run_kind(kind, values, &constants, first, &mut ring);
        if kind.multiplicative {
            // The likelihood without its logarithms' constant: squares times the means' square.
            count as f64 * end.squares.ln() + 2.0 * end.log_means
        } else {
            count as f64 * end.squares.ln()
        }
    };
    let evaluations = 40 + 45 * size;
    let (best, likelihood) = minimize(objective, &point, &steps, size, evaluations, 1e-6);
    let (constants, first) = bounded(kind, &best, scale);
    let mut season = start.season;
    let end = run_kind(kind, values, &constants, first, &mut season);
    if !season.is_empty() {
        season.rotate_left(count % period);
    }
    let (n, k) = (count as f64, (parameters + 1) as f64);
    let aicc = likelihood + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0).max(0.5);
    let variance = end.squares / (n - parameters as f64).max(1.0);
    let sound = likelihood < f64::MAX && end.level.is_finite() && variance.is_finite();
    let (level, slope) = (end.level, end.slope);
    sound.then_some(Ets { kind, aicc, variance, constants, level, slope, season })
}

/// Fits the pool and returns the model of the smallest AICc. `None` when no model suits.
///
/// `seasonal` allows models with a season of `period`; without it only the four plain ones compete.
#[must_use]
pub fn best(values: &[f64], period: usize, seasonal: bool) -> Option<Ets> {
    let mut best: Option<Ets> = None;
    for seasonal in [false, true].into_iter().filter(|s| !s || seasonal) {
        for multiplicative in [false, true] {
            for trend in [false, true] {
                let kind = Kind { multiplicative, trend, seasonal };
                let Some(model) = fit(kind, values, period) else { continue };
                if best.as_ref().is_none_or(|best| model.aicc < best.aicc) {
                    best = Some(model);
                }
            }
        }
    }
    best
}

impl Ets {
    /// Returns the mean of the next `horizon` periods.
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let (mut damped, mut power) = (0.0, 1.0);
        (0..horizon)
            .map(|step| {
                power *= self.constants.phi;
                damped += power;
                let base = self.level + damped * self.slope;
                match (self.season.is_empty(), self.kind.multiplicative) {
                    (true, _) => base,
                    (false, true) => base * self.season[step % self.season.len()],
                    (false, false) => base + self.season[step % self.season.len()],
                }
            })
            .collect()
    }

    /// Returns the variance of the error `step` periods ahead (0 is the next one).
    ///
    /// For multiplicative models this is relative to the square of the mean, to first order.
    #[must_use]
    pub fn error_variance(&self, step: usize) -> f64 {
        let Constants { alpha, beta, gamma, phi } = self.constants;
        let (mut sum, mut damped, mut power) = (1.0, 0.0, 1.0);
        for ahead in 1..=step {
            power *= phi;
            damped += power;
            let wrap = !self.season.is_empty() && ahead.is_multiple_of(self.season.len());
            let weight = alpha + beta * damped + if wrap { gamma } else { 0.0 };
            sum += weight * weight;
        }
        self.variance * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_with_a_trend_is_continued() {
        let shape = [0.7, 1.3, 1.1, 0.9];
        let truth = |t: usize| (100.0 + t as f64) * shape[t % 4];
        let values: Vec<f64> = (0..48).map(truth).collect();
        let model = best(&values, 4, true).unwrap();
        assert!(model.kind.seasonal, "{}", model.kind.name());
        for (step, y) in model.forecast(4).iter().enumerate() {
            assert!((y / truth(48 + step) - 1.0).abs() < 0.05, "{step}: {y}");
        }
    }

    #[test]
    fn multiplicative_models_refuse_zeros() {
        let kind = Kind { multiplicative: true, trend: false, seasonal: false };
        let mut values = vec![3.0; 30];
        values[7] = 0.0;
        assert!(fit(kind, &values, 1).is_none());
        assert!(best(&values, 1, false).is_some());
    }
}

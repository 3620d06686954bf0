//! The dynamic optimized Theta model (Fiorucci and others 2016).
//!
//! A level smoothed exponentially plus a part (1 − 1/θ) of a line that is refitted at every step.

use crate::numeric::{MAX_PARAMETERS, minimize};

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Theta {
    alpha: f64,
    theta: f64,
    end: Path,
    /// The mean squared one-step error from the third period on.
    pub variance: f64,
}

/// The state after some periods: level, running mean, and the line through them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Path {
    level: f64,
    mean: f64,
    intercept: f64,
    slope: f64,
    /// (1 − α)^t
    power: f64,
    time: f64,
}

impl Path {
    fn new(level: f64) -> Self {
        Self { level, mean: 0.0, intercept: 0.0, slope: 0.0, power: 1.0, time: 0.0 }
    }

    /// Returns the mean of the next period.
    #[inline]
    fn ahead(&self, alpha: f64, line: f64) -> f64 {
        let drift = (1.0 - self.power * (1.0 - alpha)) / alpha;
        self.level + line * (self.power * self.intercept + drift * self.slope)
    }

    #[inline]
    fn step(&mut self, y: f64, alpha: f64) {
        let t = self.time + 1.0;
        let inverse = 1.0 / (t + 1.0);
        self.level += alpha * (y - self.level);
        if self.time > 0.0 {
            self.slope = ((t - 2.0) * self.slope + 6.0 * (y - self.mean) / t) * inverse;
        }
        self.mean += (y - self.mean) / t;
        self.intercept = self.mean - self.slope * (t + 1.0) / 2.0;
        self.power *= 1.0 - alpha;
        self.time = t;
    }
}

/// Returns α, 1 − 1/θ and the first level of a point of the search, within bounds.
fn bounded(point: &[f64; MAX_PARAMETERS]) -> (f64, f64, f64) {
    let theta = point[1].max(1.0);
    (point[0].clamp(0.1, 0.99), 1.0 - 1.0 / theta, point[2])
}

/// Fits the model. `None` for fewer than four periods or values that are not finite.
#[must_use]
pub fn fit(values: &[f64]) -> Option<Theta> {
    let count = values.len();
    if count < 4 || values.iter().any(|y| !y.is_finite()) {
        return None;
    }
    let scale = values.iter().map(|y| y.abs()).sum::<f64>() / count as f64;
    if scale <= 0.0 {
        return None;
    }
    // The lines do not depend on the parameters: they are drawn once.
    let mut path = Path::new(0.0);
    let lines: Vec<(f64, f64)> = values
        .iter()
        .map(|y| {
            let line = (path.intercept, path.slope);
            path.step(*y, 0.5);
            line
        })
        .collect();
    let objective = |point: &[f64; MAX_PARAMETERS]| {
        let (alpha, line, first) = bounded(point);
        let (mut level, mut power, inverse) = (first * scale, 1.0, 1.0 / alpha);
        let mut squares = 0.0;
        for (time, (y, (intercept, slope))) in values.iter().zip(&lines).enumerate() {
            let next = power * (1.0 - alpha);
            if time >= 2 {
                let drift = (1.0 - next) * inverse;
                let error = y - level - line * (power * intercept + drift * slope);
                squares += error * error;
            }
            level += alpha * (y - level);
            power = next;
        }
        squares
    };
    let mut start = [0.0; MAX_PARAMETERS];
    start[..3].copy_from_slice(&[0.5, 2.0, values[0] / scale / 2.0]);
    let mut steps = [0.0; MAX_PARAMETERS];
    steps[..3].copy_from_slice(&[-0.2, 1.0, 0.3]);
    let (best, squares) = minimize(objective, &start, &steps, 3, 220, 1e-7);
    let (alpha, line, first) = bounded(&best);
    let mut path = Path::new(first * scale);
    for y in values {
        path.step(*y, alpha);
    }
    let theta = Theta {
        alpha,
        theta: 1.0 / (1.0 - line),
        end: path,
        variance: squares / (count - 2) as f64,
    };
    theta.variance.is_finite().then_some(theta)
}

impl Theta {
    /// Returns the smoothing constant and θ.
    #[must_use]
    pub fn parameters(&self) -> (f64, f64) {
        (self.alpha, self.theta)
    }

    /// Returns the mean of the next `horizon` periods; the line is refitted to each forecast.
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let line = 1.0 - 1.0 / self.theta;
        let mut path = self.end;
        (0..horizon)
            .map(|_| {
                let mean = path.ahead(self.alpha, line);
                path.step(mean, self.alpha);
                mean
            })
            .collect()
    }

    /// Returns the variance of the error `step` periods ahead (0 is the next one).
    #[must_use]
    pub fn error_variance(&self, step: usize) -> f64 {
        self.variance * (1.0 + step as f64 * self.alpha * self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_continued() {
        let values: Vec<f64> = (0..40).map(|t| 50.0 + 2.0 * f64::from(t)).collect();
        let forecast = fit(&values).unwrap().forecast(4);
        for (step, y) in forecast.iter().enumerate() {
            let truth = 50.0 + 2.0 * (40.0 + step as f64);
            assert!((y - truth).abs() < 3.0, "{step}: {y} {truth}");
        }
    }

    #[test]
    fn too_short_or_broken_histories_are_refused() {
        assert!(fit(&[1.0, 2.0, 3.0]).is_none());
        assert!(fit(&[1.0, f64::NAN, 2.0, 3.0]).is_none());
        assert!(fit(&[0.0; 10]).is_none());
    }
}

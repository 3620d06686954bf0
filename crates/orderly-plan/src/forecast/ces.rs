//! Complex exponential smoothing (Svetunkov and others 2022): a level with hidden information.

use crate::numeric::{MAX_PARAMETERS, Point, minimize};

/// A fitted model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ces {
    real: f64,
    imaginary: f64,
    level: f64,
    hidden: f64,
    /// The mean squared one-step error.
    pub variance: f64,
}

#[inline]
fn step(state: &mut (f64, f64), error: f64, real: f64, imaginary: f64) {
    let (level, hidden) = *state;
    state.0 = level - (1.0 - imaginary) * hidden + (real - imaginary) * error;
    state.1 = level + (1.0 - real) * hidden + (real + imaginary) * error;
}

/// Fits the model. `None` for fewer than eight periods or values that are not finite.
#[must_use]
pub fn fit(values: &[f64]) -> Option<Ces> {
    let count = values.len();
    if count < 8 || values.iter().any(|y| !y.is_finite()) {
        return None;
    }
    let head = &values[..count.min(10)];
    let mean = head.iter().sum::<f64>() / head.len() as f64;
    let first = (mean, mean / 1.1);
    let objective = |point: &Point| {
        let mut state = first;
        let mut squares = 0.0;
        for y in values {
            let error = y - state.0;
            squares += error * error;
            step(&mut state, error, point[0], point[1]);
        }
        // Unstable pairs are refused by a steep price.
        if is_stable(point[0], point[1]) { squares } else { squares * 10.0 + 1e300 }
    };
    let mut start = [0.0; MAX_PARAMETERS];
    start[..2].copy_from_slice(&[1.3, 1.0]);
    let mut steps = [0.0; MAX_PARAMETERS];
    steps[..2].copy_from_slice(&[-0.2, 0.05]);
    let (best, squares) = minimize(objective, &start, &steps, 2, 120, 1e-7);
    if squares >= 1e299 {
        return None;
    }
    let mut state = first;
    for y in values {
        let error = y - state.0;
        step(&mut state, error, best[0], best[1]);
    }
    let model = Ces {
        real: best[0],
        imaginary: best[1],
        level: state.0,
        hidden: state.1,
        variance: squares / (count - 2) as f64,
    };
    (state.0.is_finite() && state.1.is_finite()).then_some(model)
}

/// Decides whether the pair lies inside the model's stability region.
fn is_stable(real: f64, imaginary: f64) -> bool {
    let shifted = real - 2.5;
    let squared = imaginary * imaginary;
    shifted * shifted + squared > 1.25
        && (real - 0.5) * (real - 0.5) + (imaginary - 1.0) * (imaginary - 1.0) > 0.25
        && (real - 1.5) * (real - 1.5) + (imaginary - 0.5) * (imaginary - 0.5) < 1.5
}

impl Ces {
    /// Returns the mean of the next `horizon` periods.
    #[must_use]
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut state = (self.level, self.hidden);
        (0..horizon)
            .map(|_| {
                let mean = state.0;
                step(&mut state, 0.0, self.real, self.imaginary);
                mean
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_demand_is_continued() {
        let values: Vec<f64> = (0..40).map(|t| 20.0 + f64::from(t % 3)).collect();
        let forecast = fit(&values).unwrap().forecast(6);
        assert!(forecast.iter().all(|y| (y - 21.0).abs() < 2.0), "{forecast:?}");
        assert!(fit(&values[..5]).is_none());
    }
}

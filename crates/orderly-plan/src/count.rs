//! Distributions of a demand over a window: negative binomial, Poisson at its edge.

use crate::numeric::{normal_cdf, normal_quantile};

/// Above this mean, or when the probability of zero underflows, sums give way to a gamma law.
const MAX_SUMMED_MEAN: f64 = 2_000.0;
const MIN_ZERO_MASS: f64 = 1e-280;

/// A distribution of whole units of demand with a given mean and variance.
///
/// A variance above the mean gives a negative binomial, otherwise a Poisson. A mean of zero is the
/// certain zero. Large means use the gamma law of the same two moments (Wilson–Hilferty).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountLaw {
    mean: f64,
    ratio: f64,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Zero,
    /// P(0), and the factors of P(k+1)/P(k) = (a + b·k)/(k + 1).
    Summed {
        zero: f64,
        a: f64,
        b: f64,
    },
    Gamma {
        shape: f64,
    },
}

impl CountLaw {
    /// Returns the law of the given mean and variance-to-mean ratio.
    ///
    /// Values that are not finite or negative count as a mean of zero and a ratio of one.
    #[must_use]
    pub fn new(mean: f64, ratio: f64) -> Self {
        let mean = if mean.is_finite() && mean > 1e-12 { mean.min(1e15) } else { 0.0 };
        let ratio = if ratio.is_finite() { ratio.clamp(1.0, 1e9) } else { 1.0 };
        if mean <= 0.0 {
            return Self { mean: 0.0, ratio: 1.0, form: Form::Zero };
        }
        let form = if mean > MAX_SUMMED_MEAN {
            Form::Gamma { shape: mean / ratio }
        } else if ratio <= 1.0 + 1e-9 {
            Form::Summed { zero: (-mean).exp(), a: mean, b: 0.0 }
        } else {
            let size = mean / (ratio - 1.0);
            let b = 1.0 - 1.0 / ratio;
            Form::Summed { zero: (-size * ratio.ln()).exp(), a: size * b, b }
        };
        let form = match form {
            Form::Summed { zero, .. } if zero < MIN_ZERO_MASS => {
                Form::Gamma { shape: mean / ratio }
            }
            other => other,
        };
        Self { mean, ratio, form }
    }

    /// Returns the mean, in units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the variance, in units squared.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.mean * self.ratio
    }

    /// Returns the probability of at most `units`.
    #[must_use]
    pub fn cdf(&self, units: f64) -> f64 {
        if units.is_nan() || units < 0.0 {
            return 0.0;
        }
        match self.form {
            Form::Zero => 1.0,
            Form::Gamma { shape } => gamma_cdf((units.floor() + 0.5) / self.mean, shape),
            Form::Summed { zero, a, b } => {
                let (mut mass, mut sum, mut k) = (zero, zero, 0.0);
                while k + 1.0 <= units {
                    mass *= (a + b * k) / (k + 1.0);
                    sum += mass;
                    k += 1.0;
                    if mass < 1e-18 && k > self.mean {
                        break;
                    }
                }
                sum.min(1.0)
            }
        }
    }

    /// Returns the smallest whole number of units whose probability reaches `level`.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        let mut out = [0.0];
        self.quantiles(&[level], &mut out);
        out[0]
    }

    /// Writes the quantile of every one of the increasing `levels`, in one pass.
    ///
    /// Levels are clamped to [0, 0.999999]; the results never decrease when the levels do not.
    pub fn quantiles(&self, levels: &[f64], out: &mut [f64]) {
        match self.form {
            Form::Zero => out.fill(0.0),
            Form::Gamma { shape } => {
                for (value, level) in out.iter_mut().zip(levels) {
                    *value = (gamma_quantile(*level, shape) * self.mean).round();
                }
            }
            Form::Summed { zero, a, b } => {
                let (mut mass, mut sum, mut k) = (zero, zero, 0.0);
                let cap = self.mean + 60.0 * (self.variance().sqrt() + self.ratio) + 10.0;
                for (value, level) in out.iter_mut().zip(levels) {
                    let level = if level.is_nan() { 0.5 } else { level.min(0.999_999) };
                    while sum < level && k < cap {
                        mass *= (a + b * k) / (k + 1.0);
                        sum += mass;
                        k += 1.0;
                    }
                    *value = k;
                }
            }
        }
    }

    /// Returns the expected demand beyond `units`: E[(D − units)⁺].
    #[must_use]
    pub fn expected_excess(&self, units: f64) -> f64 {
        let units = units.max(0.0);
        match self.form {
            Form::Zero => 0.0,
            Form::Gamma { shape } => {
                let x = units / self.mean;
                let upper = 1.0 - gamma_cdf(x, shape + 1.0);
                (self.mean * upper - units * (1.0 - gamma_cdf(x, shape))).max(0.0)
            }
            Form::Summed { zero, a, b } => {
                // E[(D−x)⁺] = mean − x + Σ_{k<x} (x−k)·P(k).
                let (mut mass, mut k, mut below) = (zero, 0.0, 0.0);
                while k < units {
                    below += (units - k) * mass;
                    mass *= (a + b * k) / (k + 1.0);
                    k += 1.0;
                    if mass < 1e-18 && k > self.mean {
                        return 0.0;
                    }
                }
                (self.mean - units + below).max(0.0)
            }
        }
    }
}

/// Returns P(X ≤ x·mean) of a gamma law of the given shape (Wilson–Hilferty).
fn gamma_cdf(x: f64, shape: f64) -> f64 {
    let nine = 9.0 * shape;
    normal_cdf((x.max(0.0).cbrt() - 1.0 + 1.0 / nine) * nine.sqrt())
}

/// Returns the quantile of a gamma law of the given shape, as a multiple of its mean.
fn gamma_quantile(level: f64, shape: f64) -> f64 {
    let nine = 9.0 * shape;
    let root = 1.0 - 1.0 / nine + normal_quantile(level.min(0.999_999)) / nine.sqrt();
    root.max(0.0).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_one_is_poisson() {
        let law = CountLaw::new(2.0, 1.0);
        assert!((law.cdf(0.0) - (-2.0_f64).exp()).abs() < 1e-12);
        assert!((law.cdf(2.0) - 5.0 * (-2.0_f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn moments_of_the_masses_are_those_asked_for() {
        let law = CountLaw::new(3.5, 2.4);
        let (mut mean, mut square) = (0.0, 0.0);
        for k in 0..400 {
            let k = f64::from(k);
            let mass = law.cdf(k) - law.cdf(k - 1.0);
            mean += k * mass;
            square += k * k * mass;
        }
        assert!((mean - 3.5).abs() < 1e-9);
        assert!((square - mean * mean - 3.5 * 2.4).abs() < 1e-7);
    }

    #[test]
    fn excess_agrees_with_its_sum() {
        for (mean, ratio) in [(0.3, 1.0), (4.0, 3.0), (40.0, 1.5)] {
            let law = CountLaw::new(mean, ratio);
            for x in [0.0, 1.0, 5.0, 50.0] {
                let direct: f64 = (0..2_000)
                    .map(|k| {
                        let k = f64::from(k);
                        (k - x).max(0.0) * (law.cdf(k) - law.cdf(k - 1.0))
                    })
                    .sum();
                assert!((law.expected_excess(x) - direct).abs() < 1e-6, "{mean} {ratio} {x}");
            }
        }
    }

    #[test]
    fn the_gamma_branch_joins_the_sums_within_half_a_percent() {
        let below = CountLaw::new(1_999.0, 9.0);
        let above = CountLaw::new(2_001.0, 9.0);
        for level in [0.1, 0.5, 0.9, 0.99] {
            let (a, b) = (below.quantile(level), above.quantile(level));
            assert!((a - b).abs() / a < 0.005, "{level}: {a} {b}");
        }
    }
}

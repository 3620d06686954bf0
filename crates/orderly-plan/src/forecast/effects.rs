//! Tier 2: what price, promotions and events do to demand, switched on only where it is proven.
//!
//! Units are Poisson around expected × exp(features · coefficients): a ridge regression with a log
//! link, solved by reweighted least squares. Categories are fitted first; their coefficients are
//! what an item's own are shrunk to.

use crate::count::CountLaw;
use crate::forecast::score::pinball;

/// One period of one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<'a> {
    /// What Tier 1 expects: level times share.
    pub expected: f64,
    pub units: f64,
    /// Logarithm of the price ratio, promotion flags, holiday windows: zero for an ordinary day.
    pub features: &'a [f64],
}

/// Coefficients that passed their trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    pub coefficients: Vec<f64>,
    /// The share of the pinball loss saved on the periods held out.
    pub gain: f64,
}

/// Effects are used from this gain on.
pub const MIN_GAIN: f64 = 0.01;
/// The part of the periods, the latest ones, that effects are tried on.
const HELD_OUT: f64 = 0.25;
const ROUNDS: usize = 25;
/// A lift stays within these factors, whatever the features say.
const LIFT: (f64, f64) = (0.05, 20.0);

/// Returns the factor by which the features lift demand.
#[must_use]
pub fn lift(coefficients: &[f64], features: &[f64]) -> f64 {
    let sum: f64 = coefficients.iter().zip(features).map(|(c, x)| c * x).sum();
    if sum.is_finite() { sum.exp().clamp(LIFT.0, LIFT.1) } else { 1.0 }
}

/// Fits coefficients, shrunk to `prior` by `ridge` (the inverse variance around the prior).
///
/// Observations that are broken or expect nothing are left out. Returns the prior when the
/// equations cannot be solved.
#[must_use]
pub fn fit(observations: &[Observation<'_>], prior: &[f64], ridge: f64) -> Vec<f64> {
    let size = prior.len();
    let usable: Vec<&Observation<'_>> = observations
        .iter()
        .filter(|o| o.expected > 0.0 && o.units >= 0.0 && o.units.is_finite())
        .filter(|o| o.features.len() == size && o.features.iter().all(|x| x.is_finite()))
        .collect();
    let mut current = prior.to_vec();
    for _ in 0..ROUNDS {
        let mut hessian = vec![0.0; size * size];
        let mut gradient: Vec<f64> =
            current.iter().zip(prior).map(|(c, p)| ridge * (p - c)).collect();
        for observation in &usable {
            let mean = observation.expected * lift(&current, observation.features);
            let error = observation.units - mean;
            for (row, x) in observation.features.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                gradient[row] += x * error;
                for (column, z) in observation.features.iter().enumerate().take(row + 1) {
                    hessian[row * size + column] += mean * x * z;
                }
            }
        }
        for row in 0..size {
            hessian[row * size + row] += ridge.max(1e-9);
        }
        let Some(step) = solve(&mut hessian, &gradient) else { return prior.to_vec() };
        // Long steps are cut: the log link would overshoot.
        let longest = step.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let scale = if longest > 1.0 { 1.0 / longest } else { 1.0 };
        for (c, step) in current.iter_mut().zip(&step) {
            *c += scale * step;
        }
        if longest < 1e-8 {
            break;
        }
    }
    if current.iter().all(|c| c.is_finite()) { current } else { prior.to_vec() }
}

/// Solves a positive definite system given by its lower triangle (Cholesky, in place).
fn solve(matrix: &mut [f64], right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let done: f64 =
                (0..column).map(|k| matrix[row * size + k] * matrix[column * size + k]).sum();
            let rest = matrix[row * size + column] - done;
            matrix[row * size + column] = if row == column {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / matrix[column * size + column]
            };
        }
    }
    let mut x = right.to_vec();
    for row in 0..size {
        let done: f64 = (0..row).map(|k| matrix[row * size + k] * x[k]).sum();
        x[row] = (x[row] - done) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let done: f64 = (row + 1..size).map(|k| matrix[k * size + row] * x[k]).sum();
        x[row] = (x[row] - done) / matrix[row * size + row];
    }
    Some(x)
}

/// Fits effects on the earlier periods, tries them on the later ones, and returns them if they win.
///
/// Observations are in order of time. The trial is the pinball loss at 0.1, 0.5 and 0.9 of negative
/// binomials with the given variance-to-mean `ratio`; it must fall by more than one percent. What
/// is returned is fitted on everything.
#[must_use]
pub fn proven(
    observations: &[Observation<'_>],
    prior: &[f64],
    ridge: f64,
    ratio: f64,
) -> Option<Effects> {
    let cut = observations.len() - (observations.len() as f64 * HELD_OUT) as usize;
    let (early, late) = observations.split_at(cut);
    let trial = fit(early, prior, ridge);
    let loss = |lifted: bool| -> f64 {
        late.iter()
            .filter(|o| o.units.is_finite() && o.units >= 0.0)
            .map(|o| {
                let factor = if lifted { lift(&trial, o.features) } else { 1.0 };
                let law = CountLaw::new(o.expected * factor, ratio);
                [0.1, 0.5, 0.9]
                    .map(|level| pinball(o.units, law.quantile(level), level))
                    .iter()
                    .sum::<f64>()
            })
            .sum()
    };
    let (plain, lifted) = (loss(false), loss(true));
    let gain = if plain > 0.0 { 1.0 - lifted / plain } else { 0.0 };
    (gain > MIN_GAIN).then(|| Effects { coefficients: fit(observations, prior, ridge), gain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Draws, mix};

    fn history(seed: u64, effect: f64) -> (Vec<[f64; 2]>, Vec<f64>) {
        let mut draws = Draws::new(mix(&[61, seed]));
        let features: Vec<[f64; 2]> = (0..400)
            .map(|_| [f64::from(u8::from(draws.below(6) == 0)), draws.normal() * 0.2])
            .collect();
        let units = features
            .iter()
            .map(|x| draws.poisson(5.0 * (effect * x[0] - 1.5 * effect * x[1]).exp()) as f64)
            .collect();
        (features, units)
    }

    fn observations<'a>(features: &'a [[f64; 2]], units: &[f64]) -> Vec<Observation<'a>> {
        features
            .iter()
            .zip(units)
            .map(|(x, y)| Observation { expected: 5.0, units: *y, features: x })
            .collect()
    }

    #[test]
    fn a_promotion_that_doubles_demand_is_found_and_switched_on() {
        let (features, units) = history(1, 2.0_f64.ln());
        let effects = proven(&observations(&features, &units), &[0.0; 2], 1.0, 1.0).unwrap();
        assert!((lift(&effects.coefficients, &[1.0, 0.0]) - 2.0).abs() < 0.25);
        assert!(effects.gain > 0.05, "{}", effects.gain);
    }

    #[test]
    fn features_without_an_effect_are_left_out() {
        let mut on = 0;
        for seed in 0..40 {
            let (features, units) = history(seed, 0.0);
            let found = proven(&observations(&features, &units), &[0.0; 2], 5.0, 1.0);
            on += usize::from(found.is_some());
        }
        assert!(on <= 6, "{on} of 40");
    }

    #[test]
    fn an_item_with_little_data_keeps_the_effects_of_its_category() {
        let (features, units) = history(3, 0.7);
        let few = observations(&features[..3], &units[..3]);
        let own = fit(&few, &[0.7, -1.0], 200.0);
        assert!((own[0] - 0.7).abs() < 0.1 && (own[1] + 1.0).abs() < 0.1);
        let broken = [Observation { expected: f64::NAN, units: f64::INFINITY, features: &[1.0] }];
        assert_eq!(fit(&broken, &[0.3], 1.0), [0.3]);
    }
}

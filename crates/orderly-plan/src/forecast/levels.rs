//! Nine exponential smoothing levels, run side by side over one history.

/// The smoothing constants, slowest first.
pub const ALPHAS: [f64; LANES] = [0.005, 0.01, 0.02, 0.035, 0.06, 0.1, 0.16, 0.25, 0.4];

/// The number of levels.
pub const LANES: usize = 9;

/// One value for each level.
pub type Lanes = [f64; LANES];

/// Moves every level toward `x`, which was observed with `weight`.
///
/// Young series learn faster: the constant is at least `floor`. What does not depend on the level
/// is computed apart from it, so that a period costs one product and one sum after the last.
#[inline]
pub fn smooth(levels: &mut Lanes, x: f64, weight: f64, floor: f64) {
    for lane in 0..LANES {
        let alpha = if ALPHAS[lane] > floor { ALPHAS[lane] } else { floor };
        let gain = weight * alpha;
        levels[lane] = (1.0 - gain) * levels[lane] + gain * x;
    }
}

/// How much every level keeps of itself and takes of a new value, for one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains {
    keep: Lanes,
    take: Lanes,
}

impl Gains {
    /// Returns the gains of an observation of `weight` when no floor holds any more.
    #[must_use]
    pub fn of(weight: f64) -> Self {
        let take = ALPHAS.map(|alpha| weight * alpha);
        Self { keep: take.map(|gain| 1.0 - gain), take }
    }

    /// Moves every level toward `x`, as [`smooth`] does with this weight and a floor of zero.
    #[inline]
    #[expect(clippy::needless_range_loop, reason = "lanes side by side, without an iterator each")]
    pub fn smooth(&self, levels: &mut Lanes, x: f64) {
        for lane in 0..LANES {
            levels[lane] = self.keep[lane] * levels[lane] + self.take[lane] * x;
        }
    }
}

/// Returns the weights of the levels from their mean scores: exp(−8·(E − Emin)/Emin), summing to 1.
#[must_use]
pub fn weights(scores: &Lanes, sharpness: f64) -> Lanes {
    let best = scores.iter().copied().fold(f64::INFINITY, f64::min);
    if !(best > 0.0 && best.is_finite()) {
        return [1.0 / LANES as f64; LANES];
    }
    let mut weights = scores.map(|score| (-sharpness * (score - best) / best).exp());
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

/// Returns the weighted level.
#[must_use]
pub fn blend(levels: &Lanes, weights: &Lanes) -> f64 {
    levels.iter().zip(weights).map(|(level, weight)| level * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faster_levels_follow_a_step_sooner() {
        let mut levels = [1.0; LANES];
        for _ in 0..10 {
            smooth(&mut levels, 5.0, 1.0, 0.01);
        }
        assert!(levels.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(levels[8] > 4.9);
    }

    #[test]
    fn the_best_score_weighs_most_and_weights_sum_to_one() {
        let mut scores = [2.0; LANES];
        scores[3] = 1.0;
        let weights = weights(&scores, 8.0);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(weights[3] > 0.99);
    }
}

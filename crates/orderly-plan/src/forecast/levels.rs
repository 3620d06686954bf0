//! Nine exponential smoothing levels, run side by side over one history.

/// The smoothing constants, slowest first.
pub const ALPHAS: [f64; LANES] = [0.005, 0.01, 0.02, 0.035, 0.06, 0.1, 0.16, 0.25, 0.4];

/// The number of levels.
pub const LANES: usize = 9;

/// One value for each level.
pub type Lanes = [f64; LANES];

/// Moves every level toward `x`, which was observed with `weight`.
///
/// Young series learn faster: the constant is at least `floor`.
#[inline]
pub fn smooth(levels: &mut Lanes, x: f64, weight: f64, floor: f64) {
    for lane in 0..LANES {
        let alpha = if ALPHAS[lane] > floor { ALPHAS[lane] } else { floor };
        let gain = weight * alpha;
        levels[lane] = (1.0 - gain) * levels[lane] + gain * x;
    }
}

/// From this age on the slowest smoothing constant is above 1 / (age + 1): no floor holds any more.
const MATURE: usize = (1.0 / ALPHAS[0]) as usize;

/// What several periods together, all observed whole, do to the levels: a product and a sum.
///
/// A level after them is `keep`·level + Σ `take`·x, whatever the series: the constants of every
/// stretch are computed once. Without a chain from period to period the sums run side by side.
#[derive(Debug, Clone, Default)]
pub struct Strides {
    first: usize,
    step: usize,
    keep: Vec<Lanes>,
    take: Vec<Lanes>,
}

impl Strides {
    /// Computes the constants of stretches of `step` periods, the first one from age `first` on.
    pub fn prepare(&mut self, first: usize, step: usize) {
        if (self.first, self.step) == (first, step) {
            return;
        }
        (self.first, self.step) = (first, step);
        self.keep.clear();
        self.take.clear();
        let mut from = first;
        loop {
            let mut keep = [1.0; LANES];
            let at = self.take.len();
            self.take.resize(at + step, [0.0; LANES]);
            for (back, take) in self.take[at..].iter_mut().rev().enumerate() {
                let floor = 1.0 / ((from + step - back) as f64);
                for lane in 0..LANES {
                    let alpha = ALPHAS[lane].max(floor);
                    take[lane] = keep[lane] * alpha;
                    keep[lane] *= 1.0 - alpha;
                }
            }
            self.keep.push(keep);
            if from >= MATURE {
                return;
            }
            from += step;
        }
    }

    /// Returns what the stretch from age `from` keeps of the levels and takes of each period.
    #[inline]
    #[must_use]
    pub fn at(&self, from: usize) -> (&Lanes, &[Lanes]) {
        let index = ((from - self.first) / self.step).min(self.keep.len() - 1);
        (&self.keep[index], &self.take[index * self.step..(index + 1) * self.step])
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
    fn a_stride_is_its_periods_one_by_one() {
        let mut strides = Strides::default();
        for (first, step) in [(14, 7), (3, 1), (0, 12)] {
            strides.prepare(first, step);
            for from in (first..400).step_by(step) {
                let mut levels: Lanes = std::array::from_fn(|lane| lane as f64);
                let (keep, take) = strides.at(from);
                let mut jumped: Lanes = std::array::from_fn(|lane| keep[lane] * levels[lane]);
                for (at, take) in take.iter().enumerate() {
                    let x = ((from + at) * 37 % 11) as f64;
                    smooth(&mut levels, x, 1.0, 1.0 / ((from + at + 1) as f64));
                    for lane in 0..LANES {
                        jumped[lane] += take[lane] * x;
                    }
                }
                for (a, b) in levels.iter().zip(&jumped) {
                    assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{first} {step} {from}");
                }
            }
        }
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

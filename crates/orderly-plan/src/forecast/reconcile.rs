//! Makes forecasts of items and of their groups agree.

use crate::forecast::panel::Panel;
use crate::forecast::state::State;

/// Units that weigh against a group's own recent units in its rescaling factor.
const STRENGTH: f64 = 500.0;

/// Returns, for each group, how much its recent demand stands above its series' levels.
///
/// The factor is the units of the last `window` periods over the units that today's levels would
/// have given, shrunk to the wider group's factor by 500 units and kept within [0.5, 2].
#[must_use]
pub fn recent_factors(panel: &Panel<'_>, states: &[State], window: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); panel.parents.len()];
    for (series, state) in panel.series.iter().zip(states) {
        let length = window.min(state.age());
        let from = series.units.len() - length;
        let (mut units, mut expected) = (0.0, 0.0);
        for (back, y) in series.units[from..].iter().rev().enumerate() {
            let exposure =
                series.exposure.map_or(1.0, |shares| shares[series.units.len() - 1 - back]);
            if y.is_finite() && exposure > 0.0 {
                units += y.max(0.0);
                expected += exposure.min(1.0) * state.mean_back(back);
            }
        }
        let mut group = Some(series.group);
        while let Some(at) = group {
            sums[at].0 += units;
            sums[at].1 += expected;
            group = panel.parents[at];
        }
    }
    let mut factors: Vec<f64> = Vec::with_capacity(sums.len());
    for (group, (units, expected)) in sums.iter().enumerate() {
        let wider = panel.parents[group].map_or(1.0, |parent| factors[parent]);
        let factor = (units + STRENGTH * wider) / (expected + STRENGTH);
        factors.push(factor.clamp(0.5, 2.0));
    }
    factors
}

/// Rescales every series by its group's recent factor, raised to `damping` (0 none, 1 in full).
pub fn rescale(panel: &Panel<'_>, states: &mut [State], window: usize, damping: f64) {
    let factors = recent_factors(panel, states, window);
    for (series, state) in panel.series.iter().zip(states) {
        state.rescale(factors[series.group].powf(damping));
    }
}

/// A sum constraint: a node of the hierarchy is the sum of some bottom series.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bottom series that it sums.
    pub members: Vec<usize>,
    /// Its own forecast.
    pub forecast: f64,
    /// The variance of that forecast's error; zero makes it binding (a planner's figure).
    pub variance: f64,
}

/// Reconciles bottom forecasts with those of overlapping aggregates (item, location, channel).
///
/// Bottom errors are taken as independent with the given variances and every aggregate as one more
/// measurement of its sum, taken in turn until nothing moves (iterative proportional to variance,
/// the weighted least squares of Wickramasuriya 2019 in its structural form). Results are never
/// negative. At most `rounds` sweeps are made; aggregates given first yield to later ones when
/// binding figures contradict each other.
#[must_use]
pub fn reconcile(bottom: &[f64], variances: &[f64], nodes: &[Node], rounds: usize) -> Vec<f64> {
    let mut result: Vec<f64> = bottom.iter().map(|mean| mean.max(0.0)).collect();
    // Dual ascent: each aggregate keeps the correction that it has pushed into its members.
    let mut pushed = vec![0.0; nodes.len()];
    for _ in 0..rounds {
        let mut moved = 0.0_f64;
        for (node, pushed) in nodes.iter().zip(&mut pushed) {
            let spread: f64 = node.members.iter().map(|member| variances[*member].max(0.0)).sum();
            if spread <= 0.0 || !node.forecast.is_finite() {
                continue;
            }
            let sum: f64 = node.members.iter().map(|member| result[*member]).sum();
            let gap = node.forecast - sum - *pushed * node.variance.max(0.0);
            let push = gap / (spread + node.variance.max(0.0));
            *pushed += push;
            for member in &node.members {
                result[*member] += push * variances[*member].max(0.0);
            }
            moved = moved.max(gap.abs() / (1.0 + sum.abs()));
        }
        if moved < 1e-9 {
            break;
        }
    }
    for value in &mut result {
        *value = value.max(0.0);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_total_is_met_and_uncertain_members_move_most() {
        let node = Node { members: vec![0, 1], forecast: 30.0, variance: 0.0 };
        let result = reconcile(&[10.0, 10.0], &[1.0, 4.0], &[node], 50);
        assert!((result[0] - 12.0).abs() < 1e-6 && (result[1] - 18.0).abs() < 1e-6);
    }

    #[test]
    fn overlapping_totals_agree_with_the_weighted_least_squares_solution() {
        let nodes = [
            Node { members: vec![0, 1], forecast: 9.0, variance: 1.0 },
            Node { members: vec![1, 2], forecast: 7.0, variance: 2.0 },
        ];
        let result = reconcile(&[4.0, 4.0, 4.0], &[1.0, 1.0, 1.0], &nodes, 500);
        // Minimizes Σ(x−4)² + (x0+x1−9)² + (x1+x2−7)²/2: the gradient vanishes.
        let [x, y, z] = [result[0], result[1], result[2]];
        let (first, second) = (x + y - 9.0, (y + z - 7.0) / 2.0);
        assert!((x - 4.0 + first).abs() < 1e-6);
        assert!((y - 4.0 + first + second).abs() < 1e-6);
        assert!((z - 4.0 + second).abs() < 1e-6);
    }
}

//! New items: what similar launches sold, corrected by what has been sold so far.

use crate::count::CountLaw;

/// How demand develops after a launch, learned from similar items.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Median units in each week since launch.
    weekly: Vec<f64>,
    /// How much launches differ: the squared coefficient of variation of their totals.
    variation: f64,
}

impl Curve {
    /// Learns the curve from earlier launches of the same category and price band.
    ///
    /// Each launch is its units by week since launch. `None` without any launch. Weeks seen by
    /// fewer than three launches repeat the last well-known week.
    #[must_use]
    pub fn of_launches(launches: &[Vec<f64>]) -> Option<Self> {
        let longest = launches.iter().map(Vec::len).max().filter(|weeks| *weeks > 0)?;
        let mut weekly: Vec<f64> = Vec::with_capacity(longest);
        for week in 0..longest {
            let mut seen: Vec<f64> = launches
                .iter()
                .filter_map(|units| units.get(week).copied())
                .filter(|units| units.is_finite())
                .map(|units| units.max(0.0))
                .collect();
            if seen.len() < launches.len().min(3) {
                weekly.push(weekly.last().copied().unwrap_or(0.0));
                continue;
            }
            seen.sort_by(f64::total_cmp);
            let middle = seen.len() / 2;
            let even = seen.len().is_multiple_of(2);
            let lower = seen[if even { middle - 1 } else { middle }];
            weekly.push(0.5 * (lower + seen[middle]));
        }
        let mut scales: Vec<f64> = Vec::with_capacity(launches.len());
        for units in launches {
            let expected: f64 = weekly[..units.len()].iter().sum();
            if expected > 0.0 {
                scales.push(units.iter().filter(|y| y.is_finite()).sum::<f64>() / expected);
            }
        }
        let count = scales.len().max(1) as f64;
        let mean = scales.iter().sum::<f64>() / count;
        let variance = scales.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / count;
        let variation = if scales.len() < 2 || mean <= 0.0 { 1.0 } else { variance / mean / mean };
        Some(Self { weekly, variation: variation.clamp(0.05, 9.0) })
    }

    /// Returns the units expected in a week since launch, before any sale is known.
    #[must_use]
    pub fn week(&self, week: usize) -> f64 {
        self.weekly[week.min(self.weekly.len() - 1)]
    }

    /// Returns the law of the next `weeks` weeks of an item with its sales so far.
    ///
    /// The item's scale against the curve is gamma-distributed with mean one; what was sold updates
    /// it (gamma–Poisson), so the law is a negative binomial that narrows with every week.
    #[must_use]
    pub fn outlook(&self, sold: &[f64], weeks: usize) -> CountLaw {
        let shape = 1.0 / self.variation;
        let known: f64 = sold.iter().filter(|y| y.is_finite()).map(|y| y.max(0.0)).sum();
        let expected: f64 = (0..sold.len()).map(|week| self.week(week)).sum();
        let ahead: f64 = (sold.len()..sold.len() + weeks).map(|week| self.week(week)).sum();
        let (posterior_shape, posterior_rate) = (shape + known, shape + expected);
        let mean = ahead * posterior_shape / posterior_rate;
        CountLaw::new(mean, 1.0 + ahead / posterior_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Curve {
        let launches: Vec<Vec<f64>> = [0.5, 1.0, 1.5, 2.0]
            .map(|scale| vec![20.0 * scale, 12.0 * scale, 8.0 * scale, 6.0 * scale])
            .to_vec();
        Curve::of_launches(&launches).unwrap()
    }

    #[test]
    fn sales_pull_the_outlook_from_the_curve_to_the_item() {
        let curve = curve();
        let before = curve.outlook(&[], 1);
        assert!((before.mean() - curve.week(0)).abs() < 1e-9);
        let slow = curve.outlook(&[3.0, 2.0], 2);
        let fast = curve.outlook(&[60.0, 40.0], 2);
        let prior = curve.week(2) + curve.week(3);
        assert!(slow.mean() < 0.5 * prior && fast.mean() > 1.8 * prior);
    }

    #[test]
    fn the_law_narrows_as_weeks_pass() {
        let curve = curve();
        let spread = |law: CountLaw| law.variance().sqrt() / law.mean();
        assert!(spread(curve.outlook(&[25.0, 15.0], 1)) < spread(curve.outlook(&[], 1)));
        assert!(Curve::of_launches(&[]).is_none());
        assert!(Curve::of_launches(&[vec![]]).is_none());
    }
}

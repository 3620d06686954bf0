//! From sales to demand: stock-outs masked, returns ignored, bulk orders set apart.

use crate::count::CountLaw;
use crate::forecast::panel::Series;

/// Below this in-stock share a period tells nothing about demand.
pub const MIN_EXPOSURE: f64 = 0.2;

/// Largest number of units in one period that is taken as data; beyond it the period is a gap.
const MAX_UNITS: f64 = 1e12;

/// A cleaned history from its first sale on.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// Units demanded in each period (0 where the weight is 0).
    pub units: Vec<f64>,
    /// How much of the period was observed, 0 (a gap or a stock-out) to 1.
    pub weight: Vec<f64>,
    /// The position in the season of the first kept period.
    pub phase: usize,
    /// Every weight is 1.
    pub is_whole: bool,
}

impl Demand {
    /// Fills this value from `series`, reusing its memory.
    ///
    /// Periods before the first sale are dropped, or only leading gaps when `from_first_sale` is
    /// false. Negative units (returns) count as zero. A period
    /// in stock for less than a fifth of the time is a gap; otherwise its units are divided by the
    /// in-stock share and carry that share as weight.
    pub fn fill(&mut self, series: &Series<'_>, season: usize, from_first_sale: bool) {
        self.fill_last(series, season, from_first_sale, usize::MAX);
    }

    /// As [`Demand::fill`], keeping at most the last `window` periods.
    pub fn fill_last(
        &mut self,
        series: &Series<'_>,
        season: usize,
        from_first_sale: bool,
        window: usize,
    ) {
        let counts = |y: &f64| *y <= MAX_UNITS && (*y > 0.0 || !from_first_sale);
        let first = series.units.iter().position(counts);
        let first = first.unwrap_or(series.units.len());
        let first = first.max(series.units.len().saturating_sub(window));
        self.phase = (series.phase + first) % season;
        let known = &series.units[first..];
        self.units.clear();
        self.weight.clear();
        // Comparisons with what is not a number fail: it is a gap.
        let is_known = |units: f64| units <= MAX_UNITS;
        self.units.extend(known.iter().map(|units| if *units > 0.0 { *units } else { 0.0 }));
        // Every period is looked at: without an early end the comparisons run side by side.
        let is_whole = known.iter().fold(true, |all, units| all & is_known(*units));
        self.is_whole = is_whole && series.exposure.is_none();
        if is_whole {
            self.weight.resize(known.len(), 1.0);
        } else {
            self.weight.extend(known.iter().map(|units| f64::from(u8::from(is_known(*units)))));
            for (units, weight) in self.units.iter_mut().zip(&self.weight) {
                *units = if *weight > 0.0 { *units } else { 0.0 };
            }
        }
        if let Some(exposure) = series.exposure {
            for (index, share) in exposure[first..].iter().enumerate() {
                let share = share.min(1.0);
                if share >= MIN_EXPOSURE {
                    self.units[index] /= share;
                    self.weight[index] *= share;
                } else {
                    (self.units[index], self.weight[index]) = (0.0, 0.0);
                }
            }
        }
    }
}

/// A history split into everyday demand and one-off bulk orders.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkSplit {
    pub regular: Vec<f64>,
    pub bulk: Vec<f64>,
}

/// Moves one-off bulk demand into its own stream.
///
/// A period is bulk where `tagged` says so, or where its units exceed the 99.9 % quantile of the
/// negative binomial of the other periods. Untagged bulk leaves that quantile as everyday demand,
/// tagged bulk leaves nothing.
#[must_use]
pub fn split_bulk(units: &[f64], tagged: &[bool]) -> BulkSplit {
    let is_tagged = |index: usize| tagged.get(index).copied().unwrap_or(false);
    let usable: Vec<f64> = units
        .iter()
        .enumerate()
        .filter(|(index, units)| units.is_finite() && !is_tagged(*index))
        .map(|(_, units)| units.max(0.0))
        .collect();
    let count = usable.len() as f64;
    let sum: f64 = usable.iter().sum();
    let squares: f64 = usable.iter().map(|units| units * units).sum();
    let cap_for = |units: f64| {
        // The law of the other periods: a spike must not widen the law that judges it.
        let others = (count - 1.0).max(1.0);
        let mean = (sum - units) / others;
        let variance = ((squares - units * units) / others - mean * mean).max(mean);
        CountLaw::new(mean, variance / mean.max(1e-12)).quantile(0.999)
    };
    let mut split = BulkSplit { regular: units.to_vec(), bulk: vec![0.0; units.len()] };
    for (index, value) in units.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let keep = if is_tagged(index) {
            0.0
        } else if count < 8.0 || *value <= sum / count {
            *value
        } else {
            value.min(cap_for(*value).max(1.0))
        };
        split.regular[index] = keep;
        split.bulk[index] = value - keep;
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_outs_are_gaps_and_partial_days_are_scaled_up() {
        let units = [0.0, 2.0, 0.0, 3.0, -1.0, f64::NAN];
        let exposure = [1.0, 1.0, 0.1, 0.5, 1.0, 1.0];
        let series = Series { units: &units, exposure: Some(&exposure), phase: 6, group: 0 };
        let mut demand = Demand::default();
        demand.fill(&series, 7, true);
        assert_eq!(demand.units, [2.0, 0.0, 6.0, 0.0, 0.0]);
        assert_eq!(demand.weight, [1.0, 0.0, 0.5, 1.0, 0.0]);
        assert_eq!(demand.phase, 0);
    }

    #[test]
    fn one_bulk_order_goes_to_its_own_stream() {
        let mut units = vec![1.0, 2.0, 0.0, 3.0, 1.0, 2.0, 2.0, 1.0, 0.0, 2.0];
        units.push(400.0);
        let split = split_bulk(&units, &[]);
        assert!(split.bulk[10] > 380.0);
        assert!(split.bulk[..10].iter().all(|bulk| *bulk < 1e-9));
        let tags = [false, false, false, true];
        assert!((split_bulk(&units, &tags).bulk[3] - 3.0).abs() < 1e-9);
    }
}

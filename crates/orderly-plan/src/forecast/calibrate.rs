//! Keeps promised service levels honest: quantile levels corrected by the coverage seen.
//!
//! [`Calibration`] is measured on past windows when a panel is fitted. [`Adaptive`] moves one level
//! online, window by window (adaptive conformal inference, Gibbs and Candès 2021).

use crate::count::CountLaw;
use crate::forecast::history::{History, Spread};
use crate::forecast::levels::blend;
use crate::forecast::panel::Panel;
use crate::forecast::state::State;
use crate::forecast::tier_one::Settings;
use crate::threads;

const BINS: usize = 1_000;
/// Windows are split by their expected units: slow, medium and fast sellers err differently.
const CLASS_BOUNDS: [f64; 3] = [2.0, 8.0, 32.0];
const CLASSES: usize = CLASS_BOUNDS.len() + 1;
/// Windows of a class that are needed before its levels are moved; fewer move them in part.
const STRENGTH: f64 = 500.0;
/// At most about this many series are replayed.
const SAMPLE: usize = 4_000;
/// The most recent origins of each series that are replayed.
const ORIGINS: usize = 13;

/// For windows of one length and class: how often demand stayed within each level.
#[derive(Debug, Clone, PartialEq)]
struct Table {
    counts: Vec<f64>,
    total: f64,
}

/// The correction of quantile levels, by window length and size of demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    leads: Vec<usize>,
    tables: Vec<Table>,
}

impl Calibration {
    /// Returns the calibration that changes nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { leads: Vec::new(), tables: Vec::new() }
    }

    /// Replays past windows of a sample of the panel with the fitted spreads.
    pub(super) fn measure(
        panel: &Panel<'_>,
        states: &[State],
        settings: &Settings,
        threads: usize,
    ) -> Self {
        let stride = panel.series.len().div_ceil(SAMPLE).max(1);
        let sampled: Vec<usize> = (0..panel.series.len()).step_by(stride).collect();
        let replayed =
            threads::map_with(sampled.len(), threads, History::default, |history, at| {
                let index = sampled[at];
                history.demand.fill(
                    &panel.series[index],
                    settings.season,
                    settings.from_first_sale,
                );
                replay(history, &states[index], settings)
            });
        let empty = Table { counts: vec![0.0; BINS], total: 0.0 };
        let mut tables = vec![empty; settings.leads.len() * CLASSES];
        for (table, bin) in replayed.into_iter().flatten() {
            tables[table].counts[bin] += 1.0;
            tables[table].total += 1.0;
        }
        for table in &mut tables {
            let mut sum = 0.0;
            for count in &mut table.counts {
                sum += *count;
                *count = sum;
            }
        }
        Self { leads: settings.leads.clone(), tables }
    }

    /// Returns the level to ask of the law so that demand stays within it as often as `target`.
    ///
    /// `mean` is the expected demand of the window; `length` is matched to the nearest measured
    /// window. The level moves toward the correction as evidence grows, and is never lowered: past
    /// windows flatter a forecast whose level was chosen on them.
    #[must_use]
    pub fn level(&self, target: f64, length: usize, mean: f64) -> f64 {
        let nearest = (0..self.leads.len()).min_by_key(|lead| self.leads[*lead].abs_diff(length));
        let Some(lead) = nearest else { return target };
        let class = class_of(mean);
        let table = &self.tables[lead * CLASSES + class];
        if table.total < 20.0 || !(0.0..1.0).contains(&target) {
            return target;
        }
        let wanted = target * table.total;
        let bin = table.counts.partition_point(|count| *count < wanted);
        let before = if bin == 0 { 0.0 } else { table.counts[bin - 1] };
        let here = table.counts.get(bin).copied().unwrap_or(table.total);
        let within = if here > before { (wanted - before) / (here - before) } else { 0.5 };
        let corrected = ((bin as f64 + within) / BINS as f64).min(0.999_9);
        let trust = table.total / (table.total + STRENGTH);
        target + trust * (corrected - target).max(0.0)
    }
}

fn class_of(mean: f64) -> usize {
    CLASS_BOUNDS.iter().filter(|bound| mean >= **bound).count()
}

/// Returns the table and bin of each recent window: the level that its demand just exceeded.
///
/// Every window is judged with the spread of the windows that had ended before it began.
fn replay(history: &mut History, state: &State, settings: &Settings) -> Vec<(usize, usize)> {
    history.run(&state.shares, settings);
    let mut seen = Vec::new();
    for (lead, length) in settings.leads.iter().enumerate() {
        let windows: Vec<(usize, f64, f64)> = history
            .origins
            .iter()
            .filter_map(|origin| {
                let window = history.window(origin, *length)?;
                let level = blend(&origin.levels, &state.weights);
                Some((origin.age, window.expected(level), window.units()))
            })
            .collect();
        let (mut known, mut ended) = (Spread::default(), 0);
        let judged = windows.len().saturating_sub(ORIGINS);
        for (at, (age, expected, units)) in windows.iter().enumerate() {
            while windows[ended].0 + length <= *age {
                let error = windows[ended].2 - windows[ended].1;
                known.add(&Spread { squares: error * error, expected: windows[ended].1 });
                ended += 1;
            }
            if at < judged {
                continue;
            }
            let ratio = known.ratio(state.group_ratios[lead + 1], settings.pool_units);
            let law = CountLaw::new(*expected, ratio);
            // Demand is covered at every level above the probability of staying below it.
            let below = law.cdf((units.ceil() - 1.0).max(-1.0));
            let bin = ((below * BINS as f64) as usize).min(BINS - 1);
            seen.push((lead * CLASSES + class_of(*expected), bin));
        }
    }
    seen
}

/// One quantile level that follows its own coverage, window after window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adaptive {
    target: f64,
    used: f64,
}

impl Adaptive {
    /// The step of every correction.
    pub const STEP: f64 = 0.02;

    /// Starts at the target level, which is clamped to [0.01, 0.999].
    #[must_use]
    pub fn new(target: f64) -> Self {
        let target = if target.is_finite() { target.clamp(0.01, 0.999) } else { 0.95 };
        Self { target, used: target }
    }

    /// Returns the level to ask of the law now.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.used.clamp(0.001, 0.999_9)
    }

    /// Takes in whether demand stayed within the quantile of the last window.
    pub fn observe(&mut self, covered: bool) {
        let hit = if covered { 1.0 } else { 0.0 };
        self.used = (self.used + Self::STEP * (self.target - hit)).clamp(0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Draws;

    #[test]
    fn the_adaptive_level_reaches_its_coverage_though_the_law_is_too_narrow() {
        let law = CountLaw::new(20.0, 1.0);
        let mut draws = Draws::new(5);
        let mut level = Adaptive::new(0.9);
        let mut covered = 0_u32;
        for _ in 0..20_000 {
            // The truth is three times as wide as the law believes.
            let demand = (20.0 + 60.0_f64.sqrt() * draws.normal()).max(0.0).round();
            let hit = demand <= law.quantile(level.level());
            covered += u32::from(hit);
            level.observe(hit);
        }
        let coverage = f64::from(covered) / 20_000.0;
        assert!((coverage - 0.9).abs() < 0.01, "{coverage}");
    }

    #[test]
    fn no_calibration_returns_the_target() {
        assert!((Calibration::none().level(0.95, 14, 3.0) - 0.95).abs() < 1e-12);
    }
}

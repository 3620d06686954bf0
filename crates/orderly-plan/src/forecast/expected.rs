//! What Tier 1 would have expected of every past period, knowing only what came before it.

use crate::forecast::history::History;
use crate::forecast::levels::blend;
use crate::forecast::panel::Panel;
use crate::forecast::tier_one::{Fitted, Settings};
use crate::threads;

/// Returns, for each period of each series, the level at the last rolling origin times the share.
///
/// Periods before the first origin, and stock-outs, expect zero: nothing can be learned from them.
/// Effects ([`crate::forecast::effects`]) are measured against these.
#[must_use]
pub fn expectations(
    panel: &Panel<'_>,
    fitted: &Fitted,
    settings: &Settings,
    threads: usize,
) -> Vec<Vec<f64>> {
    let count = panel.series.len().min(fitted.states.len());
    threads::map_with(count, threads, History::default, |history, index| {
        let (series, state) = (&panel.series[index], &fitted.states[index]);
        history.demand.fill(series, settings.season, settings.from_first_sale);
        history.run(&state.shares, settings);
        let kept = history.demand.units.len();
        let dropped = series.units.len() - kept;
        let mut expected = vec![0.0; series.units.len()];
        for (at, origin) in history.origins.iter().enumerate() {
            let end = history.origins.get(at + 1).map_or(kept, |next| next.age);
            let level = (state.factor * blend(&origin.levels, &state.weights)).max(0.0);
            for age in origin.age..end {
                let share = state.shares[(history.demand.phase + age) % settings.season];
                expected[dropped + age] = history.demand.weight[age] * level * share;
            }
        }
        expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::tier_one::fit;

    #[test]
    fn a_steady_series_expects_what_it_sells_and_nothing_of_a_stock_out() {
        let units = vec![4.0; 140];
        let mut exposure = vec![1.0; 140];
        exposure[100] = 0.0;
        let mut panel = Panel::of_one_group(std::slice::from_ref(&units), 0);
        panel.series[0].exposure = Some(&exposure);
        let settings = Settings::daily(14);
        let fitted = fit(&panel, &settings, 1).unwrap();
        let expected = expectations(&panel, &fitted, &settings, 2).remove(0);
        assert!(expected[0].abs() < 1e-12 && expected[100].abs() < 1e-12);
        assert!((expected[99] - 4.0).abs() < 0.1 && (expected[139] - 4.0).abs() < 0.1);
    }
}

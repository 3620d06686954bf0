//! Forecast value added: every method must beat the plain ones on the series' own past.

use crate::forecast::history::History;
use crate::forecast::levels::{Lanes, blend};
use crate::forecast::panel::{Panel, PanelError};
use crate::forecast::tier_one::{Fitted, Settings};
use crate::threads;

/// What a series' forecast was worth at its rolling origins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Audit {
    /// The weights of the smoothing levels, slowest first.
    pub weights: Lanes,
    /// Rolling origins judged.
    pub origins: usize,
    /// Root mean squared error of the horizon's mean, divided by the series' own scale.
    pub score: f64,
    /// The same of the mean of the last four seasons (28 days of daily series).
    pub window_mean_score: f64,
    /// The same of the last season.
    pub naive_score: f64,
}

impl Audit {
    /// Returns the error saved against the window mean, as a share of its error.
    #[must_use]
    pub fn value_added(&self) -> f64 {
        if self.window_mean_score > 0.0 { 1.0 - self.score / self.window_mean_score } else { 0.0 }
    }

    /// Tells whether the forecast does worse than the window mean, which then takes its place.
    ///
    /// Only from eight origins on: before that the comparison is chance.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        self.origins >= 8 && self.score > self.window_mean_score
    }
}

/// Audits every series of a fitted panel.
///
/// # Errors
/// [`PanelError`] when the panel does not fit together.
pub fn audit(
    panel: &Panel<'_>,
    fitted: &Fitted,
    settings: &Settings,
    threads: usize,
) -> Result<Vec<Audit>, PanelError> {
    panel.check(settings.season)?;
    let count = panel.series.len().min(fitted.states.len());
    Ok(threads::map_with(count, threads, History::default, |history, index| {
        let state = &fitted.states[index];
        history.demand.fill(&panel.series[index], settings.season, settings.from_first_sale);
        history.trace(&state.shares, settings, 1);
        let (mut own, mut window, mut naive, mut origins) = (0.0, 0.0, 0.0, 0);
        for origin in &history.origins {
            let Some(ahead) = history.window(origin, settings.horizon) else { continue };
            let target = ahead.units() / ahead.expected(1.0);
            let past = |length: usize| {
                let from = history.sums_at(origin.age - length.min(origin.age));
                let from = from.copied().unwrap_or_default();
                let shares = origin.sums.shares - from.shares;
                if shares > 0.0 { (origin.sums.units - from.units) / shares } else { 0.0 }
            };
            let square = |level: f64| (level - target) * (level - target);
            own += square(blend(&origin.levels, &state.weights));
            window += square(past(4 * settings.season.max(3)));
            naive += square(past(settings.season));
            origins += 1;
        }
        let score = |sum: f64| {
            let scale = state.scale * f64::from(origins).max(1.0);
            if scale > 0.0 { (sum / scale).sqrt() } else { 0.0 }
        };
        Audit {
            weights: state.weights,
            origins: origins as usize,
            score: score(own),
            window_mean_score: score(window),
            naive_score: score(naive),
        }
    }))
}

/// Gives every series that does worse than the window mean that mean as its level.
///
/// Returns how many were switched.
pub fn switch_off(
    panel: &Panel<'_>,
    fitted: &mut Fitted,
    audits: &[Audit],
    settings: &Settings,
) -> usize {
    let mut switched = 0;
    let mut history = History::default();
    for ((state, series), audit) in fitted.states.iter_mut().zip(&panel.series).zip(audits) {
        if !audit.is_switched_off() {
            continue;
        }
        history.demand.fill(series, settings.season, settings.from_first_sale);
        history.trace(&state.shares, settings, 1);
        let length = (4 * settings.season.max(3)).min(state.age);
        let from = history.sums_at(state.age - length).copied().unwrap_or_default();
        let shares = state.sums.shares - from.shares;
        if shares > 0.0 {
            state.levels = [(state.sums.units - from.units) / shares; super::levels::LANES];
            switched += 1;
        }
    }
    switched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::tier_one::fit;
    use crate::numeric::{Draws, mix};

    #[test]
    fn steady_noisy_series_are_forecast_better_than_by_the_plain_methods() {
        let units: Vec<Vec<f64>> = (0..60)
            .map(|seed| {
                let mut draws = Draws::new(mix(&[51, seed]));
                (0..300).map(|_| draws.poisson(2.0) as f64).collect()
            })
            .collect();
        let panel = Panel::of_one_group(&units, 0);
        let settings = Settings::daily(14);
        let mut fitted = fit(&panel, &settings, 1).unwrap();
        let audits = audit(&panel, &fitted, &settings, 2).unwrap();
        let mean = audits.iter().map(Audit::value_added).sum::<f64>() / 60.0;
        assert!(mean > 0.05, "{mean}");
        assert!(audits.iter().all(|audit| audit.score < audit.naive_score));
        let off = audits.iter().filter(|audit| audit.is_switched_off()).count();
        assert_eq!(switch_off(&panel, &mut fitted, &audits, &settings), off);
    }
}

//! Tier 1: every series of a panel in a few microseconds each.
//!
//! Own week shares are shrunk to the group's; nine smoothing levels run in one pass; rolling
//! origins score them over the decision horizon; own scores are shrunk to the group's; the blended
//! level times the share is the mean. Errors over windows as long as the lead time, not the errors
//! of single days, give the variance.

use crate::forecast::calibrate::Calibration;
use crate::forecast::history::{History, Spread};
use crate::forecast::levels::{LANES, Lanes, weights};
use crate::forecast::panel::{Panel, PanelError};
use crate::forecast::shares::{Totals, of_groups, shrunk};
use crate::forecast::state::State;
use crate::threads;

/// The few constants of Tier 1. They are the same for every series.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Periods in a season: 7 for days, 1 for none.
    pub season: usize,
    /// The decision horizon in periods (lead time plus review); levels are scored over it.
    pub horizon: usize,
    /// Periods between two rolling origins.
    pub origin_step: usize,
    /// The first levels are the mean of this many periods.
    pub start: usize,
    /// History begins at the first sale, not at the first period that is known.
    pub from_first_sale: bool,
    /// Periods of history that the shares are taken from.
    pub share_window: usize,
    /// Units of the group that weigh against own units in the shares.
    pub share_strength: f64,
    /// Origins of the group that weigh against own origins in the choice of levels.
    pub pool_origins: f64,
    /// How sharply the best level is preferred.
    pub sharpness: f64,
    /// The least factor by which a group's levels are shrunk when its past says so; 1 for never.
    pub min_factor: f64,
    /// Units of the group that weigh against own units in the spread.
    pub pool_units: f64,
    /// Window lengths whose spread is measured, increasing.
    pub leads: Vec<usize>,
}

impl Settings {
    /// Returns the settings for daily series with a week.
    #[must_use]
    pub fn daily(horizon: usize) -> Self {
        Self {
            season: 7,
            horizon: horizon.max(1),
            origin_step: 7,
            start: 14,
            from_first_sale: true,
            share_window: 112,
            share_strength: 500.0,
            pool_origins: 20.0,
            sharpness: 8.0,
            min_factor: 1.0,
            pool_units: 30.0,
            leads: vec![7, 14, 28],
        }
    }

    /// Returns the settings for weekly or monthly series without a season.
    #[must_use]
    pub fn plain(horizon: usize) -> Self {
        let horizon = horizon.max(1);
        let mut leads: Vec<usize> = vec![2, horizon.div_ceil(2), horizon];
        leads.retain(|lead| *lead > 1);
        leads.sort_unstable();
        leads.dedup();
        Self {
            season: 1,
            horizon,
            origin_step: 1,
            start: 12,
            from_first_sale: false,
            pool_origins: 300.0,
            sharpness: 60.0,
            min_factor: 0.95,
            leads,
            ..Self::daily(horizon)
        }
    }

    /// Returns the largest step in which every origin and every window ends, in periods.
    #[must_use]
    pub fn grain(&self) -> usize {
        let divisor = |a: usize, b: usize| {
            let (mut a, mut b) = (a, b);
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        self.leads
            .iter()
            .fold(divisor(self.origin_step.max(1), self.horizon), |all, lead| divisor(all, *lead))
    }

    /// Returns the longest window that any score waits for, in periods.
    #[must_use]
    pub fn longest_window(&self) -> usize {
        self.leads.iter().copied().fold(self.horizon, usize::max)
    }
}

/// A fitted panel: one state for each series, in the panel's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub states: Vec<State>,
    pub calibration: Calibration,
}

/// Forecasts every series of the panel. The result does not depend on `threads`.
///
/// # Errors
/// [`PanelError`] when groups or lengths do not fit together.
pub fn fit(panel: &Panel<'_>, settings: &Settings, threads: usize) -> Result<Fitted, PanelError> {
    panel.check(settings.season)?;
    let count = panel.series.len();
    let totals = threads::map_with(count, threads, History::default, |history, index| {
        let demand = &mut history.demand;
        let (season, window) = (settings.season, settings.share_window);
        demand.fill_last(&panel.series[index], season, settings.from_first_sale, window);
        Totals::of(&demand.units, &demand.weight, demand.phase, season)
    });
    let group_shares = pooled_shares(panel, &totals, settings);
    let mut states = threads::map_with(count, threads, History::default, |history, index| {
        let group = panel.series[index].group;
        let shares = shrunk(&totals[index], &group_shares[group], settings.share_strength);
        first_pass(panel, index, shares, settings, history)
    });
    let scores = pooled_scores(panel, &states);
    let spreads = threads::map_with(count, threads, History::default, |history, index| {
        let state = &states[index];
        history.demand.fill(&panel.series[index], settings.season, settings.from_first_sale);
        history.run(&state.shares, settings);
        let weights = chosen(state, &scores[panel.series[index].group], settings);
        let mut spread = vec![Spread::default(); settings.leads.len() + 1];
        let fit = history.spread(&weights, state.scale, settings, &mut spread);
        (spread.into_boxed_slice(), fit)
    });
    let mut fits = vec![(0.0, 0.0); panel.parents.len()];
    for ((state, series), (spread, fit)) in states.iter_mut().zip(&panel.series).zip(spreads) {
        state.spread = spread;
        fits[series.group].0 += fit.0;
        fits[series.group].1 += fit.1;
    }
    let ratios = pooled_ratios(panel, &states, settings);
    for (state, series) in states.iter_mut().zip(&panel.series) {
        state.group_scores = scores[series.group];
        state.group_ratios.clone_from(&ratios[series.group]);
        state.choose(settings);
        let (cross, square) = fits[series.group];
        if square > 0.0 {
            state.factor = (cross / square).clamp(settings.min_factor, 1.0);
        }
    }
    let calibration = Calibration::measure(panel, &states, settings, threads);
    Ok(Fitted { states, calibration })
}

/// Runs the levels of one series and sums their scores.
fn first_pass(
    panel: &Panel<'_>,
    index: usize,
    shares: Box<[f64]>,
    settings: &Settings,
    history: &mut History,
) -> State {
    history.demand.fill(&panel.series[index], settings.season, settings.from_first_sale);
    history.run(&shares, settings);
    let mut scores = [0.0; LANES];
    let origins = history.score(settings.horizon, &mut scores);
    let age = history.demand.units.len();
    let longest = settings.longest_window();
    let late = history.origins.iter().filter(|origin| age - origin.age < longest);
    let knots = settings.leads.len() + 1;
    State {
        position: (history.demand.phase + age) % settings.season,
        levels: history.levels,
        factor: 1.0,
        weights: [1.0 / LANES as f64; LANES],
        age,
        sums: history.sums,
        scores,
        origins,
        scale: history.mean_squared_change(),
        group_scores: [0.0; LANES],
        spread: vec![Spread::default(); knots].into_boxed_slice(),
        ratios: vec![1.0; knots].into_boxed_slice(),
        group_ratios: vec![1.0; knots].into_boxed_slice(),
        pending: late.copied().collect(),
        shares,
    }
}

/// Sums totals into groups and every wider group, in series order.
fn pooled_shares(panel: &Panel<'_>, totals: &[Totals], settings: &Settings) -> Vec<Vec<f64>> {
    let mut groups = vec![Totals::new(settings.season); panel.parents.len()];
    for (series, total) in panel.series.iter().zip(totals) {
        let mut group = Some(series.group);
        while let Some(at) = group {
            groups[at].add(total);
            group = panel.parents[at];
        }
    }
    of_groups(&groups, &panel.parents, settings.share_window)
}

/// Returns each group's mean score for each level, in units of the series' own scale.
fn pooled_scores(panel: &Panel<'_>, states: &[State]) -> Vec<Lanes> {
    let mut sums = vec![([0.0; LANES], 0.0); panel.parents.len()];
    for (series, state) in panel.series.iter().zip(states) {
        if state.scale <= 0.0 {
            continue;
        }
        let mut group = Some(series.group);
        while let Some(at) = group {
            for (sum, score) in sums[at].0.iter_mut().zip(&state.scores) {
                *sum += score / state.scale;
            }
            sums[at].1 += state.origins;
            group = panel.parents[at];
        }
    }
    let mut scores: Vec<Lanes> = Vec::with_capacity(sums.len());
    for (group, (sum, origins)) in sums.iter().enumerate() {
        // A group of fewer than 50 origins leans on the wider group.
        let (wider, strength) = match panel.parents[group] {
            Some(parent) => (scores[parent], 50.0),
            None => ([0.0; LANES], 0.0),
        };
        let mut mean = [0.0; LANES];
        if origins + strength > 0.0 {
            for (lane, value) in mean.iter_mut().enumerate() {
                *value = (sum[lane] + strength * wider[lane]) / (origins + strength);
            }
        }
        scores.push(mean);
    }
    scores
}

fn chosen(state: &State, group: &Lanes, settings: &Settings) -> Lanes {
    let mut scores = *group;
    if state.scale > 0.0 {
        let pool = settings.pool_origins;
        for (score, own) in scores.iter_mut().zip(&state.scores) {
            *score = (own / state.scale + pool * *score) / (state.origins + pool);
        }
    }
    weights(&scores, settings.sharpness)
}

/// Returns each group's variance-to-mean ratios, shrunk to the wider group by 300 units.
fn pooled_ratios(panel: &Panel<'_>, states: &[State], settings: &Settings) -> Vec<Box<[f64]>> {
    let knots = settings.leads.len() + 1;
    let mut sums = vec![vec![Spread::default(); knots]; panel.parents.len()];
    for (series, state) in panel.series.iter().zip(states) {
        let mut group = Some(series.group);
        while let Some(at) = group {
            for (sum, own) in sums[at].iter_mut().zip(&state.spread) {
                sum.add(own);
            }
            group = panel.parents[at];
        }
    }
    let mut ratios: Vec<Box<[f64]>> = Vec::with_capacity(sums.len());
    for (group, spreads) in sums.iter().enumerate() {
        let wider = |knot: usize| match panel.parents[group] {
            Some(parent) => ratios[parent][knot],
            None => 1.5,
        };
        let own = spreads.iter().enumerate().map(|(knot, s)| s.ratio(wider(knot), 300.0)).collect();
        ratios.push(own);
    }
    ratios
}

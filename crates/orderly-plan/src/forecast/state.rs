//! What is kept of one series: constant size, moved on at every day's close, asked for forecasts.

use crate::count::CountLaw;
use crate::forecast::calibrate::Calibration;
use crate::forecast::history::{Origin, Spread, Sums, Window};
use crate::forecast::levels::{LANES, Lanes, blend, smooth, weights};
use crate::forecast::shares::MIN_SHARE;
use crate::forecast::tier_one::Settings;

/// The whole memory of one series: levels, shares, score sums and spreads.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub(super) shares: Box<[f64]>,
    pub(super) levels: Lanes,
    /// Shrinks the blended level; 1 unless the group's past forecasts were too high.
    pub(super) factor: f64,
    pub(super) weights: Lanes,
    /// The position in the season of the next period.
    pub(super) position: usize,
    /// Periods since the first sale.
    pub(super) age: usize,
    pub(super) sums: Sums,
    pub(super) scores: Lanes,
    pub(super) origins: f64,
    pub(super) scale: f64,
    /// The group's mean scores, to which the own scores are shrunk.
    pub(super) group_scores: Lanes,
    pub(super) spread: Box<[Spread]>,
    /// Variance-to-mean ratios: single periods first, then each lead of the settings.
    pub(super) ratios: Box<[f64]>,
    pub(super) group_ratios: Box<[f64]>,
    pub(super) pending: Vec<Origin>,
}

impl State {
    /// Returns the number of periods since the first sale.
    #[must_use]
    pub fn age(&self) -> usize {
        self.age
    }

    /// Returns the level: the expected units of an average period.
    #[must_use]
    pub fn level(&self) -> f64 {
        (self.factor * blend(&self.levels, &self.weights)).max(0.0)
    }

    /// Returns the weight of each smoothing constant.
    #[must_use]
    pub fn weights(&self) -> &Lanes {
        &self.weights
    }

    /// Returns the mean squared change from period to period, the scale of the scores.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Multiplies the forecast level by `factor`, as group rescaling does.
    pub fn rescale(&mut self, factor: f64) {
        for level in &mut self.levels {
            *level *= factor;
        }
    }

    /// Returns the expected units of the `step`-th period ahead; the next one is step 0.
    #[must_use]
    pub fn mean(&self, step: usize) -> f64 {
        self.level() * self.shares[(self.position + step) % self.shares.len()]
    }

    /// Returns what today's level gives for a past period; the last one is `back` 0.
    #[must_use]
    pub fn mean_back(&self, back: usize) -> f64 {
        let season = self.shares.len();
        self.level() * self.shares[(self.position + season - 1 - back % season) % season]
    }

    /// Returns the expected units of the next `length` periods together.
    #[must_use]
    pub fn window_mean(&self, length: usize) -> f64 {
        let season = self.shares.len();
        let whole = (length / season) as f64 * self.shares.iter().sum::<f64>();
        let rest: f64 =
            (0..length % season).map(|step| self.shares[(self.position + step) % season]).sum();
        self.level() * (whole + rest)
    }

    /// Returns the distribution of the `step`-th period ahead.
    #[must_use]
    pub fn law(&self, step: usize) -> CountLaw {
        CountLaw::new(self.mean(step), self.ratios[0])
    }

    /// Returns the distribution of the `step`-th period ahead, lifted by a factor (price, event).
    #[must_use]
    pub fn law_lifted(&self, step: usize, lift: f64) -> CountLaw {
        CountLaw::new(lift * self.mean(step), self.ratios[0])
    }

    /// Returns the distribution of the next `length` periods together.
    #[must_use]
    pub fn window_law(&self, length: usize, settings: &Settings) -> CountLaw {
        CountLaw::new(self.window_mean(length), self.ratio(length, settings))
    }

    /// Returns the calibrated `target` quantile of the next `length` periods, in whole units.
    #[must_use]
    pub fn window_quantile(
        &self,
        target: f64,
        length: usize,
        settings: &Settings,
        calibration: &Calibration,
    ) -> f64 {
        let law = self.window_law(length, settings);
        law.quantile(calibration.level(target, length, law.mean()))
    }

    /// Returns the variance-to-mean ratio of a window, log-linear between the measured lengths.
    #[must_use]
    pub fn ratio(&self, length: usize, settings: &Settings) -> f64 {
        let length = length.max(1);
        let (mut low, mut low_ratio) = (1_usize, self.ratios[0]);
        for (lead, ratio) in settings.leads.iter().zip(&self.ratios[1..]) {
            if length <= *lead {
                if *lead == low {
                    return *ratio;
                }
                let at = (length as f64 / low as f64).ln() / (*lead as f64 / low as f64).ln();
                return low_ratio + at * (ratio - low_ratio);
            }
            (low, low_ratio) = (*lead, *ratio);
        }
        // Beyond the longest lead the level's own error grows with the window.
        1.0 + (low_ratio - 1.0).max(0.0) * length as f64 / low as f64
    }

    /// Takes in the period that just closed, in time that does not depend on the history.
    ///
    /// `units` are sales; `exposure` is the in-stock share of the period (below a fifth it is a
    /// gap). Nothing happens before the first sale.
    pub fn observe(&mut self, units: f64, exposure: f64, settings: &Settings) {
        let known = units.is_finite() && exposure >= super::demand::MIN_EXPOSURE;
        let weight = if known { exposure.min(1.0) } else { 0.0 };
        let units = if known { units.max(0.0) / weight } else { 0.0 };
        let share = self.shares[self.position];
        if self.age == 0 && units <= 0.0 && (settings.from_first_sale || !known) {
            self.position = (self.position + 1) % self.shares.len();
            return;
        }
        if self.age >= settings.start {
            if self.age.is_multiple_of(settings.origin_step.max(1)) {
                let origin = Origin { age: self.age, levels: self.levels, sums: self.sums };
                self.pending.push(origin);
            }
            if share > MIN_SHARE {
                let trust = weight * (4.0 * share).min(1.0);
                let floor = 1.0 / (self.age as f64 + 1.0);
                smooth(&mut self.levels, units / share, trust, floor);
            }
        }
        self.sums.add(units, weight, share);
        self.age += 1;
        self.position = (self.position + 1) % self.shares.len();
        if self.age <= settings.start && self.sums.shares > 1e-9 {
            self.levels = [self.sums.units / self.sums.shares; LANES];
        }
        self.settle(settings);
    }

    /// Scores the origins whose windows end now, and forgets those past the longest window.
    fn settle(&mut self, settings: &Settings) {
        let mut scored = false;
        for origin in &self.pending {
            let length = self.age - origin.age;
            let is_lead = settings.leads.contains(&length);
            if length != settings.horizon && !is_lead {
                continue;
            }
            let Some(window) = Window::between(&origin.sums, &self.sums) else { continue };
            let level = blend(&origin.levels, &self.weights);
            if length == settings.horizon {
                window.score(&origin.levels, &mut self.scores);
                self.origins += 1.0;
                self.spread[0].squares += window.period_squares(level);
                self.spread[0].expected += window.expected(level);
            }
            if let Some(lead) = settings.leads.iter().position(|lead| *lead == length) {
                let error = window.units() - window.expected(level);
                self.spread[lead + 1].squares += error * error;
                self.spread[lead + 1].expected += window.expected(level);
            }
            scored = true;
        }
        let longest = settings.longest_window();
        self.pending.retain(|origin| self.age - origin.age < longest);
        if scored {
            self.choose(settings);
        }
    }

    /// Recomputes weights and ratios from the sums.
    pub(super) fn choose(&mut self, settings: &Settings) {
        let mut scores = self.group_scores;
        if self.scale > 0.0 {
            let pool = settings.pool_origins;
            for (score, own) in scores.iter_mut().zip(&self.scores) {
                *score = (own / self.scale + pool * *score) / (self.origins + pool);
            }
        }
        self.weights = weights(&scores, settings.sharpness);
        for ((ratio, own), group) in
            self.ratios.iter_mut().zip(&self.spread).zip(&self.group_ratios)
        {
            *ratio = own.ratio(*group, settings.pool_units);
        }
    }
}

//! One pass over a cleaned history: levels, running sums, and what every rolling origin saw.

use crate::forecast::demand::Demand;
use crate::forecast::levels::{ALPHAS, Gains, LANES, Lanes, blend, smooth};
use crate::forecast::shares::MIN_SHARE;
use crate::forecast::tier_one::Settings;

/// A window counts when at least this part of its expected units was observed.
const MIN_OBSERVED: f64 = 0.7;

/// Running sums over the periods of a series; the difference of two covers a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Observed units, Σ w·y.
    pub units: f64,
    /// Observed shares, Σ w·s.
    pub shares: f64,
    /// All shares, Σ s.
    pub all_shares: f64,
    /// Σ w·y².
    pub squares: f64,
    /// Σ w·y·s.
    pub products: f64,
    /// Σ w·s².
    pub share_squares: f64,
}

impl Sums {
    /// Adds a period of `units` with `weight` at a position of the given share.
    #[inline]
    pub fn add(&mut self, units: f64, weight: f64, share: f64) {
        let (seen, part) = (weight * units, weight * share);
        self.units += seen;
        self.shares += part;
        self.all_shares += share;
        self.squares += seen * units;
        self.products += seen * share;
        self.share_squares += part * share;
    }

    fn since(&self, start: &Self) -> Self {
        Self {
            units: self.units - start.units,
            shares: self.shares - start.shares,
            all_shares: self.all_shares - start.all_shares,
            squares: self.squares - start.squares,
            products: self.products - start.products,
            share_squares: self.share_squares - start.share_squares,
        }
    }
}

/// A window after an origin: what was demanded while it was observed.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    sums: Sums,
}

impl Window {
    /// Returns the window between two states of the sums, when enough of it was observed.
    #[must_use]
    pub fn between(start: &Sums, end: &Sums) -> Option<Self> {
        let sums = end.since(start);
        let seen = sums.shares >= MIN_OBSERVED * sums.all_shares && sums.shares > 1e-9;
        seen.then_some(Self { sums })
    }

    /// Returns the observed units.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.sums.units
    }

    /// Returns the units expected in the observed part, for a level.
    #[must_use]
    pub fn expected(&self, level: f64) -> f64 {
        level * self.sums.shares
    }

    /// Adds the squared errors of the levels against the window's mean demand.
    pub fn score(&self, levels: &Lanes, scores: &mut Lanes) {
        let target = self.sums.units / self.sums.shares;
        for lane in 0..LANES {
            let error = levels[lane] - target;
            scores[lane] += error * error;
        }
    }

    /// Returns the sum over the periods of (units − level·share)².
    #[must_use]
    pub fn period_squares(&self, level: f64) -> f64 {
        let sums = &self.sums;
        (sums.squares - 2.0 * level * sums.products + level * level * sums.share_squares).max(0.0)
    }
}

/// What was known at one rolling origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// Periods of history before the origin.
    pub age: usize,
    pub levels: Lanes,
    pub sums: Sums,
}

/// From this age on the slowest smoothing constant is above 1 / (age + 1): no floor holds any more.
const MATURE: usize = (1.0 / ALPHAS[0]) as usize;

/// What a position of the season makes of the units seen there.
struct Lens {
    /// 1 / share; zero for a closed position, which says nothing about the level.
    inverse: f64,
    trust: f64,
    /// For a period that was observed whole.
    gains: Gains,
}

impl Lens {
    fn new(share: f64) -> Self {
        let is_open = share > MIN_SHARE;
        let (inverse, trust) =
            if is_open { (1.0 / share, (4.0 * share).min(1.0)) } else { (0.0, 0.0) };
        Self { inverse, trust, gains: Gains::of(trust) }
    }

    #[inline]
    fn smooth(&self, levels: &mut Lanes, units: f64, weight: f64, age: usize) {
        let x = units * self.inverse;
        if age >= MATURE && weight >= 1.0 {
            self.gains.smooth(levels, x);
        } else if self.trust > 0.0 {
            smooth(levels, x, weight * self.trust, 1.0 / (age as f64 + 1.0));
        }
    }
}

/// The trace of one pass, kept in memory that is reused from series to series.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub demand: Demand,
    /// The running sums at every multiple of `grain`, from age 0 on.
    marks: Vec<Sums>,
    grain: usize,
    /// The sums over the whole history.
    pub sums: Sums,
    pub origins: Vec<Origin>,
    pub levels: Lanes,
}

impl History {
    /// Runs the levels over the cleaned history, using the given shares of the season.
    ///
    /// Windows can then be asked for where the settings have origins, horizon and leads.
    pub fn run(&mut self, shares: &[f64], settings: &Settings) {
        self.trace(shares, settings, settings.grain());
    }

    /// As [`History::run`]; sums are kept at every multiple of `grain`.
    pub fn trace(&mut self, shares: &[f64], settings: &Settings, grain: usize) {
        let season = shares.len();
        let count = self.demand.units.len();
        let start = settings.start.min(count);
        self.grain = grain.max(1);
        self.marks.clear();
        self.marks.reserve(count / self.grain + 1);
        self.origins.clear();
        let lens: Vec<Lens> = shares.iter().map(|share| Lens::new(*share)).collect();
        // Everything that changes every period is local: it stays in registers.
        let (mut sums, mut levels) = (Sums::default(), [0.0; LANES]);
        let step = settings.origin_step.max(1);
        let (mut position, mut next_origin) = (self.demand.phase, start.next_multiple_of(step));
        let mut next_mark = 0;
        let known = &self.demand.weight[..count];
        for (age, units) in self.demand.units.iter().enumerate() {
            let (weight, share) = (known[age], shares[position]);
            if age == next_mark {
                self.marks.push(sums);
                next_mark += self.grain;
            }
            if age >= start {
                if age == start && sums.shares > 1e-9 {
                    levels = [sums.units / sums.shares; LANES];
                }
                if age == next_origin {
                    self.origins.push(Origin { age, levels, sums });
                    next_origin += step;
                }
                lens[position].smooth(&mut levels, *units, weight, age);
            }
            sums.add(*units, weight, share);
            position = if position + 1 == season { 0 } else { position + 1 };
        }
        if count == next_mark {
            self.marks.push(sums);
        }
        if count <= start && sums.shares > 1e-9 {
            levels = [sums.units / sums.shares; LANES];
        }
        (self.levels, self.sums) = (levels, sums);
    }

    /// Returns the sums before an age; it must be one that the trace has kept.
    #[must_use]
    pub fn sums_at(&self, age: usize) -> Option<&Sums> {
        debug_assert!(age.is_multiple_of(self.grain), "age {age} was not kept");
        self.marks.get(age / self.grain)
    }

    /// Returns the mean squared change from one observed period to the next.
    #[must_use]
    pub fn mean_squared_change(&self) -> f64 {
        let (mut sum, mut pairs) = (0.0, 0.0);
        let known = self.demand.units.iter().zip(&self.demand.weight);
        let mut before: Option<f64> = None;
        for (units, weight) in known {
            if *weight <= 0.0 {
                before = None;
                continue;
            }
            if let Some(before) = before {
                sum += (units - before) * (units - before);
                pairs += 1.0;
            }
            before = Some(*units);
        }
        if pairs > 0.0 { sum / pairs } else { 0.0 }
    }

    /// Returns the window of `length` periods after an origin, when it has passed and was observed.
    #[must_use]
    pub fn window(&self, origin: &Origin, length: usize) -> Option<Window> {
        let end = self.sums_at(origin.age + length)?;
        Window::between(&origin.sums, end)
    }

    /// Sums the levels' squared errors over every origin; returns the number of origins.
    pub fn score(&self, horizon: usize, scores: &mut Lanes) -> f64 {
        let mut origins = 0.0;
        for origin in &self.origins {
            if let Some(window) = self.window(origin, horizon) {
                window.score(&origin.levels, scores);
                origins += 1.0;
            }
        }
        origins
    }

    /// Adds, for every window length, the squared errors and expected units of the blended level.
    ///
    /// The first entry is for single periods (over the horizon), the others for `leads`.
    ///
    /// Returns Σ level·target and Σ level² over the horizon windows, in units of the scale.
    pub fn spread(
        &self,
        weights: &Lanes,
        scale: f64,
        settings: &Settings,
        spread: &mut [Spread],
    ) -> (f64, f64) {
        let mut fit = (0.0, 0.0);
        for origin in &self.origins {
            let level = blend(&origin.levels, weights);
            if let Some(window) = self.window(origin, settings.horizon) {
                if scale > 0.0 {
                    fit.0 += level * window.units() / window.expected(1.0) / scale;
                    fit.1 += level * level / scale;
                }
                spread[0].squares += window.period_squares(level);
                spread[0].expected += window.expected(level);
            }
            for (sum, lead) in spread[1..].iter_mut().zip(&settings.leads) {
                if let Some(window) = self.window(origin, *lead) {
                    let error = window.units() - window.expected(level);
                    sum.squares += error * error;
                    sum.expected += window.expected(level);
                }
            }
        }
        fit
    }
}

/// Squared errors and expected units of windows of one length: their ratio is the spread.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    pub squares: f64,
    pub expected: f64,
}

impl Spread {
    /// Adds another sum.
    pub fn add(&mut self, other: &Self) {
        self.squares += other.squares;
        self.expected += other.expected;
    }

    /// Returns the variance-to-mean ratio, shrunk to `prior` by `strength` units.
    #[must_use]
    pub fn ratio(&self, prior: f64, strength: f64) -> f64 {
        (self.squares + strength * prior) / (self.expected + strength)
    }
}

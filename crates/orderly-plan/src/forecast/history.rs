//! One pass over a cleaned history: levels, running sums, and what every rolling origin saw.

use crate::forecast::demand::Demand;
use crate::forecast::levels::{LANES, Lanes, Strides, blend, smooth};
use crate::forecast::shares::MIN_SHARE;
use crate::forecast::tier_one::Settings;

/// A window counts when at least this part of its expected units was observed.
const MIN_OBSERVED: f64 = 0.7;

/// The longest season whose sums are taken a season at a time.
const MAX_RING: usize = 32;

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

    fn append(&mut self, later: &Self) {
        self.units += later.units;
        self.shares += later.shares;
        self.all_shares += later.all_shares;
        self.squares += later.squares;
        self.products += later.products;
        self.share_squares += later.share_squares;
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

/// What a position of the season makes of the units seen there.
#[derive(Debug, Clone, Copy)]
struct Lens {
    /// 1 / share; zero for a closed position, which says nothing about the level.
    inverse: f64,
    trust: f64,
}

impl Lens {
    fn new(share: f64) -> Self {
        let is_open = share > MIN_SHARE;
        let (inverse, trust) =
            if is_open { (1.0 / share, (4.0 * share).min(1.0)) } else { (0.0, 0.0) };
        Self { inverse, trust }
    }

    #[inline]
    fn smooth(&self, levels: &mut Lanes, units: f64, weight: f64, age: usize) {
        if self.trust > 0.0 {
            let x = units * self.inverse;
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
    lens: Vec<Lens>,
    strides: Strides,
}

impl History {
    /// Runs the levels over the cleaned history, using the given shares of the season.
    ///
    /// Windows can then be asked for where the settings have origins, horizon and leads.
    pub fn run(&mut self, shares: &[f64], settings: &Settings) {
        self.trace(shares, settings, settings.grain());
    }

    /// As [`History::run`]; sums are kept at every multiple of `grain`, which divides the origins'.
    pub fn trace(&mut self, shares: &[f64], settings: &Settings, grain: usize) {
        self.mark(shares, grain.max(1));
        self.follow(shares, settings);
    }

    /// Sums up the history, keeping the sums at every multiple of `grain`.
    fn mark(&mut self, shares: &[f64], grain: usize) {
        let (units, season) = (&self.demand.units, shares.len());
        self.grain = grain;
        self.marks.clear();
        self.marks.reserve(units.len() / grain + 1);
        let mut sums = Sums::default();
        let mut rest = 0;
        if grain == season && self.demand.is_whole {
            // Every stretch is one season, observed whole: its sums of shares are always the same.
            let (before, after) = shares.split_at(self.demand.phase);
            let mut season = Sums::default();
            let mut ring = [0.0; MAX_RING];
            for (place, share) in ring.iter_mut().zip(after.iter().chain(before)) {
                *place = *share;
                season.add(0.0, 1.0, *share);
            }
            let ring = &ring[..grain.min(MAX_RING)];
            if ring.len() == grain {
                for stretch in units.chunks_exact(grain) {
                    self.marks.push(sums);
                    let (mut all, mut squares, mut products) = (0.0, 0.0, 0.0);
                    for (units, share) in stretch.iter().zip(ring) {
                        all += units;
                        squares += units * units;
                        products += units * share;
                    }
                    sums.append(&Sums { units: all, squares, products, ..season });
                }
                rest = units.len() - units.len() % grain;
            }
        }
        let mut position = (self.demand.phase + rest) % season;
        let known = self.demand.weight[rest..].chunks(grain);
        for (units, weights) in units[rest..].chunks(grain).zip(known) {
            self.marks.push(sums);
            let mut part = Sums::default();
            for (units, weight) in units.iter().zip(weights) {
                part.add(*units, *weight, shares[position]);
                position = if position + 1 == season { 0 } else { position + 1 };
            }
            sums.append(&part);
        }
        if units.len().is_multiple_of(grain) {
            self.marks.push(sums);
        }
        self.sums = sums;
    }

    /// Runs the levels, keeping them at every origin.
    fn follow(&mut self, shares: &[f64], settings: &Settings) {
        let count = self.demand.units.len();
        let (start, step) = (settings.start.min(count), settings.origin_step.max(1));
        self.lens.clear();
        self.lens.extend(shares.iter().map(|share| Lens::new(*share)));
        self.origins.clear();
        self.levels = [self.first_level(shares, start); LANES];
        let first = start.next_multiple_of(step).min(count);
        self.step_by_step(start, first);
        self.strides.prepare(first, step);
        let is_even = self.lens.iter().all(|lens| lens.trust >= 1.0);
        let mut age = first;
        while age < count {
            self.origins.push(Origin {
                age,
                levels: self.levels,
                sums: self.marks[age / self.grain],
            });
            let end = age + step;
            let seen = self.demand.weight.get(age..end);
            let is_whole = |seen: &[f64]| self.demand.is_whole || seen.iter().all(|w| *w >= 1.0);
            if is_even && seen.is_some_and(is_whole) {
                self.stride(age, end);
            } else {
                self.step_by_step(age, end.min(count));
            }
            age = end;
        }
    }

    /// Returns the level of the first periods together.
    fn first_level(&self, shares: &[f64], start: usize) -> f64 {
        let (mut units, mut seen) = (0.0, 0.0);
        let mut position = self.demand.phase;
        for (own, weight) in self.demand.units[..start].iter().zip(&self.demand.weight) {
            units += own * weight;
            seen += shares[position] * weight;
            position = if position + 1 == shares.len() { 0 } else { position + 1 };
        }
        if seen > 1e-9 { units / seen } else { 0.0 }
    }

    /// Moves the levels period by period, from one age to another.
    fn step_by_step(&mut self, from: usize, to: usize) {
        let season = self.lens.len();
        let mut position = (self.demand.phase + from) % season;
        for age in from..to {
            let (units, weight) = (self.demand.units[age], self.demand.weight[age]);
            self.lens[position].smooth(&mut self.levels, units, weight, age);
            position = if position + 1 == season { 0 } else { position + 1 };
        }
    }

    /// Moves the levels over periods that were all observed whole, at once.
    #[inline]
    fn stride(&mut self, from: usize, to: usize) {
        let season = self.lens.len();
        let mut position = (self.demand.phase + from) % season;
        let (keep, takes) = self.strides.at(from);
        let mut levels: Lanes = std::array::from_fn(|lane| keep[lane] * self.levels[lane]);
        for (units, take) in self.demand.units[from..to].iter().zip(takes) {
            let x = units * self.lens[position].inverse;
            position = if position + 1 == season { 0 } else { position + 1 };
            for lane in 0..LANES {
                levels[lane] += take[lane] * x;
            }
        }
        self.levels = levels;
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
        let units = &self.demand.units;
        if self.demand.is_whole {
            let pairs = units.len().saturating_sub(1);
            let changes = units.iter().zip(units.iter().skip(1));
            return changes_squared(changes) / pairs.max(1) as f64;
        }
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

/// Sums the squared changes of pairs, four sums side by side.
fn changes_squared<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>) -> f64 {
    let mut sums = [0.0; 4];
    for (at, (before, after)) in pairs.enumerate() {
        sums[at % 4] += (after - before) * (after - before);
    }
    sums.iter().sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::panel::Series;
    use crate::numeric::{Draws, mix};

    /// Levels and sums after every period, by the definition.
    fn plainly(demand: &Demand, shares: &[f64], start: usize) -> Vec<(Lanes, Sums)> {
        let (mut levels, mut sums) = ([0.0; LANES], Sums::default());
        let mut all = vec![(levels, sums)];
        for (age, (units, weight)) in demand.units.iter().zip(&demand.weight).enumerate() {
            let position = (demand.phase + age) % shares.len();
            if age >= start {
                Lens::new(shares[position]).smooth(&mut levels, *units, *weight, age);
            }
            sums.add(*units, *weight, shares[position]);
            if age < start && sums.shares > 1e-9 {
                levels = [sums.units / sums.shares; LANES];
            }
            all.push((levels, sums));
        }
        all
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
    }

    fn same(a: &Sums, b: &Sums) -> bool {
        let parts =
            |s: &Sums| [s.units, s.shares, s.all_shares, s.squares, s.products, s.share_squares];
        parts(a).iter().zip(parts(b)).all(|(a, b)| near(*a, b))
    }

    /// A history with gaps, stock-outs and a closed day, or with none of them.
    fn drawn(draws: &mut Draws) -> (Vec<f64>, Option<Vec<f64>>, Vec<f64>) {
        let (count, kind) = (draws.below(420), draws.below(4));
        let mut units: Vec<f64> = (0..count).map(|_| draws.poisson(0.8) as f64).collect();
        if kind == 1 {
            for units in &mut units {
                *units = if draws.below(40) == 0 { f64::NAN } else { *units };
            }
        }
        let exposure: Vec<f64> =
            (0..count).map(|_| if draws.below(30) == 0 { draws.unit() } else { 1.0 }).collect();
        let season = [1, 7, 7, 12][draws.below(4)];
        let closed = kind == 3;
        let mut share = |at: usize| if closed && at == 0 { 0.0 } else { 0.5 + draws.unit() };
        let shares = (0..season).map(&mut share).collect();
        (units, (kind == 2).then_some(exposure), shares)
    }

    #[test]
    fn a_pass_in_strides_is_the_pass_period_by_period() {
        for seed in 0..3_000 {
            let mut draws = Draws::new(mix(&[17, seed]));
            let (units, exposure, shares) = drawn(&mut draws);
            let phase = draws.below(shares.len());
            let series = Series { units: &units, exposure: exposure.as_deref(), phase, group: 0 };
            let settings = match seed % 3 {
                0 => Settings::daily(28),
                1 => Settings { leads: vec![5, 13], ..Settings::daily(13) },
                _ => Settings::plain(6),
            };
            let mut history = History::default();
            history.demand.fill(&series, shares.len(), settings.from_first_sale);
            history.run(&shares, &settings);
            let plain = plainly(&history.demand, &shares, settings.start);
            let last = plain.len() - 1;
            assert!(same(&history.sums, &plain[last].1), "sums of {seed}");
            assert!(history.levels.iter().zip(plain[last].0).all(|(a, b)| near(*a, b)), "{seed}");
            for origin in &history.origins {
                let (levels, sums) = &plain[origin.age];
                assert!(origin.levels.iter().zip(levels).all(|(a, b)| near(*a, *b)), "{seed}");
                assert!(same(&origin.sums, sums), "{seed}");
            }
            for age in (0..=last).step_by(settings.grain()) {
                assert!(same(history.sums_at(age).unwrap(), &plain[age].1), "{seed} at {age}");
            }
            let ages = (settings.start..last).filter(|age| age % settings.origin_step == 0);
            assert_eq!(history.origins.len(), ages.count(), "origins of {seed}");
        }
    }
}

//! Shares of the season: how demand spreads over the days of the week, own data shrunk to groups.

/// A group needs this many units a period before its own shares are trusted.
const MIN_GROUP_UNITS: f64 = 50.0;

/// Below this share of an average period a position is closed and says nothing about the level.
pub const MIN_SHARE: f64 = 0.02;

/// Units and observed weight for each position of the season.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    units: Vec<f64>,
    weight: Vec<f64>,
}

impl Totals {
    /// Returns empty totals of a season.
    #[must_use]
    pub fn new(season: usize) -> Self {
        Self { units: vec![0.0; season], weight: vec![0.0; season] }
    }

    /// Sums a cleaned history that starts at `phase`.
    #[must_use]
    pub fn of(units: &[f64], weight: &[f64], phase: usize, season: usize) -> Self {
        let mut totals = Self::new(season);
        let mut position = phase % season;
        for (units, weight) in units.iter().zip(weight) {
            totals.units[position] += units * weight;
            totals.weight[position] += weight;
            position = if position + 1 == season { 0 } else { position + 1 };
        }
        totals
    }

    /// Adds another series' totals.
    pub fn add(&mut self, other: &Self) {
        for (sum, units) in self.units.iter_mut().zip(&other.units) {
            *sum += units;
        }
        for (sum, weight) in self.weight.iter_mut().zip(&other.weight) {
            *sum += weight;
        }
    }

    /// Returns all units.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.units.iter().sum()
    }

    fn rate(&self, position: usize) -> f64 {
        if self.weight[position] > 0.0 { self.units[position] / self.weight[position] } else { 0.0 }
    }

    /// Returns each position's part of the units, adjusted for unequal observation; sums to one.
    fn parts(&self) -> Vec<f64> {
        let season = self.units.len();
        let rates: Vec<f64> = (0..season).map(|position| self.rate(position)).collect();
        let sum: f64 = rates.iter().sum();
        if sum > 0.0 {
            rates.iter().map(|rate| rate / sum).collect()
        } else {
            vec![1.0 / season as f64; season]
        }
    }
}

/// Returns the shares of every group, falling back to the wider group under 50 units a period.
///
/// Shares have a mean of one over the season. `periods` is the length of the window summed.
#[must_use]
pub fn of_groups(totals: &[Totals], parents: &[Option<usize>], periods: usize) -> Vec<Vec<f64>> {
    let mut shares: Vec<Vec<f64>> = Vec::with_capacity(totals.len());
    for (group, total) in totals.iter().enumerate() {
        let season = total.units.len();
        let enough = total.total() >= MIN_GROUP_UNITS * periods as f64;
        let own = match parents[group] {
            Some(parent) if !enough => shares[parent].clone(),
            _ => {
                // The top keeps its own shares, shrunk to even ones by one period's worth of units.
                let (sum, even) = (total.total(), 1.0 / season as f64);
                let part = |p: &f64| season as f64 * (p * sum + even * 50.0) / (sum + 50.0);
                total.parts().iter().map(part).collect()
            }
        };
        shares.push(own);
    }
    shares
}

/// Returns a series' own shares shrunk to its group's by `strength` units (Dirichlet).
#[must_use]
pub fn shrunk(own: &Totals, group: &[f64], strength: f64) -> Box<[f64]> {
    let season = group.len() as f64;
    let total = own.total();
    let parts = own.parts();
    parts
        .iter()
        .zip(group)
        .map(|(part, share)| (season * part * total + strength * share) / (total + strength))
        .collect()
}

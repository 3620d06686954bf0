//! Demand until the goods arrive, when the lead time itself is uncertain.

use crate::count::CountLaw;

/// Receipts that are looked at, latest first.
const RECENT: usize = 20;
/// Receipts' worth of the supplier's own distribution that weigh against an item's receipts.
const STRENGTH: f64 = 5.0;

/// A distribution of lead times in whole days.
#[derive(Debug, Clone, PartialEq)]
pub struct LeadTime {
    /// Days and their probability, increasing in days, summing to one.
    days: Vec<(u32, f64)>,
}

/// Why a lead time cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeadTimeError {
    #[error("no lead time is known: neither receipts nor a quoted one")]
    Unknown,
}

impl LeadTime {
    /// Returns the certain lead time.
    #[must_use]
    pub fn fixed(days: u32) -> Self {
        Self { days: vec![(days, 1.0)] }
    }

    /// Returns the distribution of an item's last 20 receipts, shrunk to its supplier's.
    ///
    /// `receipts` and `supplier` are days from order to put-away, latest first. `quoted` stands in
    /// when the supplier has no receipts.
    ///
    /// # Errors
    /// [`LeadTimeError::Unknown`] when nothing at all is known.
    pub fn of_receipts(
        receipts: &[u32],
        supplier: &[u32],
        quoted: Option<u32>,
    ) -> Result<Self, LeadTimeError> {
        let own = &receipts[..receipts.len().min(RECENT)];
        let mut weighted: Vec<(u32, f64)> = own.iter().map(|days| (*days, 1.0)).collect();
        let wider = &supplier[..supplier.len().min(10 * RECENT)];
        if wider.is_empty() {
            weighted.extend(quoted.map(|days| (days, STRENGTH)));
        } else {
            let each = STRENGTH / wider.len() as f64;
            weighted.extend(wider.iter().map(|days| (*days, each)));
        }
        if weighted.is_empty() {
            return Err(LeadTimeError::Unknown);
        }
        weighted.sort_by_key(|(days, _)| *days);
        let sum: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut days: Vec<(u32, f64)> = Vec::new();
        for (day, weight) in weighted {
            match days.last_mut() {
                Some(last) if last.0 == day => last.1 += weight / sum,
                _ => days.push((day, weight / sum)),
            }
        }
        Ok(Self { days })
    }

    /// Returns the mean, in days.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.days.iter().map(|(days, p)| f64::from(*days) * p).sum()
    }

    /// Returns the variance, in days squared.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.days.iter().map(|(days, p)| (f64::from(*days) - mean).powi(2) * p).sum()
    }

    /// Returns the days and their probabilities.
    #[must_use]
    pub fn days(&self) -> &[(u32, f64)] {
        &self.days
    }

    /// Returns the demand over the lead time plus `review_days`, given the law of every window.
    pub fn demand(&self, review_days: u32, mut window: impl FnMut(usize) -> CountLaw) -> Mixture {
        let parts = self.days.iter().map(|(days, p)| (*p, window((days + review_days) as usize)));
        Mixture { parts: parts.collect() }
    }
}

/// A mixture of demand laws, one for each possible lead time.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    parts: Vec<(f64, CountLaw)>,
}

impl Mixture {
    /// Returns a mixture of one law.
    #[must_use]
    pub fn of(law: CountLaw) -> Self {
        Self { parts: vec![(1.0, law)] }
    }

    /// Returns the mean, in units.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.parts.iter().map(|(p, law)| p * law.mean()).sum()
    }

    /// Returns the variance, in units squared.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        let spread = |law: &CountLaw| law.variance() + (law.mean() - mean).powi(2);
        self.parts.iter().map(|(p, law)| p * spread(law)).sum()
    }

    /// Returns the probability of at most `units`.
    #[must_use]
    pub fn cdf(&self, units: f64) -> f64 {
        self.parts.iter().map(|(p, law)| p * law.cdf(units)).sum()
    }

    /// Returns the expected demand beyond `units`.
    #[must_use]
    pub fn expected_excess(&self, units: f64) -> f64 {
        self.parts.iter().map(|(p, law)| p * law.expected_excess(units)).sum()
    }

    /// Returns the smallest whole number of units whose probability reaches `level`, by bisection.
    ///
    /// The level is clamped to [0, 0.9999].
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        let level = if level.is_nan() { 0.95 } else { level.clamp(0.0, 0.999_9) };
        if let [(_, law)] = self.parts.as_slice() {
            return law.quantile(level);
        }
        // The mixture's quantile lies between the smallest and the largest of its parts'.
        let each = self.parts.iter().map(|(_, law)| law.quantile(level));
        let (mut low, mut high) =
            each.fold((f64::INFINITY, 0.0_f64), |(low, high), q| (low.min(q), high.max(q)));
        if self.cdf(low) >= level {
            return low;
        }
        while high - low > 1.0 {
            let middle = ((low + high) / 2.0).floor();
            if self.cdf(middle) >= level { high = middle } else { low = middle }
        }
        high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_has_the_classical_variance() {
        let lead = LeadTime::of_receipts(&[5, 9], &[], None).unwrap();
        let demand = lead.demand(0, |days| CountLaw::new(3.0 * days as f64, 1.5));
        // E[L]·σ² + μ²·Var(L) with σ² = 4.5, μ = 3, E[L] = 7, Var(L) = 4.
        assert!((demand.mean() - 21.0).abs() < 1e-9);
        assert!((demand.variance() - (7.0 * 4.5 + 9.0 * 4.0)).abs() < 1e-9);
    }

    #[test]
    fn the_quantile_is_the_smallest_that_reaches_the_level() {
        let lead = LeadTime::of_receipts(&[3, 3, 20], &[4, 5], None).unwrap();
        let demand = lead.demand(1, |days| CountLaw::new(2.0 * days as f64, 2.0));
        for level in [0.1, 0.5, 0.9, 0.98] {
            let q = demand.quantile(level);
            assert!(demand.cdf(q) >= level && (q < 1.0 || demand.cdf(q - 1.0) < level));
        }
    }

    #[test]
    fn unknown_lead_times_are_refused() {
        assert_eq!(LeadTime::of_receipts(&[], &[], None), Err(LeadTimeError::Unknown));
        assert_eq!(LeadTime::of_receipts(&[], &[], Some(4)), Ok(LeadTime::fixed(4)));
    }
}

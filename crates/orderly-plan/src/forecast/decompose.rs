//! Classical decomposition: is there a season, and what is left without it.

/// How the season enters a series.
#[derive(Debug, Clone, PartialEq)]
pub enum Season {
    /// No season was found.
    None,
    /// Each position's factor; the mean is one.
    Factors(Vec<f64>),
    /// Each position's addend; the mean is zero.
    Addends(Vec<f64>),
}

impl Season {
    /// Removes the season from a value at a time counted from the start of the series.
    #[must_use]
    pub fn remove(&self, value: f64, time: usize) -> f64 {
        match self {
            Self::None => value,
            Self::Factors(factors) => value / factors[time % factors.len()],
            Self::Addends(addends) => value - addends[time % addends.len()],
        }
    }

    /// Puts the season back.
    #[must_use]
    pub fn restore(&self, value: f64, time: usize) -> f64 {
        match self {
            Self::None => value,
            Self::Factors(factors) => value * factors[time % factors.len()],
            Self::Addends(addends) => value + addends[time % addends.len()],
        }
    }
}

/// Decides whether a season of `period` is significant at 90 % (the test of the Theta method).
///
/// The autocorrelation at one season must exceed 1.645·√((1 + 2·Σ r²)/n), summed over shorter lags.
#[must_use]
pub fn is_seasonal(values: &[f64], period: usize) -> bool {
    let count = values.len();
    if period < 2 || count < 2 * period + 1 {
        return false;
    }
    let mean = values.iter().sum::<f64>() / count as f64;
    let variance: f64 = values.iter().map(|y| (y - mean) * (y - mean)).sum();
    if variance <= 0.0 || !variance.is_finite() {
        return false;
    }
    let correlation = |lag: usize| {
        let pairs = values[lag..].iter().zip(values);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / variance
    };
    let squares: f64 = (1..period).map(|lag| correlation(lag).powi(2)).sum();
    correlation(period).abs() > 1.645 * ((1.0 + 2.0 * squares) / count as f64).sqrt()
}

/// Returns the centered moving average over one season; the ends are `None`.
fn moving_average(values: &[f64], period: usize) -> Vec<Option<f64>> {
    let half = period / 2;
    let even = period.is_multiple_of(2);
    (0..values.len())
        .map(|time| {
            if time < half || time + half >= values.len() {
                return None;
            }
            let window = &values[time - half..=time + half];
            let mut sum: f64 = window.iter().sum();
            if even {
                sum -= 0.5 * (window[0] + window[window.len() - 1]);
            }
            Some(sum / period as f64)
        })
        .collect()
}

/// Returns the classical season of the series, multiplicative when every value is positive.
///
/// A factor of 0.01 or less makes the season additive. Fewer than two seasons give none.
#[must_use]
pub fn season(values: &[f64], period: usize) -> Season {
    if period < 2 || values.len() < 2 * period {
        return Season::None;
    }
    let trend = moving_average(values, period);
    if values.iter().all(|y| *y > 0.0) {
        let factors = positions(values, &trend, period, |y, t| y / t);
        let mean = factors.iter().sum::<f64>() / period as f64;
        if factors.iter().all(|f| *f / mean > 0.01) {
            return Season::Factors(factors.iter().map(|f| f / mean).collect());
        }
    }
    let addends = positions(values, &trend, period, |y, t| y - t);
    let mean = addends.iter().sum::<f64>() / period as f64;
    Season::Addends(addends.iter().map(|a| a - mean).collect())
}

fn positions(
    values: &[f64],
    trend: &[Option<f64>],
    period: usize,
    detrend: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); period];
    for (time, (y, trend)) in values.iter().zip(trend).enumerate() {
        if let Some(trend) = trend {
            let sum = &mut sums[time % period];
            sum.0 += detrend(*y, *trend);
            sum.1 += 1.0;
        }
    }
    sums.iter().map(|(sum, count)| if *count > 0.0 { sum / count } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_season_is_found_and_removed() {
        let shape = [0.5, 1.5, 1.0, 1.0];
        let values: Vec<f64> = (0..24).map(|t| 100.0 * shape[t % 4]).collect();
        assert!(is_seasonal(&values, 4));
        let season = season(&values, 4);
        for (time, y) in values.iter().enumerate() {
            assert!((season.remove(*y, time) - 100.0).abs() < 1e-9);
            assert!((season.restore(season.remove(*y, time), time) - y).abs() < 1e-9);
        }
    }

    #[test]
    fn zeros_make_the_season_additive() {
        let values: Vec<f64> = (0..24).map(|t| f64::from(u8::from(t % 4 == 0)) * 8.0).collect();
        assert!(matches!(season(&values, 4), Season::Addends(_)));
        assert!(!is_seasonal(&values[..6], 4));
    }
}

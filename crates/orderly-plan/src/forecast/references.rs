//! The plain methods that every forecast is measured against.
//!
//! Each takes the units of a series, oldest first, and returns the mean of the next `horizon`
//! periods. An empty history forecasts zero; values that are not finite count as zero.

/// A reference method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// The same period of the last season.
    SeasonalNaive { season: usize },
    /// The mean of the last periods (28 days, for example).
    WindowMean { window: usize },
    /// The mean of the same season position over the last periods (a four-week weekday average).
    SeasonalMean { season: usize, window: usize },
    /// Simple exponential smoothing with a constant of 0.1.
    Ses,
    /// Teunter–Syntetos–Babai: size and probability of demand, both smoothed by 0.1.
    Tsb,
    /// Aggregate to the mean demand interval, smooth, disaggregate evenly (Nikolopoulos 2011).
    Adida,
    /// Nothing will be sold.
    Zero,
}

impl Reference {
    /// Returns the name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SeasonalNaive { .. } => "seasonal naive",
            Self::WindowMean { .. } => "window mean",
            Self::SeasonalMean { .. } => "seasonal window mean",
            Self::Ses => "SES(0.1)",
            Self::Tsb => "TSB(0.1, 0.1)",
            Self::Adida => "ADIDA",
            Self::Zero => "zero",
        }
    }

    /// Returns the forecast of the next `horizon` periods.
    #[must_use]
    pub fn forecast(self, units: &[f64], horizon: usize) -> Vec<f64> {
        let units: Vec<f64> =
            units.iter().map(|y| if y.is_finite() { y.max(0.0) } else { 0.0 }).collect();
        let flat = |value: f64| vec![value; horizon];
        match self {
            Self::SeasonalNaive { season } => seasonal_mean(&units, season, season, horizon),
            Self::SeasonalMean { season, window } => seasonal_mean(&units, season, window, horizon),
            Self::WindowMean { window } => {
                flat(mean(&units[units.len() - window.min(units.len())..]))
            }
            Self::Ses => flat(ses(&units, 0.1)),
            Self::Tsb => flat(tsb(&units)),
            Self::Adida => flat(adida(&units)),
            Self::Zero => flat(0.0),
        }
    }
}

fn mean(units: &[f64]) -> f64 {
    if units.is_empty() { 0.0 } else { units.iter().sum::<f64>() / units.len() as f64 }
}

fn seasonal_mean(units: &[f64], season: usize, window: usize, horizon: usize) -> Vec<f64> {
    let season = season.max(1);
    let recent = &units[units.len() - window.max(season).min(units.len())..];
    let position_mean = |step: usize| {
        // Periods that lie a whole number of seasons before the one forecast.
        let same: Vec<f64> = recent
            .iter()
            .rev()
            .enumerate()
            .filter(|(back, _)| (back + 1 + step).is_multiple_of(season))
            .map(|(_, y)| *y)
            .collect();
        if same.is_empty() { mean(recent) } else { mean(&same) }
    };
    (0..horizon).map(position_mean).collect()
}

fn ses(units: &[f64], alpha: f64) -> f64 {
    let Some(first) = units.first() else { return 0.0 };
    units[1..].iter().fold(*first, |level, y| level + alpha * (y - level))
}

/// Simple smoothing whose constant, among 0.1 to 0.3, had the smallest one-step squared error.
fn ses_optimized(units: &[f64]) -> f64 {
    let Some(first) = units.first() else { return 0.0 };
    let mut best = (f64::INFINITY, *first);
    for step in 0..=20 {
        let alpha = 0.1 + 0.01 * f64::from(step);
        let (mut level, mut squares) = (*first, 0.0);
        for y in &units[1..] {
            squares += (y - level) * (y - level);
            level += alpha * (y - level);
        }
        if squares < best.0 {
            best = (squares, level);
        }
    }
    best.1
}

fn tsb(units: &[f64]) -> f64 {
    let Some(first) = units.iter().position(|y| *y > 0.0) else { return 0.0 };
    let mut size = units[first];
    let mut probability = if units[0] > 0.0 { 1.0 } else { 0.0 };
    for y in &units[1..] {
        if *y > 0.0 {
            size += 0.1 * (y - size);
            probability += 0.1 * (1.0 - probability);
        } else {
            probability -= 0.1 * probability;
        }
    }
    size * probability
}

fn adida(units: &[f64]) -> f64 {
    let sales: Vec<usize> =
        units.iter().enumerate().filter(|(_, y)| **y > 0.0).map(|(t, _)| t).collect();
    let Some(last) = sales.last() else { return 0.0 };
    let interval = ((last + 1) as f64 / sales.len() as f64).round().max(1.0) as usize;
    let buckets: Vec<f64> = units[units.len() % interval..]
        .chunks_exact(interval)
        .map(|bucket| bucket.iter().sum())
        .collect();
    ses_optimized(&buckets) / interval as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasonal_naive_repeats_the_last_season() {
        let units = [9.0, 9.0, 9.0, 1.0, 2.0, 3.0];
        let forecast = Reference::SeasonalNaive { season: 3 }.forecast(&units, 5);
        assert_eq!(forecast, [1.0, 2.0, 3.0, 1.0, 2.0]);
    }

    #[test]
    fn constant_demand_is_forecast_as_itself_by_every_method() {
        let units = [4.0; 40];
        for method in [
            Reference::SeasonalNaive { season: 7 },
            Reference::WindowMean { window: 28 },
            Reference::SeasonalMean { season: 7, window: 28 },
            Reference::Ses,
            Reference::Tsb,
            Reference::Adida,
        ] {
            let forecast = method.forecast(&units, 3);
            assert!(forecast.iter().all(|y| (y - 4.0).abs() < 1e-9), "{}", method.name());
        }
    }

    #[test]
    fn an_empty_history_forecasts_zero() {
        for method in [Reference::Ses, Reference::Tsb, Reference::Adida, Reference::Zero] {
            assert_eq!(method.forecast(&[], 2), [0.0, 0.0]);
            assert_eq!(method.forecast(&[f64::NAN, -3.0], 1), [0.0]);
        }
    }
}

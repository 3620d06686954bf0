//! Tier 1b: smooth or seasonal series and aggregates, forecast by several models together.
//!
//! Dynamic Theta and complex smoothing run on the series without its season, the exponential
//! smoothing pool on the series itself; their combination beats each of them. Every forecast is
//! guarded: never negative, never beyond three times what was seen lately, never not a number.

use crate::forecast::decompose::{Season, is_seasonal, season};
use crate::forecast::{ces, ets, theta};
use crate::numeric::normal_quantile;
use crate::threads;

/// Which models speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voices {
    /// Dynamic Theta alone.
    Theta,
    /// The exponential smoothing pool alone.
    Ets,
    /// The mean of both.
    ThetaAndEts,
    /// Theta, exponential smoothing and complex smoothing: the mean of their mean and median.
    All,
}

/// A forecast of a smooth series: means and the standard deviations of their errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    pub means: Vec<f64>,
    pub deviations: Vec<f64>,
    /// The models that contributed; empty when the fallback (the last season's mean) stands.
    pub models: Vec<&'static str>,
}

impl Outlook {
    /// Returns the `level` quantile of a step ahead, never negative when `floor` is zero.
    #[must_use]
    pub fn quantile(&self, step: usize, level: f64, floor: f64) -> f64 {
        (self.means[step] + normal_quantile(level) * self.deviations[step]).max(floor)
    }
}

/// Forecasts one series of the given period (12 for months) without any group.
///
/// Gaps take the value one season before, or the one before. Works for any input: an empty one
/// forecasts zero.
#[must_use]
pub fn forecast(values: &[f64], period: usize, horizon: usize, voices: Voices) -> Outlook {
    let filled = without_gaps(values, period.max(1));
    let guard = Guard::of(&filled, period.max(1));
    let period = period.max(1);
    let seasonal = is_seasonal(&filled, period);
    let shape = if seasonal { season(&filled, period) } else { Season::None };
    let plain: Vec<f64> =
        filled.iter().enumerate().map(|(time, y)| shape.remove(*y, time)).collect();
    let restored = |means: Vec<f64>| -> Vec<f64> {
        let end = filled.len();
        means.iter().enumerate().map(|(step, y)| shape.restore(*y, end + step)).collect()
    };
    let mut spoken: Vec<(&'static str, Vec<f64>)> = Vec::with_capacity(3);
    let mut variances: Vec<Vec<f64>> = Vec::with_capacity(2);
    if voices != Voices::Ets
        && let Some(model) = theta::fit(&plain)
    {
        spoken.push(("dynamic theta", restored(model.forecast(horizon))));
        variances.push((0..horizon).map(|step| model.error_variance(step)).collect());
    }
    if voices != Voices::Theta
        && let Some(model) = ets::best(&filled, period, period > 1)
    {
        let means = model.forecast(horizon);
        let relative = model.kind.multiplicative;
        let scaled = |(step, mean): (usize, &f64)| {
            model.error_variance(step) * if relative { mean * mean } else { 1.0 }
        };
        variances.push(means.iter().enumerate().map(scaled).collect());
        spoken.push((model.kind.name(), means));
    }
    if voices == Voices::All
        && let Some(model) = ces::fit(&plain)
    {
        spoken.push(("complex smoothing", restored(model.forecast(horizon))));
    }
    spoken.retain(|(_, means)| means.iter().all(|mean| mean.is_finite()));
    for (_, means) in &mut spoken {
        guard.clip(means);
    }
    if spoken.is_empty() {
        return guard.fallback(&filled, period, horizon);
    }
    let means = (0..horizon).map(|step| combined(&spoken, step)).collect();
    let deviations = (0..horizon).map(|step| guard.deviation(&variances, step)).collect();
    Outlook { means, deviations, models: spoken.iter().map(|(name, _)| *name).collect() }
}

/// Forecasts many series; the result does not depend on `threads`.
#[must_use]
pub fn forecast_all(
    series: &[Vec<f64>],
    period: usize,
    horizon: usize,
    voices: Voices,
    threads: usize,
) -> Vec<Outlook> {
    threads::map(series.len(), threads, |index| forecast(&series[index], period, horizon, voices))
}

/// Returns the mean of two voices, or of the mean and the median of three.
fn combined(spoken: &[(&'static str, Vec<f64>)], step: usize) -> f64 {
    let mut values = [0.0; 3];
    let count = spoken.len().min(3);
    for (value, (_, means)) in values.iter_mut().zip(spoken) {
        *value = means[step];
    }
    let values = &mut values[..count];
    let mean = values.iter().sum::<f64>() / count as f64;
    if count < 3 {
        return mean;
    }
    values.sort_by(f64::total_cmp);
    0.5 * (mean + values[1])
}

fn without_gaps(values: &[f64], period: usize) -> Vec<f64> {
    let sane = |y: f64| y.is_finite() && y.abs() <= 1e15;
    let first = values.iter().position(|y| sane(*y)).unwrap_or(values.len());
    let mut filled: Vec<f64> = Vec::with_capacity(values.len());
    for y in &values[first..] {
        let count = filled.len();
        let before = if count >= period { count - period } else { count.saturating_sub(1) };
        filled.push(if sane(*y) { *y } else { filled.get(before).copied().unwrap_or(0.0) });
    }
    filled
}

/// The range that a forecast of this series may take.
struct Guard {
    low: f64,
    high: f64,
    spread: f64,
}

impl Guard {
    fn of(values: &[f64], period: usize) -> Self {
        let recent = &values[values.len() - values.len().min(2 * period.max(6))..];
        let top = recent.iter().fold(0.0_f64, |top, y| top.max(y.abs()));
        let low = if values.iter().all(|y| *y >= 0.0) { 0.0 } else { -3.0 * top };
        let mean = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let squares: f64 = recent.iter().map(|y| (y - mean) * (y - mean)).sum();
        let spread = (squares / recent.len().max(1) as f64).sqrt();
        Self { low, high: 3.0 * top, spread }
    }

    fn clip(&self, means: &mut [f64]) {
        for mean in means {
            *mean = mean.clamp(self.low, self.high);
        }
    }

    /// Returns the mean of the models' error deviations, kept within ten times the recent range.
    fn deviation(&self, variances: &[Vec<f64>], step: usize) -> f64 {
        let known: Vec<f64> =
            variances.iter().map(|v| v[step].sqrt()).filter(|d| d.is_finite()).collect();
        let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
        if known.is_empty() { self.spread } else { mean.min(10.0 * self.high) }
    }

    fn fallback(&self, values: &[f64], period: usize, horizon: usize) -> Outlook {
        let recent = &values[values.len() - values.len().min(period.max(1))..];
        let mean = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let mut means = vec![mean; horizon];
        self.clip(&mut means);
        Outlook { means, deviations: vec![self.spread; horizon], models: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_on_short_constant_or_broken_series() {
        let cases: [&[f64]; 7] = [
            &[],
            &[5.0],
            &[0.0; 30],
            &[7.0; 30],
            &[f64::NAN; 30],
            &[-3.0, 4.0, f64::INFINITY, 2.0, 1e300, 5.0, 6.0, 7.0, 9.0, 2.0],
            &[0.0, 0.0, 0.0, 1e12, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        for values in cases {
            for voices in [Voices::Theta, Voices::Ets, Voices::ThetaAndEts, Voices::All] {
                let outlook = forecast(values, 12, 6, voices);
                assert!(outlook.means.iter().chain(&outlook.deviations).all(|y| y.is_finite()));
            }
        }
    }

    #[test]
    fn non_negative_series_never_get_negative_forecasts() {
        let values: Vec<f64> = (0..30).map(|t| (300.0 - 10.0 * f64::from(t)).max(0.0)).collect();
        let outlook = forecast(&values, 12, 24, Voices::All);
        assert!(outlook.means.iter().all(|y| *y >= 0.0));
        assert!(outlook.quantile(3, 0.01, 0.0) >= 0.0);
    }
}

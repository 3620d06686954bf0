//! Measures of forecast error, as the forecasting competitions define them.

/// Returns the symmetric mean absolute percentage error, in percent (0 to 200).
#[must_use]
pub fn smape(actual: &[f64], forecast: &[f64]) -> f64 {
    let sum: f64 = actual
        .iter()
        .zip(forecast)
        .map(|(y, f)| {
            let size = y.abs() + f.abs();
            if size > 0.0 { 200.0 * (y - f).abs() / size } else { 0.0 }
        })
        .sum();
    sum / actual.len().max(1) as f64
}

/// Returns the mean absolute change over one season of the history: the scale of MASE.
#[must_use]
pub fn mean_absolute_change(history: &[f64], season: usize) -> f64 {
    let season = season.max(1);
    if history.len() <= season {
        return 0.0;
    }
    let changes = history[season..].iter().zip(history).map(|(now, before)| (now - before).abs());
    changes.sum::<f64>() / (history.len() - season) as f64
}

/// Returns the mean squared change from period to period: the scale of RMSSE.
#[must_use]
pub fn mean_squared_change(history: &[f64]) -> f64 {
    if history.len() < 2 {
        return 0.0;
    }
    let changes = history.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0]));
    changes.sum::<f64>() / (history.len() - 1) as f64
}

/// Returns the mean absolute error divided by the history's mean absolute seasonal change.
///
/// `None` when the history never changed.
#[must_use]
pub fn mase(history: &[f64], actual: &[f64], forecast: &[f64], season: usize) -> Option<f64> {
    let scale = mean_absolute_change(history, season);
    let errors: f64 = actual.iter().zip(forecast).map(|(y, f)| (y - f).abs()).sum();
    (scale > 0.0).then(|| errors / actual.len().max(1) as f64 / scale)
}

/// Returns the root mean squared error divided by that of the one-step naive on the history.
///
/// `None` when the history never changed.
#[must_use]
pub fn rmsse(history: &[f64], actual: &[f64], forecast: &[f64]) -> Option<f64> {
    let scale = mean_squared_change(history);
    let squares: f64 = actual.iter().zip(forecast).map(|(y, f)| (y - f) * (y - f)).sum();
    (scale > 0.0).then(|| (squares / actual.len().max(1) as f64 / scale).sqrt())
}

/// Returns the pinball loss of one quantile forecast.
#[must_use]
pub fn pinball(actual: f64, quantile: f64, level: f64) -> f64 {
    if actual >= quantile {
        level * (actual - quantile)
    } else {
        (1.0 - level) * (quantile - actual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_match_a_hand_computed_case() {
        let history = [1.0, 3.0, 2.0];
        assert!((mase(&history, &[4.0], &[1.0], 1).unwrap() - 2.0).abs() < 1e-12);
        assert!((rmsse(&history, &[4.0], &[1.0]).unwrap() - (9.0_f64 / 2.5).sqrt()).abs() < 1e-12);
        assert!((smape(&[4.0, 0.0], &[1.0, 0.0]) - 60.0).abs() < 1e-12);
        assert!((pinball(3.0, 1.0, 0.9) - 1.8).abs() < 1e-12);
        assert!((pinball(0.0, 1.0, 0.9) - 0.1).abs() < 1e-12);
    }
}

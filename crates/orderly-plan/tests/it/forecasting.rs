//! Forecasts never break, never depend on threads, and move on day by day.

use orderly_plan::forecast::panel::{Panel, PanelError, Series};
use orderly_plan::forecast::smooth::{Voices, forecast, forecast_all};
use orderly_plan::forecast::tier_one::{Settings, fit};
use orderly_plan::numeric::{Draws, mix};

/// Returns a series drawn from one of many kinds, some of them absurd.
fn fuzzed(seed: u64) -> Vec<f64> {
    let mut draws = Draws::new(mix(&[9, seed]));
    let length = draws.below(70);
    let kind = draws.below(12);
    let scale = 10.0_f64.powf(draws.unit() * 8.0 - 2.0);
    (0..length)
        .map(|t| match kind {
            0 => 0.0,
            1 => scale,
            2 => draws.poisson(0.2) as f64,
            3 => scale * draws.normal(),
            4 => f64::from(u8::from(t % 7 == 0)) * scale,
            5 => scale * (t as f64).exp2().min(1e200),
            6 => [f64::NAN, f64::INFINITY, -1e300, 1e300, 0.0, 3.0][draws.below(6)],
            7 => scale * (1.0 + (t as f64 / 12.0 * std::f64::consts::TAU).sin()),
            8 => draws.poisson(scale.min(1e6)) as f64,
            9 => scale / (1.0 + t as f64),
            10 => f64::from(u8::from(t + 1 == length)) * 1e12,
            _ => scale * draws.unit(),
        })
        .collect()
}

const LEVELS: [f64; 7] = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99];

#[test]
fn tier_one_survives_a_million_fuzzed_series() {
    let settings = Settings { leads: vec![3, 7], ..Settings::daily(5) };
    for chunk in 0..100 {
        let units: Vec<Vec<f64>> = (0..10_000).map(|at| fuzzed(chunk * 10_000 + at)).collect();
        let fitted = fit(&Panel::of_one_group(&units, 2), &settings, 2).unwrap();
        for (index, state) in fitted.states.iter().enumerate() {
            let top =
                units[index].iter().filter(|y| y.is_finite()).fold(0.0, |a: f64, y| a.max(*y));
            for step in [0, 6, 30] {
                let mean = state.mean(step);
                assert!(
                    mean >= 0.0 && mean <= 60.0 * top.min(1e12) + 1e-9,
                    "series {index}: {mean}"
                );
            }
            let mut quantiles = [0.0; 7];
            state.window_law(7, &settings).quantiles(&LEVELS, &mut quantiles);
            assert!(quantiles.iter().all(|q| q.is_finite() && *q >= 0.0));
            assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]), "series {index}");
        }
    }
}

#[test]
fn smooth_forecasts_survive_fuzzed_series() {
    for seed in 0..20_000 {
        let units = fuzzed(seed);
        let outlook = forecast(&units, 12, 8, Voices::All);
        let sane = |y: &&f64| y.is_finite() && y.abs() <= 1e15;
        let top = units.iter().filter(sane).fold(0.0_f64, |a, y| a.max(y.abs()));
        for (mean, deviation) in outlook.means.iter().zip(&outlook.deviations) {
            assert!(mean.abs() <= 3.0 * top + 1e-9, "series {seed}: {mean}");
            assert!(deviation.is_finite() && *deviation >= 0.0, "series {seed}");
        }
        if units.iter().filter(sane).all(|y| *y >= 0.0) {
            assert!(outlook.means.iter().all(|mean| *mean >= 0.0), "series {seed}");
        }
    }
}

#[test]
fn one_thread_and_two_give_the_same_bits() {
    let units: Vec<Vec<f64>> = (0..501).map(fuzzed).collect();
    let panel = Panel::of_one_group(&units, 0);
    let settings = Settings::daily(7);
    assert_eq!(fit(&panel, &settings, 1), fit(&panel, &settings, 2));
    let one = forecast_all(&units, 12, 6, Voices::All, 1);
    assert_eq!(one, forecast_all(&units, 12, 6, Voices::All, 2));
}

fn shop(series: u64, days: usize) -> Vec<Vec<f64>> {
    (0..series)
        .map(|seed| {
            let mut draws = Draws::new(mix(&[11, seed]));
            let rate = 0.3 + 6.0 * draws.unit();
            let mut day = |t: usize| {
                let weekend = if t % 7 >= 5 { 1.8 } else { 0.7 };
                draws.poisson(rate * weekend) as f64
            };
            (0..days).map(&mut day).collect()
        })
        .collect()
}

#[test]
fn a_day_closed_moves_the_state_as_a_refit_of_the_levels_would() {
    let units = shop(40, 200);
    let settings = Settings::daily(14);
    let short: Vec<Vec<f64>> = units.iter().map(|y| y[..199].to_vec()).collect();
    let mut before = fit(&Panel::of_one_group(&short, 0), &settings, 1).unwrap();
    let after = fit(&Panel::of_one_group(&units, 0), &settings, 1).unwrap();
    for ((state, refit), units) in before.states.iter_mut().zip(&after.states).zip(&units) {
        state.observe(units[199], 1.0, &settings);
        assert_eq!(state.age(), refit.age());
        let (day, full) = (state.window_mean(14), refit.window_mean(14));
        assert!((day - full).abs() <= 0.05 * full + 0.05, "{day} {full}");
    }
}

#[test]
fn the_weekday_pattern_is_learned_and_windows_are_covered() {
    let units = shop(300, 240);
    let settings = Settings::daily(14);
    let known: Vec<Vec<f64>> = units.iter().map(|y| y[..226].to_vec()).collect();
    let fitted = fit(&Panel::of_one_group(&known, 0), &settings, 2).unwrap();
    let mut covered = 0.0;
    for (state, units) in fitted.states.iter().zip(&units) {
        let demand: f64 = units[226..].iter().sum();
        let quantile = state.window_quantile(0.95, 14, &settings, &fitted.calibration);
        covered += if demand <= quantile { 1.0 } else { 0.0 };
    }
    assert!((covered / 300.0 - 0.955_f64).abs() < 0.035, "{}", covered / 300.0);
    // Day 226 has weekday 2; three days later the weekend begins.
    let weekday: f64 = fitted.states.iter().map(|state| state.mean(0)).sum();
    let weekend: f64 = fitted.states.iter().map(|state| state.mean(3)).sum();
    assert!((weekend / weekday - 1.8 / 0.7).abs() < 0.3, "{}", weekend / weekday);
}

#[test]
fn days_out_of_stock_do_not_lower_the_forecast() {
    let units = shop(1, 200).remove(0);
    let mut sold = units.clone();
    let mut exposure = vec![1.0; 200];
    for day in 130..195 {
        (sold[day], exposure[day]) = (0.0, 0.0);
    }
    let settings = Settings::daily(14);
    let level = |units: &[f64], exposure: Option<&[f64]>| {
        let series = vec![Series { units, exposure, phase: 0, group: 0 }];
        fit(&Panel { series, parents: vec![None] }, &settings, 1).unwrap().states[0].level()
    };
    let (truth, masked, naive) =
        (level(&units, None), level(&sold, Some(&exposure)), level(&sold, None));
    assert!((masked / truth - 1.0).abs() < 0.15, "{masked} {truth}");
    assert!(naive < 0.95 * masked);
}

#[test]
fn panels_that_do_not_fit_together_are_refused() {
    let units = [1.0, 2.0];
    let series = Series { units: &units, exposure: Some(&units[..1]), phase: 0, group: 1 };
    let settings = Settings::daily(7);
    let mut panel = Panel { series: vec![series], parents: vec![None] };
    let unknown = fit(&panel, &settings, 1).unwrap_err();
    assert_eq!(unknown, PanelError::UnknownGroup { series: 0, group: 1 });
    panel.parents.push(Some(0));
    let lengths = fit(&panel, &settings, 1).unwrap_err();
    assert_eq!(lengths, PanelError::ExposureLength { series: 0, units: 2, exposures: 1 });
    panel.parents[1] = Some(1);
    let loops = fit(&panel, &settings, 1).unwrap_err();
    assert_eq!(loops, PanelError::GroupOrder { group: 1, parent: 1 });
    assert!(fit(&Panel::default(), &settings, 3).unwrap().states.is_empty());
}

//! Tier 1 on the M5 sample of 2,000 items in stores, at several origins.

use std::collections::BTreeMap;
use std::error::Error;

use orderly_plan::forecast::panel::{Panel, Series};
use orderly_plan::forecast::references::Reference;
use orderly_plan::forecast::score::{pinball, rmsse};
use orderly_plan::forecast::tier_one::{Fitted, Settings, fit};

pub const HORIZON: usize = 28;
pub const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];

/// The sample with its groups: departments in stores, stores, everything.
pub struct Sample {
    pub series: Vec<(String, Vec<f64>)>,
    pub groups: Vec<usize>,
    pub parents: Vec<Option<usize>>,
}

impl Sample {
    pub fn new(series: Vec<(String, Vec<f64>)>) -> Self {
        let store = |name: &str| {
            let words: Vec<&str> = name.split('_').collect();
            format!("{}_{}", words[3], words[4])
        };
        let department = |name: &str| {
            let words: Vec<&str> = name.split('_').collect();
            format!("{}_{}", words[0], words[1])
        };
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        let mut parents = vec![None];
        for (name, _) in &series {
            index.entry(store(name)).or_insert_with(|| {
                parents.push(Some(0));
                parents.len() - 1
            });
        }
        let mut groups = Vec::new();
        for (name, _) in &series {
            let wider = index[&store(name)];
            let key = format!("{}/{}", store(name), department(name));
            groups.push(*index.entry(key).or_insert_with(|| {
                parents.push(Some(wider));
                parents.len() - 1
            }));
        }
        Self { series, groups, parents }
    }

    /// Returns the panel as it was known `back` days before the last test window.
    pub fn panel(&self, back: usize) -> Panel<'_> {
        let series = self
            .series
            .iter()
            .zip(&self.groups)
            .map(|((_, units), group)| {
                let end = units.len() - HORIZON - back;
                Series { units: &units[..end], exposure: None, phase: 1, group: *group }
            })
            .collect();
        Panel { series, parents: self.parents.clone() }
    }

    /// Returns the history since the first sale and the 28 days after it, when usable.
    pub fn window(&self, index: usize, back: usize) -> Option<(&[f64], &[f64])> {
        let units = &self.series[index].1;
        let end = units.len() - HORIZON - back;
        let first = units[..end].iter().position(|y| *y > 0.0)?;
        Some((&units[first..end], &units[end..end + HORIZON]))
    }
}

/// Mean scores over the usable series of one origin.
#[derive(Debug, Default, Clone, Copy)]
pub struct Scores {
    pub series: usize,
    pub rmsse: f64,
    pub pinball: f64,
    pub bias: f64,
}

/// Scores forecasts given by `mean(index)` and `quantiles(index)` (day by day, level by level).
pub fn score(
    sample: &Sample,
    back: usize,
    every: usize,
    mut mean: impl FnMut(usize) -> Vec<f64>,
    mut quantiles: impl FnMut(usize) -> Option<Vec<[f64; 9]>>,
) -> Scores {
    let mut sums = Scores::default();
    for index in (0..sample.series.len()).step_by(every) {
        let Some((history, test)) = sample.window(index, back) else { continue };
        let forecast = mean(index);
        let Some(error) = rmsse(history, test, &forecast) else { continue };
        sums.series += 1;
        sums.rmsse += error;
        sums.bias += (forecast.iter().sum::<f64>() - test.iter().sum::<f64>()) / 28.0;
        if let Some(quantiles) = quantiles(index) {
            let changes: f64 = history.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
            let scale = changes / (history.len() - 1) as f64;
            let mut loss = 0.0;
            for (y, day) in test.iter().zip(&quantiles) {
                for (q, level) in day.iter().zip(LEVELS) {
                    loss += pinball(*y, *q, level);
                }
            }
            sums.pinball += loss / (9.0 * test.len() as f64) / scale;
        }
    }
    let count = sums.series.max(1) as f64;
    Scores {
        series: sums.series,
        rmsse: sums.rmsse / count,
        pinball: sums.pinball / count,
        bias: sums.bias / count,
    }
}

/// Returns the day-by-day quantiles of a fitted series.
pub fn quantiles(fitted: &Fitted, index: usize) -> Vec<[f64; 9]> {
    (0..HORIZON)
        .map(|step| {
            let mut out = [0.0; 9];
            fitted.states[index].law(step).quantiles(&LEVELS, &mut out);
            out
        })
        .collect()
}

/// Returns the day-by-day means of a fitted series.
pub fn means(fitted: &Fitted, index: usize) -> Vec<f64> {
    (0..HORIZON).map(|step| fitted.states[index].mean(step)).collect()
}

/// Prints point and quantile scores of Tier 1 beside the references, origin by origin.
pub fn run(sample: &Sample) -> Result<(), Box<dyn Error>> {
    let settings = Settings::daily(HORIZON);
    println!("M5 sample, 28 days: mean RMSSE over usable series, scaled pinball (9 levels)");
    for back in [0, 28, 56, 84, 112] {
        let fitted = fit(&sample.panel(back), &settings, 1)?;
        let all = score(
            sample,
            back,
            1,
            |index| means(&fitted, index),
            |index| Some(quantiles(&fitted, index)),
        );
        let part = score(
            sample,
            back,
            16,
            |index| means(&fitted, index),
            |index| Some(quantiles(&fitted, index)),
        );
        println!(
            "origin -{back:<3} Tier 1: {} series RMSSE {:.4} pinball {:.4} bias {:+.4} | \
             every 16th: RMSSE {:.4} pinball {:.4}",
            all.series, all.rmsse, all.pinball, all.bias, part.rmsse, part.pinball
        );
        for method in [
            Reference::Adida,
            Reference::Ses,
            Reference::Tsb,
            Reference::WindowMean { window: 28 },
            Reference::SeasonalMean { season: 7, window: 28 },
            Reference::SeasonalNaive { season: 7 },
        ] {
            let forecast = |index| match sample.window(index, back) {
                Some((history, _)) => method.forecast(history, HORIZON),
                None => vec![0.0; HORIZON],
            };
            let scores = score(sample, back, 1, forecast, |_| None);
            println!("            {:>22}: RMSSE {:.4}", method.name(), scores.rmsse);
        }
        coverage(sample, &fitted, &settings, back);
    }
    Ok(())
}

/// Prints coverage and pinball of lead-time quantiles, calibrated and not.
fn coverage(sample: &Sample, fitted: &Fitted, settings: &Settings, back: usize) {
    for length in [7, 14, 28] {
        for target in [0.9, 0.95, 0.98] {
            let mut sums = [[0.0; 3]; 2];
            let (mut count, mut units) = (0.0, 0.0);
            for (index, state) in fitted.states.iter().enumerate() {
                let Some((_, test)) = sample.window(index, back) else { continue };
                let demand: f64 = test[..length].iter().sum();
                let law = state.window_law(length, settings);
                let plain = law.quantile(target);
                let tuned = state.window_quantile(target, length, settings, &fitted.calibration);
                for (sum, quantile) in sums.iter_mut().zip([plain, tuned]) {
                    sum[0] += if demand <= quantile { 1.0 } else { 0.0 };
                    sum[1] += pinball(demand, quantile, target);
                    sum[2] += quantile;
                }
                count += 1.0;
                units += demand;
            }
            let [a, b] = sums;
            println!(
                "   L={length:<2} target {target}: plain coverage {:.3} pinball {:.4} stock {:.2}; \
                 calibrated {:.3} {:.4} {:.2}",
                a[0] / count,
                a[1] / units,
                a[2] / units,
                b[0] / count,
                b[1] / units,
                b[2] / units,
            );
        }
    }
}

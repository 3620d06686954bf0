//! Tier 1 on the M5 sample of 2,000 items in stores, at several origins (F7–F10, F12, F13).

use std::error::Error;

use orderly_plan::forecast::references::Reference;
use orderly_plan::forecast::score::{pinball, rmsse};
use orderly_plan::forecast::tier_one::{Fitted, Settings, fit};

use super::hierarchy;
use super::peers::{Reply, Request, forecast};
use super::sample::{HORIZON, Sample};

const LEVELS: [f64; 9] = [0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995];
/// The same levels as a peer's interval rows.
const ROWS: [&str; 9] =
    ["lo-99", "lo-95", "lo-67", "lo-50", "mean", "hi-50", "hi-67", "hi-95", "hi-99"];

/// Mean scores over the usable series of one origin.
#[derive(Debug, Default, Clone, Copy)]
struct Scores {
    series: usize,
    rmsse: f64,
    pinball: f64,
}

/// One method's forecast of one series: means by day, quantiles by day and level.
type Days = (Vec<f64>, Option<Vec<[f64; 9]>>);

/// Scores a method on every `every`-th series that has changed before the origin.
fn score(
    sample: &Sample,
    back: usize,
    every: usize,
    mut method: impl FnMut(usize) -> Option<Days>,
) -> Scores {
    let mut sums = Scores::default();
    for index in (0..sample.series.len()).step_by(every) {
        let Some((history, test)) = sample.window(index, back) else { continue };
        let Some((means, quantiles)) = method(index) else { continue };
        let Some(error) = rmsse(history, test, &means) else { continue };
        sums.series += 1;
        sums.rmsse += error;
        if let Some(quantiles) = quantiles {
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
    Scores { rmsse: sums.rmsse / count, pinball: sums.pinball / count, ..sums }
}

fn tier_one(fitted: &Fitted, index: usize) -> Option<Days> {
    let state = &fitted.states[index];
    let means = (0..HORIZON).map(|step| state.mean(step)).collect();
    let day = |step| {
        let mut out = [0.0; 9];
        state.law(step).quantiles(&LEVELS, &mut out);
        out
    };
    Some((means, Some((0..HORIZON).map(day).collect())))
}

fn of_reply(reply: &Reply) -> Option<Days> {
    let rows: Vec<Vec<f64>> = ROWS.iter().map(|row| reply.row(row, HORIZON)).collect();
    let day = |step: usize| std::array::from_fn(|level| rows[level][step].max(0.0));
    Some((rows[4].clone(), Some((0..HORIZON).map(day).collect())))
}

/// Prints every table of the sample. `peers` also runs statsforecast; `all` on every series.
pub fn run(sample: &Sample, peers: bool, all: bool) -> Result<(), Box<dyn Error>> {
    let settings = Settings::daily(HORIZON);
    println!("M5 sample, 28 days: mean RMSSE, and pinball at nine levels scaled by mean change");
    for back in [0, 28, 56, 84] {
        let fitted = fit(&sample.panel(back), &settings, 1)?;
        println!(" origin {back} days before the last");
        let line = |name: &str, every: usize, scores: &Scores| {
            println!(
                "  {name:<22} every {every:<2} {:>5} series  RMSSE {:.4}  pinball {:.4}",
                scores.series, scores.rmsse, scores.pinball
            );
        };
        for every in [1, 16] {
            let scores = score(sample, back, every, |index| tier_one(&fitted, index));
            line("Tier 1", every, &scores);
        }
        for method in [
            Reference::Adida,
            Reference::Ses,
            Reference::Tsb,
            Reference::WindowMean { window: 28 },
            Reference::SeasonalMean { season: 7, window: 28 },
            Reference::SeasonalNaive { season: 7 },
        ] {
            let scores = score(sample, back, 1, |index| {
                let (history, _) = sample.window(index, back)?;
                Some((method.forecast(history, HORIZON), None))
            });
            line(method.name(), 1, &scores);
        }
        coverage(sample, &fitted, &settings, back);
        hierarchy::run(sample, &fitted, back);
        if peers {
            let every = if all && back == 0 { 1 } else { 16 };
            beside_ets(sample, &fitted, back, every);
        }
    }
    Ok(())
}

/// Prints AutoETS with a week beside Tier 1 on the same series.
fn beside_ets(sample: &Sample, fitted: &Fitted, back: usize, every: usize) {
    let usable: Vec<usize> = (0..sample.series.len())
        .step_by(every)
        .filter(|index| sample.window(*index, back).is_some())
        .collect();
    let requests: Vec<Request<'_>> = usable
        .iter()
        .filter_map(|index| {
            let (history, _) = sample.window(*index, back)?;
            Some(Request { model: "AutoETS", season: 7, horizon: HORIZON, history })
        })
        .collect();
    let Some(replies) = forecast(&requests) else { return };
    let seconds: f64 = replies.iter().map(|reply| reply.seconds).sum();
    let ets = score(sample, back, every, |index| {
        of_reply(&replies[usable.iter().position(|known| *known == index)?])
    });
    let own = score(sample, back, every, |index| tier_one(fitted, index));
    println!(
        "  statsforecast AutoETS(7) on {} series: RMSSE {:.4} pinball {:.4}, {:.1} series/CPU-s",
        ets.series,
        ets.rmsse,
        ets.pinball,
        replies.len() as f64 / seconds
    );
    println!(
        "  Tier 1 on the same:                   RMSSE {:.4} pinball {:.4} ({:.3} of AutoETS's)",
        own.rmsse,
        own.pinball,
        own.pinball / ets.pinball
    );
}

/// Prints coverage and pinball of calibrated lead-time quantiles, and of √L times daily deviation.
fn coverage(sample: &Sample, fitted: &Fitted, settings: &Settings, back: usize) {
    println!(
        "  lead time, target: coverage and pinball per unit demanded; √L·σ normal for comparison"
    );
    for length in [7, 14, 28] {
        let mut text = format!("   L={length:<2}");
        for (target, z) in [(0.9, 1.2816), (0.95, 1.6449), (0.98, 2.0537)] {
            let (mut own, mut classic) = ([0.0; 2], [0.0; 2]);
            let (mut count, mut units) = (0.0, 0.0);
            for (index, state) in fitted.states.iter().enumerate() {
                let Some((_, test)) = sample.window(index, back) else { continue };
                let demand: f64 = test[..length].iter().sum();
                let law = state.law(0);
                let daily = (law.variance() / law.mean().max(1e-9) * state.level()).sqrt();
                let root = state.window_mean(length) + z * daily * (length as f64).sqrt();
                let tuned = state.window_quantile(target, length, settings, &fitted.calibration);
                for (sums, quantile) in [(&mut own, tuned), (&mut classic, root)] {
                    sums[0] += if demand <= quantile { 1.0 } else { 0.0 };
                    sums[1] += pinball(demand, quantile, target);
                }
                count += 1.0;
                units += demand;
            }
            text += &format!(
                "  {target}: {:.3} {:.4} (√L {:.3} {:.4})",
                own[0] / count,
                own[1] / units,
                classic[0] / count,
                classic[1] / units
            );
        }
        println!("{text}");
    }
}

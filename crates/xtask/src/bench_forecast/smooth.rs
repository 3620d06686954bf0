//! Tier 1b on M3 (F1–F4) and on hospital counts (F6).

use std::error::Error;
use std::path::Path;

use orderly_plan::forecast::score::{mase, rmsse, smape};
use orderly_plan::forecast::smooth::{Voices, forecast};

use super::clock::Clock;
use super::data::{self, Case};
use super::peers::{self, Request};

const VOICES: [(&str, Voices); 4] = [
    ("dynamic theta", Voices::Theta),
    ("ETS, pool of 8", Voices::Ets),
    ("theta + ETS", Voices::ThetaAndEts),
    ("theta + ETS + CES", Voices::All),
];

/// Mean scores of one method.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    pub smape: f64,
    pub mase: f64,
    pub rmsse: f64,
}

/// Scores forecasts in the order of the cases.
pub fn judge(cases: &[Case], forecasts: &[Vec<f64>], period: usize) -> Row {
    let mut row = Row::default();
    let (mut with_mase, mut with_rmsse) = (0.0, 0.0);
    for (case, means) in cases.iter().zip(forecasts) {
        row.smape += smape(&case.test, means) / cases.len() as f64;
        if let Some(score) = mase(&case.train, &case.test, means, period) {
            row.mase += score;
            with_mase += 1.0;
        }
        if let Some(score) = rmsse(&case.train, &case.test, means) {
            row.rmsse += score;
            with_rmsse += 1.0;
        }
    }
    row.mase /= f64::max(with_mase, 1.0);
    row.rmsse /= f64::max(with_rmsse, 1.0);
    row
}

/// Prints one set of series under every combination of voices.
pub fn table(title: &str, cases: &[Case], period: usize) {
    println!("{title}: {} series", cases.len());
    println!(
        "  {:<22} {:>8} {:>7} {:>7} {:>12}",
        "method", "sMAPE", "MASE", "RMSSE", "series/CPU-s"
    );
    for (name, voices) in VOICES {
        let clock = Clock::start();
        let forecasts: Vec<Vec<f64>> = cases
            .iter()
            .map(|case| forecast(&case.train, period, case.test.len(), voices).means)
            .collect();
        let seconds = clock.seconds();
        line(name, cases, &forecasts, period, cases.len() as f64 / seconds);
    }
}

/// Prints statsforecast's models and their combinations on the same series.
fn beside_peers(cases: &[Case], period: usize) {
    let models = ["AutoETS", "DOT", "AutoCES"];
    let mut rows: Vec<Vec<Vec<f64>>> = Vec::new();
    for model in models {
        let requests: Vec<Request<'_>> = cases
            .iter()
            .map(|case| Request {
                model,
                season: period,
                horizon: case.test.len(),
                history: &case.train,
            })
            .collect();
        let Some(replies) = peers::forecast(&requests) else { return };
        let seconds: f64 = replies.iter().map(|reply| reply.seconds).sum();
        let means: Vec<Vec<f64>> = replies
            .iter()
            .zip(cases)
            .map(|(reply, case)| reply.row("mean", case.test.len()))
            .collect();
        line(&format!("sf {model}"), cases, &means, period, cases.len() as f64 / seconds);
        rows.push(means);
    }
    let median: Vec<Vec<f64>> = (0..cases.len())
        .map(|case| {
            (0..cases[case].test.len())
                .map(|step| {
                    let mut voices = [0, 1, 2].map(|model| rows[model][case][step]);
                    voices.sort_by(f64::total_cmp);
                    voices[1]
                })
                .collect()
        })
        .collect();
    line("sf median of the three", cases, &median, period, f64::NAN);
}

fn line(name: &str, cases: &[Case], means: &[Vec<f64>], period: usize, rate: f64) {
    let row = judge(cases, means, period);
    println!("  {name:<22} {:>8.3} {:>7.3} {:>7.4} {rate:>12.0}", row.smape, row.mase, row.rmsse);
}

/// Prints F1–F4 and F6; with `peers`, statsforecast beside the monthly series.
pub fn run(folder: &Path, peers: bool) -> Result<(), Box<dyn Error>> {
    let monthly = data::m3(folder, "MONTHLY")?;
    table("M3 monthly, 18 ahead", &monthly, 12);
    if peers {
        beside_peers(&monthly, 12);
    }
    table("M3 quarterly, 8 ahead", &data::m3(folder, "QUARTERLY")?, 4);
    table("M3 yearly, 6 ahead", &data::m3(folder, "YEARLY")?, 1);
    table("hospital, 12 months ahead", &data::counts(folder, "hospital", 12)?, 12);
    Ok(())
}

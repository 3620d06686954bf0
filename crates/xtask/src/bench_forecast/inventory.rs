//! Stock simulated on the M5 sample (F17): weekly review, order up to, lost sales.

use std::error::Error;

use orderly_plan::forecast::tier_one::{Settings, fit};
use orderly_plan::stock::simulate::{Close, Costs, run as simulate};

use super::peers::{Reply, Request, forecast};
use super::sample::{HORIZON, Sample};

const DAYS: usize = 112;
const REVIEW: usize = 7;
const EVERY: usize = 16;
const TARGET: f64 = 0.95;

/// A unit short costs as much as makes 95 % the best service for a weekly cycle.
const COSTS: Costs = Costs { holding: 1.0, shortage: 19.0 * REVIEW as f64, order: 0.0, unit: 1.0 };

/// Cost, holding cost, shortage cost and demand summed over series.
#[derive(Default, Clone, Copy)]
struct Sums {
    cost: f64,
    holding: f64,
    lost: f64,
    demand: f64,
}

/// Prints both policies for lead times of 7 and 14 days.
pub fn run(sample: &Sample) -> Result<(), Box<dyn Error>> {
    let start = sample.days() - DAYS;
    let chosen: Vec<usize> = (0..sample.series.len())
        .step_by(EVERY)
        .filter(|index| {
            let history = &sample.series[*index].1[..start];
            history.iter().filter(|y| **y > 0.0).count() > 1
        })
        .collect();
    let mut requests = Vec::new();
    for review in (0..DAYS).step_by(REVIEW) {
        for index in &chosen {
            let units = &sample.series[*index].1[..start + review];
            let first = units.iter().position(|y| *y > 0.0).unwrap_or(0);
            let history = &units[first..];
            requests.push(Request { model: "AutoETS", season: 7, horizon: HORIZON, history });
        }
    }
    let replies = forecast(&requests);
    println!("stock on {} M5 series, {DAYS} days, weekly review, target {TARGET}", chosen.len());
    for lead in [7, 14] {
        let levels = own_levels(sample, &chosen, start, lead)?;
        print(
            &format!("Tier 1, NB windows, L={lead}"),
            &play(sample, &chosen, start, lead, &levels),
        );
        let Some(replies) = &replies else { continue };
        let levels: Vec<f64> = replies.iter().map(|reply| normal_level(reply, lead)).collect();
        print(&format!("AutoETS, normal, L={lead}"), &play(sample, &chosen, start, lead, &levels));
    }
    Ok(())
}

/// Returns the order-up-to level of every review and series from Tier 1, refitted every week.
fn own_levels(
    sample: &Sample,
    chosen: &[usize],
    start: usize,
    lead: usize,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let length = lead + REVIEW;
    let settings = Settings { leads: vec![7, 14, 21], ..Settings::daily(length) };
    let mut levels = Vec::new();
    for review in (0..DAYS).step_by(REVIEW) {
        let fitted = fit(&sample.panel_until(start + review), &settings, 1)?;
        for index in chosen {
            let state = &fitted.states[*index];
            levels.push(state.window_quantile(TARGET, length, &settings, &fitted.calibration));
        }
    }
    Ok(levels)
}

/// Returns mean + z·σ·√(L+R) from a peer's means and its first day's interval.
fn normal_level(reply: &Reply, lead: usize) -> f64 {
    let length = lead + REVIEW;
    let (means, high) = (reply.row("mean", HORIZON), reply.row("hi-95", HORIZON));
    let deviation = (high[0] - means[0]).max(0.0) / 1.96;
    let mean: f64 = means[..length].iter().map(|y| y.max(0.0)).sum();
    let level = mean + 1.6449 * deviation * (length as f64).sqrt();
    if level.is_finite() { level.ceil().max(0.0) } else { 0.0 }
}

/// Plays the levels against the days; stock starts at the first level.
fn play(sample: &Sample, chosen: &[usize], start: usize, lead: usize, levels: &[f64]) -> Sums {
    let mut sums = Sums::default();
    for (at, index) in chosen.iter().enumerate() {
        let demand = &sample.series[*index].1[start..];
        let decide = |close: &Close| {
            if !close.day.is_multiple_of(REVIEW) {
                return 0.0;
            }
            let level = levels[close.day / REVIEW * chosen.len() + at];
            (level - close.on_hand - close.on_order).max(0.0)
        };
        let run = simulate(demand, levels[at], &COSTS, |_| lead, decide);
        sums.cost += run.cost();
        sums.holding += run.holding_cost;
        sums.lost += run.lost;
        sums.demand += run.demand;
    }
    sums
}

fn print(name: &str, sums: &Sums) {
    println!(
        "  {name:<24} cost {:>10.0}  holding {:>10.0}  fill rate {:.2} %",
        sums.cost,
        sums.holding,
        100.0 * (1.0 - sums.lost / sums.demand)
    );
}

//! Stock simulated on the M5 sample (F17): weekly review, order up to, lost sales.
//!
//! Both forecasters play the same policy for the same days at the same targets. What a target
//! costs depends on how honest the quantiles are, so each one's cheapest target is compared too.

use std::error::Error;

use orderly_plan::forecast::tier_one::{Settings, fit};
use orderly_plan::numeric::normal_quantile;
use orderly_plan::stock::simulate::{Close, Costs, protected_days, run as simulate};

use super::peers::{Reply, Request, forecast};
use super::sample::{HORIZON, Sample};

const DAYS: usize = 112;
const REVIEW: usize = 7;
const EVERY: usize = 8;
const TARGETS: [f64; 6] = [0.80, 0.85, 0.90, 0.93, 0.95, 0.97];

/// A unit short costs as much as makes 95 % the best service for a weekly cycle.
const COSTS: Costs = Costs { holding: 1.0, shortage: 19.0 * REVIEW as f64, order: 0.0, unit: 1.0 };

/// Cost, holding cost, lost units and demand summed over series.
#[derive(Default, Clone, Copy)]
struct Sums {
    cost: f64,
    holding: f64,
    lost: f64,
    demand: f64,
}

/// The items played from one day on.
struct Play<'a> {
    sample: &'a Sample,
    chosen: Vec<usize>,
    start: usize,
}

/// Prints both forecasters for lead times of 7 and 14 days, on the last days and those before.
pub fn run(sample: &Sample) -> Result<(), Box<dyn Error>> {
    for start in [sample.days() - DAYS, sample.days() - 2 * DAYS] {
        let is_usable = |index: &usize| {
            let history = &sample.series[*index].1[..start];
            history.iter().filter(|y| **y > 0.0).count() > 1
        };
        let chosen = (0..sample.series.len()).step_by(EVERY).filter(is_usable).collect();
        Play { sample, chosen, start }.compare()?;
    }
    Ok(())
}

impl Play<'_> {
    fn compare(&self) -> Result<(), Box<dyn Error>> {
        let replies = forecast(&self.requests());
        println!(
            "stock on {} M5 series, {DAYS} days from day {}, weekly review",
            self.chosen.len(),
            self.start
        );
        for lead in [7, 14] {
            let own = self.own_levels(lead)?;
            let own: Vec<Sums> = own.iter().map(|levels| self.play(lead, levels)).collect();
            print("Tier 1, NB windows", lead, &own);
            let Some(replies) = &replies else { continue };
            let peer = |target: &f64| -> Sums {
                let level = |reply| normal_level(reply, protected_days(lead, REVIEW), *target);
                self.play(lead, &replies.iter().map(level).collect::<Vec<f64>>())
            };
            let peer: Vec<Sums> = TARGETS.iter().map(peer).collect();
            print("AutoETS, normal", lead, &peer);
            let ratios: Vec<String> = own
                .iter()
                .zip(&peer)
                .map(|(own, peer)| format!("{:+.1} %", 100.0 * (own.cost / peer.cost - 1.0)))
                .collect();
            println!(
                "    difference by target: {}; of the cheapest: {:+.1} %",
                ratios.join(", "),
                100.0 * (cheapest(&own).cost / cheapest(&peer).cost - 1.0)
            );
        }
        Ok(())
    }

    fn requests(&self) -> Vec<Request<'_>> {
        let mut requests = Vec::new();
        for review in (0..DAYS).step_by(REVIEW) {
            for index in &self.chosen {
                let units = &self.sample.series[*index].1[..self.start + review];
                let first = units.iter().position(|y| *y > 0.0).unwrap_or(0);
                let history = &units[first..];
                requests.push(Request { model: "AutoETS", season: 7, horizon: HORIZON, history });
            }
        }
        requests
    }

    /// Returns Tier 1's level of every review and series, refitted every week, by target.
    fn own_levels(&self, lead: usize) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
        let length = protected_days(lead, REVIEW);
        let mut leads = vec![7, 14, 21, 28, length];
        leads.sort_unstable();
        leads.dedup();
        let settings = Settings { leads, ..Settings::daily(length) };
        let mut levels = vec![Vec::new(); TARGETS.len()];
        for review in (0..DAYS).step_by(REVIEW) {
            let fitted = fit(&self.sample.panel_until(self.start + review), &settings, 1)?;
            for index in &self.chosen {
                let state = &fitted.states[*index];
                for (levels, target) in levels.iter_mut().zip(TARGETS) {
                    let known = &fitted.calibration;
                    levels.push(state.window_quantile(target, length, &settings, known));
                }
            }
        }
        Ok(levels)
    }

    /// Plays the levels against the days; stock starts at the first level.
    fn play(&self, lead: usize, levels: &[f64]) -> Sums {
        let mut sums = Sums::default();
        for (at, index) in self.chosen.iter().enumerate() {
            let demand = &self.sample.series[*index].1[self.start..self.start + DAYS];
            let decide = |close: &Close| {
                if !close.day.is_multiple_of(REVIEW) {
                    return 0.0;
                }
                let level = levels[close.day / REVIEW * self.chosen.len() + at];
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
}

/// Returns mean + z·σ·√(days) from a peer's means and its first day's interval.
fn normal_level(reply: &Reply, days: usize, target: f64) -> f64 {
    let (means, high) = (reply.row("mean", HORIZON), reply.row("hi-95", HORIZON));
    let deviation = (high[0] - means[0]).max(0.0) / 1.96;
    let mean: f64 = means[..days].iter().map(|y| y.max(0.0)).sum();
    let level = mean + normal_quantile(target) * deviation * (days as f64).sqrt();
    if level.is_finite() { level.ceil().max(0.0) } else { 0.0 }
}

fn cheapest(sums: &[Sums]) -> Sums {
    let all = sums.iter().copied();
    all.min_by(|a, b| a.cost.total_cmp(&b.cost)).unwrap_or_default()
}

fn print(name: &str, lead: usize, sums: &[Sums]) {
    println!("  {name}, lead time {lead}");
    for (target, sums) in TARGETS.iter().zip(sums) {
        println!(
            "    target {target:.2}  cost {:>10.0}  holding {:>10.0}  fill rate {:.2} %",
            sums.cost,
            sums.holding,
            100.0 * (1.0 - sums.lost / sums.demand)
        );
    }
}

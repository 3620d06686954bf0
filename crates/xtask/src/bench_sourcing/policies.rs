//! Sourcing policies over a horizon (R3–R6) and all orders known at once (R7).

use orderly_plan::route::batch::{self, STANDARD};
use orderly_plan::route::generate::{Shape, World};
use orderly_plan::route::replay::{LookAhead, Policy, replay};

use crate::bench_forecast::clock::Clock;

/// The shipped look-ahead; `weight` `None` follows the tracked forecast error.
fn ahead(weight: Option<f64>, sigma: f64) -> Policy {
    let look = LookAhead { refreshes: 40, sample: 12_000, iterations: 15, weight, sigma };
    Policy::BidPrices(look)
}

/// Sums over the seeds of one policy.
#[derive(Default, Clone, Copy)]
struct Row {
    cost: f64,
    split: f64,
    unfilled: f64,
    against_rule: f64,
    split_against_rule: f64,
    gap_closed: f64,
}

/// Prints every policy's mean over the seeds, beside the best rule and the hindsight bound.
pub fn table(seeds: u64) {
    let policies = [
        ("nearest per line", Policy::NearestPerLine),
        ("centers first", Policy::CentersFirst),
        ("fewest, then nearest", Policy::FewestThenNearest),
        ("cheapest for the order", Policy::Cheapest),
        ("bid prices, w=1", ahead(Some(1.0), 0.0)),
        ("bid prices, w=0", ahead(Some(0.0), 0.0)),
        ("bid prices, shipped", ahead(None, 0.0)),
        ("  forecast error 0.3", ahead(None, 0.3)),
        ("  forecast error 0.6", ahead(None, 0.6)),
        ("w=1, forecast error 0.6", ahead(Some(1.0), 0.6)),
        ("w=0, forecast error 0.6", ahead(Some(0.0), 0.6)),
    ];
    for (nodes, rho) in [(50, 1.2), (10, 1.1)] {
        println!("ROUTE-1, {nodes} locations, stock {rho} of demand, 20,000 orders, {seeds} seeds");
        let mut rows = [Row::default(); 11];
        let (mut bound, mut batch_cost, mut gap, mut seconds) = (0.0, 0.0, 0.0, 0.0);
        for seed in 1..=seeds {
            let shape = Shape { seed, nodes, items: 400, orders: 20_000, rho };
            let world = World::generate(shape);
            let clock = Clock::start();
            let batch = batch::decide(&world.network, &world.stock, &world.orders, STANDARD);
            seconds += clock.seconds();
            let floor = batch.bound / 20_000.0;
            bound += floor;
            batch_cost += batch.cost / 20_000.0;
            gap += batch.gap();
            let rule = replay(&world, Policy::FewestThenNearest);
            for (row, (_, policy)) in rows.iter_mut().zip(&policies) {
                let outcome = replay(&world, *policy);
                row.cost += outcome.cost;
                row.split += outcome.split;
                row.unfilled += outcome.unfilled;
                row.against_rule += outcome.cost / rule.cost - 1.0;
                row.split_against_rule += outcome.split / rule.split - 1.0;
                row.gap_closed += (rule.cost - outcome.cost) / (rule.cost - floor);
            }
        }
        let count = seeds.max(1) as f64;
        println!(
            "  {:<24} {:>8} {:>8} {:>10} {:>9} {:>12} {:>10}",
            "policy", "cost", "split %", "unfilled %", "vs rule", "split vs rule", "gap closed"
        );
        for (row, (name, _)) in rows.iter().zip(&policies) {
            println!(
                "  {name:<24} {:>8.3} {:>8.2} {:>10.2} {:>+8.2} % {:>+11.1} % {:>8.1} %",
                row.cost / count,
                100.0 * row.split / count,
                100.0 * row.unfilled / count,
                100.0 * row.against_rule / count,
                100.0 * row.split_against_rule / count,
                100.0 * row.gap_closed / count,
            );
        }
        println!(
            "  all orders at once: cost {:.3}, bound {:.3}, certified gap {:.2} % in {:.1} CPU-s",
            batch_cost / count,
            bound / count,
            100.0 * gap / count,
            seconds / count
        );
    }
}

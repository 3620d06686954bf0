//! `cargo xtask bench sourcing`: the sourcing kernel, look-ahead, batches, cartons and pick paths.

use std::error::Error;
use std::time::Instant;

use orderly_plan::route::generate::{Shape, World};
use orderly_plan::route::replay::{LookAhead, Outcome, Policy, replay};

/// Prints every table; words name the tables wanted.
pub fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let wants = |word: &str| words.is_empty() || words.contains(&word);
    if wants("batch") {
        for (nodes, rho) in [(50, 1.2), (10, 1.1)] {
            let world = World::generate(Shape { seed: 1, nodes, items: 400, orders: 20_000, rho });
            let start = Instant::now();
            let b = orderly_plan::route::batch::decide(&world.network, &world.stock, &world.orders, orderly_plan::route::batch::STANDARD);
            println!("batch {nodes}: cost {:.4} bound {:.4} gap {:.2} % {:.1} s", b.cost/20000.0, b.bound/20000.0, 100.0*b.gap(), start.elapsed().as_secs_f64());
        }
    }
    if wants("policies") {
        policies();
    }
    Ok(())
}

fn policies() {
    let seeds: u64 = std::env::var("SEEDS").map_or(1, |s| s.parse().unwrap_or(1));
    for (nodes, rho) in [(50, 1.2), (10, 1.1)] {
        println!("ROUTE-1, {nodes} locations, stock {rho} of demand, 20,000 orders");
        for seed in 1..=seeds {
            let world = World::generate(Shape { seed, nodes, items: 400, orders: 20_000, rho });
            let ahead = |weight, sigma| {
                Policy::BidPrices(LookAhead {
                    refreshes: 40,
                    sample: std::env::var("SAMPLE").map_or(6000, |s| s.parse().unwrap()),
                    iterations: 15,
                    weight,
                    sigma,
                })
            };
            for (name, policy) in [
                ("nearest per line", Policy::NearestPerLine),
                ("centers first", Policy::CentersFirst),
                ("fewest, nearest", Policy::FewestThenNearest),
                ("cheapest now", Policy::Cheapest),
                ("bid w=1", ahead(Some(1.0), 0.0)),
                ("bid w=0", ahead(Some(0.0), 0.0)),
                ("bid tracked", ahead(None, 0.0)),
                ("bid w=1 .6", ahead(Some(1.0), 0.6)),
                ("bid w=0 .6", ahead(Some(0.0), 0.6)),
                ("bid tracked .6", ahead(None, 0.6)),
                ("bid tracked .3", ahead(None, 0.3)),
            ] {
                let start = Instant::now();
                let outcome = replay(&world, policy);
                let seconds = start.elapsed().as_secs_f64();
                line(name, &outcome, seconds);
            }
        }
    }
}

fn line(name: &str, outcome: &Outcome, seconds: f64) {
    println!(
        "  {name:<18} cost {:.3} split {:.1} % shipments {:.3} unfilled {:.2} % ({seconds:.1} s)",
        outcome.cost,
        100.0 * outcome.split,
        outcome.shipments,
        100.0 * outcome.unfilled,
    );
}

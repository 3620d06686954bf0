//! The world of ORDERLY-ROUTE-2: what each kind of foresight is worth.

use orderly_plan::route::generate::Shape;
use orderly_plan::route::second::{Outcome, Second, Sight, month};

use crate::bench_forecast::clock::Clock;

/// Prints the mean over the seeds of every policy.
pub fn table(seeds: u64) {
    let sights = [
        ("fewest, then nearest", Sight::Rule),
        ("cheapest for the order", Sight::Tariff),
        ("with stores' own demand", Sight::Stores),
        ("with bid prices", Sight::Ahead),
    ];
    for (nodes, rho) in [(50, 1.0), (10, 1.0)] {
        println!("ROUTE-2, {nodes} locations, stock {rho} of demand, 20,000 orders, {seeds} seeds");
        println!(
            "  {:<24} {:>8} {:>8} {:>8} {:>8} {:>7} {:>10} {:>11} {:>12} {:>8}",
            "policy",
            "cost",
            "vs rule",
            "shipping",
            "split %",
            "late %",
            "unfilled %",
            "not found %",
            "walked out %",
            "CPU-s"
        );
        let mut rows = [(Outcome::default(), 0.0, 0.0); 4];
        for seed in 1..=seeds {
            let shape = Shape { seed, nodes, items: 400, orders: 20_000, rho };
            let world = Second::generate(shape);
            let rule = month(&world, Sight::Rule).cost;
            for (row, (_, sight)) in rows.iter_mut().zip(&sights) {
                let clock = Clock::start();
                let own = month(&world, *sight);
                row.2 += clock.seconds();
                row.1 += own.cost / rule - 1.0;
                let sum = &mut row.0;
                sum.cost += own.cost;
                sum.shipping += own.shipping;
                sum.split += own.split;
                sum.late += own.late;
                sum.unfilled += own.unfilled;
                sum.not_found += own.not_found;
                sum.walked_out += own.walked_out;
            }
        }
        let count = seeds.max(1) as f64;
        for ((sum, against, seconds), (name, _)) in rows.iter().zip(&sights) {
            println!(
                "  {name:<24} {:>8.3} {:>+6.2} % {:>8.3} {:>8.2} {:>7.2} {:>10.2} {:>11.2} \
                 {:>12.2} {:>8.1}",
                sum.cost / count,
                100.0 * against / count,
                sum.shipping / count,
                100.0 * sum.split / count,
                100.0 * sum.late / count,
                100.0 * sum.unfilled / count,
                100.0 * sum.not_found / count,
                100.0 * sum.walked_out / count,
                seconds / count,
            );
        }
    }
}

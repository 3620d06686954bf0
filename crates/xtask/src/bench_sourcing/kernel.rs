//! How fast one order is decided (R2), and how fast bid prices are refreshed (R8).

use std::time::Instant;

use orderly_plan::route::generate::{Shape, World};
use orderly_plan::route::kernel::Kernel;
use orderly_plan::route::network::NO_PRICE;
use orderly_plan::route::prices::{Effort, Prices};

use crate::bench_forecast::clock::Clock;

/// Prints orders per second and latency percentiles by number of locations.
pub fn latency() {
    println!("exact kernel, ROUTE-1 orders against full stock (candidates included)");
    println!(
        "  {:>9} {:>12} {:>8} {:>8} {:>8}",
        "locations", "orders/CPU-s", "p50 us", "p99 us", "max us"
    );
    for nodes in [2, 10, 50, 200, 1_000, 2_000] {
        let shape = Shape { seed: 1, nodes, items: 400, orders: 20_000, rho: 1.2 };
        let world = World::generate(shape);
        let mut kernel = Kernel::default();
        let mut candidates = Vec::new();
        let mut micros: Vec<f64> = Vec::with_capacity(world.orders.len());
        let mut decide_all = |micros: &mut Vec<f64>| {
            for order in &world.orders {
                let start = Instant::now();
                let penalties = [world.network.penalty; 12];
                world.network.candidates(order, &world.stock, |_| true, &mut candidates);
                let tariff = world.network.tariff(order, NO_PRICE);
                let penalties = &penalties[..order.lines.len()];
                let decided = kernel.decide(penalties, &candidates, usize::MAX, &tariff);
                std::hint::black_box(&decided);
                micros.push(start.elapsed().as_secs_f64() * 1e6);
            }
        };
        decide_all(&mut micros);
        micros.clear();
        let clock = Clock::start();
        decide_all(&mut micros);
        let rate = world.orders.len() as f64 / clock.seconds();
        micros.sort_by(f64::total_cmp);
        let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
        println!("  {nodes:>9} {rate:>12.0} {:>8.2} {:>8.2} {:>8.1}", at(0.5), at(0.99), at(1.0));
    }
}

/// Prints the time of one price refresh: 400 items, 50 locations, 6,000 orders, 15 rounds.
pub fn refresh() {
    let shape = Shape { seed: 1, nodes: 50, items: 400, orders: 20_000, rho: 1.2 };
    let world = World::generate(shape);
    let orders = world.forecast_orders(1, 6_000, 0.0);
    let mut prices = Prices::new(shape.items, shape.nodes);
    let effort = Effort { iterations: 15, step: 3.0 };
    prices.refresh(&world.network, &world.stock, &orders, 20.0 / 6.0, effort);
    let clock = Clock::start();
    prices.refresh(&world.network, &world.stock, &orders, 20.0 / 6.0, effort);
    println!("price refresh, 400 items x 50 locations: {:.0} CPU-ms", 1e3 * clock.seconds());
}

//! `cargo xtask bench placement`: orders placed in bulk on each engine, beside a floor that writes
//! the same rows without deciding anything, in the same run. A fifth of the orders are for trade
//! accounts: once held against their limits, once settled by payment, so that the difference is
//! what the guard costs.

mod floor;
pub mod merchant;

use std::time::Instant;

use orderly::ops::orders::place::{Placing, place_many};
use orderly::wire::OrderIn;
use orderly::{App, Call};

use crate::run::Outcome;

/// Orders per call of `place_many`, and rows' worth of orders per transaction of the floor.
const BATCH: usize = 500;

/// What was measured on one engine; medians, in orders a second.
struct Figures {
    engine: &'static str,
    placed: f64,
    /// The same without the guard of credit limits.
    unguarded: f64,
    floor: f64,
}

/// Measures SQLite in a temporary folder, and PostgreSQL where `ORDERLY_TEST_PG` names a server.
///
/// `orders=N` places so many in each of `runs=N` runs; `--json` prints JSON.
pub fn run(words: &[String]) -> Outcome {
    let number = |name: &str, default: usize| -> Result<usize, String> {
        let given = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        given.map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name}={text}?")))
    };
    let (orders, runs) = (number("orders", 10_000)?, number("runs", 5)?);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut all = vec![measure("sqlite", &file("a.db"), &file("b.db"), orders, runs)?];
    if let Ok(server) = std::env::var("ORDERLY_TEST_PG") {
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = |name: &str| format!("{server}{mark}schema=bench{}{name}", std::process::id());
        all.push(measure("postgres", &schema("a"), &schema("b"), orders, runs)?);
    }
    let json = words.iter().any(|word| word == "--json");
    for Figures { engine, placed, unguarded, floor } in all {
        let share = placed / floor;
        let guard = 1.0 - placed / unguarded;
        if json {
            println!(
                "{{\"engine\":\"{engine}\",\"orders_per_s\":{placed:.0},\
                 \"unguarded_per_s\":{unguarded:.0},\"guard_cost\":{guard:.3},\
                 \"floor_per_s\":{floor:.0},\"floor_share\":{share:.3}}}"
            );
        } else {
            println!(
                "{engine:<9} {placed:>8.0} orders/s  without credit guard {unguarded:>8.0}  guard \
                 {:.1} %  floor {floor:>8.0}  share {share:.2}",
                guard * 100.0
            );
        }
    }
    Ok(())
}

fn measure(
    engine: &'static str,
    location: &str,
    floor_location: &str,
    orders: usize,
    runs: usize,
) -> Result<Figures, String> {
    let app = App::open(location).map_err(|error| error.to_string())?;
    let shop = merchant::set_up(&app)?;
    let floor_app = App::open(floor_location).map_err(|error| error.to_string())?;
    let mut floor = floor::Floor::new(&app, &floor_app)?;
    let (mut placed, mut unguarded, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..runs {
        // Which comes first alternates: neither always meets the larger database.
        for turn in 0..2 {
            let on_credit = (run + turn) % 2 == 0;
            let asked = shop.orders(2 * run + turn, orders, on_credit);
            let speed = orders as f64 / place_all(&app, &asked)?;
            if on_credit { placed.push(speed) } else { unguarded.push(speed) }
        }
        written.push(orders as f64 / floor.write(orders.div_ceil(BATCH))?);
    }
    let (placed, unguarded) = (median(placed), median(unguarded));
    Ok(Figures { engine, placed, unguarded, floor: median(written) })
}

/// Places the orders in batches and returns how long it took, in seconds.
fn place_all(app: &App, asked: &[(Call, OrderIn)]) -> Result<f64, String> {
    let placings: Vec<Placing<'_>> =
        asked.iter().map(|(call, order)| Placing { call, order }).collect();
    let start = Instant::now();
    for batch in placings.chunks(BATCH) {
        for outcome in place_many(app, batch) {
            outcome.map_err(|error| error.to_string())?;
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

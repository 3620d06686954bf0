//! `cargo xtask bench verify`: how long it takes to prove a business of some size, on each engine.

use std::time::Instant;

use orderly::App;
use orderly::ops::orders::place::{Placing, place_many};
use orderly::ops::{events, orders};
use orderly::verify::{self, Options};
use orderly_core::books::Dimensions;
use orderly_core::id::{ItemId, LegalEntityId, LotId};
use orderly_core::qty::Qty;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Movement, MovementKind, Place, PlaceKind,
};
use orderly_store::tables;

use crate::run::Outcome;
use orderly_bench::merchant::{self, Shop, call};

/// Orders per call of `place_many`, and movements per transaction.
const BATCH: usize = 500;

/// Measures SQLite in a temporary folder, and PostgreSQL where `ORDERLY_TEST_PG` names a server.
///
/// `orders=N` and `movements=N` say how many there are; `database=FILE` keeps the SQLite file and
/// takes it as it is the next time; `--json` prints the report with times.
pub fn run(words: &[String]) -> Outcome {
    let number = |name: &str, default: usize| -> Result<usize, String> {
        let given = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        given.map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name}={text}?")))
    };
    let (orders, movements) = (number("orders", 20_000)?, number("movements", 200_000)?);
    let json = words.iter().any(|word| word == "--json");
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = match words.iter().find_map(|word| word.strip_prefix("database=")) {
        Some(kept) => kept.to_owned(),
        None => folder.path().join("a.db").to_string_lossy().into_owned(),
    };
    measure("sqlite", &file, orders, movements, json)?;
    if let Ok(server) = std::env::var("ORDERLY_TEST_PG") {
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("{server}{mark}schema=bench{}verify", std::process::id());
        measure("postgres", &schema, orders, movements, json)?;
    }
    Ok(())
}

fn measure(
    engine: &str,
    location: &str,
    orders: usize,
    movements: usize,
    json: bool,
) -> Result<(), String> {
    let app = App::open(location).map_err(|error| error.to_string())?;
    let filled = app.store.read(tables::settings::entities).map_err(|error| error.to_string())?;
    if filled.is_empty() {
        let shop = merchant::set_up(&app)?;
        fill(&app, &shop, orders, movements)?;
    }
    for (name, deep) in [("quick", false), ("deep", true)] {
        let start = Instant::now();
        let options = Options { deep, ..Options::default() };
        let report = verify::run(&app, &options).map_err(|error| error.to_string())?;
        let seconds = start.elapsed().as_secs_f64();
        if !report.clean {
            return Err(report.to_string());
        }
        if json {
            println!("{}", report.to_json());
        } else {
            let mut checks: Vec<_> = report.checks.iter().collect();
            checks.sort_by_key(|check| std::cmp::Reverse(check.millis));
            for check in checks.iter().take(12) {
                let (millis, rows) = (check.millis, check.rows_checked);
                println!("    {millis:>7} ms  {:<3} {} ({rows} rows)", check.id, check.title);
            }
        }
        println!(
            "{engine:<9} {name:<5} {seconds:>7.1} s for {orders} orders, {movements} movements: \
             {:.0} orders/s, {:.0} movements/s",
            orders as f64 / seconds,
            movements as f64 / seconds
        );
    }
    Ok(())
}

fn fill(app: &App, shop: &Shop, orders: usize, movements: usize) -> Result<(), String> {
    let asked = shop.orders(0, orders, true);
    let placings: Vec<Placing<'_>> =
        asked.iter().map(|(call, order)| Placing { call, order }).collect();
    for batch in placings.chunks(BATCH) {
        for outcome in place_many(app, batch) {
            outcome.map_err(|error| error.to_string())?;
        }
    }
    for batch in 0..movements.div_ceil(BATCH) {
        receive(app, batch)?;
    }
    let now = call(u64::MAX >> 24).now;
    events::sequence(app, "bench", now).map_err(|error| error.to_string())?;
    Ok(())
}

/// Receives a unit of many items, each with its journal.
fn receive(app: &App, batch: usize) -> Result<(), String> {
    let own = call(1_000_000_000 + batch as u64);
    let posted = app.store.write(|tx| {
        let locations = tables::locations::all(tx)?;
        let entity = tables::settings::entities(tx)?;
        let items: Vec<ItemId> = (0..450_u64)
            .filter(|number| number % 10 > 2)
            .map(|number| tables::catalog::by_sku(tx, &format!("SKU-{number:04}")))
            .filter_map(|found| found.map(|item| item.map(|item| item.id)).transpose())
            .collect::<Result<_, _>>()?;
        let mut ids = orders::ids_after_audit(&own);
        let movement = |index: usize| {
            let location = &locations[(batch + index) % locations.len()];
            Movement {
                id: ids.draw(),
                kind: MovementKind::Receive,
                item: items[(batch * 7 + index) % items.len()],
                lot: LotId::NONE,
                lot_class: LotId::NONE,
                from: Place::account(PlaceKind::Supplier),
                to: Place::bin(location.id, location.storage_bin, Condition::Sellable),
                qty: Qty::new(1).unwrap_or(Qty::ZERO),
                value: 5,
                cost_source: CostSource::Given,
                cause: Cause { kind: CauseKind::ReceiptLine, id: ids.draw() },
                reverses: None,
                reason: None,
                effective_at: own.now,
            }
        };
        let movements: Vec<Movement> = (0..BATCH).map(movement).collect();
        orders::post(tx, &own, &movements, &[])?;
        let books = entity.first().map_or(LegalEntityId::NONE, |entity| entity.id);
        orderly::ops::books::of_movements(tx, &own, books, Dimensions::default(), &movements)
    });
    posted.map_err(|error| error.to_string())
}

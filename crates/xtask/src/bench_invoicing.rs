//! `cargo xtask bench invoicing`: collective invoices for deliveries of trade accounts, on each
//! engine.

use std::time::Instant;

use orderly::ops::accounts::{self, NewAccount};
use orderly::ops::invoices::{policy, run as collect};
use orderly::ops::orders::place::{Placing, place_many};
use orderly::ops::orders::{apply, ids_after_audit, load};
use orderly::ops::{catalog, settings};
use orderly::wire::OrderIn;
use orderly::{App, Call, Error};
use orderly_core::id::{ClaimId, FulfillmentId, IdSource, LocationId, LotId, OrderId};
use orderly_core::order::{
    Decision, Invoicing, LineKind, Order, Shipment, ShipmentLine, ShipmentState,
};
use orderly_core::party::NewParty;
use orderly_core::qty::Qty;
use serde_json::json;

use crate::run::Outcome;
use orderly_bench::merchant::call;

/// Orders per call of `place_many`, and per transaction that delivers them.
const BATCH: usize = 500;
const ACCOUNTS: usize = 1_000;

/// Measures SQLite in a temporary folder, and PostgreSQL where `ORDERLY_TEST_PG` names a server.
///
/// `deliveries=N` says how many there are: one per order, three lines each with goods that cost
/// something, on the accounts of a thousand customers.
pub fn run(words: &[String]) -> Outcome {
    let given = words.iter().find_map(|word| word.strip_prefix("deliveries="));
    let count = given.map_or(Ok(100_000), |text| {
        text.parse::<usize>().map_err(|_| format!("deliveries={text}?"))
    })?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("a.db").to_string_lossy().into_owned();
    measure("sqlite", &file, count)?;
    if let Ok(server) = std::env::var("ORDERLY_TEST_PG") {
        let mark = if server.contains('?') { '&' } else { '?' };
        let schema = format!("{server}{mark}schema=bench{}invoicing", std::process::id());
        measure("postgres", &schema, count)?;
    }
    Ok(())
}

fn measure(engine: &str, location: &str, count: usize) -> Result<(), String> {
    let said = |error: Error| error.to_string();
    let app = App::open(location).map_err(said)?;
    let place = set_up(&app)?;
    for first in (0..count).step_by(BATCH) {
        deliver(&app, first, BATCH.min(count - first), place)?;
    }
    let own = call(u64::MAX >> 24);
    let start = Instant::now();
    let ran = collect(&app, &own, None, own.now).map_err(said)?;
    let seconds = start.elapsed().as_secs_f64();
    if ran.orders != count as u64 {
        return Err(format!("{} of {count} deliveries were invoiced", ran.orders));
    }
    println!(
        "{engine:<9} {seconds:>7.1} s for {count} deliveries on {} invoices: {:.0} deliveries/s",
        ran.invoices,
        count as f64 / seconds
    );
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn set_up(app: &App) -> Result<LocationId, String> {
    let said = |error: Error| error.to_string();
    let entity = json!({ "code": "main", "name": "Bench", "country": "DE", "currency": "EUR",
        "zone": "Europe/Berlin" });
    settings::init(app, &call(1), &read(entity)?).map_err(said)?;
    let location = json!({ "code": "depot", "name": "Depot", "kind": "warehouse" });
    let location = catalog::create_location(app, &call(2), &read(location)?).map_err(said)?;
    let channel = json!({ "code": "web", "name": "Web", "kind": "web" });
    catalog::create_channel(app, &call(3), &read(channel)?).map_err(said)?;
    let item = json!({ "sku": "WORK", "name": "Work", "goods": "service", "price": "3.33" });
    catalog::create_item(app, &call(4), &read(item)?).map_err(said)?;
    for number in 0..ACCOUNTS {
        let own = call(100 + number as u64);
        let name = format!("Builder {number}");
        let new = NewAccount {
            number: format!("A{number:04}"),
            name: name.clone(),
            party: NewParty { name, ..NewParty::default() },
            terms_days: 30,
            ..NewAccount::default()
        };
        accounts::create_account(app, &own, &new).map_err(said)?;
        let of = policy::Of { account: Some(new.number), channel: None };
        policy::set(app, &own, &of, Invoicing::Collective).map_err(said)?;
    }
    Ok(location.id)
}

/// Places orders and lets their goods leave.
fn deliver(app: &App, first: usize, count: usize, place: LocationId) -> Result<(), String> {
    let tax = json!([{ "name": "VAT", "rate": "0.19", "included": false }]);
    let mut asked: Vec<(Call, OrderIn)> = Vec::with_capacity(count);
    for number in first..first + count {
        let line = |quantity: usize| {
            let quantity = quantity.to_string();
            json!({ "sku": "WORK", "quantity": quantity, "tax": tax })
        };
        let order = json!({
            "channel": "web", "account": format!("A{:04}", number % ACCOUNTS),
            "settlement": "account",
            "lines": [line(1 + number % 7), line(2), line(3 + number % 5)],
        });
        asked.push((call(10_000 + number as u64), read(order)?));
    }
    let placings: Vec<Placing<'_>> =
        asked.iter().map(|(call, order)| Placing { call, order }).collect();
    let mut ids: Vec<OrderId> = Vec::with_capacity(count);
    for outcome in place_many(app, &placings) {
        ids.push(outcome.map_err(|error| error.to_string())?.id);
    }
    let own = call(1_000_000_000 + first as u64);
    let done: Result<(), Error> = app.store.write(|tx| {
        let mut drawn = ids_after_audit(&own);
        for id in &ids {
            let before = load(tx, *id)?;
            let after = left(&before, place, &mut drawn, &own);
            apply(tx, &own, &mut drawn, &before, Decision::only(after), "shipment.shipped")?;
        }
        Ok(())
    });
    done.map_err(|error| error.to_string())
}

/// The order with everything of it on its way, at a cost of two per unit.
fn left(before: &Order, place: LocationId, ids: &mut IdSource, own: &Call) -> Order {
    let mut order = before.clone();
    let id = ids.draw();
    let fulfillment: FulfillmentId = ids.draw();
    order.shipments.push(Shipment {
        id,
        fulfillment,
        delivery: order.deliveries[0].id,
        location: place,
        state: ShipmentState::Shipped,
        carrier: None,
        service: None,
        tracking: None,
        collected_by: None,
        shipped_at: own.now,
    });
    for line in &mut order.lines {
        line.kind = LineKind::Stock;
        let qty = line.quantities.ordered;
        line.quantities.unallocated = Qty::ZERO;
        line.quantities.shipped = qty;
        let Some(item) = line.item else { continue };
        let claim: ClaimId = ids.draw();
        order.shipment_lines.push(ShipmentLine {
            id: ids.draw(),
            shipment: id,
            line: line.id,
            claim,
            item,
            lot: LotId::NONE,
            qty,
            over: Qty::ZERO,
            value: 2 * qty.get(),
            delivered: Qty::ZERO,
            lost: Qty::ZERO,
            brought_back: Qty::ZERO,
            returned: Qty::ZERO,
            back: 0,
        });
    }
    order
}

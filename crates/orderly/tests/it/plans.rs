//! How the engines find what the busiest reads and commands ask for: no table that grows with the
//! orders is read from end to end.

use std::collections::BTreeSet;

use orderly::ops::fulfillments::{cancel, pack, pick, release, shipments};
use orderly::ops::orders::place::place;
use orderly::ops::read::{desk, orders, stock};
use orderly::{App, Call};
use orderly_core::order::cancel::Cancel;
use orderly_store::steps;

use crate::fixture::{Shop, order};

/// Tables that grow with the orders.
const GROWING: &[&str] = &[
    "application",
    "audit",
    "charge",
    "claim",
    "customer",
    "delivery",
    "event",
    "fulfillment",
    "fulfillment_line",
    "idempotency",
    "invoice",
    "invoice_line",
    "journal",
    "movement",
    "order_line",
    "orders",
    "parcel",
    "party",
    "payment",
    "payment_transaction",
    "posting",
    "price_trace",
    "refund",
    "routing",
    "shipment",
    "shipment_line",
];

/// Every statement of a day's busiest reads and commands.
fn statements(shop: &Shop) -> BTreeSet<String> {
    shop.worth("PAINT", "leeds", 20, 2_000);
    shop.sold(&[("PAINT", "5")]);
    shop.buy("depot", "NAIL", "100", "0.03");
    shop.buy("depot", "BOLT", "100", "0.12");
    let (app, call) = (&shop.app, || shop.call().with_reason("a test"));
    let ((), texts) = steps::texts_of(|| {
        let new = order("web", &[("NAIL", "2"), ("KIT-B", "1")]);
        let sent = place(app, &call(), &new).unwrap();
        let of = (sent.id, sent.fulfillments[0].id);
        release(app, &call(), of).unwrap();
        pick(app, &call(), of, &[]).unwrap();
        pack(app, &call(), of, &[]).unwrap();
        let sent = shipments::ship(app, &call(), of, &shipments::Shipping::default()).unwrap();
        let shipment = sent.shipments[0].id;
        shipments::deliver(app, &call(), (sent.id, shipment), &[]).unwrap();
        let other = place(app, &call(), &new).unwrap();
        cancel::cancel(app, &call(), other.id, &Cancel::Order).unwrap();
        reads(app, &call(), &sent.number, &sent.parcels[0].sscc);
    });
    texts
}

fn reads(app: &App, call: &Call, number: &str, sscc: &str) {
    let searches = [number, sscc, "EXT-1", "ann@example.com", "+44 113 496 0000", "NAIL", "Ann"];
    for search in searches.into_iter().map(Some).chain([None]) {
        for sort in ["-placed_at", "number", "total"] {
            let wanted = orders::Wanted {
                search: search.map(str::to_owned),
                sort: Some(sort.into()),
                limit: 50,
                ..Default::default()
            };
            orders::list(app, call, &wanted).unwrap();
        }
    }
    for wanted in [
        orders::Wanted { channel: Some("web".into()), ..Default::default() },
        orders::Wanted { state: Some("placed".into()), ..Default::default() },
        orders::Wanted { location: Some("depot".into()), ..Default::default() },
        orders::Wanted { hold: Some("any".into()), ..Default::default() },
        orders::Wanted { late: true, ..Default::default() },
    ] {
        let wanted = orders::Wanted { limit: 50, ..wanted };
        orders::list(app, call, &wanted).unwrap();
    }
    orders::show(app, call, number).unwrap();
    desk::order(app, call, number, None).unwrap();
    stock::list(app, call, &stock::Wanted { limit: 50, ..Default::default() }).unwrap();
    stock::history(app, call, "NAIL", None, 50).unwrap();
}

/// Whether a name, or what it is an alias of in the statement, is a table that grows.
fn grows(text: &str, name: &str) -> bool {
    let words: Vec<&str> =
        text.split([' ', '\n', '(', ')', ',']).filter(|w| !w.is_empty()).collect();
    let named = |table: &&str| {
        *table == name
            || words.windows(2).any(|pair| pair == [*table, name])
            || words.windows(3).any(|three| three == [*table, "AS", name])
    };
    GROWING.iter().any(named)
}

/// A statement as the engine plans it: only what reads or changes rows by a condition.
fn is_planned(text: &str) -> bool {
    let start = text.trim_start();
    ["SELECT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| start.starts_with(verb))
}

#[test]
fn sqlite_finds_every_row_by_an_index() {
    let shop = Shop::new(crate::fixture::TestDb::sqlite());
    let texts = statements(&shop);
    let file = rusqlite::Connection::open(shop.db.location()).unwrap();
    let mut slow = Vec::new();
    let mut planned = 0;
    for text in texts.iter().filter(|text| is_planned(text)) {
        let Ok(mut plan) = file.prepare(&format!("EXPLAIN QUERY PLAN {text}")) else { continue };
        planned += 1;
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let detail: String = row.get("detail").unwrap();
            // `SCAN t USING INDEX …` reads in order and stops at the page's end.
            if let Some(rest) = detail.strip_prefix("SCAN ")
                && grows(text, rest.split(' ').next().unwrap())
                && !rest.contains("INDEX")
            {
                slow.push(format!("{detail}: {text}"));
            }
        }
    }
    assert!(planned > 60, "only {planned} statements could be planned of {}", texts.len());
    assert_eq!(slow, Vec::<String>::new());
}

#[test]
fn postgres_finds_every_row_by_an_index() {
    let Some(db) = crate::fixture::TestDb::postgres() else { return };
    let shop = Shop::new(db);
    let texts = statements(&shop);
    let mut owner = shop.db.owner().unwrap();
    // Tables of a test are small: without this, reading them whole would be the best plan.
    owner
        .batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .unwrap();
    let mut slow = Vec::new();
    let mut planned = 0;
    for (number, text) in texts.iter().filter(|text| is_planned(text)).enumerate() {
        let Ok(statement) = owner.prepare(text) else { continue };
        let nulls = vec!["NULL"; statement.params().len()].join(", ");
        let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
        let types: Vec<String> = statement
            .params()
            .iter()
            .map(|kind| {
                kind.name()
                    .replace("_bytea", "bytea[]")
                    .replace("_text", "text[]")
                    .replace("_int8", "int8[]")
                    .replace("_float8", "float8[]")
            })
            .collect();
        let types =
            if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        owner.batch_execute(&format!("PREPARE s{number}{types} AS {text}")).unwrap();
        planned += 1;
        let plan = owner.query(&format!("EXPLAIN EXECUTE s{number}{arguments}"), &[]).unwrap();
        for row in plan {
            let line: String = row.get(0);
            if let Some((_, rest)) = line.split_once("Seq Scan on ")
                && GROWING.contains(&rest.split(' ').next().unwrap())
            {
                slow.push(format!("{}: {text}", line.trim()));
            }
        }
    }
    assert!(planned > 60, "only {planned} statements could be planned of {}", texts.len());
    assert_eq!(slow, Vec::<String>::new());
}

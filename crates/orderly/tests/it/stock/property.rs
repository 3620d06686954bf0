//! Whatever is done to stock, the three ways to know it agree.

use orderly::ops::orders::place::place;
use orderly::ops::stock::{adjust, count, receive, transfer};
use orderly_core::books::Account;
use orderly_store::tables::{books, levels, locations};
use orderly_store::{StoreError, Tx};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::receipt;
use crate::fixture::{Shop, TestDb, order, read};

const PLACES: [&str; 3] = ["depot", "leeds", "york"];
const SKUS: [&str; 2] = ["NAIL", "PAINT"];

#[derive(Debug, Clone)]
enum Step {
    Receive { at: usize, sku: usize, qty: i64, cost: i64 },
    Reverse { which: usize },
    Adjust { at: usize, sku: usize, delta: i64 },
    Undo { which: usize },
    Send { from: usize, to: usize, sku: usize, qty: i64 },
    Arrive { which: usize, qty: i64, close: bool },
    Count { at: usize, sku: usize, qty: i64 },
    Order { channel: usize, sku: usize, qty: i64 },
    Work,
}

fn step() -> impl Strategy<Value = Step> {
    let (at, sku, qty) = (0..3_usize, 0..2_usize, 1..15_i64);
    prop_oneof![
        3 => (at.clone(), sku.clone(), qty.clone(), 0..500_i64)
            .prop_map(|(at, sku, qty, cost)| Step::Receive { at, sku, qty, cost }),
        1 => (0..8_usize).prop_map(|which| Step::Reverse { which }),
        2 => (at.clone(), sku.clone(), -9..9_i64)
            .prop_map(|(at, sku, delta)| Step::Adjust { at, sku, delta }),
        1 => (0..8_usize).prop_map(|which| Step::Undo { which }),
        2 => (at.clone(), at.clone(), sku.clone(), qty.clone())
            .prop_map(|(from, to, sku, qty)| Step::Send { from, to, sku, qty }),
        2 => (0..4_usize, 1..9_i64, any::<bool>())
            .prop_map(|(which, qty, close)| Step::Arrive { which, qty, close }),
        2 => (at, sku.clone(), 0..20_i64).prop_map(|(at, sku, qty)| Step::Count { at, sku, qty }),
        3 => (0..2_usize, sku, qty)
            .prop_map(|(channel, sku, qty)| Step::Order { channel, sku, qty }),
        1 => Just(Step::Work),
    ]
}

/// What a run has made that later steps refer to.
#[derive(Default)]
struct Made {
    receipts: Vec<orderly_core::id::ReceiptId>,
    adjustments: Vec<orderly_core::id::AdjustmentId>,
    transfers: Vec<orderly_core::id::TransferId>,
}

/// Runs a step; refusals are fine, failures are not.
fn run(shop: &Shop, made: &mut Made, step: &Step) {
    let call = shop.call();
    let result = match *step {
        Step::Receive { at, sku, qty, cost } => {
            let cost = format!("{}.{:02}", cost / 100, cost % 100);
            let line = json!([{ "sku": SKUS[sku], "quantity": qty.to_string(), "cost": cost }]);
            receipt(&shop.app, &call, PLACES[at], line).map(|done| made.receipts.push(done.id))
        }
        Step::Reverse { which } => match made.receipts.get(which) {
            Some(id) => receive::reverse(&shop.app, &call, *id).map(|_| ()),
            None => Ok(()),
        },
        Step::Adjust { at, sku, delta } => {
            let new = json!({
                "location": PLACES[at], "sku": SKUS[sku], "quantity": delta.to_string(),
                "reason": "so it is",
            });
            adjust::adjust(&shop.app, &call, &read(new)).map(|done| made.adjustments.push(done.id))
        }
        Step::Undo { which } => match made.adjustments.get(which) {
            Some(id) => adjust::reverse(&shop.app, &call, *id).map(|_| ()),
            None => Ok(()),
        },
        Step::Send { from, to, sku, qty } => {
            let line = json!({ "sku": SKUS[sku], "quantity": qty.to_string() });
            let new = json!({ "from": PLACES[from], "to": PLACES[to], "lines": [line] });
            transfer::ship(&shop.app, &call, &read(new)).map(|done| made.transfers.push(done.id))
        }
        Step::Arrive { which, qty, close } => match made.transfers.get(which) {
            Some(id) => {
                let reason = close.then_some("lost on the way");
                let line = json!({ "position": 1, "quantity": qty });
                let arrival = json!({ "lines": [line], "write_off": reason });
                transfer::receive(&shop.app, &call, *id, &read(arrival)).map(|_| ())
            }
            None => Ok(()),
        },
        Step::Count { at, sku, qty } => {
            let new = read(json!({ "location": PLACES[at] }));
            let opened = count::open(&shop.app, &call, &new).unwrap();
            let seen: Vec<_> = read(json!([{ "sku": SKUS[sku], "quantity": qty.to_string() }]));
            count::record(&shop.app, &shop.call(), opened.id, &seen).unwrap();
            count::finish(&shop.app, &shop.call(), opened.id).map(|_| ())
        }
        Step::Order { channel, sku, qty } => {
            let channel = ["web", "market"][channel];
            let new = order(channel, &[(SKUS[sku], &qty.to_string())]);
            place(&shop.app, &call, &new).map(|_| ())
        }
        Step::Work => {
            shop.work();
            Ok(())
        }
    };
    if let Err(error) = result {
        assert!(error.refused().is_some(), "{step:?}: {error}");
    }
}

/// Levels, holdings, movements, claims and the inventory account say the same.
fn agree(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let sum = |tx: &mut Tx<'_>, sql: &str, key: &[&dyn orderly_store::ToValue]| {
        Ok::<i64, StoreError>(tx.query_one(sql, key, |row| row.at(0))?.unwrap())
    };
    for level in levels::list(tx, None, None, 100)? {
        let (item, location) = (level.key.item, level.key.location);
        let key: [&dyn orderly_store::ToValue; 2] = [&item, &location];
        let moved = "SELECT CAST(COALESCE(SUM(CASE WHEN t.location_id = $2 AND f.location_id = $2
                THEN 0 WHEN t.location_id = $2 THEN m.PART ELSE -m.PART END), 0) AS BIGINT)
             FROM movement m JOIN place f ON f.id = m.from_place JOIN place t ON t.id = m.to_place
            WHERE m.item_id = $1 AND (f.location_id = $2 OR t.location_id = $2)";
        let value = sum(tx, &moved.replace("PART", "value_minor"), &key)?;
        let qty = sum(tx, &moved.replace("PART", "qty"), &key)?;
        let held = "SELECT CAST(COALESCE(SUM(h.qty), 0) AS BIGINT) FROM holding h
              JOIN place p ON p.id = h.place_id WHERE h.item_id = $1 AND p.location_id = $2";
        let held = sum(tx, held, &key)?;
        assert_eq!((level.held.get(), level.held.get(), level.value), (qty, held, value));
        assert!(level.held.get() > 0 || level.value == 0, "no goods, no value: {level:?}");
        for (state, counter) in [("allocated", level.allocated), ("backordered", level.backordered)]
        {
            let claimed = "SELECT CAST(COALESCE(SUM(qty), 0) AS BIGINT) FROM claim
                  WHERE item_id = $1 AND location_id = $2 AND state = $3";
            let claimed = sum(tx, claimed, &[&item, &location, &state])?;
            assert_eq!(claimed, counter.get(), "{state} of {level:?}");
        }
    }
    for location in locations::all(tx)?.into_iter().map(|location| location.id) {
        let worth = "SELECT CAST(COALESCE(SUM(value_minor), 0) AS BIGINT) FROM stock_level
                      WHERE location_id = $1";
        let worth = sum(tx, worth, &[&location])?;
        assert_eq!(books::balance_of(tx, Account::Inventory, Some(location))?, worth);
    }
    let all = sum(tx, "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM posting", &[])?;
    assert_eq!(all, 0, "debits are credits");
    Ok(())
}

#[test]
fn movements_levels_and_the_inventory_account_agree_whatever_is_done() {
    let run_on = |cases: u32, db: &dyn Fn() -> TestDb| {
        let mut runner = TestRunner::new(Config { cases, ..Config::default() });
        let steps = proptest::collection::vec(step(), 1..40);
        let result = runner.run(&steps, |steps| {
            let shop = Shop::new(db());
            let mut made = Made::default();
            for step in &steps {
                run(&shop, &mut made, step);
                shop.app.store.read(agree).unwrap();
            }
            Ok(())
        });
        result.unwrap();
    };
    run_on(12, &TestDb::sqlite);
    if TestDb::postgres().is_some() {
        run_on(3, &|| TestDb::postgres().unwrap());
    }
}

//! Every command, cut off at every one of its steps: it happens whole or not at all, and the same
//! key finishes it.
//!
//! The steps are not named anywhere: the store counts the statements and commits of a debug build.

use std::cell::RefCell;
use std::process::{Command, Stdio};

use orderly::ops::fulfillments::shipments::{Shipping, deliver, ship};
use orderly::ops::fulfillments::undo::undo;
use orderly::ops::fulfillments::{cancel, pack, pick, release};
use orderly::ops::orders::place::place;
use orderly::ops::payments::Settling;
use orderly::ops::refunds::{self, RefundIn, RefundLineIn};
use orderly::ops::returns::{self, ArrivalIn, ReturnIn, ReturnLineIn, VerdictIn};
use orderly::{App, Call, Error, verify};
use orderly_core::id::{FulfillmentId, OrderId};
use orderly_core::order::Order;
use orderly_core::order::cancel::Cancel;
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::returns::{Fate, Return};
use orderly_store::steps;
use serde_json::Value;

use crate::fixture::{Shop, TestDb, order};
use crate::proof::{self, books, count};

/// No command has so many steps.
const MOST: u64 = 5_000;

/// Runs a command with a fault at its first step, its second and so on, until it is done for want
/// of a step to fail at. Each time before nothing has changed; done again it changes nothing.
fn cut_off<T>(
    app: &App,
    call: &Call,
    name: &str,
    f: impl Fn(&App, &Call) -> Result<T, Error>,
) -> T {
    let call = call.clone().with_key(format!("{name}-1"), name.as_bytes());
    let before = books(app);
    for step in 0..MOST {
        let (result, met) = steps::fail_at(step, || f(app, &call));
        match result {
            Ok(done) => {
                assert!(!met, "{name} does not mind that its step {step} failed");
                assert!(step > 3, "{name} has only {step} steps");
                let after = books(app);
                assert_ne!(after, before, "{name} does nothing");
                f(app, &call).unwrap_or_else(|error| panic!("{name} again: {error}"));
                assert_eq!(books(app), after, "{name} again does more");
                return done;
            }
            Err(error) => {
                assert!(met, "{name}: {error}");
                assert!(matches!(error, Error::Unavailable(_)), "{name} at step {step}: {error}");
                assert_eq!(books(app), before, "{name} cut off at step {step} left something");
            }
        }
    }
    panic!("{name} does not end");
}

fn clean(app: &App) {
    let report = verify::run(app, &verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

type Step = fn(&App, &Call, (OrderId, FulfillmentId)) -> Result<Order, Error>;

#[test]
fn the_steps_to_the_customer_happen_whole_or_not_at_all() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        shop.buy("depot", "BOLT", "20", "0.127");
        let new = order("web", &[("NAIL", "10"), ("KIT-B", "2")]);
        // Reserves its block of numbers, which is not given back.
        place(&shop.app, &shop.call(), &new).unwrap();
        let app = &shop.app;
        let placed = cut_off(app, &shop.call(), "place", |app, call| place(app, call, &new));
        let of = (placed.id, placed.fulfillments[0].id);
        let forward: [(&str, Step); 4] = [
            ("release", |app, call, of| release(app, call, of)),
            ("pick", |app, call, of| pick(app, call, of, &[])),
            ("pack", |app, call, of| pack(app, call, of, &[])),
            ("ship", |app, call, of| ship(app, call, of, &Shipping::default())),
        ];
        let mut now = placed;
        for (name, step) in forward {
            now = cut_off(app, &shop.call(), name, |app, call| step(app, call, of));
        }
        cut_off(app, &shop.call(), "undo", |app, call| undo(app, call, of.0));
        now = cut_off(app, &shop.call(), "ship-again", |app, call| {
            ship(app, call, of, &Shipping::default()).inspect(|order| assert_eq!(order.id, now.id))
        });
        let sent = now.shipments.last().unwrap().id;
        cut_off(app, &shop.call(), "deliver", |app, call| deliver(app, call, (of.0, sent), &[]));
        let other = place(app, &shop.call(), &new).unwrap();
        cut_off(app, &shop.call().with_reason("not wanted"), "cancel", |app, call| {
            cancel::cancel(app, call, other.id, &Cancel::Order)
        });
        clean(app);
    }
}

#[test]
fn money_and_goods_come_back_whole_or_not_at_all() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "5")]);
        let app = &shop.app;
        let line =
            ReturnLineIn { line: Some(order.lines[0].id), qty: 2, ..ReturnLineIn::default() };
        let wish = ReturnIn { order: Some(order.id), lines: vec![line], ..ReturnIn::default() };
        let asked =
            cut_off(app, &shop.call(), "request", |app, call| returns::request(app, call, &wish));
        cut_off(app, &shop.call(), "approve", |app, call| returns::approve(app, call, asked.id));
        let at = shop.location("leeds");
        let came = [ArrivalIn { line: asked.lines[0].id, qty: 2, lot: None, to: None, bin: None }];
        cut_off(app, &shop.call(), "receive", |app, call| {
            returns::receive(app, call, asked.id, at, &came)
        });
        let verdict = VerdictIn {
            line: asked.lines[0].id,
            from: Some(Fate::AwaitingInspection),
            to: Fate::Restocked,
            qty: 2,
            lot: None,
            from_bin: None,
            to_bin: None,
            refurbished: None,
            note: None,
        };
        cut_off(app, &shop.call(), "inspect", |app, call| {
            returns::inspect(app, call, asked.id, &verdict)
        });
        let refund = of_goods(&order, &asked, 2);
        cut_off(app, &shop.call(), "refund", |app, call| {
            refunds::make(app, call, order.id, &refund)
        });
        shop.verified(order.id);
    }
}

/// The refund of units of the first line that came back.
fn of_goods(order: &Order, returned: &Return, qty: i64) -> RefundIn {
    let line = RefundLineIn {
        line: order.lines[0].id,
        return_line: Some(returned.lines[0].id),
        cause: Cause::Returned,
        qty: Qty::new(qty).unwrap(),
        amount: None,
    };
    RefundIn {
        returned: Some(returned.id),
        lines: vec![line],
        charges: vec![],
        settlement: RefundSettlement::Refund,
        payment: None,
        reason: "came back".into(),
        settling: Settling::AtOnce,
    }
}

/// The process itself ends at every step: what its database holds afterwards is the command, whole
/// or not at all.
#[test]
fn a_process_that_ends_at_any_step_leaves_no_half_order() {
    for db in TestDb::each() {
        let shop = Shop::new(db);
        shop.stock("NAIL", "depot", 1_000, None);
        place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), serde_json::to_vec(&order("web", &[("NAIL", "10")])).unwrap())
            .unwrap();
        let orders = RefCell::new(vec![count(&shop.app, "orders")]);
        let mut ended = 0;
        for step in 0.. {
            let output = Command::new(env!("CARGO_BIN_EXE_orderly"))
                .args(["orders", "place", "--key", "the-order", "--json"])
                .arg(file.path())
                .args(["--database", shop.db.location()])
                .env("ORDERLY_ABORT_AT", step.to_string())
                .stdin(Stdio::null())
                .output();
            let output = output.unwrap();
            orders.borrow_mut().push(count(&shop.app, "orders"));
            if output.status.success() {
                let told: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert!(told.to_string().contains("ord_"), "{told}");
                break;
            }
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), None, "it was not ended but failed: {told}");
            proof::levels_are_claims(&shop.app);
            ended += 1;
            assert!(ended < 500, "it does not end");
        }
        assert!(ended > 10, "only {ended} steps");
        let orders = orders.into_inner();
        assert!(orders.is_sorted() && orders.last() == Some(&2), "{orders:?}");
        clean(&shop.app);
    }
}

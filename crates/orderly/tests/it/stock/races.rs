//! Stock commands at the same time.

use std::sync::{Arc, Barrier};
use std::thread::scope;

use orderly::ops::orders::place::place;
use orderly_core::books::Account;
use serde_json::json;

use super::receipt;
use crate::fixture::{Shop, order};

#[test]
fn a_serial_received_twice_at_once_is_taken_once() {
    for shop in Shop::each() {
        let start = Barrier::new(4);
        let won: usize = scope(|threads| {
            let workers: Vec<_> = ["depot", "york", "leeds", "depot"]
                .map(|location| {
                    let (shop, start) = (&shop, &start);
                    threads.spawn(move || {
                        start.wait();
                        let line = json!([{ "sku": "DRILL", "quantity": "1", "serials": ["S9"] }]);
                        usize::from(receipt(&shop.app, &shop.call(), location, line).is_ok())
                    })
                })
                .into_iter()
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
        let held: i64 = ["depot", "york", "leeds"].iter().map(|at| shop.sums("DRILL", at).0).sum();
        assert_eq!(held, 1);
    }
}

#[test]
fn orders_breakage_and_receipts_at_once_leave_true_counters() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "40", "1.00");
        let start = Arc::new(Barrier::new(6));
        scope(|threads| {
            for buyer in 0..3 {
                let (shop, start) = (&shop, Arc::clone(&start));
                threads.spawn(move || {
                    start.wait();
                    let channel = if buyer == 0 { "market" } else { "web" };
                    for _ in 0..6 {
                        let _ = place(&shop.app, &shop.call(), &order(channel, &[("NAIL", "3")]));
                    }
                });
            }
            let (shop, start_breaking) = (&shop, Arc::clone(&start));
            threads.spawn(move || {
                start_breaking.wait();
                for _ in 0..6 {
                    shop.adjust("depot", "NAIL", "-4").unwrap();
                }
            });
            for _ in 0..2 {
                let start = Arc::clone(&start);
                threads.spawn(move || {
                    start.wait();
                    for _ in 0..3 {
                        shop.buy("depot", "NAIL", "2", "1.00");
                        shop.work();
                    }
                });
            }
        });
        shop.work();
        let (on_hand, allocated, backordered) = shop.sums("NAIL", "depot");
        assert_eq!(on_hand, 40 - 24 + 12);
        assert!(allocated <= on_hand && backordered >= 0);
        let claims = |state: &str| {
            let sql = "SELECT CAST(COALESCE(SUM(qty), 0) AS BIGINT) AS n FROM claim
                        WHERE state = $1";
            shop.app.store.read(|tx| tx.query_one(sql, &[&state], |row| row.get::<i64>("n")))
        };
        assert_eq!(claims("allocated").unwrap(), Some(allocated));
        assert_eq!(claims("backordered").unwrap(), Some(backordered));
        assert_eq!(shop.level("NAIL", "depot").value, shop.balance(Account::Inventory));
    }
}

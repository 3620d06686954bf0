//! Orders on one account at the same time.

use std::sync::Barrier;
use std::thread::scope;

use orderly::Error;
use orderly::ops::accounts::{close, reopen, set_limit};
use orderly::ops::fulfillments::cancel::cancel;
use orderly::ops::orders::place::place;
use orderly::wire::OrderIn;
use orderly_core::order::Order;
use orderly_core::order::cancel::Cancel;
use orderly_core::refusal::Code;

use super::{account, nails, owed, site};
use crate::fixture::Shop;
use crate::proof;

/// Places the orders all at once, each in a thread of its own, and returns what became of them.
fn at_once(shop: &Shop, orders: &[OrderIn]) -> Vec<Result<Order, Error>> {
    let start = Barrier::new(orders.len());
    scope(|threads| {
        let workers: Vec<_> = orders
            .iter()
            .map(|order| {
                let start = &start;
                threads.spawn(move || {
                    let call = shop.call();
                    start.wait();
                    place(&shop.app, &call, order)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

/// How many were placed; every other one was refused for credit, and none failed.
fn placed(answers: &[Result<Order, Error>]) -> usize {
    let code = |answer: &Result<Order, Error>| match answer {
        Ok(_) => None,
        Err(error) => Some(error.refused()),
    };
    let refused = answers.iter().filter_map(code);
    assert!(refused.clone().all(|code| code == Some(Code::CreditLimit)), "{answers:?}");
    answers.len() - refused.count()
}

#[test]
fn fifty_orders_at_once_pass_no_limit_together() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("100.00"));
        let orders = vec![nails("70", None); 50];
        assert_eq!(placed(&at_once(&shop, &orders)), 14, "14 of 7.00 fit into 100.00");
        assert_eq!(owed(&shop, account.id, None), (9_800, 0, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (10_000, 980, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn the_limits_of_sites_and_of_their_account_hold_together() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("100.00"));
        let sites = [("NORTH", "30.00"), ("SOUTH", "45.00"), ("WEST", "50.00")];
        let sites = sites.map(|(code, limit)| site(&shop, &account, code, Some(limit)));
        let orders: Vec<OrderIn> =
            (0..48).map(|index| nails("50", Some(sites[index % 3].code.as_str()))).collect();
        assert_eq!(placed(&at_once(&shop, &orders)), 20, "6 + 9 + 10, but 20 in all");
        let own = sites.each_ref().map(|site| owed(&shop, account.id, Some(site.id)).0);
        assert_eq!(own.iter().sum::<i64>(), 10_000);
        assert!(own[0] <= 3_000 && own[1] <= 4_500 && own[2] <= 5_000, "{own:?}");
        assert_eq!(owed(&shop, account.id, None), (10_000, 0, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn orders_cancellations_limits_and_closing_at_once_leave_true_counters() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10_000, None);
        let account = account(&shop, Some("20.00"));
        let start = Barrier::new(6);
        scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    start.wait();
                    for _ in 0..8 {
                        if let Ok(order) = place(&shop.app, &shop.call(), &nails("70", None)) {
                            let call = shop.call().with_reason("not wanted");
                            cancel(&shop.app, &call, order.id, &Cancel::Order).unwrap();
                        }
                    }
                });
            }
            threads.spawn(|| {
                start.wait();
                for limit in ["7.00", "14.00", "0", "20.00"] {
                    let limit = Some(limit);
                    // Somebody else may have changed the account just then.
                    let _ = set_limit(&shop.app, &shop.call(), account.id, None, limit);
                }
            });
            threads.spawn(|| {
                start.wait();
                for _ in 0..6 {
                    if close(&shop.app, &shop.call(), account.id).is_ok() {
                        reopen(&shop.app, &shop.call(), account.id).unwrap();
                    }
                }
            });
        });
        assert_eq!(owed(&shop, account.id, None), (0, 0, 0));
        proof::all_holds(&shop.app);
    }
}

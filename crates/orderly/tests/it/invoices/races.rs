//! Numbers without gaps, however many issue at once and whatever is refused.

use std::thread;

use orderly::ops::invoices::{Filter, issue, list};
use orderly_core::order::Order;

use super::{ordered, sent};
use crate::fixture::Shop;

#[test]
fn documents_issued_at_once_are_numbered_without_gaps() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "1000", "0.0333");
        let orders: Vec<Order> = (0..12).map(|_| sent(&shop, &ordered(&shop, "3"))).collect();
        // Each twice: one of the two is refused and takes no number.
        thread::scope(|scope| {
            for order in orders.iter().chain(&orders) {
                let (shop, call) = (&shop, shop.call());
                scope.spawn(move || {
                    let _ = issue(&shop.app, &call, order.id);
                });
            }
        });
        let all = list(&shop.app, &shop.call(), &Filter::default(), None, 100).unwrap();
        let mut numbers: Vec<i64> = all.iter().map(|one| one.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
        super::clean(&shop);
    }
}

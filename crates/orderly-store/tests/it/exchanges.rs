//! Exchanges, refunds without a receipt and the cheapest sale, on both engines.

use orderly_core::exchange::{Exchange, ExchangeState, Ships};
use orderly_core::id::*;
use orderly_core::refund::RefundSettlement;
use orderly_store::tables::{exchanges, orders, refunds, returns};
use orderly_store::{Store, StoreError};

use crate::TestDb;
use crate::returns::{at, euro};

fn sample(number: u8, original: OrderId, replacement: OrderId) -> Exchange {
    Exchange {
        id: ExchangeId::from_bytes([number; 16]),
        number: format!("EX-{number}"),
        returned: ReturnId::from_bytes([number; 16]),
        order: original,
        replacement,
        payment: None,
        ships: Ships::AfterReceipt,
        rest: RefundSettlement::Refund,
        state: ExchangeState::Open,
        waives_fee: false,
        reason: "too small".into(),
        version: 1,
        created_at: at(1),
    }
}

#[test]
fn an_exchange_is_found_by_each_of_its_parts() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let read: Result<(), StoreError> = store.write(|tx| {
            let (first, second) = crate::orders::two_orders(tx)?;
            returns::insert(tx, &[&crate::returns::sample(1)])?;
            let one = sample(1, first, second);
            assert!(exchanges::insert(tx, &one)?);
            assert!(!exchanges::insert(tx, &one)?, "its number is taken");
            assert_eq!(exchanges::get(tx, one.id, true)?, Some(one.clone()));
            assert_eq!(exchanges::of_return(tx, one.returned)?, Some(one.clone()));
            assert_eq!(exchanges::of_replacement(tx, second)?, Some(one.clone()));
            assert_eq!(exchanges::of_replacement(tx, first)?, None);
            assert_eq!(exchanges::by_number(tx, "EX-1")?, Some(one.clone()));
            let done = Exchange { state: ExchangeState::Done, version: 2, ..one.clone() };
            assert_eq!(exchanges::list(tx, Some(one.state), None, 9)?, std::slice::from_ref(&one));
            assert_eq!(exchanges::list(tx, None, Some(one.id), 9)?, []);
            assert_eq!(exchanges::list(tx, Some(done.state), None, 9)?, []);
            assert!(exchanges::save(tx, &one, &done)?);
            assert!(!exchanges::save(tx, &one, &done)?, "somebody else saved it");
            Ok(())
        });
        read.unwrap();
    }
}

#[test]
fn the_lowest_price_is_that_of_a_sale_in_the_window() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let read: Result<(), StoreError> = store.write(|tx| {
            let (first, _) = crate::orders::two_orders(tx)?;
            let order = orders::get(tx, first, false)?.unwrap();
            let line = order.lines.iter().find(|line| line.amounts.due() > 0).unwrap();
            let item = line.item.unwrap();
            let (own, currency) = (Some(order.channel), order.currency);
            let sold = orders::sold::cheapest(tx, item, currency, own, order.placed_at)?.unwrap();
            assert!(sold.amounts.due() > 0);
            assert_eq!(sold.item, item);
            let later = order.placed_at.plus_micros(1_000_000_000);
            assert_eq!(orders::sold::cheapest(tx, item, currency, own, later)?, None);
            let other = Some(ChannelId::from_bytes([77; 16]));
            let elsewhere = orders::sold::cheapest(tx, item, currency, other, order.placed_at)?;
            assert_eq!(elsewhere, None);
            Ok(())
        });
        read.unwrap();
    }
}

#[test]
fn what_a_customer_had_without_a_receipt_is_summed() {
    for db in TestDb::each() {
        let store = Store::open(db.location()).unwrap();
        let read: Result<(), StoreError> = store.write(|tx| {
            let customer = CustomerId::from_bytes([5; 16]);
            let mut own = crate::refunds::sample(1, 12);
            (own.order, own.customer) = (None, Some(customer));
            own.returned = Some(ReturnId::from_bytes([1; 16]));
            refunds::insert(tx, &own)?;
            let mut named = crate::refunds::sample(2, 100);
            named.customer = Some(customer);
            refunds::insert(tx, &named)?;
            assert_eq!(refunds::without_receipt(tx, customer, euro(), at(0))?, 12);
            assert_eq!(refunds::without_receipt(tx, customer, euro(), at(9))?, 0);
            assert_eq!(refunds::of_return(tx, ReturnId::from_bytes([1; 16]))?, vec![own.clone()]);
            assert_eq!(refunds::by_number(tx, "RF-1")?, Some(own.id));
            assert_eq!(refunds::by_number(tx, "RF-9")?, None);
            Ok(())
        });
        read.unwrap();
    }
}

//! Store credit: given, spent as a tender, given back, expired; never below zero.

use std::thread;

use orderly::ops::orders;
use orderly::ops::payments::{self, PaymentIn, store_credit as credit};
use orderly::wire::OrderIn;
use orderly_core::books::Account;
use orderly_core::id::CustomerId;
use orderly_core::order::Order;
use orderly_core::payment::credit::CreditKind;
use orderly_core::refusal::Code;
use orderly_core::time::Day;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::{code, refused};

pub(crate) fn out_of_credit(order: &Order, amount: &str) -> PaymentIn {
    PaymentIn {
        order: Some(order.id),
        provider: Some("store_credit".into()),
        method: "store credit".into(),
        amount: Some(amount.into()),
        ..PaymentIn::default()
    }
}

fn clean(shop: &Shop) {
    let report = orderly::verify::run(&shop.app, &orderly::verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

fn left(shop: &Shop, customer: CustomerId) -> i64 {
    let standing = credit::show(&shop.app, &shop.call(), customer).unwrap();
    standing.balances.iter().map(|(_, left)| left).sum()
}

/// A customer with 60.00, and an order of 29.99.
pub(crate) fn given(shop: &Shop) -> (CustomerId, Order) {
    shop.stock("PAINT", "leeds", 50, None);
    let order = shop.ordered(&[("PAINT", "1")]);
    let customer = order.head.customer.unwrap();
    let call = shop.call().with_reason("a dent");
    credit::give(&shop.app, &call, customer, "60.00", None).unwrap();
    (customer, order)
}

#[test]
fn credit_is_spent_as_a_tender_and_comes_back_with_a_refund_of_the_payment() {
    for shop in Shop::each() {
        let (customer, order) = given(&shop);
        assert_eq!(shop.booked(Account::StoreCredit), -6_000);
        let app = &shop.app;
        let over = out_of_credit(&order, "60.01");
        let refusal = shop.unchanged(|| payments::take(app, &shop.call(), &over));
        assert_eq!(refusal.code(), Code::AboveStoreCredit);
        assert_eq!(refusal.issues[0].available.as_deref(), Some("60.00 GBP"));
        let paid = payments::take(app, &shop.call(), &out_of_credit(&order, "29.99")).unwrap();
        assert_eq!(left(&shop, customer), 3_001);
        assert_eq!(shop.booked(Account::StoreCredit), -3_001);
        assert_eq!(shop.booked(Account::CustomerDeposits), -2_999);
        let step = payments::StepIn { order: Some(order.id), ..payments::StepIn::default() };
        payments::withdraw(app, &shop.call(), paid.id, &step).unwrap();
        payments::give_back(app, &shop.call(), paid.id, &payments::StepIn::default()).unwrap();
        assert_eq!(left(&shop, customer), 6_000);
        let kinds: Vec<CreditKind> = credit::show(app, &shop.call(), customer)
            .unwrap()
            .entries
            .iter()
            .map(|entry| entry.kind)
            .collect();
        assert_eq!(kinds, [CreditKind::Issued, CreditKind::Spent, CreditKind::Returned]);
        shop.verified(order.id);
        clean(&shop);
    }
}

#[test]
fn giving_credit_needs_a_reason_a_right_and_a_customer() {
    for shop in Shop::each() {
        let (customer, _) = given(&shop);
        let app = &shop.app;
        let give = |amount: &str| credit::give(app, &shop.call(), customer, amount, None);
        assert_eq!(shop.unchanged(|| give("5")).code(), Code::ReasonRequired);
        assert_eq!(shop.unchanged(|| give("0")).code(), Code::MoneyInvalid);
        let nobody = CustomerId::from_bytes([5; 16]);
        let call = shop.call().with_reason("a dent");
        assert_eq!(code(credit::give(app, &call, nobody, "5", None)), Code::UnknownCustomer);
        assert!(credit::give(app, &shop.stranger(), customer, "5", None).is_err());
    }
}

#[test]
fn credit_that_was_not_used_in_time_is_income() {
    for shop in Shop::each() {
        let (customer, order) = given(&shop);
        let app = &shop.app;
        let expire = || credit::expire(app, &shop.call(), customer);
        assert_eq!(code(expire()), Code::NothingToDo);
        let call = shop.call().with_reason("a birthday");
        let until = Day::parse("2026-03-01").unwrap();
        credit::give(app, &call, customer, "40", Some(until)).unwrap();
        payments::take(app, &shop.call(), &out_of_credit(&order, "10")).unwrap();
        expire().unwrap();
        assert_eq!(left(&shop, customer), 6_000);
        assert_eq!(shop.booked(Account::ExpiredCredit), -3_000);
        assert_eq!(code(expire()), Code::NothingToDo);
        clean(&shop);
    }
}

fn sale(amount: &str) -> OrderIn {
    read(json!({
        "channel": "till",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": [{ "ref": "1", "method": "take_away", "location": "leeds" }],
        "lines": [{ "sku": "PAINT", "quantity": "1" }],
        "payments": [
            { "provider": "store_credit", "captured": amount },
            { "provider": "manual", "captured": "4.99" },
        ],
    }))
}

#[test]
fn eight_at_once_spend_no_more_than_there_is() {
    for shop in Shop::each() {
        let (customer, _) = given(&shop);
        let calls: Vec<_> = (0..8).map(|_| shop.call()).collect();
        let done = thread::scope(|scope| {
            let app = &shop.app;
            let started: Vec<_> = calls
                .iter()
                .map(|call| {
                    scope.spawn(move || orders::place::place(app, call, &sale("20.00")).is_ok())
                })
                .collect();
            started.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
        });
        assert_eq!(done, 3);
        assert_eq!(left(&shop, customer), 0);
        let refusal = refused(orders::place::place(&shop.app, &shop.call(), &sale("0.01")));
        assert_eq!(refusal.code(), Code::AboveStoreCredit);
        assert_eq!(refusal.issues[0].pointer, "/payments/0");
        clean(&shop);
    }
}

//! Tills: sessions, blind counts, cash rounding, on both engines.

use std::thread;

use orderly::ops::payments::{self, PaymentIn, Settling};
use orderly::ops::tills::*;
use orderly::ops::{orders, refunds, settings};
use orderly::{App, Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::books::Account;
use orderly_core::id::UserId;
use orderly_core::order::Order;
use orderly_core::payment::Payment;
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::refusal::Code;
use orderly_core::till::{Drawer, EntryKind, SessionState};
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::{allowed, code, refused};

pub(crate) fn with_drawer(shop: &Shop, number: &str) -> Drawer {
    let new = DrawerIn {
        code: number.into(),
        name: "Till".into(),
        location: "leeds".into(),
        currency: None,
    };
    create_drawer(&shop.app, &shop.call(), &new).unwrap()
}

pub(crate) fn cash(order: &Order) -> PaymentIn {
    PaymentIn {
        order: Some(order.id),
        provider: Some("cash".into()),
        method: "cash".into(),
        ..PaymentIn::default()
    }
}

fn clean(shop: &Shop) {
    let report = orderly::verify::run(&shop.app, &orderly::verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

fn expected(shop: &Shop, code: &str) -> i64 {
    list(&shop.app, &shop.call())
        .unwrap()
        .into_iter()
        .find(|(drawer, _)| drawer.code == code)
        .and_then(|(_, session)| session)
        .map_or(0, |session| session.expected)
}

pub(crate) fn pieces(all: &[(&str, i64)]) -> Vec<(String, i64)> {
    all.iter().map(|(value, number)| ((*value).to_owned(), *number)).collect()
}

#[test]
fn a_day_at_the_till_ends_with_a_count_and_what_is_short() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        with_drawer(&shop, "K1");
        let order = shop.ordered(&[("PAINT", "2")]);
        let (app, pay) = (&shop.app, cash(&order));
        let refusal = shop.unchanged(|| payments::take(app, &shop.call(), &pay));
        assert_eq!(refusal.code(), Code::NoOpenSession);
        let session = open(app, &shop.call(), "K1", "50.00").unwrap();
        assert_eq!((session.number, session.expected), (1, 5_000));
        assert_eq!(session.business_on.to_string(), "2026-03-02");
        let paid = payments::take(app, &shop.call(), &pay).unwrap();
        assert_eq!(paid.amounts.captured, 5_498);
        assert_eq!(expected(&shop, "K1"), 10_498);
        // Nobody sees what should be there before counting.
        let blind = report(app, &shop.call(), "K1", None).unwrap();
        assert_eq!((blind.expected, blind.entries.len()), (None, 0));
        let petty = MoveIn {
            kind: EntryKind::PayOut,
            amount: "4.98".into(),
            account: Some(Account::OwnUse),
        };
        let call = shop.call().with_reason("milk");
        move_cash(app, &call, "K1", &petty).unwrap();
        let drop = MoveIn {
            kind: EntryKind::Drop,
            amount: "40".into(),
            account: Some(Account::CashInTransit),
        };
        move_cash(app, &shop.call(), "K1", &drop).unwrap();
        clean(&shop);
        let refusal = shop.unchanged(|| close(app, &shop.call(), "K1"));
        assert_eq!(refusal.code(), Code::NothingToDo);
        let counted = count(app, &shop.call(), "K1", &pieces(&[("20", 2), ("5", 3), ("0.20", 1)]));
        assert_eq!(counted.unwrap().counted, Some(5_520));
        let refusal = shop.unchanged(|| close(app, &shop.call(), "K1"));
        assert_eq!(refusal.code(), Code::ReasonRequired);
        resume(app, &shop.call(), "K1").unwrap();
        let again = pieces(&[("20", 2), ("10", 1), ("5", 1), ("1", 4), ("0.20", 5)]);
        count(app, &shop.call(), "K1", &again).unwrap();
        let closed = close(app, &shop.call().with_reason("a coin rolled away"), "K1").unwrap();
        assert_eq!((closed.expected, closed.difference), (6_000, Some(0)));
        assert_eq!(shop.booked(Account::TillCash), 0);
        assert_eq!(shop.booked(Account::CashInTransit), 4_000);
        assert_eq!(shop.booked(Account::SafeCash), 6_000 - 5_000);
        let z = report(app, &shop.call(), "K1", Some(1)).unwrap();
        assert_eq!(z.sums["sale"], (1, 5_498));
        assert_eq!(z.sums["cash_up"], (1, -6_000));
        assert_eq!(z.counts.len(), 2);
        clean(&shop);
    }
}

#[test]
fn what_is_short_within_the_tolerance_needs_no_reason() {
    for shop in Shop::each() {
        with_drawer(&shop, "K1");
        let app = &shop.app;
        settings::set(app, &shop.call(), "till.tolerance", "1.00").unwrap();
        open(app, &shop.call(), "K1", "50").unwrap();
        count(app, &shop.call(), "K1", &pieces(&[("49", 1)])).unwrap();
        let closed = close(app, &shop.call(), "K1").unwrap();
        assert_eq!(closed.difference, Some(-100));
        assert_eq!(shop.booked(Account::CashDifferences), 100);
        open(app, &shop.call(), "K1", "50").unwrap();
        count(app, &shop.call(), "K1", &pieces(&[("52", 1)])).unwrap();
        let refusal = refused(close(app, &shop.call(), "K1"));
        assert_eq!(refusal.code(), Code::ReasonRequired);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("1.00 GBP"));
        let closed = close(app, &shop.call().with_reason("found"), "K1").unwrap();
        assert_eq!((closed.difference, closed.state), (Some(200), SessionState::Closed));
        assert_eq!(shop.booked(Account::CashDifferences), -100);
        clean(&shop);
    }
}

#[test]
fn what_a_till_does_not_do_is_refused_and_changes_nothing() {
    for shop in Shop::each() {
        with_drawer(&shop, "K1");
        let app = &shop.app;
        let twice = DrawerIn {
            code: "K1".into(),
            name: "Till".into(),
            location: "leeds".into(),
            currency: None,
        };
        let nowhere = DrawerIn { code: "K9".into(), location: "mars".into(), ..twice.clone() };
        let refusal = shop.unchanged(|| create_drawer(app, &shop.call(), &twice));
        assert_eq!(refusal.code(), Code::AlreadyExists);
        let refusal = shop.unchanged(|| create_drawer(app, &shop.call(), &nowhere));
        assert_eq!(refusal.code(), Code::UnknownLocation);
        assert!(matches!(open(app, &shop.call(), "K8", "1"), Err(Error::NotFound { .. })));
        let refusal = shop.unchanged(|| open(app, &shop.call(), "K1", "-1"));
        assert_eq!(refusal.code(), Code::MoneyInvalid);
        let refusal = shop.unchanged(|| count(app, &shop.call(), "K1", &[]));
        assert_eq!(refusal.code(), Code::NoOpenSession);
        open(app, &shop.call(), "K1", "10").unwrap();
        let refusal = shop.unchanged(|| open(app, &shop.call(), "K1", "10"));
        assert_eq!(refusal.code(), Code::SessionOpen);
        let drop = |amount: &str, account| MoveIn {
            kind: EntryKind::Drop,
            amount: amount.into(),
            account,
        };
        let refusal = shop.unchanged(|| move_cash(app, &shop.call(), "K1", &drop("11", None)));
        assert_eq!(refusal.code(), Code::AboveDrawer);
        assert_eq!(refusal.issues[0].available.as_deref(), Some("10.00 GBP"));
        let odd = drop("1", Some(Account::OwnUse));
        let refusal = shop.unchanged(|| move_cash(app, &shop.call(), "K1", &odd));
        assert_eq!(refusal.code(), Code::InvalidField);
        let mute = MoveIn { kind: EntryKind::PayIn, amount: "1".into(), account: None };
        let refusal = shop.unchanged(|| move_cash(app, &shop.call(), "K1", &mute));
        assert_eq!(refusal.code(), Code::ReasonRequired);
        let refusal = shop.unchanged(|| resume(app, &shop.call(), "K1"));
        assert_eq!(refusal.code(), Code::NothingToDo);
        assert!(matches!(open(app, &shop.stranger(), "K1", "1"), Err(Error::Forbidden { .. })));
        let clerk =
            clerk(&shop, &[(Permission::WorkTill, None), (Permission::MoveCash, Some(500))]);
        let refusal = refused(move_cash(app, &clerk, "K1", &drop("6", None)));
        assert_eq!(refusal.code(), Code::AmountLimit);
        clean(&shop);
    }
}

fn clerk(shop: &Shop, rights: &[(Permission, Option<i64>)]) -> Call {
    let grants = rights.iter().map(|(permission, limit_minor)| Grant {
        permission: *permission,
        locations: vec![],
        channels: vec![],
        limit_minor: *limit_minor,
    });
    let id = UserId::from_bytes([7; 16]);
    shop.call_of(Actor { kind: ActorKind::User, id, all: false, grants: grants.collect() })
}

/// Runs the same thing in eight threads at once and returns how often it was done.
fn race(app: &App, calls: Vec<Call>, run: impl Fn(&App, &Call) -> bool + Sync) -> usize {
    thread::scope(|scope| {
        let run = &run;
        let started: Vec<_> =
            calls.into_iter().map(|call| scope.spawn(move || run(app, &call))).collect();
        started.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    })
}

#[test]
fn eight_at_once_open_one_session_and_sell_into_it() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 100, None);
        with_drawer(&shop, "K1");
        let calls = || (0..8).map(|_| shop.call()).collect::<Vec<_>>();
        let opened = race(&shop.app, calls(), |app, call| open(app, call, "K1", "10").is_ok());
        assert_eq!(opened, 1);
        let all: Vec<Order> = (0..8).map(|_| shop.ordered(&[("PAINT", "1")])).collect();
        let next = std::sync::atomic::AtomicUsize::new(0);
        let sold = race(&shop.app, calls(), |app, call| {
            let own = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            payments::take(app, call, &cash(&all[own])).is_ok()
        });
        assert_eq!(sold, 8);
        assert_eq!(expected(&shop, "K1"), 1_000 + 8 * 2_999);
        clean(&shop);
    }
}

#[test]
fn two_drawers_need_the_name_of_one() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let second = (with_drawer(&shop, "K1"), with_drawer(&shop, "K2")).1;
        let app = &shop.app;
        open(app, &shop.call(), "K1", "0").unwrap();
        open(app, &shop.call(), "K2", "0").unwrap();
        let order = shop.ordered(&[("PAINT", "1")]);
        let refusal = shop.unchanged(|| payments::take(app, &shop.call(), &cash(&order)));
        assert_eq!(refusal.code(), Code::NoOpenSession);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("--drawer"));
        let here = Call { drawer: Some(second.id), ..shop.call() };
        payments::take(app, &here, &cash(&order)).unwrap();
        assert_eq!((expected(&shop, "K1"), expected(&shop, "K2")), (0, 2_999));
        clean(&shop);
    }
}

fn goodwill(order: &Order) -> refunds::RefundIn {
    refunds::RefundIn {
        returned: None,
        lines: vec![refunds::RefundLineIn {
            line: order.lines[0].id,
            return_line: None,
            cause: Cause::Goodwill,
            qty: Qty::new(1).unwrap(),
            amount: None,
        }],
        charges: vec![],
        settlement: RefundSettlement::Refund,
        payment: None,
        reason: "a dent".into(),
        settling: Settling::AtOnce,
    }
}

#[test]
fn a_refund_in_cash_comes_out_of_the_drawer_and_is_rounded() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        with_drawer(&shop, "K1");
        let app = &shop.app;
        settings::set(app, &shop.call(), "cash_rounding.gbp", "0.05").unwrap();
        open(app, &shop.call(), "K1", "0").unwrap();
        let order = shop.ordered(&[("PAINT", "2")]);
        let short = PaymentIn { tendered: Some("54".into()), ..cash(&order) };
        let refusal = shop.unchanged(|| payments::take(app, &shop.call(), &short));
        assert_eq!(refusal.code(), Code::MoneyInvalid);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("55.00 GBP"));
        let pay = PaymentIn { tendered: Some("60".into()), ..cash(&order) };
        let paid: Payment = payments::take(app, &shop.call(), &pay).unwrap();
        let captured = paid.transactions.last().unwrap();
        assert_eq!((captured.amount, captured.moved(), captured.change()), (5_498, 5_500, 500));
        assert_eq!(shop.order(order.id).head.paid.captured, 5_498);
        assert_eq!(shop.booked(Account::TillCash), 5_500);
        assert_eq!(shop.booked(Account::CashRounding), -2);
        refunds::make(app, &shop.call(), order.id, &goodwill(&order)).unwrap();
        assert_eq!(expected(&shop, "K1"), 5_500 - 2_500);
        assert_eq!(shop.booked(Account::CashRounding), -1);
        shop.verified(order.id);
        clean(&shop);
    }
}

#[test]
fn a_placement_takes_several_tenders_and_rounds_the_cash_only() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        with_drawer(&shop, "K1");
        let app = &shop.app;
        settings::set(app, &shop.call(), "cash_rounding.main.gbp", "1").unwrap();
        let sale = read(json!({
            "channel": "till",
            "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "deliveries": [{ "ref": "1", "method": "take_away", "location": "leeds" }],
            "lines": [{ "sku": "PAINT", "quantity": "2" }],
            "payments": [
                { "provider": "manual", "method": "card", "captured": "20.48" },
                { "provider": "cash", "captured": "29.50", "tendered": "50.00" },
            ],
        }));
        let placing = || orders::place::place(app, &shop.call(), &sale);
        assert_eq!(code(placing()), Code::NoOpenSession);
        assert_eq!(allowed(placing()), "orderly tills open");
        open(app, &shop.call(), "K1", "0").unwrap();
        let order = placing().unwrap();
        assert_eq!((order.head.totals.total, order.head.paid.captured), (4_998, 4_998));
        assert_eq!(expected(&shop, "K1"), 3_000);
        assert_eq!(shop.booked(Account::CashRounding), -50);
        shop.verified(order.id);
        clean(&shop);
    }
}

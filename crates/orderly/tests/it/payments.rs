//! Payments and refunds on both engines.

use std::sync::Arc;
use std::thread;

use orderly::ops::payments::*;
use orderly::ops::refunds::{self, RefundIn, RefundLineIn};
use orderly::{App, Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::books::Account;
use orderly_core::id::{OrderId, UserId};
use orderly_core::order::Order;
use orderly_core::payment::settle::Answer;
use orderly_core::payment::{Payment, TransactionState};
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement, RefundState};
use orderly_core::refusal::Code;

use crate::fixture::Shop;
use crate::sold::{allowed, code};

fn card(order: OrderId, amount: &str) -> PaymentIn {
    PaymentIn {
        order: Some(order),
        method: "card".into(),
        amount: Some(amount.into()),
        ..PaymentIn::default()
    }
}

fn step(order: OrderId, amount: &str) -> StepIn {
    StepIn { order: Some(order), amount: Some(amount.into()), settling: Settling::AtOnce }
}

fn later(order: OrderId, amount: &str) -> StepIn {
    StepIn { settling: Settling::Later, ..step(order, amount) }
}

fn of(order: &Order, line: usize, cause: Cause, qty: i64) -> RefundIn {
    RefundIn {
        returned: None,
        lines: vec![RefundLineIn {
            line: order.lines[line].id,
            return_line: None,
            cause,
            qty: Qty::new(qty).unwrap(),
            amount: None,
        }],
        charges: vec![],
        settlement: RefundSettlement::Refund,
        payment: None,
        reason: "a dent".into(),
        settling: Settling::AtOnce,
    }
}

pub(crate) fn goodwill(order: &Order, qty: i64) -> RefundIn {
    of(order, 0, Cause::Goodwill, qty)
}

/// A clerk with some rights, each up to an amount.
fn clerk(shop: &Shop, number: u8, rights: &[Permission], limit: Option<i64>) -> Call {
    let grants = rights.iter().map(|permission| Grant {
        permission: *permission,
        locations: vec![],
        channels: vec![],
        limit_minor: limit,
    });
    let id = UserId::from_bytes([number; 16]);
    shop.call_of(Actor { kind: ActorKind::User, id, all: false, grants: grants.collect() })
}

#[test]
fn money_is_reserved_taken_and_partly_let_go() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let held = authorize(&shop.app, &shop.call(), &card(order.id, "54.98")).unwrap();
        let over = || capture(&shop.app, &shop.call(), held.id, &step(order.id, "54.99"));
        let refusal = shop.unchanged(over);
        assert_eq!(refusal.code(), Code::AboveAuthorized);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("54.98 GBP"));
        capture(&shop.app, &shop.call(), held.id, &step(order.id, "40.00")).unwrap();
        let void = void(&shop.app, &shop.call(), held.id, &step(order.id, "14.98")).unwrap();
        assert_eq!((void.amounts.captured, void.amounts.voided), (4_000, 1_498));
        let paid = shop.order(order.id).head.paid;
        assert_eq!((paid.authorized, paid.captured, paid.refunded), (4_000, 4_000, 0));
        assert_eq!(shop.booked(Account::Clearing), 4_000);
        assert_eq!(shop.booked(Account::CustomerDeposits), -4_000);
        shop.verified(order.id);
    }
}

#[test]
fn an_amount_that_is_none_is_refused() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        for (amount, wrong) in [
            ("0", Code::MoneyInvalid),
            ("-1", Code::MoneyInvalid),
            ("1.001", Code::MoneyPrecision),
            ("one", Code::MoneyInvalid),
            ("99999999999999999", Code::MoneyTooLarge),
        ] {
            let new = card(order.id, amount);
            let refusal = shop.unchanged(|| authorize(&shop.app, &shop.call(), &new));
            assert_eq!(refusal.code(), wrong, "{amount}");
        }
        let euros = PaymentIn { currency: Some("EUR".into()), ..card(order.id, "1") };
        let refusal = shop.unchanged(|| authorize(&shop.app, &shop.call(), &euros));
        assert_eq!(refusal.code(), Code::CurrencyMismatch);
        let none = PaymentIn { currency: Some("XXY".into()), ..card(order.id, "1") };
        let refusal = shop.unchanged(|| authorize(&shop.app, &shop.call(), &none));
        assert_eq!(refusal.code(), Code::UnknownCurrency);
    }
}

#[test]
fn the_same_key_takes_money_once() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let call = shop.call().with_key("pay-1", b"54.98");
        let first = take(&shop.app, &call, &card(order.id, "54.98")).unwrap();
        let again = take(&shop.app, &call, &card(order.id, "54.98")).unwrap();
        assert_eq!(again, first);
        assert_eq!(shop.order(order.id).head.paid.captured, 5_498);
        let other = shop.call().with_key("pay-1", b"1");
        assert_eq!(code(take(&shop.app, &other, &card(order.id, "1"))), Code::IdempotencyMismatch);
    }
}

#[test]
fn a_provider_that_answers_twice_is_recorded_once() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let card = PaymentIn { provider: Some("acme".into()), ..card(order.id, "54.98") };
        let held = authorize(&shop.app, &shop.call(), &card).unwrap();
        assert_eq!(held.amounts.authorize_pending, 5_498, "its provider has not answered");
        let id = held.transactions[0].id;
        let answer = Answer::Done { reference: Some("auth-7".into()) };
        let settled = settle(&shop.app, &shop.call(), held.id, id, &answer).unwrap();
        assert_eq!(settled.amounts.authorized, 5_498);
        let rows = crate::proof::books(&shop.app);
        let again = settle(&shop.app, &shop.call(), held.id, id, &answer).unwrap();
        assert_eq!((again, crate::proof::books(&shop.app)), (settled, rows));
        let other = authorize(&shop.app, &shop.call(), &card).unwrap();
        let twice = other.transactions[0].id;
        let refusal = shop.unchanged(|| settle(&shop.app, &shop.call(), other.id, twice, &answer));
        assert_eq!(refusal.code(), Code::AlreadyExists);
        let named = PaymentIn { reference: Some("pi_1".into()), ..card };
        authorize(&shop.app, &shop.call(), &named).unwrap();
        let refusal = shop.unchanged(|| authorize(&shop.app, &shop.call(), &named));
        assert_eq!(refusal.code(), Code::AlreadyExists);
    }
}

#[test]
fn an_unknown_outcome_keeps_the_money_reserved_until_it_is_known() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let held = authorize(&shop.app, &shop.call(), &card(order.id, "54.98")).unwrap();
        let sent = capture(&shop.app, &shop.call(), held.id, &later(order.id, "50")).unwrap();
        let id = sent.begun_since(&held).unwrap().id;
        settle(&shop.app, &shop.call(), held.id, id, &Answer::Unknown).unwrap();
        let more = || capture(&shop.app, &shop.call(), held.id, &step(order.id, "5"));
        assert_eq!(allowed(more()), "4.98 GBP");
        assert_eq!(shop.booked(Account::Clearing), 0);
        let open = shop.app.store.read(|tx| {
            orderly_store::tables::payments::open_transactions(tx, None, 10).map_err(Error::from)
        });
        assert_eq!(open.unwrap().len(), 1);
        let done = Answer::Done { reference: None };
        let known = settle(&shop.app, &shop.call(), held.id, id, &done).unwrap();
        assert_eq!(known.transaction(id).unwrap().state, TransactionState::Done);
        assert_eq!(shop.order(order.id).head.paid.captured, 5_000);
        assert_eq!(shop.booked(Account::Clearing), 5_000);
        shop.verified(order.id);
    }
}

#[test]
fn money_without_an_order_pays_one_later_and_goes_back() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let new = PaymentIn {
            order: None,
            channel: Some(order.channel),
            method: "transfer".into(),
            amount: Some("100".into()),
            ..PaymentIn::default()
        };
        let money = take(&shop.app, &shop.call(), &new).unwrap();
        assert_eq!(shop.booked(Account::UnappliedReceipts), -10_000);
        let over = || apply(&shop.app, &shop.call(), money.id, &step(order.id, "100.01"));
        let refusal = shop.unchanged(over);
        assert_eq!(refusal.code(), Code::AboveUnapplied);
        apply(&shop.app, &shop.call(), money.id, &step(order.id, "54.98")).unwrap();
        assert_eq!(shop.order(order.id).head.paid.captured, 5_498);
        assert_eq!(shop.booked(Account::CustomerDeposits), -5_498);
        shop.verified(order.id);
        let rest = StepIn { order: None, amount: None, settling: Settling::AtOnce };
        let back = give_back(&shop.app, &shop.call(), money.id, &rest).unwrap();
        assert_eq!(back.amounts.refunded, 4_502);
        let more = StepIn { amount: Some("0.01".into()), ..rest };
        assert_eq!(code(give_back(&shop.app, &shop.call(), money.id, &more)), Code::AboveCaptured);
        withdraw(&shop.app, &shop.call(), money.id, &step(order.id, "54.98")).unwrap();
        assert_eq!(shop.order(order.id).head.paid.captured, 0);
        assert_eq!(shop.booked(Account::UnappliedReceipts), -5_498);
        assert_eq!(shop.booked(Account::CustomerDeposits), 0);
        shop.verified(order.id);
    }
}

#[test]
fn rights_and_limits_bound_what_a_clerk_refunds() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "2")]);
        let make = |call: &Call| {
            let call = Call { seed: shop.call().seed, ..call.clone() };
            refunds::make(&shop.app, &call, order.id, &goodwill(&order, 1))
        };
        assert!(matches!(
            take(&shop.app, &shop.stranger(), &card(order.id, "1")),
            Err(Error::Forbidden { permission: Permission::TakePayment })
        ));
        let small = clerk(&shop, 3, &[Permission::Refund], Some(1_000));
        let refusal = shop.unchanged(|| make(&small));
        assert_eq!(refusal.code(), Code::AboveRefundable, "no right to goodwill");
        let rights = [Permission::Refund, Permission::RefundGoodwill, Permission::Approve];
        let mut small = clerk(&shop, 3, &rights, Some(1_000));
        let refusal = shop.unchanged(|| make(&small));
        assert_eq!(refusal.code(), Code::AmountLimit);
        small.overrides = vec![Code::AmountLimit];
        let own = small.actor.clone();
        let by = |by| orderly::call::Approval { by, reason: "a good customer".into() };
        small.approval = Some(by(own));
        let refusal = shop.unchanged(|| make(&small));
        assert_eq!(refusal.code(), Code::ApprovalByRequester);
        let boss = clerk(&shop, 4, &[Permission::Approve], None).actor;
        small.approval = Some(by(boss));
        assert_eq!(make(&small).unwrap().amount, 2_499);
        shop.verified(order.id);
    }
}

#[test]
fn refunds_one_at_a_time_leave_nothing_and_no_more_is_given() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "3")]);
        let mut sum = 0;
        for _ in 0..3 {
            let made = refunds::make(&shop.app, &shop.call(), order.id, &goodwill(&order, 1));
            let made = made.unwrap();
            assert_eq!(made.state, RefundState::Settled);
            sum += made.amount;
        }
        assert_eq!(sum, 7_497);
        let more = shop
            .unchanged(|| refunds::make(&shop.app, &shop.call(), order.id, &goodwill(&order, 1)));
        assert_eq!(more.code(), Code::AboveRefundable);
        assert_eq!(more.issues[0].allowed.as_deref(), Some("0"));
        let mut shipping = goodwill(&order, 1);
        shipping.lines.clear();
        shipping.charges = vec![(order.charges[0].id, None)];
        refunds::make(&shop.app, &shop.call(), order.id, &shipping).unwrap();
        assert_eq!(shop.booked(Account::TillCash), 0);
        assert_eq!(shop.booked(Account::CustomerDeposits), 0);
        shop.verified(order.id);
    }
}

#[test]
fn a_refund_that_the_provider_fails_may_be_made_again() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "2")]);
        let paid = take(&shop.app, &shop.call(), &card(order.id, "54.98")).unwrap();
        let order = shop.order(order.id);
        let mut slow = goodwill(&order, 2);
        slow.settling = Settling::Later;
        let made = refunds::make(&shop.app, &shop.call(), order.id, &slow).unwrap();
        assert_eq!(made.state, RefundState::Pending);
        let twice = refunds::make(&shop.app, &shop.call(), order.id, &slow);
        assert_eq!(code(twice), Code::AboveRefundable);
        assert_eq!(
            code(refunds::cancel(&shop.app, &shop.call(), made.id)),
            Code::InvalidTransition
        );
        let payment = get(&shop.app, paid.id).unwrap().unwrap();
        let open = payment.transactions.iter().find(|one| one.is_open()).unwrap().id;
        let failed = Answer::Failed { reference: None };
        settle(&shop.app, &shop.call(), paid.id, open, &failed).unwrap();
        let given_up = refunds::get(&shop.app, made.id).unwrap().unwrap();
        assert_eq!(given_up.state, RefundState::Failed);
        assert_eq!(shop.order(order.id).lines[0].quantities.refunded, Qty::ZERO);
        shop.verified(order.id);
        let again = refunds::make(&shop.app, &shop.call(), order.id, &slow).unwrap();
        let payment = get(&shop.app, paid.id).unwrap().unwrap();
        let open = payment.transactions.iter().find(|one| one.is_open()).unwrap().id;
        let done = Answer::Done { reference: Some("re_1".into()) };
        settle(&shop.app, &shop.call(), paid.id, open, &done).unwrap();
        let settled = refunds::get(&shop.app, again.id).unwrap().unwrap();
        assert_eq!(settled.state, RefundState::Settled);
        assert_eq!(shop.order(order.id).head.paid.refunded, 4_998);
        shop.verified(order.id);
    }
}

#[test]
fn credit_in_place_of_money_moves_no_money_and_counts_once() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "2")]);
        let credit =
            RefundIn { settlement: RefundSettlement::AccountCredit, ..goodwill(&order, 1) };
        let refusal = shop.unchanged(|| refunds::make(&shop.app, &shop.call(), order.id, &credit));
        assert_eq!(refusal.code(), Code::AccountRequired);
        let credit = RefundIn { settlement: RefundSettlement::StoreCredit, ..credit };
        refunds::make(&shop.app, &shop.call(), order.id, &credit).unwrap();
        assert_eq!(shop.booked(Account::StoreCredit), -2_499);
        assert_eq!(shop.booked(Account::TillCash), 5_498);
        let mut rest = goodwill(&order, 1);
        rest.charges = vec![(order.charges[0].id, None)];
        let proposal = refunds::propose(&shop.app, &shop.call(), order.id, &rest).unwrap();
        assert_eq!((proposal.amount, proposal.maximum), (2_999, 2_999));
        refunds::make(&shop.app, &shop.call(), order.id, &rest).unwrap();
        assert_eq!(shop.booked(Account::CustomerDeposits), 0);
        shop.verified(order.id);
    }
}

#[test]
fn a_refund_says_why_and_what() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.sold(&[("PAINT", "2")]);
        let mute = RefundIn { reason: String::new(), ..goodwill(&order, 1) };
        let refusal = shop.unchanged(|| refunds::make(&shop.app, &shop.call(), order.id, &mute));
        assert_eq!(refusal.code(), Code::ReasonRequired);
        let none = RefundIn { lines: vec![], ..goodwill(&order, 1) };
        let refusal = shop.unchanged(|| refunds::make(&shop.app, &shop.call(), order.id, &none));
        assert_eq!(refusal.code(), Code::NoLines);
        let unpaid = shop.ordered(&[("PAINT", "2")]);
        let early = goodwill(&unpaid, 1);
        let refusal = shop.unchanged(|| refunds::make(&shop.app, &shop.call(), unpaid.id, &early));
        assert_eq!(refusal.code(), Code::AboveRefundable);
    }
}

/// Runs the same thing in eight threads at once and returns how often it was done.
fn race(app: &App, calls: Vec<Call>, run: impl Fn(&App, &Call) -> bool + Send + Sync) -> usize {
    let run = Arc::new(run);
    thread::scope(|scope| {
        let started: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let run = Arc::clone(&run);
                scope.spawn(move || run(app, &call))
            })
            .collect();
        started.into_iter().filter(|_| true).map(|one| one.join().unwrap()).filter(|d| *d).count()
    })
}

#[test]
fn concurrent_captures_and_refunds_do_not_exceed_what_there_is() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let order = shop.ordered(&[("PAINT", "4")]);
        let held = authorize(&shop.app, &shop.call(), &card(order.id, "104.96")).unwrap();
        let calls = || (0..8).map(|_| shop.call()).collect::<Vec<_>>();
        let (id, part) = (held.id, step(order.id, "30"));
        let captured = race(&shop.app, calls(), |app, call| capture(app, call, id, &part).is_ok());
        assert_eq!(captured, 3);
        capture(&shop.app, &shop.call(), id, &step(order.id, "14.96")).unwrap();
        let one = goodwill(&shop.order(order.id), 1);
        let refunded =
            race(&shop.app, calls(), |app, call| refunds::make(app, call, order.id, &one).is_ok());
        assert_eq!(refunded, 4);
        let payment: Payment = get(&shop.app, id).unwrap().unwrap();
        assert_eq!((payment.amounts.captured, payment.amounts.refunded), (10_496, 9_996));
        shop.verified(order.id);
    }
}

#[test]
fn money_without_an_amount_pays_what_the_order_asks_for_and_the_rest_waits() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 100, None);
        let orders = ["1", "2", "40"].map(|quantity| shop.ordered(&[("PAINT", quantity)]));
        let [small, half, large] = &orders;
        let due = |order: &Order| order.head.totals.total;
        let amount = due(small) + due(half) + 500;
        let new = PaymentIn {
            customer: small.head.customer,
            channel: Some(small.channel),
            method: "transfer".into(),
            amount: Some(format!("{}.{:02}", amount / 100, amount % 100)),
            ..PaymentIn::default()
        };
        let paid = take(&shop.app, &shop.call(), &new).unwrap();
        let to = |order: &Order| StepIn { order: Some(order.id), ..StepIn::default() };
        let pay = |order| apply(&shop.app, &shop.call(), paid.id, &to(order));
        let applied = pay(small).unwrap();
        assert_eq!(applied.amounts.applied, due(small), "no more than it asks for");
        assert_eq!(code(pay(small)), Code::NothingToDo, "it is paid");
        take_part(&shop, half, "5.00");
        assert_eq!(pay(half).unwrap().unapplied(), 1_000, "a part was paid before");
        assert_eq!(pay(large).unwrap().unapplied(), 0, "as far as the money goes");
        assert_eq!(shop.order(large.id).head.paid.captured, 1_000);
        assert_eq!(code(pay(large)), Code::NothingToDo, "nothing is left");
        for order in &orders {
            shop.verified(order.id);
        }
    }
}

fn take_part(shop: &Shop, order: &Order, amount: &str) {
    take(&shop.app, &shop.call(), &card(order.id, amount)).unwrap();
}

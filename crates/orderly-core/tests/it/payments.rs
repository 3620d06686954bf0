//! Payments: any sequence of commands and answers keeps the identities of the amounts.

use orderly_core::id::*;
use orderly_core::order::{Order, Rounding};
use orderly_core::payment::settle::Answer;
use orderly_core::payment::*;
use orderly_core::refusal::{Code, Refusal};
use proptest::prelude::*;

use crate::sample::{NOW, currency, ids, line, order};

fn payment() -> Payment {
    let new = NewPayment {
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        customer: None,
        account: None,
        channel: None,
        provider: "manual".into(),
        method: "card".into(),
        reference: None,
        currency: currency("EUR"),
    };
    open(&new, &mut ids(1), NOW).unwrap()
}

fn one_order() -> Order {
    crate::sample::paid(order("EUR", Rounding::Line, vec![line(1, 10, "10", vec![])], vec![]), &[])
}

fn done() -> Answer {
    Answer::Done { reference: None }
}

/// Settles the only open transaction.
fn settled(payment: &Payment, answer: &Answer) -> Payment {
    let open = payment.transactions.iter().find(|one| one.is_open()).unwrap().id;
    let fresh = 99 + payment.transactions.len() as u64;
    payment.settle(open, answer, &mut ids(fresh), NOW).unwrap().unwrap()
}

fn captured(amount: i64, order: Option<OrderId>) -> Payment {
    let purpose = Purpose { order, refund: None };
    let held = payment().authorize(amount, purpose, &mut ids(2), NOW).unwrap();
    let held = settled(&held, &done());
    let taken = held.capture(amount, purpose, &mut ids(3), NOW).unwrap();
    settled(&taken, &done())
}

fn code(result: Result<Payment, Refusal>) -> (Code, Option<String>) {
    let refusal = result.unwrap_err();
    (refusal.code(), refusal.issues[0].allowed.clone())
}

#[test]
fn more_than_authorized_is_not_captured() {
    let held = payment().authorize(1_000, Purpose::default(), &mut ids(2), NOW).unwrap();
    let pending = held.capture(1, Purpose::default(), &mut ids(3), NOW);
    assert_eq!(code(pending), (Code::AboveAuthorized, Some("0.00 EUR".into())));
    let held = settled(&held, &done());
    let part = held.capture(400, Purpose::default(), &mut ids(3), NOW).unwrap();
    let over = part.capture(601, Purpose::default(), &mut ids(4), NOW);
    assert_eq!(code(over), (Code::AboveAuthorized, Some("6.00 EUR".into())));
    let over = part.void(601, Purpose::default(), &mut ids(4), NOW);
    assert_eq!(code(over), (Code::AboveAuthorized, Some("6.00 EUR".into())));
}

#[test]
fn more_than_captured_is_not_refunded_even_while_a_refund_is_pending() {
    let taken = captured(1_000, None);
    let part = taken.refund(300, Purpose::default(), &mut ids(4), NOW).unwrap();
    let over = part.refund(701, Purpose::default(), &mut ids(5), NOW);
    assert_eq!(code(over), (Code::AboveCaptured, Some("7.00 EUR".into())));
    let unknown = settled(&part, &Answer::Unknown);
    let over = unknown.refund(701, Purpose::default(), &mut ids(5), NOW);
    assert_eq!(code(over), (Code::AboveCaptured, Some("7.00 EUR".into())));
    let failed = settled(&part, &Answer::Failed { reference: None });
    assert!(failed.refund(1_000, Purpose::default(), &mut ids(5), NOW).is_ok());
}

#[test]
fn money_of_an_order_is_refunded_to_that_order_only() {
    let order = one_order();
    let taken = captured(1_000, Some(order.id));
    let free = taken.refund(1, Purpose::default(), &mut ids(4), NOW);
    assert_eq!(code(free), (Code::AboveCaptured, Some("0.00 EUR".into())));
    let purpose = Purpose { order: Some(order.id), refund: None };
    let back = settled(&taken.refund(250, purpose, &mut ids(4), NOW).unwrap(), &done());
    let paid = apply::paid(&order, None, &back);
    assert_eq!(paid.captured - order.head.paid.captured, 1_000);
    assert_eq!(paid.refunded, 250);
}

#[test]
fn the_same_answer_twice_changes_nothing() {
    let held = payment().authorize(500, Purpose::default(), &mut ids(2), NOW).unwrap();
    let answer = Answer::Done { reference: Some("auth-1".into()) };
    let once = settled(&held, &answer);
    let id = once.transactions[0].id;
    assert_eq!(once.settle(id, &answer, &mut ids(5), NOW), Ok(None));
    let other = Answer::Done { reference: Some("auth-2".into()) };
    assert_eq!(once.settle(id, &other, &mut ids(5), NOW).unwrap_err().code(), Code::AlreadyExists);
    let lie = Answer::Failed { reference: None };
    assert_eq!(
        once.settle(id, &lie, &mut ids(5), NOW).unwrap_err().code(),
        Code::InvalidTransition
    );
}

#[test]
fn two_transactions_do_not_share_a_reference_of_the_provider() {
    let held = payment().authorize(500, Purpose::default(), &mut ids(2), NOW).unwrap();
    let answer = Answer::Done { reference: Some("tx".into()) };
    let held = settled(&held, &answer);
    let taken = held.capture(500, Purpose::default(), &mut ids(3), NOW).unwrap();
    let id = taken.begun_since(&held).unwrap().id;
    let twice = taken.settle(id, &answer, &mut ids(5), NOW).unwrap_err();
    assert_eq!(twice.code(), Code::AlreadyExists);
}

#[test]
fn money_that_moved_after_all_is_taken_where_it_fits() {
    let held =
        settled(&payment().authorize(500, Purpose::default(), &mut ids(2), NOW).unwrap(), &done());
    let failed = settled(
        &held.capture(500, Purpose::default(), &mut ids(3), NOW).unwrap(),
        &Answer::Failed { reference: None },
    );
    let id = failed.begun_since(&held).unwrap().id;
    let late = failed.settle(id, &done(), &mut ids(4), NOW).unwrap().unwrap();
    assert_eq!(late.amounts.captured, 500);
    let gone = settled(&failed.void(1, Purpose::default(), &mut ids(4), NOW).unwrap(), &done());
    let refusal = gone.settle(id, &done(), &mut ids(5), NOW).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveAuthorized);
}

#[test]
fn unapplied_money_is_applied_and_withdrawn_exactly() {
    let order = one_order();
    let taken = captured(1_000, None);
    let over = taken.apply(&order, 1_001, &mut ids(4), NOW);
    assert_eq!(code(over), (Code::AboveUnapplied, Some("10.00 EUR".into())));
    let applied = taken.apply(&order, 600, &mut ids(4), NOW).unwrap();
    assert_eq!((applied.unapplied(), applied.amounts.applied), (400, 600));
    let over = applied.withdraw(&order, 601, &mut ids(5), NOW);
    assert_eq!(code(over), (Code::AboveUnapplied, Some("6.00 EUR".into())));
    let back = applied.withdraw(&order, 600, &mut ids(5), NOW).unwrap();
    assert_eq!(back.amounts, taken.amounts);
    assert_eq!(apply::paid(&order, Some(&taken), &back), order.head.paid);
}

#[test]
fn an_order_of_another_currency_is_not_paid() {
    let mut dollars = one_order();
    dollars.currency = currency("USD");
    let wrong = captured(1_000, None).apply(&dollars, 1, &mut ids(4), NOW);
    assert_eq!(code(wrong).0, Code::CurrencyMismatch);
}

#[test]
fn amounts_are_above_zero() {
    for amount in [0, -1, i64::MIN] {
        let none = payment().authorize(amount, Purpose::default(), &mut ids(2), NOW);
        assert_eq!(code(none).0, Code::MoneyInvalid);
    }
    let huge = payment().authorize(i64::MAX, Purpose::default(), &mut ids(2), NOW);
    assert_eq!(code(huge).0, Code::MoneyTooLarge);
}

/// One step of a random history: a command or an answer.
fn step(
    payment: &Payment,
    order: &Order,
    number: u64,
    (what, amount, which): (u8, i64, usize),
) -> Payment {
    let own = Purpose { order: (which % 2 == 0).then_some(order.id), refund: None };
    let mut fresh = ids(1_000 + number);
    let picked = payment.transactions.get(which % payment.transactions.len().max(1));
    let settle = |answer: &Answer, fresh: &mut IdSource| match picked {
        Some(one) => payment
            .settle(one.id, answer, fresh, NOW)
            .map(|after| after.unwrap_or_else(|| payment.clone())),
        None => Ok(payment.clone()),
    };
    let next = match what {
        0 => payment.authorize(amount, own, &mut fresh, NOW),
        1 => payment.capture(amount, own, &mut fresh, NOW),
        2 => payment.void(amount, own, &mut fresh, NOW),
        3 => payment.refund(amount, own, &mut fresh, NOW),
        4 => payment.apply(order, amount, &mut fresh, NOW),
        5 => payment.withdraw(order, amount, &mut fresh, NOW),
        6 => settle(&Answer::Failed { reference: None }, &mut fresh),
        7 => settle(&Answer::Unknown, &mut fresh),
        _ => settle(&Answer::Done { reference: None }, &mut fresh),
    };
    next.unwrap_or_else(|_| payment.clone())
}

proptest! {
    /// Whatever is asked and answered in whatever order: the schema's checks hold, the pending
    /// amounts are those of the open transactions, and the events fold to the payment.
    #[test]
    fn any_history_keeps_the_identities(
        steps in proptest::collection::vec((0_u8..14, 1_i64..400, 0_usize..20), 1..60),
    ) {
        let order = one_order();
        let mut payment = payment();
        let opened = change::Change::Opened(Box::new(payment.clone()));
        let mut folded = change::fold(None, &[opened]);
        for (number, one) in (0..).zip(steps) {
            let after = step(&payment, &order, number, one);
            folded = change::fold(folded, &change::between(&payment, &after));
            payment = after;
            prop_assert_eq!(folded.as_ref(), Some(&payment));
            prop_assert_eq!(payment.amounts.broken(), None);
            prop_assert!(payment.unapplied() >= 0);
            let sum = |kind, state: &[TransactionState]| {
                let own = payment.transactions.iter().filter(|one| one.kind == kind);
                own.filter(|one| state.contains(&one.state)).map(|one| one.amount).sum::<i64>()
            };
            let open = [TransactionState::Pending, TransactionState::Unknown];
            let held = [open[0], open[1], TransactionState::Done];
            let amounts = payment.amounts;
            prop_assert_eq!(amounts.authorize_pending, sum(TransactionKind::Authorize, &open));
            prop_assert_eq!(amounts.capture_pending, sum(TransactionKind::Capture, &open));
            prop_assert_eq!(amounts.refund_pending, sum(TransactionKind::Refund, &open));
            prop_assert_eq!(amounts.voided, sum(TransactionKind::Void, &held));
            prop_assert_eq!(amounts.captured, sum(TransactionKind::Capture, &held[2..]));
            prop_assert_eq!(amounts.refunded, sum(TransactionKind::Refund, &held[2..]));
            let own = order.id.as_bytes();
            let captured = payment.applied_to(own, ApplicationKind::Captured);
            prop_assert_eq!(amounts.applied, captured);
            prop_assert!(payment.applied_to(own, ApplicationKind::Refunded) <= captured);
        }
    }
}

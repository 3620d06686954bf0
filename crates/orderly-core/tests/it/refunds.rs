//! Refund proposals: consecutive slices, and every limit.

use orderly_core::id::*;
use orderly_core::order::{Order, Rounding};
use orderly_core::refund::*;
use orderly_core::refusal::Code;
use proptest::prelude::*;

use crate::sample::*;

fn ask(line: LineId, cause: Cause, units: i64) -> Ask {
    let line = AskLine { line, return_line: None, cause, qty: qty(units), amount: None };
    Ask { lines: vec![line], charges: vec![], goodwill: false }
}

fn named(reason: &str) -> NewRefund {
    let settlement = RefundSettlement::Refund;
    NewRefund { number: "R1".into(), settlement, reason: reason.into(), fees: Vec::new() }
}

/// Takes a refund's money out of the order at once.
fn refund(order: &Order, ask: &Ask, prior: &mut Prior) -> (Order, i64) {
    let decision = decide(order, None, &named("came back"), ask, prior, &mut ids(4), NOW).unwrap();
    let mut order = decision.order;
    order.head.paid.refunded += decision.refund.amount;
    for line in &decision.refund.lines {
        prior.lines.extend(line.order_line.map(|id| (id, line.amount)));
    }
    (order, decision.refund.amount)
}

fn returned(order: &mut Order, line: LineId, units: i64) {
    ship(order, line, units, 0, true);
    let own = &mut order.line_mut(line).unwrap().quantities;
    own.returned = own.returned.plus(qty(units)).unwrap();
}

fn shirts() -> Order {
    let lines = vec![line(1, 10, "23.90", vec![tax("0.2", true)])];
    let order = order("GBP", Rounding::Line, lines, vec![charge(495, vec![tax("0.2", true)])]);
    paid(order, &[("QUARTER".into(), 5_975)])
}

#[test]
fn ten_shirts_refunded_one_at_a_time_are_one_hundred_seventy_nine_twenty_five() {
    let mut order = shirts();
    let id = order.lines[0].id;
    returned(&mut order, id, 10);
    let mut prior = Prior::default();
    let mut sum = 0;
    for _ in 0..10 {
        let (after, amount) = refund(&order, &ask(id, Cause::Returned, 1), &mut prior);
        order = after;
        sum += amount;
    }
    assert_eq!(sum, 17_925);
    let more = propose(&order, &ask(id, Cause::Returned, 1), &prior).unwrap_err();
    assert_eq!(more.code(), Code::AboveRefundable);
    assert_eq!(more.issues[0].allowed.as_deref(), Some("0"));
}

#[test]
fn what_neither_came_back_nor_was_canceled_needs_the_right_to_goodwill() {
    let order = shirts();
    let id = order.lines[0].id;
    let prior = Prior::default();
    for cause in [Cause::Returned, Cause::Canceled, Cause::Goodwill] {
        let refusal = propose(&order, &ask(id, cause, 1), &prior).unwrap_err();
        assert_eq!(refusal.code(), Code::AboveRefundable, "{cause:?}");
    }
    let mut allowed = ask(id, Cause::Goodwill, 2);
    allowed.goodwill = true;
    assert_eq!(propose(&order, &allowed, &prior).unwrap().amount, 3_585);
    allowed.lines[0].qty = qty(11);
    let refusal = propose(&order, &allowed, &prior).unwrap_err();
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("10"));
}

/// Twelve for 0.04: the first unit's share is nothing, and still it was paid with the rest.
#[test]
fn units_that_cost_nothing_are_no_unpaid_ones() {
    let lines = vec![line(1, 12, "0.0033", vec![])];
    let mut order = paid(order("EUR", Rounding::Line, lines, vec![]), &[]);
    let id = order.lines[0].id;
    cancel(&mut order, id, 3);
    let back = propose(&order, &ask(id, Cause::Canceled, 3), &Prior::default()).unwrap();
    assert_eq!(back.amount, 1);
}

/// Nothing was paid for an order on account, and what came back of it is credited all the same.
#[test]
fn an_account_is_credited_for_what_it_is_charged() {
    let mut order = shirts();
    order.head.settlement = orderly_core::order::Settlement::Account;
    order.head.paid = orderly_core::order::Paid::default();
    let id = order.lines[0].id;
    returned(&mut order, id, 4);
    let credit = NewRefund { settlement: RefundSettlement::AccountCredit, ..named("came back") };
    let (mut prior, wanted) = (Prior::default(), ask(id, Cause::Returned, 3));
    assert_eq!(propose(&order, &wanted, &prior).unwrap_err().code(), Code::AboveRefundable);
    let made = decide(&order, None, &credit, &wanted, &prior, &mut ids(4), NOW).unwrap();
    assert_eq!((made.refund.amount, made.refund.credited), (5_378, 0));
    prior.lines.push((id, made.refund.amount));
    let seen = propose_on_account(&made.order, &ask(id, Cause::Returned, 1), &prior).unwrap();
    assert_eq!((seen.amount, seen.maximum), (1_792, order.head.totals.total - 5_378));
    let more = propose_on_account(&made.order, &ask(id, Cause::Returned, 2), &prior).unwrap_err();
    assert_eq!(more.issues[0].allowed.as_deref(), Some("1"));
}

#[test]
fn a_refund_says_why() {
    let mut order = shirts();
    let id = order.lines[0].id;
    returned(&mut order, id, 1);
    let none = named(" ");
    let (ask, prior) = (ask(id, Cause::Returned, 1), Prior::default());
    let refusal = decide(&order, None, &none, &ask, &prior, &mut ids(1), NOW).unwrap_err();
    assert_eq!(refusal.code(), Code::ReasonRequired);
}

#[test]
fn goodwill_by_amount_leaves_less_for_later() {
    let mut order = shirts();
    let id = order.lines[0].id;
    let mut prior = Prior::default();
    let mut gift = ask(id, Cause::Goodwill, 0);
    gift.goodwill = true;
    gift.lines[0].amount = Some(17_000);
    let (after, _) = refund(&order, &gift, &mut prior);
    order = after;
    returned(&mut order, id, 10);
    assert_eq!(propose(&order, &ask(id, Cause::Returned, 10), &prior).unwrap().amount, 925);
}

#[test]
fn canceled_before_payment_is_not_refunded() {
    let mut order = shirts();
    let id = order.lines[0].id;
    cancel(&mut order, id, 4);
    order.head.paid.captured = orderly_core::order::price::payable(&order);
    let prior = Prior::default();
    let refusal = propose(&order, &ask(id, Cause::Canceled, 1), &prior).unwrap_err();
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("0"));
    returned(&mut order, id, 6);
    let rest = propose(&order, &ask(id, Cause::Returned, 6), &prior).unwrap();
    assert_eq!(rest.amount, order.head.paid.captured - 495, "all but the shipping");
}

#[test]
fn canceled_after_payment_is_refunded_and_the_charge_on_request() {
    let mut order = shirts();
    let id = order.lines[0].id;
    cancel(&mut order, id, 10);
    let mut all = ask(id, Cause::Canceled, 10);
    all.charges.push(AskCharge { charge: order.charges[0].id, amount: None });
    let proposal = propose(&order, &all, &Prior::default()).unwrap();
    assert_eq!(proposal.amount, order.head.totals.total);
    assert_eq!(proposal.lines[1].tax, order.charges[0].tax_included);
    all.charges[0].amount = Some(496);
    let refusal = propose(&order, &all, &Prior::default()).unwrap_err();
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("4.95 GBP"));
}

#[test]
fn never_more_than_the_money_there_is() {
    let mut order = shirts();
    let id = order.lines[0].id;
    returned(&mut order, id, 10);
    let prior = Prior { pending: 17_000, credited: 1_000, lines: vec![] };
    let refusal = propose(&order, &ask(id, Cause::Returned, 10), &prior).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveRefundable);
    let left = order.head.totals.total - 18_000;
    let allowed = orderly_core::money::Money::new(left, order.currency).to_string();
    assert_eq!(refusal.issues[0].allowed, Some(allowed));
}

#[test]
fn a_refund_that_fails_gives_its_quantities_back() {
    let mut order = shirts();
    let id = order.lines[0].id;
    returned(&mut order, id, 3);
    let mut ask = ask(id, Cause::Returned, 3);
    ask.charges.push(AskCharge { charge: order.charges[0].id, amount: Some(100) });
    let prior = Prior::default();
    let made = decide(&order, None, &named("late"), &ask, &prior, &mut ids(4), NOW).unwrap();
    let undone = given_up(&made.refund, &made.order, None, RefundState::Failed).unwrap();
    assert_eq!(undone.order, order);
    let twice = given_up(&undone.refund, &made.order, None, RefundState::Canceled).unwrap_err();
    assert_eq!(twice.code(), Code::InvalidTransition);
    assert_eq!(settled(&made.refund).unwrap().state, RefundState::Settled);
}

/// What went wrong elsewhere, as it should have been: the refund of everything is what was paid,
/// whether unit by unit or at once. Orders of 23 % with prices that include it
/// (woocommerce#26734: one cent more than the order could be refunded; its figures are in a
/// picture, so these lines are ours), two at 2.10 with 24 % (#30263), one of 7.50 net at 21 %
/// (#10162), and one of 24.99 at 10.75 % added with 6.44 carriage (medusa#14817: 34.12, not
/// 34.116425).
#[test]
fn orders_that_could_not_be_refunded_elsewhere_are_refunded_to_the_cent() {
    let included = |rate| vec![tax(rate, true)];
    let added = |rate| vec![tax(rate, false)];
    let orders = [
        (
            vec![
                line(1, 3, "12.35", included("0.23")),
                line(2, 1, "7.99", included("0.23")),
                line(3, 7, "1.15", included("0.23")),
            ],
            vec![charge(425, included("0.23"))],
            5_734,
        ),
        (
            vec![line(1, 1, "2.10", included("0.24")), line(2, 1, "2.10", included("0.24"))],
            vec![],
            420,
        ),
        (vec![line(1, 1, "7.50", added("0.21"))], vec![], 908),
        (vec![line(1, 1, "24.99", added("0.1075"))], vec![charge(644, vec![])], 3_412),
    ];
    for rounding in [Rounding::Line, Rounding::Document] {
        for (lines, charges, total) in &orders {
            let whole = paid(order("EUR", rounding, lines.clone(), charges.clone()), &[]);
            assert_eq!(whole.head.totals.total, *total);
            let tax = whole.head.totals.tax_included + whole.head.totals.tax_added;
            let (mut order, mut prior, mut sums) = (whole.clone(), Prior::default(), (0, 0));
            for line in &whole.lines {
                for _ in 0..line.quantities.ordered.get() {
                    returned(&mut order, line.id, 1);
                    let one = ask(line.id, Cause::Returned, 1);
                    let seen = propose(&order, &one, &prior).unwrap();
                    sums.1 += seen.lines.iter().map(|line| line.tax).sum::<i64>();
                    let (after, amount) = refund(&order, &one, &mut prior);
                    order = after;
                    sums.0 += amount;
                }
            }
            for charge in &whole.charges {
                let all = AskCharge { charge: charge.id, amount: None };
                let all = Ask { charges: vec![all], ..Ask::default() };
                let seen = propose(&order, &all, &prior).unwrap();
                sums.1 += seen.lines[0].tax;
                sums.0 += refund(&order, &all, &mut prior).1;
            }
            assert_eq!(sums, (*total, tax), "{rounding:?}");
        }
    }
}

proptest! {
    /// Any mix of cancellations, returns and refunds in any steps ends with the whole total back,
    /// and never gives back more than was captured or more than a line's due.
    #[test]
    fn any_partition_sums_to_the_total(
        document in any::<bool>(),
        prices in proptest::collection::vec((1_i64..30, 0_i64..100_000, 0_usize..4), 1..4),
        discount in 0_i64..500,
        steps in proptest::collection::vec((0_usize..4, 1_i64..6, any::<bool>()), 1..60),
    ) {
        let rounding = if document { Rounding::Document } else { Rounding::Line };
        let rates = [("0.2", true), ("0.1075", false), ("0", true), ("0.055", true)];
        let lines = prices.iter().enumerate().map(|(index, (ordered, milli, rate))| {
            let price = format!("{}.{:03}", milli / 1_000, milli % 1_000);
            let (rate, included) = rates[*rate];
            line(u8::try_from(index + 1).unwrap(), *ordered, &price, vec![tax(rate, included)])
        });
        let mut order = order("EUR", rounding, lines.collect(), vec![]);
        let discounts = [("D".into(), discount)];
        prop_assume!(orderly_core::order::price::total(&mut order, &discounts).is_ok());
        order.head.paid.captured = order.head.totals.total;
        let mut prior = Prior::default();
        let ids: Vec<LineId> = order.lines.iter().map(|line| line.id).collect();
        let rest = ids.iter().enumerate().map(|(index, _)| (index, i64::MAX, true));
        for (index, units, back) in steps.into_iter().chain(rest) {
            let Some(id) = ids.get(index).copied() else { continue };
            let units = units.min(order.line(id).unwrap().quantities.unallocated.get());
            if units > 0 {
                if back { returned(&mut order, id, units) } else { cancel(&mut order, id, units) }
            }
            let q = order.line(id).unwrap().quantities;
            let left = q.canceled.get() + q.returned.get() - q.refunded.get();
            let cause = if back { Cause::Returned } else { Cause::Canceled };
            let wanted = ask(id, cause, left);
            if left == 0 || propose(&order, &wanted, &prior).is_ok_and(|p| p.amount == 0) {
                continue;
            }
            let (after, amount) = refund(&order, &wanted, &mut prior);
            prop_assert!(amount >= 0);
            order = after;
            let due = order.line(id).unwrap().amounts.due();
            let given: i64 = prior.lines.iter().filter(|(l, _)| *l == id).map(|(_, a)| a).sum();
            prop_assert!(given <= due);
        }
        prop_assert_eq!(order.head.paid.refunded, order.head.totals.total);
    }
}

//! What an order counts toward its account's limits.

use orderly_core::id::*;
use orderly_core::order::exposure::{exposure, raises};
use orderly_core::order::*;
use orderly_core::qty::Qty;
use proptest::prelude::*;

use crate::sample::{NOW, charge, line, order, paid, qty, tax};

/// An order of these lines, settled on an account, with nothing paid.
fn on_account(lines: Vec<Line>, charges: Vec<Charge>) -> Order {
    let mut order = paid(order("EUR", Rounding::Line, lines, charges), &[]);
    order.head.settlement = Settlement::Account;
    order.head.account = Some(AccountId::from_bytes([1; 16]));
    order.head.paid = Paid::default();
    order
}

fn stages(order: &Order) -> (i64, i64) {
    let stages = exposure(order);
    (stages.open, stages.dispatched)
}

fn moved(line: &mut Line, to: impl FnOnce(&mut Quantities) -> &mut Qty, many: i64) {
    let q = &mut line.quantities;
    q.unallocated = q.unallocated.less(qty(many));
    let counter = to(q);
    *counter = counter.plus(qty(many)).unwrap();
}

#[test]
fn nothing_counts_that_is_not_settled_on_an_account() {
    let counted = on_account(vec![line(1, 3, "10", vec![])], vec![charge(500, vec![])]);
    assert_eq!(stages(&counted), (3_500, 0));
    let mut paid = counted.clone();
    paid.head.settlement = Settlement::Payment;
    let mut draft = counted.clone();
    draft.head.state = OrderState::Quoted;
    let history = Order { history: true, ..counted.clone() };
    for order in [&paid, &draft, &history] {
        assert_eq!(stages(order), (0, 0));
    }
    assert!(raises(&draft, &counted) && !raises(&counted, &counted));
    assert!(!raises(&counted, &paid));
}

#[test]
fn charges_leave_with_the_first_goods_and_with_a_cancellation() {
    let mut order = on_account(vec![line(1, 2, "10", vec![])], vec![charge(500, vec![])]);
    moved(&mut order.lines[0], |q| &mut q.shipped, 1);
    assert_eq!(stages(&order), (1_000, 1_500));
    let mut order = on_account(vec![line(1, 2, "10", vec![])], vec![charge(500, vec![])]);
    moved(&mut order.lines[0], |q| &mut q.canceled, 2);
    assert_eq!(stages(&order), (500, 0));
    order.head.state = OrderState::Canceled;
    assert_eq!(stages(&order), (0, 0));
}

#[test]
fn deposits_that_settled_nothing_count_against_it_and_payments_are_not_guarded() {
    let mut order = on_account(vec![line(1, 10, "10", vec![])], vec![]);
    let before = order.clone();
    order.head.paid.captured = 7_000;
    assert_eq!(stages(&order), (3_000, 0));
    moved(&mut order.lines[0], |q| &mut q.shipped, 8);
    assert_eq!(stages(&order), (0, 3_000));
    order.head.paid.captured = 20_000;
    assert_eq!(stages(&order), (0, 0));
    assert!(!raises(&order, &before) && !raises(&before, &order));
}

#[test]
fn while_a_decision_is_awaited_only_what_left_counts() {
    let mut order = on_account(vec![line(1, 10, "10", vec![])], vec![]);
    moved(&mut order.lines[0], |q| &mut q.shipped, 4);
    let free = order.clone();
    order.holds.push(Hold {
        id: HoldId::from_bytes([1; 16]),
        kind: "credit".into(),
        scope: HoldScope::Order,
        scope_id: order.id.as_bytes(),
        blocks: vec![Step::Ship],
        reason: "over the limit".into(),
        owner: None,
        due_at: None,
        placed_at: NOW,
        released_at: None,
    });
    assert_eq!(stages(&order), (0, 4_000));
    assert!(raises(&order, &free), "releasing the hold is held against the limit");
    order.holds[0].kind = "fraud".into();
    assert_eq!(stages(&order), (6_000, 4_000));
}

/// What happens to one line, in any order: a stage and a quantity.
fn steps() -> impl Strategy<Value = Vec<(u8, i64)>> {
    proptest::collection::vec((0_u8..6, 1_i64..8), 0..24)
}

/// Takes a step as far as the quantities allow it.
fn step(q: &mut Quantities, (kind, many): (u8, i64)) {
    let go = |from: &mut Qty, to: &mut Qty, most: i64| {
        let some = qty(many.min(most).max(0).min(from.get()));
        *from = from.less(some);
        *to = to.plus(some).unwrap();
    };
    let max = i64::MAX;
    match kind {
        0 => go(&mut q.unallocated, &mut q.shipped, max),
        1 => {
            let free = q.shipped.get() - q.invoiced.get() - q.returned.get();
            go(&mut q.shipped, &mut q.unallocated, free);
        }
        2 => {
            let gone = q.shipped.get() - q.returned.get();
            let some = many.min(gone - (q.invoiced.get() - q.credited.get())).max(0);
            q.invoiced = q.invoiced.plus(qty(some)).unwrap();
        }
        3 => go(&mut q.unallocated, &mut q.canceled, max),
        4 => {
            let gone = q.shipped.get() - q.returned.get();
            q.returned = q.returned.plus(qty(many.min(gone))).unwrap();
        }
        _ => {
            let over = q.invoiced.get() - q.credited.get() - (q.shipped.get() - q.returned.get());
            q.credited = q.credited.plus(qty(many.min(over).max(0))).unwrap();
        }
    }
}

proptest! {
    /// However a line is shipped, invoiced, canceled and returned: its stages and what is invoiced
    /// sum to what the quantity that stays is worth, to the cent, and none is negative.
    #[test]
    fn any_partition_moves_the_same_cents(
        ordered in 1_i64..40,
        price in 1_i64..99_999,
        rate in prop_oneof![Just("0.19"), Just("0.075"), Just("0")],
        included in any::<bool>(),
        steps in steps(),
    ) {
        let price = format!("{}.{:03}", price / 1_000, price % 1_000);
        let one = line(1, ordered, &price, vec![tax(rate, included)]);
        let mut order = on_account(vec![one], vec![]);
        for one in steps {
            let before = order.clone();
            step(&mut order.lines[0].quantities, one);
            let own = &order.lines[0];
            let q = &own.quantities;
            let worth = |many: i64| price::slice(own, qty(ordered - many), qty(many)).due();
            let invoiced = q.invoiced.get() - q.credited.get();
            let stays = (ordered - q.canceled.get() - q.returned.get()).max(invoiced);
            let (open, dispatched) = stages(&order);
            prop_assert!(open >= 0 && dispatched >= 0);
            prop_assert_eq!(open + dispatched + worth(invoiced), worth(stays));
            let moves = matches!(one.0, 0..=2);
            prop_assert!(!moves || !raises(&before, &order), "moves between stages raise nothing");
        }
    }
}

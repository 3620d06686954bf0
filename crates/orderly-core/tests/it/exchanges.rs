//! What of a replacement may go, and what is carried to it.

use orderly_core::exchange::*;
use orderly_core::id::*;
use orderly_core::order::{Order, Rounding};
use orderly_core::qty::Qty;
use orderly_core::refund::RefundSettlement;
use orderly_core::refusal::Code;
use orderly_core::returns::{Fates, Head, Return, ReturnLine, ReturnState};

use crate::sample::*;

fn original() -> Order {
    paid(order("EUR", Rounding::Line, vec![line(1, 6, "10.00", vec![])], vec![]), &[])
}

fn came(order: &Order, asked: i64, kept: i64) -> Return {
    Return {
        id: ReturnId::from_bytes([1; 16]),
        number: "RT-1".into(),
        order: Some(order.id),
        channel: order.channel,
        external_id: None,
        currency: order.currency,
        history: false,
        version: 1,
        sequence: 1,
        created_at: NOW,
        head: Head { state: ReturnState::Received, location: None, customer: None, reason: None },
        lines: vec![ReturnLine {
            id: ReturnLineId::from_bytes([1; 16]),
            position: 1,
            order_line: Some(order.lines[0].id),
            item: order.lines[0].item,
            description: "a lamp".into(),
            lot: LotId::NONE,
            reason: None,
            requested: qty(asked),
            received: qty(kept),
            fates: Fates { restocked: qty(kept), ..Fates::NONE },
            refunded: Qty::ZERO,
            amount: 0,
            value: 0,
        }],
        dispositions: vec![],
    }
}

fn exchange(ships: Ships) -> Exchange {
    Exchange {
        id: ExchangeId::from_bytes([1; 16]),
        number: "EX-1".into(),
        returned: ReturnId::from_bytes([1; 16]),
        order: OrderId::from_bytes([9; 16]),
        replacement: OrderId::from_bytes([8; 16]),
        payment: None,
        ships,
        rest: RefundSettlement::Refund,
        state: ExchangeState::Open,
        waives_fee: false,
        reason: "too small".into(),
        version: 1,
        created_at: NOW,
    }
}

#[test]
fn a_partial_receipt_ships_a_part() {
    let original = original();
    let mut line = line(2, 9, "8.00", vec![]);
    line.origin = Some(original.lines[0].id);
    let new = order("EUR", Rounding::Line, vec![line], vec![]);
    for (kept, most) in [(0, 0), (1, 1), (2, 3), (5, 7), (6, 9)] {
        let back = came(&original, 6, kept);
        assert_eq!(may_ship(&new.lines[0], &original, &back), qty(most), "{kept} came");
    }
    let back = came(&original, 6, 2);
    let sent = |units| {
        let mut after = new.clone();
        ship(&mut after, new.lines[0].id, units, 0, false);
        after
    };
    let judge =
        |ships, units| ensure_may_ship(&exchange(ships), &original, &back, (&new, &sent(units)));
    let refusal = judge(Ships::AfterReceipt, 4).unwrap_err();
    assert_eq!(refusal.code(), Code::ExchangeNotReceived);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("3"));
    judge(Ships::AfterReceipt, 3).unwrap();
    judge(Ships::First, 9).unwrap();
}

#[test]
fn no_more_is_carried_than_the_replacement_asks_for() {
    let mut new = order("EUR", Rounding::Line, vec![line(2, 2, "8.00", vec![])], vec![]);
    orderly_core::order::price::total(&mut new, &[]).unwrap();
    assert_eq!(carried(1_000, &new, 1_600), 1_000);
    assert_eq!(carried(6_000, &new, 1_600), 1_600);
    assert_eq!(carried(6_000, &new, 900), 900);
    new.head.paid.captured = 1_500;
    assert_eq!(carried(6_000, &new, 1_600), 100);
    new.head.paid.captured = 1_700;
    assert_eq!(carried(6_000, &new, 1_600), 0);
}

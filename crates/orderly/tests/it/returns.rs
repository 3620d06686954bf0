//! Returns on both engines: counters, stock, value, money.

use orderly::Error;
use orderly::ops::payments::Settling;
use orderly::ops::refunds::{self, RefundIn, RefundLineIn};
use orderly::ops::returns::*;
use orderly_core::books::Account;
use orderly_core::order::Order;
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::refusal::Code;
use orderly_core::returns::{Fate, Return, ReturnState};

use crate::fixture::Shop;
use crate::sold::{allowed, code};

fn back(order: &Order, line: usize, qty: i64) -> ReturnIn {
    let line = ReturnLineIn { line: Some(order.lines[line].id), qty, ..ReturnLineIn::default() };
    ReturnIn { order: Some(order.id), lines: vec![line], ..ReturnIn::default() }
}

fn came(returned: &Return, qty: i64) -> Vec<ArrivalIn> {
    vec![ArrivalIn { line: returned.lines[0].id, qty, lot: None, to: None, bin: None }]
}

fn verdict(returned: &Return, from: Fate, to: Fate, qty: i64) -> VerdictIn {
    VerdictIn {
        line: returned.lines[0].id,
        from: Some(from),
        to,
        qty,
        lot: None,
        from_bin: None,
        to_bin: None,
        refurbished: None,
        note: None,
    }
}

/// Five tins worth 1.00 each are sold; some come back and await inspection.
fn returned(shop: &Shop, qty: i64) -> (Order, Return) {
    shop.worth("PAINT", "leeds", 20, 2_000);
    let order = shop.sold(&[("PAINT", "5")]);
    let asked = request(&shop.app, &shop.call(), &back(&order, 0, qty)).unwrap();
    approve(&shop.app, &shop.call(), asked.id).unwrap();
    let at = shop.location("leeds");
    let came = receive(&shop.app, &shop.call(), asked.id, at, &came(&asked, qty)).unwrap();
    (shop.order(order.id), came)
}

#[test]
fn goods_come_back_at_what_they_cost_and_are_sold_again() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        assert_eq!(came.head.state, ReturnState::Received);
        assert_eq!(came.lines[0].value, 300);
        let level = shop.level("PAINT", "leeds");
        assert_eq!((level.on_hand.get(), level.held.get(), level.value), (15, 18, 1_800));
        // The receipt of the counter took their cost: two tins stay with the customer.
        assert_eq!(shop.booked(Account::CostOfGoods), 200);
        assert_eq!(shop.booked(Account::DeliveredNotInvoiced), 0);
        let wish = verdict(&came, Fate::AwaitingInspection, Fate::Restocked, 2);
        inspect(&shop.app, &shop.call(), came.id, &wish).unwrap();
        let wish = verdict(&came, Fate::AwaitingInspection, Fate::Scrapped, 1);
        let done = inspect(&shop.app, &shop.call(), came.id, &wish).unwrap();
        let level = shop.level("PAINT", "leeds");
        assert_eq!((level.on_hand.get(), level.held.get(), level.value), (17, 17, 1_700));
        assert_eq!(shop.booked(Account::WriteOffs), 100);
        assert_eq!(done.dispositions.len(), 3);
        close(&shop.app, &shop.call(), came.id).unwrap();
        shop.verified(order.id);
    }
}

#[test]
fn more_than_was_sold_and_the_same_unit_twice_are_refused() {
    for shop in Shop::each() {
        let (order, came_back) = returned(&shop, 3);
        let again = || request(&shop.app, &shop.call(), &back(&order, 0, 3));
        let refusal = shop.unchanged(again);
        assert_eq!(refusal.code(), Code::AboveReturnable);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("2"));
        let at = shop.location("leeds");
        let more = || receive(&shop.app, &shop.call(), came_back.id, at, &came(&came_back, 1));
        let refusal = shop.unchanged(more);
        assert_eq!(refusal.code(), Code::AboveReturnable);
        let stranger = request(&shop.app, &shop.stranger(), &back(&order, 0, 1));
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
    }
}

#[test]
fn a_changed_mind_is_a_new_disposition_and_new_movements() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        let value = |shop: &Shop| shop.level("PAINT", "leeds").value;
        let before = value(&shop);
        let there = verdict(&came, Fate::AwaitingInspection, Fate::Scrapped, 2);
        inspect(&shop.app, &shop.call(), came.id, &there).unwrap();
        let more = verdict(&came, Fate::AwaitingInspection, Fate::Scrapped, 2);
        let refusal = shop.unchanged(|| inspect(&shop.app, &shop.call(), came.id, &more));
        assert_eq!(refusal.code(), Code::AboveReceived);
        let back = verdict(&came, Fate::Scrapped, Fate::AwaitingInspection, 2);
        let undone = inspect(&shop.app, &shop.call(), came.id, &back).unwrap();
        assert_eq!(value(&shop), before);
        assert_eq!(shop.booked(Account::WriteOffs), 0);
        assert_eq!(undone.lines[0].fates, came.lines[0].fates);
        assert_eq!(undone.dispositions.len(), 3);
        shop.verified(order.id);
    }
}

#[test]
fn refurbished_goods_become_another_item_at_the_same_value() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        let mut wish = verdict(&came, Fate::AwaitingInspection, Fate::Refurbished, 3);
        let refusal = shop.unchanged(|| inspect(&shop.app, &shop.call(), came.id, &wish));
        assert_eq!(refusal.code(), Code::UnknownItem);
        wish.refurbished = Some((shop.item("BOLT"), 6, None));
        inspect(&shop.app, &shop.call(), came.id, &wish).unwrap();
        let level = shop.level("BOLT", "leeds");
        assert_eq!((level.on_hand.get(), level.value), (6, 300));
        assert_eq!(shop.level("PAINT", "leeds").value, 1_500);
        assert_eq!(shop.booked(Account::WorkInProgress), 0);
        shop.verified(order.id);
    }
}

#[test]
fn goods_sent_back_may_come_again_unless_refunded() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        let refund = RefundIn {
            returned: Some(came.id),
            lines: vec![RefundLineIn {
                line: order.lines[0].id,
                return_line: Some(came.lines[0].id),
                cause: Cause::Returned,
                qty: Qty::new(2).unwrap(),
                amount: None,
            }],
            charges: vec![],
            settlement: RefundSettlement::Refund,
            payment: None,
            reason: "came back".into(),
            settling: Settling::AtOnce,
        };
        let made = refunds::make(&shop.app, &shop.call(), order.id, &refund).unwrap();
        assert_eq!(made.amount, 4_998);
        let now = get(&shop.app, came.id).unwrap().unwrap();
        assert_eq!((now.lines[0].refunded.get(), now.lines[0].amount), (2, 4_998));
        let all = verdict(&came, Fate::AwaitingInspection, Fate::SentBack, 2);
        let refusal = shop.unchanged(|| inspect(&shop.app, &shop.call(), came.id, &all));
        assert_eq!(refusal.code(), Code::NotReversible);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("1"));
        let one = verdict(&came, Fate::AwaitingInspection, Fate::SentBack, 1);
        inspect(&shop.app, &shop.call(), came.id, &one).unwrap();
        assert_eq!(shop.order(order.id).lines[0].quantities.returned.get(), 2);
        let more = refunds::make(&shop.app, &shop.call(), order.id, &refund);
        assert_eq!(code(more), Code::AboveRefundable);
        request(&shop.app, &shop.call(), &back(&order, 0, 3)).unwrap();
        shop.verified(order.id);
    }
}

#[test]
fn a_reception_is_taken_back_exactly() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_001);
        let order = shop.sold(&[("PAINT", "5")]);
        let asked = request(&shop.app, &shop.call(), &back(&order, 0, 3)).unwrap();
        approve(&shop.app, &shop.call(), asked.id).unwrap();
        let before = (shop.order(order.id).lines, shop.level("PAINT", "leeds"));
        let costs = shop.booked(Account::DeliveredNotInvoiced);
        let at = shop.location("leeds");
        receive(&shop.app, &shop.call(), asked.id, at, &came(&asked, 3)).unwrap();
        let undo = verdict(&asked, Fate::AwaitingInspection, Fate::Customer, 3);
        inspect(&shop.app, &shop.call(), asked.id, &undo).unwrap();
        assert_eq!((shop.order(order.id).lines, shop.level("PAINT", "leeds")), before);
        assert_eq!(shop.booked(Account::DeliveredNotInvoiced), costs);
        shop.verified(order.id);
    }
}

#[test]
fn a_blind_return_needs_its_own_right_and_comes_over_the_counter() {
    for shop in Shop::each() {
        let till = shop.ordered(&[("NAIL", "1")]).channel;
        let line =
            ReturnLineIn { item: Some(shop.item("BOLT")), qty: 4, ..ReturnLineIn::default() };
        let new = ReturnIn {
            channel: Some(till),
            external_id: Some("paper-17".into()),
            lines: vec![line],
            ..ReturnIn::default()
        };
        let at = shop.location("leeds");
        let stranger = take_back(&shop.app, &shop.stranger(), &new, at, Fate::Restocked);
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
        let done = take_back(&shop.app, &shop.call(), &new, at, Fate::Restocked).unwrap();
        assert_eq!((done.order, done.lines[0].received.get()), (None, 4));
        assert_eq!(shop.sums("BOLT", "leeds").0, 4);
        let again =
            shop.unchanged(|| take_back(&shop.app, &shop.call(), &new, at, Fate::Restocked));
        assert_eq!(again.code(), Code::AlreadyExists);
        let nobody = ReturnIn { channel: None, ..new.clone() };
        let refusal = shop.unchanged(|| request(&shop.app, &shop.call(), &nobody));
        assert_eq!(refusal.code(), Code::UnknownChannel);
        let mut unknown = new;
        unknown.lines[0].item = None;
        let refusal = shop.unchanged(|| request(&shop.app, &shop.call(), &unknown));
        assert_eq!(refusal.code(), Code::UnknownItem);
        unknown.lines.clear();
        let refusal = shop.unchanged(|| request(&shop.app, &shop.call(), &unknown));
        assert_eq!(refusal.code(), Code::NoLines);
    }
}

#[test]
fn with_an_override_more_is_taken_than_the_order_shows() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "5")]);
        let mut call = shop.call().with_reason("bought twice, one receipt");
        call.overrides = vec![Code::AboveReturnable];
        let at = shop.location("leeds");
        let done = take_back(&shop.app, &call, &back(&order, 0, 7), at, Fate::Restocked).unwrap();
        let received: Vec<i64> = done.lines.iter().map(|line| line.received.get()).collect();
        assert_eq!(received, [5, 2]);
        assert_eq!(shop.order(order.id).lines[0].quantities.returned.get(), 5);
        assert_eq!(shop.sums("PAINT", "leeds").0, 22);
        shop.verified(order.id);
    }
}

#[test]
fn steps_come_in_their_order_and_each_says_what_is_wrong() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "5")]);
        let zero = shop.unchanged(|| request(&shop.app, &shop.call(), &back(&order, 0, 0)));
        assert_eq!(zero.code(), Code::QuantityZero);
        let less = shop.unchanged(|| request(&shop.app, &shop.call(), &back(&order, 0, -1)));
        assert_eq!(less.code(), Code::QuantityInvalid);
        let asked = request(&shop.app, &shop.call(), &back(&order, 0, 2)).unwrap();
        let at = shop.location("leeds");
        let early =
            shop.unchanged(|| receive(&shop.app, &shop.call(), asked.id, at, &came(&asked, 2)));
        assert_eq!(early.code(), Code::InvalidTransition);
        let mute = shop.unchanged(|| refuse(&shop.app, &shop.call(), asked.id, ""));
        assert_eq!(mute.code(), Code::ReasonRequired);
        let mut stale = shop.call();
        stale.expected_version = Some(7);
        assert_eq!(code(approve(&shop.app, &stale, asked.id)), Code::StaleVersion);
        refuse(&shop.app, &shop.call(), asked.id, "worn").unwrap();
        let late = shop.unchanged(|| approve(&shop.app, &shop.call(), asked.id));
        assert_eq!(late.code(), Code::InvalidTransition);
        let other = request(&shop.app, &shop.call(), &back(&order, 0, 5)).unwrap();
        cancel(&shop.app, &shop.call(), other.id).unwrap();
        assert_eq!(shop.order(order.id).lines, order.lines);
        shop.verified(order.id);
    }
}

#[test]
fn a_return_is_closed_once_inspected_and_reopened() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        let early = close(&shop.app, &shop.call(), came.id);
        assert_eq!(allowed(early), "inspect");
        let wish = verdict(&came, Fate::AwaitingInspection, Fate::Quarantined, 3);
        inspect(&shop.app, &shop.call(), came.id, &wish).unwrap();
        close(&shop.app, &shop.call(), came.id).unwrap();
        let open = reopen(&shop.app, &shop.call(), came.id).unwrap();
        assert_eq!(open.head.state, ReturnState::Received);
        shop.verified(order.id);
    }
}

#[test]
fn the_same_key_receives_once() {
    for shop in Shop::each() {
        shop.worth("PAINT", "leeds", 20, 2_000);
        let order = shop.sold(&[("PAINT", "5")]);
        let call = shop.call().with_key("counter-1", b"two tins");
        let (new, at) = (back(&order, 0, 2), shop.location("leeds"));
        let first = take_back(&shop.app, &call, &new, at, Fate::Restocked).unwrap();
        let again = take_back(&shop.app, &call, &new, at, Fate::Restocked).unwrap();
        assert_eq!(again, first);
        assert_eq!(shop.order(order.id).lines[0].quantities.returned.get(), 2);
        assert_eq!(shop.sums("PAINT", "leeds").0, 17);
    }
}

#[test]
fn goods_that_turn_out_broken_are_taken_from_who_waits_for_them() {
    for shop in Shop::each() {
        let (order, came) = returned(&shop, 3);
        let wish = verdict(&came, Fate::AwaitingInspection, Fate::Restocked, 3);
        inspect(&shop.app, &shop.call(), came.id, &wish).unwrap();
        let waiting = [shop.ordered(&[("PAINT", "15")]), shop.ordered(&[("PAINT", "3")])];
        let level = shop.level("PAINT", "leeds");
        assert_eq!((level.on_hand.get(), level.allocated.get()), (18, 18));
        let broken = verdict(&came, Fate::Restocked, Fate::Scrapped, 2);
        inspect(&shop.app, &shop.call(), came.id, &broken).unwrap();
        let level = shop.level("PAINT", "leeds");
        let counts = (level.on_hand.get(), level.allocated.get(), level.backordered.get());
        assert_eq!(counts, (16, 16, 2));
        let tasks = || {
            let sql = "SELECT COUNT(*) AS n FROM task WHERE kind = 'fill_backorders'";
            let read = |tx: &mut orderly_store::Tx<'_>| {
                tx.query_one(sql, &[], |row| row.get::<i64>("n")).map_err(Error::from)
            };
            shop.app.store.read(read).unwrap().unwrap()
        };
        assert_eq!(tasks(), 0);
        let whole = verdict(&came, Fate::Scrapped, Fate::Repaired, 1);
        inspect(&shop.app, &shop.call(), came.id, &whole).unwrap();
        assert_eq!(tasks(), 1, "who waits is served by what came back");
        for id in [order.id, waiting[0].id, waiting[1].id] {
            shop.verified(id);
        }
    }
}

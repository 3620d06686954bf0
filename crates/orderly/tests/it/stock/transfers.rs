//! Transfers: drafts claim, parts leave and arrive, differences have a reason and an end.

use std::sync::Barrier;
use std::thread::scope;

use orderly::Error;
use orderly::ops::orders::place::place;
use orderly::ops::stock::transfer;
use orderly_core::books::Account;
use orderly_core::refusal::Code;
use orderly_core::stock::{
    CarrierClaim, CarrierClaimState, DifferenceKind, Transfer, TransferState,
};
use orderly_core::units::Condition;
use serde_json::{Value, json};

use super::code;
use crate::fixture::{Shop, order, read};
use crate::proof;

/// A shop with ten nails worth a pound each in the depot.
fn shops() -> Vec<Shop> {
    let shops: Vec<Shop> = Shop::each().into_iter().collect();
    for shop in &shops {
        shop.buy("depot", "NAIL", "10", "1.00");
    }
    shops
}

pub fn new(quantity: &str) -> Value {
    json!({ "from": "depot", "to": "york", "lines": [{ "sku": "NAIL", "quantity": quantity }] })
}

fn draft(shop: &Shop, quantity: &str) -> Result<Transfer, Error> {
    transfer::draft(&shop.app, &shop.call(), &read(new(quantity)))
}

fn ship(shop: &Shop, sent: &Transfer, lines: Value) -> Result<Transfer, Error> {
    transfer::dispatch(&shop.app, &shop.call(), sent.id, &read(json!({ "lines": lines })))
}

fn arrive(shop: &Shop, sent: &Transfer, arrival: Value) -> Result<Transfer, Error> {
    transfer::receive(&shop.app, &shop.call(), sent.id, &read(arrival))
}

fn clean(shop: &Shop) {
    proof::levels_are_claims(&shop.app);
    let report = orderly::verify::run(&shop.app, &orderly::verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

#[test]
fn a_draft_keeps_its_goods_from_everybody_until_it_is_canceled() {
    for shop in shops() {
        let drafted = draft(&shop, "7").unwrap();
        assert_eq!((drafted.number.as_str(), drafted.state), ("T1001", TransferState::Draft));
        assert_eq!(shop.level("NAIL", "depot").allocated.get(), 7);
        let before = shop.rows();
        assert_eq!(code(draft(&shop, "4")), Code::InsufficientStock);
        assert_eq!(code(draft(&shop, "11")), Code::NotHeld);
        let way = json!({ "from": "depot", "to": "depot", "lines": [] });
        let same = transfer::draft(&shop.app, &shop.call(), &read(way));
        assert_eq!(code(same), Code::SamePlace);
        let none = json!({ "lines": [{ "position": 1, "quantity": 1 }] });
        assert_eq!(code(arrive(&shop, &drafted, none)), Code::InvalidTransition);
        assert_eq!(
            code(transfer::undo_receipt(&shop.app, &shop.call(), drafted.id)),
            Code::NotReversible
        );
        let stranger = transfer::draft(&shop.app, &shop.stranger(), &read(new("1")));
        assert_eq!(stranger.unwrap_err().code(), "forbidden");
        assert_eq!(shop.rows(), before);
        clean(&shop);
        let canceled = transfer::cancel(&shop.app, &shop.call(), drafted.id).unwrap();
        assert_eq!(canceled.state, TransferState::Canceled);
        assert_eq!(shop.level("NAIL", "depot").allocated.get(), 0);
        assert_eq!(code(ship(&shop, &canceled, json!([]))), Code::InvalidTransition);
        draft(&shop, "10").unwrap();
        clean(&shop);
    }
}

#[test]
fn a_draft_is_shipped_and_received_in_parts_with_exact_value() {
    for shop in shops() {
        shop.adjust("depot", "NAIL", "-1").unwrap();
        shop.buy("depot", "NAIL", "2", "1.01");
        let all = shop.level("NAIL", "depot").value;
        let drafted = draft(&shop, "8").unwrap();
        let part = |quantity: i64| json!([{ "position": 1, "quantity": quantity }]);
        assert_eq!(code(ship(&shop, &drafted, part(9))), Code::AboveOpen);
        assert_eq!(code(ship(&shop, &drafted, part(0))), Code::QuantityZero);
        let twice = json!([{ "position": 1, "quantity": 1 }, { "position": 1, "quantity": 1 }]);
        assert_eq!(code(ship(&shop, &drafted, twice)), Code::InvalidField);
        let unknown = json!([{ "position": 2, "quantity": 1 }]);
        assert_eq!(code(ship(&shop, &drafted, unknown)), Code::UnknownLine);
        let sent = ship(&shop, &drafted, part(3)).unwrap();
        assert_eq!((sent.state, sent.lines[0].allocated.get()), (TransferState::Shipped, 5));
        arrive(&shop, &sent, json!({ "lines": part(2) })).unwrap();
        let sent = ship(&shop, &sent, json!([])).unwrap();
        assert_eq!(sent.state, TransferState::PartReceived);
        assert_eq!(shop.level("NAIL", "depot").allocated.get(), 0);
        clean(&shop);
        let done = arrive(&shop, &sent, json!({ "lines": part(6) })).unwrap();
        assert_eq!(done.state, TransferState::Received);
        let (depot, york) = (shop.level("NAIL", "depot"), shop.level("NAIL", "york"));
        assert_eq!((depot.on_hand.get(), york.on_hand.get()), (3, 8));
        assert_eq!(depot.value + york.value, all);
        assert_eq!(shop.balance(Account::InventoryInTransit), 0);
        assert_eq!(code(ship(&shop, &done, json!([]))), Code::InvalidTransition);
        clean(&shop);
    }
}

#[test]
fn what_was_not_sent_is_given_up_once_something_has_arrived() {
    for shop in shops() {
        let drafted = draft(&shop, "8").unwrap();
        let part = json!([{ "position": 1, "quantity": 3 }]);
        let sent = ship(&shop, &drafted, part.clone()).unwrap();
        arrive(&shop, &sent, json!({ "lines": part })).unwrap();
        let done = transfer::cancel(&shop.app, &shop.call(), sent.id).unwrap();
        assert_eq!((done.state, done.lines[0].canceled.get()), (TransferState::Received, 5));
        assert_eq!(shop.level("NAIL", "depot").allocated.get(), 0);
        let again = transfer::cancel(&shop.app, &shop.call(), sent.id);
        assert_eq!(code(again), Code::NotReversible);
        clean(&shop);
    }
}

/// Seven sent: four arrive, one damaged, one lost, one claimed from the carrier.
pub fn differing(shop: &Shop) -> Transfer {
    let sent = transfer::ship(&shop.app, &shop.call(), &read(new("7"))).unwrap();
    let one = |kind: &str, carrier: Option<&str>| {
        json!({ "position": 1, "quantity": 1, "kind": kind, "reason": "a wet road",
            "carrier": carrier })
    };
    let arrival = json!({
        "lines": [{ "position": 1, "quantity": 4 }],
        "differences": [one("damaged", None), one("lost", None), one("claimed", Some("Vans"))],
    });
    arrive(shop, &sent, arrival).unwrap()
}

fn claim(shop: &Shop) -> CarrierClaim {
    transfer::claims(&shop.app, &shop.call(), None, None, 10).unwrap().remove(0)
}

#[test]
fn each_difference_is_settled_with_its_value_and_taken_back_exactly() {
    for shop in shops() {
        let done = differing(&shop);
        assert_eq!(done.state, TransferState::Received);
        let kinds: Vec<_> = done.differences.iter().map(|one| (one.kind, one.value)).collect();
        let all = [DifferenceKind::Damaged, DifferenceKind::Lost, DifferenceKind::Claimed];
        assert_eq!(kinds, all.map(|kind| (kind, 100)));
        let york = shop.level("NAIL", "york");
        assert_eq!((york.on_hand.get(), york.held.get(), york.value), (4, 5, 500));
        let at = shop.location("york");
        let holdings =
            orderly::ops::read::stock::holdings(&shop.app, &shop.call(), shop.item("NAIL"), at);
        let damaged = holdings
            .unwrap()
            .into_iter()
            .filter(|held| held.place.condition == Some(Condition::Damaged));
        assert_eq!(damaged.map(|held| held.qty.get()).sum::<i64>(), 1);
        let balances = |shop: &Shop| {
            [Account::WriteOffs, Account::CarrierClaims, Account::InventoryInTransit]
                .map(|account| shop.balance(account))
        };
        assert_eq!(balances(&shop), [100, 100, 0]);
        clean(&shop);
        let back = transfer::undo_receipt(&shop.app, &shop.call(), done.id).unwrap();
        assert_eq!((back.state, back.lines[0].in_transit().get()), (TransferState::Shipped, 7));
        assert_eq!(balances(&shop), [0, 0, 700]);
        assert_eq!(shop.level("NAIL", "york").held.get(), 0);
        assert_eq!(claim(&shop).state, CarrierClaimState::Withdrawn);
        let again = transfer::undo_receipt(&shop.app, &shop.call(), done.id);
        assert_eq!(code(again), Code::NotReversible);
        clean(&shop);
        transfer::cancel(&shop.app, &shop.call(), done.id).unwrap();
        assert_eq!(shop.level("NAIL", "depot").value, 1_000);
        clean(&shop);
    }
}

#[test]
fn a_carrier_pays_his_claim_once_in_part_or_not_at_all() {
    for shop in shops() {
        let done = differing(&shop);
        let open = claim(&shop);
        assert_eq!((open.number.as_str(), open.value), ("CC1001", 100));
        let settle = |received: &str, reason: Option<&str>| {
            let end = read(json!({ "received": received, "reason": reason }));
            transfer::settle_claim(&shop.app, &shop.call(), open.id, &end)
        };
        let before = shop.rows();
        assert_eq!(code(settle("0.60", None)), Code::ReasonRequired);
        assert_eq!(code(settle("-1", Some("no"))), Code::MoneyInvalid);
        assert_eq!(shop.rows(), before);
        let settled = settle("0.60", Some("he pays by weight")).unwrap();
        assert_eq!((settled.state, settled.received), (CarrierClaimState::Settled, Some(60)));
        let balances = || {
            [Account::Bank, Account::CarrierClaims, Account::WriteOffs]
                .map(|account| shop.balance(account))
        };
        assert_eq!(balances(), [60, 0, 140]);
        assert_eq!(code(settle("1.00", None)), Code::InvalidTransition);
        let undone = transfer::undo_receipt(&shop.app, &shop.call(), done.id);
        assert_eq!(code(undone), Code::NotReversible);
        clean(&shop);
        transfer::reopen_claim(&shop.app, &shop.call(), open.id).unwrap();
        assert_eq!(balances(), [0, 100, 100]);
        let again = transfer::reopen_claim(&shop.app, &shop.call(), open.id);
        assert_eq!(code(again), Code::NotReversible);
        settle("1.20", None).unwrap();
        assert_eq!(balances(), [120, 0, 80]);
        let all = transfer::claims(&shop.app, &shop.call(), Some(CarrierClaimState::Open), None, 9);
        assert_eq!(all.unwrap(), []);
        clean(&shop);
    }
}

#[test]
fn differences_are_refused_without_their_reason() {
    for shop in shops() {
        let sent = transfer::ship(&shop.app, &shop.call(), &read(new("5"))).unwrap();
        let differs =
            |difference: Value| code(arrive(&shop, &sent, json!({ "differences": [difference] })));
        let before = shop.rows();
        let lost = json!({ "position": 1, "quantity": 1, "kind": "lost", "reason": " " });
        assert_eq!(differs(lost), Code::ReasonRequired);
        let stolen = json!({ "position": 1, "quantity": 1, "kind": "found", "reason": "x" });
        assert_eq!(differs(stolen), Code::InvalidField);
        let whom = json!({ "position": 1, "quantity": 1, "kind": "claimed", "reason": "x" });
        assert_eq!(differs(whom), Code::InvalidField);
        let much = json!({ "position": 1, "quantity": 6, "kind": "lost", "reason": "x" });
        assert_eq!(differs(much), Code::AboveOpen);
        let more = |reason: Option<&str>| {
            let line = json!({ "position": 1, "quantity": 8, "reason": reason });
            arrive(&shop, &sent, json!({ "lines": [line] }))
        };
        assert_eq!(code(more(None)), Code::AboveOpen);
        assert_eq!(code(more(Some(""))), Code::ReasonRequired);
        assert_eq!(shop.rows(), before);
        let done = more(Some("miscounted when packed")).unwrap();
        let found = &done.differences[0];
        assert_eq!((found.kind, found.qty.get(), found.value), (DifferenceKind::Found, 3, 300));
        assert_eq!(shop.level("NAIL", "york").value, 800);
        assert_eq!(shop.balance(Account::InventoryAdjustments), -300);
        clean(&shop);
        transfer::undo_receipt(&shop.app, &shop.call(), sent.id).unwrap();
        assert_eq!(shop.balance(Account::InventoryAdjustments), 0);
        assert_eq!(shop.level("NAIL", "york").held.get(), 0);
        clean(&shop);
    }
}

#[test]
fn an_arrival_that_was_sold_is_not_taken_back() {
    for shop in shops() {
        let sent = transfer::ship(&shop.app, &shop.call(), &read(new("5"))).unwrap();
        arrive(&shop, &sent, json!({ "lines": [{ "position": 1, "quantity": 5 }] })).unwrap();
        shop.adjust("york", "NAIL", "-1").unwrap();
        let before = shop.rows();
        let undone = transfer::undo_receipt(&shop.app, &shop.call(), sent.id);
        assert_eq!(code(undone), Code::NotReversible);
        assert_eq!(shop.rows(), before);
    }
}

#[test]
fn goods_that_are_gone_leave_a_draft_without_its_claim() {
    for shop in shops() {
        let drafted = draft(&shop, "8").unwrap();
        shop.adjust("depot", "NAIL", "-5").unwrap();
        let left = transfer::get(&shop.app, &shop.call(), drafted.id).unwrap();
        assert_eq!(left.lines[0].allocated.get(), 5);
        assert_eq!(code(ship(&shop, &drafted, json!([]))), Code::NotHeld);
        clean(&shop);
        ship(&shop, &drafted, json!([{ "position": 1, "quantity": 5 }])).unwrap();
        transfer::cancel(&shop.app, &shop.call(), drafted.id).unwrap();
        assert_eq!(shop.level("NAIL", "depot").on_hand.get(), 5);
        clean(&shop);
    }
}

#[test]
fn drafts_and_orders_at_once_promise_the_goods_once() {
    for shop in shops() {
        let start = Barrier::new(4);
        scope(|threads| {
            for worker in 0..4 {
                let (shop, start) = (&shop, &start);
                threads.spawn(move || {
                    start.wait();
                    for _ in 0..3 {
                        if worker < 2 {
                            let _ = draft(shop, "3");
                        } else {
                            let _ =
                                place(&shop.app, &shop.call(), &order("till", &[("NAIL", "3")]));
                        }
                    }
                });
            }
        });
        let level = shop.level("NAIL", "depot");
        assert!(level.allocated <= level.on_hand);
        clean(&shop);
    }
}

#[test]
fn a_repeated_arrival_counts_once_even_at_once() {
    for shop in shops() {
        let sent = transfer::ship(&shop.app, &shop.call(), &read(new("6"))).unwrap();
        let start = Barrier::new(3);
        scope(|threads| {
            for _ in 0..3 {
                let (shop, start, sent) = (&shop, &start, &sent);
                threads.spawn(move || {
                    let call = shop.call().with_key("arrived", b"four");
                    let new = read(json!({ "lines": [{ "position": 1, "quantity": 4 }] }));
                    start.wait();
                    let done = transfer::receive(&shop.app, &call, sent.id, &new).unwrap();
                    assert_eq!((done.version, done.lines[0].received.get()), (2, 4));
                });
            }
        });
        assert_eq!(shop.level("NAIL", "york").on_hand.get(), 4);
        clean(&shop);
    }
}

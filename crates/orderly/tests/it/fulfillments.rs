//! From release to the customer and back, on both engines.

mod ends;

use orderly::ops::fulfillments::cancel::{cancel, uncancel};
use orderly::ops::fulfillments::close::{close, reopen};
use orderly::ops::fulfillments::hold::{expire, hold, release_hold};
use orderly::ops::fulfillments::shipments::{
    Back, Shipping, bring_back, deliver, fail, retry, ship, void,
};
use orderly::ops::fulfillments::undo::undo;
use orderly::ops::fulfillments::{
    hand_over, pack, pick, recall, reject, release, take_over, unpack, unpick,
};
use orderly::ops::orders::place::place;
use orderly::ops::orders::{folded, get};
use orderly::ops::tasks;
use orderly::verify::Options;
use orderly::{App, Call, Error};
use orderly_core::id::*;
use orderly_core::order::cancel::Cancel;
use orderly_core::order::deliver::Then;
use orderly_core::order::hold::NewHold;
use orderly_core::order::pick::Pick;
use orderly_core::order::reject::RejectReason;
use orderly_core::order::*;
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_store::tables;
use serde_json::json;

use crate::fixture::{Shop, order, read};
use crate::stock::receipt;

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

fn code(result: Result<Order, Error>) -> Code {
    let error = result.map(|order| order.number).unwrap_err();
    error.refused().unwrap_or_else(|| panic!("not a refusal: {error}"))
}

/// Every order is what its events fold to, line by line and part by part.
fn assert_folds(app: &App, order: &Order) {
    let stored = get(app, order.id).unwrap().unwrap();
    assert_eq!(&stored, order, "what is answered is what is stored");
    let folded = app.store.read(|tx| folded(tx, order.id, order.sequence)).unwrap().unwrap();
    assert_eq!(folded, stored);
}

/// Everything recomputed from rows agrees: goods, value, claims, events.
fn assert_clean(shop: &Shop) {
    let report = orderly::verify::run(&shop.app, &Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

/// Quantities of the lines, and what two items' levels say at every location.
fn picture(shop: &Shop, order: &Order) -> impl PartialEq + std::fmt::Debug + use<> {
    let quantities: Vec<Quantities> = order.lines.iter().map(|line| line.quantities).collect();
    let mut levels = Vec::new();
    for sku in ["NAIL", "BOLT", "BOARD", "PAINT"] {
        for level in shop.app.store.read(|tx| tables::levels::of_item(tx, shop.item(sku))).unwrap()
        {
            let counts = (level.on_hand, level.allocated, level.backordered, level.value);
            if level.held > Qty::ZERO || level.value != 0 {
                levels.push((level.key, counts));
            }
        }
    }
    (quantities, levels, order.head.clone())
}

/// An order of nails and a kit, placed and its only fulfillment.
fn placed(shop: &Shop) -> (Order, FulfillmentId) {
    shop.buy("depot", "NAIL", "100", "0.0333");
    shop.buy("depot", "BOLT", "20", "0.127");
    shop.buy("york", "NAIL", "100", "0.05");
    let new = order("web", &[("NAIL", "10"), ("KIT-B", "2")]);
    let placed = place(&shop.app, &shop.call(), &new).unwrap();
    let at = placed.fulfillments[0].id;
    (placed, at)
}

type Step = fn(&App, &Call, (OrderId, FulfillmentId)) -> Result<Order, Error>;

#[test]
fn an_order_goes_to_the_customer_and_every_step_can_be_undone() {
    let forward: [(&str, Step); 4] = [
        ("release", |app, call, of| release(app, call, of)),
        ("pick", |app, call, of| pick(app, call, of, &[])),
        ("pack", |app, call, of| pack(app, call, of, &[])),
        ("ship", |app, call, of| ship(app, call, of, &Shipping::default())),
    ];
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        let mut now = order;
        for (name, step) in forward {
            let before = picture(&shop, &now);
            let done = step(&shop.app, &shop.call(), of).unwrap();
            assert_folds(&shop.app, &done);
            let undone = undo(&shop.app, &shop.call(), of.0).unwrap();
            assert_folds(&shop.app, &undone);
            assert_eq!(picture(&shop, &undone), before, "{name} is undone exactly");
            now = step(&shop.app, &shop.call(), of).unwrap();
        }
        assert_eq!(shop.sums("NAIL", "depot"), (84, 0, 0));
        let sent = now.shipments.last().unwrap().id;
        let sscc = &now.parcels.last().unwrap().sscc;
        assert_eq!(sscc.len(), 18);
        let before = picture(&shop, &now);
        let mine = (of.0, sent);
        let failed = fail(&shop.app, &shop.call(), mine).unwrap();
        assert_eq!(code(deliver(&shop.app, &shop.call(), mine, &[])), Code::InvalidTransition);
        assert_eq!(failed.shipment(sent).unwrap().state, ShipmentState::Failed);
        retry(&shop.app, &shop.call(), mine).unwrap();
        deliver(&shop.app, &shop.call(), mine, &[]).unwrap();
        assert_eq!(code(void(&shop.app, &shop.call(), mine)), Code::NotReversible);
        let undone = undo(&shop.app, &shop.call(), of.0).unwrap();
        assert_eq!(picture(&shop, &undone), before);
        let again = deliver(&shop.app, &shop.call(), mine, &[]).unwrap();
        assert_folds(&shop.app, &again);
        let nails = again.lines[0].quantities;
        assert_eq!((nails.shipped, nails.delivered), (qty(10), qty(10)));
        assert_clean(&shop);
    }
}

#[test]
fn the_same_key_is_answered_the_same_and_other_rights_are_refused() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        let stranger = shop.stranger();
        let refused = release(&shop.app, &stranger, of);
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
        let call = shop.call().with_key("release-1", b"");
        let first = release(&shop.app, &call, of).unwrap();
        let second = release(&shop.app, &call, of).unwrap();
        assert_eq!(first, second);
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::NothingToDo);
        let mut stale = shop.call();
        stale.expected_version = Some(1);
        assert_eq!(code(recall(&shop.app, &stale, of)), Code::StaleVersion);
        let unknown = (order.id, FulfillmentId::from_bytes([1; 16]));
        assert_eq!(code(recall(&shop.app, &shop.call(), unknown)), Code::NotFound);
        assert_clean(&shop);
    }
}

#[test]
fn boards_are_cut_when_they_are_picked() {
    for shop in Shop::each() {
        let boards = json!([{ "sku": "BOARD", "quantity": "4", "length": "5 m", "cost": "17.31" }]);
        receipt(&shop.app, &shop.call(), "depot", boards).unwrap();
        let new = read(json!({
            "channel": "web", "customer": { "name": "Ann" },
            "lines": [{ "sku": "BOARD", "quantity": "7", "unit": "cut", "cut_length": "2.4 m" }],
        }));
        let order = place(&shop.app, &shop.call(), &new).unwrap();
        let of = (order.id, order.fulfillments[0].id);
        release(&shop.app, &shop.call(), of).unwrap();
        let picked = pick(&shop.app, &shop.call(), of, &[]).unwrap();
        assert_folds(&shop.app, &picked);
        assert_eq!(picked.work[0].cut, None);
        // 7 × 2.4 m from four boards: three leave 0.2 m each, which is scrapped, one leaves 2.6 m.
        assert_eq!(shop.sums("BOARD", "depot"), (16_800 + 2_600, 16_800, 0));
        assert_eq!(code(undo(&shop.app, &shop.call(), order.id)), Code::NotReversible);
        let refused = unpick(&shop.app, &shop.call(), of, &[], false);
        assert_eq!(code(refused), Code::NotReversible);
        unpick(&shop.app, &shop.call(), of, &[], true).unwrap();
        let again = pick(&shop.app, &shop.call(), of, &[]).unwrap();
        assert_eq!(again.lines[0].quantities.picked, qty(16_800));
        assert_clean(&shop);
    }
}

#[test]
fn what_a_location_cannot_find_is_written_off_and_sourced_elsewhere() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        release(&shop.app, &shop.call(), of).unwrap();
        let nails = order.lines[0].id;
        let reason = RejectReason::NotFound;
        let after = reject(&shop.app, &shop.call(), of, &[(nails, qty(4))], reason).unwrap();
        assert_folds(&shop.app, &after);
        assert_eq!(shop.sums("NAIL", "depot"), (96, 12, 0));
        assert_eq!(shop.sums("NAIL", "york"), (100, 4, 0));
        assert_eq!(after.fulfillments.len(), 2);
        let elsewhere = after.fulfillments[1].clone();
        assert_eq!(elsewhere.location, shop.location("york"));
        // Who is closed says nothing about the goods; the depot serves them from what it has left.
        let none = RejectReason::Closed;
        let of = (order.id, elsewhere.id);
        let after = reject(&shop.app, &shop.call(), of, &[], none).unwrap();
        assert_eq!(shop.sums("NAIL", "york"), (100, 0, 0));
        assert_eq!(after.lines[0].quantities.backordered, qty(0));
        assert_eq!(after.lines[0].quantities.allocated, qty(10));
        assert_eq!(code(undo(&shop.app, &shop.call(), order.id)), Code::NotReversible);
        assert_clean(&shop);
    }
}

#[test]
fn goods_are_handed_over_at_the_counter_and_taken_back() {
    for shop in Shop::each() {
        shop.buy("leeds", "NAIL", "50", "0.0777");
        let new = read(json!({
            "channel": "till", "customer": { "name": "Ann" },
            "deliveries": [{ "ref": "now", "method": "take_away", "location": "leeds" }],
            "lines": [{ "sku": "NAIL", "quantity": "5" }],
        }));
        let order = place(&shop.app, &shop.call(), &new).unwrap();
        let before = picture(&shop, &order);
        let of = (order.id, order.fulfillments[0].id);
        let done = hand_over(&shop.app, &shop.call(), of, &[]).unwrap();
        assert_folds(&shop.app, &done);
        assert_eq!(done.version, order.version + 1, "one command, one version");
        assert_eq!(done.lines[0].quantities.delivered, qty(5));
        assert_eq!(shop.sums("NAIL", "leeds"), (45, 0, 0));
        let shipment = done.shipments[0].id;
        let back = take_over(&shop.app, &shop.call(), order.id, shipment, false).unwrap();
        assert_folds(&shop.app, &back);
        assert_eq!(picture(&shop, &back), before);
        let again = hand_over(&shop.app, &shop.call(), of, &[]).unwrap();
        assert_eq!(again.lines[0].quantities.delivered, qty(5));
        undo(&shop.app, &shop.call(), order.id).unwrap();
        assert_eq!(shop.sums("NAIL", "leeds"), (50, 5, 0));
        assert_clean(&shop);
    }
}

#[test]
fn a_cancellation_frees_stock_and_is_taken_back() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let all = Cancel::Order;
        let silent = cancel(&shop.app, &shop.call(), order.id, &all);
        assert_eq!(code(silent), Code::ReasonRequired);
        let call = shop.call().with_reason("changed his mind");
        let gone = cancel(&shop.app, &call, order.id, &all).unwrap();
        assert_folds(&shop.app, &gone);
        assert_eq!(gone.head.state, OrderState::Canceled);
        assert_eq!(shop.sums("NAIL", "depot"), (100, 0, 0));
        assert_eq!(code(release(&shop.app, &shop.call(), (order.id, at))), Code::InvalidTransition);
        let back = undo(&shop.app, &shop.call(), order.id).unwrap();
        assert_folds(&shop.app, &back);
        assert_eq!(back.head.state, OrderState::Placed);
        assert_eq!(shop.sums("NAIL", "depot"), (100, 16, 0));
        let kit = back.lines.iter().find(|line| line.kind == LineKind::Kit).unwrap().id;
        let call = shop.call().with_reason("one is enough");
        let one = Cancel::Lines(vec![(kit, Some(qty(1)))]);
        cancel(&shop.app, &call, order.id, &one).unwrap();
        assert_eq!(shop.sums("NAIL", "depot"), (100, 13, 0));
        assert_eq!(shop.sums("BOLT", "depot"), (20, 1, 0));
        uncancel(&shop.app, &shop.call(), order.id, &one).unwrap();
        assert_eq!(shop.sums("BOLT", "depot"), (20, 2, 0));
        assert_clean(&shop);
    }
}

#[test]
fn a_hold_blocks_its_steps_unless_it_is_overridden() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        let new = NewHold {
            kind: "credit".into(),
            scope: HoldScope::Order,
            scope_id: [0; 16],
            blocks: vec![orderly_core::order::Step::Release],
            reason: "over the limit".into(),
            owner: Some("credit control".into()),
            due_at: Some(shop.call().now.plus_micros(60_000_000)),
        };
        let held = hold(&shop.app, &shop.call(), order.id, &new).unwrap();
        assert_folds(&shop.app, &held);
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::OnHold);
        let mut leave = shop.call().with_reason("the director agreed");
        leave.overrides = vec![Code::OnHold];
        release(&shop.app, &leave, of).unwrap();
        recall(&shop.app, &shop.call(), of).unwrap();
        let id = held.holds[0].id;
        let free = release_hold(&shop.app, &shop.call(), order.id, id).unwrap();
        let same = release_hold(&shop.app, &shop.call(), order.id, id).unwrap();
        assert_eq!(same, free, "releasing it again changes nothing");
        undo(&shop.app, &shop.call(), order.id).unwrap();
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::OnHold);
        expire(&shop.app, &shop.call(), order.id).unwrap();
        assert_eq!(code(release(&shop.app, &shop.call(), of)), Code::OnHold, "it is not due yet");
        let later = shop.call().now.plus_micros(120_000_000);
        tasks::run_due(&shop.app, later, 77).unwrap();
        release(&shop.app, &shop.call(), of).unwrap();
        assert_clean(&shop);
    }
}

#[test]
fn goods_that_come_back_are_shipped_again_or_given_up() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        for step in 0..2 {
            let of = match step {
                0 => of,
                _ => {
                    let now = get(&shop.app, order.id).unwrap().unwrap();
                    let open = |f: &&Fulfillment| f.state == FulfillmentState::Open;
                    (order.id, now.fulfillments.iter().find(open).unwrap().id)
                }
            };
            release(&shop.app, &shop.call(), of).unwrap();
            pick(&shop.app, &shop.call(), of, &[]).unwrap();
            pack(&shop.app, &shop.call(), of, &[]).unwrap();
            let sent = ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
            let shipment = sent.shipments.last().unwrap().id;
            let then = if step == 0 { Then::Reopen } else { Then::Cancel };
            let back = Back { bin: None, sellable: true, then };
            let mine = (order.id, shipment);
            let after = bring_back(&shop.app, &shop.call(), mine, &[], back).unwrap();
            assert_folds(&shop.app, &after);
            let nails = after.lines[0].quantities;
            let (allocated, canceled) = if step == 0 { (10, 0) } else { (0, 10) };
            assert_eq!((nails.allocated, nails.canceled), (qty(allocated), qty(canceled)));
            assert_eq!(shop.sums("NAIL", "depot").0, 100, "the goods are on sale again");
        }
        assert_clean(&shop);
    }
}

#[test]
fn packing_is_undone_and_a_paid_order_is_closed() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        assert_eq!(code(close(&shop.app, &shop.call(), order.id)), Code::InvalidTransition);
        release(&shop.app, &shop.call(), of).unwrap();
        let picked = pick(&shop.app, &shop.call(), of, &[]).unwrap();
        let before = picture(&shop, &picked);
        let packed = pack(&shop.app, &shop.call(), of, &[]).unwrap();
        let packs: Vec<_> = packed
            .work
            .iter()
            .map(|w| orderly_core::order::pack::Pack {
                claim: w.claim,
                qty: w.packed,
                measured: None,
            })
            .collect();
        let back = unpack(&shop.app, &shop.call(), of, &packs).unwrap();
        assert_eq!(picture(&shop, &back), before);
        unpick(&shop.app, &shop.call(), of, &[], false).unwrap();
        let call = shop.call().with_reason("never mind");
        let gone = cancel(&shop.app, &call, order.id, &Cancel::Order).unwrap();
        assert_eq!(gone.head.state, OrderState::Canceled);
        assert_eq!(code(reopen(&shop.app, &shop.call(), order.id)), Code::InvalidTransition);
        assert_clean(&shop);
    }
}

#[test]
fn serial_numbers_are_named_when_they_are_picked() {
    for shop in Shop::each() {
        let drills = json!([{
            "sku": "DRILL", "quantity": "3", "serials": ["A1", "A2", "A3"], "cost": "61.00",
        }]);
        receipt(&shop.app, &shop.call(), "depot", drills).unwrap();
        let placed = place(&shop.app, &shop.call(), &order("web", &[("DRILL", "2")])).unwrap();
        let of = (placed.id, placed.fulfillments[0].id);
        release(&shop.app, &shop.call(), of).unwrap();
        assert_eq!(code(pick(&shop.app, &shop.call(), of, &[])), Code::LotRequired);
        let depot = shop.location("depot");
        let held =
            shop.app.store.read(|tx| tables::units::holdings_of(tx, shop.item("DRILL"), depot));
        let from = held.unwrap().iter().take(2).map(|h| (h.place.bin, h.lot, h.qty)).collect();
        let claim = placed.work[0].claim;
        let named = Pick { claim, qty: qty(2), from };
        let strange = Pick { from: vec![(named.from[0].0, LotId::NONE, qty(2))], ..named.clone() };
        assert_eq!(code(pick(&shop.app, &shop.call(), of, &[strange])), Code::LotNotHeld);
        let picked = pick(&shop.app, &shop.call(), of, std::slice::from_ref(&named)).unwrap();
        assert_eq!(picked.work[0].picks.len(), 2);
        pack(&shop.app, &shop.call(), of, &[]).unwrap();
        let sent = ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
        let lots: Vec<LotId> = sent.shipment_lines.iter().map(|line| line.lot).collect();
        assert_eq!(lots, [named.from[0].1, named.from[1].1]);
        assert_eq!(sent.shipment_lines.iter().map(|line| line.value).sum::<i64>(), 12_200);
        assert_clean(&shop);
    }
}

/// Eight pickers press at once: the goods are picked once.
#[test]
fn of_many_who_pick_the_same_work_one_does() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let of = (order.id, at);
        release(&shop.app, &shop.call(), of).unwrap();
        let calls: Vec<Call> = (0..8).map(|_| shop.call()).collect();
        let done = std::thread::scope(|scope| {
            let started: Vec<_> = calls
                .iter()
                .map(|call| scope.spawn(|| pick(&shop.app, call, of, &[]).is_ok()))
                .collect();
            started.into_iter().map(|one| one.join().unwrap()).filter(|ok| *ok).count()
        });
        assert_eq!(done, 1);
        let now = get(&shop.app, order.id).unwrap().unwrap();
        assert_eq!(now.lines[0].quantities.picked, qty(10));
        assert_clean(&shop);
    }
}

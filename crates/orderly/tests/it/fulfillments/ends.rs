//! How orders end: lost and found goods, goods above and below what was ordered, services, closing.

use orderly::ops::catalog::create_item;
use orderly::ops::fulfillments::close::{
    close, close_short, perform, reopen, reopen_short, unperform,
};
use orderly::ops::fulfillments::shipments::{decide_back, find, lose, undeliver};
use orderly::ops::payments::{self, PaymentIn, StepIn};

use super::*;

/// Ships everything of a fulfillment and returns the order with its shipment.
fn send(shop: &Shop, of: (OrderId, FulfillmentId)) -> (Order, (OrderId, ShipmentId)) {
    release(&shop.app, &shop.call(), of).unwrap();
    pick(&shop.app, &shop.call(), of, &[]).unwrap();
    pack(&shop.app, &shop.call(), of, &[]).unwrap();
    let sent = ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
    let shipment = sent.shipments.last().unwrap().id;
    (sent, (of.0, shipment))
}

fn fully_paid(shop: &Shop, order: OrderId) {
    let cash = PaymentIn { order: Some(order), method: "cash".into(), ..PaymentIn::default() };
    payments::take(&shop.app, &shop.call(), &cash).unwrap();
}

#[test]
fn lost_goods_turn_up_and_wrong_deliveries_are_taken_back() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let (sent, mine) = send(&shop, (order.id, at));
        let before = picture(&shop, &sent);
        let lost = lose(&shop.app, &shop.call(), mine, &[]).unwrap();
        assert_folds(&shop.app, &lost);
        assert_eq!(lost.lines[0].quantities.lost, qty(10));
        assert_clean(&shop);
        let found = find(&shop.app, &shop.call(), mine).unwrap();
        assert_eq!(picture(&shop, &found), before);
        deliver(&shop.app, &shop.call(), mine, &[]).unwrap();
        let back = undeliver(&shop.app, &shop.call(), mine).unwrap();
        assert_eq!(picture(&shop, &back), before);
        // A second delivery, and a second loss, of the same lines are movements of their own.
        deliver(&shop.app, &shop.call(), mine, &[]).unwrap();
        undeliver(&shop.app, &shop.call(), mine).unwrap();
        let lost = lose(&shop.app, &shop.call(), mine, &[]).unwrap();
        assert_folds(&shop.app, &lost);
        assert_eq!(code(undeliver(&shop.app, &shop.call(), mine)), Code::NothingToDo);
        assert_clean(&shop);
    }
}

#[test]
fn a_hold_is_not_put_again_on_an_order_that_was_canceled_meanwhile() {
    for shop in Shop::each() {
        let (order, _) = placed(&shop);
        let new = NewHold {
            kind: "check".into(),
            scope: HoldScope::Order,
            scope_id: order.id.as_bytes(),
            blocks: vec![orderly_core::order::Step::Ship],
            reason: "to be looked at".into(),
            owner: None,
            due_at: None,
        };
        let held = hold(&shop.app, &shop.call(), order.id, &new).unwrap();
        let call = shop.call().with_reason("changed their mind");
        cancel(&shop.app, &call, order.id, &Cancel::Order).unwrap();
        release_hold(&shop.app, &shop.call(), order.id, held.holds[0].id).unwrap();
        let refusal = undo(&shop.app, &shop.call(), order.id).map(|_| ()).unwrap_err();
        assert_eq!(refusal.refused(), Some(Code::NotReversible));
        assert_clean(&shop);
    }
}

#[test]
fn what_came_back_is_decided_later_in_whole_kits() {
    for shop in Shop::each() {
        let (order, at) = placed(&shop);
        let (_, mine) = send(&shop, (order.id, at));
        let back = Back { bin: None, sellable: false, then: Then::Later };
        let after = bring_back(&shop.app, &shop.call(), mine, &[], back).unwrap();
        assert_eq!(after.lines[0].quantities.brought_back, qty(10));
        assert_eq!(shop.sums("NAIL", "depot").0, 84, "nothing goes on sale uninspected");
        let nails = after.lines[0].id;
        let kit = after.lines.iter().find(|line| line.kind == LineKind::Kit).unwrap();
        let bolts = after.components(kit.id).next().unwrap().id;
        let decide = |line, many, then| {
            decide_back(&shop.app, &shop.call(), order.id, line, qty(many), then)
        };
        assert_eq!(code(decide(bolts, 1, Then::Cancel)), Code::KitComponent);
        assert_eq!(code(decide(nails, 11, Then::Cancel)), Code::AboveOpen);
        decide(nails, 10, Then::Cancel).unwrap();
        let after = decide(kit.id, 2, Then::Reopen).unwrap();
        assert_folds(&shop.app, &after);
        let kits = after.line(kit.id).unwrap().quantities;
        assert_eq!((kits.allocated, kits.shipped), (qty(2), qty(0)));
        assert_clean(&shop);
    }
}

#[test]
fn goods_by_weight_are_shipped_over_or_short_within_their_tolerance() {
    for shop in Shop::each() {
        let cheese = json!({
            "sku": "CHEESE", "name": "Cheese", "goods": "catch_weight", "base_unit": "g",
            "sale_unit": "kg", "price": "20.00", "over_ppm": 50_000, "under_ppm": 50_000,
        });
        create_item(&shop.app, &shop.call(), &read(cheese)).unwrap();
        shop.buy("depot", "CHEESE", "10", "7.77");
        let new = order("web", &[("CHEESE", "2")]);
        let placed = place(&shop.app, &shop.call(), &new).unwrap();
        let (of, line) = ((placed.id, placed.fulfillments[0].id), placed.lines[0].id);
        release(&shop.app, &shop.call(), of).unwrap();
        let claim = placed.work[0].claim;
        let some = |grams: i64| [Pick { claim, qty: qty(grams), from: Vec::new() }];
        let above = pick(&shop.app, &shop.call(), of, &some(2_101));
        assert_eq!(code(above), Code::AboveTolerance);
        let mut leave = shop.call().with_reason("the customer agreed");
        leave.overrides = vec![Code::AboveTolerance];
        let over = pick(&shop.app, &leave, of, &some(2_150)).unwrap();
        assert_eq!(over.lines[0].quantities.over, qty(150));
        assert_eq!(shop.sums("CHEESE", "depot"), (10_000, 2_150, 0));
        let back = undo(&shop.app, &shop.call(), placed.id).unwrap();
        assert_eq!(back.lines[0].quantities.over, qty(0));
        let refused = close_short(&shop.app, &shop.call(), placed.id, line);
        assert_eq!(code(refused), Code::AboveTolerance);
        let picked = pick(&shop.app, &shop.call(), of, &some(1_950)).unwrap();
        // From the same bin a second time: the picked part is a claim of its own.
        let claim = picked.work.iter().find(|work| work.picked == qty(1_950)).unwrap().claim;
        let measured =
            orderly_core::order::pack::Pack { claim, qty: qty(1_950), measured: Some(qty(1_950)) };
        let packed = pack(&shop.app, &shop.call(), of, &[measured]).unwrap();
        assert_eq!(packed.head.totals.total, 3_900, "1.95 kg at 20.00");
        ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
        let short = close_short(&shop.app, &shop.call(), placed.id, line).unwrap();
        assert_folds(&shop.app, &short);
        assert_eq!(short.lines[0].quantities.closed_short, qty(50));
        assert_eq!(shop.sums("CHEESE", "depot"), (8_050, 0, 0));
        let open = reopen_short(&shop.app, &shop.call(), placed.id, line).unwrap();
        assert_eq!(open.lines[0].quantities.allocated, qty(50));
        assert_clean(&shop);
    }
}

#[test]
fn an_order_is_closed_once_it_is_done_and_paid_and_opened_again() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.0333");
        let new = read(json!({
            "channel": "web", "customer": { "name": "Ann" },
            "lines": [
                { "sku": "NAIL", "quantity": "10" },
                { "sku": "CARE", "quantity": "1" },
            ],
        }));
        let placed = place(&shop.app, &shop.call(), &new).unwrap();
        let (id, care) = (placed.id, placed.lines[1].id);
        let wrong = perform(&shop.app, &shop.call(), id, placed.lines[0].id, qty(1));
        assert_eq!(code(wrong), Code::InvalidTransition);
        perform(&shop.app, &shop.call(), id, care, qty(60)).unwrap();
        let back = unperform(&shop.app, &shop.call(), id, care, qty(60)).unwrap();
        assert_eq!(back.lines[1].quantities, placed.lines[1].quantities);
        perform(&shop.app, &shop.call(), id, care, qty(60)).unwrap();
        let (_, mine) = send(&shop, (id, placed.fulfillments[0].id));
        assert_eq!(code(close(&shop.app, &shop.call(), id)), Code::InvalidTransition);
        deliver(&shop.app, &shop.call(), mine, &[]).unwrap();
        assert_eq!(code(close(&shop.app, &shop.call(), id)), Code::InvalidTransition);
        fully_paid(&shop, id);
        unperform(&shop.app, &shop.call(), id, care, qty(60)).unwrap();
        let early = close(&shop.app, &shop.call(), id);
        assert_eq!(code(early), Code::InvalidTransition, "the service is owed as goods are");
        perform(&shop.app, &shop.call(), id, care, qty(60)).unwrap();
        let closed = close(&shop.app, &shop.call(), id).unwrap();
        assert_folds(&shop.app, &closed);
        assert_eq!(closed.head.state, OrderState::Closed);
        let paid = payments::list(&shop.app, &shop.call(), 1).unwrap()[0].id;
        let step = StepIn { order: Some(id), ..StepIn::default() };
        let taken = payments::withdraw(&shop.app, &shop.call(), paid, &step);
        assert_eq!(crate::sold::code(taken), Code::InvalidTransition, "it stays paid");
        let late = shop.call().with_reason("too late");
        assert_eq!(code(cancel(&shop.app, &late, id, &Cancel::Order)), Code::InvalidTransition);
        let open = undo(&shop.app, &shop.call(), id).unwrap();
        assert_eq!(open.head.state, OrderState::Placed);
        close(&shop.app, &shop.call(), id).unwrap();
        let open = reopen(&shop.app, &shop.call(), id).unwrap();
        assert_eq!(open.head.state, OrderState::Placed);
        assert_clean(&shop);
    }
}

/// What was short before stays short, wherever the goods that came back were found meanwhile.
#[test]
fn a_cancellation_taken_back_and_canceled_again_leaves_every_claim_as_it_was() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "5", "0.0333");
        let placed = place(&shop.app, &shop.call(), &order("market", &[("NAIL", "10")])).unwrap();
        let line = placed.lines[0].id;
        let two = Cancel::Lines(vec![(line, Some(qty(2)))]);
        let call = shop.call().with_reason("eight will do");
        let less = cancel(&shop.app, &call, placed.id, &two).unwrap();
        let counts = |order: &Order| {
            let q = order.lines[0].quantities;
            (q.allocated.get(), q.backordered.get(), q.canceled.get())
        };
        assert_eq!(counts(&less), (5, 3, 2));
        shop.buy("york", "NAIL", "100", "0.05");
        let before = picture(&shop, &less);
        let more = uncancel(&shop.app, &shop.call(), placed.id, &two).unwrap();
        assert_eq!(counts(&more), (7, 3, 0), "york serves what came back");
        let again = undo(&shop.app, &shop.call(), placed.id).unwrap();
        assert_folds(&shop.app, &again);
        assert_eq!(counts(&again), (5, 3, 2));
        assert_eq!(picture(&shop, &again), before);
        // The whole order, canceled, back, and canceled again.
        let call = shop.call().with_reason("nothing at all");
        let gone = cancel(&shop.app, &call, placed.id, &Cancel::Order).unwrap();
        let before = picture(&shop, &gone);
        let back = undo(&shop.app, &shop.call(), placed.id).unwrap();
        assert_eq!(back.head.state, OrderState::Placed);
        let again = undo(&shop.app, &shop.call(), placed.id).unwrap();
        assert_folds(&shop.app, &again);
        assert_eq!(again.head.state, OrderState::Canceled);
        assert_eq!(picture(&shop, &again), before);
        assert_clean(&shop);
    }
}

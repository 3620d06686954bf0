//! Steps that are refused: by code, with what would be allowed.

use orderly_core::id::*;
use orderly_core::order::cancel::{Cancel, cancel, uncancel};
use orderly_core::order::close::{Given, close, close_short, perform, reopen, unperform};
use orderly_core::order::deliver::{deliver, fail, retry};
use orderly_core::order::hold::{NewHold, expire_holds, hold, hold_again, release_hold};
use orderly_core::order::pack::{Pack, pack};
use orderly_core::order::pick::{Pick, pick};
use orderly_core::order::reject::{RejectReason, reject};
use orderly_core::order::release::{recall, release};
use orderly_core::order::ship::{NewParcel, Ship, ship, void_shipment};
use orderly_core::order::undo::{Command, inverse};
use orderly_core::order::unpick::{self, unpick};
use orderly_core::order::work::At;
use orderly_core::order::*;
use orderly_core::refusal::{Code, Refusal};

use crate::sample::{NOW, line, qty};
use crate::world::*;

const AT: At<'_> = At::plain(NOW);

fn code<T>(result: Result<T, Refusal>) -> Code {
    result.map(|_| ()).unwrap_err().code()
}

fn allowed<T>(result: Result<T, Refusal>) -> Option<String> {
    result.map(|_| ()).unwrap_err().issues[0].allowed.clone()
}

fn id(number: u8) -> LineId {
    LineId::from_bytes([number; 16])
}

/// A world whose first fulfillment is released.
fn released() -> (World, FulfillmentId, IdSource) {
    let mut world = World::new();
    world.source(&[]);
    let at = world.order.work_of(world.claims_of(PLAIN)[0]).unwrap().fulfillment;
    let mut ids = world.ids.clone();
    world.apply(release(&world.order, at, &AT, &mut ids).unwrap());
    (world, at, ids)
}

/// The same with some plain goods shipped.
fn shipped() -> (World, FulfillmentId, ShipmentId, IdSource) {
    let (mut world, at, mut ids) = released();
    let claim = world.claims_of(PLAIN)[0];
    let some = Pick { claim, qty: qty(3), from: Vec::new() };
    world.apply(pick(&world.order, at, &[some], &mut world.hand(at), &AT, &mut ids).unwrap());
    world.apply(pack(&world.order, at, &[], &world.catalog, &AT, &mut ids).unwrap());
    let what = Ship::default();
    let (sent, id) = ship(&world.order, at, &what, &mut world.seen(), &AT, &mut ids).unwrap();
    world.apply(sent);
    (world, at, id, ids)
}

fn credit_hold(blocks: &[Step]) -> NewHold {
    NewHold {
        kind: "credit".into(),
        scope: HoldScope::Order,
        scope_id: [0; 16],
        blocks: blocks.to_vec(),
        reason: "over the limit".into(),
        owner: None,
        due_at: Some(NOW.plus_micros(60)),
    }
}

#[test]
fn a_component_is_canceled_with_its_kit_only() {
    let (world, _, mut ids) = released();
    let part = Cancel::Lines(vec![(id(LEFT), None)]);
    assert_eq!(code(cancel(&world.order, &part, &AT, &mut ids)), Code::KitComponent);
    let kit = Cancel::Lines(vec![(id(3), Some(qty(1)))]);
    let after = cancel(&world.order, &kit, &AT, &mut ids).unwrap().order;
    assert_eq!(after.line(id(LEFT)).unwrap().quantities.canceled, qty(2));
    assert_eq!(after.line(id(RIGHT)).unwrap().quantities.canceled, qty(1));
}

#[test]
fn picked_goods_are_not_canceled_and_the_rest_is_named() {
    let (mut world, at, mut ids) = released();
    let some = Pick { claim: world.claims_of(PLAIN)[0], qty: qty(3), from: Vec::new() };
    world.apply(pick(&world.order, at, &[some], &mut world.hand(at), &AT, &mut ids).unwrap());
    let most = Cancel::Lines(vec![(id(PLAIN), Some(qty(8)))]);
    let refused = cancel(&world.order, &most, &AT, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("7"));
    assert_eq!(code(refused), Code::AboveOpen);
    assert_eq!(code(cancel(&world.order, &Cancel::Order, &AT, &mut ids)), Code::AboveOpen);
}

#[test]
fn a_canceled_order_is_placed_again_by_taking_the_cancellation_back() {
    let (world, _, mut ids) = released();
    let gone = cancel(&world.order, &Cancel::Order, &AT, &mut ids).unwrap().order;
    assert_eq!(gone.head.state, OrderState::Canceled);
    assert_eq!(code(cancel(&gone, &Cancel::Order, &AT, &mut ids)), Code::InvalidTransition);
    let back = uncancel(&gone, &Cancel::Order, NOW, &mut ids).unwrap().order;
    assert_eq!(back.head.state, OrderState::Placed);
    assert_eq!(back.line(id(PLAIN)).unwrap().quantities.unallocated, qty(10));
    assert_eq!(code(uncancel(&back, &Cancel::Order, NOW, &mut ids)), Code::NothingToDo);
    let mut refunded = gone;
    refunded.line_mut(id(PLAIN)).unwrap().quantities.refunded = qty(10);
    let refused = uncancel(&refunded, &Cancel::Order, NOW, &mut ids);
    assert_eq!(code(refused), Code::NotReversible);
}

#[test]
fn quantities_are_in_whole_pieces() {
    let (world, at, mut ids) = released();
    let part = Cancel::Lines(vec![(id(BOARD), Some(qty(1_000)))]);
    let refused = cancel(&world.order, &part, &AT, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("2400"));
    assert_eq!(code(refused), Code::QuantityPrecision);
    let zero = Cancel::Lines(vec![(id(PLAIN), Some(qty(0)))]);
    assert_eq!(code(cancel(&world.order, &zero, &AT, &mut ids)), Code::QuantityZero);
    let claim = *world.claims_of(BOARD).last().unwrap();
    let part = Pick { claim, qty: qty(1_000), from: Vec::new() };
    let refused = pick(&world.order, at, &[part], &mut world.hand(at), &AT, &mut ids);
    assert_eq!(code(refused), Code::QuantityPrecision);
}

/// Four pieces on two boards: picking three would leave one on a third board.
#[test]
fn a_cut_that_would_need_another_board_is_refused() {
    let (world, at, mut ids) = released();
    let own = world.order.work.iter().find(|w| w.cut.is_some()).unwrap();
    assert_eq!(own.qty, qty(9_600));
    let three = Pick { claim: own.claim, qty: qty(7_200), from: Vec::new() };
    let refused = pick(&world.order, at, &[three], &mut world.hand(at), &AT, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("4800"));
    assert_eq!(code(refused), Code::InvalidTransition);
    let two = Pick { claim: own.claim, qty: qty(4_800), from: Vec::new() };
    let mut hand = world.hand(at);
    hand.lots.clear();
    let refused = pick(&world.order, at, std::slice::from_ref(&two), &mut hand, &AT, &mut ids);
    assert_eq!(code(refused), Code::UnknownLot);
    pick(&world.order, at, &[two], &mut world.hand(at), &AT, &mut ids).unwrap();
}

#[test]
fn holds_block_their_steps_until_they_are_released_or_due() {
    let (world, at, mut ids) = released();
    let (held, hold_id) =
        hold(&world.order, &credit_hold(&[Step::Pick, Step::Cancel]), NOW, &mut ids).unwrap();
    let order = held.order;
    let picked = pick(&order, at, &[], &mut world.hand(at), &AT, &mut ids);
    assert_eq!(code(picked), Code::OnHold);
    assert_eq!(code(cancel(&order, &Cancel::Order, &AT, &mut ids)), Code::OnHold);
    let leave = At { now: NOW, overridden: &[Code::OnHold] };
    cancel(&order, &Cancel::Order, &leave, &mut ids).unwrap();
    assert!(expire_holds(&order, NOW, &mut ids).unwrap().is_none());
    let due = expire_holds(&order, NOW.plus_micros(60), &mut ids).unwrap().unwrap();
    assert!(due.order.hold(hold_id).unwrap().released_at.is_some());
    let free = release_hold(&order, hold_id, NOW, &mut ids).unwrap().order;
    assert_eq!(release_hold(&free, hold_id, NOW, &mut ids).unwrap().order, free);
    cancel(&free, &Cancel::Order, &AT, &mut ids).unwrap();
    let unknown = HoldId::from_bytes([9; 16]);
    assert_eq!(code(release_hold(&order, unknown, NOW, &mut ids)), Code::NotFound);
    assert_eq!(code(hold_again(&order, hold_id, NOW, &mut ids)), Code::AlreadyExists);
    hold_again(&free, hold_id, NOW, &mut ids).unwrap();
}

#[test]
fn a_hold_on_one_line_blocks_its_fulfillment_only() {
    let (mut world, at, mut ids) = released();
    world.apply(recall(&world.order, at, NOW, &mut ids).unwrap());
    let own = world.order.work_of(world.claims_of(PLAIN)[1]).unwrap().fulfillment;
    let scope_id = own.as_bytes();
    let new = NewHold { scope: HoldScope::Fulfillment, scope_id, ..credit_hold(&[Step::Release]) };
    let held = hold(&world.order, &new, NOW, &mut ids).unwrap().0.order;
    assert_eq!(code(release(&held, own, &AT, &mut ids)), Code::OnHold);
    release(&held, at, &AT, &mut ids).unwrap();
    let nowhere = NewHold { scope_id: [9; 16], scope: HoldScope::Line, ..new.clone() };
    assert_eq!(code(hold(&held, &nowhere, NOW, &mut ids)), Code::UnknownLine);
    let silent = NewHold { reason: " ".into(), ..new.clone() };
    assert_eq!(code(hold(&held, &silent, NOW, &mut ids)), Code::ReasonRequired);
    let idle = NewHold { blocks: Vec::new(), ..new };
    assert_eq!(code(hold(&held, &idle, NOW, &mut ids)), Code::InvalidField);
}

#[test]
fn releasing_twice_and_recalling_picked_work_are_refused() {
    let (mut world, at, mut ids) = released();
    assert_eq!(code(release(&world.order, at, &AT, &mut ids)), Code::NothingToDo);
    let some = Pick { claim: world.claims_of(PLAIN)[0], qty: qty(1), from: Vec::new() };
    world.apply(pick(&world.order, at, &[some], &mut world.hand(at), &AT, &mut ids).unwrap());
    assert_eq!(code(recall(&world.order, at, NOW, &mut ids)), Code::AbovePicked);
    let back = unpick::all(&world.order, at, false);
    let more = unpick::Unpick { qty: qty(2), ..back[0] };
    let location = world.hand(at).location.clone();
    let refused = unpick(&world.order, &[more], &location, NOW, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("1"));
    assert_eq!(code(refused), Code::AbovePicked);
}

#[test]
fn tracked_goods_name_their_lots() {
    let (world, at, mut ids) = released();
    let claim = world.claims_of(LOTTED)[0];
    let mut try_from = |from: Vec<(BinId, LotId, orderly_core::qty::Qty)>| {
        let one = Pick { claim, qty: qty(2), from };
        code(pick(&world.order, at, &[one], &mut world.hand(at), &AT, &mut ids))
    };
    assert_eq!(try_from(Vec::new()), Code::LotRequired);
    assert_eq!(try_from(vec![(bin(10), lot(99), qty(2))]), Code::LotNotHeld);
    assert_eq!(try_from(vec![(bin(10), lot(21), qty(1))]), Code::InvalidField);
}

#[test]
fn picking_more_is_bound_by_tolerance_and_stock() {
    let (world, at, mut ids) = released();
    let mut try_pick = |number: u8, amount: i64, at_: &At<'_>| {
        let one = Pick { claim: world.claims_of(number)[0], qty: qty(amount), from: Vec::new() };
        pick(&world.order, at, &[one], &mut world.hand(at), at_, &mut ids)
    };
    assert_eq!(code(try_pick(PLAIN, 11, &AT)), Code::AboveOpen);
    let refused = try_pick(CHEESE, 1_051, &AT);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("1050"));
    assert_eq!(code(refused), Code::AboveTolerance);
    let leave = At { now: NOW, overridden: &[Code::AboveTolerance] };
    let over = try_pick(CHEESE, 1_060, &leave).unwrap().order;
    assert_eq!(over.line(id(CHEESE)).unwrap().quantities.over, qty(60));
    assert_eq!(code(try_pick(CHEESE, 1_200, &leave)), Code::InsufficientStock);
}

#[test]
fn goods_that_are_not_in_the_bins_are_not_picked() {
    let (world, at, mut ids) = released();
    let mut hand = world.hand(at);
    hand.shelves.retain(|shelf| shelf.item != crate::sample::item(PLAIN));
    let one = Pick { claim: world.claims_of(PLAIN)[0], qty: qty(1), from: Vec::new() };
    assert_eq!(code(pick(&world.order, at, &[one], &mut hand, &AT, &mut ids)), Code::NotHeld);
}

#[test]
fn packing_and_shipping_are_bound_by_what_is_picked() {
    let (mut world, at, mut ids) = released();
    let what = Ship::default();
    let nothing = ship(&world.order, at, &what, &mut world.seen(), &AT, &mut ids);
    assert_eq!(code(nothing), Code::NothingToDo);
    let claim = world.claims_of(PLAIN)[0];
    let some = Pick { claim, qty: qty(2), from: Vec::new() };
    world.apply(pick(&world.order, at, &[some], &mut world.hand(at), &AT, &mut ids).unwrap());
    let much = Pack { claim, qty: qty(3), measured: None };
    let refused = pack(&world.order, at, &[much], &world.catalog, &AT, &mut ids);
    assert_eq!(code(refused), Code::AbovePicked);
    let weighed = Pack { claim, qty: qty(2), measured: Some(qty(2)) };
    let refused = pack(&world.order, at, &[weighed], &world.catalog, &AT, &mut ids);
    assert_eq!(code(refused), Code::InvalidField);
    world.apply(pack(&world.order, at, &[], &world.catalog, &AT, &mut ids).unwrap());
    let parcel = |sscc: &str| NewParcel { sscc: sscc.into(), weight_g: None, tracking: None };
    let mut send = |parcels: Vec<NewParcel>| {
        let what = Ship { parcels, ..Ship::default() };
        code(ship(&world.order, at, &what, &mut world.seen(), &AT, &mut ids))
    };
    assert_eq!(send(vec![parcel("123")]), Code::InvalidField);
    let twice = parcel("003400000000000017");
    assert_eq!(send(vec![twice.clone(), twice]), Code::AlreadyExists);
}

#[test]
fn a_kit_is_shipped_whole() {
    let (mut world, at, mut ids) = released();
    let own = world.order.work_at(at, id(LEFT)).next().unwrap();
    let left = Pick { claim: own.claim, qty: own.qty, from: Vec::new() };
    world.apply(pick(&world.order, at, &[left], &mut world.hand(at), &AT, &mut ids).unwrap());
    world.apply(pack(&world.order, at, &[], &world.catalog, &AT, &mut ids).unwrap());
    let what = Ship::default();
    let refused = ship(&world.order, at, &what, &mut world.seen(), &AT, &mut ids);
    assert_eq!(code(refused), Code::KitIncomplete);
    let right = world.order.work_at(at, id(RIGHT)).next().unwrap().qty;
    let mut hand = world.hand(at);
    let none = RejectReason::NoCapacity;
    let refused = reject(&world.order, at, &[(id(RIGHT), right)], none, &mut hand, NOW, &mut ids);
    assert_eq!(code(refused), Code::KitIncomplete);
}

#[test]
fn a_shipment_is_voided_until_something_happens_to_it() {
    let (mut world, at, shipment, mut ids) = shipped();
    world.apply(fail(&world.order, shipment, NOW, &mut ids).unwrap());
    let refused = deliver(&world.order, shipment, &[], &world.booked, NOW, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("retry"));
    assert_eq!(code(refused), Code::InvalidTransition);
    world.apply(retry(&world.order, shipment, NOW, &mut ids).unwrap());
    world.apply(deliver(&world.order, shipment, &[], &world.booked, NOW, &mut ids).unwrap());
    let refused = void_shipment(&world.order, shipment, &world.booked, NOW, &mut ids);
    assert_eq!(code(refused), Code::NotReversible);
    let mut hand = world.hand(at);
    let lines = [(id(PLAIN), qty(9))];
    let reason = RejectReason::Closed;
    let refused = reject(&world.order, at, &lines, reason, &mut hand, NOW, &mut ids);
    assert_eq!(code(refused), Code::AboveOpen);
}

#[test]
fn work_that_is_shipped_is_not_rejected() {
    let mut world = World::new();
    world.source(&[]);
    let at = world.order.fulfillments[1].id;
    let mut ids = world.ids.clone();
    let mut hand = world.hand(at);
    let done = hand_over::hand_over(&world.order, at, &[], &mut hand, &AT, &mut ids).unwrap().0;
    world.apply(done);
    let reason = RejectReason::TooLate;
    let refused = reject(&world.order, at, &[], reason, &mut world.hand(at), NOW, &mut ids);
    assert_eq!(code(refused), Code::InvalidTransition);
}

#[test]
fn shortness_is_bound_by_tolerance() {
    let (world, _, mut ids) = released();
    let refused = close_short(&world.order, id(CHEESE), &AT, &mut ids);
    assert_eq!(allowed(refused.clone()).as_deref(), Some("50"));
    assert_eq!(code(refused), Code::AboveTolerance);
    let leave = At { now: NOW, overridden: &[Code::AboveTolerance] };
    let closed = close_short(&world.order, id(3), &leave, &mut ids).unwrap().order;
    assert_eq!(closed.line(id(3)).unwrap().quantities.closed_short, qty(3));
}

#[test]
fn an_order_is_closed_when_it_is_done_and_paid() {
    let mut order = crate::sample::order("EUR", Rounding::Line, Vec::new(), Vec::new());
    let service = Line { kind: LineKind::SpecialOrder, ..line(1, 2, "5", Vec::new()) };
    order.lines = vec![service];
    price::total(&mut order, &[]).unwrap();
    let mut ids = crate::sample::ids(3);
    assert_eq!(code(close(&order, &Given::default(), NOW, &mut ids)), Code::InvalidTransition);
    let done = perform(&order, id(1), qty(2), NOW, &mut ids).unwrap().order;
    assert_eq!(code(perform(&done, id(1), qty(1), NOW, &mut ids)), Code::AboveOpen);
    assert_eq!(unperform(&done, id(1), qty(2), NOW, &mut ids).unwrap().order, order);
    assert_eq!(
        code(close(&done, &Given::default(), NOW, &mut ids)),
        Code::InvalidTransition,
        "it is not paid"
    );
    let mut paid = done.clone();
    paid.head.paid.captured = 1_000;
    let closed = close(&paid, &Given::default(), NOW, &mut ids).unwrap().order;
    assert_eq!(closed.head.state, OrderState::Closed);
    assert_eq!(code(close(&closed, &Given::default(), NOW, &mut ids)), Code::InvalidTransition);
    assert_eq!(reopen(&closed, NOW, &mut ids).unwrap().order, paid);
    let mut account = done;
    account.head.settlement = Settlement::Account;
    let refusal = close(&account, &Given::default(), NOW, &mut ids);
    assert_eq!(code(refusal), Code::InvalidTransition, "it is not invoiced");
    account.lines[0].quantities.invoiced = qty(2);
    close(&account, &Given::default(), NOW, &mut ids).unwrap();
}

#[test]
fn what_came_back_and_what_was_refunded_is_not_owed_any_more() {
    let mut order = crate::sample::order("EUR", Rounding::Line, Vec::new(), Vec::new());
    let supplied = Line { kind: LineKind::SpecialOrder, ..line(1, 2, "5", Vec::new()) };
    order.lines = vec![supplied];
    price::total(&mut order, &[]).unwrap();
    let mut ids = crate::sample::ids(3);
    let mut done = perform(&order, id(1), qty(2), NOW, &mut ids).unwrap().order;
    let mut close = |order: &Order, given: &Given| close(order, given, NOW, &mut ids).is_ok();
    let nothing = Given::default();
    done.lines[0].quantities.returned = qty(1);
    assert!(!close(&done, &nothing), "the other one is owed");
    done.head.paid.captured = 500;
    assert!(close(&done, &nothing), "what came back unpaid is not");
    done.head.paid.captured = 1_000;
    done.head.paid.refunded = 500;
    let lines = vec![(id(1), qty(1))];
    let one = Given { open: 0, amount: 500, lines: lines.clone() };
    assert!(close(&done, &one), "one came back and was refunded");
    done.head.paid.captured = 999;
    assert!(!close(&done, &one), "a cent is missing");
    (done.head.paid.captured, done.head.paid.refunded) = (1_000, 0);
    assert!(close(&done, &Given { open: 500, amount: 500, lines }), "it became store credit");
    done.lines[0].quantities.returned = qty(2);
    done.head.paid.refunded = 900;
    let all = Given { open: 0, amount: 900, lines: vec![(id(1), qty(2))] };
    assert!(close(&done, &all), "all came back, but for a fee that was kept");
}

#[test]
fn every_command_has_an_inverse_or_says_what_to_do_instead() {
    for command in Command::ALL {
        match inverse(*command) {
            Ok(other) => assert_ne!(other, *command),
            Err(refusal) => {
                assert_eq!(refusal.code(), Code::NotReversible);
                let next = refusal.issues[0].allowed.as_deref().unwrap();
                assert!(Command::parse(next).is_some(), "{next}");
            }
        }
    }
}

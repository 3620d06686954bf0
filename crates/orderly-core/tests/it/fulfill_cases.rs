//! Cases of fulfilling worth telling one by one.

use orderly_core::id::*;
use orderly_core::order::hand_over::{hand_over, take_over};
use orderly_core::order::pack::{Pack, pack, unpack};
use orderly_core::order::pick::{Pick, pick};
use orderly_core::order::reject::{RejectReason, reject};
use orderly_core::order::release::{recall, release};
use orderly_core::order::ship::{Ship, ship};
use orderly_core::order::unpick::{self, unpick};
use orderly_core::order::{ShipmentState, backorder, close};
use orderly_core::sourcing::{Stock, Wanted, source};
use orderly_core::units::{MovementKind, PlaceKind};

use crate::fulfill::{AT, picks};
use crate::sample::{NOW, qty};
use crate::world::*;

#[test]
fn goods_handed_over_are_delivered_in_one_decision_and_taken_back_exactly() {
    let mut world = World::new();
    world.source(&[]);
    let at = world.order.fulfillments[1].id;
    let before = world.picture();
    let mut ids = world.ids.clone();
    let wanted = Vec::new();
    let (done, shipment) =
        hand_over(&world.order, at, &wanted, &mut world.hand(at), &AT, &mut ids).unwrap();
    world.apply(done);
    assert_eq!(world.order.shipment(shipment).unwrap().state, ShipmentState::Done);
    let location = world.hand(at).location.clone();
    let back =
        take_over(&world.order, shipment, false, &world.booked, &location, NOW, &mut ids).unwrap();
    world.apply(back);
    assert_eq!(world.picture(), before);
}

/// Two pieces of 2.4 m from each of three boards of 5 m: four pieces claimed on two boards.
#[test]
fn a_cut_conserves_length_and_value() {
    let mut world = World::new();
    world.source(&[]);
    let at = world.order.fulfillments[0].id;
    let mut ids = world.ids.clone();
    world.apply(release(&world.order, at, &AT, &mut ids).unwrap());
    let wanted: Vec<Pick> = picks(&world, at, false);
    let picked = pick(&world.order, at, &wanted, &mut world.hand(at), &AT, &mut ids).unwrap();
    let made = |to_production: bool| {
        let cuts = picked.movements.iter().filter(|m| m.kind == MovementKind::Cut);
        let one = cuts.filter(|m| (m.to.kind == PlaceKind::Production) == to_production);
        one.fold((0, 0), |sum, m| (sum.0 + m.qty.get(), sum.1 + m.value))
    };
    assert_eq!(made(true), made(false));
    assert_eq!(made(true).0, 10_000, "two boards of 5 m for four pieces");
    let scrapped = picked.movements.iter().filter(|m| m.to.kind == PlaceKind::Scrap);
    assert_eq!(scrapped.map(|m| m.qty.get()).sum::<i64>(), 400, "offcuts under 300 mm and kerf");
    world.apply(picked);
}

#[test]
fn what_a_location_cannot_find_is_lost_and_sourced_elsewhere() {
    let mut world = World::new();
    world.source(&[]);
    let at = world.order.fulfillments[0].id;
    let home = world.order.fulfillments[0].location;
    let line = LineId::from_bytes([PLAIN; 16]);
    let mut ids = world.ids.clone();
    let reason = RejectReason::NotFound;
    let refused =
        reject(&world.order, at, &[(line, qty(2))], reason, &mut world.hand(at), NOW, &mut ids);
    let lost = refused.unwrap();
    assert_eq!(lost.movements.len(), 1);
    assert_eq!(lost.movements[0].to.kind, PlaceKind::Lost);
    assert_eq!(lost.movements[0].reason.as_deref(), Some("not_found"));
    assert!(lost.event.is_some());
    world.apply(lost);
    assert_eq!(world.order.line(line).unwrap().quantities.unallocated, qty(2));
    world.ids = ids;
    world.source(&[home]);
    assert!(world.order.line(line).unwrap().quantities.unallocated.is_zero());
}

/// A kit goes back whole: what was picked of its other component returns to its shelf.
#[test]
fn a_missing_component_sends_its_whole_kit_back() {
    let mut world = World::new();
    world.source(&[]);
    let kits = |world: &World| world.order.line(LineId::from_bytes([3; 16])).unwrap().quantities;
    let before = kits(&world);
    let at = world.order.work_of(world.claims_of(RIGHT)[0]).unwrap().fulfillment;
    let mut ids = world.ids.clone();
    world.apply(release(&world.order, at, &AT, &mut ids).unwrap());
    let own = world.order.work_at(at, LineId::from_bytes([RIGHT; 16])).next().unwrap();
    let one = Pick { claim: own.claim, qty: own.qty, from: Vec::new() };
    let taken = pick(&world.order, at, &[one], &mut world.hand(at), &AT, &mut ids).unwrap();
    world.apply(taken);
    let left = LineId::from_bytes([LEFT; 16]);
    let reason = RejectReason::Damaged;
    let mut hand = world.hand(at);
    let back = reject(&world.order, at, &[(left, qty(1))], reason, &mut hand, NOW, &mut ids);
    world.apply(back.unwrap());
    assert_eq!(kits(&world).unallocated, qty(before.unallocated.get() + 1));
    assert_eq!(kits(&world).allocated, qty(before.allocated.get() - 1));
}

#[test]
fn stock_that_arrives_serves_what_waits_and_a_loss_pushes_it_back() {
    let mut world = World::new();
    let far = world.locations[1].id;
    world.source(&[far]);
    let line = LineId::from_bytes([PLAIN; 16]);
    assert_eq!(world.order.line(line).unwrap().quantities.backordered, qty(2));
    world.receive(0, PLAIN, LotId::NONE, 5, 500);
    let home = world.locations[0].id;
    let wanted = backorder::waiting(&world.order, &world.catalog, home, &[line]).unwrap();
    let seen = world.levels.values().map(|level| level.for_backorders());
    let stock = Stock::new(seen);
    let delivery = world.order.deliveries[0].id;
    let asked = Wanted { delivery, named: Some(home), to: None, excluded: &[] };
    let found = source(&wanted, &asked, &world.locations, &stock);
    let mut ids = world.ids.clone();
    world.apply(backorder::serve(&world.order, &found.takes, NOW, &mut ids).unwrap());
    assert_eq!(world.order.line(line).unwrap().quantities.allocated, qty(10));
    let claim = *world.claims_of(PLAIN).last().unwrap();
    world.apply(backorder::displace(&world.order, claim, qty(1), NOW, &mut ids).unwrap());
    assert_eq!(world.order.line(line).unwrap().quantities.backordered, qty(1));
}

/// 1,040 g were ordered as 1,000 within a tolerance of 50 g; the price follows the scale.
#[test]
fn weighed_goods_ship_over_and_are_priced_by_their_measure() {
    let mut world = World::new();
    world.source(&[]);
    let claim = world.claims_of(CHEESE)[0];
    let at = world.order.work_of(claim).unwrap().fulfillment;
    let mut ids = world.ids.clone();
    let before = world.picture();
    world.apply(release(&world.order, at, &AT, &mut ids).unwrap());
    let total = world.order.head.totals.total;
    let more = Pick { claim, qty: qty(1_040), from: Vec::new() };
    let taken = pick(&world.order, at, &[more], &mut world.hand(at), &AT, &mut ids).unwrap();
    world.apply(taken);
    let weighed = Pack { claim, qty: qty(1_040), measured: Some(qty(1_040)) };
    let packed = pack(&world.order, at, &[weighed], &world.catalog, &AT, &mut ids).unwrap();
    world.apply(packed);
    assert_eq!(world.order.head.totals.total, total + 80, "40 g at 0.02");
    world.apply(unpack(&world.order, &[weighed], NOW, &mut ids).unwrap());
    let location = world.hand(at).location.clone();
    let back = unpick::all(&world.order, at, false);
    world.apply(unpick(&world.order, &back, &location, NOW, &mut ids).unwrap());
    world.apply(recall(&world.order, at, NOW, &mut ids).unwrap());
    assert_eq!(world.picture(), before, "what was over left the order again");
}

#[test]
fn a_line_short_within_its_tolerance_is_closed_and_reopened() {
    let mut world = World::new();
    world.source(&[]);
    let line = LineId::from_bytes([CHEESE; 16]);
    let mut ids = world.ids.clone();
    let claim = world.claims_of(CHEESE)[0];
    let at = world.order.work_of(claim).unwrap().fulfillment;
    world.apply(release(&world.order, at, &AT, &mut ids).unwrap());
    let some = Pick { claim, qty: qty(970), from: Vec::new() };
    let taken = pick(&world.order, at, &[some], &mut world.hand(at), &AT, &mut ids).unwrap();
    world.apply(taken);
    let some = Pack { claim, qty: qty(970), measured: None };
    world.apply(pack(&world.order, at, &[some], &world.catalog, &AT, &mut ids).unwrap());
    let what = Ship { lines: vec![(claim, qty(970))], ..Ship::default() };
    let (sent, _) = ship(&world.order, at, &what, &mut world.seen(), &AT, &mut ids).unwrap();
    world.apply(sent);
    world.apply(close::close_short(&world.order, line, &AT, &mut ids).unwrap());
    assert_eq!(world.order.line(line).unwrap().quantities.closed_short, qty(30));
    world.apply(close::reopen_short(&world.order, line, NOW, &mut ids).unwrap());
    assert_eq!(world.order.line(line).unwrap().quantities.unallocated, qty(30));
}

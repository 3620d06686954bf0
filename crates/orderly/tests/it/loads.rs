//! Own vans: what fits, part drops with proof, failed stops, next runs, and what comes back.

use orderly::Error;
use orderly::ops::fulfillments::shipments::{self, Shipping};
use orderly::ops::fulfillments::undo::undo;
use orderly::ops::fulfillments::{pack, pick, release};
use orderly::ops::loads::road::{self, Back, Drop};
use orderly::ops::loads::vehicles::{self, NewVehicle};
use orderly::ops::loads::{self, NewLoad, NewStop, read as reading};
use orderly::ops::orders::{get, place::place};
use orderly_core::id::{OrderId, StopId};
use orderly_core::load::{Limits, Load, LoadState, ProofKind, StopState};
use orderly_core::order::Order;
use orderly_core::order::deliver::Then;
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use serde_json::{Value, json};

use crate::fixture::{Shop, read};
use crate::proof;
use crate::quotes::books;
use crate::sold::{allowed, code, refused};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

fn qty(base: i64) -> Qty {
    Qty::new(base).unwrap()
}

/// A shop with heavy goods, and two vans: 1,000 kg, 2 m³, pieces of 4 m.
pub fn shop(shop: &Shop) {
    for item in [
        json!({ "sku": "SLAB", "name": "Slab", "price": "12.00", "weight_g": 25_000,
                "dimensions_mm": [600, 600, 50] }),
        json!({ "sku": "BEAM", "name": "Beam", "goods": "lengths", "base_unit": "mm",
                "sale_unit": "m", "price": "8.00", "weight_g": 4_000 }),
        json!({ "sku": "SAND", "name": "Sand", "goods": "catch_weight", "base_unit": "g",
                "sale_unit": "kg", "price": "0.10", "weight_g": 1_000, "under_ppm": 50_000,
                "over_ppm": 50_000 }),
    ] {
        orderly::ops::catalog::create_item(&shop.app, &shop.call(), &read(item)).unwrap();
    }
    for van in ["VAN-1", "VAN-2"] {
        let limits = Limits {
            weight_g: Some(1_000_000),
            volume_ml: Some(2_000_000),
            length_mm: Some(4_000),
        };
        let tags = vec!["tail_lift".into()];
        let new = NewVehicle { code: van.into(), name: None, limits, tags, active: true };
        vehicles::create(&shop.app, &shop.call(), &new).unwrap();
    }
    shop.buy("depot", "SLAB", "100", "4.00");
    shop.buy("depot", "SAND", "5000", "0.05");
}

fn ordered(shop: &Shop, lines: Value) -> Order {
    let order = json!({
        "channel": "phone", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": [{ "ref": "site", "method": "van", "due": "30.00", "ship_to": {
            "name": "Ann Field", "lines": ["2 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
            "country": "GB" } }],
        "lines": lines,
    });
    place(&shop.app, &shop.call(), &read(order)).unwrap()
}

fn packed(shop: &Shop, order: &Order) {
    let of = (order.id, order.fulfillments[0].id);
    release(&shop.app, &shop.call(), of).unwrap();
    pick(&shop.app, &shop.call(), of, &[]).unwrap();
    pack(&shop.app, &shop.call(), of, &[]).unwrap();
}

fn planned(shop: &Shop, van: &str) -> Load {
    let new = NewLoad {
        vehicle: van.into(),
        location: "depot".into(),
        day: "2026-03-03".into(),
        driver: Some("Jo".into()),
    };
    loads::plan(&shop.app, &shop.call(), &new).unwrap()
}

fn add(shop: &Shop, load: &Load, stop: &NewStop) -> Result<Load, Error> {
    loads::add(&shop.app, &shop.call(), load.id, stop)
}

/// A load on the road with one stop: twelve slabs of an order of twenty.
pub fn on_the_road(shop: &Shop) -> (Order, Load, StopId) {
    let order = ordered(shop, json!([{ "sku": "SLAB", "quantity": "20" }]));
    packed(shop, &order);
    let load = planned(shop, "VAN-1");
    let stop = NewStop {
        lines: vec![(order.lines[0].id, qty(12))],
        slot: Some(("8:00".into(), "10:30".into())),
        note: Some("Behind the barn".into()),
        ..NewStop::all_of(order.id)
    };
    add(shop, &load, &stop).unwrap();
    let load = road::depart(&shop.app, &shop.call(), load.id).unwrap();
    let stop = load.stops[0].id;
    (order, load, stop)
}

fn taken(lines: Vec<(orderly_core::id::LineId, Qty)>) -> Drop {
    let collected = Some("30.00".into());
    Drop { lines, received_by: "A. Field".into(), collected, ..Drop::default() }
}

fn now(shop: &Shop, id: OrderId) -> Order {
    get(&shop.app, id).unwrap().unwrap()
}

#[test]
fn a_load_takes_what_the_vehicle_may_carry_and_says_by_how_much_it_is_over() {
    for own in Shop::each() {
        shop(&own);
        own.stock("BEAM", "depot", 30_000, Some(5_000));
        let slabs = ordered(&own, json!([{ "sku": "SLAB", "quantity": "50" }]));
        let beams = ordered(
            &own,
            json!([
                { "sku": "BEAM", "quantity": "2", "unit": "cut", "cut_length": "4.5 m" },
            ]),
        );
        let load = planned(&own, "VAN-1");
        let before = books(&own);
        let heavy = refused(add(&own, &load, &NewStop::all_of(slabs.id)));
        assert_eq!(heavy.code(), Code::LoadCapacity);
        assert_eq!(heavy.issues[0].pointer, "/weight_g");
        assert!(heavy.issues[0].detail.contains("250000 g over"), "{heavy}");
        let long = refused(add(&own, &load, &NewStop::all_of(beams.id)));
        assert_eq!(
            (long.code(), long.issues[0].pointer.as_str()),
            (Code::LoadCapacity, "/length_mm")
        );
        assert_eq!(long.issues[0].allowed.as_deref(), Some("4000 mm"));
        assert!(before == books(&own), "nothing changed");
        let part =
            NewStop { lines: vec![(slabs.lines[0].id, qty(40))], ..NewStop::all_of(slabs.id) };
        let full = add(&own, &load, &part).unwrap();
        assert_eq!((full.size.weight_g, full.size.volume_ml), (1_000_000, 720_000));
        let more =
            NewStop { lines: vec![(slabs.lines[0].id, qty(11))], ..NewStop::all_of(slabs.id) };
        assert_eq!(allowed(add(&own, &load, &more)), "10", "the rest of the order");
        let mut call = own.call().with_reason("the beams stick out under a flag");
        call.overrides.push(Code::LoadCapacity);
        let over = loads::add(&own.app, &call, load.id, &NewStop::all_of(beams.id)).unwrap();
        assert!(over.overridden);
        let off = over.stops[1].id;
        let off = loads::remove(&own.app, &own.call(), load.id, off).unwrap();
        assert_eq!(off.size.weight_g, 1_000_000);
        let gone = loads::cancel(&own.app, &own.call(), load.id).unwrap();
        assert_eq!(gone.state, LoadState::Canceled);
        assert_eq!(code(road::depart(&own.app, &own.call(), load.id)), Code::InvalidTransition);
        let new = NewLoad { vehicle: "TRUCK".into(), ..NewLoad::default() };
        let new = NewLoad { location: "depot".into(), day: "2026-03-03".into(), ..new };
        assert_eq!(code(loads::plan(&own.app, &own.call(), &new)), Code::UnknownVehicle);
        proof::all_holds(&own.app);
    }
}

#[test]
fn a_part_drop_is_proved_paid_and_what_was_refused_comes_back_to_stock() {
    for own in Shop::each() {
        shop(&own);
        let (order, load, stop) = on_the_road(&own);
        let line = order.lines[0].id;
        let there = now(&own, order.id);
        let shipment = &there.shipments[0];
        assert_eq!(shipment.carrier.as_deref(), Some("own"));
        assert_eq!(shipment.tracking.as_deref(), Some(load.number.as_str()));
        assert_eq!(there.lines[0].quantities.in_transit(), qty(12));
        let before = books(&own);
        let drop = |drop: &Drop| road::drop_at(&own.app, &own.call(), load.id, stop, drop);
        assert_eq!(code(drop(&taken(vec![(line, qty(9))]))), Code::ReasonRequired);
        assert_eq!(allowed(drop(&taken(vec![(line, qty(13))]))), "12");
        let fake = Drop { proofs: vec![(ProofKind::Photo, b"GIF89a".to_vec())], ..taken(vec![]) };
        assert_eq!(code(drop(&fake)), Code::InvalidField);
        assert!(before == books(&own), "nothing changed");
        let what = Drop {
            proofs: vec![(ProofKind::Signature, PNG.to_vec()), (ProofKind::Photo, PNG.to_vec())],
            refused: Some("three are broken".into()),
            collected: Some("30.00".into()),
            ..taken(vec![(line, qty(9))])
        };
        let dropped = drop(&what).unwrap();
        let done = dropped.stop(stop).unwrap();
        assert_eq!((done.state, done.proofs.len()), (StopState::Delivered, 2));
        assert_eq!(done.received_by.as_deref(), Some("A. Field"));
        let there = now(&own, order.id);
        assert_eq!(there.head.paid.captured, 3_000);
        assert_eq!(there.lines[0].quantities.delivered, qty(9));
        let inspected = Back { then: Then::Later, sellable: false };
        let home = road::give_back(&own.app, &own.call(), load.id, inspected).unwrap();
        assert_eq!(home.state, LoadState::Returned);
        let there = now(&own, order.id);
        assert_eq!(there.lines[0].quantities.in_transit(), Qty::ZERO);
        assert_eq!(there.lines[0].quantities.brought_back, qty(3));
        let again = undo(&own.app, &own.call(), order.id);
        assert!(again.is_err(), "nothing gets aboard a load that has returned");
        let undelivered =
            shipments::undeliver(&own.app, &own.call(), (order.id, there.shipments[0].id));
        assert_eq!(code(undelivered), Code::NotReversible);
        assert_eq!(code(drop(&taken(vec![]))), Code::InvalidTransition);
        proof::all_holds(&own.app);
    }
}

#[test]
fn a_failed_stop_goes_on_with_the_next_run_without_touching_stock() {
    for own in Shop::each() {
        shop(&own);
        let (order, load, stop) = on_the_road(&own);
        let fail = |reason: &str| road::fail(&own.app, &own.call(), load.id, stop, reason);
        assert_eq!(code(fail(" ")), Code::ReasonRequired);
        let next = planned(&own, "VAN-2");
        fail("nobody was there").unwrap();
        let levels = own.sums("SLAB", "depot");
        let moved = road::go_on(&own.app, &own.call(), load.id, stop, next.id).unwrap();
        assert_eq!(moved.stop(stop).unwrap().state, StopState::Moved);
        let twice = road::go_on(&own.app, &own.call(), load.id, stop, next.id);
        assert_eq!(code(twice), Code::NothingToDo);
        road::give_back(&own.app, &own.call(), load.id, Back::default()).unwrap();
        assert_eq!(own.sums("SLAB", "depot"), levels, "the goods are on the other van");
        let next = road::depart(&own.app, &own.call(), next.id).unwrap();
        assert_eq!(next.size.weight_g, 300_000);
        let stop = next.stops[0].id;
        road::drop_at(&own.app, &own.call(), next.id, stop, &taken(vec![])).unwrap();
        road::give_back(&own.app, &own.call(), next.id, Back::default()).unwrap();
        let there = now(&own, order.id);
        assert_eq!(there.shipments.len(), 1);
        assert_eq!(there.lines[0].quantities.delivered, qty(12));
        proof::all_holds(&own.app);
    }
}

#[test]
fn what_was_not_reached_comes_back_and_is_allocated_again() {
    for own in Shop::each() {
        shop(&own);
        let (order, load, stop) = on_the_road(&own);
        let call = own.call().with_key("home", b"1");
        let home = road::give_back(&own.app, &call, load.id, Back::default()).unwrap();
        let again = road::give_back(&own.app, &call, load.id, Back::default()).unwrap();
        assert_eq!(home, again);
        let missed = home.stop(stop).unwrap();
        assert_eq!(
            (missed.state, missed.reason.as_deref()),
            (StopState::Failed, Some("not reached"))
        );
        let there = now(&own, order.id);
        assert_eq!(there.lines[0].quantities.allocated, qty(20));
        assert_eq!(own.sums("SLAB", "depot"), (100, 20, 0));
        proof::all_holds(&own.app);
    }
}

#[test]
fn a_load_leaves_only_with_packed_goods_and_by_those_who_may() {
    for own in Shop::each() {
        shop(&own);
        let order = ordered(&own, json!([{ "sku": "SLAB", "quantity": "20" }]));
        let load = planned(&own, "VAN-1");
        assert_eq!(code(road::depart(&own.app, &own.call(), load.id)), Code::NothingToDo);
        add(&own, &load, &NewStop::all_of(order.id)).unwrap();
        let before = books(&own);
        assert_eq!(code(road::depart(&own.app, &own.call(), load.id)), Code::AbovePicked);
        let stranger = road::depart(&own.app, &own.stranger(), load.id);
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
        let mut stale = own.call();
        stale.expected_version = Some(1);
        assert_eq!(code(road::depart(&own.app, &stale, load.id)), Code::StaleVersion);
        assert_eq!(code(add(&own, &load, &NewStop::all_of(order.id))), Code::NothingToDo);
        assert!(before == books(&own), "nothing changed");
        let parcel = place(&own.app, &own.call(), &crate::fixture::order("web", &[("SLAB", "1")]));
        let parcel = parcel.unwrap();
        let by_parcel =
            NewStop { delivery: Some(parcel.deliveries[0].id), ..NewStop::all_of(parcel.id) };
        assert_eq!(code(add(&own, &load, &by_parcel)), Code::InvalidField);
        assert_eq!(code(add(&own, &load, &NewStop::all_of(parcel.id))), Code::UnknownDelivery);
        proof::all_holds(&own.app);
    }
}

#[test]
fn a_line_shipped_within_its_tolerance_is_closed() {
    for own in Shop::each() {
        shop(&own);
        let order = ordered(&own, json!([{ "sku": "SAND", "quantity": "500" }]));
        let of = (order.id, order.fulfillments[0].id);
        release(&own.app, &own.call(), of).unwrap();
        let some = orderly_core::order::pick::Pick {
            claim: order.work[0].claim,
            qty: qty(485_000),
            from: Vec::new(),
        };
        pick(&own.app, &own.call(), of, &[some]).unwrap();
        pack(&own.app, &own.call(), of, &[]).unwrap();
        let load = planned(&own, "VAN-1");
        add(&own, &load, &NewStop::all_of(order.id)).unwrap();
        let load = road::depart(&own.app, &own.call(), load.id).unwrap();
        assert_eq!(load.stops[0].lines, [(order.lines[0].id, qty(485_000))]);
        let there = now(&own, order.id);
        assert_eq!(there.lines[0].quantities.closed_short, qty(15_000));
        assert_eq!(there.lines[0].quantities.open(), Qty::ZERO);
        let shown = reading::show(&own.app, &own.call(), &load.number).unwrap();
        assert_eq!(shown.vehicle.unwrap().tags, ["tail_lift"]);
        proof::all_holds(&own.app);
    }
}

#[test]
fn goods_shipped_for_one_stop_are_not_shipped_again_for_another() {
    for own in Shop::each() {
        shop(&own);
        let (order, load, stop) = on_the_road(&own);
        let of = (order.id, order.fulfillments[0].id);
        let second = planned(&own, "VAN-2");
        let rest = add(&own, &second, &NewStop::all_of(order.id)).unwrap();
        assert_eq!(rest.stops[0].lines, [(order.lines[0].id, qty(8))]);
        shipments::ship(&own.app, &own.call(), of, &Shipping::default()).unwrap();
        assert_eq!(code(road::depart(&own.app, &own.call(), second.id)), Code::AbovePicked);
        loads::cancel(&own.app, &own.call(), second.id).unwrap();
        road::drop_at(&own.app, &own.call(), load.id, stop, &taken(vec![])).unwrap();
        road::give_back(&own.app, &own.call(), load.id, Back::default()).unwrap();
        proof::all_holds(&own.app);
    }
}

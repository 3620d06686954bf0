//! Returns: counters, movements and cost of what comes back, and every change of mind.

use std::sync::Arc;

use orderly_core::catalog::Catalog;
use orderly_core::id::*;
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::order::{LineKind, Order, Rounding, ShipmentState};
use orderly_core::qty::{BaseUnit, Qty, Ratio};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::inspect::{Refurbished, Verdict, inspect};
use orderly_core::returns::receive::{Arrival, Desk, receive};
use orderly_core::returns::request::{
    BlindLine, NewReturn, WantedLine, approve, cancel, close, refuse, reopen, request,
    request_blind,
};
use orderly_core::returns::*;
use orderly_core::units::{Level, LevelKey, Movement, MovementKind, PlaceKind};
use proptest::prelude::*;

use crate::sample::{NOW, currency, decimal, ids, item, line, order, paid, qty, ship, tax};

fn stocked(number: u8) -> Item {
    Item {
        id: item(number),
        sku: format!("SKU-{number}"),
        name: format!("item {number}"),
        goods: Goods::Counted,
        base_unit: BaseUnit::Each,
        tracking: Tracking::None,
        units: vec![],
        sale_unit: "each".into(),
        price: None,
        price_unit: "each".into(),
        price_ratio: Ratio::ONE,
        price_currency: None,
        cost: Some(decimal("2.50")),
        gtin: None,
        weight_g: None,
        dimensions_mm: None,
        hs_code: None,
        origin_country: None,
        over_ppm: 0,
        under_ppm: 0,
        min_offcut: Qty::ZERO,
        kerf: Qty::ZERO,
        backorder_limit: None,
        refurbish_item: None,
        components: vec![],
        active: true,
        version: 1,
    }
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    (1..=4).for_each(|number| catalog.add(Arc::new(stocked(number))));
    catalog
}

const SHELF: BinId = BinId::from_bytes([7; 16]);
const DESK: LocationId = LocationId::from_bytes([1; 16]);

fn desk(catalog: &Catalog) -> Desk<'_> {
    Desk { location: DESK, catalog, books: currency("EUR"), now: NOW }
}

fn new_return() -> NewReturn {
    NewReturn {
        number: "RET-1".into(),
        external_id: None,
        channel: ChannelId::from_bytes([1; 16]),
        currency: currency("EUR"),
        customer: None,
        location: None,
        reason: Some("too small".into()),
    }
}

/// Ten ordered, seven shipped in two shipments: 3 for 10 cents, then 4 for 99 cents in transit.
fn shipped() -> Order {
    let lines = vec![line(1, 10, "20", vec![tax("0.2", true)])];
    let mut order = paid(order("EUR", Rounding::Line, lines, vec![]), &[]);
    let id = order.lines[0].id;
    ship(&mut order, id, 3, 10, true);
    ship(&mut order, id, 4, 99, false);
    order
}

fn wanted(line: LineId, units: i64) -> WantedLine {
    WantedLine { line, qty: qty(units), lot: None, reason: None }
}

fn arrival(line: ReturnLineId, units: i64) -> Arrival {
    Arrival { line, qty: qty(units), lot: None, to: Fate::AwaitingInspection, bin: SHELF }
}

fn asked(order: &Order, units: i64) -> Result<Decision, Refusal> {
    let line = wanted(order.lines[0].id, units);
    request(order, &new_return(), &[line], false, &mut ids(1), NOW)
}

/// Requests, approves and receives some units.
fn received(order: &Order, units: i64) -> (Return, Order, Vec<Movement>) {
    let asked = asked(order, units).unwrap();
    let approved = approve(&asked.returned).unwrap().returned;
    let catalog = catalog();
    let came = [arrival(approved.lines[0].id, units)];
    let order = asked.order.as_ref();
    let done = receive(&approved, order, &came, false, &desk(&catalog), &mut ids(2)).unwrap();
    (done.returned, done.order.unwrap(), done.movements)
}

fn verdict(returned: &Return, from: Fate, to: Fate, units: i64) -> Verdict {
    Verdict {
        line: returned.lines[0].id,
        from,
        to,
        qty: qty(units),
        lot: None,
        from_bin: SHELF,
        to_bin: SHELF,
        refurbished: None,
        taken_back: None,
        note: None,
    }
}

fn level(held: i64, value: i64) -> Level {
    let key = LevelKey { item: item(1), location: DESK, lot_class: LotId::NONE };
    Level { held: qty(held), on_hand: qty(held), value, ..Level::empty(key, None) }
}

fn inspected(returned: &Return, order: &Order, verdict: &Verdict) -> Result<Decision, Refusal> {
    let level = level(100, 1_000);
    let mut fresh = ids(3 + returned.dispositions.len() as u64);
    inspect(returned, Some(order), verdict, Some(&level), &desk(&catalog()), &mut fresh)
}

#[test]
fn more_than_was_shipped_does_not_come_back() {
    let order = shipped();
    let refusal = asked(&order, 8).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveReturnable);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("7"));
    assert_eq!(refusal.issues[0].pointer, "/lines/0");
}

#[test]
fn the_same_unit_is_not_announced_twice() {
    let first = asked(&shipped(), 5).unwrap();
    let refusal = asked(first.order.as_ref().unwrap(), 3).unwrap_err();
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("2"));
    let canceled = cancel(&first.returned, first.order.as_ref()).unwrap();
    assert_eq!(canceled.order.unwrap(), shipped());
}

#[test]
fn nothing_and_no_lines_are_refused() {
    let order = shipped();
    assert_eq!(asked(&order, 0).unwrap_err().code(), Code::QuantityZero);
    let none = request(&order, &new_return(), &[], false, &mut ids(1), NOW).unwrap_err();
    assert_eq!(none.code(), Code::NoLines);
    let other = wanted(LineId::from_bytes([99; 16]), 1);
    let unknown = request(&order, &new_return(), &[other], false, &mut ids(1), NOW).unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownLine);
}

#[test]
fn goods_come_back_at_the_issue_cost_of_the_oldest_shipment() {
    let (returned, order, movements) = received(&shipped(), 5);
    let back: Vec<_> = movements.iter().filter(|m| m.kind == MovementKind::Return).collect();
    assert_eq!(back.len(), 1);
    // 3 of 3 for 10, then 2 of 4 of 99: half of it, half to even.
    assert_eq!((back[0].qty, back[0].value), (qty(5), 10 + 50));
    assert_eq!(returned.lines[0].value, 60);
    let late: Vec<_> = movements.iter().filter(|m| m.kind == MovementKind::Deliver).collect();
    assert_eq!((late.len(), late[0].qty), (1, qty(2)), "two were in transit on our records");
    let q = order.lines[0].quantities;
    assert_eq!((q.returned, q.return_requested, q.delivered), (qty(5), qty(0), qty(5)));
    assert_eq!(order.shipments[1].state, ShipmentState::Shipped);
    let (_, order, _) = received(&shipped(), 7);
    assert_eq!(order.shipments[1].state, ShipmentState::Done);
}

#[test]
fn every_partition_of_a_reception_carries_the_same_cost() {
    let asked = asked(&shipped(), 7).unwrap();
    let (mut returned, mut order) = (approve(&asked.returned).unwrap().returned, asked.order);
    let catalog = catalog();
    let mut value = 0;
    for seed in 0..7 {
        let came = [arrival(returned.lines[0].id, 1)];
        let desk = desk(&catalog);
        let done =
            receive(&returned, order.as_ref(), &came, false, &desk, &mut ids(10 + seed)).unwrap();
        let own = done.movements.iter().filter(|m| m.kind == MovementKind::Return);
        value += own.map(|m| m.value).sum::<i64>();
        (returned, order) = (done.returned, done.order);
    }
    assert_eq!(value, 109);
    assert_eq!(returned.dispositions.len(), 7);
}

#[test]
fn goods_are_received_only_once_approved_and_not_more_than_announced() {
    let asked = asked(&shipped(), 2).unwrap();
    let catalog = catalog();
    let came = [arrival(asked.returned.lines[0].id, 2)];
    let order = asked.order.as_ref();
    let early = receive(&asked.returned, order, &came, false, &desk(&catalog), &mut ids(2));
    assert_eq!(early.unwrap_err().code(), Code::InvalidTransition);
    let approved = approve(&asked.returned).unwrap().returned;
    let more = [arrival(approved.lines[0].id, 3)];
    let refusal =
        receive(&approved, order, &more, false, &desk(&catalog), &mut ids(2)).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveReturnable);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("2"));
}

#[test]
fn with_the_right_more_is_taken_first_from_the_order_then_blind() {
    let asked = asked(&shipped(), 2).unwrap();
    let approved = approve(&asked.returned).unwrap().returned;
    let catalog = catalog();
    let came = [arrival(approved.lines[0].id, 9)];
    let done = receive(&approved, asked.order.as_ref(), &came, true, &desk(&catalog), &mut ids(2))
        .unwrap();
    let order = done.order.unwrap();
    assert_eq!(order.lines[0].quantities.returned, qty(7));
    assert_eq!(order.lines[0].quantities.return_requested, Qty::ZERO);
    let blind = &done.returned.lines[1];
    assert_eq!((blind.order_line, blind.received, blind.value), (None, qty(2), 500));
}

#[test]
fn what_was_lost_after_it_was_announced_does_not_come_back_for_the_order() {
    let asked = asked(&shipped(), 7).unwrap();
    let approved = approve(&asked.returned).unwrap().returned;
    let mut order = asked.order.unwrap();
    order.lines[0].quantities.lost = qty(4);
    order.shipment_lines[1].lost = qty(4);
    let catalog = catalog();
    let came = [Arrival { to: Fate::Restocked, ..arrival(approved.lines[0].id, 4) }];
    let take = |came: &[Arrival], blind| {
        receive(&approved, Some(&order), came, blind, &desk(&catalog), &mut ids(2))
    };
    let refusal = take(&came, false).unwrap_err();
    assert_eq!(refusal.code(), Code::AboveReturnable);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("3"));
    let done = take(&came, true).unwrap();
    let after = done.order.unwrap();
    assert_eq!(after.lines[0].quantities.returned, qty(3));
    assert_eq!(
        (done.returned.lines[1].order_line, done.returned.lines[1].received),
        (None, qty(1))
    );
    // What is sent back is taken back, whatever is still announced.
    let verdict = |from, to| Verdict {
        line: done.returned.lines[0].id,
        from,
        to,
        qty: qty(3),
        lot: None,
        from_bin: SHELF,
        to_bin: SHELF,
        refurbished: None,
        taken_back: None,
        note: None,
    };
    let sent = verdict(Fate::Restocked, Fate::SentBack);
    let level = level(4, 260);
    let sent =
        inspect(&done.returned, Some(&after), &sent, Some(&level), &desk(&catalog), &mut ids(3))
            .unwrap();
    let again = verdict(Fate::SentBack, Fate::Restocked);
    let gone = sent.order.unwrap();
    let back =
        inspect(&sent.returned, Some(&gone), &again, None, &desk(&catalog), &mut ids(4)).unwrap();
    assert_eq!(back.order.unwrap().lines, after.lines);
}

#[test]
fn a_blind_return_comes_in_at_the_expected_cost() {
    let lines = [BlindLine {
        item: item(2),
        description: "a drill".into(),
        qty: qty(2),
        lot: None,
        reason: None,
    }];
    let opened = request_blind(&new_return(), &lines, &mut ids(1), NOW).unwrap().returned;
    assert_eq!(opened.head.state, ReturnState::Approved);
    let catalog = catalog();
    let came = [Arrival { to: Fate::Restocked, ..arrival(opened.lines[0].id, 2) }];
    let done = receive(&opened, None, &came, false, &desk(&catalog), &mut ids(2)).unwrap();
    assert_eq!(done.movements[0].value, 500);
    assert!(done.movements[0].to.is_sellable());
}

#[test]
fn a_kit_comes_back_by_its_components() {
    let mut kit = line(1, 2, "50", vec![]);
    kit.kind = LineKind::Kit;
    let component = |position: u8, per: i64| {
        let mut part = line(position, 2 * per, "0", vec![]);
        part.kind = LineKind::Component;
        part.parent = Some(LineId::from_bytes([1; 16]));
        part.per_parent = Some(qty(per));
        part
    };
    let lines = vec![kit, component(2, 1), component(3, 4)];
    let mut order = paid(order("EUR", Rounding::Line, lines, vec![]), &[]);
    let ids_of: Vec<LineId> = order.lines.iter().map(|line| line.id).collect();
    ship(&mut order, ids_of[1], 2, 10, true);
    ship(&mut order, ids_of[2], 8, 80, true);
    order.settle().unwrap();
    let new = new_return();
    let whole = request(&order, &new, &[wanted(ids_of[0], 1)], false, &mut ids(1), NOW).unwrap();
    let parts: Vec<_> = whole.returned.lines.iter().map(|l| (l.order_line, l.requested)).collect();
    assert_eq!(parts, [(Some(ids_of[1]), qty(1)), (Some(ids_of[2]), qty(4))]);
    assert_eq!(whole.order.unwrap().lines[0].quantities.return_requested, qty(1));
    let part = request(&order, &new, &[wanted(ids_of[2], 3)], false, &mut ids(1), NOW).unwrap();
    assert_eq!(part.order.unwrap().lines[0].quantities.return_requested, Qty::ZERO);
}

#[test]
fn inspection_moves_goods_to_where_they_belong() {
    let (returned, order, _) = received(&shipped(), 5);
    let from = Fate::AwaitingInspection;
    let ends = [
        (Fate::Restocked, PlaceKind::Holding, MovementKind::Inspect),
        (Fate::Quarantined, PlaceKind::Holding, MovementKind::Inspect),
        (Fate::Repaired, PlaceKind::Holding, MovementKind::Repair),
        (Fate::Scrapped, PlaceKind::Scrap, MovementKind::Inspect),
        (Fate::ToVendor, PlaceKind::VendorReturn, MovementKind::Inspect),
        (Fate::SentBack, PlaceKind::Customer, MovementKind::Inspect),
    ];
    for (to, place, kind) in ends {
        let done = inspected(&returned, &order, &verdict(&returned, from, to, 2)).unwrap();
        let [movement] = done.movements.as_slice() else { panic!("{to:?}: one movement") };
        assert_eq!((movement.to.kind, movement.kind), (place, kind), "{to:?}");
        assert_eq!(movement.value, 20, "the level's average goes along");
        assert_eq!(done.returned.lines[0].fates.of(to), qty(2));
        assert_eq!(done.returned.lines[0].received, qty(5));
        let more = verdict(&done.returned, from, to, 4);
        let refusal = inspected(&done.returned, &order, &more).unwrap_err();
        assert_eq!(refusal.code(), Code::AboveReceived);
        assert_eq!(refusal.issues[0].allowed.as_deref(), Some("3"));
    }
}

#[test]
fn refurbished_goods_take_their_value_to_the_other_item() {
    let (returned, order, _) = received(&shipped(), 5);
    let mut wish = verdict(&returned, Fate::AwaitingInspection, Fate::Refurbished, 4);
    assert_eq!(inspected(&returned, &order, &wish).unwrap_err().code(), Code::UnknownItem);
    wish.refurbished = Some(Refurbished { item: item(3), lot: None, qty: qty(2) });
    let done = inspected(&returned, &order, &wish).unwrap();
    let [out, into] = done.movements.as_slice() else { panic!("two movements") };
    assert_eq!((out.item, out.qty, out.to.kind), (item(1), qty(4), PlaceKind::Production));
    assert_eq!((into.item, into.qty, into.from.kind), (item(3), qty(2), PlaceKind::Production));
    assert_eq!((out.value, into.value), (40, 40));
    let mut back = verdict(&done.returned, Fate::Refurbished, Fate::Scrapped, 4);
    back.refurbished = wish.refurbished;
    let undone = inspected(&done.returned, &order, &back).unwrap();
    assert_eq!(undone.movements[0].item, item(3));
    assert_eq!(undone.movements[1].to.kind, PlaceKind::Scrap);
}

#[test]
fn goods_sent_back_are_returned_no_more_unless_refunded() {
    let (returned, order, _) = received(&shipped(), 5);
    let wish = verdict(&returned, Fate::AwaitingInspection, Fate::SentBack, 2);
    let done = inspected(&returned, &order, &wish).unwrap();
    let after = done.order.unwrap();
    assert_eq!(after.lines[0].quantities.returned, qty(3));
    let on_shipments: i64 = after.shipment_lines.iter().map(|line| line.returned.get()).sum();
    assert_eq!(on_shipments, 3);
    assert_eq!(returnable(&after, after.lines[0].id).unwrap(), qty(4));
    let mut refunded = returned.clone();
    refunded.lines[0].refunded = qty(4);
    let refusal = inspected(&refunded, &order, &wish).unwrap_err();
    assert_eq!(refusal.code(), Code::NotReversible);
    assert_eq!(refusal.issues[0].allowed.as_deref(), Some("1"));
}

#[test]
fn a_reception_taken_back_is_expected_again() {
    let before = shipped();
    let (returned, order, _) = received(&before, 5);
    let wish = verdict(&returned, Fate::AwaitingInspection, Fate::Customer, 5);
    let done = inspected(&returned, &order, &wish).unwrap();
    let line = &done.returned.lines[0];
    assert_eq!((line.received, line.outstanding(), line.value), (Qty::ZERO, qty(5), 0));
    let q = done.order.unwrap().lines[0].quantities;
    assert_eq!((q.returned, q.return_requested), (Qty::ZERO, qty(5)));
}

#[test]
fn a_return_is_closed_when_everything_is_inspected_and_reopened_exactly() {
    let asked = asked(&shipped(), 5).unwrap();
    let approved = approve(&asked.returned).unwrap().returned;
    let catalog = catalog();
    let came = [arrival(approved.lines[0].id, 3)];
    let desk = desk(&catalog);
    let some = receive(&approved, asked.order.as_ref(), &came, false, &desk, &mut ids(2)).unwrap();
    let order = some.order.unwrap();
    let early = close(&some.returned, Some(&order)).unwrap_err();
    assert_eq!(early.issues[0].allowed.as_deref(), Some("inspect"));
    let wish = verdict(&some.returned, Fate::AwaitingInspection, Fate::Restocked, 3);
    let done = inspected(&some.returned, &order, &wish).unwrap();
    let before = done.order.unwrap();
    let closed = close(&done.returned, Some(&before)).unwrap();
    let after = closed.order.unwrap();
    assert_eq!(after.lines[0].quantities.return_requested, Qty::ZERO);
    let reopened = reopen(&closed.returned, Some(&after)).unwrap();
    assert_eq!((reopened.returned, reopened.order.unwrap()), (done.returned, before));
}

#[test]
fn a_refused_return_says_why() {
    let asked = asked(&shipped(), 5).unwrap();
    let order = asked.order.as_ref();
    assert_eq!(refuse(&asked.returned, order, "").unwrap_err().code(), Code::ReasonRequired);
    let refused = refuse(&asked.returned, order, "worn").unwrap();
    assert_eq!(refused.returned.head.state, ReturnState::Refused);
    assert_eq!(refused.order.unwrap(), shipped());
    let again = approve(&refused.returned).unwrap_err();
    assert_eq!(again.code(), Code::InvalidTransition);
}

const FATES: &[Fate] = Fate::ALL;

proptest! {
    /// Whatever is decided about units, in whatever order: the counters are those of the
    /// dispositions, the order's identities hold, and the events fold to the return.
    #[test]
    fn any_decisions_keep_the_identities(
        steps in proptest::collection::vec((0_usize..9, 0_usize..9, 1_i64..4), 1..40),
    ) {
        let (mut returned, mut order, _) = received(&shipped(), 6);
        let opened = change::Change::Opened(Box::new(returned.clone()));
        let mut folded = change::fold(None, &[opened]);
        for (from, to, units) in steps {
            let mut wish = verdict(&returned, FATES[from], FATES[to], units);
            wish.refurbished = Some(Refurbished { item: item(3), lot: None, qty: qty(units) });
            let Ok(done) = inspected(&returned, &order, &wish) else { continue };
            folded = change::fold(folded, &change::between(&returned, &done.returned));
            (returned, order) = (done.returned, done.order.unwrap());
            prop_assert_eq!(folded.as_ref(), Some(&returned));
            let own = &returned.lines[0];
            prop_assert_eq!(own.fates.sum(), Some(own.received));
            for fate in FATES.iter().filter(|fate| **fate != Fate::Customer) {
                let sum = |to: bool| {
                    let own = returned.dispositions.iter();
                    own.filter(|d| if to { d.to == *fate } else { d.from == *fate })
                        .map(|d| d.qty.get()).sum::<i64>()
                };
                prop_assert_eq!(own.fates.of(*fate).get(), sum(true) - sum(false));
            }
            let line = &order.lines[0];
            prop_assert_eq!(line.quantities.broken(Qty::ZERO, Qty::ZERO), None);
            prop_assert_eq!(line.quantities.returned, own.kept());
            let on_shipments: i64 = order.shipment_lines.iter().map(|l| l.returned.get()).sum();
            prop_assert_eq!(line.quantities.returned.get(), on_shipments);
        }
    }
}

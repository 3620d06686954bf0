//! Any sequence of steps keeps the order, the stock and the books in agreement, and every step
//! that has an inverse is taken back exactly.

use orderly_core::id::*;
use orderly_core::order::cancel::{Cancel, cancel, uncancel};
use orderly_core::order::deliver::{
    BackTo, Then, bring_back, decide_back, deliver, fail, lose, retry,
};
use orderly_core::order::pack::{Pack, pack, unpack};
use orderly_core::order::pick::{self, Pick, pick};
use orderly_core::order::reject::{RejectReason, reject};
use orderly_core::order::release::{recall, release};
use orderly_core::order::ship::{Ship, ship, void_shipment};
use orderly_core::order::undeliver::{find, undeliver};
use orderly_core::order::unpick::{self, unpick};
use orderly_core::order::work::At;
use orderly_core::order::{Decision, Order, ShipmentState};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::Condition;
use proptest::prelude::*;

use crate::sample::{NOW, qty};
use crate::world::*;

pub const AT: At<'_> = At::plain(NOW);

const SOURCE: u8 = 20;
/// The steps as often as they are to come up: the way to the customer more often than the others.
const STEPS: &[u8] = &[
    0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 8, 9, 10, 10, 10, 11, 11,
    12, 12, 13, 14, 14, 15, 15, 16, 17, 17, 18, 18, 19, SOURCE,
];

/// One of a list by a random number.
fn one<T: Copy>(list: &[T], number: u16) -> Option<T> {
    (!list.is_empty()).then(|| list[usize::from(number) % list.len()])
}

/// Released picks of a fulfillment, with lots where they are needed, of a share of each claim.
pub fn picks(world: &World, fulfillment: FulfillmentId, part: bool) -> Vec<Pick> {
    let shelves = world.hand(fulfillment).shelves;
    let mut out = pick::all(&world.order, fulfillment);
    for pick in &mut out {
        let work = world.order.work_of(pick.claim).unwrap();
        let piece =
            world.order.line(work.line).unwrap().piece.map_or(1, orderly_core::qty::Qty::get);
        let pieces = pick.qty.get() / piece;
        if part && pieces > 1 {
            pick.qty = qty((pieces / 2) * piece);
        }
        if work.item == crate::sample::item(LOTTED) {
            let mut left = pick.qty.get();
            for shelf in shelves.iter().filter(|shelf| shelf.item == work.item) {
                let here = left.min(shelf.qty.get());
                if here > 0 {
                    pick.from.push((shelf.bin, shelf.lot, qty(here)));
                    left -= here;
                }
            }
        }
    }
    out
}

fn try_step(world: &mut World, step: u8, number: u16) -> Result<Option<Decision>, Refusal> {
    let mut ids = world.ids.clone();
    for _ in 0..64 {
        let _: EventId = world.ids.draw();
    }
    if step < 10 {
        at_location(world, step, number, &mut ids)
    } else {
        on_the_way(world, step, number, &mut ids)
    }
}

fn top(order: &Order, number: u16) -> Option<LineId> {
    let own = order.lines.iter().filter(|line| line.parent.is_none());
    one(&own.map(|line| line.id).collect::<Vec<_>>(), number)
}

fn at_location(
    world: &World,
    step: u8,
    number: u16,
    ids: &mut IdSource,
) -> Result<Option<Decision>, Refusal> {
    let order = &world.order;
    let all: Vec<FulfillmentId> = order.fulfillments.iter().map(|f| f.id).collect();
    let (Some(line), Some(at)) = (top(order, number), one(&all, number)) else { return Ok(None) };
    Ok(Some(match step {
        0 => release(order, at, &AT, ids)?,
        1 => recall(order, at, NOW, ids)?,
        2 | 3 => {
            let wanted = picks(world, at, step == 3);
            pick(order, at, &wanted, &mut world.hand(at), &AT, ids)?
        }
        4 => {
            let mut back = unpick::all(order, at, number.is_multiple_of(2));
            if number.is_multiple_of(3) {
                back.truncate(1);
            }
            unpick(order, &back, world.hand(at).location, NOW, ids)?
        }
        5 => pack(order, at, &[], &world.catalog, &AT, ids)?,
        6 => {
            // Kits ship whole, so every other time only what is no part of one.
            let own = order.work.iter().filter(|w| w.fulfillment == at && w.packed > qty(0));
            let plain = own.filter(|w| order.line(w.line).unwrap().parent.is_none());
            let lines = plain.filter(|_| number.is_multiple_of(2));
            let lines = lines.map(|w| (w.claim, w.packed)).collect();
            let what = Ship { lines, ..Ship::default() };
            ship(order, at, &what, &mut world.seen(), &AT, ids)?.0
        }
        7 => {
            let reason = one(RejectReason::ALL, number / 7).unwrap();
            let own = order.work.iter().filter(|w| w.fulfillment == at);
            let open: Vec<_> = own.filter(|w| w.unpicked() > qty(0)).collect();
            let Some(work) = one(&open, number / 5) else { return Ok(None) };
            let lines = [(work.line, qty(1))];
            reject(order, at, &lines, reason, &mut world.hand(at), NOW, ids)?
        }
        8 => {
            let per = order.line(line)?.piece.unwrap_or(qty(1));
            let what = Cancel::Lines(vec![(line, Some(per))]);
            cancel(order, &what, &AT, ids)?
        }
        _ => uncancel(order, &Cancel::Order, NOW, ids)?,
    }))
}

fn on_the_way(
    world: &World,
    step: u8,
    number: u16,
    ids: &mut IdSource,
) -> Result<Option<Decision>, Refusal> {
    let order = &world.order;
    let sent: Vec<ShipmentId> = order.shipments.iter().map(|s| s.id).collect();
    let Some(shipment) = one(&sent, number) else { return Ok(None) };
    let lines = order.shipment_lines.iter().filter(|l| l.shipment == shipment);
    let part: Vec<_> = lines
        .filter(|l| number.is_multiple_of(2) && l.in_transit() > qty(0))
        .map(|l| (l.id, qty((l.in_transit().get() / 2).max(1))))
        .collect();
    let booked = &world.booked;
    let then = one(Then::ALL, number / 3).unwrap();
    let home = order.shipment(shipment)?.location;
    let bin = world.locations.iter().find(|l| l.id == home).unwrap().storage_bin;
    let to = BackTo { location: home, bin, condition: Condition::AwaitingInspection };
    Ok(Some(match step {
        10 => deliver(order, shipment, &part, booked, NOW, ids)?,
        11 => undeliver(order, shipment, booked, NOW, ids)?,
        12 => lose(order, shipment, &part, booked, NOW, ids)?,
        13 => find(order, shipment, booked, NOW, ids)?,
        14 => bring_back(order, shipment, &part, to, then, booked, NOW, ids)?,
        15 => void_shipment(order, shipment, booked, NOW, ids)?,
        16 => fail(order, shipment, NOW, ids)?,
        17 => retry(order, shipment, NOW, ids)?,
        18 => {
            let line = top(order, number).unwrap();
            decide_back(order, line, qty(1), then, NOW, ids)?
        }
        _ => {
            let work = one(&order.work.iter().map(|w| w.fulfillment).collect::<Vec<_>>(), number);
            let packs = pack_of(order, work.unwrap());
            unpack(order, &packs, NOW, ids)?
        }
    }))
}

pub fn pack_of(order: &Order, at: FulfillmentId) -> Vec<Pack> {
    let own = order.work.iter().filter(|w| w.fulfillment == at && !w.packed.is_zero());
    own.map(|w| Pack { claim: w.claim, qty: w.packed, measured: None }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The order's identities, the claims on stock, the goods and their value hold after any
    /// sequence of steps, and refused steps name their code.
    #[test]
    fn any_sequence_of_steps_keeps_everything_in_agreement(
        steps in proptest::collection::vec((0..STEPS.len(), any::<u16>()), 20..150),
    ) {
        let mut world = World::new();
        world.source(&[]);
        for (step, number) in steps {
            let step = STEPS[step];
            if step == SOURCE {
                world.source(&[]);
                continue;
            }
            if let Ok(Some(decision)) = try_step(&mut world, step, number) {
                world.apply(decision);
            }
        }
    }
}

/// Each step and its inverse leave line counters, levels, holdings and states as they were.
#[test]
fn a_step_and_its_inverse_restore_quantities_and_value() {
    for keep_cut in [false, true] {
        let mut world = World::new();
        world.source(&[]);
        let all: Vec<FulfillmentId> = world.order.fulfillments.iter().map(|f| f.id).collect();
        for at in all {
            walk(&mut world, at, keep_cut);
        }
    }
}

/// Walks one fulfillment to the customer; before each step stays, it is done and taken back.
fn walk(world: &mut World, at: FulfillmentId, keep_cut: bool) {
    let mut ids = world.ids.clone();
    for _ in 0..4_000 {
        let _: EventId = world.ids.draw();
    }
    let ids = &mut ids;
    let before = world.picture();
    world.apply(release(&world.order, at, &AT, ids).unwrap());
    world.apply(recall(&world.order, at, NOW, ids).unwrap());
    assert_eq!(world.picture(), before);
    world.apply(release(&world.order, at, &AT, ids).unwrap());

    let before = world.picture();
    let cuts = world.order.work.iter().any(|w| w.fulfillment == at && w.cut.is_some());
    let wanted = picks(world, at, false);
    let picked = pick(&world.order, at, &wanted, &mut world.hand(at), &AT, ids).unwrap();
    world.apply(picked);
    let back = unpick::all(&world.order, at, keep_cut);
    let hand = world.hand(at).location.clone();
    match unpick(&world.order, &back, &hand, NOW, ids) {
        Err(refusal) => {
            assert!(cuts && !keep_cut);
            assert_eq!(refusal.code(), Code::NotReversible);
        }
        Ok(decision) => {
            world.apply(decision);
            assert!(cuts || world.picture() == before);
            let wanted = picks(world, at, false);
            let again = pick(&world.order, at, &wanted, &mut world.hand(at), &AT, ids).unwrap();
            world.apply(again);
        }
    }
    let before = world.picture();
    world.apply(pack(&world.order, at, &[], &world.catalog, &AT, ids).unwrap());
    let packs = pack_of(&world.order, at);
    world.apply(unpack(&world.order, &packs, NOW, ids).unwrap());
    assert_eq!(world.picture(), before);
    world.apply(pack(&world.order, at, &[], &world.catalog, &AT, ids).unwrap());

    let before = world.picture();
    let levels = &mut world.seen();
    let (sent, id) = ship(&world.order, at, &Ship::default(), levels, &AT, ids).unwrap();
    world.apply(sent);
    world.apply(void_shipment(&world.order, id, &world.booked, NOW, ids).unwrap());
    assert_eq!(world.picture(), before);
    let levels = &mut world.seen();
    let (sent, id) = ship(&world.order, at, &Ship::default(), levels, &AT, ids).unwrap();
    world.apply(sent);

    for losing in [false, true, false] {
        let before = world.picture();
        let step = if losing { lose } else { deliver };
        world.apply(step(&world.order, id, &[], &world.booked, NOW, ids).unwrap());
        assert_eq!(world.order.shipment(id).unwrap().state, ShipmentState::Done);
        let inverse = if losing { find } else { undeliver };
        world.apply(inverse(&world.order, id, &world.booked, NOW, ids).unwrap());
        assert_eq!(world.picture(), before);
    }
    world.apply(deliver(&world.order, id, &[], &world.booked, NOW, ids).unwrap());
}

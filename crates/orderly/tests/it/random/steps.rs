//! Random commands on orders and their fulfillments.

use orderly::ops::fulfillments as work;
use orderly::ops::fulfillments::shipments::{self, Back, Shipping};
use orderly::ops::orders::{edit as edits, place};
use orderly::{App, Call, Error};
use orderly_core::id::{FulfillmentId, OrderId, ShipmentId};
use orderly_core::order::cancel::Cancel;
use orderly_core::order::deliver::Then;
use orderly_core::order::hold::NewHold;
use orderly_core::order::pack::Pack;
use orderly_core::order::pick::Pick;
use orderly_core::order::reject::RejectReason;
use orderly_core::order::undo::{Command, inverse};
use orderly_core::order::{HoldScope, Order, OrderState, ShipmentState, Step};
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_store::tables::events;
use serde_json::{Value, json};

use super::Outcome;
use super::world::{Rng, World};
use crate::fixture::read;

/// Runs a step on an order: what is answered is what is stored, a refusal leaves it as it was, and
/// now and then what was done is taken back, which restores everything.
fn on(
    world: &mut World,
    order: &Order,
    f: impl FnOnce(&App, &Call) -> Result<Order, Error>,
) -> Outcome {
    let app = world.shop.app.clone();
    let call = world.call().with_reason("as it comes");
    let probe = world.rng.once_in(6);
    let before = probe.then(|| [false, true].map(|loosely| world.balance(Some(order), loosely)));
    let done = f(&app, &call);
    let stored = world.stored(order.id);
    let done = match done {
        Err(error) => {
            assert_eq!(stored, *order, "{world}: refused with {error}, and changed");
            return Err(error);
        }
        Ok(done) => done,
    };
    assert_eq!(done, stored, "{world}: the answer is not what is stored");
    if let Some([exactly, loosely]) = before.filter(|_| done.sequence == order.sequence + 1) {
        take_back(world, &done, &exactly, &loosely);
    }
    Ok(())
}

/// Undoes the last command on an order and demands that everything is as it was.
fn take_back(
    world: &mut World,
    done: &Order,
    exactly: &super::balance::Balance,
    loosely: &super::balance::Balance,
) {
    let app = world.shop.app.clone();
    let all =
        app.store.read(|tx| events::of_stream(tx, done.id.as_bytes(), done.sequence)).unwrap();
    let command = Command::of_event(&all.last().unwrap().kind).unwrap();
    let undone = work::undo::undo(&app, &world.shop.call().with_reason("a mistake"), done.id);
    match undone {
        Ok(after) => {
            assert!(inverse(command).is_ok(), "{world}: {} was taken back", command.code());
            // What is sourced anew may be served from elsewhere.
            let anew = matches!(command, Command::Cancel | Command::CloseShort);
            let wanted = if anew { loosely } else { exactly };
            let now = world.balance(Some(&after), anew);
            assert_eq!(now, *wanted, "{world}: `{}` was not taken back exactly", command.code());
        }
        Err(Error::Refused(refusal)) => {
            let said = refusal.code();
            // A hold that ended by itself on an order that is over is not put back.
            let over = said == Code::InvalidTransition;
            let may = over || matches!(said, Code::NotReversible | Code::OnHold);
            assert!(may, "{world}: `{}` is not taken back: {refusal}", command.code());
            assert_eq!(world.stored(done.id), *done);
        }
        Err(error) => panic!("{world}: {error:?}"),
    }
}

fn line(rng: &mut Rng) -> Value {
    let cut = rng.pick(["1.2 m", "2.4 m", "0.8 m", "4.9 m"]);
    let quantity = |rng: &mut Rng, most| rng.qty(most).to_string();
    match rng.below(14) {
        0 | 1 => json!({ "sku": "NAIL", "quantity": quantity(rng, 30) }),
        2 | 3 => json!({ "sku": "BOLT", "quantity": quantity(rng, 12) }),
        4 => json!({ "sku": "PAINT", "quantity": quantity(rng, 4),
            "tax": [{ "name": "VAT", "rate": "0.2", "included": true }] }),
        5 => json!({ "sku": "DRILL", "quantity": quantity(rng, 2),
            "discounts": [{ "code": "SPRING", "amount": "9.99" }] }),
        6 => json!({ "sku": "ROPE", "quantity": format!("{}.{}", rng.below(9), rng.qty(9)) }),
        7 => {
            let pieces = quantity(rng, 4);
            json!({ "sku": "BOARD", "quantity": pieces, "unit": "cut", "cut_length": cut })
        }
        8 => json!({ "sku": "TILE", "quantity": quantity(rng, 5) }),
        9 => json!({ "sku": "BRICK", "quantity": quantity(rng, 300) }),
        10 => json!({ "sku": "CARE", "quantity": quantity(rng, 3),
            "tax": [{ "name": "VAT", "rate": "0.2" }] }),
        11 => json!({ "sku": "KIT-A", "quantity": quantity(rng, 3) }),
        12 => json!({ "sku": "KIT-B", "quantity": quantity(rng, 3) }),
        _ => {
            let bad = rng.pick(["-1", "0", "1e400", "NaN", "0.5", "9223372036854775808", ""]);
            json!({ "sku": rng.pick(["NAIL", "GOLD", "KIT-A"]), "quantity": bad })
        }
    }
}

pub fn place(world: &mut World) -> Outcome {
    let rng = &mut world.rng;
    let channel = rng.pick(["web", "market", "till", "phone", "web", "market"]);
    let lines: Vec<Value> = (0..rng.qty(3)).map(|_| line(rng)).collect();
    let name = rng.pick(["ann", "ben", "cat", "dan"]);
    let charges =
        if rng.once_in(4) { json!([{ "kind": "shipping", "amount": "4.95" }]) } else { json!([]) };
    let wanted = read(json!({
        "channel": channel, "lines": lines, "charges": charges,
        "priority": rng.below(3),
        "customer": { "email": format!("{name}@example.com"), "name": name },
    }));
    let keyed = rng.once_in(5);
    let mut call = world.call();
    if keyed {
        let key = format!("k{}", call.seed);
        call = call.with_key(key, b"this order");
    }
    let placed = place::place(&world.shop.app, &call, &wanted);
    if keyed {
        let again = Call { seed: call.seed ^ 0xff00_0000, ..call.clone() };
        let again = place::place(&world.shop.app, &again, &wanted);
        let said = |one: &Result<Order, Error>| match one {
            Ok(order) => order.id.to_string(),
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(said(&again), said(&placed), "{world}: the same key, another answer");
    }
    let placed = placed?;
    world.touch(placed.id);
    assert_eq!(world.stored(placed.id), placed, "{world}: the answer is not what is stored");
    world.orders.push(placed.id);
    Ok(())
}

/// A fulfillment of an order at work; now and then one of another order.
fn some_work(world: &mut World) -> Option<(Order, (OrderId, FulfillmentId))> {
    let order = world.order()?;
    let mut from = order.clone();
    if world.rng.once_in(40) {
        from = world.order()?;
    }
    let chosen = world.rng.of(&from.fulfillments)?;
    let of = (order.id, chosen.id);
    Some((order, of))
}

fn some_shipment(world: &mut World) -> Option<(Order, (OrderId, ShipmentId))> {
    for _ in 0..6 {
        let order = world.order()?;
        if let Some(shipment) = world.rng.of(&order.shipments) {
            let of = (order.id, shipment.id);
            return Some((order, of));
        }
    }
    None
}

/// Does what is due next of an order.
pub fn advance(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    if let Some(sent) = order.shipments.iter().find(|one| one.state == ShipmentState::Shipped)
        && world.rng.once_in(2)
    {
        let of = (order.id, sent.id);
        return on(world, &order, |app, call| shipments::deliver(app, call, of, &[]));
    }
    let own = || order.work.iter().filter(|work| work.fulfillment == of.1);
    if own().any(|work| !work.packed.is_zero()) {
        return on(world, &order, |app, call| shipments::ship(app, call, of, &Shipping::default()));
    }
    if own().any(|work| work.picked > work.packed) {
        return on(world, &order, |app, call| work::pack(app, call, of, &[]));
    }
    if own().any(|work| work.released > work.picked) {
        return on(world, &order, |app, call| work::pick(app, call, of, &[]));
    }
    on(world, &order, |app, call| work::release(app, call, of))
}

pub fn cancel(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    let what = what(world, &order);
    on(world, &order, |app, call| work::cancel::cancel(app, call, order.id, &what))
}

fn what(world: &mut World, order: &Order) -> Cancel {
    if world.rng.once_in(3) {
        return Cancel::Order;
    }
    let line = world.rng.of(&order.lines).unwrap();
    let most = line.quantities.ordered.get();
    let qty = Qty::new(world.rng.qty(most)).unwrap();
    Cancel::Lines(vec![(line.id, if world.rng.once_in(2) { None } else { Some(qty) })])
}

pub fn uncancel(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    let what = what(world, &order);
    on(world, &order, |app, call| work::cancel::uncancel(app, call, order.id, &what))
}

pub fn edit(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    let new = if world.rng.once_in(3) {
        json!({ "add": [line(&mut world.rng)] })
    } else {
        let line = world.rng.of(&order.lines).unwrap().position.to_string();
        let quantity = world.rng.below(12).to_string();
        json!({ "lines": [{ "line": line, "quantity": quantity }] })
    };
    let new = read(new);
    on(world, &order, |app, call| edits::edit(app, call, order.id, &new))
}

pub fn hold(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    let step = world.rng.pick([Step::Release, Step::Pick, Step::Pack, Step::Ship, Step::Cancel]);
    let on_line = world.rng.once_in(2);
    let new = NewHold {
        kind: "check".into(),
        scope: if on_line { HoldScope::Line } else { HoldScope::Order },
        scope_id: order.lines[0].id.as_bytes(),
        blocks: vec![step],
        reason: if world.rng.once_in(9) { String::new() } else { "to be looked at".into() },
        owner: None,
        due_at: None,
    };
    on(world, &order, |app, call| work::hold::hold(app, call, order.id, &new))
}

pub fn release_hold(world: &mut World) -> Outcome {
    for _ in 0..8 {
        let Some(order) = world.order() else { return Ok(()) };
        let Some(hold) = world.rng.of(&order.holds) else { continue };
        if hold.released_at.is_some() && world.rng.once_in(2) {
            return on(world, &order, |app, call| {
                work::hold::hold_again(app, call, order.id, hold.id)
            });
        }
        return on(world, &order, |app, call| {
            work::hold::release_hold(app, call, order.id, hold.id)
        });
    }
    Ok(())
}

pub fn release(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    on(world, &order, |app, call| work::release(app, call, of))
}

pub fn recall(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    on(world, &order, |app, call| work::recall(app, call, of))
}

pub fn reject(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    let reason = world.rng.pick([
        RejectReason::NotFound,
        RejectReason::Damaged,
        RejectReason::NoCapacity,
        RejectReason::Closed,
        RejectReason::TooLate,
    ]);
    let line = world.rng.of(&order.lines).unwrap();
    let part = [(line.id, Qty::new(world.rng.qty(5)).unwrap())];
    let lines: &[_] = if world.rng.once_in(2) { &[] } else { &part };
    on(world, &order, |app, call| work::reject(app, call, of, lines, reason))
}

/// A random part of a random claim of the fulfillment; with luck of the right size.
fn claim(
    world: &mut World,
    order: &Order,
    at: FulfillmentId,
) -> Option<(orderly_core::id::ClaimId, Qty)> {
    let own: Vec<_> = order.work.iter().filter(|work| work.fulfillment == at).cloned().collect();
    let work = world.rng.of(&own)?;
    let qty = Qty::new(world.rng.qty(work.qty.get() + 1)).unwrap();
    Some((work.claim, if world.rng.once_in(3) { work.qty } else { qty }))
}

pub fn pick(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    let Some((claim, qty)) = claim(world, &order, of.1) else { return Ok(()) };
    let picks = [Pick { claim, qty, from: Vec::new() }];
    on(world, &order, |app, call| work::pick(app, call, of, &picks))
}

pub fn unpick(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    let keep_cut = world.rng.once_in(2);
    on(world, &order, |app, call| work::unpick(app, call, of, &[], keep_cut))
}

pub fn pack(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    let Some((claim, qty)) = claim(world, &order, of.1) else { return Ok(()) };
    let packs = [Pack { claim, qty, measured: None }];
    let packs: &[Pack] = if world.rng.once_in(2) { &[] } else { &packs };
    on(world, &order, |app, call| work::pack(app, call, of, packs))
}

pub fn unpack(world: &mut World) -> Outcome {
    for _ in 0..8 {
        let Some((order, of)) = some_work(world) else { return Ok(()) };
        let packed: Vec<_> = order
            .work
            .iter()
            .filter(|work| !work.packed.is_zero())
            .map(|work| Pack { claim: work.claim, qty: work.packed, measured: None })
            .collect();
        if !packed.is_empty() {
            return on(world, &order, |app, call| work::unpack(app, call, of, &packed));
        }
    }
    Ok(())
}

pub fn ship(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    let part = claim(world, &order, of.1);
    let lines = if world.rng.once_in(2) { Vec::new() } else { part.into_iter().collect() };
    let new = Shipping { lines, carrier: Some("post".into()), ..Shipping::default() };
    on(world, &order, |app, call| shipments::ship(app, call, of, &new))
}

pub fn void(world: &mut World) -> Outcome {
    let Some((order, of)) = some_shipment(world) else { return Ok(()) };
    on(world, &order, |app, call| shipments::void(app, call, of))
}

pub fn deliver(world: &mut World) -> Outcome {
    let Some((order, of)) = some_shipment(world) else { return Ok(()) };
    on(world, &order, |app, call| shipments::deliver(app, call, of, &[]))
}

pub fn fail(world: &mut World) -> Outcome {
    let Some((order, of)) = some_shipment(world) else { return Ok(()) };
    on(world, &order, |app, call| shipments::fail(app, call, of))
}

pub fn lose(world: &mut World) -> Outcome {
    let Some((order, of)) = some_shipment(world) else { return Ok(()) };
    on(world, &order, |app, call| shipments::lose(app, call, of, &[]))
}

pub fn bring_back(world: &mut World) -> Outcome {
    let Some((order, of)) = some_shipment(world) else { return Ok(()) };
    let then = world.rng.pick([Then::Reopen, Then::Cancel, Then::Later]);
    let back = Back { bin: None, sellable: world.rng.once_in(2), then };
    on(world, &order, |app, call| shipments::bring_back(app, call, of, &[], back))
}

pub fn decide_back(world: &mut World) -> Outcome {
    for _ in 0..20 {
        let Some(order) = world.order() else { return Ok(()) };
        let back = order.lines.iter().find(|line| !line.quantities.brought_back.is_zero());
        let Some(line) = back else { continue };
        let qty = line.quantities.brought_back;
        let then = world.rng.pick([Then::Reopen, Then::Cancel]);
        return on(world, &order, |app, call| {
            shipments::decide_back(app, call, order.id, line.id, qty, then)
        });
    }
    Ok(())
}

pub fn hand_over(world: &mut World) -> Outcome {
    let Some((order, of)) = some_work(world) else { return Ok(()) };
    if let Some(shipment) = world.rng.of(&order.shipments)
        && world.rng.once_in(2)
    {
        return on(world, &order, |app, call| {
            work::take_over(app, call, order.id, shipment.id, false)
        });
    }
    on(world, &order, |app, call| work::hand_over(app, call, of, &[]))
}

pub fn close_short(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    let line = world.rng.of(&order.lines).unwrap().id;
    if world.rng.once_in(3) {
        return on(world, &order, |app, call| work::close::reopen_short(app, call, order.id, line));
    }
    on(world, &order, |app, call| work::close::close_short(app, call, order.id, line))
}

pub fn close(world: &mut World) -> Outcome {
    let Some(mut order) = world.order() else { return Ok(()) };
    // Few orders are done, and one that is not may be asked to close as well.
    for _ in 0..40 {
        let done = order.lines.iter().all(|line| line.quantities.open() == Qty::ZERO);
        if done && order.head.state != OrderState::Canceled {
            break;
        }
        order = world.order().unwrap_or(order);
    }
    if world.rng.once_in(2) {
        return on(world, &order, |app, call| work::close::reopen(app, call, order.id));
    }
    on(world, &order, |app, call| work::close::close(app, call, order.id))
}

pub fn perform(world: &mut World) -> Outcome {
    for _ in 0..20 {
        let Some(order) = world.order() else { return Ok(()) };
        let service = order.lines.iter().find(|line| !line.is_goods());
        let Some(line) = service else { continue };
        let qty = Qty::new(world.rng.qty(line.quantities.ordered.get())).unwrap();
        let back = world.rng.once_in(3);
        return on(world, &order, |app, call| {
            let step = if back { work::close::unperform } else { work::close::perform };
            step(app, call, order.id, line.id, qty)
        });
    }
    Ok(())
}

pub fn undo(world: &mut World) -> Outcome {
    let Some(order) = world.order() else { return Ok(()) };
    on(world, &order, |app, call| work::undo::undo(app, call, order.id))
}

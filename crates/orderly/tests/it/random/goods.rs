//! Random commands on goods: they come, go, move, and are counted.

use orderly::Error;
use orderly::ops::stock::{adjust, count, receive, transfer};
use orderly::ops::tasks;
use orderly::wire::stock::{
    AdjustmentIn, ArrivalIn, CountIn, CountedIn, DispatchIn, ReceiptIn, SettleClaimIn, TransferIn,
};
use orderly_core::refusal::Code;
use serde_json::{Value, json};

use super::Outcome;
use super::world::World;
use crate::fixture::read;
use crate::proof;

const LOCATIONS: [&str; 3] = ["depot", "leeds", "york"];

/// What the levels of the item are afterwards is what is claimed and held.
fn touched(world: &World, sku: &str) {
    if sku != "GOLD" {
        proof::item_holds(&world.shop.app, world.shop.item(sku), &world.to_string());
    }
}

/// Takes something just done back, which restores goods, value and balances.
fn restores<T>(world: &World, before: super::balance::Balance, undone: Result<T, Error>) {
    match undone {
        Ok(_) => assert_eq!(world.balance(None, false), before, "{world}: not taken back exactly"),
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.code(), Code::NotReversible, "{world}: {refusal}");
        }
        Err(error) => panic!("{world}: {error:?}"),
    }
}

pub fn receive(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let sku =
        rng.pick(["NAIL", "BOLT", "PAINT", "DRILL", "ROPE", "BOARD", "TILE", "BRICK", "GOLD"]);
    let cost = rng.pick(["0.07", "1.333", "9.99", "0", "250"]);
    let mut line = json!({ "sku": sku, "cost": cost, "quantity": rng.qty(60).to_string() });
    match sku {
        "DRILL" => {
            let serials: Vec<Value> =
                (0..rng.qty(3)).map(|_| json!(format!("D{}", rng.below(400)))).collect();
            line["quantity"] = json!(serials.len().to_string());
            line["serials"] = Value::from(serials);
        }
        "BOARD" => {
            line["quantity"] = json!(rng.qty(5).to_string());
            line["length"] = json!(rng.pick(["5 m", "2.4 m", "1.2 m"]));
        }
        "ROPE" => line["quantity"] = json!(rng.pick(["10", "2.5", "0.001", "0.0001"])),
        _ => {}
    }
    let at = rng.pick(LOCATIONS);
    let new: ReceiptIn = read(json!({ "location": at, "lines": [line] }));
    let probe = world.rng.once_in(5).then(|| world.balance(None, false));
    let done = receive::receive(&world.shop.app, &call, &new)?;
    touched(world, sku);
    match probe {
        Some(before) => {
            let undone = receive::reverse(&world.shop.app, &world.shop.call(), done.id);
            restores(world, before, undone);
        }
        None => world.receipts.push(done.id),
    }
    Ok(())
}

pub fn reverse_receipt(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.receipts, 12) else { return Ok(()) };
    receive::reverse(&world.shop.app, &call, id).map(|_| ())
}

pub fn adjust(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let sku = rng.pick(["NAIL", "BOLT", "PAINT", "ROPE", "TILE", "BRICK"]);
    let sign = rng.pick(["", "-", "-"]);
    let new: AdjustmentIn = read(json!({
        "location": rng.pick(LOCATIONS), "sku": sku, "quantity": format!("{sign}{}", rng.qty(25)),
        "to": rng.pick(["lost", "scrap", "own_use"]), "reason": rng.pick(["broken", "seen", ""]),
    }));
    let probe = world.rng.once_in(4).then(|| world.balance(None, false));
    let done = adjust::adjust(&world.shop.app, &call, &new)?;
    touched(world, sku);
    match probe {
        Some(before) => {
            let undone = adjust::reverse(&world.shop.app, &world.shop.call(), done.id);
            restores(world, before, undone);
        }
        None => world.adjustments.push(done.id),
    }
    Ok(())
}

pub fn reverse_adjustment(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.adjustments, 10) else { return Ok(()) };
    adjust::reverse(&world.shop.app, &call, id).map(|_| ())
}

pub fn transfer(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let sku = rng.pick(["NAIL", "BOLT", "PAINT", "ROPE", "BRICK", "TILE"]);
    let other = rng.pick(["NAIL", "BRICK", "GOLD"]);
    let mut lines = vec![json!({ "sku": sku, "quantity": rng.qty(20).to_string() })];
    if rng.once_in(2) && other != sku {
        lines.push(json!({ "sku": other, "quantity": rng.qty(20).to_string() }));
    }
    let (from, to) = (rng.pick(LOCATIONS), rng.pick(LOCATIONS));
    let new: TransferIn = read(json!({ "from": from, "to": to, "lines": lines }));
    let make = if world.rng.once_in(2) { transfer::draft } else { transfer::ship };
    let probe = world.rng.once_in(4).then(|| world.balance(None, false));
    let done = make(&world.shop.app, &call, &new)?;
    touched(world, sku);
    match probe {
        Some(before) => {
            let undone = transfer::cancel(&world.shop.app, &world.shop.call(), done.id);
            restores(world, before, undone);
        }
        None => world.transfers.push(done.id),
    }
    Ok(())
}

pub fn dispatch(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.transfers, 8) else { return Ok(()) };
    if world.rng.once_in(8) {
        return transfer::cancel(&world.shop.app, &call, id).map(|_| ());
    }
    let rng = &mut world.rng;
    let lines = match rng.once_in(2) {
        true => json!([]),
        false => json!([{ "position": rng.qty(2), "quantity": rng.pick([1, 5, 20, 1_000]) }]),
    };
    let new: DispatchIn = read(json!({ "lines": lines }));
    transfer::dispatch(&world.shop.app, &call, id, &new).map(|_| ())
}

pub fn settle_claim(world: &mut World) -> Outcome {
    let call = world.call();
    let all = transfer::claims(&world.shop.app, &world.shop.call(), None, None, 1_000)?;
    let Some(claim) = world.rng.late(&all, 6) else { return Ok(()) };
    if world.rng.once_in(3) {
        return transfer::reopen_claim(&world.shop.app, &call, claim.id).map(|_| ());
    }
    let end: SettleClaimIn = read(json!({
        "received": world.rng.pick(["0", "0.01", "12", "1000"]), "reason": "what he paid",
    }));
    let probe = world.rng.once_in(2).then(|| world.balance(None, false));
    let done = transfer::settle_claim(&world.shop.app, &call, claim.id, &end)?;
    if let Some(before) = probe {
        let undone = transfer::reopen_claim(&world.shop.app, &world.shop.call(), done.id);
        restores(world, before, undone);
    }
    Ok(())
}

pub fn arrive(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.transfers, 8) else { return Ok(()) };
    let rng = &mut world.rng;
    let qty = rng.pick([1, 5, 20, 1_000]);
    let mut new = json!({ "lines": [{ "position": rng.qty(2), "quantity": qty }] });
    if rng.once_in(4) {
        new["write_off"] = json!("it is not there");
    }
    if rng.once_in(3) {
        let kind = rng.pick(["lost", "damaged", "claimed", "claimed", "found"]);
        let carrier = (kind == "claimed").then_some("Vans");
        new["differences"] = json!([{
            "position": rng.qty(2), "quantity": rng.qty(4), "kind": kind, "reason": "a wet road",
            "carrier": carrier,
        }]);
    }
    if rng.once_in(3) {
        new["lines"][0]["reason"] = json!("more than was packed");
        new["lines"][0]["quantity"] = json!(rng.pick([1, 21, 25]));
    }
    let new: ArrivalIn = read(new);
    if world.rng.once_in(5) {
        return transfer::undo_receipt(&world.shop.app, &call, id).map(|_| ());
    }
    let probe = world.rng.once_in(3).then(|| world.balance(None, false));
    let done = transfer::receive(&world.shop.app, &call, id, &new)?;
    if let Some(before) = probe {
        let undone = transfer::undo_receipt(&world.shop.app, &world.shop.call(), done.id);
        restores(world, before, undone);
    }
    Ok(())
}

pub fn count(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let new: CountIn = read(json!({ "location": rng.pick(LOCATIONS), "blind": rng.once_in(2) }));
    let sku = rng.pick(["NAIL", "BOLT", "PAINT", "BRICK"]);
    let counted: CountedIn = read(json!({ "sku": sku, "quantity": rng.below(300).to_string() }));
    let give_up = rng.once_in(6);
    let app = world.shop.app.clone();
    let probe = world.rng.once_in(2).then(|| world.balance(None, false));
    let opened = count::open(&app, &call, &new)?;
    count::record(&app, &world.shop.call(), opened.id, &[counted])?;
    if give_up {
        count::cancel(&app, &world.shop.call(), opened.id)?;
    } else {
        count::finish(&app, &world.shop.call(), opened.id)?;
        touched(world, sku);
        if let Some(before) = probe {
            let undone = count::reverse(&app, &world.shop.call(), opened.id);
            restores(world, before, undone);
        }
    }
    touched(world, sku);
    Ok(())
}

pub fn fill(world: &mut World) -> Outcome {
    let call = world.shop.call();
    let ran = tasks::run_due(&world.shop.app, call.now, call.seed)?;
    assert_eq!(ran.failed, 0, "{world}: a task failed");
    Ok(())
}

//! Random commands on documents, accounts, purchases and work orders.

use orderly::ops::accounts::{self, NewAccount, NewSite};
use orderly::ops::invoices::{self, Filter, Part, policy};
use orderly::ops::orders::place;
use orderly::ops::purchases;
use orderly::ops::stock::work::{self, Component, Making, NewWork};
use orderly_core::invoice::InvoiceKind;
use orderly_core::order::Invoicing;
use orderly_core::party::NewParty;
use orderly_core::qty::Qty;
use serde_json::json;

use super::Outcome;
use super::world::World;
use crate::fixture::{Shop, read};

fn named(name: &str) -> NewParty {
    NewParty { name: name.into(), ..NewParty::default() }
}

/// Two accounts with limits, one of them invoiced together, and a supplier.
pub fn parties(shop: &Shop) {
    for (number, limit) in [("T1", "150.00"), ("T2", "40.00")] {
        let new = NewAccount {
            number: number.into(),
            name: number.into(),
            party: named(number),
            terms_days: 30,
            limit: Some(limit.into()),
            ..NewAccount::default()
        };
        let account = accounts::create_account(&shop.app, &shop.call(), &new).unwrap();
        let new = NewSite {
            code: "yard".into(),
            name: "yard".into(),
            party: named("yard"),
            reference: None,
            limit: Some("30.00".into()),
        };
        accounts::create_site(&shop.app, &shop.call(), account.id, &new).unwrap();
    }
    let of = policy::Of { channel: None, account: Some("T2".into()) };
    policy::set(&shop.app, &shop.call(), &of, Invoicing::Collective).unwrap();
    shop.supplier(json!({ "over_percent": "10", "terms_days": 14 }));
}

/// An order on account, which its limits may refuse.
pub fn on_account(world: &mut World) -> Outcome {
    let rng = &mut world.rng;
    let site = rng.pick([None, Some("yard")]);
    let sku = rng.pick(["NAIL", "BOLT", "PAINT", "BRICK"]);
    let wanted = read(json!({
        "channel": rng.pick(["web", "phone"]), "settlement": "account",
        "account": rng.pick(["T1", "T2", "T1", "T9"]), "site": site,
        "lines": [{ "sku": sku, "quantity": rng.qty(12).to_string(),
                    "tax": [{ "name": "VAT", "rate": "0.2" }] }],
    }));
    let call = world.call();
    let placed = place::place(&world.shop.app, &call, &wanted)?;
    world.touch(placed.id);
    assert_eq!(world.stored(placed.id), placed, "{world}: the answer is not what is stored");
    world.orders.push(placed.id);
    Ok(())
}

pub fn issue(world: &mut World) -> Outcome {
    let call = world.call();
    for _ in 0..6 {
        let Some(order) = world.order() else { return Ok(()) };
        if orderly_core::order::invoicing::is_due(&order) || world.rng.once_in(6) {
            return invoices::issue(&world.shop.app, &call, order.id).map(|_| ());
        }
    }
    Ok(())
}

pub fn run(world: &mut World) -> Outcome {
    let call = world.call();
    let until = call.now;
    let ran = invoices::run(&world.shop.app, &call, None, until)?;
    let again = invoices::run(&world.shop.app, &world.shop.call(), None, until)?;
    assert_eq!(again.invoices, 0, "{world}: {ran:?} and again");
    Ok(())
}

/// Takes back a late document, or a part of it.
pub fn credit(world: &mut World) -> Outcome {
    let call = world.call().with_reason("it was wrong");
    let app = world.shop.app.clone();
    let late = invoices::list(&app, &call, &Filter::default(), None, 12)?;
    let late: Vec<_> = late.into_iter().filter(|one| one.replaces.is_none()).collect();
    let Some(one) = world.rng.of(&late) else { return Ok(()) };
    let one = invoices::get(&app, one.id)?.unwrap();
    one.lines.iter().filter_map(|line| line.order).for_each(|order| world.touch(order));
    let line = world.rng.of(&one.lines).unwrap();
    let parts = match world.rng.below(3) {
        0 => Vec::new(),
        1 => vec![(line.id, Part::Quantity(Qty::new(world.rng.qty(line.qty.get() + 1)).unwrap()))],
        _ => vec![(line.id, Part::Amount(world.rng.qty(line.total() + 1)))],
    };
    let done = invoices::credit(&app, &call, one.id, &parts)?;
    assert_eq!(done.kind, InvoiceKind::CreditNote, "{world}");
    Ok(())
}

pub fn buy(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let line = json!({
        "sku": rng.pick(["NAIL", "BOLT", "PAINT", "BRICK", "GOLD"]),
        "quantity": rng.qty(80).to_string(), "price": rng.pick(["0.035", "1.25", "7", "-1"]),
    });
    let new = json!({ "supplier": "ACME", "location": rng.pick(["depot", "leeds"]),
        "lines": [line] });
    let done = purchases::create::create(&world.shop.app, &call, &read(new))?;
    purchases::send(&world.shop.app, &world.shop.call(), done.id)?;
    world.purchases.push(done.id);
    Ok(())
}

pub fn bought(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.purchases, 6) else { return Ok(()) };
    let rng = &mut world.rng;
    let new =
        json!({ "reference": "DN", "lines": [{ "line": 1, "quantity": rng.qty(60).to_string() }] });
    let done = purchases::receive::receive(&world.shop.app, &call, id, &read(new))?;
    if let Some(receipt) = done.receipt {
        world.receipts.push(receipt.id);
    }
    Ok(())
}

/// The supplier's invoice for what came, sometimes at another price.
pub fn billed(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.purchases, 6) else { return Ok(()) };
    let order = purchases::get(&world.shop.app, &world.shop.call(), &id.to_string())?;
    let rng = &mut world.rng;
    let mut new = json!({ "supplier": "ACME", "number": format!("R-{}", rng.below(100_000)),
        "invoiced_on": "2026-03-02" });
    match rng.once_in(2) {
        true => new["purchase"] = json!(order.number),
        false => {
            new["lines"] = json!([{ "purchase": order.number, "line": 1,
                "quantity": rng.qty(40).to_string() }]);
        }
    }
    let done = purchases::invoices::enter(&world.shop.app, &call, &read(new))?;
    world.bills.push(done.number.clone());
    if world.rng.once_in(2) {
        // What matched is booked already.
        let approved = purchases::invoices::approve(&world.shop.app, &world.shop.call(), done.id);
        world.leave(approved);
    }
    Ok(())
}

/// Plans and releases work: paint out of bolts and nails, or boards cut.
pub fn plan(world: &mut World) -> Outcome {
    let call = world.call();
    let rng = &mut world.rng;
    let part = |sku: &str, quantity: &str| Component { sku: sku.into(), quantity: quantity.into() };
    let cut = rng.once_in(2);
    let new = NewWork {
        kind: if cut { "cut" } else { "assembly" }.into(),
        location: "depot".into(),
        item: if cut { "BOARD" } else { "PAINT" }.into(),
        quantity: rng.qty(3).to_string(),
        length: cut.then(|| rng.pick(["1.2 m", "2.4 m", "9 m"]).into()),
        components: match cut {
            true => Vec::new(),
            false => vec![part("BOLT", "2"), part("NAIL", "3")],
        },
        ..NewWork::default()
    };
    let planned = work::create(&world.shop.app, &call, &new)?;
    world.work.push(planned.id);
    work::release(&world.shop.app, &world.shop.call(), planned.id).map(|_| ())
}

/// Works on what was planned, takes a step back, or gives it up. A step taken back leaves nothing.
pub fn work(world: &mut World) -> Outcome {
    let call = world.call().with_reason("as it comes");
    let Some(id) = world.rng.late(&world.work, 6) else { return Ok(()) };
    let app = world.shop.app.clone();
    match world.rng.below(8) {
        0 => return work::cancel(&app, &call, id).map(|_| ()),
        1 => return work::undo(&app, &call, id).map(|_| ()),
        _ => {}
    }
    let rng = &mut world.rng;
    let quantity = rng.pick([None, Some(1), Some(2)]);
    let scrap = i64::from(rng.once_in(5));
    let making = Making { quantity, scrap, lot: None };
    let probe = world.rng.once_in(3).then(|| world.balance(None, false));
    let done = work::make(&app, &call, id, &making)?;
    let Some(before) = probe else { return Ok(()) };
    match work::undo(&app, &world.shop.call().with_reason("a mistake"), done.id) {
        Ok(_) => assert_eq!(world.balance(None, false), before, "{world}: not taken back exactly"),
        undone => world.leave(undone),
    }
    Ok(())
}

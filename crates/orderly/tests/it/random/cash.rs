//! Random commands on money that comes for documents, on store credit and on a till.

use orderly::ops::invoices::{self, Filter};
use orderly::ops::payments::allocate::{self, AllocateIn};
use orderly::ops::payments::{self, PaymentIn, store_credit};
use orderly::ops::purchases::pay;
use orderly::ops::tills;
use orderly_core::invoice::InvoiceKind;
use orderly_core::till::EntryKind;
use serde_json::json;

use super::Outcome;
use super::world::World;
use crate::fixture::read;
use crate::tills::pieces;

/// A transfer of somebody who owes us, which pays the oldest invoices or waits.
pub fn transfer(world: &mut World) -> Outcome {
    let call = world.call();
    let app = world.shop.app.clone();
    let open = invoices::list(&app, &call, &Filter { open: true, ..Filter::default() }, None, 20)?;
    let owed: Vec<_> = open.into_iter().filter(|one| one.kind != InvoiceKind::CreditNote).collect();
    let Some(one) = world.rng.of(&owed) else { return Ok(()) };
    let new = PaymentIn {
        customer: one.customer,
        channel: one.channel,
        method: "transfer".into(),
        amount: Some(world.rng.pick(["0.75", "12.00", "80.5", "-1"]).into()),
        ..PaymentIn::default()
    };
    let paid = payments::take(&app, &call, &new)?;
    world.touch_payment(paid.id);
    world.transfers_in.push(paid.id);
    let named = world.rng.once_in(2);
    let amount = world.rng.pick([None, Some("0.5"), Some("99")]);
    let invoices = if named { vec![(one.id, amount.map(Into::into))] } else { Vec::new() };
    let new = AllocateIn { invoices, oldest: !named };
    let allocated = allocate::allocate(&app, &world.shop.call(), paid.id, &new);
    world.leave(allocated);
    Ok(())
}

/// Takes a payment back from an invoice: whole, in part, or too much of it.
pub fn deallocate(world: &mut World) -> Outcome {
    let call = world.call();
    let app = world.shop.app.clone();
    let Some(id) = world.rng.late(&world.transfers_in, 20) else { return Ok(()) };
    world.touch_payment(id);
    let paid = payments::get(&app, id)?.unwrap();
    let Some(one) = world.rng.of(&paid.applications) else { return Ok(()) };
    let invoice = orderly_core::id::InvoiceId::from_bytes(one.target);
    let amount = world.rng.pick([None, Some("0.25"), Some("500")]);
    allocate::deallocate(&app, &call, id, invoice, amount).map(|_| ())
}

/// Credit as a gift, or an order paid with it.
pub fn credit(world: &mut World) -> Outcome {
    let call = world.call().with_reason("a gift");
    let app = world.shop.app.clone();
    let Some(order) = world.order() else { return Ok(()) };
    let Some(customer) = order.head.customer else { return Ok(()) };
    let amount = world.rng.pick(["3.00", "20", "0"]);
    if world.rng.once_in(2) {
        return store_credit::give(&app, &call, customer, amount, None).map(|_| ());
    }
    let paid = payments::take(&app, &call, &crate::store_credit::out_of_credit(&order, amount))?;
    world.touch_payment(paid.id);
    world.payments.push(paid.id);
    Ok(())
}

/// A drawer at york is opened, moved in and out of, counted and closed.
pub fn till(world: &mut World) -> Outcome {
    let call = world.call().with_reason("as it comes");
    let app = world.shop.app.clone();
    match world.rng.below(6) {
        0 => tills::open(&app, &call, "K1", world.rng.pick(["50", "0", "-1"])).map(|_| ()),
        1 => {
            let all = world.rng.pick([("20", 3), ("10", 5), ("0.01", 7)]);
            tills::count(&app, &call, "K1", &pieces(&[all])).map(|_| ())
        }
        2 => tills::close(&app, &call, "K1").map(|_| ()),
        3 => tills::resume(&app, &call, "K1").map(|_| ()),
        _ => {
            let kind = world.rng.pick([EntryKind::PayIn, EntryKind::Drop]);
            let amount = world.rng.pick(["4.99", "20", "900"]).into();
            let moved = tills::MoveIn { kind, amount, account: None };
            tills::move_cash(&app, &call, "K1", &moved).map(|_| ())
        }
    }
}

/// An order paid in cash, which belongs to the session of its drawer.
pub fn cash_sale(world: &mut World) -> Outcome {
    let (Some(order), call) = (world.order(), world.call()) else { return Ok(()) };
    let paid = payments::take(&world.shop.app, &call, &crate::tills::cash(&order))?;
    world.touch_payment(paid.id);
    world.payments.push(paid.id);
    Ok(())
}

/// Pays a supplier's invoice, in part or too much, or takes such a payment back.
pub fn pay_supplier(world: &mut World) -> Outcome {
    let call = world.call().with_reason("as it comes");
    let app = world.shop.app.clone();
    if world.rng.once_in(3) {
        let Some(id) = world.rng.late(&world.paid_out, 6) else { return Ok(()) };
        return pay::reverse(&app, &call, &id.to_string()).map(|_| ());
    }
    let Some(bill) = world.rng.late(&world.bills, 12) else { return Ok(()) };
    let amount = world.rng.pick([None, Some("0.10"), Some("3"), Some("9999")]);
    let new = json!({
        "supplier": "ACME", "reference": "RE",
        "invoices": [{ "number": bill, "amount": amount }],
    });
    let done = pay::pay(&app, &call, &read(new))?;
    world.paid_out.push(done.id);
    Ok(())
}

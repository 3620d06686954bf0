//! Random commands on payments, refunds and returns.

use orderly::Error;
use orderly::ops::payments::{self, PaymentIn, Settling, StepIn};
use orderly::ops::refunds::{self, RefundIn, RefundLineIn};
use orderly::ops::returns::{self, ArrivalIn, ReturnIn, ReturnLineIn, VerdictIn};
use orderly_core::order::{Order, Settlement};
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::refusal::Code;
use orderly_core::returns::{Fate, Return, ReturnState};

use super::Outcome;
use super::world::{Rng, World};

/// `None`: all there is; else an amount that may be too much, or none at all.
fn amount(rng: &mut Rng) -> Option<String> {
    if rng.once_in(2) {
        return None;
    }
    Some(rng.pick(["0.01", "5.00", "17.5", "400.00", "0", "-3", "1.005", "1e99"]).to_owned())
}

fn payment_in(world: &mut World, order: &Order) -> PaymentIn {
    PaymentIn {
        order: Some(order.id),
        method: "card".into(),
        amount: amount(&mut world.rng),
        ..PaymentIn::default()
    }
}

pub fn authorize(world: &mut World) -> Outcome {
    let (Some(order), call) = (world.order(), world.call()) else { return Ok(()) };
    let new = payment_in(world, &order);
    let probe = world.rng.once_in(3).then(|| world.balance(Some(&order), false));
    let done = payments::authorize(&world.shop.app, &call, &new)?;
    world.touch_payment(done.id);
    let Some(before) = probe else {
        world.payments.push(done.id);
        return Ok(());
    };
    let all = StepIn { order: Some(order.id), ..StepIn::default() };
    payments::void(&world.shop.app, &world.shop.call(), done.id, &all)?;
    let after = world.stored(order.id);
    assert_eq!(world.balance(Some(&after), false), before, "{world}: a void left something");
    assert_eq!(after.head.paid, order.head.paid, "{world}: a void left something");
    Ok(())
}

pub fn take(world: &mut World) -> Outcome {
    let (Some(order), call) = (world.order(), world.call()) else { return Ok(()) };
    let new = payment_in(world, &order);
    let done = payments::take(&world.shop.app, &call, &new)?;
    world.touch_payment(done.id);
    world.payments.push(done.id);
    Ok(())
}

fn step(world: &mut World) -> Option<(orderly_core::id::PaymentId, StepIn)> {
    let id = world.rng.late(&world.payments, 20)?;
    let paid = payments::get(&world.shop.app, id).unwrap().unwrap();
    let order =
        paid.applications.first().map(|one| orderly_core::id::OrderId::from_bytes(one.target));
    let order = order.or(paid.transactions.first().and_then(|one| one.order));
    if let Some(order) = order {
        world.touch(order);
    }
    world.touch_payment(id);
    let order = if world.rng.once_in(10) { None } else { order };
    Some((id, StepIn { order, amount: amount(&mut world.rng), settling: Settling::AtOnce }))
}

pub fn capture(world: &mut World) -> Outcome {
    let (Some((id, step)), call) = (step(world), world.call()) else { return Ok(()) };
    payments::capture(&world.shop.app, &call, id, &step).map(|_| ())
}

pub fn void(world: &mut World) -> Outcome {
    let (Some((id, step)), call) = (step(world), world.call()) else { return Ok(()) };
    payments::void(&world.shop.app, &call, id, &step).map(|_| ())
}

pub fn refund(world: &mut World) -> Outcome {
    let call = world.call();
    let mut chosen = None;
    for _ in 0..10 {
        let Some(order) = world.order() else { return Ok(()) };
        let on_account = order.head.settlement == Settlement::Account;
        if on_account || order.head.paid.captured > 0 || world.rng.once_in(8) {
            chosen = Some(order);
            break;
        }
    }
    let Some(order) = chosen else { return Ok(()) };
    let mut cause = world.rng.pick([Cause::Canceled, Cause::Returned, Cause::Goodwill]);
    let mut line = world.rng.of(&order.lines).unwrap().id;
    if let Some(gone) = order.lines.iter().find(|line| !line.quantities.canceled.is_zero()) {
        (cause, line) = (Cause::Canceled, gone.id);
    }
    let of_order = world.returns.iter().rev().take(30).find_map(|id| {
        let found = returns::get(&world.shop.app, *id).unwrap().unwrap();
        (found.order == Some(order.id)).then_some(found)
    });
    let mut return_line = None;
    if let Some(one) = &of_order {
        world.touch_return(one.id);
        let came = one.lines.iter().find(|line| !line.received.is_zero());
        if let Some((came, of)) = came.and_then(|line| Some((line, line.order_line?))) {
            (cause, line, return_line) = (Cause::Returned, of, Some(came.id));
        }
    }
    let rng = &mut world.rng;
    let new = RefundIn {
        returned: return_line.and(of_order.as_ref()).map(|one| one.id),
        lines: vec![RefundLineIn {
            line,
            return_line,
            cause,
            qty: Qty::new(rng.qty(2)).unwrap(),
            amount: if rng.once_in(4) { Some("1.23".into()) } else { None },
        }],
        charges: if rng.once_in(3) {
            order.charges.iter().map(|charge| (charge.id, None)).collect()
        } else {
            Vec::new()
        },
        settlement: match order.head.settlement {
            Settlement::Account => RefundSettlement::AccountCredit,
            Settlement::Payment => {
                rng.pick([RefundSettlement::Refund, RefundSettlement::StoreCredit])
            }
        },
        payment: None,
        reason: if rng.once_in(9) { String::new() } else { "it broke".into() },
        settling: if rng.once_in(3) { Settling::Later } else { Settling::AtOnce },
    };
    let done = refunds::make(&world.shop.app, &call, order.id, &new)?;
    world.refunds.push(done.id);
    Ok(())
}

pub fn cancel_refund(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.refunds, 6) else { return Ok(()) };
    let found = refunds::get(&world.shop.app, id).unwrap().unwrap();
    found.order.into_iter().for_each(|order| world.touch(order));
    refunds::cancel(&world.shop.app, &call, id).map(|_| ())
}

fn return_in(world: &mut World) -> Option<ReturnIn> {
    let mut order = world.order()?;
    for _ in 0..12 {
        if !order.shipments.is_empty() {
            break;
        }
        order = world.order()?;
    }
    let blind = world.rng.once_in(6);
    let sent = order.lines.iter().filter(|line| !line.quantities.shipped.is_zero());
    let sent: Vec<_> = sent.cloned().collect();
    let line = world.rng.of(&sent).or(order.lines.first().cloned())?;
    Some(ReturnIn {
        order: if blind { None } else { Some(order.id) },
        channel: Some(order.channel),
        customer: order.head.customer,
        location: Some(world.shop.location("leeds")),
        reason: Some("too small".into()),
        lines: vec![ReturnLineIn {
            line: if blind { None } else { Some(line.id) },
            item: line.item,
            qty: world.rng.qty(2) - i64::from(world.rng.once_in(15)),
            lot: None,
            reason: None,
        }],
        ..ReturnIn::default()
    })
}

pub fn request(world: &mut World) -> Outcome {
    let (Some(new), call) = (return_in(world), world.call()) else { return Ok(()) };
    let order = new.order.map(|id| world.stored(id));
    let done = returns::request(&world.shop.app, &call, &new)?;
    world.touch_return(done.id);
    if let Some(order) = order.filter(|_| world.rng.once_in(4)) {
        returns::cancel(&world.shop.app, &world.shop.call(), done.id)?;
        let after = world.stored(order.id);
        let lines =
            |order: &Order| -> Vec<_> { order.lines.iter().map(|line| line.quantities).collect() };
        assert_eq!(lines(&after), lines(&order), "{world}: a withdrawn return left something");
        return Ok(());
    }
    world.returns.push(done.id);
    Ok(())
}

pub fn take_back(world: &mut World) -> Outcome {
    let (Some(new), call) = (return_in(world), world.call()) else { return Ok(()) };
    let to = world.rng.pick([Fate::Restocked, Fate::Quarantined, Fate::AwaitingInspection]);
    let at = world.shop.location("leeds");
    let done = returns::take_back(&world.shop.app, &call, &new, at, to)?;
    world.touch_return(done.id);
    world.returns.push(done.id);
    Ok(())
}

fn some_return(world: &mut World, fits: impl Fn(&Return) -> bool) -> Option<Return> {
    let mut found = None;
    for _ in 0..10 {
        let id = world.rng.late(&world.returns, 25)?;
        let one = returns::get(&world.shop.app, id).unwrap().unwrap();
        let fine = fits(&one);
        found = Some(one);
        if fine {
            break;
        }
    }
    let found = found?;
    world.touch_return(found.id);
    found.order.into_iter().for_each(|order| world.touch(order));
    Some(found)
}

pub fn approve(world: &mut World) -> Outcome {
    let call = world.call();
    let fits = |one: &Return| one.head.state == ReturnState::Requested;
    let Some(one) = some_return(world, fits) else { return Ok(()) };
    let no = world.rng.once_in(6);
    let app = &world.shop.app;
    let done = if no {
        returns::refuse(app, &call, one.id, "too late")
    } else {
        returns::approve(app, &call, one.id)
    };
    done.map(|_| ())
}

pub fn receive(world: &mut World) -> Outcome {
    let call = world.call();
    let fits = |one: &Return| {
        let may = matches!(one.head.state, ReturnState::Approved | ReturnState::Received);
        may && one.lines.iter().any(|line| !line.outstanding().is_zero())
    };
    let Some(one) = some_return(world, fits) else { return Ok(()) };
    let line = world.rng.of(&one.lines).unwrap();
    let arrival = ArrivalIn {
        line: line.id,
        qty: world.rng.qty(2),
        lot: None,
        to: world.rng.pick([None, Some(Fate::Restocked), Some(Fate::SentBack)]),
        bin: None,
    };
    let at = world.shop.location(world.rng.pick(["leeds", "leeds", "york"]));
    returns::receive(&world.shop.app, &call, one.id, at, &[arrival]).map(|_| ())
}

/// What was refunded of each line of an order.
fn refunded(world: &World, order: orderly_core::id::OrderId) -> Vec<Qty> {
    world.stored(order).lines.iter().map(|line| line.quantities.refunded).collect()
}

pub fn inspect(world: &mut World) -> Outcome {
    let call = world.call();
    let fits = |one: &Return| one.lines.iter().any(|line| !line.received.is_zero());
    let Some(one) = some_return(world, fits) else { return Ok(()) };
    let line = world.rng.of(&one.lines).unwrap();
    let known: Vec<Fate> = Fate::ALL
        .iter()
        .copied()
        .filter(|fate| *fate != Fate::Customer && !line.fates.of(*fate).is_zero())
        .collect();
    let from = world.rng.of(&known).unwrap_or(Fate::AwaitingInspection);
    let to = world.rng.of(Fate::ALL).unwrap();
    let other = world.shop.item("BOLT");
    let verdict = VerdictIn {
        line: line.id,
        from: Some(from),
        to,
        qty: 1,
        lot: None,
        from_bin: None,
        to_bin: None,
        refurbished: (to == Fate::Refurbished).then_some((other, 1, None)),
        note: None,
    };
    let probe = (world.rng.once_in(3) && from != Fate::Refurbished && to != Fate::Refurbished)
        .then(|| (world.balance(None, false), line.fates));
    let given = one.order.map(|id| refunded(world, id));
    let done = returns::inspect(&world.shop.app, &call, one.id, &verdict)?;
    let Some((before, fates)) = probe else { return Ok(()) };
    let back = VerdictIn { from: Some(to), to: from, ..verdict };
    match returns::inspect(&world.shop.app, &world.shop.call(), done.id, &back) {
        Ok(after) => {
            let restored = after.line(line.id).unwrap().fates;
            assert_eq!(restored, fates, "{world}: a decision back is not exact");
            let mut now = world.balance(None, false);
            if one.order.map(|id| refunded(world, id)) != given {
                // Goods that came settled their exchange: the money given for them stays given.
                now.ledger.clone_from(&before.ledger);
            }
            assert_eq!(now, before, "{world}: {from:?} → {to:?} → back");
        }
        Err(Error::Refused(refusal)) => {
            let said = refusal.code();
            let may = matches!(said, Code::NotReversible | Code::InvalidTransition | Code::NotHeld);
            assert!(may, "{world}: {from:?} → {to:?} is not taken back: {refusal}");
        }
        Err(error) => panic!("{world}: {error:?}"),
    }
    Ok(())
}

pub fn end(world: &mut World) -> Outcome {
    let call = world.call();
    let fits = |one: &Return| one.head.state == ReturnState::Received;
    let Some(one) = some_return(world, fits) else { return Ok(()) };
    let app = &world.shop.app;
    let done = match one.head.state {
        ReturnState::Closed => returns::reopen(app, &call, one.id),
        ReturnState::Requested | ReturnState::Approved => returns::cancel(app, &call, one.id),
        _ => returns::close(app, &call, one.id),
    };
    done.map(|_| ())
}

//! Random commands on exchanges, approvals, retries and goods without a receipt.

use orderly::Call;
use orderly::ops::exchanges::{self, ExchangeIn};
use orderly::ops::payments::Settling;
use orderly::ops::refunds::{self, BlindIn, How, RefundIn, RefundLineIn};
use orderly::ops::returns::{self, ReturnIn, ReturnLineIn};
use orderly::ops::settings;
use orderly::wire::LineIn;
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::exchange::{ExchangeState, Ships};
use orderly_core::id::UserId;
use orderly_core::order::Order;
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::refusal::Code;
use orderly_core::returns::Fate;

use super::Outcome;
use super::world::World;
use crate::fixture::Shop;

/// The merchant's policies of refunds, in force from the first command on.
pub fn policies(shop: &Shop) {
    for (key, value) in [
        ("refund.second_approval_above", "40.00"),
        (
            "refund.restocking_fees",
            r#"[{"condition": "quarantined", "percent": "12.5"},
                {"condition": "restocked", "reason": "unwanted", "amount": "0.03"}]"#,
        ),
        ("returns.blind_limit", "200.00"),
        ("returns.blind_prices", "any"),
    ] {
        settings::set(&shop.app, &shop.call(), key, value).unwrap();
    }
}

/// Somebody who refunds, but not above the merchant's limit alone.
fn clerk(world: &World, number: u8) -> Call {
    let rights =
        [Permission::Read, Permission::Refund, Permission::RefundGoodwill, Permission::Approve];
    let grants = rights.iter().map(|permission| Grant {
        permission: *permission,
        locations: vec![],
        channels: vec![],
        limit_minor: None,
    });
    let id = UserId::from_bytes([number; 16]);
    world.shop.call_of(Actor { kind: ActorKind::User, id, all: false, grants: grants.collect() })
}

/// An order of which goods are with the customer and money was taken; with luck.
fn sold(world: &mut World) -> Option<Order> {
    let mut order = world.order()?;
    for _ in 0..20 {
        let out = order.lines.iter().any(|line| !line.quantities.returnable().is_zero());
        if out && order.head.paid.captured > order.head.paid.refunded {
            break;
        }
        order = world.order()?;
    }
    Some(order)
}

pub fn exchange(world: &mut World) -> Outcome {
    let (Some(order), call) = (sold(world), world.call()) else { return Ok(()) };
    let out = order.lines.iter().filter(|line| line.parent.is_none());
    let out: Vec<_> = out.filter(|line| !line.quantities.returnable().is_zero()).cloned().collect();
    let Some(line) = world.rng.of(&out) else { return Ok(()) };
    let rng = &mut world.rng;
    let most = line.quantities.returnable().get();
    let back = if rng.once_in(2) { most } else { rng.qty(most) };
    let new = ExchangeIn {
        order: order.id,
        lines: vec![ReturnLineIn {
            line: Some(line.id),
            qty: back,
            reason: rng.pick([None, Some("unwanted")]).map(str::to_owned),
            ..ReturnLineIn::default()
        }],
        replacement: vec![LineIn {
            sku: Some(rng.pick(["NAIL", "BOLT", "PAINT"]).to_owned()),
            quantity: rng.qty(4).to_string(),
            replaces: Some(line.id),
            ..LineIn::default()
        }],
        delivery: None,
        at: world.shop.location("leeds"),
        to: world.rng.pick([None, None, Some(Fate::Restocked), Some(Fate::Quarantined)]),
        ships: world.rng.pick([Ships::First, Ships::AfterReceipt]),
        even: world.rng.once_in(4),
        rest: world.rng.pick([RefundSettlement::Refund, RefundSettlement::StoreCredit]),
        waive_fee: world.rng.once_in(3),
        reason: if world.rng.once_in(12) { String::new() } else { "the wrong size".into() },
    };
    let probe = (new.to.is_none() && world.rng.once_in(3))
        .then(|| (world.balance(None, false).ledger, order.lines.clone(), order.head.paid));
    let done = exchanges::open(&world.shop.app, &call, &new)?;
    world.touch_return(done.returned);
    world.touch(done.replacement);
    done.payment.into_iter().for_each(|id| world.touch_payment(id));
    let Some((ledger, lines, paid)) = probe.filter(|_| done.state == ExchangeState::Open) else {
        world.orders.push(done.replacement);
        world.returns.push(done.returned);
        world.exchanges.push(done.id);
        return Ok(());
    };
    let back = world.shop.call().with_reason("they keep it");
    exchanges::cancel(&world.shop.app, &back, done.id)?;
    let after = world.stored(order.id);
    assert_eq!(after.lines, lines, "{world}: a canceled exchange left something");
    assert_eq!(after.head.paid, paid, "{world}: a canceled exchange left something");
    let now = world.balance(None, false).ledger;
    assert_eq!(now, ledger, "{world}: a canceled exchange left something");
    Ok(())
}

pub fn cancel(world: &mut World) -> Outcome {
    let call = world.call().with_reason("the money instead");
    let Some(id) = world.rng.late(&world.exchanges, 6) else { return Ok(()) };
    let shown = exchanges::show(&world.shop.app, &world.shop.call(), id)?;
    world.touch(shown.original.id);
    world.touch(shown.replacement.id);
    world.touch_return(shown.returned.id);
    exchanges::cancel(&world.shop.app, &call, id).map(|_| ())
}

/// A clerk's refund, which waits for somebody else where it is large.
pub fn ask(world: &mut World) -> Outcome {
    let Some(order) = sold(world) else { return Ok(()) };
    let call = clerk(world, 3);
    let line = world.rng.of(&order.lines).unwrap();
    let new = RefundIn {
        returned: None,
        lines: vec![RefundLineIn {
            line: line.id,
            return_line: None,
            cause: Cause::Goodwill,
            qty: Qty::new(world.rng.qty(line.quantities.ordered.get())).unwrap(),
            amount: None,
        }],
        charges: vec![],
        settlement: RefundSettlement::Refund,
        payment: None,
        reason: "a dent".into(),
        settling: Settling::AtOnce,
    };
    let how = How { await_approval: world.rng.once_in(2), ..How::default() };
    let done = refunds::make_with(&world.shop.app, &call, order.id, &new, how)?;
    if done.awaits_approval {
        world.waiting.push(done.id);
    }
    world.refunds.push(done.id);
    Ok(())
}

pub fn approve(world: &mut World) -> Outcome {
    let Some(id) = world.rng.late(&world.waiting, 5) else { return Ok(()) };
    let found = refunds::get(&world.shop.app, id).unwrap().unwrap();
    found.order.into_iter().for_each(|order| world.touch(order));
    let number = world.rng.pick([3, 4]);
    let call = clerk(world, number);
    let settling = if world.rng.once_in(3) { Settling::Later } else { Settling::AtOnce };
    let done = refunds::approve(&world.shop.app, &call, id, None, &settling);
    if number == 3 && found.awaits_approval {
        let refused = done.map(|_| ()).unwrap_err();
        assert_eq!(refused.refused(), Some(Code::ApprovalByRequester), "{world}");
        return Err(refused);
    }
    done.map(|_| ())
}

pub fn retry(world: &mut World) -> Outcome {
    let call = world.call();
    let Some(id) = world.rng.late(&world.refunds, 10) else { return Ok(()) };
    let found = refunds::get(&world.shop.app, id).unwrap().unwrap();
    found.order.into_iter().for_each(|order| world.touch(order));
    refunds::retry(&world.shop.app, &call, id, None, &Settling::AtOnce).map(|_| ())
}

pub fn blind(world: &mut World) -> Outcome {
    let call = world.call();
    let mut chosen = None;
    for _ in 0..10 {
        let Some(id) = world.rng.late(&world.returns, 30) else { return Ok(()) };
        let one = returns::get(&world.shop.app, id).unwrap().unwrap();
        let free = one
            .lines
            .iter()
            .any(|line| line.order_line.is_none() && !line.kept().less(line.refunded).is_zero());
        chosen = Some(one);
        if free {
            break;
        }
    }
    let Some(mut one) = chosen else { return Ok(()) };
    if world.rng.once_in(2) {
        let line = ReturnLineIn {
            item: Some(world.shop.item(world.rng.pick(["NAIL", "BOLT", "PAINT"]))),
            qty: world.rng.qty(2),
            ..ReturnLineIn::default()
        };
        let brought = ReturnIn {
            channel: Some(one.channel),
            customer: one.head.customer,
            lines: vec![line],
            ..ReturnIn::default()
        };
        let (owner, at) = (world.shop.call(), world.shop.location("leeds"));
        one = returns::take_back(&world.shop.app, &owner, &brought, at, Fate::Restocked)?;
    }
    world.touch_return(one.id);
    let new = BlindIn { settlement: None, reason: "no receipt".into() };
    refunds::make_blind(&world.shop.app, &call, one.id, &new).map(|_| ())
}

//! Canceling an order or lines of it, and taking that back.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::OrderId;
use orderly_core::order::cancel::{self, Cancel};
use orderly_core::order::undo::Command;
use orderly_core::order::work::At;
use orderly_core::order::{Order, OrderState};
use orderly_core::refusal::{Code, Refusal, ensure};

use super::{offer_freed, passing};
use crate::ops::orders::again::source_again;
use crate::ops::orders::change;
use crate::{App, Call, Error};

/// Cancels what is not picked yet. The call's reason says why.
///
/// # Errors
/// `reason_required`, and those of [`cancel::cancel`].
pub fn cancel(app: &App, call: &Call, order: OrderId, what: &Cancel) -> Result<Order, Error> {
    let done = Command::Cancel;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        call.require(Permission::Cancel, scope(order))?;
        ensure(call.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why it is canceled")
        })?;
        let overridden = passing(call, order, None)?;
        let at = At { now: call.now, overridden: &overridden };
        let decision = cancel::cancel(order, what, &at, ids)?;
        offer_freed(tx, call, order, &decision.order, ids)?;
        Ok(decision)
    })
}

/// Takes a cancellation back and sources what is open again.
pub fn uncancel(app: &App, call: &Call, order: OrderId, what: &Cancel) -> Result<Order, Error> {
    let done = Command::Uncancel;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        call.require(Permission::Undo, scope(order))?;
        let mut decision = cancel::uncancel(order, what, call.now, ids)?;
        source_again(tx, call, &mut decision.order, &[], ids)?;
        Ok(decision)
    })
}

/// Sources what is unallocated of an order.
///
/// # Errors
/// `nothing_to_do` where nothing is unallocated, `invalid_transition` unless it is placed.
pub fn source(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    let done = Command::Source;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        call.require(Permission::Release, scope(order))?;
        ensure(order.head.state == OrderState::Placed, || {
            let detail = format!("order {} is {}", order.number, order.head.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let goods = order.lines.iter().filter(|line| line.claims_stock());
        ensure(goods.clone().any(|line| !line.quantities.unallocated.is_zero()), || {
            let detail = format!("nothing of order {} is unallocated", order.number);
            Refusal::new(Code::NothingToDo, detail)
        })?;
        let mut after = order.clone();
        source_again(tx, call, &mut after, &[], ids)?;
        Ok(orderly_core::order::Decision::only(after))
    })
}

fn scope(order: &Order) -> Scope {
    Scope { channel: Some(order.channel), ..Scope::default() }
}

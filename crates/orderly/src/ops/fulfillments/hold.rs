//! Putting and releasing holds.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{HoldId, OrderId};
use orderly_core::order::Order;
use orderly_core::order::hold::{self, NewHold};
use orderly_core::order::undo::Command;

use crate::ops::orders::change;
use crate::{App, Call, Error};

/// Puts a hold on an order or a part of it.
pub fn hold(app: &App, call: &Call, order: OrderId, new: &NewHold) -> Result<Order, Error> {
    let done = Command::Hold;
    change(app, call, done.code(), done.event(), order, |_, order, ids| {
        call.require(Permission::Hold, scope(order))?;
        Ok(hold::hold(order, new, call.now, ids)?.0)
    })
}

/// Releases a hold; once more is the same.
pub fn release_hold(app: &App, call: &Call, order: OrderId, id: HoldId) -> Result<Order, Error> {
    let done = Command::ReleaseHold;
    change(app, call, done.code(), done.event(), order, |_, order, ids| {
        call.require(Permission::ReleaseHold, scope(order))?;
        Ok(hold::release_hold(order, id, call.now, ids)?)
    })
}

/// Puts a released hold again: the inverse of releasing it.
pub fn hold_again(app: &App, call: &Call, order: OrderId, id: HoldId) -> Result<Order, Error> {
    let done = Command::HoldAgain;
    change(app, call, done.code(), done.event(), order, |_, order, ids| {
        call.require(Permission::Hold, scope(order))?;
        Ok(hold::hold_again(order, id, call.now, ids)?.0)
    })
}

/// Ends the holds of an order that are due.
pub fn expire(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    let done = Command::ReleaseHold;
    change(app, call, "expire_holds", done.event(), order, |_, order, ids| {
        call.require(Permission::ReleaseHold, scope(order))?;
        let decided = hold::expire_holds(order, call.now, ids)?;
        Ok(decided.unwrap_or_else(|| orderly_core::order::Decision::only(order.clone())))
    })
}

fn scope(order: &Order) -> Scope {
    Scope { channel: Some(order.channel), ..Scope::default() }
}

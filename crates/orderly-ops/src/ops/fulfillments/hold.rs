//! Putting and releasing holds.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{HoldId, IdSource, OrderId};
use orderly_core::order::hold::{self, NewHold};
use orderly_core::order::undo::Command;
use orderly_core::order::{Decision, Order};
use orderly_store::Tx;
use orderly_store::tables::tasks::{self, Task};

use crate::ops::orders::change;
use crate::{App, Call, Error};

/// The kind of the task that ends a hold that is due; its key is `hold@order`.
pub const EXPIRE: &str = "expire_hold";

/// Has a hold ended when it is due.
pub(super) fn end_when_due(
    tx: &mut Tx<'_>,
    call: &Call,
    decided: &(Decision, HoldId),
    ids: &mut IdSource,
) -> Result<(), Error> {
    let (order, id) = (&decided.0.order, decided.1);
    let Some(due_at) = order.hold(id)?.due_at else { return Ok(()) };
    let task = Task {
        id: ids.draw(),
        kind: EXPIRE.into(),
        key: format!("{id}@{}", order.id),
        payload: "{}".into(),
        attempts: 0,
        next_at: due_at,
        created_at: call.now,
    };
    tasks::enqueue(tx, &task)?;
    Ok(())
}

/// Puts a hold on an order or a part of it; a hold with a due time ends by itself.
pub fn hold(app: &App, call: &Call, order: OrderId, new: &NewHold) -> Result<Order, Error> {
    let done = Command::Hold;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        call.require(Permission::Hold, scope(order))?;
        let decided = hold::hold(order, new, call.now, ids)?;
        end_when_due(tx, call, &decided, ids)?;
        Ok(decided.0)
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
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        call.require(Permission::Hold, scope(order))?;
        let decided = hold::hold_again(order, id, call.now, ids)?;
        end_when_due(tx, call, &decided, ids)?;
        Ok(decided.0)
    })
}

/// Ends the holds of an order that are due.
pub fn expire(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    let done = Command::ReleaseHold;
    change(app, call, "expire_holds", done.event(), order, |_, order, ids| {
        call.require(Permission::ReleaseHold, scope(order))?;
        let decided = hold::expire_holds(order, call.now, ids)?;
        Ok(decided.unwrap_or_else(|| Decision::only(order.clone())))
    })
}

fn scope(order: &Order) -> Scope {
    Scope { channel: Some(order.channel), ..Scope::default() }
}

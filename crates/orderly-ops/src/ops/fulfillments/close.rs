//! Ending lines short, performing what has no stock, closing and reopening orders.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{IdSource, LineId, OrderId};
use orderly_core::order::undo::Command;
use orderly_core::order::work::At;
use orderly_core::order::{Decision, Order, close};
use orderly_core::qty::Qty;
use orderly_store::Tx;
use orderly_store::tables::refunds;

use super::{offer_freed, passing};
use crate::ops::orders::again::source_again;
use crate::ops::orders::change;
use crate::{App, Call, Error};

fn with(
    app: &App,
    call: &Call,
    done: Command,
    permission: Permission,
    order: OrderId,
    decide: impl Fn(&mut Tx<'_>, &Order, &mut IdSource) -> Result<Decision, Error>,
) -> Result<Order, Error> {
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let scope = Scope { channel: Some(order.channel), ..Scope::default() };
        call.require(permission, scope)?;
        decide(tx, order, ids)
    })
}

/// Closes what is left of a line as short, within its tolerance.
pub fn close_short(app: &App, call: &Call, order: OrderId, line: LineId) -> Result<Order, Error> {
    with(app, call, Command::CloseShort, Permission::Ship, order, |tx, order, ids| {
        let overridden = passing(call, order, None)?;
        let at = At { now: call.now, overridden: &overridden };
        let decision = close::close_short(order, line, &at, ids)?;
        offer_freed(tx, call, order, &decision.order, ids)?;
        Ok(decision)
    })
}

/// Takes a short close back and sources the quantity again.
pub fn reopen_short(app: &App, call: &Call, order: OrderId, line: LineId) -> Result<Order, Error> {
    with(app, call, Command::ReopenShort, Permission::Undo, order, |tx, order, ids| {
        let mut decision = close::reopen_short(order, line, call.now, ids)?;
        source_again(tx, call, &mut decision.order, &[], ids)?;
        Ok(decision)
    })
}

/// Records that a line without stock of ours was done.
pub fn perform(
    app: &App,
    call: &Call,
    order: OrderId,
    line: LineId,
    qty: Qty,
) -> Result<Order, Error> {
    with(app, call, Command::Perform, Permission::Ship, order, |_, order, ids| {
        Ok(close::perform(order, line, qty, call.now, ids)?)
    })
}

/// Takes it back that a line without stock was done.
pub fn unperform(
    app: &App,
    call: &Call,
    order: OrderId,
    line: LineId,
    qty: Qty,
) -> Result<Order, Error> {
    with(app, call, Command::Unperform, Permission::Undo, order, |_, order, ids| {
        Ok(close::unperform(order, line, qty, call.now, ids)?)
    })
}

/// Closes an order that is done and paid or settled on an account.
pub fn close(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    with(app, call, Command::Close, Permission::Edit, order, |tx, order, ids| {
        Ok(close::close(order, &refunds::given(tx, order.id)?, call.now, ids)?)
    })
}

/// Opens a closed order again.
pub fn reopen(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    with(app, call, Command::Reopen, Permission::Undo, order, |_, order, ids| {
        Ok(close::reopen(order, call.now, ids)?)
    })
}

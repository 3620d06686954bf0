//! Payments, refunds and returns of an order, and the journals.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Journal;
use orderly_core::id::{JournalId, OrderId};
use orderly_core::payment::Payment;
use orderly_core::returns::Return;
use orderly_store::tables::{books, events, payments, returns};

pub use orderly_store::tables::events::{Event, Position};

use crate::{App, Call, Error};

/// Returns the payments that pay an order, the oldest first.
pub fn payments_of(app: &App, call: &Call, order: OrderId) -> Result<Vec<Payment>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut found = Vec::new();
        for id in payments::of_order(tx, order)? {
            found.extend(payments::get(tx, id, false)?);
        }
        Ok(found)
    })
}

/// Returns the returns of an order, the oldest first.
pub fn returns_of(app: &App, call: &Call, order: OrderId) -> Result<Vec<Return>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut found = Vec::new();
        for id in returns::of_order(tx, order)? {
            found.extend(returns::get(tx, id, false)?);
        }
        Ok(found)
    })
}

/// Returns up to `limit` journals before one, the newest first.
pub fn journals(
    app: &App,
    call: &Call,
    before: Option<JournalId>,
    limit: u32,
) -> Result<Vec<Journal>, Error> {
    call.require(Permission::Export, Scope::default())?;
    Ok(app.store.read(|tx| books::list(tx, before, limit))?)
}

/// Returns up to `limit` events of the feed after a position, in order.
pub fn feed(
    app: &App,
    call: &Call,
    after: i64,
    limit: i64,
) -> Result<Vec<(Position, Event)>, Error> {
    call.require(Permission::Export, Scope::default())?;
    Ok(app.store.read(|tx| events::after(tx, after, limit))?)
}

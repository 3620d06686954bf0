//! Payments and returns of an order.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::OrderId;
use orderly_core::payment::Payment;
use orderly_core::returns::Return;
use orderly_store::tables::{payments, returns};

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

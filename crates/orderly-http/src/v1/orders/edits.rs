//! Changing a placed order, whatever its channel.

use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::orders::edit;
use orderly_ops::wire::edits::EditIn;
use orderly_ops::wire::out::OrderOut;

use super::{done, named};
use crate::operation::act;
use crate::{Cx, Done, Operation};

pub fn operations() -> Vec<Operation> {
    vec![act(
        "/v1/orders/{order}/edits",
        "orders.edit",
        "Change a placed order: addresses, days, quantities, more lines; tried, it tells the rest",
        Permission::Edit,
        change,
    )]
}

fn change(cx: &Cx, body: EditIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    done(cx, edit::edit(&cx.app, &cx.call, shown.order.id, &body)?)
}

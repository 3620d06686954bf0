//! `/v1/orders`: placing, reading and the steps of a whole order.

use orderly_core::actor::Permission;
use orderly_core::order::cancel::Cancel;
use orderly_core::time::Instant;
use orderly_ops::Error;
use orderly_ops::ops::fulfillments::cancel;
use orderly_ops::ops::orders::{self, Order};
use orderly_ops::ops::read;
use orderly_ops::wire::OrderIn;
use orderly_ops::wire::out::{OrderOut, amount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::Nothing;
use crate::operation::{act, create, get};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    vec![
        create("/v1/orders", "orders.place", "Place an order", Permission::Place, place),
        get("/v1/orders", "orders.list", "List orders, the latest first", Permission::Read, list),
        get("/v1/orders/{order}", "orders.get", "Show an order", Permission::Read, show),
        act(
            "/v1/orders/{order}/cancel",
            "orders.cancel",
            "Cancel what is not picked yet",
            Permission::Cancel,
            cancel_all,
        ),
    ]
}

/// Which orders to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// A channel's code.
    channel: Option<String>,
    state: Option<String>,
    /// Placed at or after this instant (RFC 3339).
    #[serde(rename = "placed_at[gte]")]
    from: Option<String>,
    /// Placed before this instant.
    #[serde(rename = "placed_at[lt]")]
    until: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<i64>,
}

/// An order in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrderRow {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub channel: String,
    pub external_id: Option<String>,
    pub state: &'static str,
    pub placed_at: String,
    pub customer: Option<String>,
    pub currency: String,
    pub total: String,
}

fn list(cx: &Cx, wanted: Wanted) -> Result<Done<Page<OrderRow>>, Error> {
    let at = |text: Option<String>| text.map(|text| Instant::parse(&text)).transpose();
    let wanted = read::orders::Wanted {
        channel: wanted.channel,
        state: wanted.state,
        from: at(wanted.from)?,
        until: at(wanted.until)?,
        after: wanted.after,
        limit: wanted.limit.unwrap_or(50).clamp(1, 250),
    };
    let page = read::orders::list(&cx.app, &cx.call, &wanted)?;
    let row = |order: &read::orders::Summary| OrderRow {
        object: "order",
        id: order.id.to_string(),
        number: order.number.clone(),
        channel: page.channels.get(&order.channel).map_or_else(String::new, |one| one.code.clone()),
        external_id: order.external_id.clone(),
        state: order.state.code(),
        placed_at: order.placed_at.to_string(),
        customer: page.names.get(&order.id).cloned(),
        currency: order.currency.to_string(),
        total: amount(order.total, order.currency),
    };
    Ok(Done::of(Page::new(page.orders.iter().map(row).collect(), page.next.clone())))
}

fn place(cx: &Cx, order: OrderIn) -> Result<Done<OrderOut>, Error> {
    let order = orders::place::place(&cx.app, &cx.call, &order)?;
    let at = format!("/v1/orders/{}", order.id);
    Ok(shown(cx, order)?.at(at))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    let shown = read::orders::show(&cx.app, &cx.call, cx.text("order"))?;
    Ok(Done::of(OrderOut::from(&shown)).version(shown.order.version))
}

fn cancel_all(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    let order = read::orders::get(&cx.app, &cx.call, cx.text("order"))?;
    shown(cx, cancel::cancel(&cx.app, &cx.call, order.id, &Cancel::Order)?)
}

/// An order as a command left it.
fn shown(cx: &Cx, order: Order) -> Result<Done<OrderOut>, Error> {
    let shown = read::orders::show_as(&cx.app, order)?;
    Ok(Done::of(OrderOut::from(&shown)).version(shown.order.version))
}

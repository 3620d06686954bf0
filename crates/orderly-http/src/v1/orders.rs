//! `/v1/orders`: placing, reading and listing; steps and money have files of their own.

mod bulk;
mod edits;
mod list;
mod money;
mod steps;

pub(super) use steps::then;

use std::sync::Arc;

use orderly_core::actor::Permission;
use orderly_ops::Error;
use orderly_ops::ops::orders::{self, Hand, Order};
use orderly_ops::ops::read::orders::{self as read, AsOf, Shown};
use orderly_ops::wire::OrderIn;
use orderly_ops::wire::out::{EventOut, Expand, OrderOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::Reply;
use crate::input::{self, Nothing};
use crate::operation::{Failure, Waiting, create, get};
use crate::shape::{self, property};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let own = vec![
        create("/v1/orders", "orders.place", "Place an order", Permission::Place, place)
            .together(|cx, waiting| Box::pin(place_soon(cx, waiting))),
        get("/v1/orders/{order}", "orders.get", "Show an order", Permission::Read, show),
        get(
            "/v1/orders/{order}/routing",
            "orders.routing",
            "Say why an order goes where it goes",
            Permission::Read,
            routing,
        ),
        get(
            "/v1/orders/{order}/timeline",
            "orders.timeline",
            "List what happened to an order",
            Permission::Read,
            timeline,
        ),
    ];
    [
        own,
        list::operations(),
        bulk::operations(),
        steps::operations(),
        edits::operations(),
        money::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How to show an order.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Look {
    /// Objects in the place of ids: `customer`, `fulfillments.shipments`; with commas.
    expand: Option<String>,
    /// The order as it was: a sequence of its events, or an instant (RFC 3339).
    as_of: Option<String>,
}

fn place(cx: &Cx, order: OrderIn) -> Result<Done<OrderOut>, Error> {
    let order = orders::place::place(&cx.app, &cx.call, &order)?;
    placed(&read::show_as(&cx.app, &cx.call, order)?)
}

/// Places an order in one batch with those that come at the same time.
async fn place_soon(mut cx: Cx, waiting: Waiting) -> Result<Reply, Failure> {
    let order: OrderIn = input::command(&mut cx, property(shape::of::<OrderIn>, "reason"))?;
    let hand: Hand = Arc::new(|work| drop(tokio::task::spawn_blocking(work)));
    let (tell, told) = tokio::sync::oneshot::channel();
    let Waiting { place, until } = waiting;
    let tell = Box::new(move |outcome| {
        drop(place);
        drop(tell.send(outcome));
    });
    orders::place_soon(&cx.app, &hand, until, cx.call, order, tell);
    let stopped = |_| Error::Internal("the placement stopped".into());
    let shown = told.await.map_err(stopped)??;
    Ok(Reply::json(200, placed(&shown)?)?)
}

fn placed(shown: &Shown) -> Result<Done<OrderOut>, Error> {
    let at = format!("/v1/orders/{}", shown.order.id);
    Ok(Done::of(OrderOut::from(shown)).version(shown.order.version).at(at))
}

fn show(cx: &Cx, look: Look) -> Result<Done<OrderOut>, Error> {
    let text = cx.text("order");
    let shown = match look.as_of.as_deref() {
        None => read::show(&cx.app, &cx.call, text)?,
        Some(at) => read::show_at(&cx.app, &cx.call, text, AsOf::parse(at)?)?,
    };
    let mut out = OrderOut::from(&shown);
    if let Some(names) = look.expand.as_deref() {
        out.expand(&shown, &Expand::parse(names)?);
    }
    Ok(Done::of(out).version(shown.order.version))
}

/// An order as a command left it.
pub(super) fn done(cx: &Cx, order: Order) -> Result<Done<OrderOut>, Error> {
    let shown = read::show_as(&cx.app, &cx.call, order)?;
    Ok(Done::of(OrderOut::from(&shown)).version(shown.order.version))
}

/// The order that a command's path names.
pub(super) fn named(cx: &Cx) -> Result<Shown, Error> {
    read::show(&cx.app, &cx.finding(), cx.text("order"))
}

/// Why an order goes where it goes.
#[derive(Debug, Serialize, JsonSchema)]
struct RoutingOut {
    /// `routing`
    object: &'static str,
    /// The order's id.
    order: String,
    /// As it was decided last, for each delivery.
    deliveries: Vec<RouteOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RouteOut {
    delivery: String,
    /// The rule that decided, in words.
    rule: String,
    splits: i64,
    considered: Vec<ConsideredOut>,
}

/// One location that was considered. Quantities count what was wanted, summed over the lines.
#[derive(Debug, Serialize, JsonSchema)]
struct ConsideredOut {
    location: Option<String>,
    verdict: &'static str,
    wanted: i64,
    could_fill: i64,
    filled: i64,
    priority: i64,
    distance_km: Option<i64>,
}

fn routing(cx: &Cx, _: Nothing) -> Result<Done<RoutingOut>, Error> {
    let found = read::routing(&cx.app, &cx.call, cx.text("order"))?;
    let code = |id| found.locations.get(&id).map(|location| location.code.clone());
    let deliveries = found.explanations.iter().map(|one| RouteOut {
        delivery: one.delivery.to_string(),
        rule: one.rule.clone(),
        splits: one.splits,
        considered: {
            let all = one.considered.iter();
            all.map(|other| ConsideredOut {
                location: code(other.location),
                verdict: other.verdict.code(),
                wanted: other.wanted,
                could_fill: other.could_fill,
                filled: other.filled,
                priority: other.priority,
                distance_km: other.distance_km,
            })
            .collect()
        },
    });
    let deliveries = deliveries.collect();
    let order = found.order.id.to_string();
    Ok(Done::of(RoutingOut { object: "routing", order, deliveries }))
}

fn timeline(cx: &Cx, _: Nothing) -> Result<Done<Page<EventOut>>, Error> {
    let shown = read::show(&cx.app, &cx.call, cx.text("order"))?;
    Ok(Done::of(Page::new(shown.timeline.iter().map(EventOut::from).collect(), None)))
}

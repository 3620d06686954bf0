//! `/v1/shipments`: what left together, and what becomes of it.
//!
//! A shipment is a part of its order: its version is the order's.

use orderly_core::actor::Permission;
use orderly_core::id::{BinId, ShipmentId, ShipmentLineId};
use orderly_core::order::{Order, ShipmentLine};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::ops::fulfillments::shipments::{self as ops, Back};
use orderly_ops::ops::read::orders::{self as read, Shown};
use orderly_ops::wire::out::{OrderOut, ShipmentOut};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::documents;
use super::orders::then;
use crate::input::Nothing;
use crate::operation::{act, get};
use crate::{Cx, Done, Operation};

macro_rules! steps {
    ($($name:literal $right:ident $summary:literal $handler:ident;)+) => {
        vec![$(act(
            concat!("/v1/shipments/{shipment}/", $name),
            concat!("shipments.", $name),
            $summary,
            Permission::$right,
            $handler,
        )),+]
    };
}

pub fn operations() -> Vec<Operation> {
    let reads = vec![
        get("/v1/shipments/{shipment}", "shipments.get", "Show a shipment", Permission::Read, show),
        documents::labels(),
        documents::slip(),
    ];
    let steps = steps! {
        "deliver" Deliver "Record that goods reached the customer" deliver;
        "undeliver" Undo "Take a delivery back" undeliver;
        "fail" Deliver "Record that a delivery was tried in vain" fail;
        "retry" Deliver "Record that it is tried again" retry;
        "lose" Deliver "Record that goods went missing on the way" lose;
        "find" Undo "Record that lost goods were found" find;
        "bring_back" Deliver "Record that goods came back undelivered" bring_back;
        "void" Undo "Take a shipment back before anything happened to it" void;
        "take_over" Undo "Take goods back that were handed over by mistake" take_over;
    };
    [reads, steps].concat()
}

/// A line of a shipment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PartIn {
    /// The shipment line's id, or the position or SKU of its order line.
    line: String,
    /// A decimal in the line's unit; all on the way where absent.
    #[serde(default)]
    quantity: Option<String>,
}

/// What of a shipment is meant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SomeIn {
    /// Everything on the way where absent.
    lines: Vec<PartIn>,
}

fn shipment(shown: &Shown, id: ShipmentId) -> Result<ShipmentOut, Error> {
    let found = OrderOut::from(shown).shipments.into_iter().find(|one| one.id == id.to_string());
    found.ok_or_else(|| Error::not_found(format!("shipment {id}")))
}

/// The shipment that a command's path names, with its order.
fn named(cx: &Cx) -> Result<(ShipmentId, Shown), Error> {
    let id = cx.id("shipment")?;
    Ok((id, read::show_shipment(&cx.app, &cx.finding(), id)?))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    let id = cx.id("shipment")?;
    let shown = read::show_shipment(&cx.app, &cx.call, id)?;
    Ok(Done::of(shipment(&shown, id)?).version(shown.order.version))
}

/// The shipment as a command left it.
fn done(cx: &Cx, id: ShipmentId, order: Order) -> Result<Done<ShipmentOut>, Error> {
    let shown = read::show_as(&cx.app, &cx.call, order)?;
    Ok(Done::of(shipment(&shown, id)?).version(shown.order.version))
}

/// Finds lines of a shipment; a quantity is spread over those that serve the same order line.
fn some(
    shown: &Shown,
    id: ShipmentId,
    parts: &[PartIn],
) -> Result<Vec<(ShipmentLineId, Qty)>, Error> {
    let mut out = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let name = part.line.trim();
        let called = |one: &&ShipmentLine| {
            let sku = shown.catalog.get(one.item).map(|item| item.sku.as_str());
            let position = shown.order.line(one.line).map(|line| line.position.to_string());
            one.id.to_string() == name || sku == Some(name) || position.as_deref() == Ok(name)
        };
        let own = shown.order.shipment_lines.iter().filter(|one| one.shipment == id);
        let own: Vec<&ShipmentLine> = own.filter(called).collect();
        let pointer = format!("/lines/{index}");
        let Some(first) = own.first() else {
            let detail = "the shipment has no such line";
            return Err(Refusal::at(Code::UnknownLine, pointer + "/line", detail).into());
        };
        let line = shown.order.line(first.line)?;
        let mut left = match part.quantity.as_deref() {
            None => Qty::sum(own.iter().map(|one| one.in_transit())).unwrap_or_default(),
            Some(text) => {
                let wrong = |error| {
                    let refusal = orderly_core::item::qty_refusal(error);
                    Error::from(refusal.under(&pointer))
                };
                let entered = Entered::parse(text).map_err(wrong)?;
                entered.to_base(line.unit_ratio, &line.unit).map_err(wrong)?
            }
        };
        for (index, one) in own.iter().enumerate() {
            let last = index + 1 == own.len();
            let part = if last { left } else { left.min(one.in_transit()) };
            if !part.is_zero() {
                out.push((one.id, part));
                left = left.less(part);
            }
        }
    }
    Ok(out)
}

/// A step that needs nothing but the shipment.
fn plain(
    cx: &Cx,
    step: fn(&App, &Call, (orderly_core::id::OrderId, ShipmentId)) -> Result<Order, Error>,
) -> Result<Done<ShipmentOut>, Error> {
    let (id, shown) = named(cx)?;
    done(cx, id, step(&cx.app, &cx.call, (shown.order.id, id))?)
}

fn deliver(cx: &Cx, body: SomeIn) -> Result<Done<ShipmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let lines = some(&shown, id, &body.lines)?;
    done(cx, id, ops::deliver(&cx.app, &cx.call, (shown.order.id, id), &lines)?)
}

fn undeliver(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    plain(cx, ops::undeliver)
}

fn fail(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    plain(cx, ops::fail)
}

fn retry(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    plain(cx, ops::retry)
}

fn lose(cx: &Cx, body: SomeIn) -> Result<Done<ShipmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let lines = some(&shown, id, &body.lines)?;
    done(cx, id, ops::lose(&cx.app, &cx.call, (shown.order.id, id), &lines)?)
}

fn find(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    plain(cx, ops::find)
}

fn void(cx: &Cx, _: Nothing) -> Result<Done<ShipmentOut>, Error> {
    plain(cx, ops::void)
}

/// Goods that came back undelivered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BackIn {
    /// Everything on the way where absent.
    lines: Vec<PartIn>,
    /// The id of the bin they are put into; the location's own choice where absent.
    bin: Option<String>,
    /// They go on sale at once, without inspection.
    sellable: bool,
    /// `reopen` to send them again, `cancel`, or `later` (where absent) to decide later.
    then: Option<String>,
}

fn bring_back(cx: &Cx, body: BackIn) -> Result<Done<ShipmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let lines = some(&shown, id, &body.lines)?;
    let wrong = |_| Refusal::at(Code::InvalidField, "/bin", "this is no id of a bin");
    let bin: Option<BinId> = body.bin.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let then = then(body.then.as_deref().unwrap_or("later"))?;
    let back = Back { bin, sellable: body.sellable, then };
    done(cx, id, ops::bring_back(&cx.app, &cx.call, (shown.order.id, id), &lines, back)?)
}

/// How goods are taken back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OverIn {
    /// Pieces that were cut for the order go to storage as they are.
    keep_cut: bool,
}

fn take_over(cx: &Cx, body: OverIn) -> Result<Done<ShipmentOut>, Error> {
    let (id, shown) = named(cx)?;
    let order = orderly_ops::ops::fulfillments::take_over(
        &cx.app,
        &cx.call,
        shown.order.id,
        id,
        body.keep_cut,
    )?;
    done(cx, id, order)
}

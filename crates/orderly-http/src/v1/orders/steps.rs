//! The steps of a whole order.

use orderly_core::actor::Permission;
use orderly_core::order::cancel::Cancel;
use orderly_core::order::deliver::Then;
use orderly_core::order::hold::NewHold;
use orderly_core::order::{HoldScope, Line, Order, Step};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_ops::ops::fulfillments::{self as work, cancel, close, hold, shipments, undo};
use orderly_ops::ops::read::orders::Shown;
use orderly_ops::wire::out::OrderOut;
use orderly_ops::wire::parts::{self, PartIn};
use orderly_ops::{App, Call, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{done, list, named};
use crate::input::Nothing;
use crate::operation::act;
use crate::{Cx, Done, Operation};

macro_rules! steps {
    ($($name:literal $right:ident $summary:literal $handler:ident;)+) => {
        vec![$(act(
            concat!("/v1/orders/{order}/", $name),
            concat!("orders.", $name),
            $summary,
            Permission::$right,
            $handler,
        )),+]
    };
}

pub fn operations() -> Vec<Operation> {
    steps! {
        "cancel" Cancel "Cancel an order, or lines of it, as far as it is not picked" cancel_it;
        "uncancel" Undo "Take a cancellation back" uncancel;
        "hold" Hold "Put an order or a line on hold" hold_it;
        "release_hold" ReleaseHold "Release a hold" release_hold;
        "hold_again" Hold "Put a released hold in force again" hold_again;
        "source" Release "Source what is not allocated" source;
        "release" Release "Release all work of an order to its locations" release;
        "close_short" Ship "Close what is left of a line as short" close_short;
        "reopen_short" Undo "Take a short close back" reopen_short;
        "perform" Ship "Record that a line without stock of ours was done" perform;
        "unperform" Undo "Take it back that a line was done" unperform;
        "decide_back" Cancel "Decide about goods that came back undelivered" decide_back;
        "close" Edit "Close an order that is done and paid" close_it;
        "reopen" Undo "Open a closed order again" reopen;
        "undo" Undo "Take the last step back, as a new step" undo_it;
    }
}

/// What is canceled.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SomeIn {
    /// Everything open where absent.
    lines: Vec<PartIn>,
}

impl SomeIn {
    fn what(&self, shown: &Shown) -> Result<Cancel, Error> {
        if self.lines.is_empty() {
            return Ok(Cancel::Order);
        }
        Ok(Cancel::Lines(parts::some(shown, &self.lines)?))
    }
}

/// A step that needs nothing but the order.
fn plain(
    cx: &Cx,
    step: fn(&App, &Call, orderly_core::id::OrderId) -> Result<Order, Error>,
) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    done(cx, step(&cx.app, &cx.call, shown.order.id)?)
}

fn cancel_it(cx: &Cx, body: SomeIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    done(cx, cancel::cancel(&cx.app, &cx.call, shown.order.id, &body.what(&shown)?)?)
}

fn uncancel(cx: &Cx, body: SomeIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    done(cx, cancel::uncancel(&cx.app, &cx.call, shown.order.id, &body.what(&shown)?)?)
}

/// A hold. The shared field `reason` says why.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct HoldIn {
    /// A short word for what is awaited, such as `credit` or `fraud`; `manual` where absent.
    kind: Option<String>,
    /// The steps it blocks: `release`, `pick`, `pack`, `ship`, `cancel`, `edit`. Release and ship
    /// where absent.
    blocks: Option<Vec<String>>,
    /// Who takes care of it.
    owner: Option<String>,
    /// When it ends by itself (RFC 3339).
    due_at: Option<String>,
    /// Only this line, by id, position or SKU.
    line: Option<String>,
}

fn hold_it(cx: &Cx, body: HoldIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let names = body.blocks.unwrap_or_else(|| vec!["release".into(), "ship".into()]);
    let mut blocks = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let unknown = || {
            let known: Vec<&str> = Step::ALL.iter().map(|step| step.code()).collect();
            let pointer = format!("/blocks/{index}");
            Refusal::at(Code::InvalidField, pointer, "this is no step that is blocked")
                .allowed(known.join(", "))
        };
        blocks.push(Step::parse(name).ok_or_else(unknown)?);
    }
    let line = body.line.as_deref().map(|text| parts::named(&shown, text, None)).transpose()?;
    let new = NewHold {
        kind: body.kind.unwrap_or_else(|| "manual".into()),
        scope: if line.is_some() { HoldScope::Line } else { HoldScope::Order },
        scope_id: line.map_or([0; 16], |(line, _)| line.id.as_bytes()),
        blocks,
        reason: cx.call.reason.clone().unwrap_or_default(),
        owner: body.owner,
        due_at: body.due_at.as_deref().map(list::instant).transpose()?,
    };
    done(cx, hold::hold(&cx.app, &cx.call, shown.order.id, &new)?)
}

/// A hold of the order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneHold {
    /// The hold's id.
    hold: String,
}

impl OneHold {
    fn id(&self) -> Result<orderly_core::id::HoldId, Error> {
        let wrong = |_| Refusal::at(Code::InvalidField, "/hold", "this is no id of a hold");
        Ok(self.hold.parse().map_err(wrong)?)
    }
}

fn release_hold(cx: &Cx, body: OneHold) -> Result<Done<OrderOut>, Error> {
    let (shown, id) = (named(cx)?, body.id()?);
    done(cx, hold::release_hold(&cx.app, &cx.call, shown.order.id, id)?)
}

fn hold_again(cx: &Cx, body: OneHold) -> Result<Done<OrderOut>, Error> {
    let (shown, id) = (named(cx)?, body.id()?);
    done(cx, hold::hold_again(&cx.app, &cx.call, shown.order.id, id)?)
}

fn source(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    plain(cx, cancel::source)
}

fn release(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    plain(cx, work::release_all)
}

fn close_it(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    plain(cx, close::close)
}

fn reopen(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    plain(cx, close::reopen)
}

fn undo_it(cx: &Cx, _: Nothing) -> Result<Done<OrderOut>, Error> {
    plain(cx, undo::undo)
}

/// A line of the order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneLine {
    /// Its id, its position or its SKU.
    line: String,
}

fn close_short(cx: &Cx, body: OneLine) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let line = parts::named(&shown, &body.line, None)?.0.id;
    done(cx, close::close_short(&cx.app, &cx.call, shown.order.id, line)?)
}

fn reopen_short(cx: &Cx, body: OneLine) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let line = parts::named(&shown, &body.line, None)?.0.id;
    done(cx, close::reopen_short(&cx.app, &cx.call, shown.order.id, line)?)
}

/// A line with its quantity; what there is where none is said.
fn part<'a>(
    shown: &'a Shown,
    body: &PartIn,
    whole: impl Fn(&Line) -> Qty,
) -> Result<(&'a Line, Qty), Error> {
    let (line, qty) = parts::named(shown, &body.line, body.quantity.as_deref())?;
    Ok((line, qty.unwrap_or_else(|| whole(line))))
}

fn perform(cx: &Cx, body: PartIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let (line, qty) = part(&shown, &body, |line| line.quantities.unallocated)?;
    done(cx, close::perform(&cx.app, &cx.call, shown.order.id, line.id, qty)?)
}

fn unperform(cx: &Cx, body: PartIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let (line, qty) = part(&shown, &body, |line| line.quantities.delivered)?;
    done(cx, close::unperform(&cx.app, &cx.call, shown.order.id, line.id, qty)?)
}

/// What happens to goods of a line that came back undelivered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BackIn {
    /// Its id, its position or its SKU.
    line: String,
    /// A decimal in the line's unit.
    quantity: String,
    /// `reopen` to send them again, `cancel` where the customer does not get them.
    then: String,
}

fn decide_back(cx: &Cx, body: BackIn) -> Result<Done<OrderOut>, Error> {
    let shown = named(cx)?;
    let (line, qty) = parts::named(&shown, &body.line, Some(&body.quantity))?;
    let (line, qty) = (line.id, qty.unwrap_or_default());
    let then = then(&body.then)?;
    done(cx, shipments::decide_back(&cx.app, &cx.call, shown.order.id, line, qty, then)?)
}

/// Reads what happens to goods that came back.
pub fn then(text: &str) -> Result<Then, Refusal> {
    Then::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Then::ALL.iter().map(|one| one.code()).collect();
        let detail = "this is nothing that happens to goods that came back";
        Refusal::at(Code::InvalidField, "/then", detail).allowed(known.join(", "))
    })
}

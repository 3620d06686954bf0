//! Orders: the list, the page of one, and what can be done with it.

pub mod act;
mod consequences;
pub mod list;
pub mod page;
mod routing;
mod timeline;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::order::undo::{Command, inverse};
use orderly_core::order::{Fulfillment, Hold, Shipment};
use orderly_ops::Error;
use orderly_ops::ops::read;
use orderly_ops::ops::read::desk::Dossier;

use self::act::Action;
pub use self::consequences::address_of;
use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::sheet::undo;
use crate::words::{self, t};
use crate::{Answer, Cx};

pub const ROUTES: &[Route] = &[
    get("/console/orders", Permission::Read, list::list),
    get("/console/orders/{order}", Permission::Read, page::page),
    get("/console/orders/{order}/do/{action}", Permission::Read, consequences::show),
    post("/console/orders/{order}/do/{action}", Permission::Read, consequences::act),
    get("/console/find", Permission::Read, find),
];

/// The address of an order's page.
pub fn at(number: &str) -> String {
    format!("/console/orders/{}", segment(number))
}

/// Any id: the one order it stands for, else the list of what it may mean.
fn find(cx: &Cx) -> Result<Answer, Error> {
    let text = cx.query.text("q");
    match read::orders::get(&cx.app, &cx.call, text) {
        Ok(order) => Ok(Answer::Goto(at(&order.number))),
        Err(Error::NotFound { .. } | Error::Refused(_)) => {
            Ok(Answer::Goto(address("/console/orders", &[("q", text)])))
        }
        Err(error) => Err(error),
    }
}

/// The next step stands out, the others are in a menu.
fn actions(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let open: Vec<Action> = Action::ALL
        .into_iter()
        .filter(|action| action.is_open(order) && cx.may(action.needs()))
        .collect();
    let next = [Action::ReleaseHold, Action::Ship, Action::Pack, Action::Pick, Action::Release]
        .into_iter()
        .chain([Action::Deliver, Action::Capture])
        .find(|action| open.contains(action));
    let href = |action: Action| consequences::address_of(&order.number, action, &[]);
    html! {
        @if let Some(next) = next {
            a.button.main href=(href(next)) { (words::of("act", next.code())) }
        }
        @if !open.is_empty() {
            details.menu data-actions {
                summary.button { (t("order.actions")) }
                div {
                    ul { @for action in open.iter().filter(|one| Some(**one) != next) {
                        li { a.button.plain href=(href(*action)) {
                            (words::of("act", action.code()))
                        } }
                    }
                    (money_back(cx, dossier)) }
                }
            }
        }
    }
}

/// What comes back: goods, and money.
fn money_back(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let here = at(&order.number);
    let shipped = order.lines.iter().any(|line| !line.quantities.returnable().is_zero());
    let paid = order.head.paid.captured > order.head.paid.refunded;
    html! {
        @if shipped && cx.may(Permission::Return) {
            li { a.button.plain href=(format!("{here}/return")) { (t("returns.request")) } }
        }
        @if paid && cx.may(Permission::Refund) {
            li { a.button.plain href=(format!("{here}/refund")) { (t("refund.title")) } }
        }
    }
}

fn link(cx: &Cx, dossier: &Dossier, action: Action, fields: &[(&str, &str)]) -> Markup {
    let order = &dossier.shown.order;
    html! {
        @if action.is_open(order) && cx.may(action.needs()) {
            a.button.plain href=(consequences::address_of(&order.number, action, fields)) {
                (words::of("act", action.code()))
            }
        }
    }
}

/// What a location may do next.
fn work_actions(cx: &Cx, dossier: &Dossier, of: &Fulfillment) -> Markup {
    let order = &dossier.shown.order;
    let own = || order.work.iter().filter(|work| work.fulfillment == of.id);
    let next = [
        (Action::Ship, own().any(|work| !work.packed.is_zero())),
        (Action::Pack, own().any(|work| work.picked > work.packed)),
        (Action::Pick, own().any(|work| work.released > work.picked)),
        (Action::Release, own().any(|work| work.qty > work.released)),
    ];
    let at = of.id.to_string();
    let next = next.into_iter().find(|(_, is_open)| *is_open).map(|(action, _)| action);
    html! {
        @if let Some(action) = next { (link(cx, dossier, action, &[("at", &at)])) }
    }
}

/// What may happen to a shipment next.
fn shipment_actions(cx: &Cx, dossier: &Dossier, shipment: &Shipment) -> Markup {
    let id = shipment.id.to_string();
    html! {
        @if shipment.state.code() == "shipped" {
            (link(cx, dossier, Action::Deliver, &[("shipment", &id)]))
            (link(cx, dossier, Action::Fail, &[("shipment", &id)]))
        }
    }
}

fn release_hold_link(cx: &Cx, dossier: &Dossier, hold: &Hold) -> Markup {
    link(cx, dossier, Action::ReleaseHold, &[("hold", &hold.id.to_string())])
}

/// The bar after an action: it takes the last step back while there is a way.
fn undo_bar(cx: &Cx, dossier: &Dossier) -> Markup {
    let order = &dossier.shown.order;
    let done = cx.query.get("done");
    let last = dossier.shown.timeline.last().and_then(|event| Command::of_event(&event.kind));
    let back = last.filter(|last| inverse(*last).is_ok());
    let may = cx.may(Permission::Undo);
    // What is told about money or messages is no step of the order.
    let is_step = |done: &str| match Action::parse(done) {
        Some(action) => action != Action::Capture,
        None => done == "place",
    };
    html! {
        @if let Some(done) = done {
            @if back.is_some() && may && is_step(done) {
                (undo(
                    cx,
                    &words::of("done", done),
                    &consequences::address_of(&order.number, Action::Undo, &[]),
                    order.version,
                ))
            } @else {
                div.notice.good role="status" { (words::of("done", done)) }
            }
        }
    }
}

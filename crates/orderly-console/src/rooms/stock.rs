//! Stock: what there is and why, and what changes it.

mod basket;
mod counts;
mod item;
mod items;
mod list;
mod moves;
mod transfers;
mod why;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_ops::Error;
use orderly_ops::ops::read;
use orderly_ops::ops::stock::{adjust, receive, transfer};

use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::form::select;
use crate::words::{self, t};
use crate::{Answer, Cx};

pub const ROUTES: &[Route] = &[
    get("/console/stock", Permission::Read, list::list),
    get("/console/stock/items", Permission::Read, items::list),
    get("/console/stock/items/{item}", Permission::Read, item::page),
    get("/console/stock/items/{item}/why", Permission::Read, why::page),
    get("/console/stock/receive", Permission::Receive, moves::show_receive),
    post("/console/stock/receive", Permission::Receive, moves::receive),
    get("/console/stock/adjust", Permission::Adjust, moves::show_adjust),
    post("/console/stock/adjust", Permission::Adjust, moves::adjust),
    get("/console/stock/transfer", Permission::Transfer, moves::show_transfer),
    post("/console/stock/transfer", Permission::Transfer, moves::transfer),
    post("/console/stock/undo/{kind}/{id}", Permission::Read, undo),
    get("/console/stock/transfers", Permission::Read, transfers::list),
    get("/console/stock/transfers/{transfer}", Permission::Read, transfers::page),
    post("/console/stock/transfers/{transfer}/receive", Permission::Transfer, transfers::receive),
    get("/console/stock/counts", Permission::Read, counts::list),
    post("/console/stock/counts", Permission::Count, counts::open),
    get("/console/stock/counts/{count}", Permission::Read, counts::page),
    post("/console/stock/counts/{count}/record", Permission::Count, counts::record),
    post("/console/stock/counts/{count}/finish", Permission::Count, counts::finish),
    post("/console/stock/counts/{count}/cancel", Permission::Count, counts::cancel),
];

pub const HERE: &str = "/console/stock";

/// The address of an item's page.
pub fn at(sku: &str) -> String {
    format!("{HERE}/items/{}", segment(sku))
}

/// The address of the page that says why there are as many of an item at a location.
pub fn why_at(sku: &str, location: &str) -> String {
    address(&format!("{}/why", at(sku)), &[("location", location)])
}

/// Every location where work goes on.
fn locations(cx: &Cx) -> Result<Vec<Location>, Error> {
    let mut all = read::catalog::locations(&cx.app, &cx.call)?;
    all.retain(|one| one.active);
    Ok(all)
}

/// The location that is chosen: the one named, else the preferred one.
fn chosen<'a>(all: &'a [Location], named: &str) -> Option<&'a Location> {
    let own = all.iter().find(|one| one.code == named);
    own.or_else(|| all.iter().min_by_key(|one| one.priority))
}

fn location_field(name: &str, label: &str, all: &[Location], code: &str) -> Markup {
    let options: Vec<(String, String)> =
        all.iter().map(|one| (one.code.clone(), one.name.clone())).collect();
    select(name, label, code, &options)
}

/// What can be done from here, as far as one may.
fn actions(cx: &Cx, fields: &[(&str, &str)]) -> Markup {
    let all = [
        (Permission::Receive, "receive"),
        (Permission::Adjust, "adjust"),
        (Permission::Transfer, "transfer"),
    ];
    html! {
        @for (right, name) in all {
            @if cx.may(right) {
                a.button.main[name == "receive"] href=(address(&format!("{HERE}/{name}"), fields)) {
                    (words::of("stock_act", name))
                }
            }
        }
        @if cx.may(Permission::Count) {
            a.button href="/console/stock/counts" { (t("stock.count")) }
        }
    }
}

/// Takes a receipt, an adjustment or a transfer back.
fn undo(cx: &Cx) -> Result<Answer, Error> {
    let mut call = cx.command()?;
    call.expected_version = None;
    call.reason = call.reason.or_else(|| Some(t("stock.undone").to_owned()));
    match cx.name("kind") {
        "receipt" => drop(receive::reverse(&cx.app, &call, cx.id("id")?)?),
        "adjustment" => drop(adjust::reverse(&cx.app, &call, cx.id("id")?)?),
        "transfer" => drop(transfer::cancel(&cx.app, &call, cx.id("id")?)?),
        _ => return Err(Error::not_found("such action")),
    }
    Ok(Answer::Goto(address(HERE, &[("done", "undone")])))
}

/// The bar after an action, with the button that takes it back where there is one: its address
/// holds `done`, and `undo` names what was made.
fn done_bar(cx: &Cx) -> Markup {
    let Some(done) = cx.query.get("done") else { return html! {} };
    let text = words::of("stock_done", done);
    let made = cx.query.get("undo").and_then(|made| made.split_once('.'));
    html! {
        @match made {
            Some((kind, id)) => {
                (crate::parts::sheet::undo(
                    cx, &text, &format!("{HERE}/undo/{}/{}", segment(kind), segment(id)), 0,
                ))
            }
            None => { div.notice.good role="status" { (text) } }
        }
    }
}

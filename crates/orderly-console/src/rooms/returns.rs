//! Returns: announced, received, inspected unit by unit, refunded; each step shown before it
//! happens.

pub mod decide;
mod page;
mod refund;
mod request;
mod steps;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::returns::{Return, ReturnState};
use orderly_ops::Error;
use orderly_ops::ops::read;

use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::list::{View, views};
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get("/console/returns", Permission::Read, list),
    get("/console/returns/{return}", Permission::Read, page::page),
    get("/console/returns/{return}/do/{step}", Permission::Read, steps::show),
    post("/console/returns/{return}/do/{step}", Permission::Read, steps::act),
    get("/console/orders/{order}/return", Permission::Return, request::show),
    post("/console/orders/{order}/return", Permission::Return, request::act),
    get("/console/orders/{order}/refund", Permission::Refund, refund::show),
    post("/console/orders/{order}/refund", Permission::Refund, refund::act),
    get("/console/refunds/{refund}", Permission::Read, decide::show),
    post("/console/refunds/{refund}/approve", Permission::Approve, decide::approve),
    post("/console/refunds/{refund}/withdraw", Permission::Refund, decide::withdraw),
];

/// The address of a return's page.
pub fn at(number: &str) -> String {
    format!("/console/returns/{}", segment(number))
}

/// The shape and word of a return's state.
pub fn standing(returned: &Return) -> Markup {
    let meaning = match returned.head.state {
        ReturnState::Requested | ReturnState::Approved => Meaning::Info,
        ReturnState::Received => Meaning::Attention,
        ReturnState::Closed => Meaning::Good,
        ReturnState::Refused | ReturnState::Canceled => Meaning::Plain,
    };
    state(meaning, &words::of("return", returned.head.state.code()))
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    let wanted = cx.query.get("state").and_then(ReturnState::parse);
    let found = read::returns::list(&cx.app, &cx.call, wanted, None, 200)?;
    let all = [None, Some(ReturnState::Requested), Some(ReturnState::Approved)].into_iter();
    let all = all.chain([Some(ReturnState::Received), Some(ReturnState::Closed)]).map(|state| {
        let code = state.map(ReturnState::code);
        let fields: Vec<(&str, &str)> = code.map(|code| ("state", code)).into_iter().collect();
        View {
            href: address("/console/returns", &fields),
            name: code
                .map_or_else(|| t("orders.view.all").into(), |code| words::of("return", code)),
            is_current: wanted == state,
        }
    });
    let rows: Vec<Line> = found
        .iter()
        .map(|one| {
            Line::to(
                at(&one.number),
                vec![
                    html! { a href=(at(&one.number)) { (one.number) } },
                    show::time(cx, one.created_at),
                    standing(one),
                    html! { (one.head.reason.as_deref().unwrap_or("")) },
                ],
            )
        })
        .collect();
    let columns = [
        column(t("returns.return")),
        column(t("returns.since")),
        column(t("orders.state")),
        column(t("field.reason")).rank(2),
    ];
    let body = html! {
        (parts::head(&html! { (t("room.returns")) }, &[], &html! {}))
        (views(&all.collect::<Vec<_>>()))
        div #returns data-live {
            @if rows.is_empty() {
                (parts::empty(t("returns.none"), t("returns.none_next"), &html! {}))
            } @else { (table(t("room.returns"), &columns, &rows)) }
        }
    };
    Ok(Page::full(t("room.returns"), body).into())
}

//! Purchasing: what was bought of whom, sent, confirmed, received with a scan; what suppliers
//! invoiced and whether it matches.

mod act;
mod bills;
mod page;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::party::Supplier;
use orderly_core::purchase::{PurchaseOrder, PurchaseState};
use orderly_ops::Error;
use orderly_ops::ops::{purchases, suppliers};

use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get("/console/purchasing", Permission::Read, list),
    get("/console/purchasing/invoices", Permission::Read, bills::page),
    post("/console/purchasing/invoices/{id}/{action}", Permission::Purchase, bills::act),
    get("/console/purchasing/{purchase}", Permission::Read, page::page),
    get("/console/purchasing/{purchase}/pdf", Permission::Read, page::pdf),
    get("/console/purchasing/{purchase}/do/{action}", Permission::Purchase, act::show),
    post("/console/purchasing/{purchase}/do/{action}", Permission::Purchase, act::act),
    get("/console/purchasing/{purchase}/receive", Permission::Receive, act::show_receive),
    post("/console/purchasing/{purchase}/receive", Permission::Receive, act::receive),
];

const HERE: &str = "/console/purchasing";
/// Rows of one page.
const ROWS: u32 = 50;

/// The address of a purchase order's page.
pub fn at(number: &str) -> String {
    format!("{HERE}/{}", segment(number))
}

fn known_suppliers(cx: &Cx) -> Result<Vec<Supplier>, Error> {
    suppliers::list(&cx.app, &cx.call, "", 1_000)
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    let wanted = cx.query.get("state").and_then(PurchaseState::parse);
    let before = cx.query.get("before").and_then(|text| text.parse().ok());
    let supplier = cx.query.get("supplier");
    let found = purchases::list(&cx.app, &cx.call, supplier, wanted, before, ROWS)?;
    let all = known_suppliers(cx)?;
    let next = found.last().filter(|_| found.len() == ROWS as usize);
    let next = next.map(|last| last.id.to_string());
    let bills = html! {
        a.button href="/console/purchasing/invoices" { (t("bills.title")) }
    };
    let body = html! {
        (parts::head(&html! { (t("room.purchasing")) }, &[], &bills))
        (views(&saved(cx)))
        div #purchasing data-live {
            @if found.is_empty() {
                (parts::empty(t("purchasing.none"), t("purchasing.none_next"), &html! {}))
            } @else { (rows(cx, &found, &all)) }
        }
        (pager(
            cx.query.get("before").map(|_| cx.query.but(HERE, "before", None)).as_deref(),
            next.map(|id| cx.query.but(HERE, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.purchasing"), body).into())
}

fn saved(cx: &Cx) -> Vec<View> {
    let own = cx.query.text("state");
    let mut all = vec![View {
        href: HERE.to_owned(),
        name: t("transfers.all").to_owned(),
        is_current: own.is_empty(),
    }];
    all.extend(PurchaseState::ALL.iter().map(|state| View {
        href: address(HERE, &[("state", state.code())]),
        name: words::of("purchase", state.code()),
        is_current: own == state.code(),
    }));
    all
}

fn standing(purchase: &PurchaseOrder, today: orderly_core::time::Day) -> Markup {
    let of = purchase.state();
    let word = words::of("purchase", of.code());
    let open = purchase.is_open() && of != PurchaseState::Closed;
    match of {
        _ if open && purchase.expected_on.is_some_and(|day| day < today) => {
            state(Meaning::Attention, &words::with("purchasing.late", &[("state", &word)]))
        }
        PurchaseState::Closed => state(Meaning::Good, &word),
        PurchaseState::Canceled | PurchaseState::Draft => state(Meaning::Plain, &word),
        _ => state(Meaning::Info, &word),
    }
}

fn rows(cx: &Cx, found: &[PurchaseOrder], all: &[Supplier]) -> Markup {
    let today = show::today(cx);
    let row = |one: &PurchaseOrder| {
        let supplier = all.iter().find(|supplier| supplier.id == one.supplier);
        Line::to(
            at(&one.number),
            vec![
                html! { a.nowrap href=(at(&one.number)) { (one.number) } },
                html! { (supplier.map_or("", |one| one.name.as_str())) },
                standing(one, today),
                html! { @if let Some(day) = one.expected_on { (show::day(day, today)) } },
                show::time(cx, one.created_at),
                html! { @if let Ok(total) = one.total() { (show::cell(total, one.currency)) } },
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("purchasing.order")),
        column(t("purchasing.supplier")),
        column(t("orders.state")),
        column(t("stock.expected")).rank(2),
        column(t("transfers.made")).rank(3),
        figures(t("orders.total")),
    ];
    table(t("room.purchasing"), &columns, &lines)
}

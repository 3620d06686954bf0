//! Invoices, receipts and credit notes: what is open and late, each document, aged debt.

mod aged;
mod credit;
mod page;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::id::InvoiceId;
use orderly_core::invoice::{Invoice, InvoiceKind};
use orderly_core::time::{Day, Instant};
use orderly_ops::Error;
use orderly_ops::ops::invoices::{self, Filter};
use orderly_ops::ops::read::parties;

use super::{Route, get, post};
use crate::fields::{address, segment};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub const ROUTES: &[Route] = &[
    get("/console/invoices", Permission::Read, list),
    get("/console/invoices/aged", Permission::Read, aged::page),
    get("/console/invoices/run", Permission::Invoice, aged::show_run),
    post("/console/invoices/run", Permission::Invoice, aged::run),
    get("/console/invoices/{invoice}", Permission::Read, page::page),
    get("/console/invoices/{invoice}/pdf", Permission::ReadPii, page::pdf),
    get("/console/invoices/{invoice}/credit", Permission::CreditInvoice, credit::show),
    post("/console/invoices/{invoice}/credit", Permission::CreditInvoice, credit::credit),
];

pub const HERE: &str = "/console/invoices";
/// Rows of one page.
const ROWS: i64 = 50;

/// The address of a document's page.
pub fn at(name: &str) -> String {
    format!("{HERE}/{}", segment(name))
}

/// The document that the address names, for who may read it.
fn named(cx: &Cx) -> Result<Invoice, Error> {
    Ok(invoices::show(&cx.app, &cx.call, cx.name("invoice"))?.0)
}

fn list(cx: &Cx) -> Result<Answer, Error> {
    let today = show::today(cx);
    let customer = cx.query.get("customer");
    let known = customer.map(|text| parties::show(&cx.app, &cx.call, text)).transpose()?;
    let only = cx.query.text("only");
    let filter = Filter {
        kind: InvoiceKind::parse(only),
        customer: known.as_ref().map(|known| known.customer.id),
        open: matches!(only, "open" | "late"),
        due_before: (only == "late").then_some(today),
        ..Filter::default()
    };
    let before = cx.query.get("before").and_then(cursor);
    let found = invoices::list(&cx.app, &cx.call, &filter, before, ROWS)?;
    let full = i64::try_from(found.len()) == Ok(ROWS);
    let next = found.last().filter(|_| full);
    let next = next.map(|last| format!("{}.{}", last.issued_at.micros(), last.id));
    let actions = html! {
        a.button href="/console/invoices/aged" { (t("invoices.aged")) }
        @if cx.may(Permission::Invoice) {
            a.button href="/console/invoices/run" { (t("invoices.run")) }
        }
    };
    let facts: Vec<Markup> = known
        .iter()
        .map(|known| html! { (words::with("invoices.of", &[("number", &known.customer.number)])) })
        .collect();
    let body = html! {
        (parts::head(&html! { (t("room.invoices")) }, &facts, &actions))
        (views(&saved(cx)))
        div #invoices data-live {
            @if found.is_empty() {
                (parts::empty(t("invoices.none"), t("invoices.none_next"), &html! {}))
            } @else { (rows(&found, today)) }
        }
        (pager(
            before.map(|_| cx.query.but(HERE, "before", None)).as_deref(),
            next.map(|next| cx.query.but(HERE, "before", Some(&next))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.invoices"), body).into())
}

fn cursor(text: &str) -> Option<(Instant, InvoiceId)> {
    let (at, id) = text.split_once('.')?;
    Some((Instant::from_micros(at.parse().ok()?), id.parse().ok()?))
}

fn saved(cx: &Cx) -> Vec<View> {
    let all: [(&'static str, &str); 6] = [
        ("invoices.view.all", ""),
        ("invoices.view.open", "open"),
        ("invoices.view.late", "late"),
        ("invoices.view.invoice", "invoice"),
        ("invoices.view.receipt", "receipt"),
        ("invoices.view.credit_note", "credit_note"),
    ];
    let one = |(name, only): (&'static str, &str)| {
        let fields: Vec<(&str, &str)> = [("only", only), ("customer", cx.query.text("customer"))]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let is_current = cx.query.text("only") == only;
        View { href: address(HERE, &fields), name: t(name).to_owned(), is_current }
    };
    all.into_iter().map(one).collect()
}

/// Where a document stands: settled, open, late.
fn standing(invoice: &Invoice, today: Day) -> Markup {
    let late = invoice.due_on.map_or(0, |due| i64::from(today.number() - due.number()));
    match invoice.open() {
        0 => state(Meaning::Good, t("invoices.settled")),
        _ if invoice.kind == InvoiceKind::CreditNote => {
            state(Meaning::Info, t("invoices.credit_left"))
        }
        _ if late > 0 => state(Meaning::Bad, &words::counted("late.one", "late.many", late)),
        open if open < invoice.total => state(Meaning::Info, t("invoices.partly")),
        _ => state(Meaning::Info, t("invoices.is_open")),
    }
}

fn rows(found: &[Invoice], today: Day) -> Markup {
    let row = |invoice: &Invoice| {
        let name = invoice.name();
        Line::to(
            at(&name),
            vec![
                html! { a.nowrap href=(at(&name)) { (name) } },
                html! { (words::of("invoice", invoice.kind.code())) },
                html! { (show::day(invoice.issued_on, today)) },
                html! { @if let Some(due) = invoice.due_on { (show::day(due, today)) } },
                standing(invoice, today),
                show::cell(invoice.total, invoice.currency),
                html! { @if invoice.open() != 0 {
                    (show::cell(invoice.open(), invoice.currency))
                } },
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("invoices.document")),
        column(t("invoices.kind")).rank(3),
        column(t("invoices.issued")).rank(2),
        column(t("invoices.due")).rank(2),
        column(t("orders.state")),
        figures(t("orders.total")),
        figures(t("invoices.open")),
    ];
    table(t("room.invoices"), &columns, &lines)
}

//! What suppliers invoiced: what matches what came, what is held and why, what is owed.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::purchase::invoice::{SupplierInvoice, SupplierInvoiceState};
use orderly_ops::Error;
use orderly_ops::ops::purchases::invoices::{self as bills, Wanted};

use super::{HERE, known_suppliers};
use crate::fields::address;
use crate::parts::form::{self, Field, field};
use crate::parts::list::{View, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/purchasing/invoices";
const ROWS: u32 = 200;

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    Ok(drawn(cx, None)?.into())
}

fn drawn(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let only = cx.query.text("only");
    let wanted = Wanted {
        supplier: None,
        state: SupplierInvoiceState::parse(only),
        open: only == "open",
        due_by: None,
        after: None,
        limit: ROWS,
    };
    let found = bills::list(&cx.app, &cx.call, &wanted)?;
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.purchasing"))]))
        (parts::head(&html! { (t("bills.title")) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        (views(&saved(only)))
        @if found.is_empty() {
            (parts::empty(t("bills.none"), t("bills.none_next"), &html! {}))
        } @else { (rows(cx, &found)?) }
        @for held in found.iter().filter(|one| one.state == SupplierInvoiceState::Held) {
            (decision(cx, held))
        }
    };
    Ok(Page::full(t("bills.title"), body).with_status(error.map_or(200, fault::status)))
}

fn saved(only: &str) -> Vec<View> {
    let all: [(&'static str, &str); 4] = [
        ("bills.all", ""),
        ("bills.held", "held"),
        ("bills.open", "open"),
        ("bills.rejected", "rejected"),
    ];
    let one = |(name, code): (&'static str, &str)| {
        let fields: Vec<(&str, &str)> =
            [("only", code)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
        View { href: address(LIST, &fields), name: t(name).to_owned(), is_current: only == code }
    };
    all.into_iter().map(one).collect()
}

fn standing(one: &SupplierInvoice) -> Markup {
    match one.state {
        SupplierInvoiceState::Held => state(Meaning::Attention, &words::of("bill", "held")),
        SupplierInvoiceState::Rejected => state(Meaning::Plain, &words::of("bill", "rejected")),
        SupplierInvoiceState::Posted if one.open() == 0 => {
            state(Meaning::Good, &words::of("bill", "paid"))
        }
        SupplierInvoiceState::Posted => state(Meaning::Info, &words::of("bill", "posted")),
    }
}

fn rows(cx: &Cx, found: &[SupplierInvoice]) -> Result<Markup, Error> {
    let today = show::today(cx);
    let suppliers = known_suppliers(cx)?;
    let row = |one: &SupplierInvoice| {
        let supplier = suppliers.iter().find(|supplier| supplier.id == one.supplier);
        Line::new(vec![
            html! { span.id { (one.number) } },
            html! { (supplier.map_or("", |one| one.name.as_str())) },
            standing(one),
            html! { (show::day(one.due_on, today)) },
            show::cell(one.total, one.currency),
            html! { @if one.open() != 0 { (show::cell(one.open(), one.currency)) } },
        ])
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("invoices.document")),
        column(t("purchasing.supplier")),
        column(t("orders.state")),
        column(t("invoices.due")).rank(2),
        figures(t("orders.total")),
        figures(t("invoices.open")),
    ];
    Ok(table(t("bills.title"), &columns, &lines))
}

/// What of a held invoice does not match, line by line, and what can be done about it.
fn decision(cx: &Cx, held: &SupplierInvoice) -> Markup {
    let rows: Vec<Line> = held
        .reasons
        .iter()
        .map(|one| {
            let line = held.lines.iter().find(|line| line.position == one.line);
            Line::new(vec![
                html! { (line.map_or("", |line| line.description.as_str())) },
                state(Meaning::Attention, &words::of("mismatch", one.reason.code())),
                html! { (one.expected) },
                html! { strong { (one.actual) } },
            ])
        })
        .collect();
    let columns = [
        column(t("invoices.goods")),
        column(t("bills.why")),
        figures(t("bills.expected")),
        figures(t("bills.actual")),
    ];
    let button = |action: &str| {
        html! {
            form method="post" action=(format!("{LIST}/{}/{action}", held.id)) {
                (form::key(cx))
                button type="submit" { (words::of("bill_act", action)) }
            }
        }
    };
    let title = words::with("bills.held_title", &[("number", &held.number)]);
    parts::section(
        &title,
        &html! {
            (table(&title, &columns, &rows))
            div.actions {
                @if cx.may(Permission::Purchase) { (button("match")) (button("reject")) }
            }
            @if cx.may(Permission::ApprovePurchase) && cx.may(Permission::Purchase) {
                form.form.row method="post" action=(format!("{LIST}/{}/approve", held.id)) {
                    (form::key(cx))
                    (field(&Field {
                        name: "reason", label: t("bills.reason"), required: true, ..Field::default()
                    }))
                    button type="submit" { (words::of("bill_act", "approve")) }
                }
            }
        },
    )
}

pub fn act(cx: &Cx) -> Result<Answer, Error> {
    let id = cx.id("id")?;
    let done = cx.command().and_then(|call| match cx.name("action") {
        "match" => bills::rematch(&cx.app, &call, id),
        "approve" => bills::approve(&cx.app, &call, id),
        "reject" => bills::reject(&cx.app, &call, id),
        _ => Err(Error::not_found("such action")),
    });
    match done {
        Ok(_) => Ok(Answer::Goto(LIST.to_owned())),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => Ok(drawn(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

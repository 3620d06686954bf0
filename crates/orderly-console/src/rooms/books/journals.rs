//! Journals: what was posted when, because of what, on which accounts.

use maud::{Markup, html};
use orderly_core::books::Posting;
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::books::journals::{self, Numbered, Wanted};

use super::tabs;
use crate::parts;
use crate::parts::form::{self, Field, field};
use crate::parts::list::pager;
use crate::parts::table::{Line, figures, table, with_foot, words as column};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

const LIST: &str = "/console/books/journals";
/// Rows of one page.
const ROWS: usize = 50;

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let day = |name: &str| cx.query.get(name).map(Day::parse).transpose();
    let wanted = Wanted {
        from: day("from")?,
        to: day("until")?,
        account: cx.query.owned("account"),
        location: cx.query.owned("location"),
        channel: cx.query.owned("channel"),
        ..Wanted::default()
    };
    let after = cx.query.get("after").and_then(|text| text.parse().ok()).unwrap_or(0);
    let limit = i64::try_from(ROWS).unwrap_or(50);
    let found = journals::list(&cx.app, &cx.call, &wanted, after, limit)?;
    let next = found.last().filter(|_| found.len() == ROWS).map(|last| last.number.to_string());
    let title = words::of("books", "journals");
    let facts: Vec<Markup> =
        wanted.account.iter().map(|account| html! { span.id { (account) } }).collect();
    let date = |name, label| {
        field(&Field { name, label, kind: "date", value: cx.query.text(name), ..Field::default() })
    };
    let body = html! {
        (parts::head(&html! { (title) }, &facts, &html! {}))
        (tabs("journals"))
        form.form.row.filters action=(LIST) data-auto {
            @for name in ["account", "location", "channel"] {
                @if let Some(value) = cx.query.get(name) { (form::hidden(name, value)) }
            }
            (date("from", t("orders.from")))
            (date("until", t("orders.until")))
            button type="submit" { (t("orders.filter")) }
            @if !cx.query.0.is_empty() { a.button.plain href=(LIST) { (t("orders.show_all")) } }
        }
        @if found.is_empty() {
            (parts::empty(t("books.nothing"), t("books.nothing_next"), &html! {}))
        } @else { (rows(cx, &found, wanted.account.as_deref())) }
        (pager(
            (after > 0).then(|| cx.query.but(LIST, "after", None)).as_deref(),
            next.map(|next| cx.query.but(LIST, "after", Some(&next))).as_deref(),
        ))
    };
    Ok(Page::full(title, body).into())
}

/// What a journal moves: the account's own part where one is looked at, else its debits.
fn amount(one: &Numbered, account: Option<&str>) -> i64 {
    let own = |posting: &&Posting| account.is_none_or(|code| posting.account.code() == code);
    let parts = one.journal.postings().iter().filter(own).map(|posting| posting.amount_minor);
    match account {
        Some(_) => parts.sum(),
        None => parts.filter(|part| *part > 0).sum(),
    }
}

fn rows(cx: &Cx, found: &[Numbered], account: Option<&str>) -> Markup {
    let today = show::today(cx);
    let row = |one: &Numbered| {
        let head = &one.journal.head;
        let href = format!("{LIST}/{}", one.number);
        let others: Vec<&str> = one
            .journal
            .postings()
            .iter()
            .filter(|posting| account.is_none_or(|code| posting.account.code() != code))
            .map(|posting| posting.account.name())
            .collect();
        Line::to(
            href.clone(),
            vec![
                html! { a.nowrap href=(href) { (one.number) } },
                html! { span.nowrap { (show::day(head.accounting_on, today)) } },
                html! { (words::of("journal", head.kind.code())) },
                html! { div.clip { (others.join(", ")) } },
                show::cell(amount(one, account), head.currency),
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("books.number")),
        column(t("stock.day")),
        column(t("books.kind")),
        column(t("books.accounts")).rank(2),
        figures(t("customers.amount")),
    ];
    table(t("books.journals"), &columns, &lines)
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let one = journals::show(&cx.app, &cx.call, None, cx.name("journal"))?;
    let head = &one.journal.head;
    let title = words::with("books.journal", &[("number", &one.number)]);
    let figure = |minor: i64| html! { @if minor > 0 { (show::figure(minor, head.currency)) } };
    let row = |posting: &Posting| {
        let why = crate::fields::address(LIST, &[("account", posting.account.code())]);
        Line::new(vec![
            html! { a href=(why) { (posting.account.name()) } },
            html! { (posting.tax_code.as_deref().unwrap_or("")) },
            figure(posting.amount_minor),
            figure(-posting.amount_minor),
        ])
    };
    let rows: Vec<Line> = one.journal.postings().iter().map(row).collect();
    let sum: i64 = one.journal.postings().iter().map(|one| one.amount_minor.max(0)).sum();
    let columns = [
        column(t("books.account")),
        column(t("books.tax_code")).rank(2),
        figures(t("books.debit")),
        figures(t("books.credit")),
    ];
    let sum = html! { (show::figure(sum, head.currency)) };
    let foot = [html! { (t("stock.sum")) }, html! {}, sum.clone(), sum];
    let facts = [
        html! { (words::of("journal", head.kind.code())) },
        html! { (show::day(head.accounting_on, show::today(cx))) },
        html! { (t("books.recorded")) " " (show::time(cx, one.recorded_at)) },
        html! { (words::of("cause", head.cause.kind.code())) },
    ];
    let body = html! {
        (parts::crumbs(&[(super::HERE, t("room.books")), (LIST, t("books.journals"))]))
        (parts::head(&html! { (title) }, &facts, &html! {}))
        (with_foot(&title, &columns, &rows, &foot))
    };
    Ok(Page::new(title, body).into())
}

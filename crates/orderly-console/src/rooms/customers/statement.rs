//! The statement of a customer's account: what was owed before, what happened, what is open now
//! and how late it is.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::time::Day;
use orderly_docs::Paper;
use orderly_ops::Error;
use orderly_ops::ops::accounts;
use orderly_ops::ops::accounts::statements::{AccountStatement, Period, of_account};
use orderly_ops::ops::read::parties;

use super::{HERE, at, name};
use crate::fields::address;
use crate::parts::form::{Field, field};
use crate::parts::table::{Line, figures, table, with_foot, words as column};
use crate::parts::{self, Meaning, state};
use crate::rooms::invoices::at as invoice_at;
use crate::rooms::messages::write;
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

fn drawn(cx: &Cx) -> Result<(parties::Known, AccountStatement), Error> {
    let known = parties::show(&cx.app, &cx.call, cx.name("customer"))?;
    let account =
        known.account.as_ref().ok_or_else(|| Error::not_found("account of the customer"))?;
    let day = |name: &str| cx.query.get(name).map(Day::parse).transpose();
    let period = Period { from: day("from")?, as_of: day("until")? };
    let drawn = of_account(&cx.app, &cx.call, &account.number, cx.query.get("site"), period)?;
    Ok((known, drawn))
}

pub fn pdf(cx: &Cx) -> Result<Answer, Error> {
    let (known, drawn) = drawn(cx)?;
    let sheet = accounts::print(&drawn, Paper::A4, false);
    let bytes = sheet.to_pdf().map_err(|error| Error::Invalid(error.to_string()))?;
    let named = format!("statement-{}-{}.pdf", known.customer.number, drawn.statement.as_of);
    Ok(Answer::File("application/pdf", named, bytes))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let (known, drawn) = drawn(cx)?;
    let own = at(&known.customer.number);
    let called = name(known.party.as_ref(), cx.may_see_people());
    let statement = &drawn.statement;
    let account = &drawn.account;
    let (from, until) = (statement.from.to_string(), statement.as_of.to_string());
    let here = format!("{own}/statement");
    let days = [("from", from.as_str()), ("until", until.as_str())];
    let print = html! {
        @if cx.may_see_people() {
            a.button.main href=(address(&format!("{here}.pdf"), &days)) { (t("documents.pdf")) }
            @if cx.may(Permission::Message) {
                @let attach = format!("statement.{}", account.number);
                a.button href=(write("email", ("account", &account.number), &[&attach])) {
                    (t("invoices.mail"))
                }
            }
        }
    };
    let facts = [
        html! { span.id { (account.number) } },
        html! { (words::with("customers.period", &[("from", &from), ("until", &until)])) },
        html! { (account.terms) },
    ];
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.customers")), (&own, &called)]))
        (parts::head(&html! { (t("customers.statement")) }, &facts, &print))
        form.form.row.filters action=(here) {
            (field(&Field {
                name: "from", label: t("orders.from"), kind: "date", value: &from,
                ..Field::default()
            }))
            (field(&Field {
                name: "until", label: t("orders.until"), kind: "date", value: &until,
                ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
        (parts::section(t("customers.entries"), &entries(cx, &drawn)))
        (parts::section(t("customers.open_items"), &open(cx, &drawn)))
        (parts::section(t("customers.ages"), &ages(&drawn)))
    };
    Ok(Page::new(t("customers.statement"), body).into())
}

fn entries(cx: &Cx, drawn: &AccountStatement) -> Markup {
    let today = show::today(cx);
    let currency = drawn.account.currency;
    let statement = &drawn.statement;
    let mut rows = vec![Line::new(vec![
        html! { (show::day(statement.from, today)) },
        html! { (t("customers.opening")) },
        html! {},
        html! {},
        show::cell(statement.opening, currency),
    ])];
    rows.extend(statement.entries.iter().map(|one| {
        Line::new(vec![
            html! { (show::day(one.on, today)) },
            html! { (accounts::word(one.kind)) },
            html! { a href=(invoice_at(&one.name)) { (one.name) } },
            html! { (show::figure(one.amount, currency)) },
            show::cell(one.balance, currency),
        ])
    }));
    let foot = [
        html! { (show::day(statement.as_of, today)) },
        html! { (t("customers.closing")) },
        html! {},
        html! {},
        show::cell(statement.closing, currency),
    ];
    let columns = [
        column(t("stock.day")),
        column(t("why.what")),
        column(t("invoices.document")),
        figures(t("customers.amount")),
        figures(t("customers.balance")),
    ];
    with_foot(t("customers.entries"), &columns, &rows, &foot)
}

fn open(cx: &Cx, drawn: &AccountStatement) -> Markup {
    let today = show::today(cx);
    let currency = drawn.account.currency;
    let row = |one: &orderly_core::party::statement::OpenItem| {
        Line::to(
            invoice_at(&one.name),
            vec![
                html! { a href=(invoice_at(&one.name)) { (one.name) } },
                html! { (show::day(one.issued_on, today)) },
                html! { (show::day(one.due_on, today)) },
                html! { @if one.late > 0 {
                    (state(Meaning::Attention, &words::counted("late.one", "late.many", one.late)))
                } },
                show::cell(one.open, currency),
            ],
        )
    };
    let rows: Vec<Line> = drawn.statement.open.iter().map(row).collect();
    if rows.is_empty() {
        return parts::empty(
            t("customers.nothing_open"),
            t("customers.nothing_open_next"),
            &html! {},
        );
    }
    let columns = [
        column(t("invoices.document")),
        column(t("invoices.issued")).rank(2),
        column(t("invoices.due")),
        column(""),
        figures(t("invoices.open")),
    ];
    table(t("customers.open_items"), &columns, &rows)
}

fn ages(drawn: &AccountStatement) -> Markup {
    let aged = &drawn.statement.aged;
    let currency = drawn.account.currency;
    let mut rows: Vec<(parts::Row, String, String)> = accounts::AGES
        .iter()
        .zip(aged.parts())
        .map(|(age, sum)| (parts::Row::Added, (*age).to_owned(), show::money(sum, currency)))
        .collect();
    rows.push((parts::Row::Sum, t("stock.sum").to_owned(), show::money(aged.sum(), currency)));
    html! { div.narrow { (parts::money(&rows)) } }
}

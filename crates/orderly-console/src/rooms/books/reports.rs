//! Profit and loss, balance sheet, trial balance and taxes: for months, by location or channel,
//! beside what was before. Each account leads to its journals.

use maud::{Markup, html};
use orderly_core::books::period::Period;
use orderly_ops::Error;
use orderly_ops::ops::books::reports::{self, Ask, Columns, Statement};
use orderly_ops::ops::read::catalog;

use super::{HERE, figure, tabs};
use crate::fields::address;
use crate::parts;
use crate::parts::form::{Field, field, select};
use crate::parts::table::{Column, Line, figures, table, with_foot, words as column};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

/// What the address asks for; this month where it says nothing.
fn asked(cx: &Cx) -> Result<Ask, Error> {
    let month = |name: &str| {
        let period = cx.query.get(name).map(Period::parse).transpose();
        period.map_err(|error| Error::Invalid(error.to_string()))
    };
    let to = month("to")?.unwrap_or_else(|| Period::of(show::today(cx)));
    let from = month("from")?.unwrap_or(to).min(to);
    let columns = match cx.query.text("columns") {
        "months" => Columns::Months,
        "locations" => Columns::Locations,
        "channels" => Columns::Channels,
        "before" => Columns::Before,
        "year_before" => Columns::YearBefore,
        _ => Columns::One,
    };
    Ok(Ask {
        location: cx.query.owned("location"),
        channel: cx.query.owned("channel"),
        columns,
        ..Ask::of(from, to)
    })
}

fn page(cx: &Cx, name: &str, (ask, ways): (&Ask, &[&str]), body: &Markup) -> Result<Answer, Error> {
    let title = words::of("books", name);
    let places = catalog::locations(&cx.app, &cx.call)?;
    let channels = catalog::channels(&cx.app, &cx.call)?;
    let any = |key| (String::new(), t(key).to_owned());
    let mut locations = vec![any("stock.any_location")];
    locations.extend(places.into_iter().map(|one| (one.code, one.name)));
    let mut of_channels = vec![any("orders.any_channel")];
    of_channels.extend(channels.into_iter().map(|one| (one.code, one.name)));
    let ways: Vec<(String, String)> =
        ways.iter().map(|way| ((*way).to_owned(), words::of("columns", way))).collect();
    let (from, to) = (ask.from.to_string(), ask.to.to_string());
    let month = |name, label, value: &str| {
        field(&Field { name, label, kind: "month", value, ..Field::default() })
    };
    let here = if name == "result" { HERE.to_owned() } else { format!("{HERE}/{name}") };
    let body = html! {
        (parts::head(&html! { (title) }, &[html! { (span(ask)) }], &html! {}))
        (tabs(name))
        form.form.row.filters action=(here) data-auto {
            (month("from", t("orders.from"), &from))
            (month("to", t("orders.until"), &to))
            @if ways.len() > 1 {
                (select("columns", t("books.beside"), cx.query.text("columns"), &ways))
            }
            (select("location", t("stock.location"), cx.query.text("location"), &locations))
            (select("channel", t("orders.channel"), cx.query.text("channel"), &of_channels))
            button type="submit" { (t("orders.filter")) }
        }
        (body)
    };
    Ok(Page::full(title, body).into())
}

fn span(ask: &Ask) -> String {
    if ask.from == ask.to {
        return ask.to.to_string();
    }
    words::with("customers.period", &[("from", &ask.from), ("until", &ask.to)])
}

/// The journals behind the figure of an account.
fn why(ask: &Ask, account: &str, from_start: bool) -> String {
    let (from, to) = (ask.from.first_day().to_string(), ask.to.last_day().to_string());
    let mut fields = vec![("account", account), ("until", to.as_str())];
    if !from_start {
        fields.push(("from", &from));
    }
    fields.extend(ask.location.iter().map(|code| ("location", code.as_str())));
    fields.extend(ask.channel.iter().map(|code| ("channel", code.as_str())));
    address("/console/books/journals", &fields)
}

fn statement(ask: &Ask, shown: &Statement, title: &str, from_start: bool) -> Markup {
    let several = shown.columns.len() > 1;
    let mut columns: Vec<Column<'_>> = vec![column(t("books.account"))];
    columns.extend(shown.columns.iter().enumerate().map(|(index, name)| {
        let own = figures(if several { name } else { shown.currency.code() });
        if index + 1 < shown.columns.len() && index > 1 { own.rank(2) } else { own }
    }));
    let row = |line: &reports::Line| {
        let name = html! {
            @if let Some(number) = &line.number { span.id.muted { (number) } " " }
            @match line.account {
                Some(account) => a href=(why(ask, account, from_start)) { (line.name) },
                None => (crate::fault::capital(&line.name)),
            }
        };
        let mut cells = vec![name];
        cells.extend(line.amounts.iter().map(|text| html! { (figure(text, shown.currency)) }));
        Line { is_sum: line.account.is_none(), ..Line::new(cells) }
    };
    let rows: Vec<Line> = shown.rows.iter().map(row).collect();
    if rows.is_empty() {
        return parts::empty(t("books.nothing"), t("books.nothing_next"), &html! {});
    }
    html! { div.report[shown.columns.len() < 3] { (table(title, &columns, &rows)) } }
}

const WAYS: [&str; 6] = ["one", "before", "year_before", "months", "locations", "channels"];

pub fn result(cx: &Cx) -> Result<Answer, Error> {
    let ask = asked(cx)?;
    let shown = reports::profit_and_loss(&cx.app, &cx.call, &ask)?;
    let body = statement(&ask, &shown, t("books.result"), false);
    page(cx, "result", (&ask, &WAYS), &body)
}

pub fn balance(cx: &Cx) -> Result<Answer, Error> {
    let ask = asked(cx)?;
    let shown = reports::balance(&cx.app, &cx.call, &ask)?;
    let body = statement(&ask, &shown, t("books.balance"), true);
    page(cx, "balance", (&ask, &WAYS), &body)
}

pub fn trial(cx: &Cx) -> Result<Answer, Error> {
    let ask = asked(cx)?;
    let shown = reports::trial_balance(&cx.app, &cx.call, &ask)?;
    let amount = |minor: i64| html! { @if minor != 0 { (show::figure(minor, shown.currency)) } };
    let row = |one: &reports::TrialRow| {
        Line::new(vec![
            html! {
                @if let Some(number) = &one.number { span.id.muted { (number) } " " }
                a href=(why(&ask, one.account, false)) { (one.name) }
                @if let Some(of) = &one.of { " " span.small.muted { (of) } }
            },
            amount(one.minor[0]),
            amount(one.minor[1]),
            amount(one.minor[2]),
            amount(one.minor[3]),
        ])
    };
    let rows: Vec<Line> = shown.rows.iter().map(row).collect();
    let columns = [
        column(t("books.account")),
        figures(t("books.opening")).rank(2),
        figures(t("books.debit")).rank(2),
        figures(t("books.credit")).rank(2),
        figures(t("books.closing")),
    ];
    let sum = |index: usize| html! { (show::figure(shown.sums_minor[index], shown.currency)) };
    let foot = [html! { (t("stock.sum")) }, sum(0), sum(1), sum(2), sum(3)];
    let body = html! {
        @if rows.is_empty() {
            (parts::empty(t("books.nothing"), t("books.nothing_next"), &html! {}))
        } @else { (with_foot(t("books.trial"), &columns, &rows, &foot)) }
    };
    page(cx, "trial", (&ask, &["one", "locations", "channels"]), &body)
}

pub fn tax(cx: &Cx) -> Result<Answer, Error> {
    let ask = asked(cx)?;
    let shown = reports::tax(&cx.app, &cx.call, &ask)?;
    let row = |one: &reports::TaxRow| {
        let code = if one.code.is_empty() { t("books.no_code") } else { &one.code };
        Line::new(vec![
            html! { (code) },
            html! { (words::of("taxed", one.of)) },
            html! { (show::figure(one.minor[0], shown.currency)) },
            html! { (show::figure(one.minor[1], shown.currency)) },
        ])
    };
    let rows: Vec<Line> = shown.rows.iter().map(row).collect();
    let columns = [
        column(t("books.tax_code")),
        column(t("books.of")).rank(2),
        figures(t("books.base")),
        figures(t("money.tax")),
    ];
    let owed = show::money(shown.owed_minor, shown.currency);
    let foot = [html! { (t("books.owed")) }, html! {}, html! {}, html! { (owed) }];
    let body = html! {
        @if rows.is_empty() {
            (parts::empty(t("books.nothing"), t("books.nothing_next"), &html! {}))
        } @else { div.report { (with_foot(t("books.tax"), &columns, &rows, &foot)) } }
    };
    page(cx, "tax", (&ask, &["one"]), &body)
}

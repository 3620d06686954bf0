//! What is owed by how late it is, and the run that invoices what was delivered on account.

use maud::{Markup, html};
use orderly_core::money::Currency;
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::accounts::AGES;
use orderly_ops::ops::accounts::statements::{AgedLine, By, aged};
use orderly_ops::ops::invoices;

use super::HERE;
use crate::fields::address;
use crate::parts;
use crate::parts::form::{self, Field, field, send};
use crate::parts::list::{View, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::rooms::customers::at as customer_at;
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

const AGED: &str = "/console/invoices/aged";

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let as_of = cx.query.get("as_of").map(Day::parse).transpose()?;
    let by = match cx.query.text("by") {
        "branch" => By::Branch,
        "entity" => By::Entity,
        _ => By::Account,
    };
    let found = aged(&cx.app, &cx.call, as_of, by)?;
    let day = as_of.unwrap_or_else(|| show::today(cx)).to_string();
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.invoices"))]))
        (parts::head(&html! { (t("invoices.aged")) }, &[html! { (day) }], &html! {}))
        (views(&choices(cx, by)))
        form.form.row.filters action=(AGED) {
            @if let Some(by) = cx.query.get("by") { (form::hidden("by", by)) }
            (field(&Field {
                name: "as_of", label: t("invoices.as_of"), kind: "date", value: &day,
                ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
        @if found.is_empty() {
            (parts::empty(t("customers.nothing_open"), t("customers.nothing_open_next"), &html! {}))
        } @else { (rows(&found, by)) (sums(&found)) }
    };
    Ok(Page::full(t("invoices.aged"), body).into())
}

fn choices(cx: &Cx, by: By) -> Vec<View> {
    let all: [(&'static str, &str, By); 3] = [
        ("aged.account", "", By::Account),
        ("aged.branch", "branch", By::Branch),
        ("aged.entity", "entity", By::Entity),
    ];
    let one = |(name, code, own): (&'static str, &str, By)| View {
        href: cx.query.but(AGED, "by", Some(code).filter(|code| !code.is_empty())),
        name: t(name).to_owned(),
        is_current: own == by,
    };
    all.into_iter().map(one).collect()
}

fn columns() -> Vec<crate::parts::table::Column<'static>> {
    let mut columns = vec![column(t("aged.who"))];
    columns.extend(AGES.iter().map(|age| figures(age).rank(2)));
    columns.push(figures(t("stock.sum")));
    columns
}

fn cells(
    first: Markup,
    line: &orderly_core::party::statement::Aged,
    currency: Currency,
) -> Vec<Markup> {
    let mut cells = vec![first];
    cells.extend(line.parts().iter().map(|sum| {
        html! {
            @if *sum != 0 { (show::figure(*sum, currency)) }
        }
    }));
    cells.push(show::cell(line.sum(), currency));
    cells
}

fn rows(found: &[AgedLine], by: By) -> Markup {
    let row = |line: &AgedLine| {
        let name = if line.name.is_empty() { t("customers.nameless") } else { &line.name };
        let to = (by == By::Account && !line.code.is_empty()).then(|| customer_at(&line.code));
        let first = html! {
            @match &to {
                Some(href) => a href=(href) { (name) },
                None => (name),
            }
            div.small.muted { (line.entity) " " span.id { (line.code) } }
        };
        let mut out = Line::new(cells(first, &line.aged, line.currency));
        out.href = to;
        out
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    table(t("invoices.aged"), &columns(), &lines)
}

/// The sum of each currency: what the receivables account says.
fn sums(found: &[AgedLine]) -> Markup {
    let mut all: Vec<(Currency, orderly_core::party::statement::Aged)> = Vec::new();
    for line in found {
        match all.iter_mut().find(|(currency, _)| *currency == line.currency) {
            Some((_, sum)) => sum.plus(&line.aged),
            None => all.push((line.currency, line.aged)),
        }
    }
    let row = |(currency, sum): &(Currency, orderly_core::party::statement::Aged)| {
        Line::new(cells(html! { strong { (currency) } }, sum, *currency))
    };
    let lines: Vec<Line> = all.iter().map(row).collect();
    parts::section(t("stock.sum"), &table(t("stock.sum"), &columns(), &lines))
}

// ---- Collective invoices ---------------------------------------------------------------------

pub fn show_run(cx: &Cx) -> Result<Answer, Error> {
    let until = cx.query.get("until").map(Day::parse).transpose()?;
    let until = until.unwrap_or_else(|| show::today(cx));
    let before = until.start_in(&cx.zone);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.invoices"))]))
        (parts::head(&html! { (t("invoices.run")) }, &[], &html! {}))
        @if let (Some(orders), Some(made)) = (cx.query.get("orders"), cx.query.get("invoices")) {
            div.notice.good role="status" {
                (words::with("invoices.ran", &[("orders", &orders), ("invoices", &made)]))
            }
        }
        p { (t("invoices.run_hint")) }
        form.form method="post" action="/console/invoices/run" {
            (form::key(cx))
            (field(&Field {
                name: "until", label: t("invoices.run_until"), kind: "date", is_short: true,
                value: &until.to_string(),
                hint: &words::with("invoices.run_before", &[
                    ("at", &show::full(before, &cx.zone)),
                ]),
                ..Field::default()
            }))
            (send(t("invoices.run_send"), Some(HERE)))
        }
    };
    Ok(Page::new(t("invoices.run"), body).into())
}

/// Running it twice invoices nothing twice.
pub fn run(cx: &Cx) -> Result<Answer, Error> {
    let until = Day::parse(cx.form.text("until"))?;
    let call = cx.command()?;
    let ran = invoices::run(&cx.app, &call, None, until.start_in(&cx.zone))?;
    let (orders, made) = (ran.orders.to_string(), ran.invoices.to_string());
    let day = until.to_string();
    let fields = [("until", day.as_str()), ("orders", &orders), ("invoices", &made)];
    Ok(Answer::Goto(address("/console/invoices/run", &fields)))
}

//! Customers: found by whatever is known of them, with their orders, account and contacts.

mod page;
mod statement;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::party::{Customer, Party};
use orderly_ops::Error;
use orderly_ops::ops::read::parties;

use super::{Route, get};
use crate::fields::segment;
use crate::parts::form::{Field, field};
use crate::parts::list::pager;
use crate::parts::table::{Line, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page};

pub const ROUTES: &[Route] = &[
    get("/console/customers", Permission::Read, list),
    get("/console/customers/{customer}", Permission::Read, page::page),
    get("/console/customers/{customer}/statement", Permission::Read, statement::page),
    get("/console/customers/{customer}/statement.pdf", Permission::ReadPii, statement::pdf),
];

const HERE: &str = "/console/customers";
/// Rows of one page.
const ROWS: i64 = 50;

/// The address of a customer's page.
pub fn at(number: &str) -> String {
    format!("{HERE}/{}", segment(number))
}

type Found = Vec<(Customer, Option<Party>)>;

fn list(cx: &Cx) -> Result<Answer, Error> {
    let (found, next) = match cx.query.get("q") {
        Some(text) => (searched(cx, text)?, None),
        None => {
            let found = parties::list(&cx.app, &cx.call, cx.query.text("after"), ROWS)?;
            let full = i64::try_from(found.len()) == Ok(ROWS);
            let next = found.last().filter(|_| full).map(|(one, _)| one.number.clone());
            (found, next)
        }
    };
    let body = html! {
        (parts::head(&html! { (t("room.customers")) }, &[], &html! {}))
        form.form.row.filters action=(HERE) {
            (field(&Field {
                name: "q", label: t("customers.search"), kind: "search", value: cx.query.text("q"),
                ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
        @if found.is_empty() { (nothing(cx)) } @else { (rows(cx, &found)) }
        (pager(
            cx.query.get("after").map(|_| cx.query.but(HERE, "after", None)).as_deref(),
            next.as_deref().map(|next| cx.query.but(HERE, "after", Some(next))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.customers"), body).into())
}

/// Who may not see people finds them by number only.
fn searched(cx: &Cx, text: &str) -> Result<Found, Error> {
    if cx.may_see_people() {
        return parties::find_customers(&cx.app, &cx.call, text, 100);
    }
    match parties::show(&cx.app, &cx.call, text) {
        Ok(known) => Ok(vec![(known.customer, known.party)]),
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn nothing(cx: &Cx) -> Markup {
    if cx.query.get("q").is_none() {
        return parts::empty(t("customers.none"), t("customers.none_next"), &html! {});
    }
    let all = html! { a.button href=(HERE) { (t("orders.show_all")) } };
    parts::empty(t("customers.none_found"), t("customers.none_found_next"), &all)
}

fn rows(cx: &Cx, found: &Found) -> Markup {
    let people = cx.may_see_people();
    let row = |(customer, party): &(Customer, Option<Party>)| {
        let shown = |text: Option<&str>| match (people, text) {
            (true, text) => text.unwrap_or_default().to_owned(),
            (false, Some(_)) => t("people.hidden").to_owned(),
            (false, None) => String::new(),
        };
        let party = party.as_ref();
        let at = at(&customer.number);
        Line::to(
            at.clone(),
            vec![
                html! { a.nowrap href=(at) { (customer.number) } },
                html! {
                    (name(party, people))
                    @if !customer.active { " " (state(Meaning::Plain, t("customers.inactive"))) }
                },
                html! { div.clip { (shown(party.and_then(|one| one.email.as_deref()))) } },
                html! { (shown(party.and_then(|one| one.city.as_deref()))) },
                html! { @if customer.account.is_some() { (t("customers.on_account")) } },
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("customers.number")),
        column(t("customers.name")),
        column(t("customers.email")).rank(2),
        column(t("customers.city")).rank(2),
        column(t("customers.account")).rank(3),
    ];
    table(t("room.customers"), &columns, &lines)
}

/// What a customer is called: the company, else the person; hidden from who may not see people.
fn name(party: Option<&Party>, people: bool) -> String {
    match (party, people) {
        (_, false) => t("people.hidden").to_owned(),
        (None, true) => t("customers.nameless").to_owned(),
        (Some(party), true) if party.erased_at.is_some() => t("customers.erased").to_owned(),
        (Some(party), true) => match &party.company {
            Some(company) if *company != party.name => format!("{company} · {}", party.name),
            _ => party.name.clone(),
        },
    }
}

fn kind(customer: &Customer) -> String {
    words::of("customer", customer.kind.code())
}

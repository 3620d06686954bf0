//! The page of a customer: orders, account with what it may and does owe, sites, contacts.

use maud::{Markup, html};
use orderly_core::id::OrderId;
use orderly_core::party::{Account, AccountState, Exposure, Party};
use orderly_ops::Error;
use orderly_ops::ops::read::desk::{self, hues};
use orderly_ops::ops::read::parties::{self, Known};
use orderly_ops::ops::read::{catalog, orders::Summary};

use super::{HERE, at, kind, name};
use crate::fields::address;
use crate::parts::list::pager;
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, Row, state};
use crate::rooms::orders::{at as order_at, list};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

/// Orders of one page.
const ROWS: i64 = 25;

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let known = parties::show(&cx.app, &cx.call, cx.name("customer"))?;
    let people = cx.may_see_people();
    let title = name(known.party.as_ref(), people);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.customers"))]))
        (head(cx, &known, &title))
        @if let Some(done) = cx.query.get("done") {
            div.notice.good role="status" { (words::of("done", done)) }
        }
        div.columns {
            div {
                (orders(cx, &known)?)
                (crate::rooms::messages::thread(cx, "customer", &known.customer.number)?)
            }
            div {
                @if let Some(account) = &known.account { (owes(account, &known)) }
                (reached(known.party.as_ref(), people))
                (sites(&known))
                (contacts(&known, people))
            }
        }
    };
    Ok(Page::new(title, body).into())
}

fn head(cx: &Cx, known: &Known, title: &str) -> Markup {
    let customer = &known.customer;
    let mut facts = vec![html! { span.id { (customer.number) } }, html! { (kind(customer)) }];
    facts.push(html! { (t("customers.since")) " " (show::time(cx, customer.created_at)) });
    if !customer.active {
        facts.push(state(Meaning::Plain, t("customers.inactive")));
    }
    let actions = html! {
        @if known.account.is_some() {
            a.button href=(format!("{}/statement", at(&customer.number))) {
                (t("customers.statement"))
            }
        }
        a.button href=(address("/console/invoices", &[("customer", &customer.number)])) {
            (t("room.invoices"))
        }
    };
    parts::head(&html! { (title) }, &facts, &actions)
}

fn orders(cx: &Cx, known: &Known) -> Result<Markup, Error> {
    let before = cx.query.get("before").and_then(|text| {
        let (at, id) = text.split_once('.')?;
        let at = orderly_core::time::Instant::from_micros(at.parse().ok()?);
        Some((at, id.parse::<OrderId>().ok()?))
    });
    let found = parties::orders_of(&cx.app, &cx.call, known.customer.id, before, ROWS)?;
    if found.is_empty() {
        let none = parts::empty(t("customers.no_orders"), t("customers.no_orders_next"), &html! {});
        return Ok(parts::section(t("room.orders"), &none));
    }
    let channels = catalog::channels(&cx.app, &cx.call)?;
    let hues = hues(&channels);
    let ids: Vec<OrderId> = found.iter().map(|order| order.id).collect();
    let marks = desk::marks(&cx.app, &cx.call, &ids)?;
    let row = |order: &Summary| {
        let progress = marks.progress.get(&order.id).copied().unwrap_or_default();
        Line::to(
            order_at(&order.number),
            vec![
                html! { a.nowrap href=(order_at(&order.number)) { (order.number) } },
                html! { @if let Some((place, channel)) = hues.get(&order.channel) {
                    (parts::channel(&channel.name, *place))
                } },
                show::time(cx, order.placed_at),
                list::standing(order, &progress),
                show::cell(order.total, order.currency),
            ],
        )
    };
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("orders.order")),
        column(t("orders.channel")).rank(2),
        column(t("orders.placed")),
        column(t("orders.state")),
        figures(t("orders.total")),
    ];
    let here = at(&known.customer.number);
    let full = i64::try_from(found.len()) == Ok(ROWS);
    let next = found.last().filter(|_| full);
    let next = next.map(|last| format!("{}.{}", last.placed_at.micros(), last.id));
    let body = html! {
        (table(t("room.orders"), &columns, &lines))
        (pager(
            before.map(|_| here.clone()).as_deref(),
            next.map(|next| cx.query.but(&here, "before", Some(&next))).as_deref(),
        ))
    };
    Ok(parts::section(t("room.orders"), &body))
}

/// What the account may owe, what it owes and how much of the limit is left.
fn owes(account: &Account, known: &Known) -> Markup {
    let money = |minor: i64| show::money(minor, account.currency);
    let standing = match account.state {
        AccountState::Active => state(Meaning::Good, &words::of("account", "active")),
        AccountState::OnHold => state(Meaning::Attention, &words::of("account", "on_hold")),
        AccountState::Closed => state(Meaning::Plain, &words::of("account", "closed")),
    };
    let rows = |one: &Exposure| {
        let mut rows = vec![
            (Row::Added, t("customers.open_orders").to_owned(), money(one.open)),
            (Row::Added, t("customers.dispatched").to_owned(), money(one.dispatched)),
            (Row::Added, t("customers.invoiced").to_owned(), money(one.invoiced)),
            (Row::Sum, t("customers.exposure").to_owned(), money(one.sum())),
        ];
        if let Some(limit) = one.limit {
            rows.push((Row::Added, t("customers.limit").to_owned(), money(limit)));
            rows.push((Row::Sum, t("customers.left").to_owned(), money(limit - one.sum())));
        }
        rows
    };
    let body = html! {
        (parts::pairs(&[
            (t("customers.account"), html! { span.id { (account.number) } " " (account.name) }),
            (t("orders.state"), standing),
            (t("customers.terms"), html! { (account.terms) }),
        ]))
        @for one in &known.exposures {
            @let site = known.sites.iter().find(|site| site.id == one.site);
            h3 { (site.map_or(t("customers.whole"), |site| site.name.as_str())) }
            @if one.limit.is_some_and(|limit| one.sum() > limit) {
                p { (state(Meaning::Bad, t("customers.over"))) }
            }
            (parts::money(&rows(one)))
        }
    };
    parts::section(t("customers.account"), &body)
}

/// How a customer is reached.
fn reached(party: Option<&Party>, people: bool) -> Markup {
    let Some(party) = party.filter(|party| party.erased_at.is_none()) else { return html! {} };
    if !people {
        let hidden = html! { p.muted { (t("customers.hidden")) } };
        return parts::section(t("customers.reach"), &hidden);
    }
    let mut all = vec![(t("customers.name"), html! { (party.name) })];
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(email) = text(&party.email) {
        all.push((t("customers.email"), html! { a href=(format!("mailto:{email}")) { (email) } }));
    }
    if let Some(phone) = text(&party.phone) {
        all.push((t("customers.phone"), html! { (phone) }));
    }
    let town = [&party.postcode, &party.city, &party.region, &party.country];
    let town: Vec<&str> = town.into_iter().filter_map(|part| part.as_deref()).collect();
    all.push((
        t("customers.address"),
        html! {
            @for line in &party.address_lines { (line) br; }
            (town.join(" "))
        },
    ));
    parts::section(t("customers.reach"), &parts::pairs(&all))
}

fn sites(known: &Known) -> Markup {
    let row = |site: &orderly_core::party::Site| {
        Line::new(vec![
            html! { span.id { (site.code) } },
            html! { (site.name) },
            html! { @if !site.active { (state(Meaning::Plain, t("customers.inactive"))) } },
        ])
    };
    let rows: Vec<Line> = known.sites.iter().map(row).collect();
    let columns = [column(t("customers.code")), column(t("customers.name")), column("")];
    html! { @if !rows.is_empty() {
        (parts::section(t("customers.sites"), &table(t("customers.sites"), &columns, &rows)))
    } }
}

fn contacts(known: &Known, people: bool) -> Markup {
    let rows: Vec<Line> = known
        .contacts
        .iter()
        .map(|(contact, party)| {
            let may = [
                (contact.may_order, t("customers.may_order")),
                (contact.may_collect, t("customers.may_collect")),
                (!contact.active, t("customers.inactive")),
            ];
            let may: Vec<&str> = may.into_iter().filter(|(is, _)| *is).map(|(_, it)| it).collect();
            Line::new(vec![
                html! { (name(party.as_ref(), people)) },
                html! { span.small.muted { (may.join(" · ")) } },
            ])
        })
        .collect();
    let columns = [column(t("customers.name")), column("")];
    html! { @if !rows.is_empty() {
        (parts::section(t("customers.contacts"), &table(t("customers.contacts"), &columns, &rows)))
    } }
}

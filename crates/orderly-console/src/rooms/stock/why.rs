//! Why there are as many as there are: the figure, its formula, its movements with what was there
//! after each.

use std::collections::BTreeMap;

use maud::{Markup, html};
use orderly_core::actor::ActorKind;
use orderly_core::time::Instant;
use orderly_core::units::MovementKind;
use orderly_ops::Error;
use orderly_ops::ops::read::stock::ledger::{Figure, Ledger, Step, ledger};

use super::{HERE, at, chosen, locations};
use crate::fields::address;
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, goods};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

/// Movements of one page.
const ROWS: usize = 100;

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let places = locations(cx)?;
    let place = chosen(&places, cx.query.text("location"));
    let place = place.ok_or_else(|| Error::not_found("location"))?;
    let figure = if cx.query.text("figure") == "held" { Figure::Held } else { Figure::OnHand };
    let before = cx.query.get("before").map(cursor).transpose()?;
    let asked = (cx.name("item"), place.code.as_str());
    let found = ledger(&cx.app, &cx.call, asked, figure, before, ROWS)?;
    let item = &*found.item;
    let own = at(&item.sku);
    let here = format!("{own}/why");
    let title = words::with(
        "why.title",
        &[
            ("figure", &goods::text(item, found.figure)),
            ("item", &item.name),
            ("place", &found.location.name),
        ],
    );
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock")), (&own, &item.sku)]))
        (parts::head(&html! { (title) }, &[html! {
            (words::of("why_figure", if figure == Figure::Held { "held" } else { "on_hand" }))
        }], &html! {}))
        (views(&choices(&places, &here, &found, figure)))
        (formula(&found, before.is_some()))
        (movements(cx, &found))
        (pager(
            before.map(|_| cx.query.but(&here, "before", None)).as_deref(),
            found.next.map(|(at, id)| {
                cx.query.but(&here, "before", Some(&format!("{}.{id}", at.micros())))
            }).as_deref(),
        ))
    };
    Ok(Page::new(title, body).into())
}

fn cursor<I: std::str::FromStr>(text: &str) -> Result<(Instant, I), Error> {
    let missing = || Error::not_found("page of movements");
    let (at, id) = text.split_once('.').ok_or_else(missing)?;
    let at = Instant::from_micros(at.parse().map_err(|_| missing())?);
    Ok((at, id.parse().map_err(|_| missing())?))
}

/// The same figure elsewhere, and the other figure here.
fn choices(
    places: &[orderly_core::catalog::Location],
    here: &str,
    found: &Ledger,
    figure: Figure,
) -> Vec<View> {
    let held = figure == Figure::Held;
    let own = &found.location.code;
    let mut all: Vec<View> = places
        .iter()
        .map(|place| View {
            href: address(here, &[("location", &place.code)]),
            name: place.name.clone(),
            is_current: place.code == *own && !held,
        })
        .collect();
    all.push(View {
        href: address(here, &[("location", own), ("figure", "held")]),
        name: words::with("why.held_at", &[("place", &found.location.name)]),
        is_current: held,
    });
    all
}

/// What was there before, what each kind of movement added or took, and what that comes to.
fn formula(found: &Ledger, is_later_page: bool) -> Markup {
    let item = &*found.item;
    let mut kinds: BTreeMap<&'static str, i64> = BTreeMap::new();
    for step in &found.steps {
        *kinds.entry(step.posting.movement.kind.code()).or_default() += step.delta;
    }
    let end = found.steps.first().map_or(found.figure, |step| step.after);
    let mut rows = vec![(
        parts::Row::Added,
        t(if found.next.is_some() { "why.before" } else { "why.nothing_before" }).to_owned(),
        goods::number(item, found.before),
    )];
    for (kind, sum) in kinds {
        rows.push((parts::Row::Added, words::of("movement", kind), goods::signed(item, sum)));
    }
    let last = if is_later_page { "why.then" } else { "why.now" };
    rows.push((parts::Row::Sum, t(last).to_owned(), goods::text(item, end)));
    let broken = found.next.is_none() && found.before != 0;
    html! {
        @if broken { div.notice.bad role="alert" { (t("why.broken")) } }
        (parts::section(t("why.formula"), &html! { div.narrow { (parts::money(&rows)) } }))
    }
}

fn movements(cx: &Cx, found: &Ledger) -> Markup {
    let item = &*found.item;
    if found.steps.is_empty() {
        let receive = html! {
            a.button href=(address("/console/stock/receive", &[
                ("location", &found.location.code), ("scan", &item.sku),
            ])) { (words::of("stock_act", "receive")) }
        };
        return parts::empty(t("why.none"), t("why.none_next"), &receive);
    }
    let lines: Vec<Line> = found.steps.iter().map(|step| row(cx, found, step)).collect();
    let columns = [
        column(t("why.when")),
        column(t("why.what")),
        column(t("why.way")).rank(2),
        column(t("why.who")).rank(3),
        figures(t("why.change")),
        figures(t("why.after")),
    ];
    parts::section(t("why.movements"), &table(t("why.movements"), &columns, &lines))
}

fn row(cx: &Cx, found: &Ledger, step: &Step) -> Line {
    let moved = &step.posting.movement;
    let item = &*found.item;
    let by = &step.posting.by;
    let who = found.names.get(&(by.actor_kind, by.actor)).map(String::as_str);
    let who =
        who.unwrap_or(if by.actor_kind == ActorKind::User { "" } else { by.actor_kind.code() });
    Line::new(vec![
        html! { span.nowrap { (show::full(moved.effective_at, &cx.zone)) } },
        html! {
            (what(moved.kind, moved.reverses.is_some()))
            @if let Some(lot) = &step.lot { " " span.id.small { (lot) } }
            @if let Some(reason) = &moved.reason { div.small.muted { (reason) } }
        },
        html! { span.small { (place(&step.from)) " → " (place(&step.to)) } },
        html! { span.small.muted { (who) } },
        html! { (goods::signed(item, step.delta)) },
        html! { strong { (goods::units(item, step.after)) } },
    ])
}

fn what(kind: MovementKind, is_reversal: bool) -> String {
    let word = words::of("movement", kind.code());
    if is_reversal { words::with("why.reversal", &[("what", &word)]) } else { word }
}

/// The name of a place for people: accounts have words, locations their own codes.
pub fn place(name: &str) -> String {
    words::of("place", name)
}

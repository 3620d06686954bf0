//! The list of orders: views, filters and search in its address, the latest first.

use std::collections::HashMap;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::catalog::Channel;
use orderly_core::id::{ChannelId, OrderId};
use orderly_core::order::OrderState;
use orderly_core::time::Day;
use orderly_ops::Error;
use orderly_ops::ops::read::desk::{self, Marks, Progress};
use orderly_ops::ops::read::orders::{self, Page as Found, Summary, Wanted};

use super::at;
use crate::fields::address;
use crate::parts::form::{Field, field, select};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, bar, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

/// Rows of one page.
const ROWS: i64 = 50;
const HERE: &str = "/console/orders";

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let channels = orderly_ops::ops::read::catalog::channels(&cx.app, &cx.call)?;
    let found = match cx.query.get("q") {
        Some(text) => searched(cx, text)?,
        None => orders::list(&cx.app, &cx.call, &wanted(cx)?)?,
    };
    let ids: Vec<OrderId> = found.orders.iter().map(|order| order.id).collect();
    let marks = desk::marks(&cx.app, &cx.call, &ids)?;
    let body = html! {
        (parts::head(&html! { (t("room.orders")) }, &[], &html! {
            @if cx.may(Permission::Place) {
                a.button.main href="/console/orders/new" data-key="n" { (t("orders.new")) }
            }
        }))
        (views(&saved(cx)))
        (filters(cx, &channels))
        div #orders data-live {
            @if found.orders.is_empty() { (nothing(cx)) }
            @else { (rows(cx, &found, &marks, &channels)) }
        }
        (pager(
            cx.query.get("after").map(|_| cx.query.but(HERE, "after", None)).as_deref(),
            found.next.as_deref().map(|next| cx.query.but(HERE, "after", Some(next))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.orders"), body).into())
}

/// What the address asks for.
fn wanted(cx: &Cx) -> Result<Wanted, Error> {
    let day = |name: &str| {
        let day = cx.query.get(name).map(Day::parse).transpose()?;
        Ok::<_, Error>(day)
    };
    Ok(Wanted {
        channel: cx.query.owned("channel"),
        state: cx.query.owned("state"),
        from: day("from")?.map(|day| day.start_in(&cx.zone)),
        until: day("until")?.map(|day| day.plus_days(1).start_in(&cx.zone)),
        after: cx.query.owned("after"),
        limit: ROWS,
        ..Wanted::default()
    })
}

/// The orders that a text stands for, among those the address asks for.
fn searched(cx: &Cx, text: &str) -> Result<Found, Error> {
    let wanted = Wanted { search: Some(text.to_owned()), ..wanted(cx)? };
    orders::list(&cx.app, &cx.call, &wanted)
}

/// Views that everybody has: names for addresses.
fn saved(cx: &Cx) -> Vec<View> {
    let today = show::today(cx).to_string();
    let all: [(&'static str, Vec<(&str, &str)>); 5] = [
        ("orders.view.all", vec![]),
        ("orders.view.today", vec![("from", &today)]),
        ("orders.view.placed", vec![("state", "placed")]),
        ("orders.view.closed", vec![("state", "closed")]),
        ("orders.view.canceled", vec![("state", "canceled")]),
    ];
    let here = address(HERE, &pairs(cx));
    let one = |(name, fields): (&'static str, Vec<(&str, &str)>)| {
        let href = address(HERE, &fields);
        View { is_current: href == here, href, name: t(name).to_owned() }
    };
    all.into_iter().map(one).collect()
}

fn pairs(cx: &Cx) -> Vec<(&str, &str)> {
    let own = cx.query.0.iter().filter(|(name, value)| name != "after" && !value.is_empty());
    own.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn filters(cx: &Cx, channels: &[Channel]) -> Markup {
    let any = |key: &'static str| (String::new(), t(key).to_owned());
    let mut of_channels = vec![any("orders.any_channel")];
    of_channels.extend(channels.iter().map(|one| (one.code.clone(), one.name.clone())));
    let mut states = vec![any("orders.any_state")];
    states.extend(
        OrderState::ALL
            .iter()
            .map(|state| (state.code().to_owned(), words::of("state", state.code()))),
    );
    html! {
        form.form.row.filters action=(HERE) data-auto {
            (field(&Field {
                name: "q", label: t("orders.search"), kind: "search", value: cx.query.text("q"),
                ..Field::default()
            }))
            (select("channel", t("orders.channel"), cx.query.text("channel"), &of_channels))
            (select("state", t("orders.state"), cx.query.text("state"), &states))
            (field(&Field {
                name: "from", label: t("orders.from"), kind: "date", value: cx.query.text("from"),
                ..Field::default()
            }))
            (field(&Field {
                name: "until", label: t("orders.until"), kind: "date",
                value: cx.query.text("until"), ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
    }
}

fn nothing(cx: &Cx) -> Markup {
    if cx.query.0.iter().all(|(_, value)| value.is_empty()) {
        return parts::empty(t("orders.none"), t("orders.none_next"), &html! {});
    }
    let all = html! { a.button href=(HERE) { (t("orders.show_all")) } };
    parts::empty(t("orders.none_found"), t("orders.none_found_next"), &all)
}

fn rows(cx: &Cx, found: &Found, marks: &Marks, channels: &[Channel]) -> Markup {
    let hues = desk::hues(channels);
    let lines: Vec<Line> =
        found.orders.iter().map(|order| row(cx, order, found, marks, &hues)).collect();
    let columns = [
        column(t("orders.order")),
        column(t("orders.channel")).rank(2),
        column(t("orders.placed")),
        column(t("orders.customer")).rank(2),
        column(t("orders.goods")).rank(3),
        column(t("orders.state")),
        figures(t("orders.total")),
        column(t("orders.paid")).rank(3),
        column(t("orders.marks")).rank(2),
    ];
    table(t("room.orders"), &columns, &lines)
}

type Hues<'a> = HashMap<ChannelId, (usize, &'a Channel)>;

fn row(cx: &Cx, order: &Summary, found: &Found, marks: &Marks, hues: &Hues<'_>) -> Line {
    let progress = marks.progress.get(&order.id).copied().unwrap_or_default();
    let held = marks.held.get(&order.id).copied().unwrap_or(0);
    let name = found.names.get(&order.id).map_or("", |one| one.name.as_str());
    let name = if cx.may_see_people() { name } else { t("people.hidden") };
    Line::to(
        at(&order.number),
        vec![
            html! { a.nowrap href=(at(&order.number)) { (order.number) } },
            html! {
                @if let Some((place, channel)) = hues.get(&order.channel) {
                    (parts::channel(&channel.code, *place))
                }
            },
            html! { span.nowrap { (show::time(cx, order.placed_at)) } },
            html! { div.clip { (name) } },
            goods(&progress),
            standing(order, &progress),
            show::cell(order.total, order.currency),
            paid(order),
            html! {
                @if held > 0 {
                    (state(Meaning::Attention, &words::counted("hold.one", "hold.many", held)))
                }
                @if progress.backordered > 0 { " " (state(Meaning::Attention, t("orders.short"))) }
            },
        ],
    )
}

/// How far the goods are: the slim bar over all lines.
fn goods(p: &Progress) -> Markup {
    let came = p.delivered.max(p.returned);
    let steps = [
        ("q0", "canceled", p.canceled),
        ("q1", "backordered", p.backordered),
        ("q3", "allocated", p.allocated),
        ("q6", "shipped", p.shipped - came),
        ("q7", "delivered", p.delivered - p.returned),
        ("q8", "returned", p.returned),
    ];
    let steps: Vec<_> = steps.into_iter().filter(|(.., share)| *share > 0).collect();
    if steps.is_empty() {
        html! {}
    } else {
        bar::slim(&steps)
    }
}

/// Where an order stands, in a word: its state, and how far its goods are while it is open.
pub fn standing(order: &Summary, p: &Progress) -> Markup {
    match order.state {
        OrderState::Placed
            if p.lines > 0
                && p.delivered >= p.shipped
                && p.shipped > 0
                && p.shipped_lines == p.lines =>
        {
            state(Meaning::Good, t("orders.delivered"))
        }
        OrderState::Placed if p.lines > 0 && p.shipped_lines == p.lines => {
            state(Meaning::Good, t("orders.shipped"))
        }
        OrderState::Placed if p.shipped > 0 => {
            let figures: [(&str, &dyn std::fmt::Display); 2] =
                [("n", &p.shipped_lines), ("of", &p.lines)];
            state(Meaning::Info, &words::with("orders.partly", &figures))
        }
        OrderState::Placed => state(Meaning::Info, t("orders.open")),
        OrderState::Closed => state(Meaning::Good, &words::of("state", "closed")),
        other => state(Meaning::Plain, &words::of("state", other.code())),
    }
}

fn paid(order: &Summary) -> Markup {
    let kept = order.paid.captured - order.paid.refunded;
    match () {
        () if order.total == 0 => html! {},
        () if order.paid.refunded > 0 && kept <= 0 => state(Meaning::Plain, t("paid.refunded")),
        () if kept >= order.total => state(Meaning::Good, t("paid.paid")),
        () if kept > 0 => state(Meaning::Info, t("paid.partly")),
        () if order.paid.authorized > 0 => state(Meaning::Info, t("paid.authorized")),
        () => state(Meaning::Plain, t("paid.open")),
    }
}

//! The list of stock levels: filters and search in its address, by SKU.

use maud::{Markup, html};
use orderly_ops::Error;
use orderly_ops::ops::read::stock::{Browse, Shown, browse};

use super::{HERE, actions, at, done_bar, locations, why_at};
use crate::fields::address;
use crate::parts::form::{Field, field, select};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, goods, state};
use crate::words::t;
use crate::{Answer, Cx, Page};

/// Rows of one page.
const ROWS: u32 = 50;

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let wanted = Browse {
        location: cx.query.owned("location"),
        text: cx.query.owned("q"),
        owing: cx.query.text("only") == "owing",
        out: cx.query.text("only") == "out",
        after: cx.query.owned("after"),
        limit: ROWS,
    };
    let (found, next) = browse(&cx.app, &cx.call, &wanted)?;
    let here: Vec<(&str, &str)> =
        wanted.location.iter().map(|code| ("location", code.as_str())).collect();
    let all_moves = html! {
        (actions(cx, &here))
        a.button href="/console/stock/transfers" { (t("stock.transfers")) }
        a.button href="/console/stock/items" { (t("stock.items")) }
    };
    let body = html! {
        (parts::head(&html! { (t("room.stock")) }, &[], &all_moves))
        (done_bar(cx))
        (views(&saved(cx)))
        (filters(cx)?)
        div #stock data-live {
            @if found.is_empty() { (nothing(cx)) } @else { (rows(&found)) }
        }
        (pager(
            cx.query.get("after").map(|_| cx.query.but(HERE, "after", None)).as_deref(),
            next.as_deref().map(|next| cx.query.but(HERE, "after", Some(next))).as_deref(),
        ))
    };
    Ok(Page::full(t("room.stock"), body).into())
}

fn saved(cx: &Cx) -> Vec<View> {
    let all: [(&'static str, &str); 3] =
        [("stock.view.all", ""), ("stock.view.owing", "owing"), ("stock.view.out", "out")];
    let one = |(name, only): (&'static str, &str)| {
        let fields: Vec<(&str, &str)> = [("only", only), ("location", cx.query.text("location"))]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        View {
            href: address(HERE, &fields),
            name: t(name).to_owned(),
            is_current: cx.query.text("only") == only,
        }
    };
    all.into_iter().map(one).collect()
}

fn filters(cx: &Cx) -> Result<Markup, Error> {
    let mut places = vec![(String::new(), t("stock.any_location").to_owned())];
    places.extend(locations(cx)?.into_iter().map(|one| (one.code, one.name)));
    Ok(html! {
        form.form.row.filters action=(HERE) data-auto {
            @if let Some(only) = cx.query.get("only") { (parts::form::hidden("only", only)) }
            (field(&Field {
                name: "q", label: t("stock.search"), kind: "search", value: cx.query.text("q"),
                ..Field::default()
            }))
            (select("location", t("stock.location"), cx.query.text("location"), &places))
            button type="submit" { (t("orders.filter")) }
        }
    })
}

fn nothing(cx: &Cx) -> Markup {
    if cx.query.0.iter().all(|(name, value)| value.is_empty() || name == "done") {
        let receive = html! {
            a.button.main href="/console/stock/receive" { (t("stock.receive_first")) }
        };
        return parts::empty(t("stock.none"), t("stock.none_next"), &receive);
    }
    let all = html! { a.button href=(HERE) { (t("orders.show_all")) } };
    parts::empty(t("stock.none_found"), t("stock.none_found_next"), &all)
}

fn rows(found: &[Shown]) -> Markup {
    let lines: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("stock.item")),
        column(t("stock.location")).rank(2),
        figures(t("stock.on_hand")),
        figures(t("stock.allocated")).rank(2),
        figures(t("stock.owed")).rank(2),
        figures(t("stock.available")),
        column("").rank(3),
    ];
    table(t("room.stock"), &columns, &lines)
}

fn row(shown: &Shown) -> Line {
    let (level, item) = (&shown.level, &*shown.item);
    let available = level.available();
    Line::to(
        at(&item.sku),
        vec![
            html! {
                a.id href=(at(&item.sku)) { (item.sku) }
                div.clip.small.muted {
                    (item.name)
                    @if let Some(piece) = level.piece { " · " (goods::text(item, piece.get())) }
                }
                div.small.phone { (shown.location) }
            },
            html! { (shown.location) },
            html! {
                a href=(why_at(&item.sku, &shown.location)) title=(t("stock.why")) {
                    (goods::units(item, level.on_hand.get()))
                }
            },
            html! { (goods::number(item, level.allocated.get())) },
            html! { (goods::number(item, level.backordered.get())) },
            html! { strong { (goods::number(item, available.get())) } },
            html! {
                @if !level.backordered.is_zero() {
                    (state(Meaning::Attention, t("stock.is_owed")))
                } @else if available.is_zero() {
                    (state(Meaning::Plain, t("stock.is_out")))
                }
            },
        ],
    )
}

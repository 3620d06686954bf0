//! The page of an item: what there is where, what comes, what can be promised when, who claims it,
//! what moved.

use std::collections::HashMap;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::id::OrderId;
use orderly_core::item::Item;
use orderly_core::time::Day;
use orderly_core::units::Condition;
use orderly_ops::Error;
use orderly_ops::ops::read::stock::ledger::{Whereabouts, whereabouts};
use orderly_ops::ops::read::stock::supply::{Coming, Supply, supply};
use orderly_ops::ops::read::stock::{Moved, history};

use super::{HERE, actions, at, done_bar, transfers, why, why_at};
use crate::fields::segment;
use crate::parts::form::{Field, field};
use crate::parts::table::{Line, figures, table, with_foot, words as column};
use crate::parts::{self, Meaning, goods, state};
use crate::rooms::orders::at as order_at;
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

/// Claims of a kind that are shown for one location, and movements.
const CLAIMS: i64 = 20;
const MOVES: u32 = 12;

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let named = cx.name("item");
    let (item, supplies) = supply(&cx.app, &cx.call, named, None)?;
    let found = whereabouts(&cx.app, &cx.call, item.id, CLAIMS)?;
    let (_, moved) = history(&cx.app, &cx.call, &item.sku, None, MOVES)?;
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock"))]))
        (head(cx, &item))
        (done_bar(cx))
        div #item data-live {
            (parts::section(t("stock.where"), &levels(&item, &supplies)))
            div.columns {
                div {
                    (comes(cx, &item, &supplies))
                    (claims(cx, &item, &found))
                    (movements(cx, &item, &moved))
                }
                div { (promise(cx, &item, &supplies)) (lies(&item, &found)) }
            }
        }
    };
    Ok(Page::new(item.name.clone(), body).into())
}

fn head(cx: &Cx, item: &Item) -> Markup {
    let mut facts = vec![html! { span.id { (item.sku) } }];
    facts.extend(item.gtin.as_ref().map(|gtin| html! { span.id { (gtin) } }));
    facts.push(html! { (words::with("stock.sold_in", &[("unit", &item.sale_unit)])) });
    if !item.active {
        facts.push(state(Meaning::Plain, t("stock.inactive")));
    }
    if !item.is_stocked() {
        facts.push(state(Meaning::Plain, t("stock.not_stocked")));
    }
    let moves = if item.is_stocked() {
        actions(cx, &[("scan", &item.sku)])
    } else {
        html! {}
    };
    parts::head(&html! { (item.name) }, &facts, &moves)
}

/// On hand, allocated, owed, kept back, available and coming, by location.
fn levels(item: &Item, supplies: &[Supply]) -> Markup {
    if supplies.is_empty() {
        return parts::empty(t("stock.item_none"), t("stock.item_none_next"), &html! {});
    }
    let qty = |base: i64| html! { (goods::number(item, base)) };
    let coming = |one: &Supply| one.coming.iter().map(|coming| coming.qty.get()).sum::<i64>();
    let rows: Vec<Line> = supplies
        .iter()
        .map(|one| {
            Line::new(vec![
                html! { (one.location) },
                html! {
                    a href=(why_at(&item.sku, &one.location)) { (goods::units(item, one.on_hand)) }
                },
                qty(one.allocated),
                qty(one.backordered),
                qty(one.safety),
                html! { strong { (goods::number(item, one.available)) } },
                qty(coming(one)),
            ])
        })
        .collect();
    let sum = |of: &dyn Fn(&Supply) -> i64| qty(supplies.iter().map(of).sum());
    let foot = [
        html! { (t("stock.sum")) },
        sum(&|one| one.on_hand),
        sum(&|one| one.allocated),
        sum(&|one| one.backordered),
        sum(&|one| one.safety),
        sum(&|one| one.available),
        sum(&coming),
    ];
    let columns = [
        column(t("stock.location")),
        figures(t("stock.on_hand")),
        figures(t("stock.allocated")),
        figures(t("stock.owed")).rank(2),
        figures(t("stock.kept_back")).rank(3),
        figures(t("stock.available")),
        figures(t("stock.coming")).rank(2),
    ];
    let foot: &[Markup] = if supplies.len() > 1 { &foot } else { &[] };
    html! {
        (with_foot(t("stock.where"), &columns, &rows, foot))
        p.small.muted { (t("stock.formula")) }
    }
}

fn comes(cx: &Cx, item: &Item, supplies: &[Supply]) -> Markup {
    let today = show::today(cx);
    let row = |supply: &Supply, one: &Coming| {
        let href = match one.kind {
            "purchase" => format!("/console/purchasing/{}", segment(&one.number)),
            _ => transfers::at(&one.number),
        };
        let late = one.expected_on.is_some_and(|day| day < today);
        Line::to(
            href.clone(),
            vec![
                html! { a href=(href) { (words::of("coming", one.kind)) " " (one.number) } },
                html! { (supply.location) },
                html! {
                    @match one.expected_on {
                        Some(day) if late => (state(Meaning::Attention, &show::day(day, today))),
                        Some(day) => (show::day(day, today)),
                        None => span.muted { (t("stock.no_day")) },
                    }
                },
                goods::units(item, one.qty.get()),
            ],
        )
    };
    let rows: Vec<Line> = supplies
        .iter()
        .flat_map(|supply| supply.coming.iter().map(move |one| row(supply, one)))
        .collect();
    let columns = [
        column(t("stock.comes_with")),
        column(t("stock.comes_to")),
        column(t("stock.expected")),
        figures(t("stock.quantity")),
    ];
    html! { @if !rows.is_empty() {
        (parts::section(t("stock.comes"), &table(t("stock.comes"), &columns, &rows)))
    } }
}

/// What can be promised for a day, and the days on which that changes.
fn promise(cx: &Cx, item: &Item, supplies: &[Supply]) -> Markup {
    let today = show::today(cx);
    let asked = cx.query.get("on").and_then(|text| Day::parse(text).ok());
    let mut days: Vec<Day> = supplies
        .iter()
        .flat_map(|one| one.promise.iter().map(|(day, _)| *day))
        .chain(asked)
        .filter(|day| *day >= today)
        .collect();
    days.sort_unstable_by_key(|day| day.number());
    days.dedup();
    days.truncate(30);
    let row = |day: &Day| {
        let of = |supply: &Supply| supply.promised_for(*day);
        let parts: Vec<String> = supplies
            .iter()
            .filter(|supply| of(supply) > 0)
            .map(|supply| format!("{} {}", supply.location, goods::number(item, of(supply))))
            .collect();
        Line::new(vec![
            html! {
                @if Some(*day) == asked { strong { (show::day(*day, today)) } }
                @else if *day == today { (t("time.today")) }
                @else { (words::with("stock.from_day", &[("day", &show::day(*day, today))])) }
            },
            html! { span.small.muted { (parts.join(" · ")) } },
            html! { strong { (goods::units(item, supplies.iter().map(of).sum())) } },
        ])
    };
    let rows: Vec<Line> = days.iter().map(row).collect();
    let columns =
        [column(t("stock.day")), column(t("stock.location")), figures(t("stock.promised"))];
    let body = html! {
        (table(t("stock.promise"), &columns, &rows))
        form.form.row action=(at(&item.sku)) {
            (field(&Field {
                name: "on", label: t("stock.promise_on"), kind: "date", is_short: true,
                value: cx.query.text("on"), ..Field::default()
            }))
            button type="submit" { (t("stock.ask")) }
        }
    };
    parts::section(t("stock.promise"), &body)
}

fn lies(item: &Item, found: &Whereabouts) -> Markup {
    let rows: Vec<Line> = found
        .lies
        .iter()
        .map(|one| {
            let condition = one.condition.map(Condition::code).filter(|code| *code != "sellable");
            Line::new(vec![
                html! {
                    (one.location) " " span.id.small { (one.bin) }
                    @if let Some(code) = condition {
                        " " (state(Meaning::Attention, &words::of("condition", code)))
                    }
                    @if let Some(lot) = &one.lot { div.small.muted.id { (lot) } }
                },
                goods::units(item, one.qty.get()),
            ])
        })
        .collect();
    let columns = [column(t("stock.bin")), figures(t("stock.quantity"))];
    html! { @if !rows.is_empty() {
        (parts::section(t("stock.lies"), &table(t("stock.lies"), &columns, &rows)))
    } }
}

fn claims(cx: &Cx, item: &Item, found: &Whereabouts) -> Markup {
    let today = show::today(cx);
    let numbers: &HashMap<OrderId, String> = &found.numbers;
    let mut rows = Vec::new();
    for one in &found.claims {
        let all = one.backordered.iter().chain(&one.allocated);
        for claimed in all {
            let number = numbers.get(&claimed.order).map_or("?", String::as_str);
            let claim = &claimed.claim;
            let (meaning, word) = match claim.allocated {
                true => (Meaning::Info, t("qty.allocated")),
                false => (Meaning::Attention, t("qty.backordered")),
            };
            rows.push(Line::to(
                order_at(number),
                vec![
                    html! { a href=(order_at(number)) { (number) } },
                    html! { (one.location) },
                    state(meaning, word),
                    html! { @if let Some(day) = claim.due_on { (show::day(day, today)) } },
                    goods::units(item, claim.qty.get()),
                ],
            ));
        }
    }
    let columns = [
        column(t("orders.order")),
        column(t("stock.location")),
        column(t("orders.state")),
        column(t("stock.due")).rank(2),
        figures(t("stock.quantity")),
    ];
    html! { @if !rows.is_empty() {
        (parts::section(t("stock.claims"), &table(t("stock.claims"), &columns, &rows)))
    } }
}

fn movements(cx: &Cx, item: &Item, moved: &[Moved]) -> Markup {
    let row = |one: &Moved| {
        let movement = &one.posting.movement;
        Line::new(vec![
            show::time(cx, movement.effective_at),
            html! {
                (words::of("movement", movement.kind.code()))
                @if let Some(reason) = &movement.reason { div.small.muted { (reason) } }
            },
            html! { span.small { (why::place(&one.from)) " → " (why::place(&one.to)) } },
            goods::units(item, movement.qty.get()),
        ])
    };
    let rows: Vec<Line> = moved.iter().map(row).collect();
    let columns = [
        column(t("why.when")),
        column(t("why.what")),
        column(t("why.way")).rank(2),
        figures(t("stock.quantity")),
    ];
    let all = html! {
        div.actions { a href=(format!("{}/why", at(&item.sku))) { (t("stock.all_movements")) } }
    };
    html! { @if !rows.is_empty() {
        (parts::section_with(
            t("stock.movements"), &all, &table(t("stock.movements"), &columns, &rows),
        ))
    } @else if cx.may(Permission::Receive) && item.is_stocked() {
        p.muted { (t("stock.never_moved")) }
    } }
}

//! Counts: opened at a location, scanned shelf by shelf, posted with their differences.

use std::collections::HashMap;
use std::sync::Arc;

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::stock::{Count, CountLine, CountState};
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;
use orderly_ops::ops::stock::count as counting;
use orderly_ops::wire::stock::{CountIn, CountedIn};

use super::{HERE, basket, chosen, done_bar, location_field, locations};
use crate::cx::wrong_at;
use crate::fields::{address, segment};
use crate::parts::form::{self, Field, check, field, send};
use crate::parts::list::pager;
use crate::parts::sheet::{Effect, changes};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, goods, scan, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

const LIST: &str = "/console/stock/counts";
/// Rows of one page.
const ROWS: u32 = 50;

fn at(number: &str) -> String {
    format!("{LIST}/{}", segment(number))
}

fn standing(count: &Count) -> Markup {
    match (count.state, count.reversed_at) {
        (_, Some(_)) => state(Meaning::Plain, &words::of("count", "reversed")),
        (CountState::Open, _) => state(Meaning::Info, &words::of("count", "open")),
        (CountState::Posted, _) => state(Meaning::Good, &words::of("count", "posted")),
        (other, _) => state(Meaning::Plain, &words::of("count", other.code())),
    }
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    Ok(listed(cx, None)?.into())
}

fn listed(cx: &Cx, error: Option<&Error>) -> Result<Page, Error> {
    let before = cx.query.get("before").and_then(|text| text.parse().ok());
    let found = counting::list(&cx.app, &cx.call, before, ROWS)?;
    let places = locations(cx)?;
    let next = found.last().filter(|_| found.len() == ROWS as usize);
    let next = next.map(|last| last.id.to_string());
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock"))]))
        (parts::head(&html! { (t("stock.counts")) }, &[], &html! {}))
        @if let Some(error) = error { (fault::notice(error)) }
        @if cx.may(Permission::Count) {
            form.form.row method="post" action=(LIST) {
                (form::key(cx))
                (location_field("location", t("stock.location"), &places,
                    chosen(&places, cx.form.text("location")).map_or("", |one| &one.code)))
                (check("blind", t("counts.blind"), cx.form.is_on("blind")))
                (send(t("counts.open"), None))
            }
        }
        @if found.is_empty() {
            (parts::empty(t("counts.none"), t("counts.none_next"), &html! {}))
        } @else { (rows(cx, &found, &places)) }
        (pager(
            cx.query.get("before").map(|_| cx.query.but(LIST, "before", None)).as_deref(),
            next.map(|id| cx.query.but(LIST, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::new(t("stock.counts"), body).with_status(error.map_or(200, fault::status)))
}

fn rows(cx: &Cx, found: &[Count], places: &[Location]) -> Markup {
    let lines: Vec<Line> = found
        .iter()
        .map(|count| {
            let place = places.iter().find(|one| one.id == count.location);
            Line::to(
                at(&count.number),
                vec![
                    html! { a.nowrap href=(at(&count.number)) { (count.number) } },
                    html! { (place.map_or("", |one| one.name.as_str())) },
                    standing(count),
                    show::time(cx, count.started_at),
                ],
            )
        })
        .collect();
    let columns = [
        column(t("counts.number")),
        column(t("stock.location")),
        column(t("orders.state")),
        column(t("counts.started")).rank(2),
    ];
    table(t("stock.counts"), &columns, &lines)
}

pub fn open(cx: &Cx) -> Result<Answer, Error> {
    let location = cx.form.text("location").to_owned();
    let new = CountIn { location, blind: cx.form.is_on("blind") };
    match cx.command().and_then(|call| counting::open(&cx.app, &call, &new)) {
        Ok(count) => Ok(Answer::Goto(at(&count.number))),
        Err(error @ Error::Refused(_)) => Ok(listed(cx, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let count = counting::called(&cx.app, &cx.call, cx.name("count"))?;
    Ok(drawn(cx, &count, None)?.into())
}

type Items = HashMap<orderly_core::id::ItemId, Arc<Item>>;

fn items(cx: &Cx, count: &Count) -> Result<Items, Error> {
    let mut all = Items::new();
    for line in &count.lines {
        if !all.contains_key(&line.spot.item) {
            let (item, _) = catalog::item(&cx.app, &cx.call, &line.spot.item.to_string())?;
            all.insert(item.id, item);
        }
    }
    Ok(all)
}

fn drawn(cx: &Cx, count: &Count, error: Option<&Error>) -> Result<Page, Error> {
    let places = catalog::locations(&cx.app, &cx.call)?;
    let place = places.iter().find(|one| one.id == count.location);
    let title = words::with("counts.title", &[("number", &count.number)]);
    let facts = [
        standing(count),
        html! { (place.map_or("", |one| one.name.as_str())) },
        html! { (t("counts.started")) " " (show::time(cx, count.started_at)) },
    ];
    let items = items(cx, count)?;
    let is_open = count.state == CountState::Open && cx.may(Permission::Count);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock")), (LIST, t("stock.counts"))]))
        (parts::head(&html! { (title) }, &facts, &html! {}))
        (done_bar(cx))
        @if is_open { div.bench { (bench(cx, count, error)?) } }
        (parts::section(t("counts.lines"), &counted(cx, count, &items)))
        @if is_open && !count.lines.is_empty() { (ending(cx, count, &items)) }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

/// Scan a shelf's item, say how many lie there.
fn bench(cx: &Cx, count: &Count, error: Option<&Error>) -> Result<Markup, Error> {
    let path = at(&count.number);
    let text = cx.query.get("scan").or_else(|| cx.form.get("sku"));
    let scanned = text.map(scan::read);
    let found = match &scanned {
        Some(scanned) => basket::find(cx, scanned)?.map(|(item, _)| item),
        None => None,
    };
    let said = text.map(|text| match &found {
        Some(item) => (true, item.name.clone()),
        None => {
            let code: String = text.chars().take(60).collect();
            (false, words::with("scan.unknown", &[("code", &code)]))
        }
    });
    let lot = scanned.and_then(|one| one.lot.or(one.serial));
    Ok(html! {
        (scan::line(&path, &crate::Fields::default(), said.as_ref()))
        @if let Some(error) = error { (fault::notice(error)) }
        @if let Some(item) = found { (how_many(cx, count, &item, lot, error)) }
    })
}

fn how_many(
    cx: &Cx,
    count: &Count,
    item: &Item,
    lot: Option<String>,
    error: Option<&Error>,
) -> Markup {
    let wrong = |name: &str| wrong_at(error, &format!("0/{name}"));
    html! {
        form.form method="post" action=(format!("{}/record", at(&count.number))) {
            (form::key(cx))
            (form::hidden("version", &count.version.to_string()))
            (form::hidden("sku", &item.sku))
            (field(&Field {
                name: "quantity",
                label: &words::with("counts.how_many", &[
                    ("item", &item.name), ("unit", &basket::unit(item)),
                ]),
                value: cx.form.text("quantity"), error: wrong("quantity"), mode: "decimal",
                required: true, focus: true, is_short: true, ..Field::default()
            }))
            @if item.goods == Goods::Lengths {
                (field(&Field {
                    name: "length", label: &words::of("stock_field", "length"),
                    value: cx.form.text("length"), error: wrong("length"), is_short: true,
                    ..Field::default()
                }))
            }
            @if item.tracking != Tracking::None {
                (field(&Field {
                    name: "lot", label: &words::of("stock_field", "lot"),
                    value: cx.form.get("lot").or(lot.as_deref()).unwrap_or(""),
                    error: wrong("lot"), is_short: true, ..Field::default()
                }))
                (check("confirm", t("counts.confirm"), cx.form.is_on("confirm")))
            }
            details.more {
                summary { (t("stock.more")) }
                (field(&Field {
                    name: "bin", label: t("stock.bin"), value: cx.form.text("bin"),
                    error: wrong("bin"), is_short: true, ..Field::default()
                }))
                (field(&Field {
                    name: "reason", label: t("counts.reason"), value: cx.form.text("reason"),
                    error: wrong("reason"), ..Field::default()
                }))
            }
            (send(t("counts.record"), Some(&at(&count.number))))
        }
    }
}

fn counted(cx: &Cx, count: &Count, items: &Items) -> Markup {
    if count.lines.is_empty() {
        return parts::empty(t("counts.nothing"), t("counts.nothing_next"), &html! {});
    }
    let row = |line: &CountLine| {
        let item = items.get(&line.spot.item)?;
        let known = |base: Option<i64>| base.map(|base| goods::number(item, base));
        let differs = line.difference.or_else(|| Some(line.counted.get() - line.expected?));
        Some(Line::new(vec![
            html! {
                a.id href=(super::at(&item.sku)) { (item.sku) }
                div.small.muted {
                    (item.name)
                    @if line.spot.condition.code() != "sellable" {
                        " · " (words::of("condition", line.spot.condition.code()))
                    }
                    @if let Some(reason) = &line.reason { " · " (reason) }
                }
            },
            goods::units(item, line.counted.get()),
            html! { (known(line.expected).unwrap_or_default()) },
            html! {
                @match differs {
                    Some(0) => (state(Meaning::Good, t("counts.same"))),
                    Some(delta) => (state(Meaning::Attention, &goods::signed(item, delta))),
                    None => {},
                }
            },
            show::time(cx, line.counted_at),
        ]))
    };
    let lines: Vec<Line> = count.lines.iter().filter_map(row).collect();
    let columns = [
        column(t("stock.item")),
        figures(t("counts.counted")),
        figures(t("counts.expected")).rank(2),
        column(t("counts.difference")),
        column(t("why.when")).rank(3),
    ];
    table(t("counts.lines"), &columns, &lines)
}

/// What posting will change, and the button that does it.
fn ending(cx: &Cx, count: &Count, items: &Items) -> Markup {
    let mut call = cx.call.clone();
    call.reason = Some(t("sheet.trial").to_owned());
    let tried = counting::finish(&cx.app.rehearsal(), &call, count.id);
    let path = at(&count.number);
    let version = count.version.to_string();
    html! {
        div.sheet #sheet {
            h2 { (t("sheet.title")) }
            div.body {
                @match &tried {
                    Ok(after) => (changes(&effects(after, items))),
                    Err(refusal) => (fault::notice(refusal)),
                }
            }
            div.confirm {
                @if tried.is_ok() {
                    form method="post" action=(format!("{path}/finish")) {
                        (form::key(cx)) (form::hidden("version", &version))
                        button.main type="submit" data-main { (t("counts.finish")) }
                    }
                }
                form method="post" action=(format!("{path}/cancel")) {
                    (form::key(cx)) (form::hidden("version", &version))
                    button.plain type="submit" { (t("counts.cancel")) }
                }
            }
        }
    }
}

fn effects(after: &Count, items: &Items) -> Vec<Effect> {
    let one = |line: &CountLine| {
        let item = items.get(&line.spot.item)?;
        let delta = line.difference.filter(|delta| *delta != 0)?;
        let sign = if delta < 0 { '−' } else { '+' };
        let figure = format!("{} {}", goods::signed(item, delta), item.sale_unit);
        Some(Effect::new(sign, item.name.clone(), figure))
    };
    after.lines.iter().filter_map(one).collect()
}

pub fn record(cx: &Cx) -> Result<Answer, Error> {
    let count = counting::called(&cx.app, &cx.call, cx.name("count"))?;
    let counted = CountedIn {
        sku: cx.form.text("sku").to_owned(),
        quantity: cx.form.text("quantity").to_owned(),
        length: cx.form.owned("length"),
        lot: cx.form.owned("lot"),
        bin: cx.form.owned("bin"),
        reason: cx.form.owned("reason"),
        confirm: cx.form.is_on("confirm"),
        ..CountedIn::default()
    };
    let done = cx.command().and_then(|call| {
        counting::record(&cx.app, &call, count.id, std::slice::from_ref(&counted))
    });
    after(cx, &count, done, "counted")
}

pub fn finish(cx: &Cx) -> Result<Answer, Error> {
    let count = counting::called(&cx.app, &cx.call, cx.name("count"))?;
    let done = cx.command().and_then(|call| counting::finish(&cx.app, &call, count.id));
    after(cx, &count, done, "posted")
}

pub fn cancel(cx: &Cx) -> Result<Answer, Error> {
    let count = counting::called(&cx.app, &cx.call, cx.name("count"))?;
    let done = cx.command().and_then(|call| counting::cancel(&cx.app, &call, count.id));
    after(cx, &count, done, "canceled")
}

fn after(cx: &Cx, before: &Count, done: Result<Count, Error>, how: &str) -> Result<Answer, Error> {
    match done {
        Ok(count) => Ok(Answer::Goto(address(&at(&count.number), &[("done", how)]))),
        Err(error @ Error::Refused(_)) => Ok(drawn(cx, before, Some(&error))?.into()),
        Err(error) => Err(error),
    }
}

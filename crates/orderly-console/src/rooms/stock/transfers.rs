//! Transfers: the list, the page of one, and taking in what arrived.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::stock::TransferState;
use orderly_ops::Error;
use orderly_ops::ops::read::stock::transfers::{Shown, list as all, show as one};
use orderly_ops::ops::stock::transfer as sending;
use orderly_ops::wire::stock::{ArrivalIn, ArrivalLineIn};

use super::{HERE, done_bar};
use crate::cx::wrong_at;
use crate::fields::{address, segment};
use crate::parts::form::{self, Field, field, send};
use crate::parts::list::{View, pager, views};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, goods, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show as shown};

const LIST: &str = "/console/stock/transfers";
/// Rows of one page.
const ROWS: u32 = 50;

/// The address of a transfer's page.
pub fn at(number: &str) -> String {
    format!("{LIST}/{}", segment(number))
}

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let wanted = cx.query.get("state").and_then(TransferState::parse);
    let before = cx.query.get("before").and_then(|text| text.parse().ok());
    let found = all(&cx.app, &cx.call, wanted, before, ROWS)?;
    let new = html! {
        @if cx.may(Permission::Transfer) {
            a.button.main href="/console/stock/transfer" { (words::of("stock_act", "transfer")) }
        }
    };
    let next = found.last().filter(|_| found.len() == ROWS as usize);
    let next = next.map(|last| last.transfer.id.to_string());
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock"))]))
        (parts::head(&html! { (t("stock.transfers")) }, &[], &new))
        (views(&saved(cx)))
        div #transfers data-live {
            @if found.is_empty() {
                (parts::empty(t("transfers.none"), t("transfers.none_next"), &html! {}))
            } @else { (rows(cx, &found)) }
        }
        (pager(
            cx.query.get("before").map(|_| cx.query.but(LIST, "before", None)).as_deref(),
            next.map(|id| cx.query.but(LIST, "before", Some(&id))).as_deref(),
        ))
    };
    Ok(Page::full(t("stock.transfers"), body).into())
}

fn saved(cx: &Cx) -> Vec<View> {
    let own = cx.query.text("state");
    let mut all = vec![View {
        href: LIST.to_owned(),
        name: t("transfers.all").to_owned(),
        is_current: own.is_empty(),
    }];
    all.extend(TransferState::ALL.iter().map(|state| View {
        href: address(LIST, &[("state", state.code())]),
        name: words::of("transfer", state.code()),
        is_current: own == state.code(),
    }));
    all
}

fn standing(of: TransferState) -> Markup {
    let meaning = match of {
        TransferState::Received => Meaning::Good,
        TransferState::Canceled => Meaning::Plain,
        _ => Meaning::Info,
    };
    state(meaning, &words::of("transfer", of.code()))
}

fn rows(cx: &Cx, found: &[Shown]) -> Markup {
    let today = shown::today(cx);
    let lines: Vec<Line> = found
        .iter()
        .map(|one| {
            let transfer = &one.transfer;
            Line::to(
                at(&transfer.number),
                vec![
                    html! { a.nowrap href=(at(&transfer.number)) { (transfer.number) } },
                    html! { (one.from) " → " (one.to) },
                    html! { (words::counted("unit.line.one", "unit.line.many", lines_of(one))) },
                    standing(transfer.state),
                    html! { @if let Some(day) = transfer.expected_on { (shown::day(day, today)) } },
                    shown::time(cx, transfer.created_at),
                ],
            )
        })
        .collect();
    let columns = [
        column(t("transfers.number")),
        column(t("transfers.way")),
        column(t("transfers.lines")).rank(3),
        column(t("orders.state")),
        column(t("stock.expected")).rank(2),
        column(t("transfers.made")).rank(3),
    ];
    table(t("stock.transfers"), &columns, &lines)
}

fn lines_of(one: &Shown) -> i64 {
    i64::try_from(one.transfer.lines.len()).unwrap_or(i64::MAX)
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let found = one(&cx.app, &cx.call, cx.name("transfer"))?;
    Ok(drawn(cx, &found, None).into())
}

fn drawn(cx: &Cx, found: &Shown, error: Option<&Error>) -> Page {
    let transfer = &found.transfer;
    let title = words::with("transfers.title", &[("number", &transfer.number)]);
    let mut facts = vec![standing(transfer.state), html! { (found.from) " → " (found.to) }];
    facts.extend(transfer.expected_on.map(|day| {
        html! { (t("stock.expected")) " " (shown::day(day, shown::today(cx))) }
    }));
    facts.extend(
        transfer.shipped_at.map(|at| html! { (t("transfers.left")) " " (shown::time(cx, at)) }),
    );
    let open = transfer.lines.iter().any(|line| !line.in_transit().is_zero());
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock")), (LIST, t("stock.transfers"))]))
        (parts::head(&html! { (title) }, &facts, &html! {}))
        (done_bar(cx))
        (parts::section(t("transfers.lines"), &lines(found)))
        @if open && cx.may(Permission::Transfer) { (arrival(cx, found, error)) }
    };
    Page::new(title, body).with_status(error.map_or(200, fault::status))
}

fn lines(found: &Shown) -> Markup {
    let rows: Vec<Line> = found
        .transfer
        .lines
        .iter()
        .zip(&found.items)
        .map(|(line, item)| {
            let qty = |base: i64| html! { (goods::number(item, base)) };
            Line::new(vec![
                html! {
                    a.id href=(super::at(&item.sku)) { (item.sku) }
                    div.small.muted { (item.name) }
                },
                goods::units(item, line.qty.get()),
                qty(line.sent.get()),
                qty(line.in_transit().get()),
                qty(line.received.get()),
                qty(line.written_off.get()),
            ])
        })
        .collect();
    let columns = [
        column(t("stock.item")),
        figures(t("transfers.wanted")),
        figures(t("transfers.sent")).rank(2),
        figures(t("transfers.on_way")),
        figures(t("transfers.arrived")),
        figures(t("transfers.lost")).rank(2),
    ];
    table(t("transfers.lines"), &columns, &rows)
}

/// What arrived, in base units of each item as the delivery note counts them; all that is on its
/// way where nothing is changed.
fn arrival(cx: &Cx, found: &Shown, error: Option<&Error>) -> Markup {
    let transfer = &found.transfer;
    let action = format!("{}/receive", at(&transfer.number));
    let body = html! {
        @if let Some(error) = error { (fault::notice(error)) }
        form.form method="post" action=(action) {
            (form::key(cx))
            (form::hidden("version", &transfer.version.to_string()))
            @for (line, item) in transfer.lines.iter().zip(&found.items) {
                @let open = line.in_transit();
                @if !open.is_zero() {
                    @let name = format!("line.{}", line.position);
                    @let most = goods::text(item, open.get());
                    (field(&Field {
                        name: &name,
                        label: &format!("{} {}", item.sku, item.name),
                        value: cx.form.get(&name).unwrap_or(&plain(item, open)),
                        hint: &words::with("transfers.most", &[("most", &most)]),
                        is_short: true,
                        mode: "decimal",
                        ..Field::default()
                    }))
                }
            }
            details.more {
                summary { (t("transfers.differs")) }
                (field(&Field {
                    name: "write_off", label: t("transfers.write_off"),
                    value: cx.form.text("write_off"), hint: t("transfers.write_off_hint"),
                    error: wrong_at(error, "write_off"), ..Field::default()
                }))
            }
            (send(t("transfers.take_in"), None))
        }
    };
    parts::section(t("transfers.arrives"), &body)
}

/// A quantity as it is typed: in the sale unit, without anything between the thousands.
fn plain(item: &orderly_core::item::Item, qty: orderly_core::qty::Qty) -> String {
    let ratio = item.ratio(&item.sale_unit).unwrap_or(orderly_core::qty::Ratio::ONE);
    orderly_ops::wire::out::quantity(qty, ratio)
}

pub fn receive(cx: &Cx) -> Result<Answer, Error> {
    let found = one(&cx.app, &cx.call, cx.name("transfer"))?;
    let done = cx.command().and_then(|call| {
        let new = arrived(cx, &found)?;
        sending::receive(&cx.app, &call, found.transfer.id, &new)
    });
    match done {
        Ok(after) => Ok(Answer::Goto(address(&at(&after.number), &[("done", "arrived")]))),
        Err(error @ (Error::Refused(_) | Error::Invalid(_))) => {
            Ok(drawn(cx, &found, Some(&error)).into())
        }
        Err(error) => Err(error),
    }
}

fn arrived(cx: &Cx, found: &Shown) -> Result<ArrivalIn, Error> {
    let mut lines = Vec::new();
    for (line, item) in found.transfer.lines.iter().zip(&found.items) {
        let name = format!("line.{}", line.position);
        let Some(text) = cx.form.get(&name) else { continue };
        let (qty, _) = item.quantity(text, &item.sale_unit)?;
        if !qty.is_zero() {
            let (position, quantity) = (line.position, qty.get());
            lines.push(ArrivalLineIn { position, quantity, ..ArrivalLineIn::default() });
        }
    }
    Ok(ArrivalIn { lines, write_off: cx.form.owned("write_off"), ..ArrivalIn::default() })
}

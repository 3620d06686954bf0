//! The list of items, whether there is any of them or not: found by SKU, barcode or name.

use std::sync::Arc;

use maud::html;
use orderly_core::item::Item;
use orderly_ops::Error;
use orderly_ops::ops::read::catalog;

use super::{HERE, at};
use crate::parts::form::{Field, field};
use crate::parts::list::pager;
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::t;
use crate::{Answer, Cx, Page, show};

const LIST: &str = "/console/stock/items";
/// Rows of one page.
const ROWS: i64 = 50;

pub fn list(cx: &Cx) -> Result<Answer, Error> {
    let (found, next) = match cx.query.get("q") {
        Some(text) => (catalog::find_items(&cx.app, &cx.call, text, 100)?, None),
        None => {
            let found = catalog::items(&cx.app, &cx.call, cx.query.text("after"), ROWS)?;
            let full = i64::try_from(found.len()) == Ok(ROWS);
            let next = found.last().filter(|_| full).map(|last| last.sku.clone());
            (found, next)
        }
    };
    let row = |item: &Arc<Item>| {
        let price = item.price.zip(item.price_currency);
        let price =
            price.map(|(price, currency)| format!("{} {currency}", show::price(price, currency)));
        Line::to(
            at(&item.sku),
            vec![
                html! { a.id href=(at(&item.sku)) { (item.sku) } },
                html! { div.clip { (item.name) } },
                html! { (item.sale_unit) },
                html! { (price.unwrap_or_default()) },
                html! {
                    @if !item.active { (state(Meaning::Plain, t("stock.inactive"))) }
                    @else if !item.is_stocked() { (state(Meaning::Plain, t("stock.not_stocked"))) }
                },
            ],
        )
    };
    let rows: Vec<Line> = found.iter().map(row).collect();
    let columns = [
        column(t("entry.item")),
        column(t("customers.name")),
        column(t("stock.unit")).rank(3),
        figures(t("order.price")).rank(2),
        column("").rank(2),
    ];
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.stock"))]))
        (parts::head(&html! { (t("stock.items")) }, &[], &html! {}))
        form.form.row.filters action=(LIST) {
            (field(&Field {
                name: "q", label: t("stock.search"), kind: "search", value: cx.query.text("q"),
                ..Field::default()
            }))
            button type="submit" { (t("orders.filter")) }
        }
        @if rows.is_empty() {
            @let all = html! { a.button href=(LIST) { (t("orders.show_all")) } };
            (parts::empty(t("stock.none_found"), t("stock.none_found_next"), &all))
        } @else { (table(t("stock.items"), &columns, &rows)) }
        (pager(
            cx.query.get("after").map(|_| LIST),
            next.as_deref().map(|next| cx.query.but(LIST, "after", Some(next))).as_deref(),
        ))
    };
    Ok(Page::full(t("stock.items"), body).into())
}

//! The page of a purchase order: what was ordered, came and was invoiced, and the next step.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::purchase::{PurchaseLine, PurchaseOrder, PurchaseState};
use orderly_core::qty::Qty;
use orderly_docs::Paper;
use orderly_ops::Error;
use orderly_ops::ops::purchases::{self, document::document};
use orderly_ops::ops::read::catalog;
use orderly_ops::wire::out::quantity;

use super::{HERE, at, known_suppliers, standing};
use crate::cx::wrong_at;
use crate::parts;
use crate::parts::form::{self, Field, field, send};
use crate::parts::table::{Line, figures, table, words as column};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, fault, show};

pub fn pdf(cx: &Cx) -> Result<Answer, Error> {
    let (purchase, sheet) = document(&cx.app, &cx.call, cx.name("purchase"), Paper::A4)?;
    let bytes = sheet.to_pdf().map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Answer::File("application/pdf", format!("{}.pdf", purchase.number), bytes))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let purchase = purchases::get(&cx.app, &cx.call, cx.name("purchase"))?;
    Ok(drawn(cx, &purchase, None)?.into())
}

pub fn drawn(cx: &Cx, purchase: &PurchaseOrder, error: Option<&Error>) -> Result<Page, Error> {
    let title = words::with("purchasing.title", &[("number", &purchase.number)]);
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.purchasing"))]))
        (head(cx, purchase, &title)?)
        @if let Some(done) = cx.query.get("done") {
            div.notice.good role="status" { (words::of("purchase_done", done)) }
        }
        @if let Some(error) = error { (fault::notice(error)) }
        (parts::section(t("invoices.lines"), &lines(cx, purchase)))
        @if purchase.is_open() && cx.may(Permission::Purchase) { (confirm(cx, purchase, error)) }
    };
    Ok(Page::new(title, body).with_status(error.map_or(200, fault::status)))
}

fn head(cx: &Cx, purchase: &PurchaseOrder, title: &str) -> Result<Markup, Error> {
    let today = show::today(cx);
    let suppliers = known_suppliers(cx)?;
    let places = catalog::locations(&cx.app, &cx.call)?;
    let supplier = suppliers.iter().find(|one| one.id == purchase.supplier);
    let place = places.iter().find(|one| one.id == purchase.location);
    let mut facts = vec![
        standing(purchase, today),
        html! { (supplier.map_or("", |one| one.name.as_str())) },
        html! { "→ " (place.map_or("", |one| one.name.as_str())) },
    ];
    facts.extend(purchase.expected_on.map(|day| {
        html! { (t("stock.expected")) " " (show::day(day, today)) }
    }));
    facts.extend(purchase.reference.as_ref().map(|text| html! { (text) }));
    let total = purchase.total()?;
    facts.push(html! { (show::money(total, purchase.currency)) });
    let actions = html! {
        @match purchase.state() {
            PurchaseState::Draft => (step(cx, purchase, "send", true)),
            PurchaseState::Closed | PurchaseState::Canceled => {
                (step(cx, purchase, "reopen", false))
            }
            _ => {
                @if cx.may(Permission::Receive) {
                    a.button.main href=(format!("{}/receive", at(&purchase.number))) {
                        (words::of("stock_act", "receive"))
                    }
                }
                (step(cx, purchase, "close", false))
                (step(cx, purchase, "cancel", false))
            }
        }
        a.button href=(format!("{}/pdf", at(&purchase.number))) { (t("documents.pdf")) }
    };
    Ok(parts::head(&html! { (title) }, &facts, &actions))
}

/// The way to what a step will change.
fn step(cx: &Cx, purchase: &PurchaseOrder, action: &str, is_next: bool) -> Markup {
    html! { @if cx.may(Permission::Purchase) {
        a.button.main[is_next] href=(format!("{}/do/{action}", at(&purchase.number))) {
            (words::of("purchase_act", action))
        }
    } }
}

fn lines(cx: &Cx, purchase: &PurchaseOrder) -> Markup {
    let today = show::today(cx);
    let row = |line: &PurchaseLine| {
        let qty = |base: Qty| quantity(base, line.unit_ratio);
        Line::new(vec![
            html! {
                (line.description)
                @if let Some(sku) = &line.supplier_sku { div.small.muted.id { (sku) } }
            },
            html! { (qty(line.ordered.less(line.canceled))) " " span.muted.small { (line.unit) } },
            html! { (qty(line.received)) },
            html! { (qty(line.open())) },
            html! { (qty(line.invoiced)) },
            html! { @if let Some(day) = line.expected_on { (show::day(day, today)) } },
            html! { (line.price.normalize()) " " span.muted.small { "/" (line.price_unit) } },
        ])
    };
    let rows: Vec<Line> = purchase.lines.iter().map(row).collect();
    let columns = [
        column(t("invoices.goods")),
        figures(t("purchasing.ordered")),
        figures(t("purchasing.received")),
        figures(t("purchasing.open")),
        figures(t("purchasing.invoiced")).rank(3),
        column(t("stock.expected")).rank(2),
        figures(t("invoices.price")).rank(2),
    ];
    table(t("invoices.lines"), &columns, &rows)
}

/// What the supplier said: his number, and when the goods come.
fn confirm(cx: &Cx, purchase: &PurchaseOrder, error: Option<&Error>) -> Markup {
    let day = purchase.expected_on.map(|day| day.to_string()).unwrap_or_default();
    let body = html! {
        form.form.row method="post" action=(format!("{}/do/confirm", at(&purchase.number))) {
            (form::key(cx))
            (form::hidden("version", &purchase.version.to_string()))
            (field(&Field {
                name: "reference", label: t("purchasing.reference"),
                value: cx.form.text("reference"), error: wrong_at(error, "reference"),
                ..Field::default()
            }))
            (field(&Field {
                name: "expected_on", label: t("stock.expected_on"), kind: "date",
                value: cx.form.get("expected_on").unwrap_or(&day),
                error: wrong_at(error, "expected_on"), ..Field::default()
            }))
            (send(t("purchasing.confirm"), None))
        }
    };
    parts::section(t("purchasing.confirmation"), &body)
}

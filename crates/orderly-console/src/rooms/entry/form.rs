//! The form of order entry: customer, lines, delivery, payment, and what it would come to.

use maud::{Markup, html};
use orderly_core::order::{Line, Order};
use orderly_core::qty::{Qty, Ratio};
use orderly_ops::Error;
use orderly_ops::wire::out::quantity;

use super::ask::{Asked, Pay, Row, is_cut};
use crate::parts::form::{self, Field, field, select};
use crate::parts::{self, Meaning, bar, state};
use crate::words::{self, t};
use crate::{Cx, Fields, effects, show};

const HERE: &str = "/console/orders/new";

/// Whether what was refused stands beside its field, and not above the form.
pub fn stands_beside(error: &Error) -> bool {
    let Error::Refused(refusal) = error else { return false };
    refusal.issues.iter().all(|issue| line_of(&issue.pointer).is_some())
}

/// The index of the line that a pointer names.
fn line_of(pointer: &str) -> Option<usize> {
    pointer.strip_prefix("/lines/")?.split('/').next()?.parse().ok()
}

/// The whole form.
pub fn form(
    cx: &Cx,
    fields: &Fields,
    asked: &Asked,
    tried: Option<&Order>,
    error: Option<&Error>,
) -> Markup {
    html! {
        form method="post" action=(HERE) data-preview data-enter="next" {
            (form::key(cx))
            button.hidden type="submit" tabindex="-1" data-preview-by { (t("sheet.look")) }
            div.columns {
                div {
                    (customer(fields, asked))
                    (lines(fields, asked, tried, error))
                }
                div {
                    (delivery(fields, asked))
                    (payment(fields, asked))
                    (total(asked, tried))
                }
            }
        }
    }
}

fn text(fields: &Fields, name: &'static str, label: &'static str) -> Markup {
    let value = fields.text(name);
    field(&Field { name, label: t(label), value, ..Field::default() })
}

fn customer(fields: &Fields, asked: &Asked) -> Markup {
    let known = asked.customer();
    let several = known.is_none() && asked.customers.len() > 1;
    let is_new = fields.get("customer").is_some() && asked.customers.is_empty()
        || fields.get("new.name").is_some() && known.is_none();
    let body = html! {
        (field(&Field {
            name: "customer", label: t("entry.customer"), value: fields.text("customer"),
            hint: t("entry.customer_hint"), focus: fields.0.is_empty(), ..Field::default()
        }))
        @if let Some((customer, party)) = known {
            p.facts { span.id { (customer.number) }
                @if let Some(party) = party {
                    span { strong { (party.company.as_deref().unwrap_or(&party.name)) } }
                    @for part in [&party.city, &party.email, &party.phone].into_iter().flatten() {
                        span { (part) }
                    }
                }
            }
        }
        @if several {
            ul.needs { @for (customer, party) in &asked.customers { li {
                div.what { @if let Some(party) = party {
                    span { (party.company.as_deref().unwrap_or(&party.name)) }
                    span.small { (customer.number) " " (party.city.as_deref().unwrap_or("")) }
                } }
                span {}
                (take("customer", &customer.number))
            } } }
        }
        @if is_new { (new_customer(fields)) }
    };
    parts::section(t("order.customer"), &html! { div.form { (body) } })
}

fn take(name: &str, value: &str) -> Markup {
    html! {
        button type="submit" name="take" value=(format!("{name}={value}")) { (t("entry.take")) }
    }
}

fn new_customer(fields: &Fields) -> Markup {
    html! {
        p.muted { (t("entry.new_customer")) }
        (text(fields, "new.name", "entry.name"))
        (text(fields, "new.company", "entry.company"))
        (text(fields, "new.email", "entry.email"))
        (text(fields, "new.phone", "entry.phone"))
        (text(fields, "new.street", "entry.street"))
        (text(fields, "new.postcode", "entry.postcode"))
        (text(fields, "new.city", "entry.city"))
        (text(fields, "new.country", "entry.country"))
    }
}

fn lines(fields: &Fields, asked: &Asked, tried: Option<&Order>, error: Option<&Error>) -> Markup {
    let last = asked.rows.iter().map(|row| row.index + 1).max().unwrap_or(0);
    let own: Vec<&Line> = tried
        .map(|order| order.lines.iter().filter(|line| line.parent.is_none()).collect())
        .unwrap_or_default();
    let body = html! {
        div.scroll role="region" aria-label=(t("order.lines")) tabindex="0" {
            table.data.tall.entry-lines {
                thead { tr {
                    th scope="col" { (t("entry.item")) }
                    th.num scope="col" { (t("order.quantity")) }
                    th scope="col" { (t("entry.there")) }
                    th.num scope="col" { (t("order.amount")) }
                } }
                tbody {
                    @for index in 0..=last {
                        @let row = asked.rows.iter().find(|row| row.index == index);
                        @let line = row.and_then(|row| row.line);
                        @let line = line.and_then(|at| own.get(at).copied());
                        (entry_row(fields, index, row, line.zip(tried)))
                        @if let Some(text) = row.and_then(|row| refused(row, error)) {
                            tr { td colspan="4" { span.bad { "✕ " (text) } } }
                        }
                        @if let Some(row) = row { (proposals(row)) }
                    }
                }
            }
        }
    };
    parts::section(t("order.lines"), &body)
}

fn refused(row: &Row, error: Option<&Error>) -> Option<String> {
    let Some(Error::Refused(refusal)) = error else { return None };
    let own = |pointer: &str| row.line.is_some() && line_of(pointer) == row.line;
    let issue = refusal.issues.iter().find(|issue| own(&issue.pointer))?;
    let there = issue.available.as_ref();
    let there = there.map(|value| words::with("fault.available", &[("value", value)]));
    Some([Some(issue.detail.clone()), there].into_iter().flatten().collect::<Vec<_>>().join(". "))
}

fn entry_row(
    fields: &Fields,
    index: usize,
    row: Option<&Row>,
    line: Option<(&Line, &Order)>,
) -> Markup {
    let item = row.and_then(Row::item);
    let input = |name: &str, label: &str, class: &str, mode: Option<&str>| {
        let name = format!("{name}.{index}");
        html! {
            input id=(format!("f-{}", name.replace('.', "-"))) class=(class) name=(name)
                value=(fields.text(&name)) aria-label=(format!("{label} {}", index + 1))
                inputmode=[mode] autocomplete="off";
        }
    };
    html! {
        tr {
            td.what {
                (input("sku", t("entry.item"), "", None))
                @if let Some(item) = item { span.small { (item.name) } }
                @if item.is_some_and(|item| is_cut(item)) {
                    label.small { (t("entry.length")) " "
                        (input("len", t("entry.length"), "amount num", None)) }
                }
            }
            td.num.amount {
                (input("qty", t("order.quantity"), "num", Some("decimal")))
                @if let Some(item) = item { span.small.muted { (item.sale_unit) } }
            }
            td.small { @if let Some(row) = row { (there(row, line)) } }
            td.num { @if let Some((line, order)) = line {
                (show::figure(line.amounts.due(), order.currency))
                div.small.muted { (show::price(line.price, order.currency)) }
            } }
        }
    }
}

/// What there is of an item, and what the order would get of it.
fn there(row: &Row, line: Option<(&Line, &Order)>) -> Markup {
    let Some(item) = row.item() else { return html! {} };
    let unit = item.units.iter().find(|unit| unit.code == item.sale_unit);
    let ratio = unit.map_or(Ratio::ONE, |unit| unit.ratio);
    let shown = |base: i64| Qty::new(base).map_or_else(|_| "0".into(), |qty| quantity(qty, ratio));
    html! {
        (words::with("entry.available", &[
            ("here", &shown(row.available.0)), ("all", &shown(row.available.1)),
        ]))
        @if let Some((line, _)) = line { (bar::bar(&line.quantities, line.unit_ratio)) }
    }
}

fn proposals(row: &Row) -> Markup {
    let name = format!("sku.{}", row.index);
    html! {
        @if row.items.is_empty() {
            tr { td colspan="4" { (state(Meaning::Attention, t("entry.no_item"))) } }
        }
        @if row.items.len() > 1 {
            @for item in &row.items { tr.sub {
                td colspan="3" { span.id { (item.sku) } " " (item.name) }
                td.num { (take(&name, &item.sku)) }
            } }
        }
    }
}

fn options(group: &'static str, codes: &[&str]) -> Vec<(String, String)> {
    let name = |code: &str| match group {
        "method" => words::of("method", code),
        _ => words::of("pay", code),
    };
    codes.iter().map(|code| ((*code).to_owned(), name(code))).collect()
}

fn delivery(fields: &Fields, asked: &Asked) -> Markup {
    let method = fields.get("method").unwrap_or("take_away");
    let here = matches!(method, "take_away" | "collect");
    let channels: Vec<(String, String)> =
        asked.channels.iter().map(|one| (one.code.clone(), one.name.clone())).collect();
    let places: Vec<(String, String)> =
        asked.locations.iter().map(|one| (one.code.clone(), one.name.clone())).collect();
    let body = html! {
        div.form {
            (select("channel", t("orders.channel"), &asked.order.channel, &channels))
            (select("method", t("entry.method"), method,
                &options("method", &["take_away", "collect", "parcel", "van"])))
            @if here {
                (select("location", t("home.location"), fields.text("location"), &places))
            }
            (field(&Field {
                name: "required_on", label: t("entry.required_on"), kind: "date",
                value: fields.text("required_on"), is_short: true, ..Field::default()
            }))
            (text(fields, "reference", "entry.reference"))
        }
    };
    parts::section(t("entry.delivery"), &body)
}

fn payment(fields: &Fields, asked: &Asked) -> Markup {
    let codes: Vec<&str> = Pay::ALL.iter().map(|pay| pay.code()).collect();
    let drawers: Vec<(String, String)> =
        asked.drawers.iter().map(|one| (one.code.clone(), one.name.clone())).collect();
    let chosen = asked.drawer.as_ref().map_or("", |drawer| drawer.code.as_str());
    let body = html! {
        div.form {
            (select("pay", t("entry.pay"), asked.pay.code(), &options("pay", &codes)))
            @if asked.pay == Pay::Cash {
                @if drawers.is_empty() { p.attention { (t("entry.no_drawer")) } }
                @else { (select("drawer", t("entry.drawer"), chosen, &drawers)) }
                (field(&Field {
                    name: "tendered", label: t("entry.tendered"), value: fields.text("tendered"),
                    is_short: true, mode: "decimal", ..Field::default()
                }))
            }
            @if asked.pay == Pay::Card {
                (text(fields, "payment_reference", "entry.card_reference"))
            }
        }
    };
    parts::section(t("entry.payment"), &body)
}

/// What it comes to, and the button that places it.
fn total(asked: &Asked, tried: Option<&Order>) -> Markup {
    let body = html! {
        @match tried {
            Some(order) => {
                (crate::rooms::orders::page::sum(order))
                (change(asked, order))
                (form::hidden("total", &order.head.totals.total.to_string()))
                p.muted.small { (gets(order)) }
            }
            None => p.muted { (t("entry.no_total")) },
        }
        div.actions {
            button.main type="submit" name="do" value="place" data-main disabled[tried.is_none()] {
                (t("entry.place")) " " kbd { "Ctrl ⏎" }
            }
        }
    };
    parts::section(t("money.total"), &body)
}

/// The change that is given back of cash.
fn change(asked: &Asked, order: &Order) -> Markup {
    let tendered = asked
        .tendered
        .as_deref()
        .and_then(|text| orderly_core::money::Money::parse(text, order.currency).ok());
    html! {
        @if let (Pay::Cash, Some(tendered)) = (asked.pay, tendered) {
            @let back = tendered.minor() - order.head.totals.total;
            @if back >= 0 {
                p { (words::with("entry.change", &[
                    ("amount", &show::money(back, order.currency)),
                ])) }
            } @else {
                p.attention { (words::with("entry.missing", &[
                    ("amount", &show::money(-back, order.currency)),
                ])) }
            }
        }
    }
}

/// What of the goods is there, and what would be waited for.
fn gets(order: &Order) -> String {
    let short: Vec<String> = order
        .lines
        .iter()
        .filter(|line| !line.quantities.backordered.is_zero())
        .map(|line| {
            let qty = effects::in_unit(line.quantities.backordered.get(), line);
            format!("{qty} {}", line.description)
        })
        .collect();
    if short.is_empty() {
        return t("entry.all_there").to_owned();
    }
    words::with("entry.waits", &[("what", &short.join(", "))])
}

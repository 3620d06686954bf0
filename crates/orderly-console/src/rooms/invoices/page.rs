//! The page of a document: its lines, its sums, what settled it; and the document itself.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::invoice::{Invoice, InvoiceKind, InvoiceLine, SettlementRow};
use orderly_docs::Paper;
use orderly_ops::Error;
use orderly_ops::ops::invoices;
use orderly_ops::ops::read::orders;

use super::{HERE, at, named, standing};
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Row};
use crate::rooms::orders::at as order_at;
use crate::words::{self, t};
use crate::{Answer, Cx, Page, show};

pub fn pdf(cx: &Cx) -> Result<Answer, Error> {
    let invoice = named(cx)?;
    let sheet = invoices::print(&cx.app, &cx.call, invoice.id, Paper::A4)?;
    let bytes = sheet.to_pdf().map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Answer::File("application/pdf", format!("{}.pdf", invoice.name()), bytes))
}

pub fn page(cx: &Cx) -> Result<Answer, Error> {
    let (invoice, settled) = invoices::show(&cx.app, &cx.call, cx.name("invoice"))?;
    let name = invoice.name();
    let title = format!("{} {name}", words::of("invoice", invoice.kind.code()));
    let body = html! {
        (parts::crumbs(&[(HERE, t("room.invoices"))]))
        (head(cx, &invoice, &title))
        @if cx.query.get("done") == Some("credited") {
            div.notice.good role="status" { (t("invoices.credited")) }
        }
        (parts::section(t("invoices.lines"), &lines(&invoice)))
        div.columns {
            div { (settlements(cx, &invoice, &settled)) }
            div { (sums(&invoice)) }
        }
    };
    Ok(Page::new(title, body).into())
}

fn head(cx: &Cx, invoice: &Invoice, title: &str) -> Markup {
    let today = show::today(cx);
    let name = invoice.name();
    let mut facts = vec![standing(invoice, today)];
    facts.push(html! { (t("invoices.issued")) " " (show::day(invoice.issued_on, today)) });
    facts.extend(
        invoice.due_on.map(|due| html! { (t("invoices.due")) " " (show::day(due, today)) }),
    );
    facts.extend(invoice.reference.as_ref().map(|text| html! { (text) }));
    facts.extend(invoice.reason.as_ref().map(|text| html! { (text) }));
    let may_credit = invoice.kind != InvoiceKind::CreditNote && cx.may(Permission::CreditInvoice);
    let actions = html! {
        @if cx.may_see_people() {
            a.button.main href=(format!("{}/pdf", at(&name))) { (t("documents.pdf")) }
        }
        @if cx.may_see_people() && cx.may(Permission::Message) {
            a.button href=(mail(cx, invoice)) { (t("invoices.mail")) }
        }
        @if let Some(order) = invoice.order {
            a.button href=(order_at(&order.to_string())) { (t("invoices.order")) }
        }
        @if let Some(corrected) = invoice.corrects {
            a.button href=(at(&corrected.to_string())) { (t("invoices.corrected")) }
        }
        @if may_credit {
            a.button href=(format!("{}/credit", at(&name))) { (t("invoices.credit")) }
        }
    };
    parts::head(&html! { (title) }, &facts, &actions)
}

/// The page on which the document is sent by mail: to whom the order, else the customer, is.
fn mail(cx: &Cx, invoice: &Invoice) -> String {
    let order = invoice.order.map(|id| orders::get(&cx.app, &cx.call, &id.to_string()));
    let (kind, name) = match (order, invoice.customer) {
        (Some(Ok(order)), _) => ("order", order.number),
        (_, Some(customer)) => ("customer", customer.to_string()),
        _ => ("order", String::new()),
    };
    let attach = format!("invoice.{}", invoice.name());
    crate::rooms::messages::write("email", (kind, &name), &[&attach])
}

fn lines(invoice: &Invoice) -> Markup {
    let row = |line: &InvoiceLine| {
        Line::new(vec![
            html! {
                (line.description)
                @if let Some(sku) = &line.sku { div.small.muted.id { (sku) } }
            },
            html! { (line.quantity) " " span.muted.small { (line.unit) } },
            html! { (line.price) },
            html! { (show::figure(line.net, invoice.currency)) },
            html! { (show::figure(line.tax, invoice.currency)) },
            html! { (show::figure(line.total(), invoice.currency)) },
        ])
    };
    let rows: Vec<Line> = invoice.lines.iter().map(row).collect();
    let columns = [
        column(t("invoices.goods")),
        figures(t("stock.quantity")),
        figures(t("invoices.price")).rank(3),
        figures(t("invoices.net")).rank(2),
        figures(t("invoices.tax")).rank(2),
        figures(t("orders.total")),
    ];
    table(t("invoices.lines"), &columns, &rows)
}

fn sums(invoice: &Invoice) -> Markup {
    let money = |minor: i64| show::money(minor, invoice.currency);
    let mut rows = vec![(Row::Added, t("invoices.net").to_owned(), money(invoice.net))];
    for tax in invoice.taxes() {
        rows.push((Row::Added, tax.code(), money(tax.amount)));
    }
    rows.push((Row::Sum, t("orders.total").to_owned(), money(invoice.total)));
    rows.push((Row::Added, t("invoices.settled").to_owned(), money(-invoice.settled)));
    rows.push((Row::Sum, t("invoices.open").to_owned(), money(invoice.open())));
    parts::section(t("invoices.sums"), &parts::money(&rows))
}

fn settlements(cx: &Cx, invoice: &Invoice, settled: &[SettlementRow]) -> Markup {
    if settled.is_empty() {
        let none = parts::empty(t("invoices.unsettled"), t("invoices.unsettled_next"), &html! {});
        return parts::section(t("invoices.settlements"), &none);
    }
    let row = |one: &SettlementRow| {
        Line::new(vec![
            show::time(cx, one.settled_at),
            html! { (words::of("settlement", one.source_kind.code())) },
            show::cell(one.amount, invoice.currency),
        ])
    };
    let rows: Vec<Line> = settled.iter().map(row).collect();
    let columns = [column(t("why.when")), column(t("why.what")), figures(t("customers.amount"))];
    parts::section(t("invoices.settlements"), &table(t("invoices.settlements"), &columns, &rows))
}

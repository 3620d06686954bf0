//! The documents of an order: labels for its parcels, slips for its shipments, pick lists for the
//! locations at work, its invoices. Each is looked at and printed as PDF.

use maud::{Markup, html};
use orderly_core::actor::Permission;
use orderly_core::id::{FulfillmentId, ShipmentId};
use orderly_core::refusal::Code;
use orderly_docs::{DocError, Paper};
use orderly_ops::Error;
use orderly_ops::ops::documents;
use orderly_ops::ops::read::desk;
use orderly_ops::ops::read::orders::{Shown, show};

use super::orders::at;
use super::{Route, get, invoices};
use crate::fields::address;
use crate::parts::table::{Line, figures, table, words as column};
use crate::parts::{self, Meaning, state};
use crate::words::{self, t};
use crate::{Answer, Cx, Page, effects, show as written};

pub const ROUTES: &[Route] = &[
    get("/console/orders/{order}/documents", Permission::Read, page),
    get("/console/orders/{order}/documents/label", Permission::ReadPii, label),
    get("/console/orders/{order}/documents/slip", Permission::ReadPii, slip),
    get("/console/orders/{order}/documents/pick-list", Permission::Read, pick_list),
];

/// The address of the page of an order's documents.
pub fn of(number: &str) -> String {
    format!("{}/documents", at(number))
}

fn page(cx: &Cx) -> Result<Answer, Error> {
    let dossier = desk::order(&cx.app, &cx.call, cx.name("order"), None)?;
    let shown = &dossier.shown;
    let number = &shown.order.number;
    let title = words::with("order.title", &[("number", number)]);
    let mut rows = pick_lists(cx, shown);
    if cx.may_see_people() {
        rows.extend(shipped(shown));
    }
    for invoice in &dossier.invoices {
        let name = invoice.name();
        rows.push(row(
            words::of("invoice", invoice.kind.code()),
            html! { a href=(invoices::at(&name)) { (name) } " "
            span.muted { (written::money(invoice.total, invoice.currency)) } },
            format!("{}/pdf", invoices::at(&name)),
        ));
    }
    let columns =
        [column(t("invoices.document")), column(t("documents.of")), figures(t("documents.open"))];
    let body = html! {
        (parts::crumbs(&[("/console/orders", t("room.orders")), (&at(number), &title)]))
        (parts::head(&html! { (t("room.documents")) }, &[], &html! {}))
        @if rows.is_empty() {
            (parts::empty(t("documents.none"), t("documents.none_next"), &html! {}))
        } @else { (table(t("room.documents"), &columns, &rows)) }
    };
    Ok(Page::new(format!("{} · {number}", t("room.documents")), body).into())
}

fn row(kind: String, of: Markup, href: String) -> Line {
    let open = html! { a.button href=(href) { (t("documents.pdf")) } };
    Line { href: None, ..Line::new(vec![html! { (kind) }, of, open]) }
}

fn pick_lists(cx: &Cx, shown: &Shown) -> Vec<Line> {
    let order = &shown.order;
    let to_pick = |id: FulfillmentId| {
        let mut own = order.work.iter().filter(|work| work.fulfillment == id);
        own.any(|work| work.picked < work.qty)
    };
    let open = order.fulfillments.iter().filter(|one| to_pick(one.id));
    let lists = open.filter(|one| {
        documents::pick_lists(&cx.app, &cx.call, shown, Some(one.id), Paper::A4).is_ok()
    });
    lists
        .map(|one| {
            let place = shown.locations.get(&one.location).map_or("?", |at| at.name.as_str());
            let path = format!("{}/pick-list", of(&order.number));
            let href = address(&path, &[("at", &one.id.to_string())]);
            row(t("documents.pick_list").to_owned(), html! { (place) }, href)
        })
        .collect()
}

/// A slip for each shipment that goes to an address, a label for each of its parcels.
fn shipped(shown: &Shown) -> Vec<Line> {
    let order = &shown.order;
    let mut rows = Vec::new();
    for shipment in &order.shipments {
        let id = shipment.id.to_string();
        let name = effects::named(shipment);
        if let Err(Error::Refused(refusal)) = documents::labels(shown, Some(shipment.id))
            && refusal.code() != Code::NothingToDo
        {
            let not = state(Meaning::Attention, t("documents.not"));
            let why = html! { (name) " " span.small { (not) }
            div.small.muted { (crate::fault::capital(&refusal.to_string())) } };
            rows.push(Line::new(vec![html! { (t("documents.labels")) }, why, html! {}]));
        }
        if documents::slips(shown, Some(shipment.id), Paper::A4).is_ok() {
            let href = address(&format!("{}/slip", of(&order.number)), &[("shipment", &id)]);
            rows.push(row(t("documents.slip").to_owned(), html! { (name) }, href));
        }
        let labels = documents::labels(shown, Some(shipment.id)).unwrap_or_default();
        for label in labels {
            let parcel = label.parcel.to_string();
            let fields = [("shipment", id.as_str()), ("parcel", &parcel)];
            let href = address(&format!("{}/label", of(&order.number)), &fields);
            let what = html! { (name) " " span.id.small.muted { (label.sscc.as_str()) } };
            rows.push(row(words::with("documents.label", &[("n", &parcel)]), what, href));
        }
    }
    rows
}

fn shown(cx: &Cx) -> Result<Shown, Error> {
    show(&cx.app, &cx.call, cx.name("order"))
}

fn named<T: std::str::FromStr>(cx: &Cx, name: &str) -> Result<Option<T>, Error> {
    let missing = |_| Error::not_found("such document");
    cx.query.get(name).map(|text| text.parse().map_err(missing)).transpose()
}

fn file(name: String, made: Result<Vec<u8>, DocError>) -> Result<Answer, Error> {
    let bytes = made.map_err(|error| Error::Invalid(error.to_string()))?;
    Ok(Answer::File("application/pdf", name, bytes))
}

fn label(cx: &Cx) -> Result<Answer, Error> {
    let shown = shown(cx)?;
    let parcel: Option<u32> = named(cx, "parcel")?;
    let all = documents::labels(&shown, named::<ShipmentId>(cx, "shipment")?)?;
    let own = all.iter().find(|label| parcel.is_none_or(|parcel| label.parcel == parcel));
    let own = own.ok_or_else(|| Error::not_found("such parcel"))?;
    file(format!("label-{}-{}.pdf", shown.order.number, own.parcel), own.to_pdf())
}

fn slip(cx: &Cx) -> Result<Answer, Error> {
    let shown = shown(cx)?;
    let all = documents::slips(&shown, named::<ShipmentId>(cx, "shipment")?, Paper::A4)?;
    let own = all.first().ok_or_else(|| Error::not_found("such shipment"))?;
    file(format!("slip-{}.pdf", shown.order.number), own.to_pdf())
}

fn pick_list(cx: &Cx) -> Result<Answer, Error> {
    let shown = shown(cx)?;
    let at = named::<FulfillmentId>(cx, "at")?;
    let all = documents::pick_lists(&cx.app, &cx.call, &shown, at, Paper::A4)?;
    let own = all.first().ok_or_else(|| Error::not_found("such work"))?;
    file(format!("pick-list-{}.pdf", shown.order.number), own.to_pdf())
}

//! The JSON shapes of quotes, vehicles and loads.

use orderly_core::load::{Load, Stop, Vehicle};
use orderly_core::quote::{Drawable, Quote, QuoteLine, Terms};
use orderly_core::time::Day;
use serde_json::{Value, json};

use super::{amount, quantity};
use crate::ops::quotes::read::Shown;

/// A quote or agreement; `today` is the business day of its company.
pub fn quote(quote: &Quote, today: Day) -> Value {
    let money = |minor: i64| amount(minor, quote.currency);
    json!({
        "id": quote.id.to_string(),
        "kind": quote.kind.code(),
        "number": quote.number,
        "state": quote.standing(today),
        "version": quote.version,
        "revision": quote.revision,
        "currency": quote.currency.to_string(),
        "reference": quote.reference,
        "valid_from": quote.valid_from.map(|day| day.to_string()),
        "valid_until": quote.valid_until.map(|day| day.to_string()),
        "message": quote.message,
        "total": money(quote.total),
        "lines": quote.lines.iter().map(|one| drawable(quote, one)).collect::<Vec<_>>(),
        "draft": quote.draft.as_ref().map(|draft| terms(quote, draft)),
        "created_at": quote.created_at.to_string(),
        "updated_at": quote.updated_at.to_string(),
    })
}

fn drawable(quote: &Quote, one: &Drawable) -> Value {
    let mut out = line(quote, &one.line);
    let ratio = one.line.unit_ratio;
    out["offered"] = json!(quantity(one.offered, ratio));
    out["drawn"] = json!(quantity(one.drawn, ratio));
    out["left"] = json!(quantity(one.left(), ratio));
    out["revision"] = json!(one.revision);
    out
}

fn terms(quote: &Quote, terms: &Terms) -> Value {
    json!({
        "valid_from": terms.valid_from.map(|day| day.to_string()),
        "valid_until": terms.valid_until.to_string(),
        "message": terms.message,
        "total": amount(terms.totals.total, quote.currency),
        "lines": terms.lines.iter().map(|one| line(quote, one)).collect::<Vec<_>>(),
    })
}

fn line(quote: &Quote, line: &QuoteLine) -> Value {
    let expected = line
        .schedule
        .iter()
        .map(|one| json!({ "on": one.on.to_string(), "quantity": one.quantity }));
    json!({
        "id": line.id.to_string(),
        "position": line.position,
        "kind": line.kind.code(),
        "sku": line.sku,
        "description": line.description,
        "quantity": line.entered,
        "unit": line.unit,
        "cut_length": line.cut_length,
        "price": line.price.to_string(),
        "price_unit": line.price_unit,
        "amount": amount(line.amount, quote.currency),
        "schedule": expected.collect::<Vec<_>>(),
    })
}

/// A quote with its customer, its revisions and the orders that draw on it.
pub fn quote_page(shown: &Shown) -> Value {
    let own = &shown.quote;
    let mut out = quote(own, shown.today);
    let party = shown.party.as_ref();
    out["customer"] = json!(party.map(|p| p.company.clone().unwrap_or_else(|| p.name.clone())));
    out["account"] = json!(shown.account.as_ref().map(|account| account.number.clone()));
    out["site"] = json!(shown.site.as_ref().map(|site| site.code.clone()));
    let revisions = shown.revisions.iter().map(|(number, at, sent)| {
        let mut revision = terms(own, sent);
        revision["number"] = json!(number);
        revision["sent_at"] = json!(at.to_string());
        revision
    });
    out["revisions"] = json!(revisions.collect::<Vec<_>>());
    let orders = shown.orders.iter().map(|order| order.number.clone());
    out["orders"] = json!(orders.collect::<Vec<_>>());
    out
}

/// A vehicle.
pub fn vehicle(vehicle: &Vehicle) -> Value {
    json!({
        "id": vehicle.id.to_string(),
        "code": vehicle.code,
        "name": vehicle.name,
        "max_weight_g": vehicle.limits.weight_g,
        "max_volume_ml": vehicle.limits.volume_ml,
        "max_length_mm": vehicle.limits.length_mm,
        "tags": vehicle.tags,
        "active": vehicle.active,
        "version": vehicle.version,
    })
}

/// A load with its stops; `number` gives the number of an order.
pub fn load(
    load: &Load,
    vehicle: Option<&Vehicle>,
    number: impl Fn(&Stop) -> Option<String>,
) -> Value {
    let stops = load.stops.iter().map(|one| stop(one, number(one)));
    json!({
        "id": load.id.to_string(),
        "number": load.number,
        "vehicle": vehicle.map(|vehicle| vehicle.code.clone()),
        "day": load.day.to_string(),
        "driver": load.driver,
        "state": load.state.code(),
        "version": load.version,
        "weight_g": load.size.weight_g,
        "volume_ml": load.size.volume_ml,
        "length_mm": load.size.length_mm,
        "max_weight_g": load.limits.weight_g,
        "max_volume_ml": load.limits.volume_ml,
        "max_length_mm": load.limits.length_mm,
        "overridden": load.overridden,
        "departed_at": load.departed_at.map(|at| at.to_string()),
        "returned_at": load.returned_at.map(|at| at.to_string()),
        "stops": stops.collect::<Vec<_>>(),
    })
}

fn stop(stop: &Stop, order: Option<String>) -> Value {
    let lines = stop
        .lines
        .iter()
        .map(|(line, qty)| json!({ "line": line.to_string(), "quantity": qty.get() }));
    let proofs = stop
        .proofs
        .iter()
        .map(|(kind, document)| json!({ "kind": kind.code(), "document": document.to_string() }));
    json!({
        "id": stop.id.to_string(),
        "position": stop.position,
        "order": order,
        "state": stop.state.code(),
        "shipment": stop.shipment.map(|id| id.to_string()),
        "slot_from": stop.slot_from,
        "slot_until": stop.slot_until,
        "note": stop.note,
        "weight_g": stop.size.weight_g,
        "lines": lines.collect::<Vec<_>>(),
        "reason": stop.reason,
        "received_by": stop.received_by,
        "attempted_at": stop.attempted_at.map(|at| at.to_string()),
        "latitude_e6": stop.at.map(|at| at.latitude_e6),
        "longitude_e6": stop.at.map(|at| at.longitude_e6),
        "proofs": proofs.collect::<Vec<_>>(),
    })
}

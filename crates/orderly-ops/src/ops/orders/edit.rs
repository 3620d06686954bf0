//! Editing a placed order, whatever its channel: addresses, days, quantities, more lines.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Catalog;
use orderly_core::id::{DeliveryId, IdSource, LineId, OrderId, PartyId};
use orderly_core::item::qty_refusal;
use orderly_core::order::build::{NewDelivery, NewOrder};
use orderly_core::order::edit::{DeliveryEdit, Edit, edit as decide};
use orderly_core::order::undo::Command;
use orderly_core::order::work::At;
use orderly_core::order::{Line, LineKind, Order};
use orderly_core::party::{Party, SubjectKind};
use orderly_core::pricing::Trace;
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{catalog, channels, parties, pricing};

use super::again::source_more;
use super::change;
use super::resolve::{line as requested, new_party};
use crate::ops::fulfillments::{offer_freed, passing};
use crate::ops::prices::rules::Rules;
use crate::wire::edits::{DeliveryEditIn, EditIn, QuantityIn};
use crate::wire::{AddressIn, LineIn};
use crate::{App, Call, Error};

/// Changes a placed order in one step: where and when its deliveries go, quantities of its lines,
/// its reference and priority, and lines that are added. What is less is canceled; what is more is
/// allocated, by the channel's policy when short. Lines keep their prices, new ones get those of
/// now.
///
/// # Errors
/// Those of [`orderly_core::order::edit::edit`], of placing the added lines and of canceling a
/// part; `insufficient_stock`; `credit_limit` where it raises what an account owes beyond its
/// limit; `invalid_field` for another country: its taxes are others.
pub fn edit(app: &App, call: &Call, order: OrderId, new: &EditIn) -> Result<Order, Error> {
    let done = Command::Edit;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let scope = Scope { channel: Some(order.channel), ..Scope::default() };
        call.require(Permission::Edit, scope)?;
        let (add, traces) = added(tx, call, order, &new.add, ids)?;
        let edit = Edit {
            reference: new.reference.clone(),
            priority: new.priority,
            deliveries: deliveries(tx, call, order, &new.deliveries, ids)?,
            quantities: quantities(tx, order, &new.lines)?,
            add,
        };
        let overridden = passing(call, order, None)?;
        let at = At { now: call.now, overridden: &overridden };
        let mut decision = decide(order, &edit, &at, ids)?;
        if gives_up(order, &decision.order) {
            call.require(Permission::Cancel, scope)?;
        }
        offer_freed(tx, call, order, &decision.order, ids)?;
        source_more(tx, call, &mut decision.order, ids)?;
        explain(tx, call, order, traces)?;
        Ok(decision)
    })
}

/// Whether more is canceled than before.
fn gives_up(before: &Order, after: &Order) -> bool {
    before.lines.iter().any(|old| {
        let new = after.lines.iter().find(|line| line.id == old.id);
        new.is_some_and(|new| new.quantities.canceled > old.quantities.canceled)
    })
}

fn deliveries(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    given: &[DeliveryEditIn],
    ids: &mut IdSource,
) -> Result<Vec<DeliveryEdit>, Error> {
    let mut out = Vec::with_capacity(given.len());
    for (index, one) in given.iter().enumerate() {
        let under = |error: Error| match error {
            Error::Refused(refusal) => refusal.under(&format!("/deliveries/{index}")).into(),
            other => other,
        };
        out.push(delivery(tx, call, order, one, ids).map_err(under)?);
    }
    Ok(out)
}

fn delivery(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    given: &DeliveryEditIn,
    ids: &mut IdSource,
) -> Result<DeliveryEdit, Error> {
    let id = named_delivery(order, given.delivery.as_deref())?;
    let own = order.delivery(id)?;
    let day = |text: &Option<String>, field: &str| {
        let wrong = |error: orderly_core::time::TimeError| {
            Refusal::at(Code::InvalidField, field, error.to_string())
        };
        text.as_deref().map(|text| Day::parse(text).map_err(wrong)).transpose()
    };
    let (required_on, ship_by_on) =
        (day(&given.required_on, "/required_on")?, day(&given.ship_by_on, "/ship_by_on")?);
    let ship_to = match &given.ship_to {
        None => None,
        Some(address) => {
            let before = own.ship_to.map(|id| parties::get(tx, id)).transpose()?.flatten();
            Some(version(tx, call, before.as_ref(), address, "/ship_to", ids)?)
        }
    };
    let contact = match &given.contact {
        None => None,
        Some(contact) => {
            let before = own.contact.map(|id| parties::get(tx, id)).transpose()?.flatten();
            Some(version(tx, call, before.as_ref(), contact, "/contact", ids)?)
        }
    };
    Ok(DeliveryEdit { delivery: id, ship_to, contact, required_on, ship_by_on })
}

fn named_delivery(order: &Order, name: Option<&str>) -> Result<DeliveryId, Refusal> {
    let own = &order.deliveries;
    let found = match name {
        None => own.first().filter(|_| own.len() == 1),
        Some(name) => own.iter().find(|one| one.reference == name || one.id.to_string() == name),
    };
    found.map(|one| one.id).ok_or_else(|| {
        let shown: String = name.unwrap_or_default().chars().take(40).collect();
        let detail = match name {
            None => format!("order {} has several deliveries: name one", order.number),
            Some(_) => format!("order {} has no delivery `{shown}`", order.number),
        };
        Refusal::at(Code::UnknownDelivery, "/delivery", detail)
    })
}

/// Adds the next version of an address: of the delivery's own one, else of a new one.
fn version(
    tx: &mut Tx<'_>,
    call: &Call,
    before: Option<&Party>,
    given: &AddressIn,
    pointer: &str,
    ids: &mut IdSource,
) -> Result<PartyId, Error> {
    let id: PartyId = ids.draw();
    let own = before.filter(|party| party.subject_kind == SubjectKind::Delivery);
    let (subject, number) = match own {
        Some(party) => {
            let known = parties::versions(tx, party.subject)?;
            (party.subject, known.first().map_or(1, |last| last.version + 1))
        }
        None => (id.as_bytes(), 1),
    };
    let fresh = new_party(given).check(id, (SubjectKind::Delivery, subject), number, call.now);
    let fresh = fresh.map_err(|refusal| refusal.under(pointer))?;
    let country = before.and_then(|party| party.country.clone());
    let same = pointer != "/ship_to" || country.is_none() || country == fresh.country;
    ensure(same, || {
        let detail = "another country is another tax: cancel the order and place it anew";
        let at = format!("{pointer}/country");
        Refusal::at(Code::InvalidField, at, detail).allowed(country.unwrap_or_default())
    })?;
    parties::insert_many(tx, &[fresh])?;
    Ok(id)
}

fn quantities(
    tx: &mut Tx<'_>,
    order: &Order,
    given: &[QuantityIn],
) -> Result<Vec<(LineId, Qty)>, Error> {
    let items: Vec<_> = order.lines.iter().filter_map(|line| line.item).collect();
    let catalog =
        if given.is_empty() { Catalog::default() } else { catalog::load_ids(tx, &items)? };
    let one = |(index, one): (usize, &QuantityIn)| {
        let found = quantity(order, &catalog, one);
        found.map_err(|refusal| refusal.under(&format!("/lines/{index}")))
    };
    Ok(given.iter().enumerate().map(one).collect::<Result<_, _>>()?)
}

fn quantity(
    order: &Order,
    catalog: &Catalog,
    given: &QuantityIn,
) -> Result<(LineId, Qty), Refusal> {
    let (name, text) = (given.line.trim(), given.quantity.trim());
    let called = |line: &&Line| {
        let item = line.item.and_then(|id| catalog.get(id));
        line.position.to_string() == name
            || line.id.to_string() == name
            || item.is_some_and(|item| item.sku == name)
    };
    let line = order.lines.iter().find(called).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        let detail =
            format!("order {} has no line `{shown}`: give its number or SKU", order.number);
        Refusal::at(Code::UnknownLine, "/line", detail)
    })?;
    if text == "0" {
        return Ok((line.id, Qty::ZERO));
    }
    let item = line.item.and_then(|id| catalog.get(id)).filter(|_| line.piece.is_none());
    let read = match item {
        // Goods that are sold in whole packs stay so.
        Some(item) => item.quantity(text, &line.unit).map(|(qty, _)| qty),
        None => Entered::parse(text)
            .and_then(|entered| entered.to_base(line.unit_ratio, &line.unit))
            .map_err(qty_refusal),
    };
    Ok((line.id, read.map_err(|refusal| refusal.under("/quantity"))?))
}

/// The added lines as they would be placed now, for the same customer; and why they cost that.
fn added(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    given: &[LineIn],
    ids: &mut IdSource,
) -> Result<(Vec<Line>, Vec<Trace>), Error> {
    if given.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    for (index, line) in given.iter().enumerate() {
        let kind = line.kind.as_deref().and_then(LineKind::parse);
        let bought = matches!(kind, Some(LineKind::SpecialOrder | LineKind::DirectShip));
        ensure(!bought && line.origin.is_none(), || {
            let detail = "goods that are bought for it, and draws on a quote, are placed anew";
            Refusal::at(Code::InvalidField, format!("/add/{index}"), detail).allowed("place")
        })?;
    }
    let found = channels::get(tx, order.channel)?;
    let missing = || Error::Internal(format!("order {} has no channel", order.number));
    let channel = found.ok_or_else(missing)?;
    let skus: Vec<&str> = given.iter().filter_map(|line| line.sku.as_deref()).collect();
    let catalog = catalog::load(tx, &skus)?;
    let mut rules = Rules::load(tx, &catalog)?;
    let new = NewOrder {
        lines: given.iter().map(requested).collect::<Result<_, _>>()?,
        ..like(order, call)
    };
    let built = rules.build(tx, call, &new, (&channel, &catalog), &[], ids);
    let (built, mut traces) = built.map_err(|error| match error {
        Error::Refused(refusal) => Error::from(renamed(refusal)),
        other => other,
    })?;
    let places = built.deliveries.iter().map(|one| one.id).zip(&order.deliveries);
    let places: Vec<_> = places.collect();
    let place = |id: DeliveryId| {
        let found = places.iter().find(|(new, _)| *new == id);
        found.map_or(id, |(_, own)| own.id)
    };
    let lines = built.lines.into_iter();
    let lines = lines.map(|line| Line { delivery: place(line.delivery), ..line }).collect();
    let last = order.lines.iter().map(|line| line.position).max().unwrap_or(0);
    traces.retain(|trace| trace.charge.is_none());
    traces.iter_mut().for_each(|trace| trace.position += last);
    Ok((lines, traces))
}

/// An order for the same customer and deliveries, without lines.
fn like(order: &Order, call: &Call) -> NewOrder {
    let delivery = |one: &orderly_core::order::Delivery| NewDelivery {
        reference: one.reference.clone(),
        method: one.method,
        ship_to: one.ship_to,
        contact: one.contact,
        location: one.location,
        required_on: one.required_on,
        ship_by_on: one.ship_by_on,
        due_on_delivery: None,
        promise: None,
    };
    NewOrder {
        number: order.number.clone(),
        external_id: None,
        content_hash: order.content_hash,
        currency: Some(order.currency.code().to_owned()),
        settlement: order.head.settlement,
        customer: order.head.customer,
        account: order.head.account,
        site: order.head.site,
        ordered_by: order.head.ordered_by,
        bill_to: order.head.bill_to,
        reference: None,
        priority: None,
        placed_at: call.now,
        deliveries: order.deliveries.iter().map(delivery).collect(),
        invoicing: order.head.invoicing,
        lines: Vec::new(),
        discounts: Vec::new(),
        charges: Vec::new(),
    }
}

/// The refusal of an added line, with its place in the request.
fn renamed(mut refusal: Refusal) -> Refusal {
    for issue in &mut refusal.issues {
        if let Some(rest) = issue.pointer.strip_prefix("/lines") {
            issue.pointer = format!("/add{rest}");
        }
    }
    refusal
}

/// Keeps why the added lines cost what they cost, beside the others.
fn explain(tx: &mut Tx<'_>, call: &Call, order: &Order, traces: Vec<Trace>) -> Result<(), Error> {
    if traces.is_empty() {
        return Ok(());
    }
    let wrong = |error: serde_json::Error| Error::Internal(error.to_string());
    let mut all: Vec<Trace> = match pricing::trace(tx, order.id)? {
        None => Vec::new(),
        Some(text) => serde_json::from_str(&text).map_err(wrong)?,
    };
    all.extend(traces);
    let text = serde_json::to_string(&all).map_err(wrong)?;
    Ok(pricing::put_trace(tx, order.id, call.now, &text)?)
}

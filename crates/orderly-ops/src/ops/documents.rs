//! The documents of an order: labels for its parcels, slips for its shipments, pick lists for the
//! locations at work.

use orderly_core::actor::Permission;
use orderly_core::catalog::BinKind;
use orderly_core::id::{BinId, FulfillmentId, LocationId, PartyId, ShipmentId};
use orderly_core::item::Item;
use orderly_core::order::{
    Fulfillment, FulfillmentState, Line, Method, Order, Shipment, ShipmentState, Work,
};
use orderly_core::party::Party;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::cut;
use orderly_docs::{
    Address, Cut, DocLine, Label, PackingSlip, Paper, PickLine, PickList, Reference, Sscc,
};

use orderly_store::Tx;
use orderly_store::tables::{locations, units};

use super::read::orders::Shown;
use crate::{App, Call, Error};

/// Returns a label for every parcel of an order's shipments, of one where it is named.
///
/// # Errors
/// `nothing_to_do` where nothing is shipped; `invalid_field` where an address is missing.
pub fn labels(shown: &Shown, only: Option<ShipmentId>) -> Result<Vec<Label>, Error> {
    let order = &shown.order;
    let mut out = Vec::new();
    for shipment in shipments(order, only)? {
        // What the customer takes along needs no label.
        let method = order.delivery(shipment.delivery)?.method;
        if only.is_none() && matches!(method, Method::TakeAway | Method::Collect) {
            continue;
        }
        let parcels: Vec<_> =
            order.parcels.iter().filter(|parcel| parcel.shipment == shipment.id).collect();
        let recipient = recipient(shown, shipment)?;
        let sender = sender(shown, shipment.location)?;
        for parcel in &parcels {
            let sscc = Sscc::parse(&parcel.sscc)
                .map_err(|error| Error::Internal(format!("{}: {error}", parcel.sscc)))?;
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            out.push(Label {
                sender: sender.clone(),
                recipient: recipient.clone(),
                service: shipment.service.clone().unwrap_or_else(|| "Standard".into()),
                order_number: order.number.clone(),
                parcel: u32::try_from(parcel.number).unwrap_or(1),
                parcels: count(parcels.len()),
                weight_g: u32::try_from(parcel.weight_g.unwrap_or(0)).unwrap_or(0),
                sscc,
                references: references(order),
                date: day(shown, shipment),
            });
        }
    }
    if out.is_empty() {
        let detail = format!("no parcel of order {} goes to an address", order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(out)
}

/// Returns the packing slip of each of an order's shipments, of one where it is named.
///
/// # Errors
/// Those of [`labels`].
pub fn slips(
    shown: &Shown,
    only: Option<ShipmentId>,
    paper: Paper,
) -> Result<Vec<PackingSlip>, Error> {
    let order = &shown.order;
    let mut out = Vec::new();
    for shipment in shipments(order, only)? {
        let method = order.delivery(shipment.delivery)?.method;
        if only.is_none() && matches!(method, Method::TakeAway | Method::Collect) {
            continue;
        }
        let own = order.shipment_lines.iter().filter(|line| line.shipment == shipment.id);
        let mut lines: Vec<(i64, DocLine)> = Vec::new();
        for sent in own {
            let line = order.line(sent.line)?;
            lines.push((line.position, doc_line(shown, line, sent.qty)));
        }
        lines.sort_by_key(|(position, _)| *position);
        out.push(PackingSlip {
            paper,
            seller: sender(shown, shipment.location)?,
            recipient: recipient(shown, shipment)?,
            order_number: order.number.clone(),
            references: references(order),
            lines: lines.into_iter().map(|(_, line)| line).collect(),
            message: String::new(),
        });
    }
    if out.is_empty() {
        let detail = format!("nothing of order {} goes to an address", order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(out)
}

/// Returns a pick list for each location that still has something to pick.
///
/// # Errors
/// `nothing_to_do` where nothing is to be picked.
pub fn pick_lists(
    app: &App,
    call: &Call,
    shown: &Shown,
    only: Option<FulfillmentId>,
    paper: Paper,
) -> Result<Vec<PickList>, Error> {
    let order = &shown.order;
    call.require_somewhere(Permission::Read)?;
    let mut out = Vec::new();
    for fulfillment in order.fulfillments.iter().filter(|one| wanted(one, only)) {
        let own = order.work.iter().filter(|work| work.fulfillment == fulfillment.id);
        let mut lines = Vec::new();
        for work in own.filter(|work| work.picked < work.qty) {
            let (position, bin) = app.store.read(|tx| bin_of(tx, work, fulfillment.location))?;
            lines.push((position, PickLine { bin, line: pick_line(shown, work)? }));
        }
        if lines.is_empty() {
            continue;
        }
        // In walking order.
        lines.sort_by(|one, other| (one.0, &one.1.bin).cmp(&(other.0, &other.1.bin)));
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        out.push(PickList {
            paper,
            location: location_name(shown, fulfillment.location),
            order_number: order.number.clone(),
            references: references(order),
            lines,
        });
    }
    if out.is_empty() {
        let detail = format!("nothing of order {} is to be picked", order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(out)
}

/// The first bin in walking order that holds sellable goods of the work, and its place in the walk.
fn bin_of(tx: &mut Tx<'_>, work: &Work, location: LocationId) -> Result<(i64, String), Error> {
    let mut bins = locations::bins(tx, location)?;
    bins.sort_by_key(|bin| bin.position);
    let held = units::holdings_of(tx, work.item, location)?;
    let holds = |bin: &BinId| {
        held.iter().any(|holding| {
            let right = work.lot_class.is_none() || holding.lot == work.lot_class;
            right && holding.place.is_sellable() && holding.place.bin == *bin
        })
    };
    let storage = bins.iter().filter(|bin| bin.kind != BinKind::Staging);
    let found = storage.clone().find(|bin| holds(&bin.id));
    Ok(found.map_or((i64::MAX, String::new()), |bin| (bin.position, bin.code.clone())))
}

fn wanted(fulfillment: &Fulfillment, only: Option<FulfillmentId>) -> bool {
    let at_work = matches!(fulfillment.state, FulfillmentState::Open | FulfillmentState::Released);
    at_work && only.is_none_or(|id| id == fulfillment.id)
}

fn shipments(order: &Order, only: Option<ShipmentId>) -> Result<Vec<&Shipment>, Error> {
    let own = order.shipments.iter().filter(|one| one.state != ShipmentState::Voided);
    let found: Vec<&Shipment> = own.filter(|one| only.is_none_or(|id| id == one.id)).collect();
    if found.is_empty() {
        let detail = format!("nothing of order {} is shipped yet", order.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(found)
}

fn recipient(shown: &Shown, shipment: &Shipment) -> Result<Address, Error> {
    let delivery = shown.order.delivery(shipment.delivery)?;
    let party = delivery.ship_to.or(shown.order.head.bill_to);
    address_of(shown, party).ok_or_else(|| {
        let detail = format!("the delivery of order {} has no address", shown.order.number);
        Refusal::new(Code::InvalidField, detail).into()
    })
}

pub(super) fn sender(shown: &Shown, location: LocationId) -> Result<Address, Error> {
    let own = shown.locations.get(&location);
    let mut address = address_of(shown, own.and_then(|own| own.party)).unwrap_or_default();
    if address.company.is_empty() {
        address.company = own.map(|own| own.name.clone()).unwrap_or_default();
    }
    if address.country.is_empty() {
        let name = location_name(shown, location);
        let detail = format!("{name} has no postal address: add one to print documents");
        return Err(Refusal::new(Code::InvalidField, detail).into());
    }
    Ok(address)
}

fn location_name(shown: &Shown, location: LocationId) -> String {
    shown.locations.get(&location).map(|own| own.name.clone()).unwrap_or_default()
}

pub(super) fn address_of(shown: &Shown, party: Option<PartyId>) -> Option<Address> {
    shown.parties.get(&party?).map(address_from)
}

/// A party's address as documents print it.
pub(super) fn address_from(party: &Party) -> Address {
    let Party { name, company, address_lines, city, region, postcode, country, .. } = party;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Address {
        name: name.clone(),
        company: text(company),
        lines: address_lines.clone(),
        city: text(city),
        region: text(region),
        postcode: text(postcode),
        country: text(country),
    }
}

fn references(order: &Order) -> Vec<Reference> {
    let reference = |label: &str, value: &Option<String>| {
        value.clone().map(|value| Reference { label: label.into(), value })
    };
    [reference("Your reference", &order.head.reference), reference("Order", &order.external_id)]
        .into_iter()
        .flatten()
        .collect()
}

/// The day of shipping in the location's zone.
fn day(shown: &Shown, shipment: &Shipment) -> String {
    let zone = shown.locations.get(&shipment.location).map_or("UTC", |own| own.zone.as_str());
    shipment.shipped_at.day_in(zone).to_string()
}

pub(super) fn doc_line(shown: &Shown, line: &Line, qty: Qty) -> DocLine {
    let item = line.item.and_then(|item| shown.catalog.get(item));
    DocLine {
        quantity: quantity(item.map(AsRef::as_ref), line, qty),
        sku: item.map(|item| item.sku.clone()).unwrap_or_default(),
        description: line.description.clone(),
        cuts: Vec::new(),
        notes: Vec::new(),
    }
}

/// A quantity in the unit it was ordered in.
fn quantity(item: Option<&Item>, line: &Line, qty: Qty) -> String {
    match item {
        Some(item) => item.show_in(qty, line.unit_ratio, &line.unit),
        None => format!("{qty} {}", line.unit),
    }
}

fn pick_line(shown: &Shown, work: &Work) -> Result<DocLine, Error> {
    let line = shown.order.line(work.line)?;
    let mut out = doc_line(shown, line, work.qty.less(work.picked));
    if let Some(plan) = work.cut {
        for pieces in cut::plan(&plan) {
            let offcut =
                if pieces.offcut.is_zero() { String::new() } else { metres(pieces.offcut) };
            out.cuts.push(Cut {
                pieces: u32::try_from(pieces.wanted).unwrap_or(u32::MAX),
                length: metres(plan.into),
                from: metres(plan.from),
                offcut,
            });
        }
    }
    Ok(out)
}

/// A length in mm, in metres.
fn metres(length: Qty) -> String {
    format!("{} m", rust_decimal::Decimal::new(length.get(), 3).normalize())
}

//! What goes with a load: the driver's list, and a delivery note for each stop.

use orderly_core::load::{Load, Stop};
use orderly_core::order::Order;
use orderly_core::refusal::{Code, Refusal};
use orderly_docs::{Address, DeliveryNote, LoadList, LoadStop, Paper, Reference};

use super::read::Shown;
use crate::Error;
use crate::ops::documents::{address_of, doc_line, sender};
use crate::ops::read::orders::Shown as ShownOrder;
use crate::wire::out::amount;

/// Returns the driver's list of a load.
///
/// # Errors
/// `nothing_to_do` where it has no stops.
pub fn list(shown: &Shown, paper: Paper) -> Result<LoadList, Error> {
    let load = &shown.load;
    let mut stops = Vec::new();
    for (index, stop) in load.kept().enumerate() {
        let order = order_of(shown, stop)?;
        let delivery = order.order.delivery(stop.delivery)?;
        let party = delivery.ship_to.or(order.order.head.bill_to);
        let mut address = address_of(order, party).map(|to| plain(&to)).unwrap_or_default();
        let contact = delivery.contact.or(party).and_then(|id| order.parties.get(&id));
        address.extend(contact.and_then(|contact| contact.phone.clone()));
        let lines = note_lines(order, stop)?;
        let mut goods: Vec<String> = vec![format!("Order {}", order.order.number)];
        let shown =
            lines.iter().map(|line| format!("{} {} {}", line.quantity, line.sku, line.description));
        goods.extend(shown);
        goods.extend(stop.note.clone());
        let due = delivery.due_on_delivery.map_or_else(String::new, |minor| {
            format!("{} {}", amount(minor, order.order.currency), order.order.currency)
        });
        let position = u32::try_from(index + 1).unwrap_or(u32::MAX);
        stops.push(LoadStop { position, slot: slot(stop), address, goods, due });
    }
    if stops.is_empty() {
        let detail = format!("load {} has no stops", load.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    let place = shown.location.as_ref().map(|one| one.name.clone()).unwrap_or_default();
    let vehicle = shown.vehicle.as_ref().map(|one| one.name.clone()).unwrap_or_default();
    Ok(LoadList {
        paper,
        from: format!("{place} · {vehicle}"),
        number: load.number.clone(),
        references: references(load),
        stops,
    })
}

fn references(load: &Load) -> Vec<Reference> {
    let reference = |label: &str, value: String| Reference { label: label.into(), value };
    let of = |has: i64, may: Option<i64>, unit: &str, scale: u32| {
        let shown = |minor: i64| rust_decimal::Decimal::new(minor, scale).normalize();
        match may {
            None => format!("{} {unit}", shown(has)),
            Some(may) => format!("{} of {} {unit}", shown(has), shown(may)),
        }
    };
    let mut out = vec![reference("Day", load.day.to_string())];
    out.extend(load.driver.clone().map(|driver| reference("Driver", driver)));
    let (size, limits) = (load.size, load.limits);
    out.push(reference("Weight", of(size.weight_g, limits.weight_g, "kg", 3)));
    out.push(reference("Volume", of(size.volume_ml, limits.volume_ml, "l", 3)));
    out.push(reference("Longest", of(size.length_mm, limits.length_mm, "m", 3)));
    out
}

/// Returns the delivery note of each stop, in their order.
///
/// # Errors
/// `nothing_to_do` where the load has no stops; `invalid_field` where an address is missing.
pub fn notes(shown: &Shown, paper: Paper) -> Result<Vec<DeliveryNote>, Error> {
    let load = &shown.load;
    let mut out = Vec::new();
    for (index, stop) in load.kept().enumerate() {
        let order = order_of(shown, stop)?;
        let delivery = order.order.delivery(stop.delivery)?;
        let party = delivery.ship_to.or(order.order.head.bill_to);
        let recipient = address_of(order, party).filter(|to| !to.country.is_empty());
        let recipient = recipient.ok_or_else(|| {
            let detail = format!("the delivery of order {} has no address", order.order.number);
            Refusal::new(Code::InvalidField, detail)
        })?;
        let reference = |label: &str, value: Option<String>| {
            value.map(|value| Reference { label: label.into(), value })
        };
        let slot = Some(slot(stop)).filter(|slot| !slot.is_empty());
        let references = [
            reference("Order", Some(order.order.number.clone())),
            reference("Your reference", order.order.head.reference.clone()),
            reference("Day", Some(load.day.to_string())),
            reference("Time", slot),
        ];
        let received = stop.received_by.as_ref().map(|who| {
            let at = stop.attempted_at.map(|at| at.to_string()).unwrap_or_default();
            format!("Received by {who}, {}", at.get(..16).unwrap_or_default().replace('T', " "))
        });
        out.push(DeliveryNote {
            paper,
            seller: sender(order, load.location)?,
            recipient,
            number: format!("{}-{}", load.number, index + 1),
            references: references.into_iter().flatten().collect(),
            lines: note_lines(order, stop)?,
            received: received.unwrap_or_default(),
        });
    }
    if out.is_empty() {
        let detail = format!("load {} has no stops", load.number);
        return Err(Refusal::new(Code::NothingToDo, detail).into());
    }
    Ok(out)
}

fn order_of<'a>(shown: &'a Shown, stop: &Stop) -> Result<&'a ShownOrder, Error> {
    let missing = || Error::Internal(format!("stop {} has no order", stop.id));
    shown.orders.get(&stop.order).ok_or_else(missing)
}

/// The stop's goods in the units they were ordered in, by the order's lines.
fn note_lines(shown: &ShownOrder, stop: &Stop) -> Result<Vec<orderly_docs::DocLine>, Error> {
    let order: &Order = &shown.order;
    let mut lines = Vec::new();
    for (id, qty) in &stop.lines {
        let line = order.line(*id)?;
        lines.push((line.position, doc_line(shown, line, *qty)));
    }
    lines.sort_by_key(|(position, _)| *position);
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

fn plain(to: &Address) -> Vec<String> {
    let place = format!("{} {}", to.postcode, to.city);
    let all = [&to.company, &to.name].into_iter().chain(&to.lines).chain([&place]);
    all.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn slot(stop: &Stop) -> String {
    match (&stop.slot_from, &stop.slot_until) {
        (Some(from), Some(until)) => format!("{from}–{until}"),
        _ => String::new(),
    }
}

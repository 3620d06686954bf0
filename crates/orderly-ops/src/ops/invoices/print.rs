//! A document as people read it on paper.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{InvoiceId, OrderId};
use orderly_core::invoice::{Invoice, InvoiceKind, InvoiceLine};
use orderly_core::money::Money;
use orderly_core::order::Order;
use orderly_core::party::Party;
use orderly_core::pricing::Trace;
use orderly_docs::{Address, InvoiceDoc, InvoiceDocLine, Paper, Reference};
use orderly_store::Tx;
use orderly_store::tables::{self, invoices, locations, parties, pricing, settings};
use rust_decimal::Decimal;

use crate::{App, Call, Error};

/// Returns a document ready to be rendered.
///
/// # Errors
/// `not_found`.
pub fn print(app: &App, call: &Call, id: InvoiceId, paper: Paper) -> Result<InvoiceDoc, Error> {
    app.store.read(|tx| {
        let invoice = invoices::get(tx, id, false)?;
        let invoice = invoice.ok_or_else(|| Error::not_found(format!("invoice {id}")))?;
        let channel = invoice.channel;
        call.require(Permission::Read, Scope { channel, ..Scope::default() })?;
        let mut orders: HashMap<OrderId, Order> = HashMap::new();
        for line in &invoice.lines {
            let Some(order) = line.order.filter(|order| !orders.contains_key(order)) else {
                continue;
            };
            orders.extend(tables::orders::get(tx, order, false)?.map(|one| (order, one)));
        }
        document(tx, &invoice, &orders, paper)
    })
}

fn document(
    tx: &mut Tx<'_>,
    invoice: &Invoice,
    orders: &HashMap<OrderId, Order>,
    paper: Paper,
) -> Result<InvoiceDoc, Error> {
    let money = |minor: i64| amount(invoice, minor);
    let entity = settings::entity(tx, invoice.legal_entity)?;
    let missing = || Error::Internal(format!("legal entity {} is gone", invoice.legal_entity));
    let entity = entity.ok_or_else(missing)?;
    let seller = seller(tx, invoice, &entity.name, &entity.country)?;
    let buyer = match invoice.bill_to {
        Some(party) => {
            parties::get(tx, party)?.as_ref().map(|party| address(party, &entity.country))
        }
        None => None,
    };
    let taxes = invoice.taxes();
    let taxes = taxes.iter().map(|tax| [tax.code(), money(tax.base), money(tax.amount)]);
    let sum = |label: &str, minor: i64| Reference { label: label.into(), value: money(minor) };
    let mut sums =
        vec![sum("Net", invoice.net), sum("Tax", invoice.tax), sum("Total", invoice.total)];
    match invoice.kind {
        InvoiceKind::CreditNote => sums.push(sum("Open credit", invoice.open())),
        InvoiceKind::Invoice | InvoiceKind::Receipt => {
            sums.push(sum("Paid", invoice.settled));
            sums.push(sum("To pay", invoice.open()));
        }
    }
    Ok(InvoiceDoc {
        paper,
        title: title(invoice.kind).into(),
        number: invoice.name(),
        seller,
        tax_number: entity.tax_number.unwrap_or_default(),
        buyer: buyer.filter(|_| invoice.kind != InvoiceKind::Receipt),
        references: references(tx, invoice, orders)?,
        lines: lines(invoice, orders),
        taxes: taxes.collect(),
        sums,
        message: message(tx, invoice)?,
    })
}

const fn title(kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::Invoice => "Invoice",
        InvoiceKind::Receipt => "Receipt",
        InvoiceKind::CreditNote => "Credit note",
    }
}

fn amount(invoice: &Invoice, minor: i64) -> String {
    Money::new(minor, invoice.currency).to_string()
}

/// The address that goods left from, under the legal entity's name.
fn seller(tx: &mut Tx<'_>, invoice: &Invoice, name: &str, country: &str) -> Result<Address, Error> {
    let mut found = None;
    let places: Vec<_> = locations::all(tx)?;
    let left = invoice.lines.iter().find_map(|line| line.location);
    let left = places.iter().find(|place| Some(place.id) == left);
    for place in left.into_iter().chain(&places) {
        if let Some(party) = place.party {
            found = parties::get(tx, party)?;
            if found.is_some() {
                break;
            }
        }
    }
    let mut own = found.as_ref().map(|party| address(party, country)).unwrap_or_default();
    own.company = name.to_owned();
    if own.country.is_empty() {
        own.country = country.to_owned();
    }
    Ok(own)
}

fn address(party: &Party, country: &str) -> Address {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let own = text(&party.country);
    Address {
        company: text(&party.company),
        name: party.name.clone(),
        lines: party.address_lines.clone(),
        city: text(&party.city),
        region: text(&party.region),
        postcode: text(&party.postcode),
        country: if own.is_empty() { country.to_owned() } else { own },
    }
}

fn references(
    tx: &mut Tx<'_>,
    invoice: &Invoice,
    orders: &HashMap<OrderId, Order>,
) -> Result<Vec<Reference>, Error> {
    let mut out = Vec::new();
    let mut add = |label: &str, value: String| {
        out.push(Reference { label: label.into(), value });
    };
    add("Date", invoice.issued_on.to_string());
    if let Some(due) = invoice.due_on {
        add("Due", due.to_string());
    }
    if let Some(order) = invoice.order.and_then(|order| orders.get(&order)) {
        add("Order", order.number.clone());
    }
    if let Some(reference) = &invoice.reference {
        add("Your reference", reference.clone());
    }
    for (label, id) in [("Corrects", invoice.corrects), ("In place of", invoice.replaces)] {
        if let Some(other) = id {
            let other = invoices::heads(tx, &[other])?;
            other.iter().for_each(|other| add(label, other.name()));
        }
    }
    Ok(out)
}

/// What the document says below its sums: why it was issued or what the merchant always says, and
/// what the law asks for where a tax is not charged as usual.
fn message(tx: &mut Tx<'_>, invoice: &Invoice) -> Result<String, Error> {
    let own = match &invoice.reason {
        Some(reason) => format!("Reason: {reason}"),
        None => settings::get(tx, "invoices.message")?.unwrap_or_default(),
    };
    let mut all: Vec<String> = Some(own).filter(|own| !own.is_empty()).into_iter().collect();
    all.extend(notes(tx, invoice)?);
    Ok(all.join("\n"))
}

/// The notes of the taxes of a document's lines and charges, such as those of reverse charge and
/// exemption with the certificate, as they were when its orders were placed; each once.
fn notes(tx: &mut Tx<'_>, invoice: &Invoice) -> Result<Vec<String>, Error> {
    let mut orders: Vec<OrderId> = invoice.lines.iter().filter_map(|line| line.order).collect();
    orders.sort_unstable();
    orders.dedup();
    let mut out: Vec<String> = Vec::new();
    for order in orders {
        let Some(stored) = pricing::trace(tx, order)? else { continue };
        let traces: Vec<Trace> =
            serde_json::from_str(&stored).map_err(|error| Error::Internal(error.to_string()))?;
        let on = |trace: &&Trace| {
            let same = |line: &InvoiceLine| match trace.charge {
                Some(charge) => line.charge == Some(charge),
                None => line.order_line == Some(trace.line),
            };
            invoice.lines.iter().any(same)
        };
        for tax in traces.iter().filter(on).flat_map(|trace| &trace.taxes) {
            let note = tax.note.as_deref().filter(|note| !note.is_empty());
            let text = match (note, &tax.certificate) {
                (Some(note), Some(certificate)) => format!("{note} ({certificate})"),
                (Some(note), None) => note.to_owned(),
                (None, Some(certificate)) => format!("Exempt from tax, certificate {certificate}"),
                (None, None) => continue,
            };
            if !out.contains(&text) {
                out.push(text);
            }
        }
    }
    Ok(out)
}

fn lines(invoice: &Invoice, orders: &HashMap<OrderId, Order>) -> Vec<InvoiceDocLine> {
    let mut before = String::new();
    let collective = invoice.order.is_none();
    let mut out = Vec::with_capacity(invoice.lines.len());
    for line in &invoice.lines {
        let group = if collective { group(line, orders) } else { String::new() };
        let new = group != before;
        before.clone_from(&group);
        let quantity = match line.quantity.as_str() {
            "" => String::new(),
            quantity => format!("{quantity} {}", line.unit),
        };
        let percent = |rate: Decimal| format!("{}%", (rate * Decimal::from(100)).normalize());
        let rates: Vec<String> = line.taxes.iter().map(|tax| percent(tax.rate)).collect();
        out.push(InvoiceDocLine {
            group: if new { group } else { String::new() },
            sku: line.sku.clone().unwrap_or_default(),
            description: line.description.clone(),
            quantity,
            price: line.price.clone(),
            tax: rates.join(" + "),
            amount: amount(invoice, line.total()),
        });
    }
    out
}

/// The order and the delivery that lines of a collective invoice belong to.
fn group(line: &InvoiceLine, orders: &HashMap<OrderId, Order>) -> String {
    let Some(order) = line.order.and_then(|order| orders.get(&order)) else {
        return String::new();
    };
    let mut text = format!("Order {} of {}", order.number, order.placed_at.day_in("UTC"));
    if let Some(reference) = &order.head.reference {
        text.push_str(&format!(", your reference {reference}"));
    }
    let own = order.shipments.iter().filter(|one| Some(one.delivery) == line.delivery);
    if let Some(shipped) = own.max_by_key(|one| one.shipped_at) {
        text.push_str(&format!(", delivered {}", shipped.shipped_at.day_in("UTC")));
    }
    text.chars().take(200).collect()
}

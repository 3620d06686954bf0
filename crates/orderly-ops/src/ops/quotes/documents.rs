//! Quotes and agreements as documents.

use orderly_core::actor::{Permission, Scope};
use orderly_core::party::Party;
use orderly_core::quote::QuoteKind;
use orderly_core::refusal::{Code, Refusal};
use orderly_docs::{DocLine, Paper, PricedLine, QuoteSheet, Reference};
use orderly_store::tables::{locations, parties};

use super::read::Shown;
use crate::ops::documents::address_from;
use crate::wire::out::amount;
use crate::{App, Call, Error};

/// Returns the latest revision that was sent as a document; its seller is the location whose
/// channel made it, else the first that has an address.
///
/// # Errors
/// `invalid_transition` where nothing was sent; `invalid_field` where an address is missing.
pub fn sheet(app: &App, call: &Call, shown: &Shown, paper: Paper) -> Result<QuoteSheet, Error> {
    let quote = &shown.quote;
    let channel = Some(quote.channel);
    call.require(Permission::Read, Scope { channel, ..Scope::default() })?;
    let (_, _, terms) = shown.revisions.last().ok_or_else(|| {
        let detail = format!("{} is not sent yet", quote.name());
        Refusal::new(Code::InvalidTransition, detail).allowed("send")
    })?;
    let missing = |what: &str| {
        let detail = format!("{what} has no postal address: add one to print documents");
        Refusal::new(Code::InvalidField, detail)
    };
    let own = shown.channel.as_ref().and_then(|channel| channel.location);
    let seller: Option<Party> = app.store.read(|tx| {
        let all = locations::all(tx)?;
        let mut named = all.iter().filter(|one| own.is_none_or(|id| id == one.id));
        let party = named.find_map(|one| one.party);
        Ok::<_, Error>(party.map(|id| parties::get(tx, id)).transpose()?.flatten())
    })?;
    let entity = shown.entity.as_ref().map(|entity| entity.name.clone()).unwrap_or_default();
    let mut seller = seller.as_ref().map(address_from).unwrap_or_default();
    if seller.company.is_empty() {
        seller.company.clone_from(&entity);
    }
    if seller.country.is_empty() {
        return Err(missing(&entity).into());
    }
    let recipient = shown.party.as_ref().map(address_from).unwrap_or_default();
    if recipient.country.is_empty() {
        return Err(missing("the customer").into());
    }
    let money = |minor: i64| amount(minor, quote.currency);
    let line = |one: &orderly_core::quote::QuoteLine| PricedLine {
        line: DocLine {
            quantity: format!("{} {}", one.entered, one.unit),
            sku: one.sku.clone().unwrap_or_default(),
            description: one.description.clone(),
            cuts: Vec::new(),
            notes: one.cut_length.iter().map(|length| format!("each {length}")).collect(),
        },
        price: format!("{} / {}", one.price, one.price_unit.as_ref().unwrap_or(&one.unit)),
        amount: money(one.amount),
    };
    Ok(QuoteSheet {
        paper,
        title: match quote.kind {
            QuoteKind::Quote => "Quote".into(),
            QuoteKind::Agreement => "Agreement".into(),
        },
        seller,
        recipient,
        number: quote.number.clone(),
        references: references(shown, terms.valid_from, terms.valid_until),
        lines: terms.lines.iter().map(line).collect(),
        totals: totals(&terms.totals, quote.currency),
        message: terms.message.clone().unwrap_or_default(),
    })
}

fn references(
    shown: &Shown,
    from: Option<orderly_core::time::Day>,
    until: orderly_core::time::Day,
) -> Vec<Reference> {
    let reference = |label: &str, value: Option<String>| {
        value.map(|value| Reference { label: label.into(), value })
    };
    [
        reference("Valid from", from.map(|day| day.to_string())),
        reference("Valid until", Some(until.to_string())),
        reference("Revision", Some(shown.quote.revision.to_string())),
        reference("Account", shown.account.as_ref().map(|account| account.number.clone())),
        reference("Site", shown.site.as_ref().map(|site| site.name.clone())),
        reference("Your reference", shown.quote.reference.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn totals(
    totals: &orderly_core::order::Totals,
    currency: orderly_core::money::Currency,
) -> Vec<Reference> {
    let row = |label: String, minor: i64| Reference { label, value: amount(minor, currency) };
    let mut out = Vec::new();
    if totals.tax_added != 0 {
        out.push(row("Net".into(), totals.total - totals.tax_added));
        out.push(row("Tax".into(), totals.tax_added));
    }
    if totals.tax_included != 0 {
        out.push(row("Tax included".into(), totals.tax_included));
    }
    out.push(row(format!("Total {currency}"), totals.total));
    out
}

//! Customers from a file: new ones are added, known ones are brought to what the file says.

use std::path::PathBuf;

use orderly_core::catalog::LegalEntity;
use orderly_core::id::IdSource;
use orderly_core::party::{Customer, CustomerKind, NewParty, SubjectKind};
use orderly_store::Tx;
use orderly_store::tables::{customers as rows_of, numbers, parties};

use super::map::Map;
use super::plain::{Fields, Kind, Taken, each_row};
use super::{Progress, Report};
use crate::ops::parties::{
    FIRST_CUSTOMER, NewCustomer, add_customer, customer_by_email, same_content,
};
use crate::{App, Call, Error};

const CUSTOMERS: Kind =
    Kind { name: "customers", verb: "import.customers", required: &["name"], numbers: &[] };

/// The street lines of an address.
const LINES: [&str; 4] = ["line1", "line2", "line3", "line4"];

/// Imports customers. A row is known by its number, or by its e-mail address where it has no
/// number; a known one gets another version of its name and address where the file says something
/// else.
///
/// # Errors
/// Those of [`orders`](super::orders).
pub fn customers(
    app: &App,
    call: &Call,
    files: &[PathBuf],
    map: &Map,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Error> {
    each_row(app, call, &CUSTOMERS, (files, map), progress, 2, |tx, merchant, row, ids| {
        take(tx, call, merchant, row, ids)
    })
}

/// Adds or updates the customer of one row; the inner error is why it is not taken.
fn take(
    tx: &mut Tx<'_>,
    call: &Call,
    merchant: &LegalEntity,
    row: &Fields,
    ids: &mut IdSource,
) -> Result<Taken, Error> {
    let new = match new_customer(row) {
        Ok(new) => new,
        Err(reason) => return Ok(Err(reason)),
    };
    let known = match (&new.number, new.party.email.as_deref()) {
        (Some(number), _) => rows_of::by_number(tx, number.trim())?,
        (None, Some(email)) => match customer_by_email(tx, email) {
            Err(Error::Refused(refusal)) => return Ok(Err(refusal.to_string())),
            found => found?,
        },
        (None, None) => None,
    };
    let taken = match known {
        Some(before) => bring(tx, call, &before, &new, ids),
        None => add(tx, call, merchant, &new, ids),
    };
    match taken {
        Err(Error::Refused(refusal)) => Ok(Err(refusal.to_string())),
        other => other.map(Ok),
    }
}

/// Adds a customer; one without a number gets the next that is free, so that adding cannot fail
/// halfway.
fn add(
    tx: &mut Tx<'_>,
    call: &Call,
    merchant: &LegalEntity,
    new: &NewCustomer,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let mut new = new.clone();
    while new.number.is_none() {
        let next = numbers::take(tx, merchant.id, "customer", FIRST_CUSTOMER, 1)?;
        let number = format!("C{next}");
        new.number = rows_of::by_number(tx, &number)?.is_none().then_some(number);
    }
    add_customer(tx, merchant, &new, ids, call.now).map(drop)
}

/// Gives a known customer the next version of its name and address, where the file says another.
fn bring(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &Customer,
    new: &NewCustomer,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let subject = (SubjectKind::Customer, before.id.as_bytes());
    let latest = parties::versions(tx, subject.1)?.into_iter().next();
    let version = latest.as_ref().map_or(1, |party| party.version + 1);
    let next = new.party.check(ids.draw(), subject, version, call.now)?;
    if latest.is_some_and(|party| same_content(&party, &next)) {
        return Ok(());
    }
    let after = Customer { party: next.id, version: before.version + 1, ..before.clone() };
    parties::insert_many(tx, &[next])?;
    if !rows_of::save(tx, before, &after)? {
        return Err(Error::Again);
    }
    Ok(())
}

fn new_customer(row: &Fields) -> Result<NewCustomer, String> {
    let kind = match row.text("kind").as_deref() {
        None => None,
        Some("person") => Some(CustomerKind::Person),
        Some("company") => Some(CustomerKind::Company),
        Some(other) => return Err(format!("kind: `{other}` is neither person nor company")),
    };
    let party = NewParty {
        name: row.text("name").unwrap_or_default(),
        company: row.text("company"),
        email: row.text("email"),
        phone: row.text("phone"),
        address_lines: LINES.iter().filter_map(|line| row.text(line)).collect(),
        city: row.text("city"),
        region: row.text("region"),
        postcode: row.text("postcode"),
        country: row.text("country"),
        coordinates: None,
    };
    Ok(NewCustomer { number: row.text("number"), kind, party })
}

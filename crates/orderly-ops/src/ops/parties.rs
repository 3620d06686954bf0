//! Customers and their names and addresses.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{CustomerId, IdSource, PartyId};
use orderly_core::party::{Customer, CustomerKind, NewParty, Party, SubjectKind, email};
use orderly_core::text;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::{customers, numbers, parties};
use serde::{Deserialize, Serialize};

use super::catalog::{audit_all, found_again, ids, stale, taken};
use super::{Object, Reference, command, settings};
use crate::{App, Call, Error};

found_again! {
    Customer, CustomerId, "customer", |customer| customer.version, customers::get;
}

/// The first number given to a customer.
pub const FIRST_CUSTOMER: i64 = 100_001;

/// A customer as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// Given by Orderly where absent.
    #[serde(default)]
    pub number: Option<String>,
    /// A company where the party names one, else a person.
    #[serde(default)]
    pub kind: Option<CustomerKind>,
    pub party: NewParty,
}

/// Adds a customer.
///
/// # Errors
/// `already_exists` where the number is taken; what [`NewParty::check`] refuses.
pub fn create_customer(app: &App, call: &Call, new: &NewCustomer) -> Result<Customer, Error> {
    command(app, call, "customer.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let merchant = settings::merchant(tx)?;
        add_customer(tx, &merchant, new, &mut ids(call), call.now)
    })
}

/// Adds many customers in one transaction, all or none, and returns them in their order.
///
/// # Errors
/// Those of [`create_customer`], of the first that is refused.
pub fn create_customers(
    app: &App,
    call: &Call,
    new: &[NewCustomer],
) -> Result<Vec<Customer>, Error> {
    call.require(Permission::Configure, Scope::default())?;
    app.store.write(|tx| {
        let merchant = settings::merchant(tx)?;
        let mut ids = ids(call);
        let added = new.iter().map(|one| add_customer(tx, &merchant, one, &mut ids, call.now));
        let added = added.collect::<Result<Vec<_>, Error>>()?;
        audit_all(tx, call, "customer.create_many", &added)?;
        Ok(added)
    })
}

/// Adds a customer with the first version of its name and address, in the caller's transaction.
pub fn add_customer(
    tx: &mut Tx<'_>,
    merchant: &LegalEntity,
    new: &NewCustomer,
    ids: &mut IdSource,
    now: Instant,
) -> Result<Customer, Error> {
    let id: CustomerId = ids.draw();
    let subject = (SubjectKind::Customer, id.as_bytes());
    let party = new.party.check(ids.draw(), subject, 1, now);
    let party = party.map_err(|refusal| refusal.under("/party"))?;
    let number = match new.number.as_deref() {
        Some(number) => text::short(number).map_err(|refusal| refusal.under("/number"))?,
        None => {
            format!("C{}", numbers::take(tx, merchant.id, "customer", FIRST_CUSTOMER, 1)?)
        }
    };
    let company = party.company.is_some();
    let own = if company { CustomerKind::Company } else { CustomerKind::Person };
    let customer = Customer {
        id,
        number,
        kind: new.kind.unwrap_or(own),
        party: party.id,
        account: None,
        active: true,
        version: 1,
        created_at: now,
    };
    parties::insert_many(tx, &[party])?;
    if customers::insert_many(tx, std::slice::from_ref(&customer))? == 0 {
        return Err(taken("customer", &customer.number));
    }
    Ok(customer)
}

/// Returns the active customer with this e-mail address, the oldest where there are several.
pub fn customer_by_email(tx: &mut Tx<'_>, address: &str) -> Result<Option<Customer>, Error> {
    let found = customers::by_email(tx, &email(address)?)?;
    Ok(found.into_iter().find(|customer| customer.active))
}

/// Returns the customer that a channel's order is for, and the version of the party that is billed:
/// the known one with this e-mail address, else a new one. A name or address that differs from the
/// version in force becomes the next version.
pub fn customer_of(
    tx: &mut Tx<'_>,
    merchant: &LegalEntity,
    stated: &NewParty,
    ids: &mut IdSource,
    now: Instant,
) -> Result<(Customer, PartyId), Error> {
    let known = match stated.email.as_deref() {
        Some(address) => customer_by_email(tx, address)?,
        None => None,
    };
    let Some(before) = known else {
        let new = NewCustomer { number: None, kind: None, party: stated.clone() };
        let customer = add_customer(tx, merchant, &new, ids, now)?;
        let party = customer.party;
        return Ok((customer, party));
    };
    let subject = (SubjectKind::Customer, before.id.as_bytes());
    let latest = parties::versions(tx, subject.1)?.into_iter().next();
    let version = latest.as_ref().map_or(1, |party| party.version + 1);
    let next = stated.check(ids.draw(), subject, version, now)?;
    if latest.is_some_and(|party| same_content(&party, &next)) {
        let party = before.party;
        return Ok((before, party));
    }
    let after = Customer { party: next.id, version: before.version + 1, ..before.clone() };
    parties::insert_many(tx, &[next])?;
    stale(customers::save(tx, &before, &after)?)?;
    let party = after.party;
    Ok((after, party))
}

pub(super) fn same_content(one: &Party, other: &Party) -> bool {
    let other = Party {
        id: one.id,
        version: one.version,
        created_at: one.created_at,
        erased_at: one.erased_at,
        ..other.clone()
    };
    *one == other
}

/// Gives a customer another name or address: the next version, to which new orders refer.
///
/// # Errors
/// `stale_version`; what [`NewParty::check`] refuses.
pub fn update_customer(
    app: &App,
    call: &Call,
    id: CustomerId,
    new: &NewParty,
) -> Result<Customer, Error> {
    command(app, call, "customer.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let known = customers::get(tx, id)?;
        let before = known.ok_or_else(|| Error::not_found(format!("customer {id}")))?;
        call.expect_version(before.version)?;
        let subject = (SubjectKind::Customer, id.as_bytes());
        let versions = parties::versions(tx, subject.1)?;
        let version = versions.first().map_or(1, |party| party.version + 1);
        let party = new.check(ids(call).draw(), subject, version, call.now)?;
        let after = Customer { party: party.id, version: before.version + 1, ..before.clone() };
        parties::insert_many(tx, &[party])?;
        stale(customers::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

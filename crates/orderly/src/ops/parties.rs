//! Customers, and trade accounts with their sites and contacts.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::LegalEntity;
use orderly_core::catalog::new::code;
use orderly_core::id::{AccountId, ContactId, CustomerId, IdSource, PartyId, SiteId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::party::{
    Account, Contact, Customer, CustomerKind, Exposure, NewParty, Party, Site, SubjectKind, email,
};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::{accounts, customers, numbers, parties};
use serde::{Deserialize, Serialize};

use super::catalog::{audit_all, found_again, ids, stale, taken};
use super::{Object, Reference, command, settings};
use crate::{App, Call, Error};

found_again! {
    Customer, CustomerId, "customer", |customer| customer.version, customers::get;
    Account, AccountId, "account", |account| account.version, accounts::get;
    Site, SiteId, "site", |site| site.version, accounts::site;
    Contact, ContactId, "contact", |_| 1, accounts::contact;
}

/// The first number given to a customer.
pub const FIRST_CUSTOMER: i64 = 100_001;

/// A customer as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

/// An account as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub number: String,
    pub name: String,
    pub party: NewParty,
    #[serde(default)]
    pub terms_days: i64,
    /// What may be owed, as a decimal; no limit where absent.
    #[serde(default)]
    pub limit: Option<String>,
    /// The merchant's own where absent.
    #[serde(default)]
    pub currency: Option<String>,
}

/// A site as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    pub code: String,
    pub name: String,
    pub party: NewParty,
    #[serde(default)]
    pub reference: Option<String>,
    /// Its own limit within that of the account.
    #[serde(default)]
    pub limit: Option<String>,
}

/// A contact as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    pub party: NewParty,
    #[serde(default)]
    pub site: Option<SiteId>,
    #[serde(default)]
    pub may_order: bool,
    #[serde(default)]
    pub may_collect: bool,
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

fn same_content(one: &Party, other: &Party) -> bool {
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

/// Reads a credit limit: a decimal of the account's currency, not negative.
fn limit(text: Option<&str>, currency: Currency) -> Result<Option<i64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let money = Money::parse(text.trim(), currency);
    let money = money.map_err(|error| money_refusal(&error).under("/limit"))?;
    ensure(money.minor() >= 0, || {
        Refusal::at(Code::MoneyInvalid, "/limit", "a limit is not negative")
    })?;
    Ok(Some(money.minor()))
}

/// Adds a trade account with its customer and what it may owe.
///
/// # Errors
/// `already_exists` where the number is taken, `unknown_currency`, the codes of amounts; what
/// [`NewParty::check`] refuses.
pub fn create_account(app: &App, call: &Call, new: &NewAccount) -> Result<Account, Error> {
    command(app, call, "account.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let merchant = settings::merchant(tx)?;
        let mut ids = ids(call);
        let number = code(&new.number).map_err(|_| {
            Refusal::at(Code::InvalidField, "/number", "an account number is a short code")
        })?;
        let stated = new.currency.as_deref();
        let currency =
            stated.map_or(Ok(merchant.currency), orderly_core::catalog::new::currency)?;
        let limit = limit(new.limit.as_deref(), currency)?;
        ensure((0..=3_650).contains(&new.terms_days), || {
            Refusal::at(Code::InvalidField, "/terms_days", "terms are 0 to 3,650 days")
        })?;
        let kind = Some(CustomerKind::Company);
        let owner = NewCustomer { number: None, kind, party: new.party.clone() };
        let customer = add_customer(tx, &merchant, &owner, &mut ids, call.now)?;
        let account = Account {
            id: ids.draw(),
            number,
            name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
            customer: customer.id,
            legal_entity: merchant.id,
            currency,
            terms_days: new.terms_days,
            active: true,
            version: 1,
            created_at: call.now,
        };
        if !accounts::insert(tx, &account)? {
            return Err(taken("account", &account.number));
        }
        accounts::insert_exposure(tx, &Exposure::none(account.id, SiteId::NONE, limit))?;
        let owned = Customer { account: Some(account.id), version: 2, ..customer.clone() };
        stale(customers::save(tx, &customer, &owned)?)?;
        Ok(account)
    })
}

fn account_of(tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Error> {
    accounts::get(tx, id)?.ok_or_else(|| Error::not_found(format!("account {id}")))
}

/// Adds a site to an account, with what may be owed for it.
///
/// # Errors
/// `already_exists` where the account has a site of this code; what [`NewParty::check`] refuses.
pub fn create_site(app: &App, call: &Call, id: AccountId, new: &NewSite) -> Result<Site, Error> {
    command(app, call, "site.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let account = account_of(tx, id)?;
        let mut ids = ids(call);
        let site: SiteId = ids.draw();
        let party = new.party.check(ids.draw(), (SubjectKind::Site, site.as_bytes()), 1, call.now);
        let party = party.map_err(|refusal| refusal.under("/party"))?;
        let reference = text::optional(new.reference.as_deref());
        let site = Site {
            id: site,
            account: id,
            code: code(&new.code)?,
            name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
            party: party.id,
            reference: reference.map_err(|refusal| refusal.under("/reference"))?,
            active: true,
            version: 1,
        };
        let limit = limit(new.limit.as_deref(), account.currency)?;
        parties::insert_many(tx, &[party])?;
        if !accounts::insert_site(tx, &site)? {
            return Err(taken("site", &site.code));
        }
        accounts::insert_exposure(tx, &Exposure::none(id, site.id, limit))?;
        Ok(site)
    })
}

/// Adds a contact to an account, or to one of its sites.
///
/// # Errors
/// `unknown_site` where the site is not the account's; what [`NewParty::check`] refuses.
pub fn create_contact(
    app: &App,
    call: &Call,
    id: AccountId,
    new: &NewContact,
) -> Result<Contact, Error> {
    command(app, call, "contact.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        account_of(tx, id)?;
        if let Some(site) = new.site {
            let own = accounts::site(tx, site)?.is_some_and(|known| known.account == id);
            ensure(own, || {
                let detail = format!("the account has no site {site}");
                Refusal::at(Code::UnknownSite, "/site", detail)
            })?;
        }
        let mut ids = ids(call);
        let contact: ContactId = ids.draw();
        let subject = (SubjectKind::Contact, contact.as_bytes());
        let party = new.party.check(ids.draw(), subject, 1, call.now);
        let party = party.map_err(|refusal| refusal.under("/party"))?;
        let contact = Contact {
            id: contact,
            account: id,
            site: new.site,
            party: party.id,
            may_order: new.may_order,
            may_collect: new.may_collect,
            active: true,
        };
        parties::insert_many(tx, &[party])?;
        accounts::insert_contact(tx, &contact)?;
        Ok(contact)
    })
}

/// Sets what an account may owe in all, or for one site; `None` takes the limit away.
///
/// # Errors
/// `unknown_site`, the codes of amounts.
pub fn set_limit(
    app: &App,
    call: &Call,
    id: AccountId,
    site: Option<SiteId>,
    amount: Option<&str>,
) -> Result<Account, Error> {
    command(app, call, "account.set_limit", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let account = account_of(tx, id)?;
        let limit = limit(amount, account.currency)?;
        let site = site.unwrap_or(SiteId::NONE);
        ensure(accounts::set_limit(tx, id, site, limit)?, || {
            Refusal::at(Code::UnknownSite, "/site", format!("the account has no site {site}"))
        })?;
        Ok(account)
    })
}

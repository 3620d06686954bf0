//! Customers with their names, accounts and sites.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{CustomerId, OrderId, PartyId};
use orderly_core::money::{Currency, cumulative_share};
use orderly_core::party::{Account, Contact, Customer, Exposure, Party, Site, email};
use orderly_core::quote::{QuoteKind, QuoteState};
use orderly_core::time::{Day, Instant};
use orderly_store::Tx;
use orderly_store::tables::orders::{Summary, buyers};
use orderly_store::tables::{accounts, customers, parties, quotes};

use crate::{App, Call, Error};

/// A customer with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct Known {
    pub customer: Customer,
    pub party: Option<Party>,
    pub account: Option<Account>,
    pub sites: Vec<Site>,
    pub contacts: Vec<(Contact, Option<Party>)>,
    /// What the account and each of its sites may owe and owes.
    pub exposures: Vec<Exposure>,
    /// What orders may still draw on its agreements, in minor units of their currencies.
    pub agreed: Vec<Agreed>,
}

/// What is left of an agreement: no debt yet, but goods promised at its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub number: String,
    pub valid_until: Option<Day>,
    pub currency: Currency,
    pub open: i64,
}

/// The most agreements of one account that are looked at.
const MOST: i64 = 1_000;

fn agreed(tx: &mut Tx<'_>, call: &Call, account: &Account) -> Result<Vec<Agreed>, Error> {
    let mut out = Vec::new();
    for one in quotes::list(tx, QuoteKind::Agreement, Some(account.id), None, MOST)? {
        let today = crate::ops::quotes::today(tx, call, one.legal_entity)?;
        if !matches!(one.state, QuoteState::Sent | QuoteState::Accepted) || one.expired(today) {
            continue;
        }
        let mut open = 0;
        for drawable in &one.lines {
            open += cumulative_share(
                drawable.line.amount,
                drawable.left().get(),
                drawable.line.offered.get().max(1),
            );
        }
        if open > 0 {
            let (number, valid_until) = (one.number.clone(), one.valid_until);
            out.push(Agreed { number, valid_until, currency: one.currency, open });
        }
    }
    Ok(out)
}

/// Returns up to `limit` customers after a number, by number, with the names in force.
pub fn list(
    app: &App,
    call: &Call,
    after: &str,
    limit: i64,
) -> Result<Vec<(Customer, Option<Party>)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut found = Vec::new();
        for customer in customers::list(tx, after, limit.clamp(1, 1_000))? {
            let party = parties::get(tx, customer.party)?;
            found.push((customer, party));
        }
        Ok(found)
    })
}

/// Returns one version of a name and address.
pub fn party(app: &App, call: &Call, id: PartyId) -> Result<Option<Party>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| parties::get(tx, id))?)
}

/// Returns up to `limit` orders of a customer placed before a cursor, the latest first.
pub fn orders_of(
    app: &App,
    call: &Call,
    customer: CustomerId,
    before: Option<(Instant, OrderId)>,
    limit: i64,
) -> Result<Vec<Summary>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(|tx| buyers::of_customer(tx, customer, before, limit.clamp(1, 1_000)))?)
}

/// Returns the customer that `text` stands for: a number, an id, an e-mail address or the number
/// of a trade account.
///
/// # Errors
/// `not_found`.
pub fn show(app: &App, call: &Call, text: &str) -> Result<Known, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let customer = find(tx, text)?;
        let party = parties::get(tx, customer.party)?;
        let account = customer.account.map(|id| accounts::get(tx, id)).transpose()?.flatten();
        let mut known = Known {
            customer,
            party,
            account: None,
            sites: Vec::new(),
            contacts: Vec::new(),
            exposures: Vec::new(),
            agreed: Vec::new(),
        };
        if let Some(account) = account {
            known.sites = accounts::sites(tx, account.id)?;
            for contact in accounts::contacts(tx, account.id)? {
                let party = parties::get(tx, contact.party)?;
                known.contacts.push((contact, party));
            }
            known.exposures = accounts::exposures(tx, account.id)?;
            known.agreed = agreed(tx, call, &account)?;
            known.account = Some(account);
        }
        Ok(known)
    })
}

/// Returns up to `limit` customers that a text may mean: the one with this number, id, e-mail
/// address or account, else those whose name, company or phone number contains it.
pub fn find_customers(
    app: &App,
    call: &Call,
    text: &str,
    limit: i64,
) -> Result<Vec<(Customer, Option<Party>)>, Error> {
    call.require(Permission::ReadPii, Scope::default())?;
    app.store.read(|tx| {
        let customers = match find(tx, text) {
            Ok(one) => vec![one],
            Err(Error::NotFound { .. }) if text.trim().len() < 2 => Vec::new(),
            Err(Error::NotFound { .. }) => customers::search(tx, text.trim(), limit.clamp(1, 100))?,
            Err(error) => return Err(error),
        };
        let mut found = Vec::with_capacity(customers.len());
        for customer in customers {
            let party = parties::get(tx, customer.party)?;
            found.push((customer, party));
        }
        Ok(found)
    })
}

pub(in crate::ops) fn find(tx: &mut Tx<'_>, text: &str) -> Result<Customer, Error> {
    let text = text.trim();
    if let Some(found) = customers::by_number(tx, text)? {
        return Ok(found);
    }
    if let Ok(id) = text.parse()
        && let Some(found) = customers::get(tx, id)?
    {
        return Ok(found);
    }
    if let Some(account) = accounts::by_number(tx, text)?
        && let Some(found) = customers::get(tx, account.customer)?
    {
        return Ok(found);
    }
    let address = email(text).ok();
    let found = address.map(|address| customers::by_email(tx, &address)).transpose()?;
    let shown: String = text.chars().take(60).collect();
    let found = found.and_then(|found| found.into_iter().next());
    found.ok_or_else(|| Error::not_found(format!("customer `{shown}`")))
}

//! Trade accounts with their sites and contacts; what they owe is in [`exposures`].

mod exposures;

use orderly_core::id::{AccountId, ContactId, SiteId};
use orderly_core::party::{Account, Contact, Site, Terms};

pub use self::exposures::*;
use super::{active, state};
use crate::set::query_in;
use crate::{Row, StoreError, Tx};

const ACCOUNT: &str = "SELECT id, number, name, customer_id, legal_entity_id, currency, terms,
    terms_days, when_over, reference_required, contact_required, state, version, created_at
    FROM account";
const SITE: &str =
    "SELECT id, account_id, code, name, party_id, reference, state, version FROM site";
const CONTACT: &str =
    "SELECT id, account_id, site_id, party_id, may_order, may_collect, state, version FROM contact";

/// Adds the account; false where its number is taken.
pub fn insert(tx: &mut Tx<'_>, account: &Account) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO account (id, number, name, customer_id, legal_entity_id, currency, terms,
            terms_days, when_over, reference_required, contact_required, state, version,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (number) DO NOTHING",
        &[
            &account.id,
            &account.number,
            &account.name,
            &account.customer,
            &account.legal_entity,
            &account.currency,
            &account.terms.kind,
            &account.terms.days,
            &account.when_over,
            &account.reference_required,
            &account.contact_required,
            &account.state,
            &account.version,
            &account.created_at,
        ],
    )?;
    Ok(added == 1)
}

pub fn get(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    tx.query_one(&format!("{ACCOUNT} WHERE id = $1"), &[&id], account_from_row)
}

pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Account>, StoreError> {
    tx.query_one(&format!("{ACCOUNT} WHERE number = $1"), &[&number], account_from_row)
}

/// Returns the accounts with these numbers, in no order.
pub fn by_numbers(tx: &mut Tx<'_>, numbers: &[&str]) -> Result<Vec<Account>, StoreError> {
    query_in(tx, ACCOUNT, "number", numbers, account_from_row)
}

/// Returns at most `limit` accounts by number, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Account>, StoreError> {
    let sql = format!("{ACCOUNT} WHERE number > $1 ORDER BY number LIMIT $2");
    tx.query(&sql, &[&after, &limit], account_from_row)
}

/// Saves the account unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Account, after: &Account) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE account SET name = $3, terms = $4, terms_days = $5, when_over = $6,
                reference_required = $7, contact_required = $8, state = $9, version = $10
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.terms.kind,
            &after.terms.days,
            &after.when_over,
            &after.reference_required,
            &after.contact_required,
            &after.state,
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

/// Adds the site; false where the account has one with its code.
pub fn insert_site(tx: &mut Tx<'_>, site: &Site) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO site (id, account_id, code, name, party_id, reference, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account_id, code) DO NOTHING",
        &[
            &site.id,
            &site.account,
            &site.code,
            &site.name,
            &site.party,
            &site.reference,
            &state(site.active),
            &site.version,
        ],
    )?;
    Ok(added == 1)
}

pub fn site(tx: &mut Tx<'_>, id: SiteId) -> Result<Option<Site>, StoreError> {
    tx.query_one(&format!("{SITE} WHERE id = $1"), &[&id], site_from_row)
}

/// Returns the account's sites by code.
pub fn sites(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Site>, StoreError> {
    let sql = format!("{SITE} WHERE account_id = $1 ORDER BY code");
    tx.query(&sql, &[&account], site_from_row)
}

/// Returns all sites of these accounts, in no order.
pub fn sites_of(tx: &mut Tx<'_>, accounts: &[AccountId]) -> Result<Vec<Site>, StoreError> {
    query_in(tx, SITE, "account_id", accounts, site_from_row)
}

/// Saves the site unless somebody else did since; says whether it was saved.
pub fn save_site(tx: &mut Tx<'_>, before: &Site, after: &Site) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE site SET name = $3, party_id = $4, reference = $5, state = $6, version = $7
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.party,
            &after.reference,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

pub fn insert_contact(tx: &mut Tx<'_>, contact: &Contact) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO contact (id, account_id, site_id, party_id, may_order, may_collect, state,
            version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &contact.id,
            &contact.account,
            &contact.site,
            &contact.party,
            &contact.may_order,
            &contact.may_collect,
            &state(contact.active),
            &contact.version,
        ],
    )?;
    Ok(())
}

/// Saves the contact unless somebody else did since; says whether it was saved.
pub fn save_contact(
    tx: &mut Tx<'_>,
    before: &Contact,
    after: &Contact,
) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE contact SET site_id = $3, party_id = $4, may_order = $5, may_collect = $6,
                state = $7, version = $8
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.site,
            &after.party,
            &after.may_order,
            &after.may_collect,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

pub fn contact(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    tx.query_one(&format!("{CONTACT} WHERE id = $1"), &[&id], contact_from_row)
}

/// Returns the account's contacts, in the order they were added.
pub fn contacts(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Contact>, StoreError> {
    let sql = format!("{CONTACT} WHERE account_id = $1 ORDER BY id");
    tx.query(&sql, &[&account], contact_from_row)
}

fn account_from_row(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.get("id")?,
        number: row.get("number")?,
        name: row.get("name")?,
        customer: row.get("customer_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        terms: Terms { kind: row.get("terms")?, days: row.get("terms_days")? },
        when_over: row.get("when_over")?,
        reference_required: row.get("reference_required")?,
        contact_required: row.get("contact_required")?,
        state: row.get("state")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

fn site_from_row(row: &Row<'_>) -> Result<Site, StoreError> {
    Ok(Site {
        id: row.get("id")?,
        account: row.get("account_id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        party: row.get("party_id")?,
        reference: row.get("reference")?,
        active: active(row)?,
        version: row.get("version")?,
    })
}

fn contact_from_row(row: &Row<'_>) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: row.get("id")?,
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        party: row.get("party_id")?,
        may_order: row.get("may_order")?,
        may_collect: row.get("may_collect")?,
        active: active(row)?,
        version: row.get("version")?,
    })
}

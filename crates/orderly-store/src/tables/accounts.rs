//! Trade accounts with their sites, contacts and what they owe.

use orderly_core::id::{AccountId, ContactId, SiteId};
use orderly_core::party::{Account, Contact, Exposure, Site};

use super::{active, state};
use crate::{Row, StoreError, Tx};

const ACCOUNT: &str = "SELECT id, number, name, customer_id, legal_entity_id, currency, terms_days,
    state, version, created_at FROM account";
const SITE: &str =
    "SELECT id, account_id, code, name, party_id, reference, state, version FROM site";
const CONTACT: &str =
    "SELECT id, account_id, site_id, party_id, may_order, may_collect, state FROM contact";
const EXPOSURE: &str = "SELECT account_id, site_id, limit_minor, open_minor, dispatched_minor,
    invoiced_minor FROM exposure";

/// Adds the account; false where its number is taken.
pub fn insert(tx: &mut Tx<'_>, account: &Account) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO account (id, number, name, customer_id, legal_entity_id, currency, terms_days,
            state, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (number) DO NOTHING",
        &[
            &account.id,
            &account.number,
            &account.name,
            &account.customer,
            &account.legal_entity,
            &account.currency,
            &account.terms_days,
            &state(account.active),
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

/// Returns at most `limit` accounts by number, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Account>, StoreError> {
    let sql = format!("{ACCOUNT} WHERE number > $1 ORDER BY number LIMIT $2");
    tx.query(&sql, &[&after, &limit], account_from_row)
}

/// Saves the account unless somebody else did since; says whether it was saved.
pub fn save(tx: &mut Tx<'_>, before: &Account, after: &Account) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE account SET name = $3, terms_days = $4, state = $5, version = $6
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.terms_days,
            &state(after.active),
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
        "INSERT INTO contact (id, account_id, site_id, party_id, may_order, may_collect, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &contact.id,
            &contact.account,
            &contact.site,
            &contact.party,
            &contact.may_order,
            &contact.may_collect,
            &state(contact.active),
        ],
    )?;
    Ok(())
}

pub fn contact(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    tx.query_one(&format!("{CONTACT} WHERE id = $1"), &[&id], contact_from_row)
}

/// Returns the account's contacts, in the order they were added.
pub fn contacts(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Contact>, StoreError> {
    let sql = format!("{CONTACT} WHERE account_id = $1 ORDER BY id");
    tx.query(&sql, &[&account], contact_from_row)
}

pub fn insert_exposure(tx: &mut Tx<'_>, exposure: &Exposure) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO exposure (account_id, site_id, limit_minor, open_minor, dispatched_minor,
            invoiced_minor) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &exposure.account,
            &exposure.site,
            &exposure.limit,
            &exposure.open,
            &exposure.dispatched,
            &exposure.invoiced,
        ],
    )?;
    Ok(())
}

/// Returns what the account (site zero) and its sites owe, by site.
pub fn exposures(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Exposure>, StoreError> {
    let sql = format!("{EXPOSURE} WHERE account_id = $1 ORDER BY site_id");
    tx.query(&sql, &[&account], exposure_from_row)
}

/// Sets the limit of an account (site zero) or a site, in minor units; says whether there is one.
pub fn set_limit(
    tx: &mut Tx<'_>,
    account: AccountId,
    site: SiteId,
    limit: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE exposure SET limit_minor = $3 WHERE account_id = $1 AND site_id = $2";
    Ok(tx.exec(sql, &[&account, &site, &limit])? == 1)
}

fn account_from_row(row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: row.get("id")?,
        number: row.get("number")?,
        name: row.get("name")?,
        customer: row.get("customer_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        terms_days: row.get("terms_days")?,
        active: active(row)?,
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
    })
}

fn exposure_from_row(row: &Row<'_>) -> Result<Exposure, StoreError> {
    Ok(Exposure {
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        limit: row.get("limit_minor")?,
        open: row.get("open_minor")?,
        dispatched: row.get("dispatched_minor")?,
        invoiced: row.get("invoiced_minor")?,
    })
}

//! The sites of an account and its people.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::{AccountId, ContactId, FulfillmentId, SiteId};
use orderly_core::order::exposure::on_account;
use orderly_core::order::{Method, Order};
use orderly_core::party::{Account, AccountChange, Contact, Exposure, NewParty, Site, SubjectKind};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{accounts, parties};
use serde::{Deserialize, Serialize};

use super::{account_of, limit, record};
use crate::ops::catalog::{ids, stale, taken};
use crate::ops::command;
use crate::{App, Call, Error};

/// A site as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
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

/// What of a site changes; what is absent stays.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SiteEdit {
    pub name: Option<String>,
    /// Empty takes the reference away.
    pub reference: Option<String>,
    pub active: Option<bool>,
}

/// What a contact may do from now on; what is absent stays.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields, default)]
pub struct ContactEdit {
    pub may_order: Option<bool>,
    pub may_collect: Option<bool>,
    pub active: Option<bool>,
}

/// Adds a site to an account, with what may be owed for it.
///
/// # Errors
/// `already_exists` where the account has a site of this code; what [`NewParty::check`] refuses.
pub fn create_site(app: &App, call: &Call, id: AccountId, new: &NewSite) -> Result<Site, Error> {
    command(app, call, "site.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let account = changing(tx, id)?;
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
        let own = Some(site.id);
        let changes = [
            AccountChange::Site { site: site.id, code: site.code.clone(), active: true },
            AccountChange::Limit { site: own, limit_minor: limit },
        ];
        next(tx, call, &account, "account.site_added", &changes)?;
        Ok(site)
    })
}

/// Changes a site. One that is not active takes no orders; what it owes stays.
///
/// # Errors
/// `stale_version`, `invalid_text`.
pub fn update_site(app: &App, call: &Call, id: SiteId, edit: &SiteEdit) -> Result<Site, Error> {
    command(app, call, "site.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let missing = || Error::not_found(format!("site {id}"));
        let owner = accounts::site(tx, id)?.ok_or_else(missing)?.account;
        let account = changing(tx, owner)?;
        let before = accounts::site(tx, id)?.ok_or_else(missing)?;
        call.expect_version(before.version)?;
        let mut after = Site { version: before.version + 1, ..before.clone() };
        if let Some(name) = &edit.name {
            after.name = text::short(name).map_err(|refusal| refusal.under("/name"))?;
        }
        if let Some(reference) = &edit.reference {
            let reference = text::optional(Some(reference));
            after.reference = reference.map_err(|refusal| refusal.under("/reference"))?;
        }
        after.active = edit.active.unwrap_or(before.active);
        stale(accounts::save_site(tx, &before, &after)?)?;
        let changed =
            AccountChange::Site { site: id, code: after.code.clone(), active: after.active };
        next(tx, call, &account, "account.site_changed", &[changed])?;
        Ok(after)
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
        let account = changing(tx, id)?;
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
            version: 1,
        };
        parties::insert_many(tx, &[party])?;
        accounts::insert_contact(tx, &contact)?;
        next(tx, call, &account, "account.contact_added", &[AccountChange::contact(&contact)])?;
        Ok(contact)
    })
}

/// Changes what a contact may do.
///
/// # Errors
/// `stale_version`.
pub fn update_contact(
    app: &App,
    call: &Call,
    id: ContactId,
    edit: ContactEdit,
) -> Result<Contact, Error> {
    command(app, call, "contact.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let missing = || Error::not_found(format!("contact {id}"));
        let owner = accounts::contact(tx, id)?.ok_or_else(missing)?.account;
        let account = changing(tx, owner)?;
        let before = accounts::contact(tx, id)?.ok_or_else(missing)?;
        call.expect_version(before.version)?;
        let after = Contact {
            may_order: edit.may_order.unwrap_or(before.may_order),
            may_collect: edit.may_collect.unwrap_or(before.may_collect),
            active: edit.active.unwrap_or(before.active),
            version: before.version + 1,
            ..before.clone()
        };
        stale(accounts::save_contact(tx, &before, &after)?)?;
        next(tx, call, &account, "account.contact_changed", &[AccountChange::contact(&after)])?;
        Ok(after)
    })
}

/// Checks who collects the goods of a fulfillment that are not sent, and returns him or her.
///
/// # Errors
/// `contact_required` where the order's account wants to know; `unknown_contact`;
/// `contact_may_not_collect` also for a contact of another site.
pub(in crate::ops) fn collector(
    tx: &mut Tx<'_>,
    order: &Order,
    fulfillment: FulfillmentId,
    contact: Option<ContactId>,
) -> Result<Option<ContactId>, Error> {
    let delivery = order.delivery(order.fulfillment(fulfillment)?.delivery)?;
    let collected = matches!(delivery.method, Method::TakeAway | Method::Collect);
    let wanted = match order.head.account.filter(|_| collected && on_account(order)) {
        Some(account) => account_of(tx, account)?.contact_required,
        None => false,
    };
    let Some(id) = contact else {
        ensure(!wanted, || {
            let number = &order.number;
            let detail = format!("the account of order {number} wants to know who collects");
            Refusal::at(Code::ContactRequired, "/collected_by", detail)
        })?;
        return Ok(None);
    };
    let found = accounts::contact(tx, id)?.filter(|one| Some(one.account) == order.head.account);
    let contact = found.ok_or_else(|| {
        let detail = format!("the account of order {} has no contact {id}", order.number);
        Refusal::at(Code::UnknownContact, "/collected_by", detail)
    })?;
    let may = contact.may_collect && contact.acts_for(contact.account, order.head.site);
    ensure(may, || {
        let detail = format!("{id} may not collect the goods of order {}", order.number);
        Refusal::at(Code::ContactMayNotCollect, "/collected_by", detail)
    })?;
    Ok(Some(id))
}

/// Returns the account with its counter locked, so that changes to it come one after the other.
fn changing(tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Error> {
    accounts::lock_exposures(tx, &[(id, SiteId::NONE)])?;
    account_of(tx, id)
}

/// The account's next version, whose event says what became of its sites or people.
fn next(
    tx: &mut Tx<'_>,
    call: &Call,
    account: &Account,
    kind: &str,
    changes: &[AccountChange],
) -> Result<(), Error> {
    let after = Account { version: account.version + 1, ..account.clone() };
    stale(accounts::save(tx, account, &after)?)?;
    // Ids of the event are drawn apart from those of what it tells.
    let mut ids = orderly_core::id::IdSource::new(call.now, call.seed ^ 0x6163_636f_756e_7421);
    record(tx, call, &mut ids, &after, kind, changes)
}

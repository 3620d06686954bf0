//! The account, site and contact that an order names, and what they may do.

use std::collections::HashMap;

use orderly_core::actor::Scope;
use orderly_core::catalog::Channel;
use orderly_core::id::{AccountId, ContactId, CustomerId, SiteId};
use orderly_core::order::Settlement;
use orderly_core::party::{Account, AccountState, Contact, Site};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::tables::accounts::{self, ExposureKey};
use orderly_store::{Engine, Tx};

use super::resolve::settlement;
use crate::wire::OrderIn;
use crate::{Call, Error};

/// The accounts that a batch of orders names, with their sites.
#[derive(Default)]
pub struct Trades {
    by_number: HashMap<String, Account>,
    sites: HashMap<AccountId, Vec<Site>>,
}

/// For whom an order is, within an account.
#[derive(Default)]
pub struct Trade {
    pub account: Option<AccountId>,
    pub site: Option<SiteId>,
    pub contact: Option<ContactId>,
    pub customer: Option<CustomerId>,
    /// The order's own reference, or else its site's.
    pub reference: Option<String>,
}

impl Trades {
    /// Reads the accounts that these orders name, and their sites. PostgreSQL first locks the
    /// counters of those that settle an order, in key order: what is read then stays so.
    pub fn read<'a>(
        tx: &mut Tx<'_>,
        requests: impl Iterator<Item = &'a OrderIn> + Clone,
    ) -> Result<Self, Error> {
        let mut numbers: Vec<&str> =
            requests.clone().filter_map(|request| request.account.as_deref()).collect();
        if numbers.is_empty() {
            return Ok(Self::default());
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut this = Self::default();
        this.keep(tx, &numbers)?;
        let keys: Vec<ExposureKey> =
            requests.filter_map(|request| this.keys(request)).flatten().collect();
        if tx.engine() == Engine::Postgres && !keys.is_empty() {
            accounts::lock_exposures(tx, &keys)?;
            this.keep(tx, &numbers)?;
        }
        Ok(this)
    }

    fn keep(&mut self, tx: &mut Tx<'_>, numbers: &[&str]) -> Result<(), Error> {
        let found = accounts::by_numbers(tx, numbers)?;
        let ids: Vec<AccountId> = found.iter().map(|account| account.id).collect();
        self.by_number =
            found.into_iter().map(|account| (account.number.clone(), account)).collect();
        self.sites.clear();
        for site in accounts::sites_of(tx, &ids)? {
            self.sites.entry(site.account).or_default().push(site);
        }
        Ok(())
    }

    /// The counters an order on account would move.
    fn keys(&self, request: &OrderIn) -> Option<Vec<ExposureKey>> {
        if !matches!(settlement(request), Ok(Settlement::Account)) {
            return None;
        }
        let account = self.by_number.get(request.account.as_deref()?)?.id;
        let site = request.site.as_deref().and_then(|code| self.site(account, code));
        let site = site.map(|site| (account, site.id));
        Some(std::iter::once((account, SiteId::NONE)).chain(site).collect())
    }

    fn site(&self, account: AccountId, code: &str) -> Option<&Site> {
        self.sites.get(&account)?.iter().find(|site| site.code == code)
    }

    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.by_number.values().find(|account| account.id == id)
    }

    /// The code of a site that was read.
    pub fn code(&self, key: ExposureKey) -> Option<&str> {
        let sites = self.sites.get(&key.0)?;
        sites.iter().find(|site| site.id == key.1).map(|site| site.code.as_str())
    }

    /// Decides for whom the order is.
    ///
    /// # Errors
    /// `unknown_account`, `unknown_site`, `unknown_contact`; `account_closed`; on an account that
    /// settles the order also `account_on_hold`, `contact_may_not_order`, `contact_required` and
    /// `reference_required`.
    pub fn of(
        &self,
        tx: &mut Tx<'_>,
        call: &Call,
        channel: &Channel,
        request: &OrderIn,
    ) -> Result<Trade, Error> {
        let Some(number) = &request.account else {
            let reference = request.reference.clone();
            return Ok(Trade { reference, ..Trade::default() });
        };
        let account = self.by_number.get(number);
        let account = account.ok_or_else(|| unknown(Code::UnknownAccount, "/account", number))?;
        let settles = settlement(request)? == Settlement::Account;
        usable(call, channel, account, settles)?;
        let site = match &request.site {
            None => None,
            Some(code) => {
                let own = self.site(account.id, code).filter(|site| site.active);
                Some(own.ok_or_else(|| unknown(Code::UnknownSite, "/site", code))?)
            }
        };
        let contact = match &request.ordered_by {
            None => None,
            Some(text) => Some(orderer(tx, account, site, text)?),
        };
        ensure(!settles || !account.contact_required || contact.is_some(), || {
            let detail = format!("account {} wants to know who orders", account.number);
            Refusal::at(Code::ContactRequired, "/ordered_by", detail)
        })?;
        let own = text::optional(request.reference.as_deref());
        let own = own.map_err(|refusal| refusal.under("/reference"))?;
        let reference = own.or_else(|| site.and_then(|site| site.reference.clone()));
        ensure(!settles || !account.reference_required || reference.is_some(), || {
            let detail = format!("account {} wants a reference of its own", account.number);
            Refusal::at(Code::ReferenceRequired, "/reference", detail)
        })?;
        Ok(Trade {
            account: Some(account.id),
            site: site.map(|site| site.id),
            contact: contact.map(|contact| contact.id),
            customer: Some(account.customer),
            reference,
        })
    }
}

fn unknown(code: Code, pointer: &str, text: &str) -> Refusal {
    let shown: String = text.chars().take(60).collect();
    Refusal::at(code, pointer, format!("there is no `{shown}`, or it is not active"))
}

/// An account that is closed takes no orders; one on hold none that it settles.
fn usable(call: &Call, channel: &Channel, account: &Account, settles: bool) -> Result<(), Error> {
    let number = &account.number;
    match account.state {
        AccountState::Closed => {
            let detail = format!("account {number} is closed");
            let refusal = Refusal::at(Code::AccountClosed, "/account", detail);
            Err(refusal.allowed(format!("orderly accounts reopen {number}")).into())
        }
        AccountState::OnHold if settles => {
            let detail = format!("account {number} is on hold");
            let refusal = Refusal::at(Code::AccountOnHold, "/account", detail);
            let refusal = refusal.allowed("pay at once, or have the account released");
            let scope = Scope { channel: Some(channel.id), ..Scope::default() };
            call.unless_overridden(refusal, scope)
        }
        AccountState::OnHold | AccountState::Active => Ok(()),
    }
}

fn orderer(
    tx: &mut Tx<'_>,
    account: &Account,
    site: Option<&Site>,
    text: &str,
) -> Result<Contact, Error> {
    let missing = || unknown(Code::UnknownContact, "/ordered_by", text);
    let id: ContactId = text.parse().map_err(|_| missing())?;
    let found = accounts::contact(tx, id)?;
    let contact = found.filter(|one| one.account == account.id && one.active);
    let contact = contact.ok_or_else(missing)?;
    let may = contact.may_order && contact.acts_for(account.id, site.map(|site| site.id));
    ensure(may, || {
        let whose = site.map_or_else(|| "the account".into(), |site| format!("site {}", site.code));
        let detail = format!("{id} may not order for {whose}");
        Refusal::at(Code::ContactMayNotOrder, "/ordered_by", detail)
    })?;
    Ok(contact)
}

//! Trade accounts: who may buy on credit, how much, for which sites, through which people.
//!
//! An account's changes are events of its stream, numbered by its version.

pub mod exposure;
pub mod people;
mod print;
mod recount;
pub mod state;
pub mod statements;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::{AccountId, ContactId, IdSource, SiteId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::price::money_refusal;
use orderly_core::party::{
    Account, AccountChange, AccountState, Contact, Customer, CustomerKind, Exposure, NewParty,
    Site, Terms, TermsKind, WhenOver,
};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{accounts, customers, events as event_rows};
use serde::{Deserialize, Serialize};

pub use self::exposure::move_invoiced;
pub use self::people::{
    NewContact, NewSite, create_contact, create_site, update_contact, update_site,
};
pub use self::print::{AGES, print, word};
pub use self::recount::recount;
pub(in crate::ops) use self::state::ensure_goes_on;
pub use self::state::{HOLD_STOPS, close, hold, release, reopen, set_limit};

use super::catalog::{found_again, ids, stale, taken};
use super::events::{Happened, event};
use super::parties::{NewCustomer, add_customer};
use super::{Object, Reference, command, settings};
use crate::{App, Call, Error};

found_again! {
    Account, AccountId, "account", |account| account.version, accounts::get;
    Site, SiteId, "site", |site| site.version, accounts::site;
    Contact, ContactId, "contact", |contact| contact.version, accounts::contact;
}

/// An account as the caller states it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub number: String,
    pub name: String,
    pub party: NewParty,
    /// What `terms_days` count from; the day of issue where absent.
    #[serde(default)]
    pub terms: Option<TermsKind>,
    #[serde(default)]
    pub terms_days: i64,
    /// What may be owed, as a decimal; no limit where absent.
    #[serde(default)]
    pub limit: Option<String>,
    /// The merchant's own where absent.
    #[serde(default)]
    pub currency: Option<String>,
    /// Orders over the limit are refused where absent.
    #[serde(default)]
    pub when_over: Option<WhenOver>,
    #[serde(default)]
    pub reference_required: bool,
    #[serde(default)]
    pub contact_required: bool,
}

/// What of an account's agreement changes; what is absent stays.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountEdit {
    pub name: Option<String>,
    pub terms: Option<TermsKind>,
    pub terms_days: Option<i64>,
    pub when_over: Option<WhenOver>,
    pub reference_required: Option<bool>,
    pub contact_required: Option<bool>,
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
        let terms = Terms { kind: new.terms.unwrap_or(TermsKind::Days), days: new.terms_days };
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
            terms: checked(terms)?,
            when_over: new.when_over.unwrap_or(WhenOver::Refuse),
            reference_required: new.reference_required,
            contact_required: new.contact_required,
            state: AccountState::Active,
            version: 1,
            created_at: call.now,
        };
        if !accounts::insert(tx, &account)? {
            return Err(taken("account", &account.number));
        }
        accounts::insert_exposure(tx, &Exposure::none(account.id, SiteId::NONE, limit))?;
        let owned = Customer { account: Some(account.id), version: 2, ..customer.clone() };
        stale(customers::save(tx, &customer, &owned)?)?;
        let opened = [
            AccountChange::opened(&account),
            AccountChange::Limit { site: None, limit_minor: limit },
        ];
        record(tx, call, &mut ids, &account, "account.created", &opened)?;
        Ok(account)
    })
}

/// Changes what an account was agreed on.
///
/// # Errors
/// `stale_version`, `invalid_field`, `invalid_text`.
pub fn update_account(
    app: &App,
    call: &Call,
    id: AccountId,
    edit: &AccountEdit,
) -> Result<Account, Error> {
    change(app, call, "account.update", "account.changed", id, |_, before| {
        call.require(Permission::Configure, Scope::default())?;
        let mut after = before.clone();
        if let Some(name) = &edit.name {
            after.name = text::short(name).map_err(|refusal| refusal.under("/name"))?;
        }
        let terms = Terms {
            kind: edit.terms.unwrap_or(before.terms.kind),
            days: edit.terms_days.unwrap_or(before.terms.days),
        };
        after.terms = checked(terms)?;
        after.when_over = edit.when_over.unwrap_or(before.when_over);
        after.reference_required = edit.reference_required.unwrap_or(before.reference_required);
        after.contact_required = edit.contact_required.unwrap_or(before.contact_required);
        let changed = AccountChange::agreed(&after);
        Ok((after, vec![changed]))
    })
}

fn checked(terms: Terms) -> Result<Terms, Refusal> {
    ensure((0..=Terms::MAX_DAYS).contains(&terms.days), || {
        Refusal::at(Code::InvalidField, "/terms_days", "terms are 0 to 3,650 days")
    })?;
    Ok(terms)
}

/// One change of one account as a command: its counters are locked first, so that it and
/// placements on the account wait for each other; then it is loaded, changed, saved and recorded.
fn change(
    app: &App,
    call: &Call,
    verb: &'static str,
    kind: &'static str,
    id: AccountId,
    decide: impl Fn(&mut Tx<'_>, &Account) -> Result<(Account, Vec<AccountChange>), Error>,
) -> Result<Account, Error> {
    command(app, call, verb, |tx| {
        accounts::lock_exposures(tx, &[(id, SiteId::NONE)])?;
        let before = account_of(tx, id)?;
        call.expect_version(before.version)?;
        let (mut after, changes) = decide(tx, &before)?;
        after.version = before.version + 1;
        stale(accounts::save(tx, &before, &after)?)?;
        record(tx, call, &mut ids(call), &after, kind, &changes)?;
        Ok(after)
    })
}

/// Records what happened to an account as the event of its version.
fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    account: &Account,
    kind: &str,
    changes: &[AccountChange],
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "account",
        stream: account.id.as_bytes(),
        sequence: account.version,
        kind,
        at: call.now,
    };
    event_rows::record(tx, &[event(call, ids, happened, changes)])?;
    Ok(())
}

/// Returns the account in a transaction.
///
/// # Errors
/// `not_found`.
pub(in crate::ops) fn account_of(tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Error> {
    accounts::get(tx, id)?.ok_or_else(|| Error::not_found(format!("account {id}")))
}

/// Returns the account that `text` stands for: a number or an id.
///
/// # Errors
/// `not_found`.
pub fn find(app: &App, call: &Call, text: &str) -> Result<Account, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| found(tx, text))
}

/// Returns up to `limit` accounts after a number, by number, with what they and their sites owe.
pub fn list(
    app: &App,
    call: &Call,
    after: &str,
    limit: i64,
) -> Result<Vec<(Account, Vec<Exposure>)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut found = Vec::new();
        for account in accounts::list(tx, after, limit.clamp(1, 1_000))? {
            let owed = accounts::exposures(tx, account.id)?;
            found.push((account, owed));
        }
        Ok(found)
    })
}

/// Returns an account's site by its code.
///
/// # Errors
/// `not_found`.
pub fn site(app: &App, call: &Call, account: AccountId, code: &str) -> Result<Site, Error> {
    call.require(Permission::Read, Scope::default())?;
    let sites = app.store.read(|tx| accounts::sites(tx, account))?;
    let shown: String = code.chars().take(60).collect();
    let found = sites.into_iter().find(|site| site.code == code.trim());
    found.ok_or_else(|| Error::not_found(format!("site `{shown}` of this account")))
}

pub(in crate::ops) fn found(tx: &mut Tx<'_>, text: &str) -> Result<Account, Error> {
    let text = text.trim();
    if let Some(account) = accounts::by_number(tx, text)? {
        return Ok(account);
    }
    if let Ok(id) = text.parse()
        && let Some(account) = accounts::get(tx, id)?
    {
        return Ok(account);
    }
    let shown: String = text.chars().take(60).collect();
    Err(Error::not_found(format!("account `{shown}`")))
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

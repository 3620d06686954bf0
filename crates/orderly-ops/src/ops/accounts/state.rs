//! Limits, and what may be done on an account at all.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AccountId, SiteId};
use orderly_core::money::Money;
use orderly_core::order::Order;
use orderly_core::order::exposure::on_account;
use orderly_core::order::undo::Command;
use orderly_core::party::{Account, AccountChange, AccountState, Exposure};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::{accounts, orders, settings};

use super::{change, limit};
use crate::{App, Call, Error};

/// Sets what an account may owe in all, or for one site; `None` takes the limit away. What is owed
/// already may pass the new limit: then nothing more is sold until it is below.
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
    change(app, call, "account.set_limit", "account.limit_set", id, |tx, account| {
        let limit = limit(amount, account.currency)?;
        let scope = Scope { amount_minor: limit.or(Some(i64::MAX)), ..Scope::default() };
        call.require(Permission::Credit, scope)?;
        let key = site.unwrap_or(SiteId::NONE);
        ensure(accounts::set_limit(tx, id, key, limit)?, || {
            Refusal::at(Code::UnknownSite, "/site", format!("the account has no site {key}"))
        })?;
        Ok((account.clone(), vec![AccountChange::Limit { site, limit_minor: limit }]))
    })
}

/// The setting that says what an account on hold stops, beside new orders: `release` (what is not
/// released yet waits), `ship` (nothing leaves either), or `orders` (nothing else).
pub const HOLD_STOPS: &str = "accounts.hold_stops";

/// Refuses that an order on account goes on to the warehouse, or leaves it, while its account is on
/// hold: `kind` is what happens to the order.
///
/// # Errors
/// `account_on_hold`, unless overridden.
pub(in crate::ops) fn ensure_goes_on(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    kind: &str,
) -> Result<(), Error> {
    let released = kind == Command::Release.event();
    let leaves = [Command::Ship.event(), Command::HandOver.event()].contains(&kind);
    let Some(id) = order.head.account.filter(|_| on_account(order)) else { return Ok(()) };
    if !released && !leaves {
        return Ok(());
    }
    let stops = settings::get(tx, HOLD_STOPS)?;
    let stopped = match stops.as_deref() {
        Some("orders") => false,
        Some("ship") => true,
        _ => released,
    };
    let account = accounts::get(tx, id)?.filter(|one| one.state == AccountState::OnHold);
    let Some(account) = account.filter(|_| stopped) else { return Ok(()) };
    let number = &account.number;
    let detail = format!("account {number} is on hold: order {} waits", order.number);
    let refusal = Refusal::at(Code::AccountOnHold, "/account", detail);
    let refusal = refusal.allowed(format!("orderly accounts release {number}"));
    call.unless_overridden(refusal, Scope { channel: Some(order.channel), ..Scope::default() })
}

/// Stops an account: new orders on it are refused until it is released, and what is not released
/// to the warehouse waits ([`HOLD_STOPS`]).
///
/// # Errors
/// `reason_required`, `invalid_transition` unless active.
pub fn hold(app: &App, call: &Call, id: AccountId) -> Result<Account, Error> {
    to(app, call, ("account.hold", "account.held"), id, AccountState::OnHold, |_, account| {
        ensure(call.reason.is_some(), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why the account is stopped")
        })?;
        from(account, &[AccountState::Active])
    })
}

/// Lets a stopped account buy again, within its limits.
///
/// # Errors
/// `invalid_transition` unless on hold.
pub fn release(app: &App, call: &Call, id: AccountId) -> Result<Account, Error> {
    let names = ("account.release", "account.released");
    to(app, call, names, id, AccountState::Active, |_, account| {
        from(account, &[AccountState::OnHold])
    })
}

/// Closes an account that owes nothing and waits for nothing.
///
/// # Errors
/// `invalid_transition` where it is closed; `account_not_settled` with what is open, and the
/// first order that is not done.
pub fn close(app: &App, call: &Call, id: AccountId) -> Result<Account, Error> {
    to(app, call, ("account.close", "account.closed"), id, AccountState::Closed, |tx, account| {
        from(account, &[AccountState::Active, AccountState::OnHold])?;
        for owed in accounts::exposures(tx, id)? {
            ensure(settled(&owed), || unsettled(account, &owed))?;
        }
        if let Some(number) = orders::open_on_account(tx, id)? {
            let detail = format!("order {number} of account {} is not done", account.number);
            let refusal = Refusal::new(Code::AccountNotSettled, detail);
            return Err(refusal.allowed("close or cancel its orders first").into());
        }
        Ok(())
    })
}

/// Opens a closed account again: its limits and what it owes are as they were.
///
/// # Errors
/// `invalid_transition` unless closed.
pub fn reopen(app: &App, call: &Call, id: AccountId) -> Result<Account, Error> {
    let names = ("account.reopen", "account.reopened");
    to(app, call, names, id, AccountState::Active, |_, account| {
        from(account, &[AccountState::Closed])
    })
}

fn settled(owed: &Exposure) -> bool {
    owed.open == 0 && owed.dispatched == 0 && owed.invoiced == 0
}

fn unsettled(account: &Account, owed: &Exposure) -> Refusal {
    let text = |minor| Money::new(minor, account.currency).to_string();
    let detail = format!(
        "account {} still has {} open, {} dispatched and {} invoiced",
        account.number,
        text(owed.open),
        text(owed.dispatched),
        text(owed.invoiced)
    );
    Refusal::new(Code::AccountNotSettled, detail).allowed("settle it first, or put it on hold")
}

fn from(account: &Account, states: &[AccountState]) -> Result<(), Error> {
    Ok(ensure(states.contains(&account.state), || {
        let detail = format!("account {} is {}", account.number, account.state.code());
        let allowed = states.iter().map(|state| state.code()).collect::<Vec<_>>().join(", ");
        Refusal::new(Code::InvalidTransition, detail).allowed(allowed)
    })?)
}

fn to(
    app: &App,
    call: &Call,
    (verb, kind): (&'static str, &'static str),
    id: AccountId,
    state: AccountState,
    check: impl Fn(&mut Tx<'_>, &Account) -> Result<(), Error>,
) -> Result<Account, Error> {
    change(app, call, verb, kind, id, |tx, before| {
        call.require(Permission::Credit, Scope::default())?;
        check(tx, before)?;
        let after = Account { state, ..before.clone() };
        Ok((after, vec![AccountChange::State { state }]))
    })
}

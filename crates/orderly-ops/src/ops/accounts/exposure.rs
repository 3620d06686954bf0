//! The guard of credit limits: what an order counts is moved with the order, in its transaction.

use std::collections::BTreeMap;

use orderly_core::actor::Scope;
use orderly_core::id::{AccountId, SiteId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::Order;
use orderly_core::order::exposure::{Stages, exposure, on_account, raises};
use orderly_core::party::{Account, Exposure};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::tables::accounts::{self, ExposureChange, ExposureKey};
use orderly_store::{Engine, Tx};

use super::account_of;
use crate::{Call, Error};

/// The counters an order on account moves: its account's, and its site's.
pub fn keys(order: &Order) -> Vec<ExposureKey> {
    let Some(account) = order.head.account.filter(|_| on_account(order)) else {
        return Vec::new();
    };
    let site = order.head.site.map(|site| (account, site));
    std::iter::once((account, SiteId::NONE)).chain(site).collect()
}

/// Locks the counters an order moves, before the levels of its goods are locked.
pub(in crate::ops) fn lock(tx: &mut Tx<'_>, order: &Order) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres && on_account(order) {
        accounts::lock_exposures(tx, &keys(order))?;
    }
    Ok(())
}

/// Moves what an order counts from how it was to how it is decided.
///
/// What raises the order's worth must stay within the limits of its account and site; moves
/// between stages, payments and decreases are never refused.
///
/// # Errors
/// `credit_limit` with the figures, unless overridden.
pub(in crate::ops) fn shift(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &Order,
    after: &Order,
) -> Result<(), Error> {
    let mut changes: BTreeMap<ExposureKey, Stages> = BTreeMap::new();
    for (order, sign) in [(before, -1), (after, 1)] {
        let stages = exposure(order);
        for key in keys(order) {
            let sum = changes.entry(key).or_default();
            sum.open += sign * stages.open;
            sum.dispatched += sign * stages.dispatched;
        }
    }
    changes.retain(|_, sum| *sum != Stages::default());
    if changes.is_empty() {
        return Ok(());
    }
    let moved = keys(before) != keys(after);
    let held = moved || raises(before, after);
    let guarded = |sum: &Stages| held && sum.sum() > 0;
    let mut passes = false;
    if held && call.overrides.contains(&Code::CreditLimit) {
        let asked: Vec<(ExposureKey, i64)> =
            changes.iter().map(|(key, sum)| (*key, sum.sum())).collect();
        passes = overridden(tx, call, after, &asked)?;
    }
    let rows: Vec<ExposureChange> = changes
        .iter()
        .map(|(key, sum)| ExposureChange {
            key: *key,
            open: sum.open,
            dispatched: sum.dispatched,
            invoiced: 0,
            guarded: guarded(sum) && !passes,
        })
        .collect();
    match accounts::change_exposure(tx, &rows)? {
        None => Ok(()),
        Some(key) => {
            let asked = changes.get(&key).map_or(0, |sum| sum.sum());
            Err(short(tx, key, asked)?)
        }
    }
}

/// Moves what orders count where documents were issued: from dispatched to the documents. Nothing
/// is refused: it was counted before.
pub(in crate::ops) fn shift_invoiced(
    tx: &mut Tx<'_>,
    orders: &[(&Order, &Order)],
) -> Result<(), Error> {
    let mut changes: BTreeMap<ExposureKey, Stages> = BTreeMap::new();
    for (before, after) in orders {
        for (order, sign) in [(before, -1), (after, 1)] {
            let stages = exposure(order);
            for key in keys(order) {
                let sum = changes.entry(key).or_default();
                sum.open += sign * stages.open;
                sum.dispatched += sign * stages.dispatched;
            }
        }
    }
    changes.retain(|_, sum| *sum != Stages::default());
    let change = |(key, sum): (&ExposureKey, &Stages)| ExposureChange {
        key: *key,
        open: sum.open,
        dispatched: sum.dispatched,
        invoiced: 0,
        guarded: false,
    };
    let rows: Vec<ExposureChange> = changes.iter().map(change).collect();
    match accounts::change_exposure(tx, &rows)? {
        None => Ok(()),
        Some(key) => Err(short(tx, key, 0)?),
    }
}

/// Whether the caller may pass the limits by what is asked beyond them.
fn overridden(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    asked: &[(ExposureKey, i64)],
) -> Result<bool, Error> {
    let keys: Vec<ExposureKey> = asked.iter().map(|(key, _)| *key).collect();
    let mut beyond = 0;
    for owed in accounts::lock_exposures(tx, &keys)? {
        let own = asked.iter().find(|(key, _)| *key == (owed.account, owed.site));
        beyond = beyond.max(own.map_or(0, |(_, asked)| excess(&owed, *asked)));
    }
    call.overridden(Code::CreditLimit, scope(order, beyond))
}

/// The right to pass a limit is bounded by how far it is passed.
pub(in crate::ops) fn scope(order: &Order, beyond: i64) -> Scope {
    Scope { location: None, channel: Some(order.channel), amount_minor: Some(beyond) }
}

/// By how much a limit would be passed.
pub(in crate::ops) fn excess(owed: &Exposure, asked: i64) -> i64 {
    owed.limit.map_or(0, |limit| (owed.sum() + asked - limit).max(0))
}

/// Why a counter did not take its change.
fn short(tx: &mut Tx<'_>, key: ExposureKey, asked: i64) -> Result<Error, Error> {
    let account = account_of(tx, key.0)?;
    let found = accounts::lock_exposures(tx, &[key])?.into_iter().next();
    let broken = || {
        let detail = format!(
            "what account {} owes is not what its orders say: run `orderly verify`",
            account.number
        );
        Error::Internal(detail)
    };
    let Some(owed) = found else { return Err(broken()) };
    if owed.fits(asked) {
        return Err(broken());
    }
    let site = site_code(tx, key.1)?;
    Ok(refusal(&account, site.as_deref(), &owed, asked).into())
}

fn site_code(tx: &mut Tx<'_>, site: SiteId) -> Result<Option<String>, Error> {
    if site.is_none() {
        return Ok(None);
    }
    Ok(accounts::site(tx, site)?.map(|site| site.code))
}

/// The refusal of what passes a limit, with every figure.
pub(in crate::ops) fn refusal(
    account: &Account,
    site: Option<&str>,
    owed: &Exposure,
    asked: i64,
) -> Refusal {
    let text = |minor: i64| shown(minor, account.currency);
    let whose = match site {
        Some(code) => format!("site {code} of account {}", account.number),
        None => format!("account {}", account.number),
    };
    let detail = format!(
        "{whose} may owe {}: {} are open, {} dispatched, {} invoiced; this asks for {} more",
        text(owed.limit.unwrap_or_default()),
        text(owed.open),
        text(owed.dispatched),
        text(owed.invoiced),
        text(asked)
    );
    let pointer = if site.is_some() { "/site" } else { "/account" };
    let mut refusal = Refusal::at(Code::CreditLimit, pointer, detail)
        .available(text(owed.available().unwrap_or(i64::MAX)))
        .allowed(text(owed.limit.unwrap_or_default()));
    if let Some(issue) = refusal.issues.first_mut() {
        issue.requested = Some(text(asked));
    }
    refusal
}

fn shown(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).to_string()
}

/// Moves what accounts and sites of theirs owe for issued documents, by minor units of the
/// account's currency: up when an invoice is issued, down when it is settled or credited. Each
/// counter once, in the order of their keys.
///
/// Never refused: the goods are dispatched, and the documents are facts. An invoice takes what it
/// states out of `dispatched` by what it changes on its orders.
///
/// # Errors
/// `Internal` where an account or site has no counter.
pub fn move_invoiced(
    tx: &mut Tx<'_>,
    moves: impl IntoIterator<Item = (AccountId, Option<SiteId>, i64)>,
) -> Result<(), Error> {
    let mut sums: BTreeMap<ExposureKey, i64> = BTreeMap::new();
    for (account, site, delta) in moves {
        let site = site.filter(|site| !site.is_none()).map(|site| (account, site));
        for key in std::iter::once((account, SiteId::NONE)).chain(site) {
            *sums.entry(key).or_default() += delta;
        }
    }
    sums.retain(|_, delta| *delta != 0);
    let change = |(key, delta): (ExposureKey, i64)| ExposureChange {
        key,
        open: 0,
        dispatched: 0,
        invoiced: delta,
        guarded: false,
    };
    let changes: Vec<ExposureChange> = sums.into_iter().map(change).collect();
    match accounts::change_exposure(tx, &changes)? {
        None => Ok(()),
        Some((account, site)) => {
            Err(Error::Internal(format!("account {account}, site {site} has no counter")))
        }
    }
}

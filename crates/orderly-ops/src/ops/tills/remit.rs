//! Cash that drivers and carriers took on delivery, handed in at a till.

use orderly_core::actor::Permission;
use orderly_core::books::Account;
use orderly_core::id::PaymentId;
use orderly_core::money::Money;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::till::{EntryKind, Move, Session};
use orderly_store::Tx;
use orderly_store::tables::{banks, tills};

use super::{current, named, save, work};
use crate::ops::command::command;
use crate::ops::orders;
use crate::ops::payments::on_delivery;
use crate::ops::payments::{amount_in, load as load_payment, require};
use crate::{App, Call, Error};

/// What somebody hands in of the cash he took on delivery, or gets back.
#[derive(Debug, Clone, Default)]
pub struct CollectIn {
    /// The carrier's code; `own` for our own drivers.
    pub carrier: String,
    /// A decimal in the drawer's currency; `None` is all there is.
    pub amount: Option<String>,
}

/// Takes cash in that a driver or carrier collected on delivery: it pays what he owes, the oldest
/// first. The inverse is [`hand_back`].
///
/// # Errors
/// `no_open_session`; `nothing_to_do` where he owes nothing; `above_open` with what he owes;
/// `money_invalid`.
pub fn collect(app: &App, call: &Call, code: &str, new: &CollectIn) -> Result<Session, Error> {
    command(app, call, "till.collect", |tx| {
        let drawer = named(tx, code)?;
        let before = current(tx, &drawer)?;
        let mut owed = on_delivery::owed_by(tx, Some(new.carrier.trim()))?;
        owed.retain(|one| one.currency == drawer.currency);
        let mut parts = Vec::with_capacity(owed.len());
        for one in &owed {
            let payment = load_payment(tx, one.payment)?;
            if payment.legal_entity == before.legal_entity {
                let left = payment.amounts.captured - payment.amounts.refunded;
                parts.push((one.payment, left - banks::remitted(tx, one.payment)?));
            }
        }
        let nothing = || format!("`{}` owes nothing", new.carrier.trim());
        let parts = shared(&parts, new, &before, nothing)?;
        moved(tx, call, &before, (new, EntryKind::PayIn, "till.paid_in"), &parts)
    })
}

/// Gives cash back that was handed in since the drawer was opened: it is owed again, the latest
/// first. The inverse of [`collect`].
///
/// # Errors
/// `no_open_session`; `nothing_to_do` where nothing was handed in; `above_open` with what was;
/// `above_drawer`; `money_invalid`.
pub fn hand_back(app: &App, call: &Call, code: &str, new: &CollectIn) -> Result<Session, Error> {
    command(app, call, "till.hand_back", |tx| {
        let drawer = named(tx, code)?;
        let before = current(tx, &drawer)?;
        let mut parts = Vec::new();
        for (payment, amount) in tills::remitted_in(tx, before.id)?.into_iter().rev() {
            let reference = load_payment(tx, payment)?.reference;
            let by = on_delivery::taken_by(tx, reference.as_deref())?;
            if by.as_deref() == Some(new.carrier.trim()) {
                parts.push((payment, amount));
            }
        }
        let nothing = || format!("`{}` has handed in nothing", new.carrier.trim());
        let mut parts = shared(&parts, new, &before, nothing)?;
        parts.iter_mut().for_each(|(_, amount)| *amount = -*amount);
        moved(tx, call, &before, (new, EntryKind::PayOut, "till.paid_out"), &parts)
    })
}

/// The parts that make up an amount, in their order; the last one may be cut.
fn shared(
    parts: &[(PaymentId, i64)],
    new: &CollectIn,
    session: &Session,
    nothing: impl Fn() -> String,
) -> Result<Vec<(PaymentId, i64)>, Error> {
    let most: i64 = parts.iter().map(|(_, amount)| amount).sum();
    ensure(most > 0, || Refusal::at(Code::NothingToDo, "/carrier", nothing()))?;
    let mut left = match &new.amount {
        Some(text) => amount_in(text, session.currency)?,
        None => most,
    };
    ensure(left > 0, || Refusal::at(Code::MoneyInvalid, "/amount", "an amount is above zero"))?;
    ensure(left <= most, || {
        let show = |minor| Money::new(minor, session.currency).to_string();
        let detail = format!("{} is more than the {} there is", show(left), show(most));
        Refusal::at(Code::AboveOpen, "/amount", detail).allowed(show(most))
    })?;
    let mut out = Vec::new();
    for (payment, amount) in parts {
        let part = left.min(*amount);
        if part > 0 {
            left -= part;
            out.push((*payment, part));
        }
    }
    Ok(out)
}

/// Moves the cash and notes whose it is.
fn moved(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &Session,
    (new, kind, event): (&CollectIn, EntryKind, &str),
    parts: &[(PaymentId, i64)],
) -> Result<Session, Error> {
    work(call, before.location)?;
    call.expect_version(before.version)?;
    let amount: i64 = parts.iter().map(|(_, amount)| amount).sum();
    require(call, Permission::MoveCash, amount.abs(), None)?;
    let reason = call.reason.clone().unwrap_or_else(|| format!("on delivery: {}", new.carrier));
    let moved = Move {
        kind,
        amount,
        account: Account::CodClearing,
        transaction: None,
        reason: Some(reason),
    };
    let mut ids = orders::ids_after_audit(call);
    let decision = before.record(&moved, &mut ids, call.now)?;
    let entry = decision.entries.first().map(|entry| entry.id);
    let entry = entry.ok_or_else(|| Error::Internal("cash moved without an entry".into()))?;
    let after = save(tx, call, &mut ids, before, decision, (None, event))?;
    tills::insert_remitted(tx, entry, parts)?;
    Ok(after)
}

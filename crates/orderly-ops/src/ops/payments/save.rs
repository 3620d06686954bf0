//! Saving payments: rows, events, journals, and what they do to the orders they pay.

use orderly_core::id::{IdSource, LegalEntityId, LocationId, PaymentId, TillSessionId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::{Decision, Order};
use orderly_core::payment::change::{Change, between, fold};
use orderly_core::payment::{Payment, Transaction, TransactionKind, apply::paid, post};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{channels, events as event_rows, payments, settings};

use crate::ops::books;
use crate::ops::events::{Happened, event};
use crate::ops::orders;
use crate::ops::tills;
use crate::{Call, Error};

/// A payment as it was and as it is decided, and the event that says so.
#[derive(Debug, Clone)]
pub struct Changed {
    pub before: Option<Payment>,
    pub after: Payment,
    pub kind: &'static str,
}

/// Returns the payment folded from its events up to a sequence.
pub fn folded(tx: &mut Tx<'_>, id: PaymentId, up_to: i64) -> Result<Option<Payment>, Error> {
    let mut payment: Option<Payment> = None;
    for event in event_rows::of_stream(tx, id.as_bytes(), up_to)? {
        let broken = || Error::Internal(format!("event {} of {id} is broken", event.sequence));
        let changes: Vec<Change> = serde_json::from_str(&event.changes).map_err(|_| broken())?;
        let opened = payment.is_none();
        let mut after = fold(payment.take(), &changes).ok_or_else(broken)?;
        if !opened {
            after.version += 1;
        }
        after.sequence = event.sequence;
        payment = Some(after);
    }
    Ok(payment)
}

/// Returns the payment, locked against other writers until the transaction ends.
pub fn load(tx: &mut Tx<'_>, id: PaymentId) -> Result<Payment, Error> {
    let payment = payments::get(tx, id, true)?;
    payment.ok_or_else(|| Error::not_found(format!("payment {id}")))
}

/// Saves a payment, its journals and event, and what its order is paid.
pub(in crate::ops) fn save(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    changed: Changed,
    order: Option<&Order>,
) -> Result<Payment, Error> {
    let mut saved = save_all(tx, call, ids, vec![changed], order.map(|one| (one, one.clone())))?;
    saved.pop().ok_or_else(|| Error::Internal("a payment was not saved".into()))
}

/// Saves payments of one order together with what else is decided of it, as one event of the
/// order: `order` is the order as it was, and as it is decided but for what it is paid.
pub(in crate::ops) fn save_all(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    changed: Vec<Changed>,
    order: Option<(&Order, Order)>,
) -> Result<Vec<Payment>, Error> {
    if let Some((before, mut decided)) = order {
        for one in &changed {
            decided.head.paid = paid(&decided, one.before.as_ref(), &one.after);
        }
        crate::ops::invoices::balance(tx, call, ids, &mut decided)?;
        orders::apply(tx, call, ids, before, Decision::only(decided), "order.paid")?;
    }
    changed.into_iter().map(|one| save_one(tx, call, ids, one)).collect()
}

/// Saves a payment whose order needs no saving, or is saved with it.
pub(in crate::ops) fn save_one(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    changed: Changed,
) -> Result<Payment, Error> {
    let Changed { before, mut after, kind } = changed;
    let (location, session) = till_of(tx, call, before.as_ref(), &mut after)?;
    let changes = match &before {
        None => {
            (after.version, after.sequence) = (1, 1);
            if !payments::insert(tx, &after)? {
                let detail = "the provider's payment is known";
                return Err(Refusal::new(Code::AlreadyExists, detail).into());
            }
            vec![Change::Opened(Box::new(after.clone()))]
        }
        Some(before) => {
            let changes = between(before, &after);
            if changes.is_empty() {
                return Ok(after);
            }
            after.version = before.version + 1;
            after.sequence = before.sequence + 1;
            if !payments::save(tx, before, &after)? {
                let detail = format!("payment {} was changed meanwhile", before.id);
                return Err(Refusal::new(Code::StaleVersion, detail).into());
            }
            changes
        }
    };
    let own = books::books_of(tx, after.legal_entity)?;
    let journals = post::journals(before.as_ref(), &after, &own, location, ids, call.now);
    books::post(tx, call, &journals)?;
    let done: Vec<_> = post::newly_done(before.as_ref(), &after).cloned().collect();
    for one in &done {
        if let Some(session) = session {
            tills::take(tx, call, ids, session, one)?;
        }
    }
    let happened = Happened {
        stream_kind: "payment",
        stream: after.id.as_bytes(),
        sequence: after.sequence,
        kind,
        at: call.now,
    };
    event_rows::record(tx, &[event(call, ids, happened, &changes)])?;
    Ok(after)
}

/// Where a payment's money lies: the session and location of the drawer that its cash goes into,
/// or comes from; else the store of its channel. Cash is rounded to what coins there are.
fn till_of(
    tx: &mut Tx<'_>,
    call: &Call,
    before: Option<&Payment>,
    after: &mut Payment,
) -> Result<(Option<LocationId>, Option<TillSessionId>), Error> {
    let location = location_of(tx, after)?;
    if after.provider != post::CASH {
        return Ok((location, None));
    }
    let coin = coin(tx, after.legal_entity, after.currency)?;
    *after = after.in_cash(before, coin)?;
    let moves =
        |one: &Transaction| matches!(one.kind, TransactionKind::Capture | TransactionKind::Refund);
    if !post::newly_done(before, after).any(moves) {
        return Ok((location, None));
    }
    let session = tills::session_for(tx, call, location, after.currency)?;
    Ok(match session {
        Some(session) => (Some(session.location), Some(session.id)),
        None => (location, None),
    })
}

/// The smallest coin of a currency in minor units, as the settings `cash_rounding.ENTITY.CUR` or
/// `cash_rounding.CUR` say; one where they say nothing.
pub(in crate::ops) fn coin(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    currency: Currency,
) -> Result<i64, Error> {
    let code = currency.code().to_lowercase();
    let own = settings::entity(tx, entity)?.map(|one| one.code.to_lowercase());
    let keys = own.map(|own| format!("cash_rounding.{own}.{code}"));
    for key in keys.into_iter().chain([format!("cash_rounding.{code}")]) {
        if let Some(text) = settings::get(tx, &key)? {
            let wrong = |_| Error::Invalid(format!("the setting {key} is no amount: `{text}`"));
            let coin = Money::parse(text.trim(), currency).map_err(wrong)?;
            return Ok(coin.minor().max(1));
        }
    }
    Ok(1)
}

/// The store whose till it is, where the channel is one.
fn location_of(tx: &mut Tx<'_>, payment: &Payment) -> Result<Option<LocationId>, Error> {
    let Some(channel) = payment.channel else { return Ok(None) };
    Ok(channels::get(tx, channel)?.and_then(|channel| channel.location))
}

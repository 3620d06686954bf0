//! Refunds of goods that came back without a receipt.
//!
//! They are credited at the lowest price the item was sold for in the policy's window, as store
//! credit. A credit note of no order takes revenue and tax back; the cost came back with the goods,
//! for no order of ours bears it. Settings: `returns.blind_window_days` (90),
//! `returns.blind_prices` (`channel`, the return's own, or `any`), and `returns.blind_limit`, the
//! most one customer gets without a receipt in the window, a decimal.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Posting;
use orderly_core::books::{Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind};
use orderly_core::id::{ChannelId, IdSource, LegalEntityId, ReturnId};
use orderly_core::invoice::InvoiceLine;
use orderly_core::money::Money;
use orderly_core::refund::blind::{self, Sold};
use orderly_core::refund::{NewRefund, Refund, RefundSettlement};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_core::time::Instant;
use orderly_core::units;
use orderly_store::Tx;
use orderly_store::tables::{channels, orders::sold, refunds, returns as return_rows, settings};

use super::approval::{Ground, leave};
use super::{next_number, save_return};
use crate::ops::command::command;
use crate::ops::payments::amount_in;
use crate::ops::{books, invoices, orders, returns};
use crate::{App, Call, Error};

const WINDOW: &str = "returns.blind_window_days";
const PRICES: &str = "returns.blind_prices";
const LIMIT: &str = "returns.blind_limit";
const WINDOW_DAYS: i64 = 90;

/// A refund without a receipt, as the caller states it.
#[derive(Debug, Clone)]
pub struct BlindIn {
    /// `None`: store credit.
    pub settlement: Option<RefundSettlement>,
    pub reason: String,
}

/// Returns what a return would be credited without a receipt. Changes nothing.
///
/// # Errors
/// Those of [`make_blind`].
pub fn propose_blind(app: &App, call: &Call, id: ReturnId, new: &BlindIn) -> Result<Refund, Error> {
    app.store.read(|tx| {
        let found = return_rows::get(tx, id, false)?;
        let found = found.ok_or_else(|| Error::not_found(format!("return {id}")))?;
        let scope = Scope { channel: Some(found.channel), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let mut ids = call.ids();
        decided(tx, call, &found, new, String::new(), &mut ids).map(|(refund, ..)| refund)
    })
}

/// Credits what came back without a receipt, at the lowest price of the window, as store credit.
///
/// # Errors
/// `not_sold`; `above_blind_limit` with what is left for the customer, overridden by the right to
/// goodwill; `unknown_customer` where the return names nobody; `nothing_to_do`;
/// `reason_required`; `amount_limit` and `approval_required`.
pub fn make_blind(app: &App, call: &Call, id: ReturnId, new: &BlindIn) -> Result<Refund, Error> {
    command(app, call, "refund.make_blind", |tx| {
        let before = returns::load(tx, id)?;
        let scope = Scope {
            location: before.head.location,
            channel: Some(before.channel),
            ..Scope::default()
        };
        call.require(Permission::ReturnBlind, scope)?;
        let mut ids = orders::ids_after_audit(call);
        let number = next_number(tx)?;
        let (mut refund, after, sold) = decided(tx, call, &before, new, number, &mut ids)?;
        ensure_known(&before)?;
        let lines = blind::credited(&refund, &before, &sold, &mut ids);
        let missing = || Error::Internal(format!("return {} has no channel", before.number));
        let entity = channels::get(tx, before.channel)?.ok_or_else(missing)?.legal_entity;
        let ground = Ground {
            channel: before.channel,
            legal_entity: entity,
            currency: refund.currency,
            amount: refund.amount,
        };
        let leave = leave(tx, call, &ground, false)?;
        ensure_within_limit(tx, call, &before, refund.amount)?;
        refund.requested_by = Some((call.actor.kind, call.actor.id));
        refund.approved_by = leave.approver;
        if !refunds::insert(tx, &refund)? {
            return Err(Error::Internal(format!("refund number {} is taken", refund.number)));
        }
        post(tx, call, &before, (&refund, lines), entity, &mut ids)?;
        save_return(tx, call, &mut ids, Some(&before), Some(after), "return.refunded")?;
        Ok(refund)
    })
}

fn decided(
    tx: &mut Tx<'_>,
    call: &Call,
    returned: &Return,
    new: &BlindIn,
    number: String,
    ids: &mut IdSource,
) -> Result<(Refund, Return, Vec<Sold>), Error> {
    let sold = cheapest(tx, call, returned)?;
    let named = NewRefund {
        number,
        settlement: new.settlement.unwrap_or(RefundSettlement::StoreCredit),
        reason: new.reason.clone(),
        fees: Vec::new(),
    };
    let (refund, after) = blind::decide(returned, &sold, &named, ids, call.now)?;
    Ok((refund, after, sold))
}

/// Store credit belongs to a customer.
fn ensure_known(returned: &Return) -> Result<(), Error> {
    if returned.head.customer.is_some() {
        return Ok(());
    }
    let detail = "store credit is given to a known customer: name one with the return";
    Err(Refusal::at(Code::UnknownCustomer, "/customer", detail).into())
}

/// The start of the window in which prices and earlier refunds count.
fn since(tx: &mut Tx<'_>, now: Instant) -> Result<Instant, Error> {
    let days = match settings::get(tx, WINDOW)? {
        Some(text) => text.trim().parse::<u16>().map(i64::from).map_err(|_| {
            Error::Invalid(format!("the setting {WINDOW} is a number of days, not `{text}`"))
        })?,
        None => WINDOW_DAYS,
    };
    Ok(now.plus_days(-days))
}

fn cheapest(tx: &mut Tx<'_>, call: &Call, returned: &Return) -> Result<Vec<Sold>, Error> {
    let since = since(tx, call.now)?;
    let any = settings::get(tx, PRICES)?.is_some_and(|text| text.trim() == "any");
    let channel: Option<ChannelId> = (!any).then_some(returned.channel);
    let own = returned.lines.iter().filter(|line| line.order_line.is_none());
    let mut items: Vec<_> = own.filter_map(|line| line.item).collect();
    items.sort_unstable();
    items.dedup();
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        found.extend(sold::cheapest(tx, item, returned.currency, channel, since)?);
    }
    Ok(found)
}

fn ensure_within_limit(
    tx: &mut Tx<'_>,
    call: &Call,
    returned: &Return,
    amount: i64,
) -> Result<(), Error> {
    let Some(text) = settings::get(tx, LIMIT)? else { return Ok(()) };
    let limit = amount_in(&text, returned.currency)?;
    let Some(customer) = returned.head.customer else { return ensure_known(returned) };
    let since = since(tx, call.now)?;
    let had = refunds::without_receipt(tx, customer, returned.currency, since)?;
    let left = (limit - had).max(0);
    if amount <= left {
        return Ok(());
    }
    let show = |minor| Money::new(minor, returned.currency).to_string();
    let detail = format!(
        "{} is more than the {} left to this customer without a receipt",
        show(amount),
        show(left)
    );
    let refusal = Refusal::new(Code::AboveBlindLimit, detail).allowed(show(left));
    let scope =
        Scope { channel: Some(returned.channel), location: None, amount_minor: Some(amount) };
    call.unless_overridden(refusal, scope)
}

/// Takes the sale back by a credit note, and owes the customer store credit for it.
fn post(
    tx: &mut Tx<'_>,
    call: &Call,
    returned: &Return,
    (refund, lines): (&Refund, Vec<InvoiceLine>),
    entity: LegalEntityId,
    ids: &mut IdSource,
) -> Result<(), Error> {
    if refund.amount == 0 {
        return Ok(());
    }
    invoices::without_order(tx, call, ids, (refund, returned, entity), lines)?;
    let own = books::books_of(tx, entity)?;
    let shared = Dimensions {
        location: returned.head.location,
        channel: Some(returned.channel),
        party: returned.head.customer.map(|customer| customer.as_bytes()),
        document: Some((DocumentKind::Refund, refund.id.as_bytes())),
    };
    let postings = vec![
        Posting::new(Account::UnappliedReceipts, refund.amount, shared),
        Posting::new(Account::StoreCredit, -refund.amount, shared),
    ];
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: entity,
        kind: JournalKind::Refund,
        cause: units::Cause { kind: units::CauseKind::Refund, id: refund.id.as_bytes() },
        currency: refund.currency,
        accounting_on: own.day(call.now),
        reverses: None,
    };
    let unbalanced = |error| Error::Internal(format!("{error} for {}", refund.number));
    let journal = Journal::new(head, postings).map_err(unbalanced)?;
    books::post(tx, call, &[journal])
}

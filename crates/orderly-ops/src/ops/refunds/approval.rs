//! The second pair of eyes: above a limit, another actor approves a refund.
//!
//! There are two limits: that of the actor's own right to refund, and the merchant's
//! (`refund.second_approval_above`, a decimal in the currency of the legal entity;
//! `refund.second_approval_above.usd` for orders in another one). The owner of the data, who may do
//! everything, needs nobody.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{ChannelId, LegalEntityId, PaymentId, RefundId};
use orderly_core::money::{Currency, Money};
use orderly_core::order::Order;
use orderly_core::refund::{self, Refund, Who};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{refunds, settings};

use super::execute;
use super::money::save_state;
use super::retry::{Held, held};
use crate::ops::command::command;
use crate::ops::payments::{Settling, amount_in, require, save_all};
use crate::ops::{books, invoices, orders};
use crate::{App, Call, Error};

const LIMIT: &str = "refund.second_approval_above";

/// The leave to refund: given, by whom where it took somebody else, or still awaited.
#[derive(Debug, Default)]
pub(in crate::ops) struct Leave {
    pub is_awaited: bool,
    pub approver: Option<Who>,
}

/// What is refunded: so much, of this channel and legal entity.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Ground {
    pub channel: ChannelId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    /// In minor units.
    pub amount: i64,
}

impl Ground {
    pub fn of(order: &Order, amount: i64) -> Self {
        let Order { channel, legal_entity, currency, .. } = *order;
        Self { channel, legal_entity, currency, amount }
    }
}

/// The most that is refunded without a second approval, in minor units; `None`: no such limit.
fn limit(tx: &mut Tx<'_>, ground: &Ground) -> Result<Option<i64>, Error> {
    let own = format!("{LIMIT}.{}", ground.currency.code().to_ascii_lowercase());
    if let Some(text) = settings::get(tx, &own)? {
        return amount_in(&text, ground.currency).map(Some);
    }
    let Some(text) = settings::get(tx, LIMIT)? else { return Ok(None) };
    let books = books::books_of(tx, ground.legal_entity)?;
    if books.currency == ground.currency {
        return amount_in(&text, ground.currency).map(Some);
    }
    // No rate is guessed: without a limit of its own, every amount of the currency is looked at.
    Ok(Some(0))
}

/// Finds out whether the caller may refund this much, with the approval the call came with.
///
/// # Errors
/// `forbidden` without the right; `amount_limit` above the actor's own limit and
/// `approval_required` above the merchant's, with what may be decided alone, unless the refund may
/// wait; `approval_by_requester`.
pub(in crate::ops) fn leave(
    tx: &mut Tx<'_>,
    call: &Call,
    ground: &Ground,
    may_wait: bool,
) -> Result<Leave, Error> {
    let Ground { channel, currency, amount, .. } = *ground;
    let scope = Scope { channel: Some(channel), location: None, amount_minor: Some(amount) };
    call.require(Permission::Refund, Scope { amount_minor: None, ..scope })?;
    if call.actor.all {
        return Ok(Leave::default());
    }
    let limited = !call.actor.may(Permission::Refund, scope);
    let most = limit(tx, ground)?.filter(|most| amount > *most);
    if !limited && most.is_none() {
        return Ok(Leave::default());
    }
    let listed = call.overridden(Code::AmountLimit, scope)?
        || (call.approval.is_some() && call.overridden(Code::ApprovalRequired, scope)?);
    if listed && (call.approval.is_some() || most.is_none()) {
        let approver = call.approval.as_ref().map(|one| (one.by.kind, one.by.id));
        return Ok(Leave { is_awaited: false, approver });
    }
    if may_wait {
        return Ok(Leave { is_awaited: true, approver: None });
    }
    let show = |minor| Money::new(minor, currency).to_string();
    let amount = show(amount);
    let how = "give another actor's approval with the refund, or leave it to be approved";
    Err(match most {
        Some(most) => {
            let detail = format!("{amount} needs a second approval: {how}");
            Refusal::new(Code::ApprovalRequired, detail).allowed(show(most)).into()
        }
        None => {
            let detail = format!("{amount} is above what you may decide alone: {how}");
            let own = call.actor.grants.iter().filter(|one| one.permission == Permission::Refund);
            let most = own.filter_map(|one| one.limit_minor).max().unwrap_or(0);
            Refusal::new(Code::AmountLimit, detail).allowed(show(most)).into()
        }
    })
}

/// Lets a refund that awaits approval go on: its credit is given, its money begins to move.
///
/// # Errors
/// `approval_by_requester`; `invalid_transition` unless it awaits approval; `amount_limit` where
/// the approver may not refund as much himself; `above_captured`.
pub fn approve(
    app: &App,
    call: &Call,
    id: RefundId,
    payment: Option<PaymentId>,
    settling: &Settling,
) -> Result<Refund, Error> {
    command(app, call, "refund.approve", |tx| {
        let Held { refund: before, order, mut payments } = held(tx, call, id)?;
        let who = (call.actor.kind, call.actor.id);
        let scope = Scope {
            channel: Some(order.channel),
            location: None,
            amount_minor: Some(before.amount),
        };
        call.require(Permission::Approve, Scope { amount_minor: None, ..scope })?;
        if before.requested_by == Some(who) && !call.actor.all {
            let detail =
                format!("you asked for refund {}: another actor approves it", before.number);
            return Err(Refusal::new(Code::ApprovalByRequester, detail).into());
        }
        require(call, Permission::Refund, before.amount, Some(order.channel))?;
        require(call, Permission::Approve, before.amount, Some(order.channel))?;
        let mut made = refund::approved(&before, who)?;
        payments.retain(|one| payment.is_none_or(|named| one.id == named));
        let mut ids = orders::ids_after_audit(call);
        let from = (payment.is_some(), payments.as_slice());
        let changed = execute(tx, call, &order, &mut made, from, settling, &mut ids)?;
        let mut after = order.clone();
        invoices::refunded(tx, call, &mut ids, &mut after, (&made, made.credited))?;
        save_state(tx, &before, made)?;
        save_all(tx, call, &mut ids, changed, Some((&order, after)))?;
        refunds::get(tx, id, false)?.ok_or_else(|| Error::not_found(format!("refund {id}")))
    })
}

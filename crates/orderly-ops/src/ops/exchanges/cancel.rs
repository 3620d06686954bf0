//! Canceling an exchange: the replacement is not sent, and what was carried to it is due on the
//! order again.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Account, JournalKind};
use orderly_core::exchange::{Exchange, ExchangeState};
use orderly_core::id::{ExchangeId, IdSource};
use orderly_core::order::cancel::{Cancel, cancel as cancel_order};
use orderly_core::order::undo::Command;
use orderly_core::order::work::At;
use orderly_core::order::{Decision, OrderState};
use orderly_core::payment::Purpose;
use orderly_core::refund::{self, Refund, RefundSettlement, RefundState};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::returns::ReturnState;
use orderly_store::Tx;
use orderly_store::tables::{exchanges, refunds};

use super::{Parts, parts, save};
use crate::ops::command::command;
use crate::ops::fulfillments::offer_freed;
use crate::ops::payments::{Changed, done, load as load_payment, save_all};
use crate::ops::refunds::{post_as, save_return, save_state};
use crate::ops::{orders, returns};
use crate::{App, Call, Error};

/// Cancels an exchange whose replacement has not gone. Where nothing came, everything is as it was
/// before; goods that came stay, and may be refunded like those of any return.
///
/// # Errors
/// `not_reversible` once the replacement was shipped or money of the rest has moved, with the next
/// step; `invalid_transition` where it is canceled already; `reason_required`; those of canceling
/// an order, such as `above_open` where goods are picked.
pub fn cancel(app: &App, call: &Call, id: ExchangeId) -> Result<Exchange, Error> {
    command(app, call, "exchange.cancel", |tx| {
        let seen = exchanges::get(tx, id, false)?;
        let seen = seen.ok_or_else(|| Error::not_found(format!("exchange {id}")))?;
        let own = parts(tx, &seen)?;
        call.expect_version(own.exchange.version)?;
        let scope = Scope { channel: Some(own.original.channel), ..Scope::default() };
        call.require(Permission::Cancel, scope)?;
        call.require(Permission::Refund, scope)?;
        ensure(call.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say why it is canceled")
        })?;
        ensure(own.exchange.state != ExchangeState::Canceled, || {
            let detail = format!("exchange {} is canceled", own.exchange.number);
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let shipped = own.replacement.lines.iter().any(|line| !line.quantities.shipped.is_zero());
        ensure(!shipped, || {
            let detail =
                format!("order {} has gone: take it back by a return", own.replacement.number);
            Refusal::new(Code::NotReversible, detail).allowed("return")
        })?;
        let made = exchanged(tx, &own)?;
        let mut ids = orders::ids_after_audit(call);
        take_payment_back(tx, call, &mut ids, &own)?;
        take_order_back(tx, call, &mut ids, &own)?;
        for made in &made {
            take_refund_back(tx, call, &mut ids, &own.exchange, made)?;
        }
        let own = parts(tx, &seen)?;
        if own.returned.head.state == ReturnState::Approved {
            returns::withdraw(tx, call, &mut ids, (&own.returned, &own.original))?;
        }
        save(tx, &own.exchange, ExchangeState::Canceled)
    })
}

/// The refunds whose value was carried to the replacement.
///
/// # Errors
/// `not_reversible` where a rest was given back: what came is refunded in part by now.
fn exchanged(tx: &mut Tx<'_>, own: &Parts) -> Result<Vec<Refund>, Error> {
    let mut made = refunds::of_return(tx, own.returned.id)?;
    made.retain(|one| one.settlement == RefundSettlement::Exchange);
    let paid = own.exchange.payment.map(|id| load_payment(tx, id)).transpose()?;
    let carried = paid.map_or(0, |paid| paid.amounts.captured);
    let used: i64 = made.iter().map(|one| one.amount).sum();
    ensure(used == carried, || {
        let detail = format!(
            "a rest of exchange {} was given back: what was sent is taken back by a return",
            own.exchange.number
        );
        Refusal::new(Code::NotReversible, detail).allowed("return")
    })?;
    Ok(made)
}

/// What was carried to the replacement leaves it, and what was reserved is let go.
fn take_payment_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    own: &Parts,
) -> Result<(), Error> {
    let Some(id) = own.exchange.payment else { return Ok(()) };
    let before = load_payment(tx, id)?;
    let purpose = Purpose { order: Some(own.replacement.id), refund: None };
    let mut after = before.clone();
    let carried = after.refundable_for(purpose.order);
    if carried > 0 {
        after = after.refund(carried, purpose, ids, call.now)?;
        after = done(&after, None, call, ids)?;
    }
    let reserved = after.amounts.capturable();
    if reserved > 0 {
        after = after.void(reserved, purpose, ids, call.now)?;
        after = done(&after, None, call, ids)?;
    }
    let changed = Changed { before: Some(before), after, kind: "payment.voided" };
    let order = orders::load(tx, own.replacement.id)?;
    save_all(tx, call, ids, vec![changed], Some((&order, order.clone())))?;
    Ok(())
}

fn take_order_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    own: &Parts,
) -> Result<(), Error> {
    let order = orders::load(tx, own.replacement.id)?;
    if order.head.state == OrderState::Canceled {
        return Ok(());
    }
    let at = At::plain(call.now);
    let decision = cancel_order(&order, &Cancel::Order, &at, ids)?;
    offer_freed(tx, call, &order, &decision.order, ids)?;
    orders::apply(tx, call, ids, &order, decision, Command::Cancel.event())?;
    Ok(())
}

/// What a refund of the exchange used up of the order is due again.
fn take_refund_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    exchange: &Exchange,
    made: &Refund,
) -> Result<(), Error> {
    let order = orders::load(tx, exchange.order)?;
    let returned = returns::load(tx, exchange.returned)?;
    let from = (Account::UnappliedReceipts, exchange.payment);
    let back = (JournalKind::Correction, from, -made.credited);
    post_as(tx, call, &order, made, back, ids)?;
    let pending = Refund { state: RefundState::Pending, ..made.clone() };
    let undone = refund::given_up(&pending, &order, Some(&returned), RefundState::Canceled)?;
    save_state(tx, made, undone.refund)?;
    let mut after = undone.order;
    // What was carried away is the order's own money again.
    after.head.paid.used -= made.credited;
    orders::apply(tx, call, ids, &order, Decision::only(after), "order.unrefunded")?;
    save_return(tx, call, ids, Some(&returned), undone.returned, "return.unrefunded")
}

//! Refunds that did not end as they were meant to: their money is tried again, or given up.

use orderly_core::actor::Permission;
use orderly_core::id::{PaymentId, RefundId};
use orderly_core::order::{Decision as OrderDecision, Order};
use orderly_core::payment::Payment;
use orderly_core::refund::{self, Refund, RefundState};
use orderly_core::refusal::{Code, Refusal};
use orderly_store::Tx;
use orderly_store::tables::{payments as payment_rows, refunds};

use super::money::{is_moved, move_money, moved, save_return, save_state};
use crate::ops::command::command;
use crate::ops::payments::{Settling, load as load_payment, require, save_all};
use crate::ops::{orders, returns};
use crate::{App, Call, Error};

/// A refund of an order with the order and its payments, locked in their order.
pub(super) struct Held {
    pub refund: Refund,
    pub order: Order,
    pub payments: Vec<Payment>,
}

pub(super) fn held(tx: &mut Tx<'_>, call: &Call, id: RefundId) -> Result<Held, Error> {
    let seen = refunds::get(tx, id, false)?;
    let seen = seen.ok_or_else(|| Error::not_found(format!("refund {id}")))?;
    let Some(order) = seen.order else {
        let detail =
            format!("refund {} names no order: it is settled with its return", seen.number);
        return Err(Refusal::new(Code::InvalidTransition, detail).into());
    };
    let order = orders::load(tx, order)?;
    let mut payments = Vec::new();
    for payment in payment_rows::of_order(tx, order.id)? {
        payments.push(load_payment(tx, payment)?);
    }
    let missing = || Error::Internal(format!("refund {id} is gone"));
    let refund = refunds::get(tx, id, true)?.ok_or_else(missing)?;
    call.expect_version(refund.version)?;
    Ok(Held { refund, order, payments })
}

/// Moves what is left of a refund whose money failed in part, from another payment or again.
///
/// # Errors
/// `invalid_transition` unless pending and approved; `nothing_to_do` while the rest is moving;
/// `above_captured` with what the payments hold; `amount_limit`.
pub fn retry(
    app: &App,
    call: &Call,
    id: RefundId,
    payment: Option<PaymentId>,
    settling: &Settling,
) -> Result<Refund, Error> {
    command(app, call, "refund.retry", |tx| {
        let Held { refund, order, payments } = held(tx, call, id)?;
        require(call, Permission::Refund, refund.amount, Some(order.channel))?;
        let refuse = |code, detail: String| Err(Refusal::new(code, detail).into());
        if refund.state != RefundState::Pending {
            let detail = format!(
                "refund {} is {}: only a pending one is tried again",
                refund.number,
                refund.state.code()
            );
            return refuse(Code::InvalidTransition, detail);
        }
        if refund.awaits_approval {
            let detail = format!("refund {} awaits approval", refund.number);
            return refuse(Code::InvalidTransition, detail);
        }
        let (done, open) = moved(&refund, payments.iter());
        let left = refund.amount - refund.credited - done - open;
        if left <= 0 {
            let detail = format!("all money of refund {} is moving or has moved", refund.number);
            return refuse(Code::NothingToDo, detail);
        }
        let held: Vec<Payment> = match payment {
            Some(named) => payments.iter().filter(|one| one.id == named).cloned().collect(),
            None => payments.clone(),
        };
        let mut ids = orders::ids_after_audit(call);
        let how = (payment.is_some(), settling);
        let changed = move_money(&held, &refund, left, how, call, &mut ids)?;
        let others = payments.iter().filter(|old| {
            !changed.iter().any(|one| one.before.as_ref().is_some_and(|b| b.id == old.id))
        });
        let all = others.chain(changed.iter().map(|one| &one.after));
        let after = if is_moved(&refund, all) { refund::settled(&refund)? } else { refund.clone() };
        save_state(tx, &refund, after)?;
        save_all(tx, call, &mut ids, changed, Some((&order, order.clone())))?;
        refunds::get(tx, id, false)?.ok_or_else(|| Error::not_found(format!("refund {id}")))
    })
}

/// Gives up a pending refund whose money nobody moves: its quantities may be refunded again.
///
/// # Errors
/// `invalid_transition` where money of it moved or may still move, or it gave credit.
pub fn cancel(app: &App, call: &Call, id: RefundId) -> Result<Refund, Error> {
    command(app, call, "refund.cancel", |tx| {
        let Held { refund: before, order, payments } = held(tx, call, id)?;
        require(call, Permission::Refund, before.amount, Some(order.channel))?;
        let gave = before.credited > 0 && !before.awaits_approval;
        if gave || moved(&before, payments.iter()) != (0, 0) {
            let detail = format!("money of refund {} moved or may move", before.number);
            return Err(Refusal::new(Code::InvalidTransition, detail).into());
        }
        let returned = before.returned.map(|id| returns::load(tx, id)).transpose()?;
        let state = RefundState::Canceled;
        let undone = refund::given_up(&before, &order, returned.as_ref(), state)?;
        let mut ids = orders::ids_after_audit(call);
        save_state(tx, &before, undone.refund)?;
        save_return(tx, call, &mut ids, returned.as_ref(), undone.returned, "return.unrefunded")?;
        orders::apply(
            tx,
            call,
            &mut ids,
            &order,
            OrderDecision::only(undone.order),
            "order.unrefunded",
        )?;
        refunds::get(tx, id, false)?.ok_or_else(|| Error::not_found(format!("refund {id}")))
    })
}

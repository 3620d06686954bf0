//! Operations on refunds: what a customer is owed back is decided here, the money moves by
//! transactions of the order's payments.

mod approval;
mod blind;
mod fees;
mod money;
mod retry;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{ChargeId, IdSource, LineId, OrderId, PaymentId, RefundId, ReturnId};
use orderly_core::id::{LegalEntityId, ReturnLineId};
use orderly_core::order::{Order, Settlement};
use orderly_core::payment::Payment;
use orderly_core::qty::Qty;
use orderly_core::refund::{
    self, Ask, AskCharge, AskLine, Cause, Decision, NewRefund, Proposal, Refund, RefundSettlement,
};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_store::Tx;
use orderly_store::tables::{self, numbers, payments as payment_rows, refunds};

use super::command::{Object, Reference, command};
use super::payments::{Changed, Settling, amount_in, load as load_payment, save_all};
use super::{invoices, orders, returns};
use crate::{App, Call, Error};
pub use approval::approve;
pub(super) use approval::{Ground, leave};
pub use blind::{BlindIn, make_blind, propose_blind};
pub(super) use fees::{check as check_fees, rules as fee_rules};
pub(super) use money::{
    answered, is_moved, move_money, post_as, post_credit, save_return, save_state,
};
pub use retry::{cancel, retry};

impl Object for Refund {
    fn reference(&self) -> Reference {
        Reference { kind: "refund", id: self.id.as_bytes(), sequence: self.version }
    }
    /// A refund has no events of its own: it is answered as it is now.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = RefundId::from_bytes(id);
        let refund = refunds::get(tx, id, false)?;
        refund.ok_or_else(|| Error::Internal(format!("refund {id} is gone")))
    }
}

/// A line to refund, as the caller states it.
#[derive(Debug, Clone)]
pub struct RefundLineIn {
    pub line: LineId,
    pub return_line: Option<ReturnLineId>,
    pub cause: Cause,
    /// In base units (kits, for a kit's line).
    pub qty: Qty,
    /// A decimal in the order's currency; `None` is what the quantity comes to.
    pub amount: Option<String>,
}

/// A refund as the caller states it.
#[derive(Debug, Clone)]
pub struct RefundIn {
    pub returned: Option<ReturnId>,
    pub lines: Vec<RefundLineIn>,
    /// Charges, such as shipping, with an amount or all that is left.
    pub charges: Vec<(ChargeId, Option<String>)>,
    pub settlement: RefundSettlement,
    /// `None`: the order's payments, the oldest first.
    pub payment: Option<PaymentId>,
    pub reason: String,
    pub settling: Settling,
}

/// What is decided beside the refund itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Keeps no restocking fee; needs its own right.
    pub waive_fee: bool,
    /// Where another actor must approve: leave it to be approved instead of refusing it.
    pub await_approval: bool,
}

/// Returns the refund with this id.
pub fn get(app: &App, id: RefundId) -> Result<Option<Refund>, Error> {
    app.store.read(|tx| Ok(refunds::get(tx, id, false)?))
}

/// Returns what a refund would come to, what is kept of it, and the most it may be. Changes
/// nothing.
///
/// # Errors
/// Those of [`make`].
pub fn propose(app: &App, call: &Call, id: OrderId, new: &RefundIn) -> Result<Proposal, Error> {
    app.store.read(|tx| {
        let order = tables::orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        call.require(Permission::Read, Scope { channel: Some(order.channel), ..Scope::default() })?;
        let prior = refunds::prior(tx, id)?;
        let on_account = new.settlement == RefundSettlement::AccountCredit;
        let judge = if on_account { refund::propose_on_account } else { refund::propose };
        let mut proposal = judge(&order, &ask(&order, new, call)?, &prior)?;
        let returned = new.returned.map(|id| tables::returns::get(tx, id, false)).transpose()?;
        let rules = fees::rules(tx, order.currency)?;
        refund::fee::keep(&mut proposal, &order, returned.flatten().as_ref(), &rules)?;
        Ok(proposal)
    })
}

/// Decides a refund and moves its money, or begins to. See [`make_with`].
pub fn make(app: &App, call: &Call, id: OrderId, new: &RefundIn) -> Result<Refund, Error> {
    make_with(app, call, id, new, How::default())
}

/// Decides a refund, keeps the merchant's restocking fees, and moves its money, or begins to.
///
/// # Errors
/// `above_refundable` with the maximum, overridden by the right to goodwill; `above_captured`;
/// `amount_limit` and `approval_required` with what may be decided alone; `reason_required`;
/// `account_required` for credit of an account there is not; `invalid_field` for an exchange,
/// which is a command of its own.
pub fn make_with(
    app: &App,
    call: &Call,
    id: OrderId,
    new: &RefundIn,
    how: How,
) -> Result<Refund, Error> {
    command(app, call, "refund.make", |tx| {
        if new.settlement == RefundSettlement::Exchange {
            let detail = "goods are exchanged by an exchange, which names what replaces them";
            return Err(Refusal::at(Code::InvalidField, "/settlement", detail).into());
        }
        let order = orders::load(tx, id)?;
        let held = order_payments(tx, id, new)?;
        let returned = new.returned.map(|id| returns::load(tx, id)).transpose()?;
        let mut ids = orders::ids_after_audit(call);
        let named = named(tx, call, &order, new, how)?;
        let (ask, prior) = (ask(&order, new, call)?, refunds::prior(tx, id)?);
        ensure_of_order(&order, returned.as_ref())?;
        let back = returned.as_ref();
        let decided = refund::decide(&order, back, &named, &ask, &prior, &mut ids, call.now)?;
        let mut made = decided.refund.clone();
        authorize_goodwill(call, &order, &made, ask.goodwill)?;
        let ground = Ground::of(&order, made.amount);
        let leave = leave(tx, call, &ground, how.await_approval)?;
        made.requested_by = Some((call.actor.kind, call.actor.id));
        (made.awaits_approval, made.approved_by) = (leave.is_awaited, leave.approver);
        let changed = match made.awaits_approval {
            true => Vec::new(),
            false => {
                let from = (new.payment.is_some(), held.as_slice());
                execute(tx, call, &order, &mut made, from, &new.settling, &mut ids)?
            }
        };
        if !refunds::insert(tx, &made)? {
            return Err(Error::Internal(format!("refund number {} is taken", made.number)));
        }
        let Decision { order: mut after, returned: back, .. } = decided;
        let given = if made.awaits_approval { 0 } else { made.credited };
        invoices::refunded(tx, call, &mut ids, &mut after, (&made, given))?;
        save_all(tx, call, &mut ids, changed, Some((&order, after)))?;
        save_return(tx, call, &mut ids, returned.as_ref(), back, "return.refunded")?;
        Ok(made)
    })
}

/// Numbers a refund and finds what is kept of it.
fn named(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    new: &RefundIn,
    how: How,
) -> Result<NewRefund, Error> {
    let fees = match how.waive_fee {
        true => {
            let scope = Scope { channel: Some(order.channel), ..Scope::default() };
            call.require(Permission::WaiveFee, scope)?;
            Vec::new()
        }
        false => fees::rules(tx, order.currency)?,
    };
    let number = next_number(tx)?;
    Ok(NewRefund { number, settlement: new.settlement, reason: new.reason.clone(), fees })
}

/// The number of the next refund.
pub(super) fn next_number(tx: &mut Tx<'_>) -> Result<String, Error> {
    Ok(format!("RF-{}", numbers::take(tx, LegalEntityId::NONE, "refund", 1, 1)?))
}

fn ensure_of_order(order: &Order, returned: Option<&Return>) -> Result<(), Error> {
    if returned.is_some_and(|one| one.order != Some(order.id)) {
        let detail = format!("the return is not one of order {}", order.number);
        return Err(Refusal::at(Code::InvalidField, "/return", detail).into());
    }
    Ok(())
}

/// Refuses to credit an account that the order is not charged to.
fn ensure_on_account(order: &Order) -> Result<(), Error> {
    if order.head.account.is_none() {
        let detail = format!("order {} has no account to credit", order.number);
        return Err(Refusal::at(Code::AccountRequired, "/settlement", detail).into());
    }
    if order.head.settlement != Settlement::Account {
        let detail = format!("order {} was paid: refund it, or give store credit", order.number);
        let refusal = Refusal::at(Code::InvalidField, "/settlement", detail);
        return Err(refusal.allowed("refund, store_credit").into());
    }
    Ok(())
}

/// Gives the credit of a refund and begins to move its money; settles it where all has moved.
fn execute(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    made: &mut Refund,
    (named, held): (bool, &[Payment]),
    settling: &Settling,
    ids: &mut IdSource,
) -> Result<Vec<Changed>, Error> {
    if made.settlement == RefundSettlement::AccountCredit {
        ensure_on_account(order)?;
        *made = refund::settled(made)?;
        return Ok(Vec::new());
    }
    post_credit(tx, call, order, made, made.credited, ids)?;
    let changed =
        move_money(held, made, made.amount - made.credited, (named, settling), call, ids)?;
    if is_moved(made, changed.iter().map(|one| &one.after)) {
        *made = refund::settled(made)?;
    }
    Ok(changed)
}

/// The payments money may come from, locked in the order of their ids.
fn order_payments(tx: &mut Tx<'_>, id: OrderId, new: &RefundIn) -> Result<Vec<Payment>, Error> {
    if new.settlement != RefundSettlement::Refund {
        return Ok(Vec::new());
    }
    let all = match new.payment {
        Some(one) => vec![one],
        None => payment_rows::of_order(tx, id)?,
    };
    all.into_iter().map(|one| load_payment(tx, one)).collect()
}

fn ask(order: &Order, new: &RefundIn, call: &Call) -> Result<Ask, Error> {
    let amount = |text: &Option<String>| {
        text.as_deref().map(|text| amount_in(text, order.currency)).transpose()
    };
    let mut lines = Vec::with_capacity(new.lines.len());
    for line in &new.lines {
        let RefundLineIn { line, return_line, cause, qty, amount: stated } = line.clone();
        lines.push(AskLine { line, return_line, cause, qty, amount: amount(&stated)? });
    }
    let mut charges = Vec::with_capacity(new.charges.len());
    for (charge, stated) in &new.charges {
        charges.push(AskCharge { charge: *charge, amount: amount(stated)? });
    }
    let scope = Scope { channel: Some(order.channel), ..Scope::default() };
    let goodwill = call.actor.may(Permission::RefundGoodwill, scope)
        || call.overridden(Code::AboveRefundable, scope)?;
    Ok(Ask { lines, charges, goodwill })
}

/// Refuses an actor without the right to give this much away.
fn authorize_goodwill(
    call: &Call,
    order: &Order,
    refund: &Refund,
    goodwill: bool,
) -> Result<(), Error> {
    let channel = Some(order.channel);
    let given = refund.lines.iter().filter(|line| line.cause == Cause::Goodwill);
    let given: i64 = given.map(|line| line.amount).sum();
    let scope = Scope { channel, location: None, amount_minor: Some(given) };
    if given == 0 || (goodwill && call.overridden(Code::AboveRefundable, scope)?) {
        return Ok(());
    }
    super::payments::require(call, Permission::RefundGoodwill, given, channel)
}

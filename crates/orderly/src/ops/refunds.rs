//! Operations on refunds: what a customer is owed back is decided here, the money moves by
//! transactions of the order's payments.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::{Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind};
use orderly_core::books::{Posting, period};
use orderly_core::id::{ChargeId, IdSource, LineId, OrderId, PaymentId, RefundId, ReturnId};
use orderly_core::id::{LegalEntityId, ReturnLineId};
use orderly_core::money::Money;
use orderly_core::order::{Decision as OrderDecision, Order};
use orderly_core::payment::{Payment, Purpose, TransactionKind, TransactionState};
use orderly_core::qty::Qty;
use orderly_core::refund::{
    self, Ask, AskCharge, AskLine, Cause, NewRefund, Proposal, Refund, RefundSettlement,
    RefundState,
};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_core::units;
use orderly_store::Tx;
use orderly_store::tables::{self, numbers, payments as payment_rows, refunds};

use super::command::{Object, Reference, command};
use super::payments::{Changed, Settling, amount_in, load as load_payment, require, save_all};
use super::{books, orders, payments, returns};
use crate::{App, Call, Error};

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

/// Returns the refund with this id.
pub fn get(app: &App, id: RefundId) -> Result<Option<Refund>, Error> {
    app.store.read(|tx| Ok(refunds::get(tx, id, false)?))
}

/// Returns what a refund would come to, and the most it may be. Changes nothing.
///
/// # Errors
/// Those of [`make`].
pub fn propose(app: &App, call: &Call, id: OrderId, new: &RefundIn) -> Result<Proposal, Error> {
    app.store.read(|tx| {
        let order = tables::orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        call.require(Permission::Read, Scope { channel: Some(order.channel), ..Scope::default() })?;
        let prior = refunds::prior(tx, id)?;
        Ok(refund::propose(&order, &ask(&order, new, call)?, &prior)?)
    })
}

/// Decides a refund and moves its money, or begins to.
///
/// # Errors
/// `above_refundable` with the maximum, overridden by the right to goodwill; `above_captured`;
/// `amount_limit`; `reason_required`; `account_required` for credit of an account there is not.
pub fn make(app: &App, call: &Call, id: OrderId, new: &RefundIn) -> Result<Refund, Error> {
    command(app, call, "refund.make", |tx| {
        let order = orders::load(tx, id)?;
        let held = order_payments(tx, id, new)?;
        let returned = new.returned.map(|id| returns::load(tx, id)).transpose()?;
        if returned.as_ref().is_some_and(|one| one.order != Some(id)) {
            let detail = format!("the return is not one of order {}", order.number);
            return Err(Refusal::at(Code::InvalidField, "/return", detail).into());
        }
        let mut ids = orders::ids_after_audit(call);
        let number = numbers::take(tx, LegalEntityId::NONE, "refund", 1, 1)?;
        let named = NewRefund {
            number: format!("RF-{number}"),
            settlement: new.settlement,
            reason: new.reason.clone(),
        };
        let (ask, prior) = (ask(&order, new, call)?, refunds::prior(tx, id)?);
        let decided =
            refund::decide(&order, returned.as_ref(), &named, &ask, &prior, &mut ids, call.now)?;
        authorize(call, &order, &decided.refund, ask.goodwill)?;
        let mut made = decided.refund.clone();
        let changed = match new.settlement {
            RefundSettlement::Refund => {
                let changed = move_money(&held, &made, new, call, &mut ids)?;
                if is_moved(&made, changed.iter().map(|one| &one.after)) {
                    made = refund::settled(&made)?;
                }
                changed
            }
            _ => {
                credit(tx, call, &order, &made, &mut ids)?;
                made = refund::settled(&made)?;
                Vec::new()
            }
        };
        if !refunds::insert(tx, &made)? {
            return Err(Error::Internal(format!("refund number {} is taken", made.number)));
        }
        save_all(tx, call, &mut ids, changed, Some((&order, decided.order)))?;
        save_return(tx, call, &mut ids, returned.as_ref(), decided.returned, "return.refunded")?;
        Ok(made)
    })
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

/// Refuses an actor without the right to refund this much, or to give this much away.
fn authorize(call: &Call, order: &Order, refund: &Refund, goodwill: bool) -> Result<(), Error> {
    let channel = Some(order.channel);
    require(call, Permission::Refund, refund.amount, channel)?;
    let given = refund.lines.iter().filter(|line| line.cause == Cause::Goodwill);
    let given: i64 = given.map(|line| line.amount).sum();
    let scope = Scope { channel, location: None, amount_minor: Some(given) };
    if given == 0 || (goodwill && call.overridden(Code::AboveRefundable, scope)?) {
        return Ok(());
    }
    require(call, Permission::RefundGoodwill, given, channel)
}

/// Begins to give the amount back from the payments in their order.
fn move_money(
    held: &[Payment],
    refund: &Refund,
    new: &RefundIn,
    call: &Call,
    ids: &mut IdSource,
) -> Result<Vec<Changed>, Error> {
    let mut left = refund.amount;
    let mut changed = Vec::new();
    for before in held {
        let part = before.refundable_for(refund.order).min(left);
        if part == 0 {
            continue;
        }
        let purpose = Purpose { order: refund.order, refund: Some(refund.id) };
        let after = before.refund(part, purpose, ids, call.now)?;
        let after = payments::settled(before, &after, &new.settling, call, ids)?;
        left -= part;
        changed.push(Changed { before: Some(before.clone()), after, kind: "payment.refunded" });
    }
    if left == 0 {
        return Ok(changed);
    }
    let most = Money::new(refund.amount - left, refund.currency).to_string();
    let detail = format!("the payments hold no more than {most} for the order");
    Err(Refusal::new(Code::AboveCaptured, detail).allowed(most).into())
}

/// What the payments have given back for a refund, in minor units: done, and still open.
fn moved<'a>(refund: &Refund, all: impl Iterator<Item = &'a Payment>) -> (i64, i64) {
    let mut sums = (0, 0);
    for one in all.flat_map(|payment| &payment.transactions) {
        if one.kind != TransactionKind::Refund || one.refund != Some(refund.id) {
            continue;
        }
        match one.state {
            TransactionState::Done => sums.0 += one.amount,
            TransactionState::Pending | TransactionState::Unknown => sums.1 += one.amount,
            TransactionState::Failed => {}
        }
    }
    sums
}

fn is_moved<'a>(refund: &Refund, all: impl Iterator<Item = &'a Payment>) -> bool {
    moved(refund, all).0 == refund.amount
}

/// Saves what a provider answered about a refund's money: all of it moved settles the refund,
/// none of it moved and none still moving gives it up.
pub(super) fn answered(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    changed: Changed,
    order: Option<&Order>,
    refund: RefundId,
) -> Result<Payment, Error> {
    let missing = || Error::Internal(format!("refund {refund} is gone"));
    let order = order.ok_or_else(missing)?;
    let before = refunds::get(tx, refund, true)?.ok_or_else(missing)?;
    let mut all = vec![changed.after.clone()];
    for other in payment_rows::of_order(tx, order.id)? {
        if other != changed.after.id {
            all.push(load_payment(tx, other)?);
        }
    }
    let mut decided = order.clone();
    match (before.state, moved(&before, all.iter())) {
        (RefundState::Pending, (done, _)) if done == before.amount => {
            save_state(tx, &before, refund::settled(&before)?)?;
        }
        (RefundState::Pending, (0, 0)) => {
            let returned = before.returned.map(|id| returns::load(tx, id)).transpose()?;
            let state = RefundState::Failed;
            let undone = refund::given_up(&before, order, returned.as_ref(), state)?;
            save_state(tx, &before, undone.refund)?;
            save_return(tx, call, ids, returned.as_ref(), undone.returned, "return.unrefunded")?;
            decided = undone.order;
        }
        (RefundState::Failed | RefundState::Canceled, (done, _)) if done > 0 => {
            // The money moved after all: the refund counts again, and is settled.
            let returned = before.returned.map(|id| returns::load(tx, id)).transpose()?;
            let again = refund::taken_up(&before, order, returned.as_ref())?;
            save_state(tx, &before, again.refund)?;
            save_return(tx, call, ids, returned.as_ref(), again.returned, "return.refunded")?;
            decided = again.order;
        }
        _ => {}
    }
    let mut saved = save_all(tx, call, ids, vec![changed], Some((order, decided)))?;
    saved.pop().ok_or_else(missing)
}

fn save_state(tx: &mut Tx<'_>, before: &Refund, mut after: Refund) -> Result<(), Error> {
    after.version = before.version + 1;
    if refunds::save(tx, before, &after)? {
        return Ok(());
    }
    let detail = format!("refund {} was changed meanwhile", before.number);
    Err(Refusal::new(Code::StaleVersion, detail).into())
}

fn save_return(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: Option<&Return>,
    after: Option<Return>,
    kind: &str,
) -> Result<(), Error> {
    if let (Some(before), Some(after)) = (before, after) {
        returns::save_alone(tx, call, ids, before, after, kind)?;
    }
    Ok(())
}

/// Posts a refund that moves no money: what we owed for the order we owe as credit now.
fn credit(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    refund: &Refund,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let owed = match refund.settlement {
        RefundSettlement::StoreCredit => Account::StoreCredit,
        RefundSettlement::AccountCredit if order.head.account.is_none() => {
            let detail = format!("order {} has no account to credit", order.number);
            return Err(Refusal::at(Code::AccountRequired, "/settlement", detail).into());
        }
        RefundSettlement::AccountCredit => Account::Receivables,
        // The customer picks something else for it: until then it pays nothing.
        RefundSettlement::Exchange | RefundSettlement::Refund => Account::UnappliedReceipts,
    };
    let own = books::books_of(tx, order.legal_entity)?;
    let shared = Dimensions {
        document: Some((DocumentKind::Refund, refund.id.as_bytes())),
        ..orders::dimensions(order)
    };
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: order.legal_entity,
        kind: JournalKind::Refund,
        cause: units::Cause { kind: units::CauseKind::Refund, id: refund.id.as_bytes() },
        currency: refund.currency,
        accounting_on: own.day(call.now),
        reverses: None,
    };
    let postings = vec![
        Posting::new(Account::CustomerDeposits, refund.amount, shared),
        Posting::new(owed, -refund.amount, shared),
    ];
    let unbalanced = |error| Error::Internal(format!("{error} in {}", period(head.accounting_on)));
    let journal = Journal::new(head.clone(), postings).map_err(unbalanced)?;
    books::post(tx, call, &[journal])
}

/// Gives up a pending refund whose money nobody moves: its quantities may be refunded again.
///
/// # Errors
/// `invalid_transition` where money of it moved or may still move.
pub fn cancel(app: &App, call: &Call, id: RefundId) -> Result<Refund, Error> {
    command(app, call, "refund.cancel", |tx| {
        let seen = refunds::get(tx, id, false)?;
        let seen = seen.ok_or_else(|| Error::not_found(format!("refund {id}")))?;
        let missing = || Error::Internal(format!("refund {id} has no order"));
        let order = orders::load(tx, seen.order.ok_or_else(missing)?)?;
        require(call, Permission::Refund, seen.amount, Some(order.channel))?;
        let mut all = Vec::new();
        for payment in payment_rows::of_order(tx, order.id)? {
            all.push(load_payment(tx, payment)?);
        }
        let before = refunds::get(tx, id, true)?.ok_or_else(missing)?;
        call.expect_version(before.version)?;
        if moved(&before, all.iter()) != (0, 0) {
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
        refunds::get(tx, id, false)?.ok_or_else(missing)
    })
}

//! The money of refunds: moved by transactions of payments, given as credit, and what providers
//! answer about it.

use orderly_core::books::{Account, Dimensions, DocumentKind, Journal, JournalHead, JournalKind};
use orderly_core::books::{Posting, period};
use orderly_core::exchange;
use orderly_core::id::{IdSource, PaymentId, RefundId};
use orderly_core::money::Money;
use orderly_core::order::Order;
use orderly_core::payment::{Payment, Purpose, TransactionKind, TransactionState};
use orderly_core::refund::{self, Refund, RefundSettlement, RefundState};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::Return;
use orderly_core::units;
use orderly_store::Tx;
use orderly_store::tables::{payments as payment_rows, refunds};

use crate::ops::payments::{self, Changed, Settling, load as load_payment, save_all};
use crate::ops::{books, invoices, orders, returns};
use crate::{Call, Error};

/// Begins to give an amount of a refund back from the payments in their order. What was carried
/// here by an exchange is no money: it goes back as credit.
pub(in crate::ops) fn move_money(
    held: &[Payment],
    refund: &Refund,
    amount: i64,
    (named, settling): (bool, &Settling),
    call: &Call,
    ids: &mut IdSource,
) -> Result<Vec<Changed>, Error> {
    let mut left = amount;
    let mut changed = Vec::new();
    for before in held.iter().filter(|one| one.provider != exchange::PROVIDER) {
        let part = before.refundable_for(refund.order).min(left);
        if part == 0 {
            continue;
        }
        let purpose = Purpose { order: refund.order, refund: Some(refund.id) };
        let after = before.refund(part, purpose, ids, call.now)?;
        let after = payments::settled(before, &after, settling, call, ids)?;
        left -= part;
        changed.push(Changed { before: Some(before.clone()), after, kind: "payment.refunded" });
    }
    if left == 0 {
        return Ok(changed);
    }
    let most = Money::new(amount - left, refund.currency).to_string();
    let whose = if named { "the payment holds" } else { "the payments hold" };
    let detail = format!("{whose} no more than {most} of money for the order");
    Err(Refusal::new(Code::AboveCaptured, detail).allowed(most).into())
}

/// What the payments have given back for a refund, in minor units: done, and still open.
pub(super) fn moved<'a>(refund: &Refund, all: impl Iterator<Item = &'a Payment>) -> (i64, i64) {
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

pub(in crate::ops) fn is_moved<'a>(
    refund: &Refund,
    all: impl Iterator<Item = &'a Payment>,
) -> bool {
    moved(refund, all).0 == refund.amount - refund.credited
}

/// Saves what a provider answered about a refund's money: all of it moved settles the refund,
/// none of it moved and none still moving gives it up.
pub(in crate::ops) fn answered(
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
        (RefundState::Pending, (done, _)) if done == before.amount - before.credited => {
            let settled = refund::settled(&before)?;
            invoices::refunded(tx, call, ids, &mut decided, (&settled, 0))?;
            save_state(tx, &before, settled)?;
        }
        // What gave credit already stands, and its money is tried again.
        (RefundState::Pending, (0, 0)) if before.credited == 0 => {
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
            decided = again.order;
            invoices::refunded(tx, call, ids, &mut decided, (&again.refund, 0))?;
            save_state(tx, &before, again.refund)?;
            save_return(tx, call, ids, returned.as_ref(), again.returned, "return.refunded")?;
        }
        _ => {}
    }
    let mut saved = save_all(tx, call, ids, vec![changed], Some((order, decided)))?;
    saved.pop().ok_or_else(missing)
}

pub(in crate::ops) fn save_state(
    tx: &mut Tx<'_>,
    before: &Refund,
    mut after: Refund,
) -> Result<(), Error> {
    after.version = before.version + 1;
    if refunds::save(tx, before, &after)? {
        return Ok(());
    }
    let detail = format!("refund {} was changed meanwhile", before.number);
    Err(Refusal::new(Code::StaleVersion, detail).into())
}

pub(in crate::ops) fn save_return(
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

/// Posts the credit that a refund gives: what we owed for the order we owe otherwise now.
pub(in crate::ops) fn post_credit(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    refund: &Refund,
    amount: i64,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let owed = match refund.settlement {
        RefundSettlement::StoreCredit => Account::StoreCredit,
        // The credit note of what was invoiced posts it; what was not is not charged.
        RefundSettlement::AccountCredit => return Ok(()),
        // What is carried to the replacement: the payment that brings it there takes it up.
        RefundSettlement::Exchange | RefundSettlement::Refund => Account::UnappliedReceipts,
    };
    post_as(tx, call, order, refund, (JournalKind::Refund, (owed, None), amount), ids)
}

/// Posts an amount from what we owe for the order to another account, of a payment where it
/// carries it on.
pub(in crate::ops) fn post_as(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    refund: &Refund,
    (kind, (owed, carrier), amount): (JournalKind, (Account, Option<PaymentId>), i64),
    ids: &mut IdSource,
) -> Result<(), Error> {
    if amount == 0 {
        return Ok(());
    }
    let own = books::books_of(tx, order.legal_entity)?;
    let shared = Dimensions {
        document: Some((DocumentKind::Refund, refund.id.as_bytes())),
        ..orders::dimensions(order)
    };
    let head = JournalHead {
        id: ids.draw(),
        legal_entity: order.legal_entity,
        kind,
        cause: units::Cause { kind: units::CauseKind::Refund, id: refund.id.as_bytes() },
        currency: refund.currency,
        accounting_on: own.day(call.now),
        reverses: None,
    };
    let held = Dimensions { document: orders::dimensions(order).document, ..shared };
    let carried = carrier.map(|payment| (DocumentKind::Payment, payment.as_bytes()));
    let postings = vec![
        Posting::new(Account::CustomerDeposits, amount, held),
        Posting::new(owed, -amount, Dimensions { document: carried.or(shared.document), ..shared }),
    ];
    let unbalanced = |error| Error::Internal(format!("{error} in {}", period(head.accounting_on)));
    let journal = Journal::new(head.clone(), postings).map_err(unbalanced)?;
    books::post(tx, call, &[journal])
}

//! The journals of a payment: what its money does to the books.

use super::credit::STORE_CREDIT;
use super::*;
use crate::books::{
    Account, Books, Dimensions, DocumentKind, Journal, JournalHead, JournalKind, Posting,
};
use crate::units::{Cause, CauseKind};

/// The provider of money that lies in a till.
pub const CASH: &str = "cash";

/// The provider of money that a carrier collects.
pub const COD: &str = "cod";

/// The provider of money that the bank says came.
pub const BANK: &str = "bank";

/// Where the money of a payment lies: in the till, on its way, or with us as store credit. What an
/// exchange carries is no money: the refund that gave it up left it unapplied.
fn money(payment: &Payment) -> Account {
    match payment.provider.as_str() {
        CASH => Account::TillCash,
        COD => Account::CodClearing,
        BANK => Account::Bank,
        STORE_CREDIT => Account::StoreCredit,
        crate::exchange::PROVIDER => Account::UnappliedReceipts,
        _ => Account::Clearing,
    }
}

/// What we owe for it: an order that is not invoiced yet, or nothing in particular.
const fn owed(order: Option<OrderId>) -> Account {
    match order {
        Some(_) => Account::CustomerDeposits,
        None => Account::UnappliedReceipts,
    }
}

/// Returns the journals of what lies between two values of a payment, each with its cause: every
/// capture and refund that is done now, and every application of captured money that is not part
/// of one. Authorizations and voids move no money.
pub fn journals(
    before: Option<&Payment>,
    after: &Payment,
    books: &Books,
    location: Option<LocationId>,
    ids: &mut IdSource,
    now: Instant,
) -> Vec<Journal> {
    let mut journals = Vec::new();
    let mut add =
        |kind, cause, debit: Account, credit: Account, (amount, off): (i64, i64), order| {
            let head = JournalHead {
                id: ids.draw(),
                legal_entity: after.legal_entity,
                kind,
                cause,
                currency: after.currency,
                accounting_on: books.day(now),
                reverses: None,
            };
            let shared = dimensions(after, order, location);
            // What cash is more or less than the amount is on neither side of it.
            let (debited, credited) = match kind {
                JournalKind::Refund => (amount, amount + off),
                _ => (amount + off, amount),
            };
            // Money that pays nothing in particular is the payment's own.
            let own = (DocumentKind::Payment, after.id.as_bytes());
            let at = |account| match account {
                Account::UnappliedReceipts => Dimensions { document: Some(own), ..shared },
                _ => shared,
            };
            let mut postings = vec![
                Posting::new(debit, debited, at(debit)),
                Posting::new(credit, -credited, at(credit)),
                Posting::new(Account::CashRounding, credited - debited, shared),
            ];
            postings.retain(|posting| posting.amount_minor != 0);
            journals.push(Journal::new(head, postings).expect("the same amount on both sides"));
        };
    let mut moved = Vec::new();
    for one in newly_done(before, after) {
        let cause = Cause { kind: CauseKind::PaymentTransaction, id: one.id.as_bytes() };
        let (money, owed) = (money(after), owed(one.order));
        match one.kind {
            TransactionKind::Capture => {
                moved.extend(one.order);
                let amount = (one.amount, one.rounding);
                add(JournalKind::Capture, cause, money, owed, amount, one.order);
            }
            TransactionKind::Refund => {
                let amount = (one.amount, one.rounding);
                add(JournalKind::Refund, cause, owed, money, amount, one.order);
            }
            TransactionKind::Authorize | TransactionKind::Void => {}
        }
    }
    let known = |id| before.is_some_and(|before| before.applications.iter().any(|o| o.id == id));
    let new = after.applications.iter().filter(|one| !known(one.id));
    let of_orders = new.filter(|one| one.target_kind == TargetKind::Order);
    // What pays an invoice is posted by the invoice's settlement.
    for one in of_orders.filter(|one| one.kind == ApplicationKind::Captured) {
        let order = OrderId::from_bytes(one.target);
        // What a capture brought to its order is posted by the capture.
        if let Some(index) = moved.iter().position(|own| *own == order) {
            moved.swap_remove(index);
            continue;
        }
        let cause = Cause { kind: CauseKind::Application, id: one.id.as_bytes() };
        let (free, used) = (Account::UnappliedReceipts, Account::CustomerDeposits);
        add(JournalKind::Application, cause, free, used, (one.amount, 0), Some(order));
    }
    journals
}

/// The transactions that are done now and were not before.
pub fn newly_done<'a>(
    before: Option<&'a Payment>,
    after: &'a Payment,
) -> impl Iterator<Item = &'a Transaction> {
    let was_done = move |id| {
        let old = before.and_then(|one| one.transactions.iter().find(|old| old.id == id));
        old.is_some_and(|old| old.state == TransactionState::Done)
    };
    let done = after.transactions.iter().filter(|one| one.state == TransactionState::Done);
    done.filter(move |one| !was_done(one.id))
}

fn dimensions(
    payment: &Payment,
    order: Option<OrderId>,
    location: Option<LocationId>,
) -> Dimensions {
    let document = match order {
        Some(order) => (DocumentKind::Order, order.as_bytes()),
        None => (DocumentKind::Payment, payment.id.as_bytes()),
    };
    Dimensions {
        location,
        channel: payment.channel,
        party: payment.customer.map(|customer| customer.as_bytes()),
        document: Some(document),
    }
}

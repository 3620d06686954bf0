//! Money of an order that settles its documents, as far as they hold something of the order.

use orderly_core::id::{IdSource, InvoiceId, OrderId};
use orderly_core::invoice::{Invoice, InvoiceKind, SettlementKind};
use orderly_core::order::Order;
use orderly_core::order::invoicing::is_invoiced;
use orderly_store::Tx;
use orderly_store::tables::invoices;

use super::settle::{Settling, settle};
use crate::{Call, Error};

fn by(order: OrderId, amount: i64) -> Settling {
    Settling::new(SettlementKind::Deposit, order.as_bytes(), amount)
}

/// Lets unused money of an order settle its part of a document that was just issued, and counts
/// it in the order.
pub(super) fn use_for(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    issued: &Invoice,
) -> Result<(), Error> {
    let part = issued.of_order(order.id).min(issued.total);
    let amount = order.head.paid.unused().min(part);
    if amount > 0 {
        settle(tx, call, ids, issued.id, by(order.id, amount))?;
        order.head.paid.used += amount;
    }
    Ok(())
}

/// Keeps what an order's money settles in step with the money there is, where a payment changes:
/// what is unused settles open documents of the order, the oldest first; what is no longer there
/// opens them again, the latest first. The caller saves the order in the same transaction.
pub(in crate::ops) fn balance(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
) -> Result<(), Error> {
    let unused = order.head.paid.unused();
    if unused == 0 || (unused > 0 && !is_invoiced(order)) {
        return Ok(());
    }
    let own = invoices::settled_by(tx, order.id.as_bytes())?;
    let used = |id: InvoiceId| own.iter().find(|(known, _)| *known == id).map_or(0, |one| one.1);
    let mut documents = Vec::new();
    for id in invoices::of_order(tx, order.id)? {
        documents.extend(invoices::get(tx, id, true)?);
    }
    documents.retain(|one| one.kind != InvoiceKind::CreditNote);
    if unused > 0 {
        for one in &documents {
            let part = one.of_order(order.id) - used(one.id);
            let amount = order.head.paid.unused().min(one.open()).min(part);
            if amount > 0 {
                settle(tx, call, ids, one.id, by(order.id, amount))?;
                order.head.paid.used += amount;
            }
        }
        return Ok(());
    }
    for one in documents.iter().rev() {
        let amount = (-order.head.paid.unused()).min(used(one.id)).min(one.settled);
        if amount > 0 {
            settle(tx, call, ids, one.id, by(order.id, -amount))?;
            order.head.paid.used -= amount;
        }
    }
    Ok(())
}

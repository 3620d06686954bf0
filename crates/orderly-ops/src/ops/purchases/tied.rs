//! What order lines claim of purchase lines: goods that come for one line and for no other.

use orderly_core::id::{IdSource, LineId};
use orderly_core::order::{Line, LineKind, Order};
use orderly_core::purchase::shares;
use orderly_core::qty::Qty;
use orderly_store::Tx;
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::purchases::{self, PurchaseClaim};

use crate::{Call, Error};

/// Gives an order line its claims on what is bought for it: what is unallocated of it, shared
/// among its purchase lines, the oldest first. Returns what comes beyond what it needs.
pub(in crate::ops) fn share(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &Order,
    line: LineId,
) -> Result<Qty, Error> {
    let own = order.line(line)?;
    let needed = own.quantities.unallocated;
    let due_on = order.delivery(own.delivery)?.required_on;
    let tied = purchases::tied_to(tx, line)?;
    let expected: Vec<_> = tied.iter().map(|one| (one.purchase_line, one.expected)).collect();
    let before = purchases::claims_of(tx, line)?;
    let mut after = Vec::new();
    for ((_, qty), one) in shares(needed, &expected).into_iter().zip(&tied) {
        if qty.is_zero() {
            continue;
        }
        let known = before.iter().find(|claim| claim.purchase_line == one.purchase_line);
        after.push(PurchaseClaim {
            id: known.map_or_else(|| ids.draw(), |claim| claim.id),
            order: order.id,
            line,
            purchase_line: one.purchase_line,
            item: one.item,
            location: one.location,
            qty,
            priority: order.head.priority,
            due_on,
            since: known.map_or(call.now, |claim| claim.since),
        });
    }
    purchases::set_claims(tx, &before, &after)?;
    let all = Qty::sum(tied.iter().map(|one| one.expected)).unwrap_or_default();
    Ok(all.less(needed))
}

/// Brings the claims of an order's special and direct lines up to what it needs now. Where part
/// of a line is canceled, what was bought for it is raised as an exception: somebody cancels it
/// with the supplier, or keeps it for stock.
pub(in crate::ops) fn order_changed(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Order,
    after: &Order,
) -> Result<(), Error> {
    let bought = |line: &&Line| matches!(line.kind, LineKind::SpecialOrder | LineKind::DirectShip);
    for line in after.lines.iter().filter(bought) {
        let Ok(old) = before.line(line.id) else { continue };
        let (was, is) = (old.quantities, line.quantities);
        if was.unallocated == is.unallocated {
            continue;
        }
        let beyond = share(tx, call, ids, after, line.id)?;
        let canceled = is.canceled > was.canceled || is.closed_short > was.closed_short;
        if canceled && !beyond.is_zero() {
            let detail = format!(
                "line {} of {} is canceled, {beyond} base units of it are on order",
                line.position, after.number
            );
            let one = Exception {
                id: ids.draw::<orderly_core::id::EventId>().as_bytes(),
                kind: "purchase_not_needed".into(),
                item: line.item,
                location: None,
                order: Some(after.id),
                line: Some(line.id),
                qty: Some(beyond.get()),
                detail,
                raised_at: call.now,
                settled_at: None,
            };
            exceptions::insert(tx, &[one])?;
        }
    }
    Ok(())
}

//! The claims an order holds on stock, and what a change of them does to stock levels.

use super::Order;
use crate::id::{ClaimId, LineId, LotId};
use crate::qty::{Qty, QtyDelta};
use crate::time::{Day, Instant};
use crate::units::{LevelChange, LevelKey};

/// A claim as it is stored: a line's right to a stock level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    pub id: ClaimId,
    pub line: LineId,
    pub key: LevelKey,
    /// Allocated claims count in the level's allocated, others in its backordered.
    pub allocated: bool,
    pub qty: Qty,
    pub due_on: Option<Day>,
    pub since: Instant,
}

/// The live claims of an order: what is allocated and not yet shipped, and what is backordered.
pub fn of(order: &Order) -> Vec<Claim> {
    let due_on = |line: LineId| {
        let line = order.lines.iter().find(|one| one.id == line)?;
        order.deliveries.iter().find(|one| one.id == line.delivery)?.required_on
    };
    let mut claims = Vec::with_capacity(order.work.len() + order.backorders.len());
    for work in order.work.iter().filter(|work| !work.takes.is_zero()) {
        let own = order.fulfillments.iter().find(|one| one.id == work.fulfillment);
        let Some(fulfillment) = own else { continue };
        let location = fulfillment.location;
        claims.push(Claim {
            id: work.claim,
            line: work.line,
            key: LevelKey { item: work.item, location, lot_class: work.lot_class },
            allocated: true,
            qty: work.takes,
            due_on: due_on(work.line),
            since: fulfillment.created_at,
        });
    }
    for backorder in order.backorders.iter().filter(|backorder| !backorder.qty.is_zero()) {
        let (item, location) = (backorder.item, backorder.location);
        claims.push(Claim {
            id: backorder.claim,
            line: backorder.line,
            key: LevelKey { item, location, lot_class: backorder.lot_class },
            allocated: false,
            qty: backorder.qty,
            due_on: due_on(backorder.line),
            since: backorder.since,
        });
    }
    claims
}

/// What lies between two values of an order's claims, as changes of stock levels.
pub fn level_changes(before: &[Claim], after: &[Claim]) -> Vec<LevelChange> {
    let change = |claim: &Claim, sign: i64| {
        let qty = QtyDelta(sign * claim.qty.get());
        let none = LevelChange::none(claim.key);
        if claim.allocated {
            LevelChange { allocated: qty, ..none }
        } else {
            LevelChange { backordered: qty, ..none }
        }
    };
    let given_up = before.iter().map(|claim| change(claim, -1));
    let all: Vec<LevelChange> =
        given_up.chain(after.iter().map(|claim| change(claim, 1))).collect();
    crate::units::sum_by_level(all)
}

/// The lot class of goods that are not held by length.
pub const ANY_LOT: LotId = LotId::NONE;

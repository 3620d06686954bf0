//! What lies between two values of an order: the durable content of its events.
//!
//! `fold(between(a, b), a) = b`, so the order folded from its events equals the stored one. The
//! same list tells the store which rows to write.

use serde::{Deserialize, Serialize};

use super::*;

/// The format of the changes written now. Readers keep understanding older ones.
pub const FORMAT: i64 = 1;

/// One typed change. Parts are carried whole; removed ones by their id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Placed(Box<Order>),
    Head(Box<Head>),
    Delivery(Box<Delivery>),
    Line(Box<Line>),
    Quantities { line: LineId, quantities: Quantities },
    Charge(Box<Charge>),
    Hold(Box<Hold>),
    Fulfillment(Fulfillment),
    Work(Box<Work>),
    Backorder(Backorder),
    BackorderGone(ClaimId),
    Shipment(Box<Shipment>),
    ShipmentLine(Box<ShipmentLine>),
    Parcel(Parcel),
}

/// Returns the changes that lead from `before` to `after`, in an order that can be applied.
pub fn between(before: &Order, after: &Order) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.head != after.head {
        changes.push(Change::Head(Box::new(after.head.clone())));
    }
    set(&before.deliveries, &after.deliveries, |p| changes.push(Change::Delivery(Box::new(p))));
    for line in &after.lines {
        match before.lines.iter().find(|old| old.id == line.id) {
            Some(old) if old == line => {}
            Some(old) if only_quantities(old, line) => {
                changes.push(Change::Quantities { line: line.id, quantities: line.quantities });
            }
            _ => changes.push(Change::Line(Box::new(line.clone()))),
        }
    }
    set(&before.charges, &after.charges, |p| changes.push(Change::Charge(Box::new(p))));
    set(&before.holds, &after.holds, |p| changes.push(Change::Hold(Box::new(p))));
    set(&before.fulfillments, &after.fulfillments, |p| changes.push(Change::Fulfillment(p)));
    set(&before.work, &after.work, |p| changes.push(Change::Work(Box::new(p))));
    gone(&before.backorders, &after.backorders, |id| changes.push(Change::BackorderGone(id)));
    set(&before.backorders, &after.backorders, |p| changes.push(Change::Backorder(p)));
    set(&before.shipments, &after.shipments, |p| changes.push(Change::Shipment(Box::new(p))));
    let (old, new) = (&before.shipment_lines, &after.shipment_lines);
    set(old, new, |p| changes.push(Change::ShipmentLine(Box::new(p))));
    set(&before.parcels, &after.parcels, |p| changes.push(Change::Parcel(p)));
    changes
}

fn only_quantities(old: &Line, new: &Line) -> bool {
    let mut moved = old.clone();
    moved.quantities = new.quantities;
    moved == *new
}

/// Calls `found` with every part of `after` that is new or differs.
fn set<P: Part>(before: &[P], after: &[P], mut found: impl FnMut(P)) {
    for part in after {
        if before.iter().find(|old| old.key() == part.key()) != Some(part) {
            found(part.clone());
        }
    }
}

/// Calls `found` with the key of every part that is no longer there.
fn gone<P: Part>(before: &[P], after: &[P], mut found: impl FnMut(P::Key)) {
    for part in before {
        if !after.iter().any(|new| new.key() == part.key()) {
            found(part.key());
        }
    }
}

fn put<P: Part>(parts: &mut Vec<P>, part: P) {
    match parts.iter_mut().find(|old| old.key() == part.key()) {
        Some(old) => *old = part,
        None => parts.push(part),
    }
}

/// Applies the changes of one event to the order before it; `None` before the first.
///
/// Returns `None` where the first change is not a placement, or a line is unknown: the events are
/// then not those of one order.
pub fn fold(order: Option<Order>, changes: &[Change]) -> Option<Order> {
    let mut order = order;
    for change in changes {
        order = match (order, change) {
            (None, Change::Placed(placed)) => Some((**placed).clone()),
            (Some(mut order), change) => {
                apply(&mut order, change)?;
                Some(order)
            }
            (None, _) => return None,
        };
    }
    order.map(in_order)
}

/// The order with its parts as they are stored: by position where they have one, else by id. Ids
/// drawn by another process, or by a clock that went back, need not come in the order of events.
pub fn in_order(mut order: Order) -> Order {
    order.deliveries.sort_by_key(|part| part.position);
    order.lines.sort_by_key(|part| part.position);
    order.charges.sort_by_key(|part| part.position);
    order.holds.sort_by_key(Part::key);
    order.fulfillments.sort_by_key(Part::key);
    order.work.sort_by_key(Part::key);
    order.backorders.sort_by_key(Part::key);
    order.shipments.sort_by_key(Part::key);
    order.shipment_lines.sort_by_key(Part::key);
    order.parcels.sort_by_key(Part::key);
    order
}

fn apply(order: &mut Order, change: &Change) -> Option<()> {
    match change.clone() {
        Change::Placed(_) => return None,
        Change::Head(head) => order.head = *head,
        Change::Delivery(part) => put(&mut order.deliveries, *part),
        Change::Line(part) => put(&mut order.lines, *part),
        Change::Quantities { line, quantities } => {
            order.line_mut(line).ok()?.quantities = quantities;
        }
        Change::Charge(part) => put(&mut order.charges, *part),
        Change::Hold(part) => put(&mut order.holds, *part),
        Change::Fulfillment(part) => put(&mut order.fulfillments, part),
        Change::Work(part) => put(&mut order.work, *part),
        Change::Backorder(part) => put(&mut order.backorders, part),
        Change::BackorderGone(id) => order.backorders.retain(|part| part.claim != id),
        Change::Shipment(part) => put(&mut order.shipments, *part),
        Change::ShipmentLine(part) => put(&mut order.shipment_lines, *part),
        Change::Parcel(part) => put(&mut order.parcels, part),
    }
    Some(())
}

//! What becomes of a shipment: delivered, failed, lost, brought back.

use super::goods::{Move, Moves, customer, shipment_cause};
use super::work::{Settled, lower, raise};
use super::*;
use crate::money::cumulative_share;
use crate::refusal::ensure;
use crate::units::{Condition, CostSource, MovementKind, Place, PlaceKind};

codes! {
    /// What happens to quantity that was brought back.
    Then {
        /// It is to be shipped again.
        Reopen "reopen",
        /// The customer does not get it.
        Cancel "cancel",
        /// Someone decides later.
        Later "later",
    }
}

/// Lines of a shipment with base quantities; empty: everything that is still in transit.
pub type Part<'a> = &'a [(ShipmentLineId, Qty)];

/// The goods reached the customer.
///
/// `booked` are the movements that the shipment's lines caused, and those that reverse them.
///
/// # Errors
/// `not_found`, `invalid_transition` for a shipment that failed (retry it first) or is voided,
/// `above_open` with what is in transit, `nothing_to_do`.
pub fn deliver(
    order: &Order,
    shipment: ShipmentId,
    lines: Part<'_>,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    ensure_state(order, shipment, &[ShipmentState::Shipped])?;
    let mut leaving = Leaving { order: order.clone(), moves: Moves::new(now, ids), booked };
    leaving.all(shipment, lines, MovementKind::Deliver, |_| customer())?;
    leaving.end(shipment)
}

/// The goods went missing on the way.
///
/// # Errors
/// As [`deliver()`]; a failed shipment may be lost.
pub fn lose(
    order: &Order,
    shipment: ShipmentId,
    lines: Part<'_>,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    ensure_state(order, shipment, &[ShipmentState::Shipped, ShipmentState::Failed])?;
    let mut leaving = Leaving { order: order.clone(), moves: Moves::new(now, ids), booked };
    leaving.all(shipment, lines, MovementKind::Lose, |_| Place::account(PlaceKind::Lost))?;
    leaving.end(shipment)
}

/// Where goods that come back are put.
#[derive(Clone, Copy, Debug)]
pub struct BackTo {
    pub location: LocationId,
    pub bin: BinId,
    /// Sellable, or awaiting inspection.
    pub condition: Condition,
}

/// The goods came back undelivered, at the value they left with.
///
/// # Errors
/// As [`deliver()`]; `kit_incomplete` where only parts of a kit would be reopened or canceled.
#[expect(clippy::too_many_arguments, reason = "each is a separate fact of the arrival")]
pub fn bring_back(
    order: &Order,
    shipment: ShipmentId,
    lines: Part<'_>,
    to: BackTo,
    then: Then,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    ensure_state(order, shipment, &[ShipmentState::Shipped, ShipmentState::Failed])?;
    let mut leaving = Leaving { order: order.clone(), moves: Moves::new(now, ids), booked };
    let place = Place::bin(to.location, to.bin, to.condition);
    let back = leaving.all(shipment, lines, MovementKind::BringBack, |_| place)?;
    for (line, qty) in back {
        settle_back(&mut leaving.order, line, qty, then)?;
    }
    leaving.end(shipment)
}

/// Decides about quantity that was brought back earlier: ships it again or cancels it. A kit
/// counts kits.
///
/// # Errors
/// `unknown_line`, `kit_component`, `above_open` with what is undecided, `kit_incomplete`.
pub fn decide_back(
    order: &Order,
    line: LineId,
    qty: Qty,
    then: Then,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let group = order.addressed(line)?;
    let count = group.count(order, qty).filter(|count| *count > 0).ok_or_else(|| {
        let per = group.qty(order, 1);
        let detail = format!("the line is in pieces of {per}");
        Refusal::new(Code::QuantityPrecision, detail).allowed(per.to_string())
    })?;
    let undecided =
        group.least(|part| order.line(part).map_or(Qty::ZERO, |line| line.quantities.brought_back));
    ensure(count <= undecided, || {
        let allowed = group.qty(order, undecided).to_string();
        Refusal::new(Code::AboveOpen, "less than that is back and undecided").allowed(allowed)
    })?;
    let mut after = order.clone();
    for (part, per) in &group.parts {
        settle_back(&mut after, *part, work::times(per.get(), count), then)?;
    }
    after.finish(Moves::new(now, ids))
}

/// Reopens or cancels brought-back quantity. What was above the order is not reopened.
fn settle_back(order: &mut Order, line: LineId, qty: Qty, then: Then) -> Result<(), Refusal> {
    if then == Then::Later {
        return Ok(());
    }
    let q = &mut order.line_mut(line)?.quantities;
    lower(&mut q.shipped, qty)?;
    lower(&mut q.brought_back, qty)?;
    let over = q.over.min(qty);
    lower(&mut q.over, over)?;
    let rest = qty.less(over);
    raise(if then == Then::Reopen { &mut q.unallocated } else { &mut q.canceled }, rest);
    Ok(())
}

/// The delivery was tried and failed: the goods are on their way back.
///
/// # Errors
/// `not_found`, `invalid_transition` unless it is under way.
pub fn fail(order: &Order, shipment: ShipmentId, now: Instant, ids: &mut IdSource) -> Settled {
    ensure_state(order, shipment, &[ShipmentState::Shipped])?;
    turn(order, shipment, ShipmentState::Failed, now, ids)
}

/// Another attempt is made: the inverse of failing.
///
/// # Errors
/// `not_found`, `invalid_transition` unless it failed.
pub fn retry(order: &Order, shipment: ShipmentId, now: Instant, ids: &mut IdSource) -> Settled {
    ensure_state(order, shipment, &[ShipmentState::Failed])?;
    turn(order, shipment, ShipmentState::Shipped, now, ids)
}

fn turn(
    order: &Order,
    shipment: ShipmentId,
    state: ShipmentState,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    let mut after = order.clone();
    after.shipment_mut(shipment)?.state = state;
    after.finish(Moves::new(now, ids))
}

fn ensure_state(
    order: &Order,
    shipment: ShipmentId,
    allowed: &[ShipmentState],
) -> Result<(), Refusal> {
    order.ensure_placed()?;
    let state = order.shipment(shipment)?.state;
    ensure(allowed.contains(&state), || {
        let detail = format!("shipment {shipment} is {}", state.code());
        let refusal = Refusal::new(Code::InvalidTransition, detail);
        if state == ShipmentState::Failed { refusal.allowed("retry") } else { refusal }
    })
}

pub(super) fn slot(line: &mut ShipmentLine, kind: MovementKind) -> &mut Qty {
    match kind {
        MovementKind::Lose => &mut line.lost,
        MovementKind::BringBack => &mut line.brought_back,
        _ => &mut line.delivered,
    }
}

pub(super) fn counter(quantities: &mut Quantities, kind: MovementKind) -> &mut Qty {
    match kind {
        MovementKind::Lose => &mut quantities.lost,
        MovementKind::BringBack => &mut quantities.brought_back,
        _ => &mut quantities.delivered,
    }
}

/// Goods that leave the in-transit account of a shipment.
struct Leaving<'a> {
    order: Order,
    moves: Moves<'a>,
    booked: &'a [Movement],
}

impl Leaving<'_> {
    /// Moves the lines out; returns order lines with what moved of each.
    fn all(
        &mut self,
        shipment: ShipmentId,
        lines: Part<'_>,
        kind: MovementKind,
        to: impl Fn(&ShipmentLine) -> Place,
    ) -> Result<Vec<(LineId, Qty)>, Refusal> {
        let own = self.order.shipment_lines.iter().filter(|line| line.shipment == shipment);
        let everything: Vec<(ShipmentLineId, Qty)> = own
            .filter(|line| lines.is_empty() && !line.in_transit().is_zero())
            .map(|line| (line.id, line.in_transit()))
            .collect();
        let lines = if lines.is_empty() { &everything } else { lines };
        ensure(!lines.is_empty(), || {
            let detail = format!("nothing of shipment {shipment} is in transit");
            Refusal::new(Code::NothingToDo, detail)
        })?;
        let mut out = Vec::with_capacity(lines.len());
        for (line, qty) in lines {
            let found = self.order.shipment_line(*line)?;
            ensure(found.shipment == shipment, || {
                let detail = format!("line {line} belongs to another shipment");
                Refusal::new(Code::NotFound, detail)
            })?;
            let place = to(found);
            out.push((found.line, *qty));
            self.one(*line, *qty, kind, place)?;
        }
        Ok(out)
    }

    fn one(
        &mut self,
        id: ShipmentLineId,
        qty: Qty,
        kind: MovementKind,
        to: Place,
    ) -> Result<(), Refusal> {
        let line = self.order.shipment_line(id)?.clone();
        ensure(qty <= line.in_transit() && !qty.is_zero(), || {
            let detail = format!("{} base units are in transit, not {qty}", line.in_transit());
            Refusal::new(Code::AboveOpen, detail).allowed(line.in_transit().to_string())
        })?;
        // Value leaves in consecutive slices of what was shipped, so that all of it arrives.
        let gone = line.qty.less(line.in_transit()).get();
        let share = |part: i64| cumulative_share(line.value, part, line.qty.get());
        let cause = shipment_cause(line.id);
        let before = self.booked.iter().chain(&self.moves.list);
        let repeated = before.into_iter().any(|m| m.cause == cause && m.kind == kind);
        let cause = if repeated { self.moves.event() } else { cause };
        let value = share(gone + qty.get()) - share(gone);
        self.moves.add(&Move {
            kind,
            item: line.item,
            lot: line.lot,
            lot_class: self.order.work_of(line.claim)?.lot_class,
            from: Place::in_transit(line.shipment.as_bytes()),
            to,
            qty,
            value,
            cost_source: CostSource::Issue,
            cause,
        });
        let own = self.order.shipment_line_mut(id)?;
        raise(slot(own, kind), qty);
        if kind != MovementKind::Deliver {
            own.back += value;
        }
        raise(counter(&mut self.order.line_mut(line.line)?.quantities, kind), qty);
        Ok(())
    }

    /// Ends the decision; a shipment with nothing in transit is done.
    fn end(self, shipment: ShipmentId) -> Settled {
        let Self { mut order, moves, .. } = self;
        let own = order.shipment_lines.iter().filter(|line| line.shipment == shipment);
        if own.map(ShipmentLine::in_transit).all(Qty::is_zero) {
            order.shipment_mut(shipment)?.state = ShipmentState::Done;
        }
        order.finish(moves)
    }
}

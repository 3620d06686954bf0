//! Goods that a supplier sends straight to the customer of a line: shipped and delivered, without
//! ever lying in a bin of ours.

use super::allocate::open_at;
use super::goods::{Move, Moves, customer, shipment_cause};
use super::work::{Settled, lower, raise};
use super::*;
use crate::refusal::ensure;
use crate::units::{CostSource, MovementKind, Place, PlaceKind};

/// What a supplier says he sent.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub line: LineId,
    pub item: ItemId,
    pub qty: Qty,
    /// What the goods cost us, in minor units of the legal entity's currency.
    pub value: i64,
    /// The location whose books they are in.
    pub location: LocationId,
    pub tracking: Option<String>,
}

/// Records goods of a direct-ship line as shipped and delivered: supplier → customer, at their
/// cost. Returns the shipment line that stands for them.
///
/// # Errors
/// `unknown_line`, `invalid_transition` for another kind of line or an order that is not placed,
/// `above_open` with what is open, `quantity_zero`.
pub fn dispatch(
    order: &Order,
    what: &Dispatch,
    now: Instant,
    ids: &mut IdSource,
) -> Result<(Decision, ShipmentLineId), Refusal> {
    order.ensure_placed()?;
    let mut after = order.clone();
    let (line, qty) = (direct(&mut after, what.line)?, what.qty);
    ensure(!qty.is_zero(), || Refusal::new(Code::QuantityZero, "the quantity is zero"))?;
    lower(&mut line.quantities.unallocated, qty)?;
    raise(&mut line.quantities.shipped, qty);
    raise(&mut line.quantities.delivered, qty);
    let delivery = line.delivery;
    let fulfillment = open_at(&mut after, delivery, what.location, now, ids);
    let mut moves = Moves::new(now, ids);
    let (claim, shipment, id) = (moves.ids.draw(), moves.ids.draw(), moves.ids.draw());
    let none = Qty::ZERO;
    after.work.push(Work {
        claim,
        fulfillment,
        line: what.line,
        item: what.item,
        lot_class: LotId::NONE,
        takes: none,
        qty: none,
        released: none,
        picked: none,
        packed: none,
        shipped: qty,
        cut: None,
        picks: Vec::new(),
    });
    after.shipments.push(Shipment {
        id: shipment,
        fulfillment,
        delivery,
        location: what.location,
        state: ShipmentState::Done,
        carrier: None,
        service: None,
        tracking: what.tracking.clone(),
        shipped_at: now,
        collected_by: None,
    });
    moves.add(&Move {
        kind: MovementKind::Ship,
        item: what.item,
        lot: LotId::NONE,
        lot_class: LotId::NONE,
        from: Place::account(PlaceKind::Supplier),
        to: customer(),
        qty,
        value: what.value,
        cost_source: CostSource::Given,
        cause: shipment_cause(id),
    });
    after.shipment_lines.push(ShipmentLine {
        id,
        shipment,
        line: what.line,
        claim,
        item: what.item,
        lot: LotId::NONE,
        qty,
        over: none,
        value: what.value,
        back: 0,
        delivered: qty,
        lost: none,
        brought_back: none,
        returned: none,
    });
    Ok((after.finish(moves)?, id))
}

/// Takes it back that a supplier sent goods: the inverse of [`dispatch`]. `booked` is the movement
/// it made.
///
/// # Errors
/// `not_found`, `not_reversible` once they are invoiced or returned.
pub fn undispatch(
    order: &Order,
    id: ShipmentLineId,
    booked: &Movement,
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let mut after = order.clone();
    let own = after.shipment_line_mut(id)?;
    let gone = own.returned.is_zero() && own.brought_back.is_zero();
    ensure(gone, || {
        Refusal::new(Code::NotReversible, "the goods came back already").allowed("credit")
    })?;
    let (line, qty, claim, shipment) = (own.line, own.qty, own.claim, own.shipment);
    own.delivered = Qty::ZERO;
    own.brought_back = qty;
    own.back = own.value;
    lower(&mut after.work_of_mut(claim)?.shipped, qty)?;
    after.shipment_mut(shipment)?.state = ShipmentState::Voided;
    let q = &mut direct(&mut after, line)?.quantities;
    lower(&mut q.delivered, qty)?;
    lower(&mut q.shipped, qty)?;
    raise(&mut q.unallocated, qty);
    let back = q.return_requested.plus(q.returned).is_some_and(|back| back <= q.shipped);
    let billed = q.invoiced.less(q.credited) <= q.shipped;
    ensure(back && billed, || {
        let detail = "the goods are invoiced or on their way back already";
        Refusal::new(Code::NotReversible, detail).allowed("credit")
    })?;
    let mut moves = Moves::new(now, ids);
    moves.reverse(booked);
    after.finish(moves)
}

fn direct(order: &mut Order, line: LineId) -> Result<&mut Line, Refusal> {
    let own = order.line_mut(line)?;
    ensure(own.kind == LineKind::DirectShip, || {
        let detail = format!("line {} is not sent by its supplier", own.position);
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    Ok(own)
}

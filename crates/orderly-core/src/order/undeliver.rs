//! Goods that are in transit again: a delivery or a loss that was recorded by mistake.

use super::deliver::{counter, slot};
use super::goods::{Move, Moves, customer, shipment_cause};
use super::work::{Settled, lower};
use super::*;
use crate::money::cumulative_share;
use crate::refusal::ensure;
use crate::units::{CostSource, MovementKind, Place, PlaceKind};

/// Takes a delivery recorded by mistake back: all that is delivered of the shipment is in transit
/// again.
///
/// `booked` are the movements that the shipment's lines caused, and those that reverse them.
///
/// # Errors
/// `not_found`, `nothing_to_do`, `not_reversible` once other goods of a delivered line are lost or
/// back, or the customer returns some.
pub fn undeliver(
    order: &Order,
    shipment: ShipmentId,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    come_again(order, shipment, MovementKind::Deliver, booked, now, ids)
}

/// Lost goods turned up: all that is lost of the shipment is in transit again.
///
/// # Errors
/// As [`undeliver()`].
pub fn find(
    order: &Order,
    shipment: ShipmentId,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    come_again(order, shipment, MovementKind::Lose, booked, now, ids)
}

fn come_again(
    order: &Order,
    shipment: ShipmentId,
    kind: MovementKind,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    order.shipment(shipment)?;
    let mut after = order.clone();
    let mut moves = Moves::new(now, ids);
    let mut done = 0;
    let of = |l: &ShipmentLine| if kind == MovementKind::Lose { l.lost } else { l.delivered };
    let lines = order.shipment_lines.iter();
    for line in lines.filter(|l| l.shipment == shipment && !of(l).is_zero()) {
        let qty = of(line);
        let out = line.qty.less(line.in_transit());
        let returning = !order.line(line.line)?.quantities.return_requested.is_zero();
        let returned = !line.returned.is_zero() || returning;
        ensure(out == qty && !(returned && kind == MovementKind::Deliver), || {
            let detail = "other goods of the line are lost, back or returned since";
            Refusal::new(Code::NotReversible, detail).allowed("return")
        })?;
        go_back(line, qty, kind, booked, order.work_of(line.claim)?.lot_class, &mut moves);
        let own = after.shipment_line_mut(line.id)?;
        *slot(own, kind) = Qty::ZERO;
        if kind == MovementKind::Lose {
            own.back = 0;
        }
        lower(counter(&mut after.line_mut(line.line)?.quantities, kind), qty)?;
        done += 1;
    }
    ensure(done > 0, || {
        let detail = format!("nothing of shipment {shipment} can come back that way");
        Refusal::new(Code::NothingToDo, detail)
    })?;
    let own = after.shipment_mut(shipment)?;
    if own.state == ShipmentState::Done {
        own.state = ShipmentState::Shipped;
    }
    after.finish(moves)
}

/// Reverses the movements of a line where they are known and cover all of it; else the goods come
/// back by a movement of their own.
fn go_back(
    line: &ShipmentLine,
    qty: Qty,
    kind: MovementKind,
    booked: &[Movement],
    lot_class: LotId,
    moves: &mut Moves<'_>,
) {
    let reversed = |m: &Movement| booked.iter().any(|other| other.reverses == Some(m.id));
    let own = booked.iter().filter(|m| m.cause == shipment_cause(line.id) && m.kind == kind);
    let live: Vec<&Movement> = own.filter(|m| m.reverses.is_none() && !reversed(m)).collect();
    if Qty::sum(live.iter().map(|m| m.qty)) == Some(qty) {
        live.into_iter().for_each(|movement| moves.reverse(movement));
        return;
    }
    let place =
        if kind == MovementKind::Lose { Place::account(PlaceKind::Lost) } else { customer() };
    let cause = moves.event();
    moves.add(&Move {
        kind,
        item: line.item,
        lot: line.lot,
        lot_class,
        from: place,
        to: Place::in_transit(line.shipment.as_bytes()),
        qty,
        value: cumulative_share(line.value, qty.get(), line.qty.get()),
        cost_source: CostSource::Issue,
        cause,
    });
}

//! Handing packed goods to the carrier, and taking a shipment back before anything happened to it.

use super::goods::{Levels, Move, Moves, shipment_cause};
use super::work::{At, Settled, lower, raise};
use super::*;
use crate::refusal::ensure;
use crate::units::{CauseKind, Condition, CostSource, LevelKey, MovementKind, Place};

/// A parcel as the caller names it.
#[derive(Clone, Debug)]
pub struct NewParcel {
    /// Eighteen digits.
    pub sscc: String,
    pub weight_g: Option<i64>,
    pub tracking: Option<String>,
}

/// What leaves together.
#[derive(Clone, Debug, Default)]
pub struct Ship {
    /// Claims with base quantities of their lines; empty: everything packed.
    pub lines: Vec<(ClaimId, Qty)>,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub tracking: Option<String>,
    pub parcels: Vec<NewParcel>,
}

/// Ships packed goods of a fulfillment: staging bin → in transit, with their moving-average value.
///
/// # Errors
/// `not_found`, `invalid_transition` unless placed, `on_hold`, `above_picked` with what is packed,
/// `kit_incomplete`, `invalid_field` for an SSCC that is not eighteen digits, `already_exists` for
/// one that the order has, `invalid_text`, `nothing_to_do`.
pub fn ship(
    order: &Order,
    fulfillment: FulfillmentId,
    what: &Ship,
    levels: &mut Levels,
    at: &At<'_>,
    ids: &mut IdSource,
) -> Result<(Decision, ShipmentId), Refusal> {
    let own = order.fulfillment(fulfillment)?;
    let lines = ready(order, fulfillment, &what.lines, at)?;
    let mut after = order.clone();
    let mut moves = Moves::new(at.now, ids);
    let id = moves.ids.draw();
    after.shipments.push(Shipment {
        id,
        fulfillment,
        delivery: own.delivery,
        location: own.location,
        state: ShipmentState::Shipped,
        carrier: crate::text::optional(what.carrier.as_deref())?,
        service: crate::text::optional(what.service.as_deref())?,
        tracking: crate::text::optional(what.tracking.as_deref())?,
        shipped_at: at.now,
        collected_by: None,
    });
    for (claim, qty) in lines {
        ship_claim(&mut after, id, own.location, claim, qty, levels, &mut moves)?;
    }
    add_parcels(&mut after, id, &what.parcels, &mut moves)?;
    Ok((after.finish(moves)?, id))
}

/// Returns what of each claim would leave; everything packed where `lines` is empty.
///
/// # Errors
/// Those of [`ship()`] that do not look at stock.
pub fn ready(
    order: &Order,
    fulfillment: FulfillmentId,
    lines: &[(ClaimId, Qty)],
    at: &At<'_>,
) -> Result<Vec<(ClaimId, Qty)>, Refusal> {
    order.ensure_placed()?;
    let own = order.fulfillment(fulfillment)?;
    let lines = shipped_lines(order, fulfillment, lines)?;
    let named = lines.iter().filter_map(|(claim, _)| order.work_of(*claim).ok());
    let scopes = order.scopes(own, named.map(|work| work.line));
    at.ensure_free(order, Step::Ship, &scopes)?;
    Ok(lines)
}

fn shipped_lines(
    order: &Order,
    fulfillment: FulfillmentId,
    lines: &[(ClaimId, Qty)],
) -> Result<Vec<(ClaimId, Qty)>, Refusal> {
    let own = order.work.iter().filter(|work| work.fulfillment == fulfillment);
    if lines.is_empty() {
        let packed: Vec<_> = own
            .filter(|work| !work.packed.is_zero())
            .map(|work| (work.claim, work.packed))
            .collect();
        ensure(!packed.is_empty(), || {
            let detail = format!("fulfillment {fulfillment} has nothing packed to ship");
            Refusal::new(Code::NothingToDo, detail).allowed("pack")
        })?;
        return Ok(packed);
    }
    for (index, (claim, qty)) in lines.iter().enumerate() {
        let work = order.work_of(*claim)?;
        ensure(work.fulfillment == fulfillment, || {
            let detail = format!("claim {claim} belongs to another fulfillment");
            Refusal::new(Code::NotFound, detail)
        })?;
        let twice = lines[..index].iter().any(|(known, _)| known == claim);
        ensure(*qty <= work.packed && !qty.is_zero() && !twice, || {
            let detail = format!("{} base units are packed, not {qty}", work.packed);
            Refusal::new(Code::AbovePicked, detail).allowed(work.packed.to_string())
        })?;
    }
    Ok(lines.to_vec())
}

/// Moves packed goods of a claim into the shipment: one shipment line per pick they come from.
fn ship_claim(
    order: &mut Order,
    shipment: ShipmentId,
    location: LocationId,
    claim: ClaimId,
    qty: Qty,
    levels: &mut Levels,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    let work = order.work_of_mut(claim)?;
    let (line, item, lot_class) = (work.line, work.item, work.lot_class);
    let mut left = qty;
    let mut parts = Vec::new();
    for picked in &mut work.picks {
        let here = left.min(picked.qty);
        if !here.is_zero() {
            picked.qty = picked.qty.less(here);
            left = left.less(here);
            parts.push((picked.lot, picked.at, here));
        }
    }
    for counter in [&mut work.qty, &mut work.takes, &mut work.released] {
        lower(counter, qty)?;
    }
    lower(&mut work.picked, qty)?;
    lower(&mut work.packed, qty)?;
    raise(&mut work.shipped, qty);
    for (lot, bin, qty) in parts {
        let over = over_of(order, line, qty)?;
        let value = levels.issue(LevelKey { item, location, lot_class }, qty);
        let id: ShipmentLineId = moves.ids.draw();
        moves.add(&Move {
            kind: MovementKind::Ship,
            item,
            lot,
            lot_class,
            from: Place::bin(location, bin, Condition::Sellable),
            to: Place::in_transit(shipment.as_bytes()),
            qty,
            value,
            cost_source: CostSource::Average,
            cause: shipment_cause(id),
        });
        let none = Qty::ZERO;
        order.shipment_lines.push(ShipmentLine {
            id,
            shipment,
            line,
            claim,
            item,
            lot,
            qty,
            over,
            value,
            delivered: none,
            lost: none,
            brought_back: none,
            returned: none,
            back: 0,
        });
        raise(&mut order.line_mut(line)?.quantities.shipped, qty);
    }
    Ok(())
}

/// How much of the next `qty` shipped of a line is above what was ordered.
fn over_of(order: &Order, line: LineId, qty: Qty) -> Result<Qty, Refusal> {
    let q = order.line(line)?.quantities;
    let still = q.ordered.less(q.canceled).less(q.closed_short);
    let over_after = q.shipped.plus(qty).unwrap_or(qty).less(still);
    Ok(over_after.less(q.shipped.less(still)))
}

fn add_parcels(
    order: &mut Order,
    shipment: ShipmentId,
    parcels: &[NewParcel],
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    for (index, parcel) in parcels.iter().enumerate() {
        let pointer = |field: &str| format!("/parcels/{index}/{field}");
        let digits = parcel.sscc.len() == 18 && parcel.sscc.bytes().all(|b| b.is_ascii_digit());
        ensure(digits, || {
            let detail = "an SSCC has eighteen digits";
            Refusal::at(Code::InvalidField, pointer("sscc"), detail)
        })?;
        ensure(parcel.weight_g.is_none_or(|weight| weight >= 0), || {
            Refusal::at(Code::InvalidField, pointer("weight_g"), "a weight is not negative")
        })?;
        ensure(!order.parcels.iter().any(|known| known.sscc == parcel.sscc), || {
            let detail = format!("another parcel has the SSCC {}", parcel.sscc);
            Refusal::at(Code::AlreadyExists, pointer("sscc"), detail)
        })?;
        order.parcels.push(Parcel {
            id: moves.ids.draw(),
            shipment,
            number: i64::try_from(index).unwrap_or(i64::MAX) + 1,
            sscc: parcel.sscc.clone(),
            weight_g: parcel.weight_g,
            tracking: crate::text::optional(parcel.tracking.as_deref())?,
        });
    }
    Ok(())
}

/// Takes a shipment back while nothing of it is delivered, lost or back: the goods are in the
/// staging bin again, packed, at the value they left with. Its lines count as brought back.
///
/// `booked` are the movements that the shipment's lines caused.
///
/// # Errors
/// `not_found`, `invalid_transition` for a voided one, `not_reversible` once something happened to
/// it or it is invoiced.
pub fn void_shipment(
    order: &Order,
    shipment: ShipmentId,
    booked: &[Movement],
    now: Instant,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let own = order.shipment(shipment)?;
    ensure(own.state != ShipmentState::Voided, || {
        Refusal::new(Code::InvalidTransition, format!("shipment {shipment} is voided"))
    })?;
    let lines: Vec<ShipmentLine> =
        order.shipment_lines.iter().filter(|l| l.shipment == shipment).cloned().collect();
    let untouched = lines.iter().all(|line| line.in_transit() == line.qty);
    ensure(untouched, || {
        let detail = "something of the shipment is delivered, lost or back already";
        Refusal::new(Code::NotReversible, detail).allowed("bring_back")
    })?;
    let mut after = order.clone();
    let mut moves = Moves::new(now, ids);
    for line in &lines {
        let wanted = shipment_cause(line.id);
        let caused = |m: &&Movement| {
            m.cause == wanted && m.cause.kind == CauseKind::ShipmentLine && m.qty == line.qty
        };
        let original =
            booked.iter().filter(|m| m.kind == MovementKind::Ship).find(caused).ok_or_else(
                || {
                    let detail = format!("the movement of shipment line {} is not known", line.id);
                    Refusal::new(Code::NotReversible, detail)
                },
            )?;
        moves.reverse(original);
        take_aboard(&mut after, line, original.from.bin)?;
        let own = after.shipment_line_mut(line.id)?;
        (own.brought_back, own.back) = (line.qty, line.value);
    }
    after.shipment_mut(shipment)?.state = ShipmentState::Voided;
    after.finish(moves)
}

/// Puts goods of a shipment line back into its claim: staged and packed.
fn take_aboard(order: &mut Order, line: &ShipmentLine, bin: BinId) -> Result<(), Refusal> {
    let work = order.work_of_mut(line.claim)?;
    for counter in [&mut work.qty, &mut work.takes, &mut work.released] {
        raise(counter, line.qty);
    }
    raise(&mut work.picked, line.qty);
    raise(&mut work.packed, line.qty);
    lower(&mut work.shipped, line.qty)?;
    let fits = |picked: &&mut Picked| {
        let room = picked.moved.less(picked.qty);
        picked.lot == line.lot && picked.at == bin && room >= line.qty
    };
    let picked = work.picks.iter_mut().find(fits).ok_or_else(|| {
        let detail = "the pick that the goods came from is not known";
        Refusal::new(Code::NotReversible, detail)
    })?;
    raise(&mut picked.qty, line.qty);
    lower(&mut order.line_mut(line.line)?.quantities.shipped, line.qty)
}

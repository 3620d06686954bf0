//! Picking to the staging bin, and the cut of length goods that happens there.

use super::cut::cut_one;
use super::goods::{AtHand, Move, Moves, claim_cause};
use super::work::{At, Settled, raise};
use super::*;
use crate::catalog::Catalog;
use crate::item::{Item, Tracking};
use crate::refusal::ensure;
use crate::units::cut::plan;
use crate::units::{CostSource, MovementKind};

/// What is picked of one claim, in base units of its line.
#[derive(Clone, Debug)]
pub struct Pick {
    pub claim: ClaimId,
    pub qty: Qty,
    /// Bin, lot and quantity of each part; empty: from the shelves in their order. Of goods that
    /// are cut: the source pieces.
    pub from: Vec<(BinId, LotId, Qty)>,
}

/// Everything that is released and not picked at a fulfillment.
pub fn all(order: &Order, fulfillment: FulfillmentId) -> Vec<Pick> {
    let own = order.work.iter().filter(|work| work.fulfillment == fulfillment);
    own.filter(|work| work.released > work.picked)
        .map(|work| Pick {
            claim: work.claim,
            qty: work.released.less(work.picked),
            from: Vec::new(),
        })
        .collect()
}

/// The lengths whose lots the cuts of these picks need, for the caller to look up or make:
/// the pieces wanted and every offcut that is kept.
///
/// # Errors
/// `not_found` for an unknown claim, `unknown_item`.
pub fn lengths(
    order: &Order,
    catalog: &Catalog,
    picks: &[Pick],
) -> Result<Vec<(ItemId, Qty)>, Refusal> {
    let mut out = Vec::new();
    for pick in picks {
        let work = order.work_of(pick.claim)?;
        let Some(cut) = &work.cut else { continue };
        let item = item_of(catalog, work.item)?;
        out.push((work.item, cut.into));
        let wanted = pick.qty.get() / cut.into.get();
        for pieces in plan(&Cut { wanted, ..*cut }) {
            if is_kept(item, pieces.offcut) {
                out.push((work.item, pieces.offcut));
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

pub(super) fn is_kept(item: &Item, offcut: Qty) -> bool {
    !offcut.is_zero() && offcut >= item.min_offcut
}

pub(super) fn item_of(catalog: &Catalog, item: ItemId) -> Result<&Item, Refusal> {
    catalog
        .get(item)
        .map(AsRef::as_ref)
        .ok_or_else(|| Refusal::new(Code::UnknownItem, format!("item {item} is unknown")))
}

/// Picks released work of a fulfillment into the staging bin; everything released where `picks`
/// is empty.
///
/// More than is released may be picked of a line within its tolerance, from goods that nobody has
/// claimed. A claim that was picked from the same bin and lot before is split, so that every
/// movement keeps its claim as a cause of its own.
///
/// # Errors
/// `not_found`, `on_hold`, `above_open`, `above_tolerance`, `insufficient_stock` for goods above
/// what is claimed, `lot_required`, `lot_not_held`, `not_held`, `quantity_precision` and
/// `invalid_transition` for pieces that would need more source pieces than are claimed,
/// `unknown_lot` where the caller prepared no lot for a length, `nothing_to_do`.
pub fn pick(
    order: &Order,
    fulfillment: FulfillmentId,
    picks: &[Pick],
    hand: &mut AtHand<'_>,
    at: &At<'_>,
    ids: &mut IdSource,
) -> Settled {
    let everything = if picks.is_empty() { all(order, fulfillment) } else { Vec::new() };
    let picks = if picks.is_empty() { &everything } else { picks };
    ready(order, fulfillment, picks, at)?;
    let mut after = order.clone();
    let mut moves = Moves::new(at.now, ids);
    for pick in picks {
        pick_one(&mut after, pick, hand, at, &mut moves)?;
    }
    after.finish(moves)
}

/// Whether goods may be picked now, whatever lies on the shelves.
///
/// # Errors
/// Those of [`pick()`] that do not look at stock.
pub fn ready(
    order: &Order,
    fulfillment: FulfillmentId,
    picks: &[Pick],
    at: &At<'_>,
) -> Result<(), Refusal> {
    order.ensure_placed()?;
    let own = order.fulfillment(fulfillment)?;
    ensure(!picks.is_empty(), || {
        let detail = format!("fulfillment {fulfillment} has nothing released to pick");
        Refusal::new(Code::NothingToDo, detail)
    })?;
    let mut lines = Vec::with_capacity(picks.len());
    for pick in picks {
        let work = order.work_of(pick.claim)?;
        ensure(work.fulfillment == fulfillment, || {
            let detail = format!("claim {} belongs to another fulfillment", pick.claim);
            Refusal::new(Code::NotFound, detail)
        })?;
        lines.push(work.line);
    }
    at.ensure_free(order, Step::Pick, &order.scopes(own, lines))
}

fn pick_one(
    order: &mut Order,
    pick: &Pick,
    hand: &mut AtHand<'_>,
    at: &At<'_>,
    moves: &mut Moves<'_>,
) -> Result<(), Refusal> {
    ensure(!pick.qty.is_zero(), || Refusal::new(Code::QuantityZero, "the quantity is zero"))?;
    let work = order.work_of(pick.claim)?;
    let open = work.released.less(work.picked);
    let extra = pick.qty.less(open);
    if !extra.is_zero() {
        pick_over(order, pick.claim, extra, open, hand, at)?;
    }
    let work = order.work_of(pick.claim)?;
    if work.cut.is_some() {
        return cut_one(order, pick, hand, moves);
    }
    if let Some(piece) = order.line(work.line)?.piece {
        whole_pieces(pick.qty, piece)?;
    }
    let item = item_of(hand.catalog, work.item)?;
    if item.tracking != Tracking::None && pick.from.is_empty() {
        let detail = format!("{} is tracked: say which lots are picked", item.sku);
        return Err(Refusal::new(Code::LotRequired, detail));
    }
    let (item, lot_class) = (work.item, work.lot_class);
    let parts = if pick.from.is_empty() {
        hand.take(item, lot_class, pick.qty)?
    } else {
        named(pick, pick.qty)?;
        hand.take_named(item, &pick.from)?;
        pick.from.clone()
    };
    let claim = claim_for(order, pick, &parts, moves)?;
    for (bin, lot, qty) in parts {
        let value = hand.levels.worth(hand.key(item, lot_class), qty);
        let staging = hand.location.staging_bin;
        let movement = moves.add(&Move {
            kind: MovementKind::Pick,
            item,
            lot,
            lot_class,
            from: hand.bin(bin),
            to: hand.bin(staging),
            qty,
            value,
            cost_source: CostSource::Average,
            cause: claim_cause(claim),
        });
        let work = order.work_of_mut(claim)?;
        raise(&mut work.picked, qty);
        let (from, at, moved) = (bin, staging, qty);
        work.picks.push(Picked { lot, qty, from, at, movement, moved, value });
    }
    Ok(())
}

/// Checks that the named parts are what is picked.
pub(super) fn named(pick: &Pick, wanted: Qty) -> Result<(), Refusal> {
    let sum = Qty::sum(pick.from.iter().map(|(_, _, qty)| *qty));
    ensure(sum == Some(wanted), || {
        let detail = format!("the bins named must add up to {wanted} base units");
        Refusal::new(Code::InvalidField, detail).allowed(wanted.to_string())
    })?;
    let doubled = pick.from.iter().enumerate().any(|(index, (bin, lot, qty))| {
        let same = |(b, l, _): &(BinId, LotId, Qty)| b == bin && l == lot;
        qty.is_zero() || pick.from[..index].iter().any(same)
    });
    ensure(!doubled, || {
        Refusal::new(Code::InvalidField, "name each bin and lot once, with a quantity")
    })
}

pub(super) fn whole_pieces(qty: Qty, piece: Qty) -> Result<i64, Refusal> {
    ensure(qty.get() % piece.get() == 0, || {
        let detail = format!("the line is in pieces of {piece} mm");
        Refusal::new(Code::QuantityPrecision, detail).allowed(piece.to_string())
    })?;
    Ok(qty.get() / piece.get())
}

/// Claims goods above what is ordered, within the line's tolerance.
fn pick_over(
    order: &mut Order,
    claim: ClaimId,
    extra: Qty,
    open: Qty,
    hand: &AtHand<'_>,
    at: &At<'_>,
) -> Result<(), Refusal> {
    let work = order.work_of(claim)?;
    let line = order.line(work.line)?;
    let q = line.quantities;
    let elsewhere = q.open().less(q.picked).less(open);
    let refused = work.released.is_zero() || work.cut.is_some() || line.piece.is_some();
    ensure(!refused && elsewhere.is_zero(), || {
        let detail = format!("only {open} base units are released to pick");
        Refusal::new(Code::AboveOpen, detail).allowed(open.to_string())
    })?;
    let over = q.over.plus(extra).unwrap_or(extra);
    ensure(over <= line.max_over || at.passes(Code::AboveTolerance), || {
        let may = line.max_over.less(q.over).plus(open).unwrap_or(open);
        let detail = format!("{may} base units may be picked within the tolerance");
        Refusal::new(Code::AboveTolerance, detail).allowed(may.to_string())
    })?;
    let free = hand.levels.get(hand.key(work.item, work.lot_class)).available();
    ensure(free >= extra, || {
        let detail = format!("{extra} more are wanted than ordered, {free} are available");
        Refusal::new(Code::InsufficientStock, detail).available(free.to_string())
    })?;
    let line = work.line;
    let work = order.work_of_mut(claim)?;
    raise(&mut work.qty, extra);
    raise(&mut work.takes, extra);
    raise(&mut work.released, extra);
    let line = order.line_mut(line)?;
    line.quantities.over = over;
    // Only an override comes here with more than the tolerance.
    line.max_over = line.max_over.max(over);
    Ok(())
}

/// The claim that is picked: the work's own, or a new one split from it where it was picked from
/// one of these bins and lots before.
fn claim_for(
    order: &mut Order,
    pick: &Pick,
    parts: &[(BinId, LotId, Qty)],
    moves: &mut Moves<'_>,
) -> Result<ClaimId, Refusal> {
    let work = order.work_of_mut(pick.claim)?;
    let known = |(bin, lot, _): &(BinId, LotId, Qty)| {
        work.picks.iter().any(|one| one.from == *bin && one.lot == *lot)
    };
    if !parts.iter().any(known) {
        return Ok(pick.claim);
    }
    Ok(split(order, pick.claim, pick.qty, moves)?.claim)
}

/// Splits released, unpicked quantity off a claim.
pub(super) fn split<'a>(
    order: &'a mut Order,
    claim: ClaimId,
    qty: Qty,
    moves: &mut Moves<'_>,
) -> Result<&'a mut Work, Refusal> {
    let work = order.work_of_mut(claim)?;
    let released = work.released.less(qty);
    work.give_back(qty);
    work.released = released;
    let mut part = work.clone();
    part.claim = moves.ids.draw();
    part.qty = qty;
    part.takes = part.takes_for(qty);
    part.released = qty;
    (part.picked, part.packed, part.shipped) = (Qty::ZERO, Qty::ZERO, Qty::ZERO);
    part.picks = Vec::new();
    if let Some(cut) = &mut part.cut {
        cut.wanted = qty.get() / cut.into.get();
    }
    order.work.push(part);
    Ok(order.work.last_mut().expect("it was just pushed"))
}

//! Packing what is picked, weighing catch-weight goods, and unpacking.

use super::goods::Moves;
use super::price::total;
use super::work::{At, Settled, lower, raise};
use super::*;
use crate::catalog::Catalog;
use crate::item::Goods;
use crate::refusal::ensure;

/// What is packed or unpacked of one claim, in base units of its line.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    pub claim: ClaimId,
    pub qty: Qty,
    /// Catch weight: what was measured, in base units; added to what the line has so far.
    pub measured: Option<Qty>,
}

/// Everything a fulfillment has picked and not packed.
pub fn all(order: &Order, fulfillment: FulfillmentId) -> Vec<Pack> {
    let own = order.work.iter().filter(|work| work.fulfillment == fulfillment);
    own.filter(|work| work.picked > work.packed)
        .map(|work| Pack { claim: work.claim, qty: work.picked.less(work.packed), measured: None })
        .collect()
}

/// Packs picked goods; everything picked where `packs` is empty. A measured quantity becomes the
/// line's, and the order's amounts follow it.
///
/// # Errors
/// `not_found`, `on_hold`, `above_picked` with what is picked, `invalid_field` for a measure of
/// goods that are not sold by it, `already_exists` for a line measured at placement,
/// `nothing_to_do`, and those of [`total`].
pub fn pack(
    order: &Order,
    fulfillment: FulfillmentId,
    packs: &[Pack],
    catalog: &Catalog,
    at: &At<'_>,
    ids: &mut IdSource,
) -> Settled {
    order.ensure_placed()?;
    let own = order.fulfillment(fulfillment)?;
    let everything = if packs.is_empty() { all(order, fulfillment) } else { Vec::new() };
    let packs = if packs.is_empty() { &everything } else { packs };
    ensure(!packs.is_empty(), || {
        let detail = format!("fulfillment {fulfillment} has nothing picked to pack");
        Refusal::new(Code::NothingToDo, detail)
    })?;
    let lines: Vec<LineId> = lines_of(order, fulfillment, packs)?;
    at.ensure_free(order, Step::Pack, &order.scopes(own, lines))?;
    let mut after = order.clone();
    for pack in packs {
        let work = after.work_of_mut(pack.claim)?;
        let staged = work.picked.less(work.packed);
        ensure(pack.qty <= staged && !pack.qty.is_zero(), || {
            let detail = format!("{staged} base units are picked to pack, not {}", pack.qty);
            Refusal::new(Code::AbovePicked, detail).allowed(staged.to_string())
        })?;
        raise(&mut work.packed, pack.qty);
        let line = work.line;
        if let Some(measured) = pack.measured {
            measure(&mut after, line, measured, catalog)?;
        }
    }
    if packs.iter().any(|pack| pack.measured.is_some()) {
        total(&mut after, &[])?;
    }
    after.finish(Moves::new(at.now, ids))
}

fn lines_of(
    order: &Order,
    fulfillment: FulfillmentId,
    packs: &[Pack],
) -> Result<Vec<LineId>, Refusal> {
    let line = |pack: &Pack| {
        let work = order.work_of(pack.claim)?;
        ensure(work.fulfillment == fulfillment, || {
            let detail = format!("claim {} belongs to another fulfillment", pack.claim);
            Refusal::new(Code::NotFound, detail)
        })?;
        Ok(work.line)
    };
    packs.iter().map(line).collect()
}

/// Adds what was measured of a catch-weight line.
fn measure(
    order: &mut Order,
    line: LineId,
    measured: Qty,
    catalog: &Catalog,
) -> Result<(), Refusal> {
    let before = order.line(line)?.quantities;
    let line = order.line_mut(line)?;
    let item = line.item.and_then(|item| catalog.get(item));
    ensure(item.is_some_and(|item| item.goods == Goods::CatchWeight), || {
        let detail = format!("line {} is not priced by a measured weight", line.position);
        Refusal::new(Code::InvalidField, detail)
    })?;
    let untouched = before.packed.is_zero() && before.shipped.is_zero();
    ensure(line.measured.is_none() || !untouched, || {
        let detail = format!("line {} was measured when it was placed", line.position);
        Refusal::new(Code::AlreadyExists, detail)
    })?;
    let sum = line.measured.unwrap_or_default().plus(measured);
    line.measured = Some(sum.ok_or_else(|| {
        Refusal::new(Code::QuantityTooLarge, "the measured quantity is too large")
    })?);
    Ok(())
}

/// Unpacks: the inverse of packing. `measured` is taken off the line's measure again.
///
/// # Errors
/// `not_found`, `above_picked` with what is packed, `nothing_to_do` without lines.
pub fn unpack(order: &Order, packs: &[Pack], now: Instant, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    ensure(!packs.is_empty(), || Refusal::new(Code::NothingToDo, "say what is unpacked"))?;
    let mut after = order.clone();
    for pack in packs {
        let work = after.work_of_mut(pack.claim)?;
        ensure(pack.qty <= work.packed && !pack.qty.is_zero(), || {
            let detail = format!("{} base units are packed, not {}", work.packed, pack.qty);
            Refusal::new(Code::AbovePicked, detail).allowed(work.packed.to_string())
        })?;
        work.packed = work.packed.less(pack.qty);
        let line = work.line;
        if let Some(measured) = pack.measured {
            let line = after.line_mut(line)?;
            let mut left = line.measured.unwrap_or_default();
            lower(&mut left, measured)?;
            line.measured = Some(left).filter(|left| !left.is_zero());
        }
    }
    if packs.iter().any(|pack| pack.measured.is_some()) {
        total(&mut after, &[])?;
    }
    after.finish(Moves::new(now, ids))
}

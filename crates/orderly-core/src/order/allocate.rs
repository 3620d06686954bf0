//! From a line's open quantity to claims on stock: what must be sourced, and what becomes of it.

use super::work::{lower, raise};
use super::*;
use crate::catalog::Catalog;
use crate::sourcing::{Demand, Need, Take};

/// Finds lines by id, starting where the last one was found: takes come in the order of lines.
struct Cursor(usize);

impl Cursor {
    fn line<'a>(&mut self, order: &'a mut Order, id: LineId) -> Result<&'a mut Line, Refusal> {
        let count = order.lines.len();
        let found = (0..count).map(|step| (self.0 + step) % count);
        match found.into_iter().find(|index| order.lines[*index].id == id) {
            Some(index) => {
                self.0 = index;
                Ok(&mut order.lines[index])
            }
            None => order.line_mut(id),
        }
    }
}

/// Returns what sourcing must find for a delivery: one demand for every line with unallocated
/// quantity. A plain line wants base units, a line of pieces wants pieces, a kit wants kits.
///
/// # Errors
/// `unknown_item` where the catalog lacks an item of the order.
pub fn demands(
    order: &Order,
    catalog: &Catalog,
    delivery: DeliveryId,
) -> Result<Vec<Demand>, Refusal> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(line) = order.lines.get(at) {
        at += 1;
        let open = line.quantities.unallocated;
        let own = line.delivery == delivery && line.parent.is_none() && line.is_goods();
        if !own || open.is_zero() {
            continue;
        }
        out.push(demand(order, catalog, line, at, open)?);
    }
    Ok(out)
}

/// The demand for `open` of a line, in the line's own quantity. A kit's components are looked for
/// from line `next` on: they follow their kit.
pub(super) fn demand(
    order: &Order,
    catalog: &Catalog,
    line: &Line,
    next: usize,
    open: Qty,
) -> Result<Demand, Refusal> {
    if line.kind != LineKind::Kit {
        let need = need(catalog, line, line.piece)?;
        let wanted = Qty::new(open.get() / need.per.get().max(1)).expect("a part of a quantity");
        return Ok(Demand { line: line.id, wanted, needs: vec![need] });
    }
    let parts = order.lines[next..].iter().take_while(|part| part.parent == Some(line.id));
    let needs = parts.map(|part| need(catalog, part, part.per_parent));
    Ok(Demand { line: line.id, wanted: open, needs: needs.collect::<Result<_, _>>()? })
}

fn need(catalog: &Catalog, line: &Line, per: Option<Qty>) -> Result<Need, Refusal> {
    let item = line.item.and_then(|item| catalog.get(item)).ok_or_else(|| {
        let detail = format!("the item of line {} is unknown", line.position);
        Refusal::new(Code::UnknownItem, detail)
    })?;
    let per = per.unwrap_or_else(|| Qty::new(1).expect("one"));
    Ok(Need { line: line.id, item: item.id, per, piece: line.piece, kerf: item.kerf })
}

/// Turns what sourcing took into claims: unallocated quantity becomes allocated work at each
/// take's location, and what is short waits there as a backorder.
///
/// `short` names stock and component lines with base quantities and the location to wait at. One
/// open fulfillment per delivery and location is used again. The caller settles the order.
///
/// # Errors
/// `unknown_line`, `above_open` where more is taken than a line has unallocated.
pub fn allocate(
    order: &mut Order,
    delivery: DeliveryId,
    takes: &[Take],
    short: &[(LineId, Qty, LocationId)],
    now: Instant,
    ids: &mut IdSource,
) -> Result<(), Refusal> {
    let mut cursor = Cursor(0);
    for take in takes {
        let fulfillment = open_at(order, delivery, take.level.location, now, ids);
        let line = cursor.line(order, take.line)?;
        lower(&mut line.quantities.unallocated, take.serves)?;
        raise(&mut line.quantities.allocated, take.serves);
        order.work.push(work(take, fulfillment, ids));
    }
    for (line, qty, location) in short.iter().filter(|(_, qty, _)| !qty.is_zero()) {
        let line = cursor.line(order, *line)?;
        lower(&mut line.quantities.unallocated, *qty)?;
        raise(&mut line.quantities.backordered, *qty);
        let (line, item) = (line.id, line.item.unwrap_or(ItemId::NONE));
        wait_for(order, line, item, *qty, *location, now, ids);
    }
    Ok(())
}

/// A take as the work it becomes.
pub(super) fn work(take: &Take, fulfillment: FulfillmentId, ids: &mut IdSource) -> Work {
    let none = Qty::ZERO;
    Work {
        claim: ids.draw(),
        fulfillment,
        line: take.line,
        item: take.level.item,
        lot_class: take.level.lot_class,
        takes: take.takes,
        qty: take.serves,
        released: none,
        picked: none,
        packed: none,
        shipped: none,
        cut: take.cut,
        picks: Vec::new(),
    }
}

/// Puts a quantity in wait, together with what the line already waits for at the location.
pub(super) fn wait_for(
    order: &mut Order,
    line: LineId,
    item: ItemId,
    qty: Qty,
    location: LocationId,
    now: Instant,
    ids: &mut IdSource,
) {
    let mut waiting = order.backorders.iter_mut();
    if let Some(known) = waiting.find(|b| b.line == line && b.location == location) {
        raise(&mut known.qty, qty);
        return;
    }
    let (claim, lot_class) = (ids.draw(), claims::ANY_LOT);
    order.backorders.push(Backorder { claim, line, item, location, lot_class, qty, since: now });
}

/// The open fulfillment of a delivery at a location; a new one where there is none.
pub(super) fn open_at(
    order: &mut Order,
    delivery: DeliveryId,
    location: LocationId,
    now: Instant,
    ids: &mut IdSource,
) -> FulfillmentId {
    let open = order.fulfillments.iter().find(|one| {
        let same = one.delivery == delivery && one.location == location;
        same && one.state == FulfillmentState::Open
    });
    if let Some(open) = open {
        return open.id;
    }
    let id = ids.draw();
    let state = FulfillmentState::Open;
    order.fulfillments.push(Fulfillment { id, delivery, location, state, created_at: now });
    id
}

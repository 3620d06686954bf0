//! Planning and releasing work: what it takes, claimed or backordered.

use orderly_core::actor::Permission;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::{Goods, Item, qty_refusal};
use orderly_core::qty::{Entered, Qty};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_core::units::{Level, LevelKey};
use orderly_core::work::{WorkKind, WorkLine, WorkOrder, WorkState, sources};
use orderly_store::Tx;
use orderly_store::tables::{catalog, levels, work};

use super::{change, level_changes, load, record, save};
use crate::ops::catalog::{ids, location_called};
use crate::ops::command;
use crate::ops::read::catalog::item_called;
use crate::ops::read::orders::find;
use crate::ops::stock::{number, require_at};
use crate::{App, Call, Error};

/// What one finished unit takes of an item, in its sale unit.
#[derive(Debug, Clone, Default)]
pub struct Component {
    pub sku: String,
    pub quantity: String,
}

/// A work order as a person states it.
#[derive(Debug, Clone, Default)]
pub struct NewWork {
    /// `cut`, `assembly` or `disassembly`.
    pub kind: String,
    pub location: String,
    /// What is cut, made or taken apart.
    pub item: String,
    /// Pieces for a cut, else in the item's sale unit.
    pub quantity: String,
    /// Of each piece of a cut, such as `2.4 m`.
    pub length: Option<String>,
    /// The kit whose components it takes or gives, for one base unit of the item.
    pub recipe: Option<String>,
    /// Or the components themselves.
    pub components: Vec<Component>,
    /// The order line it is made for: an order and a position.
    pub order: Option<(String, i64)>,
    pub due_on: Option<Day>,
    pub priority: i64,
}

/// Plans a work order; nothing is claimed yet.
///
/// # Errors
/// `unknown_location`, `not_found`, `invalid_field`, `cut_length_required`, `kit_empty`,
/// `kit_cycle`, `quantity_…`, `unknown_line`.
pub fn create(app: &App, call: &Call, new: &NewWork) -> Result<WorkOrder, Error> {
    command(app, call, "work_order.create", |tx| {
        let location = location_called(tx, &new.location)?;
        require_at(call, Permission::Work, &location)?;
        let kind = WorkKind::parse(new.kind.trim()).ok_or_else(|| {
            let all: Vec<&str> = WorkKind::ALL.iter().map(|kind| kind.code()).collect();
            Refusal::at(Code::InvalidField, "/kind", "there is no such work")
                .allowed(all.join(", "))
        })?;
        let item = item_called(tx, &new.item)?;
        ensure(item.is_stocked(), || {
            let detail = format!("{} is never in stock: name a stocked item", item.sku);
            Refusal::at(Code::InvalidField, "/item", detail)
        })?;
        let mut ids = ids(call);
        let (qty, length) = quantity(kind, new, &item)?;
        let lines = match kind {
            WorkKind::Cut => Vec::new(),
            _ => lines(tx, &mut ids, new, &item, qty)?,
        };
        let (order, order_line) = match &new.order {
            None => (None, None),
            Some((order, position)) => line_of(tx, order, *position)?,
        };
        let work = WorkOrder {
            id: ids.draw(),
            number: number(tx, "W", "work_order")?,
            kind,
            location: location.id,
            item: item.id,
            length,
            qty,
            done: Qty::ZERO,
            state: WorkState::Planned,
            order,
            order_line,
            priority: new.priority,
            due_on: new.due_on,
            version: 1,
            created_at: call.now,
            released_at: None,
            ended_at: None,
            lines,
            steps: Vec::new(),
        };
        work::insert(tx, &work)?;
        record(tx, call, &mut ids, &work, "work_order.created")?;
        Ok(work)
    })
}

fn line_of(
    tx: &mut Tx<'_>,
    text: &str,
    position: i64,
) -> Result<(Option<OrderId>, Option<LineId>), Error> {
    let id = find(tx, text)?;
    let order = crate::ops::orders::load(tx, id)?;
    let line = order.lines.iter().find(|line| line.position == position);
    let line = line.ok_or_else(|| {
        let detail = format!("order {} has no line {position}", order.number);
        Refusal::at(Code::UnknownLine, "/order", detail)
    })?;
    Ok((Some(id), Some(line.id)))
}

fn quantity(kind: WorkKind, new: &NewWork, item: &Item) -> Result<(Qty, Option<Qty>), Refusal> {
    let zero = || Refusal::at(Code::QuantityZero, "/quantity", "the quantity is zero");
    if kind != WorkKind::Cut {
        ensure(item.goods != Goods::Lengths, || {
            Refusal::at(Code::InvalidField, "/item", "goods held by length are cut")
        })?;
        let (qty, _) = item.quantity(&new.quantity, &item.sale_unit)?;
        ensure(!qty.is_zero(), zero)?;
        return Ok((qty, None));
    }
    ensure(item.goods == Goods::Lengths, || {
        let detail = format!("{} is not held by length", item.sku);
        Refusal::at(Code::InvalidField, "/item", detail)
    })?;
    let missing = || {
        Refusal::at(Code::CutLengthRequired, "/length", "say how long each piece is, as in 2.4 m")
    };
    let text = new.length.as_deref().ok_or_else(missing)?;
    let (number, unit) = text.trim().split_once(' ').ok_or_else(missing)?;
    let ratio = item.ratio(unit.trim()).map_err(|refusal| refusal.under("/length"))?;
    let read = Entered::parse(number).and_then(|number| number.to_base(ratio, unit.trim()));
    let length = read.map_err(|error| qty_refusal(error).under("/length"))?;
    ensure(!length.is_zero(), missing)?;
    let one = orderly_core::qty::Ratio::ONE;
    let pieces = Entered::parse(&new.quantity).and_then(|count| count.to_base(one, "piece"));
    let pieces = pieces.map_err(|error| qty_refusal(error).under("/quantity"))?;
    let qty = pieces.times(length.get()).filter(|qty| qty.get() <= orderly_core::qty::MAX_QTY);
    let qty = qty.ok_or_else(|| {
        Refusal::at(Code::QuantityTooLarge, "/quantity", "the quantity is too large")
    })?;
    ensure(!qty.is_zero(), zero)?;
    Ok((qty, Some(length)))
}

/// What the work takes (or, taking apart, gives): of a kit, or of the components named.
fn lines(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    new: &NewWork,
    item: &Item,
    qty: Qty,
) -> Result<Vec<WorkLine>, Error> {
    let mut parts: Vec<(std::sync::Arc<Item>, Qty)> = Vec::new();
    if let Some(recipe) = &new.recipe {
        let kit = item_called(tx, recipe)?;
        let known = catalog::load_ids(tx, &[kit.id])?;
        parts = known.explode(&kit)?;
    }
    for (index, one) in new.components.iter().enumerate() {
        let under = |refusal: Refusal| refusal.under(&format!("/components/{index}"));
        let part = item_called(tx, &one.sku)?;
        let (per, _) = part.quantity(&one.quantity, &part.sale_unit).map_err(under)?;
        parts.push((part, per));
    }
    ensure(!parts.is_empty(), || {
        Refusal::at(Code::KitEmpty, "/recipe", "name a kit or the components")
    })?;
    let mut out = Vec::with_capacity(parts.len());
    for (position, (part, per)) in (1..).zip(parts) {
        let wrong = |detail: String| Refusal::at(Code::InvalidField, "/components", detail);
        ensure(part.id != item.id, || wrong(format!("{} is made of itself", item.sku)))?;
        ensure(part.goods != Goods::Lengths && part.is_stocked(), || {
            wrong(format!("{} cannot be a component: cut it first", part.sku))
        })?;
        ensure(!per.is_zero(), || wrong(format!("of {} it takes none", part.sku)))?;
        let needed = per.times(qty.get()).filter(|all| all.get() <= orderly_core::qty::MAX_QTY);
        let too_large = || Refusal::new(Code::QuantityTooLarge, "the quantity is too large");
        out.push(WorkLine {
            id: ids.draw(),
            position,
            item: part.id,
            lot_class: LotId::NONE,
            per,
            needed: needed.ok_or_else(too_large)?,
            used: Qty::ZERO,
            allocated: Qty::ZERO,
            backordered: Qty::ZERO,
        });
    }
    Ok(out)
}

/// Releases a work order: its inputs are claimed as far as they are there and backordered else.
/// Releasing it again claims what has come since.
///
/// # Errors
/// `invalid_transition` where it is done or canceled.
pub fn release(app: &App, call: &Call, id: WorkOrderId) -> Result<WorkOrder, Error> {
    change(app, call, "work_order.release", id, |tx, before, location| {
        ensure(!matches!(before.state, WorkState::Done | WorkState::Canceled), || {
            let detail = format!("work order {} is {}", before.number, before.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let mut ids = ids(call);
        let mut after = before.clone();
        if after.state == WorkState::Planned {
            (after.state, after.released_at) = (WorkState::Released, Some(call.now));
        }
        claim(tx, &mut ids, location, &mut after, Level::available)?;
        crate::ops::orders::post(tx, call, &[], &level_changes(&before, &after))?;
        save(tx, call, &mut ids, &before, after, "work_order.released")
    })
}

/// Claims what is free of what the order still needs; the rest waits.
fn claim(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    location: &Location,
    order: &mut WorkOrder,
    free: impl Fn(&Level) -> Qty,
) -> Result<(), Error> {
    match order.kind {
        WorkKind::Cut => claim_lengths(tx, ids, location, order, free),
        WorkKind::Assembly => {
            let keys: Vec<LevelKey> = order.lines.iter().map(|line| key(order, line)).collect();
            let known = levels::lock(tx, &keys)?;
            for (line, key) in order.lines.iter_mut().zip(keys) {
                let there = known.iter().find(|level| level.key == key).map_or(Qty::ZERO, &free);
                let open = line.needed.less(line.used).less(line.allocated);
                let now = open.min(there);
                line.allocated = line.allocated.plus(now).unwrap_or(line.allocated);
                line.backordered = open.less(now);
            }
            Ok(())
        }
        WorkKind::Disassembly => claim_whole(tx, ids, order, free),
    }
}

const fn key(order: &WorkOrder, line: &WorkLine) -> LevelKey {
    LevelKey { item: line.item, location: order.location, lot_class: line.lot_class }
}

/// Taking apart claims nothing: what is taken apart must be there when it is.
#[expect(clippy::unnecessary_wraps, reason = "one of the ways of claiming")]
fn claim_whole(
    _: &mut Tx<'_>,
    _: &mut IdSource,
    _: &mut WorkOrder,
    _: impl Fn(&Level) -> Qty,
) -> Result<(), Error> {
    Ok(())
}

fn claim_lengths(
    tx: &mut Tx<'_>,
    ids: &mut IdSource,
    location: &Location,
    order: &mut WorkOrder,
    free: impl Fn(&Level) -> Qty,
) -> Result<(), Error> {
    let item = catalog::get(tx, order.item)?;
    let item = item.ok_or_else(|| Error::Internal("a work order has no item".into()))?;
    let into = order.length.unwrap_or(Qty::ZERO);
    let here = levels::of_item(tx, order.item)?;
    let keys: Vec<LevelKey> =
        here.iter().map(|level| level.key).filter(|key| key.location == location.id).collect();
    let locked = levels::lock(tx, &keys)?;
    // What it holds already serves it too.
    order.lines.retain(|line| !line.used.is_zero() || !line.allocated.is_zero());
    let own = |lot: LotId| {
        let mine = order.lines.iter().find(|line| line.lot_class == lot);
        mine.map_or(Qty::ZERO, |line| line.allocated)
    };
    let mut there: Vec<(LotId, Qty, i64)> = Vec::new();
    for level in &locked {
        if let Some(piece) = level.piece.filter(|piece| !piece.is_zero()) {
            let qty = free(level).plus(own(level.key.lot_class)).unwrap_or(Qty::ZERO);
            there.push((level.key.lot_class, piece, qty.get() / piece.get()));
        }
    }
    let wanted = order.left().get() / into.get().max(1);
    let (found, short) = sources(into, item.kerf, wanted, &there);
    for line in &mut order.lines {
        (line.allocated, line.backordered, line.needed) = (Qty::ZERO, Qty::ZERO, line.used);
    }
    let mut put = |lot: LotId, per: Qty, allocated: Qty, backordered: Qty| {
        let position = order.lines.iter().map(|line| line.position).max().unwrap_or(0) + 1;
        let known = order.lines.iter_mut().find(|line| line.lot_class == lot);
        let sum = allocated.plus(backordered).unwrap_or(allocated);
        match known {
            Some(line) => {
                line.needed = line.used.plus(sum).unwrap_or(line.needed);
                (line.allocated, line.backordered) = (allocated, backordered);
            }
            None => order.lines.push(WorkLine {
                id: ids.draw(),
                position,
                item: order.item,
                lot_class: lot,
                per,
                needed: sum,
                used: Qty::ZERO,
                allocated,
                backordered,
            }),
        }
    };
    for (lot, length, count) in found {
        put(lot, length, length.times(count).unwrap_or(length), Qty::ZERO);
    }
    if short > 0 {
        put(LotId::NONE, into, Qty::ZERO, into.times(short).unwrap_or(into));
    }
    Ok(())
}

/// Claims what has come of an item for the work that waits for it, after the orders were served.
pub fn serve(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    item: ItemId,
    location: &Location,
) -> Result<(), Error> {
    for id in work::waiting(tx, item, location.id)? {
        let before = load(tx, id, true)?;
        let mut after = before.clone();
        // Orders that wait keep what they wait for; safety stock is not kept from work.
        let free = |level: &Level| {
            let own = before.lines.iter().filter(|line| key(&before, line) == level.key);
            let own = Qty::sum(own.map(|line| line.backordered)).unwrap_or(Qty::ZERO);
            level.unclaimed().less(level.backordered.less(own))
        };
        claim(tx, ids, location, &mut after, free)?;
        if after != before {
            crate::ops::orders::post(tx, call, &[], &level_changes(&before, &after))?;
            save(tx, call, ids, &before, after, "work_order.served")?;
        }
    }
    Ok(())
}

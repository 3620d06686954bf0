//! Doing the work: inputs go through production, and what comes out carries their whole value.

use std::sync::Arc;

use orderly_core::books::DocumentKind;
use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::{Item, Tracking};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, LevelKey, Lot, LotKind, Movement, MovementKind, Place,
    PlaceKind,
};
use orderly_core::work::{WorkKind, WorkOrder, WorkState, WorkStep, by_length, by_weight, cut};
use orderly_store::Tx;
use orderly_store::tables::{catalog, units};
use rust_decimal::prelude::ToPrimitive;

use super::{change, level_changes, save, whole};
use crate::ops::catalog::ids;
use crate::ops::stock::{Averages, not_reversible, post_with, reversals, still_there};
use crate::{App, Call, Error};

/// What is done in one go.
#[derive(Debug, Clone, Default)]
pub struct Making {
    /// In base units of what is made; pieces for a cut; all that is left where absent.
    pub quantity: Option<i64>,
    /// Units that were spoiled: their inputs are used and their value is written off.
    pub scrap: i64,
    /// The lot or serial number of what is made, where its goods have one.
    pub lot: Option<String>,
}

/// The movements of one step while it is put together.
struct Step<'a> {
    id: WorkStepId,
    ids: &'a mut IdSource,
    location: &'a Location,
    kind: MovementKind,
    at: orderly_core::time::Instant,
    movements: Vec<Movement>,
}

impl Step<'_> {
    fn add(
        &mut self,
        item: ItemId,
        (lot, lot_class): (LotId, LotId),
        from: Place,
        to: Place,
        qty: Qty,
        value: i64,
    ) {
        if qty.is_zero() {
            return;
        }
        self.movements.push(Movement {
            id: self.ids.draw(),
            kind: self.kind,
            item,
            lot,
            lot_class,
            from,
            to,
            qty,
            value,
            cost_source: CostSource::Average,
            cause: Cause { kind: CauseKind::WorkOrder, id: self.id.as_bytes() },
            reverses: None,
            reason: None,
            effective_at: self.at,
        });
    }

    fn bin(&self) -> Place {
        Place::bin(self.location.id, self.location.storage_bin, Condition::Sellable)
    }

    /// Takes goods off the shelves into production and returns their value.
    ///
    /// # Errors
    /// `not_held` with what the bins hold.
    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        averages: &mut Averages,
        key: LevelKey,
        qty: Qty,
    ) -> Result<i64, Error> {
        let (mut left, mut value) = (qty, 0);
        for held in units::holdings_of(tx, key.item, key.location)? {
            let own = key.lot_class.is_none() || held.lot == key.lot_class;
            let staged = held.place.bin == self.location.staging_bin;
            let here = left.min(held.qty);
            if !own || staged || !held.place.is_sellable() || here.is_zero() {
                continue;
            }
            let worth = averages.issue(key, here);
            let made = Place::account(PlaceKind::Production);
            self.add(key.item, (held.lot, key.lot_class), held.place, made, here, worth);
            (left, value) = (left.less(here), value + worth);
        }
        ensure(left.is_zero(), || {
            let there = qty.less(left);
            let detail = format!("{qty} base units are wanted, the bins hold {there}");
            Refusal::new(Code::NotHeld, detail).available(there.to_string())
        })?;
        Ok(value)
    }

    fn give(&mut self, item: ItemId, lot: (LotId, LotId), to: Place, qty: Qty, value: i64) {
        self.add(item, lot, Place::account(PlaceKind::Production), to, qty, value);
    }
}

/// Does some or all of the work: cuts pieces, assembles or takes apart.
///
/// # Errors
/// `invalid_transition`, `above_open` with what is left, `insufficient_stock` and `not_held` where
/// the inputs are not there, `lot_required`, `quantity_zero`, `invalid_field`.
pub fn make(app: &App, call: &Call, id: WorkOrderId, making: &Making) -> Result<WorkOrder, Error> {
    change(app, call, "work_order.make", id, |tx, before, location| {
        before.ensure_open()?;
        let item = item_of(tx, before.item)?;
        let mut ids = ids(call);
        let mut after = before.clone();
        let step_id: WorkStepId = ids.draw();
        let kind = match before.kind {
            WorkKind::Cut => MovementKind::Cut,
            WorkKind::Assembly | WorkKind::Disassembly => MovementKind::Assemble,
        };
        let mut step =
            Step { id: step_id, ids: &mut ids, location, kind, at: call.now, movements: vec![] };
        let (made, scrapped) = amount(&before, making)?;
        let (used, value) = match before.kind {
            WorkKind::Cut => cut_some(tx, call, &mut step, &mut after, &item, made)?,
            WorkKind::Assembly => {
                let lot = output_lot(tx, call, step.ids, &item, making)?;
                assemble(tx, &mut step, &mut after, (made, scrapped), lot)?
            }
            WorkKind::Disassembly => take_apart(tx, &mut step, &before, made)?,
        };
        let movements = std::mem::take(&mut step.movements);
        after.done = after.done.plus(made).unwrap_or(after.done);
        after.state = after.progress();
        if after.state == WorkState::Done {
            after.let_go();
            after.ended_at = Some(call.now);
        }
        let position = i64::try_from(after.steps.len()).unwrap_or(i64::MAX) + 1;
        after.steps.push(WorkStep {
            id: step_id,
            position,
            made,
            scrapped,
            value,
            used,
            worked_at: call.now,
            undone_at: None,
        });
        let document = (DocumentKind::WorkOrder, after.id.as_bytes());
        let changes = level_changes(&before, &after);
        let entity = location.legal_entity;
        post_with(tx, call, &mut ids, entity, document, (&movements, &changes))?;
        save(tx, call, &mut ids, &before, after, "work_order.worked")
    })
}

fn item_of(tx: &mut Tx<'_>, id: ItemId) -> Result<Arc<Item>, Error> {
    let found = catalog::get(tx, id)?;
    found.ok_or_else(|| Error::Internal("a work order has no item".into()))
}

/// What is made and scrapped, in base units.
fn amount(order: &WorkOrder, making: &Making) -> Result<(Qty, Qty), Refusal> {
    let unit = order.length.unwrap_or(Qty::new(1).expect("one"));
    let left = order.left();
    let read = |count: i64, pointer: &str| {
        let qty = Qty::new(count)
            .map_err(|error| orderly_core::item::qty_refusal(error).under(pointer))?;
        qty.times(unit.get()).ok_or_else(|| {
            Refusal::at(Code::QuantityTooLarge, pointer, "the quantity is too large")
        })
    };
    let made = making.quantity.map_or(Ok(left), |count| read(count, "/quantity"))?;
    let scrapped = read(making.scrap, "/scrap")?;
    ensure(scrapped.is_zero() || order.kind == WorkKind::Assembly, || {
        Refusal::at(Code::InvalidField, "/scrap", "only what is assembled is spoiled")
    })?;
    ensure(!made.is_zero() || !scrapped.is_zero(), || {
        Refusal::at(Code::QuantityZero, "/quantity", "the quantity is zero")
    })?;
    ensure(made <= left, || {
        let left = left.get() / unit.get().max(1);
        let detail = format!("only {left} of work order {} are left", order.number);
        Refusal::at(Code::AboveOpen, "/quantity", detail).allowed(left.to_string())
    })?;
    Ok((made, scrapped))
}

type Used = (Vec<(WorkLineId, Qty, Qty)>, i64);

fn assemble(
    tx: &mut Tx<'_>,
    step: &mut Step<'_>,
    after: &mut WorkOrder,
    (made, scrapped): (Qty, Qty),
    lot: LotId,
) -> Result<Used, Error> {
    let too_large = || Refusal::new(Code::QuantityTooLarge, "the quantity is too large");
    let tried = made.plus(scrapped).ok_or_else(too_large)?;
    let key = |line: &orderly_core::work::WorkLine| LevelKey {
        item: line.item,
        location: step.location.id,
        lot_class: line.lot_class,
    };
    let wanted: Vec<(WorkLineId, LevelKey, Qty)> = after
        .lines
        .iter()
        .map(|line| line.per.times(tried.get()).map(|qty| (line.id, key(line), qty)))
        .collect::<Option<_>>()
        .ok_or_else(too_large)?;
    let keys: Vec<LevelKey> = wanted.iter().map(|(_, key, _)| *key).collect();
    let mut averages = Averages::lock(tx, &keys)?;
    let (mut used, mut value) = (Vec::with_capacity(wanted.len()), 0);
    for (line, key, qty) in wanted {
        value += step.take(tx, &mut averages, key, qty)?;
        used.push((line, qty, after.take(line, qty)));
    }
    let parts = by_length(value, &[made, scrapped]);
    let bin = step.bin();
    step.give(after.item, (lot, LotId::NONE), bin, made, parts[0]);
    let scrap = Place::account(PlaceKind::Scrap);
    step.give(after.item, (LotId::NONE, LotId::NONE), scrap, scrapped, parts[1]);
    Ok((used, value))
}

/// Takes units apart; their value goes to the components by expected cost.
fn take_apart(
    tx: &mut Tx<'_>,
    step: &mut Step<'_>,
    order: &WorkOrder,
    made: Qty,
) -> Result<Used, Error> {
    let too_large = || Refusal::new(Code::QuantityTooLarge, "the quantity is too large");
    let key = LevelKey { item: order.item, location: step.location.id, lot_class: LotId::NONE };
    let mut averages = Averages::lock(tx, &[key])?;
    let value = step.take(tx, &mut averages, key, made)?;
    let mut parts = Vec::with_capacity(order.lines.len());
    let mut weights = Vec::with_capacity(order.lines.len());
    for line in &order.lines {
        let item = item_of(tx, line.item)?;
        ensure(item.tracking == Tracking::None, || {
            let detail = format!("receive {} by its lot instead", item.sku);
            Refusal::at(Code::LotRequired, "/item", detail)
        })?;
        let qty = line.per.times(made.get()).ok_or_else(too_large)?;
        let worth = item.cost.and_then(|cost| cost.checked_mul(qty.get().into()));
        let scaled = worth.and_then(|worth| (worth * rust_decimal::Decimal::from(10_000)).to_i64());
        weights.push(scaled.unwrap_or(0));
        parts.push((line.item, qty));
    }
    let bin = step.bin();
    for ((item, qty), value) in parts.into_iter().zip(by_weight(value, &weights)?) {
        step.give(item, (LotId::NONE, LotId::NONE), bin, qty, value);
    }
    Ok((Vec::new(), value))
}

/// Cuts pieces from the lengths the order has claimed, line after line.
fn cut_some(
    tx: &mut Tx<'_>,
    call: &Call,
    step: &mut Step<'_>,
    after: &mut WorkOrder,
    item: &Item,
    made: Qty,
) -> Result<Used, Error> {
    let into = after.length.ok_or_else(|| Error::Internal("a cut has no length".into()))?;
    let mut left = whole(made, into, "pieces")?;
    let (mut used, mut sum) = (Vec::new(), 0);
    let claimed: Vec<(WorkLineId, LotId, Qty, Qty)> = after
        .lines
        .iter()
        .filter(|line| !line.lot_class.is_none())
        .map(|line| (line.id, line.lot_class, line.per, line.allocated))
        .collect();
    let key = |lot: LotId| LevelKey { item: item.id, location: step.location.id, lot_class: lot };
    let keys: Vec<LevelKey> = claimed.iter().map(|(_, lot, _, _)| key(*lot)).collect();
    let mut averages = Averages::lock(tx, &keys)?;
    for ((line, _, length, there), key) in claimed.into_iter().zip(keys) {
        let each = orderly_core::units::cut::yields(length, into, item.kerf);
        let pieces = left.min(each * (there.get() / length.get().max(1)));
        if pieces == 0 {
            continue;
        }
        let plan = cut(length, into, item.kerf, pieces, item.min_offcut)?;
        let value = step.take(tx, &mut averages, key, plan.taken)?;
        used.push((line, plan.taken, after.take(line, plan.taken)));
        let offcuts = plan.offcuts.iter().map(|(length, count)| length.times(*count));
        let offcuts: Vec<Qty> = offcuts.map(|qty| qty.unwrap_or(Qty::ZERO)).collect();
        let mut parts = vec![plan.made, plan.scrapped];
        parts.extend(&offcuts);
        let values = by_length(value, &parts);
        let bin = step.bin();
        let own = length_lot(tx, call, step.ids, item, into)?;
        step.give(item.id, (own, own), bin, plan.made, values[0]);
        let scrap = Place::account(PlaceKind::Scrap);
        step.give(item.id, (LotId::NONE, LotId::NONE), scrap, plan.scrapped, values[1]);
        for (((length, _), qty), value) in plan.offcuts.iter().zip(offcuts).zip(&values[2..]) {
            let own = length_lot(tx, call, step.ids, item, *length)?;
            step.give(item.id, (own, own), bin, qty, *value);
        }
        left -= pieces;
        sum += value;
    }
    ensure(left == 0, || {
        let can = made.get() / into.get().max(1) - left;
        let detail = format!("the pieces claimed for it give {can}");
        Refusal::at(Code::NoPieceServes, "/quantity", detail).available(can.to_string())
    })?;
    merge(&mut step.movements);
    Ok((used, sum))
}

/// Adds up movements of one step that say the same.
fn merge(movements: &mut Vec<Movement>) {
    let mut out: Vec<Movement> = Vec::with_capacity(movements.len());
    for one in movements.drain(..) {
        let same = out
            .iter_mut()
            .find(|known| (known.lot, known.from, known.to) == (one.lot, one.from, one.to));
        match same {
            Some(known) => {
                known.qty = known.qty.plus(one.qty).unwrap_or(known.qty);
                known.value += one.value;
            }
            None => out.push(one),
        }
    }
    *movements = out;
}

fn length_lot(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    item: &Item,
    length: Qty,
) -> Result<LotId, Error> {
    let lot = Lot {
        id: ids.draw(),
        item: item.id,
        kind: LotKind::Length,
        code: length.to_string(),
        length: Some(length),
        expires_on: None,
        created_at: call.now,
    };
    Ok(units::lot_or_insert(tx, &lot)?.id)
}

/// The lot of what is assembled: named where its goods have one.
fn output_lot(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    item: &Item,
    making: &Making,
) -> Result<LotId, Error> {
    let kind = match item.tracking {
        Tracking::None => return Ok(LotId::NONE),
        Tracking::Lot => LotKind::Lot,
        Tracking::Serial => LotKind::Serial,
    };
    let name = making.lot.as_deref().ok_or_else(|| {
        let detail = format!("say which {} of {} is made", kind.code(), item.sku);
        Refusal::at(Code::LotRequired, "/lot", detail)
    })?;
    ensure(kind != LotKind::Serial || making.quantity == Some(1), || {
        Refusal::at(
            Code::InvalidField,
            "/quantity",
            "goods with serial numbers are made one by one",
        )
    })?;
    let code = orderly_core::text::short(name).map_err(|refusal| refusal.under("/lot"))?;
    let lot = Lot {
        id: ids.draw(),
        item: item.id,
        kind,
        code,
        length: None,
        expires_on: None,
        created_at: call.now,
    };
    let lot = units::lot_or_insert(tx, &lot)?.id;
    let taken = kind == LotKind::Serial && !units::holdings_of_lot(tx, item.id, lot)?.is_empty();
    ensure(!taken, || {
        Refusal::at(Code::SerialTaken, "/lot", format!("{name} of {} is in stock", item.sku))
    })?;
    Ok(lot)
}

/// Takes the last step back: inputs return with their value and are claimed again.
///
/// # Errors
/// `not_reversible` where nothing was done, it is canceled, or what was made is gone or claimed.
pub fn undo(app: &App, call: &Call, id: WorkOrderId) -> Result<WorkOrder, Error> {
    const INSTEAD: &str = "a work order that takes it apart";
    change(app, call, "work_order.undo", id, |tx, before, location| {
        let last = before.steps.iter().rev().find(|step| step.undone_at.is_none());
        let last = last.filter(|_| before.state != WorkState::Canceled).cloned();
        let last = last.ok_or_else(|| {
            let detail = format!("work order {} has no step to take back", before.number);
            not_reversible(detail, INSTEAD)
        })?;
        let mut ids = ids(call);
        let sent = units::movements_of_cause(tx, CauseKind::WorkOrder, last.id.as_bytes())?;
        let movements = reversals(tx, &mut ids, &sent, call.now, INSTEAD)?;
        let mut after = before.clone();
        after.untake(&last);
        after.state = after.progress();
        after.ended_at = None;
        for step in after.steps.iter_mut().filter(|step| step.id == last.id) {
            step.undone_at = Some(call.now);
        }
        let document = (DocumentKind::WorkOrder, after.id.as_bytes());
        let changes = level_changes(&before, &after);
        let entity = location.legal_entity;
        let posted = post_with(tx, call, &mut ids, entity, document, (&movements, &changes));
        still_there(posted, INSTEAD)?;
        save(tx, call, &mut ids, &before, after, "work_order.undone")
    })
}

/// Ends a work order: what it claims is free again; what was made stays made.
///
/// # Errors
/// `invalid_transition` where it is done or canceled.
pub fn cancel(app: &App, call: &Call, id: WorkOrderId) -> Result<WorkOrder, Error> {
    change(app, call, "work_order.cancel", id, |tx, before, location| {
        ensure(!matches!(before.state, WorkState::Done | WorkState::Canceled), || {
            let detail = format!("work order {} is {}", before.number, before.state.code());
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        let mut ids = ids(call);
        let mut after = before.clone();
        after.let_go();
        (after.state, after.ended_at) = (WorkState::Canceled, Some(call.now));
        let changes = level_changes(&before, &after);
        crate::ops::orders::post(tx, call, &[], &changes)?;
        let mut freed: Vec<(ItemId, LocationId)> =
            before.lines.iter().map(|line| (line.item, location.id)).collect();
        freed.sort_unstable();
        freed.dedup();
        crate::ops::stock::backorders::enqueue(tx, call, &mut ids, &freed)?;
        save(tx, call, &mut ids, &before, after, "work_order.canceled")
    })
}

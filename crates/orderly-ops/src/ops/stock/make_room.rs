//! Facts are never refused: goods that are gone, or in somebody's hands, leave their level even
//! where orders have a right to them. Those orders wait instead, each with an exception.

use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::Goods;
use orderly_core::order::backorder::displace;
use orderly_core::order::{Order, claims as core_claims, unpick};
use orderly_core::qty::{Qty, QtyDelta};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::{Adjustment, Spot};
use orderly_core::units::{Condition, Level, LevelKey, PlaceKind};
use orderly_store::Tx;
use orderly_store::tables::claims::{self, Claimed};
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::tasks::{self, Task};
use orderly_store::tables::{self, catalog, levels, locations, units};

use super::adjust;
use crate::ops::orders;
use crate::{Call, Error};

/// Claims looked at for one fact; more are not displaced by one command.
const CLAIMS: i64 = 500;

/// The kind of the tasks that ask a person to count goods; its key is `count_key`.
pub const COUNT_TASK: &str = "count";

/// Makes sure that `qty` base units of a level are on hand and claimed by nobody.
///
/// Claims are turned into backorders first ([`free`]); what is still missing is on nobody's record
/// and enters from *found* into the storage bin, with a count task and an exception.
///
/// # Errors
/// `no_piece_serves` for lengths that are on nobody's record: which length cannot be known here.
pub fn make_room(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    key: LevelKey,
    qty: Qty,
) -> Result<(), Error> {
    let missing = free(tx, call, ids, key, qty)?;
    if missing.is_zero() {
        return Ok(());
    }
    let unknown = |what: &str| Error::Internal(format!("{what} of a level is unknown"));
    let item = catalog::get(tx, key.item)?.ok_or_else(|| unknown("the item"))?;
    let location = locations::get(tx, key.location)?.ok_or_else(|| unknown("the location"))?;
    if item.goods == Goods::Lengths && key.lot_class.is_none() {
        let detail = format!("no piece of {} at {} serves this", item.sku, location.code);
        return Err(Refusal::new(Code::NoPieceServes, detail).into());
    }
    let spot = Spot {
        item: item.id,
        lot: key.lot_class,
        bin: location.storage_bin,
        condition: Condition::Sellable,
    };
    let found = Adjustment {
        id: ids.draw(),
        location: location.id,
        spot,
        delta: QtyDelta(missing.get()),
        reason: "handed over, but on nobody's record".into(),
        adjusted_at: call.now,
        reverses: None,
    };
    adjust::carry_out(tx, call, ids, &location, &item, &found, PlaceKind::Found)?;
    let detail = format!("{} of {} were on nobody's record", item.show(missing), item.sku);
    raise(tx, call, ids, "found", key, None, missing, detail)?;
    ask_for_count(tx, call, ids, key)
}

/// Turns claims on a level into backorders until `qty` base units are on hand and unclaimed: the
/// lowest priority and the latest first. Returns what is still missing.
///
/// Unpicked claims give way first. Only where they are not enough are picked goods put back: they
/// lie in the staging bin, not where goods are missing. Packed ones stay with their order.
pub fn free(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    key: LevelKey,
    qty: Qty,
) -> Result<Qty, Error> {
    give_way(tx, call, ids, key, qty)?;
    // Orders are locked before levels. What another command claims meanwhile shows once the level
    // is locked: then it is the next to give way.
    let mut locked = false;
    loop {
        let freed = free_some(tx, call, ids, key, qty)?;
        let missing = missing(levels::lock(tx, &[key])?.pop(), qty);
        if missing.is_zero() || (locked && !freed) {
            return Ok(missing);
        }
        locked = true;
    }
}

/// Work and drafted transfers give way before any customer does.
fn give_way(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    key: LevelKey,
    qty: Qty,
) -> Result<(), Error> {
    let mut missing = missing(levels::get(tx, key)?, qty);
    if missing.is_zero() {
        return Ok(());
    }
    for (kind, claimant, _) in claims::others_of(tx, key)? {
        if missing.is_zero() {
            break;
        }
        let given = match kind.as_str() {
            "work_order" => super::work::displace(tx, call, ids, claimant, missing)?,
            "transfer_line" => {
                let given = super::transfer::displace(tx, call, ids, claimant, missing)?;
                let detail = "a drafted transfer has lost its claim: its goods are not there";
                raise(tx, call, ids, "displaced", key, None, given, detail.into())?;
                given
            }
            _ => Qty::ZERO,
        };
        missing = missing.less(given);
    }
    Ok(())
}

/// Goes through the claims once, until enough is free; whether any gave way.
fn free_some(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    key: LevelKey,
    qty: Qty,
) -> Result<bool, Error> {
    let mut missing = missing(levels::get(tx, key)?, qty);
    let mut any = false;
    for unpick_first in [false, true] {
        if missing.is_zero() {
            return Ok(any);
        }
        let candidates = claims::allocated(tx, key.item, key.location, CLAIMS)?;
        for claimed in candidates.into_iter().filter(|one| one.claim.key == key) {
            if missing.is_zero() {
                return Ok(any);
            }
            if unpick_first {
                put_back(tx, call, ids, &claimed)?;
            }
            let freed = give_up(tx, call, ids, &claimed, missing)?;
            any |= !freed.is_zero();
            missing = missing.less(freed);
        }
    }
    Ok(any)
}

fn missing(level: Option<Level>, qty: Qty) -> Qty {
    qty.less(level.map_or(Qty::ZERO, |level| level.unclaimed()))
}

/// Puts back what is picked and not packed of a claim's line and, for a kit, of its other parts.
/// Cut pieces are kept as pieces of their new length.
fn put_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    claimed: &Claimed,
) -> Result<(), Error> {
    let before = orders::load(tx, claimed.order)?;
    let Ok(work) = before.work_of(claimed.claim.id) else { return Ok(()) };
    let group = before.group(work.line)?;
    let mut lines = unpick::all(&before, work.fulfillment, true);
    lines.retain(|one| {
        let line = before.work_of(one.claim).map(|work| work.line);
        line.is_ok_and(|line| group.parts.iter().any(|(part, _)| *part == line))
    });
    if lines.is_empty() {
        return Ok(());
    }
    let location = locations::get(tx, claimed.claim.key.location)?;
    let location = location.ok_or_else(|| Error::Internal("a claim has no location".into()))?;
    let decision = unpick::unpick(&before, &lines, &location, call.now, ids)?;
    orders::apply(tx, call, ids, &before, decision, "order.unpicked")?;
    Ok(())
}

/// Displaces up to `wanted` of one claim; returns what its level has free for it.
fn give_up(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    claimed: &Claimed,
    wanted: Qty,
) -> Result<Qty, Error> {
    let before = orders::load(tx, claimed.order)?;
    let Ok(work) = before.work_of(claimed.claim.id) else { return Ok(Qty::ZERO) };
    // Cut goods free whole source pieces only when all of the claim goes.
    let unpicked = work.unpicked();
    let part = if work.cut.is_some() { unpicked } else { unpicked.min(wanted) };
    if part.is_zero() {
        return Ok(Qty::ZERO);
    }
    let decision = match displace(&before, claimed.claim.id, part, call.now, ids) {
        Ok(decision) => decision,
        Err(refusal) if refusal.code() == Code::AboveOpen => return Ok(Qty::ZERO),
        Err(refusal) => return Err(refusal.into()),
    };
    let after = orders::apply(tx, call, ids, &before, decision, "order.displaced")?;
    let key = claimed.claim.key;
    let freed = allocated(&before, key).less(allocated(&after, key));
    let detail = format!("order {} waits: its goods are not there", after.number);
    raise(tx, call, ids, "displaced", key, Some(claimed), freed, detail)?;
    Ok(freed)
}

/// What of a spot's goods nobody has picked: all of them, but in the staging bin.
///
/// Goods that lie there for an order leave by its own steps; whoever takes them away otherwise
/// puts them back first, so that the order waits instead of failing when it ships.
pub(super) fn unpicked(tx: &mut Tx<'_>, location: &Location, spot: &Spot) -> Result<Qty, Error> {
    let place = spot.place(location.id).id();
    let held = units::qty_in(tx, spot.item, place, spot.lot)?;
    if spot.bin != location.staging_bin || held.is_zero() {
        return Ok(held);
    }
    let mut picked = Qty::ZERO;
    for claimed in claims::allocated(tx, spot.item, location.id, CLAIMS)? {
        let order = tables::orders::get(tx, claimed.order, false)?;
        let work = order.as_ref().and_then(|order| order.work_of(claimed.claim.id).ok());
        let picks = work.into_iter().flat_map(|work| &work.picks);
        for pick in picks.filter(|pick| pick.lot == spot.lot) {
            picked = picked.plus(pick.qty).unwrap_or(picked);
        }
    }
    Ok(held.less(picked))
}

/// Refuses to take goods of a spot that are picked for orders.
///
/// # Errors
/// `above_picked` with what is free to go.
pub(super) fn ensure_unpicked(
    tx: &mut Tx<'_>,
    location: &Location,
    spot: &Spot,
    qty: Qty,
) -> Result<(), Error> {
    if spot.bin != location.staging_bin {
        return Ok(());
    }
    let free = unpicked(tx, location, spot)?;
    let held = units::qty_in(tx, spot.item, spot.place(location.id).id(), spot.lot)?;
    ensure(qty <= free || qty > held, || {
        let detail = "these goods are picked for orders: put them back first";
        Refusal::at(Code::AbovePicked, "/quantity", detail).allowed(free.to_string())
    })?;
    Ok(())
}

/// What an order has allocated of a level.
fn allocated(order: &Order, key: LevelKey) -> Qty {
    let own = core_claims::of(order).into_iter().filter(|one| one.allocated && one.key == key);
    Qty::sum(own.map(|one| one.qty)).unwrap_or(Qty::ZERO)
}

#[expect(clippy::too_many_arguments, reason = "an exception has this many facts")]
fn raise(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    kind: &str,
    key: LevelKey,
    claimed: Option<&Claimed>,
    qty: Qty,
    detail: String,
) -> Result<(), Error> {
    let exception = Exception {
        id: ids.draw::<EventId>().as_bytes(),
        kind: kind.into(),
        item: Some(key.item),
        location: Some(key.location),
        order: claimed.map(|one| one.order),
        line: claimed.map(|one| one.claim.line),
        qty: Some(qty.get()),
        detail,
        raised_at: call.now,
        settled_at: None,
    };
    Ok(exceptions::insert(tx, &[exception])?)
}

/// The key of the task to count an item at a location.
pub(super) fn count_key(item: ItemId, location: LocationId) -> String {
    format!("{item}@{location}")
}

/// Asks for the goods of a level to be counted by somebody.
pub(in crate::ops) fn ask_for_count(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    key: LevelKey,
) -> Result<(), Error> {
    let task = Task {
        id: ids.draw(),
        kind: COUNT_TASK.into(),
        key: count_key(key.item, key.location),
        payload: "{}".into(),
        attempts: 0,
        next_at: call.now,
        created_at: call.now,
    };
    tasks::enqueue(tx, &task)?;
    Ok(())
}

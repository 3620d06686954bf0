//! What a decision that moves goods knows of the books, and the movements it makes.

use std::collections::HashMap;

use super::*;
use crate::catalog::{Catalog, Location};
use crate::units::value::issue;
use crate::units::{
    Cause, CauseKind, Condition, CostSource, Level, LevelKey, MovementKind, Place, PlaceKind,
};

/// Stock levels as the decision sees them: locked by the caller, kept in step while it decides.
#[derive(Clone, Debug, Default)]
pub struct Levels(HashMap<LevelKey, Level>);

impl Levels {
    pub fn new(levels: impl IntoIterator<Item = Level>) -> Self {
        Self(levels.into_iter().map(|level| (level.key, level)).collect())
    }
    pub fn get(&self, key: LevelKey) -> Level {
        self.0.get(&key).copied().unwrap_or_else(|| Level::empty(key, None))
    }
    /// What goods of a level are worth by moving average, without taking them.
    pub(crate) fn worth(&self, key: LevelKey, qty: Qty) -> i64 {
        let level = self.get(key);
        issue(level.value, level.held, qty)
    }
    /// Takes goods out and returns the value they take along.
    pub(crate) fn issue(&mut self, key: LevelKey, qty: Qty) -> i64 {
        let level = self.0.entry(key).or_insert_with(|| Level::empty(key, None));
        let value = issue(level.value, level.held, qty);
        level.held = level.held.less(qty);
        level.value -= value;
        value
    }
    pub(crate) fn receive(&mut self, key: LevelKey, qty: Qty, value: i64) {
        let level = self.0.entry(key).or_insert_with(|| Level::empty(key, None));
        level.held = level.held.plus(qty).unwrap_or(level.held);
        level.value += value;
    }
}

/// Sellable goods of ours in one bin that is not the staging bin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shelf {
    pub item: ItemId,
    pub lot: LotId,
    pub bin: BinId,
    pub qty: Qty,
}

/// What one location has at hand for picking and rejecting.
#[derive(Clone, Debug)]
pub struct AtHand<'a> {
    pub location: &'a Location,
    pub catalog: &'a Catalog,
    /// In the order in which they are taken from.
    pub shelves: Vec<Shelf>,
    pub levels: Levels,
    /// The lot of each length a cut may leave; see [`super::pick::lengths`].
    pub lots: HashMap<(ItemId, Qty), LotId>,
}

impl AtHand<'_> {
    /// Takes goods from the shelves in order: bin, lot and quantity of each part.
    ///
    /// # Errors
    /// `not_held` with what is there.
    pub(crate) fn take(
        &mut self,
        item: ItemId,
        lot_class: LotId,
        qty: Qty,
    ) -> Result<Vec<(BinId, LotId, Qty)>, Refusal> {
        let mut left = qty;
        let mut out = Vec::new();
        for shelf in &mut self.shelves {
            let fits = shelf.item == item && (lot_class.is_none() || shelf.lot == lot_class);
            let here = left.min(shelf.qty);
            if fits && !here.is_zero() {
                shelf.qty = shelf.qty.less(here);
                left = left.less(here);
                out.push((shelf.bin, shelf.lot, here));
            }
        }
        if left.is_zero() {
            return Ok(out);
        }
        let there = qty.less(left);
        let detail = format!(
            "{} base units are wanted at {}, the bins hold {there}",
            qty, self.location.code
        );
        Err(Refusal::new(Code::NotHeld, detail).available(there.to_string()))
    }

    /// Takes goods of named bins and lots.
    ///
    /// # Errors
    /// `lot_not_held` where the bin holds none of the lot, `not_held` where it holds less.
    pub(crate) fn take_named(
        &mut self,
        item: ItemId,
        named: &[(BinId, LotId, Qty)],
    ) -> Result<(), Refusal> {
        for (bin, lot, qty) in named {
            let mut shelves = self.shelves.iter_mut();
            let found = shelves.find(|s| s.item == item && s.bin == *bin && s.lot == *lot);
            let shelf = found.filter(|shelf| !shelf.qty.is_zero()).ok_or_else(|| {
                Refusal::new(Code::LotNotHeld, format!("{bin} holds nothing of lot {lot}"))
            })?;
            let left = shelf.qty.minus(*qty).ok_or_else(|| {
                let detail = format!("{bin} holds {} of lot {lot}, not {qty}", shelf.qty);
                Refusal::new(Code::NotHeld, detail).available(shelf.qty.to_string())
            })?;
            shelf.qty = left;
        }
        Ok(())
    }

    pub(crate) fn bin(&self, bin: BinId) -> Place {
        Place::bin(self.location.id, bin, Condition::Sellable)
    }
    pub(crate) fn key(&self, item: ItemId, lot_class: LotId) -> LevelKey {
        LevelKey { item, location: self.location.id, lot_class }
    }
}

/// A movement before it has an id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub kind: MovementKind,
    pub item: ItemId,
    pub lot: LotId,
    pub lot_class: LotId,
    pub from: Place,
    pub to: Place,
    pub qty: Qty,
    pub value: i64,
    pub cost_source: CostSource,
    pub cause: Cause,
}

/// The movements of one decision.
///
/// A movement's cause is the finest row it belongs to, and unique per (cause, kind, item, lot,
/// from, to). Where the same step can happen several times on one row (delivered in two goes, put
/// back in parts), later ones are caused by the order's event instead; movements of one event that
/// say the same are added up.
#[derive(Debug)]
pub struct Moves<'a> {
    pub(crate) now: Instant,
    pub(crate) ids: &'a mut IdSource,
    pub(crate) list: Vec<Movement>,
    pub(crate) event: Option<EventId>,
}

impl<'a> Moves<'a> {
    pub(crate) const fn new(now: Instant, ids: &'a mut IdSource) -> Self {
        Self { now, ids, list: Vec::new(), event: None }
    }

    /// The event of this decision as a cause.
    pub(crate) fn event(&mut self) -> Cause {
        let id = *self.event.get_or_insert_with(|| self.ids.draw());
        Cause { kind: CauseKind::Event, id: id.as_bytes() }
    }

    /// Records a movement and returns its id.
    pub(crate) fn add(&mut self, new: &Move) -> MovementId {
        let same = |m: &&mut Movement| {
            let goods = m.kind == new.kind && m.item == new.item && m.lot == new.lot;
            goods && m.cause == new.cause && m.from == new.from && m.to == new.to
        };
        if let Some(known) = self.list.iter_mut().find(same) {
            known.qty = known.qty.plus(new.qty).expect("bounded by the goods there are");
            known.value += new.value;
            return known.id;
        }
        let id = self.ids.draw();
        self.list.push(Movement {
            id,
            kind: new.kind,
            item: new.item,
            lot: new.lot,
            lot_class: new.lot_class,
            from: new.from,
            to: new.to,
            qty: new.qty,
            value: new.value,
            cost_source: new.cost_source,
            cause: new.cause,
            reverses: None,
            reason: None,
            effective_at: self.now,
        });
        id
    }

    /// Undoes a whole movement, with its own value.
    pub(crate) fn reverse(&mut self, original: &Movement) {
        self.list.push(Movement {
            id: self.ids.draw(),
            from: original.to,
            to: original.from,
            cost_source: CostSource::Reversal,
            cause: Cause { kind: CauseKind::Movement, id: original.id.as_bytes() },
            reverses: Some(original.id),
            reason: None,
            effective_at: self.now,
            ..original.clone()
        });
    }

    /// Gives every movement of the decision its reason.
    pub(crate) fn because(&mut self, reason: &str) {
        for movement in &mut self.list {
            movement.reason = Some(reason.to_owned());
        }
    }
}

/// The customer, where goods go in the end.
pub(crate) const fn customer() -> Place {
    Place::account(PlaceKind::Customer)
}

pub(crate) const fn claim_cause(claim: ClaimId) -> Cause {
    Cause { kind: CauseKind::Claim, id: claim.as_bytes() }
}

pub(crate) const fn shipment_cause(line: ShipmentLineId) -> Cause {
    Cause { kind: CauseKind::ShipmentLine, id: line.as_bytes() }
}

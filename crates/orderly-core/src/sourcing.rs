//! Which locations serve an order: fewest splits, then location priority, then distance.
//!
//! The decision is simple and honest; what it returns is meant to last: every location considered,
//! with what it could fill and why it was or was not chosen.

mod fill;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::catalog::{Coordinates, Location};
use crate::id::*;
use crate::order::{Cut, codes};
use crate::qty::Qty;
use crate::units::{Level, LevelKey};

codes! {
    /// Why a location was or was not chosen.
    Verdict {
        Chosen "chosen", NotNeeded "not_needed", NothingToGive "nothing_to_give",
        Inactive "inactive", DoesNotFulfill "does_not_fulfill", NotTheNamedOne "not_the_named_one",
        Excluded "excluded",
    }
}

/// What one line needs of one item. `kerf` and `piece` matter for lengths only.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    pub line: LineId,
    pub item: ItemId,
    /// Base units for one of the demand: 1, or the component's units per kit.
    pub per: Qty,
    /// Length of each piece wanted, for lengths.
    pub piece: Option<Qty>,
    pub kerf: Qty,
}

/// Needs that are served together, whole and at one location: a plain line, or a kit.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The line that the customer ordered.
    pub line: LineId,
    /// How many of the demand are wanted: base units of a plain line, kits, or pieces.
    pub wanted: Qty,
    pub needs: Vec<Need>,
}

/// What is taken of one level for one need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    pub line: LineId,
    pub level: LevelKey,
    /// Of the level, in base units: whole pieces where lengths are cut.
    pub takes: Qty,
    /// Of the line, in base units.
    pub serves: Qty,
    pub cut: Option<Cut>,
}

/// A location that may serve, as sourcing sees it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    pub location: LocationId,
    pub priority: i64,
    pub distance_km: Option<i64>,
}

/// One location of the explanation. Quantities count demands' own units summed over the lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    pub location: LocationId,
    pub verdict: Verdict,
    pub wanted: i64,
    pub could_fill: i64,
    pub filled: i64,
    pub priority: i64,
    pub distance_km: Option<i64>,
}

/// Why a delivery goes where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub delivery: DeliveryId,
    /// The rule that decided, in words.
    pub rule: String,
    pub splits: i64,
    pub considered: Vec<Considered>,
}

/// What sourcing decided for one delivery.
#[derive(Debug, Clone)]
pub struct Sourced {
    pub takes: Vec<Take>,
    /// Of each demand, what no stock serves, in the demand's own units.
    pub short: Vec<Qty>,
    /// Where what is short should be waited for.
    pub backorder_at: Option<LocationId>,
    pub explanation: Explanation,
}

/// The levels a decision may draw on. What is taken is gone for the next demand.
#[derive(Debug, Clone, Default)]
pub struct Stock {
    levels: HashMap<ItemId, Vec<Level>>,
}

impl Stock {
    pub fn new(levels: impl IntoIterator<Item = Level>) -> Self {
        let mut stock = Self::default();
        for level in levels {
            stock.levels.entry(level.key.item).or_default().push(level);
        }
        for levels in stock.levels.values_mut() {
            levels.sort_by_key(|level| (level.piece, level.key));
        }
        stock
    }
    /// The levels of an item at a location, shortest pieces first.
    pub fn at(&self, item: ItemId, location: LocationId) -> impl Iterator<Item = &Level> {
        let levels = self.levels.get(&item).map_or(&[][..], Vec::as_slice);
        levels.iter().filter(move |level| level.key.location == location)
    }
    /// What all levels of an item have available, at these locations.
    pub fn available(&self, item: ItemId, locations: &[Candidate]) -> Qty {
        let levels = self.levels.get(&item).map_or(&[][..], Vec::as_slice);
        let known = |level: &&Level| locations.iter().any(|c| c.location == level.key.location);
        let sum = Qty::sum(levels.iter().filter(known).map(Level::available));
        sum.unwrap_or(Qty::ZERO)
    }
    /// Records an allocation, so that later decisions see it.
    pub fn allocate(&mut self, key: LevelKey, qty: Qty) {
        if let Some(level) = self.level_mut(key) {
            level.allocated = level.allocated.plus(qty).unwrap_or(level.allocated);
        }
    }
    /// Takes an allocation back, where the order it was for is refused after all.
    pub fn give_back(&mut self, key: LevelKey, qty: Qty) {
        if let Some(level) = self.level_mut(key) {
            level.allocated = level.allocated.less(qty);
        }
    }
    /// Records a backorder, so that later decisions see it.
    pub fn backorder(&mut self, key: LevelKey, qty: Qty) {
        match self.level_mut(key) {
            Some(level) => {
                level.backordered = level.backordered.plus(qty).unwrap_or(level.backordered);
            }
            None => {
                let level = Level { backordered: qty, ..Level::empty(key, None) };
                self.levels.entry(key.item).or_default().push(level);
            }
        }
    }
    pub fn level(&self, key: LevelKey) -> Option<&Level> {
        self.levels.get(&key.item)?.iter().find(|level| level.key == key)
    }
    fn level_mut(&mut self, key: LevelKey) -> Option<&mut Level> {
        self.levels.get_mut(&key.item)?.iter_mut().find(|level| level.key == key)
    }
}

/// Whom a delivery may be served by.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub delivery: DeliveryId,
    /// The only location that may serve, where the customer is or comes.
    pub named: Option<LocationId>,
    pub to: Option<Coordinates>,
    /// Locations that have refused this work.
    pub excluded: &'a [LocationId],
}

/// Decides where the demands of one delivery are served from, and explains it.
///
/// Order of preference: the fewest locations that fill the most, then lower priority numbers,
/// then the shorter distance, then the older location. Kits are served whole at one location;
/// plain lines may be split. The caller records what is taken in its [`Stock`].
pub fn source(
    demands: &[Demand],
    wanted: &Wanted<'_>,
    locations: &[Location],
    stock: &Stock,
) -> Sourced {
    let (candidates, mut considered) = candidates(wanted, locations);
    let chosen = fill::choose(demands, &candidates, stock);
    let total: i64 = demands.iter().map(|demand| demand.wanted.get()).sum();
    for (index, candidate) in candidates.iter().enumerate() {
        let filled = chosen.filled_at(candidate.location, demands);
        let could_fill = chosen.alone[index];
        let verdict = match (filled, could_fill) {
            (1.., _) => Verdict::Chosen,
            (_, 0) => Verdict::NothingToGive,
            _ => Verdict::NotNeeded,
        };
        let Candidate { location, priority, distance_km } = *candidate;
        considered.push(Considered {
            location,
            verdict,
            wanted: total,
            could_fill,
            filled,
            priority,
            distance_km,
        });
    }
    let splits = i64::try_from(chosen.locations.len()).unwrap_or(i64::MAX);
    let rule = "fewest locations, then priority, then distance".to_owned();
    let delivery = wanted.delivery;
    let explanation = Explanation { delivery, rule, splits, considered };
    let backorder_at = chosen.locations.first().copied();
    let backorder_at = backorder_at.or_else(|| candidates.first().map(|c| c.location));
    Sourced { takes: chosen.takes, short: chosen.short, backorder_at, explanation }
}

/// Sorts the locations that may serve by preference, and says why the others may not.
fn candidates(wanted: &Wanted<'_>, locations: &[Location]) -> (Vec<Candidate>, Vec<Considered>) {
    let mut candidates = Vec::new();
    let mut considered = Vec::new();
    for location in locations {
        let distance_km = wanted.to.zip(location.coordinates).map(|(to, from)| to.km_to(from));
        let (id, priority) = (location.id, location.priority);
        let verdict = match wanted.named {
            Some(named) if named != id => Some(Verdict::NotTheNamedOne),
            _ if !location.active => Some(Verdict::Inactive),
            _ if wanted.excluded.contains(&id) => Some(Verdict::Excluded),
            None if !location.fulfills => Some(Verdict::DoesNotFulfill),
            _ => None,
        };
        match verdict {
            None => candidates.push(Candidate { location: id, priority, distance_km }),
            Some(Verdict::NotTheNamedOne) if locations.len() > 50 => {}
            Some(verdict) => considered.push(Considered {
                location: id,
                verdict,
                wanted: 0,
                could_fill: 0,
                filled: 0,
                priority,
                distance_km,
            }),
        }
    }
    let key = |c: &Candidate| (c.priority, c.distance_km.unwrap_or(i64::MAX), c.location);
    candidates.sort_by_key(key);
    (candidates, considered)
}

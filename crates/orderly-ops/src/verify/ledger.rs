//! The sums of all movements: per holding, per stock level and per currency. Nothing here asks
//! the database.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use orderly_core::id::{ItemId, LocationId, LotId, PlaceId};
use orderly_core::units::{LevelKey, Place, PlaceKind};
use orderly_store::verify::Moved;

/// Short numbers for ids that come again and again.
#[derive(Debug)]
pub(super) struct Index<I> {
    numbers: HashMap<I, u32>,
    ids: Vec<I>,
}

impl<I> Default for Index<I> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), ids: Vec::new() }
    }
}

impl<I: Copy + Eq + Hash> Index<I> {
    pub fn number(&mut self, id: I) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            u32::try_from(self.ids.len() - 1).expect("fewer than four thousand million ids")
        })
    }
    pub fn find(&self, id: I) -> Option<u32> {
        self.numbers.get(&id).copied()
    }
    pub fn id(&self, number: u32) -> I {
        self.ids[number as usize]
    }
}

/// What a place is to the sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Goods of ours, at the location of this number; sellable or not.
    Ours {
        location: u32,
        sellable: bool,
    },
    /// Goods of others in our bins.
    Others,
    InTransit,
    History,
    /// The rest of the world.
    Account,
}

/// On hand, held and value of one level.
pub(super) type Counters = [i64; 3];

/// Key of a holding: item, place and lot; of a level: item, location and lot class. By number.
pub(super) type Short = (u32, u32, u32);

/// The running sums.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub items: Index<ItemId>,
    pub places: Index<PlaceId>,
    pub lots: Index<LotId>,
    pub locations: Index<LocationId>,
    kinds: Vec<Kind>,
    lengths: HashSet<LotId>,
    pub holdings: HashMap<Short, i64>,
    pub levels: HashMap<Short, Counters>,
    /// Value between our locations, by the location it left.
    pub in_transit: HashMap<u32, i64>,
    /// The location that the goods of a transfer left, by its place.
    origins: HashMap<PlaceId, u32>,
}

/// What a movement must post on the accounts of our goods, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Posts {
    pub inventory: i64,
    pub in_transit: i64,
}

impl Ledger {
    pub fn new(lengths: impl IntoIterator<Item = LotId>) -> Self {
        Self { lengths: lengths.into_iter().collect(), ..Self::default() }
    }

    pub fn add_place(&mut self, id: PlaceId, place: &Place) {
        let kind = match place.kind {
            PlaceKind::Holding if place.is_ours() => Kind::Ours {
                location: self.locations.number(place.location),
                sellable: place.is_sellable(),
            },
            PlaceKind::Holding => Kind::Others,
            PlaceKind::InTransit => Kind::InTransit,
            PlaceKind::History => Kind::History,
            _ => Kind::Account,
        };
        self.places.number(id);
        self.kinds.push(kind);
    }

    pub fn kind(&self, place: PlaceId) -> Option<Kind> {
        self.places.find(place).map(|number| self.kinds[number as usize])
    }

    /// The lot class of a lot: its own where it is a length.
    pub fn class(&self, lot: LotId) -> LotId {
        if self.lengths.contains(&lot) { lot } else { LotId::NONE }
    }

    /// Adds what a late cost made a level worth more.
    pub fn worth(&mut self, key: LevelKey, value: i64) {
        let (item, location) = (self.items.number(key.item), self.locations.number(key.location));
        let level = (item, location, self.lots.number(key.lot_class));
        add(&mut self.levels, level, |sum: &mut Counters| sum[2] += value, |sum| *sum == [0; 3]);
    }

    /// Adds a movement. `None` where one of its places does not exist.
    pub fn add(&mut self, moved: &Moved) -> Option<Posts> {
        let (from, to) = (self.kind(moved.from)?, self.kind(moved.to)?);
        let item = self.items.number(moved.item);
        let lot = self.lots.number(moved.lot);
        let class = self.class(moved.lot);
        let class = self.lots.number(class);
        let mut posts = Posts::default();
        for (place, kind, other, sign) in [(moved.from, from, to, -1), (moved.to, to, from, 1)] {
            let (qty, value) = (sign * moved.qty, sign * moved.value);
            let held = matches!(kind, Kind::Ours { .. } | Kind::Others);
            if held {
                let place = self.places.number(place);
                add(
                    &mut self.holdings,
                    (item, place, lot),
                    |sum: &mut i64| *sum += qty,
                    |s| *s == 0,
                );
            }
            match kind {
                Kind::Ours { location, sellable } => {
                    let change = [if sellable { qty } else { 0 }, qty, value];
                    let sum = |sum: &mut Counters| {
                        sum.iter_mut().zip(change).for_each(|(sum, change)| *sum += change);
                    };
                    add(&mut self.levels, (item, location, class), sum, |sum| *sum == [0; 3]);
                    posts.inventory += value;
                }
                Kind::InTransit if moved.transfer => {
                    if let Kind::Ours { location, .. } = other {
                        self.origins.entry(place).or_insert(location);
                    }
                    let origin = self.origins.get(&place).copied().unwrap_or_default();
                    *self.in_transit.entry(origin).or_default() += value;
                    posts.in_transit += value;
                }
                _ => {}
            }
        }
        let history = from == Kind::History || to == Kind::History;
        Some(if history { Posts::default() } else { posts })
    }
}

/// Changes an entry and forgets it where nothing is left: goods in transit come and go.
fn add<V: Default>(
    sums: &mut HashMap<Short, V>,
    key: Short,
    change: impl FnOnce(&mut V),
    is_nothing: impl FnOnce(&V) -> bool,
) {
    let sum = sums.entry(key).or_default();
    change(sum);
    if is_nothing(sum) {
        sums.remove(&key);
    }
}

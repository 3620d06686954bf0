//! A small model of stock around one order: every decision is applied to it and checked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use orderly_core::catalog::{Catalog, Location, LocationKind};
use orderly_core::id::*;
use orderly_core::item::{Component, Goods, Item, Tracking};
use orderly_core::order::allocate::{allocate, demands};
use orderly_core::order::change::{between, fold};
use orderly_core::order::goods::{AtHand, Levels, Shelf};
use orderly_core::order::*;
use orderly_core::qty::{BaseUnit, Qty, Ratio};
use orderly_core::sourcing::{Stock, Wanted, source};
use orderly_core::units::*;

use crate::sample::{self, NOW, line, qty};

pub const PLAIN: u8 = 1;
pub const BOARD: u8 = 2;
pub const LEFT: u8 = 4;
pub const RIGHT: u8 = 5;
pub const LOTTED: u8 = 6;
pub const CHEESE: u8 = 7;

/// The two locations, their order, and everything that was booked.
pub struct World {
    pub order: Order,
    pub catalog: Catalog,
    pub locations: Vec<Location>,
    pub levels: BTreeMap<LevelKey, Level>,
    pub holdings: BTreeMap<(ItemId, PlaceId, LotId), i64>,
    /// Value and quantity of the in-transit accounts.
    pub transit: BTreeMap<PlaceId, (i64, i64)>,
    places: HashMap<PlaceId, Place>,
    pub booked: Vec<Movement>,
    causes: HashSet<(Cause, MovementKind, ItemId, LotId, PlaceId, PlaceId)>,
    pub ids: IdSource,
}

pub fn bin(number: u8) -> BinId {
    BinId::from_bytes([number; 16])
}

pub fn location(number: u8) -> Location {
    Location {
        id: LocationId::from_bytes([number; 16]),
        code: format!("L{number}"),
        name: format!("Location {number}"),
        kind: LocationKind::Warehouse,
        legal_entity: LegalEntityId::from_bytes([1; 16]),
        party: None,
        coordinates: None,
        zone: "UTC".into(),
        priority: i64::from(number),
        fulfills: true,
        storage_bin: bin(number * 10),
        staging_bin: bin(number * 10 + 1),
        active: true,
        version: 1,
    }
}

fn item(number: u8, goods: Goods, tracking: Tracking) -> Item {
    Item {
        id: sample::item(number),
        sku: format!("SKU-{number}"),
        name: format!("item {number}"),
        goods,
        base_unit: BaseUnit::Each,
        tracking,
        units: Vec::new(),
        sale_unit: "each".into(),
        price: None,
        price_unit: "each".into(),
        price_ratio: Ratio::ONE,
        price_currency: None,
        cost: None,
        gtin: None,
        weight_g: None,
        dimensions_mm: None,
        hs_code: None,
        origin_country: None,
        over_ppm: 0,
        under_ppm: 0,
        min_offcut: qty(300),
        kerf: qty(4),
        backorder_limit: None,
        refurbish_item: None,
        components: Vec::<Component>::new(),
        active: true,
        version: 1,
    }
}

/// The lot of a length, known by its length.
pub fn length_lot(length: Qty) -> LotId {
    let mut bytes = [7; 16];
    bytes[8..].copy_from_slice(&length.get().to_be_bytes());
    LotId::from_bytes(bytes)
}

pub fn lot(number: u8) -> LotId {
    LotId::from_bytes([number; 16])
}

/// Ten plain, five boards of 2.4 m, three kits of two left and one right, four lotted, 1,000 g
/// of cheese with a tolerance of 50 g either way.
fn lines() -> Vec<Line> {
    let boards = Line { piece: Some(qty(2_400)), ..line(BOARD, 12_000, "0.01", Vec::new()) };
    let kit = Line { kind: LineKind::Kit, ..line(3, 3, "20", Vec::new()) };
    let part = |number: u8, per: i64| Line {
        kind: LineKind::Component,
        parent: Some(kit.id),
        per_parent: Some(qty(per)),
        ..line(number, per * 3, "0", Vec::new())
    };
    let (left, right) = (part(LEFT, 2), part(RIGHT, 1));
    let cheese =
        Line { max_over: qty(50), max_short: qty(50), ..line(CHEESE, 1_000, "0.02", Vec::new()) };
    let lotted = line(LOTTED, 4, "3", Vec::new());
    vec![line(PLAIN, 10, "5", Vec::new()), boards, kit.clone(), left, right, lotted, cheese]
}

impl World {
    /// A world whose first location holds almost enough, and whose second holds the rest.
    pub fn new() -> Self {
        let mut catalog = Catalog::default();
        let counted = |number| item(number, Goods::Counted, Tracking::None);
        for one in [PLAIN, 3, LEFT, RIGHT].map(counted) {
            catalog.add(Arc::new(one));
        }
        catalog.add(Arc::new(item(BOARD, Goods::Lengths, Tracking::None)));
        catalog.add(Arc::new(item(LOTTED, Goods::Counted, Tracking::Lot)));
        catalog.add(Arc::new(item(CHEESE, Goods::CatchWeight, Tracking::None)));
        let mut order = sample::order("EUR", Rounding::Line, lines(), Vec::new());
        order.deliveries.push(Delivery {
            id: DeliveryId::from_bytes([1; 16]),
            position: 1,
            reference: "one".into(),
            method: Method::Collect,
            ship_to: None,
            contact: None,
            location: None,
            required_on: None,
            ship_by_on: None,
            due_on_delivery: None,
            promises: Vec::new(),
        });
        price::total(&mut order, &[]).unwrap();
        order.settle().unwrap();
        let mut world = Self {
            order,
            catalog,
            locations: vec![location(1), location(2)],
            levels: BTreeMap::new(),
            holdings: BTreeMap::new(),
            transit: BTreeMap::new(),
            places: HashMap::new(),
            booked: Vec::new(),
            causes: HashSet::new(),
            ids: sample::ids(1),
        };
        for (location, number, lot_id, amount, value) in [
            (0, PLAIN, LotId::NONE, 8, 2_401),
            (1, PLAIN, LotId::NONE, 3, 1_000),
            (0, BOARD, length_lot(qty(5_000)), 15_000, 4_567),
            (0, BOARD, length_lot(qty(2_400)), 2_400, 777),
            (0, LEFT, LotId::NONE, 5, 333),
            (0, RIGHT, LotId::NONE, 9, 1_000),
            (1, LEFT, LotId::NONE, 6, 500),
            (1, RIGHT, LotId::NONE, 2, 211),
            (0, LOTTED, lot(21), 3, 90),
            (0, LOTTED, lot(22), 3, 90),
            (0, CHEESE, LotId::NONE, 1_100, 999),
        ] {
            world.receive(location, number, lot_id, amount, value);
        }
        world
    }

    /// Receives goods into a location's storage bin.
    pub fn receive(&mut self, at: usize, number: u8, lot: LotId, amount: i64, value: i64) {
        let place = self.locations[at].clone();
        let movement = Movement {
            id: self.ids.draw(),
            kind: MovementKind::Receive,
            item: sample::item(number),
            lot,
            lot_class: if number == BOARD { lot } else { LotId::NONE },
            from: Place::account(PlaceKind::Supplier),
            to: Place::bin(place.id, place.storage_bin, Condition::Sellable),
            qty: qty(amount),
            value,
            cost_source: CostSource::Given,
            cause: Cause {
                kind: CauseKind::ReceiptLine,
                id: self.ids.draw::<ReceiptLineId>().as_bytes(),
            },
            reverses: None,
            reason: None,
            effective_at: NOW,
        };
        self.book(vec![movement], Vec::new());
    }

    /// Sources what is unallocated, leaving out a location.
    pub fn source(&mut self, excluded: &[LocationId]) {
        let delivery = self.order.deliveries[0].id;
        let wanted = demands(&self.order, &self.catalog, delivery).unwrap();
        let stock = Stock::new(self.levels.values().copied());
        let asked = Wanted { delivery, named: None, to: None, excluded };
        let found = source(&wanted, &asked, &self.locations, &stock);
        let mut short = Vec::new();
        for (demand, left) in wanted.iter().zip(&found.short) {
            let Some(at) = found.backorder_at else { continue };
            for need in &demand.needs {
                short.push((need.line, need.per.times(left.get()).unwrap(), at));
            }
        }
        let mut after = self.order.clone();
        allocate(&mut after, delivery, &found.takes, &short, NOW, &mut self.ids).unwrap();
        after.settle().unwrap();
        self.apply(Decision::only(after));
    }

    /// What the location of a fulfillment has at hand.
    pub fn hand(&self, fulfillment: FulfillmentId) -> AtHand<'_> {
        let at = self.order.fulfillment(fulfillment).unwrap().location;
        let location = self.locations.iter().find(|one| one.id == at).unwrap();
        let mut shelves = Vec::new();
        for ((item, place, lot), held) in &self.holdings {
            let place = self.places[place];
            let here = place.is_sellable() && place.location == at;
            if here && place.bin != location.staging_bin && *held > 0 {
                shelves.push(Shelf { item: *item, lot: *lot, bin: place.bin, qty: qty(*held) });
            }
        }
        // The wanted pieces, and the offcut of one piece from 5 m with 4 mm lost.
        let lengths = [2_400, 2_596].map(qty);
        let lengths = lengths.map(|length| ((sample::item(BOARD), length), length_lot(length)));
        AtHand {
            location,
            catalog: &self.catalog,
            shelves,
            levels: self.seen(),
            lots: HashMap::from(lengths),
        }
    }

    pub fn seen(&self) -> Levels {
        Levels::new(self.levels.values().copied())
    }

    /// Applies a decision and checks everything that must hold after it.
    pub fn apply(&mut self, decision: Decision) {
        let changes = between(&self.order, &decision.order);
        let mut folded = fold(Some(self.order.clone()), &changes).unwrap();
        folded.updated_at = decision.order.updated_at;
        assert_eq!(folded, decision.order, "what lies between is all that changed");
        let before = claims::of(&self.order);
        let levels = claims::level_changes(&before, &claims::of(&decision.order));
        self.order = decision.order;
        self.check_order();
        self.book(decision.movements, levels);
    }

    fn check_order(&self) {
        for line in self.order.lines.iter().filter(|line| line.claims_stock()) {
            let q = line.quantities;
            assert_eq!(q.broken(line.max_over, line.max_short), None);
            let own = || self.order.work.iter().filter(|work| work.line == line.id);
            let sum = |of: fn(&Work) -> Qty| Qty::sum(own().map(of)).unwrap();
            assert_eq!(sum(|work| work.qty), q.allocated);
            assert_eq!(sum(|work| work.released), q.released);
            assert_eq!(sum(|work| work.picked), q.picked);
            assert_eq!(sum(|work| work.packed), q.packed);
            let waits = self.order.backorders.iter().filter(|b| b.line == line.id);
            assert_eq!(Qty::sum(waits.map(|b| b.qty)).unwrap(), q.backordered);
            let sent = || self.order.shipment_lines.iter().filter(|l| l.line == line.id);
            let out = |of: fn(&ShipmentLine) -> Qty| sent().map(|l| of(l).get()).sum::<i64>();
            let undecided = out(|l| l.brought_back) - q.brought_back.get();
            assert_eq!(out(|l| l.qty) - q.shipped.get(), undecided, "shipped = lines − settled");
            assert_eq!(out(|l| l.delivered), q.delivered.get());
            assert_eq!(out(|l| l.lost), q.lost.get());
            for work in own() {
                let staged = Qty::sum(work.picks.iter().map(|p| p.qty)).unwrap();
                assert_eq!(staged, work.picked, "picks are what is picked");
                assert!(work.cut.is_none() || work.picked.is_zero());
                assert!(work.takes >= work.qty);
            }
        }
    }

    fn book(&mut self, movements: Vec<Movement>, claims: Vec<LevelChange>) {
        let own: Vec<LevelChange> = movements.iter().flat_map(Movement::level_changes).collect();
        for movement in movements {
            assert_ne!(movement.from, movement.to);
            assert!(!movement.qty.is_zero() && movement.value >= 0);
            let (from, to) = (movement.from.id(), movement.to.id());
            let key = (movement.cause, movement.kind, movement.item, movement.lot, from, to);
            assert!(self.causes.insert(key), "a movement has a cause of its own: {movement:?}");
            if let Some(original) = movement.reverses {
                let known = self.booked.iter().find(|m| m.id == original).unwrap();
                assert!(!self.booked.iter().any(|m| m.reverses == Some(original)));
                assert_eq!((known.qty, known.value), (movement.qty, movement.value));
                assert_eq!((known.from, known.to), (movement.to, movement.from));
            }
            for (place, sign) in [(movement.from, -1), (movement.to, 1)] {
                self.places.insert(place.id(), place);
                let slot = self.holdings.entry((movement.item, place.id(), movement.lot));
                let held = slot.or_default();
                *held += sign * movement.qty.get();
                assert!(*held >= 0 || place.kind != PlaceKind::Holding, "{movement:?}");
                if place.kind == PlaceKind::InTransit {
                    let sum = self.transit.entry(place.id()).or_default();
                    *sum = (sum.0 + sign * movement.qty.get(), sum.1 + sign * movement.value);
                }
            }
            self.booked.push(movement);
        }
        for change in sum_by_level(own.into_iter().chain(claims)) {
            let piece = self.piece_of(change.key);
            let level = self.levels.entry(change.key).or_insert(Level::empty(change.key, piece));
            let add = |counter: Qty, delta: i64| Qty::new(counter.get() + delta).unwrap();
            level.on_hand = add(level.on_hand, change.on_hand.0);
            level.held = add(level.held, change.held.0);
            level.allocated = add(level.allocated, change.allocated.0);
            level.backordered = add(level.backordered, change.backordered.0);
            level.value += change.value;
            assert!(level.allocated <= level.on_hand, "what is allocated is there: {level:?}");
            assert!(level.on_hand <= level.held && level.value >= 0);
        }
        for (quantity, value) in self.transit.values() {
            assert!(*quantity > 0 || *value == 0, "an empty account is worth nothing");
        }
    }

    fn piece_of(&self, key: LevelKey) -> Option<Qty> {
        let bytes = key.lot_class.as_bytes();
        let mm = i64::from_be_bytes(bytes[8..].try_into().unwrap());
        (!key.lot_class.is_none()).then(|| qty(mm))
    }

    /// What must come back after a step and its inverse.
    pub fn picture(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let quantities: Vec<Quantities> =
            self.order.lines.iter().map(|line| line.quantities).collect();
        let levels: Vec<Level> =
            self.levels.values().copied().filter(|l| !l.held.is_zero() || l.value != 0).collect();
        let held = self.holdings.iter().filter(|(_, held)| **held != 0);
        let held: Vec<_> = held.map(|(key, held)| (*key, *held)).collect();
        let states: Vec<_> = self.order.fulfillments.iter().map(|f| f.state).collect();
        (quantities, levels, held, states, self.order.head.clone())
    }

    pub fn claims_of(&self, number: u8) -> Vec<ClaimId> {
        let line = LineId::from_bytes([number; 16]);
        let own = self.order.work.iter().filter(|w| w.line == line && !w.qty.is_zero());
        own.map(|work| work.claim).collect()
    }
}

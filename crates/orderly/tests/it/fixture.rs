//! A small merchant to test with: three locations, a channel of each policy, items of each kind.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use orderly::ops::{catalog, settings};
use orderly::wire::OrderIn;
use orderly::{App, Call};
use orderly_core::actor::{Actor, ActorKind};
use orderly_core::id::{IdSource, ItemId, LocationId, LotId, UserId};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::{
    Cause, CauseKind, Condition, CostSource, Level, LevelKey, Lot, LotKind, Movement, MovementKind,
    Place, PlaceKind,
};
use orderly_store::tables::units::{Posted, Recorded};
use orderly_store::tables::{self, levels};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A database of its own for one test, gone when dropped.
pub struct TestDb {
    location: String,
    /// Kept while the test runs.
    folder: Option<TempDir>,
    server: Option<(String, String)>,
}

impl TestDb {
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let location = folder.path().join("orderly.db").to_str().unwrap().to_owned();
        Self { location, folder: Some(folder), server: None }
    }

    /// A new schema on the server of `ORDERLY_TEST_PG`; `None`, said on stderr, without one.
    pub fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("ORDERLY_TEST_PG") else {
            eprintln!("SKIPPED (PostgreSQL): ORDERLY_TEST_PG is not set");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let schema = format!("o{:x}_{}_{count}", nanos.as_nanos(), std::process::id());
        let mark = if server.contains('?') { '&' } else { '?' };
        let location = format!("{server}{mark}schema={schema}");
        Some(Self { location, folder: None, server: Some((server, schema)) })
    }

    /// One of each engine that there is.
    pub fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    /// The folder of the SQLite file.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(TempDir::path)
    }

    pub fn open(&self) -> App {
        App::open(&self.location).unwrap()
    }

    /// A connection past the store, as the owner.
    pub fn owner(&self) -> Option<postgres::Client> {
        let (server, schema) = self.server.as_ref()?;
        let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
        client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
        Some(client)
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some((_, schema)) = &self.server
            && let Some(mut owner) = self.owner()
        {
            let clean =
                format!("DROP SCHEMA IF EXISTS {schema} CASCADE; DROP ROLE IF EXISTS {schema}_app");
            if let Err(error) = owner.batch_execute(&clean) {
                eprintln!("{schema} was not dropped: {error}");
            }
        }
    }
}

/// The moment tests start at: 2026-03-02T08:00:00Z, a Monday.
pub const START: i64 = 1_772_438_400_000_000;

/// A merchant in a database.
pub struct Shop {
    pub app: App,
    pub db: TestDb,
    clock: AtomicU64,
}

impl Shop {
    /// One shop per engine, set up through the operations.
    pub fn each() -> Vec<Self> {
        TestDb::each().into_iter().map(Self::new).collect()
    }

    pub fn new(db: TestDb) -> Self {
        let app = db.open();
        let shop = Self { app, db, clock: AtomicU64::new(0) };
        shop.set_up();
        shop
    }

    /// A call of the owner; every call is one second and one seed later.
    pub fn call(&self) -> Call {
        self.call_of(Actor::owner())
    }

    pub fn call_of(&self, actor: Actor) -> Call {
        let count = self.clock.fetch_add(1, Ordering::Relaxed) + 1;
        let micros = START + i64::try_from(count).unwrap() * 1_000_000;
        Call::new(actor, "test", Instant::from_micros(micros), count)
    }

    /// Somebody without any right.
    pub fn stranger(&self) -> Call {
        let id = UserId::from_bytes([9; 16]);
        self.call_of(Actor { kind: ActorKind::User, id, all: false, grants: Vec::new() })
    }

    fn set_up(&self) {
        let entity = json!({
            "code": "main", "name": "Brook & Stone", "country": "GB", "currency": "GBP",
            "zone": "Europe/London",
        });
        settings::init(&self.app, &self.call(), &read(entity)).unwrap();
        for (code, kind, priority, latitude, longitude) in [
            ("depot", "warehouse", 1, 53_800_000, -1_550_000),
            ("leeds", "store", 2, 53_790_000, -1_540_000),
            ("york", "store", 2, 53_960_000, -1_080_000),
        ] {
            let location = json!({
                "code": code, "name": code, "kind": kind, "priority": priority,
                "coordinates": { "latitude_e6": latitude, "longitude_e6": longitude },
            });
            catalog::create_location(&self.app, &self.call(), &read(location)).unwrap();
        }
        for (code, kind, short, location) in [
            ("web", "web", "refuse", None),
            ("market", "marketplace", "accept", None),
            ("till", "store", "hand_over", Some("leeds")),
            ("phone", "phone", "refuse", None),
        ] {
            let channel = json!({
                "code": code, "name": code, "kind": kind, "when_short": short,
                "location": location,
            });
            catalog::create_channel(&self.app, &self.call(), &read(channel)).unwrap();
        }
        for item in items() {
            catalog::create_item(&self.app, &self.call(), &read(item)).unwrap();
        }
    }

    pub fn item(&self, sku: &str) -> ItemId {
        let found = self.app.store.read(|tx| tables::catalog::by_sku(tx, sku)).unwrap();
        found.unwrap_or_else(|| panic!("no item {sku}")).id
    }

    pub fn location(&self, code: &str) -> LocationId {
        let found = self.app.store.read(|tx| tables::locations::by_code(tx, code)).unwrap();
        found.unwrap_or_else(|| panic!("no location {code}")).id
    }

    /// Puts opening stock into a location's storage bin; `length` in mm for lengths.
    pub fn stock(&self, sku: &str, location: &str, qty: i64, length: Option<i64>) {
        let (call, item) = (self.call(), self.item(sku));
        let posted = self.app.store.write(|tx| {
            let place = tables::locations::by_code(tx, location)?.unwrap();
            let mut ids = IdSource::new(call.now, call.seed);
            let lot = match length {
                None => LotId::NONE,
                Some(length) => {
                    let lot = Lot {
                        id: ids.draw(),
                        item,
                        kind: LotKind::Length,
                        code: length.to_string(),
                        length: Some(Qty::new(length).unwrap()),
                        expires_on: None,
                        created_at: call.now,
                    };
                    tables::units::lot_or_insert(tx, &lot)?.id
                }
            };
            let movement = Movement {
                id: ids.draw(),
                kind: MovementKind::Receive,
                item,
                lot,
                lot_class: lot,
                from: Place::account(PlaceKind::Opening),
                to: Place::bin(place.id, place.storage_bin, Condition::Sellable),
                qty: Qty::new(qty).unwrap(),
                value: 0,
                cost_source: CostSource::Given,
                cause: Cause { kind: CauseKind::Adjustment, id: ids.draw() },
                reverses: None,
                reason: None,
                effective_at: call.now,
            };
            let by = Recorded {
                actor_kind: call.actor.kind,
                actor: call.actor.id,
                recorded_at: call.now,
            };
            tables::units::post(tx, &[movement], &[], &by)
        });
        assert_eq!(posted.unwrap(), Posted::Done);
    }

    /// The level of an item at a location, of any lot class but lengths'.
    pub fn level(&self, sku: &str, location: &str) -> Level {
        let (item, location) = (self.item(sku), self.location(location));
        let key = LevelKey { item, location, lot_class: LotId::NONE };
        let found = self.app.store.read(|tx| levels::get(tx, key)).unwrap();
        found.unwrap_or(Level::empty(key, None))
    }

    /// (on hand, allocated, backordered) of an item at a location, over all lot classes.
    pub fn sums(&self, sku: &str, location: &str) -> (i64, i64, i64) {
        let (item, location) = (self.item(sku), self.location(location));
        let levels = self.app.store.read(|tx| levels::of_item(tx, item)).unwrap();
        let own = levels.iter().filter(|level| level.key.location == location);
        own.fold((0, 0, 0), |(on_hand, allocated, backordered), level| {
            let (h, a, b) = (level.on_hand.get(), level.allocated.get(), level.backordered.get());
            (on_hand + h, allocated + a, backordered + b)
        })
    }
}

/// Reads a JSON value as a request.
pub fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// An order of one channel for `[sku, quantity]` lines.
pub fn order(channel: &str, lines: &[(&str, &str)]) -> OrderIn {
    let line = |(sku, quantity): &(&str, &str)| json!({ "sku": sku, "quantity": quantity });
    let lines: Vec<Value> = lines.iter().map(line).collect();
    read(json!({
        "channel": channel,
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": lines,
    }))
}

fn items() -> Vec<Value> {
    vec![
        json!({ "sku": "NAIL", "name": "Nail", "price": "0.10" }),
        json!({ "sku": "BOLT", "name": "Bolt", "price": "0.25" }),
        json!({ "sku": "PAINT", "name": "Paint 5 l", "price": "24.99", "backorder_limit": 10 }),
        json!({ "sku": "DRILL", "name": "Drill", "price": "129.00", "tracking": "serial" }),
        json!({ "sku": "ROPE", "name": "Rope 12 mm", "goods": "continuous", "base_unit": "mm",
                "sale_unit": "m", "price": "2.10" }),
        json!({ "sku": "BOARD", "name": "Oak board", "goods": "lengths", "base_unit": "mm",
                "sale_unit": "m", "price": "9.80", "min_offcut": 300 }),
        json!({ "sku": "TILE", "name": "Tile", "goods": "continuous", "base_unit": "cm2",
                "units": [{ "code": "box", "num": 14_400, "whole": true }], "sale_unit": "box",
                "price": "38.00" }),
        json!({ "sku": "BRICK", "name": "Brick", "price": "420.00", "price_unit": "thousand" }),
        json!({ "sku": "CARE", "name": "Advice", "goods": "service", "base_unit": "minute",
                "sale_unit": "hour", "price": "60.00" }),
        json!({ "sku": "KIT-A", "name": "Kit A", "price": "1.00", "kit": true,
                "components": [{ "sku": "BOLT", "quantity": "2" }] }),
        json!({ "sku": "KIT-B", "name": "Kit B", "price": "1.00", "kit": true,
                "components": [
                    { "sku": "BOLT", "quantity": "1" }, { "sku": "NAIL", "quantity": "3" },
                ] }),
    ]
}

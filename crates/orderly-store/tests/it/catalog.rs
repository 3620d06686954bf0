//! Items, channels, locations, suppliers, settings and imported files on both engines.

use orderly_core::catalog::{
    Bin, BinKind, Channel, ChannelKind, Coordinates, LegalEntity, Location, LocationKind, WhenShort,
};
use orderly_core::id::*;
use orderly_core::item::new::{NewComponent, NewItem, NewUnit};
use orderly_core::item::{Component, Item};
use orderly_core::money::Currency;
use orderly_core::order::Rounding;
use orderly_core::party::Supplier;
use orderly_core::purchase::supplier::SupplierTerms;
use orderly_core::qty::{BaseUnit, Qty};
use orderly_core::time::Instant;
use orderly_core::units::LevelKey;
use orderly_store::tables::imports::{File, Reject};
use orderly_store::tables::levels::{self, Browse};
use orderly_store::tables::{catalog, channels, imports, locations, settings, suppliers};
use orderly_store::{Store, StoreError};

use crate::TestDb;

const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

/// Runs a test in one transaction on each engine.
fn on_each(test: impl Fn(&Store)) {
    for db in TestDb::each() {
        test(&Store::open(db.location()).unwrap());
    }
}

fn item(number: u8, sku: &str) -> Item {
    let new = NewItem {
        sku: sku.into(),
        name: format!("Item {sku}"),
        price: Some("412.500001".into()),
        price_unit: Some("thousand".into()),
        cost: Some("0.2".into()),
        gtin: Some("4006381333931".into()),
        weight_g: Some(2_500),
        dimensions_mm: Some([215, 102, 65]),
        hs_code: Some("690410".into()),
        origin_country: Some("DE".into()),
        over_ppm: 50_000,
        backorder_limit: Some(1_000),
        ..NewItem::default()
    };
    new.check(ItemId::from_bytes([number; 16]), &Default::default(), eur()).unwrap()
}

/// BOLT, a SET of four bolts and a tile, and a HOUSE of two sets.
fn kits() -> Vec<Item> {
    let boxed = NewUnit { code: "box".into(), num: 14_400, den: 1, whole: true, gtin: None };
    let tile = NewItem {
        sku: "TILE".into(),
        name: "Tile".into(),
        base_unit: BaseUnit::Cm2,
        units: vec![NewUnit { gtin: Some("96385074".into()), ..boxed }],
        sale_unit: Some("box".into()),
        ..NewItem::default()
    };
    let mut known = orderly_core::catalog::Catalog::default();
    let mut add = |new: &NewItem, number: u8| {
        let item = new.check(ItemId::from_bytes([number; 16]), &known, eur()).unwrap();
        known.add(std::sync::Arc::new(item.clone()));
        item
    };
    let bolt = NewItem { sku: "BOLT".into(), name: "Bolt".into(), ..NewItem::default() };
    let part = |sku: &str, quantity: &str| NewComponent {
        sku: sku.into(),
        quantity: quantity.into(),
        unit: None,
    };
    let kit = |sku: &str, components: Vec<NewComponent>| NewItem {
        sku: sku.into(),
        name: sku.into(),
        kit: true,
        components,
        ..NewItem::default()
    };
    vec![
        add(&bolt, 1),
        add(&tile, 2),
        add(&kit("SET", vec![part("TILE", "1"), part("BOLT", "4")]), 3),
        add(&kit("HOUSE", vec![part("SET", "2")]), 4),
    ]
}

#[test]
fn an_item_is_read_as_it_was_written() {
    on_each(|store| {
        let (one, other) = (item(1, "BRICK"), item(2, "BRICK"));
        store
            .write(|tx| {
                assert_eq!(catalog::insert_many(tx, std::slice::from_ref(&one), NOW)?, 1);
                let taken = catalog::insert_many(tx, std::slice::from_ref(&other), NOW)?;
                assert_eq!(taken, 0, "the SKU is taken");
                assert_eq!(catalog::get(tx, one.id)?.as_deref(), Some(&one));
                assert_eq!(catalog::by_sku(tx, "BRICK")?.as_deref(), Some(&one));
                assert_eq!(catalog::by_sku(tx, "brick")?, None);
                assert_eq!(catalog::by_gtin(tx, "4006381333931")?.len(), 1);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn a_kit_is_loaded_with_everything_it_is_made_of() {
    on_each(|store| {
        let kits = kits();
        store
            .write(|tx| {
                assert_eq!(catalog::insert_many(tx, &kits, NOW)?, 4);
                let known = catalog::load(tx, &["HOUSE", "HOUSE", "NOWHERE"])?;
                assert_eq!(known.items().count(), 4);
                for item in &kits {
                    assert_eq!(known.by_sku(&item.sku).map(AsRef::as_ref), Some(item));
                }
                let house = known.by_sku("HOUSE").unwrap();
                let parts = known.explode(house).unwrap();
                let parts: Vec<_> =
                    parts.iter().map(|(part, qty)| (part.sku.as_str(), qty.get())).collect();
                assert_eq!(parts, [("TILE", 28_800), ("BOLT", 8)]);
                let by_id = catalog::load_ids(tx, &[kits[2].id])?;
                assert_eq!(by_id.items().count(), 3);
                assert_eq!(catalog::by_gtin(tx, "96385074")?[0].sku, "TILE");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn many_items_are_found_by_their_keys_at_once() {
    on_each(|store| {
        let bolt = kits().remove(0);
        let many: Vec<Item> = (0..1_200_u32)
            .map(|number| {
                let mut id = [9; 16];
                id[..4].copy_from_slice(&number.to_be_bytes());
                let (id, sku) = (ItemId::from_bytes(id), format!("S{number:04}"));
                Item { id, sku, ..bolt.clone() }
            })
            .collect();
        store
            .write(|tx| {
                catalog::insert_many(tx, &many, NOW)?;
                let skus: Vec<&str> = many.iter().map(|item| item.sku.as_str()).collect();
                assert_eq!(catalog::load(tx, &skus)?.items().count(), 1_200);
                let page = catalog::list(tx, "S0009", 3)?;
                let page: Vec<&str> = page.iter().map(|item| item.sku.as_str()).collect();
                assert_eq!(page, ["S0010", "S0011", "S0012"]);
                let found = catalog::search(tx, &["BOLT", "s001"], 2)?;
                let found: Vec<&str> = found.iter().map(|item| item.sku.as_str()).collect();
                assert_eq!(found, ["S0010", "S0011"]);
                assert!(catalog::search(tx, &["s%"], 9)?.is_empty(), "no wildcard of a person");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn an_item_is_saved_against_the_version_that_was_seen() {
    on_each(|store| {
        let kits = kits();
        let before = kits[2].clone();
        let one = Component { item: kits[0].id, qty: Qty::new(6).unwrap() };
        let after =
            Item { name: "Set of six".into(), components: vec![one], version: 2, ..before.clone() };
        store
            .write(|tx| {
                catalog::insert_many(tx, &kits, NOW)?;
                assert!(catalog::save(tx, &before, &after)?);
                assert!(!catalog::save(tx, &before, &after)?, "the version has moved on");
                assert_eq!(catalog::get(tx, after.id)?.as_deref(), Some(&after));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

fn entity() -> LegalEntity {
    LegalEntity {
        id: LegalEntityId::from_bytes([7; 16]),
        code: "MAIN".into(),
        name: "Merchant".into(),
        country: "DE".into(),
        currency: eur(),
        zone: "Europe/Berlin".into(),
        tax_number: Some("DE123".into()),
    }
}

#[test]
fn settings_and_legal_entities_are_kept() {
    on_each(|store| {
        let entity = entity();
        store
            .write(|tx| {
                settings::set(tx, "a", "1")?;
                settings::set(tx, "a", "2")?;
                assert_eq!(settings::get(tx, "a")?.as_deref(), Some("2"));
                assert_eq!(settings::get(tx, "b")?, None);
                assert_eq!(settings::all(tx)?, [("a".to_owned(), "2".to_owned())]);
                assert!(settings::insert_entity(tx, &entity)?);
                assert!(!settings::insert_entity(tx, &entity)?);
                assert_eq!(settings::entity(tx, entity.id)?.as_ref(), Some(&entity));
                assert_eq!(settings::entities(tx)?, std::slice::from_ref(&entity));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn channels_are_kept_and_saved_by_version() {
    on_each(|store| {
        let channel = Channel {
            id: ChannelId::from_bytes([3; 16]),
            code: "web".into(),
            name: "Web".into(),
            kind: ChannelKind::Web,
            when_short: WhenShort::Refuse,
            rounding: Rounding::Line,
            currency: eur(),
            legal_entity: entity().id,
            location: None,
            priority: 5,
            active: true,
            version: 1,
        };
        let after = Channel { active: false, priority: 6, version: 2, ..channel.clone() };
        store
            .write(|tx| {
                assert!(channels::insert(tx, &channel)?);
                assert!(!channels::insert(tx, &channel)?);
                assert_eq!(channels::by_code(tx, "web")?.as_ref(), Some(&channel));
                assert!(channels::save(tx, &channel, &after)?);
                assert!(!channels::save(tx, &channel, &after)?);
                assert_eq!(channels::get(tx, channel.id)?.as_ref(), Some(&after));
                assert_eq!(channels::all(tx)?, std::slice::from_ref(&after));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn locations_are_kept_with_their_bins() {
    on_each(|store| {
        let id = LocationId::from_bytes([4; 16]);
        let bin = |number: u8, code: &str, kind| Bin {
            id: BinId::from_bytes([number; 16]),
            location: id,
            code: code.into(),
            kind,
            position: i64::from(number),
            capacity_g: Some(1_000),
            capacity_ml: None,
            capacity_mm: Some(6_000),
            active: true,
        };
        let bins = [bin(1, "S", BinKind::Storage), bin(2, "T", BinKind::Staging)];
        let location = Location {
            id,
            code: "LEEDS".into(),
            name: "Leeds".into(),
            kind: LocationKind::Store,
            legal_entity: entity().id,
            party: None,
            coordinates: Some(Coordinates { latitude_e6: 53_800_000, longitude_e6: -1_550_000 }),
            zone: "Europe/London".into(),
            priority: 1,
            fulfills: true,
            storage_bin: bins[0].id,
            staging_bin: bins[1].id,
            active: true,
            version: 1,
        };
        let after = Location { fulfills: false, coordinates: None, version: 2, ..location.clone() };
        store
            .write(|tx| {
                assert!(locations::insert(tx, &location)?);
                assert!(!locations::insert(tx, &location)?);
                assert_eq!(locations::insert_bins(tx, &bins)?, 2);
                assert_eq!(locations::insert_bins(tx, &bins[..1])?, 0);
                assert_eq!(locations::by_code(tx, "LEEDS")?.as_ref(), Some(&location));
                assert_eq!(locations::bin(tx, bins[1].id)?.as_ref(), Some(&bins[1]));
                assert_eq!(locations::bin_by_code(tx, id, "S")?.as_ref(), Some(&bins[0]));
                assert_eq!(locations::bins(tx, id)?, bins);
                assert!(locations::save(tx, &location, &after)?);
                assert!(!locations::save(tx, &location, &after)?);
                assert_eq!(locations::get(tx, id)?.as_ref(), Some(&after));
                assert_eq!(locations::all(tx)?, std::slice::from_ref(&after));
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn suppliers_are_kept() {
    on_each(|store| {
        let supplier = Supplier {
            id: SupplierId::from_bytes([5; 16]),
            code: "ACME".into(),
            name: "Acme".into(),
            party: None,
            currency: eur(),
            lead_time_days: 14,
            terms: SupplierTerms::default(),
            active: true,
            version: 1,
        };
        store
            .write(|tx| {
                assert!(suppliers::insert(tx, &supplier)?);
                assert!(!suppliers::insert(tx, &supplier)?);
                assert_eq!(suppliers::get(tx, supplier.id)?.as_ref(), Some(&supplier));
                assert_eq!(suppliers::by_code(tx, "ACME")?.as_ref(), Some(&supplier));
                assert_eq!(suppliers::list(tx, "", 10)?, std::slice::from_ref(&supplier));
                assert!(suppliers::list(tx, "ACME", 10)?.is_empty());
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn a_file_moves_on_from_the_line_that_was_seen() {
    on_each(|store| {
        let new = File {
            id: ImportId::from_bytes([6; 16]),
            kind: "orders".into(),
            name: "a.csv".into(),
            map: "Map".into(),
            line: 0,
            rows: 0,
            taken: 0,
            rejected: 0,
            amount_taken: "0".into(),
            amount_rejected: "0".into(),
            amount_rounding: "0".into(),
            orders: 0,
            returns: 0,
            started_at: NOW,
            finished_at: None,
        };
        let sums = File { line: 9, rows: 8, taken: 7, rejected: 1, ..new.clone() };
        let after = File { amount_taken: "1.005".into(), finished_at: Some(NOW), ..sums };
        let bad = |line: i64| {
            let reason = "it is bad".to_owned();
            Reject { line, reason, amount: (line > 3).then(|| "2.5".to_owned()) }
        };
        let mut named = kits().remove(0);
        named.name = named.sku.clone();
        store
            .write(|tx| {
                imports::insert(tx, &new)?;
                imports::insert(tx, &File { name: "again.csv".into(), ..new.clone() })?;
                assert_eq!(imports::get(tx, new.id)?.as_ref(), Some(&new));
                imports::reject(tx, new.id, &[bad(3), bad(5)])?;
                assert_eq!(imports::rejects(tx, new.id, 0, 10)?, [bad(3), bad(5)]);
                assert_eq!(imports::rejects(tx, new.id, 3, 10)?, [bad(5)]);
                assert!(imports::save(tx, &new, &after)?);
                assert!(!imports::save(tx, &new, &after)?, "the line has moved on");
                assert_eq!(imports::get(tx, new.id)?.as_ref(), Some(&after));
                catalog::insert_many(tx, std::slice::from_ref(&named), NOW)?;
                let name = [(named.id, "Bolt M8".to_owned())];
                assert_eq!(imports::name_items(tx, &name)?, 1);
                assert_eq!(imports::name_items(tx, &name)?, 0, "it has a name now");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

#[test]
fn levels_are_looked_through_by_what_is_known_of_their_items() {
    on_each(|store| {
        let items = kits();
        store
            .write(|tx| {
                catalog::insert_many(tx, &items, NOW)?;
                let at = |item: &Item, place: u8| LevelKey {
                    item: item.id,
                    location: LocationId::from_bytes([place; 16]),
                    lot_class: LotId::NONE,
                };
                for item in &items {
                    for place in [1, 2] {
                        levels::set_safety(tx, at(item, place), Qty::ZERO)?;
                    }
                }
                let all = levels::browse(tx, &Browse::default(), 100)?;
                let mut skus: Vec<&str> = items.iter().map(|item| item.sku.as_str()).collect();
                skus.sort_unstable();
                let found: Vec<&str> = all.iter().step_by(2).map(|(sku, _)| &**sku).collect();
                assert_eq!((all.len(), found), (2 * items.len(), skus));
                let first = all[0].clone();
                let after = Some((first.0, first.1.key));
                let rest = levels::browse(tx, &Browse { after, ..Browse::default() }, 100)?;
                assert_eq!(rest, all[1..]);
                let text = Some("bol".to_owned());
                let location = Some(LocationId::from_bytes([2; 16]));
                let bolts = Browse { text, location, out: true, ..Browse::default() };
                let bolts = levels::browse(tx, &bolts, 100)?;
                assert_eq!(bolts.iter().map(|(sku, _)| &**sku).collect::<Vec<_>>(), ["BOLT"]);
                let owing = Browse { owing: true, ..Browse::default() };
                assert_eq!(levels::browse(tx, &owing, 100)?, []);
                let wild = Browse { text: Some("%".into()), ..Browse::default() };
                assert_eq!(levels::browse(tx, &wild, 100)?, [], "no wildcard of a person");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

//! Items, channels, locations and parties through their operations.

use orderly::ops::{accounts, catalog, parties, settings};
use orderly::{App, Call, Error};
use orderly_core::actor::{Actor, ActorKind};
use orderly_core::catalog::new::{NewBin, NewChannel, NewEntity};
use orderly_core::catalog::{BinKind, ChannelKind};
use orderly_core::id::{SiteId, UserId};
use orderly_core::item::new::NewItem;
use orderly_core::party::NewParty;
use orderly_core::refusal::Code;
use orderly_store::tables::{accounts as rows, locations};

use crate::fixture::Shop;

fn item(sku: &str) -> NewItem {
    NewItem { sku: sku.into(), name: format!("Item {sku}"), ..NewItem::default() }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().refused().unwrap()
}

#[test]
fn an_item_is_created_once_and_changed_against_its_version() {
    for shop in Shop::each() {
        let app = &shop.app;
        let call = shop.call().with_key("one", b"X");
        let made = catalog::create_item(app, &call, &item("X")).unwrap();
        let again = catalog::create_item(app, &call, &item("X")).unwrap();
        assert_eq!(made, again, "the same key is answered with the same item");
        let taken = catalog::create_item(app, &shop.call(), &item("X"));
        assert_eq!(refused(taken), Code::AlreadyExists);
        let seen = Call { expected_version: Some(1), ..shop.call() };
        let new = NewItem { price: Some("2.50".into()), ..item("X") };
        let changed = catalog::update_item(app, &seen, made.id, &new).unwrap();
        assert_eq!((changed.version, changed.price.unwrap().to_string()), (2, "2.5".to_owned()));
        let stale = Call { expected_version: Some(1), ..shop.call() };
        let stale = catalog::update_item(app, &stale, made.id, &new);
        assert_eq!(refused(stale), Code::StaleVersion);
        let renamed = catalog::update_item(app, &shop.call(), made.id, &item("Y"));
        assert_eq!(refused(renamed), Code::InvalidField);
        let off = catalog::set_item_active(app, &shop.call(), made.id, false).unwrap();
        assert!(!off.active && off.version == 3);
    }
}

#[test]
fn many_items_are_created_together_or_not_at_all() {
    for shop in Shop::each() {
        let app = &shop.app;
        let bad = [item("M1"), item("M1")];
        let all = catalog::create_items(app, &shop.call(), &bad);
        assert_eq!(refused(all), Code::AlreadyExists);
        let good = [item("M1"), item("M2")];
        assert_eq!(catalog::create_items(app, &shop.call(), &good).unwrap().len(), 2);
    }
}

#[test]
fn only_who_may_configure_changes_the_catalog() {
    for shop in Shop::each() {
        let clerk = Actor { kind: ActorKind::User, id: UserId::NONE, all: false, grants: vec![] };
        let call = shop.call_of(clerk);
        let made = catalog::create_item(&shop.app, &call, &item("X"));
        assert_eq!(made.unwrap_err().code(), "forbidden");
    }
}

#[test]
fn channels_and_bins_have_codes_of_their_own() {
    for shop in Shop::each() {
        let app = &shop.app;
        let new = NewChannel {
            code: "edi".into(),
            name: "EDI".into(),
            kind: ChannelKind::Edi,
            when_short: None,
            rounding: None,
            currency: None,
            location: None,
            priority: 0,
        };
        let channel = catalog::create_channel(app, &shop.call(), &new).unwrap();
        let taken = catalog::create_channel(app, &shop.call(), &new);
        assert_eq!(refused(taken), Code::AlreadyExists);
        let nowhere = NewChannel { location: Some("MOON".into()), ..new.clone() };
        let nowhere = catalog::create_channel(app, &shop.call(), &nowhere);
        assert_eq!(refused(nowhere), Code::UnknownLocation);
        let urgent = NewChannel { priority: 9, ..new };
        let after = catalog::update_channel(app, &shop.call(), channel.id, &urgent).unwrap();
        assert_eq!((after.priority, after.version), (9, 2));
        let location = app.store.read(locations::all).unwrap().remove(0);
        let bin = NewBin {
            code: "A-01".into(),
            kind: BinKind::Storage,
            position: 7,
            capacity_g: None,
            capacity_ml: None,
            capacity_mm: None,
        };
        catalog::create_bin(app, &shop.call(), location.id, &bin).unwrap();
        let taken = catalog::create_bin(app, &shop.call(), location.id, &bin);
        assert_eq!(refused(taken), Code::AlreadyExists);
        let closed = catalog::set_location_active(app, &shop.call(), location.id, false).unwrap();
        assert!(!closed.active);
    }
}

#[test]
fn a_database_is_set_up_once() {
    for shop in Shop::each() {
        let new = NewEntity {
            code: "TWO".into(),
            name: "Another".into(),
            country: "DE".into(),
            currency: "EUR".into(),
            zone: "Europe/Berlin".into(),
            tax_number: None,
        };
        let again = settings::init(&shop.app, &shop.call(), &new);
        assert_eq!(refused(again), Code::AlreadyExists);
        settings::set(&shop.app, &shop.call(), "labels.width_mm", "100").unwrap();
        let all = settings::all(&shop.app, &shop.call()).unwrap();
        assert!(all.contains(&("labels.width_mm".to_owned(), "100".to_owned())));
        let odd = settings::set(&shop.app, &shop.call(), "Labels Width", "100");
        assert_eq!(refused(odd), Code::InvalidField);
    }
}

fn party(name: &str) -> NewParty {
    NewParty {
        name: name.into(),
        email: Some(format!("{}@builders.org", name.to_lowercase())),
        country: Some("GB".into()),
        ..NewParty::default()
    }
}

#[test]
fn an_account_comes_with_what_it_may_owe() {
    for shop in Shop::each() {
        let app = &shop.app;
        let new = accounts::NewAccount {
            number: "T-100".into(),
            name: "Builders".into(),
            party: party("Ada"),
            terms_days: 30,
            limit: Some("5000".into()),
            ..accounts::NewAccount::default()
        };
        let account = accounts::create_account(app, &shop.call(), &new).unwrap();
        let taken = accounts::create_account(app, &shop.call(), &new);
        assert_eq!(refused(taken), Code::AlreadyExists);
        let precise = accounts::NewAccount { limit: Some("0.00001".into()), ..new };
        let precise = accounts::create_account(app, &shop.call(), &precise);
        assert_eq!(refused(precise), Code::MoneyPrecision);
        let site = accounts::NewSite {
            code: "NORTH".into(),
            name: "North bank".into(),
            party: party("Bob"),
            reference: None,
            limit: Some("100".into()),
        };
        let site = accounts::create_site(app, &shop.call(), account.id, &site).unwrap();
        let contact = |site| accounts::NewContact {
            party: party("Cy"),
            site: Some(site),
            may_order: true,
            may_collect: true,
        };
        accounts::create_contact(app, &shop.call(), account.id, &contact(site.id)).unwrap();
        let stray = contact(SiteId::from_bytes([9; 16]));
        let stray = accounts::create_contact(app, &shop.call(), account.id, &stray);
        assert_eq!(refused(stray), Code::UnknownSite);
        accounts::set_limit(app, &shop.call(), account.id, Some(site.id), None).unwrap();
        let owed = app.store.read(|tx| rows::exposures(tx, account.id)).unwrap();
        let limits: Vec<bool> = owed.iter().map(|one| one.limit.is_some()).collect();
        assert_eq!(limits, [true, false]);
    }
}

#[test]
fn a_customer_is_known_by_his_address_and_gets_a_version_when_it_changes() {
    for shop in Shop::each() {
        let app = &shop.app;
        let stated = |app: &App, new: &NewParty| {
            let (call, now) = (shop.call(), shop.call().now);
            app.store
                .write(|tx| {
                    let merchant = settings::merchant(tx)?;
                    parties::customer_of(tx, &merchant, new, &mut call.ids(), now)
                })
                .unwrap()
        };
        let (first, party_one) = stated(app, &party("Dora"));
        let (again, same) = stated(app, &party("Dora"));
        assert_eq!((first.id, party_one), (again.id, same));
        let moved = NewParty { city: Some("York".into()), ..party("Dora") };
        let (after, other) = stated(app, &moved);
        assert_eq!((after.id, after.version), (first.id, 2));
        assert_ne!(other, party_one);
        let named = parties::update_customer(app, &shop.call(), first.id, &party("Dora")).unwrap();
        assert_eq!(named.version, 3);
    }
}

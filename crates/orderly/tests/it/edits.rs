//! Editing placed orders: addresses, quantities, more lines; and what may not be edited.

use orderly::Error;
use orderly::ops::fulfillments::shipments::{Shipping, ship};
use orderly::ops::fulfillments::undo::undo;
use orderly::ops::fulfillments::{hold, pack, pick, release};
use orderly::ops::orders::edit::edit;
use orderly::ops::orders::place::place;
use orderly::ops::prices::explain;
use orderly_core::order::hold::NewHold;
use orderly_core::order::{HoldScope, Order, Step};
use orderly_core::refusal::Code;
use orderly_store::tables;
use serde_json::{Value, json};

use crate::fixture::{Shop, read};
use crate::proof;
use crate::sold::{code, refused};

fn placed(shop: &Shop, channel: &str, lines: Value) -> Order {
    let order = json!({
        "channel": channel, "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": [{ "ref": "a", "method": "parcel", "ship_to": {
            "name": "Ann Field", "lines": ["2 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
            "country": "GB" } }],
        "lines": lines,
    });
    place(&shop.app, &shop.call(), &read(order)).unwrap()
}

fn edited(shop: &Shop, order: &Order, new: Value) -> Result<Order, Error> {
    edit(&shop.app, &shop.call().with_reason("the customer called"), order.id, &read(new))
}

fn sums(order: &Order, line: usize) -> (i64, i64, i64, i64) {
    let q = &order.lines[line].quantities;
    (q.ordered.get(), q.canceled.get(), q.allocated.get(), q.backordered.get())
}

fn packed(shop: &Shop, order: &Order) {
    let of = (order.id, order.fulfillments[0].id);
    release(&shop.app, &shop.call(), of).unwrap();
    pick(&shop.app, &shop.call(), of, &[]).unwrap();
    pack(&shop.app, &shop.call(), of, &[]).unwrap();
}

fn address(city: &str, country: &str) -> Value {
    json!({ "deliveries": [{ "delivery": "a", "required_on": "2026-03-20", "ship_to": {
        "name": "Ann Field", "lines": ["9 New Road"], "city": city, "postcode": "YO1 1AA",
        "country": country } }] })
}

#[test]
fn a_delivery_goes_to_another_address_until_it_is_packed() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let order = placed(&shop, "market", json!([{ "sku": "NAIL", "quantity": "10" }]));
        let before = order.deliveries[0].ship_to.unwrap();
        let after = edited(&shop, &order, address("York", "GB")).unwrap();
        let new = after.deliveries[0].ship_to.unwrap();
        let (old, new) = shop
            .app
            .store
            .read(|tx| {
                Ok::<_, Error>((tables::parties::get(tx, before)?, tables::parties::get(tx, new)?))
            })
            .unwrap();
        let (old, new) = (old.unwrap(), new.unwrap());
        assert_eq!((old.city.as_deref(), new.city.as_deref()), (Some("Leeds"), Some("York")));
        assert_eq!((old.subject, old.version + 1), (new.subject, new.version));
        assert_eq!(after.deliveries[0].required_on.unwrap().to_string(), "2026-03-20");
        assert_eq!(after.version, order.version + 1);
        let abroad = shop.unchanged(|| edited(&shop, &order, address("Lyon", "FR")));
        assert_eq!(
            (abroad.code(), abroad.issues[0].allowed.as_deref()),
            (Code::InvalidField, Some("GB"))
        );
        assert_eq!(abroad.issues[0].pointer, "/deliveries/0/ship_to/country");
        let none = json!({ "deliveries": [{ "delivery": "z", "required_on": "2026-03-20" }] });
        assert_eq!(code(edited(&shop, &order, none)), Code::UnknownDelivery);
        packed(&shop, &order);
        let late = shop.unchanged(|| edited(&shop, &order, address("Hull", "GB")));
        assert_eq!(
            (late.code(), late.issues[0].allowed.as_deref()),
            (Code::InvalidTransition, Some("unpack"))
        );
        let of = (order.id, order.fulfillments[0].id);
        ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
        let gone = edited(&shop, &order, address("Hull", "GB"));
        assert_eq!(code(gone), Code::InvalidTransition);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn quantities_shrink_grow_back_and_grow_on() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 20, None);
        let order = placed(
            &shop,
            "web",
            json!([{ "sku": "NAIL", "quantity": "10",
            "tax": [{ "name": "VAT", "rate": "0.2", "included": true }] }]),
        );
        let to = |quantity: &str| json!({ "lines": [{ "line": "NAIL", "quantity": quantity }] });
        let more = edited(&shop, &order, to("15")).unwrap();
        assert_eq!((sums(&more, 0), more.head.totals.total), ((15, 0, 15, 0), 150));
        assert_eq!(more.lines[0].entered, "15");
        let short = shop.unchanged(|| edited(&shop, &order, to("21")));
        assert_eq!(short.code(), Code::InsufficientStock);
        let less = edited(&shop, &order, to("4")).unwrap();
        assert_eq!(sums(&less, 0), (15, 11, 4, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (20, 4, 0));
        let back = edited(&shop, &order, to("9")).unwrap();
        assert_eq!(sums(&back, 0), (15, 6, 9, 0), "what was canceled comes back first");
        let on = edited(&shop, &order, to("18")).unwrap();
        assert_eq!((sums(&on, 0), on.head.totals.total), ((18, 0, 18, 0), 180));
        assert_eq!(code(edited(&shop, &order, to("18"))), Code::NothingToDo);
        let none = edited(&shop, &order, to("0")).unwrap();
        assert_eq!(sums(&none, 0), (18, 18, 0, 0));
        assert_eq!(code(edited(&shop, &order, to("1.5"))), Code::QuantityPrecision);
        let last = undo(&shop.app, &shop.call().with_reason("a mistake"), order.id);
        assert_eq!(code(last), Code::NotReversible);
        proof::all_holds(&shop.app);
    }
}

#[test]
fn kits_and_pieces_grow_whole_and_what_is_on_its_way_does_not() {
    for shop in Shop::each() {
        shop.stock("BOLT", "depot", 100, None);
        shop.stock("NAIL", "depot", 100, None);
        shop.stock("BOARD", "depot", 30_000, Some(5_000));
        let order = placed(
            &shop,
            "web",
            json!([
                { "sku": "KIT-B", "quantity": "2" },
                { "sku": "BOARD", "quantity": "2", "unit": "cut", "cut_length": "2.4 m" },
                { "sku": "BOLT", "quantity": "4" },
            ]),
        );
        let to = |line: &str, quantity: &str| {
            let one = json!({ "line": line, "quantity": quantity });
            json!({ "lines": [one] })
        };
        let kits = edited(&shop, &order, to("KIT-B", "5")).unwrap();
        let kit = kits.lines.iter().position(|line| line.id == order.lines[0].id).unwrap();
        assert_eq!(sums(&kits, kit), (5, 0, 5, 0));
        assert_eq!(shop.sums("NAIL", "depot"), (100, 15, 0));
        let position = order.lines.iter().find(|line| line.piece.is_some()).unwrap().position;
        let cut = edited(&shop, &order, to(&position.to_string(), "3")).unwrap();
        let board = cut.lines.iter().position(|line| line.piece.is_some()).unwrap();
        assert_eq!(sums(&cut, board), (7_200, 0, 7_200, 0));
        let part = order.lines.iter().find(|line| line.parent.is_some()).unwrap().position;
        let part = edited(&shop, &order, to(&part.to_string(), "9"));
        assert_eq!(code(part), Code::KitComponent);
        let of = (order.id, order.fulfillments[0].id);
        release(&shop.app, &shop.call(), of).unwrap();
        pick(&shop.app, &shop.call(), of, &[]).unwrap();
        pack(&shop.app, &shop.call(), of, &[]).unwrap();
        ship(&shop.app, &shop.call(), of, &Shipping::default()).unwrap();
        let grown = refused(edited(&shop, &order, to("KIT-B", "6")));
        assert_eq!(
            (grown.code(), grown.issues[0].allowed.as_deref()),
            (Code::InvalidTransition, Some("add"))
        );
        let added = edited(&shop, &order, json!({ "add": [{ "sku": "KIT-B", "quantity": "1" }] }));
        let added = added.unwrap();
        let new = added.lines.iter().filter(|line| line.position > 5).count();
        assert!(new >= 3, "a kit with its components");
        proof::all_holds(&shop.app);
    }
}

#[test]
fn lines_are_added_at_the_prices_of_now_within_stock_and_credit() {
    for shop in Shop::each() {
        shop.account("T1");
        shop.buy("depot", "NAIL", "500", "0.03");
        shop.buy("depot", "BOLT", "100", "0.10");
        let list = json!({ "code": "TRADE", "scope": "account", "subject": "T1" });
        orderly::ops::prices::lists::set(&shop.app, &shop.call(), &read(list)).unwrap();
        let price = [read(json!({ "sku": "BOLT", "price": "0.20" }))];
        orderly::ops::prices::lists::put(&shop.app, &shop.call(), "TRADE", &price).unwrap();
        let order = json!({
            "channel": "phone", "account": "T1", "settlement": "account",
            "lines": [{ "sku": "NAIL", "quantity": "100" }],
        });
        let order = place(&shop.app, &shop.call(), &read(order)).unwrap();
        let add =
            |sku: &str, quantity: &str| json!({ "add": [{ "sku": sku, "quantity": quantity }] });
        let after = edited(&shop, &order, add("BOLT", "50")).unwrap();
        assert_eq!((after.lines.len(), after.lines[1].position), (2, 2));
        assert_eq!((sums(&after, 1), after.head.totals.total), ((50, 0, 50, 0), 2_000));
        let why = explain::order(&shop.app, &shop.call(), &order.number).unwrap();
        let why: Vec<_> = why.iter().map(|one| (one.position, one.list.clone())).collect();
        assert_eq!(why, [(1, None), (2, Some("TRADE".into()))]);
        let short = shop.unchanged(|| edited(&shop, &order, add("BOLT", "51")));
        assert_eq!(short.code(), Code::InsufficientStock);
        let unknown = refused(edited(&shop, &order, add("GOLD", "1")));
        assert_eq!(
            (unknown.code(), unknown.issues[0].pointer.as_str()),
            (Code::UnknownItem, "/add/0/sku")
        );
        let bought = json!({ "add": [{ "kind": "special_order", "description": "Gate",
            "quantity": "1", "unit_price": "90.00" }] });
        assert_eq!(code(edited(&shop, &order, bought)), Code::InvalidField);
        let owner = order.head.account.unwrap();
        let limit = Some("25.00");
        orderly::ops::accounts::set_limit(&shop.app, &shop.call(), owner, None, limit).unwrap();
        let broke = shop.unchanged(|| edited(&shop, &order, add("NAIL", "100")));
        assert_eq!(broke.code(), Code::CreditLimit);
        edited(&shop, &order, add("NAIL", "50")).unwrap();
        proof::all_holds(&shop.app);
    }
}

#[test]
fn who_may_not_edit_and_what_is_held_or_seen_otherwise_stays() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let order = placed(&shop, "web", json!([{ "sku": "NAIL", "quantity": "10" }]));
        let new = read(json!({ "reference": "PO 7", "priority": 3 }));
        let stranger = edit(&shop.app, &shop.stranger(), order.id, &new);
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
        let mut seen = shop.call();
        seen.expected_version = Some(order.version + 1);
        assert_eq!(code(edit(&shop.app, &seen, order.id, &new)), Code::StaleVersion);
        let keyed = || shop.call().with_key("edit-1", b"the same");
        let first = edit(&shop.app, &keyed(), order.id, &new).unwrap();
        let again = edit(&shop.app, &keyed(), order.id, &new).unwrap();
        assert_eq!((first.head.reference.as_deref(), first == again), (Some("PO 7"), true));
        assert_eq!(first.head.priority, 3);
        let new_hold = NewHold {
            kind: "manual".into(),
            scope: HoldScope::Order,
            scope_id: [0; 16],
            blocks: vec![Step::Edit],
            reason: "being checked".into(),
            owner: None,
            due_at: None,
        };
        hold::hold(&shop.app, &shop.call(), order.id, &new_hold).unwrap();
        let held = edited(&shop, &order, json!({ "priority": 4 }));
        assert_eq!(code(held), Code::OnHold);
        proof::all_holds(&shop.app);
    }
}

//! Prices and taxes by the rules, from the lists to the placed order and its trace.

use orderly::ops::invoices;
use orderly::ops::orders::place::place;
use orderly::ops::prices::{explain, lists, sheet, terms};
use orderly::ops::{accounts, taxes};
use orderly::verify;
use orderly::wire::OrderIn;
use orderly::{Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::id::UserId;
use orderly_core::pricing::Source;
use orderly_core::pricing::tax::TaxOrigin;
use orderly_core::refusal::{Code, Refusal};
use serde_json::{Value, json};

use crate::fixture::{Shop, read};

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

fn clean(shop: &Shop) {
    let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

/// A shop with stock, an account of the group `builders` with a site.
fn shop_with_account(shop: &Shop) {
    let app = &shop.app;
    shop.stock("NAIL", "depot", 100_000, None);
    shop.stock("NAIL", "leeds", 100_000, None);
    shop.stock("PAINT", "depot", 1_000, None);
    let new = json!({
        "number": "T1", "name": "Field & Sons", "party": { "name": "Field & Sons" },
        "terms_days": 30, "limit": null, "currency": null,
    });
    accounts::create_account(app, &shop.call(), &read(new)).unwrap();
    terms::account(app, &shop.call(), "T1", (Some("builders"), None)).unwrap();
}

fn list(shop: &Shop, new: Value) {
    lists::set(&shop.app, &shop.call(), &read(new)).unwrap();
}

fn put(shop: &Shop, list: &str, entries: Value) {
    lists::put(&shop.app, &shop.call(), list, &read::<Vec<_>>(entries)).unwrap();
}

fn order(channel: &str, lines: Value) -> OrderIn {
    read(json!({
        "channel": channel, "account": "T1",
        "deliveries": { "method": "parcel", "ship_to": { "name": "Ann", "country": "GB" } },
        "lines": lines,
    }))
}

fn clerk(grants: &[Permission]) -> Actor {
    let grant = |permission: &Permission| Grant {
        permission: *permission,
        locations: vec![],
        channels: vec![],
        limit_minor: None,
    };
    let id = UserId::from_bytes([5; 16]);
    let grants = grants.iter().map(grant).collect();
    Actor { kind: ActorKind::User, id, all: false, grants }
}

#[test]
fn a_line_costs_what_the_nearest_list_says_and_the_trace_says_why() {
    for shop in Shop::each() {
        shop_with_account(&shop);
        list(&shop, json!({ "code": "BASE" }));
        put(
            &shop,
            "BASE",
            json!([
                { "sku": "NAIL", "price": "90", "price_unit": "thousand" },
                { "sku": "NAIL", "price": "80", "price_unit": "thousand", "from_quantity": "1000" },
            ]),
        );
        list(
            &shop,
            json!({
                "code": "FIELD", "scope": "account", "subject": "T1", "discount": "10",
                "whole": true,
            }),
        );
        let discount = json!({ "code": "B5", "group": "builders", "discount": "5" });
        terms::discount(&shop.app, &shop.call(), &read(discount)).unwrap();
        let lines = json!([
            { "sku": "NAIL", "quantity": "600" }, { "sku": "NAIL", "quantity": "400" },
            { "sku": "PAINT", "quantity": "1" },
            { "sku": "PAINT", "quantity": "1", "unit_price": "20.00" },
        ]);
        let placed = place(&shop.app, &shop.call(), &order("web", lines)).unwrap();
        // 1,000 nails of one order reach the break: 80.00 a thousand, 10 % off, then 5 %.
        assert_eq!(placed.lines[0].price.to_string(), "72");
        assert_eq!(placed.lines[0].amounts.gross, 4_320);
        assert_eq!(placed.lines[0].amounts.discount, 216);
        assert_eq!(placed.lines[2].price.to_string(), "22.491");
        assert_eq!(placed.lines[3].price.to_string(), "20");
        let traces = explain::order(&shop.app, &shop.call(), &placed.number).unwrap();
        let sources: Vec<Source> = traces.iter().map(|trace| trace.source).collect();
        assert_eq!(
            sources,
            [Source::AccountList, Source::AccountList, Source::AccountList, Source::Given]
        );
        assert_eq!(traces[0].counted.get(), 1_000);
        assert!(traces.iter().zip(&placed.lines).all(|(trace, line)| trace.price == line.price));
        let question = explain::Question {
            item: "NAIL".into(),
            channel: "web".into(),
            quantity: Some("999".into()),
            ..explain::Question::default()
        };
        let answer = explain::item(&shop.app, &shop.call(), &question).unwrap();
        assert_eq!(answer.chosen.unwrap().price.to_string(), "90");
        clean(&shop);
    }
}

#[test]
fn a_price_by_hand_needs_its_right_a_reason_and_stays_above_the_floor() {
    for shop in Shop::each() {
        shop_with_account(&shop);
        let app = &shop.app;
        let cheap = json!({ "sku": "OIL", "name": "Oil", "price": "10.00", "cost": "6.00" });
        orderly::ops::catalog::create_item(app, &shop.call(), &read(cheap)).unwrap();
        shop.stock("OIL", "leeds", 100, None);
        let margin = terms::NewItemTerms { margin: Some("25".into()), ..Default::default() };
        terms::item(app, &shop.call(), "OIL", &margin).unwrap();
        let at = |price: &str| -> OrderIn {
            read(json!({ "channel": "till", "lines": [
                { "sku": "OIL", "quantity": "2", "unit_price": price },
            ] }))
        };
        let seller = clerk(&[Permission::Place]);
        let forbidden = place(app, &shop.call_of(seller.clone()), &at("11.00"));
        assert!(matches!(forbidden, Err(Error::Forbidden { permission: Permission::Price })));
        let silent = place(app, &shop.call(), &at("9.00"));
        assert_eq!(refusal(silent).code(), Code::ReasonRequired);
        let senior = clerk(&[Permission::Place, Permission::Price]);
        let because = |actor: &Actor| shop.call_of(actor.clone()).with_reason("regular customer");
        let low = refusal(place(app, &because(&senior), &at("7.49")));
        assert_eq!(low.code(), Code::BelowFloor);
        assert_eq!(low.issues[0].allowed.as_deref(), Some("7.5 GBP net per price unit"));
        assert_eq!(shop.sums("OIL", "leeds"), (100, 0, 0), "nothing was claimed");
        place(app, &because(&senior), &at("7.50")).unwrap();
        let discounted: OrderIn = read(json!({ "channel": "till", "lines": [
            { "sku": "OIL", "quantity": "2", "discounts": [{ "code": "X", "amount": "6.00" }] },
        ] }));
        let low = refusal(place(app, &because(&senior), &discounted));
        assert_eq!(low.code(), Code::BelowFloor, "a discount does not get below either");
        let mut boss =
            because(&clerk(&[Permission::Place, Permission::Price, Permission::PriceBelowFloor]));
        boss.overrides = vec![Code::BelowFloor];
        let sold = place(app, &boss, &at("5.00")).unwrap();
        assert_eq!(sold.lines[0].amounts.gross, 1_000);
        // A web store's own price is taken as it is.
        let given = read(json!({ "channel": "web", "lines": [
            { "sku": "OIL", "quantity": "1", "unit_price": "1.00" },
        ] }));
        place(app, &shop.call(), &given).unwrap();
        clean(&shop);
    }
}

fn tax(shop: &Shop, code: Value, rules: &[Value]) {
    taxes::code(&shop.app, &shop.call(), &read(code)).unwrap();
    for rule in rules {
        taxes::rule(&shop.app, &shop.call(), &read(rule.clone())).unwrap();
    }
}

#[test]
fn taxes_are_found_by_rule_where_rules_are_on() {
    for shop in Shop::each() {
        shop_with_account(&shop);
        let app = &shop.app;
        tax(
            &shop,
            json!({ "code": "STD" }),
            &[
                json!({ "code": "STD", "rate": "17.5", "country": "GB" }),
                json!({ "code": "STD", "rate": "20", "country": "GB", "from": "2026-01-01" }),
            ],
        );
        tax(
            &shop,
            json!({ "code": "RC", "kind": "reverse_charge", "note": "Reverse charge" }),
            &[json!({ "code": "RC", "rate": "0", "country": "DE", "buyer": "business" })],
        );
        tax(&shop, json!({ "code": "NIL", "kind": "exempt" }), &[]);
        let known = taxes::all(app, &shop.call()).unwrap();
        let first = known.rules.iter().find(|rule| rule.code == "STD").unwrap();
        assert_eq!(first.valid.until.unwrap().to_string(), "2025-12-31");
        let line = json!([{ "sku": "PAINT", "quantity": "1" }]);
        let before = place(app, &shop.call(), &order("web", line.clone())).unwrap();
        assert!(before.lines[0].taxes.is_empty(), "the rules are not on");
        taxes::switch(app, &shop.call(), true).unwrap();
        let placed = place(app, &shop.call(), &order("web", line.clone())).unwrap();
        let own = &placed.lines[0].taxes[0];
        assert_eq!((own.name.as_str(), own.included, own.amount), ("STD", false, 500));
        terms::channel(app, &shop.call(), "web", true).unwrap();
        let placed = place(app, &shop.call(), &order("web", line.clone())).unwrap();
        assert_eq!(placed.lines[0].amounts.tax_included, 416, "24.99 less round(24.99 / 1.2)");
        // A list of net prices in a channel of gross ones, and a tax that comes with its line.
        list(&shop, json!({ "code": "NET", "tax_included": false }));
        put(&shop, "NET", json!([{ "sku": "NAIL", "price": "1.00" }]));
        let mixed = json!([
            { "sku": "PAINT", "quantity": "1" }, { "sku": "NAIL", "quantity": "1" },
            { "sku": "PAINT", "quantity": "1", "tax": [{ "name": "OWN", "rate": "0.05" }] },
        ]);
        let placed = place(app, &shop.call(), &order("web", mixed)).unwrap();
        let amounts: Vec<(i64, i64)> = placed
            .lines
            .iter()
            .map(|line| (line.amounts.tax_included, line.amounts.tax_added))
            .collect();
        assert_eq!(amounts, [(416, 0), (0, 20), (0, 125)]);
        let mut abroad = order("web", line.clone());
        abroad.deliveries = read(json!({ "ship_to": { "name": "Uwe", "country": "DE" } }));
        assert_eq!(refusal(place(app, &shop.call(), &abroad)).code(), Code::NoTaxRule);
        terms::account(app, &shop.call(), "T1", (None, Some("GB123"))).unwrap();
        let placed = place(app, &shop.call(), &abroad).unwrap();
        assert_eq!(
            (placed.lines[0].taxes[0].name.as_str(), placed.head.totals.total),
            ("RC", 2_499)
        );
        let traces = explain::order(app, &shop.call(), &placed.number).unwrap();
        assert_eq!(traces[0].taxes[0].note.as_deref(), Some("Reverse charge"));
        let exempt = json!({
            "account": "T1", "code": "NIL", "certificate": "E-1", "until": "2026-12-31",
        });
        taxes::exempt(app, &shop.call(), &read(exempt)).unwrap();
        let placed = place(app, &shop.call(), &order("web", line)).unwrap();
        let traces = explain::order(app, &shop.call(), &placed.number).unwrap();
        assert_eq!(traces[0].taxes[0].origin, TaxOrigin::Exemption);
        let id = taxes::all(app, &shop.call()).unwrap().rules[0].id;
        let day = orderly_core::time::Day::parse("2024-12-31").unwrap();
        assert_eq!(taxes::end(app, &shop.call(), id, day).unwrap().valid.until, Some(day));
        clean(&shop);
    }
}

#[test]
fn a_category_is_set_once_under_its_key_and_refused_to_strangers() {
    for shop in Shop::each() {
        let app = &shop.app;
        let call = shop.call().with_key("floor", b"1");
        let first = terms::category(app, &call, "tools", "10").unwrap();
        terms::category(app, &shop.call(), "tools", "20").unwrap();
        let again = terms::category(app, &call, "tools", "10").unwrap();
        assert_eq!((first.margin_ppm, again.margin_ppm), (Some(100_000), Some(200_000)));
        assert!(terms::category(app, &shop.stranger(), "tools", "1").is_err());
        let wrong = terms::category(app, &shop.call(), "tools", "x");
        assert_eq!(refusal(wrong).issues[0].pointer, "/margin");
    }
}

#[test]
fn documents_say_why_a_tax_is_not_charged() {
    for shop in Shop::each() {
        let app = &shop.app;
        shop_with_account(&shop);
        let code = json!({ "code": "RC", "kind": "reverse_charge", "note": "Reverse charge" });
        let rule = json!({ "code": "RC", "rate": "0", "country": "GB", "buyer": "business" });
        tax(&shop, code, &[rule]);
        tax(&shop, json!({ "code": "NIL", "kind": "exempt" }), &[]);
        taxes::switch(app, &shop.call(), true).unwrap();
        terms::account(app, &shop.call(), "T1", (None, Some("GB123"))).unwrap();
        let printed = || {
            let line = json!([{ "sku": "NAIL", "quantity": "10" }]);
            let mut new = order("web", line);
            new.charges = read(json!([{ "kind": "shipping", "amount": "4.95" }]));
            let placed = place(app, &shop.call(), &new).unwrap();
            let traces = explain::order(app, &shop.call(), &placed.number).unwrap();
            let charge = traces.iter().find(|one| one.charge == Some(placed.charges[0].id));
            assert_eq!(charge.unwrap().taxes[0].tax().name, placed.charges[0].taxes[0].name);
            crate::invoices::sent(&shop, &placed);
            let invoice = invoices::issue(app, &shop.call(), placed.id).unwrap();
            invoices::print(app, &shop.call(), invoice.id, orderly_docs::Paper::A4).unwrap().message
        };
        assert_eq!(printed(), "Reverse charge");
        let exempt = json!({
            "account": "T1", "code": "NIL", "certificate": "E-1", "until": "2026-12-31",
        });
        taxes::exempt(app, &shop.call(), &read(exempt)).unwrap();
        assert_eq!(printed(), "Exempt from tax, certificate E-1");
    }
}

#[test]
fn a_sheet_of_prices_goes_in_whole_or_not_at_all() {
    for shop in Shop::each() {
        let app = &shop.app;
        list(&shop, json!({ "code": "BASE" }));
        let bad = b"sku,price,from_quantity\nNAIL,0.09,\nNOPE,1,\nBOLT,x,\nNAIL,0.08,0\nBOLT,1\n";
        let told = sheet::import(app, &shop.call(), "BASE", bad, false).unwrap();
        assert_eq!((told.rows, told.taken, told.written), (5, 1, false));
        let lines: Vec<u64> = told.rejected.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 6]);
        let good = b"sku,from_quantity,price,price_unit,from,until\n\
            BOLT,0,0.2,each,,\nNAIL,0,90,thousand,,\n\
            NAIL,500,85.5,thousand,2026-01-01,2026-06-30\n";
        let rows = shop.rows();
        let dry = sheet::import(app, &shop.call(), "BASE", good, true).unwrap();
        assert_eq!((dry.taken, dry.written), (3, false));
        assert_eq!(shop.rows(), rows, "a dry run writes nothing");
        assert!(sheet::import(app, &shop.stranger(), "BASE", good, true).is_err());
        assert!(lists::show(app, &shop.call(), "BASE").unwrap().1.is_empty());
        let done = sheet::import(app, &shop.call(), "BASE", good, false).unwrap();
        assert!(done.written);
        let out = sheet::export(app, &shop.call(), "BASE").unwrap();
        assert_eq!(
            String::from_utf8(out.clone()).unwrap(),
            String::from_utf8(good.to_vec()).unwrap()
        );
        let again = sheet::import(app, &shop.call(), "BASE", &out, false).unwrap();
        assert!(again.written);
        assert_eq!(sheet::export(app, &shop.call(), "BASE").unwrap(), out);
        let gone = read(json!({ "sku": "BOLT", "price": "0" }));
        lists::remove(app, &shop.call(), "BASE", &gone).unwrap();
        let missing = lists::remove(app, &shop.call(), "BASE", &gone);
        assert!(matches!(missing, Err(Error::NotFound { .. })));
        assert!(sheet::import(app, &shop.call(), "BASE", b"a,b\n", true).is_err());
        clean(&shop);
    }
}

#[test]
fn what_is_not_there_is_refused_and_changes_nothing() {
    for shop in Shop::each() {
        let app = &shop.app;
        let call = |shop: &Shop| -> Call { shop.call() };
        let none = lists::put(app, &call(&shop), "NOPE", &[]);
        assert_eq!(refusal(none).code(), Code::UnknownPriceList);
        let group = json!({ "code": "A", "scope": "customer_group", "subject": "nobody" });
        let none = lists::set(app, &call(&shop), &read(group));
        assert_eq!(refusal(none).code(), Code::UnknownGroup);
        let rule = json!({ "code": "NOPE", "rate": "20" });
        let none = taxes::rule(app, &call(&shop), &read(rule));
        assert_eq!(refusal(none).code(), Code::UnknownTaxCode);
        list(&shop, json!({ "code": "A" }));
        let other = json!({ "code": "A", "currency": "EUR" });
        let none = lists::set(app, &call(&shop), &read(other));
        assert_eq!(refusal(none).code(), Code::CurrencyMismatch);
        assert_eq!(lists::all(app, &call(&shop)).unwrap().len(), 1);
        let stranger = lists::set(app, &shop.stranger(), &read(json!({ "code": "B" })));
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
        // Euros without a stored rate are refused, never taken one for one.
        let euro = json!({ "code": "E", "currency": "EUR" });
        list(&shop, euro);
        let item = json!({ "sku": "NEW", "name": "New" });
        orderly::ops::catalog::create_item(app, &call(&shop), &read(item)).unwrap();
        put(&shop, "E", json!([{ "sku": "NEW", "price": "1" }]));
        let asked: OrderIn =
            read(json!({ "channel": "market", "lines": [{ "sku": "NEW", "quantity": "1" }] }));
        assert_eq!(refusal(place(app, &call(&shop), &asked)).code(), Code::RateMissing);
        let floor = terms::category(app, &call(&shop), "wood", "5").unwrap();
        assert_eq!(floor.margin_ppm, Some(50_000));
        assert_eq!(terms::groups(app, &call(&shop)).unwrap().0.len(), 0);
        clean(&shop);
    }
}

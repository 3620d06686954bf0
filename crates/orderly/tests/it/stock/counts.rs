//! Counts that are believed only with a second look or a reason, and are taken back; what comes.

use std::sync::Barrier;
use std::thread::scope;

use orderly::Error;
use orderly::ops::fulfillments;
use orderly::ops::read::stock::supply::supply;
use orderly::ops::settings;
use orderly::ops::stock::{count, transfer};
use orderly_core::books::Account;
use orderly_core::id::CountId;
use orderly_core::order::reject::RejectReason;
use orderly_core::refusal::Code;
use orderly_core::stock::Count;
use orderly_core::stock::plan::AbcClass;
use orderly_core::time::Day;
use serde_json::{Value, json};

use super::{code, receipt};
use crate::fixture::{Shop, order, read};

fn set(shop: &Shop, key: &str, value: &str) -> Result<settings::Setting, Error> {
    settings::set(&shop.app, &shop.call(), key, value)
}

fn open(shop: &Shop) -> CountId {
    let new = read(json!({ "location": "depot", "blind": true }));
    count::open(&shop.app, &shop.call(), &new).unwrap().id
}

fn record(shop: &Shop, id: CountId, lines: Value) -> Result<Count, Error> {
    let counted: Vec<_> = read(lines);
    count::record(&shop.app, &shop.call(), id, &counted)
}

fn post(shop: &Shop, id: CountId) -> Result<Count, Error> {
    count::finish(&shop.app, &shop.call(), id)
}

fn clean(shop: &Shop) {
    let report = orderly::verify::run(&shop.app, &orderly::verify::Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

#[test]
fn a_large_difference_is_counted_again_and_explained() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "100", "0.10");
        shop.buy("depot", "PAINT", "10", "20.00");
        set(&shop, "count.recount_units", "9").unwrap();
        set(&shop, "count.recount_value", "30.00").unwrap();
        set(&shop, "count.reason_value", "15").unwrap();
        let id = open(&shop);
        let seen = json!([
            { "sku": "NAIL", "quantity": "90" }, { "sku": "PAINT", "quantity": "8" },
        ]);
        record(&shop, id, seen).unwrap();
        let before = shop.rows();
        let Err(Error::Refused(refusal)) = post(&shop, id) else { panic!("it differs") };
        let said: Vec<_> =
            refusal.issues.iter().map(|one| (one.code, one.pointer.as_str())).collect();
        let again = Code::RecountRequired;
        assert_eq!(said, [(again, "/lines/0"), (again, "/lines/1")]);
        assert!(!refusal.to_string().contains("100"), "whoever counts is not told: {refusal}");
        assert_eq!(shop.rows(), before);
        let seen = json!([
            { "sku": "NAIL", "quantity": "99" }, { "sku": "PAINT", "quantity": "8" },
        ]);
        let recorded = record(&shop, id, seen).unwrap();
        assert!(recorded.lines.iter().all(|line| line.rounds == 2));
        assert_eq!(code(post(&shop, id)), Code::ReasonRequired);
        let why = json!([{ "sku": "PAINT", "quantity": "8", "reason": "two cans leak" }]);
        record(&shop, id, why).unwrap();
        let posted = post(&shop, id).unwrap();
        let told: Vec<_> = posted.lines.iter().map(|one| (one.difference, one.rounds)).collect();
        assert_eq!(told, [(Some(-1), 2), (Some(-2), 3)]);
        assert_eq!(posted.lines[1].reason.as_deref(), Some("two cans leak"));
        assert_eq!(post(&shop, id).unwrap(), posted);
        clean(&shop);
    }
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for shop in Shop::each() {
        for (key, value) in [
            ("count.recount_units", "-1"),
            ("count.recount_value", "much"),
            ("count.days_a", "0"),
            ("count.anything", "1"),
        ] {
            assert_eq!(code(set(&shop, key, value)), Code::InvalidField, "{key}");
        }
        set(&shop, "count.days_b", "60").unwrap();
    }
}

#[test]
fn a_lot_that_is_not_on_record_is_asked_about() {
    for shop in Shop::each() {
        let drills = json!([{ "sku": "DRILL", "quantity": "1", "serials": ["S1"] }]);
        receipt(&shop.app, &shop.call(), "depot", drills).unwrap();
        let id = open(&shop);
        let drill = |lot: &str, confirm: bool| {
            let line = json!({ "sku": "DRILL", "quantity": "1", "lot": lot, "confirm": confirm });
            record(&shop, id, json!([line]))
        };
        let before = shop.rows();
        let Err(Error::Refused(refusal)) = drill("S9", false) else { panic!("it is unknown") };
        assert_eq!(refusal.code(), Code::UnlistedLot);
        assert!(refusal.issues[0].detail.contains("S9"), "{refusal}");
        assert_eq!(refusal.issues[0].pointer, "/0/lot");
        assert_eq!(shop.rows(), before, "no lot was made");
        drill("S1", false).unwrap();
        drill("S9", true).unwrap();
        post(&shop, id).unwrap();
        assert_eq!(shop.sums("DRILL", "depot").0, 2);
        clean(&shop);
    }
}

#[test]
fn a_posted_count_is_taken_back_exactly_and_once() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "7", "1.01");
        shop.buy("depot", "BOLT", "3", "0.33");
        let values = |shop: &Shop| {
            ["NAIL", "BOLT"].map(|sku| {
                let level = shop.level(sku, "depot");
                (level.on_hand.get(), level.value)
            })
        };
        let (before, books) = (values(&shop), shop.balance(Account::InventoryAdjustments));
        let id = open(&shop);
        assert_eq!(code(count::reverse(&shop.app, &shop.call(), id)), Code::NotReversible);
        let seen = json!([{ "sku": "NAIL", "quantity": "5" }, { "sku": "BOLT", "quantity": "7" }]);
        record(&shop, id, seen).unwrap();
        let posted = post(&shop, id).unwrap();
        assert_ne!(values(&shop), before);
        let start = Barrier::new(3);
        let won: usize = scope(|threads| {
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    let (shop, start) = (&shop, &start);
                    threads.spawn(move || {
                        start.wait();
                        usize::from(count::reverse(&shop.app, &shop.call(), id).is_ok())
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
        assert_eq!(values(&shop), before);
        assert_eq!(shop.balance(Account::InventoryAdjustments), books);
        let again = count::reverse(&shop.app, &shop.call(), posted.id);
        assert_eq!(code(again), Code::NotReversible);
        clean(&shop);
    }
}

#[test]
fn goods_that_turned_up_and_were_sold_stay_counted() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "2", "1.00");
        let id = open(&shop);
        record(&shop, id, json!([{ "sku": "NAIL", "quantity": "6" }])).unwrap();
        post(&shop, id).unwrap();
        let web = order("web", &[("NAIL", "5")]);
        orderly::ops::orders::place::place(&shop.app, &shop.call(), &web).unwrap();
        let before = shop.rows();
        let undone = count::reverse(&shop.app, &shop.call(), id);
        assert_eq!(code(undone), Code::NotReversible);
        assert_eq!(shop.rows(), before);
    }
}

#[test]
fn what_moves_the_most_value_is_counted_next_but_what_was_asked_for_first() {
    for shop in Shop::each() {
        for (sku, cost) in [("NAIL", "1.00"), ("BOLT", "0.10"), ("PAINT", "5.00")] {
            shop.buy("depot", sku, "10", cost);
        }
        let line = json!({ "sku": "NAIL", "quantity": "9" });
        let away = json!({ "from": "depot", "to": "york", "lines": [line] });
        transfer::ship(&shop.app, &shop.call(), &read(away)).unwrap();
        let id = open(&shop);
        record(&shop, id, json!([{ "sku": "PAINT", "quantity": "10" }])).unwrap();
        post(&shop, id).unwrap();
        let plan = |limit| count::plan(&shop.app, &shop.call(), "depot", limit).unwrap();
        let told: Vec<_> = plan(9)
            .iter()
            .map(|due| (due.item.sku.clone(), due.planned.class, due.planned.due_on.is_some()))
            .collect();
        let c = AbcClass::C;
        assert_eq!(told[0], ("NAIL".into(), AbcClass::A, false));
        assert_eq!(told[1..], [("BOLT".into(), c, false), ("PAINT".into(), c, true)]);
        // More goes over the counter than is on record: somebody has to count.
        let mut till = order("till", &[("BOLT", "12")]);
        till.deliveries = read(json!({ "method": "take_away", "location": "depot" }));
        orderly::ops::orders::place::place(&shop.app, &shop.call(), &till).unwrap();
        let first = plan(1);
        assert!(first[0].planned.countable.asked, "{first:?}");
        let unknown = count::plan(&shop.app, &shop.call(), "nowhere", 1);
        assert_eq!(code(unknown), Code::UnknownLocation);
    }
}

#[test]
fn a_pick_that_does_not_find_its_goods_asks_for_a_count() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let placed = shop.place("web", "NAIL", "4", 0);
        let of = (placed.id, placed.fulfillments[0].id);
        fulfillments::release(&shop.app, &shop.call(), of).unwrap();
        let reason = RejectReason::NotFound;
        fulfillments::reject(&shop.app, &shop.call(), of, &[], reason).unwrap();
        let plan = count::plan(&shop.app, &shop.call(), "depot", 5).unwrap();
        let told: Vec<_> =
            plan.iter().map(|due| (due.item.sku.as_str(), due.planned.countable.asked)).collect();
        assert_eq!(told, [("NAIL", true)]);
        clean(&shop);
    }
}

#[test]
fn what_comes_is_shown_by_day_and_promised_from_then_on() {
    for shop in Shop::each() {
        shop.buy("depot", "NAIL", "10", "1.00");
        let today = shop.call().now.day_in("Europe/London");
        let on = |days: i32| today.plus_days(days);
        let send = |quantity: &str, day: Option<Day>| {
            let line = json!({ "sku": "NAIL", "quantity": quantity });
            let day = day.map(|day| day.to_string());
            let new = json!({ "from": "depot", "to": "york", "expected_on": day, "lines": [line] });
            transfer::draft(&shop.app, &shop.call(), &read(new)).unwrap()
        };
        send("2", Some(on(4)));
        send("1", None);
        let late = send("4", Some(on(2)));
        let part = read(json!({ "lines": [{ "position": 1, "quantity": 3 }] }));
        transfer::dispatch(&shop.app, &shop.call(), late.id, &part).unwrap();
        let (_, found) = supply(&shop.app, &shop.call(), "NAIL", None).unwrap();
        let [depot, york] = &found[..] else { panic!("two locations: {found:?}") };
        assert_eq!((depot.on_hand, depot.allocated, depot.available), (7, 4, 3));
        let coming: Vec<_> =
            york.coming.iter().map(|one| (one.kind, one.qty.get(), one.expected_on)).collect();
        let wanted = [
            ("transfer", 3, Some(on(2))),
            ("draft", 1, Some(on(2))),
            ("draft", 2, Some(on(4))),
            ("draft", 1, None),
        ];
        assert_eq!(coming, wanted);
        let promised = [0, 1, 2, 3, 4, 30].map(|days| york.promised_for(on(days)));
        assert_eq!(promised, [0, 0, 4, 4, 6, 6], "nothing is promised of what has no day");
        let (_, one) = supply(&shop.app, &shop.call(), "NAIL", Some("depot")).unwrap();
        assert_eq!(one.len(), 1);
    }
}

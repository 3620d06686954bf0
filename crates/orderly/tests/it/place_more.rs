//! Placing orders: rivals, repeats, overrides, and everything that is refused.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant as Clock};

use orderly::call::Approval;
use orderly::ops::orders::place::{Placing, place, place_many};
use orderly::ops::{catalog, orders, read};
use orderly::wire::OrderIn;
use orderly::{Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::id::UserId;
use orderly_core::order::Order;
use orderly_core::refusal::Code;
use serde_json::{Value, json};

use crate::fixture::{Shop, order, read as parsed};
use crate::proof;

fn clerk(id: u8, rights: &[Permission]) -> Actor {
    let grant = |permission: &Permission| Grant {
        permission: *permission,
        locations: Vec::new(),
        channels: Vec::new(),
        limit_minor: None,
    };
    let grants = rights.iter().map(grant).collect();
    Actor { kind: ActorKind::User, id: UserId::from_bytes([id; 16]), all: false, grants }
}

#[test]
fn fifty_orders_of_the_same_items_in_opposite_order_never_deadlock() {
    for shop in Shop::each() {
        for sku in ["NAIL", "BOLT", "BRICK"] {
            shop.stock(sku, "depot", 30, None);
        }
        let there = order("web", &[("NAIL", "1"), ("BOLT", "1"), ("BRICK", "1")]);
        let back = order("web", &[("BRICK", "1"), ("BOLT", "1"), ("NAIL", "1")]);
        let outcomes: Vec<Result<Order, Error>> = std::thread::scope(|scope| {
            let buyers: Vec<_> = (0..50)
                .map(|buyer| {
                    let (app, call) = (&shop.app, shop.call());
                    let wanted = if buyer % 2 == 0 { &there } else { &back };
                    scope.spawn(move || place(app, &call, wanted))
                })
                .collect();
            buyers.into_iter().map(|buyer| buyer.join().unwrap()).collect()
        });
        let (sold, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(sold.len(), 30);
        for error in refused.iter().filter_map(|one| one.as_ref().err()) {
            assert_eq!(error.refused(), Some(Code::InsufficientStock), "{error:?}");
        }
        for sku in ["NAIL", "BOLT", "BRICK"] {
            assert_eq!(shop.sums(sku, "depot"), (30, 30, 0));
        }
        proof::all_holds(&shop.app);
    }
}

#[test]
fn repeats_within_one_batch_are_one_order() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let nails = order("web", &[("NAIL", "1")]);
        let mut named = order("web", &[("NAIL", "2")]);
        named.external_id = Some("EXT-1".into());
        let mut renamed = named.clone();
        renamed.lines[0].quantity = "3".into();
        let keyed = |content: &[u8]| shop.call().with_key("k1", content);
        for _ in 0..2 {
            let asked = [
                (keyed(b"a"), &nails),
                (keyed(b"a"), &nails),
                (keyed(b"b"), &nails),
                (shop.call(), &named),
                (shop.call(), &named),
                (shop.call(), &renamed),
            ];
            let placings: Vec<Placing<'_>> =
                asked.iter().map(|(call, order)| Placing { call, order }).collect();
            let answers = place_many(&shop.app, &placings);
            let id = |index: usize| answers[index].as_ref().unwrap().id;
            let code = |index: usize| answers[index].as_ref().unwrap_err().refused();
            assert_eq!(id(0), id(1));
            assert_eq!(code(2), Some(Code::IdempotencyMismatch));
            assert_eq!(id(3), id(4));
            assert_eq!(code(5), Some(Code::ExternalOrderChanged));
            assert_eq!(proof::count(&shop.app, "orders"), 2);
        }
        assert_eq!(shop.sums("NAIL", "depot"), (100, 3, 0));
        proof::all_holds(&shop.app);
    }
}

#[test]
fn goods_at_the_till_are_handed_over_though_others_claim_them() {
    for shop in Shop::each() {
        shop.stock("NAIL", "leeds", 5, None);
        let online = order("market", &[("NAIL", "5")]);
        let online = place(&shop.app, &shop.call(), &online).unwrap();
        assert_eq!(online.lines[0].quantities.allocated.get(), 5);
        let till = place(&shop.app, &shop.call(), &order("till", &[("NAIL", "7")])).unwrap();
        assert_eq!(till.lines[0].quantities.allocated.get(), 7);
        assert_eq!(shop.sums("NAIL", "leeds"), (7, 7, 5), "two were on nobody's record");
        proof::all_holds(&shop.app);
    }
}

#[test]
fn a_shortage_is_passed_with_the_right_or_with_anothers_approval() {
    for shop in Shop::each() {
        // Reserves the first block of order numbers.
        place(&shop.app, &shop.call(), &order("web", &[("CARE", "1")])).unwrap();
        let nails = order("web", &[("NAIL", "3")]);
        let seller = clerk(1, &[Permission::Place]);
        let chief = clerk(2, &[Permission::Place, Permission::AcceptShort]);
        let short = |actor: &Actor| Call {
            overrides: vec![Code::InsufficientStock],
            ..shop.call_of(actor.clone()).with_reason("promised by phone")
        };
        let approved = |by: &Actor, reason: &str| {
            let approval = Approval { by: by.clone(), reason: reason.into() };
            Call { approval: Some(approval), ..short(&seller) }
        };
        let self_approved = Call {
            approval: Some(Approval { by: chief.clone(), reason: "I may".into() }),
            ..short(&chief)
        };
        let without_reason = Call { reason: None, ..short(&chief) };
        let refused = [
            (short(&seller), Code::InsufficientStock),
            (approved(&clerk(3, &[]), "I say so"), Code::InsufficientStock),
            (approved(&chief, "  "), Code::InsufficientStock),
            (self_approved, Code::ApprovalByRequester),
            (without_reason, Code::InsufficientStock),
            (Call { overrides: Vec::new(), ..short(&chief) }, Code::InsufficientStock),
        ];
        for (call, code) in refused {
            let error = proof::changes_nothing(&shop.app, || place(&shop.app, &call, &nails));
            assert_eq!(error.unwrap_err().refused(), Some(code));
        }
        for call in [short(&chief), approved(&chief, "they are on the lorry")] {
            let placed = place(&shop.app, &call, &nails).unwrap();
            assert_eq!(placed.lines[0].quantities.backordered.get(), 3);
        }
        proof::all_holds(&shop.app);
    }
}

/// A request that is refused, and with which code.
fn refusals() -> Vec<(Value, Code)> {
    let line = |line: Value| json!({ "channel": "web", "lines": [line] });
    let nails = |quantity: &str| line(json!({ "sku": "NAIL", "quantity": quantity }));
    let priced = |price: &str| line(json!({ "sku": "NAIL", "quantity": "1", "unit_price": price }));
    let with = |field: &str, value: Value| {
        let mut one = json!({ "channel": "web", "lines": [{ "sku": "NAIL", "quantity": "1" }] });
        one[field] = value;
        one
    };
    let many: Vec<Value> = (0..20_001).map(|_| json!({ "sku": "NAIL", "quantity": "1" })).collect();
    vec![
        (with("channel", json!("nowhere")), Code::UnknownChannel),
        (line(json!({ "sku": "GOLD", "quantity": "1" })), Code::UnknownItem),
        (nails("2"), Code::InsufficientStock),
        (nails("0"), Code::QuantityZero),
        (nails("-0"), Code::QuantityInvalid),
        (nails("-1"), Code::QuantityInvalid),
        (nails("NaN"), Code::QuantityInvalid),
        (nails("inf"), Code::QuantityInvalid),
        (nails(""), Code::QuantityInvalid),
        (nails("1,5"), Code::QuantityInvalid),
        (nails("0.5"), Code::QuantityPrecision),
        (nails("99999999999999999999999999"), Code::QuantityTooLarge),
        (line(json!({ "sku": "NAIL", "quantity": "1", "unit": "furlong" })), Code::UnknownUnit),
        (line(json!({ "sku": "NAIL", "quantity": "1", "unit": "kg" })), Code::UnitMismatch),
        (line(json!({ "sku": "ROPE", "quantity": "0.0001" })), Code::QuantityPrecision),
        (line(json!({ "sku": "BOARD", "quantity": "1", "unit": "cut" })), Code::CutLengthRequired),
        (priced("NaN"), Code::MoneyInvalid),
        (priced("99999999999999999999999999"), Code::MoneyTooLarge),
        (with("currency", json!("XXZ")), Code::UnknownCurrency),
        (with("charges", json!([{ "kind": "shipping", "amount": "1.005" }])), Code::MoneyPrecision),
        (with("discounts", json!([{ "code": "A", "amount": "5.00" }])), Code::NegativeTotal),
        (with("lines", json!([])), Code::NoLines),
        (with("lines", json!(many)), Code::TooManyLines),
        (with("customer", json!({ "number": "C0" })), Code::UnknownCustomer),
        (with("account", json!("A0")), Code::UnknownAccount),
        (with("settlement", json!("barter")), Code::InvalidField),
        (with("placed_at", json!("yesterday")), Code::InvalidField),
        (
            with("deliveries", json!({ "method": "collect", "location": "mars" })),
            Code::UnknownLocation,
        ),
        (with("deliveries", json!({ "method": "catapult" })), Code::InvalidField),
        (
            with("lines", json!([{ "sku": "NAIL", "quantity": "1", "delivery": "9" }])),
            Code::UnknownDelivery,
        ),
        (with("reference", json!("a\u{0}b")), Code::InvalidText),
    ]
}

#[test]
fn every_refusal_has_its_code_and_changes_nothing() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 1, None);
        // Reserves the first block of order numbers.
        place(&shop.app, &shop.call(), &order("web", &[("CARE", "1")])).unwrap();
        let mut wrong = Vec::new();
        for (request, code) in refusals() {
            let shown: String = request.to_string().chars().take(120).collect();
            let mut wanted: OrderIn = parsed(request);
            wanted.customer.get_or_insert_default().name = Some("Ann".into());
            let outcome =
                proof::changes_nothing(&shop.app, || place(&shop.app, &shop.call(), &wanted));
            let said = outcome.map_or_else(|error| error.code(), |_| "placed");
            if said != code.code() {
                wrong.push(format!("{said} instead of {}: {shown}", code.code()));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}

#[test]
fn a_request_that_cannot_be_read_is_named_and_never_panics() {
    let cases: [(&[u8], &str); 7] = [
        (b"{\"channel\":\"web\",\"lines\":[],\"lnies\":[]}", "unknown field `lnies`"),
        (b"{\"channel\":\"web\",\"lines\":[{\"sku\":\"A\",\"quantity\":\"1\",\"qty\":1}]}", "qty"),
        (b"{\"channel\":\"web\",\"lines\":[{\"sku\":\"A\",\"quantity\":1e400}]}", "out of range"),
        (b"{\"channel\":\"web\",\"lines\":[{\"sku\":\"A\",\"quantity\":2}]}", "expected a string"),
        (b"{\"channel\":\"\xff\xfe\",\"lines\":[]}", "invalid unicode"),
        (b"{\"channel\":\"web\"}", "missing field `lines`"),
        (b"{\"channel\":\"web\",\"lines\":[", "EOF"),
    ];
    for (bytes, named) in cases {
        let error = serde_json::from_slice::<OrderIn>(bytes).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn a_kit_of_itself_or_of_nothing_is_never_made() {
    for shop in Shop::each() {
        let kit = |sku: &str, components: Value| {
            parsed(json!({ "sku": sku, "name": sku, "price": "1", "kit": true,
                "components": components }))
        };
        let part = |sku: &str| json!([{ "sku": sku, "quantity": "1" }]);
        let refused =
            [(kit("LOOP", part("LOOP")), Code::KitCycle), (kit("VOID", json!([])), Code::KitEmpty)];
        for (new, code) in refused {
            let made = proof::changes_nothing(&shop.app, || {
                catalog::create_item(&shop.app, &shop.call(), &new)
            });
            assert_eq!(made.unwrap_err().refused(), Some(code));
        }
        // Neither by a detour: A holds B already.
        let outer = kit("OUTER", part("KIT-A"));
        catalog::create_item(&shop.app, &shop.call(), &outer).unwrap();
        let detour = kit("KIT-A", part("OUTER"));
        let id = shop.item("KIT-A");
        let made = proof::changes_nothing(&shop.app, || {
            catalog::update_item(&shop.app, &shop.call(), id, &detour)
        });
        assert_eq!(made.unwrap_err().refused(), Some(Code::KitCycle));
    }
}

/// Places an order with those that come at the same time, on a thread of its own.
fn soon(shop: &Shop, until: Clock, call: Call) -> Result<read::orders::Shown, Error> {
    let hand: orders::Hand = Arc::new(|work| drop(std::thread::spawn(work)));
    let (tell, told) = mpsc::channel();
    let tell = Box::new(move |outcome| tell.send(outcome).unwrap());
    orders::place_soon(&shop.app, &hand, until, call, order("web", &[("NAIL", "1")]), tell);
    told.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn an_order_whose_turn_comes_too_late_is_turned_away_and_its_key_is_free() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let call = shop.call().with_key("late", b"an order");
        let late = proof::changes_nothing(&shop.app, || soon(&shop, Clock::now(), call.clone()));
        assert!(matches!(late, Err(Error::Again)), "{late:?}");
        let in_time = || soon(&shop, Clock::now() + Duration::from_secs(60), call.clone());
        let (first, again) = (in_time().unwrap(), in_time().unwrap());
        assert_eq!(first.order.id, again.order.id);
        assert_eq!(shop.level("NAIL", "depot").allocated.get(), 1);
    }
}

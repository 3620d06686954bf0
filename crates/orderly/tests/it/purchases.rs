//! Buying: ordered, confirmed, received by scan, invoiced, paid, sent back; special orders and
//! what suppliers send to customers themselves.

mod invoices;
mod money;
mod proof;
mod special;

use orderly::ops::purchases::receive::Arrived;
use orderly::ops::purchases::{self, PurchaseOrder};
use orderly::ops::stock::receive;
use orderly::ops::suppliers;
use orderly::verify::{self, Options};
use orderly::{Call, Error};
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::books::Account;
use orderly_core::id::UserId;
use orderly_core::purchase::PurchaseState;
use orderly_core::refusal::Code;
use orderly_store::tables::exceptions;
use serde_json::{Value, json};

use crate::fixture::{Shop, read};
use crate::stock::code;

/// Every purchase ends with the books proved.
pub fn prove(shop: &Shop) {
    let report = verify::run(&shop.app, &Options::default()).unwrap();
    assert!(report.clean, "{report}");
}

/// The figure that a refusal allows.
pub fn allowed<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal.issues[0].allowed.clone().unwrap_or_default(),
        other => panic!("{other}"),
    }
}

impl Shop {
    pub fn supplier(&self, more: Value) {
        let mut new = json!({ "code": "ACME", "name": "Acme Supplies", "lead_time_days": 5 });
        for (key, value) in more.as_object().unwrap() {
            new[key] = value.clone();
        }
        suppliers::create(&self.app, &self.call(), &read(new)).unwrap();
    }

    pub fn try_purchase(&self, lines: Value) -> Result<PurchaseOrder, Error> {
        let new = json!({ "supplier": "ACME", "location": "depot", "lines": lines });
        purchases::create::create(&self.app, &self.call(), &read(new))
    }

    /// An order that was sent.
    pub fn purchase(&self, lines: Value) -> PurchaseOrder {
        let draft = self.try_purchase(lines).unwrap();
        purchases::send(&self.app, &self.call(), draft.id).unwrap()
    }

    pub fn arrive(&self, order: &PurchaseOrder, lines: Value) -> Result<Arrived, Error> {
        self.arrive_by(&self.call(), order, lines)
    }

    pub fn arrive_by(
        &self,
        call: &Call,
        order: &PurchaseOrder,
        lines: Value,
    ) -> Result<Arrived, Error> {
        let new = json!({ "reference": "DN 1", "lines": lines });
        purchases::receive::receive(&self.app, call, order.id, &read(new))
    }

    pub fn bought(&self, order: &PurchaseOrder) -> PurchaseOrder {
        purchases::get(&self.app, &self.call(), &order.number).unwrap()
    }
}

#[test]
fn an_order_is_received_in_parts_within_its_tolerance_and_taken_back_exactly() {
    for shop in Shop::each() {
        shop.supplier(json!({ "over_percent": "10" }));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "100", "price": "0.035" }]));
        assert_eq!((order.number.as_str(), order.state()), ("P1001", PurchaseState::Sent));
        let confirm = json!({ "reference": "A-77", "expected_on": "2026-03-09" });
        let order = purchases::confirm(&shop.app, &shop.call(), order.id, &read(confirm)).unwrap();
        assert_eq!(order.state(), PurchaseState::Confirmed);

        let first = shop.arrive(&order, json!([{ "line": 1, "quantity": "33" }])).unwrap();
        assert_eq!(first.purchase.state(), PurchaseState::PartReceived);
        assert_eq!(first.receipt.as_ref().unwrap().lines[0].value, 116, "1.155 is rounded away");
        let before = shop.rows();
        let too_many = || shop.arrive(&order, json!([{ "line": 1, "quantity": "78" }]));
        assert_eq!(allowed(too_many()), "77");
        assert_eq!(code(too_many()), Code::AboveTolerance);
        assert_eq!(shop.rows(), before, "a refused receipt leaves nothing");
        let second = shop.arrive(&order, json!([{ "line": 1, "quantity": "77" }])).unwrap();
        assert_eq!(second.purchase.state(), PurchaseState::Closed);
        assert_eq!(shop.balance(Account::Inventory), 385, "110 at 0.035");
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), -385);

        let receipt = second.receipt.unwrap();
        receive::reverse(&shop.app, &shop.call(), receipt.id).unwrap();
        let undone = shop.bought(&order);
        assert_eq!(undone.state(), PurchaseState::PartReceived);
        assert_eq!(undone.lines, first.purchase.lines);
        assert_eq!(shop.level("NAIL", "depot").on_hand.get(), 33);
        prove(&shop);
    }
}

#[test]
fn more_than_the_tolerance_needs_the_right_and_a_reason() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "10", "price": "1" }]));
        let mut call = shop.call().with_reason("we can use them");
        call.overrides.push(Code::AboveTolerance);
        let lines = json!([{ "line": 1, "quantity": "12" }]);
        let arrived = shop.arrive_by(&call, &order, lines.clone()).unwrap();
        assert_eq!(arrived.purchase.lines[0].over().get(), 2);
        let clerk = Actor {
            kind: ActorKind::User,
            id: UserId::from_bytes([7; 16]),
            all: false,
            grants: vec![Grant {
                permission: Permission::Receive,
                locations: Vec::new(),
                channels: Vec::new(),
                limit_minor: None,
            }],
        };
        let mut call = shop.call_of(clerk).with_reason("please");
        call.overrides.push(Code::AboveTolerance);
        assert_eq!(code(shop.arrive_by(&call, &order, lines)), Code::AboveTolerance);
        let stranger = shop.arrive_by(&shop.stranger(), &order, json!([{ "line": 1 }]));
        assert_eq!(stranger.unwrap_err().code(), "forbidden");
        prove(&shop);
    }
}

#[test]
fn goods_are_known_by_whatever_is_scanned_and_the_unknown_is_never_dropped() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let sold = json!({
            "supplier": "ACME", "sku": "NAIL", "supplier_sku": "N-35", "pack": "50",
            "minimum": "100", "pack_gtin": "4006381333931", "cost": "31.50",
            "cost_unit": "thousand", "lead_time_days": 2,
        });
        suppliers::set_item(&shop.app, &shop.call(), &read(sold)).unwrap();
        let known = suppliers::show(&shop.app, &shop.call(), "ACME").unwrap();
        assert_eq!(known.items[0].1.minimum.get(), 100);
        let few = || shop.try_purchase(json!([{ "sku": "NAIL", "quantity": "60" }]));
        assert_eq!((allowed(few()), code(few())), ("100".into(), Code::SupplierQuantity));
        let odd = || shop.try_purchase(json!([{ "sku": "NAIL", "quantity": "120" }]));
        assert_eq!(allowed(odd()), "150");

        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "200" }]));
        assert_eq!(order.lines[0].supplier_sku.as_deref(), Some("N-35"));
        let lines = json!([
            { "code": "4006381333931", "quantity": "2" },
            { "code": "9999999999999", "quantity": "4" },
            { "code": "N-35", "quantity": "30" },
            { "code": "BOLT", "quantity": "6" },
            { "code": "NAIL", "quantity": "10" },
        ]);
        let arrived = shop.arrive(&order, lines).unwrap();
        assert_eq!(arrived.purchase.lines[0].received.get(), 140);
        assert_eq!(arrived.unknown, ["9999999999999", "BOLT"]);
        let open = shop.app.store.read(|tx| exceptions::open(tx, 10)).unwrap();
        let kinds: Vec<&str> = open.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds, ["unknown_code", "not_ordered"]);
        let nothing = shop.arrive(&order, json!([{ "code": "???" }])).unwrap();
        assert!(nothing.receipt.is_none());
        assert_eq!(shop.app.store.read(|tx| exceptions::open(tx, 10)).unwrap().len(), 3);
        let above = shop.arrive(&order, json!([{ "code": "4006381333931", "quantity": "2" }]));
        assert_eq!(allowed(above), "60");
        prove(&shop);
    }
}

#[test]
fn drafts_and_closed_orders_take_nothing_in() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let lines = json!([{ "sku": "NAIL", "quantity": "10", "price": "1" }]);
        let draft = shop.try_purchase(lines).unwrap();
        let one = || json!([{ "line": 1, "quantity": "4" }]);
        assert_eq!(code(shop.arrive(&draft, one())), Code::InvalidTransition);
        let close = |id| purchases::close(&shop.app, &shop.call(), id);
        assert_eq!(code(close(draft.id)), Code::InvalidTransition);
        let sent = purchases::send(&shop.app, &shop.call(), draft.id).unwrap();
        assert_eq!(
            code(purchases::send(&shop.app, &shop.call(), draft.id)),
            Code::InvalidTransition
        );
        shop.arrive(&sent, one()).unwrap();
        close(sent.id).unwrap();
        let before = shop.rows();
        assert_eq!(code(shop.arrive(&sent, one())), Code::PurchaseClosed);
        assert_eq!(shop.rows(), before);
        purchases::reopen(&shop.app, &shop.call(), sent.id).unwrap();
        shop.arrive(&sent, one()).unwrap();
        let rest = purchases::cancel(&shop.app, &shop.call(), sent.id, &[]).unwrap();
        assert_eq!((rest.lines[0].canceled.get(), rest.state()), (2, PurchaseState::Closed));
        let unknown = json!({ "supplier": "NOBODY", "location": "depot", "lines": [] });
        let unknown = purchases::create::create(&shop.app, &shop.call(), &read(unknown));
        assert_eq!(code(unknown), Code::UnknownSupplier);
        assert_eq!(code(shop.try_purchase(json!([]))), Code::NoLines);
        let priceless = shop.try_purchase(json!([{ "sku": "NAIL", "quantity": "1" }]));
        assert_eq!(code(priceless), Code::NoPrice);
        prove(&shop);
    }
}

#[test]
fn lots_serials_and_lengths_come_as_on_any_receipt() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = shop.purchase(json!([
            { "sku": "DRILL", "quantity": "2", "price": "50.01" },
            { "sku": "BOARD", "quantity": "12", "unit": "m", "price": "4" },
        ]));
        let bare = shop.arrive(&order, json!([{ "line": 1, "quantity": "2" }]));
        assert_eq!(code(bare), Code::LotRequired);
        let lines = json!([
            { "line": 1, "quantity": "2", "serials": ["S1", "S2"] },
            { "line": 2, "quantity": "5", "length": "2.4 m" },
        ]);
        let arrived = shop.arrive(&order, lines).unwrap();
        assert_eq!(arrived.purchase.state(), PurchaseState::Closed);
        assert_eq!(arrived.receipt.unwrap().lines.len(), 3);
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), -(10_002 + 4_800));
        prove(&shop);
    }
}

#[test]
fn what_is_asked_twice_with_one_key_is_received_once() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = shop.purchase(json!([{ "sku": "NAIL", "quantity": "10", "price": "1" }]));
        let call = shop.call().with_key("scan-1", b"4");
        let lines = json!([{ "line": 1, "quantity": "4" }]);
        let once = shop.arrive_by(&call, &order, lines.clone()).unwrap();
        let again = shop.arrive_by(&call, &order, lines).unwrap();
        assert_eq!(again.receipt, once.receipt);
        assert_eq!(shop.bought(&order).lines[0].received.get(), 4);
        let mut stale = shop.call();
        stale.expected_version = Some(1);
        let stale = purchases::cancel(&shop.app, &Call { ..stale }, order.id, &[]);
        assert_eq!(code(stale), Code::StaleVersion);
        prove(&shop);
    }
}

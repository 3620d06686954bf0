//! Costs that become known after the goods came in.

use orderly::ops::books::{Allotted, LateCost, LateCostIn, enter_late_cost, late_cost};
use orderly::ops::orders::ids_after_audit;
use orderly::ops::stock;
use orderly::{Error, verify};
use orderly_core::books::{Account, Dimensions, DocumentKind};
use orderly_core::qty::Qty;
use orderly_core::refusal::Code;
use orderly_core::units::{Cause, CauseKind};
use orderly_store::tables::late_costs;
use serde_json::json;

use crate::fixture::{Shop, read};
use crate::sold::code;

pub(crate) fn cost(shop: &Shop, location: &str, received: i64, amount: i64, cause: u8) -> LateCost {
    let at = shop.location(location);
    let entity = shop.app.store.read(orderly_store::tables::settings::entities).unwrap()[0].id;
    LateCost {
        legal_entity: entity,
        item: shop.item("BOLT"),
        location: at,
        received: Qty::new(received).unwrap(),
        amount,
        contra: Account::GoodsReceivedNotInvoiced,
        cause: Cause { kind: CauseKind::SupplierInvoiceLine, id: [cause; 16] },
        dimensions: Dimensions {
            party: Some([7; 16]),
            document: Some((DocumentKind::SupplierInvoice, [cause; 16])),
            ..Dimensions::default()
        },
        effective_at: shop.call().now,
    }
}

pub(crate) fn posted(shop: &Shop, cost: &LateCost) -> Result<Allotted, Error> {
    let call = shop.call();
    shop.app.store.write(|tx| late_cost(tx, &call, &mut ids_after_audit(&call), cost))
}

fn is_clean(shop: &Shop) {
    let report = verify::run(&shop.app, &verify::Options::default()).unwrap();
    assert_eq!(report.exit_code(), 0, "{report}");
}

/// Ten bolts come in for 4.00, four of them go to york, three are scrapped.
pub(crate) fn received(shop: &Shop) {
    let receipt = read(json!({
        "location": "leeds", "kind": "purchase",
        "lines": [{ "sku": "BOLT", "quantity": "10", "cost": "0.40" }],
    }));
    stock::receive::receive(&shop.app, &shop.call(), &receipt).unwrap();
    let transfer = read(json!({
        "from": "leeds", "to": "york", "lines": [{ "sku": "BOLT", "quantity": "4" }],
    }));
    let sent = stock::transfer::ship(&shop.app, &shop.call(), &transfer).unwrap();
    let arrived = read(json!({ "lines": [{ "position": 1, "quantity": 4 }] }));
    stock::transfer::receive(&shop.app, &shop.call(), sent.id, &arrived).unwrap();
    let scrapped = read(json!({
        "location": "leeds", "sku": "BOLT", "quantity": "-3", "reason": "rust", "to": "scrap",
    }));
    stock::adjust::adjust(&shop.app, &shop.call(), &scrapped).unwrap();
}

#[test]
fn freight_makes_goods_still_held_worth_more_and_sold_ones_cost_more() {
    for shop in Shop::each() {
        received(&shop);
        let freight = cost(&shop, "leeds", 10, 500, 1);
        let allotted = posted(&shop, &freight).unwrap();
        assert_eq!(allotted, Allotted { inventory: 350, cost: 150 });
        assert_eq!(shop.level("BOLT", "leeds").value, 120 + 150);
        assert_eq!(shop.level("BOLT", "york").value, 160 + 200);
        assert_eq!(shop.booked(Account::Inventory), 630);
        assert_eq!(shop.booked(Account::CostOfGoods), 150);
        assert_eq!(shop.booked(Account::GoodsReceivedNotInvoiced), -900);
        is_clean(&shop);
        let kept = shop.app.store.read(|tx| late_costs::of_item(tx, freight.item)).unwrap();
        assert_eq!(kept.len(), 2);
    }
}

#[test]
fn a_late_cost_is_posted_once_for_its_cause() {
    for shop in Shop::each() {
        received(&shop);
        posted(&shop, &cost(&shop, "leeds", 10, 500, 1)).unwrap();
        let again = posted(&shop, &cost(&shop, "leeds", 10, 500, 1));
        assert_eq!(code(again), Code::AlreadyExists);
        assert_eq!(shop.booked(Account::Inventory), 630);
        is_clean(&shop);
    }
}

#[test]
fn goods_that_turn_out_cheaper_take_no_more_than_their_value() {
    for shop in Shop::each() {
        received(&shop);
        let allotted = posted(&shop, &cost(&shop, "leeds", 10, -2_000, 1)).unwrap();
        assert_eq!(allotted, Allotted { inventory: -280, cost: -1_720 });
        assert_eq!(shop.booked(Account::Inventory), 0);
        assert_eq!(shop.level("BOLT", "york").value, 0);
        is_clean(&shop);
        // Nothing is posted for nothing.
        assert_eq!(posted(&shop, &cost(&shop, "leeds", 10, 0, 2)).unwrap(), Allotted::default());
    }
}

#[test]
fn a_person_posts_a_late_cost_with_its_reason() {
    for shop in Shop::each() {
        received(&shop);
        let ask = |received: &str, amount: &str, contra: &str| LateCostIn {
            sku: "BOLT".into(),
            location: "leeds".into(),
            received: received.into(),
            amount: amount.into(),
            contra: contra.into(),
        };
        let enter = |new: LateCostIn| {
            let call = shop.call().with_reason("duty of March");
            enter_late_cost(&shop.app, &call, &new)
        };
        let rows = shop.rows();
        let silent = enter_late_cost(&shop.app, &shop.call(), &ask("10", "1.00", "bank"));
        assert_eq!(code(silent), Code::ReasonRequired);
        assert_eq!(code(enter(ask("0", "1.00", "bank"))), Code::InvalidField);
        assert_eq!(code(enter(ask("10", "0", "bank"))), Code::MoneyInvalid);
        assert_eq!(code(enter(ask("10", "1.00", "receivables"))), Code::ControlAccount);
        assert_eq!(code(enter(ask("10", "1.00", "nowhere"))), Code::UnknownLedgerAccount);
        assert!(enter_late_cost(&shop.app, &shop.stranger(), &ask("10", "1", "bank")).is_err());
        assert_eq!(shop.rows(), rows);
        let (before, gone) = (shop.balance(Account::Inventory), shop.balance(Account::CostOfGoods));
        let call = shop.call().with_reason("duty of March").with_key("duty", b"1");
        let posted = enter_late_cost(&shop.app, &call, &ask("10", "1.00", "bank")).unwrap();
        let again = enter_late_cost(&shop.app, &call, &ask("10", "1.00", "bank")).unwrap();
        assert_eq!(posted, again);
        let inventory = shop.balance(Account::Inventory) - before;
        let cost = shop.balance(Account::CostOfGoods) - gone;
        assert_eq!((inventory + cost, shop.balance(Account::Bank)), (100, -100));
        assert!(inventory > 0 && cost > 0, "{inventory} here, {cost} gone");
        is_clean(&shop);
    }
}

/// Boards of 5 m and of 3 m came in; one of 5 m was scrapped.
#[test]
fn every_length_bears_what_it_measures() {
    for shop in Shop::each() {
        for (quantity, length) in [("2", "5 m"), ("2", "3 m")] {
            let receipt = read(json!({
                "location": "leeds", "kind": "purchase",
                "lines": [{ "sku": "BOARD", "quantity": quantity, "length": length,
                    "cost": "2.00" }],
            }));
            stock::receive::receive(&shop.app, &shop.call(), &receipt).unwrap();
        }
        let scrapped = read(json!({
            "location": "leeds", "sku": "BOARD", "quantity": "-1", "length": "5 m",
            "reason": "split", "to": "scrap",
        }));
        stock::adjust::adjust(&shop.app, &shop.call(), &scrapped).unwrap();
        let before = shop.booked(Account::Inventory);
        let ask = LateCostIn {
            sku: "BOARD".into(),
            location: "leeds".into(),
            received: "16".into(),
            amount: "1.60".into(),
            contra: "bank".into(),
        };
        let call = shop.call().with_reason("freight");
        enter_late_cost(&shop.app, &call, &ask).unwrap();
        assert_eq!(shop.booked(Account::Inventory) - before, 110, "11 m are here");
        assert_eq!(shop.booked(Account::CostOfGoods), 50, "5 m are gone");
        let item = shop.item("BOARD");
        let rows = shop.app.store.read(|tx| late_costs::of_item(tx, item)).unwrap();
        let mut parts: Vec<_> = rows.iter().map(|row| row.part.inventory).collect();
        parts.sort_unstable();
        assert_eq!(parts, [50, 60]);
        is_clean(&shop);
    }
}

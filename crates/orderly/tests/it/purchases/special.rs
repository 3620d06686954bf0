//! Goods bought for one line of a customer's order.

use orderly::Error;
use orderly::ops::fulfillments::{self, cancel};
use orderly::ops::orders::{self, place};
use orderly::ops::purchases::{self, PurchaseOrder, create, direct};
use orderly::ops::stock::receive;
use orderly::ops::{payments, tasks};
use orderly_core::books::Account;
use orderly_core::order::cancel::Cancel;
use orderly_core::order::{Order, OrderState};
use orderly_core::purchase::PurchaseState;
use orderly_core::refusal::Code;
use orderly_store::tables::{exceptions, purchases as rows};
use serde_json::json;

use super::{allowed, prove};
use crate::fixture::{Shop, read};
use crate::stock::code;

fn special(shop: &Shop, kind: &str, quantity: &str) -> Order {
    let order = json!({
        "channel": "web",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": [{
            "kind": kind, "description": "Oak door, 2.1 m, left", "quantity": quantity,
            "unit_price": "300.00", "cost": "180.00",
        }],
    });
    place::place(&shop.app, &shop.call(), &read(order)).unwrap()
}

fn buy_for(shop: &Shop, order: &Order) -> Result<PurchaseOrder, Error> {
    let new = json!({
        "order": order.number, "line": 1, "supplier": "ACME", "location": "depot",
    });
    create::order_for(&shop.app, &shop.call(), &read(new))
}

fn get(shop: &Shop, order: &Order) -> Order {
    orders::get(&shop.app, order.id).unwrap().unwrap()
}

fn claimed(shop: &Shop, order: &Order) -> i64 {
    let claims = shop.app.store.read(|tx| rows::claims_of(tx, order.lines[0].id)).unwrap();
    claims.iter().map(|claim| claim.qty.get()).sum()
}

#[test]
fn a_special_order_comes_for_its_line_and_ships_from_there() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = special(&shop, "special_order", "3");
        let bought = buy_for(&shop, &order).unwrap();
        assert_eq!((bought.lines[0].ordered.get(), bought.state()), (3, PurchaseState::Draft));
        assert_eq!(claimed(&shop, &order), 3);
        assert_eq!(code(buy_for(&shop, &order)), Code::NothingToDo);
        purchases::send(&shop.app, &shop.call(), bought.id).unwrap();
        prove(&shop);

        let first = shop.arrive(&bought, json!([{ "line": 1, "quantity": "2" }])).unwrap();
        let now = get(&shop, &order);
        let q = now.lines[0].quantities;
        assert_eq!((q.allocated.get(), q.unallocated.get(), claimed(&shop, &order)), (2, 1, 1));
        prove(&shop);
        // Nobody else gets them, and the receipt can be taken back as long as nobody picked them.
        receive::reverse(&shop.app, &shop.call(), first.receipt.unwrap().id).unwrap();
        let q = get(&shop, &order).lines[0].quantities;
        assert_eq!((q.allocated.get(), q.unallocated.get(), claimed(&shop, &order)), (0, 3, 3));
        prove(&shop);

        let again = shop.arrive(&bought, json!([{ "line": 1, "quantity": "3" }])).unwrap();
        let now = get(&shop, &order);
        let of = (now.id, now.fulfillments.last().unwrap().id);
        fulfillments::release(&shop.app, &shop.call(), of).unwrap();
        fulfillments::pick(&shop.app, &shop.call(), of, &[]).unwrap();
        let picked = receive::reverse(&shop.app, &shop.call(), again.receipt.unwrap().id);
        assert_eq!(code(picked), Code::NotReversible);
        fulfillments::pack(&shop.app, &shop.call(), of, &[]).unwrap();
        let shipped = fulfillments::shipments::ship(
            &shop.app,
            &shop.call(),
            of,
            &fulfillments::shipments::Shipping::default(),
        )
        .unwrap();
        assert_eq!(shipped.lines[0].quantities.shipped.get(), 3);
        assert_eq!(shop.balance(Account::Inventory), 0);
        assert_eq!(claimed(&shop, &order), 0);
        prove(&shop);
    }
}

#[test]
fn goods_of_a_special_order_are_not_promised_to_others() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = special(&shop, "special_order", "1");
        let bought = buy_for(&shop, &order).unwrap();
        purchases::send(&shop.app, &shop.call(), bought.id).unwrap();
        shop.arrive(&bought, json!([{ "line": 1 }])).unwrap();
        let item = get(&shop, &order).lines[0].item.unwrap();
        let levels = shop.app.store.read(|tx| orderly_store::tables::levels::of_item(tx, item));
        assert_eq!(levels.unwrap()[0].available().get(), 0);
        let call = shop.call();
        tasks::run_due(&shop.app, call.now, call.seed).unwrap();
        prove(&shop);
    }
}

#[test]
fn a_canceled_special_order_is_flagged_and_its_goods_become_stock() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = special(&shop, "special_order", "4");
        let bought = buy_for(&shop, &order).unwrap();
        purchases::send(&shop.app, &shop.call(), bought.id).unwrap();
        let because = || shop.call().with_reason("changed his mind");
        let line = order.lines[0].id;
        let part = Cancel::Lines(vec![(line, Some(orderly_core::qty::Qty::new(3).unwrap()))]);
        cancel::cancel(&shop.app, &because(), order.id, &part).unwrap();
        assert_eq!(claimed(&shop, &order), 1);
        let open = shop.app.store.read(|tx| exceptions::open(tx, 10)).unwrap();
        assert_eq!((open[0].kind.as_str(), open[0].qty), ("purchase_not_needed", Some(3)));
        cancel::uncancel(&shop.app, &shop.call(), order.id, &part).unwrap();
        assert_eq!(claimed(&shop, &order), 4);
        cancel::cancel(&shop.app, &because(), order.id, &Cancel::Order).unwrap();
        assert_eq!(get(&shop, &order).head.state, OrderState::Canceled);
        shop.arrive(&bought, json!([{ "line": 1, "quantity": "4" }])).unwrap();
        let item = get(&shop, &order).lines[0].item.unwrap();
        let levels = shop.app.store.read(|tx| orderly_store::tables::levels::of_item(tx, item));
        assert_eq!(levels.unwrap()[0].available().get(), 4);
        prove(&shop);
    }
}

#[test]
fn a_special_order_waits_for_its_deposit() {
    for shop in Shop::each() {
        shop.supplier(json!({ "deposit_percent": "30" }));
        let order = special(&shop, "special_order", "1");
        let bought = buy_for(&shop, &order).unwrap();
        let send = || purchases::send(&shop.app, &shop.call(), bought.id);
        assert_eq!((code(send()), allowed(send())), (Code::DepositRequired, "90.00".into()));
        let pay = |amount: &str| {
            let new = payments::PaymentIn {
                order: Some(order.id),
                method: "card".into(),
                amount: Some(amount.into()),
                ..payments::PaymentIn::default()
            };
            payments::take(&shop.app, &shop.call(), &new).unwrap();
        };
        pay("50.00");
        assert_eq!(allowed(send()), "40.00");
        pay("40.00");
        assert_eq!(send().unwrap().state(), PurchaseState::Sent);
        prove(&shop);
    }
}

#[test]
fn what_a_supplier_sends_himself_is_delivered_at_the_purchase_price() {
    for shop in Shop::each() {
        shop.supplier(json!({}));
        let order = special(&shop, "direct_ship", "5");
        let bought = buy_for(&shop, &order).unwrap();
        let sent = purchases::send(&shop.app, &shop.call(), bought.id).unwrap();
        assert!(sent.lines[0].direct);
        let here = shop.arrive(&bought, json!([{ "line": 1, "quantity": "1" }]));
        assert_eq!(code(here), Code::InvalidTransition);
        let dispatch = |quantity: &str| {
            let what = json!({
                "tracking": "JD01", "lines": [{ "line": 1, "quantity": quantity }],
            });
            direct::dispatch(&shop.app, &shop.call(), bought.id, &read(what))
        };
        assert_eq!(code(dispatch("6")), Code::AboveTolerance);
        let part = dispatch("2").unwrap();
        assert_eq!((part.state(), part.lines[0].received.get()), (PurchaseState::PartReceived, 2));
        let q = get(&shop, &order).lines[0].quantities;
        assert_eq!((q.shipped.get(), q.delivered.get(), q.unallocated.get()), (2, 2, 3));
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), -36_000);
        assert_eq!(claimed(&shop, &order), 3);
        prove(&shop);

        let shipments = direct::shipments(&shop.app, &shop.call(), bought.id).unwrap();
        direct::undispatch(&shop.app, &shop.call(), shipments[0].id).unwrap();
        assert_eq!(shop.balance(Account::GoodsReceivedNotInvoiced), 0);
        assert_eq!((claimed(&shop, &order), shop.bought(&bought).lines[0].received.get()), (5, 0));
        let twice = direct::undispatch(&shop.app, &shop.call(), shipments[0].id);
        assert_eq!(code(twice), Code::NotReversible);
        let all = direct::dispatch(&shop.app, &shop.call(), bought.id, &read(json!({}))).unwrap();
        assert_eq!(all.state(), PurchaseState::Closed);
        prove(&shop);
    }
}

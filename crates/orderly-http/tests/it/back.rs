//! Returns, refunds and exchanges over HTTP.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::{Came, Client, Server};

/// An order of the till that was paid and handed over: its number and its fulfillment's address.
fn sold(owner: &Client, quantity: &str) -> String {
    let order = json!({
        "channel": "till", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "PAINT", "quantity": quantity }],
        "payments": [],
    });
    let placed = owner.post("/v1/orders", &order);
    assert_eq!(placed.status, 201, "{}", placed.text);
    let number = placed.json["number"].as_str().unwrap().to_owned();
    let paid =
        owner.post(&format!("/v1/orders/{number}/payments/take"), &json!({ "method": "card" }));
    assert_eq!(paid.status, 201, "{}", paid.text);
    let now = owner.get(&format!("/v1/orders/{number}"));
    let work = now.json["fulfillments"][0]["id"].as_str().unwrap();
    let handed = owner.act(&format!("/v1/fulfillments/{work}/hand_over"), &now.tag(), &json!({}));
    assert_eq!(handed.status, 200, "{}", handed.text);
    number
}

fn done(client: &Client, path: &str, tag: &str, body: &Value) -> Came {
    let came = client.act(path, tag, body);
    assert_eq!(came.status, 200, "{path}: {}", came.text);
    came
}

#[test]
fn goods_come_back_are_inspected_and_credited_once() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let number = sold(&owner, "3");
        let asked = json!({ "order": number, "location": "leeds", "reason": "wrong color",
            "lines": [{ "line": "PAINT", "quantity": "2" }] });
        let tried = owner.post("/v1/returns?dry_run=true", &asked);
        assert_eq!(tried.status, 201, "{}", tried.text);
        let returned = owner.post("/v1/returns", &asked);
        assert_eq!(returned.json["state"], "requested", "{}", returned.text);
        assert_eq!(returned.json["allowed_actions"], json!(["approve", "refuse", "cancel"]));
        let at = format!("/v1/returns/{}", returned.json["id"].as_str().unwrap());
        let more = json!({ "order": number, "lines": [{ "line": "PAINT", "quantity": "2" }] });
        let above = owner.post("/v1/returns", &more);
        assert_eq!(above.status, 409, "{}", above.text);
        let let_in = done(&owner, &format!("{at}/approve"), &returned.tag(), &json!({}));
        let came = done(&owner, &format!("{at}/receive"), &let_in.tag(), &json!({ "at": "leeds" }));
        assert_eq!(came.json["lines"][0]["fates"], json!({ "awaiting_inspection": 2 }));
        let shelf = json!({ "line": "1", "to": "restocked", "quantity": 1 });
        let one = done(&owner, &format!("{at}/inspect"), &came.tag(), &shelf);
        let bin = json!({ "line": "1", "to": "scrapped" });
        let two = done(&owner, &format!("{at}/inspect"), &one.tag(), &bin);
        assert_eq!(two.json["lines"][0]["fates"], json!({ "restocked": 1, "scrapped": 1 }));
        let money = json!({ "order": number, "reason": "wrong color",
            "lines": [{ "line": "PAINT", "cause": "returned" }] });
        let tried = owner.post("/v1/refunds?dry_run=true", &money);
        assert_eq!((tried.status, &tried.json["amount"]), (201, &json!("49.98")), "{}", tried.text);
        let refunded = owner.post("/v1/refunds", &money);
        assert_eq!(refunded.json["state"], "settled", "{}", refunded.text);
        assert_eq!(refunded.json["return"], returned.json["id"]);
        let again = owner.post("/v1/refunds", &money);
        assert_eq!(again.status, 409, "{}", again.text);
        let closed = done(&owner, &format!("{at}/close"), &owner.get(&at).tag(), &json!({}));
        assert_eq!(closed.json["allowed_actions"], json!(["reopen"]));
        let listed = owner.get("/v1/returns?state=closed");
        assert_eq!(listed.json["data"][0]["number"], returned.json["number"]);
        let listed = owner.get("/v1/refunds?limit=1");
        assert_eq!(listed.json["data"][0]["id"], refunded.json["id"]);
        let order = owner.get(&format!("/v1/orders/{number}"));
        assert_eq!(order.json["totals"]["refunded"], "49.98");
        assert_eq!(shop.sums("PAINT", "leeds"), (8, 0, 0));
    }
}

#[test]
fn goods_are_taken_back_over_the_counter_and_exchanged() {
    for shop in Shop::each() {
        shop.stock("PAINT", "leeds", 10, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let number = sold(&owner, "3");
        let over = json!({ "order": number, "at": "leeds", "to": "restocked",
            "lines": [{ "line": "1", "quantity": "1" }], "reason": "too much" });
        let taken = owner.post("/v1/returns/take_back", &over);
        assert_eq!(
            (taken.status, &taken.json["state"]),
            (201, &json!("received")),
            "{}",
            taken.text
        );
        let swap = json!({ "order": number, "at": "leeds", "to": "restocked", "reason": "color",
            "even": true, "lines": [{ "line": "PAINT", "quantity": "1" }],
            "replacement": [{ "sku": "PAINT", "quantity": "1" }] });
        let swapped = owner.post("/v1/exchanges", &swap);
        assert_eq!(swapped.status, 201, "{}", swapped.text);
        assert_eq!(swapped.json["to_pay"], "0.00");
        let at = format!("/v1/exchanges/{}", swapped.json["number"].as_str().unwrap());
        assert_eq!(owner.get(&at).json["id"], swapped.json["id"]);
        let list = owner.get("/v1/exchanges?limit=1");
        assert_eq!(list.json["data"][0]["number"], swapped.json["number"], "{}", list.text);
        assert_eq!(owner.get("/v1/exchanges?state=canceled").json["data"], json!([]));
        assert_eq!(owner.get("/v1/exchanges?state=lost").code(), "invalid_field");
        let tried = owner.post("/v1/exchanges?dry_run=true", &swap);
        assert_eq!(tried.status, 422, "it takes several steps: {}", tried.text);
    }
}

#[test]
fn what_is_unknown_wrong_or_not_allowed_is_refused() {
    let shop = Shop::new(crate::fixture::TestDb::sqlite());
    shop.stock("PAINT", "leeds", 10, None);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let number = sold(&owner, "1");
    for (body, pointer) in [
        (json!({ "order": number, "lines": [{ "line": "SAW" }] }), "/lines/0"),
        (json!({ "channel": "x", "lines": [] }), "/channel"),
        (
            json!({ "channel": "till", "lines": [{ "item": "SAW", "quantity": "1" }] }),
            "/lines/0/item",
        ),
        (json!({ "channel": "till", "lines": [{ "item": "PAINT" }] }), "/lines/0/quantity"),
    ] {
        let came = owner.post("/v1/returns", &body);
        assert_eq!(came.status, 422, "{}", came.text);
        assert_eq!(came.json["errors"][0]["pointer"], pointer, "{}", came.text);
    }
    assert_eq!(owner.post("/v1/returns", &json!({ "order": "none" })).status, 404);
    let wrong = json!({ "order": number, "lines": [{ "line": "1", "cause": "whim" }] });
    assert_eq!(owner.post("/v1/refunds", &wrong).json["errors"][0]["pointer"], "/lines/0/cause");
    let clerk = server.with_rights("read,return.request");
    let asked = json!({ "order": number, "lines": [{ "line": "1" }] });
    let returned = clerk.post("/v1/returns", &asked);
    assert_eq!(returned.json["allowed_actions"], json!(["cancel"]), "{}", returned.text);
    let at = format!("/v1/returns/{}", returned.json["id"].as_str().unwrap());
    assert_eq!(clerk.act(&format!("{at}/approve"), &returned.tag(), &json!({})).status, 403);
    let stale = owner.act(&format!("{at}/approve"), "\"v9\"", &json!({}));
    assert_eq!((stale.status, &stale.json["current"]["id"]), (412, &returned.json["id"]));
    let no = owner.act(&format!("{at}/refuse"), &returned.tag(), &json!({}));
    assert_eq!((no.status, no.code()), (422, "reason_required"));
}

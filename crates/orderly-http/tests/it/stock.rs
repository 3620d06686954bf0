//! Stock over HTTP: receipts, adjustments, transfers, counts and work.

use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Came, Server};

fn shop() -> (Shop, Server) {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    (shop, server)
}

fn text<'a>(came: &'a Came, name: &str) -> &'a str {
    came.json[name].as_str().unwrap_or_else(|| panic!("{name} in {}", came.text))
}

fn receipt(quantity: &str) -> Value {
    json!({
        "location": "depot",
        "lines": [{ "sku": "NAIL", "quantity": quantity, "cost": "0.05" }],
    })
}

#[test]
fn goods_are_received_once_shown_and_taken_back() {
    let (shop, server) = shop();
    let owner = server.owner();
    let tried = owner.post("/v1/stock/receipts?dry_run=true", &receipt("40"));
    assert_eq!((tried.status, &tried.json["lines"][0]["qty"]), (201, &json!(40)), "{}", tried.text);
    assert!(owner.get("/v1/stock?item=NAIL").json["data"].as_array().unwrap().is_empty());

    let headers = [("idempotency-key", "r1"), ("content-type", "application/json")];
    let body = receipt("40").to_string();
    let came = owner.send("POST", "/v1/stock/receipts", &headers, body.as_bytes());
    let again = owner.send("POST", "/v1/stock/receipts", &headers, body.as_bytes());
    assert_eq!((came.status, again.status), (201, 201), "{}", came.text);
    assert_eq!(came.json["id"], again.json["id"]);
    assert_eq!(came.json["lines"][0]["value"], "2.00");
    assert_eq!(owner.get(came.header("location")).json, came.json);
    assert_eq!(shop.sums("NAIL", "depot"), (40, 0, 0));

    let shown = owner.get("/v1/stock/NAIL");
    assert_eq!(shown.json["locations"][0]["available"], 40, "{}", shown.text);
    let held = owner.get("/v1/stock/NAIL/holdings?location=depot");
    assert_eq!(held.json["data"][0]["qty"], 40, "{}", held.text);
    let back = owner.post(&format!("{}/reverse", came.header("location")), &json!({}));
    assert_eq!(back.status, 200, "{}", back.text);
    assert!(back.json["reversed_at"].is_string());
    assert_eq!(shop.sums("NAIL", "depot"), (0, 0, 0));
    let twice = owner.post(&format!("{}/reverse", came.header("location")), &json!({}));
    assert_eq!((twice.status, twice.code()), (409, "not_reversible"), "{}", twice.text);

    let first = owner.get("/v1/stock/NAIL/movements?limit=1");
    assert_eq!((first.status, &first.json["has_more"]), (200, &json!(true)), "{}", first.text);
    let rest = format!("/v1/stock/NAIL/movements?limit=1&after={}", text(&first, "next"));
    let rest = owner.get(&rest);
    assert_ne!(first.json["data"][0]["id"], rest.json["data"][0]["id"], "{}", rest.text);
    assert_eq!(owner.get("/v1/stock/NAIL/movements?after=x").status, 422);
}

#[test]
fn stock_that_is_unknown_forbidden_or_refused_is_answered_so() {
    let (shop, server) = shop();
    let owner = server.owner();
    assert_eq!(owner.get("/v1/stock/NOTHING").status, 404);
    assert_eq!(owner.get("/v1/stock/receipts/1").status, 404);
    assert_eq!(owner.get("/v1/stock?location=nowhere").code(), "unknown_location");
    let mut wrong = receipt("1");
    wrong["lines"][0]["sku"] = json!("NOTHING");
    let wrong = owner.post("/v1/stock/receipts", &wrong);
    assert_eq!(wrong.code(), "unknown_item", "{}", wrong.text);
    assert_eq!(wrong.json["errors"][0]["pointer"], "/lines/0/sku");
    let reader = server.with_rights("read");
    assert_eq!(reader.post("/v1/stock/receipts", &receipt("1")).status, 403);
    let receiver = server.with_rights("stock.receive");
    assert_eq!(receiver.post("/v1/stock/receipts", &receipt("5")).status, 201);

    let less = |quantity: &str| {
        json!({
            "location": "depot", "sku": "NAIL",
            "quantity": quantity, "reason": "broken",
        })
    };
    let adjusted = owner.post("/v1/stock/adjustments", &less("-2"));
    assert_eq!((adjusted.status, &adjusted.json["delta"]), (201, &json!(-2)), "{}", adjusted.text);
    assert_eq!(adjusted.json["reason"], "broken");
    assert_eq!(owner.post("/v1/stock/adjustments", &less("-20")).status, 409);
    assert_eq!(shop.sums("NAIL", "depot"), (3, 0, 0));
    let path = format!("/v1/stock/adjustments/{}/reverse", text(&adjusted, "id"));
    let back = owner.post(&path, &json!({}));
    assert_eq!(back.json["reverses"], adjusted.json["id"], "{}", back.text);
    assert_eq!(shop.sums("NAIL", "depot"), (5, 0, 0));
}

#[test]
fn a_transfer_is_drafted_shipped_received_and_undone() {
    let (shop, server) = shop();
    shop.stock("NAIL", "depot", 100, None);
    let owner = server.owner();
    let new = json!({
        "from": "depot", "to": "leeds", "lines": [{ "sku": "NAIL", "quantity": "10" }],
    });
    let drafted = owner.post("/v1/stock/transfers", &new);
    assert_eq!((drafted.status, text(&drafted, "state")), (201, "draft"), "{}", drafted.text);
    let at = drafted.header("location").to_owned();
    assert_eq!(owner.act(&format!("{at}/ship"), "", &json!({})).status, 428);
    let stale = owner.act(&format!("{at}/ship"), "\"v99\"", &json!({}));
    assert_eq!((stale.status, stale.code()), (412, "stale_version"));
    assert_eq!(stale.json["current"]["id"], drafted.json["id"]);
    let tried = owner.act(&format!("{at}/ship?dry_run=true"), &drafted.tag(), &json!({}));
    assert_eq!((tried.status, text(&tried, "state")), (200, "shipped"), "{}", tried.text);
    let sent = owner.act(&format!("{at}/ship"), &drafted.tag(), &json!({}));
    assert_eq!(sent.json["lines"][0]["in_transit"], 10, "{}", sent.text);
    let came = json!({
        "lines": [{ "position": 1, "quantity": 8 }],
        "differences": [{
            "position": 1, "quantity": 2, "kind": "claimed", "reason": "box torn",
            "carrier": "Fast Freight",
        }],
    });
    let received = owner.act(&format!("{at}/receive"), &sent.tag(), &came);
    assert_eq!((received.status, text(&received, "state")), (200, "received"), "{}", received.text);
    let told = owner.get("/v1/stock/differences?kind=claimed");
    assert_eq!(told.json["data"][0]["difference"]["qty"], 2, "{}", told.text);
    let claims = owner.get("/v1/stock/claims?state=open");
    let claim = format!("/v1/stock/claims/{}", claims.json["data"][0]["id"].as_str().unwrap());
    let tag = owner.get(&claim).tag();
    let paid = json!({ "received": "0", "reason": "not worth it" });
    let settled = owner.act(&format!("{claim}/settle"), &tag, &paid);
    assert_eq!(settled.status, 200, "{}", settled.text);
    let open = owner.act(&format!("{claim}/reopen"), &settled.tag(), &json!({}));
    assert_eq!((open.status, text(&open, "state")), (200, "open"), "{}", open.text);
    let undone = owner.act(&format!("{at}/undo-receipt"), &received.tag(), &json!({}));
    assert_eq!((undone.status, text(&undone, "state")), (200, "shipped"), "{}", undone.text);
    let list = owner.get("/v1/stock/transfers?state=shipped");
    assert_eq!(list.json["data"][0]["id"], drafted.json["id"], "{}", list.text);
    assert_eq!(owner.get("/v1/stock/transfers?state=lost").status, 422);
    assert_eq!(server.with_rights("read").post("/v1/stock/transfers", &new).status, 403);
}

#[test]
fn a_count_is_opened_recorded_posted_and_undone() {
    let (shop, server) = shop();
    shop.stock("NAIL", "depot", 100, None);
    let owner = server.owner();
    let opened = owner.post("/v1/stock/counts", &json!({ "location": "depot" }));
    assert_eq!((opened.status, text(&opened, "state")), (201, "open"), "{}", opened.text);
    let at = opened.header("location").to_owned();
    let unknown = json!({ "lines": [{ "sku": "NOTHING", "quantity": "1" }] });
    let unknown = owner.act(&format!("{at}/record"), &opened.tag(), &unknown);
    assert_eq!(unknown.json["errors"][0]["pointer"], "/lines/0/sku", "{}", unknown.text);
    let round = json!({ "lines": [{ "sku": "NAIL", "quantity": "97", "reason": "theft" }] });
    let recorded = owner.act(&format!("{at}/record"), &opened.tag(), &round);
    assert_eq!(recorded.json["lines"][0]["counted"], 97, "{}", recorded.text);
    let stale = owner.act(&format!("{at}/post"), &opened.tag(), &json!({}));
    assert_eq!((stale.status, stale.code()), (412, "stale_version"), "{}", stale.text);
    let posted = owner.act(&format!("{at}/post"), &recorded.tag(), &json!({}));
    assert_eq!(posted.json["lines"][0]["difference"], -3, "{}", posted.text);
    assert_eq!(shop.sums("NAIL", "depot"), (97, 0, 0));
    let undone = owner.act(&format!("{at}/undo"), &posted.tag(), &json!({}));
    assert!(undone.json["reversed_at"].is_string(), "{}", undone.text);
    assert_eq!(shop.sums("NAIL", "depot"), (100, 0, 0));
    let plan = owner.get("/v1/stock/counts/plan?location=depot");
    assert_eq!(plan.json["data"][0]["sku"], "NAIL", "{}", plan.text);
    assert_eq!(owner.get("/v1/stock/counts").json["data"][0]["id"], opened.json["id"]);
    let reader = server.with_rights("read");
    assert_eq!(reader.post("/v1/stock/counts", &json!({ "location": "depot" })).status, 403);
}

#[test]
fn work_is_planned_released_made_and_undone() {
    let (shop, server) = shop();
    shop.stock("BOLT", "depot", 100, None);
    let owner = server.owner();
    let new = json!({
        "kind": "assembly", "location": "depot", "item": "NAIL", "quantity": "5",
        "components": [{ "sku": "BOLT", "quantity": "2" }],
    });
    let planned = owner.post("/v1/work_orders", &new);
    assert_eq!((planned.status, text(&planned, "state")), (201, "planned"), "{}", planned.text);
    let at = planned.header("location").to_owned();
    let early = owner.act(&format!("{at}/make"), &planned.tag(), &json!({}));
    assert_eq!((early.status, early.code()), (409, "invalid_transition"), "{}", early.text);
    let released = owner.act(&format!("{at}/release"), &planned.tag(), &json!({}));
    assert_eq!(released.json["lines"][0]["allocated"], 10, "{}", released.text);
    let path = format!("{at}/make?dry_run=true");
    let tried = owner.act(&path, &released.tag(), &json!({ "quantity": 2 }));
    assert_eq!(tried.json["done"], 2, "{}", tried.text);
    let made = owner.act(&format!("{at}/make"), &released.tag(), &json!({}));
    assert_eq!((made.status, text(&made, "state")), (200, "done"), "{}", made.text);
    assert_eq!(shop.sums("NAIL", "depot"), (5, 0, 0));
    let undone = owner.act(&format!("{at}/undo"), &made.tag(), &json!({}));
    assert_eq!(undone.json["done"], 0, "{}", undone.text);
    let ended = owner.act(&format!("{at}/cancel"), &undone.tag(), &json!({}));
    assert_eq!(text(&ended, "state"), "canceled", "{}", ended.text);
    assert_eq!(shop.sums("BOLT", "depot"), (100, 0, 0));
    assert_eq!(owner.get("/v1/work_orders/1").status, 404);
    assert_eq!(server.with_rights("read").post("/v1/work_orders", &new).status, 403);
}

//! Buying over HTTP: suppliers, purchases and what arrives of them.

use serde_json::json;

use crate::fixture::{Shop, TestDb};
use crate::server::Server;

#[test]
fn a_supplier_is_added_agreed_with_and_sells() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let new = json!({ "code": "acme", "name": "Acme", "lead_time_days": 3 });
    let tried = owner.post("/v1/suppliers?dry_run=true", &new);
    assert_eq!((tried.status, &tried.json["code"]), (201, &json!("acme")), "{}", tried.text);
    let made = owner.post("/v1/suppliers", &new);
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(owner.post("/v1/suppliers", &new).code(), "already_exists");
    let at = made.header("location").to_owned();
    let sold = json!({ "sku": "NAIL", "pack": "100", "cost": "0.04", "supplier_sku": "A-1" });
    let sold = owner.post(&format!("{at}/items"), &sold);
    assert_eq!((sold.status, &sold.json["pack"]), (200, &json!(100)), "{}", sold.text);
    let terms = json!({ "name": "Acme Ltd", "terms_days": 14, "over_percent": "5" });
    let stale = owner.act(&format!("{at}/agree"), "\"v9\"", &terms);
    assert_eq!((stale.status, stale.code()), (412, "stale_version"), "{}", stale.text);
    let agreed = owner.act(&format!("{at}/agree"), &made.tag(), &terms);
    assert_eq!(agreed.json["over_percent"], "5", "{}", agreed.text);
    let other = json!({ "code": "other", "name": "Other" });
    let other = owner.act(&format!("{at}/agree"), &agreed.tag(), &other);
    assert_eq!((other.status, other.code()), (422, "invalid_field"), "{}", other.text);
    let shown = owner.get(&at);
    assert_eq!(shown.json["items"][0]["supplier_sku"], "A-1", "{}", shown.text);
    assert_eq!(owner.get("/v1/suppliers").json["data"][0]["name"], "Acme Ltd");
    assert_eq!(owner.get("/v1/payables/aged").status, 200);
    assert_eq!(owner.get("/v1/suppliers/nobody").code(), "unknown_supplier");
    assert_eq!(server.with_rights("read").post("/v1/suppliers", &new).status, 403);
}

#[test]
fn a_purchase_is_drafted_sent_received_and_closed() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let new = json!({ "code": "acme", "name": "Acme" });
    assert_eq!(owner.post("/v1/suppliers", &new).status, 201);
    let new = json!({
        "supplier": "acme", "location": "depot",
        "lines": [{ "sku": "NAIL", "quantity": "100", "price": "0.04" }],
    });
    let tried = owner.post("/v1/purchases?dry_run=true", &new);
    assert_eq!((tried.status, &tried.json["total"]), (201, &json!("4.00")), "{}", tried.text);
    let headers = [("idempotency-key", "p1"), ("content-type", "application/json")];
    let body = new.to_string();
    let made = owner.send("POST", "/v1/purchases", &headers, body.as_bytes());
    let again = owner.send("POST", "/v1/purchases", &headers, body.as_bytes());
    assert_eq!((made.status, &made.json["id"]), (201, &again.json["id"]), "{}", made.text);
    let at = made.header("location").to_owned();
    let early = json!({ "lines": [{ "line": 1, "quantity": "10" }] });
    let early = owner.act(&format!("{at}/receive"), &made.tag(), &early);
    assert_eq!(early.status, 409, "{}", early.text);
    let stale = owner.act(&format!("{at}/send"), "\"v99\"", &json!({}));
    assert_eq!(stale.json["current"]["id"], made.json["id"], "{}", stale.text);
    let sent = owner.act(&format!("{at}/send"), &made.tag(), &json!({}));
    assert_eq!((sent.status, &sent.json["state"]), (200, &json!("sent")), "{}", sent.text);
    let confirmed = json!({ "reference": "C-77", "expected_on": "2027-01-04" });
    let confirmed = owner.act(&format!("{at}/confirm"), &sent.tag(), &confirmed);
    assert_eq!(confirmed.json["lines"][0]["expected_on"], "2027-01-04", "{}", confirmed.text);
    let came = json!({ "reference": "DN-1", "lines": [{ "line": 1, "quantity": "60" }] });
    let came = owner.act(&format!("{at}/receive"), &confirmed.tag(), &came);
    assert_eq!(came.json["purchase"]["lines"][0]["open"], 40, "{}", came.text);
    assert!(came.json["receipt"].is_string());
    assert_eq!(shop.sums("NAIL", "depot"), (60, 0, 0));
    let shown = owner.get("/v1/stock/NAIL");
    assert_eq!(shown.json["locations"][0]["coming"][0]["qty"], 40, "{}", shown.text);
    let closed = owner.act(&format!("{at}/close"), &came.tag(), &json!({}));
    assert_eq!((closed.status, &closed.json["state"]), (200, &json!("closed")), "{}", closed.text);
    let open = owner.act(&format!("{at}/reopen"), &closed.tag(), &json!({}));
    assert_eq!(open.status, 200, "{}", open.text);
    let canceled = owner.act(&format!("{at}/cancel"), &open.tag(), &json!({ "lines": [1] }));
    assert_eq!(canceled.json["lines"][0]["canceled"], 40, "{}", canceled.text);
    let pdf = owner.get(&format!("{at}/document"));
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    let list = owner.get("/v1/purchases?supplier=acme");
    assert_eq!(list.json["data"][0]["id"], made.json["id"], "{}", list.text);
    assert_eq!(owner.get("/v1/purchases/1").status, 404);
    assert_eq!(server.with_rights("read").post("/v1/purchases", &new).status, 403);
}

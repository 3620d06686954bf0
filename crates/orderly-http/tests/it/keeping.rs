//! Settings, the chart, years, counters, and what a provider says later.

use serde_json::json;

use crate::fixture::Shop;
use crate::server::Server;

#[test]
fn settings_and_the_chart_are_set_and_a_year_is_closed_in_its_turn() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let set = owner.post("/v1/settings/till.tolerance", &json!({ "value": "2.00" }));
        assert_eq!((set.status, &set.json["value"]), (200, &json!("2.00")), "{}", set.text);
        assert_eq!(owner.get("/v1/settings").json["values"]["till.tolerance"], "2.00");
        let wrong = owner.post("/v1/settings/Till%20X", &json!({ "value": "2" }));
        assert_eq!((wrong.status, wrong.code()), (422, "invalid_field"), "{}", wrong.text);
        let chart = json!({ "name": "Own", "accounts": { "bank": { "number": "1200" } } });
        let named = owner.post("/v1/books/chart", &chart);
        assert_eq!(named.status, 200, "{}", named.text);
        assert!(named.text.contains("\"1200\""), "{}", named.text);
        let chart = json!({ "name": "Own", "accounts": { "nowhere": { "number": "1" } } });
        assert_eq!(owner.post("/v1/books/chart", &chart).code(), "unknown_ledger_account");
        let early = owner.post("/v1/books/years/2099/close", &json!({}));
        assert_eq!(early.status, 409, "{}", early.text);
        assert_eq!(owner.post("/v1/books/years/soon/close", &json!({})).status, 404);
        let clerk = server.with_rights("read");
        assert_eq!(clerk.post("/v1/settings/a.b", &json!({ "value": "1" })).status, 403);
    }
}

#[test]
fn counters_are_counted_anew_and_only_expired_credit_goes() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let account = json!({
            "number": "T1", "name": "Field & Sons", "limit": "10.00", "terms_days": 30,
            "party": { "name": "Field & Sons", "country": "GB" },
        });
        let made = owner.post("/v1/accounts", &account);
        assert_eq!(made.status, 201, "{}", made.text);
        let at = "/v1/accounts/T1";
        let stale = owner.act(&format!("{at}/recount"), "\"v9\"", &json!({}));
        assert_eq!((stale.status, stale.code()), (412, "stale_version"), "{}", stale.text);
        let counted = owner.act(&format!("{at}/recount"), &owner.get(at).tag(), &json!({}));
        assert!([200, 409].contains(&counted.status), "{}", counted.text);
        let order = json!({
            "channel": "web", "customer": { "email": "bo@example.com", "name": "Bo" },
            "lines": [{ "sku": "NAIL", "quantity": "1" }],
        });
        let order = owner.post("/v1/orders", &order);
        let number = order.json["customer"]["number"].as_str().unwrap();
        let expire = format!("/v1/customers/{number}/store_credit/expire");
        let none = owner.post(&expire, &json!({}));
        assert_eq!((none.status, none.code()), (409, "nothing_to_do"), "{}", none.text);
        let pay = json!({ "provider": "acme", "method": "card", "reference": "pi_1",
            "later": true });
        let path = format!("/v1/orders/{}/payments/authorize", order.json["id"].as_str().unwrap());
        let paid = owner.post(&path, &pay);
        let paid = owner.get(&format!("/v1/payments/{}", paid.json["id"].as_str().unwrap()));
        assert_eq!(paid.json["transactions"][0]["state"], "pending", "{}", paid.text);
        let step = paid.json["transactions"][0]["id"].as_str().unwrap();
        let payment = paid.json["id"].as_str().unwrap();
        let settle = format!("/v1/payments/{payment}/transactions/{step}/settle");
        let wrong = owner.post(&settle, &json!({ "outcome": "maybe" }));
        assert_eq!((wrong.status, wrong.code()), (422, "invalid_field"), "{}", wrong.text);
        let done = json!({ "outcome": "done", "reference": "tx_1" });
        let done = owner.post(&settle, &done);
        assert_eq!((done.status, &done.json["authorized"]), (200, &json!("0.10")), "{}", done.text);
        let other = settle.replace(step, "txn_nothing");
        assert_eq!(owner.post(&other, &json!({ "outcome": "done" })).status, 404);
        let gone = "/v1/purchases/nothing/shipments/nothing/undo";
        assert_eq!(owner.post(gone, &json!({})).status, 404);
        assert_eq!(owner.get("/v1/purchases/nothing/shipments").status, 404);
    }
}

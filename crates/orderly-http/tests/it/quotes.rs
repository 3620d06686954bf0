//! Quotes and agreements over HTTP.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::Server;

fn offer(quantity: &str) -> Value {
    json!({
        "channel": "phone", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "terms": { "valid_until": "2099-03-31", "lines": [
            { "sku": "NAIL", "quantity": quantity },
        ] },
    })
}

#[test]
fn a_quote_is_drafted_sent_accepted_and_becomes_one_order() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 500, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let tried = owner.post("/v1/quotes?dry_run=true", &offer("100"));
        assert_eq!((tried.status, &tried.json["state"]), (201, &json!("draft")), "{}", tried.text);
        let made = owner.post("/v1/quotes", &offer("100"));
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json["allowed_actions"], json!(["revise", "send", "close"]));
        let at = made.header("location").to_owned();
        let early = owner.post(&format!("{at}/convert"), &json!({}));
        assert_eq!((early.status, early.code()), (409, "invalid_transition"), "{}", early.text);
        let unseen = owner.act(&format!("{at}/send"), "", &json!({}));
        assert_eq!(unseen.status, 428);
        let sent = owner.act(&format!("{at}/send"), &made.tag(), &json!({}));
        assert_eq!((sent.status, &sent.json["state"]), (200, &json!("sent")), "{}", sent.text);
        let stale = owner.act(&format!("{at}/accept"), &made.tag(), &json!({}));
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        assert_eq!(stale.json["current"]["version"], sent.json["version"], "{}", stale.text);
        let yes = owner.act(&format!("{at}/accept"), &sent.tag(), &json!({}));
        assert_eq!(yes.json["state"], "accepted", "{}", yes.text);
        let above = json!({ "lines": [{ "line": 1, "quantity": "101" }] });
        let above = owner.post(&format!("{at}/convert"), &above);
        assert_eq!((above.status, above.code()), (409, "above_quote"), "{}", above.text);
        let convert = format!("{at}/convert");
        let tag = yes.tag();
        let headers =
            [("idempotency-key", "c1"), ("if-match", &tag), ("content-type", "application/json")];
        let order = owner.send("POST", &convert, &headers, b"{}");
        assert_eq!((order.status, &order.json["object"]), (201, &json!("order")), "{}", order.text);
        let again = owner.send("POST", &convert, &headers, b"{}");
        assert_eq!((again.status, &again.json["id"]), (201, &order.json["id"]), "{}", again.text);
        let shown = owner.get(&at);
        assert_eq!(shown.json["state"], "converted", "{}", shown.text);
        assert_eq!(shown.json["orders"], json!([order.json["number"]]));
        assert_eq!(shown.json["lines"][0]["left"], "0");
        assert_eq!(owner.get("/v1/quotes").json["data"][0]["id"], made.json["id"]);
        assert_eq!(server.with_rights("read").post("/v1/quotes", &offer("1")).status, 403);
        let clerk = server.with_rights("quote,read").get(&at);
        assert_eq!(clerk.json["customer"], "•••", "{}", clerk.text);
    }
}

#[test]
fn a_quote_is_revised_repriced_declined_and_closed() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let made = owner.post("/v1/quotes", &offer("10"));
        let at = made.header("location").to_owned();
        let early = json!({ "valid_until": "2099-06-30" });
        let early = owner.act(&format!("{at}/reprice"), &made.tag(), &early);
        assert_eq!((early.status, early.code()), (409, "invalid_transition"), "{}", early.text);
        let sent = owner.act(&format!("{at}/send"), &made.tag(), &json!({}));
        let over = json!({ "valid_until": "2001-01-01", "lines": [] });
        let over = owner.act(&format!("{at}/revise"), &sent.tag(), &over);
        assert_eq!(over.status, 422, "{}", over.text);
        let terms = json!({ "valid_until": "2099-04-30", "lines": [
            { "line": 1, "sku": "NAIL", "quantity": "20" }, { "sku": "BOLT", "quantity": "4" },
        ] });
        let revised = owner.act(&format!("{at}/revise"), &sent.tag(), &terms);
        assert_eq!(revised.status, 200, "{}", revised.text);
        assert_eq!(revised.json["draft"]["lines"].as_array().map(Vec::len), Some(2));
        let sent = owner.act(&format!("{at}/send"), &revised.tag(), &json!({}));
        assert_eq!(sent.json["revisions"].as_array().map(Vec::len), Some(2), "{}", sent.text);
        let until = json!({ "valid_until": "2099-12-31" });
        let again = owner.act(&format!("{at}/reprice"), &sent.tag(), &until);
        assert_eq!(again.json["draft"]["valid_until"], "2099-12-31", "{}", again.text);
        let no = owner.act(&format!("{at}/decline"), &again.tag(), &json!({}));
        assert_eq!(no.json["state"], "declined", "{}", no.text);
        let closed = owner.act(&format!("{at}/close"), &no.tag(), &json!({}));
        assert_eq!(closed.json["state"], "closed", "{}", closed.text);
        let twice = owner.act(&format!("{at}/close"), &closed.tag(), &json!({}));
        assert_eq!((twice.status, twice.code()), (409, "nothing_to_do"), "{}", twice.text);
        assert_eq!(owner.get("/v1/quotes/Q1").status, 404);
        assert_eq!(owner.get("/v1/agreements/nothing").status, 404);
        let unsent = owner.get(&format!("{at}/pdf?paper=a5"));
        assert_eq!(unsent.status, 422, "{}", unsent.text);
        let unknown = owner.post("/v1/quotes", &json!({ "chanel": "phone", "terms": {} }));
        assert_eq!(unknown.status, 422);
        assert!(unknown.text.contains("did you mean `channel`?"), "{}", unknown.text);
    }
}

#[test]
fn an_agreement_is_in_force_at_once_and_called_off_in_parts() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 500, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let account = json!({
            "number": "T1", "name": "Field & Sons", "limit": "1000.00", "terms_days": 30,
            "party": { "name": "Field & Sons", "address_lines": ["1 Mill Lane"], "city": "Leeds",
                       "postcode": "LS1 1AA", "country": "GB" },
        });
        let account = owner.post("/v1/accounts", &account);
        assert_eq!(account.status, 201, "{}", account.text);
        let mut new = offer("100");
        let nobody = owner.post("/v1/agreements", &new);
        assert_eq!((nobody.status, nobody.code()), (422, "account_required"), "{}", nobody.text);
        new["customer"] = Value::Null;
        new["account"] = json!("T1");
        let made = owner.post("/v1/agreements", &new);
        assert_eq!((made.status, &made.json["state"]), (201, &json!("accepted")), "{}", made.text);
        assert_eq!(made.json["allowed_actions"], json!(["revise", "reprice", "close", "call_off"]));
        let at = made.header("location").to_owned();
        let part = json!({ "lines": [{ "line": 1, "quantity": "40" }] });
        let first = owner.post(&format!("{at}/call_off"), &part);
        assert_eq!((first.status, &first.json["settlement"]), (201, &json!("account")));
        let above = json!({ "lines": [{ "line": 1, "quantity": "61" }] });
        let above = owner.post(&format!("{at}/call_off"), &above);
        assert_eq!((above.status, above.code()), (409, "above_agreement"), "{}", above.text);
        let line = json!({ "lines": [{ "line": 7 }] });
        let line = owner.post(&format!("{at}/call_off"), &line);
        assert_eq!((line.status, line.code()), (422, "unknown_line"), "{}", line.text);
        let shown = owner.get(&at);
        assert_eq!(shown.json["lines"][0]["left"], "60", "{}", shown.text);
        let list = owner.get("/v1/agreements?account=T1");
        assert_eq!(list.json["data"][0]["id"], made.json["id"], "{}", list.text);
        assert_eq!(owner.get("/v1/quotes").json["data"], json!([]));
        assert_eq!(owner.get("/v1/agreements?account=T9").code(), "unknown_account");
        let closed = owner.act(&format!("{at}/close"), &shown.tag(), &json!({}));
        assert_eq!(closed.json["state"], "closed", "{}", closed.text);
    }
}

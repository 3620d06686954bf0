//! What suppliers invoice and are paid, what goes back to them, rebates, exports, late costs.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::{Client, Server};

/// A hundred nails of the supplier `acme` at 0.04, received at the depot; the purchase's number.
fn received(owner: &Client) -> String {
    let new = json!({ "code": "acme", "name": "Acme", "terms_days": 14 });
    assert_eq!(owner.post("/v1/suppliers", &new).status, 201);
    let new = json!({
        "supplier": "acme", "location": "depot",
        "lines": [{ "sku": "NAIL", "quantity": "100", "price": "0.04" }],
    });
    let made = owner.post("/v1/purchases", &new);
    assert_eq!(made.status, 201, "{}", made.text);
    let at = made.header("location").to_owned();
    let sent = owner.act(&format!("{at}/send"), &made.tag(), &json!({}));
    let came = json!({ "lines": [{ "line": 1, "quantity": "100" }] });
    let came = owner.act(&format!("{at}/receive"), &sent.tag(), &came);
    assert_eq!(came.status, 200, "{}", came.text);
    made.json["number"].as_str().unwrap().to_owned()
}

fn invoice(number: &str, purchase: &str, net: &str) -> Value {
    json!({
        "supplier": "acme", "number": number, "invoiced_on": "2026-03-02",
        "lines": [{ "purchase": purchase, "line": 1, "quantity": "100", "net": net }],
    })
}

#[test]
fn an_invoice_is_matched_held_approved_paid_and_taken_back() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let purchase = received(&owner);
        let held = owner.post("/v1/supplier_invoices", &invoice("A-1", &purchase, "5.00"));
        assert_eq!((held.status, &held.json["state"]), (201, &json!("held")), "{}", held.text);
        assert_eq!(held.json["reasons"][0]["reason"], "price_above_order");
        let again = owner.post("/v1/supplier_invoices", &invoice("A-1", &purchase, "5.00"));
        assert_eq!(again.code(), "already_exists", "{}", again.text);
        let at = held.header("location").to_owned();
        let stale = owner.act(&format!("{at}/approve"), "\"v9\"", &json!({ "reason": "fine" }));
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        assert_eq!(stale.json["current"]["number"], "A-1", "{}", stale.text);
        let why = owner.act(&format!("{at}/approve"), &held.tag(), &json!({}));
        assert_eq!((why.status, why.code()), (422, "reason_required"), "{}", why.text);
        let still = owner.act(&format!("{at}/match"), &held.tag(), &json!({}));
        assert_eq!(still.json["state"], "held", "{}", still.text);
        let fine = json!({ "reason": "the price rose" });
        let fine = owner.act(&format!("{at}/approve"), &still.tag(), &fine);
        assert_eq!((fine.status, &fine.json["state"]), (200, &json!("posted")), "{}", fine.text);
        let done = owner.act(&format!("{at}/reject"), &fine.tag(), &json!({}));
        assert_eq!((done.status, done.code()), (409, "invalid_transition"), "{}", done.text);
        let open = owner.get("/v1/supplier_invoices?open=true&supplier=acme");
        assert_eq!(open.json["data"][0]["open"], "5.00", "{}", open.text);
        let above = json!({ "supplier": "acme", "invoices": [{ "number": "A-1", "amount": "6" }] });
        let above = owner.post("/v1/supplier_payments", &above);
        assert_eq!((above.status, above.code()), (409, "above_payable"), "{}", above.text);
        let pay = json!({ "supplier": "acme", "invoices": [{ "number": "A-1" }] });
        let paid = owner.post("/v1/supplier_payments", &pay);
        assert_eq!((paid.status, &paid.json["amount"]), (201, &json!("5.00")), "{}", paid.text);
        assert_eq!(owner.get(&at).json["open"], "0.00");
        let list = owner.get("/v1/supplier_payments?from=2020-01-01");
        assert_eq!(list.json["data"][0]["supplier"], "acme", "{}", list.text);
        let number = paid.json["number"].as_str().unwrap();
        let back = format!("/v1/supplier_payments/{number}/reverse");
        let reversed = owner.post(&back, &json!({}));
        assert!(reversed.json["reversed_at"].is_string(), "{}", reversed.text);
        assert_eq!(owner.get(&at).json["open"], "5.00");
        assert_eq!(owner.post(&back, &json!({})).code(), "not_reversible");
        assert_eq!(owner.get("/v1/supplier_invoices?after=x").code(), "invalid_field");
        assert_eq!(owner.get("/v1/supplier_invoices/x").status, 404);
        assert_eq!(server.with_rights("read").post("/v1/supplier_payments", &pay).status, 403);
    }
}

#[test]
fn goods_go_back_are_credited_and_the_credit_is_used() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let purchase = received(&owner);
        let booked = owner.post("/v1/supplier_invoices", &invoice("A-1", &purchase, "4.00"));
        assert_eq!(booked.json["state"], "posted", "{}", booked.text);
        let lines = json!([{ "sku": "NAIL", "quantity": "50" }]);
        let mut back = json!({ "supplier": "acme", "location": "depot", "lines": lines });
        let why = owner.post("/v1/vendor_returns", &back);
        assert_eq!((why.status, why.code()), (422, "reason_required"), "{}", why.text);
        back["reason"] = json!("bent");
        let sent = owner.post("/v1/vendor_returns", &back);
        assert_eq!((sent.status, &sent.json["state"]), (201, &json!("sent")), "{}", sent.text);
        assert_eq!(shop.sums("NAIL", "depot"), (50, 0, 0));
        let at = sent.header("location").to_owned();
        let ours = json!({ "lines": [{ "line": 1, "quantity": "10" }] });
        let stale = owner.act(&format!("{at}/reject"), "\"v9\"", &ours);
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        let ours = owner.act(&format!("{at}/reject"), &sent.tag(), &ours);
        assert_eq!(ours.json["lines"][0]["rejected"], 10, "{}", ours.text);
        let above = json!({ "lines": [{ "line": 1, "quantity": "41" }] });
        let above = owner.act(&format!("{at}/reject"), &ours.tag(), &above);
        assert_eq!((above.status, above.code()), (409, "above_open"), "{}", above.text);
        let note = json!({
            "supplier": "acme", "kind": "credit_note", "number": "C-1",
            "invoiced_on": "2026-03-02",
            "lines": [{ "vendor_return": sent.json["number"], "line": 1, "quantity": "40" }],
        });
        let note = owner.post("/v1/supplier_invoices", &note);
        assert_eq!((note.status, &note.json["total"]), (201, &json!("1.60")), "{}", note.text);
        let using = format!("{}/use_credit", note.header("location"));
        let used = json!({ "invoices": [{ "number": "A-1", "amount": "1.60" }] });
        let used = owner.post(&using, &used);
        assert_eq!((used.status, &used.json["open"]), (200, &json!("0.00")), "{}", used.text);
        assert_eq!(owner.get(booked.header("location")).json["open"], "2.40");
        let list = owner.get("/v1/vendor_returns?supplier=acme");
        assert_eq!(list.json["data"][0]["state"], "settled", "{}", list.text);
        assert_eq!(owner.get("/v1/vendor_returns/nothing").status, 404);
        let clerk = server.with_rights("read").get(&at);
        assert_eq!(clerk.json["lines"][0]["value_minor"], Value::Null, "{}", clerk.text);
    }
}

#[test]
fn rebates_are_agreed_earned_settled_and_ended() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let purchase = received(&owner);
        let new = json!({
            "code": "BONUS", "name": "Bonus", "supplier": "acme", "span": "quarter",
            "tiers": [{ "from": "0", "rate": "10" }], "starts_on": "2020-01-01",
        });
        let made = owner.post("/v1/rebates", &new);
        assert_eq!((made.status, &made.json["partner"]), (201, &json!("acme")), "{}", made.text);
        assert_eq!(owner.post("/v1/rebates", &new).code(), "already_exists");
        let mut none = new.clone();
        none["code"] = json!("NONE");
        none["tiers"] = json!([]);
        assert_eq!(owner.post("/v1/rebates", &none).code(), "invalid_field");
        let booked = owner.post("/v1/supplier_invoices", &invoice("A-1", &purchase, "4.00"));
        assert_eq!(booked.json["state"], "posted", "{}", booked.text);
        let shown = owner.get("/v1/rebates/BONUS");
        let period = shown.json["periods"][0].clone();
        assert_eq!(period["accrued"], "0.40", "{}", shown.text);
        let settle = json!({ "period": period["period"], "number": "R-1", "amount": "0.50" });
        let above = owner.post("/v1/rebates/BONUS/settle", &settle);
        assert_eq!((above.status, above.code()), (409, "above_open"), "{}", above.text);
        let settle = json!({ "period": period["period"], "number": "R-1" });
        let note = owner.post("/v1/rebates/BONUS/settle", &settle);
        assert_eq!((note.status, &note.json["total"]), (200, &json!("0.40")), "{}", note.text);
        let ours = owner.post("/v1/rebates/BONUS/give", &json!({ "period": period["period"] }));
        assert_eq!((ours.status, ours.code()), (409, "invalid_transition"), "{}", ours.text);
        let ended = owner.act("/v1/rebates/BONUS/end", &shown.tag(), &json!({}));
        assert_eq!(ended.json["active"], false, "{}", ended.text);
        let stale = owner.act("/v1/rebates/BONUS/end", &shown.tag(), &json!({}));
        assert_eq!((stale.status, stale.code()), (412, "stale_version"), "{}", stale.text);
        let list = owner.get("/v1/rebates");
        assert_eq!(list.json["data"][0]["tiers"][0]["rate"], "10", "{}", list.text);
        assert_eq!(owner.get("/v1/rebates/NONE").status, 404);
    }
}

#[test]
fn late_costs_are_posted_and_the_books_are_exported() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        received(&owner);
        let mut late = json!({
            "sku": "NAIL", "location": "depot", "received": "100", "amount": "1.50",
            "contra": "freight",
        });
        let why = owner.post("/v1/books/late_costs", &late);
        assert_eq!(why.code(), "reason_required", "{}", why.text);
        late["reason"] = json!("duty");
        let none = owner.post("/v1/books/late_costs", &late);
        assert_eq!(none.code(), "unknown_ledger_account", "{}", none.text);
        late["contra"] = json!("bank");
        let posted = owner.post("/v1/books/late_costs", &late);
        assert_eq!(posted.status, 201, "{}", posted.text);
        let csv = owner.get("/v1/exports/journals");
        assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv"), "{}", csv.text);
        assert!(csv.text.starts_with("entity,number,"), "{}", csv.text);
        let rows = owner.get("/v1/exports/journals?format=ndjson");
        let count = rows.text.lines().count();
        assert_eq!(count, csv.text.lines().count() - 1, "the same rows");
        let first: Value = serde_json::from_str(rows.text.lines().next().unwrap()).unwrap();
        let path = format!("/v1/exports/journals?format=ndjson&after={}", first["number"]);
        assert!(owner.get(&path).text.lines().count() < count);
        assert_eq!(owner.get("/v1/exports/invoices").status, 200);
        assert_eq!(owner.get("/v1/exports/statements?format=ndjson").status, 200);
        assert_eq!(owner.get("/v1/exports/journals?format=xls").code(), "invalid_field");
        assert_eq!(owner.get("/v1/exports/journals?from=soon").status, 422);
        assert_eq!(owner.get("/v1/exports/statements?account=NOPE").status, 404);
        assert_eq!(server.with_rights("read").get("/v1/exports/journals").status, 403);
    }
}

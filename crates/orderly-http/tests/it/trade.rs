//! Invoices, payments, accounts and books over HTTP.

use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Client, Server};

fn shop() -> (Shop, Server) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "leeds", 100, None);
    let server = Server::start(shop.app.clone());
    (shop, server)
}

/// Two hundred nails over the counter, paid in cash with a note: the receipt is there at once.
fn sold(owner: &Client) -> Value {
    let order = json!({
        "channel": "till",
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "0.10" }],
        "payments": [{ "provider": "cash", "captured": "2.00" }],
    });
    let placed = owner.post("/v1/orders", &order);
    assert_eq!(placed.status, 201, "{}", placed.text);
    placed.json
}

#[test]
fn money_is_taken_applied_and_given_back() {
    let (_shop, server) = shop();
    let owner = server.owner();
    let body = json!({
        "channel": "web", "customer": null, "provider": "manual", "amount": "50.00",
        "reference": "transfer 17",
    });
    let customer = json!({
        "channel": "web", "customer": { "email": "bo@example.com", "name": "Bo" },
        "lines": [{ "sku": "NAIL", "quantity": "10", "unit_price": "1.00" }],
    });
    let order = owner.post("/v1/orders", &customer);
    assert_eq!(order.status, 201, "{}", order.text);
    let number = order.json["customer"]["number"].clone();
    let mut own = body.clone();
    own["customer"] = number;
    let taken = owner.post("/v1/payments", &own);
    assert_eq!(taken.status, 201, "{}", taken.text);
    assert_eq!(taken.json["unapplied"], "50.00");
    let path = taken.header("location").to_owned();
    let apply = json!({ "order": order.json["number"], "amount": "10.00" });
    let applied = owner.act(&format!("{path}/apply"), &taken.tag(), &apply);
    assert_eq!(applied.status, 200, "{}", applied.text);
    assert_eq!(applied.json["unapplied"], "40.00");
    let stale = owner.act(&format!("{path}/give_back"), &taken.tag(), &json!({}));
    assert_eq!((stale.status, stale.code()), (412, "stale_version"));
    assert_eq!(stale.json["current"]["unapplied"], "40.00");
    let tried = owner.act(&format!("{path}/give_back?dry_run=true"), &applied.tag(), &json!({}));
    assert_eq!(
        (tried.status, tried.json["refunded"].as_str()),
        (200, Some("40.00")),
        "{}",
        tried.text
    );
    let above = json!({ "amount": "41.00" });
    let above = owner.act(&format!("{path}/give_back"), &applied.tag(), &above);
    assert_eq!((above.status, above.code()), (409, "above_captured"), "{}", above.text);
    let back = owner.act(&format!("{path}/give_back"), &applied.tag(), &json!({}));
    assert_eq!((back.status, back.json["unapplied"].as_str()), (200, Some("0.00")));
    let clerk = server.with_rights("read");
    assert_eq!(clerk.post("/v1/payments", &own).code(), "forbidden");
    assert_eq!(owner.get("/v1/payments/nonsense").status, 404);
    assert_eq!(owner.get("/v1/payments?limit=1").json["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn documents_are_listed_shown_printed_and_taken_back() {
    let (_shop, server) = shop();
    let owner = server.owner();
    let order = sold(&owner);
    let due = format!("/v1/orders/{}/invoices", order["number"].as_str().unwrap());
    let issued = owner.post(&due, &json!({}));
    assert_eq!(issued.status, 201, "{}", issued.text);
    let list = owner.get("/v1/invoices");
    assert_eq!(list.json["data"].as_array().map(Vec::len), Some(1), "{}", list.text);
    let number = list.json["data"][0]["number"].as_str().unwrap().to_owned();
    let shown = owner.get(&format!("/v1/invoices/{number}"));
    assert_eq!((shown.status, shown.json["total"].as_str()), (200, Some("2.00")));
    assert_eq!(shown.json["settlements"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown.json["order"], order["id"]);
    let pdf = owner.get(&format!("/v1/invoices/{number}/pdf"));
    assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
    assert!(pdf.header("content-disposition").contains(&number));
    let path = format!("/v1/invoices/{number}/credit");
    let wrong = json!({ "reason": "x", "lines": [{ "position": 9 }] });
    let wrong = owner.post(&path, &wrong);
    assert_eq!((wrong.status, wrong.code()), (422, "unknown_line"), "{}", wrong.text);
    let both = json!({ "reason": "x", "lines": [{ "position": 1, "quantity": 1, "amount": "1" }] });
    assert_eq!(owner.post(&path, &both).status, 422);
    let credited = owner.post(&path, &json!({ "reason": "wrong customer" }));
    assert_eq!(credited.status, 200, "{}", credited.text);
    assert_eq!(credited.json["kind"], "credit_note");
    assert_eq!(owner.get("/v1/invoices/INV-999999").status, 404);
    assert_eq!(owner.get("/v1/invoices?after=x").status, 422);
}

#[test]
fn the_books_report_and_balance() {
    let (_shop, server) = shop();
    let owner = server.owner();
    sold(&owner);
    let trial = owner.get("/v1/books/trial_balance");
    assert_eq!(trial.status, 200, "{}", trial.text);
    let sums = trial.json["sums"].as_array().unwrap();
    assert_eq!(sums[1], sums[2]);
    assert_ne!(sums[1], "0.00");
    for path in ["profit_and_loss?columns=channels", "balance_sheet", "tax", "stock_value", "chart"]
    {
        let report = owner.get(&format!("/v1/books/{path}"));
        assert_eq!(report.status, 200, "{}", report.text);
    }
    let journals = owner.get("/v1/books/journals?limit=1");
    assert_eq!(journals.json["has_more"], true, "{}", journals.text);
    let number = journals.json["data"][0]["number"].as_i64().unwrap();
    let one = owner.get(&format!("/v1/books/journals/{number}"));
    assert_eq!(one.json["number"], number, "{}", one.text);
    let unbalanced = json!({
        "on": "2026-11-01", "reason": "try",
        "postings": [{ "account": "rounding", "amount": "1.00" }],
    });
    let unbalanced = owner.post("/v1/books/journals", &unbalanced);
    assert!(matches!(unbalanced.status, 409 | 422), "{}", unbalanced.text);
    let rates = json!({ "rates": [
        { "currency": "EUR", "into": "GBP", "on": "2026-03-01", "rate": "0.85" },
    ]});
    let rates = owner.post("/v1/books/rates", &rates);
    assert_eq!(rates.status, 201, "{}", rates.text);
    assert_eq!(owner.get("/v1/books/rates").json["data"][0]["rate"], "0.85");
    let early = owner.post("/v1/books/periods/2099-01/close", &json!({}));
    assert_eq!(early.status, 409, "{}", early.text);
    assert_eq!(owner.get("/v1/books/periods/2026-13/warnings").status, 422);
}

#[test]
fn an_account_is_opened_limited_held_and_stated() {
    let (_shop, server) = shop();
    let owner = server.owner();
    let new = json!({
        "number": "A-1", "name": "Hill & Sons", "party": { "name": "Hill & Sons" },
        "limit": "100.00", "terms_days": 30,
    });
    let opened = owner.post("/v1/accounts", &new);
    assert_eq!(opened.status, 201, "{}", opened.text);
    assert_eq!(owner.post("/v1/accounts", &new).code(), "already_exists");
    let at = "/v1/accounts/A-1";
    let shown = owner.get(at);
    assert_eq!(shown.json["owed"][0]["available"], "100.00", "{}", shown.text);
    let site = json!({ "code": "north", "name": "North", "party": { "name": "North" } });
    assert_eq!(owner.post(&format!("{at}/sites"), &site).status, 201);
    let unseen = owner.act(&format!("{at}/hold"), "", &json!({ "reason": "late" }));
    assert_eq!(unseen.status, 428);
    let held = owner.act(&format!("{at}/hold"), &owner.get(at).tag(), &json!({ "reason": "late" }));
    assert_eq!((held.status, held.json["state"].as_str()), (200, Some("on_hold")), "{}", held.text);
    let order = json!({
        "channel": "phone", "account": "A-1", "settlement": "account",
        "lines": [{ "sku": "NAIL", "quantity": "1", "unit_price": "1.00" }],
    });
    let refused = owner.post("/v1/orders", &order);
    assert_eq!((refused.status, refused.code()), (409, "account_on_hold"), "{}", refused.text);
    assert_eq!(refused.json["override"], "order.override_credit");
    let mut anyway = order.clone();
    anyway["override"] = json!(["account_on_hold"]);
    anyway["reason"] = json!("the owner asked");
    let anyway = owner.post("/v1/orders", &anyway);
    assert_eq!(anyway.status, 201, "{}", anyway.text);
    let statement = owner.get(&format!("{at}/statement"));
    assert_eq!((statement.status, statement.json["closing"].as_str()), (200, Some("0.00")));
    assert_eq!(owner.get("/v1/accounts/aged").status, 200);
}

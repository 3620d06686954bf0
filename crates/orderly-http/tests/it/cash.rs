//! Tills and the bank over HTTP.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::{Came, Client, Server};

#[test]
fn a_session_is_opened_worked_counted_and_closed() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let made = owner.post("/v1/tills", &json!({ "code": "K1", "location": "leeds" }));
        assert_eq!((made.status, &made.json["currency"]), (201, &json!("GBP")), "{}", made.text);
        let at = "/v1/tills/K1";
        assert_eq!(owner.get(at).json["allowed_actions"], json!(["open"]));
        let none = owner.act(&format!("{at}/count"), "*", &json!({ "pieces": [] }));
        assert_eq!((none.status, none.code()), (409, "no_open_session"), "{}", none.text);
        let open = owner.post(&format!("{at}/open"), &json!({ "float": "50.00" }));
        assert_eq!((open.status, &open.json["session"]["state"]), (201, &json!("open")));
        assert_eq!(open.json["session"]["expected"], Value::Null, "{}", open.text);
        let twice = owner.post(&format!("{at}/open"), &json!({ "float": "50.00" }));
        assert_eq!((twice.status, twice.code()), (409, "session_open"), "{}", twice.text);
        let out = json!({ "amount": "4.50", "reason": "milk", "account": "nowhere" });
        let wrong = owner.act(&format!("{at}/pay_out"), &open.tag(), &out);
        assert_eq!((wrong.status, wrong.code()), (422, "invalid_field"), "{}", wrong.text);
        let why = owner.act(&format!("{at}/pay_out"), &open.tag(), &json!({ "amount": "4.50" }));
        assert_eq!(why.code(), "reason_required", "{}", why.text);
        let out = json!({ "amount": "4.50", "reason": "milk" });
        let paid = owner.act(&format!("{at}/pay_out"), &open.tag(), &out);
        assert_eq!(paid.status, 200, "{}", paid.text);
        let stale = owner.act(&format!("{at}/pay_out"), &open.tag(), &out);
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        assert_eq!(stale.json["current"]["code"], "K1", "{}", stale.text);
        let into = json!({ "amount": "10.00", "reason": "change" });
        let into = owner.act(&format!("{at}/pay_in"), &paid.tag(), &into);
        let much = owner.act(&format!("{at}/drop"), &into.tag(), &json!({ "amount": "90.00" }));
        assert_eq!((much.status, much.code()), (409, "above_drawer"), "{}", much.text);
        let safe = owner.act(&format!("{at}/drop"), &into.tag(), &json!({ "amount": "5.50" }));
        assert_eq!(safe.status, 200, "{}", safe.text);
        for way in ["collect", "hand_back"] {
            let none = owner.act(&format!("{at}/{way}"), &safe.tag(), &json!({ "carrier": "own" }));
            assert_eq!(none.code(), "nothing_to_do", "{}", none.text);
        }
        let blind = owner.get(&format!("{at}/report"));
        assert_eq!(blind.json["entries"], json!([]), "{}", blind.text);
        let pieces =
            json!({ "pieces": [{ "value": "20", "pieces": 2 }, { "value": "5", "pieces": 1 }] });
        let counted = owner.act(&format!("{at}/count"), &safe.tag(), &pieces);
        assert_eq!(counted.json["session"]["expected"], "50.00", "{}", counted.text);
        assert_eq!(counted.json["allowed_actions"], json!(["resume", "close"]));
        let resumed = owner.act(&format!("{at}/resume"), &counted.tag(), &json!({}));
        assert_eq!(resumed.json["session"]["state"], "open", "{}", resumed.text);
        let counted = owner.act(&format!("{at}/count"), &resumed.tag(), &pieces);
        let why = owner.act(&format!("{at}/close"), &counted.tag(), &json!({}));
        assert_eq!((why.status, why.code()), (422, "reason_required"), "{}", why.text);
        let lost = json!({ "reason": "miscounted change" });
        let closed = owner.act(&format!("{at}/close"), &counted.tag(), &lost);
        assert_eq!(closed.json["session"]["difference"], "-5.00", "{}", closed.text);
        let report = owner.get(&format!("{at}/report?session=1"));
        assert_eq!(report.json["counts"].as_array().map(Vec::len), Some(2), "{}", report.text);
        assert_eq!(owner.get("/v1/tills").json["data"][0]["session"]["number"], 1);
        assert_eq!(owner.get("/v1/tills/K9").status, 404);
        assert_eq!(server.with_rights("read").post("/v1/tills", &json!({})).status, 403);
    }
}

/// Goods handed over on account: an invoice of 20.00 is open.
fn owed(owner: &Client) -> String {
    let account = json!({
        "number": "A-1", "name": "Hill & Sons", "party": { "name": "Hill & Sons" },
        "limit": "100.00", "terms_days": 30,
    });
    assert_eq!(owner.post("/v1/accounts", &account).status, 201);
    let order = json!({
        "channel": "till", "account": "A-1", "settlement": "account",
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "1.00" }],
    });
    let placed = owner.post("/v1/orders", &order);
    assert_eq!(placed.status, 201, "{}", placed.text);
    let due = format!("/v1/orders/{}/invoices", placed.json["number"].as_str().unwrap());
    let issued = owner.post(&due, &json!({}));
    assert_eq!(issued.status, 201, "{}", issued.text);
    let open = owner.get("/v1/invoices");
    open.json["data"][0]["number"].as_str().unwrap().to_owned()
}

fn take_in(owner: &Client, query: &str, key: &str, media: &str, file: &str) -> Came {
    let path = format!("/v1/bank/accounts/MAIN/statements{query}");
    let headers = [("idempotency-key", key), ("content-type", media)];
    owner.send("POST", &path, &headers, file.as_bytes())
}

#[test]
fn a_statement_is_taken_in_once_and_its_movements_are_matched_and_unmatched() {
    for shop in Shop::each() {
        shop.stock("NAIL", "leeds", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let invoice = owed(&owner);
        let main = owner.post("/v1/bank/accounts", &json!({ "code": "MAIN", "name": "Main" }));
        assert_eq!(main.status, 201, "{}", main.text);
        let file = format!(
            "Day;Amount;Text;Name\n02.03.2026;20,00;{invoice};Hill & Sons\n\
            02.03.2026;-3,10;Fees of February;\n"
        );
        let layout = "?booked_on=Day&amount=Amount&purpose=Text&payer=Name";
        let none = take_in(&owner, "", "a", "text/csv", &file);
        assert_eq!((none.status, none.code()), (422, "invalid_statement"), "{}", none.text);
        let half = take_in(&owner, "?booked_on=Day", "b", "text/csv", &file);
        assert_eq!((half.status, half.code()), (422, "invalid_field"), "{}", half.text);
        let first = take_in(&owner, layout, "c", "text/csv", &file);
        assert_eq!((first.status, &first.json["statements"][0]["added"]), (200, &json!(2)));
        for key in ["c", "d"] {
            let again = take_in(&owner, layout, key, "text/csv", &file);
            assert_eq!(again.status, 200, "{}", again.text);
        }
        let lines = owner.get("/v1/bank/lines?account=MAIN&open=true");
        assert_eq!(lines.json["data"].as_array().map(Vec::len), Some(2), "{}", lines.text);
        let page = owner.get("/v1/bank/lines?limit=1");
        let rest = page.json["next"].as_str().unwrap();
        let rest = owner.get(&format!("/v1/bank/lines?limit=1&after={rest}"));
        assert_ne!(rest.json["data"][0]["id"], page.json["data"][0]["id"], "{}", rest.text);
        let mut all = lines.json["data"].as_array().unwrap().iter();
        let paid = all.clone().find(|one| one["amount"] == "20.00").unwrap();
        let at = format!("/v1/bank/lines/{}", paid["id"].as_str().unwrap());
        let proposed = owner.get(&format!("{at}/proposals"));
        assert_eq!(proposed.json["data"][0]["parts"][0]["number"], invoice, "{}", proposed.text);
        let above = json!({ "invoices": [{ "invoice": invoice, "amount": "21.00" }] });
        let above = owner.post(&format!("{at}/match"), &above);
        assert_eq!(above.status, 409, "{}", above.text);
        let done = owner.post(&format!("{at}/match"), &json!({ "proposal": 1 }));
        assert_eq!((done.status, &done.json["matched"]), (200, &json!(true)), "{}", done.text);
        let twice = owner.post(&format!("{at}/match"), &json!({ "proposal": 1 }));
        assert_eq!((twice.status, twice.code()), (409, "already_matched"), "{}", twice.text);
        let open = owner.get(&format!("/v1/invoices/{invoice}"));
        assert_eq!(open.json["open"], "0.00", "{}", open.text);
        let undone = owner.post(&format!("{at}/unmatch"), &json!({}));
        assert_eq!((undone.status, &undone.json["matched"]), (200, &json!(false)));
        let open = owner.get(&format!("/v1/invoices/{invoice}"));
        assert_eq!(open.json["open"], "20.00", "{}", open.text);
        let fees = all.find(|one| one["amount"] == "-3.10").unwrap();
        let fees = format!("/v1/bank/lines/{}", fees["id"].as_str().unwrap());
        let clear = json!({ "clear": "nowhere" });
        let clear = owner.post(&format!("{fees}/match"), &clear);
        assert_eq!((clear.status, clear.code()), (422, "invalid_field"), "{}", clear.text);
        let clear = owner.post(&format!("{fees}/match"), &json!({ "clear": "bank_fees" }));
        assert_eq!(clear.json["account"], "bank_fees", "{}", clear.text);
        assert_eq!(owner.get(&fees).json["found"]["matched"], true);
        let clerk = server.with_rights("read").get(&at);
        assert_eq!(clerk.json["payer"], "•••", "{}", clerk.text);
        let unread = server.with_rights("read").post(&format!("{at}/match"), &json!({}));
        assert_eq!(unread.status, 403);
    }
}

#[test]
fn other_formats_say_themselves_how_they_are_laid_out() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let main = json!({ "code": "MAIN", "name": "Main" });
        assert_eq!(owner.post("/v1/bank/accounts", &main).status, 201);
        let mt940 = ":20:REF1\n:25:12345678\n:28C:1/1\n:60F:C260301GBP0,00\n\
            :61:2603020302C36,00NTRFNONREF\n:86:A transfer\n:62F:C260302GBP36,00\n-\n";
        let done = take_in(&owner, "", "a", "text/plain", mt940);
        assert_eq!(done.json["statements"][0]["format"], "mt940", "{}", done.text);
        let again = take_in(&owner, "", "b", "text/plain", mt940);
        assert_eq!(again.json["statements"][0]["known"], true, "{}", again.text);
        let broken = mt940.replace("C260302GBP36,00", "C260302GBP37,00");
        let broken = take_in(&owner, "", "c", "text/plain", &broken);
        assert_eq!((broken.status, broken.code()), (422, "invalid_statement"), "{}", broken.text);
        let junk = take_in(&owner, "", "d", "application/xml", "<html></html>");
        assert_eq!((junk.status, junk.code()), (422, "invalid_statement"), "{}", junk.text);
        let media = take_in(&owner, "", "e", "application/json", "{}");
        assert_eq!(media.status, 415);
        let lines = owner.get("/v1/bank/lines");
        assert_eq!(lines.json["data"].as_array().map(Vec::len), Some(1), "{}", lines.text);
        let path = "/v1/bank/accounts/NOPE/statements";
        let headers = [("idempotency-key", "f"), ("content-type", "text/plain")];
        assert_eq!(owner.send("POST", path, &headers, mt940.as_bytes()).status, 404);
        assert_eq!(owner.get("/v1/bank/lines/x").status, 404);
    }
}

//! Price lists, why something costs what it costs, and taxes over HTTP.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::{Client, Server};

fn account(owner: &Client) {
    let account = json!({
        "number": "T1", "name": "Field & Sons", "limit": "1000.00", "terms_days": 30,
        "party": { "name": "Field & Sons", "country": "GB" },
    });
    let made = owner.post("/v1/accounts", &account);
    assert_eq!(made.status, 201, "{}", made.text);
}

#[test]
fn a_list_is_made_filled_changed_and_says_why_a_line_costs_what_it_costs() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 500, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        account(&owner);
        let new = json!({ "code": "TRADE", "scope": "account", "subject": "T1", "margin": "5" });
        let made = owner.post("/v1/price_lists", &new);
        assert_eq!((made.status, &made.json["subject"]), (201, &json!("T1")), "{}", made.text);
        assert_eq!(owner.post("/v1/price_lists", &new).code(), "already_exists");
        let at = made.header("location").to_owned();
        let nobody = json!({ "code": "X", "scope": "account", "subject": "T9" });
        assert_eq!(owner.post("/v1/price_lists", &nobody).code(), "unknown_account");
        let prices = json!({ "prices": [
            { "sku": "NAIL", "price": "0.09" },
            { "sku": "NAIL", "price": "0.07", "from_quantity": "100" },
        ] });
        let unseen = owner.act(&format!("{at}/prices"), "", &prices);
        assert_eq!((unseen.status, unseen.code()), (428, "precondition_required"));
        let put = owner.act(&format!("{at}/prices"), &made.tag(), &prices);
        assert_eq!((put.status, &put.json["version"]), (200, &json!(2)), "{}", put.text);
        let stale = owner.act(&format!("{at}/prices"), &made.tag(), &prices);
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        assert_eq!(stale.json["current"]["prices"].as_array().map(Vec::len), Some(2));
        let wrong = json!({ "prices": [{ "sku": "NOPE", "price": "1" }] });
        let wrong = owner.act(&format!("{at}/prices"), &put.tag(), &wrong);
        assert_eq!((wrong.status, wrong.code()), (422, "unknown_item"), "{}", wrong.text);
        let changed = json!({ "name": "Trade", "scope": "account", "subject": "T1" });
        let changed = owner.act(&format!("{at}/update"), &put.tag(), &changed);
        assert_eq!((changed.status, &changed.json["name"]), (200, &json!("Trade")));
        let none = owner.act("/v1/price_lists/NOPE/update", "*", &json!({}));
        assert_eq!(none.code(), "unknown_price_list", "{}", none.text);
        let ask = "/v1/prices?item=NAIL&channel=phone&account=T1&quantity=120";
        let why = owner.get(ask);
        assert_eq!((&why.json["price"], &why.json["list"]), (&json!("0.07"), &json!("TRADE")));
        assert_eq!(owner.get("/v1/prices?item=NAIL&channel=moon").code(), "unknown_channel");
        let order = json!({
            "channel": "phone", "account": "T1", "settlement": "account",
            "lines": [{ "sku": "NAIL", "quantity": "120" }],
        });
        let order = owner.post("/v1/orders", &order);
        assert_eq!(order.json["totals"]["lines"], "8.40", "{}", order.text);
        let trace = format!("/v1/orders/{}/prices", order.json["id"].as_str().unwrap());
        let why = owner.get(&trace);
        assert_eq!(why.json["data"][0]["list"], "TRADE", "{}", why.text);
        assert_eq!(why.json["data"][0]["counted"], 120);
        assert!(why.json["data"][0]["considered"].as_array().is_some_and(|all| all.len() > 1));
        let gone = json!({ "sku": "NAIL", "from_quantity": "100" });
        let gone = owner.act(&format!("{at}/remove_price"), &changed.tag(), &gone);
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(owner.get(ask).json["price"], "0.09");
        assert_eq!(server.with_rights("read").post("/v1/price_lists", &new).status, 403);
        let clerk = server.with_rights("read").get(&at);
        assert_eq!(clerk.json["margin"], Value::Null, "{}", clerk.text);
    }
}

#[test]
fn prices_are_read_from_csv_and_written_again() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        assert_eq!(owner.post("/v1/price_lists", &json!({ "code": "BASE" })).status, 201);
        let import = |query: &str, key: &str, text: &str| {
            let path = format!("/v1/price_lists/BASE/import{query}");
            let headers = [("idempotency-key", key), ("content-type", "text/csv")];
            owner.send("POST", &path, &headers, text.as_bytes())
        };
        let bad = import("", "a", "sku,price\nNAIL,0.08\nNOPE,1\n");
        assert_eq!((bad.status, &bad.json["written"]), (200, &json!(false)), "{}", bad.text);
        assert_eq!(bad.json["rejected"][0]["line"], 3, "{}", bad.text);
        let good = "sku,price,from_quantity\nNAIL,0.08,\nNAIL,0.06,100\n";
        let tried = import("?dry_run=true", "b", good);
        assert_eq!((&tried.json["taken"], &tried.json["written"]), (&json!(2), &json!(false)));
        let done = import("", "c", good);
        assert_eq!(done.json["written"], true, "{}", done.text);
        let again = import("", "c", good);
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(owner.get("/v1/price_lists/BASE").json["version"], 2, "taken in once");
        let csv = owner.get("/v1/price_lists/BASE/export");
        assert!(csv.text.contains("NAIL,100,0.06"), "{}", csv.text);
        let path = "/v1/price_lists/BASE/import";
        let json = [("idempotency-key", "d"), ("content-type", "application/json")];
        assert_eq!(owner.send("POST", path, &json, b"{}").status, 415);
        let no = import("", "e", "a,b\n1,2\n");
        assert_eq!(no.status, 422, "{}", no.text);
    }
}

#[test]
fn what_items_accounts_channels_and_groups_add_is_set() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        account(&owner);
        let set = json!({ "category": "fixings", "margin": "10" });
        let set = owner.post("/v1/items/NAIL/pricing", &set);
        assert_eq!((set.status, &set.json["margin"]), (200, &json!("10")), "{}", set.text);
        let floor = owner.post("/v1/price_categories/fixings", &json!({ "margin": "12.5" }));
        assert_eq!(floor.json["margin"], "12.5", "{}", floor.text);
        let floor = owner.post("/v1/price_categories/fixings", &json!({ "margin": "much" }));
        assert_eq!((floor.status, floor.code()), (422, "invalid_field"), "{}", floor.text);
        let channel = owner.post("/v1/channels/web/pricing", &json!({ "tax_included": true }));
        assert_eq!(channel.json["tax_included"], true, "{}", channel.text);
        let grouped = owner.post("/v1/accounts/T1/pricing", &json!({ "group": "builders" }));
        assert_eq!(grouped.status, 200, "{}", grouped.text);
        let off = json!({ "code": "B5", "discount": "5", "category": "fixings" });
        let off = owner.post("/v1/customer_groups/builders/discounts", &off);
        assert_eq!((off.status, &off.json["discount"]), (201, &json!("5")), "{}", off.text);
        let off = json!({ "code": "B6", "discount": "5" });
        let off = owner.post("/v1/customer_groups/nobody/discounts", &off);
        assert_eq!(off.code(), "unknown_group", "{}", off.text);
        let groups = owner.get("/v1/customer_groups");
        assert_eq!(groups.json["data"][0]["discounts"][0]["code"], "B5", "{}", groups.text);
        assert_eq!(owner.post("/v1/items/NOPE/pricing", &json!({})).status, 404);
    }
}

#[test]
fn tax_codes_rules_and_exemptions_are_kept_and_found() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        account(&owner);
        let early = json!({ "code": "std", "rate": "20" });
        assert_eq!(owner.post("/v1/taxes/rules", &early).code(), "unknown_tax_code");
        assert_eq!(owner.post("/v1/taxes/codes", &json!({ "code": "std" })).status, 201);
        let zero = json!({ "code": "exempt", "kind": "exempt", "note": "Exempt supply" });
        assert_eq!(owner.post("/v1/taxes/codes", &zero).status, 201);
        let kind = json!({ "code": "x", "kind": "strange" });
        assert_eq!(owner.post("/v1/taxes/codes", &kind).code(), "invalid_field");
        let rule = owner.post("/v1/taxes/rules", &early);
        assert_eq!((rule.status, &rule.json["rate"]), (201, &json!("0.2")), "{}", rule.text);
        let exempt = json!({ "account": "T1", "code": "exempt", "certificate": "C-1" });
        let exempt = owner.post("/v1/taxes/exemptions", &exempt);
        assert_eq!((exempt.status, &exempt.json["account"]), (201, &json!("T1")));
        let on = owner.post("/v1/taxes/switch", &json!({ "on": true }));
        assert_eq!(on.json["on"], true, "{}", on.text);
        let price = owner.get("/v1/prices?item=NAIL&channel=web");
        assert_eq!(price.json["taxes"][0]["rate"], "0.2", "{}", price.text);
        let price = owner.get("/v1/prices?item=NAIL&channel=phone&account=T1");
        assert_eq!(price.json["taxes"][0]["certificate"], "C-1", "{}", price.text);
        let end = format!("/v1/taxes/rules/{}/end", rule.json["id"].as_str().unwrap());
        let ended = owner.post(&end, &json!({ "until": "2099-12-31" }));
        assert_eq!(ended.json["until"], "2099-12-31", "{}", ended.text);
        assert_eq!(owner.post(&end, &json!({ "until": "soon" })).status, 422);
        assert_eq!(
            owner.post("/v1/taxes/rules/x/end", &json!({ "until": "2099-01-01" })).status,
            404
        );
        let all = owner.get("/v1/taxes");
        assert_eq!(
            (&all.json["on"], all.json["rules"].as_array().map(Vec::len)),
            (&json!(true), Some(1))
        );
        assert_eq!(server.with_rights("read").post("/v1/taxes/codes", &zero).status, 403);
    }
}

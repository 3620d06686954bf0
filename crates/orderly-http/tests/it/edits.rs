//! Placed orders are changed over HTTP, tried first.

use serde_json::json;

use crate::fixture::Shop;
use crate::server::Server;

#[test]
fn a_placed_order_is_changed_as_it_was_seen() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let order = json!({
            "channel": "market", "external_id": "EXT-1",
            "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "deliveries": { "method": "parcel", "ship_to": { "name": "Ann Field",
                "lines": ["2 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
                "country": "GB" } },
            "lines": [{ "sku": "NAIL", "quantity": "10" }],
        });
        let placed = owner.post("/v1/orders", &order);
        assert_eq!(placed.status, 201, "{}", placed.text);
        let allowed = placed.json["allowed_actions"].as_array().unwrap();
        assert!(allowed.contains(&json!("edit")), "{allowed:?}");
        let edits = format!("{}/edits", placed.header("location"));
        let new = json!({
            "reference": "PO 7", "reason": "he called",
            "deliveries": [{ "ship_to": { "name": "Ann Field", "lines": ["9 New Road"],
                "city": "York", "postcode": "YO1 1AA", "country": "GB" } }],
            "lines": [{ "line": "1", "quantity": "12" }],
            "add": [{ "sku": "CARE", "quantity": "1" }],
        });
        assert_eq!(owner.act(&edits, "", &new).status, 428);
        let tried = owner.act(&format!("{edits}?dry_run=true"), &placed.tag(), &new);
        assert_eq!((tried.status, &tried.json["totals"]["total"]), (200, &json!("61.20")));
        assert_eq!(owner.get(placed.header("location")).tag(), placed.tag(), "nothing happened");
        let done = owner.act(&edits, &placed.tag(), &new);
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(done.json["totals"]["total"], "61.20");
        assert_eq!(done.json["deliveries"][0]["ship_to"]["city"], "York", "{}", done.text);
        assert_eq!(done.json["lines"].as_array().map(Vec::len), Some(2));
        let stale = owner.act(&edits, &placed.tag(), &new);
        assert_eq!((stale.status, stale.code()), (412, "stale_version"));
        assert_eq!(stale.json["current"]["reference"], "PO 7");
        let wrong = json!({ "lines": [{ "line": "9", "quantity": "1" }] });
        let wrong = owner.act(&edits, &done.tag(), &wrong);
        assert_eq!((wrong.status, wrong.code()), (422, "unknown_line"), "{}", wrong.text);
        assert_eq!(wrong.json["errors"][0]["pointer"], "/lines/0/line");
        let field = owner.act(&edits, &done.tag(), &json!({ "line": [] }));
        assert!(field.text.contains("did you mean `lines`?"), "{}", field.text);
        let nothing = owner.act(&edits, &done.tag(), &json!({}));
        assert_eq!((nothing.status, nothing.code()), (409, "nothing_to_do"));
        let timeline = owner.get(&format!("{}/timeline", placed.header("location")));
        assert!(timeline.text.contains("order.edited"), "{}", timeline.text);
        let reader = server.with_rights("read,order.cancel");
        assert_eq!(reader.act(&edits, &done.tag(), &json!({})).status, 403);
    }
}

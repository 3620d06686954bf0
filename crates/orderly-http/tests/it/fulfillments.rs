//! Work and shipments over HTTP, from the order to the door and back.

use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Came, Client, Server};

fn placed(client: &Client, quantity: &str) -> Came {
    let came = client.post(
        "/v1/orders",
        &json!({
            "channel": "web", "customer": { "email": "ann@example.com", "name": "Ann Field" },
            "deliveries": { "method": "parcel", "ship_to": {
                "name": "Ann Field", "lines": ["1 Mill Lane"], "city": "York",
                "postcode": "YO1 1AA", "country": "GB" } },
            "lines": [{ "sku": "NAIL", "quantity": quantity }],
        }),
    );
    assert_eq!(came.status, 201, "{}", came.text);
    came
}

/// Takes a step that must be done.
fn done(client: &Client, path: &str, tag: &str, body: &Value) -> Came {
    let came = client.act(path, tag, body);
    assert_eq!(came.status, 200, "{path}: {}", came.text);
    came
}

fn actions(came: &Came) -> Vec<&str> {
    let all = came.json["allowed_actions"].as_array().unwrap();
    all.iter().map(|one| one.as_str().unwrap()).collect()
}

#[test]
fn goods_go_from_the_shelf_to_the_door_and_every_step_says_what_may_follow() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let order = placed(&owner, "10");
        let waiting = owner.get("/v1/fulfillments?location=depot&state=open");
        let id = waiting.json["data"][0]["id"].as_str().unwrap();
        assert_eq!(order.json["fulfillments"][0]["id"], id);
        let at = format!("/v1/fulfillments/{id}");
        let seen = owner.get(&at);
        assert_eq!((seen.tag(), actions(&seen)), (order.tag(), vec!["accept", "reject"]));
        let accepted = done(&owner, &format!("{at}/accept"), &seen.tag(), &json!({}));
        assert_eq!(actions(&accepted), ["recall", "reject", "pick"]);
        let six = json!({ "lines": [{ "line": "NAIL", "quantity": "6" }] });
        let picked = done(&owner, &format!("{at}/pick"), &accepted.tag(), &six);
        assert_eq!(picked.json["lines"][0]["picked"], "6");
        assert!(actions(&picked).contains(&"unpick"));
        let two = json!({ "lines": [{ "line": "1", "quantity": "2" }] });
        let back = done(&owner, &format!("{at}/unpick"), &picked.tag(), &two);
        assert_eq!(back.json["lines"][0]["picked"], "4");
        let packed = done(&owner, &format!("{at}/pack"), &back.tag(), &json!({}));
        let unpacked = done(&owner, &format!("{at}/unpack"), &packed.tag(), &json!({}));
        let packed = done(&owner, &format!("{at}/pack"), &unpacked.tag(), &json!({}));
        let parcel =
            json!({ "carrier": "post", "tracking": "T-1", "parcels": [{ "weight_g": 90 }] });
        let shipped = done(&owner, &format!("{at}/ship"), &packed.tag(), &parcel);
        let shipment = &shipped.json["shipments"][0];
        assert_eq!(shipment["tracking"], "T-1");
        let way = format!("/v1/shipments/{}", shipment["id"].as_str().unwrap());
        let seen = owner.get(&way);
        assert_eq!(actions(&seen), ["deliver", "fail", "lose", "bring_back", "void"]);
        let found = owner.get("/v1/orders?q=T-1");
        assert_eq!(found.json["data"][0]["id"], order.json["id"]);
        let failed = done(&owner, &format!("{way}/fail"), &seen.tag(), &json!({}));
        let again = done(&owner, &format!("{way}/retry"), &failed.tag(), &json!({}));
        let three = json!({ "lines": [{ "line": "NAIL", "quantity": "3" }] });
        let there = done(&owner, &format!("{way}/deliver"), &again.tag(), &three);
        assert_eq!(there.json["lines"][0]["delivered"], "3");
        let lost = done(&owner, &format!("{way}/lose"), &there.tag(), &json!({}));
        assert_eq!(lost.json["lines"][0]["lost"], "1");
        assert_eq!(shop.sums("NAIL", "depot"), (96, 6, 0));
    }
}

#[test]
fn a_shipment_is_taken_back_or_comes_back() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let order = placed(&owner, "2");
    let at = format!("/v1/fulfillments/{}", order.json["fulfillments"][0]["id"].as_str().unwrap());
    let mut tag = order.tag();
    for step in ["accept", "pick", "pack", "ship"] {
        tag = done(&owner, &format!("{at}/{step}"), &tag, &json!({})).tag();
    }
    let shipment = owner.get(&at).json["shipments"][0]["id"].as_str().unwrap().to_owned();
    let way = format!("/v1/shipments/{shipment}");
    tag = done(&owner, &format!("{way}/void"), &tag, &json!({})).tag();
    let shipped = done(&owner, &format!("{at}/ship"), &tag, &json!({}));
    let all = shipped.json["shipments"].as_array().unwrap();
    let second = all.iter().find(|one| one["state"] == "shipped").unwrap()["id"].as_str().unwrap();
    let way = format!("/v1/shipments/{second}");
    let there = done(&owner, &format!("{way}/deliver"), &shipped.tag(), &json!({}));
    let undone = done(&owner, &format!("{way}/undeliver"), &there.tag(), &json!({}));
    let back = json!({ "sellable": true, "then": "cancel" });
    let back = done(&owner, &format!("{way}/bring_back"), &undone.tag(), &back);
    assert_eq!(back.json["lines"][0]["brought_back"], "2");
    assert_eq!(shop.sums("NAIL", "depot"), (100, 0, 0));
    let label = owner.get(&format!("{way}/label?format=zpl"));
    assert_eq!((label.status, label.code()), (422, "invalid_field"), "the depot has no address");
}

#[test]
fn work_is_refused_and_what_is_not_there_or_not_allowed_changes_nothing() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 5, None);
    shop.stock("NAIL", "leeds", 5, None);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let order = placed(&owner, "3");
    let at = format!("/v1/fulfillments/{}", order.json["fulfillments"][0]["id"].as_str().unwrap());
    let early = owner.act(&format!("{at}/ship"), &order.tag(), &json!({}));
    assert_eq!((early.status, early.code()), (409, "nothing_to_do"));
    let stale = owner.act(&format!("{at}/accept"), "\"v7\"", &json!({}));
    assert_eq!((stale.status, stale.code()), (412, "stale_version"));
    assert_eq!(stale.json["current"]["object"], "fulfillment");
    let why = json!({ "because": "no_time" });
    let unknown = owner.act(&format!("{at}/reject"), &order.tag(), &why);
    assert_eq!((unknown.status, unknown.code()), (422, "invalid_field"));
    let why = json!({ "because": "no_capacity" });
    let tried = owner.act(&format!("{at}/reject?dry_run=true"), &order.tag(), &why);
    assert_eq!(tried.json["state"], "canceled", "{}", tried.text);
    let refused = done(&owner, &format!("{at}/reject"), &order.tag(), &why);
    assert_eq!(refused.json["state"], "canceled");
    assert_eq!((shop.sums("NAIL", "depot").1, shop.sums("NAIL", "leeds").1), (0, 3));
    let picker = server.with_rights("read,fulfillment.pick");
    let no = picker.act(&format!("{at}/accept"), &refused.tag(), &json!({}));
    assert_eq!((no.status, no.code()), (403, "forbidden"));
    for path in ["/v1/fulfillments/x", "/v1/shipments/shp_0000000000000000000000000"] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
    assert_eq!(owner.get("/v1/fulfillments?state=done").status, 422);
}

//! Items, locations, channels and customers over HTTP, and channels compared.

use serde_json::json;

use crate::fixture::Shop;
use crate::server::Server;

#[test]
fn items_are_added_shown_replaced_and_retired() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let item =
            json!({ "sku": "SAW", "name": "Saw", "price": "19.90", "gtin": "4006381333931" });
        let tried = owner.post("/v1/items?dry_run=true", &item);
        assert_eq!((tried.status, &tried.json["sku"]), (201, &json!("SAW")), "{}", tried.text);
        assert_eq!(owner.get("/v1/items/SAW").status, 404);
        let added = owner.post("/v1/items", &item);
        assert_eq!(
            (added.status, &added.json["goods"]),
            (201, &json!("counted")),
            "{}",
            added.text
        );
        assert_eq!(owner.get("/v1/items/4006381333931").json["id"], added.json["id"]);
        let twice = owner.post("/v1/items", &item);
        assert_eq!((twice.status, twice.code()), (409, "already_exists"));
        let odd = json!({ "sku": "X", "name": "X", "goods": "ghosts" });
        let odd = owner.post("/v1/items", &odd);
        assert_eq!((odd.status, &odd.json["errors"][0]["pointer"]), (422, &json!("/goods")));
        let dearer = json!({ "sku": "SAW", "name": "Saw", "price": "21.90" });
        let at = "/v1/items/SAW";
        let body = dearer.to_string();
        let tag = added.tag();
        let headers =
            [("idempotency-key", "p"), ("if-match", &*tag), ("content-type", "application/json")];
        let replaced = owner.send("PUT", at, &headers, body.as_bytes());
        assert_eq!((replaced.status, &replaced.json["price"]), (200, &json!("21.90")));
        let stale = owner.act(&format!("{at}/retire"), &added.tag(), &json!({}));
        assert_eq!((stale.status, &stale.json["current"]["price"]), (412, &json!("21.90")));
        let gone = owner.act(&format!("{at}/retire"), &replaced.tag(), &json!({}));
        assert_eq!(gone.json["active"], false, "{}", gone.text);
        let page = owner.get("/v1/items?limit=2");
        assert_eq!(page.json["data"].as_array().unwrap().len(), 2);
        let next = page.json["next"].as_str().unwrap();
        let rest = owner.get(&format!("/v1/items?limit=250&after={next}"));
        assert_eq!(rest.json["has_more"], false);
        let reader = server.with_rights("read");
        assert_eq!(reader.post("/v1/items", &dearer).status, 403);
    }
}

#[test]
fn locations_channels_and_customers_are_added_and_shown() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let hull = json!({ "code": "hull", "name": "Hull", "kind": "store" });
        let location = owner.post("/v1/locations", &hull);
        assert_eq!((location.status, &location.json["fulfills"]), (201, &json!(true)));
        let bin = json!({ "code": "A-1", "kind": "storage", "position": 7 });
        assert_eq!(owner.post("/v1/locations/hull/bins", &bin).status, 201);
        let bins = owner.get("/v1/locations/hull/bins");
        assert_eq!(bins.json["data"].as_array().unwrap().len(), 5, "{}", bins.text);
        let shut = owner.act("/v1/locations/hull/retire", &location.tag(), &json!({}));
        assert_eq!(shut.json["active"], false, "{}", shut.text);
        let fair = json!({ "code": "fair", "name": "Fair", "kind": "store", "location": "hull" });
        let channel = owner.post("/v1/channels", &fair);
        assert_eq!(channel.json["when_short"], "hand_over", "{}", channel.text);
        let odd = json!({ "code": "x", "name": "X", "kind": "moon" });
        assert_eq!(owner.post("/v1/channels", &odd).json["errors"][0]["pointer"], "/kind");
        let person = json!({ "party": { "name": "Cy Dale", "email": "cy@example.com" } });
        let customer = owner.post("/v1/customers", &person);
        assert_eq!(customer.status, 201, "{}", customer.text);
        let shown = owner.get("/v1/customers/cy@example.com");
        assert_eq!((&shown.json["id"], shown.tag()), (&customer.json["id"], customer.tag()));
        let bad = json!({ "party": { "name": "Cy", "email": "cy" } });
        assert_eq!(owner.post("/v1/customers", &bad).json["errors"][0]["pointer"], "/party/email");
        assert_eq!(owner.get("/v1/customers/none").status, 404);
        assert_eq!(owner.get("/v1/exceptions").json["data"], json!([]));
        assert_eq!(owner.get("/v1/settings").json["object"], "settings");
    }
}

#[test]
fn channels_are_compared_with_the_span_before() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let order = |at: &str, quantity: &str| {
            json!({ "channel": "web", "placed_at": at,
                "customer": { "email": "ann@example.com", "name": "Ann Field" },
                "lines": [{ "sku": "NAIL", "quantity": quantity }] })
        };
        for (at, quantity) in [
            ("2026-03-01T10:00:00Z", "10"),
            ("2026-03-02T10:00:00Z", "20"),
            ("2026-03-02T11:00:00Z", "30"),
        ] {
            let placed = owner.post("/v1/orders", &order(at, quantity));
            assert_eq!(placed.status, 201, "{}", placed.text);
        }
        let found = owner.get("/v1/orders?placed_at[gte]=2026-03-02&sort=placed_at");
        let first = found.json["data"][0]["id"].as_str().unwrap();
        let part = json!({ "lines": [{ "line": "1", "quantity": "10" }], "reason": "fewer" });
        owner.act(&format!("/v1/orders/{first}/cancel"), "\"v1\"", &part);
        let compared = owner.get("/v1/channels/comparison?from=2026-03-02&until=2026-03-03");
        let all = compared.json["channels"].as_array().unwrap();
        let web = all.iter().find(|one| one["channel"] == "web").unwrap();
        let now = &web["now"];
        assert_eq!((&now["orders"], &now["revenue_net"]), (&json!(2), &json!("4.00")), "{web}");
        assert_eq!(
            (&now["average_order"], &now["canceled_share"]),
            (&json!("2.00"), &json!("0.2000"))
        );
        assert_eq!(web["before"]["revenue_net"], "1.00");
        assert_eq!(web["days"].as_array().unwrap().len(), 1);
        let phone = all.iter().find(|one| one["channel"] == "phone").unwrap();
        assert_eq!(
            (&phone["now"]["orders"], &phone["now"]["average_order"]),
            (&json!(0), &json!(null))
        );
        let wrong = owner.get("/v1/channels/comparison?from=2026-03-02&until=2026-03-02");
        assert_eq!((wrong.status, wrong.code()), (422, "invalid_field"));
    }
}

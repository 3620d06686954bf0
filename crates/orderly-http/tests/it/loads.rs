//! Own vehicles, their loads, and what shows that goods were handed over.

use serde_json::{Value, json};

use crate::fixture::Shop;
use crate::server::{Client, Server};

/// A picture, as far as its first bytes tell: `\x89PNG\r\n\x1a\n and so on`.
const PNG: &str = "iVBORw0KGgogYW5kIHNvIG9u";

fn van(owner: &Client, code: &str) {
    let new = json!({ "code": code, "max_weight_g": 1_000_000, "tags": ["tail_lift"] });
    let made = owner.post("/v1/vehicles", &new);
    assert_eq!(made.status, 201, "{}", made.text);
}

/// A location with an address, as documents need one.
fn yard(owner: &Client) {
    let yard = json!({ "code": "yard", "name": "Yard", "kind": "warehouse", "address": {
        "name": "Yard", "address_lines": ["9 Mill Lane"], "city": "Leeds", "postcode": "LS1 2AA",
        "country": "GB" } });
    let made = owner.post("/v1/locations", &yard);
    assert_eq!(made.status, 201, "{}", made.text);
}

/// An order for the road, packed.
fn packed(owner: &Client, quantity: &str) -> Value {
    let order = json!({
        "channel": "phone", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "deliveries": [{ "ref": "site", "method": "van", "due": "30.00", "ship_to": {
            "name": "Ann Field", "lines": ["2 Mill Lane"], "city": "Leeds", "postcode": "LS1 1AA",
            "country": "GB" } }],
        "lines": [{ "sku": "PAINT", "quantity": quantity }],
    });
    let placed = owner.post("/v1/orders", &order);
    assert_eq!(placed.status, 201, "{}", placed.text);
    let at = format!("/v1/fulfillments/{}", placed.json["fulfillments"][0]["id"].as_str().unwrap());
    for step in ["accept", "pick", "pack"] {
        let tag = owner.get(&at).tag();
        let done = owner.act(&format!("{at}/{step}"), &tag, &json!({}));
        assert_eq!(done.status, 200, "{step}: {}", done.text);
    }
    placed.json
}

fn planned(owner: &Client, van: &str, location: &str) -> (String, String) {
    let new = json!({ "vehicle": van, "location": location, "day": "2026-03-03", "driver": "Jo" });
    let made = owner.post("/v1/loads", &new);
    assert_eq!((made.status, &made.json["state"]), (201, &json!("planned")), "{}", made.text);
    (made.header("location").to_owned(), made.tag())
}

#[test]
fn a_vehicle_is_added_changed_and_retired() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        van(&owner, "VAN-1");
        let again = owner.post("/v1/vehicles", &json!({ "code": "VAN-1" }));
        assert_eq!((again.status, again.code()), (409, "already_exists"));
        let nothing = owner.post("/v1/vehicles", &json!({ "code": "V2", "max_weight_g": 0 }));
        assert_eq!((nothing.status, nothing.code()), (422, "invalid_field"), "{}", nothing.text);
        let at = "/v1/vehicles/VAN-1";
        let tag = owner.get(at).tag();
        let change = json!({ "name": "The big one", "active": false });
        assert_eq!(owner.act(&format!("{at}/update"), "\"v9\"", &change).code(), "stale_version");
        let other = owner.act(&format!("{at}/update"), &tag, &json!({ "code": "VAN-2" }));
        assert_eq!(other.status, 422, "{}", other.text);
        let changed = owner.act(&format!("{at}/update"), &tag, &change);
        assert_eq!((changed.status, &changed.json["active"]), (200, &json!(false)));
        assert_eq!(owner.get("/v1/vehicles").json["data"][0]["name"], "The big one");
        let new = json!({ "vehicle": "VAN-1", "location": "depot", "day": "2026-03-03" });
        assert_eq!(owner.post("/v1/loads", &new).code(), "unknown_vehicle");
        assert_eq!(owner.get("/v1/vehicles/nothing").code(), "unknown_vehicle");
        assert_eq!(server.with_rights("read").post("/v1/vehicles", &change).status, 403);
    }
}

#[test]
fn goods_leave_are_dropped_with_proof_and_the_drop_is_taken_back() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        yard(&owner);
        shop.stock("PAINT", "yard", 50, None);
        van(&owner, "VAN-1");
        let order = packed(&owner, "20");
        let (at, tag) = planned(&owner, "VAN-1", "yard");
        let empty = owner.act(&format!("{at}/depart"), &tag, &json!({}));
        assert_eq!((empty.status, empty.code()), (409, "nothing_to_do"), "{}", empty.text);
        let stop = json!({
            "order": order["number"], "delivery": "site", "note": "Behind the barn",
            "lines": [{ "line": "1", "quantity": "12" }], "slot_from": "8:00", "slot_until": "9:30",
        });
        let mut wrong = stop.clone();
        wrong["delivery"] = json!("moon");
        assert_eq!(owner.act(&format!("{at}/add"), &tag, &wrong).code(), "unknown_delivery");
        let added = owner.act(&format!("{at}/add"), &tag, &stop);
        assert_eq!(added.json["stops"][0]["slot_from"], "08:00", "{}", added.text);
        assert_eq!(added.json["allowed_actions"], json!(["add", "depart", "cancel"]));
        for path in ["pdf", "stops/1/note"] {
            let pdf = owner.get(&format!("{at}/{path}"));
            assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        }
        let gone = owner.act(&format!("{at}/depart"), &added.tag(), &json!({}));
        assert_eq!(gone.json["state"], "departed", "{}", gone.text);
        assert_eq!(gone.json["stops"][0]["allowed_actions"], json!(["drop", "fail", "go_on"]));
        let drop = format!("{at}/stops/1/drop");
        let mut what = json!({
            "received_by": "A. Field", "collected": "30.00",
            "at": { "latitude_e6": 53_800_000, "longitude_e6": -1_550_000 },
            "proofs": [{ "kind": "signature", "content": "no base64!" }],
        });
        let bad = owner.act(&drop, &gone.tag(), &what);
        assert_eq!((bad.status, bad.code()), (422, "invalid_field"), "{}", bad.text);
        what["proofs"][0]["content"] = json!(PNG);
        let mut more = what.clone();
        more["collected"] = json!("31.00");
        let more = owner.act(&drop, &gone.tag(), &more);
        assert_eq!((more.status, more.code()), (409, "above_open"), "{}", more.text);
        assert_eq!(owner.act(&drop, &added.tag(), &what).status, 412);
        let done = owner.act(&drop, &gone.tag(), &what);
        assert_eq!(done.json["stops"][0]["state"], "delivered", "{}", done.text);
        let proofs = owner.get(&format!("{at}/stops/1/proofs"));
        assert_eq!(proofs.json["data"][0]["media_type"], "image/png", "{}", proofs.text);
        let document = proofs.json["data"][0]["document"].as_str().unwrap();
        let file = owner.get(&format!("{at}/stops/1/proofs/{document}"));
        assert_eq!((file.status, file.header("content-type")), (200, "image/png"));
        let owed = owner.get("/v1/payments/on_delivery?carrier=own");
        assert_eq!(owed.json["data"][0]["open"], "30.00", "{}", owed.text);
        let undone = owner.act(&format!("{at}/stops/1/undrop"), &done.tag(), &json!({}));
        assert_eq!(undone.json["stops"][0]["state"], "under_way", "{}", undone.text);
        assert_eq!(owner.get("/v1/payments/on_delivery").json["data"], json!([]));
        let clerk = server.with_rights("read,load").get(&at);
        assert_eq!(clerk.json["driver"], "•••", "{}", clerk.text);
    }
}

#[test]
fn a_stop_fails_goes_on_with_another_load_and_comes_back() {
    for shop in Shop::each() {
        shop.stock("PAINT", "depot", 50, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        van(&owner, "VAN-1");
        van(&owner, "VAN-2");
        let order = packed(&owner, "5");
        let (first, tag) = planned(&owner, "VAN-1", "depot");
        let (second, other) = planned(&owner, "VAN-2", "depot");
        let page = owner.get("/v1/loads?day=2026-03-03&limit=1");
        assert_eq!(page.json["has_more"], true, "{}", page.text);
        let after = page.json["next"].as_str().unwrap();
        let rest = owner.get(&format!("/v1/loads?limit=1&after={after}"));
        assert_ne!(rest.json["data"][0]["id"], page.json["data"][0]["id"], "{}", rest.text);
        assert_eq!(owner.get("/v1/loads?after=x").code(), "invalid_field");
        let stop = json!({ "order": order["id"] });
        let added = owner.act(&format!("{first}/add"), &tag, &stop);
        let removed = owner.act(&format!("{first}/stops/1/remove"), &added.tag(), &json!({}));
        assert_eq!(removed.json["stops"][0]["state"], "removed", "{}", removed.text);
        let added = owner.act(&format!("{first}/add"), &removed.tag(), &stop);
        let gone = owner.act(&format!("{first}/depart"), &added.tag(), &json!({}));
        assert_eq!(gone.status, 200, "{}", gone.text);
        let stop = gone.json["stops"][1]["id"].as_str().unwrap();
        let fail = format!("{first}/stops/{stop}/fail");
        assert_eq!(owner.act(&fail, &gone.tag(), &json!({})).status, 422);
        let failed = owner.act(&fail, &gone.tag(), &json!({ "reason": "nobody there" }));
        assert_eq!(failed.json["stops"][1]["reason"], "nobody there", "{}", failed.text);
        let other_id = owner.get(&second).json["id"].clone();
        let on = owner.act(
            &format!("{first}/stops/{stop}/go_on"),
            &failed.tag(),
            &json!({ "to": other_id }),
        );
        assert_eq!(on.json["stops"][1]["state"], "moved", "{}", on.text);
        assert_eq!(owner.act(&format!("{second}/depart"), &other, &json!({})).status, 412);
        let tag = owner.get(&second).tag();
        let gone = owner.act(&format!("{second}/depart"), &tag, &json!({}));
        assert_eq!(gone.status, 200, "{}", gone.text);
        let back = owner.act(&format!("{second}/return"), &gone.tag(), &json!({ "then": "x" }));
        assert_eq!((back.status, back.code()), (422, "invalid_field"), "{}", back.text);
        let back = owner.act(&format!("{second}/return"), &gone.tag(), &json!({}));
        assert_eq!(back.json["state"], "returned", "{}", back.text);
        assert_eq!(shop.sums("PAINT", "depot"), (50, 5, 0));
        let (third, tag) = planned(&owner, "VAN-1", "depot");
        let given_up = owner.act(&format!("{third}/cancel"), &tag, &json!({}));
        assert_eq!(given_up.json["state"], "canceled", "{}", given_up.text);
        assert_eq!(owner.get("/v1/loads/nothing").status, 404);
    }
}

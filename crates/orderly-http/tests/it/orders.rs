//! Orders over HTTP: their shape, their steps, lists, search, bulk intake, the past.

use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Came, Client, Server};

fn body(name: &str, email: &str, sku: &str, quantity: &str) -> Value {
    json!({
        "channel": "web", "placed_at": "2026-03-02T10:00:00Z",
        "customer": { "email": email, "name": name, "phone": "0341 55-66 77" },
        "deliveries": { "method": "parcel", "promise": "2026-03-05", "ship_to": {
            "name": "Zoe Reed", "lines": ["1 Mill Lane"], "city": "York", "postcode": "YO1 1AA",
            "country": "GB" } },
        "lines": [{ "sku": sku, "quantity": quantity }],
    })
}

fn nails(quantity: &str) -> Value {
    body("Ann Field", "ann@example.com", "NAIL", quantity)
}

fn at(came: &Came) -> String {
    format!("/v1/orders/{}", came.json["id"].as_str().unwrap())
}

fn numbers(came: &Came) -> Vec<&str> {
    let data = came.json["data"].as_array().unwrap_or_else(|| panic!("{}", came.text));
    data.iter().map(|row| row["number"].as_str().unwrap()).collect()
}

fn now() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let micros = i64::try_from(since.as_micros()).unwrap();
    orderly_core::time::Instant::from_micros(micros).to_string()
}

fn place(client: &Client, order: &Value) -> Came {
    let came = client.post("/v1/orders", order);
    assert_eq!(came.status, 201, "{}", came.text);
    came
}

#[test]
fn an_order_has_the_shape_of_the_contract() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let order = place(&server.owner(), &nails("3")).json;
        assert_eq!(order["object"], "order");
        assert_eq!(order["payment"], json!({ "authorized": "none", "captured": "none" }));
        assert_eq!(order["totals"]["due"], order["totals"]["total"]);
        assert_eq!(order["totals"]["currency"], "GBP");
        let line = &order["lines"][0];
        let quantity = json!({ "value": "3", "unit": "each", "base": 3, "base_unit": "each" });
        assert_eq!(line["quantity"], quantity);
        assert_eq!(
            (&line["quantities"]["allocated"], &line["quantities"]["lost"]),
            (&json!(3), &json!(0))
        );
        assert_eq!(line["delivery"], order["deliveries"][0]["id"]);
        assert_eq!(order["deliveries"][0]["promises"][0]["for"], "2026-03-05");
        let allowed = order["allowed_actions"].as_array().unwrap();
        for action in ["cancel", "hold", "release", "authorize", "take"] {
            assert!(allowed.contains(&json!(action)), "{action}: {allowed:?}");
        }
        for action in ["uncancel", "capture", "return", "refund", "reopen", "close"] {
            assert!(!allowed.contains(&json!(action)), "{action}: {allowed:?}");
        }
        let work = &order["fulfillments"][0];
        assert_eq!((&work["location"], &work["state"]), (&json!("depot"), &json!("open")));
        assert_eq!(work["allowed_actions"], json!(["accept", "reject"]));
        let reader = server.with_rights("read");
        let seen = reader.get(&format!("/v1/orders/{}", order["number"].as_str().unwrap()));
        assert_eq!(seen.json["allowed_actions"], json!([]));
        let routing = reader.get(order["links"]["routing"].as_str().unwrap());
        let considered = routing.json["deliveries"][0]["considered"].as_array().unwrap();
        assert!(considered.iter().any(|one| one["verdict"] == "chosen"), "{}", routing.text);
    }
}

#[test]
fn steps_are_done_once_refused_with_codes_and_tried_without_traces() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let placed = place(&owner, &nails("10"));
    let at = at(&placed);
    let part = json!({ "lines": [{ "line": "NAIL", "quantity": "4" }], "reason": "fewer" });
    let tried = owner.act(&format!("{at}/cancel?dry_run=true"), &placed.tag(), &part);
    assert_eq!(tried.json["lines"][0]["quantities"]["canceled"], 4);
    assert_eq!(shop.sums("NAIL", "depot"), (100, 10, 0));
    let canceled = owner.act(&format!("{at}/cancel"), &placed.tag(), &part);
    assert_eq!(canceled.json["lines"][0]["quantities"]["canceled"], 4, "{}", canceled.text);
    let unknown = json!({ "lines": [{ "line": "SAW" }], "reason": "fewer" });
    let unknown = owner.act(&format!("{at}/cancel"), &canceled.tag(), &unknown);
    assert_eq!((unknown.status, unknown.code()), (422, "unknown_line"), "{}", unknown.text);
    assert_eq!(unknown.json["errors"][0]["pointer"], "/lines/0");
    let why = json!({ "kind": "fraud", "reason": "odd" });
    let held = owner.act(&format!("{at}/hold"), &canceled.tag(), &why);
    assert_eq!(held.json["holds"][0]["kind"], "fraud", "{}", held.text);
    let blocked = owner.act(&format!("{at}/release"), &held.tag(), &json!({}));
    assert_eq!((blocked.status, blocked.code()), (409, "on_hold"));
    let which = json!({ "hold": held.json["holds"][0]["id"] });
    let free = owner.act(&format!("{at}/release_hold"), &held.tag(), &which);
    let headers = [("idempotency-key", "r1"), ("if-match", &free.tag())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(a, b)| (*a, b.trim())).collect();
    let released = owner.send("POST", &format!("{at}/release"), &headers, b"");
    let again = owner.send("POST", &format!("{at}/release"), &headers, b"");
    assert_eq!(released.json["fulfillments"][0]["state"], "released", "{}", released.text);
    assert_eq!(
        (again.status, again.json["version"].clone()),
        (200, released.json["version"].clone())
    );
    let undone = owner.act(&format!("{at}/undo"), &released.tag(), &json!({}));
    assert_eq!(undone.json["fulfillments"][0]["state"], "open", "{}", undone.text);
    let stranger = server.with_rights("read");
    let no = stranger.act(&format!("{at}/cancel"), &undone.tag(), &part);
    assert_eq!((no.status, no.code()), (403, "forbidden"));
    let nothing = owner.act("/v1/orders/none/cancel", "\"v1\"", &part);
    assert_eq!((nothing.status, nothing.code()), (404, "not_found"));
}

#[test]
fn money_of_an_order_is_reserved_taken_and_let_go() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let placed = place(&owner, &nails("10"));
    let at = at(&placed);
    let card = json!({ "method": "card" });
    let reserved = owner.post(&format!("{at}/payments/authorize"), &card);
    assert_eq!((reserved.status, &reserved.json["authorized"]), (201, &json!("1.00")));
    let taken = owner.post(&format!("{at}/payments/capture"), &json!({ "amount": "0.60" }));
    assert_eq!((taken.status, &taken.json["captured"]), (200, &json!("0.60")), "{}", taken.text);
    let above = owner.post(&format!("{at}/payments/capture"), &json!({ "amount": "9.00" }));
    assert_eq!((above.status, above.code()), (409, "above_authorized"), "{}", above.text);
    let gone = owner.post(&format!("{at}/payments/void"), &json!({}));
    assert_eq!(gone.json["voided"], "0.40", "{}", gone.text);
    let order = owner.get(&at).json;
    assert_eq!(order["payment"]["captured"], "partial");
    assert_eq!(
        (&order["totals"]["captured"], &order["totals"]["due"]),
        (&json!("0.60"), &json!("0.40"))
    );
    assert_eq!(order["payments"][0]["id"], reserved.json["id"]);
}

#[test]
fn orders_are_listed_sorted_and_paged_by_cursors_bound_to_their_filter() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        shop.stock("BOLT", "leeds", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let later = |mut order: Value, minute: &str| {
            order["placed_at"] = json!(format!("2026-03-02T10:{minute}:00Z"));
            place(&owner, &order)
        };
        let one = later(nails("9"), "01");
        let two = later(body("Bo Hill", "bo@example.com", "BOLT", "2"), "02");
        let three = later(body("Cy Dale", "cy@example.com", "NAIL", "1"), "03");
        let number = |came: &Came| came.json["number"].as_str().unwrap().to_owned();
        let (a, b, c) = (number(&one), number(&two), number(&three));
        assert_eq!(numbers(&owner.get("/v1/orders")), [&c, &b, &a]);
        for (sort, wanted) in [
            ("placed_at", [&a, &b, &c]),
            ("number", [&a, &b, &c]),
            ("-number", [&c, &b, &a]),
            ("total", [&c, &b, &a]),
            ("-total", [&a, &b, &c]),
        ] {
            let mut seen = Vec::new();
            let mut next = format!("/v1/orders?sort={sort}&limit=1");
            loop {
                let page = owner.get(&next);
                seen.extend(numbers(&page).into_iter().map(str::to_owned));
                let Some(cursor) = page.json["next"].as_str() else { break };
                next = format!("/v1/orders?sort={sort}&limit=1&after={cursor}");
            }
            assert_eq!(seen.iter().collect::<Vec<_>>(), wanted, "{sort}");
        }
        let hold = json!({ "kind": "fraud", "reason": "odd" });
        owner.act(&format!("{}/hold", at(&one)), &one.tag(), &hold);
        owner.post(&format!("{}/payments/take", at(&two)), &json!({}));
        for (filter, wanted) in [
            ("location=leeds", vec![&b]),
            ("hold=any", vec![&a]),
            ("hold=credit", vec![]),
            ("payment=full", vec![&b]),
            ("payment=none&sort=placed_at", vec![&a, &c]),
            ("channel=market", vec![]),
            ("state=placed&channel=web", vec![&c, &b, &a]),
            ("late=true&sort=number", vec![&a, &b, &c]),
            ("placed_at[gte]=2099-01-01", vec![]),
        ] {
            let page = owner.get(&format!("/v1/orders?{filter}"));
            assert_eq!(numbers(&page).len(), wanted.len(), "{filter}: {}", page.text);
            assert!(numbers(&page).iter().zip(&wanted).all(|(a, b)| a == *b), "{filter}");
        }
        let customer = one.json["customer"]["number"].as_str().unwrap();
        assert_eq!(numbers(&owner.get(&format!("/v1/orders?customer={customer}"))), [&a]);
        let page = owner.get("/v1/orders?channel=web&limit=1");
        let cursor = page.json["next"].as_str().unwrap();
        let other = owner.get(&format!("/v1/orders?channel=till&limit=1&after={cursor}"));
        assert_eq!((other.status, other.code()), (422, "invalid_field"), "{}", other.text);
        for wrong in ["sort=color", "state=lost", "payment=some", "channel=x", "after=zz"] {
            assert_eq!(owner.get(&format!("/v1/orders?{wrong}")).status, 422, "{wrong}");
        }
        let expanded = owner.get("/v1/orders?expand=customer,fulfillments.shipments&limit=1");
        let row = &expanded.json["data"][0];
        assert_eq!(row["customer"]["address"]["email"], "cy@example.com", "{row}");
        assert_eq!(row["fulfillments"][0]["shipments"], json!([]));
    }
}

#[test]
fn an_order_is_found_by_whatever_a_person_has_of_it() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let mut order = body("Hans van Meyer", "hans@example.com", "NAIL", "2");
        order["external_id"] = json!("EXT-88213");
        order["customer"]["company"] = json!("Brook Timber Ltd");
        let placed = place(&owner, &order);
        place(&owner, &body("Bo Hill", "bo@example.com", "NAIL", "1"));
        let number = placed.json["number"].as_str().unwrap();
        let customer = placed.json["customer"]["number"].as_str().unwrap();
        for text in [
            number,
            &format!("%23{number}"),
            placed.json["id"].as_str().unwrap(),
            "EXT-88213",
            "EXT-88",
            "hans@example.com",
            "HANS@example.com",
            "meyer",
            "Hans%20v",
            "mey",
            "brook%20tim",
            customer,
        ] {
            let found = owner.get(&format!("/v1/orders?q={text}"));
            assert_eq!(numbers(&found), [number], "{text}: {}", found.text);
        }
        let both = ["reed", "NAIL", "03415566-77", number.get(..3).unwrap()];
        for text in both {
            assert_eq!(numbers(&owner.get(&format!("/v1/orders?q={text}"))).len(), 2, "{text}");
        }
        for text in ["%F0%9F%A6%84", "'%20OR%201=1", "zzz", "%25", "_", &"x".repeat(300)] {
            let found = owner.get(&format!("/v1/orders?q={text}"));
            assert_eq!((found.status, numbers(&found).len()), (200, 0), "{text}");
            assert!(found.json["hint"].is_string(), "{}", found.text);
        }
    }
}

#[test]
fn an_order_is_shown_as_it_was() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let placed = place(&owner, &nails("3"));
        let at = at(&placed);
        let instant = now();
        let canceled = owner.act(&format!("{at}/cancel"), &placed.tag(), &json!({ "reason": "x" }));
        assert_eq!(canceled.json["state"], "canceled");
        let was = owner.get(&format!("{at}?as_of=1"));
        assert_eq!((&was.json["state"], was.tag()), (&json!("placed"), placed.tag()));
        assert_eq!(was.json["allowed_actions"], json!([]));
        assert_eq!(was.json["timeline"].as_array().unwrap().len(), 1);
        let was = owner.get(&format!("{at}?as_of={instant}"));
        assert_eq!(was.json["state"], "placed", "{}", was.text);
        assert_eq!(owner.get(&format!("{at}?as_of=2001-01-01T00:00:00Z")).status, 404);
        assert_eq!(owner.get(&format!("{at}?as_of=yesterday")).status, 422);
    }
}

#[test]
fn many_orders_come_at_once_with_one_outcome_each() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let mut keyed = nails("1");
        keyed["key"] = json!("row-1");
        let mut wrong = nails("1");
        wrong["chanel"] = json!("web");
        let rows = [keyed.to_string(), wrong.to_string(), "{".into(), nails("500").to_string()];
        let text = rows.join("\n") + "\n\n";
        let headers = [("idempotency-key", "b1"), ("content-type", "application/x-ndjson")];
        let came = owner.send("POST", "/v1/orders/bulk", &headers, text.as_bytes());
        assert_eq!(came.status, 200, "{}", came.text);
        let outcomes: Vec<Value> =
            came.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let statuses: Vec<&Value> = outcomes.iter().map(|one| &one["status"]).collect();
        assert_eq!(statuses, [201, 422, 400, 409]);
        assert_eq!(outcomes[1]["problem"]["errors"][0]["pointer"], "/chanel");
        assert_eq!(outcomes[3]["problem"]["code"], "insufficient_stock");
        let headers = [("idempotency-key", "b2"), ("content-type", "application/x-ndjson")];
        let again = owner.send("POST", "/v1/orders/bulk", &headers, keyed.to_string().as_bytes());
        let again: Value = serde_json::from_str(&again.text).unwrap();
        assert_eq!(again["order"]["id"], outcomes[0]["order"]["id"]);
        assert_eq!(shop.sums("NAIL", "depot"), (100, 1, 0));
        let many = "{}\n".repeat(1_001);
        let came = owner.send("POST", "/v1/orders/bulk", &headers, many.as_bytes());
        assert_eq!((came.status, came.code()), (422, "too_many_lines"));
    }
}

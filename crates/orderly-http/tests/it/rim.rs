//! What holds for every route: who asks, keys, versions, trials, and what cannot be read.

use orderly_web::Limits;
use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Client, Server};

fn body(sku: &str, quantity: &str) -> Value {
    json!({
        "channel": "web",
        "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "lines": [{ "sku": sku, "quantity": quantity }],
    })
}

fn shop() -> (Shop, Server) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let server = Server::start(shop.app.clone());
    (shop, server)
}

#[test]
fn an_order_is_placed_shown_and_canceled() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let placed = owner.post("/v1/orders", &body("NAIL", "3"));
        assert_eq!(placed.status, 201, "{}", placed.text);
        let at = placed.header("location").to_owned();
        assert_eq!(at, format!("/v1/orders/{}", placed.json["id"].as_str().unwrap()));
        let read = owner.get(&at);
        assert_eq!((read.status, read.tag()), (200, placed.tag()));
        assert_eq!(read.json["number"], placed.json["number"]);
        let why = json!({ "reason": "changed his mind" });
        let canceled = owner.act(&format!("{at}/cancel"), &read.tag(), &why);
        assert_eq!(canceled.status, 200, "{}", canceled.text);
        assert_eq!(canceled.json["state"], "canceled");
        assert_eq!(shop.sums("NAIL", "depot"), (100, 0, 0));
    }
}

#[test]
fn the_same_key_gets_the_same_answer_and_another_body_under_it_is_refused() {
    let (shop, server) = shop();
    let owner = server.owner();
    let headers = [("idempotency-key", "one"), ("content-type", "application/json")];
    let three = body("NAIL", "3").to_string();
    let first = owner.send("POST", "/v1/orders", &headers, three.as_bytes());
    let again = owner.send("POST", "/v1/orders", &headers, three.as_bytes());
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json["id"], again.json["id"]);
    let other =
        owner.send("POST", "/v1/orders", &headers, body("NAIL", "4").to_string().as_bytes());
    assert_eq!((other.status, other.code()), (422, "idempotency_mismatch"));
    let keyless = owner.send("POST", "/v1/orders", &headers[1..], three.as_bytes());
    assert_eq!((keyless.status, keyless.code()), (400, "idempotency_key_required"));
    assert_eq!(shop.sums("NAIL", "depot"), (100, 3, 0));
}

#[test]
fn a_change_without_or_with_an_old_version_is_refused_with_the_current_object() {
    let (_shop, server) = shop();
    let owner = server.owner();
    let placed = owner.post("/v1/orders", &body("NAIL", "3"));
    let path = format!("/v1/orders/{}/cancel", placed.json["id"].as_str().unwrap());
    let why = json!({ "reason": "late" });
    let unseen = owner.act(&path, "", &why);
    assert_eq!((unseen.status, unseen.code()), (428, "precondition_required"));
    let stale = owner.act(&path, "\"v99\"", &why);
    assert_eq!((stale.status, stale.code()), (412, "stale_version"));
    assert_eq!(stale.json["current"]["id"], placed.json["id"]);
    assert_eq!(owner.act(&path, "v1", &why).status, 400);
    assert_eq!(owner.act(&path, &placed.tag(), &why).status, 200);
}

#[test]
fn a_trial_answers_and_changes_nothing() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let tried = owner.post("/v1/orders?dry_run=true", &body("NAIL", "3"));
        assert_eq!(tried.status, 201, "{}", tried.text);
        assert_eq!(
            owner.get(&format!("/v1/orders/{}", tried.json["id"].as_str().unwrap())).status,
            404
        );
        assert_eq!(shop.sums("NAIL", "depot"), (100, 0, 0));
        let short = owner.post("/v1/orders?dry_run=true", &body("NAIL", "300"));
        assert_eq!((short.status, short.code()), (409, "insufficient_stock"));
        assert_eq!(owner.post("/v1/orders?dry_run=maybe", &body("NAIL", "3")).status, 422);
        let placed = owner.post("/v1/orders", &body("NAIL", "3"));
        let path = format!("/v1/orders/{}/cancel", placed.json["id"].as_str().unwrap());
        let why = json!({ "reason": "late" });
        let tried = owner.act(&format!("{path}?dry_run=true"), &placed.tag(), &why);
        assert_eq!((tried.status, tried.json["state"].as_str()), (200, Some("canceled")));
        assert_eq!(shop.sums("NAIL", "depot"), (100, 3, 0));
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_where_and_why() {
    let (_shop, server) = shop();
    let owner = server.owner();
    let mut misspelled = body("NAIL", "3");
    misspelled["lines"][0]["quantty"] = json!("3");
    let unknown = owner.post("/v1/orders", &misspelled);
    assert_eq!((unknown.status, unknown.code()), (422, "unknown_field"));
    let error = &unknown.json["errors"][0];
    assert_eq!(error["pointer"], "/lines/0/quantty");
    assert!(error["detail"].as_str().unwrap().contains("did you mean `quantity`?"));
    let mut nul = body("NAIL", "3");
    nul["customer"]["name"] = json!("An\u{0}n");
    let nul = owner.post("/v1/orders", &nul);
    assert_eq!(
        (nul.status, nul.json["errors"][0]["pointer"].as_str()),
        (422, Some("/customer/name"))
    );
    let json = [("idempotency-key", "k"), ("content-type", "application/json")];
    let deep = "[".repeat(65) + &"]".repeat(65);
    for bad in
        [b"{\"channel\":\"\xff\"}".as_slice(), br#"{"channel":"\ud800"}"#, b"{", deep.as_bytes()]
    {
        let came = owner.send("POST", "/v1/orders", &json, bad);
        assert_eq!((came.status, came.code()), (400, "malformed"), "{}", came.text);
    }
    let text = [("idempotency-key", "k"), ("content-type", "text/plain")];
    assert_eq!(owner.send("POST", "/v1/orders", &text, b"{}").status, 415);
    let list = owner.get("/v1/orders?stat=placed");
    assert_eq!((list.status, list.json["errors"][0]["pointer"].as_str()), (422, Some("stat")));
}

#[test]
fn too_much_is_refused() {
    let shop = Shop::new(TestDb::sqlite());
    let limits = Limits { body: 1_000, per_minute: 24, ..Limits::default() };
    let server = Server::with(shop.app.clone(), limits);
    let owner = server.owner();
    let large = json!({ "channel": "x".repeat(2_000) });
    let came = owner.post("/v1/orders", &large);
    assert_eq!((came.status, came.code()), (413, "too_large"));
    let answers: Vec<u16> = (0..8).map(|_| owner.get("/v1/orders/1").status).collect();
    assert_eq!(answers[..3], [404, 404, 404]);
    assert_eq!(answers[7], 429);
    let refused = owner.get("/v1/orders/1");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(refused.header("ratelimit").starts_with("\"caller\";r=0;t="));
}

#[test]
fn nobody_gets_nothing_and_a_right_opens_only_what_it_names() {
    let (_shop, server) = shop();
    let nobody = Client::nobody(&server);
    let came = nobody.get("/v1/orders/1");
    assert_eq!((came.status, came.code()), (401, "unauthenticated"));
    assert_eq!(came.header("www-authenticate"), "Bearer");
    let reader = server.with_rights("read");
    assert_eq!(reader.get("/v1/orders/1").status, 404);
    let came = reader.post("/v1/orders", &body("NAIL", "1"));
    assert_eq!((came.status, came.code()), (403, "forbidden"));
    assert!(came.text.contains("order.place"));
    assert_eq!(nobody.get("/v1/nothing").status, 404);
    assert_eq!(nobody.send("DELETE", "/v1/orders", &[], b"").status, 405);
}

#[test]
fn every_answer_carries_its_id_and_the_headers_that_protect() {
    let (_shop, server) = shop();
    let came = server.owner().send("GET", "/v1/orders/1", &[("x-request-id", "trace-1")], b"");
    assert_eq!(came.header("x-request-id"), "trace-1");
    assert_eq!(came.json["request_id"], "trace-1");
    assert!(came.header("content-security-policy").contains("default-src 'self'"));
    assert_eq!(came.header("x-content-type-options"), "nosniff");
    assert_eq!(came.header("content-type"), "application/problem+json");
}

#[test]
fn who_may_not_see_people_reads_orders_without_them() {
    let (_shop, server) = shop();
    let placed = server.owner().post("/v1/orders", &body("NAIL", "1"));
    let path = placed.header("location");
    let reader = server.with_rights("read").get(path);
    assert_eq!(
        (reader.status, reader.json["number"].clone()),
        (200, placed.json["number"].clone())
    );
    assert!(!reader.text.contains("Ann Field"), "{}", reader.text);
    assert!(server.with_rights("read,pii.read").get(path).text.contains("Ann Field"));
    let key = [("idempotency-key", "s"), ("if-match", "\"v99\"")];
    let stale = format!("{path}/cancel");
    let stale = server.with_rights("read,order.cancel").send("POST", &stale, &key, b"");
    assert_eq!(
        (stale.status, stale.json["current"]["number"].clone()),
        (412, placed.json["number"].clone())
    );
    assert!(!stale.text.contains("Ann Field"), "{}", stale.text);
}

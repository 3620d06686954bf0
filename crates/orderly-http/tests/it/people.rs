//! People, roles, keys, the audit and settings over HTTP.

use axum::http::HeaderMap;
use orderly_core::actor::Actor;
use orderly_web::who::bearer;
use orderly_web::{Asked, Caller, Limits};
use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Client, Server};

const PASSWORD: &str = "nine geese ate my lunch";

/// A server that knows real keys and sessions, as `orderly serve` does, and the owner of tests.
fn server(shop: &Shop) -> Server {
    let known = |app: &orderly::App, asked: &Asked, headers: &HeaderMap| match headers
        .get("authorization")
        .is_some_and(|value| value == "Bearer owner")
    {
        true => Ok(Some(Caller::new(Actor::owner(), "owner", "owner"))),
        false => bearer(app, asked, headers),
    };
    Server::knowing(shop.app.clone(), Limits::default(), std::sync::Arc::new(known))
}

fn user(email: &str, roles: &[&str]) -> Value {
    json!({ "email": email, "name": "Pia Field", "roles": roles, "password": PASSWORD })
}

#[test]
fn a_user_is_let_in_changed_and_stopped() {
    for shop in Shop::each() {
        let server = server(&shop);
        let owner = server.owner();
        let made = owner.post("/v1/users", &user("pia@example.com", &["clerk"]));
        assert_eq!((made.status, &made.json["object"]), (201, &json!("user")), "{}", made.text);
        assert!(!made.text.contains("geese"));
        let weak = json!({ "email": "b@example.com", "name": "B", "password": "password" });
        let weak = owner.post("/v1/users", &weak);
        assert_eq!((weak.status, weak.code()), (422, "weak_password"));
        let again = owner.post("/v1/users", &user("pia@example.com", &[]));
        assert_eq!((again.status, again.code()), (409, "already_exists"));
        let at = made.header("location").to_owned();
        let change = json!({ "roles": ["clerk", "warehouse"] });
        let unseen = patch(&owner, &at, "", &change);
        assert_eq!(unseen, 428);
        assert_eq!(patch(&owner, &at, &made.tag(), &change), 200);
        let late = json!({ "name": "Pia Late" });
        assert_eq!(patch(&owner, &at, &made.tag(), &late), 412);
        let page = owner.get("/v1/users").json;
        assert_eq!(page["data"][0]["roles"], json!(["clerk", "warehouse"]));
        let signed = Client::nobody(&server)
            .post("/v1/sessions", &json!({ "email": "pia@example.com", "password": PASSWORD }));
        assert_eq!(signed.status, 201, "{}", signed.text);
        let token = signed.json["token"].as_str().unwrap();
        let pia = server.client(token);
        assert_eq!(pia.get("/v1/orders").status, 200);
        assert_eq!(pia.get("/v1/users").status, 403);
        let open = owner.get(&format!("{at}/sessions")).json;
        assert_eq!(open["data"][0]["id"], signed.json["session"]);
        let tag = owner.get(&at).tag();
        assert_eq!(patch(&owner, &at, &tag, &json!({ "active": false })), 200);
        assert_eq!(pia.get("/v1/orders").status, 401);
    }
}

fn patch(client: &Client, path: &str, tag: &str, body: &Value) -> u16 {
    let key = format!("{}{tag}{body}", path.len());
    let mut headers = vec![("idempotency-key", key.as_str()), ("content-type", "application/json")];
    if !tag.is_empty() {
        headers.push(("if-match", tag));
    }
    client.send("PATCH", path, &headers, body.to_string().as_bytes()).status
}

#[test]
fn a_wrong_password_and_nobody_get_the_same_answer() {
    let shop = Shop::new(TestDb::sqlite());
    let server = server(&shop);
    server.owner().post("/v1/users", &user("pia@example.com", &["clerk"]));
    let nobody = Client::nobody(&server);
    let tried = |email: &str| {
        let body = json!({ "email": email, "password": "wrong horse battery" });
        let came = nobody.post("/v1/sessions", &body);
        (came.status, came.json["detail"].clone())
    };
    assert_eq!(tried("pia@example.com"), tried("nobody@example.com"));
    assert_eq!(tried("pia@example.com").0, 401);
    let empty = nobody.post("/v1/sessions", &json!({}));
    assert_eq!(empty.status, 422);
}

#[test]
fn a_key_is_made_by_a_person_who_entered_his_password_and_shown_once() {
    for shop in Shop::each() {
        let server = server(&shop);
        let owner = server.owner();
        owner.post("/v1/users", &user("ann@example.com", &["owner"]));
        let signed = Client::nobody(&server)
            .post("/v1/sessions", &json!({ "email": "ann@example.com", "password": PASSWORD }));
        let ann = server.client(signed.json["token"].as_str().unwrap());
        let grants = json!([
            { "permission": "read" }, { "permission": "order.place", "channels": ["web"] },
            { "permission": "keys.manage" },
        ]);
        let new = json!({ "name": "web shop", "grants": grants });
        let headers = [("idempotency-key", "one"), ("content-type", "application/json")];
        let body = new.to_string();
        let made = ann.send("POST", "/v1/api_keys", &headers, body.as_bytes());
        assert_eq!(made.status, 201, "{}", made.text);
        let token = made.json["token"].as_str().unwrap().to_owned();
        let again = ann.send("POST", "/v1/api_keys", &headers, body.as_bytes());
        assert_eq!((&again.json["id"], &again.json["token"]), (&made.json["id"], &Value::Null));
        let listed = ann.get("/v1/api_keys").text;
        assert!(!listed.contains(&token) && listed.contains(&token[..7]), "{listed}");
        let shop_key = server.client(&token);
        assert_eq!(shop_key.get("/v1/orders").status, 200);
        // A program has no password to enter, and makes no keys.
        let by_key = shop_key.post("/v1/api_keys", &new);
        assert_eq!(by_key.code(), "step_up_required", "{}", by_key.text);
        let wrong = json!({ "name": "x", "grants": [{ "permission": "order.plaice" }] });
        let wrong = ann.post("/v1/api_keys", &wrong);
        assert_eq!(
            (wrong.status, &wrong.json["errors"][0]["pointer"]),
            (422, &json!("/grants/0/permission"))
        );
        let path = format!("/v1/api_keys/{}/revoke", made.json["id"].as_str().unwrap());
        assert_eq!(ann.act(&path, "", &json!({})).status, 200);
        assert_eq!(shop_key.get("/v1/orders").status, 401);
        let audit = ann.get("/v1/audit?verb=access.").json;
        let verbs: Vec<&str> = audit["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["verb"].as_str().unwrap())
            .collect();
        for verb in ["access.create_key", "access.revoke_key", "access.sign_in"] {
            assert!(verbs.contains(&verb), "{verbs:?}");
        }
        assert!(!audit.to_string().contains("geese") && !audit.to_string().contains(&token));
    }
}

#[test]
fn a_role_of_ones_own_gives_what_it_says_and_no_more_than_one_has() {
    let shop = Shop::new(TestDb::sqlite());
    let server = server(&shop);
    let owner = server.owner();
    let new = json!({ "code": "hands", "name": "Hands", "grants": [
        { "permission": "fulfillment.pick", "locations": ["leeds"] }] });
    let made = owner.post("/v1/roles", &new);
    assert_eq!(made.status, 201, "{}", made.text);
    let leeds = shop.location("leeds").to_string();
    assert_eq!(made.json["grants"][0]["locations"], json!([leeds]));
    let wider = json!({ "name": "Hands", "grants": [{ "permission": "fulfillment.pick" }] });
    let headers = |tag: &'static str| {
        [("idempotency-key", "put"), ("content-type", "application/json"), ("if-match", tag)]
    };
    let put =
        owner.send("PUT", "/v1/roles/hands", &headers("\"v1\""), wider.to_string().as_bytes());
    assert_eq!((put.status, put.tag().as_str()), (200, "\"v2\""), "{}", put.text);
    let built_in =
        owner.send("PUT", "/v1/roles/clerk", &headers("*"), wider.to_string().as_bytes());
    assert!([409, 422].contains(&built_in.status), "{}", built_in.text);
    let gone = [("idempotency-key", "del"), ("if-match", "\"v2\"")];
    assert_eq!(owner.send("DELETE", "/v1/roles/hands", &gone, b"").status, 200);
    assert_eq!(owner.get("/v1/roles/hands").status, 404);
    let clerk = server.with_rights("users.manage");
    assert_eq!(clerk.get("/v1/roles").status, 401, "this server knows real keys only");
}

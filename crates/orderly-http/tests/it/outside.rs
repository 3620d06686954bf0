//! What comes in by files and goes out by webhooks and mail, over HTTP.

use orderly_web::Limits;
use serde_json::{Value, json};

use crate::fixture::{Shop, TestDb};
use crate::server::{Came, Client, Server};

fn send(client: &Client, verb: &str, path: &str, tag: &str, body: &Value) -> Came {
    let key = format!("{verb}{path}{tag}{body}");
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).take(200).collect();
    let mut headers = vec![("idempotency-key", key.as_str()), ("content-type", "application/json")];
    if !tag.is_empty() {
        headers.push(("if-match", tag));
    }
    client.send(verb, path, &headers, body.to_string().as_bytes())
}

#[test]
fn a_webhook_is_added_changed_rotated_tested_and_deleted() {
    // On PostgreSQL secrets need a master key that is named; the operations are tested there.
    for shop in [Shop::new(TestDb::sqlite())] {
        let server = Server::start(shop.app.clone());
        let owner = server.with_rights("webhooks.manage");
        for (url, code) in [
            ("http://hooks.example.com/x", "address_not_allowed"),
            ("https://127.0.0.1/x", "address_not_allowed"),
            ("https://[::ffff:10.0.0.1]/x", "address_not_allowed"),
        ] {
            let refused = owner.post("/v1/webhooks", &json!({ "url": url }));
            assert_eq!(refused.code(), code, "{url}: {}", refused.text);
        }
        let new = json!({ "url": "https://hooks.example.com/x", "types": ["order.*"] });
        let made = owner.post("/v1/webhooks", &new);
        assert_eq!(made.status, 201, "{}", made.text);
        let secret = made.json["secret"].as_str().unwrap().to_owned();
        let at = made.header("location").to_owned();
        assert!(owner.get(&at).json["secret"].is_null(), "a secret is shown once");
        assert!(!owner.get("/v1/webhooks").text.contains(&secret));
        let off = send(&owner, "PATCH", &at, &made.tag(), &json!({ "active": false }));
        assert_eq!((off.status, &off.json["state"]), (200, &json!("inactive")));
        let refused = owner.act(&format!("{at}/test"), "", &json!({}));
        assert_eq!(refused.code(), "invalid_transition");
        let on = send(&owner, "PATCH", &at, &off.tag(), &json!({ "active": true }));
        let rotated = owner.act(&format!("{at}/rotate"), &on.tag(), &json!({}));
        assert_ne!(rotated.json["secret"].as_str().unwrap(), secret);
        let test = owner.act(&format!("{at}/test"), "", &json!({}));
        assert_eq!(&test.json["state"], "waiting", "{}", test.text);
        let listed = owner.get("/v1/dispatches?state=waiting").json;
        assert_eq!(listed["data"][0]["id"], test.json["id"]);
        let dispatch = format!("/v1/dispatches/{}", test.json["id"].as_str().unwrap());
        assert_eq!(owner.act(&format!("{dispatch}/skip"), "", &json!({})).json["state"], "skipped");
        let again = owner.act(&format!("{dispatch}/replay"), "", &json!({}));
        assert_eq!(again.json["state"], "waiting", "{}", again.text);
        let back = owner.act(&format!("{at}/replay"), "", &json!({ "after": 0, "all": true }));
        assert_eq!(back.status, 200, "{}", back.text);
        let gone = send(&owner, "DELETE", &at, &owner.get(&at).tag(), &json!({}));
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(owner.get(&at).status, 404);
    }
}

#[test]
fn a_call_is_logged_and_a_mail_made_from_a_template() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let server = Server::start(shop.app.clone());
        let owner = server.owner();
        let placed = owner.post(
            "/v1/orders",
            &json!({
                "channel": "phone", "lines": [{ "sku": "NAIL", "quantity": "1" }],
                "customer": { "name": "Ann Field", "email": "ann@example.com" },
            }),
        );
        let number = placed.json["number"].as_str().unwrap();
        let about = json!({ "order": number });
        let call =
            json!({ "about": about, "kind": "call", "direction": "in", "body": "On Friday" });
        let logged = owner.post("/v1/messages", &call);
        assert_eq!((logged.status, &logged.json["state"]), (201, &json!("logged")));
        let words = json!({ "code": "hello", "subject": "Order {{ order.number }}",
            "body": "Dear {{ customer.name }}" });
        let put = send(&owner, "PUT", "/v1/templates", "", &words);
        assert_eq!(put.status, 200, "{}", put.text);
        let wrong = json!({ "code": "hello", "subject": "{{ order.secret }}", "body": "x" });
        assert_eq!(send(&owner, "PUT", "/v1/templates", "", &wrong).code(), "unknown_variable");
        let mail = json!({ "about": about, "kind": "email", "template": "hello", "draft": true });
        let draft = owner.post("/v1/messages", &mail);
        assert_eq!(draft.json["subject"], format!("Order {number}"), "{}", draft.text);
        assert_eq!(draft.json["to"], "ann@example.com");
        let at = draft.header("location").to_owned();
        let queued = owner.act(&format!("{at}/send"), &draft.tag(), &json!({}));
        assert_eq!(queued.json["state"], "queued", "{}", queued.text);
        let gone = owner.act(&format!("{at}/cancel"), &queued.tag(), &json!({}));
        assert_eq!(gone.json["state"], "canceled");
        let listed = owner.get(&format!("/v1/messages?order={number}")).json;
        assert_eq!(listed["data"].as_array().unwrap().len(), 2);
        let blind = server.with_rights("read").get(&format!("/v1/messages?order={number}"));
        for word in ["ann@example.com", "Ann", "Friday"] {
            assert!(!blind.text.contains(word), "{}", blind.text);
        }
        let nothing = owner.post("/v1/messages/shortage", &json!({ "order": number }));
        assert!(["nothing_to_do", "no_address"].contains(&nothing.code()), "{}", nothing.text);
    }
}

#[test]
fn a_setting_that_holds_a_password_is_never_shown_again() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let owner = server.owner();
    let url = json!({ "value": "smtps://me:hunter22@mail.example.com" });
    let set = owner.post("/v1/settings/smtp.url", &url);
    assert_eq!(set.status, 200, "{}", set.text);
    let all = owner.get("/v1/settings");
    assert_eq!(all.json["values"]["smtp.url"], "•••");
    assert!(!all.text.contains("hunter22") && !set.text.contains("sealed:"));
    let wrong = json!({ "value": "http://mail.example.com" });
    let refused = owner.post("/v1/settings/smtp.url", &wrong);
    assert_eq!((refused.status, refused.code()), (422, "invalid_field"));
}

fn csv(client: &Client, path: &str, key: &str, text: &str) -> Came {
    let headers = [("idempotency-key", key), ("content-type", "text/csv")];
    client.send("POST", path, &headers, text.as_bytes())
}

#[test]
fn files_are_imported_row_by_row_and_once() {
    for shop in Shop::each() {
        let server = Server::start(shop.app.clone());
        let clerk = server.with_rights("import,read,pii.read,configure,stock.receive");
        let rows = "number,name,company,email,line1,city,country\n\
                    K1,Ann Field,,ann@example.com,1 Mill Lane,Leeds,GB\n\
                    K2,,,nobody@example.com,,,\n,Bea Long,Long & Co,bea@example.com,,York,GB\n";
        let came = csv(&clerk, "/v1/imports/customers?name=ours.csv", "a", rows);
        assert_eq!(came.status, 200, "{}", came.text);
        assert_eq!((&came.json["taken"], &came.json["rejected"]), (&json!(2), &json!(1)));
        assert_eq!(came.json["not_taken"][0]["line"], 3);
        let again = csv(&clerk, "/v1/imports/customers", "b", rows);
        assert_eq!(again.json["new_rows"], 0, "{}", again.text);
        let moved = rows.replace("1 Mill Lane", "2 High St");
        csv(&clerk, "/v1/imports/customers", "c", &moved);
        let ann = clerk.get("/v1/customers/K1");
        assert!(ann.text.contains("2 High St") && ann.json["version"] == 2, "{}", ann.text);
        assert_eq!(clerk.get("/v1/customers/bea@example.com").status, 200);
        let rejects = format!("/v1/imports/{}/rejects", came.json["id"].as_str().unwrap());
        assert_eq!(clerk.get(&rejects).json["data"].as_array().unwrap().len(), 1);
        assert_eq!(server.with_rights("read").get(&rejects).status, 403);
        let items = csv(&clerk, "/v1/imports/items", "d", "sku,name\nX-1,One\n");
        assert_eq!(items.json["taken"], 1, "{}", items.text);
        let stock = "location,sku,quantity,cost\ndepot,X-1,5,1.20\nnowhere,X-1,5,1.20\n";
        let stock = csv(&clerk, "/v1/imports/stock", "e", stock);
        assert_eq!((&stock.json["taken"], &stock.json["rejected"]), (&json!(1), &json!(1)));
        assert_eq!(shop.sums("X-1", "depot"), (5, 0, 0));
    }
}

#[test]
fn a_file_that_cannot_be_used_is_refused_and_tells_nothing_of_the_machine() {
    let shop = Shop::new(TestDb::sqlite());
    let limits = Limits { bulk_body: 1_000, ..Limits::default() };
    let server = Server::with(shop.app.clone(), limits);
    let owner = server.owner();
    for (path, text) in [
        ("/v1/imports/items?name=my.csv", "a,b\n1,2\n"),
        ("/v1/imports/items?name=my.csv", ""),
        ("/v1/imports/orders", "sku,name\n"),
        ("/v1/imports/orders?map=/etc/passwd", "sku,name\n"),
    ] {
        let came = csv(&owner, path, "k", text);
        assert_eq!(came.status, 422, "{path}: {}", came.text);
        assert!(!came.text.contains("/tmp") && !came.text.contains("root:"), "{}", came.text);
    }
    assert_eq!(csv(&owner, "/v1/imports/items", "l", &"x".repeat(2_000)).status, 413);
    let json = [("idempotency-key", "m"), ("content-type", "application/json")];
    assert_eq!(owner.send("POST", "/v1/imports/items", &json, b"{}").status, 415);
}

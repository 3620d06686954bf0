//! Hostile texts in every text field of every operation, as the document names them: nothing is run
//! by a database, nothing is escaped where it is kept, and no answer is a page.

use std::time::{Duration, Instant};

use orderly::verify;
use orderly_http::operation::{Body, Operation};
use orderly_http::{openapi, v1};
use orderly_web::Limits;
use serde_json::{Map, Value, json};

use crate::fixture::Shop;
use crate::server::{Came, Client, Server};

/// What is tried: SQL, pages, formulas, templates, direction marks.
const TEXTS: &[&str] = &[
    "'; DROP TABLE orders; --",
    "1); DELETE FROM event; --",
    "' OR '1'='1' --",
    "\\'; SELECT pg_sleep(8); --",
    "' UNION SELECT token_hash FROM api_key --",
    "\"><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "=HYPERLINK(\"https://x.example\";\"y\")",
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
    "\u{202e}gnp.exe",
];
/// An answer that takes longer has been made to wait.
const LONGEST: Duration = Duration::from_secs(7);

/// The whole schema that a reference stands for.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let path = schema.get("$ref").and_then(Value::as_str);
    let path = path.and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(schema)
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// A value of the schema with `text` wherever it takes one.
fn filled(document: &Value, schema: &Value, text: &str, deep: u32) -> Value {
    let schema = resolved(document, schema);
    let any = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema.get(name)?.get(0));
    if let Some(first) = any {
        return filled(document, first, text, deep);
    }
    let kinds = kinds(schema);
    let takes = |kind: &str| kinds.contains(&kind);
    if takes("string") {
        return text.into();
    }
    if takes("integer") || takes("number") {
        return json!(1);
    }
    if takes("boolean") {
        return json!(false);
    }
    if takes("array") && deep > 0 {
        let items = schema.get("items").unwrap_or(&Value::Null);
        return json!([filled(document, items, text, deep - 1)]);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if deep == 0 || properties.is_none() {
        return Value::Null;
    }
    let fields = properties.into_iter().flatten();
    let each = fields.map(|(name, one)| (name.clone(), filled(document, one, text, deep - 1)));
    Value::Object(each.collect::<Map<_, _>>())
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let each = text.bytes().map(|byte| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    each.collect()
}

/// Asks with the text in the path, the query and the body.
fn ask(client: &Client, document: &Value, one: &Operation, text: &str, key: &str) -> Came {
    let pointer = format!("/paths/{}/{}", one.path.replace('/', "~1"), one.verb.name());
    let described = document.pointer(&pointer).unwrap();
    let mut path = one.path.to_owned();
    for name in one.parameters() {
        path = path.replace(&format!("{{{name}}}"), &encoded(text));
    }
    let parameters = described["parameters"].as_array().unwrap().iter();
    let query = parameters.filter(|one| one["in"] == "query" && one["name"] != "dry_run");
    let query = query.filter(|one| kinds(&one["schema"]).contains(&"string"));
    let pairs: Vec<String> =
        query.map(|one| format!("{}={}", one["name"].as_str().unwrap(), encoded(text))).collect();
    if !pairs.is_empty() {
        path = format!("{path}?{}", pairs.join("&"));
    }
    if !one.is_command() {
        return client.send("GET", &path, &[], b"");
    }
    let (media, body) = match one.body {
        Body::Raw(media) => (media[0], format!("sku,name,location,quantity\n{text},{text},x,1\n")),
        _ => {
            let schema = &described["requestBody"]["content"]["application/json"]["schema"];
            let mut body = filled(document, schema, text, 4);
            if let Some(fields) = body.as_object_mut() {
                fields.remove("override");
            }
            ("application/json", body.to_string())
        }
    };
    let headers = [("idempotency-key", key), ("if-match", "*"), ("content-type", media)];
    client.send(&one.verb.name().to_uppercase(), &path, &headers, body.as_bytes())
}

#[test]
fn hostile_texts_are_texts_everywhere() {
    let (operations, mut wrong) = (v1::operations(), Vec::new());
    let document = openapi::document(&operations);
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 100, None);
        let limits = Limits { per_minute: 10_000_000, ..Limits::default() };
        let server = Server::with(shop.app.clone(), limits);
        let owner = server.owner();
        for (number, text) in TEXTS.iter().enumerate() {
            for one in operations.iter().filter(|one| !one.open && !one.path.ends_with("stream")) {
                let began = Instant::now();
                let came = ask(&owner, &document, one, text, &format!("{}-{number}", one.id));
                let media = came.header("content-type");
                let escaped = ["&lt;", "&#39;", "&quot;"].iter().any(|e| came.text.contains(e));
                let is_page = media.starts_with("text/html");
                if came.status >= 500 || escaped || is_page || began.elapsed() > LONGEST {
                    wrong.push(format!("{} with {text}: {} {}", one.id, came.status, came.text));
                }
                assert_eq!(came.header("x-content-type-options"), "nosniff", "{}", one.id);
            }
        }
        keeps_them_raw(&owner);
        let proved = verify::run(&shop.app, &verify::Options::default()).unwrap();
        assert_eq!(proved.exit_code(), 0, "{proved}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is taken is kept as it came.
fn keeps_them_raw(owner: &Client) {
    for (number, text) in TEXTS.iter().enumerate() {
        let (sku, customer) = (format!("T-{number}"), format!("K-{number}"));
        let item = owner.post("/v1/items", &json!({ "sku": sku, "name": text, "price": "1.00" }));
        assert_eq!((item.status, &item.json["name"]), (201, &json!(text)), "{}", item.text);
        let party = json!({ "name": text, "company": text, "city": text, "country": "GB" });
        let new = json!({ "number": customer, "party": party });
        let made = owner.post("/v1/customers", &new);
        assert_eq!(made.status, 201, "{}", made.text);
        let read = owner.get(&format!("/v1/customers/{customer}")).json;
        assert!(read.to_string().contains(&json!(text).to_string()), "{read}");
        let order = json!({
            "channel": "market", "reference": text,
            "customer": { "name": text, "email": format!("k{number}@example.com") },
            "lines": [{ "sku": "NAIL", "quantity": "1" }],
        });
        let placed = owner.post("/v1/orders", &order);
        assert_eq!(placed.status, 201, "{}", placed.text);
        assert_eq!(placed.json["reference"], *text);
        let about = json!({ "order": placed.json["number"] });
        let note = json!({ "about": about, "kind": "note", "body": text });
        assert_eq!(owner.post("/v1/messages", &note).json["body"], *text);
        let found = owner.get(&format!("/v1/orders?q={}", encoded(text)));
        assert_eq!(found.status, 200, "{}", found.text);
    }
}

//! What holds for every page: headers, weight, words that stay words.

use orderly::ops::orders::place::place;
use orderly::ops::{catalog, messages, parties};
use orderly_console::{ROOMS, Verb};
use serde_json::json;

use crate::fixture::{Shop, TestDb, order, read};
use crate::server::Server;

#[test]
fn pages_are_light_and_run_nothing_but_their_script() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    for room in ROOMS {
        for route in room.routes.iter().filter(|route| route.verb == Verb::Get) {
            if route.path.contains('{') || route.path == "/console/find" {
                continue;
            }
            let page = browser.get(route.path);
            assert_eq!(page.status, 200, "{}: {}", route.path, page.text);
            assert!(page.header("content-security-policy").contains("default-src 'self'"));
            assert!(page.text.len() <= 100 << 10, "{} weighs {}", route.path, page.text.len());
            assert!(!page.has("style=") && !page.has("onclick="), "{}", route.path);
            assert_eq!(page.text.matches("<script").count(), 1, "{}", route.path);
        }
    }
}

#[test]
fn full_lists_and_long_orders_are_light() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 10_000, None);
    let place = orderly_ops::ops::orders::place::place;
    for _ in 0..60 {
        place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap();
    }
    let long: Vec<(&str, &str)> = std::iter::repeat_n(("NAIL", "2"), 60).collect();
    let long = place(&shop.app, &shop.call(), &order("web", &long)).unwrap();
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    for path in ["/console/orders", "/console", &format!("/console/orders/{}", long.number)] {
        let page = browser.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.len() <= 100 << 10, "{path} weighs {}", page.text.len());
    }
}

#[test]
fn assets_are_kept_for_a_year() {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    for at in [
        orderly_console::assets::stylesheet(),
        orderly_console::assets::script(),
        orderly_console::assets::icons(),
    ] {
        let came = browser.get(&at);
        assert_eq!(came.status, 200, "{at}");
        assert!(came.header("cache-control").contains("immutable"), "{at}");
    }
}

/// Texts that a page would run if it did not show them as texts.
const HOSTILE: &[&str] = &[
    "\"><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "'><svg onload=alert(1)>",
    "</title></textarea><iframe srcdoc=x>",
    "javascript:alert(1)",
];

/// A shop where everything that has a name has a hostile one.
fn hostile_shop() -> Shop {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    for (number, text) in HOSTILE.iter().enumerate() {
        let item = json!({ "sku": format!("{number}{text}"), "name": text, "price": "1.00" });
        catalog::create_item(&shop.app, &shop.call(), &read(item)).unwrap();
        let party = json!({
            "name": text, "company": text, "city": text, "region": text, "postcode": text,
            "address_lines": [text, text], "country": "GB",
        });
        let customer = json!({ "number": format!("K{number}{text}"), "party": party });
        parties::create_customer(&shop.app, &shop.call(), &read(customer)).unwrap();
        let order = json!({
            "channel": "market", "reference": text, "external_id": text,
            "customer": { "name": text, "email": format!("k{number}@example.com") },
            "deliveries": { "method": "parcel", "ship_to": {
                "name": text, "lines": [text], "city": text, "postcode": text, "country": "GB" } },
            "lines": [{ "sku": "NAIL", "quantity": "1", "description": text }],
        });
        let order = serde_json::from_value(order.clone()).unwrap_or_else(|_| {
            let mut plain = order;
            plain["lines"] = json!([{ "sku": "NAIL", "quantity": "1" }]);
            read(plain)
        });
        let placed = place(&shop.app, &shop.call(), &order).unwrap();
        let note = json!({ "about": { "order": placed.number }, "kind": "note", "body": text });
        messages::add(&shop.app, &shop.call(), &read(note)).unwrap();
    }
    shop
}

#[test]
fn hostile_texts_stay_texts_on_every_page_that_links_reach() {
    let shop = hostile_shop();
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    let mut known = std::collections::BTreeSet::from(["/console".to_owned()]);
    let mut left: Vec<String> = ROOMS
        .iter()
        .flat_map(|room| room.routes)
        .filter(|route| route.verb == Verb::Get && !route.path.contains('{'))
        .map(|route| route.path.to_owned())
        .collect();
    let mut seen_texts = 0;
    while let Some(path) = left.pop() {
        let page = browser.get(&path);
        if page.status != 200 || !page.header("content-type").starts_with("text/html") {
            continue;
        }
        for mark in ["<img src=x", "<script>", "<svg onload", "<iframe", "href=\"javascript:"] {
            assert!(!page.has(mark), "{path} has {mark}");
        }
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        seen_texts += page.text.matches("&lt;").count();
        for link in page.text.split("href=\"").skip(1) {
            let link = link.split(['"', '#']).next().unwrap().replace("&amp;", "&");
            let fresh = link.starts_with("/console/") && !link.contains("/assets/");
            if fresh && known.len() < 400 && known.insert(link.clone()) {
                left.push(link);
            }
        }
    }
    assert!(known.len() > 60 && seen_texts > 100, "{} pages, {seen_texts} texts", known.len());
}

//! What holds for every page: headers, weight, words that stay words.

use orderly_console::{ROOMS, Verb};

use crate::fixture::{Shop, TestDb, order};
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

//! What holds for every page: headers, weight, words that stay words.

use orderly_console::{ROOMS, Verb};

use crate::fixture::{Shop, TestDb};
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

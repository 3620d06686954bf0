//! Coming in, going out, and what nobody gets past.

use orderly_console::{ROOMS, Verb};
use orderly_core::time::Instant;
use orderly_ops::ops::access::set_up;

use crate::fixture::{Shop, TestDb};
use crate::server::{Browser, PASSWORD, Server, jiff_now};

fn server() -> (Shop, Server) {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    (shop, server)
}

#[test]
fn the_first_owner_is_made_with_the_token_and_only_once() {
    let (shop, server) = server();
    let token = set_up::first_token(&shop.app, Instant::from_micros(jiff_now())).unwrap().unwrap();
    let browser = Browser::new(server.address);
    assert_eq!(browser.get("/console").to(), "/console/sign-in");
    let page = browser.get(&orderly_console::set_up_address(&token));
    assert!(page.status == 200 && page.has("Make the first owner"), "{}", page.text);
    let fields = [("name", "Ann Field"), ("email", "ann@example.com"), ("password", "short")];
    let mut given = vec![("token", token.expose())];
    given.extend(fields);
    let weak = browser.send(&page, "/console/set-up", &given);
    assert!(weak.status == 422 && weak.has("weak_password"), "{}", weak.text);
    given.pop();
    given.push(("password", PASSWORD));
    let made = browser.send(&weak, "/console/set-up", &given);
    assert_eq!((made.status, made.to()), (303, "/console"), "{}", made.text);
    assert!(made.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    assert!(browser.get("/console").has("Ann Field"));
    let other = Browser::new(server.address);
    assert_eq!(other.get("/console/set-up").to(), "/console/sign-in");
}

#[test]
fn a_wrong_password_says_nothing_and_the_right_one_leads_on() {
    let (_shop, server) = server();
    let email = server.user("clerk");
    let browser = Browser::new(server.address);
    let wanted = browser.get("/console/orders?state=placed");
    assert_eq!(wanted.to(), "/console/sign-in?next=%2Fconsole%2Forders%3Fstate%3Dplaced");
    let page = browser.get(wanted.to());
    let wrong = [("email", email.as_str()), ("password", "wrong wrong wrong")];
    let refused = browser.send(&page, "/console/sign-in", &wrong);
    assert!(refused.status == 401 && refused.has("e-mail address or the password is wrong"));
    let next = page.hidden("next");
    let right = [("email", email.as_str()), ("password", PASSWORD), ("next", next.as_str())];
    assert_eq!(
        browser.send(&page, "/console/sign-in", &right).to(),
        "/console/orders?state=placed"
    );
    let page = browser.get("/console/orders?state=placed");
    assert_eq!(page.status, 200);
    assert_eq!(browser.send(&page, "/console/sign-out", &[]).to(), "/console/sign-in");
    assert_eq!(browser.get("/console").to(), "/console/sign-in");
}

#[test]
fn no_form_is_taken_without_its_proof_or_from_elsewhere() {
    let (_shop, server) = server();
    let browser = server.signed_in("owner");
    let page = browser.get("/console");
    let proof = vec![("csrf".to_owned(), page.hidden("csrf"))];
    let base = format!("http://{}", server.address);
    let mut paths = vec!["/console/sign-out", "/console/look", "/console/confirm"];
    let posts = ROOMS.iter().flat_map(|room| room.routes);
    paths.extend(posts.filter(|route| route.verb == Verb::Post).map(|route| route.path));
    for path in paths {
        let path = path.replace("{order}", "1").replace("{action}", "cancel");
        let none = browser.post(&path, &[], &[("origin", &base)]);
        assert_eq!(none.status, 403, "{path} without a proof");
        let forged = [("csrf".to_owned(), "0".repeat(64))];
        assert_eq!(browser.post(&path, &forged, &[("origin", &base)]).status, 403, "{path}");
        assert_eq!(browser.post(&path, &proof, &[]).status, 403, "{path} from nowhere");
        let evil = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(browser.post(&path, &proof, &evil).status, 403, "{path} from elsewhere");
    }
    assert_eq!(browser.get("/console").status, 200, "the session goes on");
}

#[test]
fn a_page_without_the_right_is_refused_as_a_page() {
    let (_shop, server) = server();
    let browser = server.signed_in("read_only");
    assert_eq!(browser.get("/console").status, 200);
    for room in ROOMS {
        for route in room.routes.iter().filter(|route| route.verb == Verb::Get) {
            if route.needs == orderly_core::actor::Permission::Read || route.path.contains('{') {
                continue;
            }
            let came = browser.get(route.path);
            assert!(came.status == 403 && came.has("You may not do this"), "{}", route.path);
        }
    }
    let nowhere = browser.get("/console/nowhere");
    assert!(nowhere.status == 404 && nowhere.has("There is nothing here"));
    for nearly in ["/", "/console/"] {
        let sent = browser.get(nearly);
        assert_eq!((sent.status, sent.to()), (303, "/console"), "{nearly}");
    }
}

#[test]
fn the_look_is_kept() {
    let (_shop, server) = server();
    let browser = server.signed_in("clerk");
    let page = browser.get("/console");
    assert!(!page.has("data-theme"));
    let dark = browser.send(&page, "/console/look", &[("theme", "dark"), ("rail", "narrow")]);
    assert_eq!(dark.status, 303);
    let page = browser.get("/console");
    assert!(page.has("data-theme=\"dark\"") && page.has("data-rail=\"narrow\""));
}

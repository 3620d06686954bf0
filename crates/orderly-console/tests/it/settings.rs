//! Settings on their pages: users, roles, keys shown once, webhooks, the audit.

use orderly_ops::ops::settings;

use crate::fixture::{Shop, TestDb};
use crate::server::{Browser, Came, PASSWORD, Server};

fn shop() -> (Shop, Server, Browser) {
    let shop = Shop::new(TestDb::sqlite());
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser)
}

/// The first address on a page that starts so.
fn link(page: &Came, start: &str) -> String {
    let at = page.text.find(start).unwrap_or_else(|| panic!("no {start} in {}", page.text));
    page.text[at..].split(['"', '?']).next().unwrap().to_owned()
}

#[test]
fn a_user_is_added_changed_and_kept_out() {
    let (_shop, server, browser) = shop();
    let page = browser.get("/console/settings/users/new");
    let new = [
        ("name", "Bo <i>Hill</i>"),
        ("email", "bo@example.com"),
        ("role", "clerk"),
        ("password", PASSWORD),
    ];
    let weak =
        browser.send(&page, "/console/settings/users", &[&new[..3], &[("password", "x")]].concat());
    assert!(weak.status == 422 && weak.has("weak_password"), "{}", weak.text);
    let made = browser.send(&weak, "/console/settings/users", &new);
    assert_eq!(made.status, 303, "{}", made.text);
    let at = made.to().split('?').next().unwrap().to_owned();
    let bo = Browser::new(server.address);
    let door = bo.get("/console/sign-in");
    let entered = [("email", "bo@example.com"), ("password", PASSWORD)];
    assert_eq!(bo.send(&door, "/console/sign-in", &entered).status, 303);
    assert_eq!(bo.get("/console/settings/users").status, 403);
    assert_eq!(bo.get("/console/settings/me").status, 200);
    let page = browser.get(&at);
    assert!(page.has("Bo &lt;i&gt;Hill") && !page.has("<i>Hill"), "{}", page.text);
    let own = page.text.find("/sessions/ses").is_some() || page.has("/end\"");
    assert!(own, "his session is listed: {}", page.text);
    let stopped = browser.send(&page, &at, &[("name", "Bo Hill"), ("role", "clerk")]);
    assert_eq!(stopped.status, 303, "{}", stopped.text);
    assert_eq!(bo.get("/console").status, 303, "his session has ended");
    let list = browser.get("/console/settings/users");
    assert!(list.has("may not come in") && list.has("Bo Hill"), "{}", list.text);
}

#[test]
fn one_changes_ones_own_password_knowing_the_old_one() {
    let (_shop, _server, browser) = shop();
    let page = browser.get("/console/settings/me");
    let path = "/console/settings/me/password";
    let new = "eleven otters juggle pears";
    let wrong = browser.send(&page, path, &[("old", "guess guess"), ("password", new)]);
    assert!(wrong.status == 401 && wrong.has("password is wrong"), "{}", wrong.text);
    let done = browser.send(&page, path, &[("old", PASSWORD), ("password", new)]);
    assert_eq!(done.status, 303, "{}", done.text);
    assert!(browser.get(done.to()).has("The password is changed"));
}

#[test]
fn a_role_is_made_of_rights_and_an_uneven_or_built_in_one_is_read() {
    let (_shop, server, browser) = shop();
    let page = browser.get("/console/settings/roles/new");
    let new = [
        ("code", "till_hand"),
        ("name", "Till hand"),
        ("right", "read"),
        ("right", "refund.make"),
        ("limit.refund.make", "25.00"),
    ];
    let made = browser.send(&page, "/console/settings/roles", &new);
    assert_eq!(made.status, 303, "{}", made.text);
    let at = "/console/settings/roles/till_hand";
    let page = browser.get(at);
    assert!(page.has("value=\"25.00\"") && page.has("2 rights"), "{}", page.text);
    let less = browser.send(&page, at, &[("name", "Till hand"), ("right", "read")]);
    assert_eq!(less.status, 303, "{}", less.text);
    assert!(browser.get(at).has("1 right"));
    let owner = browser.get("/console/settings/roles/owner");
    assert!(owner.has("May do everything") && !owner.has("name=\"right\""));
    let page = browser.get(at);
    assert_eq!(browser.confirm(&page, &format!("{at}/remove")).status, 303);
    assert_eq!(browser.get(at).status, 404);
    let manager = server.signed_in("manager");
    assert_eq!(manager.get("/console/settings/roles").status, 403);
}

#[test]
fn a_key_is_shown_once_and_revoked() {
    let (_shop, server, browser) = shop();
    let page = browser.get("/console/settings/keys/new");
    assert_eq!(page.status, 200, "{}", page.text);
    let new = [("name", "Web shop"), ("right", "read"), ("allowed_ips", "10.0.0.1, ::1")];
    let wrong = [("name", "Web shop"), ("right", "read"), ("allowed_ips", "here")];
    assert_eq!(browser.send(&page, "/console/settings/keys", &wrong).status, 422);
    let page = browser.get("/console/settings/keys/new");
    let made = browser.send(&page, "/console/settings/keys", &new);
    assert!(made.status == 200 && made.has("The key of Web shop"), "{}", made.text);
    let at = made.text.find("class=\"secret\">").unwrap() + 15;
    let token = made.text[at..].split('<').next().unwrap();
    assert!(token.starts_with("ok_") && token.len() > 40, "{token}");
    let again = browser.send(&page, "/console/settings/keys", &new);
    assert!(!again.has(token) && again.has("made before"), "{}", again.text);
    let list = browser.get("/console/settings/keys");
    assert!(!list.has(token) && list.text.matches("Web shop").count() == 1, "{}", list.text);
    let revoke = link(&list, "/console/settings/keys/key_");
    assert_eq!(browser.confirm(&list, &revoke).status, 303);
    assert!(browser.get("/console/settings/keys").has("revoked"));
    let clerk = server.signed_in("clerk");
    assert_eq!(clerk.get("/console/settings/keys").status, 403);
}

#[test]
fn a_webhook_is_added_tested_and_its_dispatches_are_sent_again() {
    let (shop, _server, browser) = shop();
    let page = browser.get("/console/settings/webhooks/new");
    let path = "/console/settings/webhooks";
    let inside = [("url", "https://127.0.0.1/hook"), ("types", "order.*")];
    let refused = browser.send(&page, path, &inside);
    assert!(refused.status == 422 && refused.has("address_not_allowed"), "{}", refused.text);
    for (key, value) in
        [("webhooks.allow_http", "true"), ("webhooks.allow_private", "127.0.0.1/32")]
    {
        settings::set(&shop.app, &shop.call(), key, value).unwrap();
    }
    let page = browser.get("/console/settings/webhooks/new");
    let made = browser.send(&page, path, &inside);
    assert!(made.status == 200 && made.has("whsec_"), "{}", made.text);
    let list = browser.get(path);
    assert!(list.has("https://127.0.0.1/hook") && !list.has("whsec_"), "{}", list.text);
    let at = link(&list, "/console/settings/webhooks/w");
    let page = browser.get(&at);
    let tested = browser.confirm(&page, &format!("{at}/do/test"));
    assert_eq!(tested.status, 303, "{}", tested.text);
    let page = browser.get(tested.to());
    assert!(page.has("webhook.tested") && page.has("Waiting 1"), "{}", page.text);
    let skip = page.text.split("action=\"").find(|text| text.contains("/skip\"")).unwrap();
    let skip = skip.split('"').next().unwrap().to_owned();
    assert_eq!(browser.confirm(&page, &skip).status, 303);
    let page = browser.get(&format!("{at}?state=skipped"));
    let replay = skip.replace("/skip", "/replay");
    assert_eq!(browser.confirm(&page, &replay).status, 303);
    let page = browser.get(&at);
    let rotated = browser.confirm(&page, &format!("{at}/do/rotate"));
    assert!(rotated.has("whsec_"), "{}", rotated.text);
    let page = browser.get(&at);
    assert_eq!(browser.confirm(&page, &format!("{at}/do/delete")).status, 303);
    assert!(browser.get(path).has("Nobody is told"));
}

#[test]
fn the_audit_says_who_did_and_tried_what() {
    let (shop, server, browser) = shop();
    settings::set(&shop.app, &shop.call(), "shop.note", "x").unwrap();
    let clerk = server.signed_in("clerk");
    assert_eq!(clerk.get("/console/settings/audit").status, 403);
    let page = browser.get("/console/settings/audit?verb=access.");
    assert!(page.has("access.sign_in") && page.has("Ann owner"), "{}", page.text);
    assert!(!page.has("settings.set"));
    let none = browser.get("/console/settings/audit?outcome=refused&verb=settings.");
    assert!(none.has("Nothing was done"), "{}", none.text);
}

//! Orders on their pages: found, understood, worked on, each step shown before it happens.

use orderly_ops::wire::{CustomerIn, LineIn, OrderIn};

use crate::fixture::{Shop, TestDb};
use crate::server::{Browser, Server};

fn order(sku: &str, quantity: &str, name: &str) -> OrderIn {
    OrderIn {
        channel: "web".into(),
        customer: Some(CustomerIn {
            email: Some("ann@example.com".into()),
            name: Some(name.into()),
            ..CustomerIn::default()
        }),
        lines: vec![LineIn {
            sku: Some(sku.into()),
            quantity: quantity.into(),
            ..LineIn::default()
        }],
        ..OrderIn::default()
    }
}

fn with_order(name: &str) -> (Shop, Server, Browser, String) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let placed = orderly_ops::ops::orders::place::place;
    let number = placed(&shop.app, &shop.call(), &order("NAIL", "5", name)).unwrap().number;
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser, number)
}

/// Looks at what an action will do, then does it.
fn act(browser: &Browser, number: &str, action: &str, fields: &[(&str, &str)]) -> String {
    let at = format!("/console/orders/{number}/do/{action}");
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let page = browser.get(&format!("{at}?{}", query.join("&")));
    assert_eq!(page.status, 200, "{action}: {}", page.text);
    assert!(page.has("This will change"), "{action}: {}", page.text);
    let done = browser.confirm(&page, &at);
    assert_eq!(done.status, 303, "{action}: {}", done.text);
    assert_eq!(done.to(), format!("/console/orders/{number}?done={action}"));
    browser.get(done.to()).text
}

#[test]
fn an_order_goes_from_the_list_to_its_delivery_and_back() {
    let (shop, _server, browser, number) = with_order("Ann Field");
    let list = browser.get("/console/orders");
    assert!(list.has(&number) && list.has("Ann Field"), "{}", list.text);
    let found = browser.get(&format!("/console/find?q={number}"));
    assert_eq!(found.to(), format!("/console/orders/{number}"));
    let page = browser.get(found.to());
    assert!(page.has("Ann Field") && page.has("allocated") && page.has("What happened"));
    for (action, word) in [("release", "Released."), ("pick", "Picked."), ("pack", "Packed.")] {
        let after = act(&browser, &number, action, &[]);
        assert!(after.contains(word) && after.contains(">Undo"), "{after}");
    }
    let shipped = act(&browser, &number, "ship", &[("carrier", "DHL"), ("tracking", "T1")]);
    assert!(shipped.contains("DHL T1"), "{shipped}");
    assert_eq!(shop.sums("NAIL", "depot").0, 95);
    let delivered = act(&browser, &number, "deliver", &[]);
    assert!(delivered.contains("delivered"), "{delivered}");
    let page = browser.get(&format!("/console/orders/{number}?done=deliver"));
    let undone = browser.send(&page, &format!("/console/orders/{number}/do/undo"), &[]);
    assert_eq!(undone.status, 303, "{}", undone.text);
    assert!(browser.get(undone.to()).has("Delivery taken back"));
}

#[test]
fn looking_at_what_an_action_does_changes_nothing() {
    let (shop, _server, browser, number) = with_order("Ann Field");
    let before = shop.sums("NAIL", "depot");
    for action in ["cancel", "release", "hold"] {
        let page = browser.get(&format!("/console/orders/{number}/do/{action}?reason=why"));
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.has("<ul class=\"changes\"><li>"), "{action}: {}", page.text);
    }
    assert_eq!(shop.sums("NAIL", "depot"), before);
    assert!(!browser.get(&format!("/console/orders/{number}")).has("Canceled"));
}

#[test]
fn what_changed_meanwhile_is_said_and_a_form_sent_twice_acts_once() {
    let (_shop, _server, browser, number) = with_order("Ann Field");
    let at = format!("/console/orders/{number}/do/hold");
    let page = browser.get(&format!("{at}?kind=manual&blocks=ship&reason=waits"));
    let first = browser.confirm(&page, &at);
    let twice = browser.confirm(&page, &at);
    assert_eq!((first.status, twice.status), (303, 303), "{}", twice.text);
    let shown = browser.get(&format!("/console/orders/{number}"));
    assert_eq!(shown.text.matches("waits").count(), 2, "as a hold, and as what happened");
    let cancel = format!("/console/orders/{number}/do/cancel");
    let page = browser.get(&format!("{cancel}?reason=late"));
    act(&browser, &number, "release_hold", &[]);
    let refused = browser.confirm(&page, &cancel);
    assert_eq!(refused.status, 412, "{}", refused.text);
    assert!(refused.has("Meanwhile this changed") && refused.has("stale_version"));
}

#[test]
fn an_order_is_seen_as_it_was() {
    let (_shop, _server, browser, number) = with_order("Ann Field");
    act(&browser, &number, "cancel", &[("reason", "changed+his+mind")]);
    let then = browser.get(&format!("/console/orders/{number}?as_of=1"));
    assert!(then.has("as it was at") && then.has("allocated"), "{}", then.text);
    assert!(browser.get(&format!("/console/orders/{number}")).has("canceled"));
    assert_eq!(browser.get(&format!("/console/orders/{number}?as_of=99")).status, 404);
}

#[test]
fn what_people_wrote_stays_text() {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let (_shop, _server, browser, number) = with_order(evil);
    act(&browser, &number, "hold", &[("reason", "%22%3E%3Csvg+onload%3Dalert(3)%3E")]);
    for path in ["/console", "/console/orders", &format!("/console/orders/{number}")] {
        let page = browser.get(path);
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        assert!(!page.has("<img") && !page.has("<svg onload"), "{path}");
    }
    let asked = browser.get("/console/orders?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!((asked.status, asked.text.matches("<script").count()), (200, 1));
}

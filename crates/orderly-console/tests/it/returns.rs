//! Returns: announced, let come, received, inspected unit by unit, refunded.

use orderly_ops::ops::orders::place::place;
use orderly_ops::wire::PaymentIn;

use crate::fixture::{Shop, TestDb, order};
use crate::server::{Browser, Came, Server};

/// An order of five that was paid and reached its customer.
fn delivered() -> (Shop, Server, Browser, String) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let mut new = order("web", &[("NAIL", "5")]);
    new.payments = vec![PaymentIn {
        provider: "manual".into(),
        reference: None,
        method: Some("card".into()),
        authorized: None,
        captured: Some("0.50".into()),
        tendered: None,
    }];
    let number = place(&shop.app, &shop.call(), &new).unwrap().number;
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    for action in ["release", "pick", "pack", "ship", "deliver"] {
        sent(&browser, &format!("/console/orders/{number}/do/{action}"), "");
    }
    (shop, server, browser, number)
}

/// Looks at a step, confirms it, and returns where it led.
fn sent(browser: &Browser, path: &str, query: &str) -> Came {
    let page = browser.get(&format!("{path}?{query}"));
    assert!(page.status == 200 && page.has("This will change"), "{path}: {}", page.text);
    let done = browser.confirm(&page, path);
    assert_eq!(done.status, 303, "{path}: {}", done.text);
    browser.get(done.to())
}

#[test]
fn two_come_back_one_is_restocked_one_scrapped_and_both_are_refunded() {
    let (shop, _server, browser, number) = delivered();
    let path = format!("/console/orders/{number}/return");
    let page = browser.get(&path);
    assert!(page.has("at most 5"), "{}", page.text);
    let page = sent(&browser, &path, "line.1=2&reason=too+long");
    assert!(page.has("The return is announced."), "{}", page.text);
    let at = page.text.split("/console/returns/").nth(2).unwrap();
    let returned = format!("/console/returns/{}", at.split(['/', '"', '?']).next().unwrap());
    let step = |name: &str, query: &str| sent(&browser, &format!("{returned}/do/{name}"), query);
    if browser.get(&returned).has("do/approve") {
        step("approve", "");
    }
    assert!(step("receive", "location=depot").has("to inspect"));
    step("inspect", "line=1&qty=1&to=restocked");
    let page = step("inspect", "line=1&qty=1&to=scrapped");
    assert!(page.has("1 restocked") && page.has("1 scrapped"), "{}", page.text);
    assert_eq!(shop.sums("NAIL", "depot").0, 96);
    let refund = format!("/console/orders/{number}/refund");
    let name = returned.rsplit('/').next().unwrap();
    let shown = browser.get(&format!("{refund}?return={name}"));
    assert!(shown.has("0.20 GBP") && shown.has("How it comes about"), "{}", shown.text);
    let done = sent(&browser, &refund, &format!("return={name}"));
    assert!(done.has("The refund is made.") && done.has("0.20"), "{}", done.text);
}

#[test]
fn more_than_was_shipped_does_not_come_back() {
    let (_shop, _server, browser, number) = delivered();
    let path = format!("/console/orders/{number}/return");
    let refused = browser.get(&format!("{path}?line.1=6&reason=why"));
    assert!(refused.has("above_returnable"), "{}", refused.text);
    assert!(!refused.has("This will change"));
    assert_eq!(browser.get("/console/returns/nothing").status, 404);
}

//! Home: what needs a person is decided from there.

use orderly_core::id::IdSource;
use orderly_core::time::Instant;
use orderly_ops::ops::orders::place::place;
use orderly_ops::wire::PaymentIn;
use orderly_store::tables::exceptions::{self, Exception};

use crate::fixture::{Shop, TestDb, order};
use crate::server::{Server, jiff_now};

#[test]
fn an_exception_is_settled_once_with_what_was_done() {
    for db in TestDb::each() {
        let shop = Shop::new(db);
        let server = Server::start(shop.app.clone());
        let now = Instant::from_micros(jiff_now());
        let id: orderly_core::id::RawId = IdSource::new(now, 7).draw();
        let raised = Exception {
            id: id.into(),
            kind: "count_conflict".into(),
            item: None,
            location: None,
            order: None,
            line: None,
            qty: None,
            detail: "counted twice".into(),
            raised_at: now,
            settled_at: None,
        };
        shop.app.store.write(|tx| exceptions::insert(tx, std::slice::from_ref(&raised))).unwrap();
        let browser = server.signed_in("owner");
        let home = browser.get("/console");
        let at = home.text.find("/console/exceptions/").unwrap();
        let at = home.text[at..].split('"').next().unwrap().to_owned();
        let page = browser.get(&at);
        assert!(page.has("Counted twice") && page.has("Settle it"), "{}", page.text);
        let path = format!("{at}/settle");
        let silent = browser.send(&page, &path, &[]);
        assert!(silent.status == 422 && silent.has("reason_required"), "{}", silent.text);
        let page = browser.get(&at);
        let done = browser.send(&page, &path, &[("reason", "counted again")]);
        assert_eq!(done.status, 303, "{}", done.text);
        assert!(!browser.get("/console").has("/console/exceptions/"));
        let twice = browser.send(&page, &path, &[("reason", "counted again")]);
        assert_eq!(twice.status, 303, "the same form, sent twice");
        let page = server.signed_in("read_only").get(&at);
        assert_eq!(page.status, 404);
    }
}

#[test]
fn a_refund_above_a_clerks_limit_waits_on_the_home_page_for_a_second_person() {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 5_000, None);
    let mut new = order("web", &[("NAIL", "2000")]);
    new.payments = vec![PaymentIn {
        provider: "manual".into(),
        reference: None,
        method: Some("card".into()),
        authorized: None,
        captured: Some("200.00".into()),
        tendered: None,
    }];
    let number = place(&shop.app, &shop.call(), &new).unwrap().number;
    let server = Server::start(shop.app.clone());
    let clerk = server.signed_in("clerk");
    let cancel = format!("/console/orders/{number}/do/cancel");
    let page = clerk.get(&format!("{cancel}?reason=changed"));
    assert_eq!(clerk.confirm(&page, &cancel).status, 303);
    let refund = format!("/console/orders/{number}/refund");
    let page = clerk.get(&format!("{refund}?line.1=2000&reason=canceled"));
    assert!(page.has("Somebody else must approve it first"), "{}", page.text);
    let asked = clerk.confirm(&page, &refund);
    assert_eq!(asked.status, 303, "{}", asked.text);
    let browser = server.signed_in("accountant");
    let home = browser.get("/console");
    assert!(home.has("Refund to approve"), "{}", home.text);
    let at = home.text.find("/console/refunds/").unwrap();
    let at = home.text[at..].split('"').next().unwrap().to_owned();
    let page = browser.get(&at);
    assert!(page.has("asked for by Ann clerk") && page.has("This will change"), "{}", page.text);
    let done = browser.confirm(&page, &format!("{at}/approve"));
    assert_eq!(done.status, 303, "{}", done.text);
    assert!(!browser.get("/console").has("Refund to approve"));
    assert!(browser.get(&at).has("approved by Ann accountant"));
}

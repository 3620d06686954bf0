//! Customers, channels, invoices and their documents on their pages.

use orderly_ops::ops::accounts::{NewAccount, create_account};
use orderly_ops::ops::orders::place::place;
use orderly_ops::wire::{CustomerIn, LineIn, OrderIn};

use crate::fixture::{Shop, TestDb, read};
use crate::server::{Browser, Server};

const EVIL: &str = "<img src=x onerror=alert(1)>";

fn order(name: &str) -> OrderIn {
    OrderIn {
        channel: "web".into(),
        customer: Some(CustomerIn {
            email: Some("ann@example.com".into()),
            name: Some(name.into()),
            ..CustomerIn::default()
        }),
        lines: vec![LineIn { sku: Some("NAIL".into()), quantity: "5".into(), ..LineIn::default() }],
        ..OrderIn::default()
    }
}

fn shop() -> (Shop, Server, Browser, String) {
    of(TestDb::sqlite())
}

fn of(db: TestDb) -> (Shop, Server, Browser, String) {
    let shop = Shop::new(db);
    shop.stock("NAIL", "depot", 100, None);
    let number = place(&shop.app, &shop.call(), &order(EVIL)).unwrap().number;
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser, number)
}

#[test]
fn a_customer_is_found_and_his_orders_with_him() {
    for (_shop, server, browser, number) in TestDb::each().into_iter().map(of) {
        let found = browser.get("/console/customers?q=ann%40example.com");
        assert!(found.status == 200 && found.has("&lt;img src=x"), "{}", found.text);
        assert!(!found.has("<img"));
        let at = found.text.find("href=\"/console/customers/").unwrap() + 6;
        let at = found.text[at..].split('"').next().unwrap();
        let page = browser.get(at);
        assert!(page.status == 200 && page.has(&number) && !page.has("<img"), "{}", page.text);
        let reader = server.signed_in("read_only");
        let masked = reader.get(at);
        assert_eq!(masked.status, 200);
        assert!(!masked.has("ann@example.com") || masked.has("&lt;img"), "{}", masked.text);
        assert!(browser.get("/console/customers?q=nobody").has("No customer fits"));
        assert_eq!(browser.get("/console/customers/nobody").status, 404);
    }
}

#[test]
fn an_account_shows_what_it_owes_and_its_statement() {
    let (shop, _server, browser, _) = shop();
    let new: serde_json::Value = serde_json::json!({
        "number": "A1", "name": "Builders", "party": { "name": "Builders & Sons" },
        "limit": "100.00",
    });
    let new: NewAccount = read(new);
    create_account(&shop.app, &shop.call(), &new).unwrap();
    let page = browser.get("/console/customers/A1");
    assert!(page.has("Builders &amp; Sons") && page.has("100.00 GBP"), "{}", page.text);
    let statement = browser.get("/console/customers/A1/statement");
    assert!(statement.status == 200 && statement.has("Owed before"), "{}", statement.text);
    let aged = browser.get("/console/invoices/aged?by=branch");
    assert_eq!(aged.status, 200, "{}", aged.text);
}

#[test]
fn channels_are_compared_over_two_spans() {
    for (shop, _server, browser, _) in TestDb::each().into_iter().map(of) {
        let page = browser.get("/console/channels?from=2000-01-01&until=1999-01-01");
        assert_eq!(page.status, 422, "{}", page.text);
        let day = shop.call().now.day_in("UTC");
        let span = format!("from={}&until={}", day.plus_days(-3), day.plus_days(1));
        let page = browser.get(&format!("/console/channels?{span}"));
        assert!(page.status == 200 && page.has("polyline"), "{}", page.text);
        assert!(page.has(&format!("/console/orders?channel=web&amp;from={}", day.plus_days(-3))));
    }
}

#[test]
fn an_invoice_is_read_printed_and_credited() {
    let (shop, _server, browser, _) = shop();
    shop.stock("NAIL", "leeds", 100, None);
    let sale: OrderIn = read(serde_json::json!({
        "channel": "till",
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "0.10" }],
        "payments": [{ "provider": "cash", "captured": "2.00" }],
    }));
    let sold = place(&shop.app, &shop.call(), &sale).unwrap();
    let invoice = orderly_ops::ops::invoices::issue(&shop.app, &shop.call(), sold.id).unwrap();
    let at = format!("/console/invoices/{}", invoice.name());
    assert!(browser.get("/console/invoices").has(&invoice.name()));
    let page = browser.get(&at);
    assert!(page.status == 200 && page.has("What settled it"), "{}", page.text);
    let look = browser.get(&format!("{at}/credit?reason=damaged"));
    assert!(look.has("Issues a credit note"), "{}", look.text);
    let done = browser.confirm(&look, &format!("{at}/credit"));
    assert_eq!(done.status, 303, "{}", done.text);
    let note = browser.get(done.to());
    assert!(note.has("Credit note") && note.has("damaged"), "{}", note.text);
    assert_eq!(browser.get("/console/invoices/XX-000001").status, 404);
}

#[test]
fn the_documents_of_an_order_open_as_pdf() {
    let (_shop, server, browser, number) = shop();
    let page = browser.get(&format!("/console/orders/{number}/documents"));
    assert!(page.status == 200 && page.has("Pick list"), "{}", page.text);
    let at = page.text.find("/documents/pick-list?at=").unwrap();
    let rest = page.text[at..].split('"').next().unwrap().to_owned();
    let list = browser.get(&format!("/console/orders/{number}{rest}"));
    assert_eq!((list.status, list.header("content-type")), (200, "application/pdf"));
    let reader = server.signed_in("read_only");
    let label = reader.get(&format!("/console/orders/{number}/documents/label"));
    assert!(label.status == 403 || label.status == 422, "{}", label.text);
    assert_eq!(browser.get("/console/orders/nothing/documents").status, 404);
}

#[test]
fn a_purchase_is_sent_confirmed_and_received_by_scanning() {
    use orderly_ops::ops::{purchases, suppliers};
    use orderly_ops::wire::purchases::{PurchaseIn, PurchaseLineIn};
    let (shop, server, browser, _) = shop();
    let supplier = suppliers::NewSupplier {
        code: "mill".into(),
        name: "Mill & Co".into(),
        lead_time_days: 3,
        ..suppliers::NewSupplier::default()
    };
    suppliers::create(&shop.app, &shop.call(), &supplier).unwrap();
    let line = PurchaseLineIn {
        sku: "NAIL".into(),
        quantity: "20".into(),
        price: Some("0.10".into()),
        ..PurchaseLineIn::default()
    };
    let bought = PurchaseIn {
        supplier: "mill".into(),
        location: "york".into(),
        lines: vec![line],
        ..PurchaseIn::default()
    };
    let number = purchases::create::create(&shop.app, &shop.call(), &bought).unwrap().number;
    let at = format!("/console/purchasing/{number}");
    assert!(browser.get("/console/purchasing").has("Mill &amp; Co"));
    let cancel = browser.get(&format!("{at}/do/cancel"));
    assert!(cancel.has("No longer comes") && cancel.has("20 "), "{}", cancel.text);
    assert_eq!(browser.get(&format!("{at}/do/nothing")).status, 404);
    let page = browser.get(&format!("{at}/do/send"));
    assert!(page.has("The purchase is sent"), "{}", page.text);
    let sent = browser.confirm(&page, &format!("{at}/do/send"));
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = browser.get(&at);
    let fields = [("reference", "M-77"), ("expected_on", "2030-01-02")];
    let confirmed = browser.send(&page, &format!("{at}/do/confirm"), &fields);
    assert_eq!(confirmed.status, 303, "{}", confirmed.text);
    let page = browser.get(&format!("{at}/receive?line.1=18&scan=NAIL"));
    assert!(page.has("data-result=\"good\"") && page.has("id=\"sheet\""), "{}", page.text);
    let done = browser.confirm(&page, &format!("{at}/receive"));
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(shop.sums("NAIL", "york").0, 19);
    let unknown = browser.get(&format!("{at}/receive?scan=ODD"));
    assert!(unknown.has("data-result=\"bad\""), "{}", unknown.text);
    assert_eq!(server.signed_in("read_only").get(&format!("{at}/receive")).status, 403);
    assert_eq!(browser.get("/console/purchasing/invoices").status, 200);
}

//! Order entry: what is typed is looked up and tried; placing does exactly that.

use crate::fixture::{Shop, TestDb};
use crate::server::{Browser, Came, Server};

const HERE: &str = "/console/orders/new";

fn shop() -> (Shop, Server, Browser) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "leeds", 50, None);
    shop.stock("BOARD", "leeds", 4_000, Some(2_000));
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser)
}

/// The form with some fields filled in, looked at.
fn look(browser: &Browser, fields: &[(&str, &str)]) -> Came {
    let page = browser.get(HERE);
    assert_eq!(page.status, 200, "{}", page.text);
    let came = browser.send(&page, HERE, fields);
    assert_eq!(came.status, 200, "{}", came.text);
    came
}

/// Sends what was looked at to be placed.
fn place(browser: &Browser, looked: &Came, fields: &[(&str, &str)]) -> Came {
    let total = looked.hidden("total");
    let mut all = vec![("do", "place"), ("total", total.as_str())];
    all.extend(fields);
    browser.send(looked, HERE, &all)
}

#[test]
fn a_sale_is_tried_while_it_is_typed_and_placed_once() {
    let (shop, _server, browser) = shop();
    let fields = [("channel", "till"), ("location", "leeds"), ("sku.0", "NAIL"), ("qty.0", "3")];
    let looked = look(&browser, &fields);
    assert!(looked.has("0.30") && looked.has("50 here, 50 in all"), "{}", looked.text);
    assert_eq!(shop.sums("NAIL", "leeds"), (50, 0, 0), "nothing of the trial stays");
    let first = place(&browser, &looked, &fields);
    let twice = place(&browser, &looked, &fields);
    assert_eq!(first.status, 303, "{}", first.text);
    assert_eq!(first.to(), twice.to());
    assert_eq!(shop.sums("NAIL", "leeds").1, 3);
    assert!(browser.get(first.to()).has("Placed."));
}

#[test]
fn names_are_proposed_and_lengths_are_asked_for() {
    let (_shop, _server, browser) = shop();
    let several = look(&browser, &[("channel", "phone"), ("sku.0", "o")]);
    assert!(several.has("value=\"sku.0=BOLT\"") && several.has("value=\"sku.0=BOARD\""));
    let taken = look(&browser, &[("channel", "phone"), ("sku.0", "o"), ("take", "sku.0=BOLT")]);
    assert!(taken.has("name=\"sku.0\" value=\"BOLT\""), "{}", taken.text);
    let bare = look(&browser, &[("channel", "phone"), ("sku.0", "BOARD"), ("qty.0", "2")]);
    assert!(bare.has("name=\"len.0\""), "{}", bare.text);
    let unknown = look(&browser, &[("sku.0", "no such thing")]);
    assert!(unknown.has("No item has this SKU"), "{}", unknown.text);
}

#[test]
fn a_new_customer_is_made_with_the_order_and_found_again() {
    let (_shop, _server, browser) = shop();
    let fields = [
        ("channel", "phone"),
        ("customer", "Nora"),
        ("new.name", "Nora Quick"),
        ("new.email", "nora@example.com"),
        ("new.street", "1 High St"),
        ("new.city", "Leeds"),
        ("new.postcode", "LS1 1AA"),
        ("new.country", "GB"),
        ("method", "parcel"),
        ("sku.0", "NAIL"),
        ("qty.0", "1"),
    ];
    let looked = look(&browser, &fields);
    assert!(looked.has("Nobody is known so"), "{}", looked.text);
    let placed = place(&browser, &looked, &fields);
    assert_eq!(placed.status, 303, "{}", placed.text);
    assert!(browser.get(placed.to()).has("1 High St"));
    let again = look(&browser, &[("customer", "quick")]);
    assert!(again.has("<strong>Nora Quick</strong>"), "{}", again.text);
}

#[test]
fn what_is_refused_stands_beside_its_row_and_another_total_is_not_placed() {
    let (shop, _server, browser) = shop();
    let much = [
        ("channel", "phone"),
        ("method", "collect"),
        ("location", "leeds"),
        ("sku.0", "NAIL"),
        ("qty.0", "500"),
    ];
    let looked = look(&browser, &much);
    assert!(looked.has("<span class=\"bad\">"), "{}", looked.text);
    let fields = [("channel", "till"), ("location", "leeds"), ("sku.0", "NAIL"), ("qty.0", "3")];
    let looked = look(&browser, &fields);
    let mut more = vec![("do", "place"), ("total", "29")];
    more.extend(fields);
    let refused = browser.send(&looked, HERE, &more);
    assert!(refused.status == 412 && refused.has("another total"), "{}", refused.text);
    assert_eq!(shop.sums("NAIL", "leeds").1, 0);
}

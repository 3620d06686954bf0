//! Stock on its pages: received with one hand, explained to the last movement, adjusted, sent on,
//! counted, taken back.

use crate::fixture::{Shop, TestDb};
use crate::server::{Browser, Came, Server};

fn shop() -> (Shop, Server, Browser) {
    of(TestDb::sqlite())
}

fn of(db: TestDb) -> (Shop, Server, Browser) {
    let shop = Shop::new(db);
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser)
}

/// Looks at what a bench would do, confirms it, and returns the page it leads to.
fn confirm(browser: &Browser, bench: &str, query: &str) -> Came {
    let path = format!("/console/stock/{bench}");
    let page = browser.get(&format!("{path}?{query}"));
    assert!(page.status == 200 && page.has("id=\"sheet\""), "{}", page.text);
    let done = browser.confirm(&page, &path);
    assert_eq!(done.status, 303, "{}", done.text);
    browser.get(done.to())
}

#[test]
fn goods_are_received_by_scanning_and_taken_back() {
    let (shop, _server, browser) = shop();
    let empty = browser.get("/console/stock");
    assert!(empty.has("Nothing is in stock yet") && empty.has("/console/stock/receive"));
    let page = browser.get("/console/stock/receive?location=leeds&line.NAIL=4&scan=NAIL");
    assert!(
        page.has("data-result=\"good\"") && page.has("0 → 5 on hand at leeds"),
        "{}",
        page.text
    );
    assert_eq!(shop.sums("NAIL", "leeds").0, 0, "looking changes nothing");
    let done = browser.confirm(&page, "/console/stock/receive");
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(shop.sums("NAIL", "leeds").0, 5);
    let again = browser.confirm(&page, "/console/stock/receive");
    assert_eq!(again.status, 303, "sending it twice");
    assert_eq!(shop.sums("NAIL", "leeds").0, 5, "does it once");
    let after = browser.get(done.to());
    let undo = format!("/console/stock/undo/{}", {
        let at = after.text.find("/console/stock/undo/").unwrap() + 20;
        after.text[at..].split('"').next().unwrap()
    });
    assert_eq!(browser.confirm(&after, &undo).status, 303);
    assert_eq!(shop.sums("NAIL", "leeds").0, 0, "taken back");
    let unknown = browser.get("/console/stock/receive?scan=%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert!(unknown.has("data-result=\"bad\"") && unknown.has("&lt;script&gt;alert(1)"));
    assert_eq!(unknown.text.matches("<script").count(), 1);
}

#[test]
fn a_figure_is_explained_by_its_movements() {
    for (_shop, _server, browser) in TestDb::each().into_iter().map(of) {
        confirm(&browser, "receive", "location=depot&line.NAIL=12");
        confirm(&browser, "adjust", "location=depot&line.NAIL=2&way=scrap&reason=wet");
        confirm(&browser, "transfer", "location=depot&to=york&line.NAIL=3");
        let why = browser.get("/console/stock/items/NAIL/why?location=depot");
        assert!(why.status == 200 && why.has("Why 7 "), "{}", why.text);
        for text in ["At the beginning", "Received", "+12", "−2", "−3", "wet", "<strong>7 "] {
            assert!(why.has(text), "{text}: {}", why.text);
        }
        assert!(!why.has("do not add up"));
        let item = browser.get("/console/stock/items/NAIL");
        assert!(item.has("Transfer T") && item.has("york"), "{}", item.text);
        assert_eq!(browser.get("/console/stock/items/NOTHING").status, 404);
        assert!(browser.get("/console/stock/items?q=nai").has("/console/stock/items/NAIL"));
        assert!(browser.get("/console/stock/items").has("/console/stock/items/PAINT"));
        let list = browser.get("/console/stock?q=nail&location=depot");
        assert!(list.has("/console/stock/items/NAIL/why?location=depot"), "{}", list.text);
        assert!(browser.get("/console/stock?q=%25").has("Nothing fits"));
    }
}

#[test]
fn an_adjustment_is_refused_beside_its_field() {
    let (shop, _server, browser) = shop();
    shop.stock("NAIL", "depot", 5, None);
    let path = "/console/stock/adjust";
    let page = browser.get(&format!("{path}?location=depot&line.NAIL=9&way=lost&reason=x"));
    assert!(page.has("not_held"), "{}", page.text);
    let page = browser.get(&format!("{path}?location=depot&line.NAIL=2&way=lost"));
    let refused = browser.confirm(&page, path);
    assert!(refused.status == 422 && refused.has("reason_required"), "{}", refused.text);
    assert_eq!(shop.sums("NAIL", "depot").0, 5);
}

#[test]
fn a_transfer_arrives_in_parts() {
    let (shop, _server, browser) = shop();
    shop.stock("NAIL", "depot", 10, None);
    let page = confirm(&browser, "transfer", "location=depot&to=leeds&line.NAIL=6");
    let at = page.text.find("/console/stock/transfers/T").unwrap();
    let transfer = page.text[at..].splitn(5, '/').last().unwrap();
    let number: String = transfer.chars().take_while(char::is_ascii_alphanumeric).collect();
    let receive = format!("/console/stock/transfers/{number}/receive");
    let part = browser.send(&page, &receive, &[("line.1", "4")]);
    assert_eq!(part.status, 303, "{}", part.text);
    assert_eq!(shop.sums("NAIL", "leeds").0, 4);
    let page = browser.get(part.to());
    assert!(page.has("partly arrived") && page.has("2 "), "{}", page.text);
    let much = browser.send(&page, &receive, &[("line.1", "3")]);
    assert!(much.status >= 400 && shop.sums("NAIL", "leeds").0 == 4, "{}", much.text);
}

#[test]
fn a_count_is_scanned_and_posted() {
    let (shop, _server, browser) = shop();
    shop.stock("NAIL", "depot", 8, None);
    let page = browser.get("/console/stock/counts");
    let opened = browser.send(&page, "/console/stock/counts", &[("location", "depot")]);
    assert_eq!(opened.status, 303, "{}", opened.text);
    let count = opened.to().to_owned();
    let page = browser.get(&format!("{count}?scan=NAIL"));
    let fields = [("sku", "NAIL"), ("quantity", "7")];
    let noted = browser.send(&page, &format!("{count}/record"), &fields);
    assert_eq!(noted.status, 303, "{}", noted.text);
    let page = browser.get(noted.to());
    assert!(page.has("−1"), "{}", page.text);
    assert_eq!(shop.sums("NAIL", "depot").0, 8, "nothing before it is posted");
    let posted = browser.confirm(&page, &format!("{count}/finish"));
    assert_eq!(posted.status, 303, "{}", posted.text);
    assert_eq!(shop.sums("NAIL", "depot").0, 7);
}

#[test]
fn who_may_only_read_sees_and_does_nothing_else() {
    let (shop, server, _) = shop();
    shop.stock("NAIL", "depot", 8, None);
    let browser = server.signed_in("read_only");
    for path in ["/console/stock", "/console/stock/items/NAIL", "/console/stock/counts"] {
        let page = browser.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.has("/console/stock/receive"), "{path}");
    }
    for bench in ["receive", "adjust", "transfer"] {
        assert_eq!(browser.get(&format!("/console/stock/{bench}")).status, 403, "{bench}");
    }
}

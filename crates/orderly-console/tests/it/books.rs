//! Books, tills, the bank and quotes on their pages: figures that lead to journals, a month that is
//! closed, a drawer that is counted blind, money that is explained, an order made of a quote.

use orderly_core::quote::QuoteKind;
use orderly_ops::ops::bank::{self, BankAccountIn, CsvMap};
use orderly_ops::ops::orders::place::place;
use orderly_ops::ops::{invoices, quotes};
use orderly_ops::wire::OrderIn;

use crate::fixture::{Shop, TestDb, read};
use crate::server::{Browser, Came, Server};

fn of(db: TestDb) -> (Shop, Server, Browser) {
    let shop = Shop::new(db);
    shop.stock("NAIL", "leeds", 100, None);
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser)
}

fn sold(shop: &Shop) -> String {
    let sale: OrderIn = read(serde_json::json!({
        "channel": "till",
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "0.10" }],
        "payments": [{ "provider": "cash", "captured": "2.00" }],
    }));
    let order = place(&shop.app, &shop.call(), &sale).unwrap();
    invoices::issue(&shop.app, &shop.call(), order.id).unwrap().name()
}

/// The first address on a page that starts so.
fn link(page: &Came, start: &str) -> String {
    let at = page.text.find(start).unwrap_or_else(|| panic!("no {start} in {}", page.text));
    page.text[at..].split('"').next().unwrap().replace("&amp;", "&")
}

#[test]
fn every_figure_of_the_books_leads_to_its_journals_and_a_month_is_closed_and_opened() {
    for db in TestDb::each() {
        let (shop, server, browser) = of(db);
        sold(&shop);
        let month = shop.call().now.day_in("UTC").to_string()[..7].to_owned();
        let span = format!("from={month}&to={month}");
        let result = browser.get(&format!("/console/books?{span}&columns=before"));
        assert!(result.status == 200 && result.has("2.00"), "{}", result.text);
        let why = browser.get(&link(&result, "/console/books/journals?account="));
        let journal = browser.get(&link(&why, "/console/books/journals/"));
        assert!(journal.status == 200 && journal.has("Debit"), "{}", journal.text);
        for page in ["balance", "trial", "tax"] {
            let page = browser.get(&format!("/console/books/{page}?{span}"));
            assert_eq!(page.status, 200, "{}", page.text);
        }
        let trial = browser.get(&format!("/console/books/trial?{span}&columns=locations"));
        assert!(trial.has("leeds"), "{}", trial.text);
        assert!(browser.get("/console/books?from=2026-99").status >= 400);
        let months = browser.get("/console/books/periods");
        let close = link(&months, &format!("/console/books/periods/{month}/close"));
        let sheet = browser.get(&close);
        assert!(sheet.has("Nothing more is posted up to"), "{}", sheet.text);
        assert_eq!(browser.confirm(&sheet, &close).status, 303);
        let reopen = link(
            &browser.get("/console/books/periods"),
            &format!("/console/books/periods/{month}/reopen"),
        );
        let page = browser.get(&reopen);
        let silent = browser.send(&page, &reopen, &[]);
        assert!(silent.status == 422 && silent.has("reason_required"), "{}", silent.text);
        let page = browser.get(&reopen);
        assert_eq!(browser.send(&page, &reopen, &[("reason", "late bill")]).status, 303);
        assert!(browser.get("/console/books/periods").has("late bill"));
        assert_eq!(server.signed_in("clerk").get("/console/books").status, 403);
    }
}

#[test]
fn a_drawer_is_opened_counted_blind_and_closed() {
    let (_shop, server, browser) = of(TestDb::sqlite());
    let page = browser.get("/console/tills");
    let new = [("code", "front"), ("name", "Front <b>desk</b>"), ("location", "leeds")];
    let made = browser.send(&page, "/console/tills", &new);
    assert_eq!(made.to(), "/console/tills/front", "{}", made.text);
    let step = |action: &str, fields: &[(&str, &str)]| {
        let page = browser.get("/console/tills/front");
        browser.send(&page, &format!("/console/tills/front/{action}"), fields)
    };
    assert_eq!(step("open", &[("float", "50.00")]).status, 303);
    let open = browser.get("/console/tills/front");
    assert!(open.has("What should be there is said afterwards") && !open.has("Should be there"));
    assert!(!open.has("<b>desk"));
    let silent = step("move", &[("kind", "pay_out"), ("amount", "5.00")]);
    assert!(silent.status == 422 && silent.has("reason_required"), "{}", silent.text);
    let drop = step("move", &[("kind", "drop"), ("amount", "10.00")]);
    assert_eq!(drop.status, 303, "{}", drop.text);
    let wrong = step("count", &[("pieces.5.00", "some")]);
    assert!(wrong.status == 422 && wrong.has("a whole number"), "{}", wrong.text);
    let counted = step("count", &[("pieces.20.00", "1"), ("pieces.5.00", "3")]);
    assert_eq!(counted.status, 303, "{}", counted.text);
    let page = browser.get("/console/tills/front");
    assert!(page.has("40.00 GBP") && page.has("35.00 GBP") && page.has("−5.00 GBP"));
    let silent = step("close", &[]);
    assert!(silent.status == 422 && silent.has("reason_required"), "{}", silent.text);
    let closed = step("close", &[("reason", "a coin roll is missing")]);
    assert_eq!(closed.status, 303, "{}", closed.text);
    assert!(browser.get("/console/tills").has("−5.00"));
    assert_eq!(server.signed_in("read_only").get("/console/tills").status, 403);
}

#[test]
fn money_at_the_bank_is_explained_by_what_it_pays() {
    let (shop, _server, browser) = of(TestDb::sqlite());
    let new = BankAccountIn {
        code: "GIRO".into(),
        name: "Giro".into(),
        iban: Some("GB33 BUKB 2020 1555 5555 55".into()),
        currency: None,
    };
    bank::create_account(&shop.app, &shop.call(), &new).unwrap();
    let sale: OrderIn = read(serde_json::json!({
        "channel": "phone",
        "customer": { "name": "Ann Field", "email": "ann@example.com" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "0.10" }],
    }));
    let number = place(&shop.app, &shop.call(), &sale).unwrap().number;
    for action in ["release", "pick", "pack", "ship"] {
        let path = format!("/console/orders/{number}/do/{action}");
        let page = browser.get(&path);
        assert_eq!(browser.confirm(&page, &path).status, 303, "{action}: {}", page.text);
    }
    let order = orderly_ops::ops::read::orders::get(&shop.app, &shop.call(), &number).unwrap();
    // Where the channel's policy has not invoiced it yet, it is invoiced now.
    let _ = invoices::issue(&shop.app, &shop.call(), order.id);
    let open = invoices::Filter { open: true, ..invoices::Filter::default() };
    let open = invoices::list(&shop.app, &shop.call(), &open, None, 10).unwrap();
    let invoice = open[0].name();
    let map = CsvMap::parse(include_str!("../../../../maps/bank.toml")).unwrap();
    let csv = format!(
        "Booking date;Value date;Amount;Balance;Purpose;Name;IBAN\n\
         03.03.2026;03.03.2026;2,00;155,50;{invoice};Ann;GB94\n"
    );
    bank::import(&shop.app, &shop.call(), "GIRO", csv.as_bytes(), Some(&map)).unwrap();
    let list = browser.get("/console/books/bank");
    let at = link(&list, "/console/books/bank/b");
    let page = browser.get(&at);
    assert!(page.has("leaves no doubt") && page.has(&invoice), "{}", page.text);
    let taken = browser.confirm(&page, &format!("{at}/match"));
    assert_eq!(taken.status, 303, "{}", taken.text);
    assert!(browser.get(taken.to()).has("Everything is explained"));
    assert!(browser.get(&format!("/console/invoices/{invoice}")).has("settled"));
    let page = browser.get(&at);
    assert_eq!(browser.confirm(&page, &format!("{at}/unmatch")).status, 303);
    assert!(browser.get(&at).has("What it may pay"));
}

#[test]
fn a_quote_is_read_accepted_and_becomes_an_order() {
    let (shop, server, browser) = of(TestDb::sqlite());
    let new = serde_json::json!({
        "channel": "phone", "customer": { "email": "ann@example.com", "name": "Ann Field" },
        "terms": { "valid_until": "2099-03-31", "lines": [{ "sku": "NAIL", "quantity": "30" }] },
    });
    let quote = quotes::create(&shop.app, &shop.call(), QuoteKind::Quote, &read(new)).unwrap();
    let list = browser.get("/console/quotes");
    assert!(list.has(&quote.number) && list.has("draft"), "{}", list.text);
    let at = format!("/console/quotes/{}", quote.number);
    for (action, word) in [("send", "Sent."), ("accept", "Accepted.")] {
        let page = browser.get(&at);
        let done = browser.confirm(&page, &format!("{at}/do/{action}"));
        assert_eq!(done.status, 303, "{}", done.text);
        assert!(browser.get(done.to()).has(word));
    }
    let much = browser.get(&format!("{at}/order?line.1=31"));
    assert!(much.has("above_quote"), "{}", much.text);
    let sheet = browser.get(&format!("{at}/order?line.1=10"));
    assert!(sheet.has("This will change"), "{}", sheet.text);
    let made = browser.confirm(&sheet, &format!("{at}/order"));
    assert_eq!(made.status, 303, "{}", made.text);
    assert!(made.to().starts_with("/console/orders/"));
    let page = browser.get(&at);
    assert!(page.has("<strong>20</strong>"), "{}", page.text);
    let reader = server.signed_in("read_only");
    assert!(!reader.get(&at).has("Ann Field"));
    assert_eq!(reader.get(&format!("{at}/pdf")).status, 403);
    assert_eq!(browser.get("/console/quotes/nothing").status, 404);
}

//! Messages on their pages: a call is logged, mail is written with a template and really sent,
//! partners are told what is missing.

use std::thread;
use std::time::{Duration, Instant as Clock};

use orderly_jobs::Stop;
use orderly_ops::ops::orders::place::place;
use orderly_ops::ops::suppliers;
use orderly_ops::wire::OrderIn;

use crate::fixture::{Shop, TestDb, order, read};
use crate::server::{Browser, Came, Server};
use crate::smtp;

const NEW: &str = "/console/messages/new";

fn shop(quantity: &str) -> (Shop, Server, Browser, String) {
    let shop = Shop::new(TestDb::sqlite());
    shop.stock("NAIL", "depot", 100, None);
    let placed = place(&shop.app, &shop.call(), &order("web", &[("NAIL", quantity)])).unwrap();
    let server = Server::start(shop.app.clone());
    let browser = server.signed_in("owner");
    (shop, server, browser, placed.number)
}

/// Writes a message about an order.
fn write(browser: &Browser, number: &str, kind: &str, fields: &[(&str, &str)]) -> Came {
    let page = browser.get(&format!("{NEW}?kind={kind}&about_kind=order&about={number}"));
    assert_eq!(page.status, 200, "{}", page.text);
    let mut all = vec![("kind", kind), ("about_kind", "order"), ("about", number)];
    all.extend(fields);
    browser.send(&page, NEW, &all)
}

#[test]
fn a_call_is_logged_and_stands_in_the_thread_of_order_and_customer() {
    let (_shop, server, browser, number) = shop("2");
    let said = "<b>Wants them</b> before noon";
    let fields = [("direction", "in"), ("body", said), ("do", "send")];
    let done = write(&browser, &number, "call", &fields);
    assert_eq!(done.to(), format!("/console/orders/{number}?done=kept"), "{}", done.text);
    let page = browser.get(done.to());
    assert!(page.has("They called") && page.has("&lt;b&gt;Wants them"), "{}", page.text);
    assert!(!page.has("<b>Wants"));
    let customers = browser.get("/console/customers");
    let at = customers.text.find("href=\"/console/customers/").unwrap() + 6;
    let customer = browser.get(customers.text[at..].split('"').next().unwrap());
    assert!(customer.has("They called") && customer.has(&format!("Order {number}")));
    let empty = write(&browser, &number, "note", &[("body", " "), ("do", "send")]);
    assert!(empty.status == 422 && empty.has("say something"), "{}", empty.text);
    let reader = server.signed_in("read_only");
    assert!(!reader.get(&format!("/console/orders/{number}")).has("Wants them"));
    assert_eq!(reader.get("/console/messages").status, 403);
    let clerk = server.signed_in("clerk");
    let noted = write(&clerk, &number, "note", &[("body", "Regular"), ("do", "send")]);
    assert_eq!(noted.status, 303, "a clerk writes too: {}", noted.text);
}

#[test]
fn a_template_fills_the_letter_and_a_draft_is_changed_sent_and_given_up() {
    let (_shop, _server, browser, number) = shop("2");
    let page = browser.get("/console/settings/templates");
    let template = [
        ("code", "thanks"),
        ("name", "Thank you"),
        ("subject", "Your order {{ order.number }}"),
        ("body", "Thank you, {{ customer.name }}!"),
        ("active", "on"),
    ];
    let wrong = [("code", "odd"), ("subject", "x"), ("body", "{{ nobody.knows }}")];
    let refused = browser.send(&page, "/console/settings/templates", &wrong);
    assert!(refused.status == 422 && refused.has("unknown_variable"), "{}", refused.text);
    let page = browser.get("/console/settings/templates");
    let saved = browser.send(&page, "/console/settings/templates", &template);
    assert_eq!(saved.status, 303, "{}", saved.text);
    let look = write(&browser, &number, "email", &[("template", "thanks")]);
    assert!(look.status == 200 && look.has(&format!("Your order {number}")), "{}", look.text);
    assert!(look.has("Sends an e-mail to ann@example.com"), "{}", look.text);
    let subject = ("subject", "Mine");
    let fields = [("template", "thanks"), ("filled", "thanks"), subject, ("body", "Hello")];
    let mut all = fields.to_vec();
    all.push(("do", "draft"));
    let drafted = write(&browser, &number, "email", &all);
    assert!(drafted.to().ends_with("?done=drafted"), "{}", drafted.text);
    let list = browser.get("/console/messages?state=draft");
    assert!(list.has("No mail server is set up") && list.has("Mine"), "{}", list.text);
    let at = list.text.find("/console/messages/msg_").unwrap();
    let at = list.text[at..].split('"').next().unwrap().to_owned();
    let page = browser.get(&at);
    let changed = [("to", "bo@example.com"), ("subject", "Yours"), ("body", "Good day")];
    assert_eq!(browser.send(&page, &format!("{at}/edit"), &changed).status, 303);
    let page = browser.get(&at);
    let sent = browser.confirm(&page, &format!("{at}/send"));
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = browser.get(&at);
    assert!(page.has("on its way") && page.has("Good day"), "{}", page.text);
    assert_eq!(browser.confirm(&page, &format!("{at}/cancel")).status, 303);
    assert!(browser.get(&at).has("given up"));
}

#[test]
fn partners_are_told_what_is_missing() {
    let (shop, _server, browser, number) = shop("2");
    let supplier = suppliers::NewSupplier {
        code: "mill".into(),
        name: "Mill & Co".into(),
        lead_time_days: 3,
        ..suppliers::NewSupplier::default()
    };
    suppliers::create(&shop.app, &shop.call(), &supplier).unwrap();
    let path = "/console/messages/shortage";
    let nothing = browser.get(&format!("{path}?order={number}&to=mill%40example.com"));
    assert!(nothing.status == 200 && nothing.has("nothing_to_do"), "{}", nothing.text);
    let more = place(&shop.app, &shop.call(), &order("market", &[("NAIL", "150")])).unwrap();
    let look = browser.get(&format!("{path}?order={}&to=mill%40example.com", more.number));
    assert!(look.has("Sends an e-mail to mill@example.com"), "{}", look.text);
    assert!(look.has("NAIL") && look.has("these goods are missing"), "{}", look.text);
    let done = browser.confirm(&look, path);
    assert_eq!(done.status, 303, "{}", done.text);
    assert!(browser.get(done.to()).has("these goods are missing"));
}

#[test]
fn an_invoice_goes_by_mail_to_a_real_server() {
    let Some(mailbox) = smtp::Server::start() else { return };
    let (shop, _server, browser, _) = shop("2");
    shop.stock("NAIL", "leeds", 100, None);
    let page = browser.get("/console/settings/mail");
    let server = format!("smtp://127.0.0.1:{}", mailbox.port);
    let fields = [("server", server.as_str()), ("from", "shop@example.com"), ("reply_to", "")];
    let wrong = [("server", "nowhere"), ("from", "shop@example.com")];
    assert_eq!(browser.send(&page, "/console/settings/mail", &wrong).status, 422);
    let set = browser.send(&page, "/console/settings/mail", &fields);
    assert_eq!(set.status, 303, "{}", set.text);
    assert!(browser.get(set.to()).has("Mail goes out"));
    let sale: OrderIn = read(serde_json::json!({
        "channel": "till",
        "deliveries": { "method": "take_away", "location": "leeds" },
        "lines": [{ "sku": "NAIL", "quantity": "20", "unit_price": "0.10" }],
        "payments": [{ "provider": "cash", "captured": "2.00" }],
    }));
    let sold = place(&shop.app, &shop.call(), &sale).unwrap();
    let invoice = orderly_ops::ops::invoices::issue(&shop.app, &shop.call(), sold.id).unwrap();
    let page = browser.get(&format!("/console/invoices/{}", invoice.name()));
    assert!(page.has("Send by e-mail"), "{}", page.text);
    let attach = format!("invoice.{}", invoice.name());
    let letter = [
        ("to", "ann@example.com"),
        ("subject", "Your invoice"),
        ("body", "Here it is.\r\nThank you."),
        ("attach", attach.as_str()),
        ("do", "send"),
    ];
    let done = write(&browser, &sold.number, "email", &letter);
    assert_eq!(done.status, 303, "{}", done.text);
    let stop = Stop::default();
    thread::scope(|scope| {
        scope.spawn(|| orderly_jobs::run(&shop.app, &stop));
        let begun = Clock::now();
        while mailbox.mails().is_empty() && begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(50));
        }
        stop.set(&shop.app);
    });
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1, "one mail, once");
    let mail = &mails[0];
    assert!(mail.contains("To: ann@example.com") && mail.contains("Subject: Your invoice"));
    assert!(mail.contains("application/pdf"), "{mail}");
    assert!(mail.contains(&format!("{}.pdf", invoice.name())), "{mail}");
    let list = browser.get("/console/messages?state=sent");
    assert!(list.has("Your invoice"), "{}", list.text);
}

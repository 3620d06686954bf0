//! Messages: notes, calls, mail from templates, and telling partners what is missing.

use orderly::ops::messages::{self, outbox, shortage, templates};
use orderly::ops::orders::place::place;
use orderly::ops::{settings, suppliers};
use orderly::wire::messages::{AboutIn, MessageEdit, MessageIn, TemplateIn};
use orderly::{Error, ops};
use orderly_core::message::{Attachment, MessageState};
use orderly_core::refusal::Code;
use serde_json::json;

use crate::fixture::{Shop, order, read};
use crate::webhooks::shops;

fn about(number: &str) -> AboutIn {
    AboutIn { order: Some(number.into()), ..AboutIn::default() }
}

fn mail(number: &str) -> MessageIn {
    MessageIn {
        about: about(number),
        kind: "email".into(),
        subject: Some("Hello".into()),
        body: Some("A word about your order.".into()),
        ..MessageIn::default()
    }
}

fn code(error: &Error) -> Option<Code> {
    error.refused()
}

fn placed(shop: &Shop, channel: &str, lines: &[(&str, &str)]) -> String {
    place(&shop.app, &shop.call(), &order(channel, lines)).unwrap().number
}

#[test]
fn a_note_is_kept_and_a_mail_waits_in_the_outbox_until_it_is_sent_once() {
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 10, None);
        let (app, call) = (&shop.app, || shop.call());
        let number = placed(&shop, "web", &[("NAIL", "1")]);
        let note = MessageIn { kind: "note".into(), ..mail(&number) };
        let note = messages::add(app, &call(), &note).unwrap();
        assert_eq!(note.state, MessageState::Logged);
        let phone =
            MessageIn { kind: "call".into(), direction: Some("in".into()), ..mail(&number) };
        messages::add(app, &call(), &phone).unwrap();
        let draft = MessageIn { draft: true, ..mail(&number) };
        let draft = messages::add(app, &call(), &draft).unwrap();
        assert_eq!(draft.recipient.as_deref(), Some("ann@example.com"));
        let other = MessageEdit { to: Some("bo@example.com".into()), ..MessageEdit::default() };
        messages::edit(app, &call(), draft.id, &other).unwrap();
        let queued = messages::send(app, &call(), draft.id).unwrap();
        assert_eq!(queued.state, MessageState::Queued);
        assert_eq!(
            code(&messages::send(app, &call(), draft.id).unwrap_err()),
            Some(Code::InvalidTransition)
        );
        let late = call();
        let taken = outbox::take(app, &late, "me").unwrap().unwrap();
        assert_eq!(taken.to, vec!["bo@example.com"]);
        let refused = messages::cancel(app, &shop.call(), draft.id).unwrap_err();
        assert_eq!(code(&refused), Some(Code::OnItsWay));
        outbox::finish(app, &taken.message, "me", None, late.now).unwrap();
        assert_eq!(messages::get(app, &call(), draft.id).unwrap().state, MessageState::Sent);
        assert!(outbox::take(app, &call(), "me").unwrap().is_none());
        let wanted = messages::Wanted { about: about(&number), limit: 10, ..Default::default() };
        assert_eq!(messages::list(app, &call(), &wanted).unwrap().len(), 3);
        let stranger = messages::add(app, &shop.stranger(), &mail(&number)).unwrap_err();
        assert!(matches!(stranger, Error::Forbidden { .. }));
        let bad = MessageIn { to: Some("no address".into()), ..mail(&number) };
        assert_eq!(code(&messages::add(app, &call(), &bad).unwrap_err()), Some(Code::InvalidField));
        let bad = MessageIn {
            attachments: vec![Attachment { kind: "photo".into(), of: "1".into() }],
            ..mail(&number)
        };
        assert_eq!(code(&messages::add(app, &call(), &bad).unwrap_err()), Some(Code::InvalidField));
        let bad = MessageIn { about: AboutIn::default(), ..mail(&number) };
        assert_eq!(code(&messages::add(app, &call(), &bad).unwrap_err()), Some(Code::InvalidField));
    }
}

#[test]
fn a_template_is_checked_when_it_is_saved_and_the_nearest_one_is_taken() {
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 10, None);
        let (app, call) = (&shop.app, || shop.call());
        let number = placed(&shop, "web", &[("NAIL", "2")]);
        let template = |language: &str, channel: Option<&str>, body: &str| TemplateIn {
            code: "thanks".into(),
            channel: channel.map(str::to_owned),
            language: Some(language.into()),
            subject: "Order {{ order.number }}".into(),
            body: body.into(),
            ..TemplateIn::default()
        };
        let bad = template("en", None, "{{ order.nummer }}");
        assert_eq!(
            code(&templates::put(app, &call(), &bad).unwrap_err()),
            Some(Code::UnknownVariable)
        );
        let bad = template("en", None, "{% if %}");
        assert_eq!(
            code(&templates::put(app, &call(), &bad).unwrap_err()),
            Some(Code::InvalidTemplate)
        );
        templates::put(app, &call(), &template("en", None, "All")).unwrap();
        templates::put(app, &call(), &template("de", None, "Alle")).unwrap();
        let own = "{{ customer.name }}:{% for line in lines %} {{ line.sku }}{% endfor %}";
        templates::put(app, &call(), &template("en", Some("web"), own)).unwrap();
        let again = templates::put(app, &call(), &template("en", None, "All of you")).unwrap();
        assert_eq!(again.version, 2);
        assert_eq!(templates::list(app, &call()).unwrap().len(), 3);
        let from = |code: &str| MessageIn {
            about: about(&number),
            kind: "email".into(),
            template: Some(code.into()),
            ..MessageIn::default()
        };
        let made = messages::preview(app, &call(), &from("thanks")).unwrap();
        assert_eq!(made.subject, format!("Order {number}"));
        assert_eq!(made.body, "Ann Field: NAIL");
        let unknown = messages::add(app, &call(), &from("nothing")).unwrap_err();
        assert_eq!(code(&unknown), Some(Code::UnknownTemplate));
    }
}

#[test]
fn a_supplier_is_told_what_is_missing_of_what_he_sells() {
    for (shop, _folder) in shops() {
        let (app, call) = (&shop.app, || shop.call());
        let number = placed(&shop, "market", &[("PAINT", "3"), ("BOLT", "5")]);
        let supplier = json!({
            "code": "ACME", "name": "Acme", "party": {
                "name": "Acme", "email": "sales@acme.example", "address_lines": ["Works 1"],
                "city": "Leeds", "postcode": "LS1 1AA", "country": "GB" },
        });
        suppliers::create(app, &call(), &read(supplier)).unwrap();
        let tell = shortage::Tell {
            order: number.clone(),
            supplier: Some("ACME".into()),
            ..Default::default()
        };
        let refused = shortage::tell(app, &call(), &tell).unwrap_err();
        assert_eq!(code(&refused), Some(Code::NothingToDo), "he sells none of it");
        let sold = json!({ "supplier": "ACME", "sku": "PAINT", "cost": "12.00" });
        suppliers::set_item(app, &call(), &read(sold)).unwrap();
        let told = shortage::tell(app, &call(), &tell).unwrap();
        assert_eq!(told.recipient.as_deref(), Some("sales@acme.example"));
        assert!(told.body.contains("of PAINT") && !told.body.contains("BOLT"), "{}", told.body);
        assert!(told.subject.contains(&number));
        let nobody = shortage::Tell { order: number.clone(), ..Default::default() };
        let refused = shortage::tell(app, &call(), &nobody).unwrap_err();
        assert_eq!(code(&refused), Some(Code::NoAddress));
        let to = Some("market@example.com".to_owned());
        let told = shortage::tell(app, &call(), &shortage::Tell { to, ..nobody }).unwrap();
        assert!(told.body.contains("BOLT"));
    }
}

#[test]
fn the_password_of_the_mail_server_is_sealed() {
    let (shop, _folder) = shops().remove(0);
    let set = |key: &str, value: &str| settings::set(&shop.app, &shop.call(), key, value);
    let url = "smtps://me:hush@mail.example.com";
    let kept = set(outbox::SMTP_URL, url).unwrap();
    assert!(!kept.value.contains("hush"));
    let all = ops::settings::all(&shop.app, &shop.call()).unwrap();
    assert!(all.iter().all(|(_, value)| !value.contains("hush")));
    assert!(outbox::sender(&shop.app).unwrap().is_none(), "nobody to send from");
    set(outbox::SMTP_FROM, "shop@example.com").unwrap();
    assert_eq!(outbox::sender(&shop.app).unwrap().unwrap().url, url);
    for (key, value) in [(outbox::SMTP_URL, "http://x"), (outbox::SMTP_FROM, "nobody")] {
        assert_eq!(code(&set(key, value).unwrap_err()), Some(Code::InvalidField));
    }
}

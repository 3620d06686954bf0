//! Webhooks below the network: who gets which events, secrets, order, what is sent again.

use std::sync::Arc;

use orderly::ops::events::feed::{self, Wanted};
use orderly::ops::events::{catalog, sequence};
use orderly::ops::orders::place::place;
use orderly::ops::settings;
use orderly::ops::webhooks::send::{self, Sending, Taken};
use orderly::ops::webhooks::{self, dispatches};
use orderly::vault::Vault;
use orderly::wire::webhooks::WebhookIn;
use orderly::{App, Error};
use orderly_core::id::WebhookId;
use orderly_core::order::Order;
use orderly_core::refusal::Code;
use orderly_core::time::Instant;
use orderly_core::webhook::{Attempted, DispatchState};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{START, Shop, order};

/// A shop per engine whose master key is in a folder of its own.
pub fn shops() -> Vec<(Shop, TempDir)> {
    let with_key = |mut shop: Shop| {
        let folder = TempDir::new().unwrap();
        shop.app.vault = Arc::new(Vault::at(&folder.path().join("master.key")));
        (shop, folder)
    };
    Shop::each().into_iter().map(with_key).collect()
}

fn hook(url: &str) -> WebhookIn {
    WebhookIn { url: Some(url.into()), ..WebhookIn::default() }
}

fn at(seconds: i64) -> Instant {
    Instant::from_micros(START + seconds * 1_000_000)
}

fn nails(shop: &Shop) -> Order {
    place(&shop.app, &shop.call(), &order("web", &[("NAIL", "1")])).unwrap()
}

/// Puts one more hold on an order: one more event.
fn held(shop: &Shop, order: &Order) {
    crate::sequence::put_hold(&shop.app, &shop.call(), order.id);
}

fn ready(app: &App, id: WebhookId, second: i64) -> Sending {
    match send::take(app, id, "test", at(second)).unwrap() {
        Taken::Ready(sending) => *sending,
        other => panic!("{other:?}"),
    }
}

fn nothing(app: &App, id: WebhookId, second: i64) -> bool {
    matches!(send::take(app, id, "test", at(second)).unwrap(), Taken::Nothing)
}

const ARRIVED: Attempted = Attempted { status: Some(200), error: None, response: None };

fn failed(status: i64) -> Attempted {
    Attempted { status: Some(status), error: Some("refused".into()), response: None }
}

fn code(error: &Error) -> Option<Code> {
    error.refused()
}

#[test]
fn the_feed_shows_each_event_with_its_order_as_it_was_and_what_changed() {
    for shop in Shop::each() {
        shop.stock("NAIL", "depot", 10, None);
        let first = nails(&shop);
        held(&shop, &first);
        let second = nails(&shop);
        held(&shop, &first);
        sequence(&shop.app, "one", at(100)).unwrap();
        let read = |wanted: Wanted| feed::after(&shop.app, &shop.call(), &wanted).unwrap();
        let all = read(Wanted { limit: 500, ..Wanted::default() });
        assert_eq!(all.data.len(), 4);
        assert_eq!((all.next, all.has_more), (4, false));
        let own: Vec<_> =
            all.data.iter().filter(|one| one.order == Some(first.id.to_string())).collect();
        let holds =
            |index: usize| own[index].data.as_ref().unwrap()["holds"].as_array().unwrap().len();
        assert_eq!((holds(0), holds(1), holds(2)), (0, 1, 2), "each as it was then");
        assert_eq!(own[0].kind, "order.placed");
        assert!(own[0].changes.as_ref().unwrap().is_empty(), "nothing was before");
        let changed = own[1].changes.as_ref().unwrap();
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed.keys().all(|path| path.starts_with("holds.hld_")), "{changed:?}");
        assert_eq!(own[1].data.as_ref().unwrap()["number"], first.number.as_str());
        assert_eq!(own[1].actor.kind, "owner");
        let page = read(Wanted { limit: 1, after: 1, ..Wanted::default() });
        assert_eq!((page.data[0].position, page.next, page.has_more), (2, 2, true));
        let of = Some(second.number.clone());
        let one = read(Wanted { of, limit: 50, ..Wanted::default() });
        assert_eq!(one.data.len(), 1);
        let types = vec!["order.held".to_owned()];
        let some = read(Wanted { types, limit: 1, thin: true, ..Wanted::default() });
        assert_eq!((some.data[0].kind.as_str(), some.has_more), ("order.held", true));
        assert!(some.data[0].data.is_none() && some.data[0].changes.is_none());
        let json: Value = serde_json::to_value(&some.data[0]).unwrap();
        assert_eq!((&json["object"], &json["type"]), (&"event".into(), &"order.held".into()));
    }
}

#[test]
fn what_no_event_is_called_or_nobody_may_read_is_refused() {
    let (shop, _folder) = shops().remove(0);
    let read = |wanted: Wanted| feed::after(&shop.app, &shop.call(), &wanted).unwrap_err();
    let types = vec!["order.payed".to_owned()];
    assert_eq!(code(&read(Wanted { types, ..Wanted::default() })), Some(Code::UnknownEventType));
    let refused = read(Wanted { after: -1, ..Wanted::default() });
    assert_eq!(code(&refused), Some(Code::InvalidField));
    let of = Some("nowhere".to_owned());
    assert!(matches!(read(Wanted { of, ..Wanted::default() }), Error::NotFound { .. }));
    let stranger = feed::after(&shop.app, &shop.stranger(), &Wanted::default());
    assert!(matches!(stranger, Err(Error::Forbidden { .. })));
    assert!(catalog::TYPES.len() > 100);
}

#[test]
fn a_webhook_is_checked_and_its_secret_is_shown_once_and_sealed() {
    for (shop, _folder) in shops() {
        let create = |new: &WebhookIn| webhooks::create(&shop.app, &shop.call(), new);
        for (url, expected) in [
            ("https://127.0.0.1/", Code::AddressNotAllowed),
            ("https://localhost/", Code::AddressNotAllowed),
            ("https://[::ffff:10.0.0.1]/", Code::AddressNotAllowed),
            ("http://example.com/", Code::AddressNotAllowed),
            ("https://example.com:22/", Code::AddressNotAllowed),
            ("https://user:pw@example.com/", Code::InvalidField),
            ("nonsense", Code::InvalidField),
        ] {
            assert_eq!(code(&create(&hook(url)).unwrap_err()), Some(expected), "{url}");
        }
        let types = Some(vec!["order.payed".to_owned()]);
        let refused = create(&WebhookIn { types, ..hook("https://example.com/") }).unwrap_err();
        assert_eq!(code(&refused), Some(Code::UnknownEventType));
        let call = shop.call().with_key("k1", b"new");
        let new = hook("https://example.com/hook");
        let made = webhooks::create(&shop.app, &call, &new).unwrap();
        let secret = made.secret.unwrap();
        assert!(secret.starts_with("whsec_") && secret.len() > 40);
        assert!(
            !made
                .webhook
                .secret
                .windows(8)
                .any(|part| secret.as_bytes().windows(8).any(|s| s == part))
        );
        let again = webhooks::create(&shop.app, &call, &new).unwrap();
        assert_eq!((again.webhook.id, again.secret), (made.webhook.id, None));
        let id = made.webhook.id;
        let rotated = webhooks::rotate(&shop.app, &shop.call(), id).unwrap();
        assert_ne!(rotated.secret.unwrap(), secret);
        assert!(rotated.webhook.previous_until.is_some());
        let mut stale = shop.call();
        stale.expected_version = Some(1);
        let off = WebhookIn { active: Some(false), ..WebhookIn::default() };
        let refused = webhooks::update(&shop.app, &stale, id, &off).unwrap_err();
        assert_eq!(code(&refused), Some(Code::StaleVersion));
        webhooks::update(&shop.app, &shop.call(), id, &off).unwrap();
        let refused = dispatches::test(&shop.app, &shop.call(), id).unwrap_err();
        assert_eq!(code(&refused), Some(Code::InvalidTransition));
        webhooks::delete(&shop.app, &shop.call(), id).unwrap();
        assert!(webhooks::list(&shop.app, &shop.call()).unwrap().is_empty());
        let gone = webhooks::get(&shop.app, &shop.call(), id).unwrap_err();
        assert!(matches!(gone, Error::NotFound { .. }));
        let stranger = webhooks::create(&shop.app, &shop.stranger(), &new).unwrap_err();
        assert!(matches!(stranger, Error::Forbidden { .. }));
    }
}

#[test]
fn each_webhook_gets_each_event_it_wants_once_and_in_order() {
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 100, None);
        let (app, call) = (&shop.app, || shop.call());
        let first = nails(&shop);
        sequence(app, "one", at(100)).unwrap();
        let types = Some(vec!["order.*".to_owned()]);
        let own = |channel: &str| WebhookIn {
            channels: Some(vec![channel.to_owned()]),
            types: types.clone(),
            ..hook("https://example.com/")
        };
        let web = webhooks::create(app, &call(), &own("web")).unwrap().webhook.id;
        let store = webhooks::create(app, &call(), &own("phone")).unwrap().webhook.id;
        let past = WebhookIn { after: Some(0), ..hook("https://example.com/") };
        let all = webhooks::create(app, &call(), &past).unwrap().webhook.id;
        let depot =
            WebhookIn { locations: Some(vec!["depot".into()]), ..hook("https://example.com/") };
        let depot = webhooks::create(app, &call(), &depot).unwrap().webhook.id;
        held(&shop, &first);
        held(&shop, &first);
        sequence(app, "one", at(101)).unwrap();
        let count = |id| dispatches::counts(app, &call(), id).unwrap();
        assert_eq!(count(web), vec![(DispatchState::Waiting, 2)]);
        assert_eq!(count(store), vec![]);
        assert_eq!(count(all), vec![(DispatchState::Waiting, 3)]);
        assert_eq!(count(depot), vec![(DispatchState::Waiting, 2)]);
        let due: Vec<WebhookId> =
            send::due(app, at(102)).unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(due.len(), 3);
        let one = ready(app, web, 102);
        assert!(nothing(app, web, 102), "the next of the order waits for this one");
        assert!(one.id.starts_with("evt_") && one.signature.starts_with("v1,"));
        let body: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(body["data"]["order"], first.id.to_string());
        assert!(body["data"].get("data").is_none(), "thin until it has proved itself");
        send::finish(app, &one, &ARRIVED, at(102)).unwrap();
        let two = ready(app, web, 103);
        assert_eq!(two.dispatch.sequence, one.dispatch.sequence + 1);
        send::finish(app, &two, &ARRIVED, at(103)).unwrap();
        assert!(nothing(app, web, 104));
        // What happened while it was off comes by a replay, each once.
        let switch = |active| WebhookIn { active: Some(active), ..WebhookIn::default() };
        webhooks::update(app, &call(), web, &switch(false)).unwrap();
        held(&shop, &first);
        sequence(app, "one", at(105)).unwrap();
        webhooks::update(app, &call(), web, &switch(true)).unwrap();
        let replayed = dispatches::replay_after(app, &call(), web, 1, false).unwrap();
        assert_eq!(replayed.count, 1);
        let replayed = dispatches::replay_after(app, &call(), web, 1, true).unwrap();
        assert_eq!(replayed.count, 2);
    }
}

#[test]
fn a_dispatch_fails_by_the_schedule_then_is_dead_until_a_person_decides() {
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 100, None);
        let (app, call) = (&shop.app, || shop.call());
        let id = webhooks::create(app, &call(), &hook("https://example.com/")).unwrap().webhook.id;
        let first = nails(&shop);
        held(&shop, &first);
        sequence(app, "one", at(100)).unwrap();
        let mut second = 200;
        for attempt in 1..=10 {
            let sending = ready(app, id, second);
            assert_eq!(sending.dispatch.attempts, attempt);
            let on_its_way = dispatches::skip(app, &call(), sending.dispatch.id);
            if attempt == 1 {
                assert_eq!(code(&on_its_way.unwrap_err()), Some(Code::OnItsWay));
            }
            send::finish(app, &sending, &failed(503), at(second)).unwrap();
            second += 100_000;
        }
        assert!(nothing(app, id, second), "the next of the order does not overtake it");
        let wanted = dispatches::Wanted { state: Some(DispatchState::Dead), ..Default::default() };
        let dead = dispatches::list(app, &call(), &wanted, 10).unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].last_status, Some(503));
        let again = dispatches::replay(app, &call(), dead[0].id).unwrap();
        assert_eq!((again.state, again.attempts), (DispatchState::Waiting, 0));
        let twice = dispatches::replay(app, &call(), dead[0].id).unwrap_err();
        assert_eq!(code(&twice), Some(Code::NothingToDo));
        dispatches::skip(app, &call(), dead[0].id).unwrap();
        let next = ready(app, id, second);
        assert_eq!(next.dispatch.sequence, 2);
        send::finish(app, &next, &failed(410), at(second)).unwrap();
        let webhook = webhooks::get(app, &call(), id).unwrap();
        assert_eq!(webhook.state.code(), "inactive");
        assert!(webhook.disabled_reason.unwrap().contains("410"));
        assert!(webhook.paused_until.is_some());
    }
}

#[test]
fn an_endpoint_that_answers_its_challenge_gets_whole_events() {
    for (shop, _folder) in shops() {
        shop.stock("NAIL", "depot", 100, None);
        let (app, call) = (&shop.app, || shop.call());
        let id = webhooks::create(app, &call(), &hook("https://example.com/")).unwrap().webhook.id;
        dispatches::test(app, &call(), id).unwrap();
        let test = ready(app, id, 100);
        let body: Value = serde_json::from_str(&test.body).unwrap();
        assert_eq!(body["type"], dispatches::TEST);
        let response = body["challenge"].as_str().map(|text| format!("{{\"a\":\"{text}\"}}"));
        send::finish(app, &test, &Attempted { response, ..ARRIVED }, at(101)).unwrap();
        assert!(webhooks::get(app, &call(), id).unwrap().proven_at.is_some());
        nails(&shop);
        sequence(app, "one", at(102)).unwrap();
        let sending = ready(app, id, 103);
        let body: Value = serde_json::from_str(&sending.body).unwrap();
        assert_eq!(body["data"]["data"]["lines"][0]["sku"], "NAIL");
        let moved = hook("https://example.org/elsewhere");
        let moved = webhooks::update(app, &call(), id, &moved).unwrap();
        assert!(moved.proven_at.is_none(), "another address proves itself anew");
    }
}

#[test]
fn the_settings_that_open_the_network_are_checked() {
    let (shop, _folder) = shops().remove(0);
    let set = |key: &str, value: &str| settings::set(&shop.app, &shop.call(), key, value);
    let refused = set("webhooks.allow_private", "10.0.0.0/99").unwrap_err();
    assert_eq!(code(&refused), Some(Code::InvalidField));
    set("webhooks.allow_private", "127.0.0.0/8").unwrap();
    set("webhooks.allow_http", "true").unwrap();
    set("webhooks.allow_ports", "9000-9999").unwrap();
    let local = hook("http://127.0.0.1:9100/in");
    webhooks::create(&shop.app, &shop.call(), &local).unwrap();
}

#[test]
fn a_secret_opens_only_with_the_key_and_for_what_it_was_sealed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.key");
    let vault = Vault::at(&path);
    let sealed = vault.seal(b"secret", b"one").unwrap();
    assert_eq!(vault.open(&sealed, b"one").unwrap(), b"secret");
    assert!(vault.open(&sealed, b"two").is_err());
    let mut broken = sealed.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert!(vault.open(&broken, b"one").is_err());
    assert_eq!(Vault::at(&path).open(&sealed, b"one").unwrap(), b"secret");
    assert!(Vault::at(&folder.path().join("b.key")).open(&sealed, b"one").is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::at(&path).open(&sealed, b"one").is_err(), "others may read it");
    }
}

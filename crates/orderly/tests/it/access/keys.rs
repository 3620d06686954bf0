//! API keys, step-up, the cache and the audit of what was denied.

use std::net::IpAddr;

use orderly::ops::access::keys::{self, NewKey};
use orderly::ops::access::{Credential, Identity, Secret, authenticate, names_of, sessions};
use orderly::ops::read::audit::{self, Filter};
use orderly::{App, Error};
use orderly_core::actor::{ActorKind, Grant, Permission};
use orderly_core::id::ApiKeyId;
use orderly_core::refusal::Code;

use super::{GOOD, add, at, call_of, enter};
use crate::fixture::{Shop, order};

pub fn key(name: &str, permissions: &[Permission]) -> NewKey {
    NewKey {
        name: name.into(),
        grants: permissions.iter().copied().map(Grant::everywhere).collect(),
        expires_at: None,
        allowed_ips: vec![],
    }
}

pub fn used(
    app: &App,
    token: &Secret,
    from: Option<&str>,
    seconds: i64,
) -> Result<Identity, Error> {
    let from: Option<IpAddr> = from.map(|ip| ip.parse().unwrap());
    authenticate(app, Credential::Key(token), from, at(seconds))
}

#[test]
fn a_key_is_good_from_its_addresses_until_its_end() {
    for shop in Shop::each() {
        let app = &shop.app;
        let new = NewKey {
            expires_at: Some(at(100)),
            allowed_ips: vec!["192.0.2.1".parse().unwrap()],
            ..key("web shop", &[Permission::Place])
        };
        let call = shop.call().with_key("k", b"one");
        let made = keys::create(app, &call, &new).unwrap();
        let token = made.token.unwrap();
        assert!(token.expose().starts_with(&made.key.start) && made.key.start.len() == 7);
        let again = keys::create(app, &call, &new).unwrap();
        assert_eq!((again.key.id, again.token), (made.key.id, None));
        let identity = used(app, &token, Some("::ffff:192.0.2.1"), 0).unwrap();
        assert_eq!((identity.actor.kind, identity.name.as_str()), (ActorKind::ApiKey, "web shop"));
        for (from, seconds) in [(None, 1), (Some("192.0.2.2"), 1), (Some("192.0.2.1"), 100)] {
            let refused = used(app, &token, from, seconds);
            assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{from:?}");
        }
        let session = authenticate(app, Credential::Session(&token), None, at(1));
        assert!(session.is_err());
        let all = keys::list(app, &shop.call(), ApiKeyId::NONE, 10).unwrap();
        assert_eq!(all[0].used_at, Some(at(0)));
        keys::revoke(app, &shop.call(), made.key.id).unwrap();
        assert!(used(app, &token, Some("192.0.2.1"), 2).is_err());
        let twice = keys::revoke(app, &shop.call(), made.key.id);
        assert_eq!(twice.unwrap_err().refused(), Some(Code::NothingToDo));
        let over =
            keys::create(app, &shop.call(), &NewKey { expires_at: Some(at(-99_999)), ..new });
        assert_eq!(over.unwrap_err().refused(), Some(Code::InvalidField));
    }
}

#[test]
fn a_revocation_elsewhere_is_seen_within_five_seconds() {
    for shop in Shop::each() {
        let elsewhere = shop.db.open();
        let made = keys::create(&shop.app, &shop.call(), &key("x", &[Permission::Read])).unwrap();
        let token = made.token.unwrap();
        used(&elsewhere, &token, None, 0).unwrap();
        keys::revoke(&shop.app, &shop.call(), made.key.id).unwrap();
        assert!(used(&shop.app, &token, None, 0).is_err());
        used(&elsewhere, &token, None, 4).unwrap();
        assert!(used(&elsewhere, &token, None, 5).is_err());
    }
}

#[test]
fn making_a_key_takes_a_password_just_entered_and_own_rights() {
    for shop in Shop::each() {
        let app = &shop.app;
        add(&shop, &shop.call(), "olga", &["owner"]).unwrap();
        let olga = enter(app, "olga", GOOD, 0).unwrap();
        let late = keys::create(app, &call_of(&olga.identity, 700), &key("x", &[Permission::Read]));
        assert_eq!(late.unwrap_err().refused(), Some(Code::StepUpRequired));
        let wrong = Secret::new("wrong wrong wrong");
        let confirm = |password: &Secret, seconds: i64| {
            let seed = u64::try_from(seconds).unwrap();
            sessions::confirm(app, &olga.identity, password, None, (at(seconds), seed))
        };
        assert!(matches!(confirm(&wrong, 701), Err(Error::Unauthenticated(_))));
        confirm(&Secret::new(GOOD), 702).unwrap();
        let olga = super::known(app, &olga.token, 703).unwrap();
        keys::create(app, &call_of(&olga, 704), &key("x", &[Permission::Read])).unwrap();

        // A program makes no keys, and a key never has more than its maker.
        let rights = [Permission::ManageKeys, Permission::Read];
        let token = keys::create(app, &shop.call(), &key("k", &rights)).unwrap().token.unwrap();
        let program = used(app, &token, None, 705).unwrap();
        let refused = keys::create(app, &call_of(&program, 706), &key("y", &[Permission::Read]));
        assert_eq!(refused.unwrap_err().refused(), Some(Code::StepUpRequired));
        let mut call = call_of(&program, 707);
        call.confirmed_at = Some(call.now);
        let refused = keys::create(app, &call, &key("y", &[Permission::Refund]));
        assert_eq!(refused.unwrap_err().refused(), Some(Code::AboveOwnRights));
        assert!(keys::create(app, &shop.call(), &key("none", &[])).is_err());
    }
}

#[test]
fn what_was_denied_is_audited_with_the_name_of_who_tried() {
    for shop in Shop::each() {
        let app = &shop.app;
        let made = keys::create(app, &shop.call(), &key("reader", &[Permission::Read])).unwrap();
        let program = used(app, &made.token.unwrap(), None, 0).unwrap();
        let call = call_of(&program, 1).with_key("order-1", b"content");
        let refused =
            orderly::ops::orders::place::place(app, &call, &order("web", &[("NAIL", "1")]));
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
        let refused = keys::revoke(app, &call_of(&program, 2), made.key.id).unwrap_err();
        assert!(matches!(refused, Error::Forbidden { .. }));
        orderly::ops::command::denied(app, &call_of(&program, 3), "read.books", &refused).unwrap();

        let filter = Filter { refused: Some(true), ..Filter::default() };
        let seen = audit::list(app, &shop.call(), &filter).unwrap();
        let seen: Vec<_> = seen.entries.iter().map(|one| (&*one.entry.verb, &one.actor)).collect();
        let name = Some("reader".to_owned());
        assert!(seen.contains(&("access.revoke_key", &name)), "{seen:?}");
        assert!(seen.contains(&("read.books", &name)), "{seen:?}");
        assert!(seen.iter().any(|(verb, _)| verb.contains("place")), "{seen:?}");
        // The denial is no outcome: with the right, the same key places the order.
        let mut allowed = shop.call().with_key("order-1", b"content");
        allowed.source.clone_from(&call.source);
        shop.stock("NAIL", "depot", 5, None);
        orderly::ops::orders::place::place(app, &allowed, &order("web", &[("NAIL", "1")])).unwrap();
        let actor = (program.actor.kind, program.actor.id);
        let names = names_of(app, &shop.call(), &[actor]).unwrap();
        assert_eq!(names.get(&actor), name.as_ref());
        let stranger = audit::list(app, &call_of(&program, 4), &filter);
        assert!(matches!(stranger, Err(Error::Forbidden { .. })));
    }
}

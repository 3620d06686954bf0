//! Signing in and out, throttling, passwords, and what is never shown.

use orderly::Error;
use orderly::ops::access::sessions::{self, SignIn, sign_in};
use orderly::ops::access::{Secret, users};
use orderly::ops::read;
use orderly_core::id::SessionId;
use orderly_core::refusal::Code;

use super::{GOOD, add, at, call_of, enter, known};
use crate::fixture::{Shop, TestDb};

const OTHER: &str = "seven moles dig a tunnel";

fn is_unknown<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unauthenticated(_)))
}

#[test]
fn a_session_is_known_until_it_is_over() {
    for shop in Shop::each() {
        let app = &shop.app;
        add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
        let ann = enter(app, "ann", GOOD, 0).unwrap();
        assert_eq!((ann.identity.name.as_str(), ann.identity.actor.all), ("ann", false));
        assert_eq!(known(app, &ann.token, 1).unwrap(), ann.identity);
        assert!(is_unknown(known(app, &Secret::new("os_nothing"), 1)));
        // Used now and then it goes on; half an hour of quiet ends it.
        for seconds in [1_700, 3_400, 5_100] {
            known(app, &ann.token, seconds).unwrap();
        }
        assert!(is_unknown(known(app, &ann.token, 5_100 + 1_800)));
        // Twelve hours end it, however much it is used.
        let long = enter(app, "ann", GOOD, 10_000).unwrap();
        for minutes in 1..48 {
            known(app, &long.token, 10_000 + minutes * 900).unwrap();
        }
        assert!(is_unknown(known(app, &long.token, 10_000 + 43_200)));
        // Signed out, it is over at once.
        let short = enter(app, "ann", GOOD, 60_000).unwrap();
        known(app, &short.token, 60_001).unwrap();
        let id = short.identity.session.unwrap();
        sessions::sign_out(app, &call_of(&short.identity, 60_002), id).unwrap();
        assert!(is_unknown(known(app, &short.token, 60_002)));
        let again = sessions::sign_out(app, &call_of(&short.identity, 60_003), id);
        assert_eq!(again.unwrap_err().refused(), Some(Code::NothingToDo));
    }
}

#[test]
fn sessions_of_others_and_of_other_tenants_are_closed() {
    for (shop, other) in Shop::each().into_iter().zip(TestDb::each()) {
        let other = Shop::new(other);
        add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
        add(&shop, &shop.call(), "bob", &["clerk"]).unwrap();
        add(&other, &other.call(), "ann", &["owner"]).unwrap();
        let ann = enter(&shop.app, "ann", GOOD, 0).unwrap();
        let bob = enter(&shop.app, "bob", GOOD, 1).unwrap();
        assert!(is_unknown(known(&other.app, &ann.token, 2)));
        let theirs = ann.identity.session.unwrap();
        let call = call_of(&bob.identity, 3);
        let refused = sessions::sign_out(&shop.app, &call, theirs);
        assert!(matches!(refused, Err(Error::Forbidden { .. })));
        let user = ann.identity.actor.id;
        assert!(sessions::list(&shop.app, &call, user).is_err());
        assert!(sessions::revoke_all(&shop.app, &call, user, SessionId::NONE).is_err());
        known(&shop.app, &ann.token, 4).unwrap();
        let own = call_of(&ann.identity, 5);
        assert_eq!(sessions::list(&shop.app, &own, user).unwrap().len(), 1);
    }
}

#[test]
fn another_password_ends_the_other_sessions() {
    for shop in Shop::each() {
        let app = &shop.app;
        add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
        let (here, there) = (enter(app, "ann", GOOD, 0).unwrap(), enter(app, "ann", GOOD, 1));
        let (there, current) = (there.unwrap(), here.identity.session.unwrap());
        let (good, other) = (Secret::new(GOOD), Secret::new(OTHER));
        let own = Secret::new("ann@example.com1");
        let change = |old, new, seconds| {
            let call = call_of(&here.identity, seconds);
            users::change_password(app, &call, (old, new), current, None)
        };
        assert!(is_unknown(change(&other, &good, 2)));
        let weak = change(&good, &own, 3);
        assert_eq!(weak.unwrap_err().refused(), Some(Code::WeakPassword));
        change(&good, &other, 4).unwrap();
        known(app, &here.token, 5).unwrap();
        assert!(is_unknown(known(app, &there.token, 5)));
        assert!(is_unknown(enter(app, "ann", GOOD, 6)));
        enter(app, "ann", OTHER, 7).unwrap();
        users::set_password(app, &shop.call(), "ann@example.com", &good).unwrap();
        assert!(is_unknown(known(app, &here.token, 8)));
    }
}

#[test]
fn guessing_waits_longer_and_longer_and_keeps_nobody_else_out() {
    for shop in Shop::each() {
        let app = &shop.app;
        add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
        for seconds in 0..5 {
            assert!(is_unknown(enter(app, "ann", "wrong wrong wrong", seconds)));
        }
        // Even the right one waits now, whoever guesses; from elsewhere she comes in.
        let waits = |seconds| match enter(app, "ann", GOOD, seconds) {
            Err(Error::Throttled { retry_after_s }) => retry_after_s,
            other => panic!("{other:?}"),
        };
        assert_eq!(waits(5), 30);
        assert_eq!(waits(20), 15);
        let elsewhere = SignIn {
            email: "ann@example.com".into(),
            password: Secret::new(GOOD),
            from: Some("198.51.100.1".parse().unwrap()),
            user_agent: None,
        };
        sign_in(app, &elsewhere, at(21), 77).unwrap();
        assert!(is_unknown(enter(app, "ann", "wrong wrong wrong", 40)));
        assert_eq!(waits(41), 60);
        // An account that nobody has is throttled in the same way.
        for seconds in 50..55 {
            assert!(is_unknown(enter(app, "nobody", GOOD, seconds)));
        }
        let unknown = enter(app, "nobody", GOOD, 55);
        assert!(matches!(unknown, Err(Error::Throttled { retry_after_s: 30 })));
        enter(app, "ann", GOOD, 2_000).unwrap();
        assert!(sessions::clean(app, at(200_000)).unwrap() > 0);
    }
}

#[test]
fn many_guesses_at_once_count_as_many() {
    for shop in Shop::each() {
        add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let guess = |n: u64| {
                let app = &shop.app;
                scope.spawn(move || {
                    let entered = SignIn {
                        email: "ann@example.com".into(),
                        password: Secret::new("wrong wrong wrong"),
                        from: Some("192.0.2.7".parse().unwrap()),
                        user_agent: None,
                    };
                    sign_in(app, &entered, at(0), n)
                })
            };
            let all: Vec<_> = (0..24).map(guess).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let looked_at = answers.iter().filter(|one| matches!(one, Err(Error::Unauthenticated(_))));
        assert_eq!(looked_at.count(), 5);
    }
}

#[test]
fn an_unknown_address_takes_as_long_as_a_known_one() {
    let shop = Shop::new(TestDb::sqlite());
    add(&shop, &shop.call(), "ann", &["clerk"]).unwrap();
    let took = |name: &str, step: i64| {
        let started = std::time::Instant::now();
        assert!(is_unknown(enter(&shop.app, name, "wrong wrong wrong", step * 4_000)));
        started.elapsed()
    };
    let least = |name: &str, from: i64| (from..from + 5).map(|n| took(name, n)).min().unwrap();
    let (known, unknown) = (least("ann", 0), least("nobody", 10));
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "{known:?} and {unknown:?}");
}

#[test]
fn passwords_and_tokens_are_nowhere() {
    for shop in Shop::each() {
        let app = &shop.app;
        let ann = add(&shop, &shop.call(), "ann", &["owner"]).unwrap();
        let signed = enter(app, "ann", GOOD, 0).unwrap();
        // A password entered as the address must not be written down either.
        assert!(is_unknown(enter(app, "canary-typed-in-the-wrong-field", GOOD, 1)));
        assert!(is_unknown(enter(app, "ann", "canary wrong password", 2)));
        let new = super::keys::key("shop", &[orderly_core::actor::Permission::Read]);
        let made = orderly::ops::access::keys::create(app, &call_of(&signed.identity, 3), &new);
        let made = made.unwrap();
        let shown = format!("{ann:?}{signed:?}{made:?}");
        let token = made.token.unwrap();
        let canaries =
            [GOOD, signed.token.expose(), token.expose(), "canary", &token.expose()[7..30]];
        for canary in canaries {
            assert!(!shown.contains(canary), "{canary}");
        }
        let stored = app.store.read(|tx| {
            let mut all = String::new();
            for table in ["audit", "event", "users", "session", "api_key", "sign_in", "idempotency"]
            {
                tx.for_each(&format!("SELECT * FROM {table}"), &[], |row| {
                    for index in 0..row.len() {
                        use std::fmt::Write;
                        match row.raw(index) {
                            Ok(orderly_store::ValueRef::Text(text)) => all.push_str(text),
                            Ok(orderly_store::ValueRef::Bytes(bytes)) => {
                                all.push_str(&String::from_utf8_lossy(bytes));
                            }
                            other => write!(all, "{other:?}").unwrap(),
                        }
                    }
                    Ok(())
                })?;
            }
            Ok::<_, orderly_store::StoreError>(all)
        });
        let stored = stored.unwrap();
        assert!(stored.contains("argon2id:"));
        for canary in canaries {
            assert!(!stored.contains(canary), "{canary}");
        }
        let seen = read::audit::list(app, &shop.call(), &read::audit::Filter::default()).unwrap();
        let verbs: Vec<&str> = seen.entries.iter().map(|one| one.entry.verb.as_str()).collect();
        assert!(verbs.contains(&"access.sign_in") && verbs.contains(&"access.create_key"));
        let denied = seen.entries.iter().filter(|one| one.entry.refused.is_some()).count();
        assert_eq!(denied, 2);
    }
}

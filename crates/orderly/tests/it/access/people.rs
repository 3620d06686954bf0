//! Users, roles and the first owner.

use orderly::Error;
use orderly::ops::access::roles::{self, NewRole};
use orderly::ops::access::set_up;
use orderly::ops::access::users::{self, NewUser, UserChange};
use orderly::ops::access::{Secret, keys};
use orderly_core::actor::{Grant, Permission};
use orderly_core::refusal::Code;

use super::{GOOD, add, at, call_of, enter, known};
use crate::fixture::Shop;

fn code_of<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().refused().unwrap()
}

#[test]
fn the_first_owner_needs_the_token_once() {
    for shop in Shop::each() {
        let app = &shop.app;
        let owner = || NewUser {
            email: "olga@example.com".into(),
            name: "Olga".into(),
            roles: vec![],
            password: Secret::new(GOOD),
        };
        assert!(set_up::is_due(app).unwrap());
        let old = set_up::first_token(app, at(0)).unwrap().unwrap();
        let token = set_up::first_token(app, at(1)).unwrap().unwrap();
        for (bad, seconds) in [(&old, 2), (&Secret::new("setup_x"), 3), (&token, 86_402)] {
            let refused = set_up::first_owner(app, bad, &owner(), (at(seconds), 1));
            assert!(matches!(refused, Err(Error::Unauthenticated(_))));
        }
        let made = set_up::first_owner(app, &token, &owner(), (at(4), 2)).unwrap();
        assert_eq!(made.roles, ["owner"]);
        let again = set_up::first_owner(app, &token, &owner(), (at(5), 3));
        assert_eq!(code_of(again), Code::AlreadyExists);
        assert_eq!(set_up::first_token(app, at(6)).unwrap(), None);
        assert!(enter(app, "olga", GOOD, 7).unwrap().identity.actor.all);
    }
}

#[test]
fn users_are_checked_and_nobody_gives_more_than_he_has() {
    for shop in Shop::each() {
        add(&shop, &shop.call(), "mona", &["manager"]).unwrap();
        assert_eq!(code_of(add(&shop, &shop.call(), "mona", &[])), Code::AlreadyExists);
        assert_eq!(code_of(add(&shop, &shop.call(), "x", &["boss"])), Code::UnknownRole);
        let weak = NewUser {
            email: "w@example.com".into(),
            name: "W".into(),
            roles: vec![],
            password: Secret::new("Password2026!"),
        };
        let refused = users::create(&shop.app, &shop.call(), &weak);
        assert_eq!(code_of(refused), Code::WeakPassword);
        // A manager manages no users; with that right he still makes no owner.
        let mona = enter(&shop.app, "mona", GOOD, 0).unwrap().identity;
        let refused = add(&shop, &call_of(&mona, 1), "y", &["clerk"]);
        let right = Permission::ManageUsers;
        assert!(matches!(refused, Err(Error::Forbidden { permission }) if permission == right));
        let new = NewRole {
            code: "people".into(),
            name: "People".into(),
            grants: vec![Grant::everywhere(Permission::ManageUsers)],
        };
        roles::create(&shop.app, &shop.call(), &new).unwrap();
        assert_eq!(code_of(roles::create(&shop.app, &shop.call(), &new)), Code::AlreadyExists);
        let both = UserChange {
            roles: Some(vec!["manager".into(), "people".into()]),
            ..UserChange::default()
        };
        users::update(&shop.app, &shop.call(), "mona@example.com", &both).unwrap();
        let mona = enter(&shop.app, "mona", GOOD, 2).unwrap().identity;
        add(&shop, &call_of(&mona, 3), "carl", &["clerk"]).unwrap();
        let refused = add(&shop, &call_of(&mona, 4), "z", &["owner"]);
        assert_eq!(code_of(refused), Code::AboveOwnRights);
        let keys = NewRole {
            code: "keys".into(),
            grants: vec![Grant::everywhere(Permission::ManageKeys)],
            ..new
        };
        let refused = roles::create(&shop.app, &call_of(&mona, 5), &keys);
        assert_eq!(code_of(refused), Code::AboveOwnRights);
        // Nor does he get at those who have more: an owner's password, or state.
        add(&shop, &shop.call(), "olga", &["owner"]).unwrap();
        let other = Secret::new("seven moles dig a tunnel");
        let refused =
            users::set_password(&shop.app, &call_of(&mona, 6), "olga@example.com", &other);
        assert_eq!(code_of(refused), Code::AboveOwnRights);
        let stop = UserChange { active: Some(false), ..UserChange::default() };
        let refused = users::update(&shop.app, &call_of(&mona, 7), "olga@example.com", &stop);
        assert_eq!(code_of(refused), Code::AboveOwnRights);
    }
}

#[test]
fn the_last_owner_stays() {
    for shop in Shop::each() {
        let (app, mail) = (&shop.app, "olga@example.com");
        add(&shop, &shop.call(), "olga", &["owner"]).unwrap();
        let olga = enter(app, "olga", GOOD, 0).unwrap().identity;
        let stop = UserChange { active: Some(false), ..UserChange::default() };
        let lose = UserChange { roles: Some(vec!["clerk".into()]), ..UserChange::default() };
        for (step, change) in (1..).zip([&stop, &lose]) {
            let own = users::update(app, &call_of(&olga, step), mail, change);
            assert_eq!(code_of(own), Code::LastOwner);
            let by_machine = users::update(app, &shop.call(), mail, change);
            assert_eq!(code_of(by_machine), Code::LastOwner);
        }
        add(&shop, &shop.call(), "otto", &["owner"]).unwrap();
        users::update(app, &shop.call(), mail, &lose).unwrap();
        let last = users::update(app, &shop.call(), "otto@example.com", &stop);
        assert_eq!(code_of(last), Code::LastOwner);
    }
}

#[test]
fn two_owners_never_remove_each_other_at_once() {
    for shop in Shop::each() {
        add(&shop, &shop.call(), "olga", &["owner"]).unwrap();
        add(&shop, &shop.call(), "otto", &["owner"]).unwrap();
        let stop = UserChange { active: Some(false), ..UserChange::default() };
        let calls = [shop.call(), shop.call()];
        let done: Vec<bool> = std::thread::scope(|scope| {
            let run = |(call, mail): (_, &'static str)| {
                let (app, stop) = (&shop.app, &stop);
                scope.spawn(move || users::update(app, call, mail, stop).is_ok())
            };
            let pairs = calls.iter().zip(["olga@example.com", "otto@example.com"]);
            let all: Vec<_> = pairs.map(run).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    }
}

#[test]
fn a_stop_ends_sessions_and_keys_and_a_role_in_use_stays() {
    for shop in Shop::each() {
        let app = &shop.app;
        add(&shop, &shop.call(), "olga", &["owner"]).unwrap();
        add(&shop, &shop.call(), "otto", &["owner"]).unwrap();
        let otto = enter(app, "otto", GOOD, 0).unwrap();
        let new = super::keys::key("shop", &[Permission::Place]);
        let made = keys::create(app, &call_of(&otto.identity, 1), &new).unwrap();
        let stop = UserChange { active: Some(false), ..UserChange::default() };
        users::update(app, &shop.call(), "otto@example.com", &stop).unwrap();
        assert!(matches!(known(app, &otto.token, 2), Err(Error::Unauthenticated(_))));
        assert!(enter(app, "otto", GOOD, 3).is_err());
        let token = made.token.unwrap();
        assert!(super::keys::used(app, &token, None, 2).is_err());
        let again = users::update(app, &shop.call(), "otto@example.com", &stop);
        assert_eq!(code_of(again), Code::NothingToDo);

        let new = NewRole {
            code: "pickers".into(),
            name: "Pickers".into(),
            grants: vec![Grant::everywhere(Permission::Pick)],
        };
        roles::create(app, &shop.call(), &new).unwrap();
        add(&shop, &shop.call(), "pia", &["pickers"]).unwrap();
        let pia = enter(app, "pia", GOOD, 4).unwrap();
        let refused = roles::remove(app, &shop.call(), "pickers");
        assert_eq!(code_of(refused), Code::InvalidTransition);
        let built_in = roles::remove(app, &shop.call(), "clerk");
        assert_eq!(code_of(built_in), Code::NotReversible);
        roles::update(app, &shop.call(), &NewRole { grants: vec![], ..new }).unwrap();
        assert!(known(app, &pia.token, 5).is_err());
        let pia = enter(app, "pia", GOOD, 6).unwrap().identity;
        assert!(pia.actor.grants.is_empty());
    }
}

//! People and keys: who is let in, who may let others in, and what is never shown.

mod keys;
mod people;
mod sessions;

use orderly::ops::access::sessions::{SignIn, SignedIn, sign_in};
use orderly::ops::access::users::{self, NewUser};
use orderly::ops::access::{Credential, Identity, Secret, authenticate};
use orderly::{App, Call, Error};
use orderly_core::access::User;
use orderly_core::time::Instant;

use crate::fixture::{START, Shop};

/// A password that is taken, of whoever.
pub const GOOD: &str = "nine geese ate my lunch";

pub fn add(shop: &Shop, call: &Call, name: &str, roles: &[&str]) -> Result<User, Error> {
    let new = NewUser {
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        password: Secret::new(GOOD),
    };
    users::create(&shop.app, call, &new)
}

/// Seconds after the start of the tests, later than anything the fixture does.
pub fn at(seconds: i64) -> Instant {
    Instant::from_micros(START + (10_000 + seconds) * 1_000_000)
}

pub fn enter(app: &App, name: &str, password: &str, seconds: i64) -> Result<SignedIn, Error> {
    let entered = SignIn {
        email: format!("{name}@Example.com "),
        password: Secret::new(password),
        from: Some("192.0.2.7".parse().unwrap()),
        user_agent: Some("test".into()),
    };
    sign_in(app, &entered, at(seconds), u64::try_from(seconds + 1_000_000).unwrap())
}

pub fn known(app: &App, token: &Secret, seconds: i64) -> Result<Identity, Error> {
    authenticate(app, Credential::Session(token), None, at(seconds))
}

/// A call of who has signed in.
pub fn call_of(identity: &Identity, seconds: i64) -> Call {
    identity.call(at(seconds), u64::try_from(seconds + 2_000_000).unwrap())
}

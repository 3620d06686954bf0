//! The first set-up: a one-time token makes the first owner. There are no default credentials.

use orderly_core::access::role::OWNER;
use orderly_core::access::{SET_UP_MICROS, User};
use orderly_core::actor::Actor;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Instant;
use orderly_store::tables::{sign_ins, users};

use super::users::{NewUser, check_new, insert};
use super::{Secret, secret};
use crate::ops::command;
use crate::{App, Call, Error};

/// Returns a new token for the first set-up where there is no user yet; those before it are void.
/// It is good for a day and for one use.
///
/// # Errors
/// Where the database cannot be written.
pub fn first_token(app: &App, now: Instant) -> Result<Option<Secret>, Error> {
    let token = secret::token("setup_")?;
    app.store.write(|tx| {
        if users::count(tx)? > 0 {
            return Ok(None);
        }
        sign_ins::set_token(tx, token.hash(), now)?;
        Ok(Some(token.clone()))
    })
}

/// Whether the first owner is still to be made.
pub fn is_due(app: &App) -> Result<bool, Error> {
    Ok(app.store.read(users::count)? == 0)
}

/// Makes the first owner with the token; whatever roles are asked for, he gets that one.
///
/// # Errors
/// `Unauthenticated` where the token is not the one, used or too old; `already_exists` where there
/// is a user; `weak_password`, `invalid_field`.
pub fn first_owner(
    app: &App,
    token: &Secret,
    new: &NewUser,
    (now, seed): (Instant, u64),
) -> Result<User, Error> {
    let (address, name, hash) = check_new(new)?;
    let call = Call::new(Actor::owner(), "set_up", now, seed);
    command(app, &call, "access.set_up", |tx| {
        users::lock(tx, now)?;
        ensure(users::count(tx)? == 0, || {
            Refusal::new(Code::AlreadyExists, "the first owner has been made: sign in")
        })?;
        let since = now.plus_micros(-SET_UP_MICROS);
        if !sign_ins::take_token(tx, token.hash(), since, now)? {
            return Err(Error::Unauthenticated("the set-up token is not the one, used or too old"));
        }
        insert(tx, &call, (&address, &name, &hash), &[OWNER.into()])
    })
}

/// Adds an owner with a random password, which is returned to be shown once: for a demo, or where
/// the password is lost and somebody sits at the machine.
///
/// # Errors
/// As adding a user.
pub fn owner_with_password(
    app: &App,
    call: &Call,
    email: &str,
    name: &str,
) -> Result<(User, Secret), Error> {
    let password = secret::password()?;
    let new = NewUser {
        email: email.into(),
        name: name.into(),
        roles: vec![OWNER.into()],
        password: password.clone(),
    };
    Ok((super::users::create(app, call, &new)?, password))
}

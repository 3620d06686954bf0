//! Users: adding, changing and stopping them, and their passwords.

use std::net::IpAddr;

use orderly_core::access::role::{OWNER, check_role};
use orderly_core::access::{User, email, password};
use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{AuditId, SessionId, UserId};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{api_keys, sessions, users};

use super::sessions::{check_password, require_self_or_manager};
use super::{Secret, roles, secret};
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

impl Object for User {
    fn reference(&self) -> Reference {
        Reference { kind: "user", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        of_id(tx, UserId::from_bytes(id))
    }
}

/// Who is to come in.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub roles: Vec<String>,
    pub password: Secret,
}

/// What is to be different; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    pub name: Option<String>,
    pub roles: Option<Vec<String>>,
    pub active: Option<bool>,
}

fn of_id(tx: &mut Tx<'_>, id: UserId) -> Result<User, Error> {
    users::get(tx, id)?.ok_or_else(|| Error::not_found(format!("user {id}")))
}

/// The user with an id or an e-mail address.
fn called(tx: &mut Tx<'_>, user: &str) -> Result<User, Error> {
    let found = match user.parse::<UserId>() {
        Ok(id) => users::get(tx, id)?,
        Err(_) => users::by_email(tx, &user.trim().to_lowercase())?,
    };
    found.ok_or_else(|| Error::not_found(format!("user {user}")))
}

/// Adds a user.
///
/// # Errors
/// `already_exists`, `weak_password`, `unknown_role`, `above_own_rights`, `invalid_field`.
pub fn create(app: &App, call: &Call, new: &NewUser) -> Result<User, Error> {
    let allowed = call.actor.may(Permission::ManageUsers, Scope::default());
    // Hashing takes its time: outside of the transaction, and only for those who may.
    let checked = allowed.then(|| check_new(new)).transpose()?;
    command(app, call, "access.create_user", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        let (address, name, hash) =
            checked.as_ref().ok_or_else(|| Error::Internal("a user was not checked".into()))?;
        insert(tx, call, (address, name, hash), &new.roles)
    })
}

/// The address, name and hash of a new user.
pub(super) fn check_new(new: &NewUser) -> Result<(String, String, String), Error> {
    let address = email(&new.email).map_err(|refusal| refusal.under("/email"))?;
    let name = text::short(&new.name).map_err(|refusal| refusal.under("/name"))?;
    password::check(new.password.expose(), &[&address, &name])?;
    let hash = secret::hash_password(&new.password)?;
    Ok((address, name, hash))
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    call: &Call,
    (address, name, hash): (&str, &str, &str),
    codes: &[String],
) -> Result<User, Error> {
    let mut ids = call.ids();
    ids.draw::<AuditId>();
    let user = User {
        id: ids.draw(),
        email: address.into(),
        name: name.into(),
        active: true,
        roles: given(tx, call, codes, &[])?,
        second_factor: false,
        version: 1,
        created_at: call.now,
    };
    ensure(users::insert(tx, &user, hash)?, || {
        Refusal::at(Code::AlreadyExists, "/email", "somebody has this e-mail address already")
    })?;
    Ok(user)
}

/// The codes of roles in order, each known and within the rights of who gives it; those a user has
/// already are no gift.
fn given(
    tx: &mut Tx<'_>,
    call: &Call,
    codes: &[String],
    had: &[String],
) -> Result<Vec<String>, Error> {
    let mut codes = codes.to_vec();
    codes.sort();
    codes.dedup();
    ensure(codes.len() <= 20, || {
        Refusal::at(Code::InvalidField, "/roles", "a user has at most 20 roles")
    })?;
    for code in codes.iter().filter(|code| !had.contains(code)) {
        check_role(&call.actor, &roles::called(tx, code)?)?;
    }
    Ok(codes)
}

/// Changes a user. A change of roles or a stop ends his sessions; a stop revokes the API keys that
/// he made too, for he has seen them.
///
/// # Errors
/// `last_owner`, `unknown_role`, `above_own_rights`, `nothing_to_do`, `stale_version`.
pub fn update(app: &App, call: &Call, user: &str, change: &UserChange) -> Result<User, Error> {
    let done = command(app, call, "access.update_user", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        users::lock(tx, call.now)?;
        let before = called(tx, user)?;
        call.expect_version(before.version)?;
        require_above(tx, call, &before)?;
        let mut after = before.clone();
        if let Some(name) = &change.name {
            after.name = text::short(name).map_err(|refusal| refusal.under("/name"))?;
        }
        if let Some(codes) = &change.roles {
            after.roles = given(tx, call, codes, &before.roles)?;
        }
        after.active = change.active.unwrap_or(before.active);
        ensure(after != before, || Refusal::new(Code::NothingToDo, "it is so already"))?;
        after.version += 1;
        keep_an_owner(tx, &before, &after)?;
        ensure(users::save(tx, &before, &after)?, || {
            Refusal::new(Code::StaleVersion, "somebody else changed the user just now")
        })?;
        if before.roles != after.roles || before.active != after.active {
            sessions::revoke_all(tx, after.id, SessionId::NONE, call.now)?;
        }
        if before.active && !after.active {
            api_keys::revoke_made_by(tx, after.id, call.now)?;
        }
        Ok(after)
    });
    app.access.clear();
    done
}

/// Nobody changes those who have more rights than himself.
fn require_above(tx: &mut Tx<'_>, call: &Call, user: &User) -> Result<(), Error> {
    for role in roles::of(tx, user)? {
        check_role(&call.actor, &role)?;
    }
    Ok(())
}

/// Somebody has to be able to let others in.
fn keep_an_owner(tx: &mut Tx<'_>, before: &User, after: &User) -> Result<(), Error> {
    let is_owner = |user: &User| user.active && user.roles.iter().any(|code| code == OWNER);
    if is_owner(before) && !is_owner(after) && users::others_with_role(tx, OWNER, before.id)? == 0 {
        let detail = format!("{} is the last owner: make somebody else one first", before.name);
        return Err(Refusal::new(Code::LastOwner, detail).into());
    }
    Ok(())
}

/// Gives a user another password without knowing the old one, and ends his sessions.
///
/// # Errors
/// `weak_password`, `above_own_rights`.
pub fn set_password(app: &App, call: &Call, user: &str, password: &Secret) -> Result<User, Error> {
    let allowed = call.actor.may(Permission::ManageUsers, Scope::default());
    let found = allowed.then(|| app.store.read(|tx| called(tx, user))).transpose()?;
    let hash = found.map(|user| hashed(&user, password)).transpose()?;
    let done = command(app, call, "access.set_password", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        let before = called(tx, user)?;
        require_above(tx, call, &before)?;
        let hash = hash.as_ref().ok_or_else(|| Error::Internal("no password".into()))?;
        replace_password(tx, call, &before, hash, SessionId::NONE)
    });
    app.access.clear();
    done
}

/// Changes one's own password, knowing the old one. Other sessions end; `current` goes on.
///
/// # Errors
/// `Unauthenticated`, `Throttled`, `weak_password`.
pub fn change_password(
    app: &App,
    call: &Call,
    (old, new): (&Secret, &Secret),
    current: SessionId,
    from: Option<IpAddr>,
) -> Result<User, Error> {
    let user = app.store.read(|tx| of_id(tx, call.actor.id))?;
    require_self_or_manager(call, user.id)?;
    check_password(app, &user, old, from, (call.now, call.seed))?;
    let hash = hashed(&user, new)?;
    let done = command(app, call, "access.change_password", |tx| {
        let before = of_id(tx, user.id)?;
        replace_password(tx, call, &before, &hash, current)
    });
    app.access.clear();
    done
}

fn hashed(user: &User, password: &Secret) -> Result<String, Error> {
    password::check(password.expose(), &[&user.email, &user.name])?;
    secret::hash_password(password)
}

fn replace_password(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &User,
    hash: &str,
    but: SessionId,
) -> Result<User, Error> {
    users::set_password(tx, before.id, hash, call.now)?;
    sessions::revoke_all(tx, before.id, but, call.now)?;
    of_id(tx, before.id)
}

/// Returns a user by id or e-mail address: oneself, or anybody with the right.
pub fn show(app: &App, call: &Call, user: &str) -> Result<User, Error> {
    let found = app.store.read(|tx| called(tx, user));
    match &found {
        Ok(user) => require_self_or_manager(call, user.id)?,
        Err(_) => call.require(Permission::ManageUsers, Scope::default())?,
    }
    found
}

/// Returns up to `limit` users by e-mail address, after the one given.
pub fn list(app: &App, call: &Call, after: &str, limit: i64) -> Result<Vec<User>, Error> {
    call.require(Permission::ManageUsers, Scope::default())?;
    app.store.read(|tx| Ok(users::list(tx, after, limit.clamp(1, 1_000))?))
}

//! Roles: the built-in ones and the merchant's own.

use orderly_core::access::role::{built_in, check_given};
use orderly_core::access::{Role, User};
use orderly_core::actor::{Grant, Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::AuditId;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{roles, sessions, users};

use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// Roles are found by their code: a hash of it stands for an id.
impl Object for Role {
    fn reference(&self) -> Reference {
        let id = crate::call::content_hash(self.code.as_bytes());
        Reference { kind: "role", id, sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let found = all(tx)?.into_iter().find(|role| role.reference().id == id);
        found.ok_or_else(|| Error::not_found("such role"))
    }
}

/// What a role of the merchant's own is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    pub code: String,
    pub name: String,
    pub grants: Vec<Grant>,
}

/// Every role: the built-in ones first.
pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Role>, Error> {
    let mut all = built_in();
    all.extend(roles::list(tx)?);
    Ok(all)
}

/// The role with this code.
///
/// # Errors
/// `unknown_role`.
pub(crate) fn called(tx: &mut Tx<'_>, code: &str) -> Result<Role, Error> {
    if let Some(role) = built_in().into_iter().find(|role| role.code == code) {
        return Ok(role);
    }
    let own = roles::get(tx, code)?;
    let unknown = || Refusal::at(Code::UnknownRole, "/roles", format!("there is no role {code}"));
    Ok(own.ok_or_else(unknown)?)
}

/// The roles of a user; one that is gone gives nothing.
pub(super) fn of(tx: &mut Tx<'_>, user: &User) -> Result<Vec<Role>, Error> {
    let mut found = Vec::new();
    for code in &user.roles {
        match built_in().into_iter().find(|role| role.code == *code) {
            Some(role) => found.push(role),
            None => found.extend(roles::get(tx, code)?),
        }
    }
    Ok(found)
}

/// Returns every role: the built-in ones first.
pub fn list(app: &App, call: &Call) -> Result<Vec<Role>, Error> {
    call.require(Permission::ManageUsers, Scope::default())?;
    app.store.read(all)
}

fn check(call: &Call, new: &NewRole) -> Result<Role, Error> {
    check_given(&call.actor, &new.grants)?;
    Ok(Role {
        code: code(&new.code)?,
        name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
        all: false,
        grants: new.grants.clone(),
        second_factor: false,
        built_in: false,
        version: 1,
    })
}

/// Adds a role of the merchant's own.
///
/// # Errors
/// `already_exists`, `above_own_rights`, `invalid_field`.
pub fn create(app: &App, call: &Call, new: &NewRole) -> Result<Role, Error> {
    command(app, call, "access.create_role", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        let role = check(call, new)?;
        let mut ids = call.ids();
        ids.draw::<AuditId>();
        let is_free = built_in().iter().all(|one| one.code != role.code)
            && roles::insert(tx, ids.draw(), &role, call.now)?;
        ensure(is_free, || {
            Refusal::at(Code::AlreadyExists, "/code", format!("the role {} exists", role.code))
        })?;
        Ok(role)
    })
}

/// Changes a role of the merchant's own: whoever has it signs in again.
///
/// # Errors
/// `unknown_role`, `not_reversible` for a built-in one, `above_own_rights`, `stale_version`.
pub fn update(app: &App, call: &Call, new: &NewRole) -> Result<Role, Error> {
    let done = command(app, call, "access.update_role", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        let before = own(tx, &new.code)?;
        call.expect_version(before.version)?;
        check_given(&call.actor, &before.grants)?;
        let after = Role { version: before.version + 1, ..check(call, new)? };
        ensure(roles::save(tx, &before, &after)?, || {
            Refusal::new(Code::StaleVersion, "somebody else changed the role just now")
        })?;
        sessions::revoke_of_role(tx, &after.code, call.now)?;
        Ok(after)
    });
    app.access.clear();
    done
}

/// Removes a role of the merchant's own that nobody has.
///
/// # Errors
/// `unknown_role`, `not_reversible` for a built-in one, `invalid_transition` where it is in use.
pub fn remove(app: &App, call: &Call, code: &str) -> Result<Role, Error> {
    let done = command(app, call, "access.remove_role", |tx| {
        call.require(Permission::ManageUsers, Scope::default())?;
        users::lock(tx, call.now)?;
        let before = own(tx, code)?;
        call.expect_version(before.version)?;
        check_given(&call.actor, &before.grants)?;
        let users = users::with_role(tx, code)?;
        ensure(users == 0, || {
            let detail = format!("{users} users have the role {code}: take it from them first");
            Refusal::new(Code::InvalidTransition, detail)
        })?;
        roles::delete(tx, code)?;
        Ok(before)
    });
    app.access.clear();
    done
}

fn own(tx: &mut Tx<'_>, code: &str) -> Result<Role, Error> {
    let role = called(tx, code)?;
    ensure(!role.built_in, || {
        let detail = format!("the role {code} is built in: make one of your own instead");
        Refusal::new(Code::NotReversible, detail)
    })?;
    Ok(role)
}

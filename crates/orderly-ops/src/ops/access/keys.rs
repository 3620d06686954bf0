//! API keys: made with a person's password just entered, shown once, revoked at any time.

use std::net::IpAddr;

use orderly_core::access::ApiKey;
use orderly_core::access::role::check_given;
use orderly_core::actor::{Grant, Permission, Scope};
use orderly_core::id::{ApiKeyId, AuditId};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::api_keys;

use super::{Secret, secret};
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// What every API key starts with.
pub const START: &str = "ok_";
/// How much of a token is kept to be shown: 3 letters and 20 of its 260 bits.
const SHOWN: usize = 7;

impl Object for ApiKey {
    fn reference(&self) -> Reference {
        Reference { kind: "api_key", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        of_id(tx, ApiKeyId::from_bytes(id))
    }
}

/// What a key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub name: String,
    pub grants: Vec<Grant>,
    pub expires_at: Option<Instant>,
    pub allowed_ips: Vec<IpAddr>,
}

/// A key that was made, with its token the first time: asked again, the token is gone.
#[derive(Debug, Clone)]
pub struct Made {
    pub key: ApiKey,
    pub token: Option<Secret>,
}

fn of_id(tx: &mut Tx<'_>, id: ApiKeyId) -> Result<ApiKey, Error> {
    api_keys::get(tx, id)?.ok_or_else(|| Error::not_found(format!("API key {id}")))
}

/// Makes an API key within the rights of who makes it.
///
/// # Errors
/// `step_up_required`, `above_own_rights`, `invalid_field`.
pub fn create(app: &App, call: &Call, new: &NewKey) -> Result<Made, Error> {
    let token = secret::token(START)?;
    let start = token.expose()[..SHOWN].to_owned();
    let key = command(app, call, "access.create_key", |tx| {
        call.require(Permission::ManageKeys, Scope::default())?;
        call.require_password_now()?;
        let key = check(call, new, &start)?;
        api_keys::insert(tx, &key, token.hash())?;
        Ok(key)
    })?;
    // A repeat found the key that was made before, with another token.
    let is_new = app.store.read(|tx| api_keys::by_token(tx, token.hash()))?.is_some();
    Ok(Made { key, token: is_new.then_some(token) })
}

fn check(call: &Call, new: &NewKey, start: &str) -> Result<ApiKey, Error> {
    ensure((1..=200).contains(&new.grants.len()), || {
        Refusal::at(Code::InvalidField, "/grants", "a key has 1 to 200 grants")
    })?;
    check_given(&call.actor, &new.grants)?;
    ensure(new.expires_at.is_none_or(|end| end > call.now), || {
        Refusal::at(Code::InvalidField, "/expires_at", "the key would be over already")
    })?;
    ensure(new.allowed_ips.len() <= 100, || {
        Refusal::at(Code::InvalidField, "/allowed_ips", "a key has at most 100 addresses")
    })?;
    let mut ids = call.ids();
    ids.draw::<AuditId>();
    Ok(ApiKey {
        id: ids.draw(),
        name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
        start: start.into(),
        grants: new.grants.clone(),
        created_by: call.actor.id,
        created_at: call.now,
        expires_at: new.expires_at,
        used_at: None,
        revoked_at: None,
        allowed_ips: new.allowed_ips.iter().map(IpAddr::to_canonical).collect(),
        version: 1,
    })
}

/// Revokes a key: it is refused from now on here, and within five seconds elsewhere.
///
/// # Errors
/// `nothing_to_do` where it is revoked.
pub fn revoke(app: &App, call: &Call, id: ApiKeyId) -> Result<ApiKey, Error> {
    let done = command(app, call, "access.revoke_key", |tx| {
        call.require(Permission::ManageKeys, Scope::default())?;
        of_id(tx, id)?;
        ensure(api_keys::revoke(tx, id, call.now)?, || {
            Refusal::new(Code::NothingToDo, "the key is revoked already")
        })?;
        of_id(tx, id)
    });
    app.access.clear();
    done
}

/// Returns up to `limit` keys after one, in the order they were made.
pub fn list(app: &App, call: &Call, after: ApiKeyId, limit: i64) -> Result<Vec<ApiKey>, Error> {
    call.require(Permission::ManageKeys, Scope::default())?;
    app.store.read(|tx| Ok(api_keys::list(tx, after, limit.clamp(1, 1_000))?))
}

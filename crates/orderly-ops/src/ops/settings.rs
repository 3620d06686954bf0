//! The first set-up of a database, and the tenant's settings.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::LegalEntity;
use orderly_core::catalog::new::NewEntity;
use orderly_core::id::{AuditId, LegalEntityId};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{books, settings};

use super::{Object, Reference, command};
use crate::{App, Call, Error};

impl Object for LegalEntity {
    fn reference(&self) -> Reference {
        Reference { kind: "legal_entity", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = LegalEntityId::from_bytes(id);
        settings::entity(tx, id)?.ok_or_else(|| Error::not_found(format!("legal entity {id}")))
    }
}

/// Sets up an empty database: the merchant's legal entity with its books.
///
/// # Errors
/// `already_exists` where the database has been set up; what [`NewEntity::check`] refuses.
pub fn init(app: &App, call: &Call, new: &NewEntity) -> Result<LegalEntity, Error> {
    command(app, call, "settings.init", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        if let Some(known) = settings::entities(tx)?.first() {
            let detail = format!("the database is set up for {} already", known.name);
            return Err(Refusal::new(Code::AlreadyExists, detail).into());
        }
        let mut ids = call.ids();
        ids.draw::<AuditId>();
        let entity = new.check(ids.draw())?;
        ensure(settings::insert_entity(tx, &entity)?, || {
            Refusal::new(Code::AlreadyExists, "the database is being set up elsewhere")
        })?;
        books::insert_accounts(tx)?;
        settings::set(tx, "set_up_at", &call.now.to_string())?;
        Ok(entity)
    })
}

/// Returns the merchant's own legal entity.
///
/// # Errors
/// `Invalid` where the database is not set up yet.
pub fn merchant(tx: &mut Tx<'_>) -> Result<LegalEntity, Error> {
    let first = settings::entities(tx)?.into_iter().next();
    first.ok_or_else(|| {
        Error::Invalid("the database is not set up yet: run `orderly init` first".into())
    })
}

/// Returns every setting by key.
pub fn all(app: &App, call: &Call) -> Result<Vec<(String, String)>, Error> {
    call.require(Permission::Read, Scope::default())?;
    Ok(app.store.read(settings::all)?)
}

/// Whether the database answers: the smallest read there is.
///
/// # Errors
/// `unavailable`.
pub fn answers(app: &App) -> Result<(), Error> {
    app.store.read(|tx| Ok(settings::get(tx, "merchant").map(drop)?))
}

/// A setting after it was set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    pub key: String,
    pub value: String,
}

/// Settings have no id of their own: the first bytes of the key stand for one.
impl Object for Setting {
    fn reference(&self) -> Reference {
        let mut id = [0; 16];
        let key = self.key.as_bytes();
        let length = key.len().min(16);
        id[..length].copy_from_slice(&key[..length]);
        Reference { kind: "setting", id, sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let start = String::from_utf8_lossy(&id).trim_end_matches('\0').to_owned();
        let all = settings::all(tx)?;
        let known = all.into_iter().find(|(key, _)| key.starts_with(&start));
        let known = known.map(|(key, value)| Self { key, value });
        known.ok_or_else(|| Error::not_found(format!("setting {start}")))
    }
}

/// Sets a setting: keys are dotted lower-case words.
///
/// # Errors
/// `invalid_field`, `invalid_text`.
pub fn set(app: &App, call: &Call, key: &str, value: &str) -> Result<Setting, Error> {
    command(app, call, "settings.set", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        ensure((1..=60).contains(&key.len()) && key.chars().all(allowed), || {
            Refusal::at(Code::InvalidField, "/key", "a key is dotted lower-case words")
        })?;
        let value = text::long(value).map_err(|refusal| refusal.under("/value"))?;
        super::refunds::check_fees(key, &value)?;
        super::stock::count::check_setting(key, &value)?;
        super::outbound::check_setting(key, &value)?;
        let value = super::messages::outbox::kept(app, key, &value)?;
        settings::set(tx, key, &value)?;
        Ok(Setting { key: key.into(), value })
    })
}

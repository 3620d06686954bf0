//! Webhooks: who wants to know of which events, and the dispatches that tell them.

pub mod dispatches;
mod fan_out;
pub mod send;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orderly_core::actor::{Permission, Scope};
use orderly_core::id::WebhookId;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::webhook::{OVERLAP_S, Webhook, WebhookState};
use orderly_store::Tx;
use orderly_store::tables::{channels, dispatches as rows, events, locations, webhooks};

use super::catalog::{found_again, ids, stale};
use super::events::catalog;
use super::outbound::Rules;
use super::{Object, Reference, command};
use crate::vault::random;
use crate::wire::webhooks::WebhookIn;
use crate::{App, Call, Error};

pub use fan_out::fan_out;

found_again! {
    Webhook, WebhookId, "webhook", |webhook| webhook.version, webhooks::get;
}

/// A webhook with its secret, which is shown this once. Asking again under the same key shows none.
#[derive(Debug, Clone)]
pub struct Shown {
    pub webhook: Webhook,
    pub secret: Option<String>,
}

/// A fresh secret as people see it, `whsec_…` as in Standard Webhooks, and its 32 bytes.
fn fresh() -> Result<(String, [u8; 32]), Error> {
    let bytes: [u8; 32] = random()?;
    Ok((format!("whsec_{}", STANDARD.encode(bytes)), bytes))
}

/// Adds a webhook. It gets the events after `after`, or those from now on.
///
/// # Errors
/// `address_not_allowed`, `unknown_event_type`, `unknown_channel`, `unknown_location`,
/// `invalid_field`.
pub fn create(app: &App, call: &Call, new: &WebhookIn) -> Result<Shown, Error> {
    let (secret, bytes) = fresh()?;
    let mut drawn = ids(call);
    let id: WebhookId = drawn.draw();
    let sealed = app.vault.seal(&bytes, &id.as_bytes())?;
    let made = command(app, call, "webhook.create", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let missing = || Refusal::at(Code::InvalidField, "/url", "name the address to call");
        new.url.as_deref().ok_or_else(missing)?;
        let last = events::last(tx)?.map_or(0, |last| last.position);
        let after = new.after.unwrap_or(last);
        ensure((0..=last).contains(&after), || {
            let detail = format!("the feed has positions 1 to {last}");
            Refusal::at(Code::InvalidField, "/after", detail)
        })?;
        let blank = blank(id, sealed.clone(), after, call);
        let mut webhook = stated(tx, blank, new)?;
        webhook.version = 1;
        webhooks::insert(tx, &webhook)?;
        if after < last {
            fan_out::again(tx, call, &webhook, after)?;
        }
        Ok(webhook)
    })?;
    let is_new = made.secret == sealed;
    Ok(Shown { webhook: made, secret: is_new.then_some(secret) })
}

fn blank(id: WebhookId, secret: Vec<u8>, from_position: i64, call: &Call) -> Webhook {
    Webhook {
        id,
        url: String::new(),
        description: String::new(),
        types: Vec::new(),
        channels: Vec::new(),
        locations: Vec::new(),
        thin: false,
        lanes: 2,
        state: WebhookState::Active,
        disabled_reason: None,
        secret,
        previous_secret: None,
        previous_until: None,
        from_position,
        proven_at: None,
        failures: 0,
        paused_until: None,
        version: 0,
        created_at: call.now,
        updated_at: call.now,
    }
}

/// The webhook as a caller states it, checked.
fn stated(tx: &mut Tx<'_>, before: Webhook, new: &WebhookIn) -> Result<Webhook, Error> {
    let mut after = before;
    if let Some(url) = &new.url {
        let url = Rules::of(tx)?.check(url)?.to_string();
        if url != after.url {
            after.proven_at = None;
        }
        after.url = url;
    }
    if let Some(description) = &new.description {
        after.description =
            text::long(description).map_err(|refusal| refusal.under("/description"))?;
    }
    if let Some(types) = &new.types {
        catalog::check(types)?;
        after.types.clone_from(types);
    }
    if let Some(codes) = &new.channels {
        after.channels.clear();
        for (index, code) in codes.iter().enumerate() {
            let known = channels::by_code(tx, code)?.ok_or_else(|| {
                let detail = format!("there is no channel `{code}`");
                Refusal::at(Code::UnknownChannel, format!("/channels/{index}"), detail)
            })?;
            after.channels.push(known.id);
        }
    }
    if let Some(codes) = &new.locations {
        after.locations.clear();
        for (index, code) in codes.iter().enumerate() {
            let known = locations::by_code(tx, code)?.ok_or_else(|| {
                let detail = format!("there is no location `{code}`");
                Refusal::at(Code::UnknownLocation, format!("/locations/{index}"), detail)
            })?;
            after.locations.push(known.id);
        }
    }
    after.thin = new.thin.unwrap_or(after.thin);
    after.lanes = new.lanes.unwrap_or(after.lanes);
    ensure((1..=16).contains(&after.lanes), || {
        Refusal::at(Code::InvalidField, "/lanes", "between 1 and 16 dispatches go at once")
    })?;
    match new.active {
        Some(true) if after.state != WebhookState::Active => {
            after.state = WebhookState::Active;
            after.disabled_reason = None;
            after.failures = 0;
            after.paused_until = None;
        }
        Some(false) => after.state = WebhookState::Inactive,
        _ => {}
    }
    Ok(after)
}

/// Changes what is said of a webhook; switched on again it also forgets its failures. What happened
/// while it was off is sent by [`dispatches::replay_after`].
///
/// # Errors
/// Those of [`create`]; `stale_version`.
pub fn update(app: &App, call: &Call, id: WebhookId, new: &WebhookIn) -> Result<Webhook, Error> {
    command(app, call, "webhook.update", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        ensure(new.after.is_none(), || {
            let detail = "a webhook starts once; replay what it shall get again";
            Refusal::at(Code::InvalidField, "/after", detail)
        })?;
        let before = known(tx, id)?;
        call.expect_version(before.version)?;
        let after = stated(tx, before.clone(), new)?;
        save(tx, call, &before, after)
    })
}

fn save(tx: &mut Tx<'_>, call: &Call, before: &Webhook, after: Webhook) -> Result<Webhook, Error> {
    let after = Webhook { version: before.version + 1, updated_at: call.now, ..after };
    stale(webhooks::save(tx, before, &after)?)?;
    Ok(after)
}

/// Deletes a webhook: nothing is sent to it any more; what was on its way stays to be seen.
pub fn delete(app: &App, call: &Call, id: WebhookId) -> Result<Webhook, Error> {
    command(app, call, "webhook.delete", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let before = known(tx, id)?;
        call.expect_version(before.version)?;
        let after = Webhook { state: WebhookState::Deleted, ..before.clone() };
        rows::skip_all(tx, id, call.now)?;
        save(tx, call, &before, after)
    })
}

/// Gives a webhook a new secret. The one before signs too for a day.
pub fn rotate(app: &App, call: &Call, id: WebhookId) -> Result<Shown, Error> {
    let (secret, bytes) = fresh()?;
    let sealed = app.vault.seal(&bytes, &id.as_bytes())?;
    let rotated = command(app, call, "webhook.rotate", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let before = known(tx, id)?;
        call.expect_version(before.version)?;
        let after = Webhook {
            secret: sealed.clone(),
            previous_secret: Some(before.secret.clone()),
            previous_until: Some(call.now.plus_micros(OVERLAP_S * 1_000_000)),
            ..before.clone()
        };
        save(tx, call, &before, after)
    })?;
    let is_new = rotated.secret == sealed;
    Ok(Shown { webhook: rotated, secret: is_new.then_some(secret) })
}

/// Returns a webhook.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, id: WebhookId) -> Result<Webhook, Error> {
    call.require(Permission::ManageWebhooks, Scope::default())?;
    app.store.read(|tx| known(tx, id))
}

/// Returns every webhook, oldest first.
pub fn list(app: &App, call: &Call) -> Result<Vec<Webhook>, Error> {
    call.require(Permission::ManageWebhooks, Scope::default())?;
    Ok(app.store.read(webhooks::all)?)
}

fn known(tx: &mut Tx<'_>, id: WebhookId) -> Result<Webhook, Error> {
    let found = webhooks::get(tx, id)?.filter(|one| one.state != WebhookState::Deleted);
    found.ok_or_else(|| Error::not_found(format!("webhook {id}")))
}

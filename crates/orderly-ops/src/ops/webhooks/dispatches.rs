//! Dispatches as people see them: listed, tested, sent again, skipped.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{DispatchId, EventId, WebhookId};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::webhook::{Dispatch, DispatchState, Webhook, WebhookState};
use orderly_store::Tx;
use orderly_store::tables::dispatches as rows;

use super::{fan_out, known};
use crate::ops::catalog::{found_again, ids};
use crate::ops::command::{Object, Reference, command};
use crate::{App, Call, Error};

pub use orderly_store::tables::dispatches::Wanted;

/// The most dispatches of one page.
pub const MAX_PAGE: i64 = 500;
/// The type of a test's payload.
pub const TEST: &str = "webhook.tested";

found_again! {
    Dispatch, DispatchId, "dispatch", |dispatch| dispatch.attempts + 1, rows::get;
}

/// Sends a test: not an event, but a challenge. An endpoint that answers 2xx with the challenge in
/// its body has proved itself, and gets whole events from then on.
///
/// # Errors
/// `invalid_transition` where the webhook is off.
pub fn test(app: &App, call: &Call, id: WebhookId) -> Result<Dispatch, Error> {
    command(app, call, "webhook.test", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let webhook = known(tx, id)?;
        ensure(webhook.state == WebhookState::Active, || {
            Refusal::new(Code::InvalidTransition, "the webhook is off: switch it on first")
        })?;
        let mut ids = ids(call);
        let id: DispatchId = ids.draw();
        let test = Dispatch {
            id,
            webhook: webhook.id,
            position: None,
            event: ids.draw::<EventId>(),
            stream: id.as_bytes(),
            sequence: 1,
            kind: TEST.into(),
            state: DispatchState::Waiting,
            attempts: 0,
            next_at: call.now,
            fence: 0,
            last_status: None,
            last_error: None,
            last_response: None,
            last_at: None,
            created_at: call.now,
            ended_at: None,
        };
        rows::insert(tx, std::slice::from_ref(&test))?;
        Ok(test)
    })
}

/// Returns a page of dispatches, the latest first.
pub fn list(app: &App, call: &Call, wanted: &Wanted, limit: i64) -> Result<Vec<Dispatch>, Error> {
    call.require(Permission::ManageWebhooks, Scope::default())?;
    Ok(app.store.read(|tx| rows::list(tx, wanted, limit.clamp(1, MAX_PAGE)))?)
}

/// Returns a dispatch.
///
/// # Errors
/// `not_found`.
pub fn get(app: &App, call: &Call, id: DispatchId) -> Result<Dispatch, Error> {
    call.require(Permission::ManageWebhooks, Scope::default())?;
    app.store.read(|tx| one(tx, id))
}

fn one(tx: &mut Tx<'_>, id: DispatchId) -> Result<Dispatch, Error> {
    rows::get(tx, id)?.ok_or_else(|| Error::not_found(format!("dispatch {id}")))
}

/// How many dispatches of a webhook are in each state.
pub fn counts(
    app: &App,
    call: &Call,
    webhook: WebhookId,
) -> Result<Vec<(DispatchState, i64)>, Error> {
    call.require(Permission::ManageWebhooks, Scope::default())?;
    Ok(app.store.read(|tx| rows::counts(tx, webhook))?)
}

/// Sends a dispatch again from its first attempt, also one that arrived. What waits behind a dead
/// one goes on with it.
///
/// # Errors
/// `nothing_to_do` where it waits already.
pub fn replay(app: &App, call: &Call, id: DispatchId) -> Result<Dispatch, Error> {
    command(app, call, "dispatch.replay", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let before = one(tx, id)?;
        ensure(rows::replay(tx, &before, call.now)?, || {
            Refusal::new(Code::NothingToDo, "it waits to be sent already")
        })?;
        one(tx, id)
    })
}

/// Gives up a dispatch that waits or is dead: what follows of the same order goes on.
///
/// # Errors
/// `on_its_way` while it is being sent; `nothing_to_do` where it arrived or was skipped.
pub fn skip(app: &App, call: &Call, id: DispatchId) -> Result<Dispatch, Error> {
    command(app, call, "dispatch.skip", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let before = one(tx, id)?;
        if !rows::skip(tx, &before, call.now)? {
            let detail = match before.state {
                DispatchState::Waiting => "it is being sent right now: try again in a minute",
                _ => "it arrived, or was skipped, already",
            };
            let code = match before.state {
                DispatchState::Waiting => Code::OnItsWay,
                _ => Code::NothingToDo,
            };
            return Err(Refusal::new(code, detail).into());
        }
        one(tx, id)
    })
}

/// A webhook to which what it missed is sent again.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub webhook: Webhook,
    /// How many dispatches wait now that did not before.
    pub count: u64,
}

impl Object for Replayed {
    fn reference(&self) -> Reference {
        self.webhook.reference()
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        Ok(Self { webhook: known(tx, WebhookId::from_bytes(id))?, count: 0 })
    }
}

/// Sends what a webhook did not get of the feed after a position: what is dead, was skipped, or
/// happened while it was off; with `all` what arrived too.
pub fn replay_after(
    app: &App,
    call: &Call,
    id: WebhookId,
    position: i64,
    all: bool,
) -> Result<Replayed, Error> {
    command(app, call, "webhook.replay", |tx| {
        call.require(Permission::ManageWebhooks, Scope::default())?;
        let webhook = known(tx, id)?;
        ensure(position >= 0, || {
            Refusal::at(Code::InvalidField, "/after", "0 is before the first position")
        })?;
        let again = rows::replay_after(tx, id, position, all, call.now)?;
        let missing = fan_out::again(tx, call, &webhook, position)?;
        Ok(Replayed { webhook, count: again + missing })
    })
}

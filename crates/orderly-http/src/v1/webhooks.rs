//! `/v1/webhooks` and `/v1/dispatches`: who is told of events, and what became of it.

use orderly_core::actor::Permission;
use orderly_core::id::WebhookId;
use orderly_core::webhook::{DispatchState, Webhook};
use orderly_ops::Error;
use orderly_ops::ops::webhooks::dispatches::{self, Wanted};
use orderly_ops::ops::webhooks::{self as ops, Shown};
use orderly_ops::wire::webhooks::{DispatchOut, WebhookIn, WebhookOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging;
use crate::input::Nothing;
use crate::operation::{Verb, act, command, create, get};
use crate::{Cx, Done, Operation, Page};

const MANAGE: Permission = Permission::ManageWebhooks;

pub fn operations() -> Vec<Operation> {
    let mut all = hooks();
    all.extend(sent());
    all
}

fn hooks() -> Vec<Operation> {
    vec![
        get("/v1/webhooks", "webhooks.list", "List the webhooks, oldest first", MANAGE, list),
        get("/v1/webhooks/{webhook}", "webhooks.get", "Show a webhook", MANAGE, show),
        create(
            "/v1/webhooks",
            "webhooks.create",
            "Add a webhook; its secret is shown once",
            MANAGE,
            add,
        )
        .untried(),
        command(
            Verb::Patch,
            "/v1/webhooks/{webhook}",
            "webhooks.update",
            "Change a webhook, switch it off or on again",
            MANAGE,
            update,
        ),
        command(
            Verb::Delete,
            "/v1/webhooks/{webhook}",
            "webhooks.remove",
            "Delete a webhook; what was on its way stays to be seen",
            MANAGE,
            remove,
        ),
        act(
            "/v1/webhooks/{webhook}/rotate",
            "webhooks.rotate",
            "Give a webhook a new secret, shown once; the one before signs too for a day",
            MANAGE,
            rotate,
        )
        .untried(),
        act(
            "/v1/webhooks/{webhook}/test",
            "webhooks.test",
            "Send a test: an endpoint that answers with the challenge gets whole events",
            MANAGE,
            test,
        )
        .unversioned(),
        act(
            "/v1/webhooks/{webhook}/replay",
            "webhooks.replay",
            "Send again what a webhook did not get of the feed after a position",
            MANAGE,
            replay_after,
        )
        .unversioned(),
    ]
}

fn sent() -> Vec<Operation> {
    vec![
        get("/v1/dispatches", "dispatches.list", "List dispatches, the latest first", MANAGE, all),
        get("/v1/dispatches/{dispatch}", "dispatches.get", "Show a dispatch", MANAGE, one),
        act(
            "/v1/dispatches/{dispatch}/replay",
            "dispatches.replay",
            "Send a dispatch again, dead or arrived; what waits behind it goes on",
            MANAGE,
            replay,
        )
        .unversioned(),
        act(
            "/v1/dispatches/{dispatch}/skip",
            "dispatches.skip",
            "Give up a dispatch: what follows of the same order goes on",
            MANAGE,
            skip,
        )
        .unversioned(),
    ]
}

fn done(webhook: &Webhook) -> Done<WebhookOut> {
    Done::of(WebhookOut::from(webhook)).version(webhook.version)
}

fn with_secret(shown: Shown) -> Done<WebhookOut> {
    let Shown { webhook, secret } = shown;
    Done::of(WebhookOut { secret, ..WebhookOut::from(&webhook) }).version(webhook.version)
}

fn list(cx: &Cx, _: Nothing) -> Result<Done<Page<WebhookOut>>, Error> {
    let found = ops::list(&cx.app, &cx.call)?;
    Ok(Done::of(Page::new(found.iter().map(WebhookOut::from).collect(), None)))
}

fn show(cx: &Cx, _: Nothing) -> Result<Done<WebhookOut>, Error> {
    Ok(done(&ops::get(&cx.app, &cx.call, cx.id("webhook")?)?))
}

fn add(cx: &Cx, body: WebhookIn) -> Result<Done<WebhookOut>, Error> {
    let made = with_secret(ops::create(&cx.app, &cx.call, &body)?);
    let at = format!("/v1/webhooks/{}", made.body.id);
    Ok(made.at(at))
}

fn update(cx: &Cx, body: WebhookIn) -> Result<Done<WebhookOut>, Error> {
    Ok(done(&ops::update(&cx.app, &cx.call, cx.id("webhook")?, &body)?))
}

fn remove(cx: &Cx, _: Nothing) -> Result<Done<WebhookOut>, Error> {
    Ok(done(&ops::delete(&cx.app, &cx.call, cx.id("webhook")?)?))
}

fn rotate(cx: &Cx, _: Nothing) -> Result<Done<WebhookOut>, Error> {
    Ok(with_secret(ops::rotate(&cx.app, &cx.call, cx.id("webhook")?)?))
}

fn test(cx: &Cx, _: Nothing) -> Result<Done<DispatchOut>, Error> {
    let sent = dispatches::test(&cx.app, &cx.call, cx.id("webhook")?)?;
    Ok(Done::of(DispatchOut::from(&sent)))
}

/// What is sent again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ReplayIn {
    /// What comes after this position of the feed.
    after: i64,
    /// What arrived too.
    all: bool,
}

/// A webhook to which what it missed is sent.
#[derive(Debug, Serialize, JsonSchema)]
struct ReplayedOut {
    webhook: WebhookOut,
    /// How many dispatches wait now that did not before.
    count: u64,
}

fn replay_after(cx: &Cx, body: ReplayIn) -> Result<Done<ReplayedOut>, Error> {
    let id = cx.id("webhook")?;
    let again = dispatches::replay_after(&cx.app, &cx.call, id, body.after, body.all)?;
    let webhook = WebhookOut::from(&again.webhook);
    Ok(Done::of(ReplayedOut { webhook, count: again.count }))
}

/// Which dispatches.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Sent {
    /// Only those of this webhook.
    webhook: Option<String>,
    /// `waiting`, `done`, `dead` or `skipped`.
    state: Option<String>,
    /// The cursor of the page before.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn all(cx: &Cx, wanted: Sent) -> Result<Done<Page<DispatchOut>>, Error> {
    let webhook: Option<WebhookId> = match wanted.webhook.as_deref() {
        None => None,
        Some(text) => {
            let id = text.parse().map_err(|_| Error::not_found("webhook"))?;
            Some(ops::get(&cx.app, &cx.call, id)?.id)
        }
    };
    let state = paging::word("state", wanted.state.as_deref(), DispatchState::parse)?;
    let before = paging::cursor(wanted.after.as_deref())?;
    let limit = i64::from(paging::limit(wanted.limit));
    let wanted = Wanted { webhook, state, stream: None, before };
    let found = dispatches::list(&cx.app, &cx.call, &wanted, limit + 1)?;
    Ok(Done::of(Page::cut(found, limit, |one| one.id.to_string(), |one| DispatchOut::from(one))))
}

fn one(cx: &Cx, _: Nothing) -> Result<Done<DispatchOut>, Error> {
    Ok(Done::of(DispatchOut::from(&dispatches::get(&cx.app, &cx.call, cx.id("dispatch")?)?)))
}

fn replay(cx: &Cx, _: Nothing) -> Result<Done<DispatchOut>, Error> {
    Ok(Done::of(DispatchOut::from(&dispatches::replay(&cx.app, &cx.call, cx.id("dispatch")?)?)))
}

fn skip(cx: &Cx, _: Nothing) -> Result<Done<DispatchOut>, Error> {
    Ok(Done::of(DispatchOut::from(&dispatches::skip(&cx.app, &cx.call, cx.id("dispatch")?)?)))
}

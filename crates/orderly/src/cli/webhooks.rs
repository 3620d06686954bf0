//! Webhooks and what is on its way to them.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::id::{DispatchId, WebhookId};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::webhook::DispatchState;
use orderly_jobs::client::Client;
use serde_json::json;

use super::output::table;
use super::{Given, Session};
use crate::ops::webhooks::{self, Shown, dispatches};
use crate::wire::webhooks::{DispatchOut, WebhookIn, WebhookOut};
use crate::{App, Error};

#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List webhooks with what is on its way to each
    List,
    /// Add a webhook; its secret is shown this once
    Add {
        /// Where events are posted
        url: String,
        #[command(flatten)]
        stated: Stated,
        /// Begin after this position of the feed, instead of with what is new
        #[arg(long, value_name = "POSITION")]
        after: Option<i64>,
        #[command(flatten)]
        given: Given,
    },
    /// Change a webhook
    Change {
        webhook: WebhookId,
        /// Where events are posted
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        stated: Stated,
        /// Switch it on, and forget its failures
        #[arg(long, conflicts_with = "off")]
        on: bool,
        /// Switch it off
        #[arg(long)]
        off: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Give a webhook a new secret; the one before signs too for a day
    Rotate {
        webhook: WebhookId,
        #[command(flatten)]
        given: Given,
    },
    /// Send a test: an endpoint that answers its challenge gets whole events
    Test {
        webhook: WebhookId,
        #[command(flatten)]
        given: Given,
    },
    /// Delete a webhook
    Delete {
        webhook: WebhookId,
        #[command(flatten)]
        given: Given,
    },
    /// List dispatches, the latest first
    Dispatches {
        /// Only to this webhook
        #[arg(long)]
        webhook: Option<WebhookId>,
        /// Only in this state: waiting, done, dead or skipped
        #[arg(long)]
        state: Option<String>,
        /// Only before this one: the last of the page before
        #[arg(long, value_name = "DISPATCH")]
        before: Option<DispatchId>,
        /// How many, at most 500
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Send one dispatch again, or what a webhook did not get since a position
    Replay {
        /// A dispatch, or a webhook with --after
        id: String,
        /// Everything after this position that is missing, dead or was skipped
        #[arg(long, value_name = "POSITION")]
        after: Option<i64>,
        /// What arrived too
        #[arg(long, requires = "after")]
        all: bool,
        #[command(flatten)]
        given: Given,
    },
    /// Give up a dispatch that is dead or waits: what follows of its order goes on
    Skip {
        dispatch: DispatchId,
        #[command(flatten)]
        given: Given,
    },
    /// Send everything that is due now: events, mail, tasks; what is due later stays
    Send,
}

/// What is said of a webhook.
#[derive(Debug, Clone, Args)]
pub struct Stated {
    #[arg(long)]
    description: Option<String>,
    /// Only events of this type, such as order.placed or order.*
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only orders of this channel
    #[arg(long = "channel", value_name = "CODE")]
    channels: Vec<String>,
    /// Only what concerns this location
    #[arg(long = "location", value_name = "CODE")]
    locations: Vec<String>,
    /// Send ids only
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    thin: Option<bool>,
    /// How many dispatches are on their way at once, 1 to 16
    #[arg(long)]
    lanes: Option<i64>,
}

impl Stated {
    fn read(&self) -> WebhookIn {
        let some = |all: &Vec<String>| (!all.is_empty()).then(|| all.clone());
        WebhookIn {
            description: self.description.clone(),
            types: some(&self.types),
            channels: some(&self.channels),
            locations: some(&self.locations),
            thin: self.thin,
            lanes: self.lanes,
            ..WebhookIn::default()
        }
    }
}

impl Webhooks {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        match self {
            Self::List => list(session, &app),
            Self::Add { url, stated, after, given } => {
                let new = WebhookIn { url: Some(url.clone()), after: *after, ..stated.read() };
                let call = session.changing(given, &new)?;
                made(session, &webhooks::create(&app, &call, &new)?)
            }
            Self::Change { webhook, url, stated, on, off, given } => {
                let active = (*on || *off).then_some(*on);
                let new = WebhookIn { url: url.clone(), active, ..stated.read() };
                let call = session.changing(given, &(webhook, &new))?;
                let webhook = webhooks::update(&app, &call, *webhook, &new)?;
                made(session, &Shown { webhook, secret: None })
            }
            Self::Rotate { webhook, given } => {
                let call = session.changing(given, webhook)?;
                made(session, &webhooks::rotate(&app, &call, *webhook)?)
            }
            Self::Test { webhook, given } => {
                let call = session.changing(given, webhook)?;
                one(session, &DispatchOut::from(&dispatches::test(&app, &call, *webhook)?))
            }
            Self::Delete { webhook, given } => {
                let call = session.changing(given, webhook)?;
                let gone = webhooks::delete(&app, &call, *webhook)?;
                session.out.answer(&WebhookOut::from(&gone), || format!("{} is deleted.", gone.id))
            }
            Self::Dispatches { webhook, state, before, limit } => {
                let state = state.as_deref().map(state_of).transpose()?;
                let wanted =
                    dispatches::Wanted { webhook: *webhook, state, stream: None, before: *before };
                let found = dispatches::list(&app, &session.reading(), &wanted, *limit)?;
                let found: Vec<DispatchOut> = found.iter().map(DispatchOut::from).collect();
                session.out.answer(&json!({ "dispatches": found }), || rows(&found))
            }
            Self::Replay { id, after, all, given } => {
                replay(session, &app, id, *after, *all, given)
            }
            Self::Skip { dispatch, given } => {
                let call = session.changing(given, dispatch)?;
                one(session, &DispatchOut::from(&dispatches::skip(&app, &call, *dispatch)?))
            }
            Self::Send => {
                let sent = orderly_jobs::run_until_idle(&app, &Client::default())?;
                session.out.answer(&json!({ "attempts": sent }), || {
                    format!("{sent} attempts to send were made; nothing is due any more.")
                })
            }
        }
    }
}

fn state_of(text: &str) -> Result<DispatchState, Error> {
    DispatchState::parse(text).ok_or_else(|| {
        let known: Vec<&str> = DispatchState::ALL.iter().map(|state| state.code()).collect();
        let detail = format!("`{text}` is not a state of a dispatch");
        Refusal::at(Code::InvalidField, "/state", detail).allowed(known.join(", ")).into()
    })
}

fn list(session: &Session, app: &App) -> Result<ExitCode, Error> {
    let call = session.reading();
    let all = webhooks::list(app, &call)?;
    let mut objects = Vec::new();
    let mut lines = Vec::new();
    for webhook in &all {
        let out = WebhookOut::from(webhook);
        let counts = dispatches::counts(app, &call, webhook.id)?;
        let of = |state: DispatchState| {
            counts.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count)
        };
        let (waiting, done, dead) =
            (of(DispatchState::Waiting), of(DispatchState::Done), of(DispatchState::Dead));
        lines.push(vec![
            out.id.clone(),
            out.url.clone(),
            out.state.to_owned(),
            waiting.to_string(),
            done.to_string(),
            dead.to_string(),
            out.paused_until.clone().unwrap_or_default(),
        ]);
        let mut object = json!(out);
        object["dispatches"] = json!({ "waiting": waiting, "done": done, "dead": dead });
        objects.push(object);
    }
    session.out.answer(&json!({ "webhooks": objects }), || {
        table(&["id", "url", "state", "waiting>", "done>", "dead>", "paused until"], lines)
    })
}

fn made(session: &Session, shown: &Shown) -> Result<ExitCode, Error> {
    let mut out = WebhookOut::from(&shown.webhook);
    out.secret.clone_from(&shown.secret);
    session.out.answer(&out, || {
        let mut text = format!("Webhook {} to {} is {}.", out.id, out.url, out.state);
        if let Some(secret) = &out.secret {
            text.push_str(&format!("\nIts secret, shown this once: {secret}"));
        }
        text
    })
}

fn one(session: &Session, out: &DispatchOut) -> Result<ExitCode, Error> {
    session.out.answer(out, || format!("Dispatch {} of {} is {}.", out.id, out.kind, out.state))
}

fn rows(found: &[DispatchOut]) -> String {
    let line = |one: &DispatchOut| {
        vec![
            one.id.clone(),
            one.position.map_or_else(String::new, |position| position.to_string()),
            one.kind.clone(),
            one.state.to_owned(),
            one.attempts.to_string(),
            one.next_at.clone().unwrap_or_default(),
            one.last_error.clone().unwrap_or_default(),
        ]
    };
    let head = ["id", "position>", "type", "state", "attempts>", "next", "last error"];
    table(&head, found.iter().map(line))
}

fn replay(
    session: &Session,
    app: &App,
    id: &str,
    after: Option<i64>,
    all: bool,
    given: &Given,
) -> Result<ExitCode, Error> {
    let call = session.changing(given, &(id, after, all))?;
    let Some(after) = after else {
        let again = dispatches::replay(app, &call, id.parse()?)?;
        return one(session, &DispatchOut::from(&again));
    };
    let replayed = dispatches::replay_after(app, &call, id.parse()?, after, all)?;
    session.out.answer(&json!({ "webhook": id, "dispatches": replayed.count }), || {
        format!("{} dispatches to {id} wait to be sent.", replayed.count)
    })
}

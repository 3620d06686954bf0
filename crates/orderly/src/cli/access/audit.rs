//! The audit: who did or tried what.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::access::actor_text;
use orderly_core::id::{ApiKeyId, UserId};
use orderly_core::time::{Day, Instant};
use serde_json::json;

use super::super::Session;
use super::super::output::{minute, table};
use crate::Error;
use crate::ops::access::users;
use crate::ops::read::audit::{self, Filter, Named};
use crate::wire::access::AuditOut;

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List who did or tried what, the newest first
    List(List),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only what this user or API key did: an e-mail address or an id
    #[arg(long, value_name = "EMAIL|ID")]
    actor: Option<String>,
    /// Only commands that start with this, such as order. or access.sign_in
    #[arg(long)]
    verb: Option<String>,
    /// Only what was refused
    #[arg(long)]
    refused: bool,
    /// From this day or instant on
    #[arg(long, value_name = "DAY|INSTANT")]
    since: Option<String>,
    /// Before this day or instant
    #[arg(long, value_name = "DAY|INSTANT")]
    until: Option<String>,
    /// Where the page before ended
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 50)]
    limit: i64,
}

impl Audit {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let Self::List(list) = self;
        let (app, call) = (session.open()?, session.reading());
        let actor = match list.actor.as_deref() {
            None => None,
            Some(text) => match text.parse::<ApiKeyId>() {
                Ok(key) => Some(UserId::from_bytes(key.as_bytes())),
                Err(_) => Some(users::show(&app, &call, text)?.id),
            },
        };
        let filter = Filter {
            actor,
            object: None,
            verb: list.verb.clone(),
            refused: list.refused.then_some(true),
            since: list.since.as_deref().map(instant).transpose()?,
            until: list.until.as_deref().map(instant).transpose()?,
            before: list.before.as_deref().map(str::parse).transpose()?,
            limit: list.limit,
        };
        let page = audit::list(&app, &call, &filter)?;
        let before = page.before.map(|id| id.to_string());
        let objects: Vec<AuditOut> = page.entries.iter().map(AuditOut::from).collect();
        session.out.answer(&json!({ "entries": objects, "before": before }), || {
            let mut text =
                table(&["at", "who", "what", "ended", "why"], page.entries.iter().map(row));
            if let Some(before) = &before {
                text.push_str(&format!("\nMore: --before {before}"));
            }
            text
        })
    }
}

/// A day in UTC, or an instant.
fn instant(text: &str) -> Result<Instant, Error> {
    match Day::parse(text) {
        Ok(day) => Ok(day.start_in("UTC")),
        Err(_) => Ok(Instant::parse(text)?),
    }
}

fn who(one: &Named) -> String {
    let id = actor_text(one.entry.actor_kind, one.entry.actor);
    one.actor.clone().or(id).unwrap_or_else(|| one.entry.actor_kind.code().to_owned())
}

fn row(one: &Named) -> Vec<String> {
    let entry = &one.entry;
    let why = entry.reason.clone().or_else(|| entry.detail.clone()).unwrap_or_default();
    vec![
        minute(&entry.at.to_string()),
        who(one),
        entry.verb.clone(),
        entry.refused.clone().unwrap_or_else(|| "done".to_owned()),
        why,
    ]
}

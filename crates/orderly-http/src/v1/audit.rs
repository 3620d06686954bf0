//! `/v1/audit`: who did or tried what.

use orderly_core::actor::Permission;
use orderly_core::id::{ApiKeyId, UserId};
use orderly_core::time::{Day, Instant};
use orderly_ops::Error;
use orderly_ops::ops::access::users;
use orderly_ops::ops::read::audit::{Filter, list as find};
use orderly_ops::wire::access::AuditOut;
use schemars::JsonSchema;
use serde::Deserialize;

use super::paging;
use crate::operation::get;
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    vec![get(
        "/v1/audit",
        "audit.list",
        "List who did or tried what, the newest first",
        Permission::ReadAudit,
        list,
    )]
}

/// Which entries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Entries {
    /// Only what this user or API key did: an e-mail address or an id.
    actor: Option<String>,
    /// Only commands that start with this, such as `order.`.
    verb: Option<String>,
    /// Only what was refused, or only what was done.
    refused: Option<bool>,
    /// From this day (UTC) or instant on.
    since: Option<String>,
    /// Before this day (UTC) or instant.
    until: Option<String>,
    /// The cursor of the page before. A page may be short, even empty, before the last.
    after: Option<String>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
}

fn instant(text: &str) -> Result<Instant, Error> {
    match Day::parse(text) {
        Ok(day) => Ok(day.start_in("UTC")),
        Err(_) => Ok(Instant::parse(text)?),
    }
}

fn list(cx: &Cx, wanted: Entries) -> Result<Done<Page<AuditOut>>, Error> {
    let actor = match wanted.actor.as_deref() {
        None => None,
        Some(text) => Some(match text.parse::<ApiKeyId>() {
            Ok(key) => UserId::from_bytes(key.as_bytes()),
            Err(_) => users::show(&cx.app, &cx.finding(), text)?.id,
        }),
    };
    let filter = Filter {
        actor,
        object: None,
        verb: wanted.verb,
        refused: wanted.refused,
        since: wanted.since.as_deref().map(instant).transpose()?,
        until: wanted.until.as_deref().map(instant).transpose()?,
        before: paging::cursor(wanted.after.as_deref())?,
        limit: i64::from(paging::limit(wanted.limit)),
    };
    let page = find(&cx.app, &cx.call, &filter)?;
    let next = page.before.map(|id| id.to_string());
    Ok(Done::of(Page::new(page.entries.iter().map(AuditOut::from).collect(), next)))
}

//! Who did or tried what: the audit, with filters and a cursor.

use orderly_core::actor::{ActorKind, Permission, Scope};
use orderly_core::id::{AuditId, UserId};
use orderly_core::time::Instant;
use orderly_store::tables::audit::{self, Entry};

use crate::ops::access;
use crate::{App, Call, Error};

/// Which entries are looked for; `None` looks for any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A user, or an API key by the same bytes.
    pub actor: Option<UserId>,
    pub object: Option<[u8; 16]>,
    /// The start of the verb, such as `order.`.
    pub verb: Option<String>,
    pub refused: Option<bool>,
    pub since: Option<Instant>,
    pub until: Option<Instant>,
    /// Where the page before ended.
    pub before: Option<AuditId>,
    /// At most 1,000; 100 where zero.
    pub limit: i64,
}

/// An entry with the name of who did it, where he has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub entry: Entry,
    pub actor: Option<String>,
    pub approved_by: Option<String>,
}

/// A page of entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Named>,
    /// Where the next page starts; `None` at the end. A page may be short, even empty, before that.
    pub before: Option<AuditId>,
}

/// Returns a page of the audit.
///
/// # Errors
/// Where the right `audit.read` is missing.
pub fn list(app: &App, call: &Call, filter: &Filter) -> Result<Page, Error> {
    call.require(Permission::ReadAudit, Scope::default())?;
    let limit = if filter.limit == 0 { 100 } else { filter.limit.clamp(1, 1_000) };
    let until = filter.until.map_or(AuditId::from_bytes([0xff; 16]), start_of);
    let before = filter.before.map_or(until, |before| before.min(until));
    let down_to = filter.since.map_or(AuditId::NONE, start_of);
    let wanted = audit::Filter {
        actor: filter.actor,
        object: filter.object,
        verb: filter.verb.clone().filter(|verb| !verb.is_empty()),
        refused: filter.refused,
    };
    app.store.read(|tx| {
        let found = audit::find(tx, &wanted, (before, down_to), limit)?;
        let actors = found.entries.iter().flat_map(|entry| {
            let approver = entry.approved_by.map(|id| (ActorKind::User, id));
            [Some((entry.actor_kind, entry.actor)), approver].into_iter().flatten()
        });
        let names = access::names(tx, actors.collect::<Vec<_>>())?;
        let named = |entry: Entry| Named {
            actor: names.get(&(entry.actor_kind, entry.actor)).cloned(),
            approved_by: entry
                .approved_by
                .and_then(|id| names.get(&(ActorKind::User, id)).cloned()),
            entry,
        };
        let entries = found.entries.into_iter().map(named).collect();
        Ok(Page { entries, before: found.before })
    })
}

/// The least id that an entry of this instant may have: ids start with their milliseconds.
fn start_of(at: Instant) -> AuditId {
    let millis = u128::try_from(at.micros().div_euclid(1_000)).unwrap_or(0);
    AuditId::from_bytes((millis << 80).to_be_bytes())
}

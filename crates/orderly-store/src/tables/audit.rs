//! Who asked for what, why, and what came of it. A book: rows are only added.

use orderly_core::actor::ActorKind;
use orderly_core::id::{AuditId, UserId};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx};

/// One command and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: AuditId,
    pub at: Instant,
    pub actor_kind: ActorKind,
    pub actor: UserId,
    pub verb: String,
    pub object_kind: Option<String>,
    pub object: Option<[u8; 16]>,
    pub key: Option<String>,
    /// The code of a refusal; `None` where it was done.
    pub refused: Option<String>,
    pub reason: Option<String>,
    pub approved_by: Option<UserId>,
    pub detail: Option<String>,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("at", Kind::Int),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("verb", Kind::Text),
    Column::new("object_kind", Kind::Text),
    Column::new("object_id", Kind::Bytes),
    Column::new("idempotency_key", Kind::Text),
    Column::new("outcome", Kind::Text),
    Column::new("code", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("approved_by", Kind::Bytes),
    Column::new("detail", Kind::Text),
];

/// Adds entries.
pub fn insert(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), StoreError> {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            vec![
                v(&entry.id),
                v(&entry.at),
                v(&entry.actor_kind),
                v(&entry.actor),
                v(&entry.verb),
                v(&entry.object_kind),
                v(&entry.object),
                v(&entry.key),
                v(if entry.refused.is_some() { "refused" } else { "done" }),
                v(&entry.refused),
                v(&entry.reason),
                v(&entry.approved_by),
                v(&entry.detail),
            ]
        })
        .collect();
    tx.insert_many("audit", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns up to `limit` entries before `before`, the newest first.
pub fn list(tx: &mut Tx<'_>, before: AuditId, limit: i64) -> Result<Vec<Entry>, StoreError> {
    tx.query(
        "SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
        &[&before, &limit],
        entry_from_row,
    )
}

/// Which entries are looked for; `None` looks for any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor: Option<UserId>,
    pub object: Option<[u8; 16]>,
    /// The start of the verb, such as `order.`.
    pub verb: Option<String>,
    pub refused: Option<bool>,
}

/// A page of entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub entries: Vec<Entry>,
    /// Where the next page starts; `None` at the end. A page may be short before the end: no more
    /// than [`SCAN`] entries are looked at.
    pub before: Option<AuditId>,
}

/// How many entries one page looks at.
pub const SCAN: i64 = 50_000;

/// Returns up to `limit` entries that the filter lets pass, from before one down to another, the
/// newest first.
pub fn find(
    tx: &mut Tx<'_>,
    filter: &Filter,
    (before, down_to): (AuditId, AuditId),
    limit: i64,
) -> Result<Found, StoreError> {
    let end = end_of_scan(tx, filter, before, down_to)?;
    let verb = filter.verb.as_deref();
    let entries = tx.query(
        "SELECT * FROM audit
          WHERE id < $1 AND id >= $2
            AND ($3 IS NULL OR actor_id = $3) AND ($4 IS NULL OR object_id = $4)
            AND ($5 IS NULL OR substr(verb, 1, length($5)) = $5)
            AND ($6 IS NULL OR outcome = $6)
          ORDER BY id DESC LIMIT $7",
        &[
            &before,
            &end.unwrap_or(down_to),
            &filter.actor,
            &filter.object,
            &verb,
            &filter.refused.map(|refused| if refused { "refused" } else { "done" }),
            &limit,
        ],
        entry_from_row,
    )?;
    let is_full = i64::try_from(entries.len()).is_ok_and(|found| found == limit);
    let before = if is_full { entries.last().map(|entry| entry.id) } else { end };
    Ok(Found { entries, before })
}

/// The entry at which a page stops looking; `None` where it looks to the end.
fn end_of_scan(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: AuditId,
    down_to: AuditId,
) -> Result<Option<AuditId>, StoreError> {
    let sql = match filter.refused {
        // Few are, and they have an index of their own.
        Some(true) => {
            "SELECT id FROM audit WHERE outcome = 'refused' AND id < $1 AND id >= $2
              ORDER BY id DESC LIMIT 1 OFFSET $3"
        }
        _ => "SELECT id FROM audit WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
    };
    tx.query_one(sql, &[&before, &down_to, &SCAN], |row| row.get("id"))
}

fn entry_from_row(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.get("id")?,
        at: row.get("at")?,
        actor_kind: row.get("actor_kind")?,
        actor: row.get("actor_id")?,
        verb: row.get("verb")?,
        object_kind: row.get("object_kind")?,
        object: row.get("object_id")?,
        key: row.get("idempotency_key")?,
        refused: row.get("code")?,
        reason: row.get("reason")?,
        approved_by: row.get("approved_by")?,
        detail: row.get("detail")?,
    })
}

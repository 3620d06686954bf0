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

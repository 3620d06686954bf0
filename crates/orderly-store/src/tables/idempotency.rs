//! What was asked under which key, and what was answered.

use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// One key's outcome: an object at a sequence, or a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub source: String,
    pub key: String,
    pub verb: String,
    pub request_hash: [u8; 16],
    pub result: Answer,
    pub created_at: Instant,
}

/// What is answered again when the key comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The object as it was at this sequence.
    Done { kind: String, id: [u8; 16], sequence: i64 },
    /// The refusal, as JSON.
    Refused { problem: String },
}

const COLUMNS: &[Column] = &[
    Column::new("source", Kind::Text),
    Column::new("key", Kind::Text),
    Column::new("verb", Kind::Text),
    Column::new("request_hash", Kind::Bytes),
    Column::new("outcome", Kind::Text),
    Column::new("object_kind", Kind::Text),
    Column::new("object_id", Kind::Bytes),
    Column::new("sequence", Kind::Int),
    Column::new("problem", Kind::Text),
    Column::new("created_at", Kind::Int),
];

/// Returns the outcome of a key.
pub fn get(tx: &mut Tx<'_>, source: &str, key: &str) -> Result<Option<Outcome>, StoreError> {
    tx.query_one(
        "SELECT * FROM idempotency WHERE source = $1 AND key = $2",
        &[&source, &key],
        outcome_from_row,
    )
}

/// Returns the outcomes of these sources' keys, in no order; a pair is given once.
pub fn get_many(tx: &mut Tx<'_>, keys: &[(&str, &str)]) -> Result<Vec<Outcome>, StoreError> {
    let rows: Vec<Vec<Value>> = keys.iter().map(|(source, key)| vec![v(source), v(key)]).collect();
    tx.query_many(
        "SELECT * FROM idempotency WHERE source = $1 AND key = $2",
        "SELECT i.* FROM unnest($1::text[], $2::text[]) AS k (source, key)
           JOIN idempotency i ON i.source = k.source AND i.key = k.key",
        &[Kind::Text, Kind::Text],
        &rows,
        outcome_from_row,
    )
}

/// Stores outcomes and returns how many were new: fewer than given means that another transaction
/// answered one of the keys first, and the caller must start again.
pub fn insert(tx: &mut Tx<'_>, outcomes: &[Outcome]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = outcomes.iter().map(row).collect();
    tx.insert_many("idempotency", COLUMNS, &rows, "ON CONFLICT DO NOTHING")
}

fn row(outcome: &Outcome) -> Vec<Value> {
    let (done, refused) = match &outcome.result {
        Answer::Done { kind, id, sequence } => (Some((kind.clone(), *id, *sequence)), None),
        Answer::Refused { problem } => (None, Some(problem.clone())),
    };
    vec![
        v(&outcome.source),
        v(&outcome.key),
        v(&outcome.verb),
        v(&outcome.request_hash),
        v(if done.is_some() { "done" } else { "refused" }),
        v(&done.as_ref().map(|(kind, _, _)| kind.clone())),
        v(&done.as_ref().map(|(_, id, _)| *id)),
        v(&done.as_ref().map(|(_, _, sequence)| *sequence)),
        v(&refused),
        v(&outcome.created_at),
    ]
}

fn outcome_from_row(row: &Row<'_>) -> Result<Outcome, StoreError> {
    let problem: Option<String> = row.get("problem")?;
    let result = match problem {
        Some(problem) => Answer::Refused { problem },
        None => Answer::Done {
            kind: row.get("object_kind")?,
            id: row.get("object_id")?,
            sequence: row.get("sequence")?,
        },
    };
    Ok(Outcome {
        source: row.get("source")?,
        key: row.get("key")?,
        verb: row.get("verb")?,
        request_hash: row.get("request_hash")?,
        result,
        created_at: row.get("created_at")?,
    })
}

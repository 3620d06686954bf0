//! Tasks: what is done later, at least once, with bounded attempts.

use orderly_core::id::TaskId;
use orderly_core::time::Instant;

use crate::{Engine, Row, StoreError, Tx};

/// Work that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    pub id: TaskId,
    pub kind: String,
    /// What it is about: one waiting task of a kind and key is enough.
    pub key: String,
    /// What it needs to know, as JSON.
    pub payload: String,
    /// How often it was started, this time included.
    pub attempts: i64,
    pub next_at: Instant,
    pub created_at: Instant,
}

/// Adds a task unless one of its kind and key is waiting and not started. Returns whether it was
/// added.
pub fn enqueue(tx: &mut Tx<'_>, task: &Task) -> Result<bool, StoreError> {
    let added = tx.exec(
        "INSERT INTO task (id, kind, key, state, payload, attempts, next_at, created_at)
         SELECT $1, $2, $3, 'waiting', $4, 0, $5, $6
          WHERE NOT EXISTS (SELECT 1 FROM task
              WHERE kind = $2 AND key = $3 AND state = 'waiting' AND lease_until IS NULL)",
        &[&task.id, &task.kind, &task.key, &task.payload, &task.next_at, &task.created_at],
    )?;
    Ok(added == 1)
}

/// Takes up to `limit` tasks of a kind that are due and nobody works on, oldest first, and leases
/// them to `owner` until `until`. Counts the attempt.
pub fn claim(
    tx: &mut Tx<'_>,
    kind: &str,
    owner: &str,
    now: Instant,
    until: Instant,
    limit: u32,
) -> Result<Vec<Task>, StoreError> {
    let skip = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "UPDATE task SET lease_owner = $2, lease_until = $4, attempts = attempts + 1
          WHERE id IN (
              SELECT id FROM task
               WHERE kind = $1 AND state = 'waiting' AND next_at <= $3
                 AND (lease_until IS NULL OR lease_until <= $3)
               ORDER BY next_at, id LIMIT $5 {skip})
          RETURNING *"
    );
    let mut tasks = tx.query(&sql, &[&kind, &owner, &now, &until, &limit], task_from_row)?;
    tasks.sort_by_key(|task| (task.next_at, task.id));
    Ok(tasks)
}

/// Ends a task that `owner` holds. Returns whether it still held it.
pub fn finish(tx: &mut Tx<'_>, id: TaskId, owner: &str, now: Instant) -> Result<bool, StoreError> {
    let done = tx.exec(
        "UPDATE task SET state = 'done', done_at = $3, lease_owner = NULL, lease_until = NULL
          WHERE id = $1 AND lease_owner = $2 AND state = 'waiting'",
        &[&id, &owner, &now],
    )?;
    Ok(done == 1)
}

/// Gives a failed task back: to be tried at `next`, or never again.
pub fn fail(
    tx: &mut Tx<'_>,
    id: TaskId,
    owner: &str,
    next: Option<Instant>,
) -> Result<bool, StoreError> {
    let given = tx.exec(
        "UPDATE task SET state = CASE WHEN $3 IS NULL THEN 'dead' ELSE 'waiting' END,
             next_at = COALESCE($3, next_at), lease_owner = NULL, lease_until = NULL
          WHERE id = $1 AND lease_owner = $2 AND state = 'waiting'",
        &[&id, &owner, &next],
    )?;
    Ok(given == 1)
}

/// Ends every waiting task of a kind and key that a person has done. Returns how many.
pub fn settle(tx: &mut Tx<'_>, kind: &str, key: &str, now: Instant) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE task SET state = 'done', done_at = $3
          WHERE kind = $1 AND key = $2 AND state = 'waiting'",
        &[&kind, &key, &now],
    )
}

/// Returns up to `limit` waiting tasks of a kind, those due first in front.
pub fn waiting(tx: &mut Tx<'_>, kind: &str, limit: u32) -> Result<Vec<Task>, StoreError> {
    tx.query(
        "SELECT * FROM task WHERE kind = $1 AND state = 'waiting' ORDER BY next_at, id LIMIT $2",
        &[&kind, &limit],
        task_from_row,
    )
}

fn task_from_row(row: &Row<'_>) -> Result<Task, StoreError> {
    Ok(Task {
        id: row.get("id")?,
        kind: row.get("kind")?,
        key: row.get("key")?,
        payload: row.get("payload")?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        created_at: row.get("created_at")?,
    })
}

//! Dispatches: one event on its way to one webhook, claimed under a lease, in order per stream.

use orderly_core::id::{DispatchId, WebhookId};
use orderly_core::time::Instant;
use orderly_core::webhook::{Attempted, Dispatch, DispatchState};

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("webhook_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("event_id", Kind::Bytes),
    Column::new("stream_id", Kind::Bytes),
    Column::new("sequence", Kind::Int),
    Column::new("kind", Kind::Text),
    Column::new("state", Kind::Text),
    Column::new("attempts", Kind::Int),
    Column::new("next_at", Kind::Int),
    Column::new("fence", Kind::Int),
    Column::new("created_at", Kind::Int),
];

/// Nothing earlier of the stream waits or is dead: its turn has come.
const ITS_TURN: &str = "NOT EXISTS (SELECT 1 FROM dispatch e
     WHERE e.webhook_id = d.webhook_id AND e.stream_id = d.stream_id
       AND e.sequence < d.sequence AND e.state IN ('waiting', 'dead'))";

/// Adds dispatches; one of a webhook and position that is there already stays as it is. Returns
/// how many are new.
pub fn insert(tx: &mut Tx<'_>, all: &[Dispatch]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = all
        .iter()
        .map(|one| {
            vec![
                v(&one.id),
                v(&one.webhook),
                v(&one.position),
                v(&one.event),
                v(&one.stream),
                v(&one.sequence),
                v(&one.kind),
                v(&one.state),
                v(&one.attempts),
                v(&one.next_at),
                v(&one.fence),
                v(&one.created_at),
            ]
        })
        .collect();
    tx.insert_many("dispatch", COLUMNS, &rows, "ON CONFLICT (webhook_id, position) DO NOTHING")
}

/// Returns a dispatch.
pub fn get(tx: &mut Tx<'_>, id: DispatchId) -> Result<Option<Dispatch>, StoreError> {
    tx.query_one("SELECT * FROM dispatch WHERE id = $1", &[&id], from_row)
}

/// Returns the webhooks that take events, are not paused, and have something due that nobody works
/// on.
pub fn due(tx: &mut Tx<'_>, now: Instant) -> Result<Vec<WebhookId>, StoreError> {
    tx.query(
        "SELECT w.id FROM webhook w
          WHERE w.state = 'active' AND (w.paused_until IS NULL OR w.paused_until <= $1)
            AND EXISTS (SELECT 1 FROM dispatch d
                 WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_at <= $1
                   AND (d.lease_until IS NULL OR d.lease_until <= $1))
          ORDER BY w.id",
        &[&now],
        |row| row.get("id"),
    )
}

/// When the next dispatch of an active webhook is due after `now`.
pub fn next_due(tx: &mut Tx<'_>, now: Instant) -> Result<Option<Instant>, StoreError> {
    let next = tx.query_one(
        "SELECT MIN((SELECT MIN(d.next_at) FROM dispatch d
                      WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_at > $1)) AS next
           FROM webhook w WHERE w.state = 'active'",
        &[&now],
        |row| row.get("next"),
    )?;
    Ok(next.flatten())
}

/// Takes the webhook's next dispatch whose turn has come, leases it to `owner` until `until`, and
/// counts the attempt. `None` where nothing is due, or `width` of them are on their way already.
pub fn claim(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
    owner: &str,
    now: Instant,
    until: Instant,
    width: i64,
) -> Result<Option<Dispatch>, StoreError> {
    let skip = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "UPDATE dispatch SET lease_owner = $2, lease_until = $4, attempts = attempts + 1,
             fence = fence + 1
          WHERE id IN (
              SELECT d.id FROM dispatch d
               WHERE d.webhook_id = $1 AND d.state = 'waiting' AND d.next_at <= $3
                 AND (d.lease_until IS NULL OR d.lease_until <= $3) AND {ITS_TURN}
                 AND $5 > (SELECT COUNT(*) FROM dispatch f
                            WHERE f.webhook_id = $1 AND f.state = 'waiting' AND f.next_at <= $3
                              AND f.lease_until > $3)
               ORDER BY d.next_at, d.position LIMIT 1 {skip})
          RETURNING *"
    );
    tx.query_one(&sql, &[&webhook, &owner, &now, &until, &width], from_row)
}

/// Keeps what came of an attempt, where the claim is still the last one: the dispatch is done, is
/// tried again at `next`, or is dead. What follows in the stream of one that failed waits with it.
/// Returns whether the claim still stood.
pub fn finish(
    tx: &mut Tx<'_>,
    one: &Dispatch,
    result: &Attempted,
    next: Option<Instant>,
    now: Instant,
) -> Result<bool, StoreError> {
    let state = match (result.arrived(), next) {
        (true, _) => DispatchState::Done,
        (false, Some(_)) => DispatchState::Waiting,
        (false, None) => DispatchState::Dead,
    };
    let ended = (state != DispatchState::Waiting).then_some(now);
    let kept = tx.exec(
        "UPDATE dispatch SET state = $3, next_at = COALESCE($4, next_at), lease_owner = NULL,
             lease_until = NULL, last_status = $5, last_error = $6, last_response = $7,
             last_at = $8, ended_at = $9
          WHERE id = $1 AND fence = $2 AND state = 'waiting'",
        &[
            &one.id,
            &one.fence,
            &state,
            &next,
            &result.status,
            &result.error,
            &result.response,
            &now,
            &ended,
        ],
    )?;
    if kept == 1 && state == DispatchState::Waiting {
        tx.exec(
            "UPDATE dispatch SET next_at = $4
              WHERE webhook_id = $1 AND stream_id = $2 AND sequence > $3 AND state = 'waiting'
                AND next_at < $4",
            &[&one.webhook, &one.stream, &one.sequence, &next],
        )?;
    }
    Ok(kept == 1)
}

/// Which dispatches to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub webhook: Option<WebhookId>,
    pub state: Option<DispatchState>,
    /// The order or other stream.
    pub stream: Option<[u8; 16]>,
    /// Only what was added before this one.
    pub before: Option<DispatchId>,
}

/// Returns up to `limit` dispatches, the latest first.
pub fn list(tx: &mut Tx<'_>, wanted: &Wanted, limit: i64) -> Result<Vec<Dispatch>, StoreError> {
    tx.query(
        "SELECT * FROM dispatch
          WHERE ($1 IS NULL OR webhook_id = $1) AND ($2 IS NULL OR state = $2)
            AND ($3 IS NULL OR stream_id = $3) AND ($4 IS NULL OR id < $4)
          ORDER BY id DESC LIMIT $5",
        &[&wanted.webhook, &wanted.state, &wanted.stream, &wanted.before, &limit],
        from_row,
    )
}

/// How many dispatches of a webhook are in each state.
pub fn counts(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
) -> Result<Vec<(DispatchState, i64)>, StoreError> {
    tx.query(
        "SELECT state, COUNT(*) AS n FROM dispatch WHERE webhook_id = $1
          GROUP BY state ORDER BY state",
        &[&webhook],
        |row| Ok((row.get("state")?, row.get("n")?)),
    )
}

/// Sends a dispatch again from its first attempt, whatever became of it. What follows in its
/// stream is due with it. Returns whether it was not waiting already.
pub fn replay(tx: &mut Tx<'_>, one: &Dispatch, now: Instant) -> Result<bool, StoreError> {
    let again = tx.exec(
        "UPDATE dispatch SET state = 'waiting', attempts = 0, next_at = $2, ended_at = NULL,
             lease_owner = NULL, lease_until = NULL
          WHERE id = $1 AND state <> 'waiting'",
        &[&one.id, &now],
    )?;
    release(tx, one, now)?;
    Ok(again == 1)
}

/// Gives a dispatch up that waits or is dead: what follows in its stream goes on. Returns whether
/// it was one of them and nobody works on it.
pub fn skip(tx: &mut Tx<'_>, one: &Dispatch, now: Instant) -> Result<bool, StoreError> {
    let skipped = tx.exec(
        "UPDATE dispatch SET state = 'skipped', ended_at = $2
          WHERE id = $1 AND state IN ('waiting', 'dead')
            AND (lease_until IS NULL OR lease_until <= $2)",
        &[&one.id, &now],
    )?;
    release(tx, one, now)?;
    Ok(skipped == 1)
}

/// Gives up whatever waits or is dead of a webhook that is deleted. Returns how many.
pub fn skip_all(tx: &mut Tx<'_>, webhook: WebhookId, now: Instant) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE dispatch SET state = 'skipped', ended_at = $2
          WHERE webhook_id = $1 AND state IN ('waiting', 'dead')",
        &[&webhook, &now],
    )
}

/// What follows in the stream is due now.
fn release(tx: &mut Tx<'_>, one: &Dispatch, now: Instant) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE dispatch SET next_at = $4
          WHERE webhook_id = $1 AND stream_id = $2 AND sequence > $3 AND state = 'waiting'
            AND next_at > $4",
        &[&one.webhook, &one.stream, &one.sequence, &now],
    )?;
    Ok(())
}

/// Sends again what a webhook did not get, from a position on: the dead and the skipped, and with
/// `all` what arrived too. Returns how many.
pub fn replay_after(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
    position: i64,
    all: bool,
    now: Instant,
) -> Result<u64, StoreError> {
    tx.exec(
        "UPDATE dispatch SET state = 'waiting', attempts = 0, next_at = $3, ended_at = NULL,
             lease_owner = NULL, lease_until = NULL
          WHERE webhook_id = $1 AND position > $2
            AND (state IN ('dead', 'skipped') OR ($4 = 1 AND state = 'done'))",
        &[&webhook, &position, &now, &i64::from(all)],
    )
}

/// How many dispatches somebody works on.
pub fn on_their_way(tx: &mut Tx<'_>, now: Instant) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM dispatch WHERE state = 'waiting' AND lease_until > $1";
    Ok(tx.query_one(sql, &[&now], |row| row.get("n"))?.unwrap_or(0))
}

fn from_row(row: &Row<'_>) -> Result<Dispatch, StoreError> {
    Ok(Dispatch {
        id: row.get("id")?,
        webhook: row.get("webhook_id")?,
        position: row.get("position")?,
        event: row.get("event_id")?,
        stream: row.get("stream_id")?,
        sequence: row.get("sequence")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        fence: row.get("fence")?,
        last_status: row.get("last_status")?,
        last_error: row.get("last_error")?,
        last_response: row.get("last_response")?,
        last_at: row.get("last_at")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
    })
}

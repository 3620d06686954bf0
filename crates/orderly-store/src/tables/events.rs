//! Events, the rows that wait for the sequencer, and the feed with its hash chain.

use orderly_core::actor::ActorKind;
use orderly_core::id::{EventId, UserId};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

/// One typed change of one stream. `changes` is JSON in the domain's durable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub stream_kind: String,
    pub stream: [u8; 16],
    /// Gap-free within the stream, from 1.
    pub sequence: i64,
    pub id: EventId,
    /// `noun.verb_past`, such as `order.placed`.
    pub kind: String,
    pub format: i64,
    pub at: Instant,
    pub recorded_at: Instant,
    pub actor_kind: ActorKind,
    pub actor: UserId,
    pub reason: Option<String>,
    pub approved_by: Option<UserId>,
    pub changes: String,
}

/// A place in the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Gap-free from 1, in the order of sequencing.
    pub position: i64,
    pub stream: [u8; 16],
    pub sequence: i64,
    /// The hash of this event chained to the one before.
    pub hash: Vec<u8>,
}

const COLUMNS: &[Column] = &[
    Column::new("stream_id", Kind::Bytes),
    Column::new("sequence", Kind::Int),
    Column::new("id", Kind::Bytes),
    Column::new("stream_kind", Kind::Text),
    Column::new("kind", Kind::Text),
    Column::new("format", Kind::Int),
    Column::new("at", Kind::Int),
    Column::new("recorded_at", Kind::Int),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("reason", Kind::Text),
    Column::new("approved_by", Kind::Bytes),
    Column::new("changes", Kind::Text),
];

const PENDING: &[Column] = &[
    Column::new("stream_id", Kind::Bytes),
    Column::new("sequence", Kind::Int),
    Column::new("recorded_at", Kind::Int),
];

const FEED: &[Column] = &[
    Column::new("position", Kind::Int),
    Column::new("stream_id", Kind::Bytes),
    Column::new("sequence", Kind::Int),
    Column::new("hash", Kind::Bytes),
];

/// Adds events and the pending row of each, in the transaction that changes their object.
pub fn record(tx: &mut Tx<'_>, events: &[Event]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = events
        .iter()
        .map(|event| {
            vec![
                v(&event.stream),
                v(&event.sequence),
                v(&event.id),
                v(&event.stream_kind),
                v(&event.kind),
                v(&event.format),
                v(&event.at),
                v(&event.recorded_at),
                v(&event.actor_kind),
                v(&event.actor),
                v(&event.reason),
                v(&event.approved_by),
                v(&event.changes),
            ]
        })
        .collect();
    tx.insert_many("event", COLUMNS, &rows, "")?;
    let waiting: Vec<Vec<Value>> = events
        .iter()
        .map(|event| vec![v(&event.stream), v(&event.sequence), v(&event.recorded_at)])
        .collect();
    tx.insert_many("pending", PENDING, &waiting, "")?;
    Ok(())
}

/// Returns the events of a stream up to a sequence, oldest first.
pub fn of_stream(tx: &mut Tx<'_>, stream: [u8; 16], up_to: i64) -> Result<Vec<Event>, StoreError> {
    tx.query(
        "SELECT * FROM event WHERE stream_id = $1 AND sequence <= $2 ORDER BY sequence",
        &[&stream, &up_to],
        event_from_row,
    )
}

/// Returns every event of these streams, each stream's oldest first.
pub fn of_streams(tx: &mut Tx<'_>, streams: &[[u8; 16]]) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<Vec<Value>> = streams.iter().map(|stream| vec![v(stream)]).collect();
    tx.query_many(
        "SELECT * FROM event WHERE stream_id = $1 ORDER BY sequence",
        "SELECT e.* FROM unnest($1::bytea[]) AS k (stream_id)
           JOIN event e ON e.stream_id = k.stream_id ORDER BY e.stream_id, e.sequence",
        &[Kind::Bytes],
        &rows,
        event_from_row,
    )
}

/// Returns up to `limit` events of the feed after a position, each with its position.
pub fn after(
    tx: &mut Tx<'_>,
    position: i64,
    limit: i64,
) -> Result<Vec<(Position, Event)>, StoreError> {
    tx.query(
        "SELECT f.position, f.hash, e.* FROM feed f
           JOIN event e ON e.stream_id = f.stream_id AND e.sequence = f.sequence
          WHERE f.position > $1 ORDER BY f.position LIMIT $2",
        &[&position, &limit],
        fed_from_row,
    )
}

/// Returns up to `limit` events of one stream in the feed after a position.
pub fn stream_after(
    tx: &mut Tx<'_>,
    stream: [u8; 16],
    position: i64,
    limit: i64,
) -> Result<Vec<(Position, Event)>, StoreError> {
    tx.query(
        "SELECT f.position, f.hash, e.* FROM feed f
           JOIN event e ON e.stream_id = f.stream_id AND e.sequence = f.sequence
          WHERE f.stream_id = $1 AND f.position > $2 ORDER BY f.position LIMIT $3",
        &[&stream, &position, &limit],
        fed_from_row,
    )
}

/// Returns one event of the feed by its stream and sequence.
pub fn fed(
    tx: &mut Tx<'_>,
    stream: [u8; 16],
    sequence: i64,
) -> Result<Option<(Position, Event)>, StoreError> {
    tx.query_one(
        "SELECT f.position, f.hash, e.* FROM feed f
           JOIN event e ON e.stream_id = f.stream_id AND e.sequence = f.sequence
          WHERE f.stream_id = $1 AND f.sequence = $2",
        &[&stream, &sequence],
        fed_from_row,
    )
}

fn fed_from_row(row: &Row<'_>) -> Result<(Position, Event), StoreError> {
    let event = event_from_row(row)?;
    let (position, hash) = (row.get("position")?, row.get("hash")?);
    let (stream, sequence) = (event.stream, event.sequence);
    Ok((Position { position, stream, sequence, hash }, event))
}

/// The last place of the feed; `None` while it is empty.
pub fn last(tx: &mut Tx<'_>) -> Result<Option<Position>, StoreError> {
    tx.query_one("SELECT * FROM feed ORDER BY position DESC LIMIT 1", &[], |row| {
        Ok(Position {
            position: row.get("position")?,
            stream: row.get("stream_id")?,
            sequence: row.get("sequence")?,
            hash: row.get("hash")?,
        })
    })
}

/// Returns up to about `limit` events that wait for the feed, such that each stream's events come
/// in sequence and none is left behind an earlier one.
///
/// A later event of a stream is committed after the earlier ones, so whatever is visible here has
/// its predecessors visible too, or already in the feed.
pub fn waiting(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Event>, StoreError> {
    tx.query(
        "SELECT e.* FROM event e
           JOIN pending p ON p.stream_id = e.stream_id AND p.sequence = e.sequence
          WHERE p.stream_id IN
                (SELECT stream_id FROM pending ORDER BY stream_id LIMIT $1)
          ORDER BY e.recorded_at, e.stream_id, e.sequence",
        &[&limit],
        event_from_row,
    )
}

/// Moves events to the feed: adds their places and deletes their pending rows.
pub fn publish(tx: &mut Tx<'_>, places: &[Position]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = places
        .iter()
        .map(|place| vec![v(&place.position), v(&place.stream), v(&place.sequence), v(&place.hash)])
        .collect();
    tx.insert_many("feed", FEED, &rows, "")?;
    let keys: Vec<Vec<Value>> =
        places.iter().map(|place| vec![v(&place.stream), v(&place.sequence)]).collect();
    tx.exec_many(
        "DELETE FROM pending WHERE stream_id = $1 AND sequence = $2",
        "DELETE FROM pending p USING unnest($1::bytea[], $2::bigint[]) AS k (stream_id, sequence)
          WHERE p.stream_id = k.stream_id AND p.sequence = k.sequence",
        &[Kind::Bytes, Kind::Int],
        &keys,
    )?;
    Ok(())
}

/// How many events wait for the feed.
pub fn count_waiting(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let count = tx.query_one("SELECT COUNT(*) AS n FROM pending", &[], |row| row.get("n"))?;
    Ok(count.unwrap_or(0))
}

/// Takes or renews a lease; returns its fence, or `None` while another owner holds it.
pub fn lease(
    tx: &mut Tx<'_>,
    name: &str,
    owner: &str,
    now: Instant,
    until: Instant,
) -> Result<Option<i64>, StoreError> {
    tx.query_one(
        "INSERT INTO lease (name, owner, fence, until_at) VALUES ($1, $2, 1, $4)
         ON CONFLICT (name) DO UPDATE SET
             owner = $2,
             fence = CASE WHEN lease.owner = $2 THEN lease.fence ELSE lease.fence + 1 END,
             until_at = $4
           WHERE lease.owner = $2 OR lease.until_at <= $3
         RETURNING fence",
        &[&name, &owner, &now, &until],
        |row| row.get("fence"),
    )
}

/// Whether the fence is still the lease's: guards what a paused owner might do late. Locks the
/// lease until the transaction ends.
pub fn holds(tx: &mut Tx<'_>, name: &str, owner: &str, fence: i64) -> Result<bool, StoreError> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT 1 AS one FROM lease WHERE name = $1 AND owner = $2 AND fence = $3"
        }
        Engine::Postgres => {
            "SELECT 1::bigint AS one FROM lease
              WHERE name = $1 AND owner = $2 AND fence = $3 FOR UPDATE"
        }
    };
    Ok(tx.query_one(sql, &[&name, &owner, &fence], |row| row.get::<i64>("one"))?.is_some())
}

pub(crate) fn event_from_row(row: &Row<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        stream_kind: row.get("stream_kind")?,
        stream: row.get("stream_id")?,
        sequence: row.get("sequence")?,
        id: row.get("id")?,
        kind: row.get("kind")?,
        format: row.get("format")?,
        at: row.get("at")?,
        recorded_at: row.get("recorded_at")?,
        actor_kind: row.get("actor_kind")?,
        actor: row.get("actor_id")?,
        reason: row.get("reason")?,
        approved_by: row.get("approved_by")?,
        changes: row.get("changes")?,
    })
}

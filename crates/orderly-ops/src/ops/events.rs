//! Recording events with their objects, and the sequencer that brings them into the feed.

pub mod catalog;
pub mod feed;

use orderly_core::actor::ActorKind;
use orderly_core::id::{EventId, IdSource};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::events::{self, Event, Position};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{App, Call, Error};

/// The name of the sequencer's lease.
const LEASE: &str = "sequencer";
/// How long the sequencer may be silent before another takes over, in microseconds.
const LEASE_MICROS: i64 = 10_000_000;
/// Streams brought into the feed in one transaction.
const BATCH: i64 = 2_000;

/// Where an event belongs and what it says.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    pub stream_kind: &'a str,
    pub stream: [u8; 16],
    pub sequence: i64,
    /// `noun.verb_past`.
    pub kind: &'a str,
    pub at: Instant,
}

/// Builds an event of a call; `changes` is the durable form of what changed.
pub fn event<C: Serialize + ?Sized>(
    call: &Call,
    ids: &mut IdSource,
    happened: Happened<'_>,
    changes: &C,
) -> Event {
    debug_assert!(catalog::is_known(happened.kind), "{} is in no catalog", happened.kind);
    let approval = call.approval.as_ref();
    Event {
        stream_kind: happened.stream_kind.into(),
        stream: happened.stream,
        sequence: happened.sequence,
        id: ids.draw::<EventId>(),
        kind: happened.kind.into(),
        format: orderly_core::order::change::FORMAT,
        at: happened.at,
        recorded_at: call.now,
        actor_kind: call.actor.kind,
        actor: call.actor.id,
        reason: call.reason.clone(),
        approved_by: approval.map(|approval| approval.by.id),
        changes: serde_json::to_string(changes).expect("durable forms have text keys only"),
    }
}

/// What actors are called who are nobody in particular.
fn actor_name(kind: ActorKind) -> Option<&'static str> {
    match kind {
        ActorKind::Owner => Some("owner"),
        ActorKind::Task => Some("Orderly"),
        _ => None,
    }
}

/// Extends the hash chain by one event: SHA-256 over the hash before and every field of the event,
/// each with its length.
pub fn chain(before: &[u8], position: i64, event: &Event) -> Vec<u8> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(before);
    add(&position.to_be_bytes());
    add(event.stream_kind.as_bytes());
    add(&event.stream);
    add(&event.sequence.to_be_bytes());
    add(&event.id.as_bytes());
    add(event.kind.as_bytes());
    add(&event.format.to_be_bytes());
    add(&event.at.micros().to_be_bytes());
    add(&event.recorded_at.micros().to_be_bytes());
    add(event.actor_kind.code().as_bytes());
    add(&event.actor.as_bytes());
    add(event.reason.as_deref().unwrap_or_default().as_bytes());
    add(&event.approved_by.map_or([0; 16], |actor| actor.as_bytes()));
    add(event.changes.as_bytes());
    hash.finalize().to_vec()
}

/// Whether events wait for the feed: cheaper than to ask for the lease.
pub fn is_waiting(app: &App) -> Result<bool, Error> {
    Ok(app.store.read(events::count_waiting)? > 0)
}

/// Moves everything that waits into the feed, and returns how many events were moved. Another
/// sequencer's lease makes it zero.
///
/// `owner` names this process. Positions are gap-free because only the holder of the lease, with
/// its current fence, adds them.
pub fn sequence(app: &App, owner: &str, now: Instant) -> Result<u64, Error> {
    let mut moved = 0;
    loop {
        let batch = app.store.write(|tx| sequence_batch(tx, owner, now))?;
        moved += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(moved);
        }
    }
}

fn sequence_batch(tx: &mut Tx<'_>, owner: &str, now: Instant) -> Result<u64, Error> {
    let until = now.plus_micros(LEASE_MICROS);
    let Some(fence) = events::lease(tx, LEASE, owner, now, until)? else { return Ok(0) };
    if !events::holds(tx, LEASE, owner, fence)? {
        return Ok(0);
    }
    let waiting = in_order(events::waiting(tx, BATCH)?);
    let last = events::last(tx)?;
    let (mut position, mut hash) = last.map_or((0, vec![0; 32]), |last| (last.position, last.hash));
    let mut places = Vec::with_capacity(waiting.len());
    for event in &waiting {
        position += 1;
        hash = chain(&hash, position, event);
        let (stream, sequence) = (event.stream, event.sequence);
        places.push(Position { position, stream, sequence, hash: hash.clone() });
    }
    events::publish(tx, &places)?;
    super::webhooks::fan_out(tx, &places, &waiting, now)?;
    Ok(places.len() as u64)
}

/// Sorts by recorded time, each stream in its own sequence even where the clock went back.
fn in_order(mut waiting: Vec<Event>) -> Vec<Event> {
    waiting.sort_by_key(|event| (event.stream, event.sequence));
    let mut keyed: Vec<(Instant, Event)> = Vec::with_capacity(waiting.len());
    for event in waiting {
        let at = match keyed.last() {
            Some((at, before)) if before.stream == event.stream => event.recorded_at.max(*at),
            _ => event.recorded_at,
        };
        keyed.push((at, event));
    }
    keyed.sort_by_key(|(at, event)| (*at, event.stream, event.sequence));
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// Returns the position of the last event in the feed; 0 while it is empty.
pub fn position(app: &App) -> Result<i64, Error> {
    app.store.read(|tx| Ok(events::last(tx)?.map_or(0, |last| last.position)))
}

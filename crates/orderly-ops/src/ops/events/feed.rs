//! Reading the feed: events with the object as it was after each, folded once per page.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use orderly_core::actor::{ActorKind, Permission, Scope};
use orderly_core::id::{self, EventId, OrderId, UserId};
use orderly_core::order::Order;
use orderly_core::order::change::{Change, fold};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_core::webhook::matches;
use orderly_store::Tx;
use orderly_store::tables::events::{self, Event, Position};
use serde_json::Value;

use super::catalog;
use crate::ops::read::orders::{self as read, Shown};
use crate::wire::events::{ActorOut, EventOut, FeedOut, SubjectOut, changes};
use crate::wire::out::OrderOut;
use crate::{App, Call, Error};

/// The most events of one page.
pub const MAX_PAGE: i64 = 500;
/// Places looked at for one page that wants only some types.
const SCANNED: i64 = 10_000;

/// Which events to read.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only what comes after this position; 0 for all.
    pub after: i64,
    /// The number or id of an order, or the id of anything else that has events.
    pub of: Option<String>,
    /// `order.placed`, `order.*`; empty for all.
    pub types: Vec<String>,
    /// At most [`MAX_PAGE`].
    pub limit: i64,
    /// Without the object and its changes.
    pub thin: bool,
}

/// Returns a page of the feed after a position.
///
/// # Errors
/// `unknown_event_type`, `invalid_field` for a negative position, `not_found` for an order.
///
/// Who may read only the orders of some channels gets the events of these.
pub fn after(app: &App, call: &Call, wanted: &Wanted) -> Result<FeedOut, Error> {
    call.require_somewhere(Permission::Read)?;
    catalog::check(&wanted.types)?;
    if wanted.after < 0 {
        let detail = "positions count from 1; 0 is before the first";
        return Err(Refusal::at(Code::InvalidField, "/after", detail).into());
    }
    let limit = wanted.limit.clamp(1, MAX_PAGE);
    app.store.read(|tx| {
        let stream = wanted.of.as_deref().map(|of| stream_of(tx, of)).transpose()?;
        let (found, next, has_more) = scan(tx, call, wanted, stream, limit)?;
        let data = render(tx, &found, wanted.thin)?;
        Ok(FeedOut { object: "list", data, next, has_more })
    })
}

/// The last position of the feed: where a reader who wants only news starts.
pub fn last(app: &App, call: &Call) -> Result<i64, Error> {
    call.require_somewhere(Permission::Read)?;
    Ok(app.store.read(events::last)?.map_or(0, |last| last.position))
}

/// The stream that a text names: an order by anything that names one, anything else by its id.
fn stream_of(tx: &mut Tx<'_>, text: &str) -> Result<[u8; 16], Error> {
    match id::bytes_of(text) {
        Some((prefix, bytes)) if prefix != OrderId::PREFIX => Ok(bytes),
        _ => Ok(read::find(tx, text)?.as_bytes()),
    }
}

/// Looks through the feed for a page of events that match and the caller may see. Returns them,
/// where to read on, and whether there is more.
fn scan(
    tx: &mut Tx<'_>,
    call: &Call,
    wanted: &Wanted,
    stream: Option<[u8; 16]>,
    limit: i64,
) -> Result<(Vec<(Position, Event)>, i64, bool), Error> {
    let mut seen = Channels::default();
    let (mut found, mut next, mut scanned) = (Vec::new(), wanted.after, 0);
    loop {
        let rows = match stream {
            Some(stream) => events::stream_after(tx, stream, next, limit + 1)?,
            None => events::after(tx, next, limit + 1)?,
        };
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
        for (place, event) in rows {
            if i64::try_from(found.len()).unwrap_or(i64::MAX) == limit || scanned == SCANNED {
                return Ok((found, next, true));
            }
            next = place.position;
            scanned += 1;
            let types = &wanted.types;
            let matched = types.is_empty() || types.iter().any(|one| matches(one, &event.kind));
            if matched && seen.may_read(tx, call, &event)? {
                found.push((place, event));
            }
        }
        if !more {
            return Ok((found, next, false));
        }
    }
}

/// The channels of the orders met, for callers who may read only some.
#[derive(Default)]
struct Channels(HashMap<[u8; 16], Scope>);

impl Channels {
    fn may_read(&mut self, tx: &mut Tx<'_>, call: &Call, event: &Event) -> Result<bool, Error> {
        if call.actor.may(Permission::Read, Scope::default()) {
            return Ok(true);
        }
        if event.stream_kind != "order" {
            return Ok(false);
        }
        let scope = match self.0.entry(event.stream) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let id = OrderId::from_bytes(event.stream);
                let known = orderly_store::tables::webhooks::channels_of(tx, &[id])?;
                let channel = known.first().map(|(_, channel)| *channel);
                *free.insert(Scope { channel, ..Scope::default() })
            }
        };
        Ok(call.actor.may(Permission::Read, scope))
    }
}

/// Renders events of the feed, in their order.
pub fn render(
    tx: &mut Tx<'_>,
    page: &[(Position, Event)],
    thin: bool,
) -> Result<Vec<EventOut>, Error> {
    let mut subjects: HashMap<[u8; 16], Subject> = HashMap::new();
    let mut out: Vec<EventOut> = page.iter().map(|(place, event)| head(place, event)).collect();
    if thin {
        return Ok(out);
    }
    for (index, (place, event)) in page.iter().enumerate() {
        if !subjects.contains_key(&event.stream) {
            let own = page.iter().filter(|(_, other)| other.stream == event.stream);
            let up_to = own.map(|(place, _)| place.sequence).max().unwrap_or(place.sequence);
            subjects.insert(event.stream, Subject::load(tx, event, up_to)?);
        }
        let subject = subjects.get_mut(&event.stream).expect("it was just loaded");
        let (data, changed) = subject.at(tx, event.sequence)?;
        out[index].data = Some(data);
        out[index].changes = Some(changed);
    }
    Ok(out)
}

/// What every event says, thin or not.
fn head(place: &Position, event: &Event) -> EventOut {
    let is_order = event.stream_kind == "order";
    let id = id::text_of(prefix_of(&event.stream_kind), event.stream);
    EventOut {
        object: "event",
        id: event.id.to_string(),
        kind: event.kind.clone(),
        order: is_order.then(|| id.clone()),
        subject: SubjectOut { kind: event.stream_kind.clone(), id },
        sequence: event.sequence,
        at: event.at.to_string(),
        recorded_at: event.recorded_at.to_string(),
        actor: ActorOut {
            kind: event.actor_kind.code(),
            id: Some(event.actor).filter(|id| !id.is_none()).map(|id| id.to_string()),
            name: super::actor_name(event.actor_kind).map(str::to_owned),
        },
        reason: event.reason.clone(),
        position: place.position,
        data: None,
        changes: None,
    }
}

/// A type of event as a thin event says it: for the documentation.
pub fn example(kind: &str) -> EventOut {
    let at = Instant::from_micros(1_779_959_524_000_000);
    let event = Event {
        stream_kind: stream_kind_of(kind).into(),
        stream: [2; 16],
        sequence: 3,
        id: EventId::from_bytes([1; 16]),
        kind: kind.into(),
        format: orderly_core::order::change::FORMAT,
        at,
        recorded_at: at,
        actor_kind: ActorKind::Owner,
        actor: UserId::NONE,
        reason: None,
        approved_by: None,
        changes: "[]".into(),
    };
    let (stream, sequence) = (event.stream, event.sequence);
    head(&Position { position: 88_123, stream, sequence, hash: Vec::new() }, &event)
}

/// What has the events of a type.
pub fn stream_kind_of(kind: &str) -> &str {
    match kind.split('.').next().unwrap_or_default() {
        "fulfillment" | "shipment" => "order",
        "stock" => "adjustment",
        "till" => "till_session",
        "period" => "books",
        "agreement" => "quote",
        noun => noun,
    }
}

/// The letters before the id of what has events.
pub fn prefix_of(stream_kind: &str) -> &'static str {
    match stream_kind {
        "order" => "ord",
        "payment" => "pay",
        "return" => "ret",
        "invoice" => "inv",
        "account" => "acc",
        "purchase_order" => "pur",
        "supplier_invoice" => "siv",
        "vendor_return" => "vre",
        "receipt" => "rcp",
        "adjustment" => "adj",
        "transfer" => "trf",
        "count" => "cnt",
        "work_order" => "wor",
        "till_session" => "tls",
        "load" => "lod",
        "quote" => "quo",
        "price_list" => "prl",
        "carrier_claim" => "ccl",
        "books" => "len",
        _ => "obj",
    }
}

/// The events of one subject up to the last that a page shows.
struct Subject {
    events: Vec<Event>,
    /// Folded so far: an order with what its ids stand for, after how many events.
    order: Option<(Box<Shown>, usize)>,
}

impl Subject {
    fn load(tx: &mut Tx<'_>, event: &Event, up_to: i64) -> Result<Self, Error> {
        Ok(Self { events: events::of_stream(tx, event.stream, up_to)?, order: None })
    }

    /// The subject after the event of this sequence, and what that event changed.
    fn at(
        &mut self,
        tx: &mut Tx<'_>,
        sequence: i64,
    ) -> Result<(Value, serde_json::Map<String, Value>), Error> {
        let index = usize::try_from(sequence - 1).unwrap_or(0);
        let Some(event) = self.events.get(index) else {
            return Err(Error::Internal(format!("event {sequence} of a subject is missing")));
        };
        if event.stream_kind == "order" {
            return self.order_at(tx, index);
        }
        let own = recorded(event)?;
        // Whole objects are compared with what was recorded before; parts stand for themselves.
        let before =
            index.checked_sub(1).map(|before| recorded(&self.events[before])).transpose()?;
        let changed = match before {
            Some(before) if before.is_object() && own.is_object() && same(&before, &own) => {
                changes(&before, &own)
            }
            _ => serde_json::Map::new(),
        };
        Ok((own, changed))
    }

    fn order_at(
        &mut self,
        tx: &mut Tx<'_>,
        index: usize,
    ) -> Result<(Value, serde_json::Map<String, Value>), Error> {
        let (mut order, done) = match self.order.take() {
            Some((shown, done)) if done <= index => (Some(shown.order), done),
            _ => (None, 0),
        };
        let mut before = Value::Null;
        for (step, event) in self.events.iter().enumerate().take(index + 1).skip(done) {
            if step == index {
                before = order.as_ref().map_or(Value::Null, json);
            }
            order = Some(folded(order, event)?);
        }
        let order = order.ok_or_else(|| Error::Internal("an order has no events".into()))?;
        let changed = match &before {
            Value::Null => serde_json::Map::new(),
            before => changes(before, &json(&order)),
        };
        let mut shown = read::shown(tx, order)?;
        shown.timeline.clear();
        let mut data = serde_json::to_value(OrderOut::from(&shown))
            .map_err(|error| Error::Internal(error.to_string()))?;
        if let Some(fields) = data.as_object_mut() {
            fields.remove("timeline");
            fields.insert("object".into(), "order".into());
        }
        self.order = Some((Box::new(shown), index + 1));
        Ok((data, changed))
    }
}

/// Whether two recorded forms are of the same shape: an event may record less than the object.
fn same(before: &Value, own: &Value) -> bool {
    before.get("id").is_some() && own.get("id") == before.get("id")
}

fn json(order: &Order) -> Value {
    serde_json::to_value(order).unwrap_or(Value::Null)
}

fn recorded(event: &Event) -> Result<Value, Error> {
    serde_json::from_str(&event.changes)
        .map_err(|_| Error::Internal(format!("event {} cannot be read", event.id)))
}

/// The order after one more of its events.
fn folded(order: Option<Order>, event: &Event) -> Result<Order, Error> {
    let unreadable = || Error::Internal(format!("event {} does not fit its order", event.id));
    let first = order.is_none();
    let all: Vec<Change> = serde_json::from_str(&event.changes).map_err(|_| unreadable())?;
    let mut after = fold(order, &all).ok_or_else(unreadable)?;
    if !first {
        after.version += 1;
    }
    after.sequence = event.sequence;
    after.updated_at = event.recorded_at;
    Ok(after)
}

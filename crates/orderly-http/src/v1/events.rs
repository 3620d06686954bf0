//! `/v1/events`: the feed, a page at a time or as it grows.

use orderly_core::actor::Permission;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_ops::Error;
use orderly_ops::ops::events::catalog::TYPES;
use orderly_ops::ops::events::feed::{self, Wanted};
use orderly_ops::wire::events::{EventOut, FeedOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paging;
use crate::input::Nothing;
use crate::operation::{get, stream};
use crate::{Cx, Done, Operation, Page};

pub fn operations() -> Vec<Operation> {
    let read = Permission::Read;
    vec![
        get("/v1/events", "events.list", "List the events after a position", read, list),
        stream::<_, EventOut>(
            "/v1/events/stream",
            "events.stream",
            "Follow the events as they happen, from a position on",
            read,
            follow,
        ),
        get("/v1/event_types", "event_types.list", "List the types of events", read, types),
    ]
}

/// Which events.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Range {
    /// Only what comes after this position; all where absent.
    after: Option<i64>,
    /// At most 250; 50 where absent.
    limit: Option<u32>,
    /// Only of this order, by its number or id.
    order: Option<String>,
    /// Only of this payment, return or whatever else has events, by its id.
    subject: Option<String>,
    /// Only of these types, such as `order.placed` or `order.*`.
    types: Vec<String>,
    /// Without the object and its changes.
    thin: bool,
}

/// Which events to follow.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Coming {
    /// Only what comes after this position; only what is new where absent. `Last-Event-ID` goes
    /// before it.
    after: Option<i64>,
    /// Only of this order, by its number or id.
    order: Option<String>,
    /// Only of this payment, return or whatever else has events, by its id.
    subject: Option<String>,
    /// Only of these types, such as `order.placed` or `order.*`.
    types: Vec<String>,
    /// Without the object and its changes.
    thin: bool,
}

fn subject_of(order: Option<String>, subject: Option<String>) -> Result<Option<String>, Error> {
    ensure(order.is_none() || subject.is_none(), || {
        Refusal::at(Code::InvalidField, "/subject", "give an order or a subject, not both")
    })?;
    Ok(order.or(subject))
}

/// Refuses a position that the feed has not reached: it is another database's.
fn reached(cx: &Cx, after: i64) -> Result<i64, Error> {
    let last = feed::last(&cx.app, &cx.call)?;
    ensure(after <= last, || {
        let detail = format!("the feed ends at {last}: position {after} is not from here");
        Refusal::at(Code::InvalidField, "/after", detail).allowed(last.to_string())
    })?;
    Ok(after)
}

fn list(cx: &Cx, range: Range) -> Result<Done<FeedOut>, Error> {
    let Range { after, limit, order, subject, types, thin } = range;
    let after = reached(cx, after.unwrap_or(0))?;
    let of = subject_of(order, subject)?;
    let limit = i64::from(paging::limit(limit));
    Ok(Done::of(feed::after(&cx.app, &cx.call, &Wanted { after, of, types, limit, thin })?))
}

fn follow(cx: &Cx, coming: Coming) -> Result<Wanted, Error> {
    let Coming { after, order, subject, types, thin } = coming;
    let seen = cx.seen_event.as_deref().filter(|text| !text.is_empty());
    let seen = seen.map(|text| {
        text.trim().parse::<i64>().map_err(|_| {
            let detail = "`Last-Event-ID` is the position of an event";
            Refusal::at(Code::InvalidField, "Last-Event-ID", detail)
        })
    });
    let after = match seen.transpose()?.or(after) {
        Some(after) => reached(cx, after)?,
        None => feed::last(&cx.app, &cx.call)?,
    };
    let of = subject_of(order, subject)?;
    let wanted = Wanted { after, of, types, limit: 1, thin };
    // What cannot be read is refused before anything is sent.
    feed::after(&cx.app, &cx.call, &Wanted { thin: true, ..wanted.clone() })?;
    Ok(wanted)
}

/// A type of event.
#[derive(Debug, Serialize, JsonSchema)]
struct EventTypeOut {
    /// `event_type`
    object: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    about: &'static str,
}

fn types(_: &Cx, _: Nothing) -> Result<Done<Page<EventTypeOut>>, Error> {
    let each = |(kind, about): &(&'static str, &'static str)| {
        let object = "event_type";
        EventTypeOut { object, kind, about }
    };
    Ok(Done::of(Page::new(TYPES.iter().map(each).collect(), None)))
}

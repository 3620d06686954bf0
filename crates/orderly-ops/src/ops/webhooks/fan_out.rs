//! From events of the feed to dispatches: one for each webhook that wants the event.

use std::collections::{HashMap, HashSet};

use orderly_core::id::{ChannelId, IdSource, LocationId, OrderId};
use orderly_core::time::Instant;
use orderly_core::webhook::{Dispatch, DispatchState, Webhook};
use orderly_store::Tx;
use orderly_store::tables::events::{self, Event, Position};
use orderly_store::tables::{dispatches, webhooks};

use crate::{Call, Error};

/// Events looked at in one go when a webhook gets what is past.
const BATCH: i64 = 2_000;

/// Adds the dispatches of events that just got their places, in the same transaction.
pub fn fan_out(
    tx: &mut Tx<'_>,
    places: &[Position],
    fed: &[Event],
    now: Instant,
) -> Result<(), Error> {
    let Some(first) = places.first() else { return Ok(()) };
    let wanting = webhooks::active(tx)?;
    if wanting.is_empty() {
        return Ok(());
    }
    let seed = u64::try_from(first.position).unwrap_or(0) ^ 0x6f72_6465_726c_7921;
    let mut ids = IdSource::new(now, seed);
    let pairs: Vec<(&Position, &Event)> = places.iter().zip(fed).collect();
    let mut all = Vec::new();
    for webhook in &wanting {
        all.extend(wanted(tx, webhook, &pairs, &mut ids, now)?);
    }
    dispatches::insert(tx, &all)?;
    Ok(())
}

/// Adds the dispatches a webhook lacks for what is in the feed after a position. Returns how many.
pub(super) fn again(
    tx: &mut Tx<'_>,
    call: &Call,
    webhook: &Webhook,
    position: i64,
) -> Result<u64, Error> {
    let mut ids = IdSource::new(call.now, call.seed ^ 0x6167_6169_6e00_0000);
    let (mut after, mut added) = (position, 0);
    loop {
        let page = events::after(tx, after, BATCH)?;
        let Some((last, _)) = page.last() else { return Ok(added) };
        after = last.position;
        let pairs: Vec<(&Position, &Event)> =
            page.iter().map(|(place, event)| (place, event)).collect();
        let all = wanted(tx, webhook, &pairs, &mut ids, call.now)?;
        added += dispatches::insert(tx, &all)?;
    }
}

/// The dispatches of those events that a webhook wants.
fn wanted(
    tx: &mut Tx<'_>,
    webhook: &Webhook,
    pairs: &[(&Position, &Event)],
    ids: &mut IdSource,
    now: Instant,
) -> Result<Vec<Dispatch>, Error> {
    let own: Vec<&(&Position, &Event)> =
        pairs.iter().filter(|(_, event)| webhook.wants(&event.kind)).collect();
    let about = About::of(tx, webhook, &own)?;
    let chosen = own.into_iter().filter(|(_, event)| about.concerns(webhook, event));
    Ok(chosen
        .map(|(place, event)| Dispatch {
            id: ids.draw(),
            webhook: webhook.id,
            position: Some(place.position),
            event: event.id,
            stream: event.stream,
            sequence: event.sequence,
            kind: event.kind.clone(),
            state: DispatchState::Waiting,
            attempts: 0,
            next_at: now,
            fence: 0,
            last_status: None,
            last_error: None,
            last_response: None,
            last_at: None,
            created_at: now,
            ended_at: None,
        })
        .collect())
}

/// The channels and locations of the orders of a batch, as far as the webhook asks.
#[derive(Default)]
struct About {
    channels: HashMap<OrderId, ChannelId>,
    locations: HashSet<(OrderId, LocationId)>,
}

impl About {
    fn of(tx: &mut Tx<'_>, webhook: &Webhook, own: &[&(&Position, &Event)]) -> Result<Self, Error> {
        let mut about = Self::default();
        let orders = own.iter().filter(|(_, event)| event.stream_kind == "order");
        let orders: Vec<OrderId> =
            orders.map(|(_, event)| OrderId::from_bytes(event.stream)).collect();
        if !webhook.channels.is_empty() {
            about.channels.extend(webhooks::channels_of(tx, &orders)?);
        }
        if !webhook.locations.is_empty() {
            about.locations.extend(webhooks::locations_of(tx, &orders)?);
        }
        Ok(about)
    }

    /// Whether an event is of one of the webhook's channels and concerns one of its locations.
    /// Events of what belongs to no channel are of none.
    fn concerns(&self, webhook: &Webhook, event: &Event) -> bool {
        let order = OrderId::from_bytes(event.stream);
        let channel = webhook.channels.is_empty()
            || self.channels.get(&order).is_some_and(|one| webhook.channels.contains(one));
        let at = |location: &LocationId| {
            self.locations.contains(&(order, *location))
                || event.changes.contains(&location.to_string())
        };
        channel && (webhook.locations.is_empty() || webhook.locations.iter().any(at))
    }
}

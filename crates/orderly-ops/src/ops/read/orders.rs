//! Orders as lists and pages show them.

mod list;

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Catalog, Channel, Location};
use orderly_core::id::{
    AccountId, ChannelId, FulfillmentId, ItemId, LocationId, OrderId, PartyId, ShipmentId,
};
use orderly_core::order::Order;
use orderly_core::order::close::Given;
use orderly_core::party::{Account, Customer, Party, Site};
use orderly_core::payment::Payment;
use orderly_core::refund::propose;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::sourcing::Explanation;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::orders::search;
use orderly_store::tables::{
    accounts, catalog, channels, customers, events, locations, orders, parties, payments, refunds,
};

pub use list::{MAX_PAGE, Page, Wanted, list};
pub use orderly_store::tables::events::Event;
pub use orderly_store::tables::orders::Summary;
pub use orderly_store::tables::orders::search::Waiting;

use super::allowed::{self, Allowed};
use crate::{App, Call, Error};

/// One order with everything its ids stand for.
#[derive(Debug, Clone)]
pub struct Shown {
    pub order: Order,
    pub channel: Option<Channel>,
    pub customer: Option<Customer>,
    pub account: Option<Account>,
    pub site: Option<Site>,
    pub catalog: Arc<Catalog>,
    pub locations: Arc<HashMap<LocationId, Location>>,
    pub parties: Arc<HashMap<PartyId, Party>>,
    /// Every event of the order, in sequence.
    pub timeline: Vec<Event>,
    /// What pays it, the oldest first, as it is now.
    pub payments: Vec<Payment>,
    /// What refunds of it gave.
    pub given: Given,
    /// What may still be refunded, in minor units.
    pub refundable: i64,
    /// What who asks may do with it.
    pub allowed: Allowed,
}

/// Returns the id of the order that `text` stands for: its number, its id, the channel's id, a
/// tracking number or the SSCC of a parcel.
///
/// # Errors
/// `not_found`; `invalid_field` where several channels use the same id.
pub fn find(tx: &mut Tx<'_>, text: &str) -> Result<OrderId, Error> {
    let text = text.trim();
    let shown: String = text.chars().take(60).collect();
    let missing = || Error::not_found(format!("order `{shown}`"));
    if let Some(found) = orders::by_number(tx, text.trim_start_matches('#'))? {
        return Ok(found);
    }
    if let Ok(id) = text.parse::<OrderId>() {
        return orders::get(tx, id, false)?.map(|order| order.id).ok_or_else(missing);
    }
    let mut found = Vec::new();
    for channel in channels::all(tx)? {
        found.extend(orders::by_external(tx, channel.id, text)?.map(|(id, _)| id));
    }
    if found.is_empty() {
        found = orders::by_tracking(tx, text)?;
    }
    match found.as_slice() {
        [] => Err(missing()),
        [one] => Ok(*one),
        several => {
            let detail = format!("`{shown}` stands for {} orders: give the number", several.len());
            Err(Refusal::new(Code::InvalidField, detail).into())
        }
    }
}

/// Returns the order that `text` stands for. See [`find`].
pub fn get(app: &App, call: &Call, text: &str) -> Result<Order, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let order = orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        call.require(Permission::Read, scope(&order))?;
        Ok(order)
    })
}

fn scope(order: &Order) -> Scope {
    Scope { channel: Some(order.channel), ..Scope::default() }
}

/// Returns the order that `text` stands for, with everything its page shows, from one snapshot.
pub fn show(app: &App, call: &Call, text: &str) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let order = orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        shown_to(tx, call, order)
    })
}

/// The order as it was: after one of its events, or at an instant.
#[derive(Debug, Clone, Copy)]
pub enum AsOf {
    Sequence(i64),
    Instant(Instant),
}

impl AsOf {
    /// Reads a sequence, or an instant in RFC 3339.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if let Ok(sequence) = text.parse() {
            return Ok(Self::Sequence(sequence));
        }
        Instant::parse(text).map(Self::Instant).map_err(|_| {
            let detail = "it is a sequence of the order, or an instant such as \
                          2026-11-23T10:12:04Z";
            Refusal::at(Code::InvalidField, "/as_of", detail)
        })
    }
}

/// Returns the order that `text` stands for as it was, folded from its events. Nothing can be done
/// with what was.
///
/// # Errors
/// `not_found` where it was not there yet.
pub fn show_at(app: &App, call: &Call, text: &str, as_of: AsOf) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let up_to = match as_of {
            AsOf::Sequence(sequence) => sequence,
            AsOf::Instant(at) => {
                let all = events::of_stream(tx, id.as_bytes(), i64::MAX)?;
                let before = all.iter().filter(|event| event.recorded_at <= at);
                before.map(|event| event.sequence).max().unwrap_or(0)
            }
        };
        let missing = || Error::not_found(format!("order {id} at that time"));
        let order = crate::ops::orders::folded(tx, id, up_to)?.ok_or_else(missing)?;
        let mut shown = shown_to(tx, call, order)?;
        shown.timeline.retain(|event| event.sequence <= shown.order.sequence);
        shown.allowed = Allowed::default();
        Ok(shown)
    })
}

/// Returns an order as a command left it, with everything its page shows.
pub fn show_as(app: &App, call: &Call, order: Order) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let mut shown = shown(tx, order)?;
        shown.allowed = allowed::of(&shown, call);
        Ok(shown)
    })
}

/// Says what a caller may do with an order that was read for him.
#[must_use]
pub fn to(call: &Call, mut shown: Shown) -> Shown {
    shown.allowed = allowed::of(&shown, call);
    shown
}

/// Returns the order that a fulfillment is part of, with everything its page shows.
pub fn show_fulfillment(app: &App, call: &Call, id: FulfillmentId) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let missing = || Error::not_found(format!("fulfillment {id}"));
        let order = search::of_fulfillment(tx, id)?.ok_or_else(missing)?;
        let order = orders::get(tx, order, false)?.ok_or_else(missing)?;
        shown_to(tx, call, order)
    })
}

/// Returns the order that a shipment is part of, with everything its page shows.
pub fn show_shipment(app: &App, call: &Call, id: ShipmentId) -> Result<Shown, Error> {
    app.store.read(|tx| {
        let missing = || Error::not_found(format!("shipment {id}"));
        let order = search::of_shipment(tx, id)?.ok_or_else(missing)?;
        let order = orders::get(tx, order, false)?.ok_or_else(missing)?;
        shown_to(tx, call, order)
    })
}

/// Returns why an order goes where it goes, as it was decided last, with the locations.
pub fn routing(app: &App, call: &Call, text: &str) -> Result<Routing, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let order = orders::get(tx, id, false)?;
        let order = order.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        call.require(Permission::Read, scope(&order))?;
        let stored = orders::explanation(tx, id)?;
        let read = stored.as_deref().map(serde_json::from_str).transpose();
        let broken = |error: serde_json::Error| Error::Internal(error.to_string());
        let explanations = read.map_err(broken)?.unwrap_or_default();
        let all = locations::all(tx)?.into_iter();
        Ok(Routing { order, explanations, locations: all.map(|one| (one.id, one)).collect() })
    })
}

/// Why an order goes where it goes.
#[derive(Debug, Clone)]
pub struct Routing {
    pub order: Order,
    pub explanations: Vec<Explanation>,
    pub locations: HashMap<LocationId, Location>,
}

/// Returns up to `limit` fulfillments with work, the oldest first, each with its order.
pub fn at_work(
    app: &App,
    call: &Call,
    location: Option<&str>,
    state: Option<&str>,
    after: Option<(Instant, FulfillmentId)>,
    limit: i64,
) -> Result<Vec<(Waiting, Shown)>, Error> {
    app.store.read(|tx| {
        let location = match location {
            None => None,
            Some(code) => Some(crate::ops::catalog::location_called(tx, code)?.id),
        };
        call.require(Permission::Read, Scope { location, ..Scope::default() })?;
        let mut found = Vec::new();
        for one in search::at_work(tx, location, state, after, limit.clamp(1, MAX_PAGE))? {
            if let Some(order) = orders::get(tx, one.order, false)? {
                found.push((one, shown_to(tx, call, order)?));
            }
        }
        Ok(found)
    })
}

/// Reads what an order's ids stand for, for who may read it.
fn shown_to(tx: &mut Tx<'_>, call: &Call, order: Order) -> Result<Shown, Error> {
    call.require(Permission::Read, scope(&order))?;
    let mut shown = shown(tx, order)?;
    shown.allowed = allowed::of(&shown, call);
    Ok(shown)
}

/// Reads what an order's ids stand for.
pub fn shown(tx: &mut Tx<'_>, order: Order) -> Result<Shown, Error> {
    let all = shown_all(tx, vec![order])?;
    all.into_iter().next().ok_or_else(|| Error::Internal("an order was not read".into()))
}

/// Reads what the ids of orders stand for, in their order and set-based.
pub fn shown_all(tx: &mut Tx<'_>, orders: Vec<Order>) -> Result<Vec<Shown>, Error> {
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut items: Vec<ItemId> =
        orders.iter().flat_map(|order| order.lines.iter().filter_map(|line| line.item)).collect();
    sorted(&mut items);
    let catalog = Arc::new(catalog::load_ids(tx, &items)?);
    let customers: Vec<_> = orders.iter().filter_map(|order| order.head.customer).collect();
    let customers = customers::get_many(tx, &customers)?;
    let all = locations::all(tx)?;
    let parties = Arc::new(parties_of(tx, &orders, &customers, &all)?);
    let customers: HashMap<_, _> = customers.into_iter().map(|one| (one.id, one)).collect();
    let locations = Arc::new(all.into_iter().map(|one| (one.id, one)).collect::<HashMap<_, _>>());
    let streams: Vec<[u8; 16]> = ids.iter().map(OrderId::as_bytes).collect();
    let mut timelines: HashMap<[u8; 16], Vec<Event>> = HashMap::new();
    for event in events::of_streams(tx, &streams)? {
        timelines.entry(event.stream).or_default().push(event);
    }
    let (paid, refunded) = (payments::paid(tx, &ids)?, refunds::refunded(tx, &ids)?);
    let mut known = Known::default();
    let mut shown = Vec::with_capacity(orders.len());
    for order in orders {
        let (given, prior) = match refunded.contains(&order.id) {
            true => (refunds::given(tx, order.id)?, refunds::prior(tx, order.id)?),
            false => Default::default(),
        };
        shown.push(Shown {
            channel: known.channel(tx, order.channel)?,
            customer: order.head.customer.and_then(|id| customers.get(&id).cloned()),
            account: known.account(tx, order.head.account)?,
            site: order.head.site.map(|id| accounts::site(tx, id)).transpose()?.flatten(),
            catalog: Arc::clone(&catalog),
            locations: Arc::clone(&locations),
            parties: Arc::clone(&parties),
            timeline: timelines.remove(&order.id.as_bytes()).unwrap_or_default(),
            payments: paying(tx, &paid, order.id)?,
            given,
            refundable: propose::money_left(&order, &prior),
            allowed: Allowed::default(),
            order,
        });
    }
    Ok(shown)
}

/// Channels and accounts that were read for other orders of the same page.
#[derive(Default)]
struct Known {
    channels: HashMap<ChannelId, Option<Channel>>,
    accounts: HashMap<AccountId, Option<Account>>,
}

impl Known {
    fn channel(&mut self, tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<Channel>, Error> {
        if !self.channels.contains_key(&id) {
            self.channels.insert(id, channels::get(tx, id)?);
        }
        Ok(self.channels.get(&id).cloned().flatten())
    }

    fn account(
        &mut self,
        tx: &mut Tx<'_>,
        id: Option<AccountId>,
    ) -> Result<Option<Account>, Error> {
        let Some(id) = id else { return Ok(None) };
        if !self.accounts.contains_key(&id) {
            self.accounts.insert(id, accounts::get(tx, id)?);
        }
        Ok(self.accounts.get(&id).cloned().flatten())
    }
}

fn sorted<T: Ord>(all: &mut Vec<T>) {
    all.sort_unstable();
    all.dedup();
}

fn parties_of(
    tx: &mut Tx<'_>,
    orders: &[Order],
    customers: &[Customer],
    locations: &[Location],
) -> Result<HashMap<PartyId, Party>, Error> {
    let deliveries = orders.iter().flat_map(|order| order.deliveries.iter());
    let mut wanted: Vec<PartyId> = deliveries
        .flat_map(|delivery| [delivery.ship_to, delivery.contact])
        .chain(orders.iter().map(|order| order.head.bill_to))
        .chain(locations.iter().map(|at| at.party))
        .flatten()
        .chain(customers.iter().map(|customer| customer.party))
        .collect();
    sorted(&mut wanted);
    Ok(parties::get_many(tx, &wanted)?.into_iter().map(|one| (one.id, one)).collect())
}

/// The payments of an order that is among the paid ones.
fn paying(tx: &mut Tx<'_>, paid: &[OrderId], order: OrderId) -> Result<Vec<Payment>, Error> {
    let mut found = Vec::new();
    if paid.contains(&order) {
        for id in payments::of_order(tx, order)? {
            found.extend(payments::get(tx, id, false)?);
        }
    }
    Ok(found)
}

/// Returns the number of an order.
pub fn number(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<String>, Error> {
    Ok(orders::get(tx, id, false)?.map(|order| order.number))
}

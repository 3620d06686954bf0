//! What the pages of a desk show, each from one snapshot.

use std::collections::{BTreeMap, HashMap};

use orderly_core::actor::{ActorKind, Permission, Scope};
use orderly_core::catalog::{Channel, Location};
use orderly_core::id::{ChannelId, LocationId, OrderId, UserId};
use orderly_core::invoice::Invoice;
use orderly_core::order::Order;
use orderly_core::payment::Payment;
use orderly_core::refund::Refund;
use orderly_core::returns::Return;
use orderly_core::sourcing::Explanation;
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::orders::desk;
use orderly_store::tables::{channels, invoices, locations, orders, payments, refunds, returns};

pub use orderly_store::tables::orders::desk::{AtWork, Progress, Taken};

use super::orders::{Shown, find, shown};
use crate::ops::access;
use crate::ops::orders::fold_each;
use crate::{App, Call, Error};

/// The most rows of one kind that a desk shows.
const MOST: i64 = 2_000;

/// An order with all that hangs from it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The order as it is, or as it was after the event that was asked for.
    pub shown: Shown,
    /// The version it is at now: what changes it must have seen this one.
    pub version: i64,
    /// The order after each event, by sequence; the first is at 1.
    pub history: BTreeMap<i64, Order>,
    pub routing: Vec<Explanation>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    pub returns: Vec<Return>,
    pub invoices: Vec<Invoice>,
    /// Names of those who acted, where they have one.
    pub names: HashMap<(ActorKind, UserId), String>,
    /// Every channel, by code: a channel's place among them is its hue.
    pub channels: Vec<Channel>,
}

/// Returns an order with all that hangs from it; with `as_of`, as it was after that event.
///
/// # Errors
/// `not_found`, also for an event that the order does not have.
pub fn order(app: &App, call: &Call, text: &str, as_of: Option<i64>) -> Result<Dossier, Error> {
    app.store.read(|tx| {
        let id = find(tx, text)?;
        let found = orders::get(tx, id, false)?;
        let found = found.ok_or_else(|| Error::not_found(format!("order {id}")))?;
        let scope = Scope { channel: Some(found.channel), ..Scope::default() };
        call.require(Permission::Read, scope)?;
        let version = found.version;
        let history = history(tx, id)?;
        let seen = match as_of {
            None => found,
            Some(sequence) => {
                let then = history.get(&sequence).cloned();
                then.ok_or_else(|| Error::not_found(format!("event {sequence} of this order")))?
            }
        };
        let shown = shown(tx, seen)?;
        let actors = shown.timeline.iter().map(|event| (event.actor_kind, event.actor));
        let names = access::names(tx, actors.collect::<Vec<_>>())?;
        Ok(Dossier {
            version,
            history,
            routing: routing(tx, id)?,
            payments: each(
                tx,
                |tx| payments::of_order(tx, id),
                |tx, id| payments::get(tx, id, false),
            )?,
            refunds: each(
                tx,
                |tx| refunds::of_order(tx, id),
                |tx, id| refunds::get(tx, id, false),
            )?,
            returns: each(
                tx,
                |tx| returns::of_order(tx, id),
                |tx, id| returns::get(tx, id, false),
            )?,
            invoices: each(
                tx,
                |tx| invoices::of_order(tx, id),
                |tx, id| invoices::get(tx, id, false),
            )?,
            names,
            channels: channels::all(tx)?,
            shown,
        })
    })
}

fn each<I, T>(
    tx: &mut Tx<'_>,
    ids: impl Fn(&mut Tx<'_>) -> Result<Vec<I>, orderly_store::StoreError>,
    get: impl Fn(&mut Tx<'_>, I) -> Result<Option<T>, orderly_store::StoreError>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    for id in ids(tx)? {
        found.extend(get(tx, id)?);
    }
    Ok(found)
}

fn routing(tx: &mut Tx<'_>, id: OrderId) -> Result<Vec<Explanation>, Error> {
    let text = orders::explanation(tx, id)?;
    let broken = |_| Error::Internal(format!("the routing of {id} is broken"));
    text.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text).map_err(broken))
}

/// The order after each of its events, by sequence.
fn history(tx: &mut Tx<'_>, id: OrderId) -> Result<BTreeMap<i64, Order>, Error> {
    let mut all = BTreeMap::new();
    fold_each(tx, id, i64::MAX, |order| {
        all.insert(order.sequence, order.clone());
    })?;
    Ok(all)
}

/// What a page of a list of orders shows beside each.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    pub progress: BTreeMap<OrderId, Progress>,
    /// How many open holds; orders without one are left out.
    pub held: BTreeMap<OrderId, i64>,
}

/// Returns how far these orders are, and what holds them.
pub fn marks(app: &App, call: &Call, ids: &[OrderId]) -> Result<Marks, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store
        .read(|tx| Ok(Marks { progress: desk::progress(tx, ids)?, held: desk::held(tx, ids)? }))
}

/// What needs a person now, and the day so far.
#[derive(Debug, Clone)]
pub struct Today {
    pub holds: Vec<(OrderId, orderly_core::order::Hold)>,
    /// Work of every location, the oldest first.
    pub at_work: Vec<AtWork>,
    /// Refunds that wait for another person's leave.
    pub to_approve: Vec<Refund>,
    pub taken: Vec<Taken>,
    /// The same hours of the day before.
    pub taken_before: Vec<Taken>,
    pub numbers: HashMap<OrderId, String>,
    pub locations: HashMap<LocationId, Location>,
    pub channels: Vec<Channel>,
}

/// Returns what needs a person now. The day begins at `since` and lasts until the call's time; it
/// is compared with the same hours of the day before.
pub fn today(app: &App, call: &Call, since: Instant) -> Result<Today, Error> {
    call.require(Permission::Read, Scope::default())?;
    let (until, day) = (call.now.plus_micros(1), -1);
    app.store.read(|tx| {
        let holds = desk::open_holds(tx, MOST)?;
        let at_work = desk::at_work(tx, MOST)?;
        let mut to_approve = refunds::list(tx, None, 500)?;
        to_approve.retain(|refund| refund.awaits_approval);
        let of_holds = holds.iter().map(|(order, _)| *order);
        let of_refunds = to_approve.iter().filter_map(|refund| refund.order);
        let mut wanted: Vec<OrderId> = of_holds.chain(of_refunds).collect();
        wanted.extend(at_work.iter().map(|work| work.order));
        wanted.sort_unstable();
        wanted.dedup();
        let known = orders::numbers(tx, &wanted)?;
        Ok(Today {
            taken: desk::taken(tx, since, until)?,
            taken_before: desk::taken(tx, since.plus_days(day), until.plus_days(day))?,
            numbers: known.into_iter().collect(),
            locations: locations::all(tx)?.into_iter().map(|one| (one.id, one)).collect(),
            channels: channels::all(tx)?,
            holds,
            at_work,
            to_approve,
        })
    })
}

/// Returns each channel with its place among all by code: its hue.
pub fn hues(channels: &[Channel]) -> HashMap<ChannelId, (usize, &Channel)> {
    channels.iter().enumerate().map(|(place, one)| (one.id, (place, one))).collect()
}

//! Orders as lists and pages show them.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Catalog, Channel, Location};
use orderly_core::id::{ChannelId, ItemId, LocationId, OrderId, PartyId};
use orderly_core::order::{Order, OrderState};
use orderly_core::party::{Account, Customer, Party, Site};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::orders::Filter;
use orderly_store::tables::{
    accounts, catalog, channels, customers, events, locations, orders, parties,
};

pub use orderly_store::tables::events::Event;
pub use orderly_store::tables::orders::Summary;

use crate::{App, Call, Error};

/// The most orders of one page.
pub const MAX_PAGE: i64 = 1_000;

/// One order with everything its ids stand for.
#[derive(Debug, Clone)]
pub struct Shown {
    pub order: Order,
    pub channel: Option<Channel>,
    pub customer: Option<Customer>,
    pub account: Option<Account>,
    pub site: Option<Site>,
    pub catalog: Catalog,
    pub locations: HashMap<LocationId, Location>,
    pub parties: HashMap<PartyId, Party>,
    /// Every event of the order, in sequence.
    pub timeline: Vec<Event>,
}

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A channel's code.
    pub channel: Option<String>,
    pub state: Option<String>,
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most [`MAX_PAGE`].
    pub limit: i64,
}

/// A page of orders, the latest first.
#[derive(Debug, Clone)]
pub struct Page {
    pub orders: Vec<Summary>,
    pub channels: HashMap<ChannelId, Channel>,
    /// The names of the customers, by the id of their orders.
    pub names: HashMap<OrderId, String>,
    /// Where the next page starts, if there may be one.
    pub next: Option<String>,
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
        call.require(Permission::Read, scope(&order))?;
        shown(tx, order)
    })
}

/// Returns an order as a command left it, with everything its page shows.
pub fn show_as(app: &App, order: Order) -> Result<Shown, Error> {
    app.store.read(|tx| shown(tx, order))
}

/// Reads what an order's ids stand for.
pub fn shown(tx: &mut Tx<'_>, order: Order) -> Result<Shown, Error> {
    let mut items: Vec<ItemId> = order.lines.iter().filter_map(|line| line.item).collect();
    items.sort_unstable();
    items.dedup();
    let all = locations::all(tx)?;
    let own = order.deliveries.iter().flat_map(|delivery| [delivery.ship_to, delivery.contact]);
    let mut wanted: Vec<PartyId> =
        own.chain([order.head.bill_to]).chain(all.iter().map(|at| at.party)).flatten().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = parties::get_many(tx, &wanted)?;
    let customer = order.head.customer;
    let account = order.head.account;
    Ok(Shown {
        channel: channels::get(tx, order.channel)?,
        customer: customer.map(|id| customers::get(tx, id)).transpose()?.flatten(),
        account: account.map(|id| accounts::get(tx, id)).transpose()?.flatten(),
        site: order.head.site.map(|id| accounts::site(tx, id)).transpose()?.flatten(),
        catalog: catalog::load_ids(tx, &items)?,
        locations: all.into_iter().map(|one| (one.id, one)).collect(),
        parties: found.into_iter().map(|one| (one.id, one)).collect(),
        timeline: events::of_stream(tx, order.id.as_bytes(), i64::MAX)?,
        order,
    })
}

/// Returns a page of orders, the latest first.
///
/// # Errors
/// `unknown_channel`, `invalid_field` for a state or a cursor that is none.
pub fn list(app: &App, call: &Call, wanted: &Wanted) -> Result<Page, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let channels = channels::all(tx)?;
        let channel = match wanted.channel.as_deref() {
            None => None,
            Some(code) => {
                let found = channels.iter().find(|channel| channel.code == code);
                let unknown = || {
                    let detail = format!("there is no channel `{code}`");
                    Refusal::at(Code::UnknownChannel, "/channel", detail)
                };
                Some(found.ok_or_else(unknown)?.id)
            }
        };
        if let Some(state) = wanted.state.as_deref().filter(|s| OrderState::parse(s).is_none()) {
            let known: Vec<&str> = OrderState::ALL.iter().map(|state| state.code()).collect();
            let detail = format!("`{state}` is not a state of an order");
            let refusal = Refusal::at(Code::InvalidField, "/state", detail);
            return Err(refusal.allowed(known.join(", ")).into());
        }
        let filter = Filter {
            channel,
            state: wanted.state.clone(),
            from: wanted.from,
            until: wanted.until,
            history: None,
        };
        let limit = wanted.limit.clamp(1, MAX_PAGE);
        let after = wanted.after.as_deref().map(cursor).transpose()?;
        let orders = orders::list(tx, &filter, after, limit)?;
        let full = i64::try_from(orders.len()).unwrap_or(i64::MAX) == limit;
        let last = orders.last().filter(|_| full);
        let next = last.map(|order| format!("{}.{}", order.placed_at.micros(), order.id));
        let names = names(tx, &orders)?;
        let channels = channels.into_iter().map(|channel| (channel.id, channel)).collect();
        Ok(Page { orders, channels, names, next })
    })
}

fn cursor(text: &str) -> Result<(Instant, OrderId), Refusal> {
    let read = text.split_once('.').and_then(|(at, id)| {
        Some((Instant::from_micros(at.parse().ok()?), id.parse::<OrderId>().ok()?))
    });
    read.ok_or_else(|| Refusal::at(Code::InvalidField, "/after", "this is not a cursor of a page"))
}

fn names(tx: &mut Tx<'_>, page: &[Summary]) -> Result<HashMap<OrderId, String>, Error> {
    let mut names = HashMap::with_capacity(page.len());
    for order in page {
        let Some(id) = order.customer else { continue };
        let Some(customer) = customers::get(tx, id)? else { continue };
        if let Some(party) = parties::get(tx, customer.party)? {
            names.insert(order.id, party.company.unwrap_or(party.name));
        }
    }
    Ok(names)
}

/// Returns the number of an order.
pub fn number(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<String>, Error> {
    Ok(orders::get(tx, id, false)?.map(|order| order.number))
}

//! Lists of orders: filtered, sorted, found by whatever a person has of an order, page by page.

use std::collections::HashMap;
use std::fmt::Write;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Channel;
use orderly_core::id::{ChannelId, CustomerId, ItemId, OrderId};
use orderly_core::order::OrderState;
use orderly_core::order::axes::Extent;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::orders::search::{self, By, End, Filter, Held, Named, Sort};
use orderly_store::tables::orders::{self, Summary};
use orderly_store::tables::{accounts, catalog, channels, customers};

use crate::call::content_hash;
use crate::ops::catalog::location_called;
use crate::{App, Call, Error};

/// The most orders of one page.
pub const MAX_PAGE: i64 = 1_000;
/// The most that one kind of search finds.
const FOUND: i64 = 200;
/// The longest text that is searched for, in characters.
const LONGEST: usize = 200;

/// Which orders to list, and how.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A channel's code.
    pub channel: Option<String>,
    pub state: Option<String>,
    pub from: Option<Instant>,
    pub until: Option<Instant>,
    /// The code of a location that works or worked on it.
    pub location: Option<String>,
    /// A customer's number or id.
    pub customer: Option<String>,
    /// An account's number or id.
    pub account: Option<String>,
    /// A kind of open hold; `any` for each.
    pub hold: Option<String>,
    /// How much is captured: `none`, `partial`, `full` or `over`.
    pub payment: Option<String>,
    /// Something is still to be shipped that was due before today (UTC).
    pub late: bool,
    /// Whatever a person has of an order.
    pub search: Option<String>,
    /// `placed_at`, `number` or `total`; with `-` from the top. `-placed_at` where absent.
    pub sort: Option<String>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most [`MAX_PAGE`].
    pub limit: i64,
}

/// A page of orders.
#[derive(Debug, Clone)]
pub struct Page {
    pub orders: Vec<Summary>,
    pub channels: HashMap<ChannelId, Channel>,
    /// Who the customers are, by the id of their orders.
    pub names: HashMap<OrderId, Named>,
    /// Where the next page starts, if there may be one.
    pub next: Option<String>,
    /// What to do where a search finds nothing, or too much.
    pub hint: Option<String>,
}

/// What a search found.
struct Found {
    ids: Vec<OrderId>,
    /// Orders of this item are meant, and there are many.
    item: Option<ItemId>,
    hint: Option<String>,
}

/// Returns a page of orders.
///
/// # Errors
/// `unknown_channel`, `unknown_location`, `invalid_field` for what is not known otherwise, and for
/// a cursor that is none of this list.
pub fn list(app: &App, call: &Call, wanted: &Wanted) -> Result<Page, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let channels = channels::all(tx)?;
        let mut filter = filter(tx, call, wanted, &channels)?;
        let sort = sort(wanted.sort.as_deref())?;
        let bound = bound(wanted);
        let after = wanted.after.as_deref().map(|text| read_cursor(text, bound)).transpose()?;
        let limit = wanted.limit.clamp(1, MAX_PAGE);
        let text = wanted.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let (orders, hint) = match text {
            None => (search::list(tx, &filter, sort, after.as_ref(), limit)?, None),
            Some(text) => {
                let all: Vec<ChannelId> = channels.iter().map(|one| one.id).collect();
                let found = found(tx, &all, text)?;
                filter.item = found.item;
                let after = after.as_ref();
                let orders = if found.item.is_some() {
                    search::list(tx, &filter, sort, after, limit)?
                } else {
                    search::among(tx, &filter, sort, after, &found.ids, limit)?
                };
                (orders, found.hint)
            }
        };
        let full = i64::try_from(orders.len()).unwrap_or(i64::MAX) == limit;
        let last = orders.last().filter(|_| full);
        let next = last.map(|order| cursor(&End::of(order, sort.by), bound));
        let names = names(tx, &orders)?;
        let channels = channels.into_iter().map(|channel| (channel.id, channel)).collect();
        Ok(Page { orders, channels, names, next, hint })
    })
}

fn wrong(field: &str, text: &str, what: &str) -> Refusal {
    let shown: String = text.chars().take(40).collect();
    Refusal::at(Code::InvalidField, format!("/{field}"), format!("`{shown}` is not {what}"))
}

fn filter(
    tx: &mut Tx<'_>,
    call: &Call,
    wanted: &Wanted,
    channels: &[Channel],
) -> Result<Filter, Error> {
    let channel = match wanted.channel.as_deref() {
        None => None,
        Some(code) => {
            let unknown = || {
                let shown: String = code.chars().take(40).collect();
                let detail = format!("there is no channel `{shown}`");
                Refusal::at(Code::UnknownChannel, "/channel", detail)
            };
            let found = channels.iter().find(|channel| channel.code == code);
            Some(found.ok_or_else(unknown)?.id)
        }
    };
    let state = wanted.state.as_deref().map(|text| {
        let known: Vec<&str> = OrderState::ALL.iter().map(|state| state.code()).collect();
        let unknown = || wrong("state", text, "a state of an order").allowed(known.join(", "));
        OrderState::parse(text).ok_or_else(unknown)
    });
    let captured = wanted.payment.as_deref().map(|text| {
        let known: Vec<&str> = Extent::ALL.iter().map(|one| one.code()).collect();
        let unknown = || wrong("payment", text, "how far it is paid").allowed(known.join(", "));
        Extent::parse(text).ok_or_else(unknown)
    });
    let location = match wanted.location.as_deref() {
        None => None,
        Some(code) => Some(location_called(tx, code)?.id),
    };
    Ok(Filter {
        channel,
        channels: readable(call),
        state: state.transpose()?,
        from: wanted.from,
        until: wanted.until,
        history: None,
        customer: wanted.customer.as_deref().map(|text| customer(tx, text)).transpose()?,
        account: match wanted.account.as_deref() {
            None => None,
            Some(text) => {
                let found = match text.parse() {
                    Ok(id) => accounts::get(tx, id)?,
                    Err(_) => accounts::by_number(tx, text)?,
                };
                let unknown = || wrong("account", text, "an account");
                Some(found.ok_or_else(unknown)?.id)
            }
        },
        location,
        hold: wanted.hold.as_deref().map(|kind| match kind {
            "any" => Held::Any,
            kind => Held::By(kind.to_owned()),
        }),
        captured: captured.transpose()?,
        late: wanted.late.then(|| call.now.day_in("UTC")),
        item: None,
    })
}

fn customer(tx: &mut Tx<'_>, text: &str) -> Result<CustomerId, Error> {
    let found = match text.parse() {
        Ok(id) => customers::get(tx, id)?,
        Err(_) => customers::by_number(tx, text)?,
    };
    Ok(found.ok_or_else(|| wrong("customer", text, "a customer"))?.id)
}

/// The channels whose orders the caller may read; every one where empty.
fn readable(call: &Call) -> Vec<ChannelId> {
    let reads = call.actor.grants.iter().filter(|one| one.permission == Permission::Read);
    if call.actor.all || reads.clone().any(|grant| grant.channels.is_empty()) {
        return Vec::new();
    }
    reads.flat_map(|grant| grant.channels.iter().copied()).collect()
}

fn sort(text: Option<&str>) -> Result<Sort, Refusal> {
    let text = text.unwrap_or("-placed_at");
    let descending = text.starts_with('-');
    let by = match text.trim_start_matches('-') {
        "placed_at" => By::Placed,
        "number" => By::Number,
        "total" => By::Total,
        _ => {
            let known = "placed_at, -placed_at, number, -number, total, -total";
            return Err(wrong("sort", text, "what orders are sorted by").allowed(known));
        }
    };
    Ok(Sort { by, descending })
}

/// What the cursors of a list are bound to: its filter and its order.
fn bound(wanted: &Wanted) -> [u8; 16] {
    let list = Wanted { after: None, limit: 0, ..wanted.clone() };
    content_hash(format!("{list:?}").as_bytes())
}

fn cursor(end: &End, bound: [u8; 16]) -> String {
    let key = end.key.to_be_bytes();
    let parts = [&bound[..8], &key[..], &end.id.as_bytes()[..], end.number.as_bytes()].concat();
    parts.iter().fold(String::with_capacity(2 * parts.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read_cursor(text: &str, bound: [u8; 16]) -> Result<End, Refusal> {
    let none = || {
        let detail = "this is not a cursor of this list: filters and order stay as they were";
        Refusal::at(Code::InvalidField, "/after", detail)
    };
    let plain = text.is_ascii() && text.len().is_multiple_of(2) && text.len() <= 512;
    let digits = (0..text.len() / 2).filter(|_| plain);
    let read = digits.map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16));
    let bytes = read.collect::<Result<Vec<u8>, _>>().map_err(|_| none())?;
    let (head, number) = bytes.split_at_checked(32).ok_or_else(none)?;
    if head[..8] != bound[..8] {
        return Err(none());
    }
    let key = head[8..16].try_into().map_err(|_| none())?;
    let id = head[16..].try_into().map_err(|_| none())?;
    Ok(End {
        key: i64::from_be_bytes(key),
        number: String::from_utf8(number.to_vec()).map_err(|_| none())?,
        id: OrderId::from_bytes(id),
    })
}

/// Finds orders by whatever a person has: number or its beginning, id, the channel's id, tracking
/// number, SSCC, e-mail address, telephone number, a name or its beginning, the customer's number,
/// an SKU or a GTIN.
fn found(tx: &mut Tx<'_>, channels: &[ChannelId], text: &str) -> Result<Found, Error> {
    if text.chars().count() > LONGEST {
        let hint = Some(format!("search for at most {LONGEST} characters"));
        return Ok(Found { ids: Vec::new(), item: None, hint });
    }
    let text = text.trim_start_matches('#');
    let mut ids: Vec<OrderId> = text.parse().ok().into_iter().collect();
    ids.extend(search::by_prefix(tx, channels, text, FOUND)?);
    ids.extend(orders::by_tracking(tx, text)?);
    if text.contains('@') {
        ids.extend(search::by_email(tx, &text.to_ascii_lowercase(), FOUND)?);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let telephone = text.chars().all(|c| c.is_ascii_digit() || " +-()/.".contains(c));
    if telephone && digits.len() >= 5 {
        ids.extend(search::by_phone(tx, &digits, FOUND)?);
    }
    if text.chars().filter(|c| c.is_alphabetic()).count() >= 2 {
        ids.extend(search::by_name(tx, text, FOUND)?);
    }
    if let Some(customer) = customers::by_number(tx, text)? {
        ids.extend(search::of_customer(tx, customer.id, FOUND)?);
    }
    let own = catalog::by_sku(tx, text)?.map(|item| item.id);
    let mut items: Vec<ItemId> = own.into_iter().collect();
    items.extend(catalog::by_gtin(tx, text)?.iter().map(|item| item.id));
    items.dedup();
    if let ([item], true) = (items.as_slice(), ids.is_empty()) {
        return Ok(Found { ids, item: Some(*item), hint: None });
    }
    for item in items {
        ids.extend(search::of_item(tx, item, FOUND)?);
    }
    ids.sort_unstable();
    ids.dedup();
    let many = i64::try_from(ids.len()).unwrap_or(i64::MAX) >= FOUND;
    let hint = if ids.is_empty() {
        Some(
            "no order has this number, channel id, tracking number, SSCC, e-mail address, \
             telephone number, SKU or GTIN, and no name begins with it"
                .to_owned(),
        )
    } else {
        many.then(|| "many orders match: write more of it".to_owned())
    };
    Ok(Found { ids, item: None, hint })
}

fn names(tx: &mut Tx<'_>, page: &[Summary]) -> Result<HashMap<OrderId, Named>, Error> {
    let customers: Vec<CustomerId> = page.iter().filter_map(|order| order.customer).collect();
    let known = search::names(tx, &customers)?.into_iter();
    let known: HashMap<CustomerId, Named> = known.map(|one| (one.id, one)).collect();
    let named = page.iter().filter_map(|order| {
        let name = known.get(&order.customer?)?;
        Some((order.id, name.clone()))
    });
    Ok(named.collect())
}

//! Lists of orders: filtered, sorted, a page at a time by key, and found by whatever a person has
//! of an order.

use orderly_core::id::{
    AccountId, ChannelId, CustomerId, FulfillmentId, ItemId, LocationId, OrderId, ShipmentId,
};
use orderly_core::order::OrderState;
use orderly_core::order::axes::Extent;
use orderly_core::time::{Day, Instant};

use super::head::{Summary, summary_from_row};
use crate::codec::v;
use crate::{Engine, StoreError, ToValue, Tx, Value, set};

/// More orders than this are not looked up one by one.
pub const FEW: usize = 1_000;

/// Which orders to list; what is `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub channel: Option<ChannelId>,
    /// Only of these channels; of every one where empty.
    pub channels: Vec<ChannelId>,
    pub state: Option<OrderState>,
    pub from: Option<Instant>,
    /// Placed before this instant.
    pub until: Option<Instant>,
    pub history: Option<bool>,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    /// Work on the order is or was at this location.
    pub location: Option<LocationId>,
    pub hold: Option<Held>,
    /// How much of the total is captured.
    pub captured: Option<Extent>,
    /// Something that was due before this day is still to be shipped.
    pub late: Option<Day>,
    /// A line of the order is of this item.
    pub item: Option<ItemId>,
}

/// Open holds that an order has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Any,
    /// Of this kind.
    By(String),
}

/// What a list is sorted by; equal keys by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    #[default]
    Placed,
    /// Shorter numbers first: digits sort as numbers do.
    Number,
    Total,
}

/// A list's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub by: By,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { by: By::Placed, descending: true }
    }
}

/// Where a page ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When it was placed, or its total.
    pub key: i64,
    pub number: String,
    pub id: OrderId,
}

impl End {
    pub fn of(order: &Summary, by: By) -> Self {
        let key = match by {
            By::Placed | By::Number => order.placed_at.micros(),
            By::Total => order.total,
        };
        Self { key, number: order.number.clone(), id: order.id }
    }

    /// As the database sorts.
    fn rank(&self, by: By) -> (i64, String, OrderId) {
        match by {
            By::Number => (self.length(), self.number.clone(), self.id),
            By::Placed | By::Total => (self.key, String::new(), self.id),
        }
    }

    fn length(&self) -> i64 {
        i64::try_from(self.number.chars().count()).unwrap_or(i64::MAX)
    }
}

/// A statement that grows: conditions with their values.
struct Where {
    text: String,
    values: Vec<Value>,
}

impl Where {
    fn new() -> Self {
        Self { text: String::from("1 = 1"), values: Vec::new() }
    }

    /// Adds a condition; each `?` in it stands for the next value.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(" AND ");
        let mut values = values.into_iter();
        for c in condition.chars() {
            if c == '?' {
                self.values.extend(values.next());
                self.text.push_str(&format!("${}", self.values.len()));
            } else {
                self.text.push(c);
            }
        }
    }

    fn query(&self, tx: &mut Tx<'_>, sql: &str) -> Result<Vec<Summary>, StoreError> {
        let params: Vec<&dyn ToValue> = self.values.iter().map(|one| one as &dyn ToValue).collect();
        tx.query(sql, &params, summary_from_row)
    }
}

/// Returns up to `limit` orders after the end of the page before.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&End>,
    limit: i64,
) -> Result<Vec<Summary>, StoreError> {
    match narrowed(tx, filter)? {
        Some(ids) => among(tx, filter, sort, after, &ids, limit),
        None => walk(tx, filter, sort, after, limit),
    }
}

/// Returns up to `limit` of these orders that pass the filter, after the end of the page before.
pub fn among(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&End>,
    ids: &[OrderId],
    limit: i64,
) -> Result<Vec<Summary>, StoreError> {
    let mut found = Vec::new();
    for piece in ids.chunks(250) {
        let mut only = conditions(tx.engine(), filter);
        let list = vec!["?"; piece.len().next_power_of_two()].join(", ");
        let last = piece.last().expect("a chunk is not empty");
        let padding = std::iter::repeat_n(last, piece.len().next_power_of_two() - piece.len());
        only.and(&format!("o.id IN ({list})"), piece.iter().chain(padding).map(v));
        let sql = format!("SELECT o.* FROM orders o WHERE {}", only.text);
        found.extend(only.query(tx, &sql)?);
    }
    found.sort_by_cached_key(|order| End::of(order, sort.by).rank(sort.by));
    found.dedup_by_key(|order| order.id);
    if sort.descending {
        found.reverse();
    }
    let end = after.map(|end| end.rank(sort.by));
    let passed = end.map_or(0, |end| {
        found.partition_point(|order| {
            let own = End::of(order, sort.by).rank(sort.by);
            if sort.descending { own >= end } else { own <= end }
        })
    });
    let limit = usize::try_from(limit).unwrap_or(0);
    Ok(found.into_iter().skip(passed).take(limit).collect())
}

/// Walks the index of the key until the page is full.
fn walk(
    tx: &mut Tx<'_>,
    filter: &Filter,
    sort: Sort,
    after: Option<&End>,
    limit: i64,
) -> Result<Vec<Summary>, StoreError> {
    if sort.by == By::Number {
        return walk_numbers(tx, filter, sort.descending, after, limit);
    }
    let column = if sort.by == By::Total { "total_minor" } else { "placed_at" };
    let (sign, way) = if sort.descending { ("<", "DESC") } else { (">", "ASC") };
    let mut only = conditions(tx.engine(), filter);
    if let Some(end) = after {
        only.and(&format!("(o.{column}, o.id) {sign} (?, ?)"), [v(&end.key), v(&end.id)]);
    }
    let sql = format!(
        "SELECT o.* FROM orders o WHERE {} ORDER BY o.{column} {way}, o.id {way} LIMIT {limit}",
        only.text
    );
    only.query(tx, &sql)
}

/// Walks numbers of one length, then those of the next: each is one range of the index.
fn walk_numbers(
    tx: &mut Tx<'_>,
    filter: &Filter,
    descending: bool,
    after: Option<&End>,
    limit: i64,
) -> Result<Vec<Summary>, StoreError> {
    let (sign, way) = if descending { ("<", "DESC") } else { (">", "ASC") };
    let order = format!("ORDER BY length(o.number) {way}, o.number {way}");
    let mut found = Vec::new();
    if let Some(end) = after {
        let mut same = conditions(tx.engine(), filter);
        let condition = format!("length(o.number) = ? AND o.number {sign} ?");
        same.and(&condition, [v(&end.length()), v(&end.number)]);
        let sql = format!("SELECT o.* FROM orders o WHERE {} {order} LIMIT {limit}", same.text);
        found = same.query(tx, &sql)?;
    }
    let rest = limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
    if rest <= 0 {
        return Ok(found);
    }
    let mut other = conditions(tx.engine(), filter);
    if let Some(end) = after {
        other.and(&format!("length(o.number) {sign} ?"), [v(&end.length())]);
    }
    let sql = format!("SELECT o.* FROM orders o WHERE {} {order} LIMIT {rest}", other.text);
    found.extend(other.query(tx, &sql)?);
    Ok(found)
}

/// The conditions of a filter on `orders o`. A state is written out: partial indexes know it.
fn conditions(engine: Engine, filter: &Filter) -> Where {
    let mut only = Where::new();
    if let Some(channel) = &filter.channel {
        only.and("o.channel_id = ?", [v(channel)]);
    }
    if !filter.channels.is_empty() {
        let list = vec!["?"; filter.channels.len()].join(", ");
        only.and(&format!("o.channel_id IN ({list})"), filter.channels.iter().map(v));
    }
    if let Some(state) = filter.state {
        only.and(&format!("o.state = '{}'", state.code()), []);
    }
    if let Some(from) = &filter.from {
        only.and("o.placed_at >= ?", [v(from)]);
    }
    if let Some(until) = &filter.until {
        only.and("o.placed_at < ?", [v(until)]);
    }
    if let Some(history) = &filter.history {
        only.and("o.history = ?", [v(history)]);
    }
    if let Some(customer) = &filter.customer {
        only.and("o.customer_id = ?", [v(customer)]);
    }
    if let Some(account) = &filter.account {
        only.and("o.account_id = ?", [v(account)]);
    }
    if let Some(location) = &filter.location {
        let at = "EXISTS (SELECT 1 FROM fulfillment f WHERE f.order_id = o.id \
                  AND f.location_id = ?)";
        only.and(at, [v(location)]);
    }
    match &filter.hold {
        None => {}
        Some(Held::Any) => only.and(&held(""), []),
        Some(Held::By(kind)) => only.and(&held(" AND h.kind = ?"), [v(kind)]),
    }
    if let Some(extent) = filter.captured {
        only.and(captured(extent), []);
    }
    if let Some(day) = &filter.late {
        only.and(late(engine), [v(day), v(day), v(day)]);
    }
    if let Some(item) = &filter.item {
        let of = "EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.item_id = ?)";
        only.and(of, [v(item)]);
    }
    only
}

fn held(kind: &str) -> String {
    format!("EXISTS (SELECT 1 FROM hold h WHERE h.order_id = o.id AND h.released_at IS NULL{kind})")
}

/// As the axes of an order have it.
const fn captured(extent: Extent) -> &'static str {
    match extent {
        Extent::None => "o.captured_minor = 0 AND o.total_minor <> 0",
        Extent::Partial => "o.captured_minor <> 0 AND o.captured_minor < o.total_minor",
        Extent::Full => "o.captured_minor = o.total_minor",
        Extent::Over => "o.captured_minor <> 0 AND o.captured_minor > o.total_minor",
    }
}

/// Something of a placed order is still to be shipped after the day it was to leave, or to be
/// there.
const fn late(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "o.state = 'placed' AND EXISTS (
              SELECT 1 FROM delivery d JOIN order_line l ON l.delivery_id = d.id
               WHERE d.order_id = o.id AND l.order_id = o.id
                 AND l.unallocated + l.backordered + l.allocated > 0
                 AND (d.ship_by_on < ? OR d.required_on < ?
                      OR json_extract(d.promises, '$[#-1].for_on') < ?))"
        }
        Engine::Postgres => {
            "o.state = 'placed' AND EXISTS (
              SELECT 1 FROM delivery d JOIN order_line l ON l.delivery_id = d.id
               WHERE d.order_id = o.id AND l.order_id = o.id
                 AND l.unallocated + l.backordered + l.allocated > 0
                 AND (d.ship_by_on < ? OR d.required_on < ?
                      OR CAST(CAST(d.promises AS jsonb) -> -1 ->> 'for_on' AS bigint) < ?))"
        }
    }
}

/// The orders that the rarest of the filter's conditions leaves, where they are few.
fn narrowed(tx: &mut Tx<'_>, filter: &Filter) -> Result<Option<Vec<OrderId>>, StoreError> {
    if let Some(hold) = &filter.hold {
        let sql = "SELECT DISTINCT order_id FROM hold WHERE released_at IS NULL
                      AND ($1 IS NULL OR kind = $1) LIMIT 1001";
        let kind = match hold {
            Held::Any => None,
            Held::By(kind) => Some(kind.clone()),
        };
        if let Some(few) = few(tx, sql, &kind)? {
            return Ok(Some(few));
        }
    }
    if let Some(item) = &filter.item {
        let sql = "SELECT DISTINCT order_id FROM order_line WHERE item_id = $1 LIMIT 1001";
        if let Some(few) = few(tx, sql, item)? {
            return Ok(Some(few));
        }
    }
    if let Some(location) = &filter.location {
        let sql = "SELECT DISTINCT order_id FROM fulfillment WHERE location_id = $1 LIMIT 1001";
        return few(tx, sql, location);
    }
    Ok(None)
}

fn few(tx: &mut Tx<'_>, sql: &str, key: &dyn ToValue) -> Result<Option<Vec<OrderId>>, StoreError> {
    let found: Vec<OrderId> = tx.query(sql, &[key], |row| row.get("order_id"))?;
    Ok((found.len() <= FEW).then_some(found))
}

/// Returns up to `limit` orders whose number begins with this text, and up to as many of each of
/// these channels whose id there does.
pub fn by_prefix(
    tx: &mut Tx<'_>,
    channels: &[ChannelId],
    text: &str,
    limit: i64,
) -> Result<Vec<OrderId>, StoreError> {
    let end = format!("{text}\u{10FFFF}");
    let sql = "SELECT id FROM orders WHERE number >= $1 AND number < $2 ORDER BY number LIMIT $3";
    let mut found = tx.query(sql, &[&text, &end, &limit], |row| row.get::<OrderId>("id"))?;
    let sql = "SELECT id FROM orders
                WHERE channel_id = $1 AND external_id >= $2 AND external_id < $3
                ORDER BY external_id LIMIT $4";
    for channel in channels {
        let params: [&dyn ToValue; 4] = [channel, &text, &end, &limit];
        found.extend(tx.query(sql, &params, |row| row.get::<OrderId>("id"))?);
    }
    Ok(found)
}

/// Returns up to `limit` orders of which a name of the customer or of who receives begins with
/// this text: the whole name, its last word or the company, in lower case.
pub fn by_name(tx: &mut Tx<'_>, text: &str, limit: i64) -> Result<Vec<OrderId>, StoreError> {
    let (text, end) =
        (text.to_ascii_lowercase(), format!("{}\u{10FFFF}", text.to_ascii_lowercase()));
    let mut subjects: Vec<(String, [u8; 16])> = Vec::new();
    for (key, has) in [
        ("lower(name)", ""),
        ("lower(replace(name, rtrim(name, replace(name, ' ', '')), ''))", ""),
        // Only parties with a company are in its index.
        ("lower(company)", "company IS NOT NULL AND "),
    ] {
        let sql = format!(
            "SELECT subject_kind, subject_id FROM party
              WHERE {has}{key} >= $1 AND {key} < $2 LIMIT $3"
        );
        subjects.extend(tx.query(&sql, &[&text, &end, &limit], subject)?);
    }
    of_subjects(tx, subjects, limit)
}

/// Returns up to `limit` orders of the customers and receivers with this e-mail address.
pub fn by_email(tx: &mut Tx<'_>, email: &str, limit: i64) -> Result<Vec<OrderId>, StoreError> {
    let sql = "SELECT subject_kind, subject_id FROM party WHERE email = $1 LIMIT $2";
    let subjects = tx.query(sql, &[&email, &limit], subject)?;
    of_subjects(tx, subjects, limit)
}

/// Returns up to `limit` orders of the customers and receivers with this telephone number, by its
/// digits.
pub fn by_phone(tx: &mut Tx<'_>, digits: &str, limit: i64) -> Result<Vec<OrderId>, StoreError> {
    let sql = "SELECT subject_kind, subject_id FROM party
                WHERE phone IS NOT NULL AND replace(replace(replace(replace(replace(replace(
                    replace(phone, ' ', ''), '-', ''), '+', ''), '(', ''), ')', ''), '/', ''),
                    '.', '') = $1
                LIMIT $2";
    let subjects = tx.query(sql, &[&digits, &limit], subject)?;
    of_subjects(tx, subjects, limit)
}

fn subject(row: &crate::Row<'_>) -> Result<(String, [u8; 16]), StoreError> {
    Ok((row.get("subject_kind")?, row.get("subject_id")?))
}

/// The orders of customers, and of deliveries that go to them.
fn of_subjects(
    tx: &mut Tx<'_>,
    mut subjects: Vec<(String, [u8; 16])>,
    limit: i64,
) -> Result<Vec<OrderId>, StoreError> {
    subjects.sort_unstable();
    subjects.dedup();
    let mut found = Vec::new();
    for (kind, id) in subjects {
        let sql = match kind.as_str() {
            "customer" => {
                "SELECT id FROM orders WHERE customer_id = $1
                  ORDER BY placed_at DESC, id DESC LIMIT $2"
            }
            "delivery" => "SELECT order_id AS id FROM delivery WHERE ship_to = $1 LIMIT $2",
            "site" => {
                "SELECT id FROM orders WHERE account_id = (SELECT account_id FROM site
                                                            WHERE id = $1)
                  AND site_id = $1 ORDER BY placed_at DESC, id DESC LIMIT $2"
            }
            _ => continue,
        };
        found.extend(tx.query(sql, &[&id, &limit], |row| row.get::<OrderId>("id"))?);
        if found.len() > FEW {
            break;
        }
    }
    Ok(found)
}

/// Returns up to `limit` orders of a customer, the latest first.
pub fn of_customer(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<OrderId>, StoreError> {
    of_subjects(tx, vec![("customer".to_owned(), customer.as_bytes())], limit)
}

/// Returns up to `limit` orders of which a line is of this item.
pub fn of_item(tx: &mut Tx<'_>, item: ItemId, limit: i64) -> Result<Vec<OrderId>, StoreError> {
    let sql = "SELECT DISTINCT order_id FROM order_line WHERE item_id = $1 LIMIT $2";
    tx.query(sql, &[&item, &limit], |row| row.get("order_id"))
}

/// Who a customer is, in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: CustomerId,
    pub number: String,
    /// The company, or the person: the version in force.
    pub name: String,
}

/// Returns who customers are, in no order.
pub fn names(tx: &mut Tx<'_>, customers: &[CustomerId]) -> Result<Vec<Named>, StoreError> {
    let select = "SELECT customer.id, customer.number,
                         COALESCE(party.company, party.name) AS name
                    FROM customer JOIN party ON party.id = customer.party_id";
    set::query_in(tx, select, "customer.id", customers, |row| {
        Ok(Named { id: row.get("id")?, number: row.get("number")?, name: row.get("name")? })
    })
}

/// Returns the order whose fulfillment this is.
pub fn of_fulfillment(tx: &mut Tx<'_>, id: FulfillmentId) -> Result<Option<OrderId>, StoreError> {
    let sql = "SELECT order_id FROM fulfillment WHERE id = $1";
    tx.query_one(sql, &[&id], |row| row.get("order_id"))
}

/// Returns the order whose shipment this is.
pub fn of_shipment(tx: &mut Tx<'_>, id: ShipmentId) -> Result<Option<OrderId>, StoreError> {
    let sql = "SELECT order_id FROM shipment WHERE id = $1";
    tx.query_one(sql, &[&id], |row| row.get("order_id"))
}

/// Returns up to `limit` fulfillments with work, the oldest first: their ids, orders and when they
/// were made.
pub fn at_work(
    tx: &mut Tx<'_>,
    location: Option<LocationId>,
    state: Option<&str>,
    after: Option<(Instant, FulfillmentId)>,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let mut only = Where::new();
    only.and("f.state IN ('open', 'released')", []);
    if let Some(location) = &location {
        only.and("f.location_id = ?", [v(location)]);
    }
    if let Some(state) = state {
        only.and("f.state = ?", [v(&state.to_owned())]);
    }
    if let Some((at, id)) = &after {
        only.and("(f.created_at, f.id) > (?, ?)", [v(at), v(id)]);
    }
    let sql = format!(
        "SELECT f.id, f.order_id, f.created_at FROM fulfillment f WHERE {}
          ORDER BY f.created_at, f.id LIMIT {limit}",
        only.text
    );
    let params: Vec<&dyn ToValue> = only.values.iter().map(|one| one as &dyn ToValue).collect();
    tx.query(&sql, &params, |row| {
        let (fulfillment, order) = (row.get("id")?, row.get("order_id")?);
        Ok(Waiting { fulfillment, order, created_at: row.get("created_at")? })
    })
}

/// A fulfillment that has work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub fulfillment: FulfillmentId,
    pub order: OrderId,
    pub created_at: Instant,
}

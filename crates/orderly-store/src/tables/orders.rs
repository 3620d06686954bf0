//! Orders and their parts: loaded whole, saved by what changed.

pub mod buyers;
pub mod desk;
mod head;
mod lines;
mod many;
mod parts;
pub mod performance;
mod range;
pub mod search;
pub mod sold;

use orderly_core::id::{AccountId, ChannelId, OrderId};
use orderly_core::order::change::{Change, between};
use orderly_core::order::{Order, Part};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Engine, Kind, Row, StoreError, Tx, Value};
pub use head::Summary;
pub use many::{get_many, save_invoiced};
pub(crate) use range::range;

/// Inserts new orders with all their parts, without their claims, set-based.
///
/// Orders whose number or (channel, external id) exists already are not inserted; the count of
/// inserted orders is returned, and where it is short the caller must roll back.
pub fn insert(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<u64, StoreError> {
    let inserted = head::insert(tx, orders)?;
    if inserted < orders.len() as u64 {
        return Ok(inserted);
    }
    parts::DELIVERY.insert(tx, orders, |order| &order.deliveries)?;
    lines::LINE.insert(tx, orders, |order| &order.lines)?;
    parts::CHARGE.insert(tx, orders, |order| &order.charges)?;
    parts::HOLD.insert(tx, orders, |order| &order.holds)?;
    parts::FULFILLMENT.insert(tx, orders, |order| &order.fulfillments)?;
    parts::WORK.insert(tx, orders, |order| &order.work)?;
    parts::SHIPMENT.insert(tx, orders, |order| &order.shipments)?;
    parts::SHIPMENT_LINE.insert(tx, orders, |order| &order.shipment_lines)?;
    parts::PARCEL.insert(tx, orders, |order| &order.parcels)?;
    Ok(inserted)
}

/// Returns an order with all its parts. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: OrderId, lock: bool) -> Result<Option<Order>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM orders WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM orders WHERE id = $1",
    };
    let Some(mut order) = tx.query_one(sql, &[&id], head::order_from_row)? else {
        return Ok(None);
    };
    order.deliveries = parts::DELIVERY.of(tx, id)?;
    order.lines = lines::LINE.of(tx, id)?;
    order.charges = parts::CHARGE.of(tx, id)?;
    order.holds = parts::HOLD.of(tx, id)?;
    order.fulfillments = parts::FULFILLMENT.of(tx, id)?;
    order.work = parts::WORK.of(tx, id)?;
    order.backorders = parts::backorders_of(tx, id)?;
    order.shipments = parts::SHIPMENT.of(tx, id)?;
    order.shipment_lines = parts::SHIPMENT_LINE.of(tx, id)?;
    order.parcels = parts::PARCEL.of(tx, id)?;
    Ok(Some(order))
}

/// Writes what lies between two values of an order, without its claims, if it is still at the
/// version of `before`. Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Order, after: &Order) -> Result<bool, StoreError> {
    if !head::save(tx, before, after)? {
        return Ok(false);
    }
    for change in between(before, after) {
        match &change {
            Change::Placed(_) | Change::Head(_) => {}
            Change::Delivery(part) => parts::DELIVERY.put(tx, after, part)?,
            Change::Line(part) => lines::LINE.put(tx, after, part)?,
            Change::Quantities { line, .. } => {
                let line = after.lines.iter().find(|one| one.key() == *line);
                lines::LINE.put(tx, after, line.expect("the change names a line of the order"))?;
            }
            Change::Charge(part) => parts::CHARGE.put(tx, after, part)?,
            Change::Hold(part) => parts::HOLD.put(tx, after, part)?,
            Change::Fulfillment(part) => parts::FULFILLMENT.put(tx, after, part)?,
            Change::Work(part) => parts::WORK.put(tx, after, part)?,
            // The rows of backorders are claims.
            Change::Backorder(_) | Change::BackorderGone(_) => {}
            Change::Shipment(part) => parts::SHIPMENT.put(tx, after, part)?,
            Change::ShipmentLine(part) => parts::SHIPMENT_LINE.put(tx, after, part)?,
            Change::Parcel(part) => parts::PARCEL.put(tx, after, part)?,
        }
    }
    Ok(true)
}

/// Returns the id and content hash of the order a channel knows by an external id.
pub fn by_external(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    external_id: &str,
) -> Result<Option<(OrderId, [u8; 16])>, StoreError> {
    tx.query_one(
        "SELECT id, content_hash FROM orders WHERE channel_id = $1 AND external_id = $2",
        &[&channel, &external_id],
        |row| Ok((row.get("id")?, row.get("content_hash")?)),
    )
}

/// Returns the orders that channels know by these external ids, each with its content's hash, in
/// no order; a pair is given once.
pub fn by_externals(
    tx: &mut Tx<'_>,
    externals: &[(ChannelId, &str)],
) -> Result<Vec<((ChannelId, String), (OrderId, [u8; 16]))>, StoreError> {
    let rows: Vec<Vec<Value>> =
        externals.iter().map(|(channel, external)| vec![v(channel), v(external)]).collect();
    tx.query_many(
        "SELECT channel_id, external_id, id, content_hash FROM orders
          WHERE channel_id = $1 AND external_id = $2",
        "SELECT o.channel_id, o.external_id, o.id, o.content_hash
           FROM unnest($1::bytea[], $2::text[]) AS k (channel_id, external_id)
           JOIN orders o ON o.channel_id = k.channel_id AND o.external_id = k.external_id",
        &[Kind::Bytes, Kind::Text],
        &rows,
        |row| {
            let key = (row.get("channel_id")?, row.get("external_id")?);
            Ok((key, (row.get("id")?, row.get("content_hash")?)))
        },
    )
}

/// Returns the id of the order with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<OrderId>, StoreError> {
    tx.query_one("SELECT id FROM orders WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the number of the oldest order settled on this account of which goods are still to be
/// shipped or work is to be done.
pub fn open_on_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<String>, StoreError> {
    tx.query_one(
        "SELECT o.number FROM orders o
          WHERE o.account_id = $1 AND o.state = 'placed' AND o.settlement = 'account'
            AND EXISTS (SELECT 1 FROM order_line l
                         WHERE l.order_id = o.id AND l.kind NOT IN ('text', 'charge')
                           AND l.unallocated + l.backordered + l.allocated > 0)
          ORDER BY o.placed_at, o.id LIMIT 1",
        &[&account],
        |row| row.get("number"),
    )
}

/// Returns the ids of up to `limit` orders of an account after an id, by id.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    after: OrderId,
    limit: i64,
) -> Result<Vec<OrderId>, StoreError> {
    let sql = "SELECT id FROM orders WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    tx.query(sql, &[&account, &after, &limit], |row| row.get("id"))
}

/// Returns the orders of which a shipment or a parcel has this tracking number, or a parcel this
/// SSCC, by id.
pub fn by_tracking(tx: &mut Tx<'_>, text: &str) -> Result<Vec<OrderId>, StoreError> {
    tx.query(
        "SELECT order_id FROM shipment WHERE tracking = $1
          UNION SELECT order_id FROM parcel WHERE tracking = $1
          UNION SELECT order_id FROM parcel WHERE sscc = $1
          ORDER BY order_id LIMIT 20",
        &[&text],
        |row| row.get("order_id"),
    )
}

/// Calls `each` with the id of every order, in order of ids.
pub fn for_each_id(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(OrderId) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each("SELECT id FROM orders ORDER BY id", &[], |row: &Row<'_>| each(row.get("id")?))
}

/// Stores why orders go where they go, as JSON.
pub fn explain(tx: &mut Tx<'_>, decided: &[(OrderId, Instant, String)]) -> Result<(), StoreError> {
    parts::explain(tx, decided)
}

/// Returns the stored explanation of an order's routing, as JSON.
pub fn explanation(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<String>, StoreError> {
    tx.query_one("SELECT explanation FROM routing WHERE order_id = $1", &[&id], |row| {
        row.get("explanation")
    })
}

/// Returns the numbers of these orders, in no order.
pub fn numbers(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Vec<(OrderId, String)>, StoreError> {
    crate::set::query_in(tx, "SELECT id, number FROM orders", "id", ids, |row| {
        Ok((row.get("id")?, row.get("number")?))
    })
}

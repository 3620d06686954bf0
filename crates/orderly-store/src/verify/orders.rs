//! Orders with everything that hangs from them, many at a time: one query per table and piece.

use orderly_core::id::OrderId;
use orderly_core::order::Order;
use orderly_core::time::Instant;

use crate::tables::claims::{self, Claimed};
use crate::tables::events::{self, Event};
use crate::tables::orders;
use crate::{StoreError, Tx};

/// Some orders in the order of their ids, with their claims and events.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub orders: Vec<Order>,
    /// By order, then by id.
    pub claims: Vec<Claimed>,
    /// By order, then by sequence; of orders that are not in the batch as well.
    pub events: Vec<Event>,
    /// Why lines cost what they cost, as JSON.
    pub traces: Vec<(OrderId, String)>,
}

/// Returns up to `limit` orders after an id; with `since`, only those changed since then. With
/// `events`, also what their events say and why they cost what they cost.
pub fn batch(
    tx: &mut Tx<'_>,
    after: OrderId,
    since: Option<Instant>,
    limit: i64,
    events: bool,
) -> Result<Batch, StoreError> {
    let orders = orders::range(tx, after, since, limit)?;
    let (Some(first), Some(last)) = (orders.first(), orders.last()) else {
        return Ok(Batch::default());
    };
    let (first, last) = (first.id, last.id);
    let claims = tx.query(
        "SELECT * FROM claim WHERE order_id >= $1 AND order_id <= $2
            AND supply_kind = 'stock_level' ORDER BY order_id, id",
        &[&first, &last],
        claims::claimed_from_row,
    )?;
    let events = match events {
        false => Vec::new(),
        true => tx.query(
            "SELECT * FROM event WHERE stream_id >= $1 AND stream_id <= $2
              ORDER BY stream_id, sequence",
            &[&first, &last],
            events::event_from_row,
        )?,
    };
    let traces = match events.is_empty() {
        true => Vec::new(),
        false => tx.query(
            "SELECT order_id, trace FROM price_trace WHERE order_id >= $1 AND order_id <= $2",
            &[&first, &last],
            |row| Ok((row.get("order_id")?, row.get("trace")?)),
        )?,
    };
    Ok(Batch { orders, claims, events, traces })
}

//! What a desk looks at: how far orders are, what is held, what is at work, and sums of a day.

use std::collections::BTreeMap;

use orderly_core::id::{ChannelId, LineId, LocationId, OrderId};
use orderly_core::money::Currency;
use orderly_core::order::{Delivery, FulfillmentState, Hold, LineKind};
use orderly_core::time::Instant;

use super::parts;
use crate::{Row, StoreError, Tx, set};

/// How far an order is: over its own goods lines (kits by their own line), in thousandths of a
/// line, so that metres and pieces weigh alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Lines that were not wholly canceled.
    pub lines: i64,
    /// Lines of which everything was shipped.
    pub shipped_lines: i64,
    pub canceled: i64,
    pub backordered: i64,
    /// Claimed of stock and not shipped.
    pub allocated: i64,
    pub shipped: i64,
    pub delivered: i64,
    pub returned: i64,
}

impl Progress {
    fn add(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let of = |name: &str| row.get::<i64>(name);
        let ordered = of("ordered")? + of("over")?;
        let gone = of("canceled")? + of("closed_short")?;
        let shipped = of("shipped")?;
        let share = |part: i64| {
            let share = i128::from(part) * 1_000 / i128::from(ordered.max(1));
            i64::try_from(share).unwrap_or(i64::MAX)
        };
        self.lines += i64::from(gone < ordered);
        self.shipped_lines += i64::from(gone < ordered && shipped >= ordered - gone);
        self.canceled += share(gone);
        self.backordered += share(of("backordered")?);
        self.allocated += share(of("allocated")?);
        self.shipped += share(shipped);
        self.delivered += share(of("delivered")?);
        self.returned += share(of("returned")?);
        Ok(())
    }
}

/// Returns how far each of these orders is, by id; orders without goods are left out.
pub fn progress(
    tx: &mut Tx<'_>,
    ids: &[OrderId],
) -> Result<BTreeMap<OrderId, Progress>, StoreError> {
    let select = "SELECT order_id, kind, parent_id, ordered, over, canceled, closed_short,
                         backordered, allocated, shipped, delivered, returned
                    FROM order_line";
    let mut sums = BTreeMap::<OrderId, Progress>::new();
    set::query_in(tx, select, "order_id", ids, |row: &Row<'_>| {
        let kind: LineKind = row.get("kind")?;
        let parent: Option<LineId> = row.get("parent_id")?;
        let is_goods = !matches!(kind, LineKind::Text | LineKind::Charge | LineKind::Service);
        if parent.is_none() && is_goods {
            sums.entry(row.get("order_id")?).or_default().add(row)?;
        }
        Ok(())
    })?;
    Ok(sums)
}

/// Returns how many open holds each of these orders has; those without one are left out.
pub fn held(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<BTreeMap<OrderId, i64>, StoreError> {
    let select = "SELECT order_id, released_at FROM hold";
    let mut counts = BTreeMap::<OrderId, i64>::new();
    set::query_in(tx, select, "order_id", ids, |row: &Row<'_>| {
        let released: Option<Instant> = row.get("released_at")?;
        if released.is_none() {
            *counts.entry(row.get("order_id")?).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(counts)
}

/// Returns up to `limit` open holds with their orders: those that are due first come first.
pub fn open_holds(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(OrderId, Hold)>, StoreError> {
    tx.query(
        "SELECT * FROM hold WHERE released_at IS NULL
          ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, id LIMIT $1",
        &[&limit],
        |row| Ok((row.get("order_id")?, (parts::HOLD.from_row)(row)?)),
    )
}

/// Work that one location still has to do for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtWork {
    pub order: OrderId,
    pub location: LocationId,
    /// Whether it was released to the location.
    pub released: bool,
    pub created_at: Instant,
    pub delivery: Delivery,
}

/// Returns up to `limit` fulfillments that are at work, the oldest of each location first.
pub fn at_work(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<AtWork>, StoreError> {
    tx.query(
        "SELECT d.*, f.location_id AS at_location, f.state AS at_state, f.created_at AS at_since
           FROM fulfillment f JOIN delivery d ON d.id = f.delivery_id
          WHERE f.state IN ('open', 'released')
          ORDER BY f.location_id, f.created_at, f.id LIMIT $1",
        &[&limit],
        |row| {
            let state: FulfillmentState = row.get("at_state")?;
            Ok(AtWork {
                order: row.get("order_id")?,
                location: row.get("at_location")?,
                released: state == FulfillmentState::Released,
                created_at: row.get("at_since")?,
                delivery: (parts::DELIVERY.from_row)(row)?,
            })
        },
    )
}

/// What a channel took in: orders that were not canceled, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub channel: ChannelId,
    pub currency: Currency,
    pub orders: i64,
    /// In minor units.
    pub total: i64,
}

/// Returns what each channel took in from one instant until another, by channel and currency.
/// Orders imported from before Orderly count as well.
pub fn taken(tx: &mut Tx<'_>, from: Instant, until: Instant) -> Result<Vec<Taken>, StoreError> {
    tx.query(
        "SELECT channel_id, currency, COUNT(*) AS orders,
                CAST(COALESCE(SUM(total_minor), 0) AS BIGINT) AS total
           FROM orders
          WHERE placed_at >= $1 AND placed_at < $2 AND state IN ('placed', 'closed')
          GROUP BY channel_id, currency ORDER BY channel_id, currency",
        &[&from, &until],
        |row| {
            Ok(Taken {
                channel: row.get("channel_id")?,
                currency: row.get("currency")?,
                orders: row.get("orders")?,
                total: row.get("total")?,
            })
        },
    )
}

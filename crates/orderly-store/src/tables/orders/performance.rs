//! What channels sold, by day: counted in the database, one statement for each kind of figure.

use orderly_core::id::ChannelId;
use orderly_core::money::Currency;
use orderly_core::time::Instant;

use crate::{Row, StoreError, Tx};

/// A span of placement, and what is added to an instant before its day is taken, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: Instant,
    pub until: Instant,
    pub shift: i64,
}

/// Whose figures these are: a channel, in one currency, on one day (days since 1970).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub channel: ChannelId,
    pub currency: Currency,
    pub day: i64,
}

/// Orders of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    pub orders: i64,
    /// Of them, canceled as a whole.
    pub canceled: i64,
    /// Of them, shipped at least in part; and the microseconds from placing to the first parcel of
    /// all of these together.
    pub shipped: i64,
    pub waited: i64,
}

/// What the lines of a day's orders are worth without tax, in minor units; a kit by its own line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worth {
    pub ordered: i64,
    /// Of it, what was canceled or closed short.
    pub canceled: i64,
    pub returned: i64,
    /// Of it, what was sent by us and kept by the customer; imported orders left out.
    pub kept: i64,
}

fn key(row: &Row<'_>) -> Result<Key, StoreError> {
    Ok(Key {
        channel: row.get("channel_id")?,
        currency: row.get("currency")?,
        day: row.get("day")?,
    })
}

/// Returns how many orders were placed, by channel, currency and day.
pub fn counted(tx: &mut Tx<'_>, span: Span) -> Result<Vec<(Key, Counted)>, StoreError> {
    tx.query(
        "SELECT x.channel_id, x.currency, x.day, COUNT(*) AS orders,
                CAST(SUM(CASE WHEN x.state = 'canceled' THEN 1 ELSE 0 END) AS BIGINT) AS canceled,
                COUNT(x.first) AS shipped,
                CAST(COALESCE(SUM(x.first - x.placed_at), 0) AS BIGINT) AS waited
           FROM (SELECT o.channel_id, o.currency, o.state, o.placed_at,
                        (o.placed_at + $3) / 86400000000 AS day,
                        CASE WHEN o.history = 0 THEN
                            (SELECT MIN(s.shipped_at) FROM shipment s
                              WHERE s.order_id = o.id AND s.state <> 'voided') END AS first
                   FROM orders o
                  WHERE o.placed_at >= $1 AND o.placed_at < $2
                    AND o.state IN ('placed', 'canceled', 'closed')) AS x
          GROUP BY x.channel_id, x.currency, x.day
          ORDER BY x.channel_id, x.currency, x.day",
        &[&span.from, &span.until, &span.shift],
        |row| {
            let counted = Counted {
                orders: row.get("orders")?,
                canceled: row.get("canceled")?,
                shipped: row.get("shipped")?,
                waited: row.get("waited")?,
            };
            Ok((key(row)?, counted))
        },
    )
}

/// Returns what was ordered, by channel, currency and day.
pub fn worth(tx: &mut Tx<'_>, span: Span) -> Result<Vec<(Key, Worth)>, StoreError> {
    tx.query(
        "SELECT x.channel_id, x.currency, x.day, CAST(SUM(x.net) AS BIGINT) AS ordered,
                CAST(SUM(x.net * x.gone / x.whole) AS BIGINT) AS canceled,
                CAST(SUM(x.net * x.returned / x.whole) AS BIGINT) AS returned,
                CAST(SUM(x.net * x.kept / x.whole) AS BIGINT) AS kept
           FROM (SELECT o.channel_id, o.currency, (o.placed_at + $3) / 86400000000 AS day,
                        l.gross_minor - l.discount_minor - l.tax_included_minor AS net,
                        l.ordered + l.over AS whole, l.canceled + l.closed_short AS gone,
                        l.returned,
                        CASE WHEN o.history = 0
                             THEN l.shipped - l.lost - l.brought_back - l.returned
                             ELSE 0 END AS kept
                   FROM orders o JOIN order_line l ON l.order_id = o.id
                  WHERE o.placed_at >= $1 AND o.placed_at < $2
                    AND o.state IN ('placed', 'canceled', 'closed')
                    AND l.parent_id IS NULL AND l.ordered + l.over > 0) AS x
          GROUP BY x.channel_id, x.currency, x.day
          ORDER BY x.channel_id, x.currency, x.day",
        &[&span.from, &span.until, &span.shift],
        |row| {
            let worth = Worth {
                ordered: row.get("ordered")?,
                canceled: row.get("canceled")?,
                returned: row.get("returned")?,
                kept: row.get("kept")?,
            };
            Ok((key(row)?, worth))
        },
    )
}

/// Returns what the goods cost us that were sent and kept, in minor units of the legal entity's
/// currency, by channel, currency of the order and day.
pub fn cost(tx: &mut Tx<'_>, span: Span) -> Result<Vec<(Key, i64)>, StoreError> {
    tx.query(
        "SELECT x.channel_id, x.currency, x.day,
                CAST(SUM(x.value * x.kept / x.qty) AS BIGINT) AS cost
           FROM (SELECT o.channel_id, o.currency, (o.placed_at + $3) / 86400000000 AS day,
                        s.value_minor AS value, s.qty,
                        s.qty - s.lost - s.brought_back - s.returned AS kept
                   FROM orders o JOIN shipment_line s ON s.order_id = o.id
                  WHERE o.placed_at >= $1 AND o.placed_at < $2 AND o.history = 0
                    AND o.state IN ('placed', 'canceled', 'closed')) AS x
          GROUP BY x.channel_id, x.currency, x.day
          ORDER BY x.channel_id, x.currency, x.day",
        &[&span.from, &span.until, &span.shift],
        |row| Ok((key(row)?, row.get("cost")?)),
    )
}

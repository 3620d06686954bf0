//! What items were sold for.

use orderly_core::id::{ChannelId, ItemId};
use orderly_core::money::Currency;
use orderly_core::order::Amounts;
use orderly_core::refund::blind::Sold;
use orderly_core::time::Instant;

use crate::codec::from_json;
use crate::{Row, StoreError, Tx};

/// Returns the sale of an item with the lowest price for a base unit, taxes included, placed since
/// an instant and not canceled; gifts do not count. `channel`: only sales of this one.
pub fn cheapest(
    tx: &mut Tx<'_>,
    item: ItemId,
    currency: Currency,
    channel: Option<ChannelId>,
    since: Instant,
) -> Result<Option<Sold>, StoreError> {
    tx.query_one(
        "SELECT s.* FROM (
             SELECT l.item_id, l.ordered, l.gross_minor, l.discount_minor, l.tax_included_minor,
                    l.tax_added_minor, l.taxes, o.placed_at, l.id,
                    l.gross_minor - l.discount_minor + l.tax_added_minor AS due
               FROM order_line l JOIN orders o ON o.id = l.order_id
              WHERE l.item_id = $1 AND o.currency = $2 AND o.placed_at >= $4
                AND ($3 IS NULL OR o.channel_id = $3) AND o.state IN ('placed', 'closed')
                AND l.kind <> 'component' AND l.ordered > l.canceled) s
          WHERE s.due > 0
          ORDER BY s.due / s.ordered, (s.due % s.ordered) * 1000 / s.ordered, s.placed_at, s.id
          LIMIT 1",
        &[&item, &currency, &channel, &since],
        from_row,
    )
}

fn from_row(row: &Row<'_>) -> Result<Sold, StoreError> {
    Ok(Sold {
        item: row.get("item_id")?,
        qty: row.get("ordered")?,
        amounts: Amounts {
            gross: row.get("gross_minor")?,
            discount: row.get("discount_minor")?,
            tax_included: row.get("tax_included_minor")?,
            tax_added: row.get("tax_added_minor")?,
        },
        taxes: from_json(row, "taxes")?,
    })
}

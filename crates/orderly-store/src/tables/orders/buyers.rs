//! Orders of one customer.

use orderly_core::id::{CustomerId, OrderId};
use orderly_core::time::Instant;

use super::head::{Summary, summary_from_row};
use crate::{StoreError, Tx};

/// Returns up to `limit` orders of a customer placed before a cursor, the latest first.
pub fn of_customer(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    before: Option<(Instant, OrderId)>,
    limit: i64,
) -> Result<Vec<Summary>, StoreError> {
    let (at, id) = before.unwrap_or((Instant::from_micros(i64::MAX), OrderId::NONE));
    tx.query(
        "SELECT * FROM orders
          WHERE customer_id = $1 AND (placed_at < $2 OR (placed_at = $2 AND id < $3))
          ORDER BY placed_at DESC, id DESC LIMIT $4",
        &[&customer, &at, &id, &limit],
        summary_from_row,
    )
}

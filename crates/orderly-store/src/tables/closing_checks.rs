//! What is not settled yet when a period is to be closed.

use orderly_core::time::Instant;

use crate::{StoreError, Tx};

/// Rows that wait for somebody, and since when the oldest does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub count: i64,
    pub oldest: Instant,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettled {
    /// Captures and refunds whose outcome nobody knows.
    Payments,
    /// Transfers that have not arrived.
    Transfers,
    /// Orders that are drafts.
    Drafts,
    /// Invoices of suppliers that are held until somebody approves them.
    SupplierInvoices,
    /// Sessions of tills that are not closed: their cash is not counted.
    Tills,
}

/// Returns what a check found before an instant; `None` where nothing waits.
pub fn waiting(
    tx: &mut Tx<'_>,
    what: Unsettled,
    before: Instant,
) -> Result<Option<Waiting>, StoreError> {
    let from = match what {
        Unsettled::Payments => {
            "created_at AS at FROM payment_transaction
              WHERE state IN ('pending', 'unknown') AND created_at < $1"
        }
        Unsettled::Transfers => {
            "shipped_at AS at FROM transfer
              WHERE state IN ('shipped', 'part_received') AND shipped_at < $1"
        }
        Unsettled::Drafts => "placed_at AS at FROM orders WHERE state = 'draft' AND placed_at < $1",
        Unsettled::Tills => {
            "opened_at AS at FROM till_session WHERE state <> 'closed' AND opened_at < $1"
        }
        Unsettled::SupplierInvoices => {
            "entered_at AS at FROM supplier_invoice WHERE state = 'held' AND entered_at < $1"
        }
    };
    let sql = format!("SELECT COUNT(*) AS n, MIN(x.at) AS oldest FROM (SELECT {from}) x");
    let found = tx.query_one(&sql, &[&before], |row| {
        Ok((row.get::<i64>("n")?, row.get::<Option<Instant>>("oldest")?))
    })?;
    Ok(found.and_then(|(count, oldest)| oldest.map(|oldest| Waiting { count, oldest })))
}

//! What statements and aged debt are made of: issued documents and what settled them, as of a day.

use orderly_core::id::{AccountId, CustomerId, InvoiceId, LegalEntityId, LocationId, SiteId};
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};

use crate::value::ToValue;
use crate::{Row, StoreError, Tx};

/// A document of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub id: InvoiceId,
    /// `invoice`, `receipt` or `credit_note`.
    pub kind: String,
    pub series: String,
    pub number: i64,
    pub site: Option<SiteId>,
    pub reference: Option<String>,
    pub issued_on: Day,
    pub due_on: Option<Day>,
    /// In minor units, never negative.
    pub total: i64,
}

/// A row of what settles a document, or opens it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    pub document: InvoiceId,
    pub kind: String,
    pub amount: i64,
    pub settled_at: Instant,
}

/// Returns the money of an account, and of its customer where no account is named, that paid
/// nothing yet at an instant, in minor units of the account's currency.
pub fn unapplied(
    tx: &mut Tx<'_>,
    (account, customer): (AccountId, CustomerId),
    currency: Currency,
    before: Instant,
) -> Result<i64, StoreError> {
    let sql = "
        SELECT CAST(COALESCE(SUM(x.amount), 0) AS BIGINT) AS amount
          FROM (SELECT CASE t.kind WHEN 'capture' THEN t.amount_minor ELSE -t.amount_minor END
                           AS amount
                  FROM payment p JOIN payment_transaction t ON t.payment_id = p.id
                 WHERE (p.account_id = $1 OR (p.account_id IS NULL AND p.customer_id = $4))
                   AND p.currency = $2 AND t.state = 'done'
                   AND t.kind IN ('capture', 'refund') AND t.settled_at < $3
                 UNION ALL
                SELECT CASE a.kind WHEN 'captured' THEN -a.amount_minor ELSE a.amount_minor END
                  FROM payment p JOIN application a ON a.payment_id = p.id
                 WHERE (p.account_id = $1 OR (p.account_id IS NULL AND p.customer_id = $4))
                   AND p.currency = $2 AND a.kind IN ('captured', 'refunded')
                   AND a.applied_at < $3) x";
    let params: [&dyn ToValue; 4] = [&account, &currency, &before, &customer];
    let found = tx.query_one(sql, &params, |row| row.get("amount"))?;
    Ok(found.unwrap_or(0))
}

/// What of a document was open at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRow {
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub account: Option<AccountId>,
    pub customer: Option<CustomerId>,
    /// Where its first goods left from.
    pub location: Option<LocationId>,
    pub due_on: Day,
    /// In minor units; a credit note's is negative.
    pub open: i64,
}

/// Returns the documents issued to an account up to a day, the oldest first.
pub fn issued(tx: &mut Tx<'_>, account: AccountId, up_to: Day) -> Result<Vec<Issued>, StoreError> {
    tx.query(
        "SELECT id, kind, series, number, site_id, reference, issued_on, due_on, total_minor
           FROM invoice WHERE account_id = $1 AND issued_on <= $2
          ORDER BY issued_on, series, number",
        &[&account, &up_to],
        |row| {
            Ok(Issued {
                id: row.get("id")?,
                kind: row.get("kind")?,
                series: row.get("series")?,
                number: row.get("number")?,
                site: row.get("site_id")?,
                reference: row.get("reference")?,
                issued_on: row.get("issued_on")?,
                due_on: row.get("due_on")?,
                total: row.get("total_minor")?,
            })
        },
    )
}

/// Returns what settled those documents, the oldest first.
pub fn settled(
    tx: &mut Tx<'_>,
    account: AccountId,
    up_to: Day,
) -> Result<Vec<SettledRow>, StoreError> {
    tx.query(
        "SELECT s.invoice_id, s.source_kind, s.amount_minor, s.settled_at
           FROM settlement s JOIN invoice i ON i.id = s.invoice_id
          WHERE i.account_id = $1 AND i.issued_on <= $2
          ORDER BY s.settled_at, s.id",
        &[&account, &up_to],
        |row| {
            Ok(SettledRow {
                document: row.get("invoice_id")?,
                kind: row.get("source_kind")?,
                amount: row.get("amount_minor")?,
                settled_at: row.get("settled_at")?,
            })
        },
    )
}

/// Calls `each` with every document issued up to a day of which something was open before an
/// instant, by account, customer and due day.
pub fn open_before(
    tx: &mut Tx<'_>,
    up_to: Day,
    before: Instant,
    mut each: impl FnMut(OpenRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    const SQL: &str = "
        SELECT x.legal_entity_id, x.currency, x.account_id, x.customer_id, x.location_id, x.due_on,
               x.sign * x.open AS open_minor
          FROM (SELECT i.id, i.legal_entity_id, i.currency, i.account_id, i.customer_id,
                       COALESCE(i.due_on, i.issued_on) AS due_on,
                       CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END AS sign,
                       i.total_minor - COALESCE(s.settled, 0) AS open,
                       (SELECT l.location_id FROM invoice_line l
                         WHERE l.invoice_id = i.id AND l.location_id IS NOT NULL
                         ORDER BY l.position LIMIT 1) AS location_id
                  FROM invoice i
                  LEFT JOIN (SELECT invoice_id, CAST(SUM(amount_minor) AS BIGINT) AS settled
                               FROM settlement WHERE settled_at < $2 GROUP BY invoice_id) s
                    ON s.invoice_id = i.id
                 WHERE i.issued_on <= $1) x
         WHERE x.open <> 0
         ORDER BY x.account_id, x.customer_id, x.due_on, x.id";
    tx.for_each(SQL, &[&up_to, &before], |row| each(open_row(row)?))
}

fn open_row(row: &Row<'_>) -> Result<OpenRow, StoreError> {
    Ok(OpenRow {
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        account: row.get("account_id")?,
        customer: row.get("customer_id")?,
        location: row.get("location_id")?,
        due_on: row.get("due_on")?,
        open: row.get("open_minor")?,
    })
}

/// Returns what account and site keys have open now on their documents: credit notes less.
pub fn open_now(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
) -> Result<Vec<(AccountId, Option<SiteId>, i64)>, StoreError> {
    tx.query(
        "SELECT account_id, site_id,
                CAST(SUM(CASE kind WHEN 'credit_note' THEN settled_minor - total_minor
                     ELSE total_minor - settled_minor END) AS BIGINT) AS open_minor
           FROM invoice
          WHERE account_id IS NOT NULL AND settled_minor < total_minor
            AND ($1 IS NULL OR account_id = $1)
          GROUP BY account_id, site_id",
        &[&account],
        |row| Ok((row.get("account_id")?, row.get("site_id")?, row.get("open_minor")?)),
    )
}

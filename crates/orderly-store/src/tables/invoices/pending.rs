//! Orders that wait for the collective run.

use orderly_core::id::{AccountId, OrderId};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Engine, Kind, StoreError, Tx, Value};

const PENDING: &[Column] = &[
    Column::new("order_id", Kind::Bytes),
    Column::new("account_id", Kind::Bytes),
    Column::new("since", Kind::Int),
];

/// An order that waits, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub order: OrderId,
    pub account: Option<AccountId>,
    pub since: Instant,
}

/// Has orders wait for the collective run, each since the first time it is named.
pub fn pending(tx: &mut Tx<'_>, waiting: &[Waiting]) -> Result<u64, StoreError> {
    let row = |one: &Waiting| vec![v(&one.order), v(&one.account), v(&one.since)];
    let rows: Vec<Vec<Value>> = waiting.iter().map(row).collect();
    tx.insert_many("invoice_pending", PENDING, &rows, "ON CONFLICT DO NOTHING")
}

/// Whether an order waits for the collective run.
pub fn is_pending(tx: &mut Tx<'_>, order: OrderId) -> Result<bool, StoreError> {
    let sql = "SELECT order_id FROM invoice_pending WHERE order_id = $1";
    Ok(tx.query_one(sql, &[&order], |row| row.get::<OrderId>("order_id"))?.is_some())
}

/// Takes orders out that wait no more.
pub fn not_pending(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = orders.iter().map(|order| vec![v(order)]).collect();
    tx.exec_many(
        "DELETE FROM invoice_pending WHERE order_id = $1",
        "DELETE FROM invoice_pending USING unnest($1::bytea[]) AS gone(id)
          WHERE order_id = gone.id",
        &[Kind::Bytes],
        &rows,
    )
}

/// Returns up to `limit` orders that wait since before `until`, of one account or of all, by
/// account and order, after the last one seen.
pub fn waiting(
    tx: &mut Tx<'_>,
    account: Option<AccountId>,
    until: Instant,
    after: Option<(Option<AccountId>, OrderId)>,
    limit: u32,
) -> Result<Vec<Waiting>, StoreError> {
    let (last, order) = after.unwrap_or((None, OrderId::NONE));
    let last = last.unwrap_or(AccountId::NONE);
    let none = match tx.engine() {
        Engine::Sqlite => "zeroblob(16)",
        Engine::Postgres => "'\\x00000000000000000000000000000000'::bytea",
    };
    let sql = format!(
        "SELECT order_id, account_id, since FROM invoice_pending
          WHERE since < $1 AND ($2 IS NULL OR account_id = $2)
            AND (COALESCE(account_id, {none}) > $3
                OR (COALESCE(account_id, {none}) = $3 AND order_id > $4))
          ORDER BY COALESCE(account_id, {none}), order_id LIMIT $5"
    );
    tx.query(&sql, &[&until, &account, &last, &order, &limit], |row| {
        Ok(Waiting {
            order: row.get("order_id")?,
            account: row.get("account_id")?,
            since: row.get("since")?,
        })
    })
}

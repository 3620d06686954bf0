//! Refunds with their lines, and what they used up of an order.

use orderly_core::id::{OrderId, RefundId};
use orderly_core::refund::{Prior, Refund, RefundLine};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const REFUND: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("number", Kind::Text),
    Column::new("order_id", Kind::Bytes),
    Column::new("return_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("currency", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("settlement", Kind::Text),
    Column::new("state", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("created_at", Kind::Int),
];

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("refund_id", Kind::Bytes),
    Column::new("order_line_id", Kind::Bytes),
    Column::new("charge_id", Kind::Bytes),
    Column::new("return_line_id", Kind::Bytes),
    Column::new("cause", Kind::Text),
    Column::new("qty", Kind::Int),
    Column::new("goods_minor", Kind::Int),
    Column::new("tax_minor", Kind::Int),
    Column::new("amount_minor", Kind::Int),
];

/// Adds a refund with its lines; false where its number is taken.
pub fn insert(tx: &mut Tx<'_>, refund: &Refund) -> Result<bool, StoreError> {
    let row = vec![
        v(&refund.id),
        v(&refund.number),
        v(&refund.order),
        v(&refund.returned),
        v(&refund.customer),
        v(&refund.currency),
        v(&refund.amount),
        v(&refund.settlement),
        v(&refund.state),
        v(&refund.reason),
        v(&refund.version),
        v(&refund.created_at),
    ];
    if tx.insert_many("refund", REFUND, &[row], "ON CONFLICT DO NOTHING")? == 0 {
        return Ok(false);
    }
    let line = |line: &RefundLine| {
        vec![
            v(&line.id),
            v(&refund.id),
            v(&line.order_line),
            v(&line.charge),
            v(&line.return_line),
            v(&line.cause),
            v(&line.qty),
            v(&line.goods),
            v(&line.tax),
            v(&line.amount),
        ]
    };
    let rows: Vec<Vec<Value>> = refund.lines.iter().map(line).collect();
    tx.insert_many("refund_line", LINE, &rows, "")?;
    Ok(true)
}

/// Returns a refund with its lines. `lock` keeps other writers from it until the transaction ends.
pub fn get(tx: &mut Tx<'_>, id: RefundId, lock: bool) -> Result<Option<Refund>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM refund WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM refund WHERE id = $1",
    };
    let Some(mut refund) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM refund_line WHERE refund_id = $1 ORDER BY id";
    refund.lines = tx.query(sql, &[&id], line_from_row)?;
    Ok(Some(refund))
}

/// Saves the refund's state; false where it was changed meanwhile. Its lines never change.
pub fn save(tx: &mut Tx<'_>, before: &Refund, after: &Refund) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE refund SET state = $3, version = $4 WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state, &after.version],
    )?;
    Ok(updated == 1)
}

/// Returns the ids of an order's refunds, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<RefundId>, StoreError> {
    let sql = "SELECT id FROM refund WHERE order_id = $1 ORDER BY created_at, id";
    tx.query(sql, &[&order], |row| row.get("id"))
}

/// Returns up to `limit` refunds, without their lines, made before the cursor, the latest first.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<(Instant, RefundId)>,
    limit: i64,
) -> Result<Vec<Refund>, StoreError> {
    let last = (Instant::from_micros(i64::MAX), RefundId::NONE);
    let (at, id) = before.unwrap_or(last);
    tx.query(
        "SELECT * FROM refund WHERE created_at < $1 OR (created_at = $1 AND id < $2)
          ORDER BY created_at DESC, id DESC LIMIT $3",
        &[&at, &id, &limit],
        from_row,
    )
}

/// Returns what the refunds of an order used up; failed and canceled ones used nothing.
pub fn prior(tx: &mut Tx<'_>, order: OrderId) -> Result<Prior, StoreError> {
    let sums = tx.query_one(
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'pending' THEN amount_minor ELSE 0 END), 0)
                    AS BIGINT) AS pending,
                CAST(COALESCE(SUM(CASE WHEN state = 'settled' AND settlement <> 'refund'
                    THEN amount_minor ELSE 0 END), 0) AS BIGINT) AS credited
           FROM refund WHERE order_id = $1",
        &[&order],
        |row| Ok((row.get::<i64>("pending")?, row.get::<i64>("credited")?)),
    )?;
    let (pending, credited) = sums.unwrap_or((0, 0));
    let lines = tx.query(
        "SELECT l.order_line_id, CAST(SUM(l.amount_minor) AS BIGINT) AS amount
           FROM refund_line l JOIN refund r ON r.id = l.refund_id
          WHERE r.order_id = $1 AND r.state IN ('pending', 'settled')
            AND l.order_line_id IS NOT NULL
          GROUP BY l.order_line_id ORDER BY l.order_line_id",
        &[&order],
        |row| Ok((row.get("order_line_id")?, row.get("amount")?)),
    )?;
    Ok(Prior { pending, credited, lines })
}

fn from_row(row: &Row<'_>) -> Result<Refund, StoreError> {
    Ok(Refund {
        id: row.get("id")?,
        number: row.get("number")?,
        order: row.get("order_id")?,
        returned: row.get("return_id")?,
        customer: row.get("customer_id")?,
        currency: row.get("currency")?,
        amount: row.get("amount_minor")?,
        settlement: row.get("settlement")?,
        state: row.get("state")?,
        reason: row.get("reason")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        lines: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<RefundLine, StoreError> {
    Ok(RefundLine {
        id: row.get("id")?,
        order_line: row.get("order_line_id")?,
        charge: row.get("charge_id")?,
        return_line: row.get("return_line_id")?,
        cause: row.get("cause")?,
        qty: row.get("qty")?,
        goods: row.get("goods_minor")?,
        tax: row.get("tax_minor")?,
        amount: row.get("amount_minor")?,
    })
}

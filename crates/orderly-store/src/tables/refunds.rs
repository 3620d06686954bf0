//! Refunds with their lines, and what they used up of an order.

use orderly_core::actor::ActorKind;
use orderly_core::id::{CustomerId, LineId, OrderId, RefundId, ReturnId, UserId};
use orderly_core::money::Currency;
use orderly_core::order::close::Given;
use orderly_core::qty::Qty;
use orderly_core::refund::{Prior, Refund, RefundLine, Who};
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
    Column::new("credited_minor", Kind::Int),
    Column::new("awaits_approval", Kind::Int),
    Column::new("requested_kind", Kind::Text),
    Column::new("requested_by", Kind::Bytes),
    Column::new("approved_kind", Kind::Text),
    Column::new("approved_by", Kind::Bytes),
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
        v(&refund.credited),
        v(&refund.awaits_approval),
        v(&refund.requested_by.map(|(kind, _)| kind)),
        v(&refund.requested_by.map(|(_, id)| id)),
        v(&refund.approved_by.map(|(kind, _)| kind)),
        v(&refund.approved_by.map(|(_, id)| id)),
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

/// Saves the refund's state and approval; false where it was changed meanwhile. Its lines never
/// change.
pub fn save(tx: &mut Tx<'_>, before: &Refund, after: &Refund) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE refund SET state = $3, version = $4, awaits_approval = $5, approved_kind = $6,
                approved_by = $7
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.version,
            &after.awaits_approval,
            &after.approved_by.map(|(kind, _)| kind),
            &after.approved_by.map(|(_, id)| id),
        ],
    )?;
    Ok(updated == 1)
}

/// Returns the ids of an order's refunds, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<RefundId>, StoreError> {
    let sql = "SELECT id FROM refund WHERE order_id = $1 ORDER BY created_at, id";
    tx.query(sql, &[&order], |row| row.get("id"))
}

/// Returns the refunds for a return that stand, with their lines, the oldest first.
pub fn of_return(tx: &mut Tx<'_>, id: ReturnId) -> Result<Vec<Refund>, StoreError> {
    let sql = "SELECT * FROM refund WHERE return_id = $1 AND state IN ('pending', 'settled')
                ORDER BY created_at, id";
    let mut found = tx.query(sql, &[&id], from_row)?;
    for refund in &mut found {
        let sql = "SELECT * FROM refund_line WHERE refund_id = $1 ORDER BY id";
        refund.lines = tx.query(sql, &[&refund.id], line_from_row)?;
    }
    Ok(found)
}

/// Returns the id of the refund with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<RefundId>, StoreError> {
    tx.query_one("SELECT id FROM refund WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns what a customer was refunded without a receipt since an instant, in minor units of the
/// currency.
pub fn without_receipt(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    currency: Currency,
    since: Instant,
) -> Result<i64, StoreError> {
    let sum = tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS amount FROM refund
          WHERE customer_id = $1 AND created_at >= $3 AND currency = $2 AND order_id IS NULL
            AND state IN ('pending', 'settled')",
        &[&customer, &currency, &since],
        |row| row.get::<i64>("amount"),
    )?;
    Ok(sum.unwrap_or(0))
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

/// Returns which of these orders have refunds.
pub fn refunded(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<OrderId>, StoreError> {
    let rows: Vec<Vec<Value>> = orders.iter().map(|order| vec![v(order)]).collect();
    tx.query_many(
        "SELECT $1 AS id WHERE EXISTS (SELECT 1 FROM refund WHERE order_id = $1)",
        "SELECT k.id FROM unnest($1::bytea[]) AS k (id)
          WHERE EXISTS (SELECT 1 FROM refund r WHERE r.order_id = k.id)",
        &[Kind::Bytes],
        &rows,
        |row| row.get("id"),
    )
}

/// Returns what the refunds of an order used up; failed and canceled ones used nothing.
pub fn prior(tx: &mut Tx<'_>, order: OrderId) -> Result<Prior, StoreError> {
    let sums = tx.query_one(
        "SELECT CAST(COALESCE(SUM(CASE WHEN r.state = 'pending'
                    THEN r.amount_minor - r.credited_minor - COALESCE(t.done, 0) ELSE 0 END), 0)
                    AS BIGINT) AS pending,
                CAST(COALESCE(SUM(r.credited_minor), 0) AS BIGINT) AS credited
           FROM refund r
           LEFT JOIN (SELECT x.refund_id, CAST(SUM(x.amount_minor) AS BIGINT) AS done
                        FROM payment_transaction x
                        JOIN refund y ON y.id = x.refund_id
                       WHERE y.order_id = $1 AND x.kind = 'refund' AND x.state = 'done'
                       GROUP BY x.refund_id) t ON t.refund_id = r.id
          WHERE r.order_id = $1 AND r.state IN ('pending', 'settled')",
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

/// Returns what the refunds of an order gave, as closing it asks.
pub fn given(tx: &mut Tx<'_>, order: OrderId) -> Result<Given, StoreError> {
    let prior = prior(tx, order)?;
    let parts: Vec<(Option<LineId>, i64, Qty)> = tx.query(
        "SELECT l.order_line_id, CAST(SUM(l.amount_minor) AS BIGINT) AS amount,
                CAST(SUM(l.qty) AS BIGINT) AS qty
           FROM refund_line l JOIN refund r ON r.id = l.refund_id
          WHERE r.order_id = $1 AND r.state IN ('pending', 'settled') AND l.cause <> 'canceled'
          GROUP BY l.order_line_id ORDER BY l.order_line_id",
        &[&order],
        |row| Ok((row.get("order_line_id")?, row.get("amount")?, row.get("qty")?)),
    )?;
    Ok(Given {
        open: prior.pending + prior.credited,
        amount: parts.iter().map(|(_, amount, _)| amount).sum(),
        lines: parts.into_iter().filter_map(|(line, _, qty)| Some((line?, qty))).collect(),
    })
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
        credited: row.get("credited_minor")?,
        awaits_approval: row.get("awaits_approval")?,
        requested_by: who(row, "requested_kind", "requested_by")?,
        approved_by: who(row, "approved_kind", "approved_by")?,
        lines: Vec::new(),
    })
}

fn who(row: &Row<'_>, kind: &str, id: &str) -> Result<Option<Who>, StoreError> {
    let kind: Option<ActorKind> = row.get(kind)?;
    Ok(kind.zip(row.get::<Option<UserId>>(id)?))
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

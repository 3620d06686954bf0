//! Payments with their transactions and what they pay.

use orderly_core::id::{OrderId, PaymentId, ShipmentId, TransactionId};
use orderly_core::money::Currency;
use orderly_core::payment::{Amounts, Application, Payment, Transaction};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const PAYMENT: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("account_id", Kind::Bytes),
    Column::new("provider", Kind::Text),
    Column::new("method", Kind::Text),
    Column::new("reference", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("channel_id", Kind::Bytes),
    Column::new("authorized_minor", Kind::Int),
    Column::new("authorize_pending_minor", Kind::Int),
    Column::new("captured_minor", Kind::Int),
    Column::new("capture_pending_minor", Kind::Int),
    Column::new("voided_minor", Kind::Int),
    Column::new("refunded_minor", Kind::Int),
    Column::new("refund_pending_minor", Kind::Int),
    Column::new("applied_minor", Kind::Int),
    Column::new("version", Kind::Int),
    Column::new("sequence", Kind::Int),
    Column::new("created_at", Kind::Int),
];

const TRANSACTION: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("payment_id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("state", Kind::Text),
    Column::new("provider", Kind::Text),
    Column::new("provider_reference", Kind::Text),
    Column::new("order_id", Kind::Bytes),
    Column::new("refund_id", Kind::Bytes),
    Column::new("rounding_minor", Kind::Int),
    Column::new("tendered_minor", Kind::Int),
    Column::new("created_at", Kind::Int),
    Column::new("settled_at", Kind::Int),
];

const APPLICATION: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("payment_id", Kind::Bytes),
    Column::new("target_kind", Kind::Text),
    Column::new("target_id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("applied_at", Kind::Int),
];

/// Adds a payment with all its parts; false where its provider has a payment of this reference.
pub fn insert(tx: &mut Tx<'_>, payment: &Payment) -> Result<bool, StoreError> {
    let rows = [row(payment)];
    if tx.insert_many("payment", PAYMENT, &rows, "ON CONFLICT DO NOTHING")? == 0 {
        return Ok(false);
    }
    insert_transactions(tx, payment, payment.transactions.iter())?;
    insert_applications(tx, payment, payment.applications.iter())?;
    Ok(true)
}

fn insert_transactions<'a>(
    tx: &mut Tx<'_>,
    payment: &Payment,
    transactions: impl Iterator<Item = &'a Transaction>,
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = transactions.map(|one| transaction_row(payment, one)).collect();
    tx.insert_many("payment_transaction", TRANSACTION, &rows, "")?;
    Ok(())
}

fn insert_applications<'a>(
    tx: &mut Tx<'_>,
    payment: &Payment,
    applications: impl Iterator<Item = &'a Application>,
) -> Result<(), StoreError> {
    let row = |one: &Application| {
        vec![
            v(&one.id),
            v(&payment.id),
            v(&one.target_kind),
            v(&one.target),
            v(&one.kind),
            v(&one.amount),
            v(&one.applied_at),
        ]
    };
    let rows: Vec<Vec<Value>> = applications.map(row).collect();
    tx.insert_many("application", APPLICATION, &rows, "")?;
    Ok(())
}

fn row(payment: &Payment) -> Vec<Value> {
    let amounts = &payment.amounts;
    vec![
        v(&payment.id),
        v(&payment.legal_entity),
        v(&payment.customer),
        v(&payment.account),
        v(&payment.provider),
        v(&payment.method),
        v(&payment.reference),
        v(&payment.currency),
        v(&payment.channel),
        v(&amounts.authorized),
        v(&amounts.authorize_pending),
        v(&amounts.captured),
        v(&amounts.capture_pending),
        v(&amounts.voided),
        v(&amounts.refunded),
        v(&amounts.refund_pending),
        v(&amounts.applied),
        v(&payment.version),
        v(&payment.sequence),
        v(&payment.created_at),
    ]
}

fn transaction_row(payment: &Payment, one: &Transaction) -> Vec<Value> {
    vec![
        v(&one.id),
        v(&payment.id),
        v(&one.kind),
        v(&one.amount),
        v(&one.state),
        v(&payment.provider),
        v(&one.provider_reference),
        v(&one.order),
        v(&one.refund),
        v(&one.rounding),
        v(&one.tendered),
        v(&one.created_at),
        v(&one.settled_at),
    ]
}

/// Returns a payment with all its parts. `lock` keeps other writers from it until the transaction
/// ends.
pub fn get(tx: &mut Tx<'_>, id: PaymentId, lock: bool) -> Result<Option<Payment>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM payment WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM payment WHERE id = $1",
    };
    let Some(mut payment) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM payment_transaction WHERE payment_id = $1 ORDER BY id";
    payment.transactions = tx.query(sql, &[&id], transaction_from_row)?;
    let sql = "SELECT * FROM application WHERE payment_id = $1 ORDER BY id";
    payment.applications = tx.query(sql, &[&id], application_from_row)?;
    Ok(Some(payment))
}

/// Saves what lies between two values of a payment; false where it was changed meanwhile.
/// `after.version` and `after.sequence` are the new ones.
///
/// A provider's reference that another transaction has is refused by the schema: look for it
/// before ([`by_provider_reference`]).
pub fn save(tx: &mut Tx<'_>, before: &Payment, after: &Payment) -> Result<bool, StoreError> {
    let amounts = &after.amounts;
    let updated = tx.exec(
        "UPDATE payment SET authorized_minor = $3, authorize_pending_minor = $4,
                captured_minor = $5, capture_pending_minor = $6, voided_minor = $7,
                refunded_minor = $8, refund_pending_minor = $9, applied_minor = $10,
                version = $11, sequence = $12
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &amounts.authorized,
            &amounts.authorize_pending,
            &amounts.captured,
            &amounts.capture_pending,
            &amounts.voided,
            &amounts.refunded,
            &amounts.refund_pending,
            &amounts.applied,
            &after.version,
            &after.sequence,
        ],
    )?;
    if updated == 0 {
        return Ok(false);
    }
    let old = |id: TransactionId| before.transactions.iter().find(|old| old.id == id);
    let new = after.transactions.iter().filter(|one| old(one.id).is_none());
    insert_transactions(tx, after, new)?;
    for one in after.transactions.iter().filter(|one| old(one.id).is_some_and(|o| o != *one)) {
        tx.exec(
            "UPDATE payment_transaction SET state = $2, provider_reference = $3, settled_at = $4
              WHERE id = $1",
            &[&one.id, &one.state, &one.provider_reference, &one.settled_at],
        )?;
    }
    let known = |one: &&Application| before.applications.iter().any(|old| old.id == one.id);
    insert_applications(tx, after, after.applications.iter().filter(|one| !known(one)))?;
    Ok(true)
}

/// Returns the payment a provider knows by this reference.
pub fn by_reference(
    tx: &mut Tx<'_>,
    provider: &str,
    reference: &str,
) -> Result<Option<PaymentId>, StoreError> {
    let sql = "SELECT id FROM payment WHERE provider = $1 AND reference = $2";
    tx.query_one(sql, &[&provider, &reference], |row| row.get("id"))
}

/// Returns the transaction a provider knows by this reference, and its payment.
pub fn by_provider_reference(
    tx: &mut Tx<'_>,
    provider: &str,
    reference: &str,
) -> Result<Option<(PaymentId, TransactionId)>, StoreError> {
    tx.query_one(
        "SELECT payment_id, id FROM payment_transaction
          WHERE provider = $1 AND provider_reference = $2",
        &[&provider, &reference],
        |row| Ok((row.get("payment_id")?, row.get("id")?)),
    )
}

/// Returns which of these orders have payments: applied to them, or with a transaction for them.
pub fn paid(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<OrderId>, StoreError> {
    let rows: Vec<Vec<Value>> = orders.iter().map(|order| vec![v(order)]).collect();
    tx.query_many(
        "SELECT $1 AS id WHERE EXISTS (SELECT 1 FROM application
                                        WHERE target_kind = 'order' AND target_id = $1)
             OR EXISTS (SELECT 1 FROM payment_transaction WHERE order_id = $1)",
        "SELECT k.id FROM unnest($1::bytea[]) AS k (id)
          WHERE EXISTS (SELECT 1 FROM application a
                         WHERE a.target_kind = 'order' AND a.target_id = k.id)
             OR EXISTS (SELECT 1 FROM payment_transaction t WHERE t.order_id = k.id)",
        &[Kind::Bytes],
        &rows,
        |row| row.get("id"),
    )
}

/// Returns the payments applied to an order, or with a transaction for it, by id.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<PaymentId>, StoreError> {
    tx.query(
        "SELECT p.id FROM payment p
          WHERE p.id IN (SELECT payment_id FROM application
                          WHERE target_kind = 'order' AND target_id = $1)
             OR p.id IN (SELECT payment_id FROM payment_transaction WHERE order_id = $1)
          ORDER BY p.id",
        &[&order],
        |row| row.get("id"),
    )
}

/// Money that was taken on delivery and has not come to us in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDelivery {
    pub payment: PaymentId,
    /// What it was taken at.
    pub reference: Option<String>,
    pub order: Option<OrderId>,
    pub order_number: Option<String>,
    pub currency: Currency,
    /// In minor units, as is what of it was remitted.
    pub taken: i64,
    pub remitted: i64,
    pub taken_at: Instant,
}

/// Returns up to `limit` payments on delivery that are not remitted in full, the oldest first.
pub fn on_delivery(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<OnDelivery>, StoreError> {
    tx.query(
        "SELECT x.*, o.number AS order_number
           FROM (SELECT p.id, p.reference, p.currency, p.created_at,
                        p.captured_minor - p.refunded_minor AS taken,
                        COALESCE((SELECT CAST(SUM(q.amount_minor) AS BIGINT)
                                    FROM bank_match_payment q
                                    JOIN bank_match m ON m.id = q.bank_match_id
                                         AND m.undone_at IS NULL
                                   WHERE q.payment_id = p.id), 0)
                        + COALESCE((SELECT CAST(SUM(r.amount_minor) AS BIGINT)
                                      FROM remittance r WHERE r.payment_id = p.id), 0)
                        AS remitted,
                        (SELECT a.target_id FROM application a
                          WHERE a.payment_id = p.id AND a.target_kind = 'order'
                          ORDER BY a.applied_at, a.id LIMIT 1) AS order_id
                   FROM payment p WHERE p.provider = 'cod') x
           LEFT JOIN orders o ON o.id = x.order_id
          WHERE x.taken > x.remitted ORDER BY x.created_at, x.id LIMIT $1",
        &[&limit],
        |row| {
            Ok(OnDelivery {
                payment: row.get("id")?,
                reference: row.get("reference")?,
                order: row.get("order_id")?,
                order_number: row.get("order_number")?,
                currency: row.get("currency")?,
                taken: row.get("taken")?,
                remitted: row.get("remitted")?,
                taken_at: row.get("created_at")?,
            })
        },
    )
}

/// Returns the carrier of a shipment.
pub fn carrier_of(tx: &mut Tx<'_>, shipment: ShipmentId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT carrier FROM shipment WHERE id = $1";
    Ok(tx.query_one(sql, &[&shipment], |row| row.get::<Option<String>>("carrier"))?.flatten())
}

/// Returns the transactions without a known outcome, oldest first, at most `limit` after a
/// cursor, each with its payment: what the provider must be asked about.
pub fn open_transactions(
    tx: &mut Tx<'_>,
    after: Option<(Instant, TransactionId)>,
    limit: i64,
) -> Result<Vec<(PaymentId, Transaction)>, StoreError> {
    let first = (Instant::from_micros(i64::MIN), TransactionId::NONE);
    let (at, id) = after.unwrap_or(first);
    tx.query(
        "SELECT * FROM payment_transaction
          WHERE state IN ('pending', 'unknown')
            AND (created_at > $1 OR (created_at = $1 AND id > $2))
          ORDER BY created_at, id LIMIT $3",
        &[&at, &id, &limit],
        |row| Ok((row.get("payment_id")?, transaction_from_row(row)?)),
    )
}

/// Returns up to `limit` payments, without their parts, opened before the cursor, the latest
/// first.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<(Instant, PaymentId)>,
    limit: i64,
) -> Result<Vec<Payment>, StoreError> {
    let last = (Instant::from_micros(i64::MAX), PaymentId::NONE);
    let (at, id) = before.unwrap_or(last);
    tx.query(
        "SELECT * FROM payment WHERE created_at < $1 OR (created_at = $1 AND id < $2)
          ORDER BY created_at DESC, id DESC LIMIT $3",
        &[&at, &id, &limit],
        from_row,
    )
}

fn from_row(row: &Row<'_>) -> Result<Payment, StoreError> {
    Ok(Payment {
        id: row.get("id")?,
        legal_entity: row.get("legal_entity_id")?,
        customer: row.get("customer_id")?,
        account: row.get("account_id")?,
        provider: row.get("provider")?,
        method: row.get("method")?,
        reference: row.get("reference")?,
        currency: row.get("currency")?,
        channel: row.get("channel_id")?,
        amounts: Amounts {
            authorized: row.get("authorized_minor")?,
            authorize_pending: row.get("authorize_pending_minor")?,
            captured: row.get("captured_minor")?,
            capture_pending: row.get("capture_pending_minor")?,
            voided: row.get("voided_minor")?,
            refunded: row.get("refunded_minor")?,
            refund_pending: row.get("refund_pending_minor")?,
            applied: row.get("applied_minor")?,
        },
        version: row.get("version")?,
        sequence: row.get("sequence")?,
        created_at: row.get("created_at")?,
        transactions: Vec::new(),
        applications: Vec::new(),
    })
}

fn transaction_from_row(row: &Row<'_>) -> Result<Transaction, StoreError> {
    Ok(Transaction {
        id: row.get("id")?,
        kind: row.get("kind")?,
        amount: row.get("amount_minor")?,
        state: row.get("state")?,
        provider_reference: row.get("provider_reference")?,
        order: row.get("order_id")?,
        refund: row.get("refund_id")?,
        rounding: row.get("rounding_minor")?,
        tendered: row.get("tendered_minor")?,
        created_at: row.get("created_at")?,
        settled_at: row.get("settled_at")?,
    })
}

fn application_from_row(row: &Row<'_>) -> Result<Application, StoreError> {
    Ok(Application {
        id: row.get("id")?,
        target_kind: row.get("target_kind")?,
        target: row.get("target_id")?,
        kind: row.get("kind")?,
        amount: row.get("amount_minor")?,
        applied_at: row.get("applied_at")?,
    })
}

//! Store credit: the balance per customer, and the entries it is the sum of.

use orderly_core::actor::ActorKind;
use orderly_core::id::{CustomerId, UserId};
use orderly_core::payment::credit::{CreditEntry, Holder};
use orderly_core::time::Instant;
use orderly_core::units::Cause;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx};

const ENTRY: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("currency", Kind::Text),
    Column::new("kind", Kind::Text),
    Column::new("amount_minor", Kind::Int),
    Column::new("cause_kind", Kind::Text),
    Column::new("cause_id", Kind::Bytes),
    Column::new("expires_on", Kind::Int),
    Column::new("reason", Kind::Text),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("recorded_at", Kind::Int),
];

/// Returns what a customer has left, in minor units. `lock` keeps other writers from it until the
/// transaction ends.
pub fn balance(tx: &mut Tx<'_>, holder: &Holder, lock: bool) -> Result<i64, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => {
            "SELECT balance_minor FROM store_credit
              WHERE legal_entity_id = $1 AND customer_id = $2 AND currency = $3 FOR UPDATE"
        }
        _ => {
            "SELECT balance_minor FROM store_credit
              WHERE legal_entity_id = $1 AND customer_id = $2 AND currency = $3"
        }
    };
    let key = [&holder.legal_entity as &dyn crate::ToValue, &holder.customer, &holder.currency];
    let found = tx.query_one(sql, &key, |row| row.get("balance_minor"))?;
    Ok(found.unwrap_or(0))
}

/// Adds to a balance, or takes from it where negative; false where there is less than that.
pub fn add(
    tx: &mut Tx<'_>,
    holder: &Holder,
    amount: i64,
    now: Instant,
) -> Result<bool, StoreError> {
    let Holder { legal_entity, customer, currency } = holder;
    if amount > 0 {
        tx.exec(
            "INSERT INTO store_credit (legal_entity_id, customer_id, currency, balance_minor,
                updated_at)
             VALUES ($1, $2, $3, 0, $4) ON CONFLICT DO NOTHING",
            &[legal_entity, customer, currency, &now],
        )?;
    }
    let changed = tx.exec(
        "UPDATE store_credit SET balance_minor = balance_minor + $4, updated_at = $5
          WHERE legal_entity_id = $1 AND customer_id = $2 AND currency = $3
            AND balance_minor + $4 >= 0",
        &[legal_entity, customer, currency, &amount, &now],
    )?;
    Ok(changed == 1)
}

/// Adds an entry; false where there is one of its id.
pub fn insert(
    tx: &mut Tx<'_>,
    entry: &CreditEntry,
    actor_kind: ActorKind,
    actor: UserId,
) -> Result<bool, StoreError> {
    let row = vec![
        v(&entry.id),
        v(&entry.holder.legal_entity),
        v(&entry.holder.customer),
        v(&entry.holder.currency),
        v(&entry.kind),
        v(&entry.amount),
        v(&entry.cause.kind),
        v(&entry.cause.id),
        v(&entry.expires_on),
        v(&entry.reason),
        v(&actor_kind),
        v(&actor),
        v(&entry.recorded_at),
    ];
    let suffix = "ON CONFLICT DO NOTHING";
    Ok(tx.insert_many("store_credit_entry", ENTRY, &[row], suffix)? == 1)
}

/// Returns the balances of a customer, by currency.
pub fn of_customer(
    tx: &mut Tx<'_>,
    customer: CustomerId,
) -> Result<Vec<(Holder, i64)>, StoreError> {
    let sql = "SELECT legal_entity_id, customer_id, currency, balance_minor FROM store_credit
        WHERE customer_id = $1 ORDER BY currency, legal_entity_id";
    tx.query(sql, &[&customer], |row| Ok((holder(row)?, row.get("balance_minor")?)))
}

/// Returns the entries of a customer, oldest first.
pub fn entries(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<CreditEntry>, StoreError> {
    let sql = "SELECT * FROM store_credit_entry WHERE customer_id = $1 ORDER BY recorded_at, id";
    tx.query(sql, &[&customer], |row| {
        Ok(CreditEntry {
            id: row.get("id")?,
            holder: holder(row)?,
            kind: row.get("kind")?,
            amount: row.get("amount_minor")?,
            cause: Cause { kind: row.get("cause_kind")?, id: row.get("cause_id")? },
            expires_on: row.get("expires_on")?,
            reason: row.get("reason")?,
            recorded_at: row.get("recorded_at")?,
        })
    })
}

fn holder(row: &Row<'_>) -> Result<Holder, StoreError> {
    Ok(Holder {
        legal_entity: row.get("legal_entity_id")?,
        customer: row.get("customer_id")?,
        currency: row.get("currency")?,
    })
}

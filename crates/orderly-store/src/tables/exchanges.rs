//! Exchanges: which order replaces what came back.

use orderly_core::exchange::{Exchange, ExchangeState};
use orderly_core::id::{ExchangeId, OrderId, ReturnId};

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx};

const EXCHANGE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("number", Kind::Text),
    Column::new("return_id", Kind::Bytes),
    Column::new("order_id", Kind::Bytes),
    Column::new("replacement_id", Kind::Bytes),
    Column::new("payment_id", Kind::Bytes),
    Column::new("ships", Kind::Text),
    Column::new("rest", Kind::Text),
    Column::new("state", Kind::Text),
    Column::new("waives_fee", Kind::Int),
    Column::new("reason", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("created_at", Kind::Int),
];

/// Adds an exchange; false where its number, return or replacement has one.
pub fn insert(tx: &mut Tx<'_>, one: &Exchange) -> Result<bool, StoreError> {
    let row = vec![
        v(&one.id),
        v(&one.number),
        v(&one.returned),
        v(&one.order),
        v(&one.replacement),
        v(&one.payment),
        v(&one.ships),
        v(&one.rest),
        v(&one.state),
        v(&one.waives_fee),
        v(&one.reason),
        v(&one.version),
        v(&one.created_at),
    ];
    Ok(tx.insert_many("exchange", EXCHANGE, &[row], "ON CONFLICT DO NOTHING")? == 1)
}

/// Returns an exchange. `lock` keeps other writers from it until the transaction ends.
pub fn get(tx: &mut Tx<'_>, id: ExchangeId, lock: bool) -> Result<Option<Exchange>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM exchange WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM exchange WHERE id = $1",
    };
    tx.query_one(sql, &[&id], from_row)
}

/// Returns the exchange that a return is part of.
pub fn of_return(tx: &mut Tx<'_>, id: ReturnId) -> Result<Option<Exchange>, StoreError> {
    tx.query_one("SELECT * FROM exchange WHERE return_id = $1", &[&id], from_row)
}

/// Returns the exchange whose replacement an order is.
pub fn of_replacement(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<Exchange>, StoreError> {
    tx.query_one("SELECT * FROM exchange WHERE replacement_id = $1", &[&id], from_row)
}

/// Returns the exchange with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Exchange>, StoreError> {
    tx.query_one("SELECT * FROM exchange WHERE number = $1", &[&number], from_row)
}

/// Returns up to `limit` exchanges before one, of a state or of all, the newest first.
pub fn list(
    tx: &mut Tx<'_>,
    state: Option<ExchangeState>,
    before: Option<ExchangeId>,
    limit: i64,
) -> Result<Vec<Exchange>, StoreError> {
    let sql = "SELECT * FROM exchange
                WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR id < $2)
                ORDER BY id DESC LIMIT $3";
    tx.query(sql, &[&state, &before, &limit], from_row)
}

/// Saves the state of an exchange; false where it was changed meanwhile.
pub fn save(tx: &mut Tx<'_>, before: &Exchange, after: &Exchange) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE exchange SET state = $3, version = $4 WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state, &after.version],
    )?;
    Ok(updated == 1)
}

fn from_row(row: &Row<'_>) -> Result<Exchange, StoreError> {
    Ok(Exchange {
        id: row.get("id")?,
        number: row.get("number")?,
        returned: row.get("return_id")?,
        order: row.get("order_id")?,
        replacement: row.get("replacement_id")?,
        payment: row.get("payment_id")?,
        ships: row.get("ships")?,
        rest: row.get("rest")?,
        state: row.get("state")?,
        waives_fee: row.get("waives_fee")?,
        reason: row.get("reason")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

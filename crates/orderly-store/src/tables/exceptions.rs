//! Exceptions: what only a person can settle.

use orderly_core::id::{ItemId, LineId, LocationId, OrderId};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// One exception. `id` is any fresh id's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    pub id: [u8; 16],
    /// Such as `oversold`, `displaced`, `found`, `short_pick`.
    pub kind: String,
    pub item: Option<ItemId>,
    pub location: Option<LocationId>,
    pub order: Option<OrderId>,
    pub line: Option<LineId>,
    /// In base units of the item.
    pub qty: Option<i64>,
    pub detail: String,
    pub raised_at: Instant,
    pub settled_at: Option<Instant>,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("item_id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("order_id", Kind::Bytes),
    Column::new("line_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("detail", Kind::Text),
    Column::new("raised_at", Kind::Int),
    Column::new("settled_at", Kind::Int),
];

/// Raises exceptions.
pub fn insert(tx: &mut Tx<'_>, exceptions: &[Exception]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = exceptions
        .iter()
        .map(|one| {
            vec![
                v(&one.id),
                v(&one.kind),
                v(&one.item),
                v(&one.location),
                v(&one.order),
                v(&one.line),
                v(&one.qty),
                v(&one.detail),
                v(&one.raised_at),
                v(&one.settled_at),
            ]
        })
        .collect();
    tx.insert_many("exception", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns up to `limit` open exceptions, the oldest first.
pub fn open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Exception>, StoreError> {
    tx.query(
        "SELECT * FROM exception WHERE settled_at IS NULL ORDER BY raised_at, id LIMIT $1",
        &[&limit],
        exception_from_row,
    )
}

/// Returns an exception.
pub fn get(tx: &mut Tx<'_>, id: [u8; 16]) -> Result<Option<Exception>, StoreError> {
    tx.query_one("SELECT * FROM exception WHERE id = $1", &[&id], exception_from_row)
}

/// Settles an exception; whether it was open.
pub fn settle(tx: &mut Tx<'_>, id: [u8; 16], at: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE exception SET settled_at = $2 WHERE id = $1 AND settled_at IS NULL";
    Ok(tx.exec(sql, &[&id, &at])? == 1)
}

fn exception_from_row(row: &Row<'_>) -> Result<Exception, StoreError> {
    Ok(Exception {
        id: row.get("id")?,
        kind: row.get("kind")?,
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        order: row.get("order_id")?,
        line: row.get("line_id")?,
        qty: row.get("qty")?,
        detail: row.get("detail")?,
        raised_at: row.get("raised_at")?,
        settled_at: row.get("settled_at")?,
    })
}

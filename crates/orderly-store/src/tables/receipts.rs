//! Receipts and their lines.

use orderly_core::id::{ReceiptId, ReceiptLineId};
use orderly_core::stock::{Receipt, ReceiptLine, Spot};
use orderly_core::time::Instant;
use orderly_core::units::Condition;

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("receipt_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("purchase_line_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("lot_id", Kind::Bytes),
    Column::new("place_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("value_minor", Kind::Int),
];

/// Adds a receipt with its lines. Their places are inserted when their movements are posted.
pub fn insert(tx: &mut Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO receipt (id, number, kind, location_id, supplier_id, purchase_order_id,
             reference, currency, received_at, reversed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &receipt.id,
            &receipt.number,
            &receipt.kind,
            &receipt.location,
            &receipt.supplier,
            &receipt.purchase_order,
            &receipt.reference,
            &receipt.currency,
            &receipt.received_at,
            &receipt.reversed_at,
        ],
    )?;
    let row = |line: &ReceiptLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&receipt.id),
            v(&line.position),
            v(&line.purchase_line),
            v(&line.spot.item),
            v(&line.spot.lot),
            v(&line.spot.place(receipt.location).id()),
            v(&line.qty),
            v(&line.value),
        ]
    };
    let rows: Vec<Vec<Value>> = receipt.lines.iter().map(row).collect();
    tx.insert_many("receipt_line", LINE, &rows, "")?;
    Ok(())
}

/// Returns a receipt with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: ReceiptId, lock: bool) -> Result<Option<Receipt>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM receipt WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM receipt WHERE id = $1",
    };
    let Some(mut receipt) = tx.query_one(sql, &[&id], receipt_from_row)? else { return Ok(None) };
    receipt.lines = tx.query(
        "SELECT r.*, p.bin_id, p.condition FROM receipt_line r JOIN place p ON p.id = r.place_id
          WHERE r.receipt_id = $1 ORDER BY r.position",
        &[&id],
        |row| {
            Ok(ReceiptLine {
                id: row.get::<ReceiptLineId>("id")?,
                position: row.get("position")?,
                purchase_line: row.get("purchase_line_id")?,
                qty: row.get("qty")?,
                value: row.get("value_minor")?,
                spot: spot_from_row(row)?,
            })
        },
    )?;
    Ok(Some(receipt))
}

/// Returns the id of the receipt with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<ReceiptId>, StoreError> {
    tx.query_one("SELECT id FROM receipt WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns up to `limit` receipts before a cursor, the newest first, without their lines.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<ReceiptId>,
    limit: u32,
) -> Result<Vec<Receipt>, StoreError> {
    let before = before.unwrap_or(ReceiptId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM receipt WHERE id < $1 ORDER BY id DESC LIMIT $2";
    tx.query(sql, &[&before, &limit], receipt_from_row)
}

/// Marks a receipt as reversed; false where it was already.
pub fn reverse(tx: &mut Tx<'_>, id: ReceiptId, at: Instant) -> Result<bool, StoreError> {
    let sql = "UPDATE receipt SET reversed_at = $2 WHERE id = $1 AND reversed_at IS NULL";
    Ok(tx.exec(sql, &[&id, &at])? == 1)
}

fn receipt_from_row(row: &Row<'_>) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        id: row.get("id")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        location: row.get("location_id")?,
        supplier: row.get("supplier_id")?,
        purchase_order: row.get("purchase_order_id")?,
        reference: row.get("reference")?,
        currency: row.get("currency")?,
        received_at: row.get("received_at")?,
        reversed_at: row.get("reversed_at")?,
        lines: Vec::new(),
    })
}

/// Reads a spot of a row that is joined with its place.
pub(super) fn spot_from_row(row: &Row<'_>) -> Result<Spot, StoreError> {
    Ok(Spot {
        item: row.get("item_id")?,
        lot: row.get("lot_id")?,
        bin: row.get("bin_id")?,
        condition: row.get::<Condition>("condition")?,
    })
}

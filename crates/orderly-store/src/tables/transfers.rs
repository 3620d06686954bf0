//! Transfers between our locations.

use orderly_core::id::TransferId;
use orderly_core::stock::{Transfer, TransferLine};

use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("transfer_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("lot_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("sent", Kind::Int),
    Column::new("received", Kind::Int),
    Column::new("written_off", Kind::Int),
    Column::new("value_minor", Kind::Int),
    Column::new("reason", Kind::Text),
];

/// Adds a transfer with its lines.
pub fn insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO transfer (id, number, from_location_id, to_location_id, state, version,
             created_at, shipped_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &transfer.id,
            &transfer.number,
            &transfer.from,
            &transfer.to,
            &transfer.state,
            &transfer.version,
            &transfer.created_at,
            &transfer.shipped_at,
        ],
    )?;
    let row = |line: &TransferLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&transfer.id),
            v(&line.position),
            v(&line.item),
            v(&line.lot),
            v(&line.qty),
            v(&line.sent),
            v(&line.received),
            v(&line.written_off),
            v(&line.value),
            v(&line.reason),
        ]
    };
    let rows: Vec<Vec<Value>> = transfer.lines.iter().map(row).collect();
    tx.insert_many("transfer_line", LINE, &rows, "")?;
    Ok(())
}

/// Returns a transfer with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: TransferId, lock: bool) -> Result<Option<Transfer>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM transfer WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM transfer WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], transfer_from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM transfer_line WHERE transfer_id = $1 ORDER BY position";
    found.lines = tx.query(sql, &[&id], line_from_row)?;
    Ok(Some(found))
}

/// Returns up to `limit` transfers before a cursor, the newest first, without their lines.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<TransferId>,
    limit: u32,
) -> Result<Vec<Transfer>, StoreError> {
    let before = before.unwrap_or(TransferId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM transfer WHERE id < $1 ORDER BY id DESC LIMIT $2";
    tx.query(sql, &[&before, &limit], transfer_from_row)
}

/// Writes the state and the lines' counters if the transfer is still at the version of `before`.
/// Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Transfer, after: &Transfer) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE transfer SET state = $3, version = $4, shipped_at = $5
          WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state, &after.version, &after.shipped_at],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "UPDATE transfer_line SET sent = $2, received = $3, written_off = $4,
                 value_minor = $5, reason = $6
              WHERE id = $1",
            &[&line.id, &line.sent, &line.received, &line.written_off, &line.value, &line.reason],
        )?;
    }
    Ok(true)
}

fn transfer_from_row(row: &Row<'_>) -> Result<Transfer, StoreError> {
    Ok(Transfer {
        id: row.get("id")?,
        number: row.get("number")?,
        from: row.get("from_location_id")?,
        to: row.get("to_location_id")?,
        state: row.get("state")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        shipped_at: row.get("shipped_at")?,
        lines: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<TransferLine, StoreError> {
    Ok(TransferLine {
        id: row.get("id")?,
        position: row.get("position")?,
        item: row.get("item_id")?,
        lot: row.get("lot_id")?,
        qty: row.get("qty")?,
        sent: row.get("sent")?,
        received: row.get("received")?,
        written_off: row.get("written_off")?,
        value: row.get("value_minor")?,
        reason: row.get("reason")?,
    })
}

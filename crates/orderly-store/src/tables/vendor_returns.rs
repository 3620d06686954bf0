//! Goods that went back to their suppliers.

use orderly_core::id::{SupplierId, VendorReturnId, VendorReturnLineId};
use orderly_core::purchase::vendor::{VendorReturn, VendorReturnLine};

use super::receipts::spot_from_row;
use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("vendor_return_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("lot_id", Kind::Bytes),
    Column::new("place_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("credited", Kind::Int),
    Column::new("rejected", Kind::Int),
    Column::new("value_minor", Kind::Int),
];

/// Adds a return with its lines. Their places are inserted when their movements are posted.
pub fn insert(tx: &mut Tx<'_>, one: &VendorReturn) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO vendor_return (id, number, supplier_id, location_id, reference, reason,
             state, sent_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &one.id,
            &one.number,
            &one.supplier,
            &one.location,
            &one.reference,
            &one.reason,
            &one.state(),
            &one.sent_at,
            &one.version,
        ],
    )?;
    let row = |line: &VendorReturnLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&one.id),
            v(&line.position),
            v(&line.spot.item),
            v(&line.spot.lot),
            v(&line.spot.place(one.location).id()),
            v(&line.qty),
            v(&line.credited),
            v(&line.rejected),
            v(&line.value),
        ]
    };
    let rows: Vec<Vec<Value>> = one.lines.iter().map(row).collect();
    tx.insert_many("vendor_return_line", LINE, &rows, "")?;
    Ok(())
}

/// Returns a return with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(
    tx: &mut Tx<'_>,
    id: VendorReturnId,
    lock: bool,
) -> Result<Option<VendorReturn>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM vendor_return WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM vendor_return WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    found.lines = lines_of(tx, id)?;
    Ok(Some(found))
}

fn lines_of(tx: &mut Tx<'_>, id: VendorReturnId) -> Result<Vec<VendorReturnLine>, StoreError> {
    tx.query(
        "SELECT r.*, p.bin_id, p.condition FROM vendor_return_line r
           JOIN place p ON p.id = r.place_id
          WHERE r.vendor_return_id = $1 ORDER BY r.position",
        &[&id],
        |row| {
            Ok(VendorReturnLine {
                id: row.get::<VendorReturnLineId>("id")?,
                position: row.get("position")?,
                spot: spot_from_row(row)?,
                qty: row.get("qty")?,
                credited: row.get("credited")?,
                rejected: row.get("rejected")?,
                value: row.get("value_minor")?,
            })
        },
    )
}

/// Returns the id of the return with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<VendorReturnId>, StoreError> {
    tx.query_one("SELECT id FROM vendor_return WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the return that a line belongs to.
pub fn of_line(
    tx: &mut Tx<'_>,
    line: VendorReturnLineId,
) -> Result<Option<VendorReturnId>, StoreError> {
    let sql = "SELECT vendor_return_id FROM vendor_return_line WHERE id = $1";
    tx.query_one(sql, &[&line], |row| row.get("vendor_return_id"))
}

/// Returns up to `limit` returns before one, the newest first, with their lines; one supplier's
/// only where one is given.
pub fn list(
    tx: &mut Tx<'_>,
    supplier: Option<SupplierId>,
    before: Option<VendorReturnId>,
    limit: u32,
) -> Result<Vec<VendorReturn>, StoreError> {
    let sql = "SELECT * FROM vendor_return
                WHERE ($1 IS NULL OR supplier_id = $1) AND ($2 IS NULL OR id < $2)
                ORDER BY id DESC LIMIT $3";
    let mut found = tx.query(sql, &[&supplier, &before, &limit], from_row)?;
    for one in &mut found {
        one.lines = lines_of(tx, one.id)?;
    }
    Ok(found)
}

/// Writes what was credited and rejected if the return is still at the version of `before`.
/// Returns whether it was.
pub fn save(
    tx: &mut Tx<'_>,
    before: &VendorReturn,
    after: &VendorReturn,
) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE vendor_return SET state = $3, version = $4 WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state(), &after.version],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "UPDATE vendor_return_line SET credited = $2, rejected = $3 WHERE id = $1",
            &[&line.id, &line.credited, &line.rejected],
        )?;
    }
    Ok(true)
}

fn from_row(row: &Row<'_>) -> Result<VendorReturn, StoreError> {
    Ok(VendorReturn {
        id: row.get("id")?,
        number: row.get("number")?,
        supplier: row.get("supplier_id")?,
        location: row.get("location_id")?,
        reference: row.get("reference")?,
        reason: row.get("reason")?,
        sent_at: row.get("sent_at")?,
        version: row.get("version")?,
        lines: Vec::new(),
    })
}

//! Lots: batches, serial numbers and lengths of an item.

use orderly_core::id::{ItemId, LotId};
use orderly_core::units::{Lot, LotKind};

use crate::{Engine, Row, StoreError, Tx};

/// Returns a lot by its id.
pub fn lot(tx: &mut Tx<'_>, id: LotId) -> Result<Option<Lot>, StoreError> {
    tx.query_one("SELECT * FROM lot WHERE id = $1", &[&id], from_row)
}

/// Returns an item's lot by what is printed on it.
pub fn lot_named(
    tx: &mut Tx<'_>,
    item: ItemId,
    kind: LotKind,
    code: &str,
) -> Result<Option<Lot>, StoreError> {
    tx.query_one(
        "SELECT * FROM lot WHERE item_id = $1 AND kind = $2 AND code = $3",
        &[&item, &kind, &code],
        from_row,
    )
}

/// Returns the item's lot of this kind and code, which is `lot` where there was none. PostgreSQL
/// locks it until the transaction ends, so that one serial number is not received twice at once.
pub fn lot_or_insert(tx: &mut Tx<'_>, lot: &Lot) -> Result<Lot, StoreError> {
    tx.exec(
        "INSERT INTO lot (id, item_id, kind, code, length_mm, expires_on, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &[&lot.id, &lot.item, &lot.kind, &lot.code, &lot.length, &lot.expires_on, &lot.created_at],
    )?;
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT * FROM lot WHERE item_id = $1 AND kind = $2 AND code = $3",
        Engine::Postgres => {
            "SELECT * FROM lot WHERE item_id = $1 AND kind = $2 AND code = $3 FOR UPDATE"
        }
    };
    let found = tx.query_one(sql, &[&lot.item, &lot.kind, &lot.code], from_row)?;
    found.ok_or_else(|| StoreError::other("the id of a new lot is another lot's"))
}

fn from_row(row: &Row<'_>) -> Result<Lot, StoreError> {
    Ok(Lot {
        id: row.get("id")?,
        item: row.get("item_id")?,
        kind: row.get("kind")?,
        code: row.get("code")?,
        length: row.get("length_mm")?,
        expires_on: row.get("expires_on")?,
        created_at: row.get("created_at")?,
    })
}

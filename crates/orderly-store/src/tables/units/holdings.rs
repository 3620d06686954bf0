//! Holdings: how many goods of an item and lot lie in a bin, in which condition, for whom.

use std::collections::HashSet;

use orderly_core::id::{ItemId, LocationId, LotId, PlaceId};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::Place;

use super::{Moved, Posted, places};
use crate::codec::v;
use crate::{Kind, Row, StoreError, Tx, Value};

/// Goods of one item and lot in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding {
    pub item: ItemId,
    pub place: Place,
    /// Zero where no lot is recorded.
    pub lot: LotId,
    pub qty: Qty,
}

const KINDS: [Kind; 4] = [Kind::Bytes, Kind::Bytes, Kind::Bytes, Kind::Int];

/// Locks in key order before it changes, as levels do.
const CHANGE_MANY: &str = "
    WITH v AS (
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[])
            AS v(item_id, place_id, lot_id, delta)
    ), locked AS MATERIALIZED (
        SELECT h.item_id, h.place_id, h.lot_id, v.delta
          FROM v JOIN holding h ON h.item_id = v.item_id AND h.place_id = v.place_id
           AND h.lot_id = v.lot_id
         ORDER BY h.item_id, h.place_id, h.lot_id
           FOR UPDATE OF h
    )
    UPDATE holding h SET qty = h.qty + k.delta
      FROM locked k
     WHERE h.item_id = k.item_id AND h.place_id = k.place_id AND h.lot_id = k.lot_id
       AND h.qty + k.delta >= 0
    RETURNING h.item_id, h.place_id, h.lot_id";

/// Changes holdings, none below zero; returns the first that would be.
pub(super) fn change(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Posted>, StoreError> {
    let row = |((item, place, lot), (_, delta)): (&(ItemId, PlaceId, LotId), &(Place, i64))| {
        vec![v(item), v(place), v(lot), Value::Int(*delta)]
    };
    let rows: Vec<Vec<Value>> = moved.iter().map(row).collect();
    let changed = tx.query_many(
        "UPDATE holding SET qty = qty + $4
          WHERE item_id = $1 AND place_id = $2 AND lot_id = $3 AND qty + $4 >= 0
         RETURNING item_id, place_id, lot_id",
        CHANGE_MANY,
        &KINDS,
        &rows,
        |row| Ok((row.at(0)?, row.at(1)?, row.at(2)?)),
    )?;
    let changed: HashSet<(ItemId, PlaceId, LotId)> = changed.into_iter().collect();
    let mut left = moved.clone();
    left.retain(|key, _| !changed.contains(key));
    if left.values().any(|(_, delta)| *delta < 0) {
        return missing(tx, &left);
    }
    let rows: Vec<Vec<Value>> = left.iter().map(row).collect();
    tx.exec_many(
        "INSERT INTO holding (item_id, place_id, lot_id, qty) VALUES ($1, $2, $3, $4)
         ON CONFLICT (item_id, place_id, lot_id) DO UPDATE SET qty = holding.qty + excluded.qty",
        "INSERT INTO holding (item_id, place_id, lot_id, qty)
         SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[])
         ON CONFLICT (item_id, place_id, lot_id) DO UPDATE SET qty = holding.qty + excluded.qty",
        &KINDS,
        &rows,
    )?;
    Ok(None)
}

/// The first holding that has too little, read before anything is changed.
pub(super) fn first_missing(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Posted>, StoreError> {
    for ((item, id, lot), (place, delta)) in moved {
        let held = qty_in(tx, *item, *id, *lot)?;
        if held.get() + delta < 0 {
            return Ok(Some(Posted::NotHeld { item: *item, place: *place, lot: *lot, held }));
        }
    }
    Ok(None)
}

/// The first of the refused ones. What was read a moment later may hold enough again; the guard
/// has refused it all the same.
fn missing(tx: &mut Tx<'_>, refused: &Moved) -> Result<Option<Posted>, StoreError> {
    let first = refused.iter().find(|(_, (_, delta))| *delta < 0);
    let Some(((item, id, lot), (place, _))) = first else { return Ok(None) };
    let held = qty_in(tx, *item, *id, *lot)?;
    Ok(Some(Posted::NotHeld { item: *item, place: *place, lot: *lot, held }))
}

/// Returns how much of a lot a place holds; zero where it never held any.
pub fn qty_in(
    tx: &mut Tx<'_>,
    item: ItemId,
    place: PlaceId,
    lot: LotId,
) -> Result<Qty, StoreError> {
    let qty = tx.query_one(
        "SELECT qty FROM holding WHERE item_id = $1 AND place_id = $2 AND lot_id = $3",
        &[&item, &place, &lot],
        |row| row.get("qty"),
    )?;
    Ok(qty.unwrap_or(Qty::ZERO))
}

/// Returns how much of a lot a place held at an instant: the sum of the movements in force by
/// then. May be negative where goods left before their arrival was recorded.
pub fn qty_at(
    tx: &mut Tx<'_>,
    item: ItemId,
    place: PlaceId,
    lot: LotId,
    at: Instant,
) -> Result<i64, StoreError> {
    let later = tx.query_one(
        "SELECT CAST(COALESCE(SUM(CASE WHEN to_place = $2 THEN qty ELSE -qty END), 0) AS BIGINT)
             AS moved
           FROM movement
          WHERE item_id = $1 AND (to_place = $2 OR from_place = $2) AND lot_id = $3
            AND recorded_at > $4 AND effective_at > $4",
        &[&item, &place, &lot, &at],
        |row| row.get::<i64>("moved"),
    )?;
    Ok(qty_in(tx, item, place, lot)?.get() - later.unwrap_or(0))
}

const SELECT: &str = "
    SELECT h.item_id, h.lot_id, h.qty, p.kind AS p_kind, p.location_id AS p_location,
           p.bin_id AS p_bin, p.condition AS p_condition, p.owner_id AS p_owner,
           p.ref_id AS p_ref
      FROM place p JOIN holding h ON h.place_id = p.id";

/// Returns what an item's holdings at a location are, none of them empty, by place and lot.
pub fn holdings_of(
    tx: &mut Tx<'_>,
    item: ItemId,
    location: LocationId,
) -> Result<Vec<Holding>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE h.item_id = $1 AND p.location_id = $2 AND h.qty > 0
          ORDER BY h.place_id, h.lot_id"
    );
    tx.query(&sql, &[&item, &location], from_row)
}

/// Returns where a lot's goods lie; nothing where they are all gone.
pub fn holdings_of_lot(
    tx: &mut Tx<'_>,
    item: ItemId,
    lot: LotId,
) -> Result<Vec<Holding>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE h.item_id = $1 AND h.lot_id = $2 AND h.qty > 0 ORDER BY h.place_id"
    );
    tx.query(&sql, &[&item, &lot], from_row)
}

/// Returns up to `limit` holdings of a location after a key, by item, place and lot; empty ones
/// are left out.
pub fn holdings_at(
    tx: &mut Tx<'_>,
    location: LocationId,
    after: Option<(ItemId, PlaceId, LotId)>,
    limit: u32,
) -> Result<Vec<Holding>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE p.location_id = $1 AND h.qty > 0
            AND (h.item_id, h.place_id, h.lot_id) > ($2, $3, $4)
          ORDER BY h.item_id, h.place_id, h.lot_id LIMIT $5"
    );
    let (item, place, lot) = after.unwrap_or((ItemId::NONE, PlaceId::NONE, LotId::NONE));
    tx.query(&sql, &[&location, &item, &place, &lot, &limit], from_row)
}

fn from_row(row: &Row<'_>) -> Result<Holding, StoreError> {
    Ok(Holding {
        item: row.get("item_id")?,
        lot: row.get("lot_id")?,
        qty: row.get("qty")?,
        place: places::from_row(row, "p")?,
    })
}

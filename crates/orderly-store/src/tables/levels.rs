//! Stock levels: what can be promised of one item at one location. Counters change by guarded
//! updates only; every CHECK of the table is said in the guard first.

use std::collections::HashSet;

use orderly_core::id::{ItemId, LocationId};
use orderly_core::qty::Qty;
use orderly_core::units::{Level, LevelChange, LevelKey, sum_by_level};

use crate::codec::v;
use crate::{Kind, Row, StoreError, Tx, Value};

/// The columns of a level, with the length of its pieces where its lot class is a length.
macro_rules! select {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT l.item_id, l.location_id, l.lot_class, l.on_hand, l.held, l.allocated,
                    l.backordered, l.safety, l.value_minor, t.length_mm
               FROM ",
            $from,
            " LEFT JOIN lot t ON t.id = l.lot_class ",
            $rest
        )
    };
}

const KEY: [Kind; 3] = [Kind::Bytes; 3];

fn from_row(row: &Row<'_>) -> Result<Level, StoreError> {
    Ok(Level {
        key: key_from_row(row)?,
        on_hand: row.get("on_hand")?,
        held: row.get("held")?,
        allocated: row.get("allocated")?,
        backordered: row.get("backordered")?,
        safety: row.get("safety")?,
        value: row.get("value_minor")?,
        piece: row.get("length_mm")?,
    })
}

fn key_from_row(row: &Row<'_>) -> Result<LevelKey, StoreError> {
    Ok(LevelKey {
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        lot_class: row.get("lot_class")?,
    })
}

fn key_values(key: &LevelKey) -> Vec<Value> {
    vec![v(&key.item), v(&key.location), v(&key.lot_class)]
}

/// Returns one level; `None` where nothing was ever held or promised.
pub fn get(tx: &mut Tx<'_>, key: LevelKey) -> Result<Option<Level>, StoreError> {
    const SQL: &str = select!(
        "stock_level l",
        "WHERE l.item_id = $1 AND l.location_id = $2 AND l.lot_class = $3"
    );
    tx.query_one(SQL, &[&key.item, &key.location, &key.lot_class], from_row)
}

/// Returns the levels of these keys that exist, by key. PostgreSQL locks them in key order until
/// the transaction ends; SQLite has one writer anyway.
pub fn lock(tx: &mut Tx<'_>, keys: &[LevelKey]) -> Result<Vec<Level>, StoreError> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let rows: Vec<Vec<Value>> = keys.iter().map(key_values).collect();
    tx.query_many(
        select!(
            "stock_level l",
            "WHERE l.item_id = $1 AND l.location_id = $2 AND l.lot_class = $3"
        ),
        select!(
            "unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS k(item_id, location_id, lot_class)
               JOIN stock_level l ON l.item_id = k.item_id AND l.location_id = k.location_id
                AND l.lot_class = k.lot_class",
            "ORDER BY l.item_id, l.location_id, l.lot_class FOR UPDATE OF l"
        ),
        &KEY,
        &rows,
        from_row,
    )
}

/// Returns every level of these items at every location, by key; nothing is locked.
pub fn of_items(tx: &mut Tx<'_>, items: &[ItemId]) -> Result<Vec<Level>, StoreError> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    let rows: Vec<Vec<Value>> = items.iter().map(|item| vec![v(item)]).collect();
    tx.query_many(
        select!("stock_level l", "WHERE l.item_id = $1 ORDER BY l.location_id, l.lot_class"),
        select!(
            "unnest($1::bytea[]) AS k(item_id) JOIN stock_level l ON l.item_id = k.item_id",
            "ORDER BY l.item_id, l.location_id, l.lot_class"
        ),
        &[Kind::Bytes],
        &rows,
        from_row,
    )
}

/// Returns every level of one item, by location and lot class.
pub fn of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<Level>, StoreError> {
    of_items(tx, &[item])
}

/// Returns up to `limit` levels after a key, by key; only one location's where one is given.
pub fn list(
    tx: &mut Tx<'_>,
    location: Option<LocationId>,
    after: Option<LevelKey>,
    limit: u32,
) -> Result<Vec<Level>, StoreError> {
    const SQL: &str = select!(
        "stock_level l",
        "WHERE ($1 IS NULL OR l.location_id = $1)
            AND (l.item_id, l.location_id, l.lot_class) > ($2, $3, $4)
          ORDER BY l.item_id, l.location_id, l.lot_class LIMIT $5"
    );
    let zero = [0_u8; 16];
    // No level has the zero item, so the zero key lies before all of them.
    let (item, at, class) = after.map_or((zero, zero, zero), |key| {
        (key.item.as_bytes(), key.location.as_bytes(), key.lot_class.as_bytes())
    });
    tx.query(SQL, &[&location, &item, &at, &class, &limit], from_row)
}

/// Which levels to look through.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    pub location: Option<LocationId>,
    /// Only of items whose SKU, GTIN or name contains it.
    pub text: Option<String>,
    /// Only those that owe goods: something is backordered.
    pub owing: bool,
    /// Only those of which nothing is left for new orders.
    pub out: bool,
    /// The level before, with the SKU of its item.
    pub after: Option<(String, LevelKey)>,
}

/// Returns up to `limit` levels of active items, by SKU, with the SKU of each.
pub fn browse(
    tx: &mut Tx<'_>,
    wanted: &Browse,
    limit: u32,
) -> Result<Vec<(String, Level)>, StoreError> {
    const SQL: &str = "
        SELECT l.item_id, l.location_id, l.lot_class, l.on_hand, l.held, l.allocated,
               l.backordered, l.safety, l.value_minor, t.length_mm, i.sku
          FROM item i JOIN stock_level l ON l.item_id = i.id
               LEFT JOIN lot t ON t.id = l.lot_class
         WHERE ($1 IS NULL OR l.location_id = $1)
           AND ($2 IS NULL OR LOWER(i.sku || ' ' || i.name || ' ' || COALESCE(i.gtin, ''))
                LIKE $2 ESCAPE '\\')
           AND ($3 = 0 OR l.backordered > 0)
           AND ($4 = 0 OR l.on_hand <= l.allocated + l.backordered + l.safety)
           AND i.sku >= $5 AND (i.sku > $5 OR (l.location_id, l.lot_class) > ($6, $7))
           AND i.state = $8
         ORDER BY i.sku, l.location_id, l.lot_class LIMIT $9";
    let like = wanted.text.as_deref().map(super::containing);
    let zero = [0_u8; 16];
    let (sku, at, class) = wanted.after.as_ref().map_or(("", zero, zero), |(sku, key)| {
        (sku.as_str(), key.location.as_bytes(), key.lot_class.as_bytes())
    });
    let (owing, out) = (i64::from(wanted.owing), i64::from(wanted.out));
    let active = super::state(true);
    tx.query(
        SQL,
        &[&wanted.location, &like, &owing, &out, &sku, &at, &class, &active, &limit],
        |row| Ok((row.get("sku")?, from_row(row)?)),
    )
}

/// Sets what is kept back from new orders. Makes the level where there is none.
pub fn set_safety(tx: &mut Tx<'_>, key: LevelKey, safety: Qty) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO stock_level (item_id, location_id, lot_class, on_hand, held, allocated,
             backordered, safety, value_minor)
         VALUES ($1, $2, $3, 0, 0, 0, 0, $4, 0)
         ON CONFLICT (item_id, location_id, lot_class) DO UPDATE SET safety = $4",
        &[&key.item, &key.location, &key.lot_class, &safety],
    )?;
    Ok(())
}

const CHANGE: [Kind; 8] =
    [Kind::Bytes, Kind::Bytes, Kind::Bytes, Kind::Int, Kind::Int, Kind::Int, Kind::Int, Kind::Int];

const CHANGE_ONE: &str = "
    UPDATE stock_level
       SET on_hand = on_hand + $4, held = held + $5, allocated = allocated + $6,
           backordered = backordered + $7, value_minor = value_minor + $8
     WHERE item_id = $1 AND location_id = $2 AND lot_class = $3
       AND allocated + $6 >= 0 AND allocated + $6 <= on_hand + $4
       AND on_hand + $4 <= held + $5 AND backordered + $7 >= 0
    RETURNING item_id, location_id, lot_class";

/// Locks in key order before it changes: two batches that share levels wait, never deadlock.
const CHANGE_MANY: &str = "
    WITH v AS (
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::bigint[], $8::bigint[])
            AS v(item_id, location_id, lot_class, on_hand, held, allocated, backordered, value)
    ), locked AS MATERIALIZED (
        SELECT l.item_id, l.location_id, l.lot_class, v.on_hand, v.held, v.allocated,
               v.backordered, v.value
          FROM v JOIN stock_level l ON l.item_id = v.item_id AND l.location_id = v.location_id
           AND l.lot_class = v.lot_class
         ORDER BY l.item_id, l.location_id, l.lot_class
           FOR UPDATE OF l
    )
    UPDATE stock_level l
       SET on_hand = l.on_hand + k.on_hand, held = l.held + k.held,
           allocated = l.allocated + k.allocated, backordered = l.backordered + k.backordered,
           value_minor = l.value_minor + k.value
      FROM locked k
     WHERE l.item_id = k.item_id AND l.location_id = k.location_id
       AND l.lot_class = k.lot_class
       AND l.allocated + k.allocated >= 0 AND l.allocated + k.allocated <= l.on_hand + k.on_hand
       AND l.on_hand + k.on_hand <= l.held + k.held AND l.backordered + k.backordered >= 0
    RETURNING l.item_id, l.location_id, l.lot_class";

/// Changes levels by the sums of these changes, each all or not at all, in key order.
///
/// Returns the first level that cannot take its change: counters stay within
/// `0 ≤ allocated ≤ on hand ≤ held` and `backordered ≥ 0`. The others are changed by then, so a
/// caller that gets a key undoes the transaction or its savepoint. A missing level is made.
pub fn change(tx: &mut Tx<'_>, changes: &[LevelChange]) -> Result<Option<LevelKey>, StoreError> {
    let mut left = sum_by_level(changes.iter().copied());
    // A level that another transaction makes between the update and the insert is met again.
    for _ in 0..2 {
        let rows: Vec<Vec<Value>> = left.iter().map(change_values).collect();
        let changed = tx.query_many(CHANGE_ONE, CHANGE_MANY, &CHANGE, &rows, key_from_row)?;
        let changed: HashSet<LevelKey> = changed.into_iter().collect();
        left.retain(|change| !changed.contains(&change.key));
        if left.is_empty() {
            return Ok(None);
        }
        let made = make(tx, &left)?;
        left.retain(|change| !made.contains(&change.key));
        if left.is_empty() {
            return Ok(None);
        }
    }
    Ok(left.first().map(|change| change.key))
}

fn change_values(change: &LevelChange) -> Vec<Value> {
    let mut values = key_values(&change.key);
    let deltas = [change.on_hand, change.held, change.allocated, change.backordered];
    values.extend(deltas.map(|delta| Value::Int(delta.0)));
    values.push(Value::Int(change.value));
    values
}

/// Makes the levels that do not exist and could take their change; returns their keys.
fn make(tx: &mut Tx<'_>, changes: &[LevelChange]) -> Result<HashSet<LevelKey>, StoreError> {
    let fits = |change: &&LevelChange| {
        0 <= change.allocated.0
            && change.allocated <= change.on_hand
            && change.on_hand <= change.held
            && 0 <= change.backordered.0
    };
    let rows: Vec<Vec<Value>> = changes.iter().filter(fits).map(change_values).collect();
    let made = tx.query_many(
        "INSERT INTO stock_level (item_id, location_id, lot_class, on_hand, held, allocated,
             backordered, value_minor, safety)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
         ON CONFLICT DO NOTHING RETURNING item_id, location_id, lot_class",
        "INSERT INTO stock_level (item_id, location_id, lot_class, on_hand, held, allocated,
             backordered, value_minor, safety)
         SELECT *, 0 FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[],
             $6::bigint[], $7::bigint[], $8::bigint[])
         ON CONFLICT DO NOTHING RETURNING item_id, location_id, lot_class",
        &CHANGE,
        &rows,
        key_from_row,
    )?;
    Ok(made.into_iter().collect())
}

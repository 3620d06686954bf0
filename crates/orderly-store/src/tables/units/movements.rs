//! Movement rows: the book of units.

use std::collections::HashSet;

use orderly_core::id::{ItemId, LotId, MovementId};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;
use orderly_core::units::{Cause, CauseKind, Movement};

use super::{Recorded, places};
use crate::codec::v;
use crate::{Kind, Row, StoreError, Tx, Value};

/// A movement as it stands in the book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posting {
    pub movement: Movement,
    pub by: Recorded,
}

const KINDS: [Kind; 17] = [
    Kind::Bytes,
    Kind::Text,
    Kind::Bytes,
    Kind::Bytes,
    Kind::Bytes,
    Kind::Bytes,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Bytes,
    Kind::Bytes,
    Kind::Text,
    Kind::Text,
    Kind::Bytes,
    Kind::Int,
    Kind::Int,
];

const INSERT: &str = "
    INSERT INTO movement (id, kind, item_id, lot_id, from_place, to_place, qty, value_minor,
        cost_source, cause_kind, cause_id, reverses, reason, actor_kind, actor_id, effective_at,
        recorded_at)";

/// Inserts movements; returns the cause of the first that was posted before.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    movements: &[Movement],
    by: &Recorded,
) -> Result<Option<Cause>, StoreError> {
    let one = format!(
        "{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
            $17) ON CONFLICT DO NOTHING RETURNING id"
    );
    let many = format!(
        "{INSERT} SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bytea[],
            $5::bytea[], $6::bytea[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
            $11::bytea[], $12::bytea[], $13::text[], $14::text[], $15::bytea[], $16::bigint[],
            $17::bigint[]) ON CONFLICT DO NOTHING RETURNING id"
    );
    let rows: Vec<Vec<Value>> = movements.iter().map(|movement| row(movement, by)).collect();
    let inserted = tx.query_many(&one, &many, &KINDS, &rows, |row| row.get("id"))?;
    let inserted: HashSet<MovementId> = inserted.into_iter().collect();
    let known = movements.iter().find(|movement| !inserted.contains(&movement.id));
    Ok(known.map(|movement| movement.cause))
}

fn row(movement: &Movement, by: &Recorded) -> Vec<Value> {
    vec![
        v(&movement.id),
        v(&movement.kind),
        v(&movement.item),
        v(&movement.lot),
        v(&movement.from.id()),
        v(&movement.to.id()),
        v(&movement.qty),
        v(&movement.value),
        v(&movement.cost_source),
        v(&movement.cause.kind),
        v(&movement.cause.id),
        v(&movement.reverses),
        v(&movement.reason),
        v(&by.actor_kind),
        v(&by.actor),
        v(&movement.effective_at),
        v(&by.recorded_at),
    ]
}

const SELECT: &str = "
    SELECT m.*, l.kind AS lot_kind,
           f.kind AS f_kind, f.location_id AS f_location, f.bin_id AS f_bin,
           f.condition AS f_condition, f.owner_id AS f_owner, f.ref_id AS f_ref,
           t.kind AS t_kind, t.location_id AS t_location, t.bin_id AS t_bin,
           t.condition AS t_condition, t.owner_id AS t_owner, t.ref_id AS t_ref
      FROM movement m
      JOIN place f ON f.id = m.from_place
      JOIN place t ON t.id = m.to_place
      LEFT JOIN lot l ON l.id = m.lot_id";

/// Returns one movement.
pub fn movement(tx: &mut Tx<'_>, id: MovementId) -> Result<Option<Posting>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE m.id = $1"), &[&id], from_row)
}

/// Returns the movements of one cause, oldest first.
pub fn movements_of_cause(
    tx: &mut Tx<'_>,
    kind: CauseKind,
    id: [u8; 16],
) -> Result<Vec<Posting>, StoreError> {
    let sql = format!("{SELECT} WHERE m.cause_id = $2 AND m.cause_kind = $1 ORDER BY m.id");
    tx.query(&sql, &[&kind, &id], from_row)
}

/// Returns the movement that took another one back.
pub fn reversal_of(tx: &mut Tx<'_>, id: MovementId) -> Result<Option<MovementId>, StoreError> {
    tx.query_one("SELECT id FROM movement WHERE reverses = $1", &[&id], |row| row.get("id"))
}

/// Returns value and quantity of the item's latest movement that carried value: what one of them
/// was last worth.
pub fn last_worth(tx: &mut Tx<'_>, item: ItemId) -> Result<Option<(i64, Qty)>, StoreError> {
    tx.query_one(
        "SELECT value_minor, qty FROM movement WHERE item_id = $1 AND value_minor > 0
          ORDER BY recorded_at DESC, id DESC LIMIT 1",
        &[&item],
        |row| Ok((row.get("value_minor")?, row.get("qty")?)),
    )
}

/// Returns up to `limit` movements of an item before a cursor of (recorded, id), newest first:
/// why there are as many as there are.
pub fn movements_of_item(
    tx: &mut Tx<'_>,
    item: ItemId,
    before: Option<(Instant, MovementId)>,
    limit: u32,
) -> Result<Vec<Posting>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE m.item_id = $1
            AND (m.recorded_at < $2 OR (m.recorded_at = $2 AND m.id < $3))
          ORDER BY m.recorded_at DESC, m.id DESC LIMIT $4"
    );
    let last = (Instant::from_micros(i64::MAX), MovementId::NONE);
    let (at, id) = before.unwrap_or(last);
    tx.query(&sql, &[&item, &at, &id, &limit], from_row)
}

fn from_row(row: &Row<'_>) -> Result<Posting, StoreError> {
    let lot: LotId = row.get("lot_id")?;
    let lot_kind: Option<String> = row.get("lot_kind")?;
    let lot_class = if lot_kind.as_deref() == Some("length") { lot } else { LotId::NONE };
    Ok(Posting {
        movement: Movement {
            id: row.get("id")?,
            kind: row.get("kind")?,
            item: row.get("item_id")?,
            lot,
            lot_class,
            from: places::from_row(row, "f")?,
            to: places::from_row(row, "t")?,
            qty: row.get("qty")?,
            value: row.get("value_minor")?,
            cost_source: row.get("cost_source")?,
            cause: Cause { kind: row.get("cause_kind")?, id: row.get("cause_id")? },
            reverses: row.get("reverses")?,
            reason: row.get("reason")?,
            effective_at: row.get("effective_at")?,
        },
        by: Recorded {
            actor_kind: row.get("actor_kind")?,
            actor: row.get("actor_id")?,
            recorded_at: row.get("recorded_at")?,
        },
    })
}

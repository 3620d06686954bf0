//! Late costs: what goods are worth more, and cost more, than they came in with. Added, never
//! changed.

use orderly_core::actor::ActorKind;
use orderly_core::books::late::Part;
use orderly_core::id::{ItemId, JournalId, LateCostId, UserId};
use orderly_core::time::Instant;
use orderly_core::units::{Cause, LevelKey};

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// What a late cost did to one level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LateCost {
    pub id: LateCostId,
    pub journal: JournalId,
    pub part: Part,
    pub cause: Cause,
    pub actor_kind: ActorKind,
    pub actor: UserId,
    pub effective_at: Instant,
    pub recorded_at: Instant,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("journal_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("lot_class", Kind::Bytes),
    Column::new("cause_kind", Kind::Text),
    Column::new("cause_id", Kind::Bytes),
    Column::new("inventory_minor", Kind::Int),
    Column::new("cost_minor", Kind::Int),
    Column::new("actor_kind", Kind::Text),
    Column::new("actor_id", Kind::Bytes),
    Column::new("effective_at", Kind::Int),
    Column::new("recorded_at", Kind::Int),
];

/// Adds late costs and returns how many were new: a cause has one of each level.
pub fn insert(tx: &mut Tx<'_>, costs: &[LateCost]) -> Result<u64, StoreError> {
    let row = |cost: &LateCost| {
        let key = &cost.part.key;
        vec![
            v(&cost.id),
            v(&cost.journal),
            v(&key.item),
            v(&key.location),
            v(&key.lot_class),
            v(&cost.cause.kind),
            v(&cost.cause.id),
            v(&cost.part.inventory),
            v(&cost.part.cost),
            v(&cost.actor_kind),
            v(&cost.actor),
            v(&cost.effective_at),
            v(&cost.recorded_at),
        ]
    };
    let rows: Vec<Vec<Value>> = costs.iter().map(row).collect();
    tx.insert_many("late_cost", COLUMNS, &rows, "ON CONFLICT DO NOTHING")
}

/// Returns the late costs of an item, oldest first.
pub fn of_item(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<LateCost>, StoreError> {
    let sql = "SELECT * FROM late_cost WHERE item_id = $1 ORDER BY recorded_at, id";
    tx.query(sql, &[&item], from_row)
}

/// Returns the late costs of one cause, by level.
pub fn of_cause(tx: &mut Tx<'_>, cause: Cause) -> Result<Vec<LateCost>, StoreError> {
    let sql = "SELECT * FROM late_cost WHERE cause_id = $1 AND cause_kind = $2
        ORDER BY item_id, location_id, lot_class";
    tx.query(sql, &[&cause.id, &cause.kind], from_row)
}

fn from_row(row: &Row<'_>) -> Result<LateCost, StoreError> {
    let key = LevelKey {
        item: row.get("item_id")?,
        location: row.get("location_id")?,
        lot_class: row.get("lot_class")?,
    };
    Ok(LateCost {
        id: row.get("id")?,
        journal: row.get("journal_id")?,
        part: Part { key, inventory: row.get("inventory_minor")?, cost: row.get("cost_minor")? },
        cause: Cause { kind: row.get("cause_kind")?, id: row.get("cause_id")? },
        actor_kind: row.get("actor_kind")?,
        actor: row.get("actor_id")?,
        effective_at: row.get("effective_at")?,
        recorded_at: row.get("recorded_at")?,
    })
}

//! Work orders with their lines, steps and claims.

use orderly_core::id::{ItemId, LocationId, WorkOrderId};
use orderly_core::qty::Qty;
use orderly_core::units::LevelKey;
use orderly_core::work::{WorkLine, WorkOrder, WorkState, WorkStep};

use super::claims::{self, Other};
use crate::codec::{json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("work_order_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("lot_class", Kind::Bytes),
    Column::new("per", Kind::Int),
    Column::new("needed", Kind::Int),
    Column::new("used", Kind::Int),
    Column::new("allocated", Kind::Int),
    Column::new("backordered", Kind::Int),
];

/// Adds a planned work order.
pub fn insert(tx: &mut Tx<'_>, order: &WorkOrder) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO work_order (id, number, kind, location_id, item_id, length_mm, qty, done,
             state, order_id, order_line_id, priority, due_on, version, created_at, released_at,
             ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        &[
            &order.id,
            &order.number,
            &order.kind,
            &order.location,
            &order.item,
            &order.length,
            &order.qty,
            &order.done,
            &order.state,
            &order.order,
            &order.order_line,
            &order.priority,
            &order.due_on,
            &order.version,
            &order.created_at,
            &order.released_at,
            &order.ended_at,
        ],
    )?;
    put_lines(tx, order)
}

fn put_lines(tx: &mut Tx<'_>, order: &WorkOrder) -> Result<(), StoreError> {
    tx.exec("DELETE FROM work_line WHERE work_order_id = $1", &[&order.id])?;
    let row = |line: &WorkLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&order.id),
            v(&line.position),
            v(&line.item),
            v(&line.lot_class),
            v(&line.per),
            v(&line.needed),
            v(&line.used),
            v(&line.allocated),
            v(&line.backordered),
        ]
    };
    let rows: Vec<Vec<Value>> = order.lines.iter().map(row).collect();
    tx.insert_many("work_line", LINE, &rows, "")?;
    Ok(())
}

/// The claims of a work order's lines.
pub fn claims_of(order: &WorkOrder) -> Vec<Other> {
    let one = |line: &WorkLine| {
        let key = LevelKey { item: line.item, location: order.location, lot_class: line.lot_class };
        Other {
            claimant: line.id.as_bytes(),
            key,
            allocated: line.allocated,
            backordered: line.backordered,
            priority: order.priority,
            due_on: order.due_on,
            since: order.released_at.unwrap_or(order.created_at),
        }
    };
    order.lines.iter().map(one).collect()
}

/// Returns a work order with its lines and steps. With `lock`, other writers of it wait
/// (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: WorkOrderId, lock: bool) -> Result<Option<WorkOrder>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM work_order WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM work_order WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], order_from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM work_line WHERE work_order_id = $1 ORDER BY position";
    found.lines = tx.query(sql, &[&id], line_from_row)?;
    let sql = "SELECT * FROM work_step WHERE work_order_id = $1 ORDER BY position";
    found.steps = tx.query(sql, &[&id], step_from_row)?;
    Ok(Some(found))
}

/// Returns the id of the work order with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<WorkOrderId>, StoreError> {
    let sql = "SELECT id FROM work_order WHERE number = $1";
    tx.query_one(sql, &[&number], |row| row.get("id"))
}

/// Returns up to `limit` work orders before a cursor, the newest first, without lines and steps;
/// of one state where one is given.
pub fn list(
    tx: &mut Tx<'_>,
    state: Option<WorkState>,
    before: Option<WorkOrderId>,
    limit: u32,
) -> Result<Vec<WorkOrder>, StoreError> {
    let before = before.unwrap_or(WorkOrderId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM work_order WHERE id < $1 AND ($2 IS NULL OR state = $2)
                ORDER BY id DESC LIMIT $3";
    tx.query(sql, &[&before, &state, &limit], order_from_row)
}

/// Returns the work orders that wait for an item at a location: priority, then age.
pub fn waiting(
    tx: &mut Tx<'_>,
    item: ItemId,
    location: LocationId,
) -> Result<Vec<WorkOrderId>, StoreError> {
    tx.query(
        "SELECT DISTINCT o.id, o.priority, o.created_at FROM work_order o
           JOIN work_line l ON l.work_order_id = o.id
          WHERE l.item_id = $1 AND o.location_id = $2 AND l.backordered > 0
            AND o.state IN ('released', 'part_done')
          ORDER BY o.priority DESC, o.created_at, o.id LIMIT 100",
        &[&item, &location],
        |row| row.get("id"),
    )
}

/// Returns the work order that a claimant's line belongs to.
pub fn of_line(tx: &mut Tx<'_>, line: [u8; 16]) -> Result<Option<WorkOrderId>, StoreError> {
    let sql = "SELECT work_order_id FROM work_line WHERE id = $1";
    tx.query_one(sql, &[&line], |row| row.get("work_order_id"))
}

/// Writes what lies between two values of a work order, with its claims, if it is still at the
/// version of `before`. Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &WorkOrder, after: &WorkOrder) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE work_order SET done = $3, state = $4, version = $5, released_at = $6,
             ended_at = $7
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.done,
            &after.state,
            &after.version,
            &after.released_at,
            &after.ended_at,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    claims::put_others(tx, "work_order", &claims_of(before), &claims_of(after))?;
    put_lines(tx, after)?;
    for step in after.steps.iter().filter(|step| !before.steps.contains(step)) {
        tx.exec(
            "INSERT INTO work_step (id, work_order_id, position, made, scrapped, value_minor, used,
                 worked_at, undone_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (id) DO UPDATE SET undone_at = excluded.undone_at",
            &[
                &step.id,
                &after.id,
                &step.position,
                &step.made,
                &step.scrapped,
                &step.value,
                &json(&step.used),
                &step.worked_at,
                &step.undone_at,
            ],
        )?;
    }
    Ok(true)
}

fn order_from_row(row: &Row<'_>) -> Result<WorkOrder, StoreError> {
    Ok(WorkOrder {
        id: row.get("id")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        location: row.get("location_id")?,
        item: row.get("item_id")?,
        length: row.get("length_mm")?,
        qty: row.get("qty")?,
        done: row.get("done")?,
        state: row.get("state")?,
        order: row.get("order_id")?,
        order_line: row.get("order_line_id")?,
        priority: row.get("priority")?,
        due_on: row.get("due_on")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        released_at: row.get("released_at")?,
        ended_at: row.get("ended_at")?,
        lines: Vec::new(),
        steps: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<WorkLine, StoreError> {
    Ok(WorkLine {
        id: row.get("id")?,
        position: row.get("position")?,
        item: row.get("item_id")?,
        lot_class: row.get("lot_class")?,
        per: row.get("per")?,
        needed: row.get("needed")?,
        used: row.get("used")?,
        allocated: row.get("allocated")?,
        backordered: row.get("backordered")?,
    })
}

fn step_from_row(row: &Row<'_>) -> Result<WorkStep, StoreError> {
    let scrapped: Qty = row.get("scrapped")?;
    Ok(WorkStep {
        id: row.get("id")?,
        position: row.get("position")?,
        made: row.get("made")?,
        scrapped,
        value: row.get("value_minor")?,
        used: crate::codec::from_json(row, "used")?,
        worked_at: row.get("worked_at")?,
        undone_at: row.get("undone_at")?,
    })
}

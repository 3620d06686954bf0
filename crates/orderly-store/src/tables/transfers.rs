//! Transfers between our locations, with their claims, steps and differences.

use orderly_core::id::{DifferenceId, ItemId, LocationId, LotId, TransferId, TransferLineId};
use orderly_core::qty::Qty;
use orderly_core::stock::{
    Difference, DifferenceKind, Transfer, TransferLine, TransferState, TransferStep,
};
use orderly_core::time::Day;
use orderly_core::units::LevelKey;

use super::claims::{self, Other};
use crate::codec::v;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("transfer_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("lot_id", Kind::Bytes),
    Column::new("lot_class", Kind::Bytes),
    Column::new("bin_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("allocated", Kind::Int),
    Column::new("sent", Kind::Int),
    Column::new("canceled", Kind::Int),
    Column::new("received", Kind::Int),
    Column::new("written_off", Kind::Int),
    Column::new("value_minor", Kind::Int),
    Column::new("settled_minor", Kind::Int),
    Column::new("reason", Kind::Text),
];

/// The kind under which lines of transfers claim.
const CLAIMANT: &str = "transfer_line";

/// The claims of a transfer's lines at its source.
fn claims_of(transfer: &Transfer) -> Vec<Other> {
    let claiming = transfer.lines.iter().filter(|line| !line.allocated.is_zero());
    let claim = |line: &TransferLine| Other {
        claimant: line.id.as_bytes(),
        key: key_of(transfer, line),
        allocated: line.allocated,
        backordered: Qty::ZERO,
        priority: 0,
        due_on: None,
        since: transfer.created_at,
    };
    claiming.map(claim).collect()
}

/// The level that a line's goods are taken from.
pub fn key_of(transfer: &Transfer, line: &TransferLine) -> LevelKey {
    let lot_class = line.lot_class.unwrap_or(LotId::NONE);
    LevelKey { item: line.item, location: transfer.from, lot_class }
}

/// Adds a transfer with its lines, steps and claims.
pub fn insert(tx: &mut Tx<'_>, transfer: &Transfer) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO transfer (id, number, from_location_id, to_location_id, state, version,
             created_at, shipped_at, expected_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &transfer.id,
            &transfer.number,
            &transfer.from,
            &transfer.to,
            &transfer.state,
            &transfer.version,
            &transfer.created_at,
            &transfer.shipped_at,
            &transfer.expected_on,
        ],
    )?;
    let row = |line: &TransferLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&transfer.id),
            v(&line.position),
            v(&line.item),
            v(&line.lot),
            v(&line.lot_class),
            v(&line.bin),
            v(&line.qty),
            v(&line.allocated),
            v(&line.sent),
            v(&line.canceled),
            v(&line.received),
            v(&line.written_off),
            v(&line.value),
            v(&line.settled),
            v(&line.reason),
        ]
    };
    let rows: Vec<Vec<Value>> = transfer.lines.iter().map(row).collect();
    tx.insert_many("transfer_line", LINE, &rows, "")?;
    claims::put_others(tx, CLAIMANT, &[], &claims_of(transfer))?;
    put_parts(tx, None, transfer)
}

/// Returns a transfer with all its parts. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: TransferId, lock: bool) -> Result<Option<Transfer>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM transfer WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM transfer WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], transfer_from_row)? else { return Ok(None) };
    found.lines = lines_of(tx, id)?;
    let sql = "SELECT * FROM transfer_step WHERE transfer_id = $1 ORDER BY position";
    found.steps = tx.query(sql, &[&id], step_from_row)?;
    let sql = "SELECT * FROM transfer_difference WHERE transfer_id = $1 ORDER BY id";
    found.differences = tx.query(sql, &[&id], difference_from_row)?;
    Ok(Some(found))
}

fn lines_of(tx: &mut Tx<'_>, id: TransferId) -> Result<Vec<TransferLine>, StoreError> {
    let sql = "SELECT * FROM transfer_line WHERE transfer_id = $1 ORDER BY position";
    tx.query(sql, &[&id], line_from_row)
}

/// Returns the id of the transfer with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<TransferId>, StoreError> {
    tx.query_one("SELECT id FROM transfer WHERE number = $1", &[&number], |row| row.get("id"))
}

/// Returns the id of the transfer that a claimant's line belongs to.
pub fn of_line(tx: &mut Tx<'_>, line: [u8; 16]) -> Result<Option<TransferId>, StoreError> {
    let sql = "SELECT transfer_id FROM transfer_line WHERE id = $1";
    tx.query_one(sql, &[&line], |row| row.get("transfer_id"))
}

/// Returns up to `limit` transfers before a cursor, the newest first, with their lines; in one
/// state only where it is given.
pub fn list(
    tx: &mut Tx<'_>,
    state: Option<TransferState>,
    before: Option<TransferId>,
    limit: u32,
) -> Result<Vec<Transfer>, StoreError> {
    let before = before.unwrap_or(TransferId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM transfer WHERE id < $1 AND ($2 IS NULL OR state = $2)
                ORDER BY id DESC LIMIT $3";
    let mut found = tx.query(sql, &[&before, &state, &limit], transfer_from_row)?;
    for transfer in &mut found {
        transfer.lines = lines_of(tx, transfer.id)?;
    }
    Ok(found)
}

/// A difference with the transfer it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differed {
    pub transfer: TransferId,
    pub number: String,
    pub item: ItemId,
    pub difference: Difference,
}

/// Returns up to `limit` differences that were not taken back, before a cursor, the newest first.
pub fn differences(
    tx: &mut Tx<'_>,
    kind: Option<DifferenceKind>,
    before: Option<DifferenceId>,
    limit: u32,
) -> Result<Vec<Differed>, StoreError> {
    let before = before.unwrap_or(DifferenceId::from_bytes([0xff; 16]));
    tx.query(
        "SELECT d.*, t.number, l.item_id FROM transfer_difference d
           JOIN transfer t ON t.id = d.transfer_id
           JOIN transfer_line l ON l.id = d.transfer_line_id
          WHERE d.id < $1 AND d.undone_at IS NULL AND ($2 IS NULL OR d.kind = $2)
          ORDER BY d.id DESC LIMIT $3",
        &[&before, &kind, &limit],
        |row| {
            Ok(Differed {
                transfer: row.get("transfer_id")?,
                number: row.get("number")?,
                item: row.get("item_id")?,
                difference: difference_from_row(row)?,
            })
        },
    )
}

/// Goods of an item that are on their way to a location of ours, or drafted to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTheWay {
    pub transfer: TransferId,
    pub number: String,
    pub state: TransferState,
    pub from: LocationId,
    pub to: LocationId,
    pub expected_on: Option<Day>,
    /// In base units: sent and not arrived, and still to be sent.
    pub in_transit: Qty,
    pub open: Qty,
}

/// Returns what of an item is on its way or to be sent, the oldest transfer first.
pub fn on_the_way(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<OnTheWay>, StoreError> {
    tx.query(
        "SELECT t.id, t.number, t.state, t.from_location_id, t.to_location_id, t.expected_on,
                CAST(SUM(l.sent - l.received - l.written_off) AS BIGINT) AS in_transit,
                CAST(SUM(l.qty - l.sent - l.canceled) AS BIGINT) AS open
           FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
          WHERE l.item_id = $1 AND t.state IN ('draft', 'shipped', 'part_received')
          GROUP BY t.id, t.number, t.state, t.from_location_id, t.to_location_id, t.expected_on
         HAVING SUM(l.qty - l.canceled - l.received - l.written_off) > 0
          ORDER BY t.id",
        &[&item],
        |row| {
            Ok(OnTheWay {
                transfer: row.get("id")?,
                number: row.get("number")?,
                state: row.get("state")?,
                from: row.get("from_location_id")?,
                to: row.get("to_location_id")?,
                expected_on: row.get("expected_on")?,
                in_transit: row.get("in_transit")?,
                open: row.get("open")?,
            })
        },
    )
}

/// Writes what lies between two values of a transfer, with its claims, if it is still at the
/// version of `before`. Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Transfer, after: &Transfer) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE transfer SET state = $3, version = $4, shipped_at = $5
          WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state, &after.version, &after.shipped_at],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    claims::put_others(tx, CLAIMANT, &claims_of(before), &claims_of(after))?;
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "UPDATE transfer_line SET sent = $2, received = $3, written_off = $4,
                 value_minor = $5, reason = $6, allocated = $7, canceled = $8,
                 settled_minor = $9
              WHERE id = $1",
            &[
                &line.id,
                &line.sent,
                &line.received,
                &line.written_off,
                &line.value,
                &line.reason,
                &line.allocated,
                &line.canceled,
                &line.settled,
            ],
        )?;
    }
    put_parts(tx, Some(before), after)?;
    Ok(true)
}

/// Writes steps and differences that are new or were taken back.
fn put_parts(
    tx: &mut Tx<'_>,
    before: Option<&Transfer>,
    after: &Transfer,
) -> Result<(), StoreError> {
    let known = |step: &&TransferStep| before.is_some_and(|before| before.steps.contains(step));
    for step in after.steps.iter().filter(|step| !known(step)) {
        tx.exec(
            "INSERT INTO transfer_step (id, transfer_id, position, kind, stepped_at, undone_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET undone_at = excluded.undone_at",
            &[&step.id, &after.id, &step.position, &step.kind, &step.at, &step.undone_at],
        )?;
    }
    let known = |one: &&Difference| before.is_some_and(|before| before.differences.contains(one));
    for one in after.differences.iter().filter(|one| !known(one)) {
        tx.exec(
            "INSERT INTO transfer_difference (id, transfer_id, transfer_line_id, kind, qty,
                 value_minor, reason, step_id, recorded_at, undone_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (id) DO UPDATE SET undone_at = excluded.undone_at",
            &[
                &one.id,
                &after.id,
                &one.line,
                &one.kind,
                &one.qty,
                &one.value,
                &one.reason,
                &one.step,
                &one.recorded_at,
                &one.undone_at,
            ],
        )?;
    }
    Ok(())
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
        expected_on: row.get("expected_on")?,
        lines: Vec::new(),
        steps: Vec::new(),
        differences: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<TransferLine, StoreError> {
    let id: TransferLineId = row.get("id")?;
    Ok(TransferLine {
        id,
        position: row.get("position")?,
        item: row.get("item_id")?,
        lot: row.get("lot_id")?,
        lot_class: row.get("lot_class")?,
        bin: row.get("bin_id")?,
        qty: row.get("qty")?,
        allocated: row.get("allocated")?,
        sent: row.get("sent")?,
        canceled: row.get("canceled")?,
        received: row.get("received")?,
        written_off: row.get("written_off")?,
        value: row.get("value_minor")?,
        settled: row.get("settled_minor")?,
        reason: row.get("reason")?,
    })
}

fn step_from_row(row: &Row<'_>) -> Result<TransferStep, StoreError> {
    Ok(TransferStep {
        id: row.get("id")?,
        position: row.get("position")?,
        kind: row.get("kind")?,
        at: row.get("stepped_at")?,
        undone_at: row.get("undone_at")?,
    })
}

fn difference_from_row(row: &Row<'_>) -> Result<Difference, StoreError> {
    Ok(Difference {
        id: row.get("id")?,
        line: row.get("transfer_line_id")?,
        kind: row.get("kind")?,
        qty: row.get("qty")?,
        value: row.get("value_minor")?,
        reason: row.get("reason")?,
        step: row.get("step_id")?,
        recorded_at: row.get("recorded_at")?,
        undone_at: row.get("undone_at")?,
    })
}

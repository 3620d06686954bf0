//! Stock counts.

use orderly_core::id::CountId;
use orderly_core::stock::{Count, CountLine};

use super::receipts::spot_from_row;
use crate::{Engine, Row, StoreError, Tx};

/// Adds an open count.
pub fn insert(tx: &mut Tx<'_>, count: &Count) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO stock_count (id, number, location_id, state, blind, started_at, posted_at,
             version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &count.id,
            &count.number,
            &count.location,
            &count.state,
            &count.blind,
            &count.started_at,
            &count.posted_at,
            &count.version,
        ],
    )?;
    Ok(())
}

/// Returns a count with its lines, in the order they were first counted. With `lock`, other
/// writers of it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: CountId, lock: bool) -> Result<Option<Count>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM stock_count WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM stock_count WHERE id = $1",
    };
    let Some(mut count) = tx.query_one(sql, &[&id], count_from_row)? else { return Ok(None) };
    count.lines = tx.query(
        "SELECT c.*, p.bin_id, p.condition FROM count_line c JOIN place p ON p.id = c.place_id
          WHERE c.count_id = $1 ORDER BY c.id",
        &[&id],
        line_from_row,
    )?;
    Ok(Some(count))
}

/// Returns up to `limit` counts before a cursor, the newest first, without their lines.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<CountId>,
    limit: u32,
) -> Result<Vec<Count>, StoreError> {
    let before = before.unwrap_or(CountId::from_bytes([0xff; 16]));
    let sql = "SELECT * FROM stock_count WHERE id < $1 ORDER BY id DESC LIMIT $2";
    tx.query(sql, &[&before, &limit], count_from_row)
}

/// Writes the state and the lines if the count is still at the version of `before`. Returns
/// whether it was. Lines are known by where they were counted; their places exist.
pub fn save(tx: &mut Tx<'_>, before: &Count, after: &Count) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE stock_count SET state = $3, version = $4, posted_at = $5
          WHERE id = $1 AND version = $2",
        &[&before.id, &before.version, &after.state, &after.version, &after.posted_at],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "INSERT INTO count_line (id, count_id, item_id, place_id, lot_id, expected, counted,
                 counted_at, difference)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (count_id, item_id, place_id, lot_id) DO UPDATE SET
                 expected = excluded.expected, counted = excluded.counted,
                 counted_at = excluded.counted_at, difference = excluded.difference",
            &[
                &line.id,
                &after.id,
                &line.spot.item,
                &line.spot.place(after.location).id(),
                &line.spot.lot,
                &line.expected,
                &line.counted,
                &line.counted_at,
                &line.difference,
            ],
        )?;
    }
    Ok(true)
}

fn count_from_row(row: &Row<'_>) -> Result<Count, StoreError> {
    Ok(Count {
        id: row.get("id")?,
        number: row.get("number")?,
        location: row.get("location_id")?,
        state: row.get("state")?,
        blind: row.get("blind")?,
        started_at: row.get("started_at")?,
        posted_at: row.get("posted_at")?,
        version: row.get("version")?,
        lines: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<CountLine, StoreError> {
    Ok(CountLine {
        id: row.get("id")?,
        spot: spot_from_row(row)?,
        counted: row.get("counted")?,
        counted_at: row.get("counted_at")?,
        expected: row.get("expected")?,
        difference: row.get("difference")?,
    })
}

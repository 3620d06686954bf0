//! Stock counts.

use orderly_core::id::{CountId, ItemId, LocationId};
use orderly_core::stock::{Count, CountLine};
use orderly_core::time::Instant;

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

/// Returns the id of the count with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<CountId>, StoreError> {
    tx.query_one("SELECT id FROM stock_count WHERE number = $1", &[&number], |row| row.get("id"))
}

/// An item that lies at a location, what left of it, and when it was last counted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToCount {
    pub item: ItemId,
    /// The value of what left since a moment, in minor units; corrections do not count.
    pub used: i64,
    pub counted_at: Option<Instant>,
}

/// Returns every item that lies at a location, by item.
pub fn to_count(
    tx: &mut Tx<'_>,
    location: LocationId,
    since: Instant,
) -> Result<Vec<ToCount>, StoreError> {
    tx.query(
        "SELECT l.item_id, COALESCE(u.used, 0) AS used, c.counted_at
           FROM (SELECT DISTINCT item_id FROM stock_level
                  WHERE location_id = $1 AND held > 0) l
           LEFT JOIN (SELECT m.item_id, CAST(SUM(m.value_minor) AS BIGINT) AS used
                        FROM movement m
                        JOIN place p ON p.id = m.from_place AND p.location_id = $1
                        JOIN place q ON q.id = m.to_place AND q.kind <> 'holding'
                       WHERE m.recorded_at >= $2 AND m.reverses IS NULL
                         AND m.kind NOT IN ('count', 'adjust')
                       GROUP BY m.item_id) u ON u.item_id = l.item_id
           LEFT JOIN (SELECT n.item_id, MAX(n.counted_at) AS counted_at
                        FROM count_line n JOIN stock_count s ON s.id = n.count_id
                       WHERE s.location_id = $1 AND s.state = 'posted'
                         AND s.reversed_at IS NULL
                       GROUP BY n.item_id) c ON c.item_id = l.item_id
          ORDER BY l.item_id",
        &[&location, &since],
        |row| {
            Ok(ToCount {
                item: row.get("item_id")?,
                used: row.get("used")?,
                counted_at: row.get("counted_at")?,
            })
        },
    )
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
        "UPDATE stock_count SET state = $3, version = $4, posted_at = $5, reversed_at = $6
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.version,
            &after.posted_at,
            &after.reversed_at,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "INSERT INTO count_line (id, count_id, item_id, place_id, lot_id, expected, counted,
                 counted_at, difference, rounds, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (count_id, item_id, place_id, lot_id) DO UPDATE SET
                 expected = excluded.expected, counted = excluded.counted,
                 counted_at = excluded.counted_at, difference = excluded.difference,
                 rounds = excluded.rounds, reason = excluded.reason",
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
                &line.rounds,
                &line.reason,
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
        reversed_at: row.get("reversed_at")?,
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
        rounds: row.get("rounds")?,
        reason: row.get("reason")?,
    })
}

//! Adjustments: goods that are more or fewer than was recorded.

use orderly_core::id::AdjustmentId;
use orderly_core::qty::QtyDelta;
use orderly_core::stock::Adjustment;

use super::receipts::spot_from_row;
use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT a.*, p.bin_id, p.condition
    FROM adjustment a JOIN place p ON p.id = a.place_id";

/// Adds an adjustment. Its place is inserted when its movement is posted.
pub fn insert(tx: &mut Tx<'_>, adjustment: &Adjustment) -> Result<(), StoreError> {
    let spot = adjustment.spot;
    tx.exec(
        "INSERT INTO adjustment (id, location_id, item_id, lot_id, place_id, delta, reason,
             adjusted_at, reverses)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &adjustment.id,
            &adjustment.location,
            &spot.item,
            &spot.lot,
            &spot.place(adjustment.location).id(),
            &adjustment.delta.0,
            &adjustment.reason,
            &adjustment.adjusted_at,
            &adjustment.reverses,
        ],
    )?;
    Ok(())
}

/// Returns an adjustment.
pub fn get(tx: &mut Tx<'_>, id: AdjustmentId) -> Result<Option<Adjustment>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE a.id = $1"), &[&id], adjustment_from_row)
}

fn adjustment_from_row(row: &Row<'_>) -> Result<Adjustment, StoreError> {
    Ok(Adjustment {
        id: row.get("id")?,
        location: row.get("location_id")?,
        spot: spot_from_row(row)?,
        delta: QtyDelta(row.get("delta")?),
        reason: row.get("reason")?,
        adjusted_at: row.get("adjusted_at")?,
        reverses: row.get("reverses")?,
    })
}

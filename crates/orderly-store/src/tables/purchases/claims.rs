//! What order lines claim of purchase lines.

use orderly_core::id::{ClaimId, ItemId, LineId, LocationId, OrderId, PurchaseLineId};
use orderly_core::qty::Qty;
use orderly_core::time::{Day, Instant};

use crate::codec::v;
use crate::tables::claims::COLUMNS;
use crate::{Kind, StoreError, Tx, Value};

/// An order line's right to what is to come by a purchase line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurchaseClaim {
    pub id: ClaimId,
    pub order: OrderId,
    pub line: LineId,
    pub purchase_line: PurchaseLineId,
    pub item: ItemId,
    pub location: LocationId,
    pub qty: Qty,
    pub priority: i64,
    pub due_on: Option<Day>,
    pub since: Instant,
}

/// A purchase line that is tied to an order line, and what is still to come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TiedLine {
    pub purchase_line: PurchaseLineId,
    pub item: ItemId,
    pub location: LocationId,
    /// Nothing where its purchase order is closed or canceled.
    pub expected: Qty,
}

/// Returns the purchase lines tied to an order line, the oldest first.
pub fn tied_to(tx: &mut Tx<'_>, line: LineId) -> Result<Vec<TiedLine>, StoreError> {
    tx.query(
        "SELECT l.id, l.item_id, p.location_id,
                CASE WHEN p.closed_at IS NULL AND p.canceled_at IS NULL
                          AND l.ordered - l.canceled > l.received
                     THEN l.ordered - l.canceled - l.received ELSE 0 END AS expected
           FROM purchase_line l JOIN purchase_order p ON p.id = l.purchase_order_id
          WHERE l.order_line_id = $1 ORDER BY l.id",
        &[&line],
        |row| {
            Ok(TiedLine {
                purchase_line: row.get("id")?,
                item: row.get("item_id")?,
                location: row.get("location_id")?,
                expected: row.get("expected")?,
            })
        },
    )
}

/// Returns what an order line claims of purchase lines, the oldest purchase line first.
pub fn claims_of(tx: &mut Tx<'_>, line: LineId) -> Result<Vec<PurchaseClaim>, StoreError> {
    tx.query(
        "SELECT * FROM claim
          WHERE supply_kind = 'purchase_line' AND claimant_id = $1
            AND supply_id IN (SELECT id FROM purchase_line WHERE order_line_id = $1)
          ORDER BY supply_id",
        &[&line],
        |row| {
            Ok(PurchaseClaim {
                id: row.get("id")?,
                order: row.get("order_id")?,
                line: row.get("claimant_id")?,
                purchase_line: row.get("supply_id")?,
                item: row.get("item_id")?,
                location: row.get("location_id")?,
                qty: row.get("qty")?,
                priority: row.get("priority")?,
                due_on: row.get("due_on")?,
                since: row.get("created_at")?,
            })
        },
    )
}

/// Replaces what an order line claims of purchase lines.
pub fn set_claims(
    tx: &mut Tx<'_>,
    before: &[PurchaseClaim],
    after: &[PurchaseClaim],
) -> Result<(), StoreError> {
    for claim in before.iter().filter(|claim| !after.contains(claim)) {
        tx.exec("DELETE FROM claim WHERE id = $1", &[&claim.id])?;
    }
    let row = |claim: &PurchaseClaim| {
        vec![
            v(&claim.id),
            v("order_line"),
            v(&claim.line),
            v(&claim.order),
            v("purchase_line"),
            v(&claim.purchase_line),
            v(&claim.item),
            v(&claim.location),
            v(&[0_u8; 16]),
            v("allocated"),
            v(&claim.qty),
            v(&claim.priority),
            v(&claim.due_on),
            Value::Null(Kind::Int),
            v(&claim.since),
        ]
    };
    let fresh = after.iter().filter(|claim| !before.contains(claim));
    let rows: Vec<Vec<Value>> = fresh.map(row).collect();
    tx.insert_many("claim", COLUMNS, &rows, "")?;
    Ok(())
}

//! Goods that suppliers sent straight to our customers.

use orderly_core::id::{
    ItemId, LineId, OrderId, PurchaseLineId, PurchaseOrderId, SupplierShipmentId,
};
use orderly_core::qty::Qty;
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// Goods of one purchase line that left the supplier for our customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierShipment {
    pub id: SupplierShipmentId,
    pub purchase: PurchaseOrderId,
    pub purchase_line: PurchaseLineId,
    pub order: OrderId,
    pub line: LineId,
    pub item: ItemId,
    pub qty: Qty,
    /// At the order's price, in minor units of the legal entity's currency.
    pub value: i64,
    pub reference: Option<String>,
    pub tracking: Option<String>,
    pub shipped_at: Instant,
    pub reversed_at: Option<Instant>,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("purchase_order_id", Kind::Bytes),
    Column::new("purchase_line_id", Kind::Bytes),
    Column::new("order_id", Kind::Bytes),
    Column::new("order_line_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("value_minor", Kind::Int),
    Column::new("reference", Kind::Text),
    Column::new("tracking", Kind::Text),
    Column::new("shipped_at", Kind::Int),
    Column::new("reversed_at", Kind::Int),
];

/// Adds shipments.
pub fn insert_shipments(tx: &mut Tx<'_>, all: &[SupplierShipment]) -> Result<(), StoreError> {
    let row = |one: &SupplierShipment| -> Vec<Value> {
        vec![
            v(&one.id),
            v(&one.purchase),
            v(&one.purchase_line),
            v(&one.order),
            v(&one.line),
            v(&one.item),
            v(&one.qty),
            v(&one.value),
            v(&one.reference),
            v(&one.tracking),
            v(&one.shipped_at),
            v(&one.reversed_at),
        ]
    };
    let rows: Vec<Vec<Value>> = all.iter().map(row).collect();
    tx.insert_many("supplier_shipment", COLUMNS, &rows, "")?;
    Ok(())
}

/// Returns one shipment.
pub fn shipment(
    tx: &mut Tx<'_>,
    id: SupplierShipmentId,
) -> Result<Option<SupplierShipment>, StoreError> {
    tx.query_one("SELECT * FROM supplier_shipment WHERE id = $1", &[&id], from_row)
}

/// Returns the shipments of a purchase order, the oldest first.
pub fn shipments_of(
    tx: &mut Tx<'_>,
    purchase: PurchaseOrderId,
) -> Result<Vec<SupplierShipment>, StoreError> {
    let sql = "SELECT s.* FROM purchase_line l
                 JOIN supplier_shipment s ON s.purchase_line_id = l.id
                WHERE l.purchase_order_id = $1 ORDER BY s.id";
    tx.query(sql, &[&purchase], from_row)
}

/// Marks a shipment as reversed; false where it was already.
pub fn reverse_shipment(
    tx: &mut Tx<'_>,
    id: SupplierShipmentId,
    at: Instant,
) -> Result<bool, StoreError> {
    let sql = "UPDATE supplier_shipment SET reversed_at = $2
                WHERE id = $1 AND reversed_at IS NULL";
    Ok(tx.exec(sql, &[&id, &at])? == 1)
}

fn from_row(row: &Row<'_>) -> Result<SupplierShipment, StoreError> {
    Ok(SupplierShipment {
        id: row.get("id")?,
        purchase: row.get("purchase_order_id")?,
        purchase_line: row.get("purchase_line_id")?,
        order: row.get("order_id")?,
        line: row.get("order_line_id")?,
        item: row.get("item_id")?,
        qty: row.get("qty")?,
        value: row.get("value_minor")?,
        reference: row.get("reference")?,
        tracking: row.get("tracking")?,
        shipped_at: row.get("shipped_at")?,
        reversed_at: row.get("reversed_at")?,
    })
}

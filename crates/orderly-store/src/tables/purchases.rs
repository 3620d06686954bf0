//! Purchase orders with their lines, and what is still to come of them.

mod claims;
mod shipments;

use orderly_core::id::{ItemId, LocationId, PurchaseLineId, PurchaseOrderId, SupplierId};
use orderly_core::purchase::{PurchaseLine, PurchaseOrder, PurchaseState, Tied};
use orderly_core::qty::{Qty, Ratio};
use orderly_core::time::Day;

use crate::codec::{from_json, json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};
pub use claims::{PurchaseClaim, TiedLine, claims_of, set_claims, tied_to};
pub use shipments::{SupplierShipment, insert_shipments, reverse_shipment, shipment, shipments_of};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("purchase_order_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("item_id", Kind::Bytes),
    Column::new("description", Kind::Text),
    Column::new("supplier_sku", Kind::Text),
    Column::new("order_id", Kind::Bytes),
    Column::new("order_line_id", Kind::Bytes),
    Column::new("direct", Kind::Int),
    Column::new("pack_qty", Kind::Int),
    Column::new("minimum_qty", Kind::Int),
    Column::new("unit", Kind::Text),
    Column::new("unit_num", Kind::Int),
    Column::new("unit_den", Kind::Int),
    Column::new("price", Kind::Text),
    Column::new("price_unit", Kind::Text),
    Column::new("price_num", Kind::Int),
    Column::new("price_den", Kind::Int),
    Column::new("max_over", Kind::Int),
    Column::new("max_short", Kind::Int),
    Column::new("ordered", Kind::Int),
    Column::new("canceled", Kind::Int),
    Column::new("received", Kind::Int),
    Column::new("invoiced", Kind::Int),
    Column::new("received_minor", Kind::Int),
    Column::new("cleared_minor", Kind::Int),
    Column::new("expected_on", Kind::Int),
    Column::new("confirmations", Kind::Text),
];

/// Adds a purchase order with its lines.
pub fn insert(tx: &mut Tx<'_>, order: &PurchaseOrder) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO purchase_order (id, number, supplier_id, location_id, legal_entity_id,
             currency, state, reference, note, expected_on, sent_at, confirmed_at, closed_at,
             canceled_at, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        &[
            &order.id,
            &order.number,
            &order.supplier,
            &order.location,
            &order.legal_entity,
            &order.currency,
            &order.state(),
            &order.reference,
            &order.note,
            &order.expected_on,
            &order.sent_at,
            &order.confirmed_at,
            &order.closed_at,
            &order.canceled_at,
            &order.version,
            &order.created_at,
            &order.updated_at,
        ],
    )?;
    insert_lines(tx, order.id, &order.lines)
}

fn insert_lines(
    tx: &mut Tx<'_>,
    order: PurchaseOrderId,
    lines: &[PurchaseLine],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = lines.iter().map(|line| line_row(order, line)).collect();
    tx.insert_many("purchase_line", LINE, &rows, "")?;
    Ok(())
}

fn line_row(order: PurchaseOrderId, line: &PurchaseLine) -> Vec<Value> {
    vec![
        v(&line.id),
        v(&order),
        v(&line.position),
        v(&line.item),
        v(&line.description),
        v(&line.supplier_sku),
        v(&line.tied.map(|tied| tied.order)),
        v(&line.tied.map(|tied| tied.line)),
        v(&i64::from(line.direct)),
        v(&line.pack),
        v(&line.minimum),
        v(&line.unit),
        v(&line.unit_ratio.num),
        v(&line.unit_ratio.den),
        v(&line.price),
        v(&line.price_unit),
        v(&line.price_ratio.num),
        v(&line.price_ratio.den),
        v(&line.max_over),
        v(&line.max_short),
        v(&line.ordered),
        v(&line.canceled),
        v(&line.received),
        v(&line.invoiced),
        v(&line.received_minor),
        v(&line.cleared_minor),
        v(&line.expected_on),
        json(&line.confirmations),
    ]
}

/// Writes what lies between two values of an order if it is still at the version of `before`.
/// Returns whether it was. Lines are added and changed, never taken away.
pub fn save(
    tx: &mut Tx<'_>,
    before: &PurchaseOrder,
    after: &PurchaseOrder,
) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE purchase_order SET state = $3, reference = $4, note = $5, expected_on = $6,
             sent_at = $7, confirmed_at = $8, closed_at = $9, canceled_at = $10, version = $11,
             updated_at = $12
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state(),
            &after.reference,
            &after.note,
            &after.expected_on,
            &after.sent_at,
            &after.confirmed_at,
            &after.closed_at,
            &after.canceled_at,
            &after.version,
            &after.updated_at,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        if !before.lines.iter().any(|old| old.id == line.id) {
            insert_lines(tx, after.id, std::slice::from_ref(line))?;
            continue;
        }
        let confirmations = serde_json::to_string(&line.confirmations).expect("plain rows");
        tx.exec(
            "UPDATE purchase_line SET ordered = $2, canceled = $3, received = $4, invoiced = $5,
                 received_minor = $6, cleared_minor = $7, expected_on = $8, confirmations = $9
              WHERE id = $1",
            &[
                &line.id,
                &line.ordered,
                &line.canceled,
                &line.received,
                &line.invoiced,
                &line.received_minor,
                &line.cleared_minor,
                &line.expected_on,
                &confirmations,
            ],
        )?;
    }
    Ok(true)
}

/// Returns a purchase order with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(
    tx: &mut Tx<'_>,
    id: PurchaseOrderId,
    lock: bool,
) -> Result<Option<PurchaseOrder>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM purchase_order WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM purchase_order WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], order_from_row)? else { return Ok(None) };
    found.lines = lines_of(tx, id)?;
    Ok(Some(found))
}

fn lines_of(tx: &mut Tx<'_>, id: PurchaseOrderId) -> Result<Vec<PurchaseLine>, StoreError> {
    let sql = "SELECT * FROM purchase_line WHERE purchase_order_id = $1 ORDER BY position";
    tx.query(sql, &[&id], line_from_row)
}

/// Returns the id of the purchase order with this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<PurchaseOrderId>, StoreError> {
    let sql = "SELECT id FROM purchase_order WHERE number = $1";
    tx.query_one(sql, &[&number], |row| row.get("id"))
}

/// Returns the purchase order that a line belongs to.
pub fn of_line(
    tx: &mut Tx<'_>,
    line: PurchaseLineId,
) -> Result<Option<PurchaseOrderId>, StoreError> {
    let sql = "SELECT purchase_order_id FROM purchase_line WHERE id = $1";
    tx.query_one(sql, &[&line], |row| row.get("purchase_order_id"))
}

/// Returns up to `limit` purchase orders before a cursor, the newest first, with their lines; of
/// one supplier and in one state only where they are given.
pub fn list(
    tx: &mut Tx<'_>,
    supplier: Option<SupplierId>,
    state: Option<PurchaseState>,
    before: Option<PurchaseOrderId>,
    limit: u32,
) -> Result<Vec<PurchaseOrder>, StoreError> {
    let before = before.unwrap_or(PurchaseOrderId::from_bytes([0xff; 16]));
    let mut found = tx.query(
        "SELECT * FROM purchase_order
          WHERE id < $1 AND ($2 IS NULL OR supplier_id = $2) AND ($3 IS NULL OR state = $3)
          ORDER BY id DESC LIMIT $4",
        &[&before, &supplier, &state, &limit],
        order_from_row,
    )?;
    for order in &mut found {
        order.lines = lines_of(tx, order.id)?;
    }
    Ok(found)
}

/// Goods that are to come to a location of ours, and nobody's already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    pub purchase: PurchaseOrderId,
    pub number: String,
    pub item: ItemId,
    pub location: LocationId,
    pub expected_on: Option<Day>,
    /// In base units; less what order lines claim of it.
    pub qty: Qty,
}

/// Returns what is to come of an item by sent purchase orders, less what is claimed of it, the
/// earliest day first.
pub fn incoming(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<Incoming>, StoreError> {
    let found = tx.query(
        "SELECT p.id, p.number, p.location_id, l.item_id,
                COALESCE(l.expected_on, p.expected_on) AS due_on,
                CAST(l.ordered - l.canceled - l.received - COALESCE((SELECT SUM(c.qty)
                     FROM claim c WHERE c.supply_id = l.id AND c.supply_kind = 'purchase_line'), 0)
                     AS BIGINT) AS qty
           FROM purchase_line l JOIN purchase_order p ON p.id = l.purchase_order_id
          WHERE l.item_id = $1 AND l.direct = 0
            AND p.state IN ('sent', 'confirmed', 'part_received')
          ORDER BY due_on, p.id",
        &[&item],
        |row| {
            let qty: i64 = row.get("qty")?;
            Ok(Incoming {
                purchase: row.get("id")?,
                number: row.get("number")?,
                item: row.get("item_id")?,
                location: row.get("location_id")?,
                expected_on: row.get("due_on")?,
                qty: Qty::new(qty.max(0)).unwrap_or_default(),
            })
        },
    )?;
    Ok(found.into_iter().filter(|one| !one.qty.is_zero()).collect())
}

fn order_from_row(row: &Row<'_>) -> Result<PurchaseOrder, StoreError> {
    Ok(PurchaseOrder {
        id: row.get("id")?,
        number: row.get("number")?,
        supplier: row.get("supplier_id")?,
        location: row.get("location_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        reference: row.get("reference")?,
        note: row.get("note")?,
        expected_on: row.get("expected_on")?,
        sent_at: row.get("sent_at")?,
        confirmed_at: row.get("confirmed_at")?,
        closed_at: row.get("closed_at")?,
        canceled_at: row.get("canceled_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        lines: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<PurchaseLine, StoreError> {
    let order: Option<orderly_core::id::OrderId> = row.get("order_id")?;
    let line: Option<orderly_core::id::LineId> = row.get("order_line_id")?;
    let ratio = |num: &str, den: &str| -> Result<Ratio, StoreError> {
        Ok(Ratio { num: row.get(num)?, den: row.get(den)? })
    };
    Ok(PurchaseLine {
        id: row.get("id")?,
        position: row.get("position")?,
        item: row.get("item_id")?,
        description: row.get("description")?,
        supplier_sku: row.get("supplier_sku")?,
        tied: order.zip(line).map(|(order, line)| Tied { order, line }),
        direct: row.get::<i64>("direct")? == 1,
        pack: row.get("pack_qty")?,
        minimum: row.get("minimum_qty")?,
        unit: row.get("unit")?,
        unit_ratio: ratio("unit_num", "unit_den")?,
        price: row.get("price")?,
        price_unit: row.get("price_unit")?,
        price_ratio: ratio("price_num", "price_den")?,
        max_over: row.get("max_over")?,
        max_short: row.get("max_short")?,
        ordered: row.get("ordered")?,
        canceled: row.get("canceled")?,
        received: row.get("received")?,
        invoiced: row.get("invoiced")?,
        received_minor: row.get("received_minor")?,
        cleared_minor: row.get("cleared_minor")?,
        expected_on: row.get("expected_on")?,
        confirmations: from_json(row, "confirmations")?,
    })
}

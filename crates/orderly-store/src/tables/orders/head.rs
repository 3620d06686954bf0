//! The row of an order itself.

use orderly_core::id::{ChannelId, CustomerId, OrderId};
use orderly_core::money::Currency;
use orderly_core::order::{Head, Order, OrderState, Paid, Totals};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// An order as lists show it. Amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub id: OrderId,
    pub number: String,
    pub channel: ChannelId,
    pub external_id: Option<String>,
    pub state: OrderState,
    pub customer: Option<CustomerId>,
    pub placed_at: Instant,
    pub currency: Currency,
    pub total: i64,
    pub paid: Paid,
    pub history: bool,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("number", Kind::Text),
    Column::new("channel_id", Kind::Bytes),
    Column::new("external_id", Kind::Text),
    Column::new("content_hash", Kind::Bytes),
    Column::new("state", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("sequence", Kind::Int),
    Column::new("currency", Kind::Text),
    Column::new("rounding", Kind::Text),
    Column::new("settlement", Kind::Text),
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("account_id", Kind::Bytes),
    Column::new("site_id", Kind::Bytes),
    Column::new("ordered_by", Kind::Bytes),
    Column::new("bill_to", Kind::Bytes),
    Column::new("reference", Kind::Text),
    Column::new("history", Kind::Int),
    Column::new("priority", Kind::Int),
    Column::new("placed_at", Kind::Int),
    Column::new("updated_at", Kind::Int),
    Column::new("lines_minor", Kind::Int),
    Column::new("discounts_minor", Kind::Int),
    Column::new("charges_minor", Kind::Int),
    Column::new("tax_included_minor", Kind::Int),
    Column::new("tax_added_minor", Kind::Int),
    Column::new("total_minor", Kind::Int),
    Column::new("authorized_minor", Kind::Int),
    Column::new("captured_minor", Kind::Int),
    Column::new("refunded_minor", Kind::Int),
    Column::new("used_minor", Kind::Int),
    Column::new("invoicing", Kind::Text),
];

pub(super) fn insert(tx: &mut Tx<'_>, orders: &[&Order]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = orders.iter().map(|order| row(order)).collect();
    tx.insert_many("orders", COLUMNS, &rows, "ON CONFLICT DO NOTHING")
}

fn row(order: &Order) -> Vec<Value> {
    let Head { totals, paid, .. } = &order.head;
    vec![
        v(&order.id),
        v(&order.number),
        v(&order.channel),
        v(&order.external_id),
        v(&order.content_hash),
        v(&order.head.state),
        v(&order.version),
        v(&order.sequence),
        v(&order.currency),
        v(&order.rounding),
        v(&order.head.settlement),
        v(&order.legal_entity),
        v(&order.head.customer),
        v(&order.head.account),
        v(&order.head.site),
        v(&order.head.ordered_by),
        v(&order.head.bill_to),
        v(&order.head.reference),
        v(&order.history),
        v(&order.head.priority),
        v(&order.placed_at),
        v(&order.updated_at),
        v(&totals.lines),
        v(&totals.discounts),
        v(&totals.charges),
        v(&totals.tax_included),
        v(&totals.tax_added),
        v(&totals.total),
        v(&paid.authorized),
        v(&paid.captured),
        v(&paid.refunded),
        v(&paid.used),
        v(&order.head.invoicing),
    ]
}

/// Compare-and-set on the version.
pub(super) fn save(tx: &mut Tx<'_>, before: &Order, after: &Order) -> Result<bool, StoreError> {
    let Head { totals, paid, .. } = &after.head;
    let updated = tx.exec(
        "UPDATE orders
            SET state = $3, version = $4, sequence = $5, settlement = $6, customer_id = $7,
                account_id = $8, site_id = $9, ordered_by = $10, bill_to = $11, reference = $12,
                priority = $13, updated_at = $14, lines_minor = $15, discounts_minor = $16,
                charges_minor = $17, tax_included_minor = $18, tax_added_minor = $19,
                total_minor = $20, authorized_minor = $21, captured_minor = $22,
                refunded_minor = $23, used_minor = $24
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.head.state,
            &after.version,
            &after.sequence,
            &after.head.settlement,
            &after.head.customer,
            &after.head.account,
            &after.head.site,
            &after.head.ordered_by,
            &after.head.bill_to,
            &after.head.reference,
            &after.head.priority,
            &after.updated_at,
            &totals.lines,
            &totals.discounts,
            &totals.charges,
            &totals.tax_included,
            &totals.tax_added,
            &totals.total,
            &paid.authorized,
            &paid.captured,
            &paid.refunded,
            &paid.used,
        ],
    )?;
    Ok(updated == 1)
}

fn totals_from_row(row: &Row<'_>) -> Result<Totals, StoreError> {
    Ok(Totals {
        lines: row.get("lines_minor")?,
        discounts: row.get("discounts_minor")?,
        charges: row.get("charges_minor")?,
        tax_included: row.get("tax_included_minor")?,
        tax_added: row.get("tax_added_minor")?,
        total: row.get("total_minor")?,
    })
}

fn paid_from_row(row: &Row<'_>) -> Result<Paid, StoreError> {
    Ok(Paid {
        authorized: row.get("authorized_minor")?,
        captured: row.get("captured_minor")?,
        refunded: row.get("refunded_minor")?,
        used: row.get("used_minor")?,
    })
}

pub(super) fn order_from_row(row: &Row<'_>) -> Result<Order, StoreError> {
    let head = Head {
        state: row.get("state")?,
        settlement: row.get("settlement")?,
        customer: row.get("customer_id")?,
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        ordered_by: row.get("ordered_by")?,
        bill_to: row.get("bill_to")?,
        reference: row.get("reference")?,
        priority: row.get("priority")?,
        invoicing: row.get("invoicing")?,
        totals: totals_from_row(row)?,
        paid: paid_from_row(row)?,
    };
    Ok(Order {
        id: row.get("id")?,
        number: row.get("number")?,
        channel: row.get("channel_id")?,
        external_id: row.get("external_id")?,
        content_hash: row.get("content_hash")?,
        version: row.get("version")?,
        sequence: row.get("sequence")?,
        currency: row.get("currency")?,
        rounding: row.get("rounding")?,
        legal_entity: row.get("legal_entity_id")?,
        history: row.get("history")?,
        placed_at: row.get("placed_at")?,
        updated_at: row.get("updated_at")?,
        head,
        deliveries: Vec::new(),
        lines: Vec::new(),
        charges: Vec::new(),
        holds: Vec::new(),
        fulfillments: Vec::new(),
        work: Vec::new(),
        backorders: Vec::new(),
        shipments: Vec::new(),
        shipment_lines: Vec::new(),
        parcels: Vec::new(),
    })
}

pub(super) fn summary_from_row(row: &Row<'_>) -> Result<Summary, StoreError> {
    Ok(Summary {
        id: row.get("id")?,
        number: row.get("number")?,
        channel: row.get("channel_id")?,
        external_id: row.get("external_id")?,
        state: row.get("state")?,
        customer: row.get("customer_id")?,
        placed_at: row.get("placed_at")?,
        currency: row.get("currency")?,
        total: row.get("total_minor")?,
        paid: paid_from_row(row)?,
        history: row.get("history")?,
    })
}

//! What can be exported: one row after the other, in bounded memory, in a stable order, so that
//! the same data exports the same bytes.

use crate::{Row, StoreError, Tx};

/// A kind of export. Column names say how values are read: `…_minor` are minor units of the row's
/// `currency`, `…_at` instants, `…_on` days, `…_id` ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Orders,
    Lines,
    Items,
    Stock,
    Events,
    Journals,
}

impl Export {
    const fn sql(self) -> &'static str {
        match self {
            Self::Orders => {
                "SELECT o.number, o.id AS order_id, c.code AS channel, o.external_id AS external,
                        o.state, o.placed_at, o.currency, o.settlement, o.customer_id,
                        o.account_id, o.reference, o.lines_minor, o.discounts_minor,
                        o.charges_minor, o.tax_included_minor, o.tax_added_minor, o.total_minor,
                        o.authorized_minor, o.captured_minor, o.refunded_minor, o.history
                   FROM orders o JOIN channel c ON c.id = o.channel_id
                  ORDER BY o.placed_at, o.id"
            }
            Self::Lines => {
                "SELECT o.number, l.position, l.kind, i.sku, l.description, l.entered AS quantity,
                        l.unit, l.price, o.currency, l.gross_minor, l.discount_minor,
                        l.tax_included_minor, l.tax_added_minor, l.ordered, l.canceled,
                        l.backordered, l.allocated, l.shipped, l.delivered, l.returned
                   FROM orders o JOIN order_line l ON l.order_id = o.id
                   LEFT JOIN item i ON i.id = l.item_id
                  ORDER BY o.placed_at, o.id, l.position"
            }
            Self::Items => {
                "SELECT sku, name, goods, base_unit, sale_unit, tracking, price, price_unit,
                        price_currency AS currency, cost, gtin, weight_g, length_mm, width_mm,
                        height_mm, hs_code, origin_country, kit, state
                   FROM item ORDER BY sku"
            }
            Self::Stock => {
                "SELECT p.code AS location, i.sku, t.code AS lot, i.base_unit AS unit, l.on_hand,
                        l.held, l.allocated, l.backordered, l.safety, e.currency,
                        l.value_minor
                   FROM stock_level l
                   JOIN item i ON i.id = l.item_id
                   JOIN location p ON p.id = l.location_id
                   JOIN legal_entity e ON e.id = p.legal_entity_id
                   LEFT JOIN lot t ON t.id = l.lot_class
                  ORDER BY p.code, i.sku, t.code"
            }
            Self::Events => {
                "SELECT f.position, e.id AS event_id, e.kind, e.stream_kind, e.stream_id,
                        e.sequence, e.at AS happened_at, e.recorded_at, e.actor_kind, e.reason,
                        e.changes
                   FROM feed f
                   JOIN event e ON e.stream_id = f.stream_id AND e.sequence = f.sequence
                  ORDER BY f.position"
            }
            Self::Journals => {
                "SELECT j.id AS journal_id, j.kind, j.accounting_on, j.period, j.recorded_at,
                        p.number, p.account, j.currency, p.amount_minor, p.location_id,
                        p.channel_id, p.document_kind, p.document_id, p.tax_code,
                        p.tax_base_minor, j.reverses AS reverses_id
                   FROM journal j JOIN posting p ON p.journal_id = j.id
                  ORDER BY j.recorded_at, j.id, p.number"
            }
        }
    }
}

/// Calls `each` with every row of an export.
pub fn for_each(
    tx: &mut Tx<'_>,
    export: Export,
    each: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.for_each(export.sql(), &[], each)
}

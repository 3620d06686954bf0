//! What can be exported: one row after the other, in bounded memory, in a stable order, so that
//! the same data exports the same bytes.

use orderly_core::time::Day;

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
    /// By number: what is exported again is the same, and corrections come after it.
    Journals(Range),
    /// The lines of invoices, receipts and credit notes, by series and number.
    Invoices(Range),
}

/// Which journals or invoices are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// From this accounting day, or day of issue, on.
    pub from: Option<Day>,
    /// Inclusive.
    pub to: Option<Day>,
    /// Those with numbers after this one.
    pub after: i64,
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
            Self::Journals(_) => JOURNALS,
            Self::Invoices(_) => INVOICES,
        }
    }
}

/// Calls `each` with every row of an export.
pub fn for_each(
    tx: &mut Tx<'_>,
    export: Export,
    each: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match export {
        Export::Journals(range) | Export::Invoices(range) => {
            tx.for_each(export.sql(), &[&range.after, &range.from, &range.to], each)
        }
        _ => tx.for_each(export.sql(), &[], each),
    }
}

const JOURNALS: &str = "
    SELECT e.code AS entity, n.number, j.id AS journal_id, j.kind, j.accounting_on,
            j.period, j.recorded_at, p.number AS posting, p.account,
            a.number AS account_number, a.name AS account_name, j.currency,
            p.amount_minor, l.code AS location, c.code AS channel, p.party_id,
            p.document_kind, p.document_id, p.tax_code, p.tax_base_minor,
            p.foreign_currency, p.foreign_minor, j.reverses AS reverses_id
       FROM journal_number n
       JOIN journal j ON j.id = n.journal_id
       JOIN legal_entity e ON e.id = n.legal_entity_id
       JOIN posting p ON p.journal_id = n.journal_id
       LEFT JOIN ledger_account a ON a.code = p.account
       LEFT JOIN location l ON l.id = p.location_id
       LEFT JOIN channel c ON c.id = p.channel_id
      WHERE n.number > $1 AND ($2 IS NULL OR j.accounting_on >= $2)
        AND ($3 IS NULL OR j.accounting_on <= $3)
      ORDER BY e.code, n.number, p.number";

const INVOICES: &str = "
    SELECT e.code AS entity, i.series, i.number, i.id AS invoice_id, i.kind,
            i.issued_at, i.issued_on, i.due_on, i.currency, i.net_minor, i.tax_minor,
            i.total_minor, i.customer_id, i.account_id, i.reference,
            k.series AS corrects_series, k.number AS corrects_number,
            l.position AS line, o.number AS ordered, l.sku, l.description,
            l.quantity, l.unit, l.price, l.net_minor AS line_net_minor,
            l.tax_minor AS line_tax_minor, l.taxes
       FROM invoice i
       JOIN legal_entity e ON e.id = i.legal_entity_id
       LEFT JOIN invoice k ON k.id = i.corrects_id
       LEFT JOIN invoice_line l ON l.invoice_id = i.id
       LEFT JOIN orders o ON o.id = l.order_id
      WHERE i.number > $1 AND ($2 IS NULL OR i.issued_on >= $2)
        AND ($3 IS NULL OR i.issued_on <= $3)
      ORDER BY e.code, i.series, i.number, l.position";

//! Invoices, receipts and credit notes with their lines, and what settles them.

mod held;
mod pending;

use orderly_core::id::*;
use orderly_core::invoice::{Invoice, InvoiceKind, InvoiceLine, SettlementRow};
use orderly_core::time::{Day, Instant};

use crate::codec::{from_json, json, v};
use crate::set::query_in;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};
pub use held::{held_of_invoice, held_of_order, prior};
pub use pending::{Waiting, is_pending, not_pending, pending, waiting};

const INVOICE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("series", Kind::Text),
    Column::new("number", Kind::Int),
    Column::new("kind", Kind::Text),
    Column::new("corrects_id", Kind::Bytes),
    Column::new("replaces_id", Kind::Bytes),
    Column::new("refund_id", Kind::Bytes),
    Column::new("order_id", Kind::Bytes),
    Column::new("channel_id", Kind::Bytes),
    Column::new("customer_id", Kind::Bytes),
    Column::new("account_id", Kind::Bytes),
    Column::new("site_id", Kind::Bytes),
    Column::new("bill_to", Kind::Bytes),
    Column::new("reference", Kind::Text),
    Column::new("reason", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("net_minor", Kind::Int),
    Column::new("tax_minor", Kind::Int),
    Column::new("total_minor", Kind::Int),
    Column::new("settled_minor", Kind::Int),
    Column::new("issued_at", Kind::Int),
    Column::new("issued_on", Kind::Int),
    Column::new("due_on", Kind::Int),
    Column::new("version", Kind::Int),
];

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("invoice_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("order_id", Kind::Bytes),
    Column::new("order_line_id", Kind::Bytes),
    Column::new("charge_id", Kind::Bytes),
    Column::new("delivery_id", Kind::Bytes),
    Column::new("location_id", Kind::Bytes),
    Column::new("credits_id", Kind::Bytes),
    Column::new("effect", Kind::Text),
    Column::new("sku", Kind::Text),
    Column::new("description", Kind::Text),
    Column::new("qty", Kind::Int),
    Column::new("quantity", Kind::Text),
    Column::new("unit", Kind::Text),
    Column::new("price", Kind::Text),
    Column::new("net_minor", Kind::Int),
    Column::new("tax_minor", Kind::Int),
    Column::new("taxes", Kind::Text),
];

/// Adds documents with their lines, none of them settled, and returns how many were new. One whose
/// number is taken, or whose receipt has an invoice already, is left out: the caller rolls back.
pub fn insert(tx: &mut Tx<'_>, invoices: &[&Invoice]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = invoices.iter().map(|one| row(one)).collect();
    let added = tx.insert_many("invoice", INVOICE, &rows, "ON CONFLICT DO NOTHING")?;
    if added < invoices.len() as u64 {
        return Ok(added);
    }
    let lines = invoices.iter().flat_map(|one| one.lines.iter().map(|line| line_row(one, line)));
    tx.insert_many("invoice_line", LINE, &lines.collect::<Vec<_>>(), "")?;
    Ok(added)
}

fn row(one: &Invoice) -> Vec<Value> {
    vec![
        v(&one.id),
        v(&one.legal_entity),
        v(&one.series),
        v(&one.number),
        v(&one.kind),
        v(&one.corrects),
        v(&one.replaces),
        v(&one.refund),
        v(&one.order),
        v(&one.channel),
        v(&one.customer),
        v(&one.account),
        v(&one.site),
        v(&one.bill_to),
        v(&one.reference),
        v(&one.reason),
        v(&one.currency),
        v(&one.net),
        v(&one.tax),
        v(&one.total),
        v(&one.settled),
        v(&one.issued_at),
        v(&one.issued_on),
        v(&one.due_on),
        v(&one.version),
    ]
}

fn line_row(invoice: &Invoice, line: &InvoiceLine) -> Vec<Value> {
    vec![
        v(&line.id),
        v(&invoice.id),
        v(&line.position),
        v(&line.order),
        v(&line.order_line),
        v(&line.charge),
        v(&line.delivery),
        v(&line.location),
        v(&line.credits),
        v(&line.effect),
        v(&line.sku),
        v(&line.description),
        v(&line.qty),
        v(&line.quantity),
        v(&line.unit),
        v(&line.price),
        v(&line.net),
        v(&line.tax),
        json(&line.taxes),
    ]
}

/// Returns a document with its lines. `lock` keeps other writers from it until the transaction
/// ends.
pub fn get(tx: &mut Tx<'_>, id: InvoiceId, lock: bool) -> Result<Option<Invoice>, StoreError> {
    let sql = match tx.engine() {
        Engine::Postgres if lock => "SELECT * FROM invoice WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM invoice WHERE id = $1",
    };
    let Some(mut invoice) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    let sql = "SELECT * FROM invoice_line WHERE invoice_id = $1 ORDER BY position";
    invoice.lines = tx.query(sql, &[&id], line_from_row)?;
    Ok(Some(invoice))
}

/// Returns the documents of this series and number, one per legal entity.
pub fn by_number(tx: &mut Tx<'_>, series: &str, number: i64) -> Result<Vec<InvoiceId>, StoreError> {
    let sql = "SELECT id FROM invoice WHERE series = $1 AND number = $2 ORDER BY id";
    tx.query(sql, &[&series, &number], |row| row.get("id"))
}

/// Returns the invoice that stands for a receipt.
pub fn replacing(tx: &mut Tx<'_>, receipt: InvoiceId) -> Result<Option<InvoiceId>, StoreError> {
    let sql = "SELECT id FROM invoice WHERE replaces_id = $1";
    tx.query_one(sql, &[&receipt], |row| row.get("id"))
}

/// Returns the credit notes whose first correction this invoice is, oldest first.
pub fn correcting(tx: &mut Tx<'_>, invoice: InvoiceId) -> Result<Vec<InvoiceId>, StoreError> {
    let sql = "SELECT id FROM invoice WHERE corrects_id = $1 ORDER BY issued_at, id";
    tx.query(sql, &[&invoice], |row| row.get("id"))
}

/// Returns the documents that have lines of an order, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<InvoiceId>, StoreError> {
    tx.query(
        "SELECT i.id FROM invoice i
          WHERE i.id IN (SELECT l.invoice_id FROM invoice_line l WHERE l.order_id = $1)
          ORDER BY i.issued_at, i.id",
        &[&order],
        |row| row.get("id"),
    )
}

/// Which documents to list; `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub kind: Option<InvoiceKind>,
    pub account: Option<AccountId>,
    pub customer: Option<CustomerId>,
    /// Only those that are not settled in full.
    pub open: bool,
    /// Only those due before this day.
    pub due_before: Option<Day>,
}

/// Returns up to `limit` documents, without their lines, issued before the cursor, the latest
/// first (keyset page).
pub fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<(Instant, InvoiceId)>,
    limit: i64,
) -> Result<Vec<Invoice>, StoreError> {
    let last = (Instant::from_micros(i64::MAX), InvoiceId::NONE);
    let (at, id) = before.unwrap_or(last);
    let open = i64::from(filter.open);
    tx.query(
        "SELECT * FROM invoice
          WHERE (issued_at < $1 OR (issued_at = $1 AND id < $2))
            AND ($3 IS NULL OR kind = $3)
            AND ($4 IS NULL OR account_id = $4)
            AND ($5 IS NULL OR customer_id = $5)
            AND ($6 = 0 OR settled_minor < total_minor)
            AND ($7 IS NULL OR due_on < $7)
          ORDER BY issued_at DESC, id DESC LIMIT $8",
        &[
            &at,
            &id,
            &filter.kind,
            &filter.account,
            &filter.customer,
            &open,
            &filter.due_before,
            &limit,
        ],
        from_row,
    )
}

/// Returns these documents without their lines.
pub fn heads(tx: &mut Tx<'_>, ids: &[InvoiceId]) -> Result<Vec<Invoice>, StoreError> {
    query_in(tx, "SELECT * FROM invoice", "id", ids, from_row)
}

/// Settles an amount of a document, or opens it again, where `0 ≤ settled ≤ total` still holds;
/// false where it does not. Counts its version.
pub fn settle(tx: &mut Tx<'_>, id: InvoiceId, amount: i64) -> Result<bool, StoreError> {
    let updated = tx.exec(
        "UPDATE invoice SET settled_minor = settled_minor + $2, version = version + 1
          WHERE id = $1 AND settled_minor + $2 >= 0 AND settled_minor + $2 <= total_minor",
        &[&id, &amount],
    )?;
    Ok(updated == 1)
}

const SETTLEMENT: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("invoice_id", Kind::Bytes),
    Column::new("source_kind", Kind::Text),
    Column::new("source_id", Kind::Bytes),
    Column::new("amount_minor", Kind::Int),
    Column::new("settled_at", Kind::Int),
];

/// Adds rows of what settles documents.
pub fn insert_settlements(
    tx: &mut Tx<'_>,
    rows: &[(SettlementId, InvoiceId, SettlementRow)],
) -> Result<u64, StoreError> {
    let row = |(id, invoice, row): &(SettlementId, InvoiceId, SettlementRow)| {
        vec![
            v(id),
            v(invoice),
            v(&row.source_kind),
            v(&row.source),
            v(&row.amount),
            v(&row.settled_at),
        ]
    };
    let rows: Vec<Vec<Value>> = rows.iter().map(row).collect();
    tx.insert_many("settlement", SETTLEMENT, &rows, "")
}

/// Returns what settled a document, oldest first.
pub fn settlements(tx: &mut Tx<'_>, id: InvoiceId) -> Result<Vec<SettlementRow>, StoreError> {
    tx.query(
        "SELECT source_kind, source_id, amount_minor, settled_at FROM settlement
          WHERE invoice_id = $1 ORDER BY settled_at, id",
        &[&id],
        |row| {
            Ok(SettlementRow {
                source_kind: row.get("source_kind")?,
                source: row.get("source_id")?,
                amount: row.get("amount_minor")?,
                settled_at: row.get("settled_at")?,
            })
        },
    )
}

/// Returns what one source has settled of each document, in minor units.
pub fn settled_by(tx: &mut Tx<'_>, source: [u8; 16]) -> Result<Vec<(InvoiceId, i64)>, StoreError> {
    tx.query(
        "SELECT invoice_id, CAST(SUM(amount_minor) AS BIGINT) AS amount FROM settlement
          WHERE source_id = $1 GROUP BY invoice_id ORDER BY invoice_id",
        &[&source],
        |row| Ok((row.get("invoice_id")?, row.get("amount")?)),
    )
}

fn from_row(row: &Row<'_>) -> Result<Invoice, StoreError> {
    Ok(Invoice {
        id: row.get("id")?,
        legal_entity: row.get("legal_entity_id")?,
        series: row.get("series")?,
        number: row.get("number")?,
        kind: row.get("kind")?,
        corrects: row.get("corrects_id")?,
        replaces: row.get("replaces_id")?,
        refund: row.get("refund_id")?,
        order: row.get("order_id")?,
        channel: row.get("channel_id")?,
        customer: row.get("customer_id")?,
        account: row.get("account_id")?,
        site: row.get("site_id")?,
        bill_to: row.get("bill_to")?,
        reference: row.get("reference")?,
        reason: row.get("reason")?,
        currency: row.get("currency")?,
        net: row.get("net_minor")?,
        tax: row.get("tax_minor")?,
        total: row.get("total_minor")?,
        settled: row.get("settled_minor")?,
        issued_at: row.get("issued_at")?,
        issued_on: row.get("issued_on")?,
        due_on: row.get("due_on")?,
        version: row.get("version")?,
        lines: Vec::new(),
    })
}

pub(super) fn line_from_row(row: &Row<'_>) -> Result<InvoiceLine, StoreError> {
    Ok(InvoiceLine {
        id: row.get("id")?,
        position: row.get("position")?,
        order: row.get("order_id")?,
        order_line: row.get("order_line_id")?,
        charge: row.get("charge_id")?,
        delivery: row.get("delivery_id")?,
        location: row.get("location_id")?,
        credits: row.get("credits_id")?,
        effect: row.get("effect")?,
        sku: row.get("sku")?,
        description: row.get("description")?,
        qty: row.get("qty")?,
        quantity: row.get("quantity")?,
        unit: row.get("unit")?,
        price: row.get("price")?,
        net: row.get("net_minor")?,
        tax: row.get("tax_minor")?,
        taxes: from_json(row, "taxes")?,
    })
}

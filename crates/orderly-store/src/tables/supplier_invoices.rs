//! Suppliers' invoices and credit notes, and what settles them.

mod payments;

use orderly_core::id::{LegalEntityId, SupplierId, SupplierInvoiceId};
use orderly_core::money::Currency;
use orderly_core::purchase::invoice::{
    SupplierDocument, SupplierInvoice, SupplierInvoiceLine, SupplierInvoiceState,
};
use orderly_core::time::{Day, Instant};

use crate::codec::{from_json, json, v};
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};
pub use payments::{
    SupplierApplication, SupplierPayment, applications_of, apply, insert_payment, payment,
    payment_by_number, payments, reverse_payment,
};

const LINE: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("supplier_invoice_id", Kind::Bytes),
    Column::new("position", Kind::Int),
    Column::new("kind", Kind::Text),
    Column::new("purchase_line_id", Kind::Bytes),
    Column::new("vendor_return_line_id", Kind::Bytes),
    Column::new("item_id", Kind::Bytes),
    Column::new("description", Kind::Text),
    Column::new("qty", Kind::Int),
    Column::new("net_minor", Kind::Int),
    Column::new("booked_minor", Kind::Int),
    Column::new("cleared_minor", Kind::Int),
    Column::new("spread", Kind::Text),
];

/// Adds a document with its lines; false where the supplier's number of its kind is taken.
pub fn insert(tx: &mut Tx<'_>, one: &SupplierInvoice) -> Result<bool, StoreError> {
    let Value::Text(reasons) = json(&one.reasons) else { return Ok(false) };
    let added = tx.exec(
        "INSERT INTO supplier_invoice (id, supplier_id, legal_entity_id, kind, number, state,
             currency, net_minor, charges_minor, tax_minor, total_minor, settled_minor,
             booked_minor, tax_code, reasons, entered_by, approved_by, invoiced_on, due_on,
             entered_at, posted_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21, $22)
         ON CONFLICT (supplier_id, kind, number) DO NOTHING",
        &[
            &one.id,
            &one.supplier,
            &one.legal_entity,
            &one.kind,
            &one.number,
            &one.state,
            &one.currency,
            &one.net,
            &one.charges,
            &one.tax,
            &one.total,
            &one.settled,
            &one.booked,
            &one.tax_code,
            &reasons,
            &one.entered_by,
            &one.approved_by,
            &one.invoiced_on,
            &one.due_on,
            &one.entered_at,
            &one.posted_at,
            &one.version,
        ],
    )?;
    if added == 0 {
        return Ok(false);
    }
    let row = |line: &SupplierInvoiceLine| -> Vec<Value> {
        vec![
            v(&line.id),
            v(&one.id),
            v(&line.position),
            v(&line.kind),
            v(&line.purchase_line),
            v(&line.vendor_return_line),
            v(&line.item),
            v(&line.description),
            v(&line.qty),
            v(&line.net),
            v(&line.booked),
            v(&line.cleared),
            v(&line.spread),
        ]
    };
    let rows: Vec<Vec<Value>> = one.lines.iter().map(row).collect();
    tx.insert_many("supplier_invoice_line", LINE, &rows, "")?;
    Ok(true)
}

/// Writes state, reasons, approval and what was booked if the document is still at the version of
/// `before`. Returns whether it was. What is settled changes by [`apply`] alone.
pub fn save(
    tx: &mut Tx<'_>,
    before: &SupplierInvoice,
    after: &SupplierInvoice,
) -> Result<bool, StoreError> {
    let Value::Text(reasons) = json(&after.reasons) else { return Ok(false) };
    let saved = tx.exec(
        "UPDATE supplier_invoice SET state = $3, booked_minor = $4, reasons = $5,
             approved_by = $6, posted_at = $7, version = $8
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.state,
            &after.booked,
            &reasons,
            &after.approved_by,
            &after.posted_at,
            &after.version,
        ],
    )?;
    if saved == 0 {
        return Ok(false);
    }
    for line in after.lines.iter().filter(|line| !before.lines.contains(line)) {
        tx.exec(
            "UPDATE supplier_invoice_line SET booked_minor = $2, cleared_minor = $3
              WHERE id = $1",
            &[&line.id, &line.booked, &line.cleared],
        )?;
    }
    Ok(true)
}

/// Returns a document with its lines. With `lock`, other writers of it wait (PostgreSQL).
pub fn get(
    tx: &mut Tx<'_>,
    id: SupplierInvoiceId,
    lock: bool,
) -> Result<Option<SupplierInvoice>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM supplier_invoice WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM supplier_invoice WHERE id = $1",
    };
    let Some(mut found) = tx.query_one(sql, &[&id], from_row)? else { return Ok(None) };
    found.lines = lines_of(tx, id)?;
    Ok(Some(found))
}

fn lines_of(
    tx: &mut Tx<'_>,
    id: SupplierInvoiceId,
) -> Result<Vec<SupplierInvoiceLine>, StoreError> {
    let sql = "SELECT * FROM supplier_invoice_line WHERE supplier_invoice_id = $1
                ORDER BY position";
    tx.query(sql, &[&id], line_from_row)
}

/// Returns the id of a supplier's document of a kind by its number.
pub fn by_number(
    tx: &mut Tx<'_>,
    supplier: SupplierId,
    kind: SupplierDocument,
    number: &str,
) -> Result<Option<SupplierInvoiceId>, StoreError> {
    let sql = "SELECT id FROM supplier_invoice
                WHERE supplier_id = $1 AND kind = $2 AND number = $3";
    tx.query_one(sql, &[&supplier, &kind, &number], |row| row.get("id"))
}

/// Which documents to list; everything where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub supplier: Option<SupplierId>,
    pub state: Option<SupplierInvoiceState>,
    /// Only what is posted and not settled.
    pub open: bool,
    /// Only what is due up to this day.
    pub due_by: Option<Day>,
    /// Only what comes after this document, by due day and id.
    pub after: Option<(Day, SupplierInvoiceId)>,
    pub limit: u32,
}

/// Returns documents by due day, then by id, with their lines.
pub fn list(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<SupplierInvoice>, StoreError> {
    let open = i64::from(wanted.open);
    let (last, id) = wanted.after.unzip();
    let mut found = tx.query(
        "SELECT * FROM supplier_invoice
          WHERE ($1 IS NULL OR supplier_id = $1) AND ($2 IS NULL OR state = $2)
            AND ($3 = 0 OR (state = 'posted' AND settled_minor < total_minor))
            AND ($4 IS NULL OR due_on <= $4)
            AND ($5 IS NULL OR due_on > $5 OR (due_on = $5 AND id > $6))
          ORDER BY due_on, id LIMIT $7",
        &[&wanted.supplier, &wanted.state, &open, &wanted.due_by, &last, &id, &wanted.limit],
        from_row,
    )?;
    for one in &mut found {
        one.lines = lines_of(tx, one.id)?;
    }
    Ok(found)
}

/// What of a supplier's document was open at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    pub legal_entity: LegalEntityId,
    pub supplier: SupplierId,
    pub currency: Currency,
    pub due_on: Day,
    /// In minor units; a credit note's is negative.
    pub open: i64,
}

/// Returns what was booked before an instant and not settled by then, by supplier and due day.
pub fn open_before(tx: &mut Tx<'_>, before: Instant) -> Result<Vec<Payable>, StoreError> {
    tx.query(
        "SELECT x.* FROM (
             SELECT i.id, i.legal_entity_id, i.supplier_id, i.currency, i.due_on,
                    CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END * (i.total_minor -
                        COALESCE((SELECT CAST(SUM(a.amount_minor) AS BIGINT)
                                    FROM supplier_application a
                                   WHERE a.supplier_invoice_id = i.id
                                     AND a.applied_at < $1), 0)) AS open_minor
               FROM supplier_invoice i
              WHERE i.state = 'posted' AND i.posted_at < $1) x
          WHERE x.open_minor <> 0
          ORDER BY x.supplier_id, x.due_on, x.id",
        &[&before],
        |row| {
            Ok(Payable {
                legal_entity: row.get("legal_entity_id")?,
                supplier: row.get("supplier_id")?,
                currency: row.get("currency")?,
                due_on: row.get("due_on")?,
                open: row.get("open_minor")?,
            })
        },
    )
}

fn from_row(row: &Row<'_>) -> Result<SupplierInvoice, StoreError> {
    Ok(SupplierInvoice {
        id: row.get("id")?,
        supplier: row.get("supplier_id")?,
        legal_entity: row.get("legal_entity_id")?,
        kind: row.get("kind")?,
        number: row.get("number")?,
        state: row.get("state")?,
        currency: row.get("currency")?,
        net: row.get("net_minor")?,
        charges: row.get("charges_minor")?,
        tax: row.get("tax_minor")?,
        total: row.get("total_minor")?,
        settled: row.get("settled_minor")?,
        booked: row.get("booked_minor")?,
        tax_code: row.get("tax_code")?,
        reasons: from_json(row, "reasons")?,
        entered_by: row.get("entered_by")?,
        approved_by: row.get("approved_by")?,
        invoiced_on: row.get("invoiced_on")?,
        due_on: row.get("due_on")?,
        entered_at: row.get("entered_at")?,
        posted_at: row.get("posted_at")?,
        version: row.get("version")?,
        lines: Vec::new(),
    })
}

fn line_from_row(row: &Row<'_>) -> Result<SupplierInvoiceLine, StoreError> {
    Ok(SupplierInvoiceLine {
        id: row.get("id")?,
        position: row.get("position")?,
        kind: row.get("kind")?,
        purchase_line: row.get("purchase_line_id")?,
        vendor_return_line: row.get("vendor_return_line_id")?,
        item: row.get("item_id")?,
        description: row.get("description")?,
        qty: row.get("qty")?,
        net: row.get("net_minor")?,
        booked: row.get("booked_minor")?,
        cleared: row.get("cleared_minor")?,
        spread: row.get("spread")?,
    })
}

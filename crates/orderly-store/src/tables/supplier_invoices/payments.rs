//! Payments to suppliers, and what of them and of credit notes settles which invoice.

use orderly_core::id::{
    LegalEntityId, SupplierApplicationId, SupplierId, SupplierInvoiceId, SupplierPaymentId,
};
use orderly_core::money::Currency;
use orderly_core::time::{Day, Instant};

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// Money that went to a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierPayment {
    pub id: SupplierPaymentId,
    pub number: String,
    pub supplier: SupplierId,
    pub legal_entity: LegalEntityId,
    pub currency: Currency,
    pub amount: i64,
    /// In the legal entity's currency, at the rate of the day.
    pub booked: i64,
    /// What the bank is told, such as `RE 4711, 4712`.
    pub reference: Option<String>,
    pub paid_on: Day,
    pub created_at: Instant,
    pub reversed_at: Option<Instant>,
}

/// An amount that settles a document; negative where that is taken back. Never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupplierApplication {
    pub id: SupplierApplicationId,
    pub invoice: SupplierInvoiceId,
    /// `payment`; `credit_note` on an invoice, `invoice` on the credit note that is used.
    pub source_kind: &'static str,
    pub source: [u8; 16],
    /// In the document's currency.
    pub amount: i64,
    /// What of the document's value in the books that is.
    pub booked: i64,
    pub applied_at: Instant,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("supplier_invoice_id", Kind::Bytes),
    Column::new("source_kind", Kind::Text),
    Column::new("source_id", Kind::Bytes),
    Column::new("amount_minor", Kind::Int),
    Column::new("booked_minor", Kind::Int),
    Column::new("applied_at", Kind::Int),
];

/// Settles a part of a posted document, or takes it back. Returns whether that much was open:
/// nothing is written where it was not.
pub fn apply(tx: &mut Tx<'_>, one: &SupplierApplication) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "UPDATE supplier_invoice SET settled_minor = settled_minor + $2, version = version + 1
          WHERE id = $1 AND state = 'posted' AND settled_minor + $2 >= 0
            AND settled_minor + $2 <= total_minor",
        &[&one.invoice, &one.amount],
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let row: Vec<Value> = vec![
        v(&one.id),
        v(&one.invoice),
        v(one.source_kind),
        v(&one.source),
        v(&one.amount),
        v(&one.booked),
        v(&one.applied_at),
    ];
    tx.insert_many("supplier_application", COLUMNS, &[row], "")?;
    Ok(true)
}

/// Returns what a payment or a credit note settled, by id.
pub fn applications_of(
    tx: &mut Tx<'_>,
    source: [u8; 16],
) -> Result<Vec<SupplierApplication>, StoreError> {
    let sql = "SELECT * FROM supplier_application WHERE source_id = $1 ORDER BY id";
    tx.query(sql, &[&source], |row| {
        let kind: String = row.get("source_kind")?;
        Ok(SupplierApplication {
            id: row.get("id")?,
            invoice: row.get("supplier_invoice_id")?,
            source_kind: match kind.as_str() {
                "payment" => "payment",
                "invoice" => "invoice",
                _ => "credit_note",
            },
            source: row.get("source_id")?,
            amount: row.get("amount_minor")?,
            booked: row.get("booked_minor")?,
            applied_at: row.get("applied_at")?,
        })
    })
}

/// Adds a payment.
pub fn insert_payment(tx: &mut Tx<'_>, one: &SupplierPayment) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO supplier_payment (id, number, supplier_id, legal_entity_id, currency,
             amount_minor, booked_minor, reference, paid_on, created_at, reversed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &one.id,
            &one.number,
            &one.supplier,
            &one.legal_entity,
            &one.currency,
            &one.amount,
            &one.booked,
            &one.reference,
            &one.paid_on,
            &one.created_at,
            &one.reversed_at,
        ],
    )?;
    Ok(())
}

/// Returns one payment.
pub fn payment(
    tx: &mut Tx<'_>,
    id: SupplierPaymentId,
) -> Result<Option<SupplierPayment>, StoreError> {
    tx.query_one("SELECT * FROM supplier_payment WHERE id = $1", &[&id], from_row)
}

/// Returns the id of the payment with this number.
pub fn payment_by_number(
    tx: &mut Tx<'_>,
    number: &str,
) -> Result<Option<SupplierPaymentId>, StoreError> {
    let sql = "SELECT id FROM supplier_payment WHERE number = $1";
    tx.query_one(sql, &[&number], |row| row.get("id"))
}

/// Returns payments paid from a day on, the oldest first: what a bank statement is compared with.
pub fn payments(
    tx: &mut Tx<'_>,
    supplier: Option<SupplierId>,
    from: Day,
    limit: u32,
) -> Result<Vec<SupplierPayment>, StoreError> {
    let sql = "SELECT * FROM supplier_payment
                WHERE paid_on >= $1 AND ($2 IS NULL OR supplier_id = $2)
                ORDER BY paid_on, id LIMIT $3";
    tx.query(sql, &[&from, &supplier, &limit], from_row)
}

/// Marks a payment as reversed; false where it was already.
pub fn reverse_payment(
    tx: &mut Tx<'_>,
    id: SupplierPaymentId,
    at: Instant,
) -> Result<bool, StoreError> {
    let sql = "UPDATE supplier_payment SET reversed_at = $2 WHERE id = $1 AND reversed_at IS NULL";
    Ok(tx.exec(sql, &[&id, &at])? == 1)
}

fn from_row(row: &Row<'_>) -> Result<SupplierPayment, StoreError> {
    Ok(SupplierPayment {
        id: row.get("id")?,
        number: row.get("number")?,
        supplier: row.get("supplier_id")?,
        legal_entity: row.get("legal_entity_id")?,
        currency: row.get("currency")?,
        amount: row.get("amount_minor")?,
        booked: row.get("booked_minor")?,
        reference: row.get("reference")?,
        paid_on: row.get("paid_on")?,
        created_at: row.get("created_at")?,
        reversed_at: row.get("reversed_at")?,
    })
}

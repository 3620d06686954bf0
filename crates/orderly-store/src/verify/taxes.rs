//! The taxes of documents, line by line, and what was posted of them.

use orderly_core::id::LegalEntityId;
use orderly_core::invoice::{InvoiceKind, TaxAmount};

use crate::codec::from_json;
use crate::{StoreError, Tx};

/// Calls `each` with the taxes of every line of a document in the currency of its legal entity.
/// An invoice that stands for a receipt has posted nothing and is left out.
pub fn taxed_lines(
    tx: &mut Tx<'_>,
    mut each: impl FnMut(LegalEntityId, InvoiceKind, Vec<TaxAmount>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "
        SELECT i.legal_entity_id, i.kind, l.taxes
          FROM invoice i JOIN legal_entity e ON e.id = i.legal_entity_id
          JOIN invoice_line l ON l.invoice_id = i.id
         WHERE i.currency = e.currency AND i.replaces_id IS NULL AND l.taxes <> '[]'";
    tx.for_each(sql, &[], |row| {
        each(row.get("legal_entity_id")?, row.get("kind")?, from_json(row, "taxes")?)
    })
}

/// Returns what the journals of those documents posted on the tax account, by legal entity and
/// code, in minor units: debits positive.
pub fn posted_taxes(tx: &mut Tx<'_>) -> Result<Vec<(LegalEntityId, String, i64)>, StoreError> {
    tx.query(
        "SELECT j.legal_entity_id, COALESCE(p.tax_code, '') AS code,
                CAST(SUM(p.amount_minor) AS BIGINT) AS amount
           FROM posting p JOIN journal j ON j.id = p.journal_id
           JOIN invoice i ON i.id = j.cause_id
           JOIN legal_entity e ON e.id = i.legal_entity_id
          WHERE p.account = 'tax' AND j.cause_kind = 'invoice' AND i.currency = e.currency
            AND j.kind IN ('invoice', 'receipt', 'credit_note')
          GROUP BY j.legal_entity_id, COALESCE(p.tax_code, '')",
        &[],
        |row| Ok((row.get("legal_entity_id")?, row.get("code")?, row.get("amount")?)),
    )
}

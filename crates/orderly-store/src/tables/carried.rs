//! What the books carry amounts in other currencies at: by document, and by account.

use orderly_core::books::Account;
use orderly_core::books::carried::Carried;
use orderly_core::id::LegalEntityId;
use orderly_core::money::Currency;
use orderly_core::time::Day;

use crate::{Row, StoreError, Tx};

const SUMS: &str = "
    SELECT CAST(COALESCE(SUM(foreign_minor), 0) AS BIGINT) AS of_currency,
           CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS carried
      FROM posting
     WHERE document_id = $1 AND account = $2 AND foreign_currency = $3";

fn from_row(row: &Row<'_>) -> Result<Carried, StoreError> {
    Ok(Carried { foreign: row.get("of_currency")?, own: row.get("carried")? })
}

/// Returns what a document comes to on an account, in its currency and in the books.
pub fn of_document(
    tx: &mut Tx<'_>,
    account: Account,
    document: [u8; 16],
    currency: Currency,
) -> Result<Carried, StoreError> {
    let found = tx.query_one(SUMS, &[&document, &account, &currency], from_row)?;
    Ok(found.unwrap_or_default())
}

/// Returns what the journals between a document and another one posted for the first, on an
/// account of it.
pub fn between(
    tx: &mut Tx<'_>,
    account: Account,
    (document, other): ([u8; 16], [u8; 16]),
    currency: Currency,
) -> Result<Carried, StoreError> {
    let sql = format!(
        "{SUMS} AND journal_id IN (SELECT journal_id FROM posting
                                    WHERE document_id = $4 AND foreign_currency = $3)"
    );
    let found = tx.query_one(&sql, &[&document, &account, &currency, &other], from_row)?;
    Ok(found.unwrap_or_default())
}

/// Returns what a legal entity's accounts hold in other currencies than its own at the end of a
/// day, by account and currency.
pub fn by_account(
    tx: &mut Tx<'_>,
    entity: LegalEntityId,
    until: Day,
) -> Result<Vec<(Account, Currency, Carried)>, StoreError> {
    tx.query(
        "SELECT p.account, p.foreign_currency,
                CAST(SUM(p.foreign_minor) AS BIGINT) AS of_currency,
                CAST(SUM(p.amount_minor) AS BIGINT) AS carried
           FROM posting p JOIN journal j ON j.id = p.journal_id
          WHERE p.foreign_currency IS NOT NULL AND p.foreign_currency <> j.currency
            AND j.legal_entity_id = $1 AND j.accounting_on <= $2
          GROUP BY p.account, p.foreign_currency
          ORDER BY p.account, p.foreign_currency",
        &[&entity, &until],
        |row| Ok((row.get("account")?, row.get("foreign_currency")?, from_row(row)?)),
    )
}

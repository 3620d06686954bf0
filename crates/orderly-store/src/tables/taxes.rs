//! Tax codes, the rules that choose among them, and exemptions.

use orderly_core::id::{AccountId, TaxRuleId};
use orderly_core::pricing::tax::{Exemption, TaxCode, TaxRule};
use orderly_core::time::Day;

use super::pricing::span_from_row;
use crate::{Row, StoreError, Tx, set};

/// Returns every tax code.
pub fn codes(tx: &mut Tx<'_>) -> Result<Vec<TaxCode>, StoreError> {
    tx.query("SELECT code, name, kind, note FROM tax_code ORDER BY code", &[], |row| {
        Ok(TaxCode {
            code: row.get("code")?,
            name: row.get("name")?,
            kind: row.get("kind")?,
            note: row.get("note")?,
        })
    })
}

/// Adds a tax code, or changes the name and note of the one there is. False where that one is of
/// another kind, which never changes: postings name it.
pub fn put_code(tx: &mut Tx<'_>, code: &TaxCode) -> Result<bool, StoreError> {
    let put = tx.exec(
        "INSERT INTO tax_code (code, name, kind, note) VALUES ($1, $2, $3, $4)
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, note = excluded.note
          WHERE tax_code.kind = excluded.kind",
        &[&code.code, &code.name, &code.kind, &code.note],
    )?;
    Ok(put == 1)
}

/// Returns every rule, by code and first day.
pub fn rules(tx: &mut Tx<'_>) -> Result<Vec<TaxRule>, StoreError> {
    tx.query(
        "SELECT * FROM tax_rule ORDER BY code, layer, COALESCE(valid_from, 0), id",
        &[],
        |row| {
            Ok(TaxRule {
                id: row.get("id")?,
                code: row.get("code")?,
                layer: row.get("layer")?,
                seller: row.get("seller_country")?,
                country: row.get("country")?,
                region: row.get("region")?,
                class: row.get("tax_class")?,
                buyer: row.get("buyer")?,
                rate: row.get("rate")?,
                valid: span_from_row(row)?,
            })
        },
    )
}

/// Adds a rule.
pub fn insert_rule(tx: &mut Tx<'_>, rule: &TaxRule) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO tax_rule (id, code, layer, seller_country, country, region, tax_class, buyer,
             rate, valid_from, valid_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            &rule.id,
            &rule.code,
            &rule.layer,
            &rule.seller,
            &rule.country,
            &rule.region,
            &rule.class,
            &rule.buyer,
            &rule.rate,
            &rule.valid.from,
            &rule.valid.until,
        ],
    )?;
    Ok(())
}

/// Sets the last day of a rule; false where there is none with the id.
pub fn end_rule(tx: &mut Tx<'_>, id: TaxRuleId, until: Day) -> Result<bool, StoreError> {
    let sql = "UPDATE tax_rule SET valid_until = $2 WHERE id = $1";
    Ok(tx.exec(sql, &[&id, &until])? == 1)
}

const EXEMPTION: &str = "SELECT * FROM tax_exemption";

/// Returns the exemptions of these accounts.
pub fn exemptions(tx: &mut Tx<'_>, accounts: &[AccountId]) -> Result<Vec<Exemption>, StoreError> {
    set::query_in(tx, EXEMPTION, "account_id", accounts, exemption_from_row)
}

/// Adds an exemption; one of the same account, code and certificate gives way to it.
pub fn put_exemption(tx: &mut Tx<'_>, exemption: &Exemption) -> Result<(), StoreError> {
    tx.exec(
        "DELETE FROM tax_exemption WHERE account_id = $1 AND code = $2 AND certificate = $3",
        &[&exemption.account, &exemption.code, &exemption.certificate],
    )?;
    tx.exec(
        "INSERT INTO tax_exemption (id, account_id, code, certificate, country, valid_from,
             valid_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            &exemption.id,
            &exemption.account,
            &exemption.code,
            &exemption.certificate,
            &exemption.country,
            &exemption.valid.from,
            &exemption.valid.until,
        ],
    )?;
    Ok(())
}

fn exemption_from_row(row: &Row<'_>) -> Result<Exemption, StoreError> {
    Ok(Exemption {
        id: row.get("id")?,
        account: row.get("account_id")?,
        code: row.get("code")?,
        certificate: row.get("certificate")?,
        country: row.get("country")?,
        valid: span_from_row(row)?,
    })
}

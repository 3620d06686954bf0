//! Rebates that were agreed, and what has accrued of them.

use orderly_core::id::*;
use orderly_core::invoice::TaxAmount;
use orderly_core::purchase::rebate::{AccrualKind, Rebate, Turnover};
use orderly_core::time::Instant;

use crate::codec::{from_json, json, v};
use crate::set::query_in;
use crate::{Column, Engine, Kind, Row, StoreError, Tx, Value};

/// What one line earned, another tier added or a settlement took; never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebateAccrual {
    pub id: RebateAccrualId,
    pub rebate: RebateId,
    /// Such as `2026-Q4`.
    pub period: String,
    pub legal_entity: LegalEntityId,
    pub kind: AccrualKind,
    /// The invoice line, or the document that settled it.
    pub source: [u8; 16],
    pub turnover: Turnover,
    /// In minor units of the rebate's currency; what was settled is negative.
    pub amount: i64,
    pub accrued_at: Instant,
}

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("rebate_id", Kind::Bytes),
    Column::new("period", Kind::Text),
    Column::new("legal_entity_id", Kind::Bytes),
    Column::new("kind", Kind::Text),
    Column::new("source_id", Kind::Bytes),
    Column::new("base_minor", Kind::Int),
    Column::new("qty", Kind::Int),
    Column::new("amount_minor", Kind::Int),
    Column::new("accrued_at", Kind::Int),
];

/// Adds a rebate; false where its code is taken.
pub fn insert(tx: &mut Tx<'_>, one: &Rebate) -> Result<bool, StoreError> {
    let Value::Text(tiers) = json(&one.tiers) else { return Ok(false) };
    let added = tx.exec(
        "INSERT INTO rebate (id, code, name, side, partner_id, currency, basis, item_id, span,
             tiers, starts_on, ends_on, active, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (code) DO NOTHING",
        &[
            &one.id,
            &one.code,
            &one.name,
            &one.side,
            &one.partner,
            &one.currency,
            &one.basis,
            &one.item,
            &one.span,
            &tiers,
            &one.starts_on,
            &one.ends_on,
            &i64::from(one.active),
            &one.version,
            &one.created_at,
        ],
    )?;
    Ok(added == 1)
}

/// Ends a rebate: what is bought from now on earns nothing. Returns whether it was active.
pub fn end(tx: &mut Tx<'_>, id: RebateId) -> Result<bool, StoreError> {
    let sql = "UPDATE rebate SET active = 0, version = version + 1 WHERE id = $1 AND active = 1";
    Ok(tx.exec(sql, &[&id])? == 1)
}

/// Returns a rebate. With `lock`, others that accrue to it wait (PostgreSQL).
pub fn get(tx: &mut Tx<'_>, id: RebateId, lock: bool) -> Result<Option<Rebate>, StoreError> {
    let sql = match (tx.engine(), lock) {
        (Engine::Postgres, true) => "SELECT * FROM rebate WHERE id = $1 FOR UPDATE",
        _ => "SELECT * FROM rebate WHERE id = $1",
    };
    tx.query_one(sql, &[&id], from_row)
}

/// Returns the rebate with this code.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Rebate>, StoreError> {
    tx.query_one("SELECT * FROM rebate WHERE code = $1", &[&code], from_row)
}

/// Returns the rebates of a supplier or an account, of all where none is named, by id: the order
/// in which they are locked.
pub fn list(tx: &mut Tx<'_>, partner: Option<[u8; 16]>) -> Result<Vec<Rebate>, StoreError> {
    let sql = "SELECT * FROM rebate WHERE ($1 IS NULL OR partner_id = $1) ORDER BY id";
    tx.query(sql, &[&partner], from_row)
}

/// Returns the rebates of any of these partners, by id.
pub fn of_partners(tx: &mut Tx<'_>, partners: &[[u8; 16]]) -> Result<Vec<Rebate>, StoreError> {
    let mut found = query_in(tx, "SELECT * FROM rebate", "partner_id", partners, from_row)?;
    found.sort_by_key(|one| one.id);
    Ok(found)
}

/// Returns the items of order lines that have one, in no order.
pub fn items_of(tx: &mut Tx<'_>, lines: &[LineId]) -> Result<Vec<(LineId, ItemId)>, StoreError> {
    let item = |row: &Row<'_>| Ok((row.get("id")?, row.get::<Option<ItemId>>("item_id")?));
    let found = query_in(tx, "SELECT id, item_id FROM order_line", "id", lines, item)?;
    Ok(found.into_iter().filter_map(|(line, item)| Some((line, item?))).collect())
}

/// Returns the periods in which invoice lines accrued to a rebate, in no order.
pub fn accrued_in(
    tx: &mut Tx<'_>,
    rebate: RebateId,
    lines: &[InvoiceLineId],
) -> Result<Vec<(InvoiceLineId, String)>, StoreError> {
    let sql = "SELECT source_id, period FROM rebate_accrual
        WHERE rebate_id = $1 AND kind = 'line' AND source_id = $2";
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        let period = tx.query_one(sql, &[&rebate, line], |row| row.get("period"))?;
        out.extend(period.map(|period| (*line, period)));
    }
    Ok(out)
}

/// Returns the taxes of each invoice line that accrued to a period of a customer's rebate, with its
/// turnover in minor units.
pub fn taxes_of(
    tx: &mut Tx<'_>,
    rebate: RebateId,
    period: &str,
) -> Result<Vec<(Vec<TaxAmount>, i64)>, StoreError> {
    tx.query(
        "SELECT l.taxes, a.base_minor FROM rebate_accrual a
           JOIN invoice_line l ON l.id = a.source_id
          WHERE a.rebate_id = $1 AND a.period = $2 AND a.kind = 'line'
          ORDER BY a.accrued_at, a.id",
        &[&rebate, &period],
        |row| Ok((from_json(row, "taxes")?, row.get("base_minor")?)),
    )
}

/// Adds accruals.
pub fn insert_accruals(tx: &mut Tx<'_>, all: &[RebateAccrual]) -> Result<(), StoreError> {
    let row = |one: &RebateAccrual| -> Vec<Value> {
        vec![
            v(&one.id),
            v(&one.rebate),
            v(&one.period),
            v(&one.legal_entity),
            v(&one.kind),
            v(&one.source),
            v(&one.turnover.base),
            v(&one.turnover.qty),
            v(&one.amount),
            v(&one.accrued_at),
        ]
    };
    let rows: Vec<Vec<Value>> = all.iter().map(row).collect();
    tx.insert_many("rebate_accrual", COLUMNS, &rows, "")?;
    Ok(())
}

/// What a period of a rebate adds up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebatePeriod {
    pub rebate: RebateId,
    pub period: String,
    pub turnover: Turnover,
    pub accrued: i64,
    /// What of it was given, as a positive amount.
    pub settled: i64,
}

const PERIODS: &str = "
    SELECT rebate_id, period, CAST(SUM(base_minor) AS BIGINT) AS base,
           CAST(SUM(qty) AS BIGINT) AS qty,
           CAST(SUM(CASE WHEN kind = 'settled' THEN 0 ELSE amount_minor END) AS BIGINT)
               AS accrued,
           CAST(SUM(CASE WHEN kind = 'settled' THEN -amount_minor ELSE 0 END) AS BIGINT)
               AS settled
      FROM rebate_accrual";

/// Returns the periods of a rebate, of all where none is named, in their order.
pub fn periods(tx: &mut Tx<'_>, rebate: Option<RebateId>) -> Result<Vec<RebatePeriod>, StoreError> {
    let sql = format!(
        "{PERIODS} WHERE ($1 IS NULL OR rebate_id = $1)
          GROUP BY rebate_id, period ORDER BY rebate_id, period"
    );
    tx.query(&sql, &[&rebate], period_from_row)
}

/// Returns one period of a rebate.
pub fn period(
    tx: &mut Tx<'_>,
    rebate: RebateId,
    period: &str,
) -> Result<Option<RebatePeriod>, StoreError> {
    let sql = format!("{PERIODS} WHERE rebate_id = $1 AND period = $2 GROUP BY rebate_id, period");
    tx.query_one(&sql, &[&rebate, &period], period_from_row)
}

fn period_from_row(row: &Row<'_>) -> Result<RebatePeriod, StoreError> {
    Ok(RebatePeriod {
        rebate: row.get("rebate_id")?,
        period: row.get("period")?,
        turnover: Turnover { base: row.get("base")?, qty: row.get("qty")? },
        accrued: row.get("accrued")?,
        settled: row.get("settled")?,
    })
}

fn from_row(row: &Row<'_>) -> Result<Rebate, StoreError> {
    Ok(Rebate {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        side: row.get("side")?,
        partner: row.get("partner_id")?,
        currency: row.get("currency")?,
        basis: row.get("basis")?,
        item: row.get("item_id")?,
        span: row.get("span")?,
        tiers: from_json(row, "tiers")?,
        starts_on: row.get("starts_on")?,
        ends_on: row.get("ends_on")?,
        active: row.get::<i64>("active")? == 1,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

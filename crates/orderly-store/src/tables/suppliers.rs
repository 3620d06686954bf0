//! Suppliers, and what each of them sells of an item.

use orderly_core::id::{ItemId, SupplierId};
use orderly_core::party::Supplier;
use orderly_core::purchase::supplier::{SupplierItem, SupplierTerms};
use orderly_core::qty::Ratio;

use super::{active, state};
use crate::{Row, StoreError, Tx};

const SELECT: &str = "SELECT id, code, name, party_id, currency, lead_time_days, terms_days,
    over_ppm, under_ppm, price_ppm, variance, deposit_ppm, state, version FROM supplier";

/// Adds the supplier; false where its code is taken.
pub fn insert(tx: &mut Tx<'_>, supplier: &Supplier) -> Result<bool, StoreError> {
    let terms = &supplier.terms;
    let added = tx.exec(
        "INSERT INTO supplier (id, code, name, party_id, currency, lead_time_days, terms_days,
             over_ppm, under_ppm, price_ppm, variance, deposit_ppm, state, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (code) DO NOTHING",
        &[
            &supplier.id,
            &supplier.code,
            &supplier.name,
            &supplier.party,
            &supplier.currency,
            &supplier.lead_time_days,
            &terms.terms_days,
            &terms.over_ppm,
            &terms.under_ppm,
            &terms.price_ppm,
            &terms.variance,
            &terms.deposit_ppm,
            &state(supplier.active),
            &supplier.version,
        ],
    )?;
    Ok(added == 1)
}

/// Writes everything but code and currency if the supplier is still at the version of `before`.
/// Returns whether it was.
pub fn save(tx: &mut Tx<'_>, before: &Supplier, after: &Supplier) -> Result<bool, StoreError> {
    let terms = &after.terms;
    let saved = tx.exec(
        "UPDATE supplier SET name = $3, party_id = $4, lead_time_days = $5, terms_days = $6,
             over_ppm = $7, under_ppm = $8, price_ppm = $9, variance = $10, deposit_ppm = $11,
             state = $12, version = $13
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.party,
            &after.lead_time_days,
            &terms.terms_days,
            &terms.over_ppm,
            &terms.under_ppm,
            &terms.price_ppm,
            &terms.variance,
            &terms.deposit_ppm,
            &state(after.active),
            &after.version,
        ],
    )?;
    Ok(saved == 1)
}

pub fn get(tx: &mut Tx<'_>, id: SupplierId) -> Result<Option<Supplier>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE id = $1"), &[&id], supplier_from_row)
}

pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Supplier>, StoreError> {
    tx.query_one(&format!("{SELECT} WHERE code = $1"), &[&code], supplier_from_row)
}

/// Returns at most `limit` suppliers by code, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Supplier>, StoreError> {
    let sql = format!("{SELECT} WHERE code > $1 ORDER BY code LIMIT $2");
    tx.query(&sql, &[&after, &limit], supplier_from_row)
}

/// Adds what a supplier sells of an item, or writes it anew.
pub fn set_item(tx: &mut Tx<'_>, item: &SupplierItem) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO supplier_item (supplier_id, item_id, sku, pack_qty, pack_gtin, minimum_qty,
             cost, cost_unit, cost_num, cost_den, lead_time_days, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (supplier_id, item_id) DO UPDATE SET sku = excluded.sku,
             pack_qty = excluded.pack_qty, pack_gtin = excluded.pack_gtin,
             minimum_qty = excluded.minimum_qty, cost = excluded.cost,
             cost_unit = excluded.cost_unit, cost_num = excluded.cost_num,
             cost_den = excluded.cost_den, lead_time_days = excluded.lead_time_days,
             version = excluded.version",
        &[
            &item.supplier,
            &item.item,
            &item.sku,
            &item.pack,
            &item.pack_gtin,
            &item.minimum,
            &item.cost,
            &item.cost_unit,
            &item.cost_ratio.num,
            &item.cost_ratio.den,
            &item.lead_time_days,
            &item.version,
        ],
    )?;
    Ok(())
}

/// Returns what a supplier sells of an item.
pub fn item(
    tx: &mut Tx<'_>,
    supplier: SupplierId,
    item: ItemId,
) -> Result<Option<SupplierItem>, StoreError> {
    let sql = "SELECT * FROM supplier_item WHERE supplier_id = $1 AND item_id = $2";
    tx.query_one(sql, &[&supplier, &item], item_from_row)
}

/// Returns everything a supplier sells, by item.
pub fn items(tx: &mut Tx<'_>, supplier: SupplierId) -> Result<Vec<SupplierItem>, StoreError> {
    let sql = "SELECT * FROM supplier_item WHERE supplier_id = $1 ORDER BY item_id";
    tx.query(sql, &[&supplier], item_from_row)
}

fn item_from_row(row: &Row<'_>) -> Result<SupplierItem, StoreError> {
    Ok(SupplierItem {
        supplier: row.get("supplier_id")?,
        item: row.get("item_id")?,
        sku: row.get("sku")?,
        pack: row.get("pack_qty")?,
        pack_gtin: row.get("pack_gtin")?,
        minimum: row.get("minimum_qty")?,
        cost: row.get("cost")?,
        cost_unit: row.get("cost_unit")?,
        cost_ratio: Ratio { num: row.get("cost_num")?, den: row.get("cost_den")? },
        lead_time_days: row.get("lead_time_days")?,
        version: row.get("version")?,
    })
}

fn supplier_from_row(row: &Row<'_>) -> Result<Supplier, StoreError> {
    Ok(Supplier {
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        party: row.get("party_id")?,
        currency: row.get("currency")?,
        lead_time_days: row.get("lead_time_days")?,
        terms: SupplierTerms {
            terms_days: row.get("terms_days")?,
            over_ppm: row.get("over_ppm")?,
            under_ppm: row.get("under_ppm")?,
            price_ppm: row.get("price_ppm")?,
            variance: row.get("variance")?,
            deposit_ppm: row.get("deposit_ppm")?,
        },
        active: active(row)?,
        version: row.get("version")?,
    })
}

//! Items with their units and kit components.

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::catalog::Catalog;
use orderly_core::id::ItemId;
use orderly_core::item::{Component, Item, ItemUnit};
use orderly_core::qty::Ratio;
use orderly_core::time::Instant;

use super::{active, state};
use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value, set};

const SELECT: &str = "SELECT id, sku, name, goods, base_unit, tracking, sale_unit, price,
    price_unit, price_num, price_den, price_currency, cost, gtin, weight_g, length_mm, width_mm,
    height_mm, hs_code, origin_country, over_ppm, under_ppm, min_offcut, kerf, backorder_limit,
    refurbish_item_id, kit, state, version FROM item";
const UNIT: &str = "SELECT item_id, code, num, den, whole, gtin FROM item_unit";
const COMPONENT: &str = "SELECT kit_id, component_id, qty, position FROM kit_component";

const COLUMNS: &[Column] = &[
    Column::new("id", Kind::Bytes),
    Column::new("sku", Kind::Text),
    Column::new("name", Kind::Text),
    Column::new("goods", Kind::Text),
    Column::new("base_unit", Kind::Text),
    Column::new("tracking", Kind::Text),
    Column::new("sale_unit", Kind::Text),
    Column::new("price", Kind::Text),
    Column::new("price_unit", Kind::Text),
    Column::new("price_num", Kind::Int),
    Column::new("price_den", Kind::Int),
    Column::new("price_currency", Kind::Text),
    Column::new("cost", Kind::Text),
    Column::new("gtin", Kind::Text),
    Column::new("weight_g", Kind::Int),
    Column::new("length_mm", Kind::Int),
    Column::new("width_mm", Kind::Int),
    Column::new("height_mm", Kind::Int),
    Column::new("hs_code", Kind::Text),
    Column::new("origin_country", Kind::Text),
    Column::new("over_ppm", Kind::Int),
    Column::new("under_ppm", Kind::Int),
    Column::new("min_offcut", Kind::Int),
    Column::new("kerf", Kind::Int),
    Column::new("backorder_limit", Kind::Int),
    Column::new("refurbish_item_id", Kind::Bytes),
    Column::new("kit", Kind::Int),
    Column::new("state", Kind::Text),
    Column::new("version", Kind::Int),
    Column::new("created_at", Kind::Int),
];

const UNIT_COLUMNS: &[Column] = &[
    Column::new("item_id", Kind::Bytes),
    Column::new("code", Kind::Text),
    Column::new("num", Kind::Int),
    Column::new("den", Kind::Int),
    Column::new("whole", Kind::Int),
    Column::new("gtin", Kind::Text),
];

const COMPONENT_COLUMNS: &[Column] = &[
    Column::new("kit_id", Kind::Bytes),
    Column::new("component_id", Kind::Bytes),
    Column::new("qty", Kind::Int),
    Column::new("position", Kind::Int),
];

/// Adds items with their units and components. Returns how many had a free SKU: where it is fewer
/// than were given, the caller undoes its transaction.
pub fn insert_many(tx: &mut Tx<'_>, items: &[Item], now: Instant) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = items.iter().map(|item| values(item, now)).collect();
    let added = tx.insert_many("item", COLUMNS, &rows, "ON CONFLICT (sku) DO NOTHING")?;
    if added == rows.len() as u64 {
        items.iter().try_for_each(|item| insert_parts(tx, item))?;
    }
    Ok(added)
}

fn insert_parts(tx: &mut Tx<'_>, item: &Item) -> Result<(), StoreError> {
    let units: Vec<Vec<Value>> = item
        .units
        .iter()
        .map(|unit| {
            let Ratio { num, den } = unit.ratio;
            vec![v(&item.id), v(&unit.code), v(&num), v(&den), v(&unit.whole), v(&unit.gtin)]
        })
        .collect();
    tx.insert_many("item_unit", UNIT_COLUMNS, &units, "")?;
    let components: Vec<Vec<Value>> = (1_i64..)
        .zip(&item.components)
        .map(|(position, part)| vec![v(&item.id), v(&part.item), v(&part.qty), v(&position)])
        .collect();
    tx.insert_many("kit_component", COMPONENT_COLUMNS, &components, "")?;
    Ok(())
}

/// Saves the item with its units and components unless somebody else did since; says whether it
/// was saved. The SKU, the goods kind, the base unit and the tracking never change.
pub fn save(tx: &mut Tx<'_>, before: &Item, after: &Item) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE item SET name = $3, sale_unit = $4, price = $5, price_unit = $6, price_num = $7,
            price_den = $8, price_currency = $9, cost = $10, gtin = $11, weight_g = $12,
            length_mm = $13, width_mm = $14, height_mm = $15, hs_code = $16, origin_country = $17,
            over_ppm = $18, under_ppm = $19, min_offcut = $20, kerf = $21, backorder_limit = $22,
            refurbish_item_id = $23, kit = $24, state = $25, version = $26
          WHERE id = $1 AND version = $2",
        &[
            &before.id,
            &before.version,
            &after.name,
            &after.sale_unit,
            &after.price,
            &after.price_unit,
            &after.price_ratio.num,
            &after.price_ratio.den,
            &after.price_currency,
            &after.cost,
            &after.gtin,
            &after.weight_g,
            &after.dimensions_mm.map(|sides| sides[0]),
            &after.dimensions_mm.map(|sides| sides[1]),
            &after.dimensions_mm.map(|sides| sides[2]),
            &after.hs_code,
            &after.origin_country,
            &after.over_ppm,
            &after.under_ppm,
            &after.min_offcut,
            &after.kerf,
            &after.backorder_limit,
            &after.refurbish_item,
            &after.is_kit(),
            &state(after.active),
            &after.version,
        ],
    )?;
    let parts_differ = before.units != after.units || before.components != after.components;
    if saved == 1 && parts_differ {
        tx.exec("DELETE FROM item_unit WHERE item_id = $1", &[&before.id])?;
        tx.exec("DELETE FROM kit_component WHERE kit_id = $1", &[&before.id])?;
        insert_parts(tx, after)?;
    }
    Ok(saved == 1)
}

/// Returns the items with these SKUs and, where they are kits, their components, however deep:
/// one statement per table and depth on PostgreSQL, prepared look-ups on SQLite. Unknown SKUs are
/// not in the answer.
pub fn load(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Catalog, StoreError> {
    let items = set::query_in(tx, SELECT, "sku", skus, head_from_row)?;
    with_parts(tx, items)
}

/// Like [`load`], by id.
pub fn load_ids(tx: &mut Tx<'_>, ids: &[ItemId]) -> Result<Catalog, StoreError> {
    let items = set::query_in(tx, SELECT, "id", ids, head_from_row)?;
    with_parts(tx, items)
}

pub fn get(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Arc<Item>>, StoreError> {
    Ok(load_ids(tx, &[id])?.get(id).cloned())
}

pub fn by_sku(tx: &mut Tx<'_>, sku: &str) -> Result<Option<Arc<Item>>, StoreError> {
    Ok(load(tx, &[sku])?.by_sku(sku).cloned())
}

/// Returns the items that a scanned GTIN stands for, by SKU: the items' own and their units'.
pub fn by_gtin(tx: &mut Tx<'_>, gtin: &str) -> Result<Vec<Arc<Item>>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE gtin = $1 OR id IN (SELECT item_id FROM item_unit WHERE gtin = $1)
         ORDER BY sku LIMIT 100"
    );
    let heads = tx.query(&sql, &[&gtin], head_from_row)?;
    in_order(tx, heads)
}

/// Returns at most `limit` items by SKU, after the one given.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<Arc<Item>>, StoreError> {
    let sql = format!("{SELECT} WHERE sku > $1 ORDER BY sku LIMIT $2");
    let heads = tx.query(&sql, &[&after, &limit], head_from_row)?;
    in_order(tx, heads)
}

/// Returns up to `limit` active items of which the SKU or the name contains every word, whatever
/// its case, by SKU. `words` are at most three; they are taken as they are, without wildcards.
pub fn search(tx: &mut Tx<'_>, words: &[&str], limit: i64) -> Result<Vec<Arc<Item>>, StoreError> {
    let mut likes: Vec<String> = words.iter().take(3).map(|word| super::containing(word)).collect();
    likes.resize(3, "%".to_owned());
    let sql = format!(
        "{SELECT} WHERE state = $5
            AND lower(sku || ' ' || name) LIKE $1 ESCAPE '\\'
            AND lower(sku || ' ' || name) LIKE $2 ESCAPE '\\'
            AND lower(sku || ' ' || name) LIKE $3 ESCAPE '\\'
          ORDER BY sku LIMIT $4"
    );
    let heads =
        tx.query(&sql, &[&likes[0], &likes[1], &likes[2], &limit, &state(true)], head_from_row)?;
    in_order(tx, heads)
}

fn in_order(tx: &mut Tx<'_>, heads: Vec<Head>) -> Result<Vec<Arc<Item>>, StoreError> {
    let ids: Vec<ItemId> = heads.iter().map(|head| head.item.id).collect();
    let catalog = with_parts(tx, heads)?;
    Ok(ids.iter().filter_map(|id| catalog.get(*id).cloned()).collect())
}

/// An item without its units and components yet.
struct Head {
    item: Item,
    kit: bool,
}

fn with_parts(tx: &mut Tx<'_>, heads: Vec<Head>) -> Result<Catalog, StoreError> {
    let mut catalog = Catalog::default();
    let mut heads = heads;
    while !heads.is_empty() {
        let ids: Vec<ItemId> = heads.iter().map(|head| head.item.id).collect();
        let kits: Vec<ItemId> =
            heads.iter().filter(|head| head.kit).map(|head| head.item.id).collect();
        let mut items: HashMap<ItemId, Item> =
            heads.into_iter().map(|head| (head.item.id, head.item)).collect();
        for (id, unit) in set::query_in(tx, UNIT, "item_id", &ids, unit_from_row)? {
            items.entry(id).and_modify(|item| item.units.push(unit));
        }
        let mut parts = set::query_in(tx, COMPONENT, "kit_id", &kits, component_from_row)?;
        parts.sort_by_key(|(kit, position, _)| (*kit, *position));
        for (kit, _, component) in &parts {
            items.entry(*kit).and_modify(|item| item.components.push(*component));
        }
        for mut item in items.into_values() {
            item.units.sort_by(|one, other| one.code.cmp(&other.code));
            catalog.add(Arc::new(item));
        }
        let missing: Vec<ItemId> = parts
            .iter()
            .map(|(_, _, component)| component.item)
            .filter(|id| catalog.get(*id).is_none())
            .collect();
        heads = set::query_in(tx, SELECT, "id", &missing, head_from_row)?;
    }
    Ok(catalog)
}

fn values(item: &Item, now: Instant) -> Vec<Value> {
    let side = |index: usize| item.dimensions_mm.map(|sides| sides[index]);
    vec![
        v(&item.id),
        v(&item.sku),
        v(&item.name),
        v(&item.goods),
        v(&item.base_unit),
        v(&item.tracking),
        v(&item.sale_unit),
        v(&item.price),
        v(&item.price_unit),
        v(&item.price_ratio.num),
        v(&item.price_ratio.den),
        v(&item.price_currency),
        v(&item.cost),
        v(&item.gtin),
        v(&item.weight_g),
        v(&side(0)),
        v(&side(1)),
        v(&side(2)),
        v(&item.hs_code),
        v(&item.origin_country),
        v(&item.over_ppm),
        v(&item.under_ppm),
        v(&item.min_offcut),
        v(&item.kerf),
        v(&item.backorder_limit),
        v(&item.refurbish_item),
        v(&item.is_kit()),
        v(state(item.active)),
        v(&item.version),
        v(&now),
    ]
}

fn head_from_row(row: &Row<'_>) -> Result<Head, StoreError> {
    let length: Option<i64> = row.get("length_mm")?;
    let width: Option<i64> = row.get("width_mm")?;
    let height: Option<i64> = row.get("height_mm")?;
    let dimensions_mm = match (length, width, height) {
        (Some(length), Some(width), Some(height)) => Some([length, width, height]),
        _ => None,
    };
    let item = Item {
        id: row.get("id")?,
        sku: row.get("sku")?,
        name: row.get("name")?,
        goods: row.get("goods")?,
        base_unit: row.get("base_unit")?,
        tracking: row.get("tracking")?,
        units: Vec::new(),
        sale_unit: row.get("sale_unit")?,
        price: row.get("price")?,
        price_unit: row.get("price_unit")?,
        price_ratio: Ratio { num: row.get("price_num")?, den: row.get("price_den")? },
        price_currency: row.get("price_currency")?,
        cost: row.get("cost")?,
        gtin: row.get("gtin")?,
        weight_g: row.get("weight_g")?,
        dimensions_mm,
        hs_code: row.get("hs_code")?,
        origin_country: row.get("origin_country")?,
        over_ppm: row.get("over_ppm")?,
        under_ppm: row.get("under_ppm")?,
        min_offcut: row.get("min_offcut")?,
        kerf: row.get("kerf")?,
        backorder_limit: row.get("backorder_limit")?,
        refurbish_item: row.get("refurbish_item_id")?,
        components: Vec::new(),
        active: active(row)?,
        version: row.get("version")?,
    };
    Ok(Head { item, kit: row.get("kit")? })
}

fn unit_from_row(row: &Row<'_>) -> Result<(ItemId, ItemUnit), StoreError> {
    let unit = ItemUnit {
        code: row.get("code")?,
        ratio: Ratio { num: row.get("num")?, den: row.get("den")? },
        whole: row.get("whole")?,
        gtin: row.get("gtin")?,
    };
    Ok((row.get("item_id")?, unit))
}

fn component_from_row(row: &Row<'_>) -> Result<(ItemId, i64, Component), StoreError> {
    let component = Component { item: row.get("component_id")?, qty: row.get("qty")? };
    Ok((row.get("kit_id")?, row.get("position")?, component))
}

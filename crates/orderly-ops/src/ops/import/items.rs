//! Items from a file: new ones are added, known ones are brought to what the file says.

use std::path::PathBuf;

use orderly_core::id::IdSource;
use orderly_core::item::new::{NewComponent, NewItem, NewUnit};
use orderly_core::item::{Goods, Item, Tracking};
use orderly_core::money::Currency;
use orderly_core::qty::BaseUnit;
use orderly_store::Tx;
use orderly_store::tables::catalog;

use super::map::Map;
use super::plain::{Fields, Kind, Taken, each_row};
use super::{Progress, Report};
use crate::{App, Call, Error};

const ITEMS: Kind = Kind {
    name: "items",
    verb: "import.items",
    required: &["sku", "name"],
    numbers: &[
        "price",
        "cost",
        "weight_g",
        "length_mm",
        "width_mm",
        "height_mm",
        "over_ppm",
        "under_ppm",
        "min_offcut",
        "kerf",
        "backorder_limit",
    ],
};

/// Imports items: a new SKU is added, a known one gets a new version where the file says something
/// else. A kit comes after its components.
///
/// # Errors
/// Those of [`orders`](super::orders).
pub fn items(
    app: &App,
    call: &Call,
    files: &[PathBuf],
    map: &Map,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Error> {
    each_row(app, call, &ITEMS, (files, map), progress, 1, |tx, merchant, row, ids| {
        take(tx, call, row, merchant.currency, ids)
    })
}

/// Adds or updates the item of one row; the inner error is why it is not taken.
fn take(
    tx: &mut Tx<'_>,
    call: &Call,
    row: &Fields,
    currency: Currency,
    ids: &mut IdSource,
) -> Result<Taken, Error> {
    let new = match new_item(row) {
        Ok(new) => new,
        Err(reason) => return Ok(Err(reason)),
    };
    let own = [new.sku.trim()];
    let parts = new.components.iter().map(|part| part.sku.trim());
    let others = parts.chain(new.refurbish_sku.as_deref());
    let skus: Vec<&str> = own.into_iter().chain(others).collect();
    let known = catalog::load(tx, &skus)?;
    let before = known.by_sku(new.sku.trim()).cloned();
    let id = before.as_ref().map_or_else(|| ids.draw(), |item| item.id);
    let item = match new.check(id, &known, currency) {
        Ok(item) => item,
        Err(refusal) => return Ok(Err(refusal.to_string())),
    };
    let Some(before) = before else {
        if catalog::insert_many(tx, &[item], call.now)? == 0 {
            return Err(Error::Again);
        }
        return Ok(Ok(()));
    };
    let after = Item { active: before.active, version: before.version, ..item };
    if after == *before {
        return Ok(Ok(()));
    }
    let fixed = |item: &Item| (item.goods, item.base_unit, item.tracking);
    if fixed(&after) != fixed(&before) {
        return Ok(Err("an item's goods kind, base unit and tracking never change".into()));
    }
    let after = Item { version: before.version + 1, ..after };
    if !catalog::save(tx, &before, &after)? {
        return Err(Error::Again);
    }
    Ok(Ok(()))
}

fn new_item(row: &Fields) -> Result<NewItem, String> {
    let plain = NewItem::default();
    let sides = [row.whole("length_mm")?, row.whole("width_mm")?, row.whole("height_mm")?];
    let dimensions_mm = match sides {
        [Some(length), Some(width), Some(height)] => Some([length, width, height]),
        [None, None, None] => None,
        _ => return Err("length, width and height are stated together".into()),
    };
    let components = row.text("components").map_or(Ok(vec![]), |text| components(&text))?;
    Ok(NewItem {
        sku: row.text("sku").unwrap_or_default(),
        name: row.text("name").unwrap_or_default(),
        goods: code(row, "goods", plain.goods, Goods::parse)?,
        base_unit: code(row, "base_unit", plain.base_unit, BaseUnit::parse)?,
        tracking: code(row, "tracking", plain.tracking, Tracking::parse)?,
        units: row.text("units").map_or(Ok(vec![]), |text| units(&text))?,
        sale_unit: row.text("sale_unit"),
        price: row.number("price")?,
        price_unit: row.text("price_unit"),
        price_currency: row.text("price_currency"),
        cost: row.number("cost")?,
        gtin: row.text("gtin"),
        weight_g: row.whole("weight_g")?,
        dimensions_mm,
        hs_code: row.text("hs_code"),
        origin_country: row.text("origin_country"),
        over_ppm: row.whole("over_ppm")?.unwrap_or(0),
        under_ppm: row.whole("under_ppm")?.unwrap_or(0),
        min_offcut: row.whole("min_offcut")?.unwrap_or(0),
        kerf: row.whole("kerf")?.unwrap_or(0),
        backorder_limit: row.whole("backorder_limit")?,
        refurbish_sku: row.text("refurbish_sku"),
        kit: !components.is_empty(),
        components,
    })
}

fn code<T>(
    row: &Fields,
    field: &str,
    plain: T,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let Some(text) = row.text(field) else { return Ok(plain) };
    parse(&text).ok_or_else(|| format!("{field}: `{text}` is not known"))
}

/// Reads `box=12!; tile=7/2`.
fn units(text: &str) -> Result<Vec<NewUnit>, String> {
    let unit = |part: &str| {
        let wrong = || format!("units: `{part}` is not written as `box=12` or `box=12!`");
        let (code, ratio) = part.split_once('=').ok_or_else(wrong)?;
        let (ratio, whole) = ratio.strip_suffix('!').map_or((ratio, false), |rest| (rest, true));
        let (num, den) = ratio.split_once('/').unwrap_or((ratio, "1"));
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
        let code = code.trim().to_owned();
        Ok(NewUnit { code, num: number(num)?, den: number(den)?, whole, gtin: None })
    };
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(unit).collect()
}

/// Reads `BOLT:4; NUT:4`; quantities are in each component's sale unit.
fn components(text: &str) -> Result<Vec<NewComponent>, String> {
    let component = |part: &str| {
        let (sku, quantity) = part
            .rsplit_once(':')
            .ok_or_else(|| format!("components: `{part}` is not written as `BOLT:4`"))?;
        let (sku, quantity) = (sku.trim().to_owned(), quantity.trim().to_owned());
        Ok(NewComponent { sku, quantity, unit: None })
    };
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(component).collect()
}

//! From the request's words to items, lots, bins and base quantities.

use std::sync::Arc;

use orderly_core::catalog::Location;
use orderly_core::id::*;
use orderly_core::item::{Goods, Item, Tracking, qty_refusal};
use orderly_core::qty::{Entered, MAX_QTY, Qty, Ratio};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::stock::Spot;
use orderly_core::text;
use orderly_core::time::{Day, Instant};
use orderly_core::units::{Condition, LevelKey, Lot, LotKind};
use orderly_store::Tx;
use orderly_store::tables::{catalog, locations, units};

use crate::{Call, Error};

/// Goods as a person names them.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ops) struct Named<'a> {
    pub sku: &'a str,
    pub quantity: &'a str,
    pub unit: Option<&'a str>,
    pub length: Option<&'a str>,
    pub lot: Option<&'a str>,
    pub bin: Option<&'a str>,
    pub condition: Option<&'a str>,
}

/// The same goods as the books know them.
#[derive(Debug, Clone)]
pub(in crate::ops) struct Known {
    pub item: Arc<Item>,
    /// In base units.
    pub qty: Qty,
    /// The unit of the quantity; of one piece for lengths.
    pub ratio: Ratio,
    pub length: Option<Qty>,
    pub bin: BinId,
    pub condition: Condition,
}

/// The lot class of an item's goods in a lot.
pub(in crate::ops) fn class_of(item: &Item, lot: LotId) -> LotId {
    if item.goods == Goods::Lengths { lot } else { LotId::NONE }
}

/// The key of the level a spot's goods count in.
pub(in crate::ops) fn key_of(item: &Item, location: LocationId, lot: LotId) -> LevelKey {
    LevelKey { item: item.id, location, lot_class: class_of(item, lot) }
}

impl Known {
    pub fn spot(&self, lot: LotId) -> Spot {
        Spot { item: self.item.id, lot, bin: self.bin, condition: self.condition }
    }
}

/// Returns the item with this SKU whose goods are stocked.
///
/// # Errors
/// `unknown_item`, also for kits and services: they are never in stock.
pub(super) fn item(tx: &mut Tx<'_>, sku: &str) -> Result<Arc<Item>, Error> {
    let shown: String = sku.chars().take(60).collect();
    let wrong = |detail: String| Refusal::at(Code::UnknownItem, "/sku", detail);
    let found = catalog::by_sku(tx, sku.trim())?;
    let found = found.ok_or_else(|| wrong(format!("there is no item `{shown}`")))?;
    ensure(found.is_stocked(), || wrong(format!("{shown} is not a stocked item")))?;
    Ok(found)
}

/// Reads item, quantity, bin and condition; the lot is read apart.
///
/// # Errors
/// `unknown_item`, `unknown_bin`, `quantity_…`, `unknown_unit`, `unit_mismatch`,
/// `cut_length_required` for lengths, `invalid_field`.
pub(in crate::ops) fn known(
    tx: &mut Tx<'_>,
    location: &Location,
    named: &Named<'_>,
) -> Result<Known, Error> {
    let item = item(tx, named.sku)?;
    let (qty, ratio, length) = quantity(&item, named)?;
    let condition = match named.condition {
        None => Condition::Sellable,
        Some(code) => Condition::parse(code).ok_or_else(|| {
            let all: Vec<&str> = Condition::ALL.iter().map(|one| one.code()).collect();
            let detail = format!("`{}` is no condition", code.chars().take(40).collect::<String>());
            Refusal::at(Code::InvalidField, "/condition", detail).allowed(all.join(", "))
        })?,
    };
    let bin = bin(tx, location, named.bin)?;
    Ok(Known { item, qty, ratio, length, bin, condition })
}

/// Returns the location's bin with this code; its storage bin where none is named.
pub(super) fn bin(
    tx: &mut Tx<'_>,
    location: &Location,
    code: Option<&str>,
) -> Result<BinId, Error> {
    let Some(code) = code else { return Ok(location.storage_bin) };
    let shown: String = code.chars().take(60).collect();
    let found = locations::bin_by_code(tx, location.id, code.trim())?;
    let found = found.ok_or_else(|| {
        let detail = format!("{} has no bin `{shown}`", location.code);
        Refusal::at(Code::UnknownBin, "/bin", detail)
    })?;
    Ok(found.id)
}

type Quantity = (Qty, Ratio, Option<Qty>);

fn quantity(item: &Item, named: &Named<'_>) -> Result<Quantity, Refusal> {
    if item.goods == Goods::Lengths {
        return pieces(item, named);
    }
    let unit = named.unit.unwrap_or(&item.sale_unit);
    let ratio = item.ratio(unit).map_err(|refusal| refusal.under("/unit"))?;
    let qty = base(named.quantity, ratio, unit)?;
    Ok((qty, ratio, None))
}

/// Pieces of one length: `7` of `2.4 m`.
fn pieces(item: &Item, named: &Named<'_>) -> Result<Quantity, Refusal> {
    let Some(text) = named.length else {
        let detail = format!("{} is held by length: say how long each piece is", item.sku);
        return Err(Refusal::at(Code::CutLengthRequired, "/length", detail));
    };
    let wrong = || {
        let detail = "write a length with its unit, such as `2.4 m`";
        Refusal::at(Code::InvalidField, "/length", detail)
    };
    let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let unit = unit.trim();
    let length_ratio = item.ratio(unit).map_err(|refusal| refusal.under("/length"))?;
    let length = Entered::parse(number).and_then(|number| number.to_base(length_ratio, unit));
    let length = length.map_err(|error| qty_refusal(error).under("/length"))?;
    let piece = Ratio::new(length.get(), 1).ok_or_else(wrong)?;
    let count = base(named.quantity, Ratio::ONE, "piece")?;
    let qty = count.times(length.get()).filter(|qty| qty.get() <= MAX_QTY);
    let too_large =
        || Refusal::at(Code::QuantityTooLarge, "/quantity", "the quantity is too large");
    let ratio = match named.unit {
        None => piece,
        Some(unit) => item.ratio(unit).map_err(|refusal| refusal.under("/unit"))?,
    };
    Ok((qty.ok_or_else(too_large)?, ratio, Some(length)))
}

fn base(text: &str, ratio: Ratio, unit: &str) -> Result<Qty, Refusal> {
    let read = Entered::parse(text).and_then(|entered| entered.to_base(ratio, unit));
    read.map_err(|error| qty_refusal(error).under("/quantity"))
}

/// Refuses a quantity of zero.
pub(in crate::ops) fn some(qty: Qty) -> Result<Qty, Refusal> {
    ensure(!qty.is_zero(), || {
        Refusal::at(Code::QuantityZero, "/quantity", "the quantity is zero")
    })?;
    Ok(qty)
}

/// The lot a name stands for, which must exist: zero where the item's goods have none.
///
/// # Errors
/// `lot_required`, `unknown_lot`, `invalid_field` for a lot of goods that have none.
pub(in crate::ops) fn lot(
    tx: &mut Tx<'_>,
    known: &Known,
    name: Option<&str>,
) -> Result<LotId, Error> {
    let Some((kind, code)) = lot_name(known, name)? else { return Ok(LotId::NONE) };
    let found = units::lot_named(tx, known.item.id, kind, &code)?;
    let found = found.ok_or_else(|| {
        let detail = format!("{} has no {} `{code}`", known.item.sku, kind.code());
        Refusal::at(Code::UnknownLot, "/lot", detail)
    })?;
    Ok(found.id)
}

/// The lot a name stands for, made where it is new.
///
/// # Errors
/// `lot_required`, `invalid_field`, `invalid_text`.
pub(super) fn lot_or_new(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    known: &Known,
    name: Option<&str>,
    expires_on: Option<Day>,
) -> Result<LotId, Error> {
    let Some((kind, code)) = lot_name(known, name)? else { return Ok(LotId::NONE) };
    let lot = Lot {
        id: ids.draw(),
        item: known.item.id,
        kind,
        code,
        length: known.length,
        expires_on,
        created_at: call.now,
    };
    Ok(units::lot_or_insert(tx, &lot)?.id)
}

fn lot_name(known: &Known, name: Option<&str>) -> Result<Option<(LotKind, String)>, Refusal> {
    let item = &known.item;
    if let Some(length) = known.length {
        return Ok(Some((LotKind::Length, length.to_string())));
    }
    let kind = match item.tracking {
        Tracking::None => {
            return match name {
                None => Ok(None),
                Some(_) => {
                    let detail = format!("lots of {} are not recorded", item.sku);
                    Err(Refusal::at(Code::InvalidField, "/lot", detail))
                }
            };
        }
        Tracking::Lot => LotKind::Lot,
        Tracking::Serial => LotKind::Serial,
    };
    let name = name.ok_or_else(|| {
        let detail = format!("say which {} of {} it is", kind.code(), item.sku);
        Refusal::at(Code::LotRequired, "/lot", detail)
    })?;
    Ok(Some((kind, text::short(name).map_err(|refusal| refusal.under("/lot"))?)))
}

/// Reads an instant that is not in the future; now where there is none.
pub(in crate::ops) fn past(
    call: &Call,
    text: Option<&str>,
    pointer: &str,
) -> Result<Instant, Error> {
    let Some(text) = text else { return Ok(call.now) };
    let at = Instant::parse(text)
        .map_err(|error| Refusal::at(Code::InvalidField, pointer, error.to_string()))?;
    ensure(at <= call.now, || {
        Refusal::at(Code::InvalidField, pointer, format!("{at} is in the future"))
    })?;
    Ok(at)
}

/// Reads a reason, which must be given.
pub(in crate::ops) fn reason(text: &str) -> Result<String, Refusal> {
    ensure(!text.trim().is_empty(), || Refusal::at(Code::ReasonRequired, "/reason", "say why"))?;
    text::short(text).map_err(|refusal| refusal.under("/reason"))
}

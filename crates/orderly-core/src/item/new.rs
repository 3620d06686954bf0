//! From what a caller states about an item to the item itself.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Component, Goods, Item, ItemUnit, Tracking};
use crate::catalog::Catalog;
use crate::id::ItemId;
use crate::money::Currency;
use crate::order::build::unit_price;
use crate::party::checked_country;
use crate::qty::{BaseUnit, MAX_QTY, Qty, Ratio, STANDARD_UNITS};
use crate::refusal::{Code, Refusal, ensure};
use crate::text;

/// A unit as the caller states it: one unit is `num`/`den` base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    pub code: String,
    pub num: i64,
    #[serde(default = "one")]
    pub den: i64,
    #[serde(default)]
    pub whole: bool,
    #[serde(default)]
    pub gtin: Option<String>,
}

const fn one() -> i64 {
    1
}

/// A component as the caller states it; the unit is the component's sale unit where absent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComponent {
    pub sku: String,
    pub quantity: String,
    #[serde(default)]
    pub unit: Option<String>,
}

/// An item as the caller states it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewItem {
    pub sku: String,
    pub name: String,
    pub goods: Goods,
    pub base_unit: BaseUnit,
    pub tracking: Tracking,
    pub units: Vec<NewUnit>,
    /// The base unit where absent.
    pub sale_unit: Option<String>,
    pub price: Option<String>,
    /// The sale unit where absent.
    pub price_unit: Option<String>,
    /// The merchant's own where absent.
    pub price_currency: Option<String>,
    /// Of one base unit.
    pub cost: Option<String>,
    pub gtin: Option<String>,
    pub weight_g: Option<i64>,
    pub dimensions_mm: Option<[i64; 3]>,
    pub hs_code: Option<String>,
    pub origin_country: Option<String>,
    pub over_ppm: i64,
    pub under_ppm: i64,
    /// In base units, as are kerf and backorder limit.
    pub min_offcut: i64,
    pub kerf: i64,
    pub backorder_limit: Option<i64>,
    pub refurbish_sku: Option<String>,
    /// Whether it is a kit, which then has components.
    pub kit: bool,
    pub components: Vec<NewComponent>,
}

impl Default for NewItem {
    fn default() -> Self {
        Self {
            sku: String::new(),
            name: String::new(),
            goods: Goods::Counted,
            base_unit: BaseUnit::Each,
            tracking: Tracking::None,
            units: Vec::new(),
            sale_unit: None,
            price: None,
            price_unit: None,
            price_currency: None,
            cost: None,
            gtin: None,
            weight_g: None,
            dimensions_mm: None,
            hs_code: None,
            origin_country: None,
            over_ppm: 0,
            under_ppm: 0,
            min_offcut: 0,
            kerf: 0,
            backorder_limit: None,
            refurbish_sku: None,
            kit: false,
            components: Vec::new(),
        }
    }
}

fn invalid(pointer: &str, detail: impl Into<String>) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, detail)
}

impl NewItem {
    /// Returns the item of version 1. `catalog` holds the components and the refurbished item,
    /// with everything that components are made of; `currency` is the merchant's own.
    ///
    /// # Errors
    /// The first thing wrong, with its pointer: `invalid_text`, `invalid_field`, `unknown_unit`,
    /// `unit_mismatch`, `unknown_currency`, the codes of prices and quantities, `unknown_item`,
    /// `kit_cycle`, `kit_empty`.
    pub fn check(
        &self,
        id: ItemId,
        catalog: &Catalog,
        currency: Currency,
    ) -> Result<Item, Refusal> {
        let mut item = self.bare(id)?;
        item.sale_unit = match self.sale_unit.as_deref() {
            Some(unit) => unit.trim().to_owned(),
            None => self.base_unit.code().to_owned(),
        };
        item.ratio(&item.sale_unit).map_err(|refusal| refusal.under("/sale_unit"))?;
        item.price_unit = match self.price_unit.as_deref() {
            Some(unit) => unit.trim().to_owned(),
            None => item.sale_unit.clone(),
        };
        let ratio = item.ratio(&item.price_unit);
        item.price_ratio = ratio.map_err(|refusal| refusal.under("/price_unit"))?;
        item.price = price(self.price.as_deref(), "/price")?;
        item.cost = price(self.cost.as_deref(), "/cost")?;
        let code = self.price_currency.as_deref().unwrap_or(currency.code());
        let known = Currency::parse(code).ok_or_else(|| {
            let detail =
                format!("`{}` is not a currency", code.chars().take(20).collect::<String>());
            Refusal::at(Code::UnknownCurrency, "/price_currency", detail)
        })?;
        item.price_currency = item.price.map(|_| known);
        item.refurbish_item = match self.refurbish_sku.as_deref() {
            None => None,
            Some(sku) => Some(named(catalog, sku, "/refurbish_sku")?.id),
        };
        self.components_of(&mut item, catalog)?;
        Ok(item)
    }

    /// Everything that needs no other item and no unit.
    fn bare(&self, id: ItemId) -> Result<Item, Refusal> {
        self.goods_agree()?;
        let bounded = |value: i64, most: i64, pointer: &str| {
            let detail = || invalid(pointer, format!("the value lies between 0 and {most}"));
            ensure((0..=most).contains(&value), detail).map(|()| value)
        };
        let cuts = self.base_unit == BaseUnit::Mm;
        if !cuts && (self.min_offcut != 0 || self.kerf != 0) {
            return Err(invalid("/kerf", "only goods measured in mm are cut"));
        }
        let base = |value: i64, most: i64, pointer: &str| {
            let value = bounded(value, most, pointer)?;
            Qty::new(value).map_err(|error| invalid(pointer, error.to_string()))
        };
        if let Some(sides) = self.dimensions_mm {
            for side in sides {
                bounded(side, 1_000_000, "/dimensions_mm")?;
            }
        }
        Ok(Item {
            id,
            sku: sku(&self.sku)?,
            name: text::short(&self.name).map_err(|refusal| refusal.under("/name"))?,
            goods: self.goods,
            base_unit: self.base_unit,
            tracking: self.tracking,
            units: self.units_checked()?,
            sale_unit: String::new(),
            price: None,
            price_unit: String::new(),
            price_ratio: Ratio::ONE,
            price_currency: None,
            cost: None,
            gtin: self.gtin.as_deref().map(|text| gtin(text, "/gtin")).transpose()?,
            weight_g: self.weight_g.map(|g| bounded(g, 100_000_000, "/weight_g")).transpose()?,
            dimensions_mm: self.dimensions_mm,
            hs_code: self.hs_code.as_deref().map(hs_code).transpose()?,
            origin_country: self
                .origin_country
                .as_deref()
                .map(checked_country)
                .transpose()
                .map_err(|refusal| invalid("/origin_country", refusal.to_string()))?,
            over_ppm: bounded(self.over_ppm, 1_000_000, "/over_ppm")?,
            under_ppm: bounded(self.under_ppm, 1_000_000, "/under_ppm")?,
            min_offcut: base(self.min_offcut, 1_000_000, "/min_offcut")?,
            kerf: base(self.kerf, 1_000, "/kerf")?,
            backorder_limit: self
                .backorder_limit
                .map(|limit| base(limit, MAX_QTY, "/backorder_limit"))
                .transpose()?,
            refurbish_item: None,
            components: Vec::new(),
            active: true,
            version: 1,
        })
    }

    /// Whether goods kind, base unit and tracking go together.
    fn goods_agree(&self) -> Result<(), Refusal> {
        let base = self.base_unit;
        let fits = match self.goods {
            Goods::Counted => base != BaseUnit::Minute,
            Goods::Continuous => !matches!(base, BaseUnit::Each | BaseUnit::Minute),
            Goods::Lengths => base == BaseUnit::Mm,
            Goods::CatchWeight => base == BaseUnit::G,
            Goods::Service => matches!(base, BaseUnit::Each | BaseUnit::Minute),
        };
        ensure(fits, || {
            let detail = format!("{} goods are not measured in {}", self.goods.code(), base.code());
            invalid("/base_unit", detail)
        })?;
        let tracked = match self.tracking {
            Tracking::None => true,
            Tracking::Lot => !matches!(self.goods, Goods::Lengths | Goods::Service),
            Tracking::Serial => self.goods == Goods::Counted && base == BaseUnit::Each,
        };
        ensure(tracked, || {
            let detail = format!("{} goods have no {}", self.goods.code(), self.tracking.code());
            invalid("/tracking", detail)
        })?;
        ensure(!self.kit || (self.goods == Goods::Counted && base == BaseUnit::Each), || {
            invalid("/kit", "a kit is counted, and its base unit is each")
        })
    }

    fn units_checked(&self) -> Result<Vec<ItemUnit>, Refusal> {
        let mut units: Vec<ItemUnit> = Vec::with_capacity(self.units.len());
        for (index, unit) in self.units.iter().enumerate() {
            let pointer = |field: &str| format!("/units/{index}/{field}");
            let code =
                text::short(&unit.code).map_err(|refusal| refusal.under(&pointer("code")))?;
            let again = units.iter().any(|other| other.code == code);
            if again || code.chars().count() > 20 {
                let detail = "a unit has a code of its own, of at most 20 characters";
                return Err(invalid(&pointer("code"), detail));
            }
            let ratio = Ratio::new(unit.num, unit.den).ok_or_else(|| {
                invalid(&pointer("num"), "a unit is num/den base units, each from 1 to 10^12")
            })?;
            let standard = STANDARD_UNITS.iter().find(|(known, _, _)| *known == code);
            let same = standard.is_none_or(|(_, base, factor)| {
                *base == self.base_unit
                    && i128::from(*factor) * i128::from(ratio.den) == i128::from(ratio.num)
            });
            ensure(same, || invalid(&pointer("code"), format!("`{code}` is a standard unit")))?;
            ensure(!unit.whole || ratio.num % ratio.den == 0, || {
                invalid(&pointer("whole"), "a unit sold whole is a whole number of base units")
            })?;
            let own = unit.gtin.as_deref().map(|text| gtin(text, &pointer("gtin"))).transpose()?;
            units.push(ItemUnit { code, ratio, whole: unit.whole, gtin: own });
        }
        units.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(units)
    }

    fn components_of(&self, item: &mut Item, catalog: &Catalog) -> Result<(), Refusal> {
        if !self.kit {
            return ensure(self.components.is_empty(), || {
                invalid("/components", "only a kit has components")
            });
        }
        for (index, new) in self.components.iter().enumerate() {
            let pointer = format!("/components/{index}");
            if new.sku.trim() == item.sku {
                let detail = format!("kit {} contains itself", item.sku);
                return Err(Refusal::at(Code::KitCycle, pointer, detail));
            }
            let part = named(catalog, &new.sku, &format!("{pointer}/sku"))?;
            let unit = new.unit.as_deref().unwrap_or(&part.sale_unit);
            let read = part.quantity(&new.quantity, unit);
            let (qty, _) = read.map_err(|refusal| refusal.under(&format!("{pointer}/quantity")))?;
            ensure(!qty.is_zero(), || {
                Refusal::at(Code::QuantityZero, pointer.clone(), "a component has a quantity")
            })?;
            ensure(item.components.iter().all(|other| other.item != part.id), || {
                invalid(&pointer, format!("{} is in the kit twice", part.sku))
            })?;
            item.components.push(Component { item: part.id, qty });
        }
        let goods = catalog.explode(item).map_err(|refusal| refusal.under("/components"))?;
        ensure(goods.iter().any(|(part, _)| part.is_stocked()), || {
            let detail = format!("kit {} contains no goods", item.sku);
            Refusal::at(Code::KitEmpty, "/components", detail)
        })
    }
}

fn named<'a>(
    catalog: &'a Catalog,
    sku: &str,
    pointer: &str,
) -> Result<&'a std::sync::Arc<Item>, Refusal> {
    catalog.by_sku(sku.trim()).ok_or_else(|| {
        let shown: String = sku.chars().take(60).collect();
        Refusal::at(Code::UnknownItem, pointer, format!("no item has the SKU `{shown}`"))
    })
}

fn price(text: Option<&str>, pointer: &str) -> Result<Option<Decimal>, Refusal> {
    text.map(unit_price).transpose().map_err(|refusal| refusal.under(pointer))
}

/// Returns the trimmed SKU: 1 to 64 characters, none of them a control character.
pub fn sku(text: &str) -> Result<String, Refusal> {
    let sku = text::short(text).map_err(|refusal| refusal.under("/sku"))?;
    let count = sku.chars().count();
    ensure(count <= 64, || {
        Refusal::at(Code::InvalidText, "/sku", format!("a SKU of {count} characters; at most 64"))
    })?;
    Ok(sku)
}

/// Returns a GTIN of 8, 12, 13 or 14 digits whose check digit is right.
pub fn gtin(text: &str, pointer: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let valid = digits.is_some_and(|digits| {
        let weighted = digits.iter().rev().enumerate();
        let sum: u32 = weighted.map(|(at, digit)| digit * if at % 2 == 0 { 1 } else { 3 }).sum();
        matches!(digits.len(), 8 | 12..=14) && sum.is_multiple_of(10)
    });
    if valid {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(20).collect();
    Err(invalid(pointer, format!("`{shown}` is not a GTIN: check its digits")))
}

/// Returns the digits of a customs tariff code: 6 to 12 of them.
fn hs_code(text: &str) -> Result<String, Refusal> {
    let digits: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    let valid = (6..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    ensure(valid, || invalid("/hs_code", "a tariff code has 6 to 12 digits"))?;
    Ok(digits)
}

#[cfg(test)]
mod tests;

//! Items: what is sold, in which units, and how its goods behave.

pub mod new;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::ItemId;
use crate::money::Currency;
use crate::qty::{BaseUnit, Entered, Qty, QtyError, Ratio, STANDARD_UNITS};
use crate::refusal::{Code, Refusal};

/// How goods are counted, cut and priced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    Counted,
    /// Rope, cable, sand: cut or scooped anywhere.
    Continuous,
    /// Boards, pipes: held as pieces, one lot per length.
    Lengths,
    /// Ordered by count or weight, priced by the measured weight.
    CatchWeight,
    /// Nothing is stocked.
    Service,
}

impl Goods {
    pub const ALL: [Self; 5] =
        [Self::Counted, Self::Continuous, Self::Lengths, Self::CatchWeight, Self::Service];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Continuous => "continuous",
            Self::Lengths => "lengths",
            Self::CatchWeight => "catch_weight",
            Self::Service => "service",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|goods| goods.code() == code)
    }
}

/// Whether each unit's lot or serial number is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    None,
    Lot,
    Serial,
}

impl Tracking {
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lot => "lot",
            Self::Serial => "serial",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        [Self::None, Self::Lot, Self::Serial].into_iter().find(|kind| kind.code() == code)
    }
}

/// A unit an item is bought or sold in. Goods sold in `whole` units are never sold in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemUnit {
    pub code: String,
    pub ratio: Ratio,
    pub whole: bool,
    pub gtin: Option<String>,
}

/// One component of a kit, in base units of the component per kit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Component {
    pub item: ItemId,
    pub qty: Qty,
}

/// An item (a SKU).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub id: ItemId,
    pub sku: String,
    pub name: String,
    pub goods: Goods,
    pub base_unit: BaseUnit,
    pub tracking: Tracking,
    pub units: Vec<ItemUnit>,
    pub sale_unit: String,
    /// List price of one price unit; may carry more digits than the currency.
    pub price: Option<Decimal>,
    pub price_unit: String,
    /// One price unit in base units.
    pub price_ratio: Ratio,
    pub price_currency: Option<Currency>,
    /// Expected cost of one base unit, in the legal entity's currency.
    pub cost: Option<Decimal>,
    pub gtin: Option<String>,
    pub weight_g: Option<i64>,
    pub dimensions_mm: Option<[i64; 3]>,
    pub hs_code: Option<String>,
    pub origin_country: Option<String>,
    /// Tolerances of shipping more or less than ordered, in parts per million.
    pub over_ppm: i64,
    pub under_ppm: i64,
    /// Offcuts shorter than this are scrapped, in mm.
    pub min_offcut: Qty,
    /// Lost at every cut, in mm.
    pub kerf: Qty,
    /// How much may be backordered at one location where the channel refuses shortages; `None`:
    /// nothing.
    pub backorder_limit: Option<Qty>,
    pub refurbish_item: Option<ItemId>,
    pub components: Vec<Component>,
    pub active: bool,
    pub version: i64,
}

impl Item {
    pub fn is_kit(&self) -> bool {
        !self.components.is_empty()
    }
    pub fn is_stocked(&self) -> bool {
        self.goods != Goods::Service && !self.is_kit()
    }

    /// The exact ratio of a unit to base units: the item's own units first, then standard ones.
    ///
    /// # Errors
    /// `unit_mismatch` for a standard unit of another dimension, `unknown_unit` else.
    pub fn ratio(&self, unit: &str) -> Result<Ratio, Refusal> {
        if let Some(own) = self.units.iter().find(|own| own.code == unit) {
            return Ok(own.ratio);
        }
        if unit == self.base_unit.code() {
            return Ok(Ratio::ONE);
        }
        let Some((_, base, factor)) = STANDARD_UNITS.iter().find(|(code, _, _)| *code == unit)
        else {
            let detail = format!("{} is not sold by `{unit}`", self.sku);
            return Err(Refusal::new(Code::UnknownUnit, detail).allowed(self.unit_codes()));
        };
        if *base != self.base_unit {
            let detail =
                format!("{} is measured in {}, not in {unit}", self.sku, self.base_unit.code());
            return Err(Refusal::new(Code::UnitMismatch, detail).allowed(self.unit_codes()));
        }
        Ok(Ratio { num: *factor, den: 1 })
    }

    fn unit_codes(&self) -> String {
        let own = self.units.iter().map(|unit| unit.code.as_str());
        own.chain([self.base_unit.code()]).collect::<Vec<_>>().join(", ")
    }

    /// The base quantity of an entered quantity and its unit's ratio.
    ///
    /// Goods sold in whole units answer a part of one with the next whole proposal.
    ///
    /// # Errors
    /// `quantity_precision` with the proposal in `allowed`, `quantity_invalid`,
    /// `quantity_too_large`, `unknown_unit`, `unit_mismatch`.
    pub fn quantity(&self, text: &str, unit: &str) -> Result<(Qty, Ratio), Refusal> {
        let entered = Entered::parse(text).map_err(qty_refusal)?;
        let ratio = self.ratio(unit)?;
        if let Some(pack) = self.units.iter().find(|own| own.whole && own.code == self.sale_unit) {
            let (units, qty) = entered.whole_units_of(ratio, pack.ratio).ok_or_else(|| {
                Refusal::new(Code::QuantityTooLarge, format!("{text} {unit} is too much"))
            })?;
            let exact = entered.to_base(ratio, unit).ok();
            if exact != Some(qty) {
                let detail = format!("{} is sold in whole {}", self.sku, pack.code);
                let next = format!("{units} {} = {}", pack.code, self.show_in(qty, ratio, unit));
                return Err(Refusal::new(Code::QuantityPrecision, detail).allowed(next));
            }
        }
        let qty = entered.to_base(ratio, unit).map_err(qty_refusal)?;
        Ok((qty, ratio))
    }

    /// A base quantity in a unit, as text: `10.08 m2`.
    pub fn show_in(&self, qty: Qty, ratio: Ratio, unit: &str) -> String {
        let units = Decimal::from(qty.get()) * Decimal::from(ratio.den) / Decimal::from(ratio.num);
        format!("{} {unit}", units.round_dp(6).normalize())
    }

    /// A base quantity in the sale unit, for people.
    pub fn show(&self, qty: Qty) -> String {
        let ratio = self.ratio(&self.sale_unit).unwrap_or(Ratio::ONE);
        self.show_in(qty, ratio, &self.sale_unit)
    }

    /// The largest quantity that may be shipped over, and left unshipped, of `ordered`.
    pub fn tolerance(&self, ordered: Qty) -> (Qty, Qty) {
        let share = |ppm: i64| {
            let part = i128::from(ordered.get()) * i128::from(ppm) / 1_000_000;
            Qty::new(i64::try_from(part).unwrap_or(0)).unwrap_or(Qty::ZERO)
        };
        (share(self.over_ppm), share(self.under_ppm))
    }
}

/// Turns a quantity error into its refusal.
pub fn qty_refusal(error: QtyError) -> Refusal {
    let code = match &error {
        QtyError::Precision { .. } => Code::QuantityPrecision,
        QtyError::TooLarge(_) => Code::QuantityTooLarge,
        QtyError::Negative(_) | QtyError::NotANumber(_) => Code::QuantityInvalid,
    };
    let refusal = Refusal::new(code, error.to_string());
    match error {
        QtyError::Precision { next, unit, .. } => refusal.allowed(format!("{next} {unit}")),
        _ => refusal,
    }
}

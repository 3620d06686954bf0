//! Quantities: whole base units of an item, and the exact ratios of the units it is sold in.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Whole base units of an item (each, mm, g, ml …), never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Qty(i64);

/// A signed change of a quantity, in base units.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QtyDelta(pub i64);

/// The largest quantity accepted from outside: far above any real one, far below overflow.
pub const MAX_QTY: i64 = 1_000_000_000_000_000;

/// Why a quantity cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QtyError {
    #[error("a quantity cannot be negative: {0}")]
    Negative(i64),
    #[error("a quantity of {0} is too large")]
    TooLarge(String),
    #[error("`{0}` is not a quantity; write a decimal such as 2.4 or a fraction such as 1/3")]
    NotANumber(String),
    /// The entered quantity is not whole in base units; `next` is the next whole proposal above.
    #[error(
        "{entered} {unit} is not a whole number of base units; the next whole quantity is {next}"
    )]
    Precision { entered: String, unit: String, next: String },
}

impl Qty {
    pub const ZERO: Self = Self(0);

    pub const fn new(base: i64) -> Result<Self, QtyError> {
        if base < 0 { Err(QtyError::Negative(base)) } else { Ok(Self(base)) }
    }
    pub const fn get(self) -> i64 {
        self.0
    }
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// `None` on overflow.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    /// `None` where `other` is larger.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).filter(|left| *left >= 0).map(Self)
    }
    /// `self − other`, zero where `other` is larger.
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }
    /// `None` on overflow.
    pub fn times(self, factor: i64) -> Option<Self> {
        self.0.checked_mul(factor).filter(|product| *product >= 0).map(Self)
    }
    pub fn sum(quantities: impl IntoIterator<Item = Self>) -> Option<Self> {
        quantities.into_iter().try_fold(Self::ZERO, Self::plus)
    }
}

impl TryFrom<i64> for Qty {
    type Error = QtyError;
    fn try_from(base: i64) -> Result<Self, QtyError> {
        Self::new(base)
    }
}
impl From<Qty> for i64 {
    fn from(qty: Qty) -> i64 {
        qty.0
    }
}
impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a base unit measures. A unit of another dimension is refused (`unit_mismatch`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Count,
    Length,
    Mass,
    Volume,
    Area,
    Time,
}

/// The base units there are: what one whole unit of stock is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaseUnit {
    Each,
    Mm,
    G,
    Ml,
    /// One ten-thousandth of a square metre.
    Cm2,
    Minute,
}

impl BaseUnit {
    pub const ALL: [Self; 6] = [Self::Each, Self::Mm, Self::G, Self::Ml, Self::Cm2, Self::Minute];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Mm => "mm",
            Self::G => "g",
            Self::Ml => "ml",
            Self::Cm2 => "cm2",
            Self::Minute => "minute",
        }
    }
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == code)
    }
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::Each => Dimension::Count,
            Self::Mm => Dimension::Length,
            Self::G => Dimension::Mass,
            Self::Ml => Dimension::Volume,
            Self::Cm2 => Dimension::Area,
            Self::Minute => Dimension::Time,
        }
    }
}

/// Units every item of the dimension knows without listing them: code, dimension, base units.
pub const STANDARD_UNITS: &[(&str, BaseUnit, i64)] = &[
    ("each", BaseUnit::Each, 1),
    ("piece", BaseUnit::Each, 1),
    ("dozen", BaseUnit::Each, 12),
    ("thousand", BaseUnit::Each, 1_000),
    ("mm", BaseUnit::Mm, 1),
    ("cm", BaseUnit::Mm, 10),
    ("m", BaseUnit::Mm, 1_000),
    ("km", BaseUnit::Mm, 1_000_000),
    ("g", BaseUnit::G, 1),
    ("kg", BaseUnit::G, 1_000),
    ("t", BaseUnit::G, 1_000_000),
    ("ml", BaseUnit::Ml, 1),
    ("l", BaseUnit::Ml, 1_000),
    ("m3", BaseUnit::Ml, 1_000_000),
    ("cm2", BaseUnit::Cm2, 1),
    ("m2", BaseUnit::Cm2, 10_000),
    ("minute", BaseUnit::Minute, 1),
    ("hour", BaseUnit::Minute, 60),
];

/// An exact ratio of a sale or price unit to base units: one unit = num/den base units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Ratio {
    pub num: i64,
    pub den: i64,
}

impl Ratio {
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `None` unless both parts are between 1 and 10¹².
    pub fn new(num: i64, den: i64) -> Option<Self> {
        let sane = 1..=1_000_000_000_000;
        (sane.contains(&num) && sane.contains(&den)).then_some(Self { num, den })
    }
}

/// A quantity as a person or a channel entered it: an exact fraction and its own text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entered {
    pub text: String,
    num: i128,
    den: i128,
}

impl Entered {
    /// Reads a decimal (`2.4`) or a fraction (`1/3`); at most 18 digits, no sign, no exponent.
    pub fn parse(text: &str) -> Result<Self, QtyError> {
        let wrong = || QtyError::NotANumber(text.chars().take(40).collect());
        let trimmed = text.trim();
        if let Some(rest) = trimmed.strip_prefix('-') {
            let digits = rest.trim_start_matches(['0', '.']);
            return Err(if digits.is_empty() { wrong() } else { QtyError::Negative(-1) });
        }
        if let Some((num, den)) = trimmed.split_once('/') {
            let (num, den) = (digits(num).ok_or_else(wrong)?, digits(den).ok_or_else(wrong)?);
            if den == 0 {
                return Err(wrong());
            }
            return Ok(Self { text: trimmed.into(), num, den });
        }
        let (whole, fraction) = trimmed.split_once('.').unwrap_or((trimmed, ""));
        if whole.len() > 18 && whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QtyError::TooLarge(text.chars().take(40).collect()));
        }
        if fraction.len() > 18 || (trimmed.contains('.') && fraction.is_empty()) {
            return Err(wrong());
        }
        let whole = digits(whole).ok_or_else(wrong)?;
        let scale = 10_i128.pow(u32::try_from(fraction.len()).expect("at most 18"));
        let part = if fraction.is_empty() { 0 } else { digits(fraction).ok_or_else(wrong)? };
        Ok(Self { text: trimmed.into(), num: whole * scale + part, den: scale })
    }

    /// Returns the base quantity of this many units.
    ///
    /// # Errors
    /// `Precision` with the next whole number of *units* above where the result is not whole;
    /// `TooLarge` above [`MAX_QTY`].
    pub fn to_base(&self, ratio: Ratio, unit: &str) -> Result<Qty, QtyError> {
        let too_large = || QtyError::TooLarge(self.text.chars().take(40).collect());
        let num = self.num.checked_mul(i128::from(ratio.num)).ok_or_else(too_large)?;
        let den = self.den.checked_mul(i128::from(ratio.den)).ok_or_else(too_large)?;
        if num / den > i128::from(MAX_QTY) {
            return Err(too_large());
        }
        if num % den == 0 {
            let base = i64::try_from(num / den).map_err(|_| too_large())?;
            return Ok(Qty(base));
        }
        let next = next_whole(num, den, ratio);
        Err(QtyError::Precision { entered: self.text.clone(), unit: unit.into(), next })
    }

    /// The entered value as a decimal, rounded at 18 places; for showing only.
    pub fn approximate(&self) -> Decimal {
        let num = Decimal::try_from_i128_with_scale(self.num, 0).unwrap_or(Decimal::MAX);
        let den = Decimal::try_from_i128_with_scale(self.den, 0).unwrap_or(Decimal::ONE);
        num.checked_div(den).unwrap_or(Decimal::MAX)
    }

    /// The smallest whole number of units that covers this quantity, and its base quantity: the
    /// proposal for goods sold whole (10 m² of tiles in boxes of 1.44 m² → 7 boxes).
    pub fn whole_units_of(&self, own: Ratio, pack: Ratio) -> Option<(i64, Qty)> {
        let num = self.num.checked_mul(i128::from(own.num))?.checked_mul(i128::from(pack.den))?;
        let den = self.den.checked_mul(i128::from(own.den))?.checked_mul(i128::from(pack.num))?;
        let units = i64::try_from(num.div_euclid(den) + i128::from(num % den != 0)).ok()?;
        let base = i128::from(units) * i128::from(pack.num);
        if base % i128::from(pack.den) != 0 {
            return None;
        }
        Some((units, Qty(i64::try_from(base / i128::from(pack.den)).ok()?)))
    }
}

/// The next quantity of units above `num/den` base units that is whole in base units, as text.
fn next_whole(num: i128, den: i128, ratio: Ratio) -> String {
    let base = num / den + 1;
    let (top, bottom) = (base * i128::from(ratio.den), i128::from(ratio.num));
    if top % bottom == 0 {
        return (top / bottom).to_string();
    }
    for places in 1..=6_u32 {
        let scale = 10_i128.pow(places);
        if (top * scale) % bottom == 0 {
            let scaled = top * scale / bottom;
            let width = usize::try_from(places).expect("small");
            return format!("{}.{:0width$}", scaled / scale, scaled % scale);
        }
    }
    format!("{top}/{bottom}")
}

/// Reads one to eighteen ASCII digits.
fn digits(text: &str) -> Option<i128> {
    let sane = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if sane { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(text: &str, num: i64, den: i64) -> Result<i64, QtyError> {
        Entered::parse(text)?.to_base(Ratio::new(num, den).unwrap(), "unit").map(Qty::get)
    }

    #[test]
    fn entered_quantities_are_exact() {
        assert_eq!(base("2.4", 1_000, 1), Ok(2_400));
        assert_eq!(base("1/3", 12, 1), Ok(4));
        assert_eq!(base("7", 14_400, 1), Ok(100_800));
    }

    #[test]
    fn a_quantity_that_is_not_whole_names_the_next_one() {
        let error = base("2.4005", 1_000, 1).unwrap_err();
        assert!(matches!(error, QtyError::Precision { next, .. } if next == "2.401"));
    }

    #[test]
    fn ten_square_metres_are_seven_boxes() {
        let entered = Entered::parse("10").unwrap();
        let m2 = Ratio::new(10_000, 1).unwrap();
        let boxes = Ratio::new(14_400, 1).unwrap();
        assert_eq!(entered.whole_units_of(m2, boxes), Some((7, Qty(100_800))));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "NaN", "1e400", "-0", "-1", "1/0", "1.", ".5", "0x10", "1,5", "∞", "１"]
        {
            assert!(Entered::parse(text).is_err(), "{text}");
        }
        assert!(matches!(base("9999999999999999999", 1, 1), Err(QtyError::TooLarge(_))));
        assert!(matches!(base("999999999999999999", 1_000, 1), Err(QtyError::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            if let Ok(entered) = Entered::parse(&text) {
                let _ = entered.to_base(Ratio::new(1_000, 3).unwrap(), "m");
            }
        }

        #[test]
        fn the_proposal_covers_what_was_asked(asked in 1_i64..1_000_000, pack in 1_i64..50_000) {
            let entered = Entered::parse(&asked.to_string()).unwrap();
            let (units, qty) =
                entered.whole_units_of(Ratio::ONE, Ratio::new(pack, 1).unwrap()).unwrap();
            prop_assert!(qty.get() >= asked && (units - 1) * pack < asked);
        }
    }
}

//! Exact sums of decimals, wider than one decimal can be.

use std::fmt;

use rust_decimal::Decimal;

/// Decimal places kept: 12 of a price and 6 of a quantity.
const PLACES: u32 = 18;

/// An exact amount in units of 10⁻¹⁸.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Exact(i128);

impl Exact {
    /// `None` where the amount has more than 18 decimal places or is too large.
    pub fn of(value: Decimal) -> Option<Self> {
        let value = value.normalize();
        let shift = 10_i128.pow(PLACES.checked_sub(value.scale())?);
        value.mantissa().checked_mul(shift).map(Self)
    }

    /// The product of two decimals; `None` where it has more than 18 places or is too large.
    pub fn product(one: Decimal, other: Decimal) -> Option<Self> {
        let (one, other) = (one.normalize(), other.normalize());
        let mantissa = one.mantissa().checked_mul(other.mantissa())?;
        let shift = 10_i128.pow(PLACES.checked_sub(one.scale() + other.scale())?);
        mantissa.checked_mul(shift).map(Self)
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
    #[must_use]
    pub fn negated(self) -> Self {
        Self(-self.0)
    }
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Rounds to minor units of `places` decimal places, half away from zero.
    pub fn to_minor(self, places: u32) -> Option<i64> {
        let unit = 10_i128.pow(PLACES.checked_sub(places)?);
        let half = if self.0 < 0 { -unit / 2 } else { unit / 2 };
        i64::try_from(self.0.checked_add(half)? / unit).ok()
    }

    /// The amount of minor units of `places` decimal places.
    pub fn of_minor(minor: i64, places: u32) -> Option<Self> {
        let unit = 10_i128.pow(PLACES.checked_sub(places)?);
        i128::from(minor).checked_mul(unit).map(Self)
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let part = format!("{part:0<18}");
        let unit = 10_i128.pow(PLACES);
        let whole = whole.parse::<i128>().ok()?.checked_mul(unit)?;
        let part = part.get(..18)?.parse::<i128>().ok()?;
        Some(Self(sign * whole.checked_add(part)?))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(PLACES);
        let (whole, part) = (self.0.unsigned_abs() / unit, self.0.unsigned_abs() % unit);
        let sign = if self.0 < 0 { "-" } else { "" };
        let part = format!("{part:018}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::of(Decimal::from_str_exact(text).unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_shown_and_read_without_loss() {
        for text in ["0", "-0.001", "5761931.382", "-11062.06", "12", "0.000000000000000001"] {
            assert_eq!(exact(text).to_string(), text);
            assert_eq!(Exact::parse(text), Some(exact(text)));
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(exact("0.005").to_minor(2), Some(1));
        assert_eq!(exact("-0.005").to_minor(2), Some(-1));
        assert_eq!(exact("0.0049").to_minor(2), Some(0));
        assert_eq!(exact("34.5").to_minor(0), Some(35));
        assert_eq!(Exact::of_minor(-1_234, 2), Some(exact("-12.34")));
    }

    #[test]
    fn a_product_is_exact_or_refused() {
        let decimal = |text: &str| Decimal::from_str_exact(text).unwrap();
        assert_eq!(Exact::product(decimal("-3"), decimal("0.001")), Some(exact("-0.003")));
        assert_eq!(Exact::product(decimal("0.0000000001"), decimal("0.0000000001")), None);
        let huge = decimal("9999999999999999999999999");
        assert_eq!(Exact::product(huge, huge), None);
    }
}

//! Money: whole minor units with a currency. Nothing here rounds silently.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// `None` for an unknown code, and for codes without minor units (such as gold).
    pub fn parse(code: &str) -> Option<Self> {
        let currency = iso_currency::Currency::from_code(code)?;
        currency.exponent().map(|_| Self(currency))
    }
    pub fn code(self) -> &'static str {
        self.0.code()
    }
    /// Decimal places of the currency: JPY 0, EUR 2, KWD 3.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl schemars::JsonSchema for Currency {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "minLength": 3, "maxLength": 3 })
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("unknown currency"))
    }
}

/// Why an amount cannot be taken or computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch { left: Currency, right: Currency },
    #[error("the amount is too large")]
    Overflow,
    #[error("`{0}` is not an amount; write a decimal such as 12.40")]
    NotANumber(String),
    #[error("{text} {currency} has more than {} decimal places", .currency.exponent())]
    Precision { text: String, currency: Currency },
    #[error("an amount cannot be split over weights that sum to zero")]
    NoWeights,
}

/// The largest amount accepted from outside, in minor units.
pub const MAX_MINOR: i64 = 1_000_000_000_000_000;

/// An amount in whole minor units of its currency. May be negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }
    pub const fn minor(self) -> i64 {
        self.minor
    }
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Reads a decimal text of at most the currency's decimal places.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let decimal = parse_decimal(text)?;
        let minor = exact_minor(decimal, currency).ok_or_else(|| MoneyError::Precision {
            text: text.chars().take(40).collect(),
            currency,
        })??;
        Ok(Self { minor, currency })
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
    /// Splits in proportion to the weights, by largest remainder; the parts sum to the whole.
    pub fn split(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        let parts = split_minor(self.minor, weights)?;
        Ok(parts.into_iter().map(|minor| Self { minor, ..self }).collect())
    }
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }
    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a plain decimal: optional sign, digits, optional fraction; no exponent, at most 28 digits.
pub fn parse_decimal(text: &str) -> Result<Decimal, MoneyError> {
    let wrong = || MoneyError::NotANumber(text.chars().take(40).collect());
    let body = text.strip_prefix('-').unwrap_or(text);
    let plain = !body.is_empty()
        && body.len() <= 29
        && body.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && body.as_bytes()[0] != b'.'
        && !body.ends_with('.');
    if !plain {
        return Err(wrong());
    }
    let value = Decimal::from_str_exact(text).map_err(|_| wrong())?;
    if value.is_zero() && text.starts_with('-') {
        return Err(wrong());
    }
    Ok(value)
}

/// The minor units of a decimal; outer `None` where it has more places than the currency.
fn exact_minor(value: Decimal, currency: Currency) -> Option<Result<i64, MoneyError>> {
    let scaled = value.normalize();
    if scaled.scale() > currency.exponent() {
        return None;
    }
    Some(to_minor(scaled, currency))
}

/// Rounds a decimal amount to minor units, half away from zero.
pub fn round_to_minor(value: Decimal, currency: Currency) -> Result<i64, MoneyError> {
    let places = currency.exponent();
    to_minor(value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero), currency)
}

fn to_minor(value: Decimal, currency: Currency) -> Result<i64, MoneyError> {
    let shift = Decimal::from(10_i64.pow(currency.exponent()));
    let minor = value.checked_mul(shift).ok_or(MoneyError::Overflow)?;
    let minor = i64::try_from(minor.trunc().mantissa() / 10_i128.pow(minor.trunc().scale()))
        .map_err(|_| MoneyError::Overflow)?;
    if minor.unsigned_abs() > MAX_MINOR.unsigned_abs() {
        return Err(MoneyError::Overflow);
    }
    Ok(minor)
}

/// Splits `whole` in proportion to non-negative weights by largest remainder; ties go to the
/// earlier part. The parts sum to the whole exactly and carry its sign.
pub fn split_minor(whole: i64, weights: &[i64]) -> Result<Vec<i64>, MoneyError> {
    let total: i128 = weights.iter().map(|weight| i128::from((*weight).max(0))).sum();
    if total == 0 {
        return if whole == 0 { Ok(vec![0; weights.len()]) } else { Err(MoneyError::NoWeights) };
    }
    let (sign, amount) = (i128::from(whole.signum()), i128::from(whole).abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given = 0_i128;
    for (index, weight) in weights.iter().enumerate() {
        let share = amount * i128::from((*weight).max(0));
        given += share / total;
        parts.push(share / total);
        remainders.push((share % total, index));
    }
    remainders.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let missing = usize::try_from(amount - given).map_err(|_| MoneyError::Overflow)?;
    for (_, index) in remainders.into_iter().take(missing) {
        parts[index] += 1;
    }
    parts
        .into_iter()
        .map(|part| i64::try_from(sign * part).map_err(|_| MoneyError::Overflow))
        .collect()
}

/// The share of `whole` that belongs to the first `part` of `all`, rounded half to even.
///
/// Consecutive slices are differences of this function, so they sum to the whole exactly in any
/// partition: `slice(a..b) = share(b) − share(a)`, and `share(all) = whole`.
pub fn cumulative_share(whole: i64, part: i64, all: i64) -> i64 {
    if all <= 0 || part >= all {
        return whole;
    }
    let product = i128::from(whole) * i128::from(part.max(0));
    i64::try_from(div_half_even(product, i128::from(all))).expect("a share is within its whole")
}

/// Divides by a positive divisor, rounding half to even.
pub fn div_half_even(value: i128, by: i128) -> i128 {
    let (floor, rest) = (value.div_euclid(by), value.rem_euclid(by));
    match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + (floor & 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::parse("EUR").unwrap()
    }

    #[test]
    fn exponents_are_those_of_the_currency() {
        let minor =
            |text, code| Money::parse(text, Currency::parse(code).unwrap()).map(Money::minor);
        assert_eq!(minor("34.12", "EUR"), Ok(3_412));
        assert_eq!(minor("34", "JPY"), Ok(34));
        assert_eq!(minor("1.234", "KWD"), Ok(1_234));
        assert_eq!(minor("34.100000", "EUR"), Ok(3_410));
        assert!(matches!(minor("34.116425", "EUR"), Err(MoneyError::Precision { .. })));
        assert!(matches!(minor("34.1", "JPY"), Err(MoneyError::Precision { .. })));
        assert!(Currency::parse("XYZ").is_none() && Currency::parse("eur").is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "NaN", "1e4", "-0", "-0.00", "1,50", "+1", ".5", "5.", "1.2.3", "١"] {
            assert!(Money::parse(text, eur()).is_err(), "{text}");
        }
        assert_eq!(Money::parse("99999999999999999999", eur()), Err(MoneyError::Overflow));
    }

    #[test]
    fn currencies_do_not_mix() {
        let dollars = Money::new(1, Currency::parse("USD").unwrap());
        assert!(Money::new(1, eur()).plus(dollars).is_err());
    }

    proptest! {
        /// Splitting neither makes nor loses money.
        #[test]
        fn split_parts_sum_to_the_whole(
            minor in -1_000_000_i64..1_000_000,
            weights in proptest::collection::vec(0_i64..10_000, 1..20),
        ) {
            prop_assume!(weights.iter().sum::<i64>() > 0);
            let parts = Money::new(minor, eur()).split(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), minor);
        }

        #[test]
        fn slices_sum_to_the_whole(
            whole in -1_000_000_i64..1_000_000,
            cuts in proptest::collection::vec(1_i64..50, 1..20),
        ) {
            let all: i64 = cuts.iter().sum();
            let (mut at, mut sum) = (0, 0);
            for cut in cuts {
                sum += cumulative_share(whole, at + cut, all) - cumulative_share(whole, at, all);
                at += cut;
            }
            prop_assert_eq!(sum, whole);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Money::parse(&text, eur());
        }
    }
}

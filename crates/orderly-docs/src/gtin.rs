//! GS1 check digits and the Global Trade Item Number.

use std::fmt;
use std::str::FromStr;

/// A valid GTIN of 8, 12, 13 or 14 digits, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(String);

/// Why digits are not a GTIN. In order of precedence: the first that holds is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtinError {
    #[error("a GTIN has digits only, this one contains {character:?}")]
    NotADigit { character: char },
    #[error("a GTIN has 8, 12, 13 or 14 digits, this one has {length}")]
    Length { length: usize },
    #[error("the check digit of this GTIN must be {expected}, it is {found}")]
    CheckDigit { expected: u8, found: u8 },
}

impl Gtin {
    /// Parses 8, 12, 13 or 14 digits and checks the last one.
    pub fn parse(text: &str) -> Result<Gtin, GtinError> {
        if let Some(character) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(GtinError::NotADigit { character });
        }
        let digits = text.as_bytes();
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length { length: digits.len() });
        }
        let (body, last) = digits.split_at(digits.len() - 1);
        let expected = check_digit(body);
        let found = last[0] - b'0';
        if found != expected {
            return Err(GtinError::CheckDigit { expected, found });
        }
        Ok(Gtin(text.to_owned()))
    }

    /// Returns the digits as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the 14-digit form, padded with zeros on the left, which is equal for equal items.
    pub fn to_14(&self) -> String {
        format!("{:0>14}", self.0)
    }
}

impl FromStr for Gtin {
    type Err = GtinError;

    fn from_str(text: &str) -> Result<Gtin, GtinError> {
        Gtin::parse(text)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the GS1 modulo-10 check digit (0 to 9) of ASCII digits that lack one: from the right,
/// digits weigh 3, 1, 3, 1 … and the check digit fills the sum up to a multiple of ten.
pub(crate) fn check_digit(digits: &[u8]) -> u8 {
    let mut sum = 0_u32;
    for (place, digit) in digits.iter().rev().enumerate() {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum += u32::from(digit - b'0') * weight;
    }
    ((10 - sum % 10) % 10) as u8
}

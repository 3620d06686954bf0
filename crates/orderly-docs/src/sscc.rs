//! The Serial Shipping Container Code, the license plate of a parcel.

use std::fmt;
use std::str::FromStr;

use crate::gtin::check_digit;

/// Digits of an SSCC, the check digit included.
const LENGTH: usize = 18;

/// A valid SSCC-18: extension digit, GS1 company prefix, serial reference, check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sscc([u8; LENGTH]);

/// Why digits are not an SSCC, or why none can be built from the parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsccError {
    #[error("an SSCC has digits only, this one contains {character:?}")]
    NotADigit { character: char },
    #[error("an SSCC has 18 digits, this one has {length} characters")]
    Length { length: usize },
    #[error("the check digit of this SSCC must be {expected}, it is {found}")]
    CheckDigit { expected: u8, found: u8 },
    #[error("the extension digit must be 0 to 9, it is {extension}")]
    Extension { extension: u8 },
    #[error("a GS1 company prefix has 4 to 12 digits, this one has {length}")]
    PrefixLength { length: usize },
    #[error("serial {serial} has more than the {digits} digits that the company prefix leaves")]
    SerialTooLarge { serial: u64, digits: usize },
}

impl Sscc {
    /// Builds an SSCC from the extension digit (0 to 9), the GS1 company prefix (4 to 12 digits)
    /// and a serial number, which is padded with zeros to the digits that the prefix leaves.
    pub fn build(extension: u8, company_prefix: &str, serial: u64) -> Result<Sscc, SsccError> {
        if extension > 9 {
            return Err(SsccError::Extension { extension });
        }
        if let Some(character) = company_prefix.chars().find(|c| !c.is_ascii_digit()) {
            return Err(SsccError::NotADigit { character });
        }
        let length = company_prefix.len();
        if !(4..=12).contains(&length) {
            return Err(SsccError::PrefixLength { length });
        }
        let digits = LENGTH - 2 - length;
        if serial >= 10_u64.pow(digits as u32) {
            return Err(SsccError::SerialTooLarge { serial, digits });
        }
        let body = format!("{extension}{company_prefix}{serial:0digits$}");
        let mut all = [0_u8; LENGTH];
        all[..LENGTH - 1].copy_from_slice(body.as_bytes());
        all[LENGTH - 1] = b'0' + check_digit(body.as_bytes());
        Ok(Sscc(all))
    }

    /// Parses 18 digits and checks the last one. Nothing is stripped: a scanner's `00` or `(00)`
    /// is the caller's to remove.
    pub fn parse(text: &str) -> Result<Sscc, SsccError> {
        if let Some(character) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(SsccError::NotADigit { character });
        }
        let digits: [u8; LENGTH] = text
            .as_bytes()
            .try_into()
            .map_err(|_| SsccError::Length { length: text.chars().count() })?;
        let expected = check_digit(&digits[..LENGTH - 1]);
        let found = digits[LENGTH - 1] - b'0';
        if found != expected {
            return Err(SsccError::CheckDigit { expected, found });
        }
        Ok(Sscc(digits))
    }

    /// Returns the 18 digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an SSCC holds ASCII digits only")
    }
}

impl FromStr for Sscc {
    type Err = SsccError;

    fn from_str(text: &str) -> Result<Sscc, SsccError> {
        Sscc::parse(text)
    }
}

impl fmt::Display for Sscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

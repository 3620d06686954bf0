//! SSCC and GTIN: check digits from published examples, every way to be wrong.

use orderly_docs::{Gtin, GtinError, Sscc, SsccError};
use proptest::prelude::*;

#[test]
fn an_sscc_is_extension_prefix_serial_and_check_digit() {
    // From the GS1 General Specifications: company prefix 0614141, serial 123456789.
    let sscc = Sscc::build(0, "0614141", 123_456_789).unwrap();
    assert_eq!(sscc.as_str(), "006141411234567890");
    let sscc = Sscc::build(1, "0614141", 123_456_789).unwrap();
    assert_eq!(sscc.as_str(), "106141411234567897");
    assert_eq!(Sscc::build(3, "4012345", 1).unwrap().to_string().len(), 18);
}

#[test]
fn an_sscc_that_cannot_be_built_says_why() {
    assert_eq!(Sscc::build(10, "4012345", 1), Err(SsccError::Extension { extension: 10 }));
    assert_eq!(Sscc::build(0, "401", 1), Err(SsccError::PrefixLength { length: 3 }));
    assert_eq!(Sscc::build(0, "4012345678901", 1), Err(SsccError::PrefixLength { length: 13 }));
    assert_eq!(Sscc::build(0, "40123a5", 1), Err(SsccError::NotADigit { character: 'a' }));
    let too_large = SsccError::SerialTooLarge { serial: 10_000, digits: 4 };
    assert_eq!(Sscc::build(0, "401234567890", 10_000), Err(too_large));
}

#[test]
fn a_wrong_sscc_says_why() {
    assert!(Sscc::parse("106141411234567897").is_ok());
    let wrong = SsccError::CheckDigit { expected: 7, found: 8 };
    assert_eq!(Sscc::parse("106141411234567898"), Err(wrong));
    assert_eq!(Sscc::parse("10614141123456789"), Err(SsccError::Length { length: 17 }));
    assert_eq!(Sscc::parse(""), Err(SsccError::Length { length: 0 }));
    assert_eq!(Sscc::parse("10614141123456789٧"), Err(SsccError::NotADigit { character: '٧' }));
}

#[test]
fn a_gtin_has_8_12_13_or_14_digits_and_a_right_check_digit() {
    for right in ["40170725", "036000291452", "4006381333931", "10614141000415"] {
        assert_eq!(Gtin::parse(right).unwrap().as_str(), right);
    }
    assert_eq!(Gtin::parse("036000291452").unwrap().to_14(), "00036000291452");
    let wrong = GtinError::CheckDigit { expected: 1, found: 2 };
    assert_eq!(Gtin::parse("4006381333932"), Err(wrong));
    assert_eq!(Gtin::parse("400638133393"), Err(GtinError::CheckDigit { expected: 0, found: 3 }));
    assert_eq!(Gtin::parse("40063813339"), Err(GtinError::Length { length: 11 }));
    assert_eq!(Gtin::parse("400638133393l"), Err(GtinError::NotADigit { character: 'l' }));
}

proptest! {
    /// What was built parses to the same, and no single wrong digit passes.
    #[test]
    fn a_built_sscc_parses_and_one_wrong_digit_never_does(
        extension in 0_u8..10,
        prefix in "[0-9]{4,12}",
        serial in 0_u64..10_000,
        place in 0_usize..18,
        shift in 1_u8..10,
    ) {
        let sscc = Sscc::build(extension, &prefix, serial).unwrap();
        prop_assert_eq!(Sscc::parse(sscc.as_str()), Ok(sscc));
        let mut digits = sscc.as_str().as_bytes().to_vec();
        digits[place] = b'0' + (digits[place] - b'0' + shift) % 10;
        prop_assert!(Sscc::parse(std::str::from_utf8(&digits).unwrap()).is_err());
    }
}

//! Barcodes as plain modules, dark or light, to be drawn as vectors.
//!
//! Encoding is done by `barcoders` (Code 128) and `qrcodegen` (QR): both are free of dependencies
//! and build in a second, where a full barcode toolkit takes most of a minute.

use barcoders::sym::code128;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::DocError;
use crate::sscc::Sscc;

/// Light modules that Code 128 and GS1-128 need on either side.
pub(crate) const LINEAR_QUIET: f32 = 10.0;
/// Light modules that a QR code needs on every side.
pub(crate) const QR_QUIET: f32 = 4.0;

// How `barcoders` spells code sets and function characters.
const SET_B: char = '\u{0181}';
const SET_C: char = '\u{0106}';
const FNC1: char = '\u{0179}';

/// A linear barcode: modules from left to right, true is dark.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    pub modules: Vec<bool>,
    /// Data of the same code for ZPL's `^BC` in mode N: `>;` starts in set C, `>:` in set B, `>8`
    /// is FNC1, `>0` is the character `>`.
    pub zpl: String,
}

/// A QR code: rows of modules from the top left, true is dark, and its text.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub size: usize,
    pub modules: Vec<bool>,
    pub text: String,
}

/// Encodes GS1-128 with application identifier 00: start C, FNC1, 20 digits, check, stop.
pub(crate) fn gs1_sscc(sscc: Sscc) -> Linear {
    let modules = code128_modules(&format!("{SET_C}{FNC1}00{sscc}"))
        .expect("FNC1 and an even count of digits are valid in set C");
    Linear { modules, zpl: format!(">;>800{sscc}") }
}

/// Encodes printable ASCII as Code 128, with set C for runs of digits where that is shorter.
pub(crate) fn code128(field: &str, text: &str) -> Result<Linear, DocError> {
    if let Some(character) = text.chars().find(|c| !(' '..='~').contains(c)) {
        return Err(DocError::NotEncodable { field: field.to_owned(), character });
    }
    if text.is_empty() {
        return Err(DocError::Missing { field: field.to_owned() });
    }
    let modules = code128_modules(&with_code_sets(text))
        .expect("printable ASCII is valid in set B, pairs of digits in set C");
    Ok(Linear { modules, zpl: format!(">:{}", text.replace('>', ">0")) })
}

/// Encodes text as QR at error correction level M.
pub(crate) fn qr(field: &str, text: &str) -> Result<Matrix, DocError> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| DocError::TooLong {
        field: field.to_owned(),
        length: text.chars().count(),
        max: 2_000,
    })?;
    let side = code.size();
    let at = |index: i32| code.get_module(index % side, index / side);
    let modules = (0..side * side).map(at).collect();
    Ok(Matrix { size: side as usize, modules, text: text.to_owned() })
}

fn code128_modules(spelled: &str) -> Option<Vec<bool>> {
    let code = code128::Code128::new(spelled).ok()?;
    Some(code.encode().into_iter().map(|module| module == 1).collect())
}

/// Spells out the code sets: a run of digits goes to set C when it is the whole text, has four
/// digits at either end, or six between other characters; an odd run leaves its first digit in B.
fn with_code_sets(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut spelled = String::new();
    let mut set = None;
    let mut at = 0;
    while at < chars.len() {
        let run = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let at_an_end = at == 0 || at + run == chars.len();
        let worth_it = run >= 6 || (run >= 4 && at_an_end) || (run == 2 && chars.len() == 2);
        let in_c = if worth_it { run - run % 2 } else { 0 };
        let in_b = if run == 0 { 1 } else { run - in_c };
        for (want, count) in [(SET_B, in_b), (SET_C, in_c)] {
            if count > 0 && set != Some(want) {
                spelled.push(want);
                set = Some(want);
            }
            spelled.extend(&chars[at..at + count]);
            at += count;
        }
    }
    spelled
}

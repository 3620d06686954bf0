//! Texts from outside: bounded, without control characters.

use crate::refusal::{Code, Refusal};

/// Returns the trimmed text; 1 to 200 characters, no control characters.
pub fn short(text: &str) -> Result<String, Refusal> {
    bounded(text, 1, 200, false)
}

/// Returns the trimmed text; 0 to 4,000 characters; line breaks and tabs are allowed.
pub fn long(text: &str) -> Result<String, Refusal> {
    bounded(text, 0, 4_000, true)
}

/// Like [`short`] where there is a text; an empty one is none.
pub fn optional(text: Option<&str>) -> Result<Option<String>, Refusal> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => short(text).map(Some),
    }
}

/// Whether a spreadsheet would take a text for a formula.
fn is_formula(text: &str) -> bool {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
    text.starts_with(begins) && !text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// The text as a cell of a file that spreadsheets read: what would be taken for a formula
/// gets a `'`
/// before it; numbers stay numbers.
pub fn cell(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text that [`cell`] wrote.
pub fn of_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell)
}

fn bounded(text: &str, least: usize, most: usize, breaks: bool) -> Result<String, Refusal> {
    let trimmed = text.trim();
    let length = trimmed.chars().count();
    if length < least {
        return Err(Refusal::new(Code::InvalidText, "the text is empty"));
    }
    if length > most {
        let detail = format!("the text has {length} characters; at most {most} are taken");
        return Err(Refusal::new(Code::InvalidText, detail));
    }
    let control = |c: char| c.is_control() && !(breaks && matches!(c, '\n' | '\r' | '\t'));
    if trimmed.chars().any(control) {
        return Err(Refusal::new(Code::InvalidText, "the text has a control character"));
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text_in_a_cell_and_numbers_stay_numbers() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-5.00", "-5.00"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("+44 113", "'+44 113"),
            ("＝1", "'＝1"),
            ("\t=1", "'\t=1"),
            ("it's", "it's"),
        ] {
            assert_eq!(cell(text), expected);
            assert_eq!(of_cell(&cell(text)), text);
        }
    }
}

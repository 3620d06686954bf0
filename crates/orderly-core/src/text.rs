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

//! Why a document cannot be made.

use crate::sscc::SsccError;

/// Why a document cannot be made from its input. `field` names the input as a path, for example
/// `recipient.city` or `lines[3].sku`, so that an edge can point at it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocError {
    /// The recipient has neither a name nor a company, or no address at all.
    #[error("the recipient needs a name or a company, and a street line or a city")]
    EmptyRecipient,
    /// A field that the document cannot do without is empty.
    #[error("{field} is missing")]
    Missing { field: String },
    /// A field has more characters (or a list more entries) than a document carries.
    #[error("{field} has {length} characters or entries; at most {max} are allowed")]
    TooLong { field: String, length: usize, max: usize },
    /// The text is within its limits but does not fit its place at the smallest legible size.
    #[error("{field} does not fit its place on the document; shorten it")]
    DoesNotFit { field: String },
    /// Control characters, line separators and direction overrides never belong on paper.
    #[error("{field} contains the control character U+{code:04X}")]
    ControlCharacter { field: String, code: u32 },
    /// The barcode of this field carries printable ASCII only.
    #[error("{field} contains {character:?}, which its barcode cannot carry")]
    NotEncodable { field: String, character: char },
    /// Not an ISO 3166-1 alpha-2 code.
    #[error("{field} is {code:?}, which is not an ISO 3166-1 alpha-2 country code")]
    UnknownCountry { field: String, code: String },
    /// Parcels are numbered from 1 to their total.
    #[error("parcel {number} of {total} does not exist")]
    ParcelNumber { number: u32, total: u32 },
    /// The SSCC is wrong.
    #[error(transparent)]
    Sscc(#[from] SsccError),
}

/// Refuses text with more than `max` characters, or with characters that never belong on paper.
pub(crate) fn check_text(field: &str, text: &str, max: usize) -> Result<(), DocError> {
    let length = text.chars().count();
    if length > max {
        return Err(DocError::TooLong { field: field.to_owned(), length, max });
    }
    match text.chars().find(|&c| is_forbidden(c)) {
        Some(c) => Err(DocError::ControlCharacter { field: field.to_owned(), code: c.into() }),
        None => Ok(()),
    }
}

/// Refuses text that is empty, longer than `max`, or not printable ASCII.
pub(crate) fn check_barcode_text(field: &str, text: &str, max: usize) -> Result<(), DocError> {
    if text.trim().is_empty() {
        return Err(DocError::Missing { field: field.to_owned() });
    }
    check_text(field, text, max)?;
    match text.chars().find(|c| !(' '..='~').contains(c)) {
        Some(character) => Err(DocError::NotEncodable { field: field.to_owned(), character }),
        None => Ok(()),
    }
}

/// Refuses a list with more than `max` entries.
pub(crate) fn check_count(field: &str, length: usize, max: usize) -> Result<(), DocError> {
    if length > max {
        return Err(DocError::TooLong { field: field.to_owned(), length, max });
    }
    Ok(())
}

/// Control characters, line and paragraph separators, and the marks that reorder a whole line.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

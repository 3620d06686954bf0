//! Captioned values, for example a customer's own order number.

use crate::error::{DocError, check_text};

/// A value and what it is: `PO` and `4500012345`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// At most 30 characters.
    pub label: String,
    /// At most 100 characters.
    pub value: String,
}

impl Reference {
    /// Returns both on one line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.label.trim(), self.value.trim()).trim().to_owned()
    }
}

pub(crate) fn check(field: &str, references: &[Reference]) -> Result<(), DocError> {
    for (index, reference) in references.iter().enumerate() {
        check_text(&format!("{field}[{index}].label"), &reference.label, 30)?;
        check_text(&format!("{field}[{index}].value"), &reference.value, 100)?;
    }
    Ok(())
}

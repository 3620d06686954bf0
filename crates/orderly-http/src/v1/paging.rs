//! What queries of lists share: cursors, limits, and words that name a state.

use std::str::FromStr;

use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;

use crate::Page;

/// How many at once: fifty where nothing is said, never more than 250.
pub fn limit(wanted: Option<u32>) -> u32 {
    wanted.unwrap_or(50).clamp(1, 250)
}

/// Reads a cursor.
///
/// # Errors
/// `invalid_field` where it is none.
pub fn cursor<T: FromStr>(after: Option<&str>) -> Result<Option<T>, Error> {
    let wrong = |_| {
        let detail = "this is not a cursor of a page; take it from `next`";
        Refusal::at(Code::InvalidField, "after", detail).into()
    };
    after.map(|text| text.parse().map_err(wrong)).transpose()
}

/// Reads a word of a query, such as a state.
///
/// # Errors
/// `invalid_field` where `parse` does not know it.
pub fn word<T>(
    name: &str,
    text: Option<&str>,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(text) = text else { return Ok(None) };
    let known = parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Refusal::at(Code::InvalidField, name, format!("there is no {name} `{shown}`"))
    })?;
    Ok(Some(known))
}

/// A page of what was found: the last one's id is the cursor where there may be more.
pub fn page<T, U>(
    found: &[T],
    limit: u32,
    id: impl Fn(&T) -> String,
    show: impl Fn(&T) -> U,
) -> Page<U> {
    let full = found.len() >= limit as usize;
    let next = found.last().filter(|_| full).map(id);
    Page::new(found.iter().map(show).collect(), next)
}

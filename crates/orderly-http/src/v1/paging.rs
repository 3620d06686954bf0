//! What queries of lists share: cursors, limits, and words that name a state.

use std::str::FromStr;

use orderly_core::refusal::{Code, Refusal};
use orderly_ops::Error;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Page;

/// A page of a list, in one state only where it is named.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ByState {
    /// A word such as those that the answers name.
    pub state: Option<String>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most 250; 50 where absent.
    pub limit: Option<u32>,
}

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
    Page::new(found.iter().map(show).collect(), next(found, limit, id))
}

/// A page of what takes a reading to show.
///
/// # Errors
/// The first one of a reading.
pub fn read_page<T, U>(
    found: &[T],
    limit: u32,
    id: impl Fn(&T) -> String,
    show: impl Fn(&T) -> Result<U, Error>,
) -> Result<Page<U>, Error> {
    let shown = found.iter().map(show).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(shown, next(found, limit, id)))
}

fn next<T>(found: &[T], limit: u32, id: impl Fn(&T) -> String) -> Option<String> {
    let full = found.len() >= limit as usize;
    found.last().filter(|_| full).map(id)
}

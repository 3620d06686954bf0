//! Returns, refunds and exchanges as lists and pages show them.

use orderly_core::actor::{Permission, Scope};
use orderly_core::refund::Refund;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::{Return, ReturnState};
use orderly_store::tables::{refunds, returns};

use crate::{App, Call, Error};

/// The most of one page.
const MAX_PAGE: i64 = 1_000;

fn page(limit: i64) -> Result<i64, Error> {
    if (1..=MAX_PAGE).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("a page has between 1 and {MAX_PAGE} rows");
    Err(Refusal::at(Code::InvalidField, "/limit", detail).into())
}

/// Returns the refund with this number or id.
///
/// # Errors
/// `not_found`.
pub fn refund(app: &App, call: &Call, text: &str) -> Result<Refund, Error> {
    call.require(Permission::Read, Scope::default())?;
    let name: String = text.chars().take(40).collect();
    app.store.read(|tx| {
        let id = match text.parse() {
            Ok(id) => Some(id),
            Err(_) => refunds::by_number(tx, text.trim())?,
        };
        let found = id.map(|id| refunds::get(tx, id, false)).transpose()?.flatten();
        found.ok_or_else(|| Error::not_found(format!("refund `{name}`")))
    })
}

/// Returns the latest refunds, without their lines.
pub fn refunds(app: &App, call: &Call, limit: i64) -> Result<Vec<Refund>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let limit = page(limit)?;
    Ok(app.store.read(|tx| refunds::list(tx, None, limit))?)
}

/// Returns the return with this number or id.
///
/// # Errors
/// `not_found`.
pub fn one(app: &App, call: &Call, text: &str) -> Result<Return, Error> {
    call.require(Permission::Read, Scope::default())?;
    let name: String = text.chars().take(40).collect();
    app.store.read(|tx| {
        let id = match text.parse() {
            Ok(id) => Some(id),
            Err(_) => returns::by_number(tx, text.trim())?,
        };
        let found = id.map(|id| returns::get(tx, id, false)).transpose()?.flatten();
        found.ok_or_else(|| Error::not_found(format!("return `{name}`")))
    })
}

/// Returns the latest returns, without their parts; only those in one state where it is given.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<ReturnState>,
    limit: i64,
) -> Result<Vec<Return>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let limit = page(limit)?;
    Ok(app.store.read(|tx| returns::list(tx, state, None, limit))?)
}

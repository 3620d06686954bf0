//! Returns, refunds and exchanges as lists and pages show them.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{RefundId, ReturnId};
use orderly_core::refund::Refund;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::{Return, ReturnState, request as requests};
use orderly_core::time::Instant;
use orderly_store::tables::{orders, refunds, returns};

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

/// Returns refunds made before the cursor, the latest first, without their lines.
pub fn refunds(
    app: &App,
    call: &Call,
    before: Option<(Instant, RefundId)>,
    limit: i64,
) -> Result<Vec<Refund>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let limit = page(limit)?;
    Ok(app.store.read(|tx| refunds::list(tx, before, limit))?)
}

/// Returns what the caller may do with a return now: the decisions are tried on it.
pub fn allowed(app: &App, call: &Call, one: &Return) -> Result<Vec<&'static str>, Error> {
    let order = app.store.read(|tx| {
        let found = one.order.map(|id| orders::get(tx, id, false)).transpose()?;
        Ok::<_, Error>(found.flatten())
    })?;
    let order = order.as_ref();
    let came = one.lines.iter().any(|line| !line.received.is_zero());
    let comes = one.lines.iter().any(|line| !line.outstanding().is_zero());
    let expected = matches!(one.head.state, ReturnState::Approved | ReturnState::Received);
    let open = one.head.state == ReturnState::Received;
    let credits = one.lines.iter().any(|line| !line.kept().less(line.refunded).is_zero());
    let all = [
        ("approve", Permission::ApproveReturn, requests::approve(one).is_ok()),
        ("refuse", Permission::ApproveReturn, requests::refuse(one, order, "-").is_ok()),
        ("cancel", Permission::Return, requests::cancel(one, order).is_ok()),
        ("receive", Permission::ReceiveReturn, expected && comes),
        ("inspect", Permission::InspectReturn, open && came),
        ("close", Permission::InspectReturn, requests::close(one, order).is_ok()),
        ("reopen", Permission::InspectReturn, requests::reopen(one, order).is_ok()),
        ("credit", Permission::ReturnBlind, one.order.is_none() && credits),
        ("refund", Permission::Refund, one.order.is_some() && credits),
    ];
    let scope =
        Scope { location: one.head.location, channel: Some(one.channel), ..Scope::default() };
    let may = all.into_iter().filter(|(_, right, can)| *can && call.actor.may(*right, scope));
    Ok(may.map(|(name, ..)| name).collect())
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

/// Returns returns opened before the cursor, the latest first, without their parts; only those in
/// one state where it is given.
pub fn list(
    app: &App,
    call: &Call,
    state: Option<ReturnState>,
    before: Option<(Instant, ReturnId)>,
    limit: i64,
) -> Result<Vec<Return>, Error> {
    call.require(Permission::Read, Scope::default())?;
    let limit = page(limit)?;
    Ok(app.store.read(|tx| returns::list(tx, state, before, limit))?)
}

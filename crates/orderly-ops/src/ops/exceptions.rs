//! Exceptions: what only a person can decide, settled once it is decided.

use orderly_core::actor::{Permission, Scope};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::exceptions::{self as rows, Exception};

use super::{Object, Reference, command};
use crate::{App, Call, Error};

impl Object for Exception {
    fn reference(&self) -> Reference {
        Reference { kind: "exception", id: self.id, sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        one(tx, id)
    }
}

fn one(tx: &mut Tx<'_>, id: [u8; 16]) -> Result<Exception, Error> {
    rows::get(tx, id)?.ok_or_else(|| Error::not_found("such exception"))
}

/// The right that settles an exception: who may change orders settles what is about one, who may
/// adjust stock the rest.
pub const fn right(exception: &Exception) -> Permission {
    match exception.order {
        Some(_) => Permission::Edit,
        None => Permission::Adjust,
    }
}

/// Settles an exception: somebody looked at it and did what was to be done. The reason says what.
///
/// # Errors
/// `reason_required`; `nothing_to_do` where it is settled already; `not_found`.
pub fn settle(app: &App, call: &Call, id: [u8; 16]) -> Result<Exception, Error> {
    command(app, call, "exception.settle", |tx| {
        let before = one(tx, id)?;
        call.require(right(&before), Scope { location: before.location, ..Scope::default() })?;
        ensure(call.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()), || {
            Refusal::at(Code::ReasonRequired, "/reason", "say what was done")
        })?;
        ensure(rows::settle(tx, id, call.now)?, || {
            Refusal::new(Code::NothingToDo, "it is settled already")
        })?;
        one(tx, id)
    })
}

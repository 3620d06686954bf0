//! Moving a tenant to another engine.

pub use orderly_store::copy::Copied;

use crate::{App, Error};

/// Copies everything from one database to another of the same schema, and compares both sides.
/// What was copied before is not copied again. The old database is only read.
///
/// # Errors
/// `Unavailable` where the new database holds rows of its own, or where the two differ afterwards.
pub fn run(from: &App, to: &App, mut each: impl FnMut(&str, u64)) -> Result<Vec<Copied>, Error> {
    Ok(orderly_store::copy::run(&from.store, &to.store, &mut each)?)
}

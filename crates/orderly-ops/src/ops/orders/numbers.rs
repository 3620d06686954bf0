//! Order numbers, reserved in blocks by transactions of their own: gaps are allowed, waiting is
//! not. A process that ends leaves a gap.

use std::sync::PoisonError;

use orderly_core::id::LegalEntityId;
use orderly_store::tables::numbers;

use crate::{App, Error};

const BLOCK: i64 = 1_000;
/// The first order number of a new database.
const FIRST: i64 = 10_001;

/// Takes `count` order numbers of this process, reserving blocks of them as needed.
pub fn take(app: &App, count: usize) -> Result<Vec<String>, Error> {
    let mut reserved = app.reserved.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        if reserved.is_empty() {
            let first = app.store.write(|tx| {
                Ok::<i64, Error>(numbers::take(tx, LegalEntityId::NONE, "order", FIRST, BLOCK)?)
            })?;
            *reserved = first..first + BLOCK;
        }
        out.extend(reserved.next().map(|number| number.to_string()));
    }
    Ok(out)
}

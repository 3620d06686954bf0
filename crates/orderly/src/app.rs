//! What every operation works on: one tenant's store, and the order numbers reserved for this
//! process.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use orderly_core::id::LegalEntityId;
use orderly_store::Store;
use orderly_store::tables::numbers;

use crate::Error;

/// Order numbers are reserved in blocks; a process that ends leaves a gap.
const BLOCK: i64 = 1_000;
/// The first order number of a new database.
const FIRST: i64 = 10_001;

/// One tenant, opened. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    reserved: Arc<Mutex<Range<i64>>>,
}

impl App {
    /// Opens a database file or a `postgres://` address, and brings its schema up to date.
    ///
    /// # Errors
    /// `Unavailable` where the engine cannot be reached, is unsafe or too old.
    pub fn open(location: &str) -> Result<Self, Error> {
        Ok(Self { store: Store::open(location)?, reserved: Arc::new(Mutex::new(0..0)) })
    }

    /// Takes `count` order numbers, reserving blocks of them in transactions of their own.
    pub fn order_numbers(&self, count: usize) -> Result<Vec<String>, Error> {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::with_capacity(count);
        while out.len() < count {
            if reserved.is_empty() {
                let entity = LegalEntityId::NONE;
                let first = self.store.write(|tx| {
                    Ok::<i64, Error>(numbers::take(tx, entity, "order", FIRST, BLOCK)?)
                })?;
                *reserved = first..first + BLOCK;
            }
            out.extend(reserved.next().map(|number| number.to_string()));
        }
        Ok(out)
    }
}

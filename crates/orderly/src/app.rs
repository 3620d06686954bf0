//! What every operation works on: one tenant's store.

use orderly_store::Store;

use crate::Error;

/// One tenant, opened. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
}

impl App {
    /// Opens a database file or a `postgres://` address, and brings its schema up to date.
    ///
    /// # Errors
    /// `Unavailable` where the engine cannot be reached, is unsafe or too old.
    pub fn open(location: &str) -> Result<Self, Error> {
        Ok(Self { store: Store::open(location)? })
    }
}

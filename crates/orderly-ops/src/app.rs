//! What every operation works on: one tenant's store, and the order numbers reserved for this
//! process.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use orderly_store::Store;

use crate::vault::Vault;
use crate::{Error, Wake};

/// One tenant, opened. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    /// The order numbers this process may use.
    pub reserved: Arc<Mutex<Range<i64>>>,
    /// Seals secrets with a key that is not in the database.
    pub vault: Arc<Vault>,
    /// Told after every command: there may be work for the jobs.
    pub wake: Wake,
    /// Places orders that come at the same time as one batch.
    pub coalescer: Arc<crate::ops::orders::Coalescer>,
    /// The callers that were known a moment ago.
    pub access: Arc<crate::ops::access::Cache>,
}

impl App {
    /// Opens a database file or a `postgres://` address, and brings its schema up to date.
    ///
    /// # Errors
    /// `Unavailable` where the engine cannot be reached, is unsafe or too old.
    pub fn open(location: &str) -> Result<Self, Error> {
        Ok(Self {
            store: Store::open(location)?,
            reserved: Arc::new(Mutex::new(0..0)),
            vault: Arc::new(Vault::of(location)),
            wake: Wake::default(),
            coalescer: Arc::default(),
            access: Arc::default(),
        })
    }

    /// The same tenant for trying things: operations answer as ever, and nothing of it stays.
    #[must_use]
    pub fn rehearsal(&self) -> Self {
        Self {
            store: self.store.rehearsal(),
            reserved: Arc::new(Mutex::new(0..0)),
            vault: Arc::clone(&self.vault),
            wake: Wake::default(),
            coalescer: Arc::default(),
            access: Arc::default(),
        }
    }
}

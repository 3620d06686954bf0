//! What tests do with the steps of a transaction: a debug build fails, or ends, at any one of them,
//! and tells which statements were run.
//!
//! A step is a statement, or a commit's beginning or end. Nobody has to name the places where a
//! command may be cut off: a test counts through all of them. Release builds have none of this.

#[cfg(debug_assertions)]
mod planned {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeSet;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    use crate::{Cause, StoreError};

    /// The process ends at the step that this variable counts to.
    const ABORT: &str = "ORDERLY_ABORT_AT";

    thread_local! {
        /// How many steps of this thread pass before one fails.
        static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
        /// The texts of the statements of this thread, where a test wants them.
        static TEXTS: RefCell<Option<BTreeSet<String>>> = const { RefCell::new(None) };
    }

    /// Runs `f` and returns also the texts of the statements that it ran on this thread.
    pub fn texts_of<T>(f: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
        TEXTS.set(Some(BTreeSet::new()));
        let result = f();
        (result, TEXTS.take().unwrap_or_default())
    }

    /// Runs `f`, whose statement number `step` on this thread, counted from 0, fails once as if
    /// the database were gone. Says also whether there was such a statement.
    pub fn fail_at<T>(step: u64, f: impl FnOnce() -> T) -> (T, bool) {
        LEFT.set(Some(step));
        let result = f();
        (result, LEFT.take().is_none())
    }

    pub(crate) fn statement(text: &str) -> Result<(), StoreError> {
        TEXTS.with_borrow_mut(|texts| texts.as_mut().map(|texts| texts.insert(text.to_owned())));
        boundary();
        match LEFT.get() {
            None => Ok(()),
            Some(0) => {
                LEFT.set(None);
                Err(StoreError::Unavailable(Cause::new("a fault on purpose")))
            }
            Some(left) => {
                LEFT.set(Some(left - 1));
                Ok(())
            }
        }
    }

    /// A step that cannot fail by itself, but may be the process's last.
    pub(crate) fn boundary() {
        static ABORT_AT: OnceLock<Option<AtomicI64>> = OnceLock::new();
        let at = ABORT_AT.get_or_init(|| {
            let step = std::env::var(ABORT).ok()?.parse().ok()?;
            Some(AtomicI64::new(step))
        });
        if let Some(left) = at
            && left.fetch_sub(1, Ordering::Relaxed) == 0
        {
            std::process::abort();
        }
    }
}

#[cfg(debug_assertions)]
pub(crate) use planned::{boundary, statement};
#[cfg(debug_assertions)]
pub use planned::{fail_at, texts_of};

#[cfg(not(debug_assertions))]
pub(crate) const fn boundary() {}

#[cfg(not(debug_assertions))]
pub(crate) const fn statement(_: &str) -> Result<(), crate::StoreError> {
    Ok(())
}

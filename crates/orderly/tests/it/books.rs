//! The books: closing, late costs, rates, reports and their exports, on both engines.

pub(crate) mod abroad;
mod closing;
mod exports;
pub(crate) mod late;
mod reports;

use orderly::ops::books::entries::{EntryIn, enter};
use orderly::{Call, Error, verify};
use orderly_core::books::Journal;
use orderly_core::time::Instant;
use serde_json::json;

use crate::fixture::{Shop, read};

impl Shop {
    /// A call at a time of its own.
    pub fn call_at(&self, at: &str) -> Call {
        let mut call = self.call();
        let second = call.now.micros() % 60_000_000;
        call.now = Instant::parse(at).unwrap().plus_micros(second);
        call.with_reason("as told")
    }

    /// Posts `amount` from the bank to bank fees, at a location.
    pub fn entered(&self, call: &Call, on: &str, amount: &str) -> Result<Journal, Error> {
        let entry: EntryIn = read(json!({
            "on": on,
            "postings": [
                { "account": "bank_fees", "amount": amount, "location": "leeds" },
                { "account": "bank", "amount": format!("-{amount}") },
            ],
        }));
        enter(&self.app, call, &entry)
    }

    /// Verifies everything.
    pub fn is_clean(&self) {
        let report = verify::run(&self.app, &verify::Options::default()).unwrap();
        assert_eq!(report.exit_code(), 0, "{report}");
    }
}

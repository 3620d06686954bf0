//! The domain, decided from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod payments;
mod price;
mod refunds;
mod returns;
mod sample;

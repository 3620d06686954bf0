//! The domain, decided from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod payments;
mod price;
mod refunds;
mod sample;

//! One module per table or aggregate: its rows in, its domain values out.

pub mod audit;
pub mod claims;
pub mod events;
pub mod idempotency;
pub mod levels;
pub mod numbers;
pub mod orders;

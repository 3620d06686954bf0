//! The domain: pure decisions and states. No IO, clock, randomness, async, SQL or logging.
//!
//! Time and ids are arguments. Start with [`order`] (the life of an order) and [`units`] (where
//! goods are and what can be promised).

pub mod id;
pub mod money;
pub mod qty;
pub mod time;

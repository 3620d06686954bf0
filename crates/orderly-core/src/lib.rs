//! The domain: pure decisions and states. No IO, clock, randomness, async, SQL or logging.
//!
//! Time and ids are arguments. Start with [`order`] (the life of an order) and [`units`] (where
//! goods are and what can be promised).

pub mod access;
pub mod actor;
pub mod bank;
pub mod books;
pub mod catalog;
mod codes;
pub mod country;
pub mod exchange;
pub mod id;
pub mod invoice;
pub mod item;
pub mod load;
pub mod message;
pub mod money;
pub mod order;
pub mod party;
pub mod payment;
pub mod pricing;
pub mod purchase;
pub mod qty;
pub mod quote;
pub mod refund;
pub mod refusal;
pub mod returns;
pub mod sourcing;
pub mod stock;
pub mod text;
pub mod till;
pub mod time;
pub mod units;
pub mod webhook;
pub mod work;

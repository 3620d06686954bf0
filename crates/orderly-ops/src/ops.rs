//! One function is one business operation, in one transaction.
//!
//! Every operation goes through [`command()`]: claim the key → authorize → load → decide (in the
//! core) → save by compare-and-set → movements, journals, events, audit → outcome → commit →
//! answer. Nothing outside is touched.

pub mod access;
pub mod accounts;
pub mod bank;
pub mod books;
pub mod catalog;
pub mod command;
pub mod documents;
pub mod events;
pub mod exceptions;
pub mod exchanges;
pub mod export;
pub mod fulfillments;
pub mod import;
pub mod invoices;
pub mod loads;
pub mod messages;
pub mod migrate;
pub mod orders;
pub mod outbound;
pub mod parties;
pub mod payments;
pub mod prices;
pub mod purchases;
pub mod quotes;
pub mod read;
pub mod refunds;
pub mod returns;
pub mod settings;
pub mod stock;
pub mod suppliers;
pub mod tasks;
pub mod taxes;
pub mod tills;
pub mod webhooks;

pub use command::{Object, Reference, command};

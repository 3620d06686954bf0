//! Operations on documents of revenue: invoices, receipts and credit notes.

pub mod policy;
mod settle;

pub use settle::{Settling, settle};

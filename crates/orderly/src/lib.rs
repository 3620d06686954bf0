//! The command line and the demo: the edges put together into one binary.

pub mod cli;
pub mod demo;

pub use orderly_ops::{App, Call, Error, app, call, error, import, ops, vault, verify, wire};

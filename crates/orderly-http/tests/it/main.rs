//! The API as its callers meet it: a real server on loopback, a real client.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]
#![expect(dead_code, reason = "the fixture offers more than is needed here")]

extern crate orderly_ops as orderly;

mod back;
mod cash;
mod catalog;
mod corpora;
mod coverage;
mod edits;
mod events;
#[path = "../../../orderly/tests/it/fixture.rs"]
mod fixture;
mod fulfillments;
mod keeping;
mod loads;
mod orders;
mod outside;
mod payables;
mod people;
mod prices;
mod purchases;
mod quotes;
mod rights;
mod rim;
mod server;
mod stock;
mod table;
mod trade;

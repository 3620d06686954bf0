//! The console as people meet it: a real server on loopback, forms as browsers send them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]
#![expect(dead_code, reason = "the fixture offers more than is needed here")]

extern crate orderly_ops as orderly;

mod books;
mod browser;
mod door;
mod entry;
#[path = "../../../orderly/tests/it/fixture.rs"]
mod fixture;
mod home;
mod messages;
mod orders;
mod pages;
mod returns;
mod server;
mod settings;
#[path = "../../../orderly/tests/it/jobs/smtp.rs"]
mod smtp;
mod stock;
mod trade;

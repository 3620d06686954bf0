//! The API as its callers meet it: a real server on loopback, a real client.

extern crate orderly_ops as orderly;

#[path = "../../../orderly/tests/it/fixture.rs"]
#[allow(dead_code, reason = "the merchant of the other tests has more than is needed here")]
mod fixture;
mod rim;
mod server;

//! Measures and proves Orderly on the user's own machine and engine, as one program: the clients
//! run beside the server they ask.
//!
//! Every scenario works on a scratch database of its own, which [`Scratch`] names and removes.

pub mod client;
pub mod contention;
pub mod crash;
pub mod figures;
pub mod floor;
pub mod merchant;
pub mod placement;
pub mod report;
pub mod scratch;
pub mod server;

pub use scratch::Scratch;

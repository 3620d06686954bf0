//! The rim of the server: what HTTP and the console share.
//!
//! Below the rim everything is blocking. The rim knows who asks, bounds what a request may cost,
//! runs one operation on the blocking pool, and serves until it is told to stop.

pub mod asked;
pub mod follow;
pub mod headers;
pub mod health;
pub mod metrics;
pub mod rim;
pub mod serve;
pub mod who;

pub use asked::{Asked, Caller};
pub use rim::{Limits, Rim};

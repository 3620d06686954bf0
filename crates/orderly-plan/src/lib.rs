//! Pure numbers in, numbers out: forecasting, replenishment, sourcing, cartons.
//!
//! Nothing here reads a file, a clock or the network. Every function is deterministic: the same
//! input gives the same bits on any number of threads.

pub mod count;
pub mod forecast;
pub mod numeric;
pub mod pack;
pub mod pick;
pub mod route;
pub mod stock;
pub mod threads;

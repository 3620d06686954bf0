//! Sourcing: which location ships which lines of an order.
//!
//! [`kernel`] decides one order exactly for any tariff; [`branch`] takes over beyond twelve lines;
//! [`split`] divides a line's quantity when no location holds all of it; [`rules`] turns ranked
//! rules into tiers of cost; [`prices`] look ahead through bid prices for scarce stock; [`batch`]
//! decides many waiting orders together with a certified gap; [`explain`] says why; [`generate`]
//! and [`second`] are the benchmark worlds.

pub mod batch;
pub mod branch;
pub mod explain;
pub mod generate;
pub mod kernel;
pub mod network;
pub mod prices;
pub mod replay;
pub mod rules;
pub mod second;
pub mod split;

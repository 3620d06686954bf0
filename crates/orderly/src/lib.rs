//! The operations of Orderly and its edges.
//!
//! Edges parse, call one operation of [`ops`] and render. Only operations open transactions.

pub mod app;
pub mod call;
pub mod cli;
pub mod demo;
pub mod error;
pub mod ops;
pub mod verify;
pub mod wire;

pub use app::App;
pub use call::Call;
pub use error::Error;
pub use ops::import;

//! The operations of Orderly: one function is one business operation in one transaction.
//!
//! The edges (HTTP, console, command line) parse, call one operation of [`ops`] and render.

pub mod app;
pub mod call;
pub mod error;
pub mod ops;
pub mod vault;
pub mod verify;
pub mod wake;
pub mod wire;

pub use app::App;
pub use call::Call;
pub use error::Error;
pub use ops::import;
pub use wake::Wake;

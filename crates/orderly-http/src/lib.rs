//! HTTP `/v1`: every operation and read, described by an OpenAPI document that is made from the
//! same table the router is made from.
//!
//! A route cannot exist without the right it needs, its shapes and its summary: [`operation`].

pub mod answer;
pub mod cx;
pub mod input;
pub mod openapi;
pub mod operation;
pub mod problem;
pub mod reference;
pub mod router;
pub mod shape;
mod stream;
pub mod throttle;
pub mod v1;

pub use answer::{Done, File, Page};
pub use cx::Cx;
pub use operation::Operation;

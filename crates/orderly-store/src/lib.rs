//! The only SQL: SQLite and PostgreSQL behind one store.
//!
//! A tenant is one SQLite file or one PostgreSQL schema. [`Store::write`] is the only way to
//! write and [`Store::read`] reads one snapshot; both hand out a [`Tx`]. Queries are written once,
//! the schema twice ([`schema`]).

pub mod catalog;
pub mod codec;
pub mod copy;
mod error;
mod insert;
mod migrate;
mod pool;
mod postgres;
mod row;
pub mod schema;
mod set;
mod sql;
mod sqlite;
pub mod steps;
mod store;
pub mod tables;
mod tx;
mod value;
pub mod verify;

pub use error::{Cause, StoreError};
pub use row::Row;
pub use store::{Engine, Store};
pub use tx::{Column, Tx};
pub use value::{Bind, FromValue, HasKind, Kind, Mismatch, ToValue, Value, ValueRef};

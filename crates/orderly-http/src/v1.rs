//! The operations, one file for each kind of object.

pub mod orders;

use crate::Operation;

/// Every operation of the API.
pub fn operations() -> Vec<Operation> {
    [orders::operations()].into_iter().flatten().collect()
}

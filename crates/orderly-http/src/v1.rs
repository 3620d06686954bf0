//! The operations, one file for each kind of object.

pub mod channels;
pub mod customers;
pub mod desk;
mod documents;
pub mod exchanges;
pub mod fulfillments;
pub mod items;
pub mod locations;
pub mod orders;
pub mod refunds;
pub mod returns;
pub mod shipments;

use crate::Operation;

/// Every operation of the API.
pub fn operations() -> Vec<Operation> {
    [
        orders::operations(),
        fulfillments::operations(),
        shipments::operations(),
        returns::operations(),
        refunds::operations(),
        exchanges::operations(),
        customers::operations(),
        items::operations(),
        locations::operations(),
        channels::operations(),
        desk::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

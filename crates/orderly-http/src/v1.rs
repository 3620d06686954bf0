//! The operations, one file for each kind of object.

pub mod accounts;
pub mod books;
pub mod invoices;
pub mod orders;
pub mod payments;
pub mod channels;
pub mod customers;
pub mod desk;
mod documents;
pub mod exchanges;
pub mod fulfillments;
pub mod items;
pub mod locations;
pub mod refunds;
pub mod returns;
pub mod shipments;

use orderly_ops::Error;

use crate::{File, Operation};

/// Every operation of the API.
pub fn operations() -> Vec<Operation> {
    [
        accounts::operations(),
        books::operations(),
        invoices::operations(),
        orders::operations(),
        payments::operations(),
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

/// A document as a file.
fn pdf<E: std::fmt::Display>(bytes: Result<Vec<u8>, E>, name: &str) -> Result<File, Error> {
    let cannot = |error: E| Error::Invalid(format!("the document cannot be printed: {error}"));
    let bytes = bytes.map_err(cannot)?;
    Ok(File { media: "application/pdf", name: Some(format!("{name}.pdf")), bytes })
}

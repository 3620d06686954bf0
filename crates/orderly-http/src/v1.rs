//! The operations, one file for each kind of object.

pub mod accounts;
pub mod audit;
pub mod bank;
pub mod books;
pub mod channels;
pub mod counts;
pub mod customers;
pub mod desk;
mod documents;
pub mod events;
pub mod exchanges;
pub mod exports;
pub mod fulfillments;
pub mod imports;
pub mod invoices;
pub mod items;
pub mod loads;
pub mod locations;
pub mod messages;
pub mod orders;
pub mod paging;
pub mod payables;
pub mod payments;
pub mod prices;
pub mod purchases;
pub mod quotes;
pub mod rebates;
pub mod refunds;
pub mod returns;
pub mod roles;
pub mod shipments;
pub mod stock;
pub mod suppliers;
pub mod taxes;
pub mod tills;
pub mod transfers;
pub mod users;
pub mod vehicles;
pub mod webhooks;
pub mod work_orders;

use orderly_ops::Error;

use crate::{File, Operation};

/// Every operation of the API.
pub fn operations() -> Vec<Operation> {
    [
        orders::operations(),
        fulfillments::operations(),
        shipments::operations(),
        returns::operations(),
        refunds::operations(),
        exchanges::operations(),
        quotes::operations(),
        vehicles::operations(),
        loads::operations(),
        customers::operations(),
        accounts::operations(),
        invoices::operations(),
        payments::operations(),
        tills::operations(),
        bank::operations(),
        prices::operations(),
        taxes::operations(),
        books::operations(),
        items::operations(),
        locations::operations(),
        channels::operations(),
        stock::operations(),
        transfers::operations(),
        counts::operations(),
        work_orders::operations(),
        suppliers::operations(),
        purchases::operations(),
        payables::operations(),
        rebates::operations(),
        exports::operations(),
        events::operations(),
        webhooks::operations(),
        messages::operations(),
        imports::operations(),
        users::operations(),
        roles::operations(),
        audit::operations(),
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

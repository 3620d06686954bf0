//! Operations on documents of revenue: invoices, receipts and credit notes.

mod credit;
mod deposits;
mod desk;
mod issue;
pub mod policy;
mod print;
mod rebates;
mod run;
mod settle;
mod unordered;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::InvoiceId;
use orderly_core::invoice::{Invoice, SettlementRow, parse_name};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::invoices;

use super::command::{Object, Reference};
use crate::{App, Call, Error};
pub(in crate::ops) use credit::refunded;
pub use credit::{credit, to_invoice};
pub(in crate::ops) use deposits::balance;
pub use invoices::Filter;
pub use issue::{ISSUE, issue, issue_due};
pub(in crate::ops) use issue::{at_once, wake};
pub use orderly_core::invoice::credit::Part;
pub use print::print;
pub use rebates::give;
pub use run::{Ran, run};
pub use settle::{Settling, settle};
pub(in crate::ops) use unordered::without_order;

impl Object for Invoice {
    fn reference(&self) -> Reference {
        Reference { kind: "invoice", id: self.id.as_bytes(), sequence: self.version }
    }
    /// A document never changes but for what settles it: it is answered as it is now.
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _sequence: i64) -> Result<Self, Error> {
        let id = InvoiceId::from_bytes(id);
        let found = invoices::get(tx, id, false)?;
        found.ok_or_else(|| Error::Internal(format!("invoice {id} is gone")))
    }
}

/// Returns the document with this id.
pub fn get(app: &App, id: InvoiceId) -> Result<Option<Invoice>, Error> {
    app.store.read(|tx| Ok(invoices::get(tx, id, false)?))
}

/// Returns the document that people call by its series and number, or by its id.
///
/// # Errors
/// `not_found`; `invalid_field` where several legal entities have one: name its id.
///
/// Whoever may read something of somebody may ask; whether it is this document is
/// asked by [`show`].
pub fn find(app: &App, call: &Call, text: &str) -> Result<Invoice, Error> {
    call.require_somewhere(Permission::Read)?;
    let missing = || Error::not_found(format!("invoice {text}"));
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => {
            let (series, number) = parse_name(text).ok_or_else(missing)?;
            let found =
                app.store.read(|tx| Ok::<_, Error>(invoices::by_number(tx, series, number)?))?;
            match found.as_slice() {
                [] => return Err(missing()),
                [one] => *one,
                [first, ..] => {
                    let detail = format!("several legal entities have {text}: name its id");
                    let refusal = Refusal::at(Code::InvalidField, "/invoice", detail);
                    return Err(refusal.allowed(first.to_string()).into());
                }
            }
        }
    };
    get(app, id)?.ok_or_else(missing)
}

/// Returns a document with what settled it, oldest first, to whoever may read its channel.
///
/// # Errors
/// Those of [`find`].
pub fn show(app: &App, call: &Call, text: &str) -> Result<(Invoice, Vec<SettlementRow>), Error> {
    let found = find(app, call, text)?;
    call.require(Permission::Read, Scope { channel: found.channel, ..Scope::default() })?;
    let rows = app.store.read(|tx| invoices::settlements(tx, found.id))?;
    Ok((found, rows))
}

/// Returns up to `limit` documents, without their lines, issued before the cursor, the latest
/// first.
pub fn list(
    app: &App,
    call: &Call,
    filter: &Filter,
    before: Option<(Instant, InvoiceId)>,
    limit: i64,
) -> Result<Vec<Invoice>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(invoices::list(tx, filter, before, limit)?))
}

//! Buying: orders to suppliers, what arrives of them, what is invoiced, paid and sent back.

mod money;
mod orders;

use std::process::ExitCode;

use clap::Subcommand;

use super::Session;
use crate::Error;

#[derive(Debug, Subcommand)]
pub enum Purchases {
    /// Draft an order to a supplier
    Create(orders::Create),
    /// Buy what one special-order or direct-ship line of a customer's order needs
    Order(orders::OrderFor),
    /// Send a draft to its supplier
    Send(orders::Step),
    /// Record what the supplier confirmed: his number and the days
    Confirm(orders::Confirm),
    /// Receive goods by the lines of the order
    Receive(orders::Receive),
    /// Receive goods by what is scanned: SKU, GTIN, the supplier's SKU or the barcode of a pack
    Scan(orders::Scan),
    /// Record what the supplier sent straight to our customer
    Dispatch(orders::Dispatch),
    /// Close an order though some of it did not come
    Close(orders::Step),
    /// Open a closed or canceled order again
    Reopen(orders::Step),
    /// Cancel what is still to come, of some lines or of all
    Cancel(orders::Cancel),
    /// List orders to suppliers, the newest first
    List(orders::List),
    /// Show one order by number or id
    Show {
        /// The number or id
        purchase: String,
    },
    /// Write an order as PDF
    Pdf(orders::Pdf),
    /// Enter a supplier's invoice: it is booked where it matches, and held where it does not
    Invoice(money::Invoice),
    /// Match a held invoice again
    Match(money::Named),
    /// Book a held invoice all the same; needs --reason
    Approve(money::Named),
    /// Send a held invoice back
    Reject(money::Named),
    /// List what suppliers invoiced: all of it, or with --open what we owe
    Invoices(money::Invoices),
    /// Pay invoices of one supplier by one payment
    Pay(money::Pay),
    /// Send goods back to their supplier
    Return(money::Return),
    /// Enter a supplier's credit note, for goods sent back or invoiced too much
    Credit(money::Credit),
    /// Agree on rebates, settle them, and see what accrued
    #[command(subcommand)]
    Rebates(money::Rebates),
}

impl Purchases {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        use crate::ops::purchases::{close, invoices, reopen, send};
        match self {
            Self::Create(create) => create.run(session),
            Self::Order(order) => order.run(session),
            Self::Send(step) => step.run(session, send),
            Self::Confirm(confirm) => confirm.run(session),
            Self::Receive(receive) => receive.run(session),
            Self::Scan(scan) => scan.run(session),
            Self::Dispatch(dispatch) => dispatch.run(session),
            Self::Close(step) => step.run(session, close),
            Self::Reopen(step) => step.run(session, reopen),
            Self::Cancel(cancel) => cancel.run(session),
            Self::List(list) => list.run(session),
            Self::Show { purchase } => orders::show(session, purchase),
            Self::Pdf(pdf) => pdf.run(session),
            Self::Invoice(invoice) => invoice.run(session),
            Self::Match(named) => named.run(session, invoices::rematch),
            Self::Approve(named) => named.run(session, invoices::approve),
            Self::Reject(named) => named.run(session, invoices::reject),
            Self::Invoices(invoices) => invoices.run(session),
            Self::Pay(pay) => pay.run(session),
            Self::Return(back) => back.run(session),
            Self::Credit(credit) => credit.run(session),
            Self::Rebates(rebates) => rebates.run(session),
        }
    }
}

/// Splits `NAME=VALUE` at the last sign.
fn pair(text: &str) -> Result<(&str, &str), Error> {
    let split = text.rsplit_once('=').map(|(name, value)| (name.trim(), value.trim()));
    split.ok_or_else(|| Error::Invalid(format!("`{text}` is not of the form NAME=VALUE")))
}

/// Splits `LINE=VALUE`.
fn of_line(text: &str) -> Result<(i64, String), Error> {
    let (line, value) = pair(text)?;
    let line = line.parse();
    let wrong = |_| Error::Invalid(format!("`{text}` does not start with the number of a line"));
    Ok((line.map_err(wrong)?, value.to_owned()))
}

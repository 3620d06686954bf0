//! Changing a placed order.

use std::process::ExitCode;

use clap::Args;

use super::page;
use crate::Error;
use crate::cli::quotes::request;
use crate::cli::{Given, Session};
use crate::ops::orders::edit;
use crate::ops::read::orders;
use crate::wire::LineIn;
use crate::wire::edits::{DeliveryEditIn, EditIn, QuantityIn};
use crate::wire::out::OrderOut;

#[derive(Debug, Args)]
pub struct EditArgs {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// The changes as JSON, or - for the standard input
    #[arg(value_name = "FILE|-")]
    file: Option<String>,
    /// The quantity a line is to have in all, by number or SKU
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// A line to add, at the price of now
    #[arg(long = "add", value_name = "SKU=QTY")]
    add: Vec<String>,
    /// The delivery that goes to another address, where there are several
    #[arg(long, value_name = "REF", requires = "ship_to")]
    delivery: Option<String>,
    /// The new address as JSON, or - for the standard input
    #[arg(long, value_name = "FILE|-")]
    ship_to: Option<String>,
    /// The customer's own reference
    #[arg(long)]
    reference: Option<String>,
    /// Which orders go first when goods are scarce
    #[arg(long)]
    priority: Option<i64>,
    #[command(flatten)]
    given: Given,
}

impl EditArgs {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = self.request()?;
        let app = session.open()?;
        let shown = orders::show(&app, &session.reading(), &self.order)?;
        let call = session.changing(&self.given, &(shown.order.id, &new))?;
        let order = edit::edit(&app, &call, shown.order.id, &new)?;
        let shown = orders::show(&app, &session.reading(), &order.id.to_string())?;
        let out = OrderOut::from(&shown);
        session.out.answer(&out, || page::order(&out))
    }

    fn request(&self) -> Result<EditIn, Error> {
        let mut new: EditIn = match &self.file {
            Some(file) => request(file)?,
            None => EditIn::default(),
        };
        for text in &self.lines {
            let (line, quantity) = pair(text)?;
            new.lines.push(QuantityIn { line, quantity });
        }
        for text in &self.add {
            let (sku, quantity) = pair(text)?;
            new.add.push(LineIn { sku: Some(sku), quantity, ..LineIn::default() });
        }
        if let Some(file) = &self.ship_to {
            let (delivery, ship_to) = (self.delivery.clone(), Some(request(file)?));
            let other = DeliveryEditIn { delivery, ship_to, ..DeliveryEditIn::default() };
            new.deliveries.push(other);
        }
        new.reference = self.reference.clone().or(new.reference);
        new.priority = self.priority.or(new.priority);
        Ok(new)
    }
}

fn pair(text: &str) -> Result<(String, String), Error> {
    let read = text.split_once('=').map(|(name, rest)| (name.trim().into(), rest.trim().into()));
    read.ok_or_else(|| Error::Invalid(format!("`{text}` has no quantity: write it as 2=5")))
}

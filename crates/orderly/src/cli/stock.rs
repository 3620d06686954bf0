//! Stock: what there is, why, and what changes it.

mod counts;
mod levels;
mod transfers;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Given, Session};
use crate::Error;
use crate::ops::stock::{adjust, count, receive};
use crate::wire::stock::{AdjustmentIn, CountIn, CountedIn, ReceiptIn, ReceiptLineIn};

#[derive(Debug, Subcommand)]
pub enum Stock {
    /// List what can be promised, by location and item
    List(levels::List),
    /// Show why there are as many as there are: every movement of an item
    History {
        /// SKU, GTIN or id
        item: String,
        /// How many movements, the newest first
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Receive goods
    Receive(Receive),
    /// Correct what is recorded: more or fewer, with the reason
    Adjust(Adjust),
    /// Send goods to another location, receive them, and settle what differed
    #[command(subcommand)]
    Transfer(transfers::Transfer),
    /// Show what there is of an item, what comes, and what can be promised when
    Show(levels::Show),
    /// Count shelves and post the differences at once
    Count(Count),
    /// Count step by step, take a count back, and see what to count next
    #[command(subcommand)]
    Counts(counts::Counts),
}

#[derive(Debug, Args)]
pub struct Receive {
    /// The location that receives
    #[arg(long, value_name = "CODE")]
    location: String,
    /// The item's SKU
    sku: String,
    /// How many, in the unit; pieces, for goods held by length
    quantity: String,
    /// The unit; the item's sale unit where absent
    #[arg(long)]
    unit: Option<String>,
    /// The length of each piece, such as 4.8m
    #[arg(long)]
    length: Option<String>,
    /// The lot they belong to
    #[arg(long)]
    lot: Option<String>,
    /// A serial number; once for each unit
    #[arg(long = "serial")]
    serials: Vec<String>,
    /// What one unit cost
    #[arg(long)]
    cost: Option<String>,
    /// purchase, opening or other
    #[arg(long, default_value = "purchase")]
    kind: String,
    /// The supplier's delivery note
    #[arg(long)]
    reference: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Adjust {
    /// The location
    #[arg(long, value_name = "CODE")]
    location: String,
    /// The item's SKU
    sku: String,
    /// How many more, or with a minus how many fewer
    #[arg(allow_negative_numbers = true)]
    quantity: String,
    #[arg(long)]
    unit: Option<String>,
    #[arg(long)]
    length: Option<String>,
    #[arg(long)]
    lot: Option<String>,
    /// Where fewer went: lost, scrap or own_use
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Count {
    /// The location
    #[arg(long, value_name = "CODE")]
    location: String,
    /// An item with what was counted of it, in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    given: Given,
}

/// Splits `SKU=QTY`.
fn pair(text: &str) -> Result<(String, String), Error> {
    let split = text.rsplit_once('=').map(|(name, qty)| (name.trim().into(), qty.trim().into()));
    split.ok_or_else(|| Error::Invalid(format!("`{text}` is not of the form NAME=QUANTITY")))
}

impl Stock {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::List(list) => list.run(session),
            Self::History { item, limit } => levels::history(session, item, *limit),
            Self::Receive(receive) => receive.run(session),
            Self::Adjust(adjust) => adjust.run(session),
            Self::Transfer(transfer) => transfer.run(session),
            Self::Show(show) => show.run(session),
            Self::Count(count) => count.run(session),
            Self::Counts(counts) => counts.run(session),
        }
    }
}

impl Receive {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = ReceiptIn {
            location: self.location.clone(),
            kind: Some(self.kind.clone()),
            reference: self.reference.clone(),
            lines: vec![ReceiptLineIn {
                sku: self.sku.clone(),
                quantity: self.quantity.clone(),
                unit: self.unit.clone(),
                length: self.length.clone(),
                lot: self.lot.clone(),
                serials: self.serials.clone(),
                cost: self.cost.clone(),
                ..ReceiptLineIn::default()
            }],
            ..ReceiptIn::default()
        };
        let app = session.open()?;
        let receipt = receive::receive(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&receipt, || {
            format!("Receipt {}: {} is at {}.", receipt.number, self.sku, self.location)
        })
    }
}

impl Adjust {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = AdjustmentIn {
            location: self.location.clone(),
            sku: self.sku.clone(),
            quantity: self.quantity.clone(),
            unit: self.unit.clone(),
            length: self.length.clone(),
            lot: self.lot.clone(),
            to: self.to.clone(),
            reason: self.given.reason.clone().unwrap_or_default(),
            ..AdjustmentIn::default()
        };
        let app = session.open()?;
        let adjusted = adjust::adjust(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&adjusted, || {
            let Self { sku, location, quantity, .. } = self;
            format!("{sku} at {location} is adjusted by {quantity}: {}", adjusted.reason)
        })
    }
}

impl Count {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut counted = Vec::new();
        for text in &self.items {
            let (sku, quantity) = pair(text)?;
            counted.push(CountedIn { sku, quantity, ..CountedIn::default() });
        }
        let app = session.open()?;
        let step = |name: &str| {
            let key = self.given.key.as_ref().map(|key| format!("{key}:{name}"));
            session.changing(&Given { key, ..self.given.clone() }, self)
        };
        let new = CountIn { location: self.location.clone(), blind: false };
        let opened = count::open(&app, &step("open")?, &new)?;
        let recorded = count::record(&app, &step("record")?, opened.id, &counted);
        if let Err(error) = recorded {
            // Nothing was counted: the count does not stay open.
            count::cancel(&app, &step("cancel")?, opened.id)?;
            return Err(error);
        }
        let posted = count::finish(&app, &step("post")?, opened.id);
        if posted.is_err() {
            // What asks for another round or a reason is counted step by step.
            count::cancel(&app, &step("cancel")?, opened.id)?;
        }
        let posted = posted?;
        session.out.answer(&posted, || {
            let differences = posted.lines.iter().filter(|line| line.difference != Some(0));
            let off = differences.count();
            let all = posted.lines.len();
            format!("Count {} is posted: {all} counted, {off} differed.", posted.number)
        })
    }
}

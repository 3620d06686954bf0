//! Stock: what there is, why, and what changes it.

mod levels;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Given, Session};
use crate::Error;
use crate::ops::stock::{adjust, count, receive, transfer};
use crate::wire::stock::{
    AdjustmentIn, ArrivalIn, ArrivalLineIn, CountIn, CountedIn, ReceiptIn, ReceiptLineIn,
    TransferIn, TransferLineIn,
};

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
    /// Send goods to another location, or receive what was sent
    #[command(subcommand)]
    Transfer(Transfer),
    /// Count shelves and post the differences
    Count(Count),
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

#[derive(Debug, Subcommand)]
pub enum Transfer {
    /// Send goods on their way
    Ship(TransferShip),
    /// Receive what arrived of a transfer
    Receive(TransferReceive),
}

#[derive(Debug, Args)]
pub struct TransferShip {
    #[arg(long, value_name = "CODE")]
    from: String,
    #[arg(long, value_name = "CODE")]
    to: String,
    /// An item with its quantity in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct TransferReceive {
    /// The transfer's id
    transfer: String,
    /// What arrived of a line, in base units; everything where absent
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// Write off what is missing, with this reason
    #[arg(long, value_name = "WHY")]
    write_off: Option<String>,
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
            Self::Transfer(Transfer::Ship(ship)) => ship.run(session),
            Self::Transfer(Transfer::Receive(receive)) => receive.run(session),
            Self::Count(count) => count.run(session),
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

impl TransferShip {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let mut lines = Vec::new();
        for text in &self.items {
            let (sku, quantity) = pair(text)?;
            lines.push(TransferLineIn { sku, quantity, ..TransferLineIn::default() });
        }
        let new = TransferIn { from: self.from.clone(), to: self.to.clone(), lines };
        let app = session.open()?;
        let sent = transfer::ship(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&sent, || {
            format!(
                "Transfer {} is on its way to {}.\nThere: `orderly stock transfer receive {}`",
                sent.number, self.to, sent.id
            )
        })
    }
}

impl TransferReceive {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = self.transfer.parse()?;
        let known = transfer::get(&app, &session.reading(), id)?;
        let mut lines = Vec::new();
        for text in &self.lines {
            let (position, quantity) = pair(text)?;
            let read = position.parse().ok().zip(quantity.parse().ok());
            let wrong = || Error::Invalid(format!("`{text}` is not LINE=QTY in whole base units"));
            let (position, quantity) = read.ok_or_else(wrong)?;
            lines.push(ArrivalLineIn { position, quantity });
        }
        if self.lines.is_empty() {
            let there = known.lines.iter().filter(|line| !line.in_transit().is_zero());
            lines.extend(there.map(|line| ArrivalLineIn {
                position: line.position,
                quantity: line.in_transit().get(),
            }));
        }
        let arrival = ArrivalIn { lines, bin: None, write_off: self.write_off.clone() };
        let call = session.changing(&self.given, self)?;
        let received = transfer::receive(&app, &call, id, &arrival)?;
        session.out.answer(&received, || {
            format!("Transfer {}: {}.", received.number, received.state.code())
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
        let posted = count::finish(&app, &step("post")?, opened.id)?;
        session.out.answer(&posted, || {
            let differences = posted.lines.iter().filter(|line| line.difference != Some(0));
            let off = differences.count();
            let all = posted.lines.len();
            format!("Count {} is posted: {all} counted, {off} differed.", posted.number)
        })
    }
}

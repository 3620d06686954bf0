//! Transfers between locations, what differed, and claims against carriers.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::money::Money;
use orderly_core::stock::{CarrierClaim, CarrierClaimState, DifferenceKind, TransferState};
use serde_json::json;

use super::pair;
use crate::Error;
use crate::cli::output::{minute, table};
use crate::cli::{Given, Session};
use crate::ops::read::stock::transfers::{self, Shown};
use crate::ops::stock::transfer;
use crate::wire::stock::{
    ArrivalIn, ArrivalLineIn, DifferenceIn, DispatchIn, SettleClaimIn, TransferIn, TransferLineIn,
    TransferPartIn,
};

#[derive(Debug, Subcommand)]
pub enum Transfer {
    /// Plan one: its goods are claimed, so that nobody else is promised them
    Draft(New),
    /// Send goods on their way: of a draft, or named here
    Ship(Ship),
    /// Receive what arrived, and say what differed
    Receive(Receive),
    /// Take the latest arrival back
    UndoReceipt(One),
    /// Call it back, or give up what was not sent yet
    Cancel(One),
    /// Show a transfer with its lines and differences
    Show {
        /// Number or id
        transfer: String,
    },
    /// List transfers, the newest first
    List {
        /// draft, shipped, `part_received`, received or canceled
        #[arg(long)]
        state: Option<String>,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// List what did not arrive as it was sent, the newest first
    Differences {
        /// lost, found, damaged or claimed
        #[arg(long)]
        kind: Option<String>,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// List claims against carriers, the oldest first: the open ones
    Claims {
        /// Settled and withdrawn ones too
        #[arg(long)]
        all: bool,
        /// How many, at most 1,000
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// End a claim with what the carrier paid into the bank; 0 gives it up
    SettleClaim(Settle),
    /// Open a settled claim again
    ReopenClaim {
        /// Number or id
        claim: String,
        #[command(flatten)]
        given: Given,
    },
}

#[derive(Debug, Args)]
pub struct New {
    #[arg(long, value_name = "CODE")]
    from: String,
    #[arg(long, value_name = "CODE")]
    to: String,
    /// An item with its quantity in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required = true)]
    items: Vec<String>,
    /// The day by which they should be there
    #[arg(long, value_name = "DAY")]
    expected: Option<String>,
    /// The bin they are taken from
    #[arg(long, value_name = "CODE")]
    bin: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Ship {
    /// The draft, by number or id
    #[arg(conflicts_with_all = ["from", "to", "items", "expected"])]
    transfer: Option<String>,
    /// What leaves of a line, in base units; all that is left where absent
    #[arg(long = "line", value_name = "LINE=QTY", requires = "transfer")]
    lines: Vec<String>,
    #[arg(long, value_name = "CODE", required_unless_present = "transfer")]
    from: Option<String>,
    #[arg(long, value_name = "CODE", required_unless_present = "transfer")]
    to: Option<String>,
    /// An item with its quantity in its sale unit
    #[arg(long = "item", value_name = "SKU=QTY", required_unless_present = "transfer")]
    items: Vec<String>,
    /// The day by which they should be there
    #[arg(long, value_name = "DAY")]
    expected: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// Number or id
    transfer: String,
    /// What arrived of a line, in base units; everything where nothing is said
    #[arg(long = "line", value_name = "LINE=QTY")]
    lines: Vec<String>,
    /// What got lost of a line; needs --reason
    #[arg(long, value_name = "LINE=QTY")]
    lost: Vec<String>,
    /// What arrived damaged of a line; needs --reason
    #[arg(long, value_name = "LINE=QTY")]
    damaged: Vec<String>,
    /// What got lost of a line and is claimed from --carrier; needs --reason
    #[arg(long, value_name = "LINE=QTY", requires = "carrier")]
    claimed: Vec<String>,
    /// Whom it is claimed from
    #[arg(long, value_name = "NAME")]
    carrier: Option<String>,
    /// Take in more of a line than was sent; needs --reason
    #[arg(long)]
    more: bool,
    /// The bin it is put in
    #[arg(long, value_name = "CODE")]
    bin: Option<String>,
    /// Write off what is missing, with this reason
    #[arg(long, value_name = "WHY")]
    write_off: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct One {
    /// Number or id
    transfer: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Settle {
    /// Number or id
    claim: String,
    /// What he paid
    received: String,
    #[command(flatten)]
    given: Given,
}

/// Splits `LINE=QTY` in whole base units.
fn part(text: &str) -> Result<(i64, i64), Error> {
    let (position, quantity) = pair(text)?;
    let read = position.parse().ok().zip(quantity.parse().ok());
    read.ok_or_else(|| Error::Invalid(format!("`{text}` is not LINE=QTY in whole base units")))
}

fn wanted(from: &str, to: &str, items: &[String], bin: Option<&str>) -> Result<TransferIn, Error> {
    let mut lines = Vec::with_capacity(items.len());
    for text in items {
        let (sku, quantity) = pair(text)?;
        let bin = bin.map(str::to_owned);
        lines.push(TransferLineIn { sku, quantity, bin, ..TransferLineIn::default() });
    }
    Ok(TransferIn { from: from.into(), to: to.into(), lines, ..TransferIn::default() })
}

impl Transfer {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Draft(new) => new.run(session),
            Self::Ship(ship) => ship.run(session),
            Self::Receive(receive) => receive.run(session),
            Self::UndoReceipt(one) => one.run(session, transfer::undo_receipt),
            Self::Cancel(one) => one.run(session, transfer::cancel),
            Self::Show { transfer } => {
                let shown = transfers::show(&session.open()?, &session.reading(), transfer)?;
                session.out.answer(&shown.transfer, || page(&shown))
            }
            Self::List { state, limit } => list(session, state.as_deref(), *limit),
            Self::Differences { kind, limit } => differences(session, kind.as_deref(), *limit),
            Self::Claims { all, limit } => claims(session, *all, *limit),
            Self::SettleClaim(settle) => settle.run(session),
            Self::ReopenClaim { claim, given } => {
                let app = session.open()?;
                let id = transfer::claim_called(&app, &session.reading(), claim)?.id;
                let claim = transfer::reopen_claim(&app, &session.changing(given, self)?, id)?;
                session.out.answer(&claim, || told(&claim))
            }
        }
    }
}

impl New {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let new = wanted(&self.from, &self.to, &self.items, self.bin.as_deref())?;
        let new = TransferIn { expected_on: self.expected.clone(), ..new };
        let app = session.open()?;
        let made = transfer::draft(&app, &session.changing(&self.given, self)?, &new)?;
        session.out.answer(&made, || {
            format!(
                "Transfer {0} is drafted; its goods are claimed at {1}.\nNext: `orderly stock \
                 transfer ship {0}`",
                made.number, self.from
            )
        })
    }
}

impl Ship {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.changing(&self.given, self)?;
        let sent = if let Some(text) = &self.transfer {
            let id = transfer::called(&app, &session.reading(), text)?.id;
            let mut lines = Vec::with_capacity(self.lines.len());
            for text in &self.lines {
                let (position, quantity) = part(text)?;
                lines.push(TransferPartIn { position, quantity });
            }
            transfer::dispatch(&app, &call, id, &DispatchIn { lines })?
        } else {
            let (from, to) = (self.from.as_deref(), self.to.as_deref());
            let new = wanted(from.unwrap_or(""), to.unwrap_or(""), &self.items, None)?;
            let new = TransferIn { expected_on: self.expected.clone(), ..new };
            transfer::ship(&app, &call, &new)?
        };
        session.out.answer(&sent, || {
            format!(
                "Transfer {0} is on its way.\nThere: `orderly stock transfer receive {0}`",
                sent.number
            )
        })
    }
}

impl Receive {
    fn arrival(&self) -> Result<ArrivalIn, Error> {
        let why = self.given.reason.clone();
        let mut arrival = ArrivalIn {
            bin: self.bin.clone(),
            write_off: self.write_off.clone(),
            ..ArrivalIn::default()
        };
        for text in &self.lines {
            let (position, quantity) = part(text)?;
            let reason = if self.more { Some(why.clone().unwrap_or_default()) } else { None };
            arrival.lines.push(ArrivalLineIn { position, quantity, reason });
        }
        let kinds = [("lost", &self.lost), ("damaged", &self.damaged), ("claimed", &self.claimed)];
        for (kind, parts) in kinds {
            for text in parts {
                let (position, quantity) = part(text)?;
                arrival.differences.push(DifferenceIn {
                    position,
                    quantity,
                    kind: kind.into(),
                    reason: why.clone().unwrap_or_default(),
                    carrier: self.carrier.clone().filter(|_| kind == "claimed"),
                });
            }
        }
        Ok(arrival)
    }

    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let known = transfer::called(&app, &session.reading(), &self.transfer)?;
        let mut arrival = self.arrival()?;
        if arrival.lines.is_empty() && arrival.differences.is_empty() {
            let there = known.lines.iter().filter(|line| !line.in_transit().is_zero());
            arrival.lines.extend(there.map(|line| ArrivalLineIn {
                position: line.position,
                quantity: line.in_transit().get(),
                reason: None,
            }));
        }
        let call = session.changing(&self.given, self)?;
        let received = transfer::receive(&app, &call, known.id, &arrival)?;
        session.out.answer(&received, || {
            format!("Transfer {}: {}.", received.number, spaced(received.state.code()))
        })
    }
}

type Step = fn(
    &crate::App,
    &crate::Call,
    orderly_core::id::TransferId,
) -> Result<orderly_core::stock::Transfer, Error>;

impl One {
    fn run(&self, session: &Session, step: Step) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = transfer::called(&app, &session.reading(), &self.transfer)?.id;
        let done = step(&app, &session.changing(&self.given, self)?, id)?;
        session
            .out
            .answer(&done, || format!("Transfer {}: {}.", done.number, spaced(done.state.code())))
    }
}

impl Settle {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let id = transfer::claim_called(&app, &session.reading(), &self.claim)?.id;
        let end = SettleClaimIn { received: self.received.clone(), reason: None };
        let call = session.changing(&self.given, self)?;
        let claim = transfer::settle_claim(&app, &call, id, &end)?;
        session.out.answer(&claim, || told(&claim))
    }
}

fn told(claim: &CarrierClaim) -> String {
    let value = Money::new(claim.value, claim.currency);
    let received = claim.received.map(|minor| Money::new(minor, claim.currency));
    let paid = received.map(|paid| format!(", {paid} paid")).unwrap_or_default();
    format!("Claim {} for {value}: {}{paid}.", claim.number, claim.state.code())
}

fn spaced(code: &str) -> String {
    code.replace('_', " ")
}

fn page(shown: &Shown) -> String {
    let transfer = &shown.transfer;
    let rows = transfer.lines.iter().zip(&shown.items).map(|(line, item)| {
        let show = |qty| item.show(qty);
        vec![
            line.position.to_string(),
            item.sku.clone(),
            show(line.qty),
            show(line.allocated),
            show(line.sent),
            show(line.received),
            show(line.written_off),
            show(line.in_transit()),
        ]
    });
    let head =
        ["line>", "sku", "wanted>", "claimed>", "sent>", "received>", "lost>", "on its way>"];
    let expected = transfer.expected_on.map(|day| format!(", expected on {day}"));
    let mut text = format!(
        "Transfer {} from {} to {}: {}{}\n{}",
        transfer.number,
        shown.from,
        shown.to,
        spaced(transfer.state.code()),
        expected.unwrap_or_default(),
        table(&head, rows)
    );
    let differed = transfer.differences.iter().filter(|one| one.undone_at.is_none());
    for one in differed {
        let at = transfer.lines.iter().position(|line| line.id == one.line).unwrap_or(0);
        let (qty, kind) = (shown.items[at].show(one.qty), one.kind.code());
        text.push_str(&format!("\nline {}: {qty} {kind}, {}", at + 1, one.reason));
    }
    text
}

fn list(session: &Session, state: Option<&str>, limit: u32) -> Result<ExitCode, Error> {
    let unknown = |text: &str| Error::Invalid(format!("`{text}` is no state of a transfer"));
    let state = state.map(|text| TransferState::parse(text).ok_or_else(|| unknown(text)));
    let (app, call) = (session.open()?, session.reading());
    let found = transfers::list(&app, &call, state.transpose()?, None, limit)?;
    let objects: Vec<_> = found.iter().map(|shown| &shown.transfer).collect();
    session.out.answer(&json!({ "transfers": objects }), || {
        let rows = found.iter().map(|shown| {
            let transfer = &shown.transfer;
            vec![
                transfer.number.clone(),
                shown.from.clone(),
                shown.to.clone(),
                spaced(transfer.state.code()),
                transfer.lines.len().to_string(),
                transfer.expected_on.map(|day| day.to_string()).unwrap_or_default(),
                minute(&transfer.created_at.to_string()),
            ]
        });
        table(&["transfer", "from", "to", "state", "lines>", "expected", "made (UTC)"], rows)
    })
}

fn differences(session: &Session, kind: Option<&str>, limit: u32) -> Result<ExitCode, Error> {
    let unknown = |text: &str| Error::Invalid(format!("`{text}` is no kind of difference"));
    let kind = kind.map(|text| DifferenceKind::parse(text).ok_or_else(|| unknown(text)));
    let (app, call) = (session.open()?, session.reading());
    let found = transfers::differences(&app, &call, kind.transpose()?, None, limit)?;
    let one = |(differed, item): &transfers::Told| {
        json!({
            "transfer": differed.number,
            "sku": item.sku,
            "difference": differed.difference,
        })
    };
    let objects: Vec<_> = found.iter().map(one).collect();
    session.out.answer(&json!({ "differences": objects }), || {
        let rows = found.iter().map(|(differed, item)| {
            let one = &differed.difference;
            vec![
                differed.number.clone(),
                item.sku.clone(),
                one.kind.code().into(),
                item.show(one.qty),
                minute(&one.recorded_at.to_string()),
                one.reason.clone(),
            ]
        });
        table(&["transfer", "sku", "what", "quantity>", "when (UTC)", "why"], rows)
    })
}

fn claims(session: &Session, all: bool, limit: u32) -> Result<ExitCode, Error> {
    let state = (!all).then_some(CarrierClaimState::Open);
    let found = transfer::claims(&session.open()?, &session.reading(), state, None, limit)?;
    session.out.answer(&json!({ "claims": found }), || {
        let rows = found.iter().map(|claim| {
            vec![
                claim.number.clone(),
                claim.carrier.clone(),
                claim.state.code().into(),
                Money::new(claim.value, claim.currency).to_string(),
                minute(&claim.created_at.to_string()),
            ]
        });
        table(&["claim", "carrier", "state", "value>", "opened (UTC)"], rows)
    })
}

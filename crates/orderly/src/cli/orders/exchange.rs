//! Exchanges: goods come back, an order replaces them, and no money moves for what is alike.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::exchange::Ships;
use orderly_core::refund::RefundSettlement;
use orderly_core::returns::Fate;

use super::pick;
use crate::Error;
use crate::cli::{Given, Session};
use crate::ops::exchanges::{self as ops, ExchangeIn, Shown};
use crate::ops::read::{catalog, orders};
use crate::ops::returns::ReturnLineIn;
use crate::wire::LineIn;
use crate::wire::out::amount;
use crate::wire::out::back::ExchangeOut;

#[derive(Debug, Args)]
pub struct Exchange {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// What comes back: a line by number or SKU, with a quantity in its unit
    #[arg(long = "line", value_name = "LINE[=QTY]", required = true)]
    lines: Vec<String>,
    /// What replaces it, in the order of the lines: an item with a quantity in its sale unit
    #[arg(long = "for", value_name = "SKU=QTY", required = true)]
    replacement: Vec<String>,
    /// The location that takes the goods
    #[arg(long, value_name = "LOCATION")]
    at: String,
    /// The goods are here, and: restocked, quarantined or awaiting_inspection
    #[arg(long)]
    to: Option<String>,
    /// Send the replacement before the goods come back
    #[arg(long)]
    first: bool,
    /// The replacement costs what the goods cost
    #[arg(long)]
    even: bool,
    /// How a rest is given back: refund or store_credit
    #[arg(long, default_value = "refund")]
    rest: String,
    /// Keep no restocking fee
    #[arg(long)]
    waive_fee: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Subcommand)]
pub enum Exchanges {
    /// Show one exchange: what came, what was carried, what is to be paid
    Show {
        /// Its number
        exchange: String,
    },
    /// Cancel an exchange whose replacement has not gone; needs --reason
    Cancel(Cancel),
}

#[derive(Debug, Args)]
pub struct Cancel {
    /// Its number
    exchange: String,
    #[command(flatten)]
    given: Given,
}

fn shown_text(shown: &Shown) -> String {
    let money = |minor: i64| {
        format!("{} {}", amount(minor, shown.original.currency), shown.original.currency)
    };
    let mut text = format!(
        "Exchange {}: {}\nReturn {} of order {} is replaced by order {} of {}\n\
         Carried so far: {} of {}",
        shown.exchange.number,
        shown.exchange.state.code(),
        shown.returned.number,
        shown.original.number,
        shown.replacement.number,
        money(shown.replacement.head.totals.total),
        money(shown.carried),
        money(shown.reserved),
    );
    if shown.to_pay > 0 {
        text.push_str(&format!(
            "\nTo be paid: {} (`orderly orders pay {}`)",
            money(shown.to_pay),
            shown.replacement.number
        ));
    }
    text
}

impl Exchange {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = orders::show(&app, &session.reading(), &self.order)?;
        let unknown = |what: &str, text: &str| Error::Invalid(format!("`{text}` is no {what}"));
        let back = pick::lines(&shown, &self.lines, |line| line.quantities.returnable())?;
        let mut replacement = Vec::with_capacity(self.replacement.len());
        for (index, text) in self.replacement.iter().enumerate() {
            let (sku, quantity) = text.split_once('=').unwrap_or((text, "1"));
            let replaced = back.get(index).or(back.last()).map(|(line, _)| *line);
            replacement.push(LineIn {
                sku: Some(sku.trim().to_owned()),
                quantity: quantity.trim().to_owned(),
                replaces: replaced,
                ..LineIn::default()
            });
        }
        let to = self.to.as_deref();
        let to = to.map(|text| Fate::parse(text).ok_or_else(|| unknown("fate of goods", text)));
        let rest = RefundSettlement::parse(&self.rest);
        let new = ExchangeIn {
            order: shown.order.id,
            lines: back
                .into_iter()
                .map(|(line, qty)| ReturnLineIn {
                    line: Some(line),
                    qty: qty.get(),
                    reason: self.given.reason.clone(),
                    ..ReturnLineIn::default()
                })
                .collect(),
            replacement,
            delivery: None,
            at: catalog::location(&app, &session.reading(), &self.at)?,
            to: to.transpose()?,
            ships: if self.first { Ships::First } else { Ships::AfterReceipt },
            even: self.even,
            rest: rest.ok_or_else(|| unknown("way of giving back", &self.rest))?,
            waive_fee: self.waive_fee,
            reason: self.given.reason.clone().unwrap_or_default(),
        };
        let call = session.changing(&self.given, self)?;
        let done = ops::open(&app, &call, &new)?;
        let shown = ops::show(&app, &session.reading(), done.id)?;
        session.out.answer(&ExchangeOut::from(&shown), || shown_text(&shown))
    }
}

impl Exchanges {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let number = match self {
            Self::Show { exchange } => exchange,
            Self::Cancel(cancel) => &cancel.exchange,
        };
        let mut shown = ops::find(&app, &session.reading(), number)?;
        if let Self::Cancel(cancel) = self {
            let call = session.changing(&cancel.given, cancel)?;
            ops::cancel(&app, &call, shown.exchange.id)?;
            shown = ops::find(&app, &session.reading(), number)?;
        }
        session.out.answer(&ExchangeOut::from(&shown), || shown_text(&shown))
    }
}

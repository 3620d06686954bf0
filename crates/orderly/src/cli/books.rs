//! The books: reports, journals, closing, the chart and rates of exchange.

mod keep;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use orderly_core::books::period::Period;
use orderly_core::time::Day;

use super::{Given, Session, now};
use crate::Error;
use crate::ops::books::reports::{Ask, Columns};

#[derive(Debug, Subcommand)]
pub enum Books {
    /// Show every account: opening, debits, credits, closing
    TrialBalance(Report),
    /// Show income, costs and result
    ProfitLoss(Report),
    /// Show assets, liabilities and equity at the end of the span
    BalanceSheet(Report),
    /// Show taxes by code, for sales and purchases
    Tax(Report),
    /// Show what the stock was worth at the end of any day
    StockValue(StockValue),
    /// List journals, by account, span, location, channel, party or document
    Journals(Journals),
    /// Show one journal with its postings
    Show {
        /// Its number or id
        journal: String,
        /// The legal entity, where it is not the merchant's own
        #[arg(long, value_name = "CODE")]
        entity: Option<String>,
    },
    /// List the accounting periods
    Periods {
        #[arg(long, value_name = "CODE")]
        entity: Option<String>,
    },
    /// Close the next period: nothing more is posted on its days
    Close(Close),
    /// Bring what is open in other currencies to the rates of a period's last day
    Revalue(Revalue),
    /// Open the period that was closed last again
    Reopen(Reopen),
    /// Close a year: move its result to retained earnings
    YearEnd(YearEnd),
    /// Post a journal by hand
    Enter(Enter),
    /// Post freight, duty or another cost of goods that came in before
    LateCost(LateCost),
    /// Take a journal that was posted by hand back
    Reverse(Reverse),
    /// Show the chart of accounts, or call the accounts as a template does
    Chart(Chart),
    /// List, set or import rates of exchange
    #[command(subcommand)]
    Rates(Rates),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Month,
    Location,
    Channel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compare {
    /// As many months before
    Before,
    /// The same months a year before
    Year,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The month, such as 2026-11; this month where absent
    period: Option<String>,
    /// The last month, where there are several
    #[arg(long, value_name = "PERIOD")]
    to: Option<String>,
    /// Up to this day of the last month
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// A column for each
    #[arg(long, value_enum)]
    by: Option<By>,
    /// A second column to compare with
    #[arg(long, value_enum, conflicts_with = "by")]
    compare: Option<Compare>,
    /// Only this location
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// Only this channel
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// The legal entity, where it is not the merchant's own
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
}

impl Report {
    fn ask(&self) -> Result<Ask, Error> {
        let to = self.to.as_deref().map(period).transpose()?;
        let until = self.until.as_deref().map(day).transpose()?;
        let from = match &self.period {
            Some(text) => period(text)?,
            None => to.or(until.map(Period::of)).unwrap_or_else(|| Period::of(now().day_in("UTC"))),
        };
        let to = to.or(until.map(Period::of)).unwrap_or(from);
        let columns = match (self.by, self.compare) {
            (Some(By::Month), _) => Columns::Months,
            (Some(By::Location), _) => Columns::Locations,
            (Some(By::Channel), _) => Columns::Channels,
            (None, Some(Compare::Before)) => Columns::Before,
            (None, Some(Compare::Year)) => Columns::YearBefore,
            (None, None) => Columns::One,
        };
        if to < from || until.is_some_and(|until| Period::of(until) != to) {
            return Err(Error::Invalid("the span ends before it begins, or outside of it".into()));
        }
        Ok(Ask {
            entity: self.entity.clone(),
            until,
            location: self.location.clone(),
            channel: self.channel.clone(),
            columns,
            ..Ask::of(from, to)
        })
    }
}

fn period(text: &str) -> Result<Period, Error> {
    Period::parse(text).map_err(|error| Error::Invalid(error.to_string()))
}

fn day(text: &str) -> Result<Day, Error> {
    Day::parse(text).map_err(|error| Error::Invalid(error.to_string()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Clock {
    /// The days they are posted on: equals the inventory account
    Accounting,
    /// When it happened
    Effective,
    /// When it became known
    Recorded,
}

#[derive(Debug, Args)]
pub struct StockValue {
    /// The day; today where absent
    day: Option<String>,
    /// By which time goods count
    #[arg(long, value_enum, default_value_t = Clock::Accounting)]
    clock: Clock,
    /// Only this location
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
}

#[derive(Debug, Args)]
pub struct Journals {
    /// Those with a posting on this account
    #[arg(long, value_name = "CODE")]
    account: Option<String>,
    /// Those of this month, such as 2026-11
    #[arg(long)]
    period: Option<String>,
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Those with a posting of this customer, supplier or provider, by id
    #[arg(long, value_name = "ID")]
    party: Option<String>,
    /// Those with a posting of this document, by id
    #[arg(long, value_name = "ID")]
    document: Option<String>,
    /// Those after this number
    #[arg(long, default_value_t = 0)]
    after: i64,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: i64,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
}

#[derive(Debug, Args)]
pub struct Close {
    /// The period, such as 2026-11; the next open one where absent
    period: Option<String>,
    /// Only show what is not settled
    #[arg(long, requires = "period")]
    preview: bool,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Revalue {
    /// The period, such as 2026-11
    period: String,
    /// Only show what is open and what it is worth
    #[arg(long)]
    preview: bool,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Reopen {
    /// The period that was closed last, such as 2026-11; needs --reason
    period: String,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct YearEnd {
    /// The calendar year in which the year starts
    year: i32,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Enter {
    /// The accounting day, such as 2026-11-30
    #[arg(long, value_name = "DAY")]
    on: String,
    /// An account with what is added to it, such as bank_fees=12.50; once for each
    #[arg(long = "debit", value_name = "ACCOUNT=AMOUNT", required = true)]
    debits: Vec<String>,
    /// An account with what is taken from it, such as bank=12.50; once for each
    #[arg(long = "credit", value_name = "ACCOUNT=AMOUNT", required = true)]
    credits: Vec<String>,
    /// The location of all postings
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    #[arg(long, value_name = "CODE")]
    entity: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Reverse {
    /// The journal's id or number
    journal: String,
    /// The accounting day; today where absent
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct LateCost {
    /// SKU or GTIN of the goods
    sku: String,
    /// What they cost more, in the currency of the books; negative where they cost less
    #[arg(allow_hyphen_values = true)]
    amount: String,
    /// The location that received them
    #[arg(long, value_name = "CODE")]
    at: String,
    /// How many were received, in the sale unit
    #[arg(long, value_name = "QTY")]
    received: String,
    /// The account on the other side, such as bank
    #[arg(long, value_name = "ACCOUNT")]
    contra: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
pub struct Chart {
    /// Call the accounts what this TOML file calls them; docs/books.md says how to write one
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Subcommand)]
pub enum Rates {
    /// List the stored rates, newest day first
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Set the rate of one day
    Set {
        /// The currency, such as USD
        currency: String,
        /// The currency that the rate is in, such as EUR
        into: String,
        /// What one unit of the first is worth in the second
        rate: String,
        /// The day, such as 2026-11-23
        #[arg(long, value_name = "DAY")]
        on: String,
        #[command(flatten)]
        given: Given,
    },
    /// Set the rates of a CSV file with the columns currency, into, on and rate
    Import {
        file: PathBuf,
        #[command(flatten)]
        given: Given,
    },
}

impl Books {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::TrialBalance(report) => show::trial_balance(session, report),
            Self::ProfitLoss(report) => show::profit_loss(session, report),
            Self::BalanceSheet(report) => show::balance_sheet(session, report),
            Self::Tax(report) => show::tax(session, report),
            Self::StockValue(asked) => show::stock_value(session, asked),
            Self::Journals(asked) => show::journals(session, asked),
            Self::Show { journal, entity } => show::journal(session, entity.as_deref(), journal),
            Self::Periods { entity } => show::periods(session, entity.as_deref()),
            Self::Close(close) => keep::close(session, close),
            Self::Revalue(revalue) => keep::revalue(session, revalue),
            Self::Reopen(reopen) => keep::reopen(session, reopen),
            Self::YearEnd(end) => keep::year_end(session, end),
            Self::Enter(enter) => keep::enter(session, enter),
            Self::LateCost(late) => keep::late_cost(session, late),
            Self::Reverse(reverse) => keep::reverse(session, reverse),
            Self::Chart(chart) => keep::chart(session, chart),
            Self::Rates(rates) => keep::rates(session, rates),
        }
    }
}

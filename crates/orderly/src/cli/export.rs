//! Exports as CSV or NDJSON, streamed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orderly_core::time::Day;
use serde_json::Value;

use super::Session;
use super::accounts::money::day;
use crate::Error;
use crate::ops::accounts::statements::{self, Period};
use crate::ops::export;
use crate::wire::rows::{csv, ndjson};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    Orders,
    /// The lines of orders
    Lines,
    Items,
    Stock,
    /// The feed of events
    Events,
    /// The postings of journals, by number; a correction is a new row
    Journals,
    /// What happened on accounts from one day to another
    Statements,
    /// The lines of invoices, receipts and credit notes, by number
    Invoices,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Ndjson,
}

#[derive(Debug, Args)]
pub struct Export {
    #[arg(value_enum)]
    what: What,
    /// Write CSV, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Statements: only of this account
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// Journals and invoices: only from this day on; statements: the first day, that of the month
    /// where absent
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// Journals and invoices: only up to this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,
    /// Journals and invoices: only those with numbers after this one
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: i64,
    /// Statements: the last day; today where absent
    #[arg(long, value_name = "DAY", value_parser = day)]
    as_of: Option<Day>,
}

impl Export {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let call = session.reading();
        let cannot = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            _ => Error::Invalid(format!("the export cannot be written: {error}")),
        };
        let sink: Box<dyn Write> = match &self.out {
            Some(file) => Box::new(File::create(file).map_err(cannot)?),
            None => Box::new(std::io::stdout().lock()),
        };
        let mut sink = BufWriter::new(sink);
        let mut first = true;
        let json = session.out.json || self.format == Format::Ndjson;
        let write = |row: &[(String, Value)]| {
            let text = if json { ndjson(row)? } else { csv(row, std::mem::take(&mut first))? };
            sink.write_all(&text).map_err(cannot)
        };
        match self.kind() {
            Some(kind) => export::run(&app, &call, kind, write)?,
            None => {
                let period = Period { from: self.from, as_of: self.as_of };
                statements::export(&app, &call, self.account.as_deref(), period, write)?;
            }
        }
        sink.flush().map_err(cannot)?;
        Ok(ExitCode::SUCCESS)
    }

    /// `None` for what is no single table.
    const fn kind(&self) -> Option<export::Export> {
        let range = export::Range { from: self.from, to: self.to, after: self.after };
        Some(match self.what {
            What::Orders => export::Export::Orders,
            What::Lines => export::Export::Lines,
            What::Items => export::Export::Items,
            What::Stock => export::Export::Stock,
            What::Events => export::Export::Events,
            What::Journals => export::Export::Journals(range),
            What::Invoices => export::Export::Invoices(range),
            What::Statements => return None,
        })
    }
}

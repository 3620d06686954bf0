//! Importing files: history of orders, items, stock.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde::Serialize;

use super::{Given, Session};
use crate::import::map::Map;
use crate::import::{self, Report};
use crate::{App, Call, Error};

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Import the history of orders that were closed before Orderly
    Orders(Files),
    /// Import items and kits: new ones are added, known ones brought to what the file says
    Items(Files),
    /// Import customers: new ones are added, known ones brought to what the file says
    Customers(Files),
    /// Import opening stock, with its value against the opening balance
    Stock(Files),
}

#[derive(Debug, Args)]
pub struct Files {
    /// CSV files; a file that was imported before adds nothing
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The map that says what the columns are: a file, `online-retail`, `items`, `customers` or
    /// `stock`
    #[arg(long, value_name = "MAP.toml")]
    map: Option<String>,
    /// List the rows that were not taken, at most so many of each file
    #[arg(long, default_value_t = 1_000, value_name = "COUNT")]
    rejects: i64,
    #[command(flatten)]
    given: Given,
}

/// An import of one kind.
type Kind = fn(
    &App,
    &Call,
    &[PathBuf],
    &Map,
    &mut dyn FnMut(import::Progress<'_>),
) -> Result<Report, Error>;

/// What came of an import, with the rows that were not taken.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    not_taken: Vec<NotTaken>,
}

#[derive(Serialize)]
struct NotTaken {
    file: String,
    line: i64,
    reason: String,
    amount: Option<String>,
}

impl Import {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Orders(files) => files.run(session, None, import::orders),
            Self::Items(files) => files.run(session, Some("items"), import::items),
            Self::Customers(files) => files.run(session, Some("customers"), import::customers),
            Self::Stock(files) => files.run(session, Some("stock"), import::stock),
        }
    }
}

impl Files {
    fn run(&self, session: &Session, usual: Option<&str>, import: Kind) -> Result<ExitCode, Error> {
        let map = self.map.as_deref().or(usual).ok_or_else(|| {
            let detail = "say with --map which columns are what: a file, or `online-retail`";
            Error::Invalid(detail.into())
        })?;
        let map = Map::open(map)?;
        let app = session.open_or_create()?;
        let call = session.changing(&self.given, &self.files)?;
        let bar = super::output::progress(0, "rows");
        let mut show = |at: import::Progress<'_>| tick(&bar, &at);
        let report = import(&app, &call, &self.files, &map, &mut show)?;
        bar.finish_and_clear();
        let mut not_taken = Vec::new();
        for file in report.files.iter().filter(|file| file.rejected > 0 && self.rejects > 0) {
            for reject in import::rejected(&app, &call, &file.id, 0, self.rejects)? {
                let (line, reason, amount) = (reject.line, reject.reason, reject.amount);
                not_taken.push(NotTaken { file: file.file.clone(), line, reason, amount });
            }
        }
        let told = Told { report, not_taken };
        session.out.answer(&told, || summary(&told))
    }
}

fn tick(bar: &ProgressBar, at: &import::Progress<'_>) {
    bar.set_length(at.bytes);
    bar.set_position(at.bytes_done);
    bar.set_message(format!("{} rows, {}", at.rows, at.file.display()));
}

fn summary(told: &Told) -> String {
    let report = &told.report;
    let mut text = format!(
        "{} rows in {:.1} s: {} taken, {} not taken; {} rows are new.\n",
        report.rows, report.seconds, report.taken, report.rejected, report.new_rows,
    );
    if report.orders + report.returns > 0 {
        text.push_str(&format!(
            "{} orders and {} returns; {} orders and {} returns are new.\n\
             Amount taken {}, not taken {}, added by rounding {}.\n",
            report.orders,
            report.returns,
            report.new_orders,
            report.new_returns,
            report.amount_taken,
            report.amount_rejected,
            report.amount_rounding,
        ));
    }
    if !told.not_taken.is_empty() {
        text.push_str("\nNot taken:\n");
    }
    for NotTaken { file, line, reason, .. } in &told.not_taken {
        text.push_str(&format!("  {file}:{line}: {reason}\n"));
    }
    text
}

//! Importing files: history of orders, items, stock.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::{Given, Session};
use crate::Error;
use crate::import::map::Map;
use crate::import::{self, Report};

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Import the history of orders that were closed before Orderly
    Orders(Orders),
}

#[derive(Debug, Args)]
pub struct Orders {
    /// CSV files; a file that was imported before adds nothing
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The map that says what the columns are: a file, or `online-retail`
    #[arg(long, value_name = "MAP.toml")]
    map: String,
    /// List the rows that were not taken, at most so many
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    rejects: i64,
    #[command(flatten)]
    given: Given,
}

impl Import {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Orders(orders) => orders.run(session),
        }
    }
}

impl Orders {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let map = Map::open(&self.map)?;
        let app = session.open_or_create()?;
        let call = session.changing(&self.given, &self.files)?;
        let bar = super::output::progress(0, "rows");
        let mut show = |at: import::Progress<'_>| tick(&bar, &at);
        let report = import::orders(&app, &call, &self.files, &map, &mut show)?;
        bar.finish_and_clear();
        let mut text = summary(&report);
        if self.rejects > 0 && report.rejected > 0 {
            text.push_str("\nNot taken:\n");
            for file in report.files.iter().filter(|file| file.rejected > 0) {
                for reject in import::rejected(&app, &file.id, 0, self.rejects)? {
                    text.push_str(&format!("  {}:{}: {}\n", file.file, reject.line, reject.reason));
                }
            }
        }
        session.out.answer(&report, || text)
    }
}

fn tick(bar: &ProgressBar, at: &import::Progress<'_>) {
    bar.set_length(at.bytes);
    bar.set_position(at.bytes_done);
    bar.set_message(format!("{} rows, {}", at.rows, at.file.display()));
}

fn summary(report: &Report) -> String {
    format!(
        "{} rows in {:.1} s: {} taken, {} not taken.\n\
         {} orders and {} returns; {} orders and {} returns are new.\n\
         Amount taken {}, not taken {}, added by rounding {}.\n",
        report.rows,
        report.seconds,
        report.taken,
        report.rejected,
        report.orders,
        report.returns,
        report.new_orders,
        report.new_returns,
        report.amount_taken,
        report.amount_rejected,
        report.amount_rounding,
    )
}

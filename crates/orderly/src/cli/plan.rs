//! `orderly plan`: forecasts, stock policies, sourcing and cartons on plain CSV files.
//!
//! Nothing here touches a database. Answers are CSV, or JSON with `--json`; faulty rows are told
//! with their line numbers and stop the command unless `--skip-bad-rows` is given.

mod adjust;
mod backtest;
mod files;
mod forecast;
mod pack;
mod policy;
mod route;
mod sales;
mod svg;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::text;
use serde_json::{Map, Value};

use super::output::{Output, print};
use crate::Error;

#[derive(Debug, Args)]
pub struct Plan {
    #[command(subcommand)]
    what: What,
    /// Answer as CSV, as is done without --json
    #[arg(long, global = true, conflicts_with = "json")]
    csv: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Forecast the demand of every item: mean and quantiles of every period
    Forecast(forecast::Forecast),
    /// Say when to order and up to where
    Policy(policy::Policy),
    /// Replay the past: what forecasts and stock policy would have been worth
    Backtest(backtest::Backtest),
    /// Decide which locations ship which lines of the orders
    Route(route::Route),
    /// Choose cartons and places in them, or advise which cartons to keep
    Pack(pack::Pack),
}

impl Plan {
    /// Runs the command and answers on stdout.
    ///
    /// # Errors
    /// `Invalid` for files that cannot be read or have faulty rows.
    pub fn run(&self, out: Output) -> Result<ExitCode, Error> {
        let answer = match &self.what {
            What::Forecast(forecast) => forecast.answer()?,
            What::Policy(policy) => policy.answer()?,
            What::Backtest(backtest) => backtest.answer()?,
            What::Route(route) => route.answer()?,
            What::Pack(pack) => pack.answer()?,
        };
        print(&if out.json && !self.csv { answer.json()? } else { answer.csv()? })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A table that is answered.
struct Answer {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// One value of an answer.
#[derive(Debug, Clone)]
enum Cell {
    Text(String),
    Number(f64),
    Count(u64),
}

impl Cell {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text::cell(text),
            // Three decimals, without trailing zeros.
            Self::Number(number) if number.is_finite() => {
                let text = format!("{number:.3}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Self::Number(_) => String::new(),
            Self::Count(count) => count.to_string(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Number(number) => Value::from((number * 1e3).round() / 1e3),
            Self::Count(count) => Value::from(*count),
        }
    }
}

impl Answer {
    fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    fn csv(&self) -> Result<String, Error> {
        let broken = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.head).map_err(|error| broken(&error))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::text)).map_err(|error| broken(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| broken(&error))?;
        String::from_utf8(bytes).map_err(|error| broken(&error))
    }

    fn json(&self) -> Result<String, Error> {
        let object = |row: &Vec<Cell>| -> Value {
            let pairs = self.head.iter().cloned().zip(row.iter().map(Cell::json));
            Value::Object(pairs.collect::<Map<String, Value>>())
        };
        let rows: Vec<Value> = self.rows.iter().map(object).collect();
        let text = serde_json::to_string_pretty(&rows);
        text.map(|text| text + "\n").map_err(|error| Error::Internal(error.to_string()))
    }
}

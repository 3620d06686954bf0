//! Measuring and proving Orderly on the user's own machine and engine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_bench::contention::{self, Crowd, Sale};
use orderly_bench::crash::{self, Crashed, Kills};
use orderly_bench::figures::Figures;
use orderly_bench::placement::{self, Placement, Size};
use orderly_bench::report;
use serde_json::json;

use super::{Session, output};
use crate::Error;

#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Place orders in bulk and one per HTTP request, beside a floor that only writes the rows
    Placement(PlacementArgs),
    /// Let many buyers want few units, each asking twice
    Contention(ContentionArgs),
}

#[derive(Debug, Clone, Args)]
pub struct PlacementArgs {
    /// Orders of one run
    #[arg(long, default_value_t = 4_000, value_name = "N")]
    orders: usize,
    /// Runs; medians are told
    #[arg(long, default_value_t = 3, value_name = "N")]
    runs: usize,
    /// Callers at the same time over HTTP
    #[arg(long, default_value_t = 64, value_name = "N")]
    clients: usize,
    /// Leave out the orders over HTTP
    #[arg(long)]
    bulk_only: bool,
    /// Also write a page with a table and bars
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct ContentionArgs {
    /// Buyers
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    buyers: usize,
    /// Units there are
    #[arg(long, default_value_t = 500, value_name = "N")]
    units: u32,
    /// Connections at the same time
    #[arg(long, default_value_t = 64, value_name = "N")]
    connections: usize,
}

/// Sell the last units to a crowd and kill the server under load, on a scratch database of this
/// engine, and tell what held
#[derive(Debug, Clone, Args)]
pub struct Prove {
    /// Buyers that want 500 units
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    buyers: usize,
    /// How often the server is killed
    #[arg(long, default_value_t = 20, value_name = "N")]
    kills: usize,
    /// Decides when it is killed
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

fn failed(error: String) -> Error {
    Error::Internal(error)
}

fn program() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(|error| failed(error.to_string()))
}

impl Bench {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Placement(args) => args.run(session),
            Self::Contention(args) => args.run(session),
        }
    }
}

impl PlacementArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let size = Size {
            orders: self.orders.max(1),
            runs: self.runs.max(1),
            clients: self.clients.clamp(1, 1_024),
        };
        let program = program()?;
        let program = (!self.bulk_only).then_some(program.as_path());
        let placed =
            placement::run(&session.config.database.value, program, size).map_err(failed)?;
        if let Some(file) = &self.html {
            let written = std::fs::write(file, report::html(&placed));
            written.map_err(|e| Error::Invalid(format!("{}: {e}", file.display())))?;
        }
        session.out.answer(&placed, || told(&placed))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn told(placed: &Placement) -> String {
    let row = |way: &str, figures: &Figures| {
        vec![
            way.to_owned(),
            format!("{:.0}", figures.orders_per_s),
            format!("{:.1}", figures.p50_ms),
            format!("{:.1}", figures.p99_ms),
            figures.floor_share.map_or_else(String::new, |share| format!("{share:.2}")),
        ]
    };
    let http = placed.http.as_ref().map(|figures| row("one per request", figures));
    let rows = std::iter::once(row("in bulk (batches of 500)", &placed.bulk)).chain(http);
    let table = output::table(&["way", "orders/s", "p50 ms", "p99 ms", "share of floor"], rows);
    let memory = placed
        .resident
        .map_or_else(String::new, |bytes| format!(" The server held {} MiB.", bytes / 1_048_576));
    format!(
        "{table}\nOn {}. The floor, which writes the same rows and decides nothing: {:.0} \
         orders/s. The guard of credit limits costs {:.1} %.{memory}",
        placed.engine,
        placed.floor_per_s,
        placed.credit_guard * 100.0
    )
}

impl ContentionArgs {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let crowd = Crowd {
            buyers: self.buyers.max(1),
            units: self.units,
            connections: self.connections.clamp(1, 1_024),
            naive: false,
        };
        let sale =
            contention::run(&session.config.database.value, &program()?, crowd).map_err(failed)?;
        session.out.answer(&sale, || sold(&sale))?;
        Ok(held(&sale.broken()))
    }
}

fn sold(sale: &Sale) -> String {
    let outcome = match sale.broken() {
        broken if broken.is_empty() => "Everything held.".to_owned(),
        broken => format!("NOT HELD: {}.", broken.join("; ")),
    };
    format!(
        "{} buyers wanted {} units on {}, each asking twice over {} connections: {} units sold in \
         {} orders, {} of them canceled again.\nAnswers took {:.1} ms (median), {:.1} ms (99 of \
         100), {:.1} ms at most.\n{outcome}",
        sale.buyers,
        sale.units,
        sale.engine,
        sale.connections,
        sale.sold,
        sale.orders,
        sale.canceled,
        sale.p50_ms,
        sale.p99_ms,
        sale.longest_ms
    )
}

impl Prove {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let (database, program) = (&session.config.database.value, program()?);
        let crowd =
            Crowd { buyers: self.buyers.max(600), units: 500, connections: 64, naive: false };
        let sale = contention::run(database, &program, crowd).map_err(failed)?;
        let kills = Kills { kills: self.kills, clients: 8, seed: self.seed };
        let crashed = crash::run(database, &program, kills).map_err(failed)?;
        let broken: Vec<String> = sale.broken().into_iter().chain(crashed.broken()).collect();
        let answer = json!({ "held": broken.is_empty(), "oversell": sale, "crash": crashed });
        session.out.answer(&answer, || format!("{}\n\n{}", sold(&sale), survived(&crashed)))?;
        Ok(held(&broken))
    }
}

fn survived(crashed: &Crashed) -> String {
    let outcome = match crashed.broken() {
        broken if broken.is_empty() => "Everything held.".to_owned(),
        broken => format!("NOT HELD: {}.", broken.join("; ")),
    };
    format!(
        "The server was killed {} times on {}: {} orders were answered, {} had to be asked again; \
         {} lost, {} twice.\n{outcome}",
        crashed.kills,
        crashed.engine,
        crashed.answered,
        crashed.asked_again,
        crashed.lost,
        crashed.doubled
    )
}

fn held(broken: &[String]) -> ExitCode {
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

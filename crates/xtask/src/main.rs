//! Development commands: `cargo xtask check`, `tidy`, `test`, `golden` and `bench`.

mod bench;
mod bench_forecast;
mod bench_import;
mod bench_invoicing;
mod bench_money;
mod bench_reports;
mod bench_sourcing;
mod bench_verify;
mod run;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The allocator of the product, so that benchmarks measure it as it runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Check, test and measure Orderly
#[derive(Parser)]
#[command(name = "xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check format, lints and the rules of the house
    Check,
    /// Check the rules of the house: floors, sizes, words, coverage
    Tidy,
    /// Run all tests
    Test {
        /// Start an own PostgreSQL, so that the tests run on both engines
        #[arg(long)]
        postgres: bool,
        /// What to hand to cargo test: `-p CRATE`, a filter, `-- --nocapture`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Run all tests and accept what they print as the new expected output
    Golden,
    /// Run a benchmark in a release build; without a name, list them
    Bench {
        name: Option<String>,
        /// What to hand to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Check => run::check(),
        Command::Tidy => tidy::run(),
        Command::Test { postgres, rest } => run::test(postgres, &rest),
        Command::Golden => run::golden(),
        Command::Bench { name, rest } => bench::run(name.as_deref(), &rest),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

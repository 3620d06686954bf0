//! The benchmarks. Each lives in its own file, `bench_NAME.rs`, and is listed once in [`ALL`].

use crate::run::{Outcome, cargo};

/// Runs one benchmark with its own arguments, printing what it measured.
type Bench = fn(&[String]) -> Outcome;

/// Name, what it measures, function; in the order in which they are listed.
const ALL: &[(&str, &str, Bench)] = &[
    ("forecast", "forecasts of public series beside peers", crate::bench_forecast::run),
    ("import", "history imported from real data, rows/s", crate::bench_import::run),
    ("invoicing", "collective invoices of 100,000 deliveries", crate::bench_invoicing::run),
    ("money", "a million random baskets, refunded without drift", crate::bench_money::run),
    ("placement", "orders placed in bulk and over HTTP beside a bare-SQL floor", placement),
    ("reports", "month-end reports over many postings", crate::bench_reports::run),
    ("sourcing", "sourcing, batches, cartons and pick paths", crate::bench_sourcing::run),
    ("verify", "every invariant of a filled database", crate::bench_verify::run),
];

/// `orderly bench placement` of a release build: on SQLite, and on PostgreSQL where
/// `ORDERLY_TEST_PG` names a server.
fn placement(arguments: &[String]) -> Outcome {
    let on = |database: &str| {
        let mut words = vec!["run", "--release", "--package", "orderly", "--", "bench"];
        words.extend(["placement", "--database", database]);
        words.extend(arguments.iter().map(String::as_str));
        cargo(&words)
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    on(&folder.path().join("bench.db").to_string_lossy())?;
    std::env::var("ORDERLY_TEST_PG").map_or(Ok(()), |server| on(&server))
}

/// Runs the named benchmark; a debug build runs it through a release build of itself.
pub fn run(name: Option<&str>, arguments: &[String]) -> Outcome {
    let Some(name) = name else {
        for (name, about, _) in ALL {
            println!("{name:<12} {about}");
        }
        return Ok(());
    };
    let Some((_, _, bench)) = ALL.iter().find(|(known, _, _)| *known == name) else {
        let known: Vec<&str> = ALL.iter().map(|(known, _, _)| *known).collect();
        return Err(format!("no benchmark is named {name}; there are: {}", known.join(", ")));
    };
    if !cfg!(debug_assertions) {
        return bench(arguments);
    }
    let mut release = vec!["run", "--release", "--package", "xtask", "--", "bench", name];
    release.extend(arguments.iter().map(String::as_str));
    cargo(&release)
}

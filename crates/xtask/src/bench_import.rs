//! Rows per second of importing history, from the files of the Online Retail data.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use orderly::import::{self, map::Map};
use orderly::{App, Call};
use orderly_core::actor::Actor;
use orderly_core::time::Instant;

use crate::run::Outcome;

/// Where the public data lie, unless `ORDERLY_DATA` says so.
const DATA: &str = "../shared/data";
const FOLDER: &str = "01-uci-online-retail/original/data/retail-data/by-day";

/// Imports every file of the folder into a new database, then all of them once more. The first
/// argument is the database; a SQLite file of its own where absent.
pub fn run(arguments: &[String]) -> Outcome {
    let folder = std::env::var("ORDERLY_DATA").map_or_else(|_| PathBuf::from(DATA), PathBuf::from);
    let files = files_in(&folder.join(FOLDER))?;
    let own = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = own.path().join("import.db").display().to_string();
    let database = arguments.first().unwrap_or(&file);
    let told = |error: orderly::Error| error.to_string();
    let app = App::open(database).map_err(told)?;
    let map = Map::open("online-retail").map_err(told)?;
    for name in ["first run", "second run"] {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
        let micros = i64::try_from(since.as_micros()).map_err(|error| error.to_string())?;
        let seed = u64::from(since.subsec_nanos());
        let call = Call::new(Actor::owner(), "bench", Instant::from_micros(micros), seed);
        let report = import::orders(&app, &call, &files, &map, &mut |_| {}).map_err(told)?;
        let speed = report.new_rows as f64 / report.seconds;
        println!(
            "{name}: {} rows ({} new, {} rejected), {} orders, {} returns",
            report.rows, report.new_rows, report.rejected, report.orders, report.returns,
        );
        println!("  {:.2} s, {speed:.0} rows/s", report.seconds);
        println!(
            "  amount taken {}, rejected {}, rounding {}",
            report.amount_taken, report.amount_rejected, report.amount_rounding
        );
    }
    if database == &file {
        let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
        println!("the database has {} MB", bytes >> 20);
    }
    Ok(())
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{shown}: {error}; set ORDERLY_DATA to the folder of the data"))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    Ok(files)
}

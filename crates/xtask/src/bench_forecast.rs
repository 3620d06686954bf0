//! `cargo xtask bench forecast`: forecasts measured on public series beside the strongest peers.

pub mod clock;
mod counts;
mod data;
mod hierarchy;
mod inventory;
mod m5;
mod peers;
mod sample;
mod smooth;
mod speed;

use std::error::Error;

use crate::run::Outcome;

/// Prints every table; words name the tables wanted: `m3`, `counts`, `m5`, `speed`, `stock`.
///
/// With the word `peers` statsforecast runs beside them where it is installed, on every 16th M5
/// series, or with `all` on every one (some minutes).
pub fn run(words: &[String]) -> Outcome {
    print(words).map_err(|error| error.to_string())
}

fn print(words: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(folder) = data::folder() else {
        println!("skipped: no demand series found (set ORDERLY_DATA to the data folder)");
        return Ok(());
    };
    let named = |word: &str| words.iter().any(|named| named == word);
    let tables = ["m3", "counts", "m5", "speed", "stock"];
    let wants = |word: &str| named(word) || !tables.iter().any(|table| named(table));
    if wants("m3") {
        smooth::run(&folder, named("peers"))?;
    }
    if wants("counts") {
        counts::run(&folder)?;
    }
    let sample = sample::Sample::new(data::m5(&folder)?);
    if wants("m5") {
        m5::run(&sample, named("peers"), named("all"))?;
    }
    if wants("speed") {
        speed::run(&sample)?;
    }
    if wants("stock") {
        inventory::run(&sample)?;
    }
    Ok(())
}

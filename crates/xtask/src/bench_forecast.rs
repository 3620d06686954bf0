//! `cargo xtask bench forecast`: forecasts measured on public series beside the strongest peers.

pub mod clock;
mod counts;
mod data;
mod m5;
mod smooth;

use std::error::Error;

use crate::run::Outcome;

/// Prints every table; words name the tables wanted (`m5`, `m3`, `counts`, `speed`).
pub fn run(words: &[String]) -> Outcome {
    print(words).map_err(|error| error.to_string())
}

fn print(words: &[String]) -> Result<(), Box<dyn Error>> {
    let Some(folder) = data::folder() else {
        println!("skipped: no demand series found (set ORDERLY_DATA to the data folder)");
        return Ok(());
    };
    let wants = |word: &str| words.is_empty() || words.iter().any(|named| named == word);
    if wants("m3") {
        smooth::run(&folder)?;
    }
    if wants("counts") {
        counts::run(&folder)?;
    }
    if wants("m5") {
        m5::run(&m5::Sample::new(data::m5(&folder)?))?;
    }
    Ok(())
}

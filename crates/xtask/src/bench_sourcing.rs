//! `cargo xtask bench sourcing`: the sourcing kernel, look-ahead, batches, cartons and pick paths.

mod floor;
mod kernel;
mod policies;
mod second;

use crate::run::Outcome;

/// Prints every table; words name the tables wanted: `kernel`, `policies`, `world2`, `floor`.
///
/// `seeds=10` runs the policies and batches on so many worlds (3 otherwise).
pub fn run(words: &[String]) -> Outcome {
    let mut seeds = 3;
    let mut wanted: Vec<&str> = Vec::new();
    for word in words {
        match word.strip_prefix("seeds=") {
            Some(count) => {
                seeds = count.parse().map_err(|_| format!("seeds={count} is not a number"))?;
            }
            None => wanted.push(word),
        }
    }
    let wants = |word: &str| wanted.is_empty() || wanted.contains(&word);
    if wants("kernel") {
        kernel::latency();
        kernel::refresh();
    }
    if wants("floor") {
        floor::cartons()?;
        floor::paths()?;
        floor::carts()?;
    }
    if wants("policies") {
        policies::table(seeds);
    }
    if wants("world2") {
        second::table(seeds);
    }
    Ok(())
}

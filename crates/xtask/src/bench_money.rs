//! `cargo xtask bench money`: the proof of random baskets, a million of them.

use std::process::Command;

use crate::run::Outcome;

/// Runs the proof in a release build; `baskets=N` says how many, `seed=N` where they begin.
pub fn run(words: &[String]) -> Outcome {
    let given = |name: &str, otherwise: &str| {
        let found = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or(otherwise).to_owned()
    };
    let mut proof = Command::new("cargo");
    proof.args(["test", "--release", "-p", "orderly-core", "--test", "it", "--"]);
    proof.args(["baskets::", "--nocapture"]);
    proof.env("ORDERLY_BASKETS", given("baskets", "1000000"));
    proof.env("ORDERLY_BASKETS_SEED", given("seed", "1"));
    match proof.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("a basket drifted ({status})")),
        Err(error) => Err(format!("cargo did not start: {error}")),
    }
}

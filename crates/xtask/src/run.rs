//! Commands that run other programs: cargo and the scripts.

use crate::tidy;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a command of xtask did not succeed, for the person who ran it.
pub type Outcome = Result<(), String>;

/// Checks format, lints and the rules of the house, in this order; stops at the first failure.
pub fn check() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    tidy::run()
}

/// Runs all tests, with `rest` handed to cargo; on both engines if `postgres`.
pub fn test(postgres: bool, rest: &[String]) -> Outcome {
    let mut arguments = vec!["test"];
    if !rest.iter().any(|word| word == "-p" || word == "--package") {
        arguments.push("--workspace");
    }
    arguments.extend(rest.iter().map(String::as_str));
    if !postgres {
        return cargo(&arguments);
    }
    let cluster = Cluster::start()?;
    succeed(Command::new("cargo").args(&arguments).env("ORDERLY_TEST_PG", &cluster.url))
}

/// Runs all tests with new output accepted in place of the expected one.
pub fn golden() -> Outcome {
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    succeed(tests.env("INSTA_UPDATE", "always").env("ORDERLY_GOLDEN", "accept"))
}

/// Runs cargo in the folder xtask was started in.
pub fn cargo(arguments: &[&str]) -> Outcome {
    succeed(Command::new("cargo").args(arguments))
}

fn succeed(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.status().map_err(|error| format!("{shown} did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})")) }
}

/// A PostgreSQL cluster of this run's own, ended when dropped.
struct Cluster {
    dir: String,
    url: String,
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let root = tidy::root()?;
        let dir = std::env::temp_dir().join(format!("orderly-pg-{}", std::process::id()));
        let dir = dir.to_string_lossy().into_owned();
        let mut cluster = Self { dir, url: String::new() };
        succeed(script(&root, "start", &cluster.dir).stdout(Stdio::null()))?;
        let said = script(&root, "url", &cluster.dir)
            .output()
            .map_err(|error| format!("scripts/postgres url did not start: {error}"))?;
        cluster.url = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = tidy::root().and_then(|root| succeed(&mut script(&root, "stop", &self.dir)));
        if let Err(reason) = stopped {
            eprintln!("xtask: PostgreSQL in {} was not stopped: {reason}", self.dir);
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn script(root: &Path, verb: &str, dir: &str) -> Command {
    let mut command = Command::new(root.join("scripts/postgres"));
    command.args([verb, dir]);
    command
}

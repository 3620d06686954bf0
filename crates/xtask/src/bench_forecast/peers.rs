//! Runs the strongest public peer, statsforecast, in the same run where it is installed.
//!
//! `ORDERLY_PEERS` names a Python with statsforecast; otherwise `.tools/peers/bin/python`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One series to be forecast by a peer.
pub struct Request<'a> {
    pub model: &'a str,
    pub season: usize,
    pub horizon: usize,
    pub history: &'a [f64],
}

/// A peer's rows by name (`mean`, `lo-95`, `hi-95` …), and its processor seconds.
#[derive(Debug, Default, Clone)]
pub struct Reply {
    pub seconds: f64,
    pub rows: BTreeMap<String, Vec<f64>>,
}

impl Reply {
    /// Returns a row; a peer that failed or diverged gives numbers that are not.
    pub fn row(&self, name: &str, horizon: usize) -> Vec<f64> {
        self.rows.get(name).cloned().unwrap_or_else(|| vec![f64::NAN; horizon])
    }
}

fn python() -> Option<PathBuf> {
    let named = std::env::var_os("ORDERLY_PEERS").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/peers/bin/python");
    named.or(Some(usual)).filter(|path| path.is_file())
}

/// Forecasts every request in order. `None`, told on the terminal, without the peer.
pub fn forecast(requests: &[Request<'_>]) -> Option<Vec<Reply>> {
    let Some(python) = python() else {
        println!("  peers skipped: no statsforecast found (set ORDERLY_PEERS to a Python)");
        return None;
    };
    let mut child = Command::new(python)
        .args(["-c", include_str!("peers.py")])
        .env("OMP_NUM_THREADS", "1")
        .env("NUMBA_NUM_THREADS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let lines: Vec<String> = requests
        .iter()
        .map(|request| {
            let values: Vec<String> = request.history.iter().map(f64::to_string).collect();
            let Request { model, season, horizon, .. } = request;
            format!("{model};{season};{horizon};{}\n", values.join(","))
        })
        .collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            if input.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output().ok()?;
    let _ = writer.join();
    let replies: Vec<Reply> = String::from_utf8_lossy(&output.stdout).lines().map(parse).collect();
    if replies.len() == requests.len() {
        Some(replies)
    } else {
        println!("  peers skipped: {} replies to {} requests", replies.len(), requests.len());
        None
    }
}

fn parse(line: &str) -> Reply {
    let mut parts = line.split(';');
    let seconds = parts.next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let rows = parts
        .filter_map(|part| {
            let (name, values) = part.split_once(',')?;
            let values = values.split(',').map(|word| word.parse().unwrap_or(f64::NAN));
            Some((name.to_owned(), values.collect()))
        })
        .collect();
    Reply { seconds, rows }
}

//! The oracles that users run with `orderly prove`, against a real server on each engine: what
//! they say holds, and what they catch where it does not.

use std::path::Path;
use std::process::Command;

use orderly_bench::contention::{self, Crowd};
use orderly_bench::crash::{self, Kills};
use serde_json::Value;

use crate::fixture::TestDb;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_orderly"))
}

/// More in a long run: `ORDERLY_PROVE_TIMES=10` asks for ten times as much.
fn times() -> usize {
    std::env::var("ORDERLY_PROVE_TIMES").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[test]
fn a_crowd_buys_exactly_what_there_is() {
    for db in TestDb::each() {
        for connections in [8, 64] {
            let crowd = Crowd { buyers: 600 * times(), units: 100, connections, naive: false };
            let sale = contention::run(db.location(), program(), crowd).unwrap();
            assert_eq!(sale.broken(), Vec::<String>::new(), "{sale:?}");
            assert!(sale.canceled > 0, "{sale:?}");
        }
    }
}

#[test]
fn buyers_who_look_first_and_then_order_are_found_to_oversell() {
    let db = TestDb::sqlite();
    let crowd = Crowd { buyers: 300, units: 8, connections: 32, naive: true };
    let sale = contention::run(db.location(), program(), crowd).unwrap();
    assert!(sale.sold > 8, "{sale:?}");
    assert!(!sale.broken().is_empty());
    assert_eq!(
        (sale.violations, sale.server_errors),
        (0, 0),
        "what waits is written down: {sale:?}"
    );
}

#[test]
fn a_server_that_is_killed_loses_nothing_and_doubles_nothing() {
    for db in TestDb::each() {
        let kills = Kills { kills: 10 * times(), clients: 4, seed: 7 };
        let crashed = crash::run(db.location(), program(), kills).unwrap();
        assert_eq!(crashed.broken(), Vec::<String>::new(), "{crashed:?}");
        assert!(crashed.asked_again > 0, "no request was cut off: {crashed:?}");
    }
}

#[test]
fn bench_and_prove_answer_in_json_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let output = Command::new(program())
            .args(words)
            .args(["--json", "--database", "shop.db"])
            .current_dir(folder.path())
            .output();
        let output = output.unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}{said}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let placed = run(&[
        "bench",
        "placement",
        "--orders",
        "60",
        "--runs",
        "1",
        "--clients",
        "4",
        "--html",
        "p.html",
    ]);
    for way in ["bulk", "http"] {
        for name in ["orders_per_s", "p50_ms", "p99_ms", "floor_share"] {
            assert!(placed[way][name].as_f64().unwrap() > 0.0, "{way} {name}: {placed}");
        }
    }
    let page = std::fs::read_to_string(folder.path().join("p.html")).unwrap();
    assert!(page.contains("one per request"), "{page}");
    let proved = run(&["prove", "--buyers", "600", "--kills", "2"]);
    assert_eq!(proved["held"], true, "{proved}");
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the page alone");
}

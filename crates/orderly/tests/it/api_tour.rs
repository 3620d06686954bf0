//! The tour of docs/api.md, run as it is written.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// The shell lines between the fences of the document.
fn script(document: &str) -> String {
    let mut script = String::from("set -euo pipefail\n");
    script.push_str("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

#[test]
fn the_tour_of_the_api_runs_as_it_is_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: curl is not installed");
        return;
    }
    let folder = TempDir::new().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_orderly"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let script = script(include_str!("../../../../docs/api.md"));
    let ran = Command::new("timeout")
        .args(["240", "bash", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("ORDERLY_LISTEN", free.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}\n{errors}");
    assert!(said.contains("insufficient_stock") && said.contains("canceled"), "{said}");
}

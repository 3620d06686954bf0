//! A walk through the console in a real browser; skipped where there is none.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{Shop, TestDb};
use crate::server::{PASSWORD, Server};

/// The folder of tools, where it holds what the walk needs.
fn tools() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os("ORDERLY_TOOLS").map(PathBuf::from);
    let tools = here.join("../..").join(tools.unwrap_or_else(|| ".tools".into()));
    let there = |name: &str| tools.join("npm/node_modules").join(name).is_dir();
    let runs = |name: &str| Command::new(name).arg("--version").output().is_ok();
    let all = there("playwright-core") && there("axe-core") && runs("node") && runs("chromium");
    all.then_some(tools)
}

#[test]
fn an_order_is_walked_from_the_phone_to_the_refund_in_a_browser() {
    let Some(tools) = tools() else {
        eprintln!("SKIPPED: node, chromium, playwright-core or axe-core is missing: scripts/tools");
        return;
    };
    let shop = Shop::new(TestDb::sqlite());
    for sku in ["NAIL", "PAINT"] {
        shop.stock(sku, "depot", 100, None);
        shop.stock(sku, "leeds", 20, None);
    }
    let server = Server::start(shop.app.clone());
    let email = server.user("owner");
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/walk.mjs");
    let walked = Command::new("node")
        .arg(walk)
        .env("BASE", format!("http://{}", server.address))
        .env("EMAIL", email)
        .env("PASSWORD", PASSWORD)
        .env("TOOLS", tools)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{said}");
}

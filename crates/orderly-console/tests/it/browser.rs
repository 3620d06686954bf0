//! A walk through the console in a real browser; skipped where there is none.

use std::path::{Path, PathBuf};
use std::process::Command;

use orderly_ops::ops::catalog;

use crate::fixture::{Shop, TestDb, read};
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
    // No location has all of what is ordered; both have an address for their labels.
    for (code, name) in [("north", "North depot"), ("south", "South store")] {
        let new = read(serde_json::json!({
            "code": code, "name": name, "kind": "warehouse", "priority": 3,
            "address": {
                "name": name, "address_lines": ["2 Mill Lane"], "city": "Leeds",
                "postcode": "LS2 2BB", "country": "GB",
            },
        }));
        catalog::create_location(&shop.app, &shop.call(), &new).unwrap();
    }
    shop.stock("NAIL", "north", 3, None);
    shop.stock("NAIL", "south", 4, None);
    shop.stock("PAINT", "south", 20, None);
    let server = Server::start(shop.app.clone());
    let email = server.user("owner");
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/walk.mjs");
    let stop = orderly_jobs::Stop::default();
    let walked = std::thread::scope(|scope| {
        // What happens reaches the feed, and with it the open pages.
        scope.spawn(|| orderly_jobs::run(&shop.app, &stop));
        let walked = Command::new("node")
            .arg(walk)
            .env("BASE", format!("http://{}", server.address))
            .env("EMAIL", email)
            .env("PASSWORD", PASSWORD)
            .env("TOOLS", tools)
            .output();
        stop.set(&shop.app);
        walked.unwrap()
    });
    let said = String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{said}");
}

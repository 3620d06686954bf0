//! The floors between crates: who may depend on whom, who may touch the outside world.

use super::Finding;
use super::rust::{Line, has_word};
use super::tree::{SourceFile, Tree};

/// Each crate with the crates of ours below it: edges know neither each other nor the store.
/// Tests may name any of them.
const BELOW: &[(&str, &[&str])] = &[
    ("orderly-core", &[]),
    ("orderly-plan", &[]),
    ("orderly-docs", &[]),
    ("orderly-store", &["orderly-core"]),
    ("orderly-ops", &["orderly-core", "orderly-docs", "orderly-plan", "orderly-store"]),
    ("orderly-jobs", &["orderly-core", "orderly-docs", "orderly-plan", "orderly-ops"]),
    ("orderly-web", &["orderly-core", "orderly-docs", "orderly-plan", "orderly-ops"]),
    (
        "orderly-http",
        &["orderly-core", "orderly-docs", "orderly-plan", "orderly-ops", "orderly-web"],
    ),
    (
        "orderly-console",
        &["orderly-core", "orderly-docs", "orderly-plan", "orderly-ops", "orderly-web"],
    ),
    // Measures bare SQL beside ours.
    ("orderly-bench", &["orderly-core", "orderly-ops", "orderly-store"]),
    (
        "orderly",
        &[
            "orderly-bench",
            "orderly-core",
            "orderly-docs",
            "orderly-plan",
            "orderly-ops",
            "orderly-jobs",
            "orderly-web",
            "orderly-http",
            "orderly-console",
        ],
    ),
    ("xtask", &["orderly", "orderly-bench", "orderly-core", "orderly-plan", "orderly-store"]),
];

/// Crates that only decide or compute: data in, data out.
const PURE: &[&str] = &["orderly-core", "orderly-plan", "orderly-docs"];

/// Libraries of the outside world, by the start of their name.
const IMPURE: &[&str] = &[
    "async-",
    "axum",
    "env_logger",
    "fastrand",
    "futures",
    "getrandom",
    "hyper",
    "log",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "sqlx",
    "tokio",
    "tracing",
    "ureq",
];

/// The libraries that speak to a database.
const ENGINES: &[&str] = &["rusqlite", "libsqlite3_sys", "postgres", "tokio_postgres", "sqlx"];

/// Paths and calls that reach the outside world or read a clock.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::os",
    "SystemTime",
    "std::time::Instant",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "rand::",
    "log::",
    "tracing::",
    "thread::sleep",
    "async fn",
    "async move",
    ".await",
    "stdin()",
    "stdout()",
    "stderr()",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
];

/// Dependencies of our crates point down only; pure crates take no impure library.
pub fn dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let Some((name, below)) = BELOW.iter().find(|(name, _)| {
            file.path == std::path::Path::new(&format!("crates/{name}/Cargo.toml"))
        }) else {
            continue;
        };
        for (section, dependency) in dependencies_of(file) {
            let line = line_of(file, &dependency);
            let is_ours = BELOW.iter().any(|(ours, _)| *ours == dependency);
            if is_ours && section != "dev-dependencies" && !below.contains(&&*dependency) {
                let message = format!("{name} stands below {dependency}, imports point down only");
                findings.push(Finding::new(file, line, message));
            }
            let is_impure = IMPURE.iter().any(|start| dependency.starts_with(start));
            if section == "dependencies" && PURE.contains(name) && is_impure {
                let message = format!("{name} is pure, take what {dependency} gives as argument");
                findings.push(Finding::new(file, line, message));
            }
            let is_engine = ENGINES.contains(&&*dependency.replace('-', "_"));
            if is_engine
                && section != "dev-dependencies"
                && !matches!(*name, "orderly-store" | "xtask")
            {
                let message = format!("only orderly-store uses {dependency}, go through the store");
                findings.push(Finding::new(file, line, message));
            }
        }
    }
    findings
}

/// Section and name of every dependency, those of targets included.
fn dependencies_of(file: &SourceFile) -> Vec<(String, String)> {
    let Ok(manifest) = file.text.parse::<toml::Table>() else { return Vec::new() };
    let mut tables = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let mut found = Vec::new();
    for table in tables {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = table.get(section).and_then(toml::Value::as_table);
            let names = names.into_iter().flat_map(toml::Table::keys);
            found.extend(names.map(|name| (section.to_owned(), name.clone())));
        }
    }
    found
}

/// The line that names the dependency, 0 if none does.
fn line_of(file: &SourceFile, dependency: &str) -> usize {
    let names = |line: &str| {
        line.trim_start()
            .strip_prefix(dependency)
            .is_some_and(|rest| rest.trim_start().starts_with(['=', '.', ']']))
    };
    file.text.lines().position(names).map_or(0, |index| index + 1)
}

/// The pure crates reach nothing outside and read no clock.
pub fn pure_crates(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in PURE {
        for file in tree.rust_under(&format!("crates/{name}/src")) {
            for (number, line) in file.product_lines() {
                for outside in OUTSIDE.iter().filter(|outside| mentions(line, outside)) {
                    let what = outside.trim_end_matches(':');
                    let message = format!("{name} is pure and has no {what}, take it as argument");
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

fn mentions(line: &Line, outside: &str) -> bool {
    line.code.match_indices(outside).any(|(at, _)| {
        let before = line.code[..at].chars().next_back();
        let after = line.code[at + outside.len()..].chars().next();
        let is_word = |c: Option<char>| c.is_some_and(super::rust::is_word);
        let starts = outside.starts_with('.') || !(is_word(before) || before == Some(':'));
        starts && (outside.ends_with([':', '!']) || !is_word(after))
    })
}

/// Only the store names the database libraries, and tests that plant what it refuses.
pub fn engines(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        let plants = file.is_under("crates/orderly/tests");
        if plants || file.is_under("crates/orderly-store") || file.is_under("crates/xtask") {
            continue;
        }
        for (number, line) in file.numbered_lines() {
            for engine in ENGINES {
                let path = format!("{engine}::");
                let is_used = line.code.contains(&path) && has_word(&line.code, engine);
                if is_used && !line.code.contains(&format!("::{path}")) {
                    let message = format!("only orderly-store uses {engine}, go through the store");
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_upward_is_found_with_its_line() {
        let tree = Tree::of(&[(
            "crates/orderly-core/Cargo.toml",
            "[dependencies]\norderly-store = { workspace = true }\n",
        )]);
        let found = dependencies(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn an_impure_library_below_and_an_engine_outside_the_store_are_found() {
        let tree = Tree::of(&[
            ("crates/orderly-core/Cargo.toml", "[dependencies]\nrand = \"1\"\n"),
            ("crates/orderly/Cargo.toml", "[dependencies]\nrusqlite = \"1\"\n"),
        ]);
        assert_eq!(dependencies(&tree).len(), 2);
    }

    #[test]
    fn dependencies_that_point_down_pass() {
        let tree = Tree::of(&[
            ("crates/orderly/Cargo.toml", "[dependencies]\norderly-ops = \"1\"\nserde = \"1\"\n"),
            ("crates/orderly-store/Cargo.toml", "[dependencies]\nrusqlite = \"1\"\n"),
            ("crates/orderly-core/Cargo.toml", "[dev-dependencies]\nrand = \"1\"\n"),
        ]);
        assert_eq!(dependencies(&tree), []);
    }

    #[test]
    fn a_clock_a_file_and_a_future_in_the_core_are_found() {
        let text = "use std::fs;\nfn f() { Timestamp::now() }\nasync fn g() { h.await }\n";
        let tree = Tree::of(&[("crates/orderly-core/src/a.rs", text)]);
        let lines: Vec<usize> = pure_crates(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2, 3, 3]);
    }

    #[test]
    fn tests_comments_and_likely_names_in_the_core_pass() {
        let text = "// std::fs\nuse catalog::x;\nstruct Instant;\n\
                    #[cfg(test)]\nmod tests { use std::fs; }\n";
        assert_eq!(pure_crates(&Tree::of(&[("crates/orderly-core/src/a.rs", text)])), []);
    }

    #[test]
    fn an_engine_named_outside_the_store_is_found() {
        let tree = Tree::of(&[
            ("crates/orderly/src/a.rs", "use rusqlite::Connection;\n"),
            ("crates/orderly-store/src/a.rs", "use rusqlite::Connection;\n"),
            ("crates/orderly/src/b.rs", "use orderly_store::postgres::x;\n"),
        ]);
        assert_eq!(engines(&tree).len(), 1);
    }
}

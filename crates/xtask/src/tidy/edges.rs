//! The floors inside the binary's crate: edges apart, `ops` alone writing.

use super::Finding;
use super::rust::is_word;
use super::tree::{SourceFile, Tree};

const SRC: &str = "crates/orderly/src";
const EDGES: &[&str] = &["http", "console", "cli", "mcp", "jobs", "connect"];

/// Edges import neither each other nor the store; nothing below imports an edge.
pub fn imports(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under(SRC) {
        let Some(module) = top_module(file) else { continue };
        let is_edge = EDGES.contains(&module.as_str());
        for (number, path) in paths(file) {
            let named = path.split("::").next().unwrap_or_default();
            if is_edge && named == "orderly_store" {
                let message = format!("the edge {module} reaches the store, call ops instead");
                findings.push(Finding::new(file, number, message));
            }
            let target = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next());
            let Some(target) = target.filter(|target| EDGES.contains(target)) else { continue };
            if target != module {
                let message = if is_edge {
                    format!(
                        "the edge {module} imports the edge {target}, move what they share down"
                    )
                } else {
                    format!("{module} imports the edge {target} above it, move what it needs down")
                };
                findings.push(Finding::new(file, number, message));
            }
        }
    }
    findings
}

/// Only `ops` opens a transaction.
pub fn transactions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under(SRC) {
        if top_module(file).is_some_and(|module| module == "ops") {
            continue;
        }
        let mut whole = String::new();
        for (number, line) in file.product_lines() {
            let start = whole.len();
            whole.extend(line.code.chars().filter(|c| !c.is_whitespace()));
            for call in ["store.write(", "store.command(", "store().write(", "store().command("] {
                if whole.rfind(call).is_some_and(|at| at + call.len() > start) {
                    let message = "only ops opens a transaction, call an operation instead";
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

/// The module of the crate that the file belongs to; none for the roots, which wire all together.
fn top_module(file: &SourceFile) -> Option<String> {
    let inside = file.path.strip_prefix(SRC).ok()?;
    let first = inside.components().next()?.as_os_str().to_string_lossy();
    let name = first.strip_suffix(".rs").unwrap_or(&first);
    (!matches!(name, "main" | "lib")).then(|| name.to_owned())
}

/// Every path the product code names, `use` trees spread out, `super` and `self` resolved.
fn paths(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut prefix: Vec<(String, bool)> = Vec::new();
    let mut word = String::new();
    for (number, line) in file.product_lines() {
        for c in line.code.chars().chain(['\n']) {
            match c {
                _ if is_word(c) || c == ':' => word.push(c),
                '{' if word.ends_with("::") => {
                    let whole = prefix.last().map_or(String::new(), |(start, _)| start.clone());
                    prefix.push((whole + &word, true));
                    word.clear();
                }
                _ => {
                    if word.contains("::") || (!word.is_empty() && in_use(&prefix)) {
                        let start = prefix.last().map_or("", |(start, _)| start);
                        found.push((number, resolve(file, &format!("{start}{word}"))));
                    }
                    word.clear();
                    match c {
                        '{' => prefix.push((String::new(), false)),
                        '}' => drop(prefix.pop()),
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn in_use(prefix: &[(String, bool)]) -> bool {
    prefix.last().is_some_and(|(_, is_use)| *is_use)
}

/// Writes a path from the root of the crate: `super::x` in `http/orders.rs` is `crate::http::x`.
fn resolve(file: &SourceFile, path: &str) -> String {
    let inside = file.path.strip_prefix(SRC).unwrap_or(&file.path).with_extension("");
    let mut module: Vec<String> =
        inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let mut rest = path;
    let mut is_relative = false;
    loop {
        if let Some(after) = rest.strip_prefix("super::") {
            module.pop();
            (rest, is_relative) = (after, true);
        } else if let Some(after) = rest.strip_prefix("self::") {
            (rest, is_relative) = (after, true);
        } else {
            break;
        }
    }
    if !is_relative {
        return path.trim_start_matches("::").to_owned();
    }
    let module: String = module.iter().map(|part| format!("{part}::")).collect();
    format!("crate::{module}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        imports(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_edge_that_imports_an_edge_is_found_however_it_is_written() {
        let path = "crates/orderly/src/cli/orders.rs";
        assert_eq!(found(path, "use crate::http::x;\n"), [1]);
        assert_eq!(found(path, "use crate::{\n    ops,\n    http,\n};\n"), [3]);
        assert_eq!(found(path, "use crate::{ops::{a, b}, jobs::{c}};\n"), [1]);
        assert_eq!(found(path, "fn f() { super::super::console::page() }\n"), [1]);
        assert_eq!(found("crates/orderly/src/cli.rs", "fn f() { super::jobs::run() }\n"), [1]);
    }

    #[test]
    fn an_edge_that_reaches_the_store_is_found() {
        assert_eq!(found("crates/orderly/src/http.rs", "use orderly_store::Tx;\n"), [1]);
        assert_eq!(found("crates/orderly/src/http.rs", "f(orderly_store::open());\n"), [1]);
    }

    #[test]
    fn a_module_below_that_imports_an_edge_is_found() {
        assert_eq!(found("crates/orderly/src/ops/orders.rs", "use crate::cli::x;\n"), [1]);
    }

    #[test]
    fn edges_that_call_downward_pass() {
        let text = "use crate::{Error, ops::orders, wire};\nuse super::table;\n\
                    use std::http::x;\nfn f() { let http = 1; self::g(http) }\n";
        assert_eq!(found("crates/orderly/src/cli/orders.rs", text), [0; 0]);
        assert_eq!(found("crates/orderly/src/main.rs", "use orderly::cli;\n"), [0; 0]);
        assert_eq!(found("crates/orderly/src/ops.rs", "use orderly_store::Tx;\n"), [0; 0]);
    }

    #[test]
    fn a_transaction_outside_ops_is_found_over_line_breaks() {
        let text = "fn f() {\n    app\n        .store\n        .write(|tx| g(tx))\n}\n";
        let files = [("crates/orderly/src/verify.rs", text), ("crates/orderly/src/ops/a.rs", text)];
        let lines: Vec<(String, usize)> = transactions(&Tree::of(&files))
            .iter()
            .map(|finding| (finding.path.display().to_string(), finding.line))
            .collect();
        assert_eq!(lines, [("crates/orderly/src/verify.rs".to_owned(), 4)]);
    }

    #[test]
    fn reading_and_other_writers_pass() {
        let text = "fn f() { app.store.read(|tx| g(tx)); file.write(b); }\n";
        assert_eq!(transactions(&Tree::of(&[("crates/orderly/src/verify.rs", text)])), []);
    }
}

//! The floor that crates do not draw: `ops` alone opens a transaction that writes.

use super::Finding;
use super::tree::Tree;

/// Where transactions are opened, and what they are made of.
const WRITERS: &[&str] =
    &["crates/orderly-ops/src/ops", "crates/orderly-store", "crates/orderly-bench", "crates/xtask"];

/// Only `ops` opens a transaction.
pub fn transactions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        if WRITERS.iter().any(|writer| file.is_under(writer)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_outside_ops_is_found_over_line_breaks() {
        let text = "fn f() {\n    app\n        .store\n        .write(|tx| g(tx))\n}\n";
        let files =
            [("crates/orderly-ops/src/verify.rs", text), ("crates/orderly-ops/src/ops/a.rs", text)];
        let lines: Vec<(String, usize)> = transactions(&Tree::of(&files))
            .iter()
            .map(|finding| (finding.path.display().to_string(), finding.line))
            .collect();
        assert_eq!(lines, [("crates/orderly-ops/src/verify.rs".to_owned(), 4)]);
    }

    #[test]
    fn reading_and_other_writers_pass() {
        let text = "fn f() { app.store.read(|tx| g(tx)); file.write(b); }\n";
        assert_eq!(transactions(&Tree::of(&[("crates/orderly-ops/src/verify.rs", text)])), []);
    }
}

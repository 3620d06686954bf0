//! SQL lives in the store and is never put together from pieces elsewhere.

use super::Finding;
use super::rust::has_word;
use super::tree::{SourceFile, Tree};

/// No product code outside the store holds SQL. Tests may, to plant what the store would refuse.
pub fn outside_store(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates").filter(|file| !may_hold_sql(file)) {
        for (number, line) in file.product_lines() {
            if line.strings.iter().any(|text| is_sql(text)) {
                let message = "SQL outside orderly-store, write a function there and call it";
                findings.push(Finding::new(file, number, message));
            }
        }
    }
    findings
}

/// No SQL outside the store is built by formatting. Tests may: they name tables, not values.
pub fn formatted(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates").filter(|file| !may_hold_sql(file)) {
        let mut formats = false;
        for (number, line) in file.product_lines() {
            formats = (formats && line.code.trim_start().starts_with('"'))
                || ["format!(", "write!(", "writeln!(", "concat!("]
                    .iter()
                    .any(|start| line.code.contains(start));
            if formats && line.strings.iter().any(|text| is_sql(text) && text.contains('{')) {
                let message = "SQL built by formatting, bind parameters instead";
                findings.push(Finding::new(file, number, message));
            }
            formats &= line.code.trim_end().ends_with('(');
        }
    }
    findings
}

/// The store, the rules themselves, and the benchmarks, which measure bare SQL beside ours.
fn may_hold_sql(file: &SourceFile) -> bool {
    let is_bench = file.is_under("crates/orderly-bench")
        || file.is_under("crates/xtask/src")
            && file.path.iter().any(|part| part.to_string_lossy().starts_with("bench"));
    is_bench || file.is_under("crates/orderly-store") || file.is_under("crates/xtask/src/tidy")
}

/// Whether a literal reads as SQL: its verbs in capitals, with what must follow them.
fn is_sql(text: &str) -> bool {
    let pairs = [
        ("SELECT", "FROM"),
        ("INSERT", "INTO"),
        ("UPDATE", "SET"),
        ("DELETE", "FROM"),
        ("CREATE", "TABLE"),
        ("CREATE", "INDEX"),
        ("CREATE", "TRIGGER"),
        ("ALTER", "TABLE"),
        ("DROP", "TABLE"),
        ("DROP", "TRIGGER"),
    ];
    let starts = ["SELECT", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "TRUNCATE"];
    let text = text.trim_start();
    starts.contains(&text.split([' ', ';', '\n']).next().unwrap_or_default())
        || pairs.iter().any(|(verb, object)| has_word(text, verb) && has_word(text, object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_in_an_operation_is_found() {
        let text = "tx.exec(\n    \"UPDATE orders\n        SET sequence = 1\",\n)\n";
        let found = outside_store(&Tree::of(&[("crates/orderly/src/ops/a.rs", text)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn sql_in_the_store_in_tests_and_plain_words_pass() {
        let sql = "fn f() { g(\"SELECT 1 FROM t\") }\n";
        let tree = Tree::of(&[
            ("crates/orderly-store/src/a.rs", sql),
            ("crates/orderly/tests/it/a.rs", sql),
            ("crates/orderly/src/a.rs", "f(\"update the order, set a hold, BEGINNING\")\n"),
        ]);
        assert_eq!(outside_store(&tree), []);
    }

    #[test]
    fn formatted_sql_is_found() {
        let one = "run(&format!(\"DELETE FROM {table}\"));\n";
        let two = "run(&format!(\n    \"UPDATE {table} SET a = 1\",\n));\n";
        let bound = "run(\"DELETE FROM orders WHERE id = $1\", &[&id]);\n";
        for (text, count) in [(one, 1), (two, 1), (bound, 0)] {
            let tree = Tree::of(&[("crates/orderly/src/a.rs", text)]);
            assert_eq!(formatted(&tree).len(), count, "{text}");
        }
    }
}

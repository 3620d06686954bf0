//! Every error code and every store function has a test that names it.

use super::Finding;
use super::rust::{Line, has_word, identifiers};
use super::tree::Tree;
use std::collections::BTreeSet;

const CODES: &str = "crates/orderly-core/src/refusal.rs";
const TABLES: &str = "crates/orderly-store/src/tables";
const STORE_TESTS: &str = "crates/orderly-store/tests/it";

/// Every stable code is named by a test outside the file that lists it: as text or as `Code::…`.
pub fn codes(tree: &Tree) -> Vec<Finding> {
    let tested: Vec<&Line> = tree
        .rust_under("crates")
        .filter(|file| !file.is_under(CODES) && !file.is_under("crates/xtask"))
        .flat_map(|file| &file.rust)
        .filter(|line| line.is_test)
        .collect();
    let mut findings = Vec::new();
    for file in tree.rust_under(CODES) {
        let mut seen = BTreeSet::new();
        for (number, line) in file.product_lines() {
            let in_table = is_table_row(&line.code);
            for code in line.strings.iter().filter(|text| is_code(text, in_table)) {
                let is_new = seen.insert(code.clone());
                let variant = format!("Code::{}", camel(code));
                let names = |test: &&Line| {
                    has_word(&test.code, &variant)
                        || test.strings.iter().any(|text| has_word(text, code))
                };
                if is_new && !tested.iter().any(names) {
                    let message = format!("no test names the code {code}, write one that gets it");
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

/// Whether a line lists a code: `Name => "code"` or `Name "code" 409`.
fn is_table_row(code: &str) -> bool {
    let after = code.split("\"\"").nth(1).unwrap_or_default().trim_start();
    code.contains("=>") || after.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a literal is a code: lower-case words joined by underscores; one word only in a table.
fn is_code(text: &str, in_table: bool) -> bool {
    let is_snake = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_snake && (in_table || text.contains('_'))
}

/// `not_reversible` → `NotReversible`.
fn camel(code: &str) -> String {
    let upper = |part: &str| {
        let mut chars = part.chars();
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<String>()
    };
    code.split('_').map(upper).collect()
}

/// Every public function of the tables is named by a contract test.
pub fn store_functions(tree: &Tree) -> Vec<Finding> {
    let tested: BTreeSet<&str> = tree
        .rust_under(STORE_TESTS)
        .flat_map(|file| &file.rust)
        .flat_map(|line| identifiers(&line.code))
        .collect();
    let mut findings = Vec::new();
    for file in tree.rust_under(TABLES) {
        for (number, line) in file.product_lines() {
            let Some(rest) = line.code.trim_start().strip_prefix("pub fn ") else { continue };
            let name = identifiers(rest).next().unwrap_or_default();
            if !tested.contains(name) {
                let message = format!("no contract test names {name}, add one in {STORE_TESTS}");
                findings.push(Finding::new(file, number, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "match self {\n    A => \"not_reversible\",\n    B => \"forbidden\",\n}\n\
                         const C: &str = \"on_hold\";\nlet text = \"plain words\";\n";

    #[test]
    fn a_code_without_a_test_is_found() {
        let test = "fn t() { assert_eq!(code, \"not_reversible\") }\n";
        let tree = Tree::of(&[(CODES, TABLE), ("crates/orderly/tests/it/a.rs", test)]);
        let lines: Vec<usize> = codes(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn a_code_in_product_code_or_its_own_file_is_not_tested_by_it() {
        let tree = Tree::of(&[(CODES, TABLE), ("crates/orderly/src/a.rs", TABLE)]);
        assert_eq!(codes(&tree).len(), 3);
    }

    #[test]
    fn codes_named_in_test_modules_pass() {
        let test = "#[cfg(test)]\nmod tests {\n    const A: &str = \"on_hold forbidden\";\n\
                    const B: &str = \"{\\\"code\\\":\\\"not_reversible\\\"}\";\n}\n";
        let tree = Tree::of(&[(CODES, TABLE), ("crates/orderly/src/a.rs", test)]);
        assert_eq!(codes(&tree), []);
    }

    #[test]
    fn a_code_in_a_table_with_its_status_is_found_and_its_variant_in_a_test_passes() {
        let list = "codes! {\n    OnHold \"on_hold\" 409 override X;\n    Gone \"gone\" 404;\n}\n";
        let test = "fn t() { assert_eq!(refused.code(), Code::OnHold); }\n";
        let tree = Tree::of(&[(CODES, list), ("crates/orderly-store/tests/it/a.rs", test)]);
        let lines: Vec<usize> = codes(&tree).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [3]);
    }

    #[test]
    fn a_store_function_without_a_contract_test_is_found() {
        let tree = Tree::of(&[
            ("crates/orderly-store/src/tables/a.rs", "pub fn get() {}\npub fn save() {}\n"),
            ("crates/orderly-store/tests/it/a.rs", "fn t() { a::get(tx); } // save\n"),
        ]);
        let found = store_functions(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
    }
}

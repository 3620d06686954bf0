//! Every error code and every store function has a test that names it.

use super::Finding;
use super::rust::{Line, has_word, identifiers};
use super::tree::{SourceFile, Tree};
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

/// Every public function of the tables is called by a contract test: `audit::insert`, or
/// `insert` with `audit::{insert, …}` imported; a method by its name.
pub fn store_functions(tree: &Tree) -> Vec<Finding> {
    let tests: Vec<String> = tree
        .rust_under(STORE_TESTS)
        .map(|file| file.rust.iter().map(|line| format!("{} ", line.code)).collect())
        .collect();
    let mut findings = Vec::new();
    for file in tree.rust_under(TABLES) {
        let modules: Vec<String> = modules(file);
        for (number, line) in file.product_lines() {
            let Some(rest) = line.code.trim_start().strip_prefix("pub fn ") else { continue };
            let name = identifiers(rest).next().unwrap_or_default();
            let is_method = line.code.starts_with(' ');
            let is_tested = tests.iter().any(|test| {
                is_method && has_word(test, name)
                    || modules.iter().any(|module| calls(test, module, name))
            });
            if !is_tested {
                let path = modules.first().map(|module| format!("{module}::{name}"));
                let path = path.filter(|_| !is_method).unwrap_or_else(|| name.to_owned());
                let message = format!("no contract test calls {path}, add one in {STORE_TESTS}");
                findings.push(Finding::new(file, number, message));
            }
        }
    }
    findings
}

/// The modules of `tables` through which the file's functions may be called, outermost first.
fn modules(file: &SourceFile) -> Vec<String> {
    let inside = file.path.strip_prefix(TABLES).unwrap_or(&file.path).with_extension("");
    inside.iter().map(|part| part.to_string_lossy().into_owned()).collect()
}

fn calls(test: &str, module: &str, name: &str) -> bool {
    let group = format!("{module}::{{");
    let imports = test.split(&group).skip(1).filter_map(|rest| rest.split('}').next());
    has_word(test, &format!("{module}::{name}"))
        || imports.into_iter().any(|names| has_word(names, name))
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
            ("crates/orderly-store/src/tables/audit.rs", "pub fn get() {}\npub fn save() {}\n"),
            ("crates/orderly-store/src/tables/events.rs", "pub fn get() {}\nfn own() {}\n"),
            ("crates/orderly-store/tests/it/a.rs", "fn t() { audit::get(tx); } // audit::save\n"),
        ]);
        let found: Vec<String> = store_functions(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("crates/orderly-store/src/tables/audit.rs:2: "));
        assert!(found[1].starts_with("crates/orderly-store/src/tables/events.rs:1: "));
    }

    #[test]
    fn imported_functions_methods_and_functions_of_submodules_pass() {
        let tree = Tree::of(&[
            ("crates/orderly-store/src/tables/audit.rs", "pub fn get() {}\n"),
            ("crates/orderly-store/src/tables/orders/load.rs", "pub fn load() {}\n"),
            ("crates/orderly-store/src/tables/events.rs", "impl A {\n    pub fn last() {}\n}\n"),
            (
                "crates/orderly-store/tests/it/a.rs",
                "use t::audit::{\n    get,\n};\nfn t() { orders::load(tx); a.last(); }\n",
            ),
        ]);
        assert_eq!(store_functions(&tree), []);
    }
}

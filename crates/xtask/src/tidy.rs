//! The rules of the house that no compiler checks: floors, sizes, words, coverage and more.
//!
//! Every rule is a function from the [`Tree`] to what it found. `cargo xtask tidy` and a test
//! run all of them on the repository; each rule has tests on small trees of its own.

mod attributes;
mod content;
mod coverage;
mod edges;
mod floors;
mod links;
mod names;
mod rust;
mod sizes;
mod sql;
mod tree;
mod words;

use crate::run::Outcome;
use std::fmt;
use std::path::PathBuf;
pub use tree::root;
use tree::{SourceFile, Tree};

/// One place that breaks a rule. Shown as `file:line: what is wrong, what to do`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: PathBuf,
    /// From 1; 0 stands for the file as a whole.
    line: usize,
    message: String,
    /// Told, but no reason to fail.
    is_warning: bool,
}

impl Finding {
    fn new(file: &SourceFile, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into(), is_warning: false }
    }

    fn warning(file: &SourceFile, line: usize, message: impl Into<String>) -> Self {
        Self { is_warning: true, ..Self::new(file, line, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_warning { "warning: " } else { "" };
        write!(out, "{}:{}: {kind}{}", self.path.display(), self.line, self.message)
    }
}

const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    floors::dependencies,
    floors::pure_crates,
    floors::engines,
    edges::transactions,
    sizes::files,
    sizes::lines,
    names::types_and_modules,
    names::spelling,
    attributes::silenced_lints,
    attributes::ignored_tests,
    attributes::test_binaries,
    attributes::inherited_lints,
    content::forbidden,
    content::unfinished,
    links::documents,
    sql::outside_store,
    sql::formatted,
    words::defined_once,
    words::tables,
    coverage::codes,
    coverage::store_functions,
];

/// Checks the repository and prints what is wrong, warnings first.
pub fn run() -> Outcome {
    let (warnings, errors): (Vec<_>, Vec<_>) =
        check(&Tree::load(&root()?)?).into_iter().partition(|finding| finding.is_warning);
    for finding in warnings.iter().chain(&errors) {
        println!("{finding}");
    }
    match errors.len() {
        0 => Ok(()),
        count => Err(format!("{count} places break the rules of the house")),
    }
}

/// Returns what all rules found, in order of file and line.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_keeps_the_rules_of_the_house() {
        let tree = Tree::load(&root().unwrap()).unwrap();
        let errors: Vec<String> = check(&tree)
            .iter()
            .filter(|finding| !finding.is_warning)
            .map(ToString::to_string)
            .collect();
        assert!(tree.files.len() > 20, "the walk found only {} files", tree.files.len());
        assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
    }

    #[test]
    fn a_finding_names_file_line_and_what_to_do() {
        let file = SourceFile::new("crates/a/src/b.rs", "");
        assert_eq!(
            Finding::new(&file, 7, "wrong, do right").to_string(),
            "crates/a/src/b.rs:7: wrong, do right"
        );
    }
}

//! Sizes a reader can hold: lines of a file, characters of a line.

use super::Finding;
use super::tree::Tree;

const LINES_WISHED: usize = 400;
const LINES_ALLOWED: usize = 600;
const CHARACTERS_ALLOWED: usize = 100;

/// Rust files stay short: over 400 lines is told (tests excepted), over 600 refused.
pub fn files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        let count = file.text.lines().count();
        if count > LINES_ALLOWED {
            let message = format!("{count} lines, split the file (at most {LINES_ALLOWED})");
            findings.push(Finding::new(file, count, message));
        } else if count > LINES_WISHED && file.product_lines().next().is_some() {
            let message = format!("{count} lines, think of splitting it over {LINES_WISHED}");
            findings.push(Finding::warning(file, count, message));
        }
    }
    findings
}

/// Lines of Rust and SQL stay within 100 characters.
pub fn lines(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_code = |end: &std::ffi::OsStr| end == "rs" || end == "sql";
    for file in tree.files.iter().filter(|file| file.path.extension().is_some_and(is_code)) {
        for (index, line) in file.text.lines().enumerate() {
            let count = line.chars().count();
            if count > CHARACTERS_ALLOWED {
                let message = format!("{count} characters, break the line at {CHARACTERS_ALLOWED}");
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_told_and_a_very_long_one_refused() {
        let tree = Tree::of(&[
            ("crates/a/src/ok.rs", &"f();\n".repeat(400)),
            ("crates/a/src/long.rs", &"f();\n".repeat(401)),
            ("crates/a/src/longer.rs", &"f();\n".repeat(601)),
            ("crates/a/tests/it/test.rs", &"f();\n".repeat(600)),
        ]);
        let found: Vec<(String, bool)> = files(&tree)
            .iter()
            .map(|finding| (finding.path.display().to_string(), finding.is_warning))
            .collect();
        assert_eq!(
            found,
            [("crates/a/src/long.rs".into(), true), ("crates/a/src/longer.rs".into(), false)]
        );
    }

    #[test]
    fn a_line_is_measured_in_characters() {
        let tree = Tree::of(&[
            ("a.sql", &"x".repeat(101)),
            ("crates/a/src/a.rs", &"ü".repeat(100)),
            ("a.md", &"x".repeat(200)),
        ]);
        assert_eq!(lines(&tree).len(), 1);
    }
}

//! What may be switched off in code, and how.

use super::Finding;
use super::tree::Tree;

/// A lint is silenced only by `#[expect(lint, reason = "…")]`, which ends when it is not needed.
pub fn silenced_lints(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        for (number, line) in file.numbered_lines() {
            if line.code.contains("[allow(") {
                let message = "silences a lint for good, write #[expect(lint, reason = \"…\")]";
                findings.push(Finding::new(file, number, message));
            }
            if line.code.contains("[expect(") {
                let rest = file.rust[number - 1..].iter().map(|line| line.code.as_str());
                let whole: String = rest.take(8).collect();
                let end = whole.find(")]").unwrap_or(whole.len());
                if !whole[..end].contains("reason =") {
                    let message = "silences a lint without saying why, add reason = \"…\"";
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

/// Every test runs: one that lacks something prints `SKIPPED` and why.
pub fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        for (number, line) in file.numbered_lines() {
            if line.code.contains("#[ignore") {
                let message = "ignores a test, let it print SKIPPED where something is missing";
                findings.push(Finding::new(file, number, message));
            }
        }
    }
    findings
}

/// A crate has one integration test binary, so that it is linked once: tests/it/main.rs.
pub fn test_binaries(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        let parts: Vec<_> = file.path.iter().collect();
        if let [_, _, folder, name] = parts[..]
            && folder == "tests"
        {
            let message = format!("{} is a binary of its own, move it to it/", name.display());
            findings.push(Finding::new(file, 0, message));
        }
    }
    findings
}

/// Every crate takes the lints of the workspace.
pub fn inherited_lints(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.files.iter().filter(|file| {
        file.is_under("crates")
            && file.path.ends_with("Cargo.toml")
            && file.path.iter().count() == 3
    });
    let without = manifests.filter(|file| !file.text.contains("[lints]\nworkspace = true"));
    let message = "takes no lints of the workspace, add [lints] with workspace = true";
    without.map(|file| Finding::new(file, 0, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_silenced_for_good_or_without_reason_are_found() {
        let text = "#![allow(dead_code)]\n#[expect(dead_code)]\nfn f() {}\n\
                    #[expect(\n    dead_code,\n    reason = \"why\"\n)]\nfn g() {}\n\
                    let x = y.expect(\"holds\");\n";
        let found = silenced_lints(&Tree::of(&[("crates/a/src/a.rs", text)]));
        let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2]);
    }

    #[test]
    fn an_ignored_test_is_found_and_the_word_passes() {
        let text = "#[test]\n#[ignore = \"slow\"]\nfn t() {}\n// #[ignore]\nlet ignored = 1;\n";
        let found = ignored_tests(&Tree::of(&[("crates/a/tests/it/a.rs", text)]));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_second_test_binary_is_found() {
        let tree = Tree::of(&[
            ("crates/a/tests/more.rs", "fn f() {}\n"),
            ("crates/a/tests/it/main.rs", "fn f() {}\n"),
        ]);
        assert_eq!(test_binaries(&tree).len(), 1);
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", "[package]\n"),
            ("crates/b/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
        ]);
        assert_eq!(inherited_lints(&tree).len(), 1);
    }
}

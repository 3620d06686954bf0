//! Names that say what a thing is, in American spelling.

use super::Finding;
use super::rust::{identifiers, parts};
use super::tree::Tree;

/// Parts of a type's name that hide what it is.
const EMPTY: &[&str] = &["manager", "util", "utils", "dto", "helper", "helpers"];

/// British spellings of words in use here, with ours.
const BRITISH: &[(&str, &str)] = &[
    ("authorisation", "authorization"),
    ("authorise", "authorize"),
    ("authorised", "authorized"),
    ("behaviour", "behavior"),
    ("cancelled", "canceled"),
    ("cancelling", "canceling"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("colour", "color"),
    ("fulfil", "fulfill"),
    ("fulfilment", "fulfillment"),
    ("grey", "gray"),
    ("initialise", "initialize"),
    ("labelled", "labeled"),
    ("licence", "license"),
    ("modelled", "modeled"),
    ("normalise", "normalize"),
    ("normalised", "normalized"),
    ("organisation", "organization"),
    ("recognised", "recognized"),
    ("serialise", "serialize"),
    ("travelled", "traveled"),
];

/// No type, module or file is named after its emptiness; there is no mod.rs.
pub fn types_and_modules(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        if file.path.ends_with("mod.rs") {
            let message = "there is no mod.rs, name the file after its module, beside its folder";
            findings.push(Finding::new(file, 0, message));
        }
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        if parts(&stem).iter().any(|part| is_empty(part)) {
            let message = format!("the file name {stem} says nothing, name what is in it");
            findings.push(Finding::new(file, 0, message));
        }
        for (number, line) in file.numbered_lines() {
            let words: Vec<&str> = identifiers(&line.code).collect();
            for pair in words.windows(2) {
                let [keyword @ ("struct" | "enum" | "trait" | "type" | "mod"), name] = pair else {
                    continue;
                };
                let parts = parts(name);
                let is_service = parts.len() > 1 && parts.last().is_some_and(|p| p == "service");
                if is_service || parts.iter().any(|part| is_empty(part)) {
                    let message = format!("{keyword} {name} says nothing, name what it is or does");
                    findings.push(Finding::new(file, number, message));
                }
            }
        }
    }
    findings
}

fn is_empty(part: &str) -> bool {
    EMPTY.contains(&part)
}

/// Code spells American.
pub fn spelling(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_under("crates") {
        for (number, line) in file.numbered_lines() {
            for name in identifiers(&line.code) {
                for part in parts(name) {
                    if let Some((_, ours)) = BRITISH.iter().find(|(british, _)| *british == part) {
                        let message = format!("{name} is spelled British, write {ours}");
                        findings.push(Finding::new(file, number, message));
                    }
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
    fn empty_names_are_found() {
        let text =
            "struct OrderManager;\npub trait PriceService {}\nmod utils;\nenum OrderDto {}\n";
        let tree =
            Tree::of(&[("crates/a/src/a.rs", text), ("crates/a/src/str_util.rs", "fn f(){}")]);
        assert_eq!(types_and_modules(&tree).len(), 5);
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(types_and_modules(&Tree::of(&[("crates/a/src/b/mod.rs", "\n")])).len(), 1);
    }

    #[test]
    fn a_line_kind_named_service_passes() {
        let text = "enum LineKind { Service }\nstruct Service;\nlet manager = utility;\n";
        assert_eq!(types_and_modules(&Tree::of(&[("crates/a/src/a.rs", text)])), []);
    }

    #[test]
    fn british_names_are_found_and_british_strings_pass() {
        let text = "let is_cancelled = 1;\nlet a = \"cancelled\"; // colour\nlet canceled = 2;\n";
        let found = spelling(&Tree::of(&[("crates/a/src/a.rs", text)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 1);
    }
}

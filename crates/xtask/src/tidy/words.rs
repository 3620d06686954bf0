//! One word per thing: docs/words.md defines it, the schema uses it.

use super::Finding;
use super::rust::parts;
use super::tree::{SourceFile, Tree};
use std::collections::BTreeMap;

const WORDS: &str = "docs/words.md";

/// Words of table names that are plain English or plumbing rather than things of the trade.
const PLAIN: &[&str] = &["by", "in", "of", "pending", "schema", "step", "to"];

/// The defined words with their lines: `- **stock level**: what can be promised …`.
fn defined(file: &SourceFile) -> Vec<(usize, String, &str)> {
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let (word, meaning) = line.strip_prefix("- **")?.split_once("**")?;
            Some((index + 1, word.to_lowercase(), meaning))
        })
        .collect()
}

/// Each word is defined once, in one line that is a definition.
pub fn defined_once(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_under(WORDS)) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (number, word, meaning) in defined(file) {
            if let Some(first) = seen.insert(word.clone(), number) {
                let message = format!("{word} is defined in line {first} already, keep one");
                findings.push(Finding::new(file, number, message));
            }
            if !meaning.starts_with(": ") || !meaning.ends_with('.') || meaning.len() < 12 {
                let message = format!("define {word} as \"- **{word}**: what it is.\" in one line");
                findings.push(Finding::new(file, number, message));
            }
        }
        for (index, line) in file.text.lines().enumerate() {
            if line.starts_with('-') && !line.starts_with("- **") {
                let message = "a list line defines a word: \"- **word**: what it is.\"";
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

/// Tables are named with defined words.
pub fn tables(tree: &Tree) -> Vec<Finding> {
    let Some(words) = tree.files.iter().find(|file| file.is_under(WORDS)) else {
        return Vec::new();
    };
    let known: Vec<String> = defined(words)
        .iter()
        .flat_map(|(_, word, _)| word.split([' ', '-']).map(singular).collect::<Vec<_>>())
        .collect();
    let mut findings = Vec::new();
    let schema = tree.files.iter().filter(|file| {
        file.is_under("crates/orderly-store") && file.path.extension().is_some_and(|e| e == "sql")
    });
    for file in schema {
        for (index, line) in file.text.lines().enumerate() {
            let Some(table) = table_named(line) else { continue };
            for part in parts(table) {
                let part = singular(&part);
                if !known.contains(&part) && !PLAIN.contains(&&*part) {
                    let message = format!("table {table}: define {part} in {WORDS} or rename it");
                    findings.push(Finding::new(file, index + 1, message));
                }
            }
        }
    }
    findings
}

fn table_named(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("CREATE TABLE ")?.trim_start();
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    rest.split(|c: char| c != '_' && !c.is_alphanumeric()).find(|name| !name.is_empty())
}

/// `entries` → `entry`, `orders` → `order`, `address` stays.
fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let plural = word.len() > 3 && !word.ends_with("ss") && !word.ends_with("us");
    word.strip_suffix('s').filter(|_| plural).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Words\n\n- **order**: what a customer asks for.\n\
                        - **journal entry**: postings that sum to zero.\n";

    #[test]
    fn a_word_defined_twice_or_badly_is_found() {
        let text = format!("{GOOD}- **Order**: again, differently.\n- **bin** a shelf\n- lot: x\n");
        let lines: Vec<usize> =
            defined_once(&Tree::of(&[(WORDS, &text)])).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [5, 6, 7]);
    }

    #[test]
    fn good_definitions_pass() {
        assert_eq!(defined_once(&Tree::of(&[(WORDS, GOOD)])), []);
    }

    #[test]
    fn a_table_with_an_undefined_word_is_found() {
        let schema = "CREATE TABLE journal_entries (\n);\nCREATE TABLE gizmo (\n);\n";
        let path = "crates/orderly-store/schema/sqlite/0001.sql";
        let found = tables(&Tree::of(&[(WORDS, GOOD), (path, schema)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 3);
    }

    #[test]
    fn plurals_are_the_same_word() {
        let pairs = [("entries", "entry"), ("orders", "order"), ("address", "address")];
        for (plural, one) in pairs {
            assert_eq!(singular(plural), one);
        }
    }
}

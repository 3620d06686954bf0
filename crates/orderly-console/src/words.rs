//! The words on the pages: a catalog of `key = text` for each language, here English.
//!
//! A text may name figures as `{ $name }`. A key that has no text shows itself; a test finds keys
//! without a text and texts without a key.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The catalog's files.
const FILES: &[&str] = &[
    include_str!("../words/books.ftl"),
    include_str!("../words/entry.ftl"),
    include_str!("../words/frame.ftl"),
    include_str!("../words/messages.ftl"),
    include_str!("../words/orders.ftl"),
    include_str!("../words/returns.ftl"),
    include_str!("../words/settings.ftl"),
    include_str!("../words/stock.ftl"),
    include_str!("../words/trade.ftl"),
];

static WORDS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = FILES.iter().flat_map(|file| file.lines());
    let pairs = lines.filter(|line| !line.starts_with('#'));
    pairs.filter_map(|line| line.split_once(" = ")).collect()
});

/// The text of a key.
pub fn t(key: &'static str) -> &'static str {
    WORDS.get(key).copied().unwrap_or(key)
}

/// The text of a key that is put together from a group and a code, such as `event.order.placed`;
/// the code itself, with spaces, where the catalog has none.
pub fn of(group: &str, code: &str) -> String {
    let found = WORDS.get(format!("{group}.{code}").as_str());
    found.map_or_else(|| code.replace(['_', '.'], " "), |text| (*text).to_owned())
}

/// The text of a key with its figures.
pub fn with(key: &'static str, figures: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut text = t(key).to_owned();
    for (name, figure) in figures {
        text = text.replace(&format!("{{ ${name} }}"), &figure.to_string());
    }
    text
}

/// One or many: the text of `key.one` for 1, else of `key.many`, with `{ $n }`.
pub fn counted(one: &'static str, many: &'static str, n: i64) -> String {
    with(if n == 1 { one } else { many }, &[("n", &n)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    /// The keys that the source names, and the groups from which it puts keys together.
    fn used() -> (HashSet<String>, HashSet<String>) {
        let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let (mut keys, mut groups) = (HashSet::new(), HashSet::new());
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            if path.extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let quoted = text.split('"').skip(1).step_by(2);
            keys.extend(quoted.filter(|text| is_key(text)).map(str::to_owned));
            for call in text.split("words::of(").skip(1) {
                let group = call.trim_start().trim_start_matches('"').split('"').next();
                groups.extend(group.map(str::to_owned));
            }
        }
        (keys, groups)
    }

    fn is_key(text: &str) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        text.split('.').count() > 1
            && text.split('.').all(|part| !part.is_empty() && part.chars().all(plain))
    }

    #[test]
    fn every_text_is_used_and_said_once() {
        let (keys, groups) = used();
        let mut seen = HashSet::new();
        for line in FILES.iter().flat_map(|file| file.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, text) = line.split_once(" = ").unwrap_or_else(|| panic!("`{line}`"));
            assert!(seen.insert(key), "{key} is said twice");
            assert!(!text.trim().is_empty(), "{key} says nothing");
            let in_group = groups.iter().any(|group| key.starts_with(&format!("{group}.")));
            assert!(keys.contains(key) || in_group, "{key} is not used");
        }
    }

    #[test]
    fn every_key_has_a_text() {
        let source = ["t", "with", "counted"];
        let mut missing = Vec::new();
        let (keys, _) = used();
        for key in keys {
            let known = WORDS.contains_key(key.as_str());
            let group = key.split('.').next().unwrap_or_default();
            let ours = WORDS.keys().any(|one| one.split('.').next() == Some(group));
            if ours && !known && !group.starts_with("access") && !key.contains("::") {
                missing.push(key);
            }
        }
        missing.sort();
        assert!(missing.is_empty(), "without a text ({source:?}): {missing:?}");
    }

    #[test]
    fn figures_stand_where_the_text_names_them() {
        assert_eq!(counted("unit.line.one", "unit.line.many", 1), "1 line");
        assert_eq!(counted("unit.line.one", "unit.line.many", 3), "3 lines");
        assert_eq!(of("none", "a_code.b"), "a code b");
    }
}

//! The catalog of events: in the documentation with an example of each, and true to the code.

use std::path::{Path, PathBuf};

use orderly::ops::events::catalog::TYPES;
use orderly::ops::events::feed::{example, prefix_of};

const BEGIN: &str = "<!-- types: made by the test event_types, do not edit -->\n";
const END: &str = "<!-- end -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table() -> String {
    let mut text = String::from("| type | what happened | example |\n|---|---|---|\n");
    for (kind, what) in TYPES {
        let json = serde_json::to_string(&example(kind)).unwrap();
        text.push_str(&format!("| `{kind}` | {what} | `{json}` |\n"));
    }
    text
}

/// `cargo xtask golden` accepts what is new.
#[test]
fn the_documentation_lists_every_type_with_an_example() {
    let path = root().join("docs/events.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the place is marked");
    let (listed, after) = rest.split_once(END).expect("the end is marked");
    let expected = table();
    if std::env::var("ORDERLY_GOLDEN").is_ok_and(|how| how == "accept") {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert!(listed == expected, "docs/events.md is behind the code: run cargo xtask golden");
}

/// Every source file under a folder, but the catalog itself.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("catalog.rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// What the catalog says can happen is recorded somewhere. That nothing else is recorded, every
/// test asserts that records an event.
#[test]
fn every_type_of_the_catalog_is_recorded_by_the_code() {
    let mut text = String::new();
    sources(&root().join("crates/orderly-ops/src/ops"), &mut text);
    sources(&root().join("crates/orderly-core/src/order"), &mut text);
    for subject in text.split("stream_kind: \"").skip(1) {
        let subject = subject.split('"').next().unwrap();
        assert_ne!(prefix_of(subject), "obj", "nobody says what ids of {subject} begin with");
    }
    for (kind, _) in TYPES {
        let (noun, done) = kind.split_once('.').unwrap();
        let named = match (noun, done.strip_prefix("return_")) {
            ("order", Some(done)) => format!("\"return.{done}\""),
            ("quote" | "agreement", _) if done != "drawn" => format!("\"{done}\""),
            _ => format!("\"{kind}\""),
        };
        assert!(text.contains(&named), "nothing records {kind}");
    }
}

//! Every public operation is reached over HTTP, or it is said here why not.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Operations without an address of their own, each with the reason.
const APART: &[(&str, &str)] = &[
    ("bank::lines", "a page of `bank::lines_after`"),
    ("catalog::create_items", "many at once: imports"),
    ("command::command", "the frame of every operation"),
    ("exceptions::settle", "a person's own decision: its right depends on what it is about"),
    ("fulfillments::hand_over", "`hand_over_to` without a contact"),
    ("fulfillments::hold::expire", "a task does it when it is due"),
    ("invoices::issue::issue_due", "a task does it when it is due"),
    ("orders::change", "the frame of the steps of an order"),
    ("parties::create_customers", "many at once: imports"),
    ("prices::lists::set", "`create` and `change`, told apart"),
    ("purchases::invoices::get", "found by its id: `show`"),
    ("refunds::blind::propose_blind", "the refund itself is tried with `dry_run`"),
    ("refunds::propose", "the refund itself is tried with `dry_run`"),
    ("settings::init", "done once, on the machine itself"),
    ("stock::count::get", "found by what it is called: `called`"),
    ("stock::history", "a page of `read::stock`, which the addresses read"),
    ("stock::holdings", "a page of `read::stock`, which the addresses read"),
    ("stock::backorders::fill", "a task does it when goods come"),
    ("stock::transfer::get", "found by what it is called: `called`"),
    ("stock::transfer::ship", "`draft`, then `dispatch`"),
];

/// Parts whose operations have another way in, each with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("access", "people and keys are set up by the command line and the console"),
    ("import", "files of a machine: the command line"),
    ("messages", "written in the console"),
    ("read", "what the console shows of it; the addresses read the rest"),
    ("webhooks", "set up by the command line"),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The source files under a folder, with their paths as modules.
fn sources(folder: &Path, module: &str, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let inner = if module.is_empty() { name.into() } else { format!("{module}::{name}") };
        if path.is_dir() {
            sources(&path, &inner, found);
        } else {
            found.push((inner, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The public functions that take the tenant and a call.
fn operations() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&crates().join("orderly-ops/src/ops"), "", &mut files);
    let mut found = BTreeSet::new();
    for (module, text) in files {
        for rest in text.split("\npub fn ").skip(1) {
            let head = rest.split('{').next().unwrap_or_default();
            let name: String =
                head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if head.contains("app: &App") && head.contains("call: &Call") {
                found.insert(format!("{module}::{name}"));
            }
        }
    }
    found
}

/// What the parts of a `use` bring in: names here with their full paths.
fn brought(tree: &str, prefix: &str, found: &mut HashMap<String, String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path.trim(), Some(alias.trim())),
            None => (tree, None),
        };
        let full = format!("{prefix}{path}");
        let full = full.strip_suffix("::self").unwrap_or(&full).to_owned();
        let last = full.rsplit("::").next().unwrap_or_default().to_owned();
        if !last.is_empty() {
            found.insert(alias.map_or(last, str::to_owned), full);
        }
        return;
    };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                brought(&inner[start..at], &format!("{prefix}{}", head.trim()), found);
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The operations that the addresses name, by their paths as they are written there.
fn named() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&crates().join("orderly-http/src"), "", &mut files);
    let mut found = BTreeSet::new();
    for (_, text) in files {
        let mut here = HashMap::from([("orderly_ops".to_owned(), "orderly_ops".to_owned())]);
        for rest in text.split("use orderly_ops::").skip(1) {
            brought(rest.split(';').next().unwrap_or_default(), "orderly_ops::", &mut here);
        }
        found.extend(here.values().cloned());
        for word in text.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c))) {
            let (first, rest) = word.split_once("::").unwrap_or((word, ""));
            if let Some(full) = here.get(first).filter(|_| !rest.is_empty()) {
                found.insert(format!("{full}::{rest}"));
            }
        }
    }
    let own = found.iter().filter_map(|path| path.strip_prefix("orderly_ops::ops::"));
    own.map(str::to_owned).collect()
}

#[test]
fn every_operation_has_an_address_or_a_reason_why_not() {
    let (operations, named) = (operations(), named());
    assert!(operations.len() > 300, "only {} operations were found", operations.len());
    // What is named by another path than its own is exported a second time.
    let again: BTreeSet<&str> = named
        .iter()
        .filter(|path| !operations.contains(*path))
        .filter_map(|path| path.rsplit("::").next())
        .collect();
    let reached = |path: &String| {
        let name = path.rsplit("::").next().unwrap_or_default();
        named.contains(path) || again.contains(name)
    };
    let apart = |path: &str| {
        let part = path.split("::").next().unwrap_or_default();
        APART.iter().any(|(known, _)| *known == path)
            || ELSEWHERE.iter().any(|(known, _)| *known == part)
    };
    let missing: Vec<&String> =
        operations.iter().filter(|path| !reached(path) && !apart(path)).collect();
    assert!(
        missing.is_empty(),
        "no address reaches {missing:#?}: add one to the table of operations, or say why not"
    );
    let stale: Vec<&str> = APART
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| !operations.contains(*path) || reached(&(*path).to_owned()))
        .collect();
    assert!(stale.is_empty(), "these are no exceptions any more: {stale:?}");
}

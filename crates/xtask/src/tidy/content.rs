//! What no file of the repository says.

use super::Finding;
use super::rust::is_word;
use super::tree::Tree;

/// Hosts of package registries: packages come by name through their clients. The words are split
/// here, and only here, so that this file does not say them either.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// Starts of absolute paths that exist on one machine only.
const MACHINE_PATHS: &[&str] =
    &[concat!("/", "work/"), concat!("/", "home/"), concat!("/", "root/"), concat!("/", "Users/")];

/// Words about how the work was made instead of what it is.
const MAKING: &[&str] = &[
    concat!("anth", "ropic"),
    concat!("cl", "aude"),
    concat!("chat", "gpt"),
    concat!("open", "ai"),
    concat!("co", "pilot"),
    concat!("l", "lm"),
    concat!("l", "lms"),
    concat!("language ", "model"),
    concat!("sub", "agent"),
    concat!("sub", "agents"),
    concat!("coding ", "agent"),
    concat!("ai", "-generated"),
    concat!("this ", "session"),
    concat!("next ", "session"),
    concat!("previous ", "session"),
    concat!("later ", "session"),
    concat!("the ", "brief"),
    concat!("my ", "brief"),
];

/// Marks of unfinished work.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!"),
    concat!("unimple", "mented!"),
];

/// No registry host, no path of one machine, no word on how the work was made.
pub fn forbidden(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Cargo writes the registry into its lock file itself.
    for file in tree.files.iter().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for (index, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            if let Some(host) = HOSTS.iter().find(|host| lower.contains(*host)) {
                let message = format!("names {host}, name the package and let its client find it");
                findings.push(Finding::new(file, index + 1, message));
            }
            if let Some(path) = MACHINE_PATHS.iter().find(|path| has_path(line, path)) {
                let message = format!("names {path}, a path of one machine; make it relative");
                findings.push(Finding::new(file, index + 1, message));
            }
            if let Some(word) = MAKING.iter().find(|word| says(&lower, word)) {
                let message = format!("says \"{word}\", say what the product does instead");
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

/// Nothing is left unfinished.
pub fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            for mark in UNFINISHED.iter().filter(|mark| says(line, mark)) {
                let message = format!("says {mark}, finish it or take it out");
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

/// Whether the phrase stands in the line as words of its own.
fn says(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + phrase.len()..].chars().next();
        !before.is_some_and(is_word) && (phrase.ends_with('!') || !after.is_some_and(is_word))
    })
}

/// Whether an absolute path starts with `path`: what stands before it is no part of a path.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || ".-}/)".contains(c)) && after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_machine_paths_and_the_making_are_found() {
        for planted in [
            concat!("see https://", "pypi", ".org/project/x"),
            concat!("open(\"/", "home/x/data\")"),
            concat!("cd /", "work/main"),
            concat!("written by Cl", "aude"),
            concat!("done in the Next ", "Session"),
        ] {
            assert_eq!(forbidden(&Tree::of(&[("a.md", planted)])).len(), 1, "{planted}");
        }
    }

    #[test]
    fn plain_text_and_relative_paths_pass() {
        let text = "agent acts in a login session\n../work/x ./home/y\n\
                    https://shop.example/home/a\nthe briefest hellman\n";
        assert_eq!(forbidden(&Tree::of(&[("a.md", text)])), []);
        let lock = concat!("registry+https://github.com/rust-lang/crates", ".io-index");
        assert_eq!(forbidden(&Tree::of(&[("Cargo.lock", lock)])), []);
    }

    #[test]
    fn marks_of_unfinished_work_are_found() {
        let text = concat!("// TO", "DO: later\nunimple", "mented!()\n// FIX", "ME\n");
        assert_eq!(unfinished(&Tree::of(&[("a.rs", text)])).len(), 3);
    }

    #[test]
    fn words_that_only_contain_a_mark_pass() {
        let text = concat!("TO", "DOS and metho", "do are words\n");
        assert_eq!(unfinished(&Tree::of(&[("a.md", text)])), []);
    }
}

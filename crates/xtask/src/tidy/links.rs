//! Links between our documents lead somewhere.

use super::Finding;
use super::tree::Tree;
use std::path::{Component, Path, PathBuf};

/// Every relative link of a document names a file or folder of the repository.
pub fn documents(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_document = |end: &std::ffi::OsStr| end == "md";
    for file in tree.files.iter().filter(|file| file.path.extension().is_some_and(is_document)) {
        for (index, line) in file.text.lines().enumerate() {
            for target in targets(line) {
                let folder = file.path.parent().unwrap_or(Path::new(""));
                let path = flatten(&folder.join(target));
                if !tree.files.iter().any(|file| file.path.starts_with(&path)) {
                    let message = format!("links to {target}, which is not there; correct it");
                    findings.push(Finding::new(file, index + 1, message));
                }
            }
        }
    }
    findings
}

/// The relative targets of a line's links, without their anchors.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    links
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

fn flatten(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(flat.pop()),
            Component::CurDir => {}
            _ => flat.push(part),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nothing_is_found() {
        let tree = Tree::of(&[("docs/a.md", "see [b](b.md)\nand [c](../gone/c.md#part)\n")]);
        assert_eq!(documents(&tree).len(), 2);
    }

    #[test]
    fn links_to_files_folders_anchors_and_the_web_pass() {
        let text = "[a](docs/a.md#x) [b](docs) [c](#part) [d](https://example.org)\n";
        let tree = Tree::of(&[("README.md", text), ("docs/a.md", "[up](../README.md)\n")]);
        assert_eq!(documents(&tree), []);
    }
}

//! The files of the repository, read once and taken apart once.

use super::rust::{Line, scan};
use std::fs;
use std::path::{Path, PathBuf};

/// Ends of names of files that are text of ours; names without a dot are scripts.
const TEXT: &[&str] = &[
    "rs", "toml", "md", "sql", "css", "js", "html", "json", "yml", "yaml", "txt", "sh", "py",
    "svg", "csv", "zpl", "snap",
];

/// One text file. `path` is relative to the root and written with slashes.
#[derive(Debug)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: String,
    /// The lines of Rust code taken apart; empty for other files.
    pub rust: Vec<Line>,
}

impl SourceFile {
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let is_rust = path.extension().is_some_and(|end| end == "rs");
        let mut rust = if is_rust { scan(&text) } else { Vec::new() };
        if path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs") {
            rust.iter_mut().for_each(|line| line.is_test = true);
        }
        Self { path, text, rust }
    }

    /// Returns whether the file lies under `folder`, a path with slashes.
    pub fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// The lines of Rust code outside tests, numbered from 1.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.numbered_lines().filter(|(_, line)| !line.is_test)
    }

    /// The lines of Rust code, numbered from 1.
    pub fn numbered_lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.rust.iter().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The files a rule looks at.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<SourceFile>,
}

impl Tree {
    /// Reads every text file under `root` but build output and hidden folders of other tools.
    pub fn load(root: &Path) -> Result<Self, String> {
        let mut files = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let fails = |error| format!("{} cannot be read: {error}", folder.display());
            for entry in fs::read_dir(&folder).map_err(fails)? {
                let path = entry.map_err(fails)?.path();
                if path.is_symlink() {
                    continue;
                }
                if path.is_dir() {
                    if is_ours(&path) {
                        folders.push(path);
                    }
                } else if is_text(&path)
                    && let Ok(text) = fs::read_to_string(&path)
                {
                    files.push(SourceFile::new(path.strip_prefix(root).unwrap_or(&path), text));
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// The Rust files under `folder`.
    pub fn rust_under<'t>(&'t self, folder: &'t str) -> impl Iterator<Item = &'t SourceFile> {
        self.files.iter().filter(move |file| !file.rust.is_empty() && file.is_under(folder))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect() }
    }
}

fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    match name.strip_prefix('.') {
        Some(hidden) => matches!(hidden, "ci" | "cargo"),
        None => !matches!(&*name, "target" | "node_modules"),
    }
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match path.extension() {
        Some(end) => TEXT.iter().any(|known| end == *known),
        None => !name.starts_with('.') || name == ".gitignore",
    }
}

/// Finds the workspace: the nearest folder above the current one whose Cargo.toml declares it.
pub fn root() -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?;
    here.ancestors()
        .find(|folder| {
            fs::read_to_string(folder.join("Cargo.toml"))
                .is_ok_and(|text| text.contains("[workspace]"))
        })
        .map(Path::to_path_buf)
        .ok_or_else(|| "run this inside the repository".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_reads_text_and_leaves_build_output_alone() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["crates/a/src", "target/debug", ".git", ".ci"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["crates/a/src/lib.rs", "target/debug/x.rs", ".git/config", ".ci/run", "a.db"] {
            fs::write(root.path().join(file), "text\n").unwrap();
        }
        let tree = Tree::load(root.path()).unwrap();
        let paths: Vec<String> =
            tree.files.iter().map(|file| file.path.display().to_string()).collect();
        assert_eq!(paths, [".ci/run", "crates/a/src/lib.rs"]);
    }

    #[test]
    fn files_of_a_tests_folder_are_tests_throughout() {
        let file = SourceFile::new("crates/a/tests/it/main.rs", "fn f() {}\n");
        assert_eq!(file.product_lines().count(), 0);
    }
}

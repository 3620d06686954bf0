//! Independent readers: poppler renders PDF, zebrash renders ZPL, zxing-cpp decodes barcodes.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The readers, and a folder for what they read and write.
pub struct Tools {
    root: PathBuf,
    folder: TempDir,
}

/// A decoded barcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// `Code 128`, `QR Code`.
    pub format: String,
    /// With GS1 application identifiers in brackets.
    pub text: String,
    /// `]C1` is GS1-128, `]C0` plain Code 128.
    pub symbology: String,
    /// Left, top, right and bottom edge, in dots.
    pub edges: [i64; 4],
}

/// A word of a PDF and its box, in points from the top left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    pub edges: [f32; 4],
}

impl Tools {
    /// Finds the tools, or says that the test was skipped; `./test` shows and counts that.
    pub fn find(test: &str) -> Option<Tools> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = env::var_os("ORDERLY_TOOLS").map_or(workspace.join(".tools"), PathBuf::from);
        // A relative folder is one of the workspace, whose root is not where tests run.
        let root = if root.is_absolute() { root } else { workspace.join(root) };
        let present = root.join("venv/bin/python").exists()
            && root.join("npm/node_modules/zpl-renderer-js").exists()
            && runs("pdftoppm", "-v")
            && runs("node", "--version");
        if !present {
            eprintln!("SKIPPED: {test}: tools are missing, run scripts/tools");
            return None;
        }
        Some(Tools { root, folder: TempDir::new().unwrap() })
    }

    /// Renders every page of a PDF to a picture of 203 dots per inch.
    pub fn render_pdf(&self, pdf: &[u8]) -> Vec<PathBuf> {
        let file = self.write("document.pdf", pdf);
        let stem = self.folder.path().join("page");
        run(Command::new("pdftoppm").args(["-r", "203", "-png"]).arg(&file).arg(&stem));
        let mut pages: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("page"))
            .collect();
        pages.sort();
        pages
    }

    /// Renders a 4 × 6 inch label at 8 or 12 dots per millimeter.
    pub fn render_zpl(&self, zpl: &str, dots_per_mm: u32) -> PathBuf {
        let file = self.write("label.zpl", zpl.as_bytes());
        let picture = self.folder.path().join("label.png");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/render_zpl.mjs");
        run(Command::new("node")
            .arg(script)
            .arg(self.root.join("npm"))
            .arg(&file)
            .arg(&picture)
            .arg(dots_per_mm.to_string()));
        picture
    }

    /// Decodes all barcodes of a picture, in the order of their text.
    pub fn decode(&self, picture: &Path) -> Vec<Code> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/decode.py");
        let python = self.root.join("venv/bin/python");
        let out = run(Command::new(python).arg(script).arg(picture));
        let read: Value = serde_json::from_str(&out).unwrap();
        let code = |value: &Value| Code {
            format: value["format"].as_str().unwrap().to_owned(),
            text: value["text"].as_str().unwrap().to_owned(),
            symbology: value["symbology"].as_str().unwrap().to_owned(),
            edges: [0, 1, 2, 3].map(|edge| value["edges"][edge].as_i64().unwrap()),
        };
        let mut codes: Vec<Code> = read.as_array().unwrap().iter().map(code).collect();
        codes.sort_by(|a, b| a.text.cmp(&b.text));
        codes
    }

    /// Returns the text of a PDF, pages parted by form feeds.
    pub fn text(&self, pdf: &[u8]) -> String {
        let file = self.write("document.pdf", pdf);
        run(Command::new("pdftotext").args(["-layout"]).arg(&file).arg("-"))
    }

    /// Returns the words of a PDF with their boxes, those of all pages together.
    pub fn words(&self, pdf: &[u8]) -> Vec<Word> {
        let file = self.write("document.pdf", pdf);
        let html = run(Command::new("pdftotext").arg("-bbox").arg(&file).arg("-"));
        html.lines().filter_map(|line| word(line.trim())).collect()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// Parses `<word xMin="1" yMin="2" xMax="3" yMax="4">text</word>`.
fn word(line: &str) -> Option<Word> {
    let rest = line.strip_prefix("<word ")?;
    let mut quoted = rest.split('"').skip(1).step_by(2);
    let edges = [(); 4].map(|()| quoted.next().unwrap().parse().unwrap());
    let text = rest.split_once('>')?.1.strip_suffix("</word>")?.to_owned();
    Some(Word { text, edges })
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|out| out.status.success())
}

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

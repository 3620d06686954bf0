//! Labels, packing slips and pick lists of an order, into files or to stdout.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orderly_docs::{DocError, Dpi, Paper};
use serde_json::json;

use super::Session;
use crate::Error;
use crate::ops::documents;
use crate::ops::read::orders::show;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Pdf,
    Zpl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sheet {
    A4,
    Letter,
}

/// What every document is asked for with.
#[derive(Debug, Args)]
struct Wanted {
    /// Number, id, the channel's id, tracking number or SSCC
    order: String,
    /// Write to this file instead of one named after the order; `-` is stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Labels {
    #[command(flatten)]
    wanted: Wanted,
    /// Write for paper (pdf, 4 × 6 in) or for a label printer (zpl)
    #[arg(long, value_enum, default_value_t = Format::Pdf)]
    format: Format,
    /// The printer's dots per inch: 203 or 300
    #[arg(long, default_value_t = 203, value_parser = clap::value_parser!(u16).range(203..=300))]
    dpi: u16,
}

#[derive(Debug, Args)]
pub struct Slips {
    #[command(flatten)]
    wanted: Wanted,
    #[arg(long, value_enum, default_value_t = Sheet::A4)]
    paper: Sheet,
}

#[derive(Debug, Args)]
pub struct PickLists {
    #[command(flatten)]
    wanted: Wanted,
    #[arg(long, value_enum, default_value_t = Sheet::A4)]
    paper: Sheet,
}

impl Sheet {
    pub const fn paper(self) -> Paper {
        match self {
            Self::A4 => Paper::A4,
            Self::Letter => Paper::Letter,
        }
    }
}

pub fn refused(error: &DocError) -> Error {
    Error::Invalid(format!("the document cannot be printed: {error}"))
}

impl Labels {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let dpi = match self.dpi {
            203 => Dpi::Dpi203,
            300 => Dpi::Dpi300,
            other => {
                return Err(Error::Invalid(format!(
                    "label printers have 203 or 300 dpi, not {other}"
                )));
            }
        };
        let shown = show(&session.open()?, &session.reading(), &self.wanted.order)?;
        let labels = documents::labels(&shown, None)?;
        let pages = labels.iter().map(|label| match self.format {
            Format::Pdf => label.to_pdf(),
            Format::Zpl => label.to_zpl(dpi).map(String::into_bytes),
        });
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(|error| refused(&error))?;
        let end = if self.format == Format::Pdf { "pdf" } else { "zpl" };
        self.wanted.write(session, &shown.order.number, "label", end, &pages)
    }
}

impl Slips {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let shown = show(&session.open()?, &session.reading(), &self.wanted.order)?;
        let slips = documents::slips(&shown, None, self.paper.paper())?;
        let pages = slips.iter().map(orderly_docs::PackingSlip::to_pdf);
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(|error| refused(&error))?;
        self.wanted.write(session, &shown.order.number, "slip", "pdf", &pages)
    }
}

impl PickLists {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        let shown = show(&app, &session.reading(), &self.wanted.order)?;
        let lists =
            documents::pick_lists(&app, &session.reading(), &shown, None, self.paper.paper())?;
        let pages = lists.iter().map(orderly_docs::PickList::to_pdf);
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(|error| refused(&error))?;
        self.wanted.write(session, &shown.order.number, "pick-list", "pdf", &pages)
    }
}

impl Wanted {
    /// Writes one file per document and says which; stdout takes a single one.
    fn write(
        &self,
        session: &Session,
        number: &str,
        kind: &str,
        end: &str,
        pages: &[Vec<u8>],
    ) -> Result<ExitCode, Error> {
        let name = format!("{kind}-{number}");
        write_pages(session, self.out.as_deref(), &name, end, pages)
    }
}

/// Writes one file per document and says which; stdout takes a single one.
pub fn write_pages(
    session: &Session,
    out: Option<&Path>,
    name: &str,
    end: &str,
    pages: &[Vec<u8>],
) -> Result<ExitCode, Error> {
    if out == Some(Path::new("-")) {
        let mut stdout = std::io::stdout().lock();
        for page in pages.iter().take(if end == "zpl" { pages.len() } else { 1 }) {
            stdout.write_all(page).map_err(|error| cannot(Path::new("-"), &error))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut files = Vec::with_capacity(pages.len());
    for (index, page) in pages.iter().enumerate() {
        let file = match out {
            Some(file) if pages.len() == 1 => file.to_path_buf(),
            Some(file) => numbered(file, index + 1),
            None => PathBuf::from(format!("{name}-{}.{end}", index + 1)),
        };
        std::fs::write(&file, page).map_err(|error| cannot(&file, &error))?;
        files.push(file.display().to_string());
    }
    session.out.answer(&json!({ "files": files }), || files.join("\n"))
}

/// Writes one document to a file, named after it where none is given, or to stdout.
pub(super) fn write_file(
    session: &Session,
    out: Option<&Path>,
    name: &str,
    bytes: &[u8],
) -> Result<ExitCode, Error> {
    let file = out.unwrap_or_else(|| Path::new(name));
    if file == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).map_err(|error| cannot(file, &error))?;
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::write(file, bytes).map_err(|error| cannot(file, &error))?;
    let shown = file.display().to_string();
    session.out.answer(&json!({ "files": [shown] }), || shown.clone())
}

fn cannot(file: &Path, error: &std::io::Error) -> Error {
    Error::Invalid(format!("{} cannot be written: {error}", file.display()))
}

/// `label.pdf` as `label-2.pdf`.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let end = file.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    file.with_file_name(format!("{stem}-{number}{end}"))
}

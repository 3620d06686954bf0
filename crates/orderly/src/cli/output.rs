//! Answers on stdout: JSON for programs, tables and lines for people.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Error;

/// How answers are given.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Answers with an object: as JSON, or as `text` makes it.
    pub fn answer<T: Serialize>(
        self,
        object: &T,
        text: impl FnOnce() -> String,
    ) -> Result<ExitCode, Error> {
        let mut body = if self.json {
            let json = serde_json::to_string_pretty(object);
            json.map_err(|error| Error::Internal(error.to_string()))?
        } else {
            text()
        };
        if !body.ends_with('\n') {
            body.push('\n');
        }
        print(&body)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes to stdout; a reader that went away ends the program quietly.
///
/// # Errors
/// `Invalid` where it cannot be written.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Error::Invalid(format!("the answer cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// A table with a head; columns named with a trailing `>` are aligned to the right.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(|name| name.trim_end_matches('>').to_uppercase()));
    for row in rows {
        table.add_row(row.into_iter().map(|cell| printable(&cell)));
    }
    for (index, name) in head.iter().enumerate() {
        let column = table.column_mut(index).expect("the head names every column");
        if name.ends_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Text without control characters, which a terminal would obey.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A progress bar on stderr, hidden where stderr is no terminal.
pub fn progress(length: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} {elapsed}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// The day and minute of an instant in RFC 3339, for tables.
pub fn minute(at: &str) -> String {
    at.get(..16).map_or_else(|| at.to_owned(), |minute| minute.replace('T', " "))
}

//! CSV files with a header: columns by name, faults by line.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Error;

/// The most faulty lines that are told one by one.
const TOLD: usize = 20;

/// One row with its line number.
pub struct Row {
    pub line: u64,
    cells: csv::StringRecord,
}

/// A file that was read, and what was wrong with it.
pub struct File {
    name: String,
    columns: BTreeMap<String, usize>,
    pub rows: Vec<Row>,
    faults: Vec<String>,
}

impl File {
    /// Reads a file that must have the `needed` columns; header names are compared without case.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read or a column is missing.
    pub fn read(path: &Path, needed: &[&str]) -> Result<Self, Error> {
        let name = path.display().to_string();
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|error| Error::Invalid(format!("{name}: {error}")))?;
        let header =
            reader.headers().map_err(|error| Error::Invalid(format!("{name}: {error}")))?;
        let columns: BTreeMap<String, usize> = header
            .iter()
            .enumerate()
            .map(|(at, column)| (column.trim_start_matches('\u{feff}').to_lowercase(), at))
            .collect();
        let missing = needed.iter().find(|column| !columns.contains_key(&column.to_lowercase()));
        if let Some(column) = missing {
            let known: Vec<&str> = columns.keys().map(String::as_str).collect();
            let known = known.join(", ");
            let detail = format!("{name} has no column `{column}`; its columns are: {known}");
            return Err(Error::Invalid(detail));
        }
        let mut file = Self { name, columns, rows: Vec::new(), faults: Vec::new() };
        for (index, record) in reader.into_records().enumerate() {
            match record {
                Ok(cells) => {
                    let line = cells.position().map_or(index as u64 + 2, csv::Position::line);
                    file.rows.push(Row { line, cells });
                }
                Err(error) => file.faults.push(format!("line {}: {error}", index + 2)),
            }
        }
        Ok(file)
    }

    /// Tells whether the file has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(&column.to_lowercase())
    }

    /// The columns beside the named ones, in alphabetical order.
    pub fn others(&self, named: &[&str]) -> Vec<String> {
        self.columns.keys().filter(|column| !named.contains(&column.as_str())).cloned().collect()
    }

    /// Returns a cell's text; empty where the row is too short.
    pub fn text<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let at = self.columns.get(&column.to_lowercase());
        at.and_then(|at| row.cells.get(*at)).unwrap_or("")
    }

    /// Notes a fault of a row.
    pub fn fault(&mut self, line: u64, what: &str) {
        self.faults.push(format!("line {line}: {what}"));
    }

    /// Reads a number within a range; notes a fault and returns `None` otherwise.
    pub fn number(&mut self, row: &Row, column: &str, low: f64, high: f64) -> Option<f64> {
        let text = self.text(row, column).to_owned();
        match text.parse::<f64>() {
            Ok(number) if number >= low && number <= high => Some(number),
            Ok(_) => {
                self.fault(row.line, &format!("{column} `{text}` is not within {low} to {high}"));
                None
            }
            Err(_) => {
                self.fault(row.line, &format!("{column} `{text}` is not a number"));
                None
            }
        }
    }

    /// Reads a whole number of at least `low`; notes a fault and returns `None` otherwise.
    pub fn whole(&mut self, row: &Row, column: &str, low: u32) -> Option<u32> {
        let text = self.text(row, column).to_owned();
        let number = text.parse::<u32>().ok().filter(|number| *number >= low);
        if number.is_none() {
            let what = format!("{column} `{text}` is not a whole number of at least {low}");
            self.fault(row.line, &what);
        }
        number
    }

    /// Reads yes or no: `1`, `yes`, `true`; anything else is no.
    pub fn flag(&self, row: &Row, column: &str) -> bool {
        matches!(self.text(row, column).to_lowercase().as_str(), "1" | "yes" | "true" | "y")
    }

    /// Tells the faults, and stops unless they are to be skipped.
    ///
    /// # Errors
    /// `Invalid` with every faulty line (the first twenty of them).
    pub fn finish(&self, skip: bool) -> Result<(), Error> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let mut lines: Vec<&str> = self.faults.iter().take(TOLD).map(String::as_str).collect();
        let more = format!("and {} more", self.faults.len().saturating_sub(TOLD));
        if self.faults.len() > TOLD {
            lines.push(&more);
        }
        let text =
            format!("{}: {} faulty rows\n{}", self.name, self.faults.len(), lines.join("\n"));
        if skip {
            eprintln!("{text}");
            return Ok(());
        }
        Err(Error::Invalid(format!("{text}\n(--skip-bad-rows leaves them out)")))
    }
}

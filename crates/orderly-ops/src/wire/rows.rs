//! Rows of exports as CSV or as one JSON object a line.

use orderly_core::text;
use serde_json::{Map, Value};

use crate::Error;

/// A row: names and values.
pub type Row = [(String, Value)];

/// One JSON object and the end of its line.
///
/// # Errors
/// `internal` where it cannot be written as JSON.
pub fn ndjson(row: &Row) -> Result<Vec<u8>, Error> {
    let object: Map<String, Value> = row.iter().cloned().collect();
    let mut text =
        serde_json::to_vec(&object).map_err(|error| Error::Internal(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// One record, with the names above it where `head`.
///
/// # Errors
/// `internal` where it cannot be written.
pub fn csv(row: &Row, head: bool) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let wrong = |error: csv::Error| Error::Internal(error.to_string());
    if head {
        writer.write_record(row.iter().map(|(name, _)| name)).map_err(wrong)?;
    }
    writer.write_record(row.iter().map(|(_, value)| cell(value))).map_err(wrong)?;
    writer.into_inner().map_err(|error| Error::Internal(error.to_string()))
}

/// A value as a spreadsheet may read it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text::cell(text),
        other => other.to_string(),
    }
}

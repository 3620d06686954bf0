//! Rows of exports as CSV or as one JSON object a line.

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

/// A value as a spreadsheet may read it: text that would be taken for a formula gets a `'`.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => {
            let formula =
                text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
            let number = text.parse::<f64>().is_ok_and(f64::is_finite);
            if formula && !number { format!("'{text}") } else { text.clone() }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;
    use serde_json::json;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for (value, expected) in [
            (json!("=1+1"), "'=1+1"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("-5.00"), "-5.00"),
            (json!("-cmd"), "'-cmd"),
            (json!("＝1"), "'＝1"),
            (json!(-5), "-5"),
            (json!(null), ""),
        ] {
            assert_eq!(cell(&value), expected);
        }
    }
}

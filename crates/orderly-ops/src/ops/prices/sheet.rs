//! Prices of a list as a CSV file: out as it stands, in with a dry run and errors by row.
//!
//! Columns: `sku`, `from_quantity`, `price`, `price_unit`, `from`, `until`; all but `sku` and
//! `price` may be left out. What is exported is imported again as it was.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::pricing::PriceEntry;
use orderly_core::pricing::new::NewEntry;
use orderly_core::text;
use serde::Serialize;

use super::lists;
use crate::ops::catalog::ids;
use crate::{App, Call, Error};

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 6] = ["sku", "from_quantity", "price", "price_unit", "from", "until"];

/// What came of reading a file of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    pub rows: usize,
    pub taken: usize,
    /// Line of the file, from 1, and why it was not taken.
    pub rejected: Vec<(u64, String)>,
    /// Whether the prices were put into the list.
    pub written: bool,
}

/// Reads prices of a list from CSV. With `dry` nothing is written; else all rows are, unless one
/// of them is wrong: then none is.
///
/// # Errors
/// `Invalid` where the file is no CSV with the columns `sku` and `price`; `unknown_price_list`.
pub fn import(app: &App, call: &Call, code: &str, text: &[u8], dry: bool) -> Result<Sheet, Error> {
    call.require(Permission::Configure, Scope::default())?;
    let (rows, mut rejected) = read(text)?;
    let count = rows.len() + rejected.len();
    let entries: Vec<NewEntry> = rows.iter().map(|(_, entry)| entry.clone()).collect();
    let wrong = app.store.read(|tx| {
        let list = lists::called(tx, code)?;
        let checked = lists::check(tx, &mut ids(call), &list, &entries)?;
        Ok::<_, Error>(checked)
    })?;
    let mut seen = HashMap::new();
    for ((line, _), checked) in rows.iter().zip(&wrong) {
        match checked {
            Err(refusal) => rejected.push((*line, refusal.to_string())),
            Ok(PriceEntry { item, from, valid, .. }) => {
                if let Some(first) = seen.insert((*item, *from, valid.from), *line) {
                    rejected.push((*line, format!("line {first} states this price already")));
                }
            }
        }
    }
    rejected.sort_unstable();
    let taken = count - rejected.len();
    let written = !dry && rejected.is_empty() && taken > 0;
    if written {
        lists::put(app, call, code, &entries)?;
    }
    Ok(Sheet { rows: count, taken, rejected, written })
}

type Read = (Vec<(u64, NewEntry)>, Vec<(u64, String)>);

fn read(text: &[u8]) -> Result<Read, Error> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let head = reader.headers().map_err(|error| Error::Invalid(error.to_string()))?.clone();
    let place = |name: &str| head.iter().position(|known| known.trim() == name);
    if let Some(missing) = ["sku", "price"].iter().find(|name| place(name).is_none()) {
        let columns: Vec<&str> = head.iter().collect();
        let shown: String = columns.join(", ").chars().take(200).collect();
        return Err(Error::Invalid(format!("it has no column `{missing}`; it has: {shown}")));
    }
    let places = COLUMNS.map(place);
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                rejected.push((line, "this row is not UTF-8 text".into()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != head.len() {
            let detail = format!("it has {} fields instead of {}", record.len(), head.len());
            rejected.push((line, detail));
            continue;
        }
        let cell = |index: usize| {
            let text = places[index].and_then(|at| record.get(at)).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        rows.push((
            line,
            NewEntry {
                sku: text::of_cell(&cell(0).unwrap_or_default()).to_owned(),
                from_quantity: cell(1),
                price: cell(2).unwrap_or_default(),
                price_unit: cell(3),
                from: cell(4),
                until: cell(5),
            },
        ));
    }
    Ok((rows, rejected))
}

/// Returns the prices of a list as CSV.
///
/// # Errors
/// `unknown_price_list`.
pub fn export(app: &App, call: &Call, code: &str) -> Result<Vec<u8>, Error> {
    let (_, entries) = lists::show(app, call, code)?;
    let wrong = |error: csv::Error| Error::Internal(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(wrong)?;
    for (sku, entry) in &entries {
        let (item, _) = crate::ops::read::catalog::item(app, call, sku)?;
        let sale = item.ratio(&item.sale_unit)?;
        let shown = item.show_in(entry.from, sale, "");
        let day = |day: Option<orderly_core::time::Day>| {
            day.map(|day| day.to_string()).unwrap_or_default()
        };
        let row = [
            text::cell(sku),
            shown.trim().to_owned(),
            entry.price.to_string(),
            entry.unit.clone(),
            day(entry.valid.from),
            day(entry.valid.until),
        ];
        writer.write_record(row).map_err(wrong)?;
    }
    writer.into_inner().map_err(|error| Error::Internal(error.to_string()))
}

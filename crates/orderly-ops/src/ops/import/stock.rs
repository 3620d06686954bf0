//! Opening stock from a file: received at its locations, each batch at most once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use orderly_core::id::AuditId;
use orderly_store::tables::imports::Reject;

use super::map::Map;
use super::plain::{Fields, Kind, Rows, advance, run};
use super::{Progress, Report};
use crate::ops::stock::receive::receive;
use crate::wire::stock::{ReceiptIn, ReceiptLineIn};
use crate::{App, Call, Error};

const STOCK: Kind = Kind {
    name: "stock",
    verb: "import.stock",
    required: &["location", "sku", "quantity"],
    numbers: &["quantity", "cost"],
};

/// Imports opening stock: each batch of rows is a receipt per location, with its value from the
/// opening balance.
///
/// A receipt has the batch's identity as its key: where a run dies between it and the progress of
/// the file, the next run finds it done.
///
/// # Errors
/// Those of [`orders`](super::orders).
pub fn stock(
    app: &App,
    call: &Call,
    files: &[PathBuf],
    map: &Map,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Error> {
    let mut ids = call.ids();
    let mut seed = call.seed;
    run(app, call, &STOCK, files, map, progress, |before, rows| {
        let mut by_location: BTreeMap<String, Vec<(i64, ReceiptLineIn)>> = BTreeMap::new();
        let mut rejects = rows.rejects.clone();
        for row in &rows.rows {
            match line(row) {
                Ok(line) => {
                    let location = row.text("location").unwrap_or_default();
                    by_location.entry(location).or_default().push((row.line, line));
                }
                Err(reason) => rejects.push(Reject { line: row.line, reason, amount: None }),
            }
        }
        for (location, lines) in by_location {
            rejects.extend(receive_all(app, call, &location, lines, &rows, &mut seed)?);
        }
        let audit: AuditId = ids.draw();
        app.store.write(|tx| advance(tx, call, STOCK.verb, before, &rows, &rejects, audit))
    })
}

/// Receives the lines of one location; what is refused is set aside and the rest is tried again.
fn receive_all(
    app: &App,
    call: &Call,
    location: &str,
    mut lines: Vec<(i64, ReceiptLineIn)>,
    rows: &Rows<'_>,
    seed: &mut u64,
) -> Result<Vec<Reject>, Error> {
    let mut rejects = Vec::new();
    for attempt in 1_u32.. {
        if lines.is_empty() {
            break;
        }
        let new = ReceiptIn {
            location: location.to_owned(),
            kind: Some("opening".into()),
            reference: Some(format!("import {} line {}", rows.file.id, rows.after)),
            lines: lines.iter().map(|(_, line)| line.clone()).collect(),
            ..ReceiptIn::default()
        };
        let content = serde_json::to_vec(&new).expect("a receipt has text keys only");
        let key = format!("import/{}/{}/{location}/{attempt}", rows.file.id, rows.after);
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let own = Call { seed: *seed, ..call.clone() }.with_key(key, &content);
        match receive(app, &own, &new) {
            Ok(_) => break,
            Err(Error::Refused(refusal)) => {
                let reason = refusal.to_string();
                let pointer = refusal.issues.first().map_or("", |issue| issue.pointer.as_str());
                let index = pointer.strip_prefix("/lines/").and_then(|rest| {
                    rest.split('/').next().and_then(|index| index.parse::<usize>().ok())
                });
                match index.filter(|index| *index < lines.len()) {
                    Some(index) => {
                        let (line, _) = lines.remove(index);
                        rejects.push(Reject { line, reason, amount: None });
                    }
                    // Not about one line: the location itself.
                    None => rejects.extend(lines.drain(..).map(|(line, _)| Reject {
                        line,
                        reason: reason.clone(),
                        amount: None,
                    })),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(rejects)
}

fn line(row: &Fields) -> Result<ReceiptLineIn, String> {
    Ok(ReceiptLineIn {
        sku: row.text("sku").ok_or("the sku is missing")?,
        quantity: row.number("quantity")?.ok_or("the quantity is missing")?,
        unit: row.text("unit"),
        length: row.text("length"),
        lot: row.text("lot"),
        expires_on: row.text("expires_on"),
        serials: Vec::new(),
        bin: row.text("bin"),
        condition: row.text("condition"),
        cost: row.number("cost")?,
    })
}

//! Files whose rows stand for themselves: read in batches, each committed with the file's progress.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant as Clock;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::LegalEntity;
use orderly_core::id::{AuditId, IdSource};
use orderly_store::Tx;
use orderly_store::tables::audit;
use orderly_store::tables::imports::{self, File, Reject};
use rust_decimal::Decimal;

use super::batch::Tally;
use super::files::{self, Opened};
use super::map::Map;
use super::records::Record;
use super::rows::Layout;
use super::{Progress, Report, report, sums, write};
use crate::ops::Reference;
use crate::ops::command::entry;
use crate::ops::settings;
use crate::{App, Call, Error};

/// Rows of one transaction.
const BATCH: usize = 500;

/// The stated fields of a row.
#[derive(Debug, Clone)]
pub struct Fields {
    pub line: i64,
    pub texts: BTreeMap<String, String>,
    /// Texts of numbers in the plain form `-12.5`, whatever the map says of decimal signs.
    pub numbers: BTreeMap<String, Result<String, String>>,
}

impl Fields {
    pub fn text(&self, field: &str) -> Option<String> {
        self.texts.get(field).cloned()
    }
    /// A number in its plain form.
    pub fn number(&self, field: &str) -> Result<Option<String>, String> {
        self.numbers.get(field).cloned().transpose().map_err(|reason| format!("{field}: {reason}"))
    }
    /// A whole number.
    pub fn whole(&self, field: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.number(field)? else { return Ok(None) };
        let whole = text.parse::<i64>();
        whole.map(Some).map_err(|_| format!("{field}: `{text}` is not a whole number"))
    }
}

/// Rows of a file up to a line, those that cannot be read set aside.
pub struct Rows<'a> {
    pub file: &'a Opened,
    pub rows: Vec<Fields>,
    pub rejects: Vec<Reject>,
    /// Where the batch starts and ends.
    pub after: i64,
    pub line: i64,
    pub last: bool,
}

/// A row that is taken, or why it is not.
pub type Taken = Result<(), String>;

/// What one kind of plain import is.
pub struct Kind {
    pub name: &'static str,
    pub verb: &'static str,
    pub required: &'static [&'static str],
    pub numbers: &'static [&'static str],
}

/// Reads the files and has `commit` write each batch; it returns the file as it then is.
pub fn run(
    app: &App,
    call: &Call,
    kind: &Kind,
    paths: &[PathBuf],
    map: &Map,
    progress: &mut dyn FnMut(Progress<'_>),
    mut commit: impl FnMut(&File, Rows<'_>) -> Result<File, Error>,
) -> Result<Report, Error> {
    call.require(Permission::Import, Scope::default())?;
    let clock = Clock::now();
    let opened = files::open_all(paths, map, kind.name, kind.required)?;
    let mut states = app.store.write(|tx| files::register(tx, call, map, &opened))?;
    let before = sums(&states)?;
    let bytes = opened.iter().map(|file| file.bytes).sum();
    let mut bytes_done = 0;
    for (index, file) in opened.iter().enumerate() {
        if states[index].finished_at.is_none() {
            let mut records = file.records(map)?;
            let mut record = Record::default();
            records.read(&mut record).map_err(|error| file.io(&error))?;
            let layout = Layout::new(map, &record, kind.required)?;
            loop {
                let after = states[index].line;
                let mut rows =
                    Rows { file, rows: vec![], rejects: vec![], after, line: after, last: true };
                while records.read(&mut record).map_err(|error| file.io(&error))? {
                    if record.line <= after {
                        continue;
                    }
                    rows.line = record.line;
                    rows.add(kind, &layout, &record);
                    if rows.rows.len() + rows.rejects.len() >= BATCH {
                        rows.last = false;
                        break;
                    }
                }
                let last = rows.last;
                states[index] = commit(&states[index], rows)?;
                let done = states.iter().map(|state| state.rows).sum();
                progress(Progress { file: &file.path, rows: done, bytes, bytes_done });
                if last {
                    break;
                }
            }
        }
        bytes_done += file.bytes;
    }
    report(&opened, &states, &before, clock.elapsed().as_secs_f64())
}

/// Runs an import whose rows are taken one by one, each batch in one transaction. The inner error
/// of `take` is why its row is not taken. A row draws at most `draws` ids.
pub fn each_row(
    app: &App,
    call: &Call,
    kind: &Kind,
    (paths, map): (&[PathBuf], &Map),
    progress: &mut dyn FnMut(Progress<'_>),
    draws: usize,
    take: impl Fn(&mut Tx<'_>, &LegalEntity, &Fields, &mut IdSource) -> Result<Taken, Error>,
) -> Result<Report, Error> {
    let mut ids = call.ids();
    run(app, call, kind, paths, map, progress, |before, rows| {
        let audit: AuditId = ids.draw();
        let batch_ids = ids.clone();
        // As many as one run of the closure can draw: the next batch starts behind them.
        for _ in 0..rows.rows.len() * draws {
            ids.draw::<AuditId>();
        }
        app.store.write(|tx| {
            let merchant = settings::merchant(tx)?;
            let mut ids = batch_ids.clone();
            let mut rejects = rows.rejects.clone();
            for row in &rows.rows {
                if let Err(reason) = take(tx, &merchant, row, &mut ids)? {
                    rejects.push(Reject { line: row.line, reason, amount: None });
                }
            }
            advance(tx, call, kind.verb, before, &rows, &rejects, audit)
        })
    })
}

impl Rows<'_> {
    fn add(&mut self, kind: &Kind, layout: &Layout<'_>, record: &Record) {
        match layout.texts(record) {
            Ok(texts) => {
                let numbers = kind.numbers.iter().filter_map(|field| {
                    let text = texts.get(*field)?;
                    let number = layout.number(text).map(|number: Decimal| number.to_string());
                    Some(((*field).to_owned(), number))
                });
                let numbers = numbers.collect();
                self.rows.push(Fields { line: record.line, texts, numbers });
            }
            Err(bad) => self.reject(record.line, &bad.reason),
        }
    }

    /// Sets a row aside that cannot be read.
    fn reject(&mut self, line: i64, reason: &str) {
        let reason = reason.chars().filter(|c| !c.is_control()).take(500).collect();
        self.rejects.push(Reject { line, reason, amount: None });
    }
}

/// Moves the file on by the batch: all of its rows but `rejects` are written.
pub fn advance(
    tx: &mut Tx<'_>,
    call: &Call,
    verb: &str,
    before: &File,
    rows: &Rows<'_>,
    rejects: &[Reject],
    audit_id: AuditId,
) -> Result<File, Error> {
    let mut rejects = rejects.to_vec();
    rejects.sort_by_key(|reject| reject.line);
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let rejected = count(rejects.len());
    let all = count(rows.rows.len() + rows.rejects.len());
    let mut after = File { line: rows.line, ..before.clone() };
    let tally = Tally { rows: all, taken: all - rejected, rejected, ..Tally::default() };
    write::add(&mut after, &tally)?;
    imports::reject(tx, before.id, &rejects)?;
    if rows.last {
        after.finished_at = Some(call.now);
        let kind = "import_file";
        let file = Reference { kind, id: before.id.as_bytes(), sequence: after.line };
        let row = entry(call, verb, Ok(file), audit_id);
        let detail = Some(format!("{} rows, {} rejected", after.rows, after.rejected));
        audit::insert(tx, &[audit::Entry { detail, ..row }])?;
    }
    if !imports::save(tx, before, &after)? {
        return Err(Error::Again);
    }
    Ok(after)
}

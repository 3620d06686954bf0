//! Import of real data: history of orders, items and opening stock, from CSV files by a map.
//!
//! A file is known by the hash of its content and read once: each batch of rows is committed with
//! the line it ends on, so that a run that was killed goes on where it stopped and a second run
//! adds nothing. Rows are made ready on one thread and written on another; what is held in memory
//! is a few batches, whatever the size of the files.

mod batch;
mod cache;
mod conditions;
mod customers;
mod exact;
mod files;
mod history;
mod items;
mod known;
pub mod map;
mod plain;
mod records;
mod rows;
mod stock;
mod write;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant as Clock;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::{NewChannel, NewEntity};
use orderly_core::catalog::{Channel, LegalEntity};
use orderly_core::id::{AuditId, IdSource};
use orderly_store::Tx;
use orderly_store::tables::imports::{self, File, Reject};
use orderly_store::tables::{books, channels, settings};
use serde::Serialize;

use crate::{App, Call, Error};
pub use customers::customers;
pub use items::items;
pub use stock::stock;

use batch::{Maker, Ready, Tally};
use files::Opened;
use history::Frame;
use known::Known;
use map::Map;
use records::Record;
use rows::Layout;

/// Rows of a batch, if the order they end in ends there.
const BATCH: usize = 4_096;
/// Rows of a batch at most.
const MOST: usize = 3 * BATCH;
/// Batches that may wait to be written.
const WAITING: usize = 4;
/// Rows after which waiting batches are left to the next transaction: small files share one.
const GROUP: i64 = 2 * BATCH as i64;

/// A batch of the file with this index, or why it could not be made.
type Made = (usize, Result<Ready, Error>);

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    pub file: &'a Path,
    /// Rows of all files that are committed.
    pub rows: i64,
    /// Bytes of all files, and how many of them belong to files that are done.
    pub bytes: u64,
    pub bytes_done: u64,
}

/// What came of an import. Counts and sums are those of the files, whichever run read them;
/// `new_rows` and `new_orders` are this run's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub files: Vec<FileReport>,
    pub rows: i64,
    pub taken: i64,
    pub rejected: i64,
    /// Exact decimals, as are the next two: quantity × price.
    pub amount_taken: String,
    pub amount_rejected: String,
    /// What rounding each row to minor units added.
    pub amount_rounding: String,
    pub orders: i64,
    pub returns: i64,
    pub new_rows: i64,
    pub new_orders: i64,
    pub new_returns: i64,
    pub seconds: f64,
}

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    pub file: String,
    pub id: String,
    pub rows: i64,
    pub taken: i64,
    pub rejected: i64,
}

/// Imports history: orders, returns and stock adjustments that were closed before Orderly.
///
/// On a database that is not set up yet, the map's own currency, country and zone set it up.
///
/// # Errors
/// `Invalid` where a file or the map cannot be used at all, `Forbidden`, `Unavailable`. What is
/// wrong with a row is reported with its line ([`rejected`]) and stops nothing.
pub fn orders(
    app: &App,
    call: &Call,
    files: &[PathBuf],
    map: &Map,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Error> {
    call.require(Permission::Import, Scope::default())?;
    let clock = Clock::now();
    let opened = files::open_all(files, map, "orders", files::ORDERS)?;
    let (merchant, channel) = app.store.write(|tx| ground(tx, call, map))?;
    let mut states = app.store.write(|tx| files::register(tx, call, map, &opened))?;
    let before = sums(&states)?;
    let bytes: u64 = opened.iter().map(|file| file.bytes).sum();
    let mut ids = IdSource::new(call.now, call.seed);
    let audits: Vec<AuditId> = opened.iter().map(|_| ids.draw()).collect();
    let mut maker = maker(app, call, map, (&merchant, &channel), ids)?;
    let todo: Vec<(usize, Opened, i64)> = opened
        .iter()
        .zip(&states)
        .enumerate()
        .filter(|(_, (_, state))| state.finished_at.is_none())
        .map(|(index, (file, state))| (index, file.clone(), state.line))
        .collect();
    std::thread::scope(|scope| {
        // The receiver goes with this closure: where writing fails, the maker is not kept waiting.
        let (sender, receiver) = sync_channel::<Made>(WAITING);
        scope.spawn(move || make_all(&mut maker, &todo, &sender));
        let write = |group: &[(usize, Ready)], states: &[File]| {
            app.store.write(|tx| {
                let mut states = states.to_vec();
                for (index, ready) in group {
                    let (before, audit) = (states[*index].clone(), audits[*index]);
                    states[*index] = write::write(tx, call, channel.id, &before, ready, audit)?;
                }
                Ok::<_, Error>(states)
            })
        };
        write_all(&receiver, &opened, &mut states, bytes, progress, write)
    })?;
    report(&opened, &states, &before, clock.elapsed().as_secs_f64())
}

/// Returns at most `limit` rows of a file that were not taken, after a line. `file` is the id in
/// the report.
///
/// # Errors
/// `not_found` where no such file was read.
pub fn rejected(
    app: &App,
    call: &Call,
    file: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Reject>, Error> {
    call.require(Permission::Import, Scope::default())?;
    let file = file.parse()?;
    app.store.read(|tx| {
        imports::get(tx, file)?.ok_or_else(|| Error::not_found(format!("import {file}")))?;
        Ok(imports::rejects(tx, file, after, limit)?)
    })
}

/// The merchant and the channel whose history it is; made where they are missing.
fn ground(tx: &mut Tx<'_>, call: &Call, map: &Map) -> Result<(LegalEntity, Channel), Error> {
    let mut ids = IdSource::new(call.now, call.seed ^ 0x6772_6f75_6e64);
    let source = &map.source;
    let merchant = match settings::entities(tx)?.into_iter().next() {
        Some(known) => known,
        None => {
            let (Some(country), Some(currency)) = (&source.country, &source.currency) else {
                let hint = "run `orderly init` first, or name country and currency in the map";
                return Err(Error::Invalid(format!("the database is not set up yet: {hint}")));
            };
            let new = NewEntity {
                code: "MAIN".into(),
                name: source.name.clone(),
                country: country.clone(),
                currency: currency.clone(),
                zone: source.zone.clone().unwrap_or_else(|| "UTC".into()),
                tax_number: None,
            };
            let entity = new.check(ids.draw())?;
            settings::insert_entity(tx, &entity)?;
            books::insert_accounts(tx)?;
            entity
        }
    };
    let code = source.channel.as_deref().unwrap_or("history");
    if let Some(known) = channels::by_code(tx, code)? {
        return Ok((merchant, known));
    }
    let new = NewChannel {
        code: code.to_owned(),
        name: source.name.clone(),
        kind: source.channel_kind,
        when_short: None,
        rounding: None,
        currency: source.currency.clone(),
        location: None,
        priority: 0,
    };
    let channel = new.check(ids.draw(), &merchant, None)?;
    if !channels::insert(tx, &channel)? {
        return Err(Error::Again);
    }
    Ok((merchant, channel))
}

fn maker<'a>(
    app: &'a App,
    call: &'a Call,
    map: &'a Map,
    (merchant, channel): (&LegalEntity, &Channel),
    ids: IdSource,
) -> Result<Maker<'a>, Error> {
    let source = &map.source;
    let frame = Frame {
        channel: channel.id,
        legal_entity: merchant.id,
        currency: channel.currency,
        rounding: channel.rounding,
        number_prefix: source.number_prefix.clone(),
        now: call.now,
    };
    let (prefix, name) = (&source.number_prefix, &source.customer_name);
    let known = Known::new(app, channel.id, prefix, name, call.now)?;
    Ok(Maker { app, call, map, frame, known, ids })
}

/// Reads every file from where it stopped and sends batch after batch; stops where nobody listens.
fn make_all(maker: &mut Maker<'_>, todo: &[(usize, Opened, i64)], sender: &SyncSender<Made>) {
    for (index, file, line) in todo {
        let made = make(maker, file, *line, |ready| sender.send((*index, Ok(ready))).is_ok());
        if let Err(error) = made {
            // Where the receiver is gone its own error is the one to report.
            let _ = sender.send((*index, Err(error)));
            return;
        }
    }
}

/// Makes the batches of one file after a line.
fn make(
    maker: &mut Maker<'_>,
    file: &Opened,
    after: i64,
    mut send: impl FnMut(Ready) -> bool,
) -> Result<(), Error> {
    let mut records = file.records(maker.map)?;
    let mut record = Record::default();
    records.read(&mut record).map_err(|error| file.io(&error))?;
    let mut layout = Layout::new(maker.map, &record, files::ORDERS)?;
    let mut rows = Vec::with_capacity(BATCH);
    let mut ready = Ready { line: after, ..Ready::default() };
    while records.read(&mut record).map_err(|error| file.io(&error))? {
        if record.line <= after {
            continue;
        }
        match layout.row(&record) {
            Ok(row) => {
                let ends = rows.last().is_some_and(|last: &rows::Row| last.key != row.key);
                if rows.len() >= MOST || (rows.len() >= BATCH && ends) {
                    maker.make(file.id, &rows, &mut ready)?;
                    rows.clear();
                    let line = ready.line;
                    if !send(std::mem::replace(&mut ready, Ready { line, ..Ready::default() })) {
                        return Ok(());
                    }
                }
                rows.push(row);
            }
            Err(bad) => {
                ready.tally.rows += 1;
                ready.reject(record.line, &bad)?;
            }
        }
        ready.line = record.line;
        if ready.rejects.len() >= MOST {
            maker.make(file.id, &rows, &mut ready)?;
            rows.clear();
            let line = ready.line;
            if !send(std::mem::replace(&mut ready, Ready { line, ..Ready::default() })) {
                return Ok(());
            }
        }
    }
    ready.last = true;
    maker.make(file.id, &rows, &mut ready)?;
    send(ready);
    Ok(())
}

/// Commits batch after batch, several in one transaction where they wait already.
fn write_all(
    receiver: &Receiver<Made>,
    opened: &[Opened],
    states: &mut Vec<File>,
    bytes: u64,
    progress: &mut dyn FnMut(Progress<'_>),
    write: impl Fn(&[(usize, Ready)], &[File]) -> Result<Vec<File>, Error>,
) -> Result<(), Error> {
    while let Ok(first) = receiver.recv() {
        let mut group = Vec::with_capacity(WAITING);
        let mut failed = None;
        let mut rows = 0;
        for (index, ready) in std::iter::once(first).chain(receiver.try_iter()) {
            match ready {
                Ok(ready) => {
                    rows += ready.tally.rows;
                    group.push((index, ready));
                }
                Err(error) => failed = Some((index, error)),
            }
            if rows >= GROUP || failed.is_some() {
                break;
            }
        }
        let named = |index: usize, error: Error| match error {
            Error::Invalid(reason) => {
                Error::Invalid(format!("{}: {reason}", opened[index].path.display()))
            }
            error => error,
        };
        if let Some((last, _)) = group.last() {
            let last = *last;
            *states = write(&group, states).map_err(|error| named(last, error))?;
            let done = opened.iter().zip(states.iter());
            let done = done.filter(|(_, state)| state.finished_at.is_some());
            progress(Progress {
                file: &opened[last].path,
                rows: states.iter().map(|state| state.rows).sum(),
                bytes,
                bytes_done: done.map(|(file, _)| file.bytes).sum(),
            });
        }
        if let Some((index, error)) = failed {
            return Err(named(index, error));
        }
    }
    Ok(())
}

/// The sums of all files, with orders and returns.
fn sums(states: &[File]) -> Result<(Tally, i64, i64), Error> {
    let mut sum = Tally::default();
    for state in states {
        sum.add(&write::tally_of(state)?)?;
    }
    let orders = states.iter().map(|state| state.orders).sum();
    Ok((sum, orders, states.iter().map(|state| state.returns).sum()))
}

fn report(
    opened: &[Opened],
    states: &[File],
    before: &(Tally, i64, i64),
    seconds: f64,
) -> Result<Report, Error> {
    let (sum, orders, returns) = sums(states)?;
    let files = opened.iter().zip(states).map(|(file, state)| FileReport {
        file: file.path.display().to_string(),
        id: state.id.to_string(),
        rows: state.rows,
        taken: state.taken,
        rejected: state.rejected,
    });
    Ok(Report {
        files: files.collect(),
        rows: sum.rows,
        taken: sum.taken,
        rejected: sum.rejected,
        amount_taken: sum.amount_taken.to_string(),
        amount_rejected: sum.amount_rejected.to_string(),
        amount_rounding: sum.amount_rounding.to_string(),
        orders,
        returns,
        new_rows: sum.rows - before.0.rows,
        new_orders: orders - before.1,
        new_returns: returns - before.2,
        seconds,
    })
}

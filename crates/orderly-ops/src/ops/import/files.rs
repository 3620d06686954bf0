//! The files of an import: opened, known by their content, and registered.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use orderly_core::id::ImportId;
use orderly_store::Tx;
use orderly_store::tables::imports::{self, File};
use sha2::{Digest, Sha256};

use super::map::Map;
use super::records::{Record, Records};
use super::rows::Layout;
use crate::{Call, Error};

/// The fields that a map for orders says the columns of.
pub const ORDERS: &[&str] = &["key", "sku", "quantity", "price", "placed_at"];

/// A file whose header is that of the map.
#[derive(Debug, Clone)]
pub struct Opened {
    pub path: PathBuf,
    pub bytes: u64,
    /// The first ten bytes of the hash of its content and what is imported from it.
    pub id: ImportId,
    kind: &'static str,
}

impl Opened {
    pub fn records(&self, map: &Map) -> Result<Records<BufReader<fs::File>>, Error> {
        let file = fs::File::open(&self.path).map_err(|error| self.io(&error))?;
        let delimiter = u8::try_from(map.source.delimiter).unwrap_or(b',');
        Ok(Records::new(BufReader::with_capacity(1 << 17, file), delimiter))
    }
    pub fn io(&self, error: &io::Error) -> Error {
        unreadable(&self.path, error)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Invalid(format!("{} cannot be read: {error}", path.display()))
}

/// Opens every file: reads its content for its identity, and its header against the map. Nothing
/// is written before all of them are sound. The same content given twice is read once.
///
/// # Errors
/// `Invalid`, naming the file.
pub fn open_all(
    paths: &[PathBuf],
    map: &Map,
    kind: &'static str,
    required: &[&str],
) -> Result<Vec<Opened>, Error> {
    let mut known = HashSet::new();
    let mut opened = Vec::with_capacity(paths.len());
    for path in paths {
        let file = open(path, kind).map_err(|error| unreadable(path, &error))?;
        let mut header = Record::default();
        let found = file.records(map)?.read(&mut header).map_err(|error| file.io(&error))?;
        let named = |reason: String| Error::Invalid(format!("{}: {reason}", path.display()));
        if !found {
            return Err(named("it is empty".into()));
        }
        if let Err(Error::Invalid(reason)) = Layout::new(map, &header, required) {
            return Err(named(reason));
        }
        if known.insert(file.id) {
            opened.push(file);
        }
    }
    Ok(opened)
}

fn open(path: &Path, kind: &'static str) -> io::Result<Opened> {
    let mut reader = BufReader::with_capacity(1 << 17, fs::File::open(path)?);
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    let mut bytes = 0;
    loop {
        let read = reader.fill_buf()?;
        if read.is_empty() {
            break;
        }
        hash.update(read);
        let length = read.len();
        bytes += length as u64;
        reader.consume(length);
    }
    let mut id = [0; 16];
    id[..10].copy_from_slice(&hash.finalize()[..10]);
    Ok(Opened { path: path.to_owned(), bytes, id: ImportId::from_bytes(id), kind })
}

/// Registers files that are new and returns how far each of them is read.
pub fn register(
    tx: &mut Tx<'_>,
    call: &Call,
    map: &Map,
    opened: &[Opened],
) -> Result<Vec<File>, Error> {
    let mut states = Vec::with_capacity(opened.len());
    for file in opened {
        let new = File {
            id: file.id,
            kind: file.kind.to_owned(),
            name: file.path.display().to_string(),
            map: map.source.name.clone(),
            line: 0,
            rows: 0,
            taken: 0,
            rejected: 0,
            amount_taken: "0".into(),
            amount_rejected: "0".into(),
            amount_rounding: "0".into(),
            orders: 0,
            returns: 0,
            started_at: call.now,
            finished_at: None,
        };
        imports::insert(tx, &new)?;
        let known = imports::get(tx, file.id)?;
        states.push(known.ok_or(Error::Again)?);
    }
    Ok(states)
}

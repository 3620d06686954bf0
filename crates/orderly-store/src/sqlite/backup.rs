//! A copy of the file while writes go on.

use std::fs;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection as Raw, OpenFlags};

use super::Connection;
use crate::StoreError;

/// Copies the database of `from` to the new file `to`, as it was at one moment. One step under
/// one read transaction: copying page by page would start again with every commit.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::other(format_args!("{} exists already", to.display())));
    }
    let partial = to.with_extension("partial");
    let result = copy_to(from, &partial).and_then(|()| {
        fs::rename(&partial, to).map_err(|error| StoreError::io(to, &error))?;
        sync_folder(to)
    });
    if result.is_err() {
        let _ = fs::remove_file(&partial);
    }
    result
}

fn copy_to(from: &Path, partial: &Path) -> Result<(), StoreError> {
    let fail = |error: rusqlite::Error| StoreError::from_sqlite(&error, "backup");
    let _ = fs::remove_file(partial);
    super::connection::create(partial)?;
    let source = Connection::reader(from)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Raw::open_with_flags(partial, flags).map_err(fail)?;
    let backup = Backup::new(source.raw(), &mut target).map_err(fail)?;
    match backup.step(-1).map_err(fail)? {
        StepResult::Done => {}
        _ => return Err(StoreError::Busy),
    }
    drop(backup);
    let check: String =
        target.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fail)?;
    if check != "ok" {
        return Err(StoreError::Corrupt(crate::Cause::new(check)));
    }
    target.close().map_err(|(_, error)| fail(error))?;
    let file = fs::File::open(partial).and_then(|file| file.sync_all());
    file.map_err(|error| StoreError::io(partial, &error))
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| StoreError::io(folder, &error))
}

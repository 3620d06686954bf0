//! The embedded engine: one file, one write connection, readers that never block it.

pub(crate) mod backup;
mod connection;
pub(crate) mod queue;

use std::path::{Path, PathBuf};

pub(crate) use connection::Connection;

use crate::StoreError;
use crate::pool::Pool;
use crate::sqlite::queue::Queue;
use crate::tx::Tx;

/// Readers of one file at most; each holds a page cache.
const READERS: usize = 16;

pub(crate) struct Sqlite {
    pub(crate) path: PathBuf,
    pub(crate) queue: Queue,
    readers: Pool<Connection>,
}

impl Sqlite {
    /// Opens the file; `prepare` migrates it before anybody else gets the write connection.
    pub(crate) fn open(
        path: &Path,
        prepare: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<Sqlite, StoreError> {
        let path = connection::create(path)?;
        let mut writer = Connection::writer(&path)?;
        prepare(&mut writer)?;
        let file = path.clone();
        let readers = Pool::new(READERS, Box::new(move || Connection::reader(&file)));
        Ok(Sqlite { queue: Queue::new(writer, path.clone()), path, readers })
    }

    pub(crate) const fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut reader = self.readers.take()?;
        reader.begin_read()?;
        let result = f(&mut Tx::sqlite(&mut reader));
        match reader.batch("ROLLBACK") {
            Ok(()) => drop(reader),
            Err(_) => reader.discard(),
        }
        result
    }
}

//! The texts of set-based inserts.

use crate::StoreError;
use crate::postgres::type_name;
use crate::tx::Column;
use crate::value::Value;

/// Rows per statement on PostgreSQL: bounds the memory of one message on both sides.
const PIECE: usize = 8192;

pub(crate) fn per_row(table: &str, columns: &[Column], suffix: &str) -> String {
    let names = names(columns);
    let values = join(columns.len(), |index| format!("${}", index + 1));
    format!("INSERT INTO {table} ({names}) VALUES ({values}) {suffix}")
}

pub(crate) fn unnest(table: &str, columns: &[Column], suffix: &str) -> String {
    let names = names(columns);
    let arrays = join(columns.len(), |index| {
        format!("${}::{}[]", index + 1, type_name(columns[index].kind))
    });
    format!("INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {suffix}")
}

pub(crate) fn in_pieces(
    rows: &[Vec<Value>],
    mut run: impl FnMut(&[Vec<Value>]) -> Result<u64, StoreError>,
) -> Result<u64, StoreError> {
    rows.chunks(PIECE).try_fold(0, |total, piece| Ok(total + run(piece)?))
}

fn names(columns: &[Column]) -> String {
    join(columns.len(), |index| columns[index].name.to_owned())
}

fn join(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

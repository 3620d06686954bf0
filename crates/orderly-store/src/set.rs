//! Look-ups by a set of keys: one statement on PostgreSQL, one prepared look-up per key on SQLite.

use std::collections::HashSet;
use std::hash::Hash;

use crate::StoreError;
use crate::row::Row;
use crate::store::Engine;
use crate::tx::Tx;
use crate::value::ToValue;

/// Keys per statement on PostgreSQL.
const PIECE: usize = 512;

/// Runs `select WHERE column = key` for every key and returns the rows in no order. `select` ends
/// before its WHERE; a key given twice is looked up once.
pub(crate) fn query_in<K: ToValue + Eq + Hash, T>(
    tx: &mut Tx<'_>,
    select: &str,
    column: &str,
    keys: &[K],
    mut f: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut known = HashSet::with_capacity(keys.len());
    let keys: Vec<&K> = keys.iter().filter(|key| known.insert(*key)).collect();
    let mut found = Vec::with_capacity(keys.len());
    if tx.engine() == Engine::Sqlite {
        let sql = format!("{select} WHERE {column} = $1");
        for key in keys {
            found.extend(tx.query(&sql, &[key], &mut f)?);
        }
        return Ok(found);
    }
    for piece in keys.chunks(PIECE) {
        let (sql, width) = in_list(select, column, piece.len());
        let last = piece.last().expect("a chunk is not empty");
        let padding = std::iter::repeat_n(last, width - piece.len());
        let params: Vec<&dyn ToValue> =
            piece.iter().chain(padding).map(|key| key as &dyn ToValue).collect();
        found.extend(tx.query(&sql, &params, &mut f)?);
    }
    Ok(found)
}

/// The statement for `count` keys, and how many it takes: a power of two, so that few texts are
/// prepared.
fn in_list(select: &str, column: &str, count: usize) -> (String, usize) {
    let width = count.next_power_of_two();
    let list = (1..=width).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    (format!("{select} WHERE {column} IN ({list})"), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_padded_to_a_power_of_two() {
        let (sql, width) = in_list("SELECT a FROM t", "a", 3);
        assert_eq!(sql, "SELECT a FROM t WHERE a IN ($1, $2, $3, $4)");
        assert_eq!(width, 4);
        assert_eq!(in_list("S", "a", 1).1, 1);
    }
}

//! Files that are imported: how far each is read, and the rows that were not taken.

use orderly_core::id::{ImportId, ItemId};
use orderly_core::time::Instant;

use crate::codec::v;
use crate::{Column, Kind, Row, StoreError, Tx, Value};

/// A file by its content: its id is taken from the hash of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    pub id: ImportId,
    /// `orders`, `items` or `stock`.
    pub kind: String,
    /// The name it had when it was first seen.
    pub name: String,
    pub map: String,
    /// The last line that is read and committed; the header is line 1.
    pub line: i64,
    pub rows: i64,
    pub taken: i64,
    pub rejected: i64,
    /// Exact decimals, as are the next two.
    pub amount_taken: String,
    pub amount_rejected: String,
    /// What rounding to minor units added.
    pub amount_rounding: String,
    pub orders: i64,
    pub returns: i64,
    pub started_at: Instant,
    pub finished_at: Option<Instant>,
}

/// A row that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reject {
    pub line: i64,
    pub reason: String,
    /// The exact amount of the row; `None` where it cannot be read.
    pub amount: Option<String>,
}

const REJECT: &[Column] = &[
    Column::new("file_id", Kind::Bytes),
    Column::new("line", Kind::Int),
    Column::new("reason", Kind::Text),
    Column::new("amount", Kind::Text),
];

pub fn get(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<File>, StoreError> {
    tx.query_one("SELECT * FROM import_file WHERE id = $1", &[&id], file_from_row)
}

/// Adds a file of which nothing is read yet; a known one is left as it is.
pub fn insert(tx: &mut Tx<'_>, file: &File) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO import_file (id, kind, name, map, line, row_count, taken, rejected,
            amount_taken, amount_rejected, amount_rounding, orders, returns, started_at)
         VALUES ($1, $2, $3, $4, 0, 0, 0, 0, '0', '0', '0', 0, 0, $5) ON CONFLICT (id) DO NOTHING",
        &[&file.id, &file.kind, &file.name, &file.map, &file.started_at],
    )?;
    Ok(())
}

/// Moves the file on from one committed line to the next; false where another run did.
pub fn save(tx: &mut Tx<'_>, before: &File, after: &File) -> Result<bool, StoreError> {
    let saved = tx.exec(
        "UPDATE import_file
            SET line = $3, row_count = $4, taken = $5, rejected = $6, amount_taken = $7,
                amount_rejected = $8, amount_rounding = $9, orders = $10, returns = $11,
                finished_at = $12
          WHERE id = $1 AND line = $2 AND finished_at IS NULL",
        &[
            &before.id,
            &before.line,
            &after.line,
            &after.rows,
            &after.taken,
            &after.rejected,
            &after.amount_taken,
            &after.amount_rejected,
            &after.amount_rounding,
            &after.orders,
            &after.returns,
            &after.finished_at,
        ],
    )?;
    Ok(saved == 1)
}

/// Keeps the rows that were not taken.
pub fn reject(tx: &mut Tx<'_>, file: ImportId, rows: &[Reject]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| vec![v(&file), v(&row.line), v(&row.reason), v(&row.amount)])
        .collect();
    tx.insert_many("import_reject", REJECT, &rows, "")?;
    Ok(())
}

/// Returns at most `limit` rows of a file that were not taken, after the line given.
pub fn rejects(
    tx: &mut Tx<'_>,
    file: ImportId,
    after: i64,
    limit: i64,
) -> Result<Vec<Reject>, StoreError> {
    let sql = "SELECT line, reason, amount FROM import_reject
        WHERE file_id = $1 AND line > $2 ORDER BY line LIMIT $3";
    tx.query(sql, &[&file, &after, &limit], |row| {
        Ok(Reject {
            line: row.get("line")?,
            reason: row.get("reason")?,
            amount: row.get("amount")?,
        })
    })
}

/// Gives items their names that were created without one: their name is their SKU so far.
pub fn name_items(tx: &mut Tx<'_>, names: &[(ItemId, String)]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = names.iter().map(|(id, name)| vec![v(id), v(name)]).collect();
    tx.exec_many(
        "UPDATE item SET name = $2, version = version + 1 WHERE id = $1 AND name = sku",
        "UPDATE item SET name = v.name, version = version + 1
           FROM unnest($1::bytea[], $2::text[]) AS v (id, name)
          WHERE item.id = v.id AND item.name = item.sku",
        &[Kind::Bytes, Kind::Text],
        &rows,
    )
}

fn file_from_row(row: &Row<'_>) -> Result<File, StoreError> {
    Ok(File {
        id: row.get("id")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        map: row.get("map")?,
        line: row.get("line")?,
        rows: row.get("row_count")?,
        taken: row.get("taken")?,
        rejected: row.get("rejected")?,
        amount_taken: row.get("amount_taken")?,
        amount_rejected: row.get("amount_rejected")?,
        amount_rounding: row.get("amount_rounding")?,
        orders: row.get("orders")?,
        returns: row.get("returns")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
    })
}

//! The floor: the rows that placement wrote, written again to another database without deciding
//! anything: same tables, same columns, same indexes, same grouping, same durable settings.

use std::time::Instant;

use orderly_ops::App;
use orderly_store::copy::owned;
use orderly_store::{Column, Kind, StoreError, Tx, Value};

/// The tables placement writes, parents first, with the columns that sort their rows by age.
const TABLES: &[(&str, &str)] = &[
    ("party", "id"),
    ("customer", "id"),
    ("orders", "id"),
    ("delivery", "id"),
    ("order_line", "id"),
    ("charge", "id"),
    ("fulfillment", "id"),
    ("fulfillment_line", "claim_id"),
    ("claim", "id"),
    ("event", "stream_id"),
    ("pending", "stream_id"),
    ("routing", "order_id"),
    ("idempotency", "object_id"),
    ("audit", "id"),
];

/// Tables that others refer to, and how many rows ahead of their share they are written.
const AHEAD: [(&str, usize); 4] =
    [("party", 4_000), ("customer", 400), ("orders", 1_000), ("fulfillment", 400)];

/// The rows of one table with their columns.
type Rows = (&'static str, Vec<Column>, Vec<Vec<Value>>);

/// How far each table has been copied.
pub struct Floor<'a> {
    from: &'a App,
    to: &'a App,
    done: Vec<usize>,
    columns: Vec<Vec<Column>>,
}

impl<'a> Floor<'a> {
    pub fn new(from: &'a App, to: &'a App) -> Result<Self, String> {
        let mut columns = Vec::new();
        let mut done = Vec::new();
        let catalog = from.store.catalog().map_err(|error| error.to_string())?;
        for (table, _) in TABLES {
            let own = catalog.iter().filter(|known| known.name == *table);
            let own = own.flat_map(|known| &known.columns).map(|column| {
                let name: &'static str = Box::leak(column.name.clone().into_boxed_str());
                Column::new(name, column.kind)
            });
            columns.push(own.collect());
            let (rows, _) = read(from, table, "1", 0)?;
            done.push(rows.len());
        }
        let floor = Self { from, to, done, columns };
        floor.copy_levels()?;
        Ok(floor)
    }

    fn copy_levels(&self) -> Result<(), String> {
        let (rows, names) = read(self.from, "stock_level", "1", 0)?;
        let columns: Vec<Column> = names
            .iter()
            .zip(rows.first().into_iter().flatten())
            .map(|(name, value)| {
                Column::new(Box::leak(name.clone().into_boxed_str()), value.kind())
            })
            .collect();
        let written = self.to.store.write(|tx| tx.insert_many("stock_level", &columns, &rows, ""));
        written.map(|_| ()).map_err(|error: StoreError| error.to_string())
    }

    /// Writes what was placed since the last time, in so many transactions; returns the seconds.
    pub fn write(&mut self, groups: usize) -> Result<f64, String> {
        let mut tables = Vec::new();
        for (index, (table, sort)) in TABLES.iter().enumerate() {
            let (rows, names) = read(self.from, table, sort, self.done[index])?;
            self.done[index] += rows.len();
            let columns: Vec<Column> = names
                .iter()
                .filter_map(|name| self.columns[index].iter().find(|own| own.name == *name))
                .copied()
                .collect();
            let typed = |row: Vec<Value>| -> Vec<Value> {
                let kinds = columns.iter().map(|column| column.kind);
                let null = |value: Value, kind| match value {
                    Value::Null(_) => Value::Null(kind),
                    known => known,
                };
                row.into_iter().zip(kinds).map(|(value, kind)| null(value, kind)).collect()
            };
            let rows = rows.into_iter().map(typed).collect();
            tables.push((*table, columns, rows));
        }
        let levels: Vec<Vec<Value>> = self.levels()?;
        let start = Instant::now();
        for group in 0..groups {
            let written =
                self.to.store.write(|tx| write_group(tx, &tables, &levels, group, groups));
            written.map_err(|error: StoreError| error.to_string())?;
        }
        Ok(start.elapsed().as_secs_f64())
    }

    fn levels(&self) -> Result<Vec<Vec<Value>>, String> {
        let (rows, _) = read(self.from, "stock_level", "1", 0)?;
        Ok(rows.into_iter().map(|row| row.into_iter().take(3).collect()).collect())
    }
}

fn write_group(
    tx: &mut Tx<'_>,
    tables: &[Rows],
    levels: &[Vec<Value>],
    group: usize,
    groups: usize,
) -> Result<(), StoreError> {
    for (table, columns, rows) in tables {
        // Parents run a little ahead, so that no child comes before its own.
        let ahead = AHEAD.iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| *rows);
        let end = |group: usize| match group {
            0 => 0,
            group => (rows.len() * group / groups + ahead).min(rows.len()),
        };
        tx.insert_many(table, columns, &rows[end(group)..end(group + 1)], "")?;
    }
    tx.exec_many(
        "UPDATE stock_level SET allocated = allocated + 1
          WHERE item_id = $1 AND location_id = $2 AND lot_class = $3 AND allocated + 1 <= on_hand",
        "UPDATE stock_level l SET allocated = allocated + 1
           FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS k (item_id, location_id, lot_class)
          WHERE l.item_id = k.item_id AND l.location_id = k.location_id
            AND l.lot_class = k.lot_class AND allocated + 1 <= on_hand",
        &[Kind::Bytes, Kind::Bytes, Kind::Bytes],
        levels,
    )?;
    Ok(())
}

/// The rows of a table after the first `skip`, and the names of its columns.
fn read(
    app: &App,
    table: &str,
    sort: &str,
    skip: usize,
) -> Result<(Vec<Vec<Value>>, Vec<String>), String> {
    let sql = format!("SELECT * FROM {table} ORDER BY {sort}");
    let mut names = Vec::new();
    let mut seen = 0;
    let mut rows = Vec::new();
    let read = app.store.read(|tx| {
        tx.for_each(&sql, &[], |row| {
            seen += 1;
            if names.is_empty() {
                names = (0..row.len()).filter_map(|at| row.name(at).map(str::to_owned)).collect();
            }
            if seen > skip {
                let values = (0..row.len()).map(|at| owned(row, at, Kind::Text));
                rows.push(values.collect::<Result<_, StoreError>>()?);
            }
            Ok(())
        })
    });
    read.map_err(|error: StoreError| error.to_string())?;
    Ok((rows, names))
}

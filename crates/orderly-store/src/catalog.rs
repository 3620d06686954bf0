//! What a database's schema is, in words that both engines share.

mod postgres;
mod sqlite;

use crate::tx::Tx;
use crate::value::Kind;
use crate::{Engine, Store, StoreError};

/// Tables of the store's own that the engines do not share.
const OWN: [&str; 2] = ["schema_lock", "schema_step"];

/// A table with all that the engine enforces about it. Lists are sorted, but columns and the
/// columns of keys keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<TableColumn>,
    pub indexes: Vec<Index>,
    pub references: Vec<Reference>,
    /// How many CHECK constraints it has; unnamed ones are named differently by each engine.
    pub checks: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
    /// Its place in the primary key, from 1.
    pub key: Option<i64>,
}

/// An index other than the primary key's; unique constraints are indexes, their names are the
/// engine's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// Names with ` desc` where they descend; `(expression)` where they are one.
    pub columns: Vec<String>,
    pub unique: bool,
    /// Whether it has a WHERE.
    pub partial: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub columns: Vec<String>,
    pub table: String,
    pub referenced: Vec<String>,
}

impl Store {
    /// Reads the catalog, tables by name. Two databases with equal catalogs take the same queries.
    pub fn catalog(&self) -> Result<Vec<Table>, StoreError> {
        self.read(|tx| {
            let names = match tx.engine() {
                Engine::Sqlite => sqlite::tables(tx)?,
                Engine::Postgres => postgres::tables(tx)?,
            };
            let shared = names.into_iter().filter(|name| !OWN.contains(&name.as_str()));
            shared.map(|name| table(tx, name)).collect()
        })
    }
}

fn table(tx: &mut Tx<'_>, name: String) -> Result<Table, StoreError> {
    let mut table = match tx.engine() {
        Engine::Sqlite => sqlite::table(tx, name),
        Engine::Postgres => postgres::table(tx, name),
    }?;
    table.indexes.sort();
    table.references.sort();
    Ok(table)
}

/// The kind of a declared type; any other type would behave differently on the other engine.
fn kind(table: &str, column: &str, declared: &str) -> Result<Kind, StoreError> {
    match declared.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => Ok(Kind::Int),
        "real" | "double precision" => Ok(Kind::Real),
        "text" => Ok(Kind::Text),
        "blob" | "bytea" => Ok(Kind::Bytes),
        _ => {
            Err(StoreError::unfit(format_args!("{table}.{column} is {declared}, no kind of ours")))
        }
    }
}

fn index_column(name: Option<String>, descends: bool) -> String {
    let name = name.unwrap_or_else(|| "(expression)".to_owned());
    if descends { format!("{name} desc") } else { name }
}

//! Rows turned into one array per column, for `unnest`.

use postgres::types::{ToSql, Type};

use crate::value::{Kind, Value};
use crate::{Cause, StoreError};

/// One parameter per column, each an array as long as there are rows.
pub(crate) fn arrays(
    kinds: &[Kind],
    rows: &[Vec<Value>],
) -> Result<Vec<Box<dyn ToSql + Sync>>, StoreError> {
    if let Some(row) = rows.iter().find(|row| row.len() != kinds.len()) {
        let counts = format_args!("{} columns, {} values", kinds.len(), row.len()).to_string();
        return Err(StoreError::other(counts));
    }
    kinds.iter().enumerate().map(|(column, kind)| array(column, *kind, rows)).collect()
}

pub(crate) fn array_type(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8_ARRAY,
        Kind::Real => Type::FLOAT8_ARRAY,
        Kind::Text => Type::TEXT_ARRAY,
        Kind::Bytes => Type::BYTEA_ARRAY,
    }
}

/// The name of the kind's type in a cast, as in `unnest($1::bigint[])`.
pub(crate) fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Real => "double precision",
        Kind::Text => "text",
        Kind::Bytes => "bytea",
    }
}

fn array(
    column: usize,
    kind: Kind,
    rows: &[Vec<Value>],
) -> Result<Box<dyn ToSql + Sync>, StoreError> {
    Ok(match kind {
        Kind::Int => Box::new(collect(column, rows, |value| match value {
            Value::Int(int) => Some(*int),
            _ => None,
        })?),
        Kind::Real => Box::new(collect(column, rows, |value| match value {
            Value::Real(real) => Some(*real),
            _ => None,
        })?),
        Kind::Text => Box::new(collect(column, rows, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })?),
        Kind::Bytes => Box::new(collect(column, rows, |value| match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            Value::Id(id) => Some(id.to_vec()),
            _ => None,
        })?),
    })
}

fn collect<T>(
    column: usize,
    rows: &[Vec<Value>],
    pick: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<Option<T>>, StoreError> {
    let unfit = |reason: &dyn std::fmt::Display| {
        StoreError::Value(Cause::new(format_args!("column {}: {reason}", column + 1)))
    };
    let value = |row: &Vec<Value>| {
        let value = &row[column];
        crate::value::ToValue::bind(value).check().map_err(|mismatch| unfit(&mismatch))?;
        match (value, pick(value)) {
            (Value::Null(_), _) => Ok(None),
            (_, Some(picked)) => Ok(Some(picked)),
            (_, None) => Err(unfit(&"the value is of another kind")),
        }
    };
    rows.iter().map(value).collect()
}

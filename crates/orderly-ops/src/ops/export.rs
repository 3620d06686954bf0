//! Exports: the rows of orders, items, stock, events and journals as names and values.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::money::{Currency, Money};
use orderly_core::time::{Day, Instant};
use orderly_store::tables::exports;
pub use orderly_store::tables::exports::{Export, Range};
use orderly_store::{Cause, Row, StoreError, ValueRef};
use serde_json::Value;

use crate::{App, Call, Error};

/// Calls `each` with every row of an export, read from one snapshot in bounded memory. Amounts are
/// decimals in the row's currency, instants RFC 3339 in UTC.
///
/// # Errors
/// `Forbidden`; what `each` returns stops the export.
pub fn run(
    app: &App,
    call: &Call,
    export: Export,
    mut each: impl FnMut(&[(String, Value)]) -> Result<(), Error>,
) -> Result<(), Error> {
    call.require(Permission::Export, Scope::default())?;
    if matches!(export, Export::Journals(_)) {
        super::books::roll_up(app)?;
    }
    let mut stopped = None;
    let read = app.store.read(|tx| {
        exports::for_each(tx, export, |row| {
            each(&record(row)?).map_err(|error| {
                let cause = Cause::new(&error);
                stopped = Some(error);
                StoreError::Other(cause)
            })
        })
    });
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, read) => read.map_err(Error::from),
    }
}

fn record(row: &Row<'_>) -> Result<Vec<(String, Value)>, StoreError> {
    let currency: Option<Currency> = row.get("currency").unwrap_or_default();
    (0..row.len()).map(|at| Ok((name_of(row, at), value(row, at, currency)?))).collect()
}

/// Amounts lose the ending that says how they are stored.
fn name_of(row: &Row<'_>, at: usize) -> String {
    let name = row.name(at).unwrap_or_default();
    name.strip_suffix("_minor").unwrap_or(name).to_owned()
}

fn value(row: &Row<'_>, at: usize, currency: Option<Currency>) -> Result<Value, StoreError> {
    let name = row.name(at).unwrap_or_default().to_owned();
    let column = |error: orderly_store::Mismatch| StoreError::Decode {
        column: name.clone(),
        cause: Cause::new(error),
    };
    Ok(match row.raw(at).map_err(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Int(int) if name == "foreign_minor" => {
            let foreign: Option<Currency> = row.get("foreign_currency")?;
            foreign.map_or(int.into(), |own| Money::new(int, own).decimal().to_string().into())
        }
        ValueRef::Int(int) => match (name.rsplit('_').next(), currency) {
            (Some("minor"), Some(currency)) => {
                Money::new(int, currency).decimal().to_string().into()
            }
            (Some("at"), _) => Instant::from_micros(int).to_string().into(),
            (Some("on"), _) if name != "position" => i32::try_from(int)
                .map_or(int.into(), |day| Day::from_number(day).to_string().into()),
            _ => int.into(),
        },
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) if name == "changes" => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        ValueRef::Text(text) => text.into(),
        ValueRef::Bytes(bytes) => id(&name, bytes).into(),
    })
}

/// An id with the prefix of what its column refers to.
fn id(name: &str, bytes: &[u8]) -> String {
    let Ok(bytes) = <[u8; 16]>::try_from(bytes) else { return String::new() };
    match name {
        "order_id" => OrderId::from_bytes(bytes).to_string(),
        "customer_id" => CustomerId::from_bytes(bytes).to_string(),
        "account_id" => AccountId::from_bytes(bytes).to_string(),
        "event_id" => EventId::from_bytes(bytes).to_string(),
        "journal_id" | "reverses_id" => JournalId::from_bytes(bytes).to_string(),
        "invoice_id" => InvoiceId::from_bytes(bytes).to_string(),
        "location_id" => LocationId::from_bytes(bytes).to_string(),
        "channel_id" => ChannelId::from_bytes(bytes).to_string(),
        _ => uuid::Uuid::from_bytes(bytes).to_string(),
    }
}

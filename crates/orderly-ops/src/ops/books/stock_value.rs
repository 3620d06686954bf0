//! What our goods are worth as of any day.

use orderly_core::actor::{Permission, Scope};
use orderly_core::books::Account;
use orderly_core::money::{Currency, Money};
use orderly_core::time::Day;
use orderly_store::tables::stock_values;
pub use orderly_store::tables::stock_values::Clock;
use orderly_store::tables::turnovers::{Split, Within, sums};
use serde::Serialize;

use super::{entity_called, roll_up};
use crate::{App, Call, Error};

/// The goods of one item at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ItemValue {
    pub location: String,
    pub sku: String,
    /// In base units of the item.
    pub qty: i64,
    pub value: String,
    #[serde(skip)]
    pub value_minor: i64,
}

/// What goods were worth at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StockValue {
    pub entity: String,
    pub currency: Currency,
    pub as_of: String,
    pub rows: Vec<ItemValue>,
    pub total: String,
    /// The inventory account at the end of the day; the total equals it by accounting days.
    pub inventory: String,
    #[serde(skip)]
    pub total_minor: i64,
    #[serde(skip)]
    pub inventory_minor: i64,
}

/// Returns what goods were worth at the end of a day: by accounting days, or by when it happened
/// or became known.
pub fn stock_value(
    app: &App,
    call: &Call,
    entity: Option<&str>,
    clock: Clock,
    day: Day,
) -> Result<StockValue, Error> {
    call.require(Permission::Read, Scope::default())?;
    roll_up(app)?;
    app.store.read(|tx| {
        let entity = entity_called(tx, entity)?;
        let end = day.plus_days(1).start_in(&entity.zone);
        let decimal = |minor: i64| Money::new(minor, entity.currency).decimal().to_string();
        let rows = stock_values::at(tx, entity.id, clock, day, end)?;
        let total_minor = rows.iter().map(|row| row.value_minor).sum();
        let within = Within {
            legal_entity: entity.id,
            from: None,
            to: day,
            location: None,
            channel: None,
            closings: true,
        };
        let all = sums(tx, &within, Split::Nothing)?;
        let own = all.iter().filter(|sum| sum.account == Account::Inventory);
        let inventory_minor = own.map(|sum| sum.debit - sum.credit).sum();
        let rows = rows.into_iter().map(|row| ItemValue {
            location: row.code,
            sku: row.sku,
            qty: row.qty,
            value: decimal(row.value_minor),
            value_minor: row.value_minor,
        });
        Ok(StockValue {
            entity: entity.code.clone(),
            currency: entity.currency,
            as_of: day.to_string(),
            rows: rows.collect(),
            total: decimal(total_minor),
            inventory: decimal(inventory_minor),
            total_minor,
            inventory_minor,
        })
    })
}

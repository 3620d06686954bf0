//! What there is of an item, what comes and when, and what can be promised for each day.

use std::collections::BTreeMap;
use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::LocationId;
use orderly_core::item::Item;
use orderly_core::purchase::supply::{Expected, available};
use orderly_core::qty::Qty;
use orderly_core::time::Day;
use orderly_core::units::Level;
use orderly_store::Tx;
use orderly_store::tables::{levels, purchases, transfers};

use super::super::catalog::item_called;
use super::all_locations;
use crate::ops::settings::merchant;
use crate::{App, Call, Error};

/// Goods that are to come to a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// `purchase`, `transfer`, or `draft` for what is still to be sent.
    pub kind: &'static str,
    pub number: String,
    /// The location it comes from; `None` for a supplier.
    pub from: Option<String>,
    /// Nothing is promised of what has no day.
    pub expected_on: Option<Day>,
    /// In base units; of a purchase less what order lines claim of it.
    pub qty: Qty,
}

/// What there is of an item at one location, over all lengths of goods held by length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supply {
    pub location: String,
    pub on_hand: i64,
    pub allocated: i64,
    pub backordered: i64,
    pub safety: i64,
    pub available: i64,
    /// The earliest day first, those without a day last.
    pub coming: Vec<Coming>,
    /// From each day on, what can be promised then: never more than any later day bears.
    pub promise: Vec<(Day, i64)>,
}

impl Supply {
    /// What can be promised for a day.
    pub fn promised_for(&self, day: Day) -> i64 {
        let until = self.promise.iter().take_while(|(on, _)| on.number() <= day.number());
        until.last().map_or(0, |(_, qty)| *qty)
    }

    fn add(&mut self, level: &Level) {
        self.on_hand += level.on_hand.get();
        self.allocated += level.allocated.get();
        self.backordered += level.backordered.get();
        self.safety += level.safety.get();
        self.available += level.available().get();
    }

    /// Backorders are due today; what comes without a day is not counted on.
    fn promise(&mut self, today: Day) {
        self.coming.sort_by_key(|one| {
            let day = one.expected_on.map_or(i32::MAX, Day::number);
            (day, one.number.clone())
        });
        let mut changes = vec![Expected { on: today, qty: -self.backordered }];
        let dated = self.coming.iter();
        changes.extend(
            dated.filter_map(|one| one.expected_on.map(|on| Expected { on, qty: one.qty.get() })),
        );
        let now = self.on_hand - self.allocated - self.safety;
        self.promise = available(now, &changes, today);
    }
}

/// Returns what there is of an item, by location: of one where it is named, else of each that has
/// or expects any.
///
/// # Errors
/// `not_found`, `unknown_location`.
pub fn supply(
    app: &App,
    call: &Call,
    item: &str,
    location: Option<&str>,
) -> Result<(Arc<Item>, Vec<Supply>), Error> {
    app.store.read(|tx| {
        let item = item_called(tx, item)?;
        let at = location.map(|code| crate::ops::catalog::location_called(tx, code)).transpose()?;
        let at = at.map(|location| location.id);
        call.require(Permission::Read, Scope { location: at, ..Scope::default() })?;
        let today = call.now.day_in(&merchant(tx)?.zone);
        let mut found = gather(tx, &item)?;
        found.retain(|id, _| at.is_none_or(|at| at == *id));
        let mut all: Vec<Supply> = found.into_values().collect();
        for one in &mut all {
            one.promise(today);
        }
        all.sort_by(|a, b| a.location.cmp(&b.location));
        Ok((item, all))
    })
}

fn gather(tx: &mut Tx<'_>, item: &Item) -> Result<BTreeMap<LocationId, Supply>, Error> {
    let places = all_locations(tx)?;
    let code = |id: LocationId| places.get(&id).map(|one| one.code.clone()).unwrap_or_default();
    let mut found: BTreeMap<LocationId, Supply> = BTreeMap::new();
    let levels = levels::of_item(tx, item.id)?;
    let bought = purchases::incoming(tx, item.id)?;
    let moving = transfers::on_the_way(tx, item.id)?;
    for level in &levels {
        found.entry(level.key.location).or_default().add(level);
    }
    for one in bought {
        found.entry(one.location).or_default().coming.push(Coming {
            kind: "purchase",
            number: one.number,
            from: None,
            expected_on: one.expected_on,
            qty: one.qty,
        });
    }
    for one in moving {
        let coming = &mut found.entry(one.to).or_default().coming;
        for (kind, qty) in [("transfer", one.in_transit), ("draft", one.open)] {
            if !qty.is_zero() {
                let (number, from) = (one.number.clone(), Some(code(one.from)));
                coming.push(Coming { kind, number, from, expected_on: one.expected_on, qty });
            }
        }
    }
    for (id, supply) in &mut found {
        supply.location = code(*id);
    }
    Ok(found)
}

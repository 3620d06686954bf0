//! What is to be counted next at a location.

use std::collections::HashSet;
use std::sync::Arc;

use orderly_core::actor::Permission;
use orderly_core::id::ItemId;
use orderly_core::item::Item;
use orderly_core::stock::plan::{self, Countable, Planned};
use orderly_core::time::Instant;
use orderly_store::Tx;
use orderly_store::tables::counts::ToCount;
use orderly_store::tables::{catalog, counts, settings, tasks};

use super::super::{backorders, make_room, require_at};
use crate::ops::catalog::location_called;
use crate::ops::settings::merchant;
use crate::{App, Call, Error};

/// How far back what left is looked at, in days.
const YEAR: i64 = 365;
/// Tasks of the whole shop looked through for those of one location.
const TASKS: u32 = 10_000;

/// An item that is to be counted.
#[derive(Debug, Clone)]
pub struct Due {
    pub planned: Planned,
    pub item: Arc<Item>,
}

/// Returns up to `limit` items that lie at a location, those to be counted first in front: asked
/// for, never counted, then by the day they are due. Items of class A, B and C are due every
/// `count.days_a`, `count.days_b` and `count.days_c` days (30, 90 and 365).
///
/// # Errors
/// `unknown_location`.
pub fn plan(app: &App, call: &Call, location: &str, limit: usize) -> Result<Vec<Due>, Error> {
    app.store.read(|tx| {
        let location = location_called(tx, location)?;
        require_at(call, Permission::Read, &location)?;
        let zone = merchant(tx)?.zone;
        let since = call.now.micros() - YEAR * 86_400_000_000;
        let asked = asked(tx, location.id)?;
        let mut items = counts::to_count(tx, location.id, Instant::from_micros(since))?;
        let listed: HashSet<ItemId> = items.iter().map(|one| one.item).collect();
        for item in asked.difference(&listed) {
            items.push(ToCount { item: *item, used: 0, counted_at: None });
        }
        let items = items.into_iter().map(|one| Countable {
            item: one.item,
            used: one.used,
            counted_on: one.counted_at.map(|at| at.day_in(&zone)),
            asked: asked.contains(&one.item),
        });
        let every = [days(tx, "a", 30)?, days(tx, "b", 90)?, days(tx, "c", 365)?];
        let mut due = Vec::new();
        for planned in plan::plan(items.collect(), every).into_iter().take(limit) {
            let item = catalog::get(tx, planned.countable.item)?;
            let item = item.ok_or_else(|| Error::Internal("stock has no item".into()))?;
            due.push(Due { planned, item });
        }
        Ok(due)
    })
}

fn days(tx: &mut Tx<'_>, class: &str, otherwise: i32) -> Result<i32, Error> {
    let text = settings::get(tx, &format!("count.days_{class}"))?;
    Ok(text.and_then(|text| text.trim().parse().ok()).unwrap_or(otherwise))
}

/// The items that somebody asked to be counted at a location.
fn asked(
    tx: &mut Tx<'_>,
    location: orderly_core::id::LocationId,
) -> Result<HashSet<ItemId>, Error> {
    let waiting = tasks::waiting(tx, make_room::COUNT_TASK, TASKS)?;
    let keys = waiting.iter().filter_map(|task| backorders::parse_key(&task.key));
    Ok(keys.filter(|(_, at)| *at == location).map(|(item, _)| item).collect())
}

//! What lies where, and why.

pub mod ledger;
pub mod supply;
pub mod transfers;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Location;
use orderly_core::id::{ItemId, LocationId, LotId, MovementId};
use orderly_core::item::Item;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::time::Instant;
use orderly_core::units::{Level, LevelKey, Lot, Place, PlaceKind};
use orderly_store::Tx;
use orderly_store::tables::units::{self, Holding};
use orderly_store::tables::{catalog, levels, locations};

pub use orderly_store::tables::units::Posting;

use super::catalog::item_called;
use crate::{App, Call, Error};

/// Returns the goods of an item at a location: where they lie and of which lots.
pub fn holdings(
    app: &App,
    call: &Call,
    item: ItemId,
    location: LocationId,
) -> Result<Vec<Holding>, Error> {
    call.require(Permission::Read, Scope { location: Some(location), ..Scope::default() })?;
    Ok(app.store.read(|tx| units::holdings_of(tx, item, location))?)
}

/// A level with what its ids stand for.
#[derive(Debug, Clone)]
pub struct Shown {
    pub level: Level,
    pub item: Arc<Item>,
    pub location: String,
}

/// Which levels to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this item only: a SKU, GTIN or id.
    pub item: Option<String>,
    /// At this location only: a code.
    pub location: Option<String>,
    /// The level after which the page starts.
    pub after: Option<orderly_core::units::LevelKey>,
    pub limit: u32,
}

/// Returns a page of stock levels, and the key of the last one where there may be more.
///
/// # Errors
/// `not_found`, `unknown_location`.
pub fn list(
    app: &App,
    call: &Call,
    wanted: &Wanted,
) -> Result<(Vec<Shown>, Option<orderly_core::units::LevelKey>), Error> {
    app.store.read(|tx| {
        let places = all_locations(tx)?;
        let at = wanted.location.as_deref();
        let at = at.map(|code| crate::ops::catalog::location_called(tx, code)).transpose()?;
        let location = at.map(|location| location.id);
        call.require(Permission::Read, Scope { location, ..Scope::default() })?;
        let limit = wanted.limit.clamp(1, 1_000);
        let found = match wanted.item.as_deref() {
            Some(text) => {
                let item = item_called(tx, text)?;
                let mut all = levels::of_item(tx, item.id)?;
                all.retain(|level| location.is_none_or(|at| at == level.key.location));
                all
            }
            None => levels::list(tx, location, wanted.after, limit)?,
        };
        let full = wanted.item.is_none() && found.len() == limit as usize;
        let next = found.last().filter(|_| full).map(|level| level.key);
        let mut shown = Vec::with_capacity(found.len());
        for level in found {
            let Some(item) = catalog::get(tx, level.key.item)? else { continue };
            let location = places.get(&level.key.location);
            let location = location.map(|one| one.code.clone()).unwrap_or_default();
            shown.push(Shown { level, item, location });
        }
        Ok((shown, next))
    })
}

/// What to look through the stock for.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    /// A location's code.
    pub location: Option<String>,
    /// A part of a SKU, GTIN or name.
    pub text: Option<String>,
    /// Only what is owed to orders.
    pub owing: bool,
    /// Only what is sold out.
    pub out: bool,
    /// The cursor of the page before.
    pub after: Option<String>,
    pub limit: u32,
}

/// Looks through the stock by SKU. Returns a page of levels, and the cursor of the next one where
/// there may be more.
///
/// # Errors
/// `unknown_location`; `invalid_field` for a cursor that is none.
pub fn browse(
    app: &App,
    call: &Call,
    wanted: &Browse,
) -> Result<(Vec<Shown>, Option<String>), Error> {
    app.store.read(|tx| {
        let places = all_locations(tx)?;
        let at = wanted.location.as_deref();
        let at = at.map(|code| crate::ops::catalog::location_called(tx, code)).transpose()?;
        let location = at.map(|location| location.id);
        call.require(Permission::Read, Scope { location, ..Scope::default() })?;
        let limit = wanted.limit.clamp(1, 1_000);
        let own = levels::Browse {
            location,
            text: wanted.text.clone(),
            owing: wanted.owing,
            out: wanted.out,
            after: wanted.after.as_deref().map(cursor).transpose()?,
        };
        let found = levels::browse(tx, &own, limit)?;
        let last = found.last().filter(|_| found.len() == limit as usize);
        let next = last
            .map(|(sku, level)| format!("{}.{}.{sku}", level.key.location, level.key.lot_class));
        let mut ids: Vec<ItemId> = found.iter().map(|(_, level)| level.key.item).collect();
        ids.dedup();
        let items = catalog::load_ids(tx, &ids)?;
        let mut shown = Vec::with_capacity(found.len());
        for (_, level) in found {
            let Some(item) = items.get(level.key.item).cloned() else { continue };
            let location = places.get(&level.key.location);
            let location = location.map(|one| one.code.clone()).unwrap_or_default();
            shown.push(Shown { level, item, location });
        }
        Ok((shown, next))
    })
}

/// Reads the cursor of a page: location, lot class and SKU of the level before.
fn cursor(text: &str) -> Result<(String, LevelKey), Error> {
    let wrong = || Refusal::at(Code::InvalidField, "/after", "this is no page of the stock");
    let mut parts = text.splitn(3, '.');
    let mut next = || parts.next().ok_or_else(wrong);
    let location = next()?.parse().map_err(|_| wrong())?;
    let lot_class = next()?.parse().map_err(|_| wrong())?;
    let key = LevelKey { item: ItemId::NONE, location, lot_class };
    Ok((next()?.to_owned(), key))
}

fn all_locations(tx: &mut Tx<'_>) -> Result<HashMap<LocationId, Location>, Error> {
    Ok(locations::all(tx)?.into_iter().map(|one| (one.id, one)).collect())
}

/// One movement with what its ids stand for: why there are as many as there are.
#[derive(Debug, Clone)]
pub struct Moved {
    pub posting: Posting,
    pub from: String,
    pub to: String,
    pub lot: Option<String>,
}

/// Returns up to `limit` movements of an item before a cursor, the newest first.
///
/// # Errors
/// `not_found`.
pub fn history(
    app: &App,
    call: &Call,
    item: &str,
    before: Option<(Instant, MovementId)>,
    limit: u32,
) -> Result<(Arc<Item>, Vec<Moved>), Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let item = item_called(tx, item)?;
        let places = all_locations(tx)?;
        let mut lots: HashMap<LotId, Option<Lot>> = HashMap::new();
        let mut moved = Vec::new();
        for posting in units::movements_of_item(tx, item.id, before, limit.clamp(1, 1_000))? {
            let id = posting.movement.lot;
            let lot = match lots.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => {
                    free.insert(if id.is_none() { None } else { units::lot(tx, id)? })
                }
            };
            let lot = lot.as_ref().map(|lot| lot.code.clone());
            moved.push(Moved {
                from: name(&posting.movement.from, &places),
                to: name(&posting.movement.to, &places),
                lot,
                posting,
            });
        }
        Ok((item, moved))
    })
}

/// The name of a place: the location of goods that are held, the account of those elsewhere.
fn name(place: &Place, locations: &HashMap<LocationId, Location>) -> String {
    if place.kind != PlaceKind::Holding {
        return place.kind.code().to_owned();
    }
    let location = locations.get(&place.location);
    let code = location.map_or_else(|| "?".to_owned(), |one| one.code.clone());
    let staging = location.is_some_and(|one| one.staging_bin == place.bin);
    match place.condition {
        _ if staging => format!("{code} staging"),
        Some(condition) if !place.is_sellable() => format!("{code} {}", condition.code()),
        _ => code,
    }
}

//! Items, channels and locations as lists show them.

use std::sync::Arc;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::{Bin, Catalog, Channel, Location};
use orderly_core::id::{ChannelId, LocationId};
use orderly_core::item::Item;
use orderly_store::Tx;
use orderly_store::tables::exceptions::{self, Exception};
use orderly_store::tables::{catalog, channels, locations};

use crate::{App, Call, Error};

/// Returns the item with this SKU, GTIN or id.
///
/// # Errors
/// `not_found`.
pub fn item_called(tx: &mut Tx<'_>, text: &str) -> Result<Arc<Item>, Error> {
    let text = text.trim();
    if let Some(found) = catalog::by_sku(tx, text)? {
        return Ok(found);
    }
    if let Ok(id) = text.parse()
        && let Some(found) = catalog::get(tx, id)?
    {
        return Ok(found);
    }
    let found = catalog::by_gtin(tx, text)?.into_iter().next();
    let shown: String = text.chars().take(60).collect();
    found.ok_or_else(|| Error::not_found(format!("item `{shown}`")))
}

/// Returns an item with the components of its kit. See [`item_called`].
pub fn item(app: &App, call: &Call, text: &str) -> Result<(Arc<Item>, Catalog), Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let item = item_called(tx, text)?;
        let parts: Vec<_> = item.components.iter().map(|part| part.item).collect();
        Ok((item, catalog::load_ids(tx, &parts)?))
    })
}

/// Returns up to `limit` items after a SKU, by SKU.
pub fn items(app: &App, call: &Call, after: &str, limit: i64) -> Result<Vec<Arc<Item>>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(catalog::list(tx, after, limit.clamp(1, 1_000))?))
}

/// Returns up to `limit` active items that a text may mean: the one with this SKU or GTIN, else
/// those whose SKU or name contains its words.
pub fn find_items(app: &App, call: &Call, text: &str, limit: i64) -> Result<Vec<Arc<Item>>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| match item_called(tx, text) {
        Ok(item) => Ok(vec![item]),
        Err(Error::NotFound { .. }) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            if words.is_empty() {
                return Ok(Vec::new());
            }
            Ok(catalog::search(tx, &words, limit.clamp(1, 100))?)
        }
        Err(error) => Err(error),
    })
}

/// Returns the id of the location with this code, to whoever may read there.
///
/// # Errors
/// `unknown_location`.
pub fn location(app: &App, call: &Call, code: &str) -> Result<LocationId, Error> {
    let id =
        app.store.read(|tx| Ok::<_, Error>(crate::ops::catalog::location_called(tx, code)?.id))?;
    call.require(Permission::Read, Scope { location: Some(id), ..Scope::default() })?;
    Ok(id)
}

/// Returns the id of the channel with this code, to whoever may read what belongs to it.
///
/// # Errors
/// `not_found`.
pub fn channel(app: &App, call: &Call, code: &str) -> Result<ChannelId, Error> {
    let found = app.store.read(|tx| channels::by_code(tx, code))?;
    let name: String = code.chars().take(40).collect();
    let id = found.ok_or_else(|| Error::not_found(format!("channel `{name}`")))?.id;
    call.require(Permission::Read, Scope { channel: Some(id), ..Scope::default() })?;
    Ok(id)
}

/// Returns every channel, by code.
pub fn channels(app: &App, call: &Call) -> Result<Vec<Channel>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(channels::all(tx)?))
}

/// Returns every location, by code.
pub fn locations(app: &App, call: &Call) -> Result<Vec<Location>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(locations::all(tx)?))
}

/// Returns the location with this code or id.
///
/// # Errors
/// `not_found`.
pub fn location_named(app: &App, call: &Call, text: &str) -> Result<Location, Error> {
    call.require(Permission::Read, Scope::default())?;
    let found = app.store.read(|tx| match text.parse() {
        Ok(id) => locations::get(tx, id),
        Err(_) => locations::by_code(tx, text),
    })?;
    let name: String = text.chars().take(40).collect();
    found.ok_or_else(|| Error::not_found(format!("location `{name}`")))
}

/// Returns the channel with this code or id.
///
/// # Errors
/// `not_found`.
pub fn channel_named(app: &App, call: &Call, text: &str) -> Result<Channel, Error> {
    call.require(Permission::Read, Scope::default())?;
    let found = app.store.read(|tx| match text.parse() {
        Ok(id) => channels::get(tx, id),
        Err(_) => channels::by_code(tx, text),
    })?;
    let name: String = text.chars().take(40).collect();
    found.ok_or_else(|| Error::not_found(format!("channel `{name}`")))
}

/// Returns the bins of a location, in walking order.
pub fn bins(app: &App, call: &Call, location: LocationId) -> Result<Vec<Bin>, Error> {
    call.require(Permission::Read, Scope { location: Some(location), ..Scope::default() })?;
    Ok(app.store.read(|tx| locations::bins(tx, location))?)
}

/// An open exception with the names of what it is about.
#[derive(Debug, Clone)]
pub struct Raised {
    pub exception: Exception,
    pub sku: Option<String>,
    pub location: Option<String>,
    pub order: Option<String>,
}

/// Returns up to `limit` open exceptions, the oldest first.
pub fn exceptions(app: &App, call: &Call, limit: i64) -> Result<Vec<Raised>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let mut raised = Vec::new();
        for exception in exceptions::open(tx, limit.clamp(1, 10_000))? {
            let item = exception.item.map(|id| catalog::get(tx, id)).transpose()?.flatten();
            let at = exception.location.map(|id| locations::get(tx, id)).transpose()?.flatten();
            let order = exception.order.map(|id| super::orders::number(tx, id)).transpose()?;
            raised.push(Raised {
                sku: item.map(|item| item.sku.clone()),
                location: at.map(|at| at.code),
                order: order.flatten(),
                exception,
            });
        }
        Ok(raised)
    })
}

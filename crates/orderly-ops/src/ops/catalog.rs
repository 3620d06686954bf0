//! Items, kits, channels, locations and bins.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::{NewBin, NewChannel, NewLocation};
use orderly_core::catalog::{Bin, Channel, Location};
use orderly_core::id::{AuditId, BinId, ChannelId, IdSource, ItemId, LocationId, PartyId};
use orderly_core::item::Item;
use orderly_core::item::new::NewItem;
use orderly_core::party::SubjectKind;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_store::Tx;
use orderly_store::tables::{audit, catalog, channels, locations, parties};

use super::command::entry;
use super::{Object, Reference, command, settings};
use crate::{App, Call, Error};

/// Objects that are found again as they stand: their changes are versions, not events.
macro_rules! found_again {
    ($($type:ty, $id:ty, $kind:literal, $version:expr, $get:path;)+) => {$(
        impl Object for $type {
            fn reference(&self) -> Reference {
                let version: fn(&$type) -> i64 = $version;
                Reference { kind: $kind, id: self.id.as_bytes(), sequence: version(self) }
            }
            fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
                let id = <$id>::from_bytes(id);
                $get(tx, id)?.ok_or_else(|| Error::not_found(format!("{} {id}", $kind)))
            }
        }
    )+};
}
pub(super) use found_again;

fn item(tx: &mut Tx<'_>, id: ItemId) -> Result<Option<Item>, Error> {
    Ok(catalog::get(tx, id)?.map(|item| item.as_ref().clone()))
}

found_again! {
    Item, ItemId, "item", |item| item.version, item;
    Channel, ChannelId, "channel", |channel| channel.version, channels::get;
    Location, LocationId, "location", |location| location.version, locations::get;
    Bin, BinId, "bin", |_| 1, locations::bin;
}

/// The ids of a call, after the one of its audit row.
pub(super) fn ids(call: &Call) -> IdSource {
    let mut ids = call.ids();
    ids.draw::<AuditId>();
    ids
}

/// Refuses what exists already.
pub(super) fn taken(what: &str, name: &str) -> Error {
    let detail = format!("{what} `{name}` is there already");
    Refusal::new(Code::AlreadyExists, detail).into()
}

/// Refuses a save that another one came before.
pub(super) fn stale(saved: bool) -> Result<(), Error> {
    let changed = || Refusal::new(Code::StaleVersion, "somebody else changed it just now");
    Ok(ensure(saved, changed)?)
}

/// Writes the audit row of a command that adds many objects; it names the first.
pub(super) fn audit_all<T: Object>(
    tx: &mut Tx<'_>,
    call: &Call,
    verb: &str,
    all: &[T],
) -> Result<(), Error> {
    let Some(first) = all.first() else { return Ok(()) };
    let row = entry(call, verb, Ok(first.reference()), call.ids().draw());
    let detail = Some(format!("{} in all", all.len()));
    Ok(audit::insert(tx, &[audit::Entry { detail, ..row }])?)
}

/// Loads what a new item refers to, checks it, and returns the item.
fn check(tx: &mut Tx<'_>, new: &NewItem, id: ItemId) -> Result<Item, Error> {
    let merchant = settings::merchant(tx)?;
    let named = new.components.iter().map(|part| part.sku.trim());
    let skus: Vec<&str> = named.chain(new.refurbish_sku.as_deref().map(str::trim)).collect();
    let known = catalog::load(tx, &skus)?;
    Ok(new.check(id, &known, merchant.currency)?)
}

/// Adds an item, or a kit of items that exist.
///
/// # Errors
/// `already_exists` where the SKU is taken; what [`NewItem::check`] refuses.
pub fn create_item(app: &App, call: &Call, new: &NewItem) -> Result<Item, Error> {
    command(app, call, "item.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let item = check(tx, new, ids(call).draw())?;
        if catalog::insert_many(tx, std::slice::from_ref(&item), call.now)? == 0 {
            return Err(taken("item", &item.sku));
        }
        Ok(item)
    })
}

/// Adds many items in one transaction, all or none; components may be items of the same list that
/// come before their kit. Returns them in their order.
///
/// # Errors
/// The first refusal, with the pointer of its item.
pub fn create_items(app: &App, call: &Call, new: &[NewItem]) -> Result<Vec<Item>, Error> {
    call.require(Permission::Configure, Scope::default())?;
    app.store.write(|tx| {
        let merchant = settings::merchant(tx)?;
        let mut ids = ids(call);
        let parts = new.iter().flat_map(|one| &one.components).map(|part| part.sku.trim());
        let refurbished = new.iter().filter_map(|one| one.refurbish_sku.as_deref().map(str::trim));
        let skus: Vec<&str> = parts.chain(refurbished).collect();
        let mut known = catalog::load(tx, &skus)?;
        let mut items = Vec::with_capacity(new.len());
        for (index, one) in new.iter().enumerate() {
            let checked = one.check(ids.draw(), &known, merchant.currency);
            let item = checked.map_err(|refusal| refusal.under(&format!("/{index}")))?;
            known.add(std::sync::Arc::new(item.clone()));
            items.push(item);
        }
        if catalog::insert_many(tx, &items, call.now)? < items.len() as u64 {
            let detail = "an item of the list has a SKU that is taken";
            return Err(Refusal::new(Code::AlreadyExists, detail).into());
        }
        audit_all(tx, call, "item.create_many", &items)?;
        Ok(items)
    })
}

/// Replaces what is known of an item. Orders keep what they froze.
///
/// # Errors
/// `stale_version`; `invalid_field` where the SKU, goods kind, base unit or tracking would change:
/// stock is counted by them; what [`NewItem::check`] refuses.
pub fn update_item(app: &App, call: &Call, id: ItemId, new: &NewItem) -> Result<Item, Error> {
    command(app, call, "item.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let before = item(tx, id)?.ok_or_else(|| Error::not_found(format!("item {id}")))?;
        call.expect_version(before.version)?;
        let checked = check(tx, new, id)?;
        let same = checked.sku == before.sku
            && (checked.goods, checked.base_unit, checked.tracking)
                == (before.goods, before.base_unit, before.tracking);
        ensure(same, || {
            let detail = "an item's SKU, goods kind, base unit and tracking never change";
            Refusal::at(Code::InvalidField, "/sku", detail)
        })?;
        let after = Item { active: before.active, version: before.version + 1, ..checked };
        stale(catalog::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

/// Takes an item into the range or out of it. Items are never deleted.
pub fn set_item_active(app: &App, call: &Call, id: ItemId, active: bool) -> Result<Item, Error> {
    command(app, call, "item.set_active", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let before = item(tx, id)?.ok_or_else(|| Error::not_found(format!("item {id}")))?;
        call.expect_version(before.version)?;
        let after = Item { active, version: before.version + 1, ..before.clone() };
        stale(catalog::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

/// Adds a channel.
///
/// # Errors
/// `already_exists` where the code is taken, `unknown_location`; what [`NewChannel::check`]
/// refuses.
pub fn create_channel(app: &App, call: &Call, new: &NewChannel) -> Result<Channel, Error> {
    command(app, call, "channel.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let merchant = settings::merchant(tx)?;
        let location = match new.location.as_deref() {
            None => None,
            Some(code) => Some(location_called(tx, code)?.id),
        };
        let channel = new.check(ids(call).draw(), &merchant, location)?;
        if !channels::insert(tx, &channel)? {
            return Err(taken("channel", &channel.code));
        }
        Ok(channel)
    })
}

/// Replaces what is known of a channel; its code, kind and currency never change.
///
/// # Errors
/// `stale_version`, `invalid_field`; what [`NewChannel::check`] refuses.
pub fn update_channel(
    app: &App,
    call: &Call,
    id: ChannelId,
    new: &NewChannel,
) -> Result<Channel, Error> {
    command(app, call, "channel.update", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let known = channels::get(tx, id)?;
        let before = known.ok_or_else(|| Error::not_found(format!("channel {id}")))?;
        call.expect_version(before.version)?;
        let location = match new.location.as_deref() {
            None => None,
            Some(code) => Some(location_called(tx, code)?.id),
        };
        let checked = new.check(id, &settings::merchant(tx)?, location)?;
        let same = (&checked.code, checked.kind, checked.currency)
            == (&before.code, before.kind, before.currency);
        ensure(same, || {
            let detail = "a channel's code, kind and currency never change";
            Refusal::at(Code::InvalidField, "/code", detail)
        })?;
        let after = Channel { active: before.active, version: before.version + 1, ..checked };
        stale(channels::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

/// Returns the location with this code.
///
/// # Errors
/// `unknown_location`.
pub fn location_called(tx: &mut Tx<'_>, code: &str) -> Result<Location, Error> {
    locations::by_code(tx, code.trim())?.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("no location is called `{shown}`");
        Refusal::at(Code::UnknownLocation, "/location", detail).into()
    })
}

/// Adds a location with its address and its four bins.
///
/// # Errors
/// `already_exists` where the code is taken; what [`NewLocation::check`] refuses.
pub fn create_location(app: &App, call: &Call, new: &NewLocation) -> Result<Location, Error> {
    command(app, call, "location.create", |tx| {
        call.require(Permission::Configure, Scope::default())?;
        let merchant = settings::merchant(tx)?;
        let mut ids = ids(call);
        let id: LocationId = ids.draw();
        let mut party: Option<PartyId> = None;
        if let Some(address) = &new.address {
            let subject = (SubjectKind::Location, id.as_bytes());
            let checked = address.check(ids.draw(), subject, 1, call.now);
            let checked = checked.map_err(|refusal| refusal.under("/address"))?;
            party = Some(checked.id);
            parties::insert_many(tx, &[checked])?;
        }
        let (location, bins) = new.check(id, &merchant, party, &mut ids)?;
        if !locations::insert(tx, &location)? {
            return Err(taken("location", &location.code));
        }
        locations::insert_bins(tx, &bins)?;
        Ok(location)
    })
}

/// Takes a location into service or out of it.
pub fn set_location_active(
    app: &App,
    call: &Call,
    id: LocationId,
    active: bool,
) -> Result<Location, Error> {
    command(app, call, "location.set_active", |tx| {
        call.require(Permission::Configure, Scope { location: Some(id), ..Scope::default() })?;
        let known = locations::get(tx, id)?;
        let before = known.ok_or_else(|| Error::not_found(format!("location {id}")))?;
        call.expect_version(before.version)?;
        let after = Location { active, version: before.version + 1, ..before.clone() };
        stale(locations::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

/// Adds a bin to a location.
///
/// # Errors
/// `already_exists` where the location has a bin of this code; what [`NewBin::check`] refuses.
pub fn create_bin(
    app: &App,
    call: &Call,
    location: LocationId,
    new: &NewBin,
) -> Result<Bin, Error> {
    command(app, call, "bin.create", |tx| {
        let scope = Scope { location: Some(location), ..Scope::default() };
        call.require(Permission::Configure, scope)?;
        if locations::get(tx, location)?.is_none() {
            return Err(Error::not_found(format!("location {location}")));
        }
        let bin = new.check(ids(call).draw(), location)?;
        if locations::insert_bins(tx, std::slice::from_ref(&bin))? == 0 {
            return Err(taken("bin", &bin.code));
        }
        Ok(bin)
    })
}

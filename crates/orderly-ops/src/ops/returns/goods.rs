//! Where returned goods lie and what they may become.

use orderly_core::catalog::{BinKind, Catalog, Location};
use orderly_core::id::{BinId, ItemId, LocationId, LotId, ReturnLineId};
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::inspect::{Refurbished, Verdict};
use orderly_core::returns::receive::Desk;
use orderly_core::returns::{Fate, Return};
use orderly_core::units::{CauseKind, LevelKey};
use orderly_store::Tx;
use orderly_store::tables::{catalog, locations, units};

use crate::Error;

/// What the goods of the line's last decision were worth, where that is what is taken back.
pub(super) fn taken_back(
    tx: &mut Tx<'_>,
    returned: &Return,
    line: ReturnLineId,
    (from, to): (Fate, Fate),
    qty: i64,
) -> Result<Option<i64>, Error> {
    let last = returned.dispositions.iter().rfind(|one| one.line == line);
    let same = last.filter(|last| (last.from, last.to, last.qty.get()) == (to, from, qty));
    let Some(last) = same else { return Ok(None) };
    let (kind, id) = (CauseKind::Disposition, last.id.as_bytes());
    let moved = units::movements_of_cause(tx, kind, id)?;
    Ok(moved.first().map(|posted| posted.movement.value))
}

/// The other item of a refurbishment: the one named, else the one the item's own record names,
/// one for one.
pub(super) fn other(
    catalog: &Catalog,
    item: Option<ItemId>,
    verdict: &super::VerdictIn,
) -> Result<Option<Refurbished>, Error> {
    if let Some((item, units, lot)) = verdict.refurbished {
        return Ok(Some(Refurbished { item, lot, qty: super::qty(units)? }));
    }
    let own = item.and_then(|item| catalog.get(item)).and_then(|item| item.refurbish_item);
    let Some(item) = own else { return Ok(None) };
    Ok(Some(Refurbished { item, lot: None, qty: super::qty(verdict.qty)? }))
}

/// Whether goods of this fate may be promised to somebody.
pub(super) const fn is_sellable(fate: Fate) -> bool {
    matches!(fate, Fate::Restocked | Fate::Repaired | Fate::Refurbished)
}

/// The key of the level the goods leave, where they lie with us.
pub(super) fn level_left(
    desk: &Desk<'_>,
    item: Option<ItemId>,
    lot: LotId,
    verdict: &Verdict,
) -> Result<Option<LevelKey>, Error> {
    let gone = matches!(verdict.from, Fate::Scrapped | Fate::ToVendor);
    if gone || verdict.from.is_with_customer() {
        return Ok(None);
    }
    let other = verdict.refurbished.filter(|_| verdict.from == Fate::Refurbished);
    let (item, lot) = match (other, item) {
        (Some(other), _) => (other.item, other.lot.unwrap_or(LotId::NONE)),
        (None, Some(item)) => (item, verdict.lot.unwrap_or(lot)),
        (None, None) => return Ok(None),
    };
    let lot_class = desk.lot_class(item, lot)?;
    Ok(Some(LevelKey { item, location: desk.location, lot_class }))
}

/// The items of a return, with those they may become.
pub(super) fn catalog_of(
    tx: &mut Tx<'_>,
    returned: &Return,
    other: Option<ItemId>,
) -> Result<Catalog, Error> {
    let own: Vec<ItemId> =
        returned.lines.iter().filter_map(|line| line.item).chain(other).collect();
    let catalog = catalog::load_ids(tx, &own)?;
    let become_others = catalog.items().filter_map(|item| item.refurbish_item);
    let all: Vec<ItemId> = own.iter().copied().chain(become_others).collect();
    Ok(catalog::load_ids(tx, &all)?)
}

pub(super) fn place(tx: &mut Tx<'_>, id: LocationId) -> Result<Location, Error> {
    let found = locations::get(tx, id)?.filter(|location| location.active);
    Ok(found.ok_or_else(|| {
        Refusal::at(Code::UnknownLocation, "/location", format!("there is no location {id}"))
    })?)
}

/// The bin named, else the one for goods of this fate: sellable ones are stored, others wait in
/// the bin for returns.
pub(super) fn bin(
    tx: &mut Tx<'_>,
    place: &Location,
    named: Option<BinId>,
    fate: Fate,
) -> Result<BinId, Error> {
    if let Some(id) = named {
        let own = locations::bin(tx, id)?.filter(|bin| bin.location == place.id && bin.active);
        let missing = || {
            let detail = format!("{} has no bin {id}", place.name);
            Refusal::at(Code::UnknownBin, "/bin", detail)
        };
        return Ok(own.ok_or_else(missing)?.id);
    }
    if is_sellable(fate) {
        return Ok(place.storage_bin);
    }
    let bins = locations::bins(tx, place.id)?;
    let returns = bins.iter().find(|bin| bin.kind == BinKind::Returns && bin.active);
    Ok(returns.map_or(place.storage_bin, |bin| bin.id))
}

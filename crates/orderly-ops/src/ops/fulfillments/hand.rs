//! What a location has at hand, read and locked in the transaction.

use std::collections::HashMap;

use orderly_core::catalog::{BinKind, Catalog, Location};
use orderly_core::id::{BinId, FulfillmentId, IdSource, ItemId, LotId, ShipmentId};
use orderly_core::order::goods::{AtHand, Levels, Shelf};
use orderly_core::order::pick::{self, Pick};
use orderly_core::order::{Order, Work};
use orderly_core::qty::Qty;
use orderly_core::units::{CauseKind, LevelKey, Lot, LotKind, Movement};
use orderly_store::Tx;
use orderly_store::tables::{catalog, levels, locations, units};

use crate::{Call, Error};

/// One location with its shelves for the items of one fulfillment, its levels locked.
pub(super) struct Hand {
    pub location: Location,
    pub catalog: Catalog,
    shelves: Vec<Shelf>,
    levels: Levels,
    lots: HashMap<(ItemId, Qty), LotId>,
}

impl Hand {
    /// Reads what the fulfillment's location has of the items it works on.
    pub fn of(tx: &mut Tx<'_>, order: &Order, fulfillment: FulfillmentId) -> Result<Self, Error> {
        let id = order.fulfillment(fulfillment)?.location;
        let location = locations::get(tx, id)?
            .ok_or_else(|| Error::Internal(format!("location {id} is unknown")))?;
        let own: Vec<&Work> =
            order.work.iter().filter(|work| work.fulfillment == fulfillment).collect();
        let mut items: Vec<ItemId> = own.iter().map(|work| work.item).collect();
        items.sort_unstable();
        items.dedup();
        let keys: Vec<LevelKey> = own
            .iter()
            .map(|work| LevelKey { item: work.item, location: id, lot_class: work.lot_class })
            .collect();
        let levels = Levels::new(levels::lock(tx, &keys)?);
        let mut shelves = Vec::new();
        let bins = walk(tx, &location)?;
        for item in &items {
            for held in units::holdings_of(tx, *item, id)? {
                if held.place.is_sellable() && bins.contains_key(&held.place.bin) {
                    let (bin, lot, qty) = (held.place.bin, held.lot, held.qty);
                    shelves.push(Shelf { item: *item, lot, bin, qty });
                }
            }
        }
        shelves.sort_by_key(|shelf| (bins.get(&shelf.bin).copied(), shelf.lot));
        let catalog = catalog::load_ids(tx, &items)?;
        Ok(Self { location, catalog, shelves, levels, lots: HashMap::new() })
    }

    /// Looks up or makes the lots of the lengths that the picks' cuts leave.
    pub fn prepare_cuts(
        &mut self,
        tx: &mut Tx<'_>,
        call: &Call,
        order: &Order,
        fulfillment: FulfillmentId,
        picks: &[Pick],
        ids: &mut IdSource,
    ) -> Result<(), Error> {
        let mut all: Vec<Pick> = pick::all(order, fulfillment);
        // What a hand-over releases first is picked as well.
        let unreleased = order.work.iter().filter(|work| {
            work.fulfillment == fulfillment && work.released < work.qty && work.cut.is_some()
        });
        let unreleased = unreleased.map(|work| Pick {
            claim: work.claim,
            qty: work.unpicked(),
            from: Vec::new(),
        });
        all.extend(unreleased);
        let picks = if picks.is_empty() { &all } else { picks };
        for (item, length) in pick::lengths(order, &self.catalog, picks)? {
            let lot = Lot {
                id: ids.draw(),
                item,
                kind: LotKind::Length,
                code: length.to_string(),
                length: Some(length),
                expires_on: None,
                created_at: call.now,
            };
            let lot = units::lot_or_insert(tx, &lot)?.id;
            self.lots.insert((item, length), lot);
        }
        Ok(())
    }

    pub fn at_hand(&mut self) -> AtHand<'_> {
        AtHand {
            location: &self.location,
            catalog: &self.catalog,
            shelves: std::mem::take(&mut self.shelves),
            levels: std::mem::take(&mut self.levels),
            lots: std::mem::take(&mut self.lots),
        }
    }
}

/// The bins goods are picked from, in the order in which they are walked: storage first. Goods in
/// a staging bin are somebody's already.
fn walk(tx: &mut Tx<'_>, location: &Location) -> Result<HashMap<BinId, (bool, i64)>, Error> {
    let mut out = HashMap::new();
    for bin in locations::bins(tx, location.id)? {
        let staging = bin.kind == BinKind::Staging || bin.id == location.staging_bin;
        if !staging {
            out.insert(bin.id, (bin.kind != BinKind::Storage, bin.position));
        }
    }
    Ok(out)
}

/// The movements that a shipment's lines caused, and those that reverse them.
pub(in crate::ops) fn booked(
    tx: &mut Tx<'_>,
    order: &Order,
    shipment: ShipmentId,
) -> Result<Vec<Movement>, Error> {
    let mut out = Vec::new();
    for line in order.shipment_lines.iter().filter(|line| line.shipment == shipment) {
        let caused = units::movements_of_cause(tx, CauseKind::ShipmentLine, line.id.as_bytes())?;
        for posting in caused {
            let original = posting.movement.id.as_bytes();
            out.push(posting.movement);
            let reversals = units::movements_of_cause(tx, CauseKind::Movement, original)?;
            out.extend(reversals.into_iter().map(|posting| posting.movement));
        }
    }
    Ok(out)
}

/// The levels a fulfillment's goods leave from, locked.
pub(in crate::ops) fn levels_of(
    tx: &mut Tx<'_>,
    order: &Order,
    fulfillment: FulfillmentId,
) -> Result<Levels, Error> {
    let location = order.fulfillment(fulfillment)?.location;
    let own = order.work.iter().filter(|work| work.fulfillment == fulfillment);
    let keys: Vec<LevelKey> =
        own.map(|work| LevelKey { item: work.item, location, lot_class: work.lot_class }).collect();
    Ok(Levels::new(levels::lock(tx, &keys)?))
}

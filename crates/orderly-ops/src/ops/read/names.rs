//! What ids stand for, for answers that are rendered from the value a command returned: nothing
//! that a trial made and took back is read. It takes no right: whoever got the value may name it.

use std::collections::HashMap;
use std::sync::Arc;

use orderly_core::id::*;
use orderly_core::item::Item;
use orderly_core::qty::Qty;
use orderly_store::tables::{catalog, locations, suppliers, units};

use crate::{App, Error};

/// Whose names are wanted.
#[derive(Debug, Default)]
pub struct Ids {
    pub items: Vec<ItemId>,
    pub lots: Vec<LotId>,
    pub bins: Vec<BinId>,
    pub suppliers: Vec<SupplierId>,
}

/// Codes by id.
#[derive(Debug, Default)]
pub struct Names {
    locations: HashMap<LocationId, String>,
    items: HashMap<ItemId, Arc<Item>>,
    lots: HashMap<LotId, String>,
    bins: HashMap<BinId, String>,
    suppliers: HashMap<SupplierId, String>,
}

/// Returns what the ids stand for, with every location.
///
/// # Errors
/// Those of the store.
pub fn names(app: &App, ids: &Ids) -> Result<Names, Error> {
    app.store.read(|tx| {
        let locations = locations::all(tx)?.into_iter().map(|one| (one.id, one.code)).collect();
        let mut names = Names { locations, ..Names::default() };
        for id in &ids.items {
            if let Some(item) = catalog::get(tx, *id)? {
                names.items.insert(*id, item);
            }
        }
        for id in ids.lots.iter().filter(|id| !id.is_none()) {
            if let Some(lot) = units::lot(tx, *id)? {
                names.lots.insert(*id, lot.code);
            }
        }
        for id in &ids.bins {
            if let Some(bin) = locations::bin(tx, *id)? {
                names.bins.insert(*id, bin.code);
            }
        }
        for id in &ids.suppliers {
            if let Some(supplier) = suppliers::get(tx, *id)? {
                names.suppliers.insert(*id, supplier.code);
            }
        }
        Ok(names)
    })
}

impl Names {
    pub fn location(&self, id: LocationId) -> String {
        self.locations.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub fn item(&self, id: ItemId) -> Option<&Arc<Item>> {
        self.items.get(&id)
    }

    pub fn sku(&self, id: ItemId) -> String {
        self.items.get(&id).map_or_else(|| id.to_string(), |item| item.sku.clone())
    }

    /// The quantity in the item's sale unit, such as `7 box`.
    pub fn show(&self, id: ItemId, qty: Qty) -> String {
        self.items.get(&id).map_or_else(|| qty.to_string(), |item| item.show(qty))
    }

    /// The code of the lot; its id where it is not on record yet, as in a trial.
    pub fn lot(&self, id: LotId) -> Option<String> {
        let code = || self.lots.get(&id).cloned().unwrap_or_else(|| id.to_string());
        (!id.is_none()).then(code)
    }

    pub fn bin(&self, id: BinId) -> String {
        self.bins.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    pub fn supplier(&self, id: SupplierId) -> String {
        self.suppliers.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

//! Where and through whom the merchant trades: legal entities, channels, locations, bins.

pub mod new;

use std::collections::HashMap;
use std::sync::Arc;

use crate::id::*;
use crate::item::Item;
use crate::money::Currency;
use crate::order::{Rounding, codes};
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};

codes! {
    /// The kind of a channel.
    ChannelKind {
        Store "store", Web "web", Marketplace "marketplace", Phone "phone", Edi "edi",
    }
}
codes! {
    /// What happens to what stock cannot serve: refused, taken as a backorder with an exception
    /// (already sold), or taken as a fact (the goods are at the till).
    WhenShort { Refuse "refuse", Accept "accept", HandOver "hand_over" }
}
codes! {
    /// The kind of a location.
    LocationKind { Store "store", Warehouse "warehouse", ThirdParty "third_party" }
}
codes! {
    /// What a bin is for.
    BinKind { Storage "storage", Staging "staging", Receiving "receiving", Returns "returns" }
}

/// A company of the merchant, with its own books.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LegalEntity {
    pub id: LegalEntityId,
    pub code: String,
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub currency: Currency,
    /// IANA time zone in which accounting dates are computed.
    pub zone: String,
    pub tax_number: Option<String>,
}

/// Where orders come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    pub id: ChannelId,
    pub code: String,
    pub name: String,
    pub kind: ChannelKind,
    pub when_short: WhenShort,
    pub rounding: Rounding,
    pub currency: Currency,
    pub legal_entity: LegalEntityId,
    /// The store whose till it is.
    pub location: Option<LocationId>,
    /// Claims of a higher priority are served first.
    pub priority: i64,
    pub active: bool,
    pub version: i64,
}

/// Degrees × 10⁶, north and east positive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Coordinates {
    pub latitude_e6: i64,
    pub longitude_e6: i64,
}

impl Coordinates {
    /// Great-circle distance in whole kilometres (haversine, mean radius 6,371 km).
    pub fn km_to(self, other: Self) -> i64 {
        let radians = |e6: i64| (e6 as f64 / 1e6).to_radians();
        let (lat1, lat2) = (radians(self.latitude_e6), radians(other.latitude_e6));
        let dlat = (lat2 - lat1) / 2.0;
        let dlon = radians(other.longitude_e6 - self.longitude_e6) / 2.0;
        let a = dlat.sin().powi(2) + lat1.cos() * lat2.cos() * dlon.sin().powi(2);
        (6_371.0 * 2.0 * a.sqrt().min(1.0).asin()).round() as i64
    }
}

/// A place of the merchant or a partner that holds and fulfills.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    pub id: LocationId,
    pub code: String,
    pub name: String,
    pub kind: LocationKind,
    pub legal_entity: LegalEntityId,
    /// The version of its postal address.
    pub party: Option<PartyId>,
    pub coordinates: Option<Coordinates>,
    /// IANA time zone of its business days.
    pub zone: String,
    /// Lower numbers are preferred by sourcing.
    pub priority: i64,
    /// Whether orders of other places are sent from here.
    pub fulfills: bool,
    /// Where goods lie unless another bin is named.
    pub storage_bin: BinId,
    /// Where picked goods wait.
    pub staging_bin: BinId,
    pub active: bool,
    pub version: i64,
}

/// A bin of a location. Capacities are `None` where unlimited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bin {
    pub id: BinId,
    pub location: LocationId,
    pub code: String,
    pub kind: BinKind,
    /// The walking order.
    pub position: i64,
    pub capacity_g: Option<i64>,
    pub capacity_ml: Option<i64>,
    pub capacity_mm: Option<i64>,
    pub active: bool,
}

/// The items a command needs, by id and by SKU, components of kits included.
#[derive(Clone, Default, Debug)]
pub struct Catalog {
    by_id: HashMap<ItemId, Arc<Item>>,
    by_sku: HashMap<String, Arc<Item>>,
}

impl Catalog {
    pub fn add(&mut self, item: Arc<Item>) {
        self.by_sku.insert(item.sku.clone(), item.clone());
        self.by_id.insert(item.id, item);
    }
    pub fn get(&self, id: ItemId) -> Option<&Arc<Item>> {
        self.by_id.get(&id)
    }
    pub fn by_sku(&self, sku: &str) -> Option<&Arc<Item>> {
        self.by_sku.get(sku)
    }
    pub fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.by_id.values()
    }

    /// Explodes a kit into stocked components: base units of each per kit, summed, in the order
    /// they first appear. Kits inside kits are exploded too.
    ///
    /// # Errors
    /// `kit_cycle` where a kit contains itself, `unknown_item` where a component is missing,
    /// `quantity_too_large` on overflow.
    pub fn explode(&self, kit: &Item) -> Result<Vec<(Arc<Item>, Qty)>, Refusal> {
        let mut out: Vec<(Arc<Item>, Qty)> = Vec::new();
        self.explode_into(kit, Qty::new(1).expect("one"), &mut vec![kit.id], &mut out)?;
        Ok(out)
    }

    fn explode_into(
        &self,
        kit: &Item,
        factor: Qty,
        path: &mut Vec<ItemId>,
        out: &mut Vec<(Arc<Item>, Qty)>,
    ) -> Result<(), Refusal> {
        for part in &kit.components {
            if path.contains(&part.item) {
                let detail = format!("kit {} contains itself", kit.sku);
                return Err(Refusal::new(Code::KitCycle, detail));
            }
            let item = self.get(part.item).ok_or_else(|| {
                let detail = format!("a component of kit {} is unknown: {}", kit.sku, part.item);
                Refusal::new(Code::UnknownItem, detail)
            })?;
            let too_large = || Refusal::new(Code::QuantityTooLarge, "a kit quantity is too large");
            let qty = factor.times(part.qty.get()).ok_or_else(too_large)?;
            if item.is_kit() {
                path.push(item.id);
                self.explode_into(&item.clone(), qty, path, out)?;
                path.pop();
            } else if let Some((_, sum)) = out.iter_mut().find(|(known, _)| known.id == item.id) {
                *sum = sum.plus(qty).ok_or_else(too_large)?;
            } else {
                out.push((item.clone(), qty));
            }
        }
        Ok(())
    }
}

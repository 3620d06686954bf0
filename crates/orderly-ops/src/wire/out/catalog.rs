//! Items, channels, locations, bins, customers and exceptions as they are answered.

use orderly_core::catalog::{Bin, Catalog, Channel, Location};
use orderly_core::item::Item;
use orderly_core::money::Currency;
use orderly_core::party::{Customer, Exposure, Party};
use orderly_core::qty::Qty;
use schemars::JsonSchema;
use serde::Serialize;

use super::{AddressOut, amount};
use crate::ops::read::catalog::Raised;
use crate::ops::read::parties::Known;

/// An item.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ItemOut {
    /// `item`
    pub object: &'static str,
    pub id: String,
    pub sku: String,
    pub name: String,
    pub goods: &'static str,
    pub base_unit: &'static str,
    pub tracking: &'static str,
    pub sale_unit: String,
    pub units: Vec<UnitOut>,
    /// List price of one price unit.
    pub price: Option<String>,
    pub price_unit: String,
    pub currency: Option<String>,
    /// Expected cost of one base unit.
    pub cost: Option<String>,
    pub gtin: Option<String>,
    pub weight_g: Option<i64>,
    pub dimensions_mm: Option<[i64; 3]>,
    pub hs_code: Option<String>,
    pub origin_country: Option<String>,
    pub over_ppm: i64,
    pub under_ppm: i64,
    pub min_offcut: i64,
    pub kerf: i64,
    pub backorder_limit: Option<i64>,
    pub kit: bool,
    pub active: bool,
    pub version: i64,
    /// What a kit contains; answered for one item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<Vec<ComponentOut>>,
}

/// A unit: one of it is `num`/`den` base units.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnitOut {
    pub code: String,
    pub num: i64,
    pub den: i64,
    pub whole: bool,
    pub gtin: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComponentOut {
    pub sku: String,
    /// With its unit.
    pub quantity: String,
}

impl From<&Item> for ItemOut {
    fn from(item: &Item) -> Self {
        let units = item.units.iter().map(|unit| UnitOut {
            code: unit.code.clone(),
            num: unit.ratio.num,
            den: unit.ratio.den,
            whole: unit.whole,
            gtin: unit.gtin.clone(),
        });
        Self {
            object: "item",
            id: item.id.to_string(),
            sku: item.sku.clone(),
            name: item.name.clone(),
            goods: item.goods.code(),
            base_unit: item.base_unit.code(),
            tracking: item.tracking.code(),
            sale_unit: item.sale_unit.clone(),
            units: units.collect(),
            price: item.price.map(|mut price| {
                let places = item.price_currency.map_or(0, Currency::exponent);
                if price.scale() < places {
                    price.rescale(places);
                }
                price.to_string()
            }),
            price_unit: item.price_unit.clone(),
            currency: item.price_currency.map(|currency| currency.to_string()),
            cost: item.cost.map(|cost| cost.to_string()),
            gtin: item.gtin.clone(),
            weight_g: item.weight_g,
            dimensions_mm: item.dimensions_mm,
            hs_code: item.hs_code.clone(),
            origin_country: item.origin_country.clone(),
            over_ppm: item.over_ppm,
            under_ppm: item.under_ppm,
            min_offcut: item.min_offcut.get(),
            kerf: item.kerf.get(),
            backorder_limit: item.backorder_limit.map(Qty::get),
            kit: item.is_kit(),
            active: item.active,
            version: item.version,
            components: None,
        }
    }
}

impl ItemOut {
    /// One item with what it contains.
    pub fn whole(item: &Item, parts: &Catalog) -> Self {
        let components = item.components.iter().filter_map(|part| {
            let own = parts.get(part.item)?;
            Some(ComponentOut { sku: own.sku.clone(), quantity: own.show(part.qty) })
        });
        Self { components: Some(components.collect()), ..Self::from(item) }
    }
}

/// A channel.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChannelOut {
    /// `channel`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub kind: &'static str,
    pub when_short: &'static str,
    pub rounding: &'static str,
    pub currency: String,
    pub priority: i64,
    pub active: bool,
    pub version: i64,
}

impl From<&Channel> for ChannelOut {
    fn from(channel: &Channel) -> Self {
        Self {
            object: "channel",
            id: channel.id.to_string(),
            code: channel.code.clone(),
            name: channel.name.clone(),
            kind: channel.kind.code(),
            when_short: channel.when_short.code(),
            rounding: channel.rounding.code(),
            currency: channel.currency.to_string(),
            priority: channel.priority,
            active: channel.active,
            version: channel.version,
        }
    }
}

/// A location.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LocationOut {
    /// `location`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub kind: &'static str,
    pub zone: String,
    pub priority: i64,
    pub fulfills: bool,
    pub latitude_e6: Option<i64>,
    pub longitude_e6: Option<i64>,
    pub active: bool,
    pub version: i64,
}

impl From<&Location> for LocationOut {
    fn from(location: &Location) -> Self {
        Self {
            object: "location",
            id: location.id.to_string(),
            code: location.code.clone(),
            name: location.name.clone(),
            kind: location.kind.code(),
            zone: location.zone.clone(),
            priority: location.priority,
            fulfills: location.fulfills,
            latitude_e6: location.coordinates.map(|at| at.latitude_e6),
            longitude_e6: location.coordinates.map(|at| at.longitude_e6),
            active: location.active,
            version: location.version,
        }
    }
}

/// A bin of a location.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BinOut {
    /// `bin`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub kind: &'static str,
    /// The walking order.
    pub position: i64,
    pub capacity_g: Option<i64>,
    pub capacity_ml: Option<i64>,
    pub capacity_mm: Option<i64>,
    pub active: bool,
}

impl From<&Bin> for BinOut {
    fn from(bin: &Bin) -> Self {
        Self {
            object: "bin",
            id: bin.id.to_string(),
            code: bin.code.clone(),
            kind: bin.kind.code(),
            position: bin.position,
            capacity_g: bin.capacity_g,
            capacity_ml: bin.capacity_ml,
            capacity_mm: bin.capacity_mm,
            active: bin.active,
        }
    }
}

/// A customer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CustomerOut {
    /// `customer`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub kind: &'static str,
    pub active: bool,
    pub version: i64,
    /// The name and address in force.
    pub party: Option<AddressOut>,
    /// Answered for one customer, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<SiteOut>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<ContactOut>>,
}

/// A customer's trade account, and what it owes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountOut {
    pub number: String,
    pub name: String,
    pub terms_days: i64,
    pub currency: String,
    pub exposures: Vec<ExposureOut>,
}

/// What an account, or one of its sites, owes and may owe.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExposureOut {
    /// The site's code; absent for the whole account.
    pub site: Option<String>,
    /// Absent where there is none.
    pub limit: Option<String>,
    pub open: String,
    pub dispatched: String,
    pub invoiced: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SiteOut {
    pub code: String,
    pub name: String,
    pub reference: Option<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ContactOut {
    pub id: String,
    pub may_order: bool,
    pub may_collect: bool,
    pub party: Option<AddressOut>,
}

impl CustomerOut {
    /// A customer in a list.
    pub fn of(customer: &Customer, party: Option<&Party>) -> Self {
        Self {
            object: "customer",
            id: customer.id.to_string(),
            number: customer.number.clone(),
            kind: customer.kind.code(),
            active: customer.active,
            version: customer.version,
            party: party.map(AddressOut::from),
            account: None,
            sites: None,
            contacts: None,
        }
    }
}

impl From<&Known> for CustomerOut {
    fn from(known: &Known) -> Self {
        let account = known.account.as_ref().map(|account| {
            let money = |minor: i64| amount(minor, account.currency);
            let site = |exposure: &Exposure| {
                let found = known.sites.iter().find(|site| site.id == exposure.site);
                found.map(|site| site.code.clone())
            };
            let exposures = known.exposures.iter().map(|exposure| ExposureOut {
                site: site(exposure),
                limit: exposure.limit.map(money),
                open: money(exposure.open),
                dispatched: money(exposure.dispatched),
                invoiced: money(exposure.invoiced),
            });
            AccountOut {
                number: account.number.clone(),
                name: account.name.clone(),
                terms_days: account.terms.days,
                currency: account.currency.to_string(),
                exposures: exposures.collect(),
            }
        });
        let sites = known.sites.iter().map(|site| SiteOut {
            code: site.code.clone(),
            name: site.name.clone(),
            reference: site.reference.clone(),
        });
        let contacts = known.contacts.iter().map(|(contact, party)| ContactOut {
            id: contact.id.to_string(),
            may_order: contact.may_order,
            may_collect: contact.may_collect,
            party: party.as_ref().map(AddressOut::from),
        });
        Self {
            account,
            sites: Some(sites.collect()),
            contacts: Some(contacts.collect()),
            ..Self::of(&known.customer, known.party.as_ref())
        }
    }
}

/// What waits for a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExceptionOut {
    /// `exception`
    pub object: &'static str,
    pub kind: String,
    pub sku: Option<String>,
    pub location: Option<String>,
    /// The order's number.
    pub order: Option<String>,
    /// In base units.
    pub qty: Option<i64>,
    pub detail: String,
    pub raised_at: String,
}

impl From<&Raised> for ExceptionOut {
    fn from(raised: &Raised) -> Self {
        Self {
            object: "exception",
            kind: raised.exception.kind.clone(),
            sku: raised.sku.clone(),
            location: raised.location.clone(),
            order: raised.order.clone(),
            qty: raised.exception.qty,
            detail: raised.exception.detail.clone(),
            raised_at: raised.exception.raised_at.to_string(),
        }
    }
}

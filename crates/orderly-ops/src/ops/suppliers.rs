//! Suppliers: what was agreed with them, and what they sell.

mod aged;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::new::code;
use orderly_core::id::{PartyId, SupplierId};
use orderly_core::item::Item;
use orderly_core::money::{Currency, parse_decimal};
use orderly_core::order::build::unit_price;
use orderly_core::party::{NewParty, SubjectKind, Supplier};
use orderly_core::purchase::invoice::Variance;
use orderly_core::purchase::supplier::{SupplierItem, SupplierTerms};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::{catalog, parties, suppliers};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::catalog::{found_again, ids, stale, taken};
use super::read::catalog::item_called;
use super::{Object, Reference, command, settings};
use crate::{App, Call, Error};
pub use aged::{AgedPayable, aged};

found_again! {
    Supplier, SupplierId, "supplier", |supplier| supplier.version, suppliers::get;
}

/// A supplier as the caller states it. Shares are percent.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewSupplier {
    pub code: String,
    pub name: String,
    pub party: Option<NewParty>,
    /// The merchant's own where absent.
    pub currency: Option<String>,
    pub lead_time_days: i64,
    /// Thirty where absent.
    pub terms_days: Option<i64>,
    pub over_percent: Option<String>,
    pub under_percent: Option<String>,
    /// How far an invoice may be above the order's price.
    pub price_percent: Option<String>,
    /// Where differences of price go: `expense` (default) or `stock`.
    pub variance: Option<String>,
    /// What customers have paid of special orders before they are sent.
    pub deposit_percent: Option<String>,
}

/// An item as a supplier sells it, as the caller states it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewSupplierItem {
    /// The supplier's code, and our SKU.
    pub supplier: String,
    pub sku: String,
    pub supplier_sku: Option<String>,
    /// What he sells at once and the least he sells, in `unit`: the item's sale unit where absent.
    pub pack: Option<String>,
    pub minimum: Option<String>,
    pub unit: Option<String>,
    pub pack_gtin: Option<String>,
    /// Of one `cost_unit`, in his currency.
    pub cost: Option<String>,
    pub cost_unit: Option<String>,
    pub lead_time_days: Option<i64>,
}

/// Returns the supplier with this code.
///
/// # Errors
/// `unknown_supplier`.
pub fn supplier_called(tx: &mut Tx<'_>, code: &str) -> Result<Supplier, Error> {
    suppliers::by_code(tx, code.trim())?.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no supplier `{shown}`");
        Refusal::at(Code::UnknownSupplier, "/supplier", detail).into()
    })
}

/// Adds a supplier.
///
/// # Errors
/// `already_exists` where the code is taken, `unknown_currency`, `invalid_field`.
pub fn create(app: &App, call: &Call, new: &NewSupplier) -> Result<Supplier, Error> {
    command(app, call, "supplier.create", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let merchant = settings::merchant(tx)?;
        let mut ids = ids(call);
        let id: SupplierId = ids.draw();
        let party = match &new.party {
            None => None,
            Some(party) => {
                let subject = (SubjectKind::Supplier, id.as_bytes());
                let checked = party.check(ids.draw(), subject, 1, call.now);
                let checked = checked.map_err(|refusal| refusal.under("/party"))?;
                let own: PartyId = checked.id;
                parties::insert_many(tx, &[checked])?;
                Some(own)
            }
        };
        let currency = match new.currency.as_deref() {
            None => merchant.currency,
            Some(text) => Currency::parse(text).ok_or_else(|| {
                let detail = format!("`{text}` is not a currency");
                Refusal::at(Code::UnknownCurrency, "/currency", detail)
            })?,
        };
        let supplier = Supplier {
            id,
            code: code(&new.code)?,
            name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
            party,
            currency,
            lead_time_days: new.lead_time_days,
            terms: terms(new)?,
            active: true,
            version: 1,
        };
        ensure((0..=3_650).contains(&supplier.lead_time_days), || {
            Refusal::at(Code::InvalidField, "/lead_time_days", "a lead time is 0 to 3,650 days")
        })?;
        if !suppliers::insert(tx, &supplier)? {
            return Err(taken("supplier", &supplier.code));
        }
        Ok(supplier)
    })
}

/// Replaces what was agreed with a supplier; code and currency stay.
///
/// # Errors
/// `unknown_supplier`, `stale_version`, `invalid_field`.
pub fn agree(app: &App, call: &Call, new: &NewSupplier) -> Result<Supplier, Error> {
    command(app, call, "supplier.agree", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let before = supplier_called(tx, &new.code)?;
        call.expect_version(before.version)?;
        let after = Supplier {
            name: text::short(&new.name).map_err(|refusal| refusal.under("/name"))?,
            lead_time_days: new.lead_time_days,
            terms: terms(new)?,
            version: before.version + 1,
            ..before.clone()
        };
        stale(suppliers::save(tx, &before, &after)?)?;
        Ok(after)
    })
}

fn terms(new: &NewSupplier) -> Result<SupplierTerms, Refusal> {
    let none = SupplierTerms::default();
    let share = |text: &Option<String>, pointer: &str| match text {
        None => Ok(0),
        Some(text) => ppm(text).map_err(|refusal| refusal.under(pointer)),
    };
    let variance = match new.variance.as_deref() {
        None => Variance::Expense,
        Some(text) => Variance::parse(text).ok_or_else(|| {
            let detail = "a price difference is an expense or goes into stock";
            Refusal::at(Code::InvalidField, "/variance", detail).allowed("expense, stock")
        })?,
    };
    let terms = SupplierTerms {
        terms_days: new.terms_days.unwrap_or(none.terms_days),
        over_ppm: share(&new.over_percent, "/over_percent")?,
        under_ppm: share(&new.under_percent, "/under_percent")?,
        price_ppm: share(&new.price_percent, "/price_percent")?,
        deposit_ppm: share(&new.deposit_percent, "/deposit_percent")?,
        variance,
    };
    terms.check()?;
    Ok(terms)
}

/// Reads percent as parts per million.
fn ppm(text: &str) -> Result<i64, Refusal> {
    let wrong = || Refusal::new(Code::InvalidField, format!("`{text}` is not a percentage"));
    let percent = parse_decimal(text.trim()).map_err(|_| wrong())?;
    let exact = percent.checked_mul(Decimal::from(10_000)).map(|ppm| ppm.normalize());
    let exact = exact.filter(|ppm| ppm.scale() == 0).ok_or_else(wrong)?;
    i64::try_from(exact.mantissa()).map_err(|_| wrong())
}

/// Records how a supplier sells an item.
///
/// # Errors
/// `unknown_supplier`, `not_found` for an unknown item, the refusals of quantities and prices.
pub fn set_item(app: &App, call: &Call, new: &NewSupplierItem) -> Result<SupplierItem, Error> {
    command(app, call, "supplier.set_item", |tx| {
        call.require(Permission::Purchase, Scope::default())?;
        let supplier = supplier_called(tx, &new.supplier)?;
        let item = item_called(tx, &new.sku)?;
        let before = suppliers::item(tx, supplier.id, item.id)?;
        let unit = new.unit.as_deref().unwrap_or(&item.sale_unit);
        let pack = quantity(&item, new.pack.as_deref(), unit, 1, "/pack")?;
        let cost_unit = new.cost_unit.as_deref().unwrap_or(unit);
        let cost = new.cost.as_deref().map(unit_price).transpose();
        let own = |text: &Option<String>, pointer: &str| {
            text::optional(text.as_deref()).map_err(|refusal| refusal.under(pointer))
        };
        let after = SupplierItem {
            supplier: supplier.id,
            item: item.id,
            sku: own(&new.supplier_sku, "/supplier_sku")?,
            pack: if pack.is_zero() { Qty::new(1).unwrap_or_default() } else { pack },
            pack_gtin: own(&new.pack_gtin, "/pack_gtin")?,
            minimum: quantity(&item, new.minimum.as_deref(), unit, 0, "/minimum")?,
            cost: cost.map_err(|refusal| refusal.under("/cost"))?,
            cost_unit: cost_unit.to_owned(),
            cost_ratio: item.ratio(cost_unit).map_err(|refusal| refusal.under("/cost_unit"))?,
            lead_time_days: new.lead_time_days,
            version: before.map_or(1, |known| known.version + 1),
        };
        suppliers::set_item(tx, &after)?;
        Ok(after)
    })
}

fn quantity(
    item: &Item,
    text: Option<&str>,
    unit: &str,
    none: i64,
    pointer: &str,
) -> Result<Qty, Refusal> {
    let Some(text) = text else { return Ok(Qty::new(none).unwrap_or_default()) };
    let ratio = item.ratio(unit).map_err(|refusal| refusal.under("/unit"))?;
    let read = orderly_core::qty::Entered::parse(text).and_then(|one| one.to_base(ratio, unit));
    read.map_err(|error| orderly_core::item::qty_refusal(error).under(pointer))
}

/// The supplier's row and the item's stand for what he sells of it.
impl Object for SupplierItem {
    fn reference(&self) -> Reference {
        Reference { kind: "supplier_item", id: self.key(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        for supplier in suppliers::list(tx, "", 10_000)? {
            let items = suppliers::items(tx, supplier.id)?;
            if let Some(found) = items.into_iter().find(|item| item.key() == id) {
                return Ok(found);
            }
        }
        Err(Error::not_found("item of that supplier"))
    }
}

/// A key of its own, of supplier and item.
trait Keyed {
    fn key(&self) -> [u8; 16];
}

impl Keyed for SupplierItem {
    fn key(&self) -> [u8; 16] {
        let both = [self.supplier.as_bytes(), self.item.as_bytes()].concat();
        crate::call::content_hash(&both)
    }
}

/// A supplier with his address and what he sells.
#[derive(Debug, Clone)]
pub struct Known {
    pub supplier: Supplier,
    pub party: Option<orderly_core::party::Party>,
    pub items: Vec<(std::sync::Arc<Item>, SupplierItem)>,
}

/// Returns the supplier with this code and everything he sells.
///
/// # Errors
/// `unknown_supplier`.
pub fn show(app: &App, call: &Call, code: &str) -> Result<Known, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        let supplier = supplier_called(tx, code)?;
        let party = supplier.party.map(|id| parties::get(tx, id)).transpose()?.flatten();
        let mut items = Vec::new();
        for one in suppliers::items(tx, supplier.id)? {
            if let Some(item) = catalog::get(tx, one.item)? {
                items.push((item, one));
            }
        }
        items.sort_by(|left, right| left.0.sku.cmp(&right.0.sku));
        Ok(Known { supplier, party, items })
    })
}

/// Returns up to `limit` suppliers after a code, by code.
pub fn list(app: &App, call: &Call, after: &str, limit: i64) -> Result<Vec<Supplier>, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| Ok(suppliers::list(tx, after, limit.clamp(1, 1_000))?))
}

//! Price lists and tax rules as the caller states them, checked.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::tax::{Buyer, Exemption, TaxCode, TaxKind, TaxRule};
use super::{DiscountRule, ListScope, PriceEntry, PriceList, Span};
use crate::country::country;
use crate::id::*;
use crate::item::{Item, qty_refusal};
use crate::money::{Currency, parse_decimal};
use crate::order::build::unit_price;
use crate::qty::{Entered, Qty};
use crate::refusal::{Code, Refusal, ensure};
use crate::text;
use crate::time::{Day, Instant};

fn invalid(pointer: &str, detail: impl Into<String>) -> Refusal {
    Refusal::at(Code::InvalidField, pointer, detail)
}

/// Reads a per cent such as `12.5` as parts per million.
///
/// # Errors
/// `invalid_field` below zero, above `most` per cent, or with more than four decimal places.
pub fn percent(text: &str, most: i64, pointer: &str) -> Result<i64, Refusal> {
    let wrong = || invalid(pointer, format!("write a per cent from 0 to {most}, such as 12.5"));
    let value = parse_decimal(text.trim().trim_end_matches('%').trim_end()).map_err(|_| wrong())?;
    let ppm = value.checked_mul(Decimal::from(10_000)).ok_or_else(wrong)?.normalize();
    let sane = ppm.scale() == 0 && !ppm.is_sign_negative();
    let ppm = if sane { i64::try_from(ppm.mantissa()).ok() } else { None };
    ppm.filter(|ppm| *ppm <= most * 10_000).ok_or_else(wrong)
}

/// Reads the days something is in force.
///
/// # Errors
/// `invalid_field` for what is no day, or an end before the beginning.
pub fn span(from: Option<&str>, until: Option<&str>) -> Result<Span, Refusal> {
    let day = |text: Option<&str>, pointer: &str| {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        let read = text.map(Day::parse).transpose();
        read.map_err(|error| invalid(pointer, error.to_string()))
    };
    let span = Span { from: day(from, "/from")?, until: day(until, "/until")? };
    let ordered = span.from.zip(span.until).is_none_or(|(from, until)| from <= until);
    ensure(ordered, || invalid("/until", "it ends before it begins"))?;
    Ok(span)
}

fn code(text: &str) -> Result<String, Refusal> {
    let code = text::short(text).map_err(|refusal| refusal.under("/code"))?;
    ensure(code.chars().count() <= 60, || invalid("/code", "a code has at most 60 characters"))?;
    Ok(code)
}

fn name(text: Option<&str>, code: &str) -> Result<String, Refusal> {
    text::short(text.unwrap_or(code)).map_err(|refusal| refusal.under("/name"))
}

fn optional(text: Option<&str>, pointer: &str) -> Result<Option<String>, Refusal> {
    text::optional(text).map_err(|refusal| refusal.under(pointer))
}

fn at_country(text: Option<&str>, pointer: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let known = country(text);
    known.map(|code| Some(code.to_owned())).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        invalid(pointer, format!("`{shown}` is not a country"))
    })
}

/// A price list without entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewList {
    pub code: String,
    pub name: Option<String>,
    /// The merchant's own where absent.
    pub currency: Option<String>,
    /// `base` (default), `channel`, `customer_group`, `account` or `site`.
    pub scope: Option<String>,
    /// The channel's or group's code, the account's number, or `NUMBER/SITE`.
    pub subject: Option<String>,
    /// Per cent taken off the prices.
    pub discount: Option<String>,
    /// Also take the discount off items without an entry.
    #[serde(default)]
    pub whole: bool,
    pub tax_included: Option<bool>,
    /// Per cent over the cost.
    pub margin: Option<String>,
    pub from: Option<String>,
    pub until: Option<String>,
    #[serde(default)]
    pub inactive: bool,
}

impl NewList {
    /// The scope it names.
    ///
    /// # Errors
    /// `invalid_field` for an unknown one.
    pub fn scope(&self) -> Result<ListScope, Refusal> {
        let Some(text) = self.scope.as_deref() else { return Ok(ListScope::Base) };
        ListScope::parse(text).ok_or_else(|| {
            let all: Vec<&str> = ListScope::ALL.iter().map(|scope| scope.code()).collect();
            invalid("/scope", "there is no such scope").allowed(all.join(", "))
        })
    }

    /// Returns the list of version 1; `subject` is what its text stands for.
    ///
    /// # Errors
    /// `invalid_field`, `invalid_text`, `unknown_currency`, each with its pointer.
    pub fn check(
        &self,
        id: PriceListId,
        subject: [u8; 16],
        own: Currency,
        now: Instant,
    ) -> Result<PriceList, Refusal> {
        let code = code(&self.code)?;
        let currency = match self.currency.as_deref() {
            None => own,
            Some(text) => Currency::parse(text).ok_or_else(|| {
                let shown: String = text.chars().take(10).collect();
                let detail = format!("`{shown}` is not a currency");
                Refusal::at(Code::UnknownCurrency, "/currency", detail)
            })?,
        };
        let discount = self.discount.as_deref().map(|text| percent(text, 100, "/discount"));
        let margin = self.margin.as_deref().map(|text| percent(text, 1_000, "/margin"));
        Ok(PriceList {
            id,
            name: name(self.name.as_deref(), &code)?,
            code,
            currency,
            scope: self.scope()?,
            subject,
            discount_ppm: discount.transpose()?.unwrap_or(0),
            whole: self.whole,
            tax_included: self.tax_included,
            margin_ppm: margin.transpose()?,
            valid: span(self.from.as_deref(), self.until.as_deref())?,
            active: !self.inactive,
            version: 1,
            created_at: now,
        })
    }
}

/// A price of an item in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    pub sku: String,
    /// The quantity from which it holds, in the item's sale unit; zero where absent.
    pub from_quantity: Option<String>,
    pub price: String,
    /// What it is the price of; the item's own price unit where absent.
    pub price_unit: Option<String>,
    pub from: Option<String>,
    pub until: Option<String>,
}

impl NewEntry {
    /// # Errors
    /// `money_…`, `quantity_…`, `unknown_unit`, `unit_mismatch`, `invalid_field`.
    pub fn check(
        &self,
        id: PriceEntryId,
        list: PriceListId,
        item: &Item,
    ) -> Result<PriceEntry, Refusal> {
        let price = unit_price(self.price.trim()).map_err(|refusal| refusal.under("/price"))?;
        let unit = optional(self.price_unit.as_deref(), "/price_unit")?;
        let (unit, ratio) = match unit {
            None => (item.price_unit.clone(), item.price_ratio),
            Some(unit) => {
                let ratio = item.ratio(&unit).map_err(|refusal| refusal.under("/price_unit"))?;
                (unit, ratio)
            }
        };
        let from = match self.from_quantity.as_deref().map(str::trim) {
            None | Some("") => Qty::ZERO,
            Some(text) => {
                let sale = item.ratio(&item.sale_unit)?;
                let read = Entered::parse(text).and_then(|n| n.to_base(sale, &item.sale_unit));
                read.map_err(|error| qty_refusal(error).under("/from_quantity"))?
            }
        };
        let valid = span(self.from.as_deref(), self.until.as_deref())?;
        Ok(PriceEntry { id, list, item: item.id, from, price, unit, ratio, valid })
    }
}

/// What a customer group gets off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDiscountRule {
    pub code: String,
    /// The group's code.
    pub group: String,
    pub sku: Option<String>,
    pub category: Option<String>,
    /// Per cent.
    pub discount: String,
    pub from: Option<String>,
    pub until: Option<String>,
}

impl NewDiscountRule {
    /// # Errors
    /// `invalid_field`, `invalid_text`.
    pub fn check(
        &self,
        id: DiscountRuleId,
        group: CustomerGroupId,
        item: Option<ItemId>,
    ) -> Result<DiscountRule, Refusal> {
        Ok(DiscountRule {
            id,
            code: code(&self.code)?,
            group,
            item,
            category: optional(self.category.as_deref(), "/category")?,
            discount_ppm: percent(&self.discount, 100, "/discount")?,
            valid: span(self.from.as_deref(), self.until.as_deref())?,
        })
    }
}

/// A tax code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTaxCode {
    pub code: String,
    pub name: Option<String>,
    /// `standard` (default), `zero_rated`, `exempt` or `reverse_charge`.
    pub kind: Option<String>,
    /// Printed on documents.
    pub note: Option<String>,
}

impl NewTaxCode {
    /// # Errors
    /// `invalid_field`, `invalid_text`.
    pub fn check(&self) -> Result<TaxCode, Refusal> {
        let code = code(&self.code)?;
        let kind = match self.kind.as_deref() {
            None => TaxKind::Standard,
            Some(text) => TaxKind::parse(text).ok_or_else(|| {
                let all: Vec<&str> = TaxKind::ALL.iter().map(|kind| kind.code()).collect();
                invalid("/kind", "there is no such kind of tax").allowed(all.join(", "))
            })?,
        };
        let note = optional(self.note.as_deref(), "/note")?;
        Ok(TaxCode { name: name(self.name.as_deref(), &code)?, code, kind, note })
    }
}

/// Which code and rate apply; what is absent matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTaxRule {
    pub code: String,
    /// Taxes of different layers add up; 1 where absent.
    pub layer: Option<i64>,
    pub seller: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub class: Option<String>,
    /// `business` or `consumer`.
    pub buyer: Option<String>,
    /// Per cent.
    pub rate: String,
    pub from: Option<String>,
    pub until: Option<String>,
}

impl NewTaxRule {
    /// # Errors
    /// `invalid_field`, `invalid_text`; a code that is not taxed has the rate zero.
    pub fn check(&self, id: TaxRuleId, code: &TaxCode) -> Result<TaxRule, Refusal> {
        let buyer = self.buyer.as_deref().map(|text| {
            let wrong = || invalid("/buyer", "a buyer is a `business` or a `consumer`");
            Buyer::parse(text).ok_or_else(wrong)
        });
        let layer = self.layer.unwrap_or(1);
        ensure((1..=9).contains(&layer), || invalid("/layer", "a layer lies between 1 and 9"))?;
        let rate = percent(&self.rate, 1_000, "/rate")?;
        ensure(rate == 0 || code.kind == TaxKind::Standard, || {
            invalid("/rate", format!("{} is {}: its rate is 0", code.code, code.kind.code()))
        })?;
        Ok(TaxRule {
            id,
            code: code.code.clone(),
            layer,
            seller: at_country(self.seller.as_deref(), "/seller")?,
            country: at_country(self.country.as_deref(), "/country")?,
            region: optional(self.region.as_deref(), "/region")?,
            class: optional(self.class.as_deref(), "/class")?,
            buyer: buyer.transpose()?,
            rate: Decimal::new(rate, 6).normalize(),
            valid: span(self.from.as_deref(), self.until.as_deref())?,
        })
    }
}

/// An account's right to buy without tax.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExemption {
    /// The account's number.
    pub account: String,
    pub code: String,
    pub certificate: String,
    pub country: Option<String>,
    pub from: Option<String>,
    pub until: Option<String>,
}

impl NewExemption {
    /// # Errors
    /// `invalid_field`, `invalid_text`; `invalid_field` for a code that is taxed.
    pub fn check(
        &self,
        id: TaxExemptionId,
        account: AccountId,
        code: &TaxCode,
    ) -> Result<Exemption, Refusal> {
        ensure(code.kind != TaxKind::Standard, || {
            invalid("/code", format!("{} is taxed: name a code that is exempt", code.code))
        })?;
        let certificate = text::short(&self.certificate);
        Ok(Exemption {
            id,
            account,
            code: code.code.clone(),
            certificate: certificate.map_err(|refusal| refusal.under("/certificate"))?,
            country: at_country(self.country.as_deref(), "/country")?,
            valid: span(self.from.as_deref(), self.until.as_deref())?,
        })
    }
}

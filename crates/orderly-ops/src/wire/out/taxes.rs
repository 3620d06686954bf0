//! The JSON shapes of tax codes, rules and exemptions.

use orderly_core::pricing::tax::{Exemption, TaxCode, TaxRule, TaxTrace};
use schemars::JsonSchema;
use serde::Serialize;

use super::prices::SpanOut;
use crate::ops::taxes::Known;

/// A tax code: what postings and the tax report name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxCodeOut {
    /// `tax_code`
    pub object: &'static str,
    pub code: String,
    pub name: String,
    /// `standard`, `zero_rated`, `exempt` or `reverse_charge`.
    pub kind: &'static str,
    /// Printed on documents.
    pub note: Option<String>,
}

impl From<&TaxCode> for TaxCodeOut {
    fn from(code: &TaxCode) -> Self {
        Self {
            object: "tax_code",
            code: code.code.clone(),
            name: code.name.clone(),
            kind: code.kind.code(),
            note: code.note.clone(),
        }
    }
}

/// Which code and rate apply; what is absent matches everything.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxRuleOut {
    /// `tax_rule`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    /// Taxes of different layers add up.
    pub layer: i64,
    pub seller: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub class: Option<String>,
    /// `business` or `consumer`.
    pub buyer: Option<&'static str>,
    /// A fraction, such as 0.19.
    pub rate: String,
    #[serde(flatten)]
    pub valid: SpanOut,
}

impl From<&TaxRule> for TaxRuleOut {
    fn from(rule: &TaxRule) -> Self {
        Self {
            object: "tax_rule",
            id: rule.id.to_string(),
            code: rule.code.clone(),
            layer: rule.layer,
            seller: rule.seller.clone(),
            country: rule.country.clone(),
            region: rule.region.clone(),
            class: rule.class.clone(),
            buyer: rule.buyer.map(orderly_core::pricing::tax::Buyer::code),
            rate: rule.rate.normalize().to_string(),
            valid: rule.valid.into(),
        }
    }
}

/// An account's right to buy without tax.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExemptionOut {
    /// `tax_exemption`
    pub object: &'static str,
    pub id: String,
    /// The account's number.
    pub account: String,
    /// The code its purchases are posted with.
    pub code: String,
    pub certificate: String,
    /// Only there; nothing: everywhere.
    pub country: Option<String>,
    #[serde(flatten)]
    pub valid: SpanOut,
}

impl ExemptionOut {
    pub fn new(one: &Exemption, account: &str) -> Self {
        Self {
            object: "tax_exemption",
            id: one.id.to_string(),
            account: account.to_owned(),
            code: one.code.clone(),
            certificate: one.certificate.clone(),
            country: one.country.clone(),
            valid: one.valid.into(),
        }
    }
}

/// All that is known of taxes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxesOut {
    /// `taxes`
    pub object: &'static str,
    /// Whether lines without taxes get them by rule.
    pub on: bool,
    pub codes: Vec<TaxCodeOut>,
    pub rules: Vec<TaxRuleOut>,
    pub exemptions: Vec<ExemptionOut>,
}

impl From<&Known> for TaxesOut {
    fn from(known: &Known) -> Self {
        let exempt = known.exemptions.iter();
        Self {
            object: "taxes",
            on: known.on,
            codes: known.codes.iter().map(TaxCodeOut::from).collect(),
            rules: known.rules.iter().map(TaxRuleOut::from).collect(),
            exemptions: exempt.map(|(one, account)| ExemptionOut::new(one, account)).collect(),
        }
    }
}

/// A tax and why it applies.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxTraceOut {
    pub code: String,
    /// A fraction, such as 0.19.
    pub rate: String,
    pub included: bool,
    /// `given`, `rule` or `exemption`.
    pub origin: &'static str,
    pub rule: Option<String>,
    pub certificate: Option<String>,
    pub note: Option<String>,
}

impl From<&TaxTrace> for TaxTraceOut {
    fn from(tax: &TaxTrace) -> Self {
        Self {
            code: tax.code.clone(),
            rate: tax.rate.normalize().to_string(),
            included: tax.included,
            origin: tax.origin.code(),
            rule: tax.rule.map(|id| id.to_string()),
            certificate: tax.certificate.clone(),
            note: tax.note.clone(),
        }
    }
}

//! Which taxes a line or charge bears: codes, rules with dates, exemptions.
//!
//! In each layer the rule that says most wins: region over country over tax class over buyer over
//! seller. Layers add up, as a state's and a county's tax do. A rule of a reverse-charge code fits
//! only buyers whose tax number is known.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Span;
use crate::id::*;
use crate::order::{Tax, codes};
use crate::refusal::{Code, Refusal};
use crate::time::Day;

codes! {
    /// What a tax code is for the books and on documents.
    TaxKind {
        Standard "standard", ZeroRated "zero_rated", Exempt "exempt",
        ReverseCharge "reverse_charge",
    }
}
codes! {
    /// For whom a rule is.
    Buyer { Business "business", Consumer "consumer" }
}
codes! {
    /// Where a tax comes from.
    TaxOrigin { Given "given", Rule "rule", Exemption "exemption" }
}

/// A tax code: what postings and the tax report name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxCode {
    pub code: String,
    pub name: String,
    pub kind: TaxKind,
    /// Printed on documents.
    pub note: Option<String>,
}

/// Which code and rate apply. `None` matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxRule {
    pub id: TaxRuleId,
    pub code: String,
    pub layer: i64,
    pub seller: Option<String>,
    pub country: Option<String>,
    pub region: Option<String>,
    pub class: Option<String>,
    pub buyer: Option<Buyer>,
    /// A fraction, such as 0.19.
    pub rate: Decimal,
    pub valid: Span,
}

/// An account's right to buy without tax.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exemption {
    pub id: TaxExemptionId,
    pub account: AccountId,
    /// The code its purchases are posted with; of rate zero.
    pub code: String,
    pub certificate: String,
    /// Only there; `None`: everywhere.
    pub country: Option<String>,
    pub valid: Span,
}

/// All tax rules that may matter to a batch.
#[derive(Clone, Debug, Default)]
pub struct Taxes {
    pub codes: HashMap<String, TaxCode>,
    pub rules: Vec<TaxRule>,
    pub exemptions: HashMap<AccountId, Vec<Exemption>>,
}

/// What is taxed: from where to where, what, for whom, when.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub seller: &'a str,
    /// The seller's where the destination is unknown.
    pub country: Option<&'a str>,
    pub region: Option<&'a str>,
    pub class: Option<&'a str>,
    pub business: bool,
    pub tax_number: Option<&'a str>,
    pub account: Option<AccountId>,
    pub day: Day,
}

/// A tax and why it applies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxTrace {
    pub code: String,
    pub rate: Decimal,
    pub included: bool,
    pub origin: TaxOrigin,
    pub rule: Option<TaxRuleId>,
    pub certificate: Option<String>,
    pub note: Option<String>,
}

impl TaxTrace {
    /// A tax that came with the line.
    pub fn given(tax: &Tax) -> Self {
        Self {
            code: tax.name.clone(),
            rate: tax.rate,
            included: tax.included,
            origin: TaxOrigin::Given,
            rule: None,
            certificate: None,
            note: None,
        }
    }

    /// The tax as the order freezes it.
    pub fn tax(&self) -> Tax {
        Tax { name: self.code.clone(), rate: self.rate, included: self.included, amount: 0 }
    }
}

impl Taxes {
    /// The taxes of a case, one of each layer.
    ///
    /// # Errors
    /// `no_tax_rule` where no rule fits, with what is missing.
    pub fn of(&self, case: &Case<'_>, included: bool) -> Result<Vec<TaxTrace>, Refusal> {
        let country = case.country.unwrap_or(case.seller);
        if let Some(exemption) = self.exemption(case, country) {
            return Ok(vec![TaxTrace {
                code: exemption.code.clone(),
                rate: Decimal::ZERO,
                included,
                origin: TaxOrigin::Exemption,
                rule: None,
                certificate: Some(exemption.certificate.clone()),
                note: self.note(&exemption.code),
            }]);
        }
        let mut layers: Vec<i64> = self.rules.iter().map(|rule| rule.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        let mut out = Vec::new();
        for layer in layers {
            let fitting = self.rules.iter().filter(|rule| {
                rule.layer == layer && self.fits(rule, case, country) && self.may(rule, case)
            });
            let best = fitting.max_by_key(|rule| (weight(rule), rule.valid.from, rule.id));
            out.extend(best.map(|rule| TaxTrace {
                code: rule.code.clone(),
                rate: rule.rate,
                included,
                origin: TaxOrigin::Rule,
                rule: Some(rule.id),
                certificate: None,
                note: self.note(&rule.code),
            }));
        }
        if out.is_empty() {
            return Err(self.none(case, country));
        }
        Ok(out)
    }

    fn none(&self, case: &Case<'_>, country: &str) -> Refusal {
        let class = case.class.unwrap_or("any class");
        let detail = format!("no tax rule fits {class} from {} to {country}", case.seller);
        let refusal = Refusal::at(Code::NoTaxRule, "/tax", detail);
        // What would fit if the buyer's tax number were known.
        let waits = self.rules.iter().any(|rule| self.fits(rule, case, country));
        match waits {
            true => refusal.allowed("reverse charge, once the account has its tax number"),
            false => refusal,
        }
    }

    fn exemption(&self, case: &Case<'_>, country: &str) -> Option<&Exemption> {
        let own = self.exemptions.get(&case.account?)?;
        own.iter().find(|one| {
            one.valid.contains(case.day) && one.country.as_deref().is_none_or(|at| at == country)
        })
    }

    fn fits(&self, rule: &TaxRule, case: &Case<'_>, country: &str) -> bool {
        let same = |wanted: &Option<String>, own: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == own)
        };
        let buyer = if case.business { Buyer::Business } else { Buyer::Consumer };
        rule.valid.contains(case.day)
            && same(&rule.seller, Some(case.seller))
            && same(&rule.country, Some(country))
            && same(&rule.region, case.region)
            && same(&rule.class, case.class)
            && rule.buyer.is_none_or(|wanted| wanted == buyer)
    }

    fn may(&self, rule: &TaxRule, case: &Case<'_>) -> bool {
        let kind = self.codes.get(&rule.code).map(|code| code.kind);
        kind != Some(TaxKind::ReverseCharge) || case.tax_number.is_some()
    }

    fn note(&self, code: &str) -> Option<String> {
        self.codes.get(code).and_then(|code| code.note.clone())
    }
}

/// How much a rule says.
fn weight(rule: &TaxRule) -> u8 {
    let said = [
        rule.region.is_some(),
        rule.country.is_some(),
        rule.class.is_some(),
        rule.buyer.is_some(),
        rule.seller.is_some(),
    ];
    said.into_iter().fold(0, |sum, said| sum * 2 + u8::from(said))
}

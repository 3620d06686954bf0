//! Tax codes, the rules that choose among them, and exemptions.
//!
//! A line's taxes are found when its order is placed and are frozen with it: a rate that changes
//! later changes no order and no document of one.

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{TaxExemptionId, TaxRuleId};
use orderly_core::pricing::new::{NewExemption, NewTaxCode, NewTaxRule};
use orderly_core::pricing::tax::{Exemption, TaxCode, TaxRule};
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{accounts, settings, taxes};

use super::prices::{TAX_RULES, configure};
use crate::ops::catalog::ids;
use crate::ops::settings::Setting;
use crate::ops::{Object, Reference, command};
use crate::{App, Call, Error};

/// Codes are their own keys: the first bytes stand for an id.
impl Object for TaxCode {
    fn reference(&self) -> Reference {
        let mut id = [0; 16];
        let code = self.code.as_bytes();
        let length = code.len().min(16);
        id[..length].copy_from_slice(&code[..length]);
        Reference { kind: "tax_code", id, sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let mut all = taxes::codes(tx)?.into_iter();
        let found = all.find(|code| code.reference().id == id);
        found.ok_or_else(|| Error::not_found("tax code"))
    }
}

impl Object for TaxRule {
    fn reference(&self) -> Reference {
        Reference { kind: "tax_rule", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = TaxRuleId::from_bytes(id);
        let found = taxes::rules(tx)?.into_iter().find(|rule| rule.id == id);
        found.ok_or_else(|| Error::not_found(format!("tax rule {id}")))
    }
}

impl Object for Exemption {
    fn reference(&self) -> Reference {
        Reference { kind: "tax_exemption", id: self.id.as_bytes(), sequence: 1 }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        let id = TaxExemptionId::from_bytes(id);
        let (found, _) = every_exemption(tx)?.into_iter().find(|(one, _)| one.id == id).unzip();
        found.ok_or_else(|| Error::not_found(format!("exemption {id}")))
    }
}

fn every_exemption(tx: &mut Tx<'_>) -> Result<Vec<(Exemption, String)>, Error> {
    let (mut after, mut out) = (String::new(), Vec::new());
    loop {
        let page = accounts::list(tx, &after, 500)?;
        let Some(last) = page.last() else { return Ok(out) };
        after.clone_from(&last.number);
        let ids: Vec<_> = page.iter().map(|account| account.id).collect();
        for exemption in taxes::exemptions(tx, &ids)? {
            let account = page.iter().find(|account| account.id == exemption.account);
            let number = account.map(|account| account.number.clone()).unwrap_or_default();
            out.push((exemption, number));
        }
    }
}

/// Everything there is to know about taxes.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Whether lines without taxes get them by rule.
    pub on: bool,
    pub codes: Vec<TaxCode>,
    pub rules: Vec<TaxRule>,
    /// With the number of the account.
    pub exemptions: Vec<(Exemption, String)>,
}

/// Returns the tax codes, rules and exemptions.
pub fn all(app: &App, call: &Call) -> Result<Known, Error> {
    call.require(Permission::Read, Scope::default())?;
    app.store.read(|tx| {
        Ok(Known {
            on: settings::get(tx, TAX_RULES)?.as_deref() == Some("on"),
            codes: taxes::codes(tx)?,
            rules: taxes::rules(tx)?,
            exemptions: every_exemption(tx)?,
        })
    })
}

/// Adds a tax code, or changes the name and the note of one.
///
/// # Errors
/// `already_exists` where the code is of another kind; what [`NewTaxCode::check`] refuses.
pub fn code(app: &App, call: &Call, new: &NewTaxCode) -> Result<TaxCode, Error> {
    command(app, call, "tax_code.set", |tx| {
        configure(tx, call)?;
        let code = new.check()?;
        ensure(taxes::put_code(tx, &code)?, || {
            let detail = format!("{} is a code of another kind, which stays", code.code);
            Refusal::at(Code::AlreadyExists, "/kind", detail)
        })?;
        Ok(code)
    })
}

fn called(tx: &mut Tx<'_>, code: &str) -> Result<TaxCode, Error> {
    let found = taxes::codes(tx)?.into_iter().find(|known| known.code == code.trim());
    found.ok_or_else(|| {
        let shown: String = code.chars().take(60).collect();
        let detail = format!("there is no tax code `{shown}`");
        Refusal::at(Code::UnknownTaxCode, "/code", detail).into()
    })
}

/// Adds a tax rule. A rule that says the same and has no last day ends on the day before.
///
/// # Errors
/// `unknown_tax_code`; what [`NewTaxRule::check`] refuses.
pub fn rule(app: &App, call: &Call, new: &NewTaxRule) -> Result<TaxRule, Error> {
    command(app, call, "tax_rule.add", |tx| {
        configure(tx, call)?;
        let code = called(tx, &new.code)?;
        let rule = new.check(ids(call).draw(), &code)?;
        for known in taxes::rules(tx)? {
            let same = same_case(&known, &rule) && known.valid.until.is_none();
            let earlier = |from: &Day| known.valid.from.is_none_or(|known| known < *from);
            if let Some(from) = rule.valid.from.filter(|from| same && earlier(from)) {
                taxes::end_rule(tx, known.id, from.plus_days(-1))?;
            }
        }
        taxes::insert_rule(tx, &rule)?;
        Ok(rule)
    })
}

/// Whether two rules are about the same goods, places and buyers.
fn same_case(one: &TaxRule, other: &TaxRule) -> bool {
    let case = |rule: &TaxRule| {
        let places = (rule.seller.clone(), rule.country.clone(), rule.region.clone());
        (rule.layer, places, rule.class.clone(), rule.buyer)
    };
    case(one) == case(other)
}

/// Ends a rule: `until` is its last day.
///
/// # Errors
/// `not_found`.
pub fn end(app: &App, call: &Call, id: TaxRuleId, until: Day) -> Result<TaxRule, Error> {
    command(app, call, "tax_rule.end", |tx| {
        configure(tx, call)?;
        if !taxes::end_rule(tx, id, until)? {
            return Err(Error::not_found(format!("tax rule {id}")));
        }
        TaxRule::replay(tx, id.as_bytes(), 1)
    })
}

/// Records an account's exemption; one of the same certificate gives way to it.
///
/// # Errors
/// `unknown_account`, `unknown_tax_code`; what [`NewExemption::check`] refuses.
pub fn exempt(app: &App, call: &Call, new: &NewExemption) -> Result<Exemption, Error> {
    command(app, call, "tax_exemption.set", |tx| {
        configure(tx, call)?;
        let found = accounts::by_number(tx, new.account.trim())?;
        let account = found.ok_or_else(|| {
            let shown: String = new.account.chars().take(60).collect();
            let detail = format!("there is no account `{shown}`");
            Refusal::at(Code::UnknownAccount, "/account", detail)
        })?;
        let code = called(tx, &new.code)?;
        let exemption = new.check(ids(call).draw(), account.id, &code)?;
        taxes::put_exemption(tx, &exemption)?;
        Ok(exemption)
    })
}

/// Switches tax rules on or off: on, a line without taxes gets them by rule or is refused.
pub fn switch(app: &App, call: &Call, on: bool) -> Result<Setting, Error> {
    command(app, call, "tax_rules.switch", |tx| {
        configure(tx, call)?;
        let value = if on { "on" } else { "off" };
        settings::set(tx, TAX_RULES, value)?;
        Ok(Setting { key: TAX_RULES.into(), value: value.into() })
    })
}

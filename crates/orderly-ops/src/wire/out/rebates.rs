//! The JSON shapes of rebates and of what their periods earned.

use orderly_core::purchase::rebate::{Rebate, RebateBasis, Tier};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::purchases::rebates::Shown;

/// A rebate that was agreed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RebateOut {
    /// `rebate`
    pub object: &'static str,
    pub id: String,
    pub code: String,
    pub name: String,
    pub version: i64,
    /// Whose: `supplier` (he gives it) or `customer` (we do).
    pub side: &'static str,
    /// The supplier's code, or the account's number.
    pub partner: String,
    pub currency: String,
    /// `percent` of the net amount, or an amount for each base `unit`.
    pub basis: &'static str,
    /// The id of the item whose lines alone count.
    pub item: Option<String>,
    /// `month`, `quarter` or `year`.
    pub span: &'static str,
    pub tiers: Vec<TierOut>,
    pub starts_on: String,
    pub ends_on: Option<String>,
    pub active: bool,
}

/// From which turnover on which rate holds for the whole period.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TierOut {
    /// Net turnover as an amount, or base units.
    pub from: String,
    /// Per cent, or an amount for one base unit.
    pub rate: String,
}

impl RebateOut {
    /// `partner` is the supplier's code, or the account's number.
    pub fn new(one: &Rebate, partner: String) -> Self {
        let tier = |tier: &Tier| TierOut {
            from: match one.basis {
                RebateBasis::Percent => amount(tier.from, one.currency),
                RebateBasis::Unit => tier.from.to_string(),
            },
            rate: tier.rate.normalize().to_string(),
        };
        Self {
            object: "rebate",
            id: one.id.to_string(),
            code: one.code.clone(),
            name: one.name.clone(),
            version: one.version,
            side: one.side.code(),
            partner,
            currency: one.currency.to_string(),
            basis: one.basis.code(),
            item: one.item.map(|id| id.to_string()),
            span: one.span.code(),
            tiers: one.tiers.iter().map(tier).collect(),
            starts_on: one.starts_on.to_string(),
            ends_on: one.ends_on.map(|day| day.to_string()),
            active: one.active,
        }
    }
}

/// What a period of a rebate has seen and earned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RebatePeriodOut {
    /// `rebate_period`
    pub object: &'static str,
    pub code: String,
    pub side: &'static str,
    /// Such as `2026-Q4`.
    pub period: String,
    pub currency: String,
    pub turnover: String,
    /// Base units.
    pub qty: i64,
    /// What the turnover earns at its tier.
    pub expected: String,
    pub accrued: String,
    pub settled: String,
    pub open: String,
}

impl From<&Shown> for RebatePeriodOut {
    fn from(one: &Shown) -> Self {
        let money = |minor: i64| amount(minor, one.rebate.currency);
        Self {
            object: "rebate_period",
            code: one.rebate.code.clone(),
            side: one.rebate.side.code(),
            period: one.period.period.clone(),
            currency: one.rebate.currency.to_string(),
            turnover: money(one.period.turnover.base),
            qty: one.period.turnover.qty,
            expected: money(one.due),
            accrued: money(one.period.accrued),
            settled: money(one.period.settled),
            open: money(one.period.accrued - one.period.settled),
        }
    }
}

//! What comes back as it is answered: returns, refunds, exchanges.

use std::collections::BTreeMap;

use orderly_core::exchange::Exchange;
use orderly_core::refund::{Refund, RefundLine};
use orderly_core::returns::{Fate, Return, ReturnLine};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::exchanges::Shown;

/// A return.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReturnOut {
    /// `return`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    /// The order's id; absent for goods without a receipt.
    pub order: Option<String>,
    pub external_id: Option<String>,
    pub customer: Option<String>,
    pub state: &'static str,
    pub reason: Option<String>,
    pub currency: String,
    pub created_at: String,
    pub version: i64,
    pub lines: Vec<ReturnLineOut>,
    /// What you may do with it now.
    pub allowed_actions: Vec<&'static str>,
}

/// One line of a return, in base units.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReturnLineOut {
    /// Its position.
    pub line: i64,
    pub id: String,
    pub order_line: Option<String>,
    pub item: Option<String>,
    pub description: String,
    pub reason: Option<String>,
    pub requested: i64,
    pub received: i64,
    /// What became of the units that came; fates without units are left out.
    pub fates: BTreeMap<&'static str, i64>,
    pub refunded: i64,
    /// What was refunded for it.
    pub amount: String,
}

impl From<&Return> for ReturnOut {
    fn from(returned: &Return) -> Self {
        let line = |line: &ReturnLine| {
            let fates = Fate::ALL.iter().map(|fate| (fate.code(), line.fates.of(*fate).get()));
            ReturnLineOut {
                line: line.position,
                id: line.id.to_string(),
                order_line: line.order_line.map(|id| id.to_string()),
                item: line.item.map(|id| id.to_string()),
                description: line.description.clone(),
                reason: line.reason.clone(),
                requested: line.requested.get(),
                received: line.received.get(),
                fates: fates.filter(|(_, units)| *units > 0).collect(),
                refunded: line.refunded.get(),
                amount: amount(line.amount, returned.currency),
            }
        };
        Self {
            object: "return",
            id: returned.id.to_string(),
            number: returned.number.clone(),
            order: returned.order.map(|id| id.to_string()),
            external_id: returned.external_id.clone(),
            customer: returned.head.customer.map(|id| id.to_string()),
            state: returned.head.state.code(),
            reason: returned.head.reason.clone(),
            currency: returned.currency.to_string(),
            created_at: returned.created_at.to_string(),
            version: returned.version,
            lines: returned.lines.iter().map(line).collect(),
            allowed_actions: Vec::new(),
        }
    }
}

/// A refund.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefundOut {
    /// `refund`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub order: Option<String>,
    #[serde(rename = "return")]
    pub returned: Option<String>,
    pub amount: String,
    /// What of it is given as credit.
    pub credited: String,
    pub currency: String,
    pub settlement: &'static str,
    pub state: &'static str,
    pub awaits_approval: bool,
    pub reason: String,
    pub created_at: String,
    pub version: i64,
    pub lines: Vec<RefundLineOut>,
}

/// What is refunded for one line or charge, or kept of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefundLineOut {
    pub line: Option<String>,
    pub charge: Option<String>,
    pub return_line: Option<String>,
    /// `canceled`, `returned`, `goodwill`, `charge` or `restocking_fee`.
    pub cause: &'static str,
    /// In base units.
    pub quantity: i64,
    pub goods: String,
    pub tax: String,
    pub amount: String,
}

impl From<&Refund> for RefundOut {
    fn from(refund: &Refund) -> Self {
        let money = |minor: i64| amount(minor, refund.currency);
        let line = |line: &RefundLine| RefundLineOut {
            line: line.order_line.map(|id| id.to_string()),
            charge: line.charge.map(|id| id.to_string()),
            return_line: line.return_line.map(|id| id.to_string()),
            cause: if line.is_fee() { "restocking_fee" } else { line.cause.code() },
            quantity: line.qty.get(),
            goods: money(line.goods),
            tax: money(line.tax),
            amount: money(line.amount),
        };
        Self {
            object: "refund",
            id: refund.id.to_string(),
            number: refund.number.clone(),
            order: refund.order.map(|id| id.to_string()),
            returned: refund.returned.map(|id| id.to_string()),
            amount: money(refund.amount),
            credited: money(refund.credited),
            currency: refund.currency.to_string(),
            settlement: refund.settlement.code(),
            state: refund.state.code(),
            awaits_approval: refund.awaits_approval,
            reason: refund.reason.clone(),
            created_at: refund.created_at.to_string(),
            version: refund.version,
            lines: refund.lines.iter().map(line).collect(),
        }
    }
}

/// An exchange.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExchangeOut {
    /// `exchange`
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub state: &'static str,
    /// `first` or `after_receipt`.
    pub ships: &'static str,
    /// The number of the order whose goods come back, of the return, and of the order that
    /// replaces them.
    pub order: String,
    #[serde(rename = "return")]
    pub returned: String,
    pub replacement: String,
    pub total: String,
    /// Reserved for the replacement, and what of it was carried there.
    pub reserved: String,
    pub carried: String,
    /// What the replacement costs beyond that.
    pub to_pay: String,
    pub currency: String,
    pub reason: String,
    pub created_at: String,
    pub version: i64,
}

impl From<&Shown> for ExchangeOut {
    fn from(shown: &Shown) -> Self {
        let money = |minor: i64| amount(minor, shown.original.currency);
        let exchange: &Exchange = &shown.exchange;
        Self {
            object: "exchange",
            id: exchange.id.to_string(),
            number: exchange.number.clone(),
            state: exchange.state.code(),
            ships: exchange.ships.code(),
            order: shown.original.number.clone(),
            returned: shown.returned.number.clone(),
            replacement: shown.replacement.number.clone(),
            total: money(shown.replacement.head.totals.total),
            reserved: money(shown.reserved),
            carried: money(shown.carried),
            to_pay: money(shown.to_pay),
            currency: shown.original.currency.to_string(),
            reason: exchange.reason.clone(),
            created_at: exchange.created_at.to_string(),
            version: exchange.version,
        }
    }
}

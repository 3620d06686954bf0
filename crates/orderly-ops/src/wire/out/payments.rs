//! Payments as they are answered.

use orderly_core::id::{InvoiceId, OrderId};
use orderly_core::payment::{Application, ApplicationKind, Payment, TargetKind, Transaction};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::payments::on_delivery::Owed;

/// Money that came in, what it pays and what is left of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PaymentOut {
    pub object: &'static str,
    pub id: String,
    pub provider: String,
    pub method: String,
    /// The provider's name of it.
    pub reference: Option<String>,
    pub currency: String,
    pub customer: Option<String>,
    pub account: Option<String>,
    pub authorized: String,
    pub captured: String,
    pub refunded: String,
    pub applied: String,
    /// What pays nothing yet.
    pub unapplied: String,
    /// What was given back of the cash that was handed over.
    pub change: String,
    pub applications: Vec<ApplicationOut>,
    /// Each step with the provider.
    pub transactions: Vec<TransactionOut>,
    pub created_at: String,
    pub version: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApplicationOut {
    /// The id of the order or invoice.
    pub target: String,
    pub kind: &'static str,
    pub amount: String,
}

impl From<&Payment> for PaymentOut {
    fn from(payment: &Payment) -> Self {
        let money = |minor: i64| amount(minor, payment.currency);
        let applied = payment.applications.iter().filter(|a| a.kind == ApplicationKind::Captured);
        Self {
            object: "payment",
            id: payment.id.to_string(),
            provider: payment.provider.clone(),
            method: payment.method.clone(),
            reference: payment.reference.clone(),
            currency: payment.currency.to_string(),
            customer: payment.customer.map(|one| one.to_string()),
            account: payment.account.map(|one| one.to_string()),
            authorized: money(payment.amounts.authorized),
            captured: money(payment.amounts.captured),
            refunded: money(payment.amounts.refunded),
            applied: money(payment.amounts.applied),
            unapplied: money(payment.unapplied()),
            change: money(payment.transactions.iter().map(Transaction::change).sum()),
            applications: applied.map(|one| application(one, money(one.amount))).collect(),
            transactions: {
                let all = payment.transactions.iter();
                all.map(|one| transaction(one, money(one.amount))).collect()
            },
            created_at: payment.created_at.to_string(),
            version: payment.version,
        }
    }
}

/// A step of a payment: reserved, taken, let go, given back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransactionOut {
    pub id: String,
    /// `authorize`, `capture`, `void` or `refund`.
    pub kind: &'static str,
    /// `pending` and `unknown` wait for what the provider says.
    pub state: &'static str,
    pub amount: String,
    /// The provider's reference of it.
    pub reference: Option<String>,
    /// The order whose money it is.
    pub order: Option<String>,
    pub created_at: String,
    pub settled_at: Option<String>,
}

fn transaction(one: &Transaction, amount: String) -> TransactionOut {
    TransactionOut {
        id: one.id.to_string(),
        kind: one.kind.code(),
        state: one.state.code(),
        amount,
        reference: one.provider_reference.clone(),
        order: one.order.map(|id| id.to_string()),
        created_at: one.created_at.to_string(),
        settled_at: one.settled_at.map(|at| at.to_string()),
    }
}

fn application(one: &Application, amount: String) -> ApplicationOut {
    let target = match one.target_kind {
        TargetKind::Order => OrderId::from_bytes(one.target).to_string(),
        TargetKind::Invoice => InvoiceId::from_bytes(one.target).to_string(),
    };
    ApplicationOut { target, kind: one.target_kind.code(), amount }
}

/// Money that was taken with the goods and has not come to us.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwedOut {
    pub payment: String,
    /// Who has it: the carrier's code, `own` for our own drivers.
    pub carrier: Option<String>,
    /// The order's number.
    pub order: Option<String>,
    pub currency: String,
    pub taken: String,
    pub remitted: String,
    pub open: String,
    pub taken_at: String,
}

impl From<&Owed> for OwedOut {
    fn from(one: &Owed) -> Self {
        let money = |minor: i64| amount(minor, one.currency);
        Self {
            payment: one.payment.to_string(),
            carrier: one.carrier.clone(),
            order: one.order_number.clone(),
            currency: one.currency.to_string(),
            taken: money(one.taken),
            remitted: money(one.remitted),
            open: money(one.open()),
            taken_at: one.taken_at.to_string(),
        }
    }
}

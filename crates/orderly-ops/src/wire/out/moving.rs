//! The JSON shapes of transfers, of what differed, of claims against carriers and of work orders.
//! Plain quantities are base units.

use orderly_core::qty::Qty;
use orderly_core::stock::{CarrierClaim, Difference, Transfer, TransferLine};
use orderly_core::work::{WorkLine, WorkOrder, WorkStep};
use schemars::JsonSchema;
use serde::Serialize;

use super::amount;
use crate::ops::read::names::{Ids, Names};

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransferOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    pub from: String,
    pub to: String,
    pub state: &'static str,
    pub created_at: String,
    pub shipped_at: Option<String>,
    pub expected_on: Option<String>,
    pub lines: Vec<TransferLineOut>,
    pub differences: Vec<DifferenceOut>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TransferLineOut {
    pub id: String,
    pub position: i64,
    pub sku: String,
    pub lot: Option<String>,
    pub qty: i64,
    pub quantity: String,
    pub allocated: i64,
    pub sent: i64,
    pub canceled: i64,
    pub received: i64,
    pub written_off: i64,
    pub in_transit: i64,
    /// Of the sent goods, in minor units of the books' currency.
    pub value_minor: i64,
}

/// Goods that did not arrive as they were sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DifferenceOut {
    pub id: String,
    /// The line of the transfer.
    pub line: String,
    pub kind: &'static str,
    pub qty: i64,
    pub value_minor: i64,
    pub reason: String,
    pub recorded_at: String,
    pub undone_at: Option<String>,
}

impl From<&Difference> for DifferenceOut {
    fn from(one: &Difference) -> Self {
        Self {
            id: one.id.to_string(),
            line: one.line.to_string(),
            kind: one.kind.code(),
            qty: one.qty.get(),
            value_minor: one.value,
            reason: one.reason.clone(),
            recorded_at: one.recorded_at.to_string(),
            undone_at: one.undone_at.map(|at| at.to_string()),
        }
    }
}

impl TransferOut {
    pub fn ids(transfer: &Transfer) -> Ids {
        let lines = &transfer.lines;
        Ids {
            items: lines.iter().map(|line| line.item).collect(),
            lots: lines.iter().map(|line| line.lot).collect(),
            ..Ids::default()
        }
    }

    pub fn new(transfer: &Transfer, names: &Names) -> Self {
        let line = |line: &TransferLine| TransferLineOut {
            id: line.id.to_string(),
            position: line.position,
            sku: names.sku(line.item),
            lot: names.lot(line.lot),
            qty: line.qty.get(),
            quantity: names.show(line.item, line.qty),
            allocated: line.allocated.get(),
            sent: line.sent.get(),
            canceled: line.canceled.get(),
            received: line.received.get(),
            written_off: line.written_off.get(),
            in_transit: line.in_transit().get(),
            value_minor: line.value,
        };
        Self {
            object: "transfer",
            id: transfer.id.to_string(),
            number: transfer.number.clone(),
            version: transfer.version,
            from: names.location(transfer.from),
            to: names.location(transfer.to),
            state: transfer.state.code(),
            created_at: transfer.created_at.to_string(),
            shipped_at: transfer.shipped_at.map(|at| at.to_string()),
            expected_on: transfer.expected_on.map(|day| day.to_string()),
            lines: transfer.lines.iter().map(line).collect(),
            differences: transfer.differences.iter().map(DifferenceOut::from).collect(),
        }
    }
}

/// A claim against a carrier.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClaimOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    pub transfer: String,
    pub difference: String,
    pub carrier: String,
    pub state: &'static str,
    pub currency: String,
    /// Of the goods.
    pub value: String,
    /// What the carrier paid.
    pub received: Option<String>,
    pub reason: Option<String>,
    pub created_at: String,
    pub settled_at: Option<String>,
}

impl From<&CarrierClaim> for ClaimOut {
    fn from(claim: &CarrierClaim) -> Self {
        Self {
            object: "carrier_claim",
            id: claim.id.to_string(),
            number: claim.number.clone(),
            version: claim.version,
            transfer: claim.transfer.to_string(),
            difference: claim.difference.to_string(),
            carrier: claim.carrier.clone(),
            state: claim.state.code(),
            currency: claim.currency.to_string(),
            value: amount(claim.value, claim.currency),
            received: claim.received.map(|minor| amount(minor, claim.currency)),
            reason: claim.reason.clone(),
            created_at: claim.created_at.to_string(),
            settled_at: claim.settled_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkOrderOut {
    pub object: &'static str,
    pub id: String,
    pub number: String,
    pub version: i64,
    pub kind: &'static str,
    pub location: String,
    pub sku: String,
    /// Of each piece a cut makes.
    pub length: Option<i64>,
    pub qty: i64,
    pub done: i64,
    pub state: &'static str,
    /// The order and the line it is made for.
    pub order: Option<String>,
    pub order_line: Option<String>,
    pub priority: i64,
    pub due_on: Option<String>,
    pub created_at: String,
    pub released_at: Option<String>,
    pub ended_at: Option<String>,
    pub lines: Vec<WorkLineOut>,
    pub steps: Vec<WorkStepOut>,
}

/// What a work order takes, or what taking apart gives.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkLineOut {
    pub id: String,
    pub position: i64,
    pub sku: String,
    /// For one base unit made; for cuts the length of a source piece.
    pub per: i64,
    pub needed: i64,
    pub used: i64,
    pub allocated: i64,
    pub backordered: i64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WorkStepOut {
    pub id: String,
    pub position: i64,
    pub made: i64,
    pub scrapped: i64,
    /// What went in and came out again, in minor units of the books' currency.
    pub value_minor: i64,
    pub worked_at: String,
    pub undone_at: Option<String>,
}

impl WorkOrderOut {
    pub fn ids(order: &WorkOrder) -> Ids {
        let items = order.lines.iter().map(|line| line.item).chain([order.item]).collect();
        Ids { items, ..Ids::default() }
    }

    pub fn new(order: &WorkOrder, names: &Names) -> Self {
        let line = |line: &WorkLine| WorkLineOut {
            id: line.id.to_string(),
            position: line.position,
            sku: names.sku(line.item),
            per: line.per.get(),
            needed: line.needed.get(),
            used: line.used.get(),
            allocated: line.allocated.get(),
            backordered: line.backordered.get(),
        };
        let step = |step: &WorkStep| WorkStepOut {
            id: step.id.to_string(),
            position: step.position,
            made: step.made.get(),
            scrapped: step.scrapped.get(),
            value_minor: step.value,
            worked_at: step.worked_at.to_string(),
            undone_at: step.undone_at.map(|at| at.to_string()),
        };
        Self {
            object: "work_order",
            id: order.id.to_string(),
            number: order.number.clone(),
            version: order.version,
            kind: order.kind.code(),
            location: names.location(order.location),
            sku: names.sku(order.item),
            length: order.length.map(Qty::get),
            qty: order.qty.get(),
            done: order.done.get(),
            state: order.state.code(),
            order: order.order.map(|id| id.to_string()),
            order_line: order.order_line.map(|id| id.to_string()),
            priority: order.priority,
            due_on: order.due_on.map(|day| day.to_string()),
            created_at: order.created_at.to_string(),
            released_at: order.released_at.map(|at| at.to_string()),
            ended_at: order.ended_at.map(|at| at.to_string()),
            lines: order.lines.iter().map(line).collect(),
            steps: order.steps.iter().map(step).collect(),
        }
    }
}

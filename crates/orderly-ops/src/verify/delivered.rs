//! Goods with customers that no document made a cost yet: what orders count, what the books say.

use std::collections::HashMap;

use orderly_core::id::OrderId;
use orderly_core::order::{Order, recognition};
use orderly_store::Tx;
use orderly_store::verify::{self as store, Check, Finding, Key};

use super::render;
use super::report::Report;
use crate::Error;

const CHECK: Check = Check {
    invariant: "I9",
    title: "what is delivered and not invoiced of an order is its goods less their costs",
    table: "orders",
    sql: "",
    remedy: "have the difference corrected by a journal of its own, naming the order",
};

/// The value of each order's goods that is not a cost yet, where it is not zero.
pub(super) type Waiting = HashMap<OrderId, i64>;

/// Counts one order.
pub(super) fn add(waiting: &mut Waiting, order: &Order) {
    let costs: i64 = recognition::recognized(order).iter().map(|(_, amount)| amount).sum();
    let value = recognition::delivered(order) - costs;
    if value != 0 {
        waiting.insert(order.id, value);
    }
}

/// Compares what was counted with the books.
pub(super) fn run(tx: &mut Tx<'_>, waiting: Waiting, report: &mut Report) -> Result<(), Error> {
    let rows = waiting.len() as u64;
    let mut left = waiting;
    let mut found = Vec::new();
    store::delivered(tx, |order, booked| {
        let expected = left.remove(&order).unwrap_or_default();
        if expected != booked {
            found.push((order, expected, booked));
        }
        Ok(())
    })?;
    found.extend(left.into_iter().map(|(order, expected)| (order, expected, 0)));
    found.sort_unstable();
    let begun = report.check(CHECK.invariant, CHECK.title, rows);
    for (order, expected, booked) in found {
        let finding = Finding {
            keys: vec![("order_id".into(), Key::Id(order.as_bytes()))],
            what: None,
            expected: expected.to_string(),
            actual: booked.to_string(),
            suspect: None,
        };
        let cause = render::suspect(tx, &finding)?;
        let violation = render::violation(tx, &CHECK, &finding, cause)?;
        report.add(begun, violation);
    }
    Ok(())
}

//! What lies between two values of a payment: the durable content of its events.

use serde::{Deserialize, Serialize};

use super::{Amounts, Application, Payment, Transaction};

/// The format of the changes written now.
pub const FORMAT: i64 = 1;

/// One typed change. Applications are only ever added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Opened(Box<Payment>),
    Amounts(Amounts),
    Transaction(Box<Transaction>),
    Application(Box<Application>),
}

/// Returns the changes that lead from `before` to `after`.
pub fn between(before: &Payment, after: &Payment) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.amounts != after.amounts {
        changes.push(Change::Amounts(after.amounts));
    }
    for one in &after.transactions {
        if before.transactions.iter().find(|old| old.id == one.id) != Some(one) {
            changes.push(Change::Transaction(Box::new(one.clone())));
        }
    }
    let known = |id| before.applications.iter().any(|old| old.id == id);
    for one in after.applications.iter().filter(|new| !known(new.id)) {
        changes.push(Change::Application(Box::new(one.clone())));
    }
    changes
}

/// Applies the changes of one event to the payment before it; `None` before the first, and where
/// the first change does not open a payment. Version and sequence are left to the caller.
pub fn fold(payment: Option<Payment>, changes: &[Change]) -> Option<Payment> {
    let mut payment = payment;
    for change in changes {
        payment = match (payment, change) {
            (None, Change::Opened(opened)) => Some((**opened).clone()),
            (Some(mut payment), change) => {
                apply(&mut payment, change)?;
                Some(payment)
            }
            (None, _) => return None,
        };
    }
    payment
}

fn apply(payment: &mut Payment, change: &Change) -> Option<()> {
    match change.clone() {
        Change::Opened(_) => return None,
        Change::Amounts(amounts) => payment.amounts = amounts,
        Change::Transaction(one) => {
            match payment.transactions.iter_mut().find(|old| old.id == one.id) {
                Some(old) => *old = *one,
                None => payment.keep(*one),
            }
        }
        Change::Application(one) => payment.keep_application(*one),
    }
    Some(())
}

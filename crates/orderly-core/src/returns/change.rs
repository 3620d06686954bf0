//! What lies between two values of a return: the durable content of its events.
//!
//! `fold(between(a, b), a) = b`, so the return folded from its events equals the stored one.

use serde::{Deserialize, Serialize};

use super::{Disposition, Head, Return, ReturnLine};

/// The format of the changes written now.
pub const FORMAT: i64 = 1;

/// One typed change. Parts are carried whole; dispositions are only ever added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Opened(Box<Return>),
    Head(Box<Head>),
    Line(Box<ReturnLine>),
    Disposition(Box<Disposition>),
}

/// Returns the changes that lead from `before` to `after`.
pub fn between(before: &Return, after: &Return) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.head != after.head {
        changes.push(Change::Head(Box::new(after.head.clone())));
    }
    for line in &after.lines {
        if before.lines.iter().find(|old| old.id == line.id) != Some(line) {
            changes.push(Change::Line(Box::new(line.clone())));
        }
    }
    let known = |id| before.dispositions.iter().any(|old| old.id == id);
    for disposition in after.dispositions.iter().filter(|new| !known(new.id)) {
        changes.push(Change::Disposition(Box::new(disposition.clone())));
    }
    changes
}

/// Applies the changes of one event to the return before it; `None` before the first, and where
/// the first change does not open a return. Version and sequence are left to the caller.
pub fn fold(returned: Option<Return>, changes: &[Change]) -> Option<Return> {
    let mut returned = returned;
    for change in changes {
        returned = match (returned, change) {
            (None, Change::Opened(opened)) => Some((**opened).clone()),
            (Some(mut returned), change) => {
                apply(&mut returned, change)?;
                Some(returned)
            }
            (None, _) => return None,
        };
    }
    returned
}

fn apply(returned: &mut Return, change: &Change) -> Option<()> {
    match change.clone() {
        Change::Opened(_) => return None,
        Change::Head(head) => returned.head = *head,
        Change::Line(line) => match returned.lines.iter_mut().find(|old| old.id == line.id) {
            Some(old) => *old = *line,
            None => returned.lines.push(*line),
        },
        Change::Disposition(disposition) => returned.keep(*disposition),
    }
    Some(())
}

//! The order folded from its events against the stored one.

use orderly_core::order::change::{Change, fold};
use orderly_core::order::{Order, Part};
use orderly_store::tables::events::Event;
use serde_json::Value;

/// What the events of an order come to.
pub(super) enum Folded {
    Order(Box<Order>),
    /// The events cannot be folded: at this sequence, for this reason.
    Broken {
        sequence: i64,
        reason: String,
    },
}

/// Folds the events of one order, which come in sequence.
pub(super) fn folded(events: &[Event]) -> Folded {
    let mut order: Option<Order> = None;
    for event in events {
        let broken = |reason: String| Folded::Broken { sequence: event.sequence, reason };
        let changes: Vec<Change> = match serde_json::from_str(&event.changes) {
            Ok(changes) => changes,
            Err(error) => return broken(format!("unreadable: {error}")),
        };
        let placed = order.is_none();
        let Some(mut after) = fold(order.take(), &changes) else {
            return broken("it does not follow the events before".into());
        };
        if !placed {
            after.version += 1;
        }
        after.sequence = event.sequence;
        after.updated_at = event.recorded_at;
        order = Some(after);
    }
    match order {
        Some(order) => Folded::Order(Box::new(order)),
        None => Folded::Broken { sequence: 1, reason: "there are no events".into() },
    }
}

/// Sorts the parts of an order by their keys: their order in lists is not theirs.
pub(super) fn sort(order: &mut Order) {
    fn by_key<P: Part>(parts: &mut [P])
    where
        P::Key: Ord,
    {
        parts.sort_by_key(Part::key);
    }
    by_key(&mut order.deliveries);
    by_key(&mut order.lines);
    by_key(&mut order.charges);
    by_key(&mut order.holds);
    by_key(&mut order.fulfillments);
    by_key(&mut order.work);
    by_key(&mut order.backorders);
    by_key(&mut order.shipments);
    by_key(&mut order.shipment_lines);
    by_key(&mut order.parcels);
}

/// The first field in which two values differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Such as `lines.quantities.shipped`.
    pub path: String,
    /// The id of the part it lies in.
    pub part: Option<String>,
    pub expected: String,
    pub actual: String,
}

/// Returns the first field in which two sorted orders differ.
pub(super) fn difference(expected: &Order, actual: &Order) -> Option<Difference> {
    let json = |order: &Order| serde_json::to_value(order).unwrap_or(Value::Null);
    let (expected, actual) = (json(expected), json(actual));
    differ(&expected, &actual, String::new(), None)
}

fn differ(
    expected: &Value,
    actual: &Value,
    path: String,
    part: Option<String>,
) -> Option<Difference> {
    let inner = |name: &str| match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    };
    match (expected, actual) {
        (Value::Object(old), Value::Object(new)) => {
            let part = id_of(expected).or(part);
            let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
            let field = |map: &serde_json::Map<String, Value>, name: &str| {
                map.get(name).cloned().unwrap_or(Value::Null)
            };
            names.map(String::as_str).find_map(|name| {
                differ(&field(old, name), &field(new, name), inner(name), part.clone())
            })
        }
        (Value::Array(old), Value::Array(new)) => {
            let only = |one: &Value, others: &[Value]| {
                id_of(one)
                    .is_some_and(|id| !others.iter().any(|two| id_of(two) == Some(id.clone())))
            };
            if let Some(gone) = old.iter().find(|one| only(one, new)) {
                let (part, actual) = (id_of(gone), "missing".to_owned());
                return Some(Difference { path, part, expected: "there".into(), actual });
            }
            if let Some(extra) = new.iter().find(|one| only(one, old)) {
                let (part, actual) = (id_of(extra), "there".to_owned());
                return Some(Difference { path, part, expected: "none".into(), actual });
            }
            let most = old.len().max(new.len());
            (0..most).find_map(|index| {
                let at = |all: &[Value]| all.get(index).cloned().unwrap_or(Value::Null);
                differ(&at(old), &at(new), path.clone(), part.clone())
            })
        }
        (old, new) if old == new => None,
        (old, new) => {
            let (expected, actual) = (old.to_string(), new.to_string());
            Some(Difference { path, part, expected, actual })
        }
    }
}

/// The id of a part. The order itself is none.
fn id_of(value: &Value) -> Option<String> {
    let id = value.get("id").or_else(|| value.get("claim"))?;
    id.as_str().filter(|id| !id.starts_with("ord_")).map(str::to_owned)
}

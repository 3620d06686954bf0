//! What differs between an order and what its channel sends under the same external id.

use orderly_core::order::{Line, Order};
use orderly_core::refusal::{Code, Issue, Refusal};

/// Refuses the changed order and names every field that differs, the first hundred.
pub fn refusal(before: &Order, after: &Order) -> Refusal {
    let mut issues = Vec::new();
    let mut compare = |pointer: String, old: String, new: String| {
        if old != new && issues.len() < 100 {
            issues.push(Issue {
                pointer,
                code: Code::ExternalOrderChanged,
                detail: format!("it was `{old}` and is `{new}` now"),
                sku: None,
                requested: Some(new),
                available: None,
                allowed: Some(old),
            });
        }
    };
    compare("/currency".into(), before.currency.to_string(), after.currency.to_string());
    let total = |order: &Order| order.head.totals.total.to_string();
    compare("/totals/total".into(), total(before), total(after));
    let reference = |order: &Order| order.head.reference.clone().unwrap_or_default();
    compare("/reference".into(), reference(before), reference(after));
    let count = |order: &Order| asked(order).len().to_string();
    compare("/lines".into(), count(before), count(after));
    for (index, (old, new)) in asked(before).iter().zip(asked(after)).enumerate() {
        let field = |name: &str| format!("/lines/{index}/{name}");
        compare(field("description"), old.description.clone(), new.description.clone());
        let quantity = |line: &Line| format!("{} {}", line.entered, line.unit);
        compare(field("quantity"), quantity(old), quantity(new));
        compare(field("unit_price"), old.price.to_string(), new.price.to_string());
    }
    for (index, (old, new)) in before.deliveries.iter().zip(&after.deliveries).enumerate() {
        let pointer = format!("/deliveries/{index}/method");
        compare(pointer, old.method.code().into(), new.method.code().into());
    }
    if issues.is_empty() {
        let detail = "the channel sent other content under this external id";
        return Refusal::at(Code::ExternalOrderChanged, "/external_id", detail);
    }
    Refusal { issues }
}

/// The lines the channel sent, without components of kits.
fn asked(order: &Order) -> Vec<&Line> {
    order.lines.iter().filter(|line| line.parent.is_none()).collect()
}

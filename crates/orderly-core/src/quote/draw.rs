//! What orders draw on the lines of quotes and agreements.

use std::collections::BTreeMap;

use super::{Quote, QuoteKind};
use crate::id::LineId;
use crate::order::Order;
use crate::qty::Qty;
use crate::refusal::{Code, Refusal};

/// What an order draws on each origin, in base units: ordered and not canceled. What is shipped
/// short or over within the tolerance serves the quantity drawn.
pub fn of(order: &Order) -> BTreeMap<LineId, i64> {
    let mut drawn = BTreeMap::new();
    for line in order.lines.iter().filter(|line| line.parent.is_none()) {
        if let Some(origin) = line.origin {
            let qty = line.quantities.ordered.less(line.quantities.canceled);
            *drawn.entry(origin).or_insert(0) += qty.get();
        }
    }
    drawn
}

/// What lies between two values of an order: origins whose drawn quantity changes, by how much.
pub fn between(before: Option<&Order>, after: &Order) -> BTreeMap<LineId, i64> {
    let mut changes = of(after);
    for (origin, drawn) in before.map(of).unwrap_or_default() {
        *changes.entry(origin).or_insert(0) -= drawn;
    }
    changes.retain(|_, change| *change != 0);
    changes
}

/// Draws on a quote's line, or gives back what was drawn where `change` is negative.
///
/// # Errors
/// `unknown_line`; `above_quote` and `above_agreement` with what is left in the line's unit.
pub fn draw(quote: &mut Quote, origin: LineId, change: i64) -> Result<(), Refusal> {
    let (kind, name) = (quote.kind, quote.name());
    let found = quote.lines.iter_mut().find(|one| one.line.id == origin);
    let own = found
        .ok_or_else(|| Refusal::new(Code::UnknownLine, format!("{name} has no line {origin}")))?;
    let drawn = own.drawn.get().checked_add(change).and_then(|sum| Qty::new(sum).ok());
    match drawn.filter(|drawn| *drawn <= own.offered) {
        Some(drawn) => {
            own.drawn = drawn;
            Ok(())
        }
        None => {
            let left = format!("{} {}", own.show(own.left()), own.line.unit);
            let code = match kind {
                QuoteKind::Quote => Code::AboveQuote,
                QuoteKind::Agreement => Code::AboveAgreement,
            };
            let next = if kind == QuoteKind::Quote { "a new quote" } else { "a revision" };
            let detail =
                format!("line {} of {name} has {left} left; more takes {next}", own.line.position);
            Err(Refusal::new(code, detail).available(left.clone()).allowed(left))
        }
    }
}

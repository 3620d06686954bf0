//! Editing a placed order: other addresses and days, other quantities, more lines.
//!
//! A line keeps its price. What was invoiced, refunded or canceled of a line keeps its amount: an
//! edit that would shift it by a cent is refused, and a line of its own does instead.

use super::cancel::{Cancel, cancel, uncancel};
use super::goods::Moves;
use super::work::{At, Settled, raise, times};
use super::*;
use crate::refusal::ensure;

/// Other terms of a delivery; what is `None` stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryEdit {
    pub delivery: DeliveryId,
    /// The new version of the address it goes to.
    pub ship_to: Option<PartyId>,
    /// The new version of the contact on site.
    pub contact: Option<PartyId>,
    pub required_on: Option<Day>,
    pub ship_by_on: Option<Day>,
}

/// What is to be different; what is `None` or empty stays.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    pub reference: Option<String>,
    pub priority: Option<i64>,
    pub deliveries: Vec<DeliveryEdit>,
    /// Lines with the quantity they are to have: what is not canceled or closed short.
    pub quantities: Vec<(LineId, Qty)>,
    /// Lines that come after the others, priced, in their deliveries; a kit before its components.
    pub add: Vec<Line>,
}

/// Edits an order. What is new of it is unallocated: the caller sources it.
///
/// # Errors
/// `invalid_transition` unless it is placed, where a delivery is on its way or packed, and where a
/// line cannot grow any more; `on_hold`; `unknown_delivery`, `unknown_line`, `kit_component`;
/// `invalid_field` for an address of goods that are collected; those of canceling a part;
/// `quantity_precision`, `quantity_too_large`, `money_too_large`; `nothing_to_do`.
pub fn edit(order: &Order, new: &Edit, at: &At<'_>, ids: &mut IdSource) -> Settled {
    order.ensure_placed()?;
    ensure(!order.history, || {
        let detail = format!("order {} was imported: it happened elsewhere", order.number);
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    let deliveries = new.deliveries.iter().map(|one| one.delivery.as_bytes());
    let lines = new.quantities.iter().map(|(line, _)| line.as_bytes());
    at.ensure_free(order, Step::Edit, &deliveries.chain(lines).collect::<Vec<_>>())?;
    let mut after = order.clone();
    if let Some(reference) = &new.reference {
        let read = crate::text::optional(Some(reference));
        after.head.reference = read.map_err(|refusal| refusal.under("/reference"))?;
    }
    after.head.priority = new.priority.unwrap_or(after.head.priority);
    for (index, one) in new.deliveries.iter().enumerate() {
        let done = deliver_so(&mut after, one);
        done.map_err(|refusal| refusal.under(&format!("/deliveries/{index}")))?;
    }
    let mut movements = Vec::new();
    for (index, (line, wanted)) in new.quantities.iter().enumerate() {
        let under = |refusal: Refusal| refusal.under(&format!("/lines/{index}"));
        let decision = resize(&after, *line, *wanted, at, ids).map_err(under)?;
        movements.extend(decision.movements);
        after = decision.order;
    }
    let last = after.lines.iter().map(|line| line.position).max().unwrap_or(0);
    let added = new.add.iter().cloned();
    after.lines.extend(added.map(|line| Line { position: last + line.position, ..line }));
    price::total(&mut after, &[])?;
    ensure_kept(order, &after)?;
    ensure(!change::between(order, &after).is_empty(), || {
        let detail = format!("order {} is so already", order.number);
        Refusal::new(Code::NothingToDo, detail)
    })?;
    let mut decision = after.finish(Moves::new(at.now, ids))?;
    decision.movements.splice(0..0, movements);
    Ok(decision)
}

/// Changes where and when a delivery goes, as long as nothing of it is packed or has left.
fn deliver_so(order: &mut Order, new: &DeliveryEdit) -> Result<(), Refusal> {
    let name = order.delivery(new.delivery)?.reference.clone();
    let moves = new.ship_to.is_some() || new.contact.is_some();
    let left = order
        .shipments
        .iter()
        .any(|one| one.delivery == new.delivery && one.state != ShipmentState::Voided);
    ensure(!moves || !left, || {
        let detail = format!("delivery {name} is on its way");
        Refusal::new(Code::InvalidTransition, detail)
    })?;
    let packed = order
        .lines
        .iter()
        .any(|line| line.delivery == new.delivery && !line.quantities.packed.is_zero());
    ensure(!moves || !packed, || {
        let detail = format!("delivery {name} is packed: its label names the old address");
        Refusal::new(Code::InvalidTransition, detail).allowed("unpack")
    })?;
    let delivery = order.delivery_mut(new.delivery)?;
    let there = matches!(delivery.method, Method::TakeAway | Method::Collect);
    ensure(new.ship_to.is_none() || !there, || {
        let detail = format!("delivery {name} is collected at a location");
        Refusal::at(Code::InvalidField, "/ship_to", detail)
    })?;
    delivery.ship_to = new.ship_to.or(delivery.ship_to);
    delivery.contact = new.contact.or(delivery.contact);
    delivery.required_on = new.required_on.or(delivery.required_on);
    delivery.ship_by_on = new.ship_by_on.or(delivery.ship_by_on);
    Ok(())
}

/// What of a line is still wanted, in the quantity of its group.
fn wanted(order: &Order, group: &work::Group) -> Result<Qty, Refusal> {
    let line = order.line(group.line)?;
    let part = |id: LineId| {
        let q = order.line(id).map(|line| line.quantities);
        q.map_or(Qty::ZERO, |q| q.ordered.less(q.canceled).less(q.closed_short))
    };
    Ok(if line.kind == LineKind::Kit { group.qty(order, group.least(part)) } else { part(line.id) })
}

/// Gives a line another quantity: less is canceled; more takes back what was canceled first.
fn resize(order: &Order, line: LineId, qty: Qty, at: &At<'_>, ids: &mut IdSource) -> Settled {
    let group = order.addressed(line)?;
    let now = wanted(order, &group)?;
    if qty < now {
        let gone = now.less(qty);
        return cancel(order, &Cancel::Lines(vec![(line, Some(gone))]), at, ids);
    }
    let canceled = |id: LineId| order.line(id).map_or(Qty::ZERO, |line| line.quantities.canceled);
    let was = group.qty(order, group.least(canceled));
    let (mut after, mut more) = (order.clone(), qty.less(now));
    let back = more.min(was);
    if !back.is_zero() {
        let what = Cancel::Lines(vec![(line, Some(back))]);
        after = uncancel(order, &what, at.now, ids)?.order;
        more = more.less(back);
    }
    if !more.is_zero() {
        grow(&mut after, &group, more)?;
    }
    Ok(Decision::only(after))
}

/// Makes a line larger, at its price.
fn grow(order: &mut Order, group: &work::Group, more: Qty) -> Result<(), Refusal> {
    let line = order.line(group.line)?;
    let may = matches!(line.kind, LineKind::Stock | LineKind::Kit | LineKind::Packaging);
    let service = line.kind == LineKind::Service;
    let q = line.quantities;
    let past = [q.canceled, q.closed_short, q.over, q.shipped, q.invoiced, q.refunded];
    let begun = past.iter().any(|qty| !qty.is_zero());
    ensure((may || service) && line.measured.is_none() && !begun, || {
        let detail = format!("line {} cannot grow any more: add a line", line.position);
        Refusal::new(Code::InvalidTransition, detail).allowed("add")
    })?;
    let count = group.count(order, more).ok_or_else(|| {
        let per = group.qty(order, 1);
        let detail = format!("the line is in pieces of {per}");
        Refusal::new(Code::QuantityPrecision, detail).allowed(per.to_string())
    })?;
    let too_large = || Refusal::new(Code::QuantityTooLarge, "the quantity is too large");
    for (part, per) in &group.parts {
        let by = per.times(count).ok_or_else(too_large)?;
        let part = order.line_mut(*part)?;
        let ordered = part.quantities.ordered.plus(by).ok_or_else(too_large)?;
        part.quantities.ordered = Qty::new(ordered.get()).map_err(|_| too_large())?;
        raise(&mut part.quantities.unallocated, by);
        part.entered = entered(part.quantities.ordered, part.unit_ratio, &part.unit)?;
    }
    let line = order.line_mut(group.line)?;
    if line.kind == LineKind::Kit {
        let by = times(1, count);
        line.quantities.ordered = line.quantities.ordered.plus(by).ok_or_else(too_large)?;
        line.entered = entered(line.quantities.ordered, line.unit_ratio, &line.unit)?;
    }
    Ok(())
}

/// A base quantity as somebody would enter it: a decimal, else a fraction.
fn entered(qty: Qty, ratio: Ratio, unit: &str) -> Result<String, Refusal> {
    let units = Decimal::from(qty.get()) * Decimal::from(ratio.den) / Decimal::from(ratio.num);
    let decimal = units.round_dp(6).normalize().to_string();
    let exact = crate::qty::Entered::parse(&decimal).and_then(|text| text.to_base(ratio, unit));
    if exact.is_ok_and(|exact| exact == qty) {
        return Ok(decimal);
    }
    let too_large = || Refusal::new(Code::QuantityTooLarge, "the quantity is too large");
    let whole = qty.get().checked_mul(ratio.den).ok_or_else(too_large)?;
    Ok(format!("{whole}/{}", ratio.num))
}

/// Refuses to shift what is invoiced, refunded or canceled of another line, or of a charge.
fn ensure_kept(before: &Order, after: &Order) -> Result<(), Refusal> {
    let refused = |what: &str, position: i64| {
        let detail =
            format!("the tax of {what} {position} would change, and it is settled in part");
        Err(Refusal::new(Code::InvalidTransition, detail).allowed("place"))
    };
    for old in &before.lines {
        let new = after.line(old.id)?;
        let (q, now) = (&old.quantities, &new.quantities);
        // What was canceled and is wanted again has no amount of its own any more.
        let still = [q.canceled.min(now.canceled), q.closed_short.min(now.closed_short)];
        let settled = still.into_iter().chain([q.invoiced, q.refunded]).any(|qty| !qty.is_zero());
        if new.amounts != old.amounts && settled {
            return refused("line", old.position);
        }
    }
    let money = |one: &Charge| (one.amount, one.tax_included, one.tax_added);
    for old in before.charges.iter().filter(|one| one.invoiced != 0 || one.refunded != 0) {
        if after.charges.iter().any(|new| new.id == old.id && money(new) != money(old)) {
            return refused("charge", old.position);
        }
    }
    Ok(())
}

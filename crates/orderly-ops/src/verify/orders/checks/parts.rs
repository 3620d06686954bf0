//! The parts of an order among each other: lines, kits, claims, work and shipments.

use orderly_core::order::claims;
use orderly_core::order::{Line, LineKind, Order, ShipmentState, Work};
use orderly_core::qty::Qty;
use orderly_store::tables::claims::Claimed;

use super::{Blame, Rule, Sink};

pub(super) fn check(order: &Order, claimed: &[Claimed], sink: &mut Sink<'_>) {
    for line in &order.lines {
        if let Some(identity) = line.quantities.broken(line.max_over, line.max_short) {
            let values = [identity.to_owned(), format!("{:?}", line.quantities)];
            sink.part(Rule::Counters, ("line", line.id.to_string()), "identity", values);
        }
        if line.claims_stock() && !order.history {
            work(order, line, sink);
            shipments(order, line, sink);
        }
    }
    if !order.history {
        kits(order, sink);
    }
    whole(order, sink);
    belongs(order, sink);
    stock(order, claimed, sink);
}

/// O1: a kit line's counters are recomputed from its components.
fn kits(order: &Order, sink: &mut Sink<'_>) {
    for kit in order.lines.iter().filter(|line| line.kind == LineKind::Kit) {
        let mut again = order.clone();
        let part = ("line", kit.id.to_string());
        if let Err(refusal) = again.settle_kit(kit.id) {
            let values = ["whole kits".to_owned(), refusal.to_string()];
            sink.part(Rule::Kits, part, "components", values);
            continue;
        }
        let Ok(settled) = again.line(kit.id) else { continue };
        if settled.quantities != kit.quantities && order.components(kit.id).next().is_some() {
            let values = [format!("{:?}", settled.quantities), format!("{:?}", kit.quantities)];
            sink.part(Rule::Kits, part, "counters", values);
        }
        for child in order.components(kit.id) {
            let per = child.per_parent.map_or(0, Qty::get);
            let wanted = per.saturating_mul(kit.quantities.ordered.get());
            let part = Some(("line", child.id.to_string()));
            let ordered = child.quantities.ordered.get();
            sink.same(Rule::Kits, part, "ordered of the component", [wanted, ordered]);
        }
    }
}

/// O2: something is ordered, and goes somewhere.
fn whole(order: &Order, sink: &mut Sink<'_>) {
    for (what, count) in [("lines", order.lines.len()), ("deliveries", order.deliveries.len())] {
        if count == 0 {
            sink.whole(Rule::Whole, what, ["at least 1".into(), "0".into()]);
        }
    }
}

/// S2: what a line counts as allocated and backordered, its work and backorders say as well.
fn work(order: &Order, line: &Line, sink: &mut Sink<'_>) {
    let sum = |of: fn(&Work) -> Qty| {
        let own = order.work.iter().filter(|work| work.line == line.id);
        own.map(|work| of(work).get()).sum::<i64>()
    };
    let waiting = order.backorders.iter().filter(|waiting| waiting.line == line.id);
    let q = &line.quantities;
    for (what, expected, actual) in [
        ("allocated", sum(|work| work.qty), q.allocated),
        ("released", sum(|work| work.released), q.released),
        ("picked", sum(|work| work.picked), q.picked),
        ("packed", sum(|work| work.packed), q.packed),
        ("backordered", waiting.map(|waiting| waiting.qty.get()).sum(), q.backordered),
    ] {
        let part = Some(("line", line.id.to_string()));
        sink.same(Rule::Work, part, what, [expected, actual.get()]);
    }
}

/// S6: what was brought back leaves shipped when it is decided on, on the line and not on its
/// shipment, so the two are compared without it.
fn shipments(order: &Order, line: &Line, sink: &mut Sink<'_>) {
    let voided = |id| {
        let own = order.shipments.iter().find(|shipment| shipment.id == id);
        own.is_some_and(|shipment| shipment.state == ShipmentState::Voided)
    };
    let (mut gone, mut delivered, mut lost) = (0, 0, 0);
    for own in order.shipment_lines.iter().filter(|own| own.line == line.id) {
        if !voided(own.shipment) {
            gone += own.qty.get() - own.brought_back.get();
            delivered += own.delivered.get();
            lost += own.lost.get();
        }
    }
    let q = &line.quantities;
    let shipped = q.shipped.get() - q.brought_back.get();
    for (what, expected, actual) in [
        ("shipped", gone, shipped),
        ("delivered", delivered, q.delivered.get()),
        ("lost", lost, q.lost.get()),
    ] {
        let part = Some(("line", line.id.to_string()));
        sink.same(Rule::Shipments, part, what, [expected, actual]);
    }
}

/// O5: every part names other parts of the same order.
fn belongs(order: &Order, sink: &mut Sink<'_>) {
    let mut missing = |part: (&'static str, String), what: &str, there: bool| {
        if !there {
            let values = ["of this order".to_owned(), "not of this order".to_owned()];
            sink.part(Rule::Parts, part, what, values);
        }
    };
    for line in &order.lines {
        let part = || ("line", line.id.to_string());
        missing(part(), "delivery", order.delivery(line.delivery).is_ok());
        missing(part(), "kit", line.parent.is_none_or(|kit| order.line(kit).is_ok()));
    }
    for own in &order.fulfillments {
        let there = order.delivery(own.delivery).is_ok();
        missing(("fulfillment", own.id.to_string()), "delivery", there);
    }
    for own in &order.work {
        let part = || ("claim", own.claim.to_string());
        missing(part(), "fulfillment", order.fulfillment(own.fulfillment).is_ok());
        let item = order.line(own.line).ok().and_then(|line| line.item);
        missing(part(), "line and item", item == Some(own.item));
    }
    for own in &order.shipments {
        let there = order.fulfillment(own.fulfillment).is_ok();
        missing(("shipment", own.id.to_string()), "fulfillment", there);
    }
    for own in &order.shipment_lines {
        let part = || ("shipment line", own.id.to_string());
        missing(part(), "shipment", order.shipment(own.shipment).is_ok());
        let item = order.line(own.line).ok().and_then(|line| line.item);
        missing(part(), "line and item", item == Some(own.item));
        missing(part(), "claim", order.work_of(own.claim).is_ok_and(|w| w.line == own.line));
    }
    for own in &order.parcels {
        let there = order.shipment(own.shipment).is_ok();
        missing(("parcel", own.id.to_string()), "shipment", there);
    }
}

/// S2: the claims that are stored are those that follow from the order.
fn stock(order: &Order, claimed: &[Claimed], sink: &mut Sink<'_>) {
    let wanted = claims::of(order);
    if order.history && !(wanted.is_empty() && claimed.is_empty()) {
        let values = ["no claims".to_owned(), format!("{} claims", claimed.len().max(1))];
        sink.whole(Rule::History, "claims", values);
        return;
    }
    for claim in &wanted {
        let part = Some(("claim", claim.id.to_string()));
        let Some(stored) = claimed.iter().find(|stored| stored.claim.id == claim.id) else {
            let values = [format!("{} base units", claim.qty), "no claim".to_owned()];
            let blame = Blame::Part(Some(claim.id.to_string()));
            sink.push(Rule::Claims, part, "claim".into(), values, blame);
            continue;
        };
        if stored.claim != *claim || stored.priority != order.head.priority {
            let values = [format!("{claim:?}"), format!("{:?}", stored.claim)];
            sink.push(Rule::Claims, part, "claim".into(), values, Blame::Claim(claim.id));
        }
    }
    for stored in claimed {
        let id = stored.claim.id;
        if !wanted.iter().any(|claim| claim.id == id) {
            let part = Some(("claim", id.to_string()));
            let values = ["no claim".to_owned(), format!("{} base units", stored.claim.qty)];
            sink.push(Rule::Claims, part, "claim".into(), values, Blame::Claim(id));
        }
    }
}

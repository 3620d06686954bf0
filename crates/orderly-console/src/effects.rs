//! What lies between two values of an order, in words and figures: for the consequence sheet and
//! for the timeline.

use std::collections::BTreeMap;

use orderly_core::id::LocationId;
use orderly_core::order::{Line, Order, OrderState, Shipment, ShipmentState};
use orderly_core::qty::{Qty, Ratio};
use orderly_ops::ops::read::orders::Shown;
use orderly_ops::wire::out::quantity;

use crate::parts::bar;
use crate::parts::sheet::Effect;
use crate::show;
use crate::words::{self, t};

/// What changes from `before` to `after`; `shown` says what ids stand for.
pub fn between(before: &Order, after: &Order, shown: &Shown) -> Vec<Effect> {
    let mut effects = Vec::new();
    state(before, after, &mut effects);
    for line in after.lines.iter().filter(|line| line.parent.is_none()) {
        match before.lines.iter().find(|old| old.id == line.id) {
            Some(old) => moved(old, line, &mut effects),
            None => effects.push(Effect::new('+', called(line), entered(line))),
        }
    }
    claims(before, after, shown, &mut effects);
    holds(before, after, &mut effects);
    shipments(before, after, shown, &mut effects);
    money(before, after, &mut effects);
    promises(before, after, &mut effects);
    effects
}

/// How a line is called: its description.
pub fn called(line: &Line) -> String {
    line.description.clone()
}

fn entered(line: &Line) -> String {
    format!("{} {}", line.entered, line.unit)
}

/// A base quantity in the unit of a line: `2.5 m`.
pub fn in_unit(base: i64, line: &Line) -> String {
    let ratio: Ratio = line.unit_ratio;
    let qty = Qty::new(base.abs()).unwrap_or(Qty::ZERO);
    format!("{} {}", quantity(qty, ratio), line.unit)
}

fn state(before: &Order, after: &Order, effects: &mut Vec<Effect>) {
    if before.head.state == after.head.state {
        return;
    }
    let sign = if after.head.state == OrderState::Canceled { '−' } else { '·' };
    let word = words::of("state", after.head.state.code());
    effects.push(Effect::new(sign, words::with("effect.state", &[("state", &word)]), ""));
}

/// What of a line goes from one step to another.
fn moved(before: &Line, after: &Line, effects: &mut Vec<Effect>) {
    let share = |line: &Line| -> BTreeMap<&'static str, i64> {
        bar::steps(&line.quantities).into_iter().map(|(_, word, share)| (word, share)).collect()
    };
    let (old, new) = (share(before), share(after));
    let mut less = Vec::new();
    let mut more = Vec::new();
    for word in bar::WORDS {
        let part = |shares: &BTreeMap<&str, i64>| shares.get(word).copied().unwrap_or(0);
        match part(&new) - part(&old) {
            0 => {}
            delta if delta < 0 => less.push((word, -delta)),
            delta => more.push((word, delta)),
        }
    }
    // What leaves one step comes to the next that takes some.
    let mut take = more.into_iter().peekable();
    for (from, mut left) in less {
        while left > 0 {
            let Some((to, room)) = take.peek_mut() else { break };
            let part = left.min(*room);
            let names = [words::of("qty", from), words::of("qty", to)];
            let text = format!("{}: {} → {}", called(after), names[0], names[1]);
            effects.push(Effect::new('→', text, in_unit(part, after)));
            left -= part;
            *room -= part;
            if *room == 0 {
                take.next();
            }
        }
    }
}

/// What is claimed of stock, and freed, by location and line.
fn claims(before: &Order, after: &Order, shown: &Shown, effects: &mut Vec<Effect>) {
    let count = |order: &Order| {
        let mut sums: BTreeMap<(LocationId, i64), i64> = BTreeMap::new();
        for work in &order.work {
            let Ok(of) = order.fulfillment(work.fulfillment) else { continue };
            let Ok(line) = order.line(work.line) else { continue };
            let sum = sums.entry((of.location, line.position)).or_default();
            *sum += work.qty.get() + work.shipped.get();
        }
        sums
    };
    let (old, new) = (count(before), count(after));
    let mut keys: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let part = |sums: &BTreeMap<_, i64>| sums.get(&key).copied().unwrap_or(0);
        let delta = part(&new) - part(&old);
        let Some(line) = after.lines.iter().find(|line| line.position == key.1) else { continue };
        let place = shown.locations.get(&key.0).map_or("?", |location| location.code.as_str());
        let sentence = if delta > 0 { "effect.claims" } else { "effect.frees" };
        if delta != 0 {
            let text = words::with(sentence, &[("what", &called(line)), ("place", &place)]);
            let sign = if delta > 0 { '+' } else { '−' };
            effects.push(Effect::new(sign, text, in_unit(delta, line)));
        }
    }
}

fn holds(before: &Order, after: &Order, effects: &mut Vec<Effect>) {
    for hold in &after.holds {
        let old = before.holds.iter().find(|old| old.id == hold.id);
        let steps: Vec<String> =
            hold.blocks.iter().map(|step| words::of("step", step.code())).collect();
        let steps = steps.join(", ");
        let kind = words::of("hold", &hold.kind);
        match (old.is_some_and(|old| old.released_at.is_none()), hold.released_at) {
            (false, None) => {
                let text = words::with("effect.holds", &[("kind", &kind), ("steps", &steps)]);
                effects.push(Effect::new('!', text, ""));
            }
            (true, Some(_)) => {
                let text = words::with("effect.lets", &[("kind", &kind), ("steps", &steps)]);
                effects.push(Effect::new('·', text, ""));
            }
            _ => {}
        }
    }
}

fn shipments(before: &Order, after: &Order, shown: &Shown, effects: &mut Vec<Effect>) {
    for shipment in &after.shipments {
        let old = before.shipments.iter().find(|old| old.id == shipment.id);
        let place = shown.locations.get(&shipment.location);
        let place = place.map_or("?", |location| location.code.as_str());
        let name = named(shipment);
        match (old.map(|old| old.state), shipment.state) {
            (None, _) => {
                let parcels = after.parcels.iter().filter(|one| one.shipment == shipment.id);
                let count = i64::try_from(parcels.count()).unwrap_or(0);
                let text = words::with("effect.ships", &[("place", &place), ("name", &name)]);
                let figure = match count {
                    0 => String::new(),
                    count => words::counted("unit.parcel.one", "unit.parcel.many", count),
                };
                effects.push(Effect::new('+', text, figure));
            }
            (Some(old), new) if old != new => {
                let word = words::of("shipment", new.code());
                let text = words::with("effect.shipment", &[("name", &name), ("state", &word)]);
                let sign = if new == ShipmentState::Voided { '−' } else { '·' };
                effects.push(Effect::new(sign, text, ""));
            }
            _ => {}
        }
    }
}

/// How a shipment is called: its carrier and tracking number, as far as there are.
pub fn named(shipment: &Shipment) -> String {
    let parts = [shipment.carrier.as_deref(), shipment.tracking.as_deref()];
    let known: Vec<&str> = parts.into_iter().flatten().collect();
    if known.is_empty() { t("order.shipment").to_owned() } else { known.join(" ") }
}

fn money(before: &Order, after: &Order, effects: &mut Vec<Effect>) {
    let (old, new) = (&before.head, &after.head);
    let pairs = [
        ("effect.total", old.totals.total, new.totals.total),
        ("effect.authorized", old.paid.authorized, new.paid.authorized),
        ("effect.captured", old.paid.captured, new.paid.captured),
        ("effect.refunded", old.paid.refunded, new.paid.refunded),
    ];
    for (key, was, is) in pairs {
        if was != is {
            let text = words::with(key, &[("was", &show::figure(was, after.currency))]);
            effects.push(Effect::new('→', text, show::money(is, after.currency)));
        }
    }
    for charge in &after.charges {
        if !before.charges.iter().any(|old| old.id == charge.id) {
            let figure = show::money(charge.due(), after.currency);
            effects.push(Effect::new('+', charge.description.clone(), figure));
        }
    }
}

fn promises(before: &Order, after: &Order, effects: &mut Vec<Effect>) {
    for delivery in &after.deliveries {
        let old = before.deliveries.iter().find(|old| old.id == delivery.id);
        let was = old.and_then(|old| old.promises.last());
        if let Some(promise) = delivery.promises.last().filter(|promise| Some(*promise) != was) {
            effects.push(Effect::new('·', t("effect.promised"), promise.for_on.to_string()));
        }
    }
}

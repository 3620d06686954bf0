//! Sourcing an order in a transaction: what stock serves, what waits, and what is refused.

use orderly_core::actor::Scope;
use orderly_core::catalog::{Catalog, Channel, Coordinates, Location, WhenShort};
use orderly_core::id::{IdSource, ItemId, LineId, LocationId};
use orderly_core::order::allocate::{allocate, demands};
use orderly_core::order::{Delivery, LineKind, Method, Order};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Issue, Refusal};
use orderly_core::sourcing::{Demand, Explanation, Sourced, Stock, Verdict, Wanted, source};
use orderly_core::time::Instant;
use orderly_core::units::LevelKey;
use orderly_store::tables::exceptions::Exception;

use crate::{Call, Error};

/// What sourcing draws on.
pub struct Sources<'a> {
    pub channel: &'a Channel,
    pub locations: &'a [Location],
    pub catalog: &'a Catalog,
    pub stock: &'a mut Stock,
    /// Locations that have refused this order's work.
    pub excluded: &'a [LocationId],
    /// Where the deliveries go, where it is known.
    pub to: &'a dyn Fn(&Delivery) -> Option<Coordinates>,
}

/// What came of sourcing.
pub enum Outcome {
    Sourced {
        explanations: Vec<Explanation>,
        exceptions: Vec<Exception>,
    },
    /// The goods are at the till, but stock says otherwise: room must be made first.
    NeedsRoom(Vec<(LevelKey, Qty)>),
}

/// Allocates what is unallocated of an order, by the channel's policy when short.
///
/// What is drawn is recorded in the stock only where the whole order passes.
///
/// # Errors
/// `insufficient_stock`, `no_piece_serves` or `backorder_limit`, naming each item that is short.
pub fn source_order(
    call: &Call,
    order: &mut Order,
    sources: &mut Sources<'_>,
    ids: &mut IdSource,
) -> Result<Outcome, Error> {
    let mut drawn = Vec::new();
    let result = source_deliveries(call, order, sources, ids, &mut drawn);
    let passed = matches!(result, Ok(Outcome::Sourced { .. }));
    if !passed {
        for (key, qty) in drawn {
            sources.stock.give_back(key, qty);
        }
    }
    result
}

fn source_deliveries(
    call: &Call,
    order: &mut Order,
    sources: &mut Sources<'_>,
    ids: &mut IdSource,
    drawn: &mut Vec<(LevelKey, Qty)>,
) -> Result<Outcome, Error> {
    let mut explanations = Vec::new();
    let mut exceptions = Vec::new();
    let mut waits = Vec::new();
    let deliveries = order.deliveries.clone();
    for delivery in &deliveries {
        let wanted = demands(order, sources.catalog, delivery.id)?;
        if wanted.is_empty() || delivery.method == Method::Supplier {
            continue;
        }
        let asked = Wanted {
            delivery: delivery.id,
            named: delivery.location,
            to: (sources.to)(delivery),
            excluded: sources.excluded,
        };
        let found = source(&wanted, &asked, sources.locations, sources.stock);
        for take in &found.takes {
            sources.stock.allocate(take.level, take.takes);
            drawn.push((take.level, take.takes));
        }
        let short = shortages(&wanted, &found);
        if !short.is_empty() {
            if sources.channel.when_short == WhenShort::HandOver {
                return Ok(Outcome::NeedsRoom(room(&short)));
            }
            judge(call, order, &wanted, &found, &short, sources)?;
            exceptions.extend(raise(call, order, &short, sources, ids));
        }
        let waiting: Vec<_> = short.iter().map(|one| (one.line, one.qty, one.at)).collect();
        allocate(order, delivery.id, &found.takes, &waiting, call.now, ids)?;
        waits.extend(short);
        explanations.push(found.explanation);
    }
    order.settle()?;
    for wait in waits {
        let (item, location) = (wait.item, wait.at);
        let key = LevelKey { item, location, lot_class: orderly_core::order::claims::ANY_LOT };
        sources.stock.backorder(key, wait.qty);
    }
    Ok(Outcome::Sourced { explanations, exceptions })
}

/// A stock or component line's quantity that nothing serves, in base units.
struct Short {
    line: LineId,
    item: ItemId,
    qty: Qty,
    at: LocationId,
}

fn shortages(wanted: &[Demand], found: &Sourced) -> Vec<Short> {
    let mut out = Vec::new();
    let Some(at) = found.backorder_at else { return out };
    for (demand, short) in wanted.iter().zip(&found.short).filter(|(_, short)| !short.is_zero()) {
        for need in &demand.needs {
            let qty = need.per.times(short.get()).expect("bounded by the line");
            out.push(Short { line: need.line, item: need.item, qty, at });
        }
    }
    out
}

fn room(short: &[Short]) -> Vec<(LevelKey, Qty)> {
    let lot_class = orderly_core::order::claims::ANY_LOT;
    let key = |one: &Short| LevelKey { item: one.item, location: one.at, lot_class };
    short.iter().map(|one| (key(one), one.qty)).collect()
}

/// Refuses what is short where the channel refuses shortages and the items' backorder limits do
/// not cover it.
fn judge(
    call: &Call,
    order: &Order,
    wanted: &[Demand],
    found: &Sourced,
    short: &[Short],
    sources: &Sources<'_>,
) -> Result<(), Error> {
    if sources.channel.when_short != WhenShort::Refuse {
        return Ok(());
    }
    let covered = |one: &Short| {
        let item = sources.catalog.get(one.item)?;
        let limit = item.backorder_limit?;
        let lot_class = orderly_core::order::claims::ANY_LOT;
        let key = LevelKey { item: one.item, location: one.at, lot_class };
        let waiting = sources.stock.level(key).map_or(Qty::ZERO, |level| level.backordered);
        let same = short.iter().filter(|other| other.item == one.item && other.at == one.at);
        let asked = Qty::sum(same.map(|other| other.qty))?;
        waiting.plus(asked).filter(|sum| *sum <= limit)
    };
    if short.iter().all(|one| covered(one).is_some()) {
        return Ok(());
    }
    let refusal = refusal(order, wanted, found, short, sources);
    let scope = Scope { channel: Some(order.channel), ..Scope::default() };
    call.unless_overridden(refusal, scope)
}

/// Names each item that is short: what the whole order needs of it, what there is, which lines.
fn refusal(
    order: &Order,
    wanted: &[Demand],
    found: &Sourced,
    short: &[Short],
    sources: &Sources<'_>,
) -> Refusal {
    let mut issues: Vec<Issue> = Vec::new();
    let mut named: Vec<ItemId> = Vec::new();
    for one in short {
        let Some(item) = sources.catalog.get(one.item) else { continue };
        if named.contains(&one.item) {
            continue;
        }
        named.push(one.item);
        let mut needed = 0_i64;
        for demand in wanted {
            for need in demand.needs.iter().filter(|need| need.item == one.item) {
                needed += need.per.get() * demand.wanted.get();
            }
        }
        let taken = found.takes.iter().filter(|take| take.level.item == one.item);
        let taken: i64 = taken.map(|take| take.serves.get()).sum();
        let may_serve = found.explanation.considered.iter().filter(|considered| {
            matches!(
                considered.verdict,
                Verdict::Chosen | Verdict::NotNeeded | Verdict::NothingToGive
            )
        });
        let free: i64 = may_serve
            .flat_map(|considered| sources.stock.at(one.item, considered.location))
            .filter(|level| level.piece.is_none())
            .map(|level| level.available().get())
            .sum();
        let show = |qty: i64| item.show(Qty::new(qty).unwrap_or(Qty::ZERO));
        let (needed_text, there) = (show(needed), (taken + free).min(needed));
        let lines = lines_of(order, one.item);
        issues.push(Issue {
            pointer: pointer_of(order, one.line),
            code: if item.goods == orderly_core::item::Goods::Lengths {
                Code::NoPieceServes
            } else {
                Code::InsufficientStock
            },
            detail: format!("{} is short: {needed_text} needed for {lines}", item.sku),
            sku: Some(item.sku.clone()),
            requested: Some(needed_text),
            available: Some(show(there)),
            allowed: None,
        });
    }
    Refusal { issues }
}

fn lines_of(order: &Order, item: ItemId) -> String {
    let own = order.lines.iter().filter(|line| line.item == Some(item));
    let positions: Vec<String> = own.map(|line| line.position.to_string()).collect();
    let word = if positions.len() == 1 { "line" } else { "lines" };
    format!("{word} {}", positions.join(", "))
}

/// The place of a line in the request: components point to their kit.
fn pointer_of(order: &Order, line: LineId) -> String {
    let own = order.lines.iter().find(|one| one.id == line);
    let asked = own.and_then(|one| one.parent).unwrap_or(line);
    let given = order.lines.iter().filter(|one| one.kind != LineKind::Component);
    let index = given.map(|one| one.id).position(|id| id == asked).unwrap_or(0);
    format!("/lines/{index}")
}

/// An exception for every line that was sold without stock.
fn raise(
    call: &Call,
    order: &Order,
    short: &[Short],
    sources: &Sources<'_>,
    ids: &mut IdSource,
) -> Vec<Exception> {
    if sources.channel.when_short == WhenShort::Refuse {
        return Vec::new();
    }
    let one = |one: &Short| Exception {
        id: ids.draw(),
        kind: "oversold".into(),
        item: Some(one.item),
        location: Some(one.at),
        order: Some(order.id),
        line: Some(one.line),
        qty: Some(one.qty.get()),
        detail: format!(
            "order {} was sold on {} without stock",
            order.number, sources.channel.code
        ),
        raised_at: call.now,
        settled_at: None,
    };
    short.iter().map(one).collect()
}

/// The routing of an order as it is stored.
pub fn explanation(
    order: &Order,
    at: Instant,
    explanations: &[Explanation],
) -> (orderly_core::id::OrderId, Instant, String) {
    let text = serde_json::to_string(explanations).expect("durable forms have text keys only");
    (order.id, at, text)
}

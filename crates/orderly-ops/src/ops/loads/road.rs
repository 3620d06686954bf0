//! On the road: leaving, handing over with proof, failing, going on with another load, returning.

use std::collections::BTreeMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::Coordinates;
use orderly_core::id::*;
use orderly_core::load::{Load, LoadState, ProofKind, Stop, StopState, media_type};
use orderly_core::money::Money;
use orderly_core::order::deliver::{self, Then};
use orderly_core::order::ship::{self, Ship};
use orderly_core::order::undo::Command;
use orderly_core::order::work::At;
use orderly_core::order::{Order, ShipmentState, close, undeliver};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_store::Tx;
use orderly_store::tables::loads;

use super::{change, fit, keep, load, require, size};
use crate::call::content_hash;
use crate::ops::catalog::ids;
use crate::ops::command::command;
use crate::ops::fulfillments::hand::{booked, levels_of};
use crate::ops::fulfillments::shipments;
use crate::ops::orders;
use crate::ops::payments::{self, on_delivery};
use crate::{App, Call, Error};

/// The carrier of shipments on own vehicles.
pub const OWN: &str = "own";

/// What happens to an order whose goods are aboard again.
const UNDROPPED: &str = "shipment.undropped";

/// What becomes of goods that come back.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    pub then: Then,
    /// Whether they go on sale at once, without inspection.
    pub sellable: bool,
}

impl Default for Back {
    fn default() -> Self {
        Self { then: Then::Reopen, sellable: true }
    }
}

/// What was handed over at a stop.
#[derive(Debug, Clone, Default)]
pub struct Drop {
    /// Order lines with base quantities; a kit counts kits. Empty: everything aboard for it.
    pub lines: Vec<(LineId, Qty)>,
    pub received_by: String,
    pub at: Option<Coordinates>,
    pub proofs: Vec<(ProofKind, Vec<u8>)>,
    /// Why not everything was taken.
    pub refused: Option<String>,
    /// Money taken for the delivery, as a decimal of the order's currency, and how.
    pub collected: Option<String>,
    pub method: Option<String>,
}

/// Leaves with everything packed for the stops: each stop's goods are one shipment with the carrier
/// `own` and the load's number. What is packed within the tolerance of a line serves it, and the
/// line is closed.
///
/// # Errors
/// `invalid_transition` unless planned; `nothing_to_do` without stops; `above_picked` with what is
/// packed; `load_capacity`; `on_hold`.
pub fn depart(app: &App, call: &Call, id: LoadId) -> Result<Load, Error> {
    change(app, call, id, "load.depart", |tx, before, ids| {
        before.ensure_is(LoadState::Planned, "plan another load")?;
        ensure(before.kept().next().is_some(), || {
            let detail = format!("load {} has no stops", before.number);
            Refusal::new(Code::NothingToDo, detail).allowed("add")
        })?;
        let mut after = before.clone();
        // Orders are locked in the order of ids before any level is.
        let mut orders_of: Vec<OrderId> = before.kept().map(|stop| stop.order).collect();
        orders_of.sort_unstable();
        orders_of.dedup();
        for order in orders_of {
            orders::load(tx, order)?;
        }
        let kept: Vec<StopId> = before.kept().map(|stop| stop.id).collect();
        for stop in kept {
            leave(tx, call, ids, &mut after, stop)?;
        }
        let passed = after.overridden;
        if !passed {
            fit(call, &mut after)?;
        }
        after.size = after.needed();
        after.state = LoadState::Departed;
        after.departed_at = Some(call.now);
        Ok((after, "load.departed"))
    })
}

fn leave(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    load: &mut Load,
    id: StopId,
) -> Result<(), Error> {
    let number = load.number.clone();
    let stop = load.stop_mut(id)?;
    stop.state = StopState::UnderWay;
    let order = orders::load(tx, stop.order)?;
    if let Some(shipment) = stop.shipment {
        return try_again(tx, call, ids, &order, shipment).map(drop);
    }
    let scope = Scope {
        location: Some(order.fulfillment(stop.fulfillment)?.location),
        channel: Some(order.channel),
        ..Scope::default()
    };
    call.require(Permission::Ship, scope)?;
    let mut lines = Vec::new();
    for (line, qty) in &stop.lines {
        lines.extend(packed(tx, &order, stop.fulfillment, *line, *qty)?);
    }
    let what = Ship {
        lines,
        carrier: Some(OWN.into()),
        service: None,
        tracking: Some(number),
        parcels: Vec::new(),
    };
    let overridden = match call.overridden(Code::OnHold, scope)? {
        true => vec![Code::OnHold],
        false => Vec::new(),
    };
    let at = At { now: call.now, overridden: &overridden };
    let mut levels = levels_of(tx, &order, stop.fulfillment)?;
    let (decision, shipment) = ship::ship(&order, stop.fulfillment, &what, &mut levels, &at, ids)?;
    let shipped = orders::apply(tx, call, ids, &order, decision, Command::Ship.event())?;
    stop.shipment = Some(shipment);
    stop.lines = sums(&shipped, shipment, |line| line.qty).into_iter().collect();
    stop.size = size(tx, &shipped, &stop.lines)?;
    close_served(tx, call, ids, shipped, &stop.lines)
}

/// The packed claims that a stop's line ships: what was planned, or all that is packed where that
/// is within the line's tolerance and no other stop takes of it.
fn packed(
    tx: &mut Tx<'_>,
    order: &Order,
    fulfillment: FulfillmentId,
    line: LineId,
    planned: Qty,
) -> Result<Vec<(ClaimId, Qty)>, Error> {
    let there: Vec<(ClaimId, Qty)> = order
        .work_at(fulfillment, line)
        .filter(|work| !work.packed.is_zero())
        .map(|work| (work.claim, work.packed))
        .collect();
    let all = Qty::sum(there.iter().map(|(_, qty)| *qty)).unwrap_or(Qty::ZERO);
    let others = loads::planned(tx, fulfillment)?;
    let alone = others.iter().all(|(other, qty)| *other != line || *qty == planned);
    let own = order.line(line)?;
    let within = planned.less(all) <= own.max_short && all.less(planned) <= own.max_over;
    let take = if alone && within { all } else { planned };
    ensure(take <= all && !take.is_zero(), || {
        let detail = format!("{all} base units of line {} are packed, not {planned}", own.position);
        Refusal::new(Code::AbovePicked, detail).allowed(all.to_string())
    })?;
    let mut left = take;
    let mut out = Vec::new();
    for (claim, qty) in there {
        let part = left.min(qty);
        if !part.is_zero() {
            out.push((claim, part));
            left = left.less(part);
        }
    }
    Ok(out)
}

/// Closes the lines of which only what the tolerance allows is left.
fn close_served(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    shipped: Order,
    lines: &[(LineId, Qty)],
) -> Result<(), Error> {
    let mut order = shipped;
    for (id, _) in lines {
        let line = order.line(*id)?;
        let (q, may) = (line.quantities, line.max_short);
        let served = !q.open().is_zero() && q.open() <= may.less(q.closed_short);
        if served && q.picked.is_zero() && line.parent.is_none() {
            let decision = close::close_short(&order, *id, &At::plain(call.now), ids)?;
            order = orders::apply(tx, call, ids, &order, decision, "order.line_closed_short")?;
        }
    }
    Ok(())
}

fn try_again(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &Order,
    shipment: ShipmentId,
) -> Result<Order, Error> {
    if order.shipment(shipment)?.state != ShipmentState::Failed {
        return Ok(order.clone());
    }
    let decision = deliver::retry(order, shipment, call.now, ids)?;
    orders::apply(tx, call, ids, order, decision, Command::Retry.event())
}

/// A quantity of each order line, summed over a shipment's lines.
fn sums(
    order: &Order,
    shipment: ShipmentId,
    of: impl Fn(&orderly_core::order::ShipmentLine) -> Qty,
) -> BTreeMap<LineId, Qty> {
    let mut out = BTreeMap::new();
    for line in order.shipment_lines.iter().filter(|line| line.shipment == shipment) {
        let sum = out.entry(line.line).or_insert(Qty::ZERO);
        *sum = sum.plus(of(line)).unwrap_or(*sum);
    }
    out.retain(|_, qty| !qty.is_zero());
    out
}

/// The goods of a stop that are aboard, and its order.
fn aboard(tx: &mut Tx<'_>, stop: &Stop) -> Result<(Order, ShipmentId), Error> {
    let order = orders::load(tx, stop.order)?;
    let shipment = stop.shipment.ok_or_else(|| {
        Refusal::new(Code::InvalidTransition, "the load has not left yet").allowed("depart")
    })?;
    Ok((order, shipment))
}

/// Hands goods over at a stop, with the name of who took them and what shows it. What is not taken
/// stays aboard until the load returns or it goes on with another one. Money due on delivery is
/// taken with them, as a payment of the order. The inverse is [`undrop`].
///
/// # Errors
/// `invalid_transition` unless the load is on the road and the stop has goods aboard;
/// `reason_required` where not everything is taken, or not all that is due is paid; `above_open`
/// with what is aboard, or with what is due; `invalid_field` for a document that is none;
/// `money_invalid`.
pub fn drop_at(
    app: &App,
    call: &Call,
    id: LoadId,
    stop: StopId,
    what: &Drop,
) -> Result<Load, Error> {
    change(app, call, id, "load.drop", |tx, before, ids| {
        before.ensure_is(LoadState::Departed, "depart")?;
        let own = before.stop(stop)?;
        let (order, shipment) = aboard(tx, own)?;
        at_stop(own)?;
        let scope = Scope {
            location: Some(before.location),
            channel: Some(order.channel),
            ..Scope::default()
        };
        call.require(Permission::Deliver, scope)?;
        let order = try_again(tx, call, ids, &order, shipment)?;
        let lines = parts(&order, shipment, &what.lines)?;
        let booked = booked(tx, &order, shipment)?;
        let mut decision = deliver::deliver(&order, shipment, &lines, &booked, call.now, ids)?;
        let in_transit = orderly_core::order::ShipmentLine::in_transit;
        let left = !sums(&decision.order, shipment, in_transit).is_empty();
        let reason = text::optional(what.refused.as_deref())?;
        ensure(!left || reason.is_some(), || {
            Refusal::at(Code::ReasonRequired, "/refused", "say why not everything was taken")
        })?;
        collect(tx, call, ids, &mut decision.order, own, what)?;
        orders::apply(tx, call, ids, &order, decision, Command::Deliver.event())?;
        let mut after = before.clone();
        let own = after.stop_mut(stop)?;
        own.state = StopState::Delivered;
        own.received_by =
            Some(text::short(&what.received_by).map_err(|r| r.under("/received_by"))?);
        own.attempted_at = Some(call.now);
        own.at = what.at;
        own.reason = reason;
        for (kind, content) in &what.proofs {
            let media = media_type(content)?;
            let document = DocumentId::from_bytes(content_hash(content));
            loads::keep_document(tx, document, media, content, call.now)?;
            own.proofs.push((*kind, document));
        }
        Ok((after, "load.dropped"))
    })
}

/// Takes the money due at a stop, in the order that is handed over.
fn collect(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    order: &mut Order,
    stop: &Stop,
    what: &Drop,
) -> Result<(), Error> {
    let due = on_delivery::due(tx, order, stop.delivery)?;
    let show = |minor: i64| Money::new(minor, order.currency).to_string();
    let amount = match &what.collected {
        Some(text) => payments::amount_in(text, order.currency)?,
        None => 0,
    };
    ensure(amount >= 0, || {
        Refusal::at(Code::MoneyInvalid, "/collected", "what was taken is not negative")
    })?;
    ensure(amount <= due, || {
        let detail = format!("{} is due, not {}", show(due), show(amount));
        Refusal::at(Code::AboveOpen, "/collected", detail).allowed(show(due))
    })?;
    ensure(amount == due || what.refused.is_some() || call.reason.is_some(), || {
        let detail = format!("{} is due: say why {} was taken", show(due), show(amount));
        Refusal::at(Code::ReasonRequired, "/collected", detail).allowed(show(due))
    })?;
    if amount == 0 {
        return Ok(());
    }
    payments::require(call, Permission::TakePayment, amount, Some(order.channel))?;
    let method = what.method.clone().unwrap_or_else(|| "cash".into());
    let taken = on_delivery::Taken { at: stop.id.to_string(), method, amount };
    on_delivery::take(tx, call, ids, order, taken)
}

/// Takes a drop recorded by mistake back, while the load is on the road: its goods are aboard
/// again, and what was paid for them is given back. Its documents stay.
///
/// # Errors
/// `invalid_transition` unless the load is on the road and the stop is delivered;
/// `not_reversible` once other goods of the stop were handed over, lost, brought back or returned,
/// or its money has come.
pub fn undrop(app: &App, call: &Call, id: LoadId, stop: StopId) -> Result<Load, Error> {
    change(app, call, id, "load.undrop", |tx, before, ids| {
        before.ensure_is(LoadState::Departed, "depart")?;
        let own = before.stop(stop)?;
        let (order, shipment) = aboard(tx, own)?;
        ensure(own.state == StopState::Delivered, || {
            let detail = format!("the stop is {}", own.state.code());
            Refusal::new(Code::InvalidTransition, detail).allowed("drop")
        })?;
        let scope = Scope {
            location: Some(before.location),
            channel: Some(order.channel),
            ..Scope::default()
        };
        call.require(Permission::Undo, scope)?;
        let last = loads::carrier_of(tx, shipment)?.map(|(last, _, _)| last);
        let first = match own.from {
            Some(from) => loads::stop_of(tx, from)?.map(|(_, _, state)| state),
            None => None,
        };
        ensure(last == Some(stop) && first != Some(StopState::Delivered), || {
            let detail = "goods of the stop were handed over by another load as well";
            Refusal::new(Code::NotReversible, detail).allowed("return")
        })?;
        let booked = booked(tx, &order, shipment)?;
        let mut decision = undeliver::undeliver(&order, shipment, &booked, call.now, ids)?;
        on_delivery::give_back(tx, call, ids, &mut decision.order, &stop.to_string())?;
        orders::apply(tx, call, ids, &order, decision, UNDROPPED)?;
        let mut after = before.clone();
        let own = after.stop_mut(stop)?;
        own.state = StopState::UnderWay;
        (own.received_by, own.attempted_at, own.at, own.reason) = (None, None, None, None);
        Ok((after, "load.undropped"))
    })
}

fn at_stop(stop: &Stop) -> Result<(), Refusal> {
    ensure(matches!(stop.state, StopState::UnderWay | StopState::Failed), || {
        Refusal::new(Code::InvalidTransition, format!("the stop is {}", stop.state.code()))
    })
}

/// The shipment lines that quantities of order lines are taken from.
fn parts(
    order: &Order,
    shipment: ShipmentId,
    named: &[(LineId, Qty)],
) -> Result<Vec<(ShipmentLineId, Qty)>, Refusal> {
    let mut out = Vec::new();
    for (line, qty) in named {
        let group = order.addressed(*line)?;
        let count = group.count(order, *qty).filter(|count| *count > 0).ok_or_else(|| {
            let per = group.qty(order, 1);
            let detail = format!("the line goes in pieces of {per}");
            Refusal::new(Code::QuantityPrecision, detail).allowed(per.to_string())
        })?;
        let there = |part: LineId| {
            let own = order.shipment_lines.iter().filter(|one| one.shipment == shipment);
            let own = own.filter(|one| one.line == part);
            Qty::sum(own.map(orderly_core::order::ShipmentLine::in_transit)).unwrap_or(Qty::ZERO)
        };
        let least = group.least(there);
        ensure(count <= least, || {
            let left = group.qty(order, least).to_string();
            let detail = format!("{left} base units of the line are aboard");
            Refusal::new(Code::AboveOpen, detail).allowed(left)
        })?;
        for (part, per) in &group.parts {
            let mut left = per.times(count).unwrap_or(Qty::ZERO);
            let own = order.shipment_lines.iter().filter(|one| one.shipment == shipment);
            for one in own.filter(|one| one.line == *part) {
                let here = left.min(one.in_transit());
                if !here.is_zero() {
                    out.push((one.id, here));
                    left = left.less(here);
                }
            }
        }
    }
    Ok(out)
}

/// Records that a stop was reached in vain: its goods stay aboard until the load returns or they go
/// on with another one.
///
/// # Errors
/// `reason_required`, `invalid_transition`.
pub fn fail(app: &App, call: &Call, id: LoadId, stop: StopId, reason: &str) -> Result<Load, Error> {
    change(app, call, id, "load.fail", |tx, before, ids| {
        before.ensure_is(LoadState::Departed, "depart")?;
        let own = before.stop(stop)?;
        let (order, shipment) = aboard(tx, own)?;
        ensure(own.state == StopState::UnderWay, || {
            Refusal::new(Code::InvalidTransition, format!("the stop is {}", own.state.code()))
        })?;
        let reason = text::optional(Some(reason))?.ok_or_else(|| {
            Refusal::at(Code::ReasonRequired, "/reason", "say why the stop failed")
        })?;
        let decision = deliver::fail(&order, shipment, call.now, ids)?;
        orders::apply(tx, call, ids, &order, decision, Command::Fail.event())?;
        let mut after = before.clone();
        let own = after.stop_mut(stop)?;
        own.state = StopState::Failed;
        own.reason = Some(reason);
        own.attempted_at = Some(call.now);
        Ok((after, "load.stop_failed"))
    })
}

/// What is still aboard of a stop goes on with another load, without touching stock.
///
/// # Errors
/// `nothing_to_do` where nothing is aboard; `invalid_transition` unless this load is on the road
/// and the other one planned; `invalid_field` where it leaves another location; `load_capacity`.
pub fn go_on(app: &App, call: &Call, id: LoadId, stop: StopId, to: LoadId) -> Result<Load, Error> {
    command(app, call, "load.go_on", |tx| {
        let (first, second) = (id.min(to), id.max(to));
        load(tx, first, true)?;
        load(tx, second, true)?;
        let (before, other) = (load(tx, id, false)?, load(tx, to, false)?);
        require(call, before.location)?;
        call.expect_version(before.version)?;
        before.ensure_is(LoadState::Departed, "depart")?;
        other.ensure_is(LoadState::Planned, "plan another load")?;
        ensure(other.location == before.location, || {
            let detail = format!("load {} leaves another location", other.number);
            Refusal::at(Code::InvalidField, "/to", detail)
        })?;
        let mut ids = ids(call);
        let own = before.stop(stop)?;
        let (order, shipment) = aboard(tx, own)?;
        let in_transit = orderly_core::order::ShipmentLine::in_transit;
        let lines: Vec<_> = sums(&order, shipment, in_transit).into_iter().collect();
        let gone = loads::carrier_of(tx, shipment)?.is_some_and(|(last, _, _)| last != stop);
        ensure(!lines.is_empty() && !gone, || {
            Refusal::new(Code::NothingToDo, "nothing of the stop is aboard")
        })?;
        let mut onward = other.clone();
        let last = onward.stops.iter().map(|stop| stop.position).max().unwrap_or(0);
        onward.stops.push(Stop {
            id: ids.draw(),
            position: last + 1,
            state: StopState::Planned,
            from: Some(stop),
            size: size(tx, &order, &lines)?,
            lines,
            reason: None,
            received_by: None,
            attempted_at: None,
            at: None,
            proofs: Vec::new(),
            ..own.clone()
        });
        fit(call, &mut onward)?;
        let mut after = before.clone();
        let own = after.stop_mut(stop)?;
        if own.state != StopState::Delivered {
            own.state = StopState::Moved;
        }
        keep(tx, call, &mut ids, &other, onward, "load.stop_added")?;
        keep(tx, call, &mut ids, &before, after, "load.stop_moved")
    })
}

/// Ends a run: what is still aboard comes back to stock, and its orders get it again or not.
///
/// # Errors
/// `invalid_transition` unless the load is on the road; those of bringing goods back.
pub fn give_back(app: &App, call: &Call, id: LoadId, back: Back) -> Result<Load, Error> {
    change(app, call, id, "load.return", |tx, before, ids| {
        before.ensure_is(LoadState::Departed, "depart")?;
        let mut after = before.clone();
        let mut stops: Vec<Stop> = before.stops.clone();
        stops.sort_by_key(|stop| (stop.order, stop.id));
        for stop in &stops {
            let Some(shipment) = stop.shipment else { continue };
            let last = loads::carrier_of(tx, shipment)?;
            if last.is_some_and(|(carrier, _, _)| carrier != stop.id) {
                continue;
            }
            come_back(tx, call, ids, stop, back)?;
            let own = after.stop_mut(stop.id)?;
            if own.state == StopState::UnderWay {
                own.state = StopState::Failed;
                own.reason = Some("not reached".into());
            }
        }
        after.state = LoadState::Returned;
        after.returned_at = Some(call.now);
        Ok((after, "load.returned"))
    })
}

/// Brings everything of a stop that is in transit back to where it left.
pub(super) fn come_back(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    stop: &Stop,
    back: Back,
) -> Result<(), Error> {
    let Some(shipment) = stop.shipment else { return Ok(()) };
    let order = orders::load(tx, stop.order)?;
    if sums(&order, shipment, orderly_core::order::ShipmentLine::in_transit).is_empty() {
        return Ok(());
    }
    let scope = Scope {
        location: Some(order.shipment(shipment)?.location),
        channel: Some(order.channel),
        ..Scope::default()
    };
    call.require(Permission::Deliver, scope)?;
    let booked = booked(tx, &order, shipment)?;
    let back = shipments::Back { bin: None, sellable: back.sellable, then: back.then };
    let decision = shipments::come_back(tx, call, &order, shipment, &[], back, &booked, ids)?;
    orders::apply(tx, call, ids, &order, decision, Command::BringBack.event())?;
    Ok(())
}

/// Refuses that goods get aboard a load again that has returned, or by any way but [`undrop`]:
/// `kind` is what happens to the order.
///
/// # Errors
/// `not_reversible`.
pub fn ensure_out(tx: &mut Tx<'_>, before: &Order, after: &Order, kind: &str) -> Result<(), Error> {
    let aboard = |order: &Order, id: ShipmentId| {
        let own = order.shipment_lines.iter().filter(|line| line.shipment == id);
        own.map(|line| line.in_transit().get()).sum::<i64>()
    };
    for shipment in before.shipments.iter().filter(|one| one.carrier.as_deref() == Some(OWN)) {
        if aboard(after, shipment.id) <= aboard(before, shipment.id) {
            continue;
        }
        let Some((stop, number, state)) = loads::carrier_of(tx, shipment.id)? else { continue };
        if state == LoadState::Returned {
            let detail = format!("load {number} has returned: nothing gets aboard again");
            return Err(Refusal::new(Code::NotReversible, detail).allowed("return").into());
        }
        let handed = loads::stop_of(tx, stop)?.map(|(_, _, state)| state);
        if kind != UNDROPPED && handed == Some(StopState::Delivered) {
            let detail = format!("load {number} handed it over: take that back at its stop");
            return Err(Refusal::new(Code::NotReversible, detail).allowed("loads undrop").into());
        }
    }
    Ok(())
}

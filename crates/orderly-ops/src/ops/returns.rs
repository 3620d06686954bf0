//! Operations on returns: announcing, deciding, receiving, inspecting and ending them.

mod goods;
mod save;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{BinId, ChannelId, CustomerId, IdSource, ItemId, LegalEntityId, LineId};
use orderly_core::id::{LocationId, LotId, OrderId, ReturnId, ReturnLineId};
use orderly_core::order::Order;
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::returns::inspect::{Verdict, inspect as decide_inspection};
use orderly_core::returns::receive::{Arrival, Desk, receive as decide_reception};
use orderly_core::returns::request::{self as requests, BlindLine, NewReturn, WantedLine};
use orderly_core::returns::{Decision, Fate, Return};
use orderly_store::Tx;
use orderly_store::tables::{self, catalog, channels, levels, numbers};

use super::command::{Object, Reference, command};
use super::stock::make_room;
use super::{books, exchanges, orders};
use crate::{App, Call, Error};
use goods::{bin, catalog_of, is_sellable, level_left, other, place, taken_back};
pub use save::{folded, load};
pub(super) use save::{save, save_alone};

impl Object for Return {
    fn reference(&self) -> Reference {
        Reference { kind: "return", id: self.id.as_bytes(), sequence: self.sequence }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], sequence: i64) -> Result<Self, Error> {
        let id = ReturnId::from_bytes(id);
        folded(tx, id, sequence)?
            .ok_or_else(|| Error::Internal(format!("return {id} has no events")))
    }
}

/// Goods that shall come back, as the caller states them, in base units.
#[derive(Debug, Clone, Default)]
pub struct ReturnLineIn {
    /// The order's line; a kit's own line stands for its components.
    pub line: Option<LineId>,
    /// What comes back where no order line is known.
    pub item: Option<ItemId>,
    pub qty: i64,
    pub lot: Option<LotId>,
    pub reason: Option<String>,
}

/// A return as the caller states it.
#[derive(Debug, Clone, Default)]
pub struct ReturnIn {
    /// `None`: a blind return, which needs its own right.
    pub order: Option<OrderId>,
    /// Needed where no order says it.
    pub channel: Option<ChannelId>,
    pub external_id: Option<String>,
    pub customer: Option<CustomerId>,
    /// Where the goods are expected.
    pub location: Option<LocationId>,
    pub reason: Option<String>,
    pub lines: Vec<ReturnLineIn>,
}

/// Goods that came, as the caller states them.
#[derive(Debug, Clone)]
pub struct ArrivalIn {
    pub line: ReturnLineId,
    pub qty: i64,
    pub lot: Option<LotId>,
    /// `None`: awaiting inspection.
    pub to: Option<Fate>,
    /// `None`: the location's bin for returns, or its storage.
    pub bin: Option<BinId>,
}

/// A decision about received units, as the caller states it.
#[derive(Debug, Clone)]
pub struct VerdictIn {
    pub line: ReturnLineId,
    /// `None`: awaiting inspection.
    pub from: Option<Fate>,
    pub to: Fate,
    pub qty: i64,
    pub lot: Option<LotId>,
    pub from_bin: Option<BinId>,
    pub to_bin: Option<BinId>,
    /// The other item units become: how many of it, and its lot. `None`: the item's own choice.
    pub refurbished: Option<(ItemId, i64, Option<LotId>)>,
    pub note: Option<String>,
}

/// Returns the return with this id.
pub fn get(app: &App, id: ReturnId) -> Result<Option<Return>, Error> {
    app.store.read(|tx| Ok(tables::returns::get(tx, id, false)?))
}

fn qty(base: i64) -> Result<Qty, Error> {
    let wrong = |error: orderly_core::qty::QtyError| {
        Refusal::at(Code::QuantityInvalid, "/qty", error.to_string())
    };
    Ok(Qty::new(base).map_err(wrong)?)
}

/// Announces a return: of goods of an order, or blind.
///
/// # Errors
/// `above_returnable` with the maximum, overridden by the right to blind returns; `unknown_line`,
/// `unknown_item`, `no_lines`, `quantity_zero`; `already_exists` for a known external id.
pub fn request(app: &App, call: &Call, new: &ReturnIn) -> Result<Return, Error> {
    command(app, call, "return.request", |tx| {
        let mut ids = orders::ids_after_audit(call);
        let order = new.order.map(|id| orders::load(tx, id)).transpose()?;
        let decision = requested(tx, call, new, order.as_ref(), &mut ids)?;
        save(tx, call, &mut ids, (None, order.as_ref()), decision, "return.requested")
    })
}

/// Takes goods back over the counter: announced, approved and received in one step.
///
/// # Errors
/// Those of [`request`] and [`receive`].
pub fn take_back(
    app: &App,
    call: &Call,
    new: &ReturnIn,
    at: LocationId,
    to: Fate,
) -> Result<Return, Error> {
    command(app, call, "return.take_back", |tx| {
        let mut ids = orders::ids_after_audit(call);
        let before = new.order.map(|id| orders::load(tx, id)).transpose()?;
        let scope = Scope { location: Some(at), ..Scope::default() };
        call.require(Permission::ReceiveReturn, scope)?;
        let asked = requested(tx, call, new, before.as_ref(), &mut ids)?;
        let mut approved = asked.returned;
        approved.head.state = orderly_core::returns::ReturnState::Approved;
        let arrivals: Vec<ArrivalIn> = approved
            .lines
            .iter()
            .map(|line| ArrivalIn {
                line: line.id,
                qty: line.requested.get(),
                lot: None,
                to: Some(to),
                bin: None,
            })
            .collect();
        let order = asked.order.or_else(|| before.clone());
        let decision = received(tx, call, (&approved, order.as_ref()), &arrivals, at, &mut ids)?;
        save(tx, call, &mut ids, (None, before.as_ref()), decision, "return.taken_back")
    })
}

/// Takes goods of a return that is being received by another command.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (returned, order): (&Return, &Order),
    at: LocationId,
    to: Fate,
) -> Result<Return, Error> {
    let scope = Scope { location: Some(at), ..Scope::default() };
    call.require(Permission::ReceiveReturn, scope)?;
    let arrivals: Vec<ArrivalIn> = returned
        .lines
        .iter()
        .map(|line| ArrivalIn {
            line: line.id,
            qty: line.requested.get(),
            lot: None,
            to: Some(to),
            bin: None,
        })
        .collect();
    let decision = received(tx, call, (returned, Some(order)), &arrivals, at, ids)?;
    save(tx, call, ids, (Some(returned), Some(order)), decision, "return.received")
}

/// Announces a return of goods of an order as a part of another command; it needs no approval.
pub(super) fn announce(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    new: &ReturnIn,
    order: &Order,
) -> Result<Return, Error> {
    let mut decision = requested(tx, call, new, Some(order), ids)?;
    decision.returned.head.state = orderly_core::returns::ReturnState::Approved;
    save(tx, call, ids, (None, Some(order)), decision, "return.requested")
}

/// Withdraws a return of which nothing came as a part of another command.
pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    (returned, order): (&Return, &Order),
) -> Result<Return, Error> {
    let decision = requests::cancel(returned, Some(order))?;
    save(tx, call, ids, (Some(returned), Some(order)), decision, "return.canceled")
}

fn requested(
    tx: &mut Tx<'_>,
    call: &Call,
    new: &ReturnIn,
    order: Option<&Order>,
    ids: &mut IdSource,
) -> Result<Decision, Error> {
    let missing = || Refusal::at(Code::UnknownChannel, "/channel", "name a channel that there is");
    let channel = order.map(|order| order.channel).or(new.channel).ok_or_else(missing)?;
    let channel = channels::get(tx, channel)?.ok_or_else(missing)?;
    let scope = Scope { channel: Some(channel.id), location: new.location, ..Scope::default() };
    let right = if order.is_some() { Permission::Return } else { Permission::ReturnBlind };
    call.require(right, scope)?;
    let number = numbers::take(tx, LegalEntityId::NONE, "return", 1, 1)?;
    let stated = NewReturn {
        number: format!("RT-{number}"),
        external_id: new.external_id.clone(),
        channel: channel.id,
        currency: order.map_or(channel.currency, |order| order.currency),
        customer: new.customer.or(order.and_then(|order| order.head.customer)),
        location: new.location,
        reason: new.reason.clone(),
    };
    match order {
        Some(order) => {
            let blind = call.overridden(Code::AboveReturnable, scope)?;
            let lines = wanted(&new.lines)?;
            Ok(requests::request(order, &stated, &lines, blind, ids, call.now)?)
        }
        None => {
            let lines = blind_lines(tx, &new.lines)?;
            Ok(requests::request_blind(&stated, &lines, ids, call.now)?)
        }
    }
}

fn wanted(lines: &[ReturnLineIn]) -> Result<Vec<WantedLine>, Error> {
    let mut out = Vec::with_capacity(lines.len());
    for (index, one) in lines.iter().enumerate() {
        let missing = || {
            let pointer = format!("/lines/{index}/line");
            Refusal::at(Code::UnknownLine, pointer, "name a line of the order")
        };
        out.push(WantedLine {
            line: one.line.ok_or_else(missing)?,
            qty: qty(one.qty)?,
            lot: one.lot,
            reason: one.reason.clone(),
        });
    }
    Ok(out)
}

fn blind_lines(tx: &mut Tx<'_>, lines: &[ReturnLineIn]) -> Result<Vec<BlindLine>, Error> {
    let mut out = Vec::with_capacity(lines.len());
    for (index, one) in lines.iter().enumerate() {
        let missing = || {
            let pointer = format!("/lines/{index}/item");
            Refusal::at(Code::UnknownItem, pointer, "name an item that there is")
        };
        let item = catalog::get(tx, one.item.ok_or_else(missing)?)?.ok_or_else(missing)?;
        out.push(BlindLine {
            item: item.id,
            description: item.name.clone(),
            qty: qty(one.qty)?,
            lot: one.lot,
            reason: one.reason.clone(),
        });
    }
    Ok(out)
}

/// Lets the goods come. The inverse is [`refuse`].
///
/// # Errors
/// `invalid_transition` unless requested.
pub fn approve(app: &App, call: &Call, id: ReturnId) -> Result<Return, Error> {
    step(
        app,
        call,
        ("return.approve", "return.approved"),
        Permission::ApproveReturn,
        id,
        |one, _| Ok(requests::approve(one)?),
    )
}

/// Declines a return before anything came.
///
/// # Errors
/// `invalid_transition`, `reason_required`.
pub fn refuse(app: &App, call: &Call, id: ReturnId, reason: &str) -> Result<Return, Error> {
    let right = Permission::ApproveReturn;
    step(app, call, ("return.refuse", "return.refused"), right, id, |one, order| {
        Ok(requests::refuse(one, order, reason)?)
    })
}

/// Withdraws a return before anything came: the inverse of [`request`].
///
/// # Errors
/// `invalid_transition`.
pub fn cancel(app: &App, call: &Call, id: ReturnId) -> Result<Return, Error> {
    step(app, call, ("return.cancel", "return.canceled"), Permission::Return, id, |one, order| {
        Ok(requests::cancel(one, order)?)
    })
}

/// Ends a return whose goods are all inspected. The inverse is [`reopen`].
///
/// # Errors
/// `invalid_transition`.
pub fn close(app: &App, call: &Call, id: ReturnId) -> Result<Return, Error> {
    let right = Permission::InspectReturn;
    step(app, call, ("return.close", "return.closed"), right, id, |one, order| {
        Ok(requests::close(one, order)?)
    })
}

/// Opens a closed return again.
///
/// # Errors
/// `invalid_transition`, `above_returnable`.
pub fn reopen(app: &App, call: &Call, id: ReturnId) -> Result<Return, Error> {
    let right = Permission::InspectReturn;
    step(app, call, ("return.reopen", "return.reopened"), right, id, |one, order| {
        Ok(requests::reopen(one, order)?)
    })
}

/// Receives goods of a return at a location.
///
/// # Errors
/// `invalid_transition` unless approved or received; `above_returnable` with the maximum,
/// overridden by the right to blind returns; `lot_required`, `unknown_bin`, `unknown_location`.
pub fn receive(
    app: &App,
    call: &Call,
    id: ReturnId,
    at: LocationId,
    arrivals: &[ArrivalIn],
) -> Result<Return, Error> {
    command(app, call, "return.receive", |tx| {
        let (before, order) = loaded(tx, call, id)?;
        let scope = Scope { location: Some(at), channel: Some(before.channel), ..Scope::default() };
        call.require(Permission::ReceiveReturn, scope)?;
        let mut ids = orders::ids_after_audit(call);
        let own = (&before, order.as_ref());
        let decision = received(tx, call, own, arrivals, at, &mut ids)?;
        let done =
            save(tx, call, &mut ids, (Some(&before), order.as_ref()), decision, "return.received")?;
        exchanges::came(tx, call, &mut ids, done)
    })
}

fn received(
    tx: &mut Tx<'_>,
    call: &Call,
    (returned, order): (&Return, Option<&Order>),
    arrivals: &[ArrivalIn],
    at: LocationId,
    ids: &mut IdSource,
) -> Result<Decision, Error> {
    let place = place(tx, at)?;
    let mut came = Vec::with_capacity(arrivals.len());
    for one in arrivals {
        let to = one.to.unwrap_or(Fate::AwaitingInspection);
        let bin = bin(tx, &place, one.bin, to)?;
        came.push(Arrival { line: one.line, qty: qty(one.qty)?, lot: one.lot, to, bin });
    }
    let scope = Scope { location: Some(at), channel: Some(returned.channel), ..Scope::default() };
    let blind = call.overridden(Code::AboveReturnable, scope)?;
    let catalog = catalog_of(tx, returned, None)?;
    let books = books::books_of(tx, place.legal_entity)?.currency;
    let desk = Desk { location: at, catalog: &catalog, books, now: call.now };
    Ok(decide_reception(returned, order, &came, blind, &desk, ids)?)
}

/// Decides what becomes of received units, or changes what became of them: the inverse of a
/// decision is the decision back.
///
/// # Errors
/// `above_received` with the maximum, `invalid_transition`, `not_reversible` for what is refunded,
/// `not_held` where the goods do not lie there, `unknown_item` without the other item.
pub fn inspect(app: &App, call: &Call, id: ReturnId, verdict: &VerdictIn) -> Result<Return, Error> {
    command(app, call, "return.inspect", |tx| {
        let (before, order) = loaded(tx, call, id)?;
        let scope = Scope {
            location: before.head.location,
            channel: Some(before.channel),
            ..Scope::default()
        };
        call.require(Permission::InspectReturn, scope)?;
        let at = before.head.location.ok_or_else(|| {
            let detail = format!("return {} has not been received", before.number);
            Refusal::new(Code::InvalidTransition, detail).allowed("receive")
        })?;
        let place = place(tx, at)?;
        let from = verdict.from.unwrap_or(Fate::AwaitingInspection);
        let line = before.line(verdict.line)?;
        let catalog = catalog_of(tx, &before, verdict.refurbished.map(|(item, _, _)| item))?;
        let stated = Verdict {
            line: line.id,
            from,
            to: verdict.to,
            qty: qty(verdict.qty)?,
            lot: verdict.lot,
            from_bin: bin(tx, &place, verdict.from_bin, from)?,
            to_bin: bin(tx, &place, verdict.to_bin, verdict.to)?,
            refurbished: other(&catalog, line.item, verdict)?,
            taken_back: taken_back(tx, &before, line.id, (from, verdict.to), verdict.qty)?,
            note: verdict.note.clone(),
        };
        let books = books::books_of(tx, place.legal_entity)?.currency;
        let desk = Desk { location: at, catalog: &catalog, books, now: call.now };
        let mut ids = orders::ids_after_audit(call);
        let key = level_left(&desk, line.item, line.lot, &stated)?;
        let (before, order) = match key.filter(|_| is_sellable(from)) {
            None => (before, order),
            Some(key) => {
                // What became of goods is a fact: who waits for them waits on.
                let units = stated.refurbished.filter(|_| from == Fate::Refurbished);
                let units = units.map_or(stated.qty, |other| other.qty);
                make_room::free(tx, call, &mut ids, key, units)?;
                loaded(tx, call, id)?
            }
        };
        let level = match key {
            Some(key) => levels::lock(tx, &[key])?.pop(),
            None => None,
        };
        let decision =
            decide_inspection(&before, order.as_ref(), &stated, level.as_ref(), &desk, &mut ids)?;
        let own = (Some(&before), order.as_ref());
        let done = save(tx, call, &mut ids, own, decision, "return.inspected")?;
        exchanges::came(tx, call, &mut ids, done)
    })
}

/// The order and the return, locked in this order.
fn loaded(tx: &mut Tx<'_>, call: &Call, id: ReturnId) -> Result<(Return, Option<Order>), Error> {
    let seen = tables::returns::get(tx, id, false)?;
    let seen = seen.ok_or_else(|| Error::not_found(format!("return {id}")))?;
    let order = seen.order.map(|order| orders::load(tx, order)).transpose()?;
    let before = load(tx, id)?;
    call.expect_version(before.version)?;
    Ok((before, order))
}

/// One step of a return that moves no goods.
fn step(
    app: &App,
    call: &Call,
    (verb, kind): (&'static str, &'static str),
    right: Permission,
    id: ReturnId,
    decide: impl Fn(&Return, Option<&Order>) -> Result<Decision, Error>,
) -> Result<Return, Error> {
    command(app, call, verb, |tx| {
        let (before, order) = loaded(tx, call, id)?;
        let scope = Scope {
            location: before.head.location,
            channel: Some(before.channel),
            ..Scope::default()
        };
        call.require(right, scope)?;
        let decision = decide(&before, order.as_ref())?;
        let mut ids = orders::ids_after_audit(call);
        save(tx, call, &mut ids, (Some(&before), order.as_ref()), decision, kind)
    })
}

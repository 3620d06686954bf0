//! Loads of own vehicles: planned, with stops for parts of deliveries, within what the vehicle may
//! carry. What happens on the road is in [`road`].

pub mod documents;
pub mod read;
pub mod road;
pub mod vehicles;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::*;
use orderly_core::load::{Load, LoadState, Size, Stop, StopState};
use orderly_core::order::{FulfillmentState, Method, Order};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::text;
use orderly_core::time::Day;
use orderly_store::Tx;
use orderly_store::tables::{catalog, events as event_rows, loads, numbers};

use super::catalog::{ids, location_called, stale};
use super::command::{Object, Reference, command};
use super::events::{Happened, event};
use crate::{App, Call, Error};

impl Object for Load {
    fn reference(&self) -> Reference {
        Reference { kind: "load", id: self.id.as_bytes(), sequence: self.version }
    }
    fn replay(tx: &mut Tx<'_>, id: [u8; 16], _: i64) -> Result<Self, Error> {
        load(tx, LoadId::from_bytes(id), false)
    }
}

/// Returns the load with this id; with `lock`, other writers of it wait.
pub fn load(tx: &mut Tx<'_>, id: LoadId, lock: bool) -> Result<Load, Error> {
    loads::get(tx, id, lock)?.ok_or_else(|| Error::not_found(format!("load {id}")))
}

/// A run to plan.
#[derive(Debug, Clone, Default)]
pub struct NewLoad {
    /// The codes of the vehicle and of the location it leaves.
    pub vehicle: String,
    pub location: String,
    pub day: String,
    pub driver: Option<String>,
}

/// A stop to add.
#[derive(Debug, Clone)]
pub struct NewStop {
    pub order: OrderId,
    /// The delivery; the only one by van where absent.
    pub delivery: Option<DeliveryId>,
    /// Order lines with base quantities; a kit counts kits. Empty: all that the location has for it
    /// and no other stop takes.
    pub lines: Vec<(LineId, Qty)>,
    /// The time window, such as `08:00` and `10:30`.
    pub slot: Option<(String, String)>,
    pub note: Option<String>,
    /// Its place in the run; the last where absent.
    pub position: Option<i64>,
}

impl NewStop {
    /// All that the location has for the order's only delivery by van.
    pub const fn all_of(order: OrderId) -> Self {
        let lines = Vec::new();
        Self { order, delivery: None, lines, slot: None, note: None, position: None }
    }
}

/// Plans a run of a vehicle on a day.
///
/// # Errors
/// `unknown_vehicle`, `unknown_location`, `invalid_field` for a day that is none.
pub fn plan(app: &App, call: &Call, new: &NewLoad) -> Result<Load, Error> {
    command(app, call, "load.plan", |tx| {
        let location = location_called(tx, &new.location)?;
        require(call, location.id)?;
        let vehicle = vehicles::called(tx, &new.vehicle)?;
        let day = Day::parse(&new.day)
            .map_err(|error| Refusal::at(Code::InvalidField, "/day", error.to_string()))?;
        let mut ids = ids(call);
        let next = numbers::take(tx, LegalEntityId::NONE, "load", 1_001, 1)?;
        let load = Load {
            id: ids.draw(),
            number: format!("L{next}"),
            vehicle: vehicle.id,
            location: location.id,
            day,
            driver: text::optional(new.driver.as_deref())?,
            state: LoadState::Planned,
            limits: vehicle.limits,
            size: Size::default(),
            overridden: false,
            version: 1,
            created_at: call.now,
            departed_at: None,
            returned_at: None,
            stops: Vec::new(),
        };
        loads::insert(tx, &load)?;
        record(tx, call, &mut ids, &load, "load.planned")?;
        Ok(load)
    })
}

/// Adds a stop to a planned load.
///
/// # Errors
/// `invalid_transition` unless it is planned; `unknown_delivery`; `invalid_field` for a delivery
/// that is not by van, or a time that is none; `nothing_to_do` where the location has nothing for
/// it; `above_open` with what it has; `load_capacity` with by how much it is over.
pub fn add(app: &App, call: &Call, id: LoadId, new: &NewStop) -> Result<Load, Error> {
    change(app, call, id, "load.add", |tx, before, ids| {
        before.ensure_is(LoadState::Planned, "plan another load")?;
        let order = super::orders::load(tx, new.order)?;
        let (delivery, fulfillment) = place_of(&order, before.location, new.delivery)?;
        let lines = wanted(tx, &order, fulfillment, &new.lines)?;
        let mut after = before.clone();
        let last = before.stops.iter().map(|stop| stop.position).max().unwrap_or(0);
        let position = new.position.unwrap_or(last + 1);
        for stop in after.stops.iter_mut().filter(|stop| stop.position >= position) {
            stop.position += 1;
        }
        let (slot_from, slot_until) = new.slot.clone().map(slot).transpose()?.unzip();
        after.stops.push(Stop {
            id: ids.draw(),
            position,
            order: order.id,
            delivery,
            fulfillment,
            shipment: None,
            state: StopState::Planned,
            from: None,
            slot_from,
            slot_until,
            note: new.note.as_deref().map(text::long).transpose()?,
            size: size(tx, &order, &lines)?,
            lines,
            reason: None,
            received_by: None,
            attempted_at: None,
            at: None,
            proofs: Vec::new(),
        });
        fit(call, &mut after)?;
        Ok((after, "load.stop_added"))
    })
}

/// Takes a stop off a planned load. Goods that are aboard come back to stock.
///
/// # Errors
/// `not_found`, `invalid_transition`.
pub fn remove(app: &App, call: &Call, id: LoadId, stop: StopId) -> Result<Load, Error> {
    change(app, call, id, "load.remove", |tx, before, ids| {
        before.ensure_is(LoadState::Planned, "fail the stop")?;
        let mut after = before.clone();
        take_off(tx, call, ids, &mut after, stop)?;
        after.size = after.needed();
        Ok((after, "load.stop_removed"))
    })
}

/// Gives a planned load up. Goods that are aboard come back to stock.
///
/// # Errors
/// `invalid_transition` unless it is planned.
pub fn cancel(app: &App, call: &Call, id: LoadId) -> Result<Load, Error> {
    change(app, call, id, "load.cancel", |tx, before, ids| {
        before.ensure_is(LoadState::Planned, "return it")?;
        let mut after = before.clone();
        let kept: Vec<StopId> = before.kept().map(|stop| stop.id).collect();
        for stop in kept {
            take_off(tx, call, ids, &mut after, stop)?;
        }
        after.size = Size::default();
        after.state = LoadState::Canceled;
        Ok((after, "load.canceled"))
    })
}

fn take_off(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    load: &mut Load,
    id: StopId,
) -> Result<(), Error> {
    let stop = load.stop(id)?.clone();
    ensure(stop.state == StopState::Planned, || {
        Refusal::new(Code::InvalidTransition, format!("the stop is {}", stop.state.code()))
    })?;
    road::come_back(tx, call, ids, &stop, road::Back::default())?;
    load.stop_mut(id)?.state = StopState::Removed;
    Ok(())
}

/// The room that order lines take.
fn size(tx: &mut Tx<'_>, order: &Order, lines: &[(LineId, Qty)]) -> Result<Size, Error> {
    let items: Vec<ItemId> = order.lines.iter().filter_map(|line| line.item).collect();
    let catalog = catalog::load_ids(tx, &items)?;
    let mut sum = Size::default();
    for (line, qty) in lines {
        let line = order.line(*line)?;
        if let Some(item) = line.item.and_then(|id| catalog.get(id)) {
            sum = sum.and(Size::of(line, item, *qty));
        }
    }
    Ok(sum)
}

/// Refuses what the vehicle may not carry, unless somebody with the right lets it pass.
fn fit(call: &Call, load: &mut Load) -> Result<(), Error> {
    load.size = load.needed();
    if let Err(refusal) = load.size.ensure_within(load.limits) {
        let scope = Scope { location: Some(load.location), ..Scope::default() };
        call.unless_overridden(refusal, scope)?;
        load.overridden = true;
    }
    Ok(())
}

/// The van delivery of an order and its fulfillment at a location.
fn place_of(
    order: &Order,
    location: LocationId,
    wanted: Option<DeliveryId>,
) -> Result<(DeliveryId, FulfillmentId), Refusal> {
    let vans = order.deliveries.iter().filter(|one| one.method == Method::Van);
    let delivery = match wanted {
        Some(id) => order.delivery(id)?,
        None => vans.clone().next().filter(|_| vans.count() == 1).ok_or_else(|| {
            let detail = format!("name the delivery by van of order {}", order.number);
            Refusal::at(Code::UnknownDelivery, "/delivery", detail)
        })?,
    };
    ensure(delivery.method == Method::Van, || {
        let detail = format!("delivery {} goes by {}", delivery.reference, delivery.method.code());
        Refusal::at(Code::InvalidField, "/delivery", detail)
    })?;
    let own = order.fulfillments.iter().find(|one| {
        let at_work = matches!(one.state, FulfillmentState::Open | FulfillmentState::Released);
        one.delivery == delivery.id && one.location == location && at_work
    });
    let own = own.ok_or_else(|| {
        let detail = format!("the location has nothing of order {} for this load", order.number);
        Refusal::new(Code::NothingToDo, detail)
    })?;
    Ok((delivery.id, own.id))
}

/// The lines of a stop, kits as their components: what is named, within what the location has for
/// the delivery and no other stop takes.
fn wanted(
    tx: &mut Tx<'_>,
    order: &Order,
    fulfillment: FulfillmentId,
    named: &[(LineId, Qty)],
) -> Result<Vec<(LineId, Qty)>, Error> {
    let taken = loads::planned(tx, fulfillment)?;
    let free = |line: LineId| {
        let has = Qty::sum(order.work_at(fulfillment, line).map(|work| work.qty));
        let gone = taken.iter().find(|(one, _)| *one == line).map_or(Qty::ZERO, |(_, qty)| *qty);
        has.unwrap_or(Qty::ZERO).less(gone)
    };
    let mut out: Vec<(LineId, Qty)> = Vec::new();
    if named.is_empty() {
        let all = order.lines.iter().filter(|line| line.claims_stock());
        out.extend(all.map(|line| (line.id, free(line.id))).filter(|(_, qty)| !qty.is_zero()));
        ensure(!out.is_empty(), || {
            let detail = format!("nothing of order {} is left for a stop", order.number);
            Refusal::new(Code::NothingToDo, detail)
        })?;
        return Ok(out);
    }
    for (index, (line, qty)) in named.iter().enumerate() {
        let pointer = format!("/lines/{index}");
        let group = order.addressed(*line).map_err(|refusal| refusal.under(&pointer))?;
        let count = group.count(order, *qty).filter(|count| *count > 0).ok_or_else(|| {
            let per = group.qty(order, 1);
            let detail = format!("the line goes in pieces of {per}");
            Refusal::at(Code::QuantityPrecision, &pointer, detail).allowed(per.to_string())
        })?;
        let least = group.least(free);
        ensure(count <= least, || {
            let left = group.qty(order, least).to_string();
            let detail = format!("{left} base units of the line are free for this load");
            Refusal::at(Code::AboveOpen, &pointer, detail).allowed(left)
        })?;
        for (part, per) in &group.parts {
            ensure(!out.iter().any(|(known, _)| known == part), || {
                Refusal::at(Code::InvalidField, &pointer, "the line is named twice")
            })?;
            let qty = per.times(count).ok_or_else(|| {
                Refusal::at(Code::QuantityTooLarge, &pointer, "the quantity is too large")
            })?;
            out.push((*part, qty));
        }
    }
    Ok(out)
}

fn slot((from, until): (String, String)) -> Result<(String, String), Refusal> {
    let hour = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
    };
    let read = hour(&from).zip(hour(&until)).filter(|(from, until)| from <= until);
    read.ok_or_else(|| {
        let detail = "a time window goes from 08:00 to 10:30, for example";
        Refusal::at(Code::InvalidField, "/slot", detail)
    })
}

fn require(call: &Call, location: LocationId) -> Result<(), Error> {
    call.require(Permission::Load, Scope { location: Some(location), ..Scope::default() })
}

/// Runs one step of a load as a command; `decide` gets it locked.
fn change(
    app: &App,
    call: &Call,
    id: LoadId,
    verb: &'static str,
    decide: impl Fn(&mut Tx<'_>, &Load, &mut IdSource) -> Result<(Load, &'static str), Error>,
) -> Result<Load, Error> {
    command(app, call, verb, |tx| {
        let before = load(tx, id, true)?;
        require(call, before.location)?;
        call.expect_version(before.version)?;
        let mut ids = ids(call);
        let (after, done) = decide(tx, &before, &mut ids)?;
        keep(tx, call, &mut ids, &before, after, done)
    })
}

/// Saves a load as its next version, with its event.
fn keep(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    before: &Load,
    after: Load,
    done: &str,
) -> Result<Load, Error> {
    let mut after = Load { version: before.version + 1, ..after };
    after.stops.sort_by_key(|stop| (stop.position, stop.id));
    for stop in &mut after.stops {
        stop.lines.sort_unstable();
    }
    stale(loads::save(tx, before, &after)?)?;
    record(tx, call, ids, &after, done)?;
    Ok(after)
}

fn record(
    tx: &mut Tx<'_>,
    call: &Call,
    ids: &mut IdSource,
    load: &Load,
    kind: &str,
) -> Result<(), Error> {
    let happened = Happened {
        stream_kind: "load",
        stream: load.id.as_bytes(),
        sequence: load.version,
        kind,
        at: call.now,
    };
    Ok(event_rows::record(tx, &[event(call, ids, happened, load)])?)
}

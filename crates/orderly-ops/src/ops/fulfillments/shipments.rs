//! Shipments: leaving the location, and what becomes of them.

use orderly_core::actor::{Permission, Scope};
use orderly_core::catalog::BinKind;
use orderly_core::id::{
    BinId, ClaimId, ContactId, FulfillmentId, IdSource, LineId, OrderId, ShipmentId,
};
use orderly_core::order::deliver::{self, BackTo, Part, Then};
use orderly_core::order::ship::{self, NewParcel, Ship};
use orderly_core::order::undo::Command;
use orderly_core::order::{Decision, Method, Order, undeliver};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal};
use orderly_core::units::{Condition, Movement};
use orderly_docs::Sscc;
use orderly_store::Tx;
use orderly_store::tables::{locations, numbers, settings};

use super::hand::{booked, levels_of};
use super::step;
use crate::ops::accounts::people::collector;
use crate::ops::orders::again::source_again;
use crate::ops::orders::change;
use crate::ops::stock::backorders::enqueue;
use crate::{App, Call, Error};

/// The setting that holds the merchant's own GS1 company prefix.
pub const COMPANY_PREFIX: &str = "gs1.company_prefix";
/// Of the range GS1 keeps for examples: labels work, and no real company is named.
const EXAMPLE_PREFIX: &str = "9521234";

/// A parcel to ship; its SSCC is drawn.
#[derive(Debug, Clone, Default)]
pub struct NewBox {
    pub weight_g: Option<i64>,
    pub tracking: Option<String>,
}

/// What leaves together.
#[derive(Debug, Clone, Default)]
pub struct Shipping {
    /// Claims with base quantities; empty: everything packed.
    pub lines: Vec<(ClaimId, Qty)>,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub tracking: Option<String>,
    /// Empty: one parcel where the delivery is sent by parcel, none else.
    pub parcels: Vec<NewBox>,
    /// The account's contact who collects the goods.
    pub collected_by: Option<ContactId>,
}

/// Hands packed goods to the carrier.
pub fn ship(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    new: &Shipping,
) -> Result<Order, Error> {
    step(app, call, Command::Ship, Permission::Ship, of, |tx, order, at, ids| {
        let delivery = order.fulfillment(of.1)?.delivery;
        let by_parcel = order.delivery(delivery)?.method == Method::Parcel;
        let one = [NewBox { tracking: new.tracking.clone(), ..NewBox::default() }];
        let boxes = if new.parcels.is_empty() && by_parcel { &one[..] } else { &new.parcels };
        let what = Ship {
            lines: new.lines.clone(),
            carrier: new.carrier.clone(),
            service: new.service.clone(),
            tracking: new.tracking.clone(),
            parcels: parcels(tx, order, boxes)?,
        };
        let collector = collector(tx, order, of.1, new.collected_by)?;
        let mut levels = levels_of(tx, order, of.1)?;
        let (mut decision, shipment) = ship::ship(order, of.1, &what, &mut levels, at, ids)?;
        decision.order.shipment_mut(shipment)?.collected_by = collector;
        Ok(decision)
    })
}

/// Draws an SSCC for every parcel from the legal entity's series.
fn parcels(tx: &mut Tx<'_>, order: &Order, boxes: &[NewBox]) -> Result<Vec<NewParcel>, Error> {
    if boxes.is_empty() {
        return Ok(Vec::new());
    }
    let prefix = settings::get(tx, COMPANY_PREFIX)?;
    let prefix = prefix.unwrap_or_else(|| EXAMPLE_PREFIX.into());
    let count = i64::try_from(boxes.len()).unwrap_or(i64::MAX);
    let first = numbers::take(tx, order.legal_entity, "sscc", 1, count)?;
    let parcel = |(number, one): (i64, &NewBox)| {
        let serial = u64::try_from(number).unwrap_or_default();
        let sscc = Sscc::build(0, &prefix, serial).map_err(|error| {
            let detail = format!("no SSCC can be made from the setting {COMPANY_PREFIX}: {error}");
            Error::Invalid(detail)
        })?;
        let tracking = one.tracking.clone();
        Ok(NewParcel { sscc: sscc.as_str().to_owned(), weight_g: one.weight_g, tracking })
    };
    (first..).zip(boxes).map(parcel).collect()
}

/// Runs one step of a shipment as a command; `decide` gets the movements booked for it.
fn follow(
    app: &App,
    call: &Call,
    done: Command,
    permission: Permission,
    (order, shipment): (OrderId, ShipmentId),
    decide: impl Fn(&mut Tx<'_>, &Order, &[Movement], &mut IdSource) -> Result<Decision, Error>,
) -> Result<Order, Error> {
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let location = Some(order.shipment(shipment)?.location);
        let scope = Scope { location, channel: Some(order.channel), amount_minor: None };
        call.require(permission, scope)?;
        let booked = booked(tx, order, shipment)?;
        decide(tx, order, &booked, ids)
    })
}

/// Takes a shipment back before anything happened to it.
pub fn void(app: &App, call: &Call, of: (OrderId, ShipmentId)) -> Result<Order, Error> {
    let done = Command::VoidShipment;
    follow(app, call, done, Permission::Undo, of, |_, order, booked, ids| {
        Ok(ship::void_shipment(order, of.1, booked, call.now, ids)?)
    })
}

/// Records that goods reached the customer: all in transit where `lines` is empty.
pub fn deliver(
    app: &App,
    call: &Call,
    of: (OrderId, ShipmentId),
    lines: Part<'_>,
) -> Result<Order, Error> {
    follow(app, call, Command::Deliver, Permission::Deliver, of, |_, order, booked, ids| {
        Ok(deliver::deliver(order, of.1, lines, booked, call.now, ids)?)
    })
}

/// Takes a delivery recorded by mistake back.
pub fn undeliver(app: &App, call: &Call, of: (OrderId, ShipmentId)) -> Result<Order, Error> {
    follow(app, call, Command::Undeliver, Permission::Undo, of, |_, order, booked, ids| {
        Ok(undeliver::undeliver(order, of.1, booked, call.now, ids)?)
    })
}

/// Records that a delivery was tried in vain.
pub fn fail(app: &App, call: &Call, of: (OrderId, ShipmentId)) -> Result<Order, Error> {
    follow(app, call, Command::Fail, Permission::Deliver, of, |_, order, _, ids| {
        Ok(deliver::fail(order, of.1, call.now, ids)?)
    })
}

/// Records that another attempt is made.
pub fn retry(app: &App, call: &Call, of: (OrderId, ShipmentId)) -> Result<Order, Error> {
    follow(app, call, Command::Retry, Permission::Deliver, of, |_, order, _, ids| {
        Ok(deliver::retry(order, of.1, call.now, ids)?)
    })
}

/// Records that goods went missing on the way: all in transit where `lines` is empty.
pub fn lose(
    app: &App,
    call: &Call,
    of: (OrderId, ShipmentId),
    lines: Part<'_>,
) -> Result<Order, Error> {
    follow(app, call, Command::Lose, Permission::Deliver, of, |_, order, booked, ids| {
        Ok(deliver::lose(order, of.1, lines, booked, call.now, ids)?)
    })
}

/// Records that lost goods turned up and are on their way again.
pub fn find(app: &App, call: &Call, of: (OrderId, ShipmentId)) -> Result<Order, Error> {
    follow(app, call, Command::Find, Permission::Undo, of, |_, order, booked, ids| {
        Ok(undeliver::find(order, of.1, booked, call.now, ids)?)
    })
}

/// Where goods come back to.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    /// `None`: the storage bin where they are sellable, else the first bin for returns.
    pub bin: Option<BinId>,
    /// Whether they go on sale at once, without inspection.
    pub sellable: bool,
    pub then: Then,
}

/// Records that goods came back undelivered to where they were sent from: all in transit where
/// `lines` is empty. What is reopened is sourced again.
pub fn bring_back(
    app: &App,
    call: &Call,
    of: (OrderId, ShipmentId),
    lines: Part<'_>,
    back: Back,
) -> Result<Order, Error> {
    let done = Command::BringBack;
    follow(app, call, done, Permission::Deliver, of, |tx, order, booked, ids| {
        come_back(tx, call, order, of.1, lines, back, booked, ids)
    })
}

/// Decides that goods came back, sources again what is reopened and serves backorders with what
/// goes on sale.
#[expect(clippy::too_many_arguments, reason = "each is a separate fact of the arrival")]
pub(in crate::ops) fn come_back(
    tx: &mut Tx<'_>,
    call: &Call,
    order: &Order,
    shipment: ShipmentId,
    lines: Part<'_>,
    back: Back,
    booked: &[Movement],
    ids: &mut IdSource,
) -> Result<Decision, Error> {
    let location = order.shipment(shipment)?.location;
    let bin = match back.bin {
        Some(bin) => known_bin(tx, location, bin)?,
        None => default_bin(tx, location, back.sellable)?,
    };
    let condition = if back.sellable { Condition::Sellable } else { Condition::AwaitingInspection };
    let to = BackTo { location, bin, condition };
    let mut decision =
        deliver::bring_back(order, shipment, lines, to, back.then, booked, call.now, ids)?;
    if back.then == Then::Reopen {
        source_again(tx, call, &mut decision.order, &[], ids)?;
    }
    if back.sellable {
        let came = decision.movements.iter().map(|movement| (movement.item, location));
        enqueue(tx, call, ids, &came.collect::<Vec<_>>())?;
    }
    Ok(decision)
}

fn known_bin(
    tx: &mut Tx<'_>,
    location: orderly_core::id::LocationId,
    bin: BinId,
) -> Result<BinId, Error> {
    let found = locations::bin(tx, bin)?.filter(|found| found.location == location);
    let unknown = || Refusal::at(Code::UnknownBin, "/bin", "the location has no such bin");
    Ok(found.ok_or_else(unknown)?.id)
}

fn default_bin(
    tx: &mut Tx<'_>,
    location: orderly_core::id::LocationId,
    sellable: bool,
) -> Result<BinId, Error> {
    let own = locations::get(tx, location)?;
    let own = own.ok_or_else(|| Error::Internal(format!("location {location} is unknown")))?;
    let returns = locations::bins(tx, location)?;
    let returns = returns.iter().find(|bin| bin.kind == BinKind::Returns);
    Ok(returns.filter(|_| !sellable).map_or(own.storage_bin, |bin| bin.id))
}

/// Decides about goods that came back earlier: ships them again or cancels them.
pub fn decide_back(
    app: &App,
    call: &Call,
    order: OrderId,
    line: LineId,
    qty: Qty,
    then: Then,
) -> Result<Order, Error> {
    let done = Command::DecideBack;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let scope = Scope { channel: Some(order.channel), ..Scope::default() };
        call.require(Permission::Cancel, scope)?;
        let mut decision = deliver::decide_back(order, line, qty, then, call.now, ids)?;
        if then == Then::Reopen {
            source_again(tx, call, &mut decision.order, &[], ids)?;
        }
        Ok(decision)
    })
}

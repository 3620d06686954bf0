//! Fulfillments: the work of one location for one delivery, from release to the counter.

pub mod cancel;
pub mod close;
pub(super) mod hand;
pub mod hold;
pub mod shipments;
pub mod undo;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{
    ContactId, FulfillmentId, IdSource, LineId, LocationId, OrderId, ShipmentId,
};
use orderly_core::order::reject::RejectReason;
use orderly_core::order::undo::Command;
use orderly_core::order::unpick::Unpick;
use orderly_core::order::work::At;
use orderly_core::order::{
    Decision, FulfillmentState, Order, claims, hand_over, pack, pick, reject, release, unpick,
};
use orderly_core::qty::Qty;
use orderly_core::refusal::{Code, Refusal, ensure};
use orderly_core::units::{LevelKey, PlaceKind};
use orderly_store::Tx;
use orderly_store::tables::catalog;

use super::accounts::people::collector;
use super::orders::again::{items_of, source_again};
use super::orders::change;
use super::orders::place::read_levels;
use super::stock::backorders::enqueue;
use crate::{App, Call, Error};
use hand::{Hand, booked};

/// The refusals of a call that its approval lets pass at a location.
pub(in crate::ops) fn passing(
    call: &Call,
    order: &Order,
    location: Option<LocationId>,
) -> Result<Vec<Code>, Error> {
    let scope = Scope { location, channel: Some(order.channel), amount_minor: None };
    let mut out = Vec::new();
    for code in &call.overrides {
        if call.overridden(*code, scope)? {
            out.push(*code);
        }
    }
    Ok(out)
}

/// Has the backorders of others served from stock that an order gives up.
pub(in crate::ops) fn offer_freed(
    tx: &mut Tx<'_>,
    call: &Call,
    before: &Order,
    after: &Order,
    ids: &mut IdSource,
) -> Result<(), Error> {
    let changes = claims::level_changes(&claims::of(before), &claims::of(after));
    let freed = changes.iter().filter(|change| change.allocated.0 < 0);
    let freed: Vec<_> = freed.map(|change| (change.key.item, change.key.location)).collect();
    enqueue(tx, call, ids, &freed)
}

/// Runs one step of a fulfillment as a command: `decide` gets the order locked, the location's
/// right is checked, and what is overridden is known.
fn step(
    app: &App,
    call: &Call,
    done: Command,
    permission: Permission,
    (order, fulfillment): (OrderId, FulfillmentId),
    decide: impl Fn(&mut Tx<'_>, &Order, &At<'_>, &mut IdSource) -> Result<Decision, Error>,
) -> Result<Order, Error> {
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let location = order.fulfillment(fulfillment)?.location;
        let scope =
            Scope { location: Some(location), channel: Some(order.channel), ..Scope::default() };
        call.require(permission, scope)?;
        let overridden = passing(call, order, Some(location))?;
        decide(tx, order, &At { now: call.now, overridden: &overridden }, ids)
    })
}

/// Releases a fulfillment's work to its location.
pub fn release(app: &App, call: &Call, of: (OrderId, FulfillmentId)) -> Result<Order, Error> {
    step(app, call, Command::Release, Permission::Release, of, |_, order, at, ids| {
        Ok(release::release(order, of.1, at, ids)?)
    })
}

/// Releases all work of an order to its locations, together.
///
/// # Errors
/// `nothing_to_do` where all of it is released; `on_hold`.
pub fn release_all(app: &App, call: &Call, order: OrderId) -> Result<Order, Error> {
    let done = Command::Release;
    change(app, call, done.code(), done.event(), order, |_, order, ids| {
        let fresh = |id| {
            let mut own = order.work.iter().filter(move |work| work.fulfillment == id);
            own.any(|work| work.released < work.qty)
        };
        let open: Vec<_> = order.fulfillments.iter().filter(|one| fresh(one.id)).collect();
        ensure(!open.is_empty(), || {
            let detail = format!("order {} has nothing to release", order.number);
            Refusal::new(Code::NothingToDo, detail)
        })?;
        let mut all = Decision::only(order.clone());
        for one in open {
            let location = Some(one.location);
            let scope = Scope { location, channel: Some(order.channel), ..Scope::default() };
            call.require(Permission::Release, scope)?;
            let overridden = passing(call, order, location)?;
            let at = At { now: call.now, overridden: &overridden };
            let next = release::release(&all.order, one.id, &at, ids)?;
            all.then(next);
        }
        Ok(all)
    })
}

/// Calls a fulfillment's work back from its location.
pub fn recall(app: &App, call: &Call, of: (OrderId, FulfillmentId)) -> Result<Order, Error> {
    step(app, call, Command::Recall, Permission::Release, of, |_, order, at, ids| {
        Ok(release::recall(order, of.1, at.now, ids)?)
    })
}

/// Records that a location refuses work, and sources it elsewhere: the locations that gave up
/// other work of the delivery are left out as well. Everything unpicked where `lines` is empty.
pub fn reject(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    lines: &[(LineId, Qty)],
    reason: RejectReason,
) -> Result<Order, Error> {
    step(app, call, Command::Reject, Permission::Reject, of, |tx, order, at, ids| {
        // All levels are locked once, in key order, before the location's are looked at.
        read_levels(tx, &items_of(order))?;
        let own = order.fulfillment(of.1)?;
        let mut hand = Hand::of(tx, order, of.1)?;
        let mut decision =
            reject::reject(order, of.1, lines, reason, &mut hand.at_hand(), at.now, ids)?;
        let gave_up = order
            .fulfillments
            .iter()
            .filter(|one| one.delivery == own.delivery && one.state == FulfillmentState::Canceled);
        let excluded: Vec<LocationId> =
            gave_up.map(|one| one.location).chain([own.location]).collect();
        source_again(tx, call, &mut decision.order, &excluded, ids)?;
        offer_freed(tx, call, order, &decision.order, ids)?;
        // Goods that were not found where the books say they are: somebody has to count.
        for moved in decision.movements.iter().filter(|one| one.to.kind == PlaceKind::Lost) {
            let (item, location, lot_class) = (moved.item, own.location, moved.lot_class);
            let key = LevelKey { item, location, lot_class };
            super::stock::make_room::ask_for_count(tx, call, ids, key)?;
        }
        Ok(decision)
    })
}

/// Picks released work into the staging bin; everything released where `picks` is empty. Pieces
/// that are still to be cut are cut.
pub fn pick(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    picks: &[pick::Pick],
) -> Result<Order, Error> {
    step(app, call, Command::Pick, Permission::Pick, of, |tx, order, at, ids| {
        let mut hand = Hand::of(tx, order, of.1)?;
        hand.prepare_cuts(tx, call, order, of.1, picks, ids)?;
        Ok(pick::pick(order, of.1, picks, &mut hand.at_hand(), at, ids)?)
    })
}

/// Puts picked goods back; everything picked and not packed where `lines` is empty.
pub fn unpick(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    lines: &[Unpick],
    keep_cut: bool,
) -> Result<Order, Error> {
    step(app, call, Command::Unpick, Permission::Pick, of, |tx, order, at, ids| {
        let hand = Hand::of(tx, order, of.1)?;
        let all = unpick::all(order, of.1, keep_cut);
        let lines = if lines.is_empty() { &all } else { lines };
        Ok(unpick::unpick(order, lines, &hand.location, at.now, ids)?)
    })
}

/// Packs picked goods; everything picked where `packs` is empty. What is measured of catch-weight
/// goods changes the order's amounts.
pub fn pack(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    packs: &[pack::Pack],
) -> Result<Order, Error> {
    step(app, call, Command::Pack, Permission::Pack, of, |tx, order, at, ids| {
        let catalog = catalog::load_ids(tx, &items_of(order))?;
        Ok(pack::pack(order, of.1, packs, &catalog, at, ids)?)
    })
}

/// Unpacks goods: the inverse of packing.
pub fn unpack(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    packs: &[pack::Pack],
) -> Result<Order, Error> {
    step(app, call, Command::Unpack, Permission::Pack, of, |_, order, at, ids| {
        Ok(pack::unpack(order, packs, at.now, ids)?)
    })
}

/// Hands goods over at the counter: every step from release to delivery at once.
pub fn hand_over(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    picks: &[pick::Pick],
) -> Result<Order, Error> {
    hand_over_to(app, call, of, picks, None)
}

/// Hands goods over at the counter to a contact of the order's account.
///
/// # Errors
/// Those of handing over; `contact_required` where the account wants to know who collects, and
/// `contact_may_not_collect`.
pub fn hand_over_to(
    app: &App,
    call: &Call,
    of: (OrderId, FulfillmentId),
    picks: &[pick::Pick],
    contact: Option<ContactId>,
) -> Result<Order, Error> {
    step(app, call, Command::HandOver, Permission::Ship, of, |tx, order, at, ids| {
        let collector = collector(tx, order, of.1, contact)?;
        let mut hand = Hand::of(tx, order, of.1)?;
        hand.prepare_cuts(tx, call, order, of.1, picks, ids)?;
        let decided = hand_over::hand_over(order, of.1, picks, &mut hand.at_hand(), at, ids)?;
        let (mut decision, shipment) = decided;
        decision.order.shipment_mut(shipment)?.collected_by = collector;
        Ok(decision)
    })
}

/// Takes goods back that were handed over by mistake: the inverse of handing over.
pub fn take_over(
    app: &App,
    call: &Call,
    order: OrderId,
    shipment: ShipmentId,
    keep_cut: bool,
) -> Result<Order, Error> {
    let done = Command::TakeOver;
    change(app, call, done.code(), done.event(), order, |tx, order, ids| {
        let own = order.shipment(shipment)?;
        let location = Some(own.location);
        let scope = Scope { location, channel: Some(order.channel), amount_minor: None };
        call.require(Permission::Undo, scope)?;
        let hand = Hand::of(tx, order, own.fulfillment)?;
        let booked = booked(tx, order, shipment)?;
        let (location, now) = (&hand.location, call.now);
        Ok(hand_over::take_over(order, shipment, keep_cut, &booked, location, now, ids)?)
    })
}

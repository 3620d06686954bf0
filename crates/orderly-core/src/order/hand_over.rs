//! Goods handed over at the counter: every step from release to delivery in one decision.

use super::deliver::deliver;
use super::goods::AtHand;
use super::pack::{Pack, pack, unpack};
use super::pick::{Pick, pick};
use super::release::{recall, release};
use super::ship::{Ship, ship, void_shipment};
use super::undeliver::undeliver;
use super::unpick::{Unpick, unpick};
use super::work::At;
use super::*;
use crate::refusal::ensure;

/// Hands over what a fulfillment of a take-away or collect delivery has: releases, picks, packs,
/// ships and delivers all of it at once.
///
/// `picks` name lots where goods are tracked; empty: everything from the shelves.
///
/// # Errors
/// `invalid_transition` where goods are sent to the customer instead, and those of every step.
pub fn hand_over(
    order: &Order,
    fulfillment: FulfillmentId,
    picks: &[Pick],
    hand: &mut AtHand<'_>,
    at: &At<'_>,
    ids: &mut IdSource,
) -> Result<(Decision, ShipmentId), Refusal> {
    let own = order.fulfillment(fulfillment)?;
    let delivery = order.delivery(own.delivery)?;
    ensure(matches!(delivery.method, Method::TakeAway | Method::Collect), || {
        let detail = format!("delivery {} is sent to the customer", delivery.reference);
        Refusal::new(Code::InvalidTransition, detail).allowed("ship")
    })?;
    let mut all = Decision::only(order.clone());
    let own = |work: &&Work| work.fulfillment == fulfillment;
    if order.work.iter().filter(own).any(|work| work.released < work.qty) {
        all.then(release(&all.order, fulfillment, at, ids)?);
    }
    if all.order.work.iter().filter(own).any(|work| work.picked < work.released) {
        all.then(pick(&all.order, fulfillment, picks, hand, at, ids)?);
    }
    if all.order.work.iter().filter(own).any(|work| work.packed < work.picked) {
        all.then(pack(&all.order, fulfillment, &[], hand.catalog, at, ids)?);
    }
    let what = Ship::default();
    let (shipped, shipment) = ship(&all.order, fulfillment, &what, &mut hand.levels, at, ids)?;
    all.then(shipped);
    all.then(deliver(&all.order, shipment, &[], &[], at.now, ids)?);
    Ok((all, shipment))
}

/// Takes goods back that were handed over by mistake: the inverse of [`hand_over()`]. The goods are
/// on their shelves again and the work is as it was before it was released. Cut pieces stay cut.
///
/// # Errors
/// Those of undelivering, voiding and putting back; `not_reversible` where goods were cut, unless
/// `keep_cut`.
pub fn take_over(
    order: &Order,
    shipment: ShipmentId,
    keep_cut: bool,
    booked: &[Movement],
    location: &crate::catalog::Location,
    now: Instant,
    ids: &mut IdSource,
) -> Result<Decision, Refusal> {
    let fulfillment = order.shipment(shipment)?.fulfillment;
    let lines = order.shipment_lines.iter().filter(|line| line.shipment == shipment);
    let mut claims: Vec<(ClaimId, Qty)> = Vec::new();
    for line in lines {
        match claims.iter_mut().find(|(claim, _)| *claim == line.claim) {
            Some((_, qty)) => work::raise(qty, line.qty),
            None => claims.push((line.claim, line.qty)),
        }
    }
    let mut all = Decision::only(order.clone());
    all.then(undeliver(order, shipment, booked, now, ids)?);
    all.then(void_shipment(&all.order, shipment, booked, now, ids)?);
    let packs: Vec<Pack> = claims
        .iter()
        .map(|(claim, qty)| Pack { claim: *claim, qty: *qty, measured: None })
        .collect();
    all.then(unpack(&all.order, &packs, now, ids)?);
    let picks: Vec<Unpick> =
        claims.iter().map(|(claim, qty)| Unpick { claim: *claim, qty: *qty, keep_cut }).collect();
    all.then(unpick(&all.order, &picks, location, now, ids)?);
    let picked = |work: &Work| work.fulfillment == fulfillment && !work.picked.is_zero();
    if !all.order.work.iter().any(picked) {
        all.then(recall(&all.order, fulfillment, now, ids)?);
    }
    Ok(all)
}

impl Decision {
    /// Goes on with a later decision of the same command: one event for both.
    pub fn then(&mut self, next: Self) {
        self.order = next.order;
        let event = self.event.or(next.event);
        for mut movement in next.movements {
            if let (Some(own), Some(event)) = (next.event, event)
                && movement.cause.id == own.as_bytes()
            {
                movement.cause.id = event.as_bytes();
            }
            self.movements.push(movement);
        }
        self.event = event;
    }
}

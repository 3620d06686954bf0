//! Holds: permits that are missing, put on an order or a part of it.

use super::goods::Moves;
use super::work::Settled;
use super::*;
use crate::refusal::ensure;

/// A hold as a caller puts it.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// A short word for what is awaited, such as `credit` or `fraud`.
    pub kind: String,
    pub scope: HoldScope,
    /// The order, line, delivery or fulfillment; ignored for the whole order.
    pub scope_id: [u8; 16],
    pub blocks: Vec<Step>,
    pub reason: String,
    pub owner: Option<String>,
    /// When it ends by itself.
    pub due_at: Option<Instant>,
}

/// Puts a hold and returns it with the decision.
///
/// # Errors
/// `invalid_transition` on an order that is not placed, `reason_required`, `invalid_field` for a
/// hold that blocks nothing or is already due, `invalid_text`, and `unknown_line`,
/// `unknown_delivery` or `not_found` for a scope that the order does not have.
pub fn hold(
    order: &Order,
    new: &NewHold,
    now: Instant,
    ids: &mut IdSource,
) -> Result<(Decision, HoldId), Refusal> {
    order.ensure_placed()?;
    ensure(!new.reason.trim().is_empty(), || {
        Refusal::at(Code::ReasonRequired, "/reason", "say why the order is held")
    })?;
    ensure(!new.blocks.is_empty(), || {
        Refusal::at(Code::InvalidField, "/blocks", "a hold blocks at least one step")
    })?;
    ensure(new.due_at.is_none_or(|due| due > now), || {
        Refusal::at(Code::InvalidField, "/due_at", "the hold would already be over")
    })?;
    let scope_id = scope_of(order, new)?;
    let mut after = order.clone();
    let id = ids.draw();
    after.holds.push(Hold {
        id,
        kind: crate::text::short(&new.kind)?,
        scope: new.scope,
        scope_id,
        blocks: new.blocks.clone(),
        reason: crate::text::long(&new.reason)?,
        owner: crate::text::optional(new.owner.as_deref())?,
        due_at: new.due_at,
        placed_at: now,
        released_at: None,
    });
    Ok((after.finish(Moves::new(now, ids))?, id))
}

fn scope_of(order: &Order, new: &NewHold) -> Result<[u8; 16], Refusal> {
    let id = new.scope_id;
    match new.scope {
        HoldScope::Order => return Ok(order.id.as_bytes()),
        HoldScope::Line => order.line(LineId::from_bytes(id)).map(|_| ())?,
        HoldScope::Delivery => order.delivery(DeliveryId::from_bytes(id)).map(|_| ())?,
        HoldScope::Fulfillment => order.fulfillment(FulfillmentId::from_bytes(id)).map(|_| ())?,
    }
    Ok(id)
}

/// Releases a hold. Releasing it again changes nothing and answers the same.
///
/// # Errors
/// `not_found` for a hold the order does not have.
pub fn release_hold(order: &Order, hold: HoldId, now: Instant, ids: &mut IdSource) -> Settled {
    let mut after = order.clone();
    let found = after.hold_mut(hold)?;
    if found.released_at.is_some() {
        return Ok(Decision::only(after));
    }
    found.released_at = Some(now);
    after.finish(Moves::new(now, ids))
}

/// Puts a released hold again, as a new one: the inverse of releasing it.
///
/// # Errors
/// `not_found`; `already_exists` while it is not released.
pub fn hold_again(
    order: &Order,
    hold: HoldId,
    now: Instant,
    ids: &mut IdSource,
) -> Result<(Decision, HoldId), Refusal> {
    let old = order.hold(hold)?;
    ensure(old.released_at.is_some(), || {
        Refusal::new(Code::AlreadyExists, format!("hold {hold} is not released"))
    })?;
    let new = NewHold {
        kind: old.kind.clone(),
        scope: old.scope,
        scope_id: old.scope_id,
        blocks: old.blocks.clone(),
        reason: old.reason.clone(),
        owner: old.owner.clone(),
        due_at: old.due_at.filter(|due| *due > now),
    };
    self::hold(order, &new, now, ids)
}

/// Ends the holds that are due. `None` where none is. A hold for credit on an account never ends by
/// itself: its release is held against the limit.
///
/// # Errors
/// Those of a broken identity, which holds cannot cause.
pub fn expire_holds(
    order: &Order,
    now: Instant,
    ids: &mut IdSource,
) -> Result<Option<Decision>, Refusal> {
    let mut after = order.clone();
    let on_account = exposure::on_account(order);
    let due = |hold: &&mut Hold| {
        let over = hold.due_at.is_some_and(|due| due <= now);
        let guarded = on_account && hold.kind == exposure::CREDIT_HOLD;
        hold.released_at.is_none() && over && !guarded
    };
    let mut ended = 0;
    for hold in after.holds.iter_mut().filter(due) {
        hold.released_at = Some(now);
        ended += 1;
    }
    if ended == 0 {
        return Ok(None);
    }
    after.finish(Moves::new(now, ids)).map(Some)
}

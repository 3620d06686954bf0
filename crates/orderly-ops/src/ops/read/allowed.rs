//! What the caller may do with an order now: the decisions themselves are tried on it.

use std::collections::HashMap;

use orderly_core::actor::{Permission, Scope};
use orderly_core::id::{FulfillmentId, IdSource, LocationId, ShipmentId};
use orderly_core::order::cancel::Cancel;
use orderly_core::order::hold::NewHold;
use orderly_core::order::undo::{self, Command};
use orderly_core::order::work::{At, Settled};
use orderly_core::order::{
    Fulfillment, HoldScope, Method, OrderState, Shipment, ShipmentLine, ShipmentState, Step,
};
use orderly_core::order::{cancel, close, deliver, hold, pack, pick, release, ship, unpick};
use orderly_core::refusal::Code;

use super::orders::Shown;
use crate::Call;

/// The names of what may be done; each is the last part of an address.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    pub order: Vec<&'static str>,
    fulfillments: HashMap<FulfillmentId, Vec<&'static str>>,
    shipments: HashMap<ShipmentId, Vec<&'static str>>,
}

impl Allowed {
    pub fn fulfillment(&self, id: FulfillmentId) -> Vec<&'static str> {
        self.fulfillments.get(&id).cloned().unwrap_or_default()
    }
    pub fn shipment(&self, id: ShipmentId) -> Vec<&'static str> {
        self.shipments.get(&id).cloned().unwrap_or_default()
    }
}

/// Returns what the caller may do with an order and its parts. Nothing to what was imported: it
/// happened elsewhere.
pub fn of(shown: &Shown, call: &Call) -> Allowed {
    let order = &shown.order;
    if order.history {
        return Allowed::default();
    }
    let trial = Trial { shown, call };
    let fulfillments = order.fulfillments.iter().map(|one| (one.id, trial.fulfillment(one)));
    let shipments = order.shipments.iter().map(|one| (one.id, trial.shipment(one)));
    Allowed {
        order: trial.order(),
        fulfillments: fulfillments.collect(),
        shipments: shipments.collect(),
    }
}

/// An action: its name, the right it needs, whether the order's state lets it.
type Action = (&'static str, Permission, bool);

struct Trial<'a> {
    shown: &'a Shown,
    call: &'a Call,
}

impl Trial<'_> {
    fn ids(&self) -> IdSource {
        self.call.ids()
    }

    fn at(&self) -> At<'static> {
        At::plain(self.call.now)
    }

    fn may(&self, right: Permission, location: Option<LocationId>) -> bool {
        let channel = Some(self.shown.order.channel);
        self.call.actor.may(right, Scope { location, channel, ..Scope::default() })
    }

    fn names(&self, actions: &[Action], location: Option<LocationId>) -> Vec<&'static str> {
        let open = actions.iter().filter(|(_, right, can)| *can && self.may(*right, location));
        open.map(|(name, ..)| *name).collect()
    }

    fn placed(&self) -> bool {
        self.shown.order.head.state == OrderState::Placed
    }

    fn order(&self) -> Vec<&'static str> {
        let (order, now, at) = (&self.shown.order, self.call.now, self.at());
        let ok = |settled: Settled| settled.is_ok();
        let lines = order.lines.iter();
        let goods = |of: fn(&orderly_core::order::Line) -> bool| lines.clone().any(of);
        let waits = goods(|line| line.claims_stock() && !line.quantities.unallocated.is_zero());
        let returnable = goods(|line| {
            let q = &line.quantities;
            line.is_goods() && !q.returnable().less(q.return_requested).is_zero()
        });
        let releasable = order.fulfillments.iter().any(|one| {
            let free = release::release(order, one.id, &at, &mut self.ids()).is_ok();
            free && self.may(Permission::Release, Some(one.location))
        });
        let (total, paid) = (order.head.totals.total, order.head.paid);
        let (owed, kept) = close::owed(order, &self.shown.given);
        let unpaid = self.placed() && owed > kept;
        let reserved = self.shown.payments.iter().any(|one| one.amounts.capturable() > 0);
        let held = order.holds.iter().any(|hold| hold.released_at.is_none());
        let whole = &Cancel::Order;
        let all = [
            ("cancel", Permission::Cancel, ok(cancel::cancel(order, whole, &at, &mut self.ids()))),
            (
                "uncancel",
                Permission::Undo,
                ok(cancel::uncancel(order, whole, now, &mut self.ids())),
            ),
            ("edit", Permission::Edit, self.can_edit()),
            ("hold", Permission::Hold, self.can_hold()),
            ("release_hold", Permission::ReleaseHold, held),
            ("source", Permission::Release, self.placed() && waits),
            ("release", Permission::Release, releasable),
            ("authorize", Permission::TakePayment, unpaid && total > paid.authorized),
            ("take", Permission::TakePayment, unpaid && !reserved),
            ("capture", Permission::TakePayment, reserved),
            ("void", Permission::TakePayment, reserved),
            ("return", Permission::Return, returnable),
            ("exchange", Permission::Return, returnable),
            ("refund", Permission::Refund, self.shown.refundable > 0),
            ("close", Permission::Edit, {
                ok(close::close(order, &self.shown.given, now, &mut self.ids()))
            }),
            ("reopen", Permission::Undo, ok(close::reopen(order, now, &mut self.ids()))),
            ("undo", Permission::Undo, self.can_undo()),
        ];
        self.names(&all, None)
    }

    fn can_edit(&self) -> bool {
        self.placed() && self.shown.order.ensure_not_held(Step::Edit, &[]).is_ok()
    }

    fn can_hold(&self) -> bool {
        let new = NewHold {
            kind: "manual".into(),
            scope: HoldScope::Order,
            scope_id: [0; 16],
            blocks: vec![Step::Release],
            reason: "manual".into(),
            owner: None,
            due_at: None,
        };
        hold::hold(&self.shown.order, &new, self.call.now, &mut self.ids()).is_ok()
    }

    fn can_undo(&self) -> bool {
        let last = self.shown.timeline.last().and_then(|event| Command::of_event(&event.kind));
        last.is_some_and(|command| undo::inverse(command).is_ok())
    }

    fn fulfillment(&self, one: &Fulfillment) -> Vec<&'static str> {
        let (order, now, at) = (&self.shown.order, self.call.now, self.at());
        let ok = |settled: Settled| settled.is_ok();
        // Other refusals go away with what the caller says, such as a measure.
        let tried = |settled: Settled| match settled {
            Ok(_) => true,
            Err(refusal) => {
                let no = [Code::NothingToDo, Code::OnHold, Code::InvalidTransition];
                !no.contains(&refusal.code())
            }
        };
        let own = order.work.iter().filter(|work| work.fulfillment == one.id);
        let any = |of: fn(&orderly_core::order::Work) -> bool| self.placed() && own.clone().any(of);
        let method = order.delivery(one.delivery).map(|delivery| delivery.method);
        let counter = matches!(method, Ok(Method::TakeAway | Method::Collect));
        let free = order.ensure_not_held(Step::Ship, &[one.id.as_bytes()]).is_ok();
        let staged = unpick::all(order, one.id, true);
        let location = self.shown.locations.get(&one.location);
        let unpickable = !staged.is_empty()
            && location.is_some_and(|location| {
                ok(unpick::unpick(order, &staged, location, now, &mut self.ids()))
            });
        let released = pick::all(order, one.id);
        let catalog = &self.shown.catalog;
        let all = [
            ("accept", Permission::Release, {
                ok(release::release(order, one.id, &at, &mut self.ids()))
            }),
            ("recall", Permission::Release, {
                ok(release::recall(order, one.id, now, &mut self.ids()))
            }),
            ("reject", Permission::Reject, any(|work| !work.unpicked().is_zero())),
            ("pick", Permission::Pick, pick::ready(order, one.id, &released, &at).is_ok()),
            ("unpick", Permission::Pick, unpickable),
            ("pack", Permission::Pack, {
                tried(pack::pack(order, one.id, &[], catalog, &at, &mut self.ids()))
            }),
            ("unpack", Permission::Pack, any(|work| !work.packed.is_zero())),
            ("ship", Permission::Ship, ship::ready(order, one.id, &[], &at).is_ok()),
            ("hand_over", Permission::Ship, { counter && free && any(|work| !work.qty.is_zero()) }),
        ];
        self.names(&all, Some(one.location))
    }

    fn shipment(&self, one: &Shipment) -> Vec<&'static str> {
        let (order, now) = (&self.shown.order, self.call.now);
        let own = order.shipment_lines.iter().filter(|line| line.shipment == one.id);
        let any = |of: fn(&ShipmentLine) -> bool| self.placed() && own.clone().any(of);
        let moving = any(|line| !line.in_transit().is_zero());
        let untouched = own.clone().all(|line| line.in_transit() == line.qty);
        let out = one.state == ShipmentState::Shipped;
        let under_way = out || one.state == ShipmentState::Failed;
        let all = [
            ("deliver", Permission::Deliver, out && moving),
            ("fail", Permission::Deliver, {
                self.placed() && deliver::fail(order, one.id, now, &mut self.ids()).is_ok()
            }),
            ("retry", Permission::Deliver, {
                self.placed() && deliver::retry(order, one.id, now, &mut self.ids()).is_ok()
            }),
            ("lose", Permission::Deliver, under_way && moving),
            ("bring_back", Permission::Deliver, under_way && moving),
            ("undeliver", Permission::Undo, any(|line| !line.delivered.is_zero())),
            ("find", Permission::Undo, any(|line| !line.lost.is_zero())),
            ("void", Permission::Undo, self.placed() && under_way && untouched),
        ];
        self.names(&all, Some(one.location))
    }
}

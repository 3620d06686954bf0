//! What the locations do for orders: release, pick, pack, ship, deliver, and what goes wrong.

use orderly_core::catalog::ChannelKind;
use orderly_core::id::{FulfillmentId, HoldId, LocationId, OrderId};
use orderly_core::order::cancel::Cancel;
use orderly_core::order::hold::NewHold;
use orderly_core::order::pick::Pick;
use orderly_core::order::reject::RejectReason;
use orderly_core::order::{FulfillmentState, HoldScope, LineKind, Method, Order, Settlement, Step};
use orderly_core::qty::Qty;

use super::catalog::Way;
use super::trade::{Facts, Job, Trading};
use crate::Error;
use crate::ops::fulfillments::shipments::{NewBox, Shipping};
use crate::ops::fulfillments::{self, cancel, close, hold, shipments};
use crate::ops::read::stock;

/// How often what waits for stock is looked at again, once a day, before it is given up.
const TRIES: u32 = 9;

impl Trading<'_> {
    /// What follows when an order was placed.
    pub fn placed(&mut self, channel: usize, order: &Order) -> Result<(), Error> {
        if self.facts.contains_key(&order.id) {
            return Ok(());
        }
        let kind = self.merchant.channels[channel].kind;
        self.facts.insert(order.id, Facts { kind: Some(kind), payment: None });
        if order.head.settlement == Settlement::Payment {
            self.pay(order, kind)?;
        }
        if kind == ChannelKind::Store {
            self.hand_over(order.id, Method::TakeAway)?;
        }
        let order = self.load(order.id)?;
        if self.is_done(&order) {
            return self.finish(order.id);
        }
        if order.deliveries.iter().any(|delivery| delivery.method == Method::Collect) {
            self.on_day(1, 10, Job::Collect(order.id));
        }
        if kind != ChannelKind::Store && self.percent(4) {
            self.put_on_hold(&order)?;
        } else {
            self.after(30, Job::Release(order.id));
        }
        if kind != ChannelKind::Store && self.percent(5) {
            let minutes = self.clock.random.between(5, 90);
            self.after(minutes, Job::Cancel(order.id));
        }
        Ok(())
    }

    fn put_on_hold(&mut self, order: &Order) -> Result<(), Error> {
        let (kind, reason) = *self.clock.random.pick(&[
            ("address", "the house number is missing"),
            ("fraud", "the card is from another country than the address"),
            ("credit", "the account asks for a call before large deliveries"),
        ]);
        let new = NewHold {
            kind: kind.into(),
            scope: HoldScope::Order,
            scope_id: [0; 16],
            blocks: vec![Step::Release, Step::Ship],
            reason: reason.into(),
            owner: Some("trade desk".into()),
            due_at: None,
        };
        let call = self.clock.call();
        let held = hold::hold(self.app, &call, order.id, &new);
        let hold = self.tried("order.hold", held)?.and_then(|order| order.holds.last().cloned());
        if let Some(hold) = hold {
            // A release under hold is refused; it comes again when the hold is gone.
            self.after(20, Job::Release(order.id));
            let minutes = self.clock.random.between(120, 600);
            self.after(minutes, Job::ReleaseHold(order.id, hold.id));
        }
        Ok(())
    }

    pub fn release_hold(&mut self, order: OrderId, hold: HoldId) -> Result<(), Error> {
        let call = self.clock.call().with_reason("cleared by telephone");
        let released = hold::release_hold(self.app, &call, order, hold);
        self.tried("order.release_hold", released)?;
        self.after(5, Job::Release(order));
        Ok(())
    }

    /// Hands over what is there of the deliveries with this method.
    fn hand_over(&mut self, order: OrderId, method: Method) -> Result<(), Error> {
        let loaded = self.load(order)?;
        for fulfillment in &loaded.fulfillments {
            let delivery = loaded.deliveries.iter().find(|one| one.id == fulfillment.delivery);
            if delivery.is_none_or(|delivery| delivery.method != method) {
                continue;
            }
            let mut picks = Vec::new();
            for work in loaded.work.iter().filter(|work| work.fulfillment == fulfillment.id) {
                let qty = work.qty.less(work.picked);
                if !qty.is_zero() {
                    picks.push(Pick { claim: work.claim, qty, from: Vec::new() });
                }
            }
            self.scan(&loaded, fulfillment.location, &mut picks)?;
            let call = self.clock.call();
            let of = (order, fulfillment.id);
            let handed = fulfillments::hand_over(self.app, &call, of, &picks);
            self.tried("fulfillment.hand_over", handed)?;
        }
        self.services(order)
    }

    /// Records services as done once goods of the order leave.
    fn services(&mut self, order: OrderId) -> Result<(), Error> {
        let loaded = self.load(order)?;
        for line in loaded.lines.iter().filter(|line| line.kind == LineKind::Service) {
            let open = line.quantities.open();
            if !open.is_zero() {
                let call = self.clock.call();
                let done = close::perform(self.app, &call, order, line.id, open);
                self.tried("line.perform", done)?;
            }
        }
        Ok(())
    }

    pub fn release(&mut self, id: OrderId) -> Result<(), Error> {
        let order = self.load(id)?;
        let mut released = 0;
        for fulfillment in self.at_work(&order) {
            let call = self.clock.call();
            let of = (id, fulfillment);
            let done = fulfillments::release(self.app, &call, of);
            if self.tried("fulfillment.release", done)?.is_none() {
                continue;
            }
            if self.percent(3) {
                self.reject(of)?;
            } else {
                released += 1;
            }
        }
        let waits = order.lines.iter().any(|line| !line.quantities.open().is_zero());
        if released > 0 || waits {
            let hour = self.clock.now.micros().div_euclid(3_600_000_000) % 24;
            if (6..15).contains(&hour) {
                let minutes = self.clock.random.between(40, 150);
                self.after(minutes, Job::Dispatch(id, 0));
            } else {
                let days = i64::from(hour >= 15);
                self.on_day(days, 7, Job::Dispatch(id, 0));
            }
        }
        Ok(())
    }

    fn reject(&mut self, of: (OrderId, FulfillmentId)) -> Result<(), Error> {
        let (reason, text) = *self.clock.random.pick(&[
            (RejectReason::NoCapacity, "the van is full today"),
            (RejectReason::Closed, "stocktaking this afternoon"),
            (RejectReason::NotFound, "the shelf is empty"),
            (RejectReason::Damaged, "the pallet fell over"),
        ]);
        let call = self.clock.call().with_reason(text);
        let rejected = fulfillments::reject(self.app, &call, of, &[], reason);
        if self.tried("fulfillment.reject", rejected)?.is_some() {
            self.after(25, Job::Release(of.0));
        }
        Ok(())
    }

    /// The fulfillments with goods to send that are neither collected nor taken away.
    fn at_work(&self, order: &Order) -> Vec<FulfillmentId> {
        let sent = |fulfillment: &&orderly_core::order::Fulfillment| {
            let delivery = order.deliveries.iter().find(|one| one.id == fulfillment.delivery);
            let here = [Method::TakeAway, Method::Collect];
            let to_do = order
                .work
                .iter()
                .any(|work| work.fulfillment == fulfillment.id && !work.qty.is_zero());
            let open =
                matches!(fulfillment.state, FulfillmentState::Open | FulfillmentState::Released);
            to_do && open && delivery.is_some_and(|one| !here.contains(&one.method))
        };
        order.fulfillments.iter().filter(sent).map(|fulfillment| fulfillment.id).collect()
    }

    pub fn collect(&mut self, id: OrderId) -> Result<(), Error> {
        self.hand_over(id, Method::Collect)?;
        let order = self.load(id)?;
        self.capture(&order)?;
        if self.is_done(&order) {
            self.finish(id)
        } else {
            self.on_day(2, 11, Job::Collect(id));
            Ok(())
        }
    }

    pub fn dispatch(&mut self, id: OrderId, tries: u32) -> Result<(), Error> {
        let order = self.load(id)?;
        for fulfillment in self.at_work(&order) {
            self.ship(&order, fulfillment)?;
        }
        self.services(id)?;
        let order = self.load(id)?;
        self.capture(&order)?;
        if self.is_done(&order) {
            return Ok(());
        }
        if tries + 1 < TRIES {
            self.on_day(1, 7, Job::Dispatch(id, tries + 1));
        } else {
            let call = self.clock.call().with_reason("the supplier cannot deliver");
            let canceled = cancel::cancel(self.app, &call, id, &Cancel::Order);
            if self.tried("order.cancel", canceled)?.is_some() {
                self.settle_up(id)?;
            }
        }
        Ok(())
    }

    /// Everything from release to shipping at one location, with a look at the scale.
    fn ship(&mut self, order: &Order, fulfillment: FulfillmentId) -> Result<(), Error> {
        let of = (order.id, fulfillment);
        let waits = order
            .work
            .iter()
            .any(|work| work.fulfillment == fulfillment && work.released < work.qty);
        if waits {
            let call = self.clock.call();
            let done = fulfillments::release(self.app, &call, of);
            if self.tried("fulfillment.release", done)?.is_none() {
                return Ok(());
            }
        }
        let order = self.load(order.id)?;
        let (mut picks, short) = self.picks(&order, fulfillment);
        let location = order.fulfillment(fulfillment)?.location;
        self.scan(&order, location, &mut picks)?;
        let call = self.clock.call();
        let picked = fulfillments::pick(self.app, &call, of, &picks);
        if self.tried("fulfillment.pick", picked)?.is_none() {
            return Ok(());
        }
        let call = self.clock.call();
        let packed = fulfillments::pack(self.app, &call, of, &[]);
        if self.tried("fulfillment.pack", packed)?.is_none() {
            return Ok(());
        }
        let shipped = self.hand_to_carrier(&order, of)?;
        let last = shipped.and_then(|order| order.shipments.last().map(|shipment| shipment.id));
        if let Some(shipment) = last {
            let days = i64::from(self.percent(85));
            self.on_day(days, 15, Job::Deliver(order.id, shipment, 0));
        }
        if let Some(line) = short {
            let call = self.clock.call().with_reason("the scale says it is enough");
            let closed = close::close_short(self.app, &call, order.id, line);
            self.tried("line.close_short", closed)?;
        }
        Ok(())
    }

    fn hand_to_carrier(
        &mut self,
        order: &Order,
        of: (OrderId, FulfillmentId),
    ) -> Result<Option<Order>, Error> {
        let delivery = order.fulfillments.iter().find(|one| one.id == of.1);
        let delivery = delivery.and_then(|one| order.delivery(one.delivery).ok());
        let parcel = delivery.is_some_and(|delivery| delivery.method == Method::Parcel);
        let number = self.outside();
        let weight = self.clock.random.between(400, 24_000);
        let shipping = if parcel {
            let tracking = format!("TRK{number}");
            let parcels = vec![NewBox { weight_g: Some(weight), tracking: None }];
            Shipping {
                carrier: Some("Postwagen".into()),
                service: Some("Next day".into()),
                tracking: Some(tracking),
                parcels,
                ..Shipping::default()
            }
        } else {
            let carrier = Some("own van".into());
            Shipping { carrier, service: Some("round".into()), ..Shipping::default() }
        };
        let call = self.clock.call();
        let shipped = shipments::ship(self.app, &call, of, &shipping);
        self.tried("fulfillment.ship", shipped)
    }

    /// Goods with serial numbers are scanned as they are taken from the shelf.
    fn scan(
        &mut self,
        order: &Order,
        location: LocationId,
        picks: &mut [Pick],
    ) -> Result<(), Error> {
        let mut taken = Vec::new();
        for pick in picks {
            let Some(work) = order.work.iter().find(|work| work.claim == pick.claim) else {
                continue;
            };
            if self.good(work.item).is_none_or(|good| good.way != Way::Serial) {
                continue;
            }
            let call = self.clock.call();
            let staging = self.merchant.locations.iter().find(|one| one.id == location);
            let staging = staging.map(|one| one.staging_bin);
            let held = stock::holdings(self.app, &call, work.item, location)?;
            for one in held.iter().filter(|one| one.place.is_sellable()) {
                let wanted = i64::try_from(pick.from.len()).unwrap_or(i64::MAX) < pick.qty.get();
                if wanted && Some(one.place.bin) != staging && !taken.contains(&one.lot) {
                    pick.from.push((one.place.bin, one.lot, one.qty));
                    taken.push(one.lot);
                }
            }
        }
        Ok(())
    }

    /// Scooped goods are a little more or a little less than asked for; everything else exact.
    fn picks(
        &mut self,
        order: &Order,
        fulfillment: FulfillmentId,
    ) -> (Vec<Pick>, Option<orderly_core::id::LineId>) {
        let mut picks = orderly_core::order::pick::all(order, fulfillment);
        let mut short = None;
        for pick in &mut picks {
            let line = order.work.iter().find(|work| work.claim == pick.claim);
            let line = line.and_then(|work| order.lines.iter().find(|one| one.id == work.line));
            let Some(line) = line.filter(|line| !line.max_short.is_zero()) else { continue };
            if line.quantities.open() != pick.qty || line.parent.is_some() {
                continue;
            }
            let part = |qty: Qty, per_mille: i64| {
                Qty::new(qty.get() * per_mille / 1_000).unwrap_or(Qty::ZERO)
            };
            match self.clock.random.below(4) {
                0 => pick.qty = pick.qty.plus(part(line.max_over, 600)).unwrap_or(pick.qty),
                1 if short.is_none() => {
                    pick.qty = pick.qty.less(part(line.max_short, 700));
                    short = Some(line.id);
                }
                _ => {}
            }
        }
        (picks, short)
    }

    /// Whether nothing of the order is still to be sent.
    pub fn is_done(&self, order: &Order) -> bool {
        order.lines.iter().all(|line| line.quantities.open().is_zero())
    }
}

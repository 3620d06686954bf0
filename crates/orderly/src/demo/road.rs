//! What happens on the way to the customer, and customers who change their mind.

use orderly_core::id::{OrderId, ShipmentId};
use orderly_core::order::ShipmentState;
use orderly_core::order::cancel::Cancel;
use orderly_core::order::deliver::Then;
use orderly_core::qty::Qty;

use super::trade::{Job, Trading};
use crate::Error;
use crate::ops::fulfillments::shipments::Back;
use crate::ops::fulfillments::{cancel, shipments};

impl Trading<'_> {
    pub fn deliver(&mut self, id: OrderId, shipment: ShipmentId, tries: u32) -> Result<(), Error> {
        let order = self.load(id)?;
        let known = order.shipments.iter().find(|one| one.id == shipment);
        let of = (id, shipment);
        match known.map(|one| one.state) {
            Some(ShipmentState::Failed) => return self.try_again(of, tries),
            Some(ShipmentState::Shipped) => {}
            _ => return Ok(()),
        }
        let call = self.clock.call();
        if tries == 0 && self.percent(3) {
            let call = call.with_reason("nobody at home");
            let failed = shipments::fail(self.app, &call, of);
            self.tried("shipment.fail", failed)?;
            self.on_day(1, 13, Job::Deliver(id, shipment, 1));
            return Ok(());
        }
        let delivered = shipments::deliver(self.app, &call, of, &[]);
        self.tried("shipment.deliver", delivered)?;
        let order = self.load(id)?;
        if self.is_done(&order) { self.finish(id) } else { Ok(()) }
    }

    fn try_again(&mut self, of: (OrderId, ShipmentId), tries: u32) -> Result<(), Error> {
        if self.percent(60) {
            let call = self.clock.call();
            let retried = shipments::retry(self.app, &call, of);
            self.tried("shipment.retry", retried)?;
            self.after(90, Job::Deliver(of.0, of.1, tries + 1));
            return Ok(());
        }
        let again = self.percent(40);
        let then = if again { Then::Reopen } else { Then::Cancel };
        let back = Back { bin: None, sellable: true, then };
        let call = self.clock.call().with_reason("came back from the carrier");
        let brought = shipments::bring_back(self.app, &call, of, &[], back);
        if self.tried("shipment.bring_back", brought)?.is_some() {
            if again {
                self.after(60, Job::Release(of.0));
            } else {
                self.settle_up(of.0)?;
            }
        }
        Ok(())
    }

    /// A customer cancels: all of it, a line, or a part of one.
    pub fn cancel(&mut self, id: OrderId) -> Result<(), Error> {
        let order = self.load(id)?;
        let own: Vec<_> = order
            .lines
            .iter()
            .filter(|line| line.parent.is_none() && !line.quantities.cancelable().is_zero())
            .collect();
        let Some(line) = own.last() else { return Ok(()) };
        let what = match self.clock.random.below(3) {
            0 => Cancel::Order,
            1 => Cancel::Lines(vec![(line.id, None)]),
            _ => {
                let good = line.item.and_then(|item| self.good(item));
                let unit =
                    line.piece.map_or_else(|| good.map_or(1, |good| good.per_sale_unit), Qty::get);
                let units = line.quantities.cancelable().get() / unit.max(1);
                let part = Qty::new((units / 2).max(1) * unit).ok();
                Cancel::Lines(vec![(line.id, part)])
            }
        };
        let call = self.clock.call().with_reason("the customer changed their mind");
        let canceled = cancel::cancel(self.app, &call, id, &what);
        if self.tried("order.cancel", canceled)?.is_some() {
            self.settle_up(id)?;
        }
        Ok(())
    }
}

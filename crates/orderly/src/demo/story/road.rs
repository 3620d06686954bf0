//! A load of one van: a part drop, a delivery that is proved, and a stop where nobody was.

use orderly_core::id::LineId;
use orderly_core::load::StopState;
use orderly_core::order::Order;
use orderly_core::qty::Qty;
use orderly_core::time::Day;

use super::super::trade::{Job, Trading};
use crate::Error;
use crate::ops::fulfillments::close;
use crate::ops::loads::road::{self, Back, Drop};
use crate::ops::loads::{self, NewLoad, NewStop};

/// Pieces that do not come off the van at the first stop.
const KEPT: i64 = 2;

impl Trading<'_> {
    /// Loads the call-offs, drives them out and comes back.
    pub(super) fn drive(&mut self, day: Day) -> Result<(), Error> {
        let ids = self.story.call_offs.clone();
        let mut orders = Vec::new();
        for id in &ids {
            let order = self.load(*id)?;
            self.make_ready(&order)?;
            orders.push(order);
        }
        let [first, second, third] = &orders[..] else {
            return Err(self.broken("there are not three call-offs"));
        };
        let new = NewLoad {
            vehicle: "VAN-1".into(),
            location: self.merchant.locations[0].code.clone(),
            day: day.to_string(),
            driver: Some("Joss".into()),
        };
        let call = self.clock.call();
        let planned = loads::plan(self.app, &call, &new);
        let load = self.must("load.plan", planned)?;
        for (order, from, until) in
            [(first, "09:00", "10:00"), (second, "10:00", "11:00"), (third, "11:00", "12:00")]
        {
            let slot = Some((from.into(), until.into()));
            let stop = NewStop { slot, ..NewStop::all_of(order.id) };
            let call = self.clock.call();
            let added = loads::add(self.app, &call, load.id, &stop);
            self.must("load.add", added)?;
        }
        let call = self.clock.call();
        let left = road::depart(self.app, &call, load.id);
        let left = self.must("load.depart", left)?;
        let stop = |order: &Order| left.stops.iter().find(|one| one.order == order.id);
        let stops = [first, second, third].map(|order| stop(order).map(|stop| stop.id));
        let [Some(part), Some(whole), Some(missed)] = stops else {
            return Err(self.broken("the load lost a stop"));
        };

        let receiver = "M. Field";
        let some = Drop {
            lines: self.but_for_two(first)?,
            received_by: receiver.into(),
            refused: Some("no room for two of the boards today".into()),
            ..Drop::default()
        };
        let call = self.clock.call();
        let dropped = road::drop_at(self.app, &call, load.id, part, &some);
        self.must("load.drop", dropped)?;
        let all = Drop { received_by: receiver.into(), ..Drop::default() };
        let call = self.clock.call();
        let dropped = road::drop_at(self.app, &call, load.id, whole, &all);
        self.must("load.drop", dropped)?;
        let call = self.clock.call();
        let failed = road::fail(self.app, &call, load.id, missed, "the gate was locked");
        self.must("load.fail", failed)?;
        let call = self.clock.call();
        let home = road::give_back(self.app, &call, load.id, Back::default());
        let home = self.must("load.return", home)?;
        let done = home.stops.iter().filter(|stop| stop.state == StopState::Delivered).count();
        // What came back goes out again with the usual rounds.
        for order in [first.id, third.id] {
            self.after(60, Job::Release(order));
        }
        self.story.named.load.clone_from(&load.number);
        self.sentence(format!(
            "Load {} takes three stops: {done} are signed for by {receiver}, one of them in part; \
             one gate was locked, and its goods come back to stock.",
            load.number
        ));
        Ok(())
    }

    /// Everything of an order but two pieces of its last line.
    fn but_for_two(&self, order: &Order) -> Result<Vec<(LineId, Qty)>, Error> {
        let mut lines: Vec<_> =
            order.lines.iter().map(|line| (line.id, line.quantities.ordered)).collect();
        let last = order.lines.last().zip(lines.last_mut());
        let Some((line, (_, qty))) = last else {
            return Err(self.broken("the order has no lines"));
        };
        let piece = line.piece.ok_or_else(|| self.broken("the line has no length"))?;
        *qty = qty.less(piece.times(KEPT).unwrap_or(piece));
        Ok(lines)
    }

    /// Closes an order that is done.
    pub(super) fn end(&mut self, id: orderly_core::id::OrderId) -> Result<(), Error> {
        let call = self.clock.call();
        let closed = close::close(self.app, &call, id);
        self.must("order.close", closed)?;
        Ok(())
    }
}

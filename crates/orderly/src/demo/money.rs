//! What customers pay, get back, and bring back.

use orderly_core::catalog::ChannelKind;
use orderly_core::id::*;
use orderly_core::money::Money;
use orderly_core::order::price::{payable, slice};
use orderly_core::order::{Line, Order, OrderState, Settlement};
use orderly_core::payment::settle::Answer;
use orderly_core::payment::{Payment, TransactionState};
use orderly_core::qty::Qty;
use orderly_core::refund::{Cause, RefundSettlement};
use orderly_core::returns::{Fate, Return};

use super::catalog::{Good, Way};
use super::trade::{Job, Trading};
use crate::Error;
use crate::ops::fulfillments::close;
use crate::ops::payments::{self, PaymentIn, Settling, StepIn};
use crate::ops::refunds::{self, RefundIn, RefundLineIn};
use crate::ops::returns::{self, ArrivalIn, ReturnIn, ReturnLineIn, VerdictIn};

fn decimal(minor: i64, order: &Order) -> String {
    Money::new(minor, order.currency).decimal().to_string()
}

impl Trading<'_> {
    /// Pays an order as its channel does: at the till at once, on the web when goods leave.
    pub fn pay(&mut self, order: &Order, kind: ChannelKind) -> Result<(), Error> {
        let number = self.outside();
        let (provider, method) = match kind {
            ChannelKind::Store if self.percent(45) => ("cash", "cash"),
            ChannelKind::Marketplace => ("marketplace", "marketplace"),
            ChannelKind::Store => ("terminal", "card"),
            ChannelKind::Web | ChannelKind::Phone | ChannelKind::Edi => ("cardhouse", "card"),
        };
        let cash = provider == "cash";
        let reference = (!cash).then(|| format!("{provider}-{number}"));
        let later = kind == ChannelKind::Web && self.percent(6);
        let settling = match &reference {
            None => Settling::AtOnce,
            Some(_) if later => Settling::Later,
            Some(reference) => Settling::Under(format!("{reference}-a")),
        };
        let new = PaymentIn {
            order: Some(order.id),
            provider: Some(provider.into()),
            method: method.into(),
            reference,
            settling,
            ..PaymentIn::default()
        };
        let call = self.clock.call();
        let paid = if kind == ChannelKind::Web {
            let authorized = payments::authorize(self.app, &call, &new);
            self.tried("payment.authorize", authorized)?
        } else {
            let taken = payments::take(self.app, &call, &new);
            self.tried("payment.take", taken)?
        };
        let Some(payment) = paid else { return Ok(()) };
        self.facts.entry(order.id).or_default().payment = Some(payment.id);
        self.settle_later(order.id, &payment);
        Ok(())
    }

    fn settle_later(&mut self, order: OrderId, payment: &Payment) {
        let pending =
            payment.transactions.iter().filter(|one| one.state == TransactionState::Pending);
        for transaction in pending.map(|one| one.id).collect::<Vec<_>>() {
            let minutes = self.clock.random.between(4, 50);
            self.after(minutes, Job::Settle(order, payment.id, transaction));
        }
    }

    /// The provider's answer comes.
    pub fn settle(
        &mut self,
        _: OrderId,
        payment: PaymentId,
        transaction: TransactionId,
    ) -> Result<(), Error> {
        let reference = Some(format!("late-{}", self.outside()));
        let call = self.clock.call();
        let answer = Answer::Done { reference };
        let settled = payments::settle(self.app, &call, payment, transaction, &answer);
        self.tried("payment.settle", settled)?;
        Ok(())
    }

    /// Captures what was shipped so far and not captured before.
    pub fn capture(&mut self, order: &Order) -> Result<(), Error> {
        let Some(id) = self.fact(order.id).payment else { return Ok(()) };
        let Some(payment) = payments::get(self.app, id)? else { return Ok(()) };
        let shipped = |line: &Line| slice(line, Qty::ZERO, line.quantities.shipped).due();
        let goods: i64 = order.lines.iter().filter(|l| l.parent.is_none()).map(shipped).sum();
        let charges: i64 =
            order.charges.iter().map(|charge| charge.amount + charge.tax_added).sum();
        let due = if self.is_done(order) {
            payable(order)
        } else {
            (goods + charges).min(payable(order))
        };
        let amount = (due - order.head.paid.captured).min(payment.amounts.capturable());
        if goods == 0 || amount <= 0 {
            return Ok(());
        }
        let settling = Settling::Under(format!("capture-{}", self.outside()));
        let step = StepIn { order: Some(order.id), amount: Some(decimal(amount, order)), settling };
        let call = self.clock.call();
        let captured = payments::capture(self.app, &call, id, &step);
        self.tried("payment.capture", captured)?;
        Ok(())
    }

    /// Lets reserved money go that is no longer due, or pays back what was taken for what is
    /// canceled.
    pub fn settle_up(&mut self, id: OrderId) -> Result<(), Error> {
        let order = self.load(id)?;
        let lines: Vec<RefundLineIn> = order
            .lines
            .iter()
            .filter(|line| line.parent.is_none())
            .filter_map(|line| {
                let gone = line.quantities.canceled.less(line.quantities.refunded);
                let (cause, amount, return_line) = (Cause::Canceled, None, None);
                (!gone.is_zero()).then_some(RefundLineIn {
                    line: line.id,
                    return_line,
                    cause,
                    qty: gone,
                    amount,
                })
            })
            .collect();
        let over = order.head.paid.captured - order.head.paid.refunded - payable(&order);
        if over > 0 && !lines.is_empty() {
            self.refund(&order, None, lines, "canceled after payment")?;
        }
        self.let_go(&order)
    }

    /// Voids what stays reserved of a payment whose order is done.
    fn let_go(&mut self, order: &Order) -> Result<(), Error> {
        let Some(id) = self.fact(order.id).payment.filter(|_| self.is_done(order)) else {
            return Ok(());
        };
        let Some(payment) = payments::get(self.app, id)? else { return Ok(()) };
        let rest = payment.amounts.capturable();
        if rest > 0 && order.head.paid.captured >= payable(order) {
            let settling = Settling::Under(format!("void-{}", self.outside()));
            let step = StepIn { order: Some(order.id), amount: None, settling };
            let call = self.clock.call();
            let voided = payments::void(self.app, &call, id, &step);
            self.tried("payment.void", voided)?;
        }
        Ok(())
    }

    fn refund(
        &mut self,
        order: &Order,
        returned: Option<&Return>,
        lines: Vec<RefundLineIn>,
        reason: &str,
    ) -> Result<(), Error> {
        let fact = self.fact(order.id);
        let payment = fact.payment.map(|id| payments::get(self.app, id)).transpose()?.flatten();
        let own = payment.as_ref().is_none_or(|payment| payment.provider == "cash");
        let on_account = order.head.settlement == Settlement::Account;
        let new = RefundIn {
            returned: returned.map(|one| one.id),
            lines,
            charges: Vec::new(),
            settlement: if on_account {
                RefundSettlement::AccountCredit
            } else {
                RefundSettlement::Refund
            },
            payment: None,
            reason: reason.into(),
            settling: if own {
                Settling::AtOnce
            } else {
                Settling::Under(format!("refund-{}", self.outside()))
            },
        };
        let call = self.clock.call().with_reason(reason);
        let made = refunds::make(self.app, &call, order.id, &new);
        self.tried("refund.make", made)?;
        Ok(())
    }

    /// Ends an order that is done, and has some of its goods brought back later.
    pub fn finish(&mut self, id: OrderId) -> Result<(), Error> {
        let order = self.load(id)?;
        self.let_go(&order)?;
        if order.head.state == OrderState::Placed {
            let call = self.clock.call();
            let closed = close::close(self.app, &call, id);
            self.tried("order.close", closed)?;
        }
        if self.percent(8) {
            let days = self.clock.random.between(1, 9);
            self.on_day(days, 10, Job::GiveBack(id));
        }
        Ok(())
    }

    pub fn good(&self, item: ItemId) -> Option<&Good> {
        self.goods.iter().find(|good| good.item == item)
    }

    /// A line whose goods a customer brings back, how many, and their serial number's lot.
    fn unwanted(&mut self, order: &Order) -> Option<(Line, i64, Option<LotId>)> {
        let fits = |line: &&Line| {
            let way = line.item.and_then(|item| self.good(item)).map(|good| good.way);
            line.parent.is_none()
                && !line.quantities.returnable().is_zero()
                && matches!(way, Some(Way::Piece | Way::Box | Way::Serial | Way::Bricks))
        };
        let lines: Vec<Line> = order.lines.iter().filter(fits).cloned().collect();
        if lines.is_empty() {
            return None;
        }
        let line = self.clock.random.pick(&lines).clone();
        let unit = line.item.and_then(|item| self.good(item)).map_or(1, |good| good.per_sale_unit);
        let units = line.quantities.returnable().get() / unit.max(1);
        if units == 0 {
            return None;
        }
        let qty = self.clock.random.between(1, units) * unit;
        let shipped = order.shipment_lines.iter().find(|one| one.line == line.id);
        let lot = shipped.map(|one| one.lot).filter(|lot| !lot.is_none());
        Some((line, if lot.is_some() { 1 } else { qty }, lot))
    }

    /// Goods come back: over the counter, or announced and sent.
    pub fn give_back(&mut self, id: OrderId) -> Result<(), Error> {
        let order = self.load(id)?;
        let Some((line, qty, lot)) = self.unwanted(&order) else { return Ok(()) };
        let reason = *self.clock.random.pick(&[
            "the wrong size",
            "did not need it after all",
            "arrived damaged",
            "does not work",
        ]);
        let branch = self.clock.random.between(1, 3);
        let at = self.merchant.locations[usize::try_from(branch).unwrap_or(1)].id;
        let asked = ReturnIn {
            order: Some(id),
            location: Some(at),
            reason: Some(reason.into()),
            lines: vec![ReturnLineIn {
                line: Some(line.id),
                qty,
                lot,
                reason: Some(reason.into()),
                ..ReturnLineIn::default()
            }],
            ..ReturnIn::default()
        };
        if self.percent(45) {
            let call = self.clock.call();
            let back = returns::take_back(self.app, &call, &asked, at, Fate::Restocked);
            if let Some(returned) = self.tried("return.take_back", back)? {
                self.close_return(&order, &returned)?;
            }
            return Ok(());
        }
        let call = self.clock.call();
        let requested = returns::request(self.app, &call, &asked);
        let Some(returned) = self.tried("return.request", requested)? else { return Ok(()) };
        let call = self.clock.call();
        let approved = returns::approve(self.app, &call, returned.id);
        self.tried("return.approve", approved)?;
        let lines = returned.lines.iter();
        let arrivals: Vec<ArrivalIn> =
            lines.map(|line| ArrivalIn { line: line.id, qty, lot, to: None, bin: None }).collect();
        let call = self.clock.call();
        let received = returns::receive(self.app, &call, returned.id, at, &arrivals);
        if self.tried("return.receive", received)?.is_some() {
            self.on_day(1, 9, Job::Inspect(id, returned.id));
        }
        Ok(())
    }

    /// Somebody looks at what came back, and decides.
    pub fn inspect(&mut self, order: OrderId, id: ReturnId) -> Result<(), Error> {
        let Some(returned) = returns::get(self.app, id)? else { return Ok(()) };
        let order = self.load(order)?;
        for line in &returned.lines {
            let waits = line.fates.awaiting_inspection;
            if waits.is_zero() {
                continue;
            }
            let serial = line.item.and_then(|item| self.good(item)).map(|good| good.way);
            let fates = [
                Fate::Restocked,
                Fate::Restocked,
                Fate::Restocked,
                Fate::Quarantined,
                Fate::Repaired,
                Fate::Scrapped,
                Fate::ToVendor,
                Fate::SentBack,
            ];
            let refurbish = serial == Some(Way::Serial) && self.percent(50);
            let to = if refurbish { Fate::Refurbished } else { *self.clock.random.pick(&fates) };
            let verdict = VerdictIn {
                line: line.id,
                from: None,
                to,
                qty: waits.get(),
                lot: (!line.lot.is_none()).then_some(line.lot),
                from_bin: None,
                to_bin: None,
                refurbished: None,
                note: None,
            };
            let call = self.clock.call();
            let inspected = returns::inspect(self.app, &call, id, &verdict);
            self.tried(verb(to), inspected)?;
        }
        match returns::get(self.app, id)? {
            Some(returned) => self.close_return(&order, &returned),
            None => Ok(()),
        }
    }

    /// Credits what came back of a return, and closes it.
    pub fn close_return(&mut self, order: &Order, returned: &Return) -> Result<(), Error> {
        let lines: Vec<RefundLineIn> = returned
            .lines
            .iter()
            .filter_map(|line| {
                let kept = line.received.less(line.fates.sent_back);
                Some(RefundLineIn {
                    line: line.order_line.filter(|_| !kept.is_zero())?,
                    return_line: Some(line.id),
                    cause: Cause::Returned,
                    qty: kept,
                    amount: None,
                })
            })
            .collect();
        if !lines.is_empty() {
            self.refund(order, Some(returned), lines, "goods came back")?;
        }
        let call = self.clock.call();
        let closed = returns::close(self.app, &call, returned.id);
        self.tried("return.close", closed)?;
        Ok(())
    }
}

/// The name under which a decision about goods is counted.
const fn verb(to: Fate) -> &'static str {
    match to {
        Fate::Restocked => "return.restock",
        Fate::Quarantined => "return.quarantine",
        Fate::Repaired => "return.repair",
        Fate::Refurbished => "return.refurbish",
        Fate::Scrapped => "return.scrap",
        Fate::ToVendor => "return.to_vendor",
        Fate::SentBack => "return.send_back",
        Fate::Customer | Fate::AwaitingInspection => "return.inspect",
    }
}

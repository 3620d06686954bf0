//! Drawers: opened in the morning, counted and closed in the evening; and a sale in cash.

use orderly_core::catalog::ChannelKind;
use orderly_core::money::{Currency, Money};

use super::super::catalog::Way;
use super::super::shop::vat;
use super::super::trade::Trading;
use crate::Error;
use crate::ops::payments::{self, PaymentIn};
use crate::ops::tills::{self, DrawerIn};
use crate::ops::{fulfillments, settings};
use crate::wire::{Deliveries, DeliveryIn, LineIn, OrderIn};

/// What is in a drawer in the morning.
const FLOAT: &str = "150.00";
/// The smallest coin that the shops take, in pence.
const COIN: i64 = 5;
/// What is missing on the evening of the story, in pence.
const SHORT: i64 = -135;
/// Notes and coins, in pence.
const PIECES: [i64; 10] = [5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5];

fn drawer(branch: usize) -> String {
    format!("DRAWER-{branch}")
}

fn decimal(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).decimal().to_string()
}

impl Trading<'_> {
    /// A drawer for each branch; the shops take no copper, and a small difference is nobody's.
    pub(super) fn set_up_tills(&mut self) -> Result<(), Error> {
        for (key, value) in [("cash_rounding.gbp", "0.05"), ("till.tolerance", "2.00")] {
            let call = self.clock.call();
            settings::set(self.app, &call, key, value)?;
        }
        for branch in 1..self.merchant.locations.len() {
            let location = &self.merchant.locations[branch];
            let new = DrawerIn {
                code: drawer(branch),
                name: format!("{} drawer", location.name),
                location: location.code.clone(),
                currency: None,
            };
            let call = self.clock.call();
            tills::create_drawer(self.app, &call, &new)?;
        }
        Ok(())
    }

    pub(super) fn open_tills(&mut self) -> Result<(), Error> {
        for branch in 1..self.merchant.locations.len() {
            let call = self.clock.call();
            let opened = tills::open(self.app, &call, &drawer(branch), FLOAT);
            self.must("till.open", opened)?;
        }
        Ok(())
    }

    /// Counts what is in each drawer and closes it; now and then a coin is missing.
    pub(super) fn close_tills(&mut self) -> Result<(), Error> {
        let call = self.clock.call();
        let all = tills::list(self.app, &call)?;
        for branch in 1..self.merchant.locations.len() {
            let code = drawer(branch);
            let own = all.iter().find(|(drawer, _)| drawer.code == code);
            let own = own.and_then(|(_, session)| session.clone());
            let session = own.ok_or_else(|| self.broken(format!("{code} was not opened")))?;
            let story = branch == 1 && self.story.counter.is_some();
            let off = *self.clock.random.pick(&[0, 0, 0, 0, 0, -5, -20, 10, -100]);
            let mut left = session.expected + if story { SHORT } else { off };
            let mut pieces = Vec::new();
            for piece in PIECES {
                if left >= piece {
                    pieces.push((decimal(piece, session.currency), left / piece));
                    left %= piece;
                }
            }
            let call = self.clock.call();
            let counted = tills::count(self.app, &call, &code, &pieces);
            self.must("till.count", counted)?;
            let call = self.clock.call();
            let closed = tills::close(self.app, &call, &code);
            self.must("till.close", closed)?;
        }
        self.z_report()
    }

    /// Tells of the evening on which the story's sale was counted.
    fn z_report(&mut self) -> Result<(), Error> {
        let Some((order, price, paid)) = self.story.counter.take() else { return Ok(()) };
        let call = self.clock.call();
        let report = tills::report(self.app, &call, &drawer(1), None)?;
        let (sales, sum) = report.sums.get("sale").copied().unwrap_or_default();
        let difference = report.session.difference.unwrap_or(0);
        if difference != SHORT {
            return Err(self.broken("the count did not find what is missing"));
        }
        self.sentence(format!(
            "At the counter order {order} of {price} is paid with {paid} in cash. {} takes {} in \
             {sales} sales that day; counted blind it is {} short, which is posted.",
            report.drawer.code,
            report.show(sum),
            report.show(-difference),
        ));
        Ok(())
    }

    /// Somebody buys for an amount that no coins make, and pays in cash.
    pub(super) fn counter_sale(&mut self) -> Result<(), Error> {
        let branch = self.merchant.locations[1].clone();
        let available = self.available()?;
        let there = |item| available.get(&(item, branch.id)).copied().unwrap_or(0);
        let odd = self.goods.iter().filter(|good| {
            good.way == Way::Piece && there(good.item) > 2 && good.price % COIN != 0
        });
        let sku = odd.map(|good| good.sku.clone()).next();
        let sku = sku.ok_or_else(|| self.broken("the branch has nothing to sell"))?;
        let line =
            LineIn { sku: Some(sku), quantity: "1".into(), tax: vat(true), ..LineIn::default() };
        let new = OrderIn {
            channel: self.channel(ChannelKind::Store),
            deliveries: Deliveries::One(Box::new(DeliveryIn {
                method: Some("take_away".into()),
                ..DeliveryIn::default()
            })),
            lines: vec![line],
            ..OrderIn::default()
        };
        let order = self.place_story(&new)?;
        let total = order.head.totals.total;
        let given = (total / 1_000 + 1) * 1_000;
        let cash = PaymentIn {
            order: Some(order.id),
            provider: Some("cash".into()),
            method: "cash".into(),
            tendered: Some(decimal(given, order.currency)),
            ..PaymentIn::default()
        };
        let call = self.clock.call();
        let paid = payments::take(self.app, &call, &cash);
        let paid = self.must("payment.take", paid)?;
        for fulfillment in &order.fulfillments {
            let call = self.clock.call();
            let of = (order.id, fulfillment.id);
            let handed = fulfillments::hand_over(self.app, &call, of, &[]);
            self.must("fulfillment.hand_over", handed)?;
        }
        self.end(order.id)?;
        let moved = paid.transactions.last().map_or(0, orderly_core::payment::Transaction::moved);
        if moved % COIN != 0 || moved == total {
            return Err(self.broken("the cash was not rounded"));
        }
        let show = |minor: i64| decimal(minor, order.currency);
        self.story.counter = Some((order.number.clone(), show(total), show(moved)));
        Ok(())
    }

    /// Whether the drawers are open at this hour: the shops sell from seven to six.
    pub(super) fn tills_at(&mut self, hour: i64) -> Result<(), Error> {
        match hour {
            6 => self.open_tills(),
            19 => self.close_tills(),
            _ => Ok(()),
        }
    }
}

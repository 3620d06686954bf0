//! Where the goods come from: opening stock, suppliers, transfers, counts and breakages.

use std::collections::HashMap;

use orderly_core::id::{ItemId, LocationId, TransferId};
use orderly_core::time::Day;
use orderly_core::units::LevelKey;
use rust_decimal::Decimal;

use super::catalog::{Good, Way};
use super::trade::{Job, Trading};
use crate::Error;
use crate::ops::stock::{self, adjust, count, receive, transfer};
use crate::wire::stock::{
    AdjustmentIn, ArrivalIn, ArrivalLineIn, CountIn, CountedIn, ReceiptIn, ReceiptLineIn,
    TransferIn, TransferLineIn,
};

/// Lengths in which boards are bought.
const LENGTHS: [&str; 3] = ["3.6 m", "4.8 m", "6 m"];
/// Pieces at least this long, in mm, count as stock of boards; shorter ones are offcuts.
const WHOLE_MM: i64 = 3_600;

/// Sale units that a location likes to have: pieces of each length, for boards.
fn target(good: &Good, warehouse: bool) -> i64 {
    let weight = i64::try_from(good.weight).unwrap_or(1);
    let (hub, branch) = match good.way {
        Way::Piece => (30 + weight * 3, 5 + weight),
        Way::Box => (25 + weight * 2, 4 + weight / 2),
        Way::Tiles => (80 + weight * 4, 10 + weight),
        Way::Bricks => (6_000 + weight * 300, 1_200),
        Way::Metres => (400 + weight * 20, 80 + weight * 3),
        Way::Board => (14 + weight, 4 + weight / 3),
        Way::Kilograms => (6_000, 1_500),
        Way::Serial => (8, 2),
        Way::Packaging => (40, 10),
        Way::Kit | Way::Service => (0, 0),
    };
    if warehouse { hub } else { branch }
}

impl Trading<'_> {
    /// Fills the shelves before the first day.
    pub fn open_shop(&mut self) -> Result<(), Error> {
        for index in 0..self.merchant.locations.len() {
            let goods = self.goods.clone();
            for part in goods.chunks(150) {
                let mut lines = Vec::new();
                for good in part {
                    let sale_units = target(good, index == 0);
                    lines.extend(self.receipt_lines(good, sale_units));
                }
                self.receive(index, "opening", lines)?;
            }
        }
        Ok(())
    }

    pub fn receipt_lines(&mut self, good: &Good, sale_units: i64) -> Vec<ReceiptLineIn> {
        let sku = good.sku.clone();
        match good.way {
            _ if sale_units <= 0 => Vec::new(),
            Way::Board => {
                let quantity = sale_units.to_string();
                let line = |length: &&str| ReceiptLineIn {
                    sku: sku.clone(),
                    quantity: quantity.clone(),
                    unit: Some("piece".into()),
                    length: Some((*length).into()),
                    cost: None,
                    ..ReceiptLineIn::default()
                };
                LENGTHS.iter().map(|length| ReceiptLineIn { unit: None, ..line(length) }).collect()
            }
            Way::Serial => {
                let serials = (0..sale_units).map(|_| format!("SN{}", self.outside()));
                let serials: Vec<String> = serials.collect();
                let quantity = sale_units.to_string();
                vec![ReceiptLineIn { sku, quantity, serials, ..ReceiptLineIn::default() }]
            }
            _ => {
                // Suppliers' prices move a little; the value follows by moving average.
                let percent = Decimal::new(self.clock.random.between(95, 106), 2);
                let cost = (good.cost * percent * Decimal::from(good.per_sale_unit)).round_dp(6);
                let (quantity, cost) = (sale_units.to_string(), Some(cost.normalize().to_string()));
                vec![ReceiptLineIn { sku, quantity, cost, ..ReceiptLineIn::default() }]
            }
        }
    }

    pub fn receive(
        &mut self,
        location: usize,
        kind: &str,
        lines: Vec<ReceiptLineIn>,
    ) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let new = ReceiptIn {
            location: self.merchant.locations[location].code.clone(),
            kind: Some(kind.into()),
            reference: Some(format!("DN-{}", self.outside())),
            lines,
            ..ReceiptIn::default()
        };
        let call = self.clock.call();
        let received = receive::receive(self.app, &call, &new);
        self.tried("stock.receive", received)?;
        Ok(())
    }

    /// What is available at each location, in base units; offcuts of boards left out.
    pub fn available(&mut self) -> Result<HashMap<(ItemId, LocationId), i64>, Error> {
        let mut found: HashMap<(ItemId, LocationId), i64> = HashMap::new();
        let mut after: Option<LevelKey> = None;
        let call = self.clock.call();
        loop {
            let page = stock::list(self.app, &call, None, after, 500)?;
            for level in &page {
                if level.piece.is_some_and(|piece| piece.get() < WHOLE_MM) {
                    continue;
                }
                let free = level.on_hand.get() - level.allocated.get() - level.backordered.get();
                *found.entry((level.key.item, level.key.location)).or_default() += free;
            }
            match page.last() {
                Some(last) if page.len() == 500 => after = Some(last.key),
                _ => return Ok(found),
            }
        }
    }

    /// Before the shops open: suppliers deliver, goods go to the branches, things break, and on
    /// Sundays somebody counts.
    pub fn morning(&mut self, day: Day) -> Result<(), Error> {
        let weekday = (day.number() + 3).rem_euclid(7);
        if weekday == 6 {
            return self.count(day);
        }
        let available = self.available()?;
        let low = |good: &Good, location: LocationId, warehouse: bool| {
            let target = target(good, warehouse) * good.per_sale_unit;
            let target = if good.way == Way::Board { target * 14 } else { target };
            let free = available.get(&(good.item, location)).copied().unwrap_or(0);
            target > 0 && free * 100 < target * 40
        };
        let goods = self.goods.clone();
        for index in 0..self.merchant.locations.len() {
            let location = self.merchant.locations[index].id;
            let mut bought = Vec::new();
            let mut sent = Vec::new();
            for good in goods.iter().filter(|good| low(good, location, index == 0)) {
                // Suppliers do not always come on the day one hopes for.
                if !self.percent(80) {
                    continue;
                }
                let amount = target(good, index == 0);
                let from_hub = available.get(&(good.item, self.merchant.locations[0].id));
                let enough = from_hub.is_some_and(|free| *free > 3 * amount * good.per_sale_unit);
                let countable = !matches!(good.way, Way::Board | Way::Serial);
                if index > 0 && weekday % 2 == 0 && enough && countable {
                    sent.push((good.sku.clone(), amount));
                } else {
                    bought.extend(self.receipt_lines(good, amount));
                }
            }
            self.receive(index, "purchase", bought)?;
            self.send(index, &sent)?;
        }
        self.breakage()
    }

    fn send(&mut self, to: usize, goods: &[(String, i64)]) -> Result<(), Error> {
        if goods.is_empty() {
            return Ok(());
        }
        let line = |(sku, amount): &(String, i64)| TransferLineIn {
            sku: sku.clone(),
            quantity: amount.to_string(),
            ..TransferLineIn::default()
        };
        let new = TransferIn {
            from: self.merchant.locations[0].code.clone(),
            to: self.merchant.locations[to].code.clone(),
            lines: goods.iter().map(line).collect(),
            ..TransferIn::default()
        };
        let call = self.clock.call();
        let shipped = transfer::ship(self.app, &call, &new);
        if let Some(transfer) = self.tried("transfer.ship", shipped)? {
            self.on_day(0, 12, Job::Arrive(transfer.id));
        }
        Ok(())
    }

    /// A transfer arrives; now and then something fell off the lorry.
    pub fn arrive(&mut self, id: TransferId) -> Result<(), Error> {
        let call = self.clock.call();
        let transfer = transfer::get(self.app, &call, id)?;
        let short = self.percent(15);
        let lines = transfer.lines.iter().enumerate().map(|(index, line)| {
            let sent = line.in_transit().get();
            let missing = if short && index == 0 { (sent / 10).max(1) } else { 0 };
            ArrivalLineIn { position: line.position, quantity: sent - missing, reason: None }
        });
        let arrival = ArrivalIn {
            lines: lines.filter(|line| line.quantity > 0).collect(),
            write_off: short.then(|| "not on the lorry".to_owned()),
            ..ArrivalIn::default()
        };
        let call = self.clock.call();
        let received = transfer::receive(self.app, &call, id, &arrival);
        self.tried("transfer.receive", received)?;
        Ok(())
    }

    fn breakage(&mut self) -> Result<(), Error> {
        let pieces: Vec<String> = {
            let pieces = self.goods.iter().filter(|good| good.way == Way::Piece);
            pieces.map(|good| good.sku.clone()).collect()
        };
        for _ in 0..self.clock.random.between(0, 3) {
            let location = self.clock.random.pick(&self.merchant.locations).code.clone();
            let new = AdjustmentIn {
                location,
                sku: self.clock.random.pick(&pieces).clone(),
                quantity: "-1".into(),
                to: Some("scrap".into()),
                reason: "broken in the aisle".into(),
                ..AdjustmentIn::default()
            };
            let call = self.clock.call();
            let adjusted = adjust::adjust(self.app, &call, &new);
            self.tried("stock.adjust", adjusted)?;
        }
        Ok(())
    }

    /// Counts some shelves of one location.
    fn count(&mut self, day: Day) -> Result<(), Error> {
        let which = usize::try_from(day.number() / 7).unwrap_or(0) % self.merchant.locations.len();
        let location = self.merchant.locations[which].clone();
        let call = self.clock.call();
        let holdings = stock::holdings(self.app, &call, location.id, None, 400)?;
        let new = CountIn { location: location.code.clone(), blind: true };
        let opened = count::open(self.app, &call, &new);
        let Some(opened) = self.tried("count.open", opened)? else { return Ok(()) };
        let shelves: Vec<_> = holdings
            .iter()
            .filter(|held| held.place.is_sellable() && held.place.bin == location.storage_bin)
            .filter(|held| held.lot.is_none())
            .collect();
        let mut counted: Vec<CountedIn> = Vec::new();
        for _ in 0..12_usize.min(shelves.len()) {
            let held = shelves[self.clock.random.below(shelves.len())];
            let Some(good) = self.good(held.item).cloned() else { continue };
            if counted.iter().any(|one| one.sku == good.sku) {
                continue;
            }
            let off = *self.clock.random.pick(&[0, 0, 0, 0, -1, -1, 1, -2]);
            let qty = (held.qty.get() + off * good.per_sale_unit).max(0);
            counted.push(CountedIn {
                sku: good.sku.clone(),
                quantity: qty.to_string(),
                unit: Some(good.base_unit.code().into()),
                ..CountedIn::default()
            });
        }
        let call = self.clock.call();
        let recorded = count::record(self.app, &call, opened.id, &counted);
        if self.tried("count.record", recorded)?.is_some() {
            let call = self.clock.call();
            let posted = count::finish(self.app, &call, opened.id);
            self.tried("count.post", posted)?;
        }
        Ok(())
    }
}

//! The benchmark ORDERLY-ROUTE-2: the world of ORDERLY-ROUTE-1 with walk-in customers, daily
//! capacities, promises with two services, replenishment, markdown credits and units that stores
//! cannot find.

use crate::count::CountLaw;
use crate::numeric::{Draws, mix};
use crate::route::generate::{STORE, Shape, World};
use crate::route::kernel::{Candidate, Kernel, Lines, Tariff};
use crate::route::network::{Network, Order, Stock};
use crate::route::prices::{Effort, Prices};
use crate::route::replay::take;
use crate::route::rules::{Rule, Tiers};

/// Days of the horizon, and days from one replenishment to the next.
pub const DAYS: usize = 28;
const CYCLE: usize = 7;
/// Days that each service needs by zone; the faster one costs more.
const ECONOMY_DAYS: [u8; 7] = [1, 2, 2, 3, 4, 5, 5];
const EXPRESS_DAYS: [u8; 7] = [1, 1, 1, 2, 2, 2, 2];
const EXPRESS: f64 = 5.5;
/// What a broken promise costs.
const LATE: f64 = 9.0;
/// What a walk-in customer who finds nothing costs: the margin of a unit.
const MARGIN: f64 = 14.0;
/// What moving an overstocked unit saves in markdowns.
const CREDIT: f64 = 3.0;

/// The world: orders come day by day.
#[derive(Debug, Clone)]
pub struct Second {
    pub base: World,
    /// Days within which each order is promised.
    promises: Vec<u8>,
    /// Shipments that a location makes in a day.
    capacity: Vec<u32>,
    /// How often a location does not find a line.
    no_find: Vec<f64>,
    /// Walk-in units a day of each item at each store.
    walk_in: Vec<f64>,
    /// Whether an item is overstocked at a location.
    overstocked: Vec<bool>,
}

/// What is looked at beside the tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Fewest shipments, then nearest, as rules do.
    Rule,
    /// The cheapest for the order alone.
    Tariff,
    /// Also walk-in customers and markdowns.
    Stores,
    /// Also bid prices for the orders to come, computed every day.
    Ahead,
}

/// What a month cost, per order.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outcome {
    /// Everything: shipping, handling, late, unfilled, lost walk-ins, less credits.
    pub cost: f64,
    pub shipping: f64,
    /// Shares of orders.
    pub split: f64,
    pub late: f64,
    /// The share of lines that stay unfilled, and of lines that were not found at first.
    pub unfilled: f64,
    pub not_found: f64,
    /// Walk-in units that found nothing, as a share.
    pub walked_out: f64,
}

/// The tariff of one order: the cheapest service that keeps the promise, by zone.
struct Promised<'a, P> {
    network: &'a Network,
    order: &'a Order,
    days: u8,
    price: P,
}

impl<P: Fn(u32, u32) -> f64> Promised<'_, P> {
    fn service(&self, class: u32) -> (f64, bool) {
        let zone = class as usize % self.network.rates.len();
        match self.days {
            days if ECONOMY_DAYS[zone] <= days => (0.0, false),
            days if EXPRESS_DAYS[zone] <= days => (EXPRESS, false),
            _ => (LATE, true),
        }
    }
}

impl<P: Fn(u32, u32) -> f64> Tariff for Promised<'_, P> {
    fn classes(&self) -> usize {
        self.network.rates.len() * self.network.handling.len()
    }

    fn shipment(&self, class: u32, lines: Lines) -> f64 {
        self.network.shipment_cost(self.order, class, lines) + self.service(class).0
    }

    fn line(&self, node: u32, line: usize) -> f64 {
        let line = &self.order.lines[line];
        (self.price)(line.item, node) * f64::from(line.units)
    }

    fn prices_lines(&self) -> bool {
        true
    }
}

impl Second {
    /// Generates the world of a shape. The same shape gives the same world.
    #[must_use]
    pub fn generate(shape: Shape) -> Self {
        let base = World::generate(shape);
        let mut draws = Draws::new(mix(&[6, shape.seed]));
        let daily = shape.orders as f64 / DAYS as f64;
        let kinds = base.network.kinds.clone();
        let stores = kinds.iter().filter(|kind| **kind == STORE).count().max(1) as f64;
        let capacity = |kind: &u8| {
            let share = if *kind == STORE { 1.5 / stores } else { 0.6 };
            (daily * share).ceil() as u32
        };
        let no_find = |kind: &u8| {
            if *kind == STORE { 0.03 + 0.05 * draws.unit() } else { 0.002 }
        };
        let capacity = kinds.iter().map(capacity).collect();
        let no_find = kinds.iter().map(no_find).collect();
        let cells = shape.items * shape.nodes;
        let (mut walk_in, mut overstocked) = (vec![0.0; cells], vec![false; cells]);
        for item in 0..shape.items {
            for (node, kind) in kinds.iter().enumerate() {
                let held = base.stock.units(item as u32, node as u32);
                if *kind == STORE && held > 0 {
                    let at = item * shape.nodes + node;
                    overstocked[at] = draws.unit() < 0.08;
                    let pace = if overstocked[at] { 0.1 } else { 0.3 + 0.4 * draws.unit() };
                    walk_in[at] = pace * f64::from(held) / DAYS as f64;
                }
            }
        }
        let promise = |_: usize| match draws.unit() {
            x if x < 0.15 => 1,
            x if x < 0.45 => 2,
            x if x < 0.8 => 4,
            _ => 6,
        };
        let promises = (0..shape.orders).map(promise).collect();
        Self { base, promises, capacity, no_find, walk_in, overstocked }
    }
}

/// The month as it runs under one policy.
struct Run<'a> {
    world: &'a Second,
    sight: Sight,
    stock: Stock,
    used: Vec<u32>,
    prices: Prices,
    tiers: Vec<Option<Tiers>>,
    kernel: Kernel,
    candidates: Vec<Candidate>,
    /// Days until goods come again.
    until_receipt: usize,
    draws: Draws,
    sums: Outcome,
}

/// Runs a month and returns what it cost per order. Walk-ins and what is not found are the same
/// for every policy as long as stock is.
#[must_use]
pub fn month(world: &Second, sight: Sight) -> Outcome {
    let (shape, network) = (world.base.shape, &world.base.network);
    let tiers = |row: &Vec<f32>| {
        let near = Rule::Smallest(row.iter().map(|km| (km * 10.0) as u32).collect());
        Tiers::new(&[Rule::FewestShipments, near], shape.nodes, 10).ok()
    };
    let mut run = Run {
        world,
        sight,
        stock: world.base.stock.clone(),
        used: vec![0; shape.nodes],
        prices: Prices::new(shape.items, shape.nodes),
        tiers: network.distances.iter().map(tiers).collect(),
        kernel: Kernel::default(),
        candidates: Vec::new(),
        until_receipt: CYCLE,
        draws: Draws::new(mix(&[7, shape.seed])),
        sums: Outcome::default(),
    };
    let (mut walked_in, mut lines) = (0.0, 0);
    for day in 0..DAYS {
        run.open(day);
        let from = shape.orders * day / DAYS;
        for index in from..shape.orders * (day + 1) / DAYS {
            let order = &world.base.orders[index];
            lines += order.lines.len();
            run.serve(order, world.promises[index]);
        }
        walked_in += run.walk_ins(day);
    }
    let (orders, mut sums) = (shape.orders.max(1) as f64, run.sums);
    sums.unfilled /= lines.max(1) as f64;
    sums.not_found /= lines.max(1) as f64;
    sums.walked_out /= f64::max(walked_in, 1.0);
    for sum in [&mut sums.cost, &mut sums.shipping, &mut sums.split, &mut sums.late] {
        *sum /= orders;
    }
    sums
}

impl Run<'_> {
    /// Opens a day: capacities are free, goods have come, prices are new.
    fn open(&mut self, day: usize) {
        let (base, shape) = (&self.world.base, self.world.base.shape);
        self.used.fill(0);
        self.until_receipt = CYCLE - day % CYCLE;
        if day > 0 && day.is_multiple_of(CYCLE) {
            let mut goods = Draws::new(mix(&[8, shape.seed, day as u64]));
            for item in 0..shape.items as u32 {
                for node in 0..shape.nodes as u32 {
                    let usual = f64::from(base.stock.units(item, node)) * 0.15;
                    let units = self.stock.units(item, node) + goods.poisson(usual) as u32;
                    self.stock.set(item, node, units);
                }
            }
        }
        if self.sight == Sight::Ahead {
            let left = shape.orders * self.until_receipt / DAYS;
            let sample = left.clamp(1, 3_000);
            let orders = base.forecast_orders(1_000 + day as u64, sample, 0.0);
            let weight = left as f64 / sample as f64;
            let effort = Effort { iterations: 15, step: 3.0 };
            self.prices.refresh(&base.network, &self.stock, &orders, weight, effort);
        }
    }

    /// What a unit of an item is worth at a location beside the order.
    fn worth(&self, item: u32, node: u32) -> f64 {
        if matches!(self.sight, Sight::Rule | Sight::Tariff) {
            return 0.0;
        }
        let at = item as usize * self.world.base.shape.nodes + node as usize;
        let held = f64::from(self.stock.units(item, node));
        let pace = self.world.walk_in[at] * self.until_receipt as f64;
        let wanted = if pace > 0.0 {
            1.0 - CountLaw::new(pace, 1.0).cdf((held - 1.0).max(0.0))
        } else {
            0.0
        };
        let credit = if self.world.overstocked[at] { CREDIT } else { 0.0 };
        let ahead = if self.sight == Sight::Ahead { self.prices.unit(item, node) } else { 0.0 };
        (wanted * MARGIN).max(ahead) - credit
    }

    /// Ships an order; what a location does not find is decided again without it, twice at most.
    fn serve(&mut self, order: &Order, days: u8) {
        let mut open = order.clone();
        let (mut shipments, mut is_late) = (0, false);
        for _ in 0..3 {
            let decided = self.decide(&open, days);
            let mut missing: Lines = 0;
            for (node, set) in decided {
                self.used[node as usize] += 1;
                let found = self.pick(&open, node, set);
                missing |= set & !found;
                if found == 0 {
                    continue;
                }
                let class = self.world.base.network.class(open.region, node);
                let (cost, late) = {
                    let tariff = self.tariff(&open, days);
                    (tariff.shipment(class, found), tariff.service(class).1)
                };
                self.sums.shipping += cost;
                self.sums.cost += cost - self.credits(&open, node, found);
                take(&mut self.stock, &open, node, found);
                shipments += 1;
                is_late |= late;
                for index in 0..open.lines.len() {
                    if found & (1 << index) != 0 {
                        open.lines[index].units = 0;
                    }
                }
            }
            open.lines.retain(|line| line.units > 0);
            if missing == 0 || open.lines.is_empty() {
                break;
            }
        }
        self.sums.cost += self.world.base.network.penalty * open.lines.len() as f64;
        self.sums.unfilled += open.lines.len() as f64;
        self.sums.split += f64::from(u8::from(shipments > 1));
        self.sums.late += f64::from(u8::from(is_late));
    }

    fn tariff<'a>(
        &'a self,
        order: &'a Order,
        days: u8,
    ) -> Promised<'a, impl Fn(u32, u32) -> f64 + 'a> {
        let price = |item, node| self.worth(item, node);
        Promised { network: &self.world.base.network, order, days, price }
    }

    fn decide(&mut self, order: &Order, days: u8) -> Vec<(u32, Lines)> {
        let world = self.world;
        let network = &world.base.network;
        let (mut candidates, mut kernel) =
            (std::mem::take(&mut self.candidates), std::mem::take(&mut self.kernel));
        let is_free = |node: u32| self.used[node as usize] < world.capacity[node as usize];
        network.candidates(order, &self.stock, is_free, &mut candidates);
        let count = order.lines.len();
        let decided = match (&self.tiers[order.region as usize], self.sight) {
            (Some(tiers), Sight::Rule) => {
                tiers.apply(&mut candidates);
                kernel.decide(&vec![tiers.penalty(); count], &candidates, usize::MAX, tiers)
            }
            _ => {
                let penalties = vec![network.penalty; count];
                let tariff = self.tariff(order, days);
                kernel.decide(&penalties, &candidates, usize::MAX, &tariff)
            }
        };
        (self.candidates, self.kernel) = (candidates, kernel);
        decided.map(|decision| decision.shipments).unwrap_or_default()
    }

    /// The lines that the location finds; units that are not found are not there.
    fn pick(&mut self, order: &Order, node: u32, set: Lines) -> Lines {
        let mut found = 0;
        for (index, line) in order.lines.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0) {
            if self.draws.unit() < self.world.no_find[node as usize] {
                self.stock.set(line.item, node, 0);
                self.sums.not_found += 1.0;
            } else {
                found |= 1 << index;
            }
        }
        found
    }

    fn credits(&self, order: &Order, node: u32, set: Lines) -> f64 {
        let nodes = self.world.base.shape.nodes;
        let own = order.lines.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0);
        own.filter(|(_, line)| self.world.overstocked[line.item as usize * nodes + node as usize])
            .map(|(_, line)| CREDIT * f64::from(line.units))
            .sum()
    }

    /// Serves the day's walk-in customers and returns the units they wanted.
    fn walk_ins(&mut self, day: usize) -> f64 {
        let shape = self.world.base.shape;
        let mut arrivals = Draws::new(mix(&[9, shape.seed, day as u64]));
        let mut wanted = 0.0;
        for (at, pace) in self.world.walk_in.iter().enumerate().filter(|(_, pace)| **pace > 0.0) {
            let (item, node) = ((at / shape.nodes) as u32, (at % shape.nodes) as u32);
            let units = arrivals.poisson(*pace) as u32;
            let held = self.stock.units(item, node);
            let lost = units.saturating_sub(held);
            self.stock.set(item, node, held - units.min(held));
            wanted += f64::from(units);
            self.sums.walked_out += f64::from(lost);
            self.sums.cost += MARGIN * f64::from(lost);
        }
        wanted
    }
}

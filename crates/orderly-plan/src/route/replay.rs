//! Replays a stream of orders under a policy, so that policies can be compared to the cent.

use crate::numeric::{Draws, mix};
use crate::route::generate::{CENTER, World};
use crate::route::kernel::{Candidate, Kernel, Lines};
use crate::route::network::{NO_PRICE, Order, Stock};
use crate::route::prices::{Effort, Prices, Trust};
use crate::route::rules::{Rule, Tiers, each_line_nearest};

/// How orders are sourced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    /// Every line from its nearest holder.
    NearestPerLine,
    /// Centers before stores, then fewest shipments, then nearest.
    CentersFirst,
    /// Fewest shipments, then nearest.
    FewestThenNearest,
    /// The exact cheapest decision for the order alone.
    Cheapest,
    /// The exact cheapest decision including bid prices.
    BidPrices(LookAhead),
}

/// How bid prices are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LookAhead {
    /// Times the prices are computed over the horizon.
    pub refreshes: usize,
    /// Imagined orders for each computation.
    pub sample: usize,
    pub iterations: usize,
    /// The share of the common part charged; `None` follows the tracked forecast error.
    pub weight: Option<f64>,
    /// The log-normal error of the forecast.
    pub sigma: f64,
}

/// What a policy cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outcome {
    pub orders: usize,
    /// The mean cost of an order, penalties included.
    pub cost: f64,
    /// Orders in more than one shipment, as a share of all.
    pub split: f64,
    pub shipments: f64,
    /// Unfilled lines, as a share of all lines.
    pub unfilled: f64,
}

/// Runs a policy over the world's orders.
#[must_use]
pub fn replay(world: &World, policy: Policy) -> Outcome {
    let mut stock = world.stock.clone();
    let mut desk = Desk::new(world);
    let mut ahead = match policy {
        Policy::BidPrices(look) => Some(Ahead::new(world, look)),
        Policy::NearestPerLine
        | Policy::CentersFirst
        | Policy::FewestThenNearest
        | Policy::Cheapest => None,
    };
    let mut sums = Outcome { orders: world.orders.len(), ..Outcome::default() };
    let mut lines = 0;
    for (time, order) in world.orders.iter().enumerate() {
        if let Some(ahead) = &mut ahead {
            ahead.before(world, &stock, time);
        }
        let shipments = desk.decide(world, &stock, order, policy, ahead.as_ref());
        let mut filled = 0;
        for (node, set) in &shipments {
            sums.cost +=
                world.network.shipment_cost(order, world.network.class(order.region, *node), *set);
            filled |= set;
            take(&mut stock, order, *node, *set);
        }
        let missing = order.lines.len() as u32 - filled.count_ones();
        sums.cost += world.network.penalty * f64::from(missing);
        sums.unfilled += f64::from(missing);
        sums.shipments += shipments.len() as f64;
        sums.split += f64::from(u8::from(shipments.len() > 1));
        lines += order.lines.len();
        if let Some(ahead) = &mut ahead {
            ahead.after(world, order);
        }
    }
    let count = world.orders.len().max(1) as f64;
    sums.cost /= count;
    sums.split /= count;
    sums.shipments /= count;
    sums.unfilled /= f64::from(u32::try_from(lines).unwrap_or(u32::MAX)).max(1.0);
    sums
}

/// Takes a shipment's units from stock.
pub fn take(stock: &mut Stock, order: &Order, node: u32, set: Lines) {
    for (index, line) in order.lines.iter().enumerate() {
        if set & (1 << index) != 0 {
            let taken = stock.take(line.item, node, line.units);
            debug_assert!(taken, "a candidate holds what it offers");
        }
    }
}

/// The memory that decisions reuse.
struct Desk {
    kernel: Kernel,
    candidates: Vec<Candidate>,
    /// Fewest shipments then nearest, for every region.
    nearest: Vec<Option<Tiers>>,
    centers: Vec<Option<Tiers>>,
}

impl Desk {
    fn new(world: &World) -> Self {
        let nodes = world.network.kinds.len();
        let rules = |with_centers: bool| {
            let tiers = |row: &Vec<f32>| {
                let mut rules = Vec::new();
                if with_centers {
                    let store = |kind: &u8| u32::from(*kind != CENTER);
                    rules.push(Rule::Smallest(world.network.kinds.iter().map(store).collect()));
                }
                rules.push(Rule::FewestShipments);
                rules.push(Rule::Smallest(row.iter().map(|km| (km * 10.0) as u32).collect()));
                Tiers::new(&rules, nodes, 10).ok()
            };
            world.network.distances.iter().map(tiers).collect()
        };
        Self {
            kernel: Kernel::default(),
            candidates: Vec::new(),
            nearest: rules(false),
            centers: rules(true),
        }
    }

    fn decide(
        &mut self,
        world: &World,
        stock: &Stock,
        order: &Order,
        policy: Policy,
        ahead: Option<&Ahead>,
    ) -> Vec<(u32, Lines)> {
        let network = &world.network;
        network.candidates(order, stock, |_| true, &mut self.candidates);
        let count = order.lines.len();
        let region = order.region as usize;
        let penalties = vec![network.penalty; count];
        let decided = match policy {
            Policy::NearestPerLine => {
                let km = &network.distances[region];
                let rank = |node: u32| f64::from(km[node as usize]);
                return each_line_nearest(count, &self.candidates, rank);
            }
            Policy::CentersFirst | Policy::FewestThenNearest => {
                let by_region =
                    if policy == Policy::CentersFirst { &self.centers } else { &self.nearest };
                let Some(tiers) = &by_region[region] else { return Vec::new() };
                tiers.apply(&mut self.candidates);
                let penalties = vec![tiers.penalty(); count];
                self.kernel.decide(&penalties, &self.candidates, usize::MAX, tiers)
            }
            Policy::Cheapest => {
                let tariff = network.tariff(order, NO_PRICE);
                self.kernel.decide(&penalties, &self.candidates, usize::MAX, &tariff)
            }
            Policy::BidPrices(_) => {
                let Some(ahead) = ahead else { return Vec::new() };
                let common = ahead.common(order, &self.candidates);
                let price = |item: u32, node: u32| {
                    let line = order.lines.iter().position(|line| line.item == item);
                    ahead.prices.unit(item, node) - line.map_or(0.0, |line| common[line])
                };
                let tariff = network.tariff(order, Some(price));
                self.kernel.decide(&penalties, &self.candidates, usize::MAX, &tariff)
            }
        };
        decided.map(|decision| decision.shipments).unwrap_or_default()
    }
}

/// The state of looking ahead.
struct Ahead {
    look: LookAhead,
    prices: Prices,
    trust: Trust,
    rates: Vec<f64>,
    every: usize,
}

impl Ahead {
    fn new(world: &World, look: LookAhead) -> Self {
        let items = world.shape.items;
        let horizon = world.orders.len();
        Self {
            look,
            prices: Prices::new(items, world.shape.nodes),
            trust: Trust::new(items),
            rates: vec![0.0; items],
            every: horizon.div_ceil(look.refreshes.max(1)).max(1),
        }
    }

    /// Computes the prices when it is time to.
    fn before(&mut self, world: &World, stock: &Stock, time: usize) {
        if !time.is_multiple_of(self.every) {
            return;
        }
        let left = world.orders.len() - time;
        let sample = self.look.sample.min(left).max(1);
        let mut orders = world.forecast_orders(time as u64, sample, self.look.sigma);
        if time == 0 {
            for line in orders.iter().flat_map(|order| &order.lines) {
                self.rates[line.item as usize] += f64::from(line.units) / sample as f64;
            }
        }
        if self.look.weight.is_none() {
            // Some imagined orders give way to orders that really came.
            let learned = self.trust.learned();
            let mut draws = Draws::new(mix(&[5, world.shape.seed, time as u64]));
            for order in &mut orders {
                if draws.unit() < learned {
                    order.clone_from(&world.orders[draws.below(time)]);
                }
            }
        }
        let effort = Effort { iterations: self.look.iterations, step: 3.0 };
        let weight = left as f64 / sample as f64;
        self.prices.refresh(&world.network, stock, &orders, weight, effort);
    }

    fn after(&mut self, world: &World, order: &Order) {
        if self.look.weight.is_none() {
            for item in 0..world.shape.items {
                self.trust.expect(item as u32, self.rates[item]);
            }
            self.trust.observe(order);
        }
    }

    /// Returns the part of each line's price that is not charged.
    fn common(&self, order: &Order, candidates: &[Candidate]) -> Vec<f64> {
        let charged = self.look.weight.unwrap_or_else(|| self.trust.weight());
        let cheapest = |(index, line): (usize, &crate::route::network::Line)| {
            let least = candidates
                .iter()
                .filter(|candidate| candidate.lines & (1 << index) != 0)
                .map(|candidate| self.prices.unit(line.item, candidate.node))
                .fold(f64::INFINITY, f64::min);
            if least.is_finite() { (1.0 - charged) * least } else { 0.0 }
        };
        order.lines.iter().enumerate().map(cheapest).collect()
    }
}

//! Bid prices: what a unit of scarce stock is worth to the orders that are still to come.
//!
//! The prices solve the Lagrangian dual of the stock limits over a sample of future orders, by
//! scaled subgradient steps. Online they are used relative to the cheapest location that holds the
//! item, so that looking ahead moves orders but never refuses one.

use crate::route::kernel::{Candidate, Kernel};
use crate::route::network::{Network, Order, Stock};

/// The price of a unit of each item at each location.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    nodes: usize,
    values: Vec<f64>,
    /// Set once prices were computed: later runs start from them with smaller steps.
    warm: bool,
}

/// How long to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    pub iterations: usize,
    /// The step at a cold start; a warm start takes a third of it.
    pub step: f64,
}

/// What one round of pricing found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// The best lower bound on the cost of all orders that the sample stands for.
    pub bound: f64,
}

impl Prices {
    /// Returns prices of zero.
    #[must_use]
    pub fn new(items: usize, nodes: usize) -> Self {
        Self { nodes, values: vec![0.0; items * nodes], warm: false }
    }

    /// Returns the price of one unit.
    #[must_use]
    pub fn unit(&self, item: u32, node: u32) -> f64 {
        self.values[item as usize * self.nodes + node as usize]
    }

    /// Improves the prices for orders that each stand for `weight` orders to come.
    ///
    /// The bound is valid for the orders given when `weight` is 1.
    pub fn refresh(
        &mut self,
        network: &Network,
        stock: &Stock,
        orders: &[Order],
        weight: f64,
        effort: Effort,
    ) -> Round {
        let cases = Cases::new(network, stock, orders);
        self.refresh_cases(&cases, network, stock, weight, effort)
    }

    /// As [`Prices::refresh`] for candidates that were found before.
    pub fn refresh_cases(
        &mut self,
        cases: &Cases<'_>,
        network: &Network,
        stock: &Stock,
        weight: f64,
        effort: Effort,
    ) -> Round {
        let size = self.values.len();
        let step = if self.warm { effort.step / 3.0 } else { effort.step };
        let (mut usage, mut squares) = (vec![0.0; size], vec![1e-9; size]);
        let mut average = vec![0.0; size];
        let mut averaged = 0.0;
        let mut bound = f64::NEG_INFINITY;
        let mut kernel = Kernel::default();
        for iteration in 0..effort.iterations {
            usage.fill(0.0);
            let value = self.respond(cases, network, weight, &mut kernel, &mut usage);
            bound = bound.max(value - self.worth(stock));
            for item in 0..stock.items() {
                let row = item * self.nodes;
                for (node, held) in stock.row(item as u32).iter().enumerate() {
                    if *held == 0 {
                        continue;
                    }
                    let at = row + node;
                    let excess = usage[at] - f64::from(*held);
                    squares[at] += excess * excess;
                    let moved = self.values[at] + step * excess / squares[at].sqrt();
                    self.values[at] = moved.clamp(0.0, network.penalty);
                }
            }
            if 2 * iteration >= effort.iterations {
                for (sum, value) in average.iter_mut().zip(&self.values) {
                    *sum += value;
                }
                averaged += 1.0;
            }
        }
        if averaged > 0.0 {
            for (value, sum) in self.values.iter_mut().zip(&average) {
                *value = sum / averaged;
            }
        }
        self.warm = true;
        Round { bound }
    }

    /// Returns the value of all stock at these prices.
    #[must_use]
    pub fn worth(&self, stock: &Stock) -> f64 {
        let items = 0..stock.items() as u32;
        items
            .flat_map(|item| {
                let prices = &self.values[item as usize * self.nodes..];
                stock.row(item).iter().zip(prices).map(|(held, price)| f64::from(*held) * price)
            })
            .sum()
    }

    /// Lets every order choose at these prices; adds the units it takes and sums its cost.
    fn respond(
        &self,
        cases: &Cases<'_>,
        network: &Network,
        weight: f64,
        kernel: &mut Kernel,
        usage: &mut [f64],
    ) -> f64 {
        let mut total = 0.0;
        for (order, candidates) in cases.iter() {
            let price = |item: u32, node: u32| self.unit(item, node);
            let tariff = network.tariff(order, Some(price));
            let penalties = [network.penalty; crate::route::kernel::MAX_LINES];
            let penalties = &penalties[..order.lines.len().min(penalties.len())];
            let Ok(decision) = kernel.decide(penalties, candidates, usize::MAX, &tariff) else {
                continue;
            };
            total += weight * decision.cost;
            for (node, set) in &decision.shipments {
                for (index, line) in order.lines.iter().enumerate() {
                    if set & (1 << index) != 0 {
                        let at = line.item as usize * self.nodes + *node as usize;
                        usage[at] += weight * f64::from(line.units);
                    }
                }
            }
        }
        total
    }
}

/// Orders with the candidates that could fill them, found once for many rounds.
#[derive(Debug)]
pub struct Cases<'a> {
    orders: &'a [Order],
    candidates: Vec<Candidate>,
    ends: Vec<usize>,
}

impl<'a> Cases<'a> {
    /// Finds the candidates of every order.
    #[must_use]
    pub fn new(network: &Network, stock: &Stock, orders: &'a [Order]) -> Self {
        let (mut all, mut ends, mut some) = (Vec::new(), Vec::new(), Vec::new());
        for order in orders {
            network.candidates(order, stock, |_| true, &mut some);
            all.extend_from_slice(&some);
            ends.push(all.len());
        }
        Self { orders, candidates: all, ends }
    }

    /// Returns the orders with their candidates.
    pub fn iter(&self) -> impl Iterator<Item = (&'a Order, &[Candidate])> {
        self.orders.iter().enumerate().map(|(index, order)| {
            let start = if index == 0 { 0 } else { self.ends[index - 1] };
            (order, &self.candidates[start..self.ends[index]])
        })
    }
}

/// How much of the prices' common part is charged: follows the forecast's tracked error.
///
/// 1 charges prices in full (best when the forecast is right), 0 only differences between locations
/// (never refuses an order, safe when the forecast is wrong).
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    expected: Vec<f64>,
    seen: Vec<f64>,
}

impl Trust {
    /// Below this relative error of item rates prices are charged in full …
    const FULL: f64 = 0.15;
    /// … and above this one only their differences are.
    const NONE: f64 = 0.3;
    /// Units that must have been seen before any trust is given.
    const MIN_UNITS: f64 = 500.0;

    /// Starts tracking `items` items.
    #[must_use]
    pub fn new(items: usize) -> Self {
        Self { expected: vec![0.0; items], seen: vec![0.0; items] }
    }

    /// Adds what was forecast for a stretch of time: `units` of an item.
    pub fn expect(&mut self, item: u32, units: f64) {
        self.expected[item as usize] += units;
    }

    /// Adds what was ordered.
    pub fn observe(&mut self, order: &Order) {
        for line in &order.lines {
            self.seen[line.item as usize] += f64::from(line.units);
        }
    }

    /// Returns the relative error of the item rates beyond what chance explains.
    ///
    /// `None` before enough was seen.
    #[must_use]
    pub fn error(&self) -> Option<f64> {
        let expected: f64 = self.expected.iter().sum();
        let seen: f64 = self.seen.iter().sum();
        if expected < Self::MIN_UNITS || seen < Self::MIN_UNITS {
            return None;
        }
        // Σ (seen − expected)² ≈ σ²·Σ expected² + noise; a line's units vary a little (1.3).
        let scale = seen / expected;
        let (mut excess, mut squares) = (0.0, 0.0);
        for (expected, seen) in self.expected.iter().zip(&self.seen) {
            let expected = expected * scale;
            excess += (seen - expected) * (seen - expected) - 1.3 * expected;
            squares += expected * expected;
        }
        Some((excess / squares).max(0.0).sqrt())
    }

    /// Returns the share of imagined orders to replace by orders that were seen, 0 to 1.
    ///
    /// The forecast errs by its tracked error; what was seen errs by the chance of its counts. Each
    /// is weighted by the other's variance.
    #[must_use]
    pub fn learned(&self) -> f64 {
        let seen: f64 = self.seen.iter().sum();
        match self.error() {
            Some(error) => {
                let chance = self.seen.len() as f64 / seen;
                error * error / (error * error + chance)
            }
            None => 0.0,
        }
    }

    /// Returns the relative error that is left after learning from what was seen.
    fn remaining_error(&self) -> Option<f64> {
        let error = self.error()?;
        let seen: f64 = self.seen.iter().sum();
        let (learned, chance) = (self.learned(), self.seen.len() as f64 / seen);
        let (kept, taken) = ((1.0 - learned) * error, learned * learned * chance);
        Some((kept * kept + taken).sqrt())
    }

    /// Returns the share of the common part to charge, 0 to 1.
    #[must_use]
    pub fn weight(&self) -> f64 {
        match self.remaining_error() {
            Some(error) => ((Self::NONE - error) / (Self::NONE - Self::FULL)).clamp(0.0, 1.0),
            None => 0.0,
        }
    }
}

//! Many waiting orders decided together, with a certificate of how good the decision is.
//!
//! Bid prices from the Lagrangian dual of the stock limits give a lower bound that no assignment
//! can beat. Orders are then placed one by one at those prices, those with most to lose first, and
//! improved by placing single orders and pairs that compete for the same stock again.

use std::collections::BTreeMap;

use crate::route::kernel::{Candidate, Kernel, Lines, MAX_LINES};
use crate::route::network::{NO_PRICE, Network, Order, Stock};
use crate::route::prices::{Cases, Effort, Prices};

/// Shipments of one order: location and lines.
pub type Shipments = Vec<(u32, Lines)>;

/// The decision for all orders.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub shipments: Vec<Shipments>,
    /// The cost of all orders, penalties included.
    pub cost: f64,
    /// No decision can cost less than this.
    pub bound: f64,
}

impl Batch {
    /// Returns how far the cost may be above the optimum, as a share of the bound.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.bound > 0.0 { (self.cost - self.bound) / self.bound } else { 0.0 }
    }
}

/// How long to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Rounds of pricing on an eighth of the orders, then on all of them.
    pub coarse_rounds: usize,
    pub fine_rounds: usize,
    /// Sweeps over the orders to improve the placement.
    pub sweeps: usize,
}

/// The plan for a few thousand orders in seconds.
pub const STANDARD: Plan = Plan { coarse_rounds: 60, fine_rounds: 300, sweeps: 4 };

/// Decides all orders together from the stock given, which is left as it is.
#[must_use]
pub fn decide(network: &Network, stock: &Stock, orders: &[Order], plan: Plan) -> Batch {
    let mut prices = Prices::new(stock.items(), stock.nodes());
    let coarse: Vec<Order> = orders.iter().step_by(8).cloned().collect();
    if orders.len() > 800 {
        let weight = orders.len() as f64 / coarse.len() as f64;
        let effort = Effort { iterations: plan.coarse_rounds, step: 3.0 };
        prices.refresh(network, stock, &coarse, weight, effort);
    }
    let cases = Cases::new(network, stock, orders);
    let effort = Effort { iterations: plan.fine_rounds, step: 3.0 };
    let mut bound = prices.refresh_cases(&cases, network, stock, 1.0, effort).bound;
    // A last round at the averaged prices: the steps vanish, the bound is theirs.
    let effort = Effort { iterations: 1, step: 1e-12 };
    bound = bound.max(prices.refresh_cases(&cases, network, stock, 1.0, effort).bound);
    let mut board = Board::new(network, stock, orders);
    board.place_all(&prices);
    for _ in 0..plan.sweeps {
        if board.improve() + board.swap_pairs(&prices) < 1e-6 {
            break;
        }
    }
    Batch { cost: board.costs.iter().sum(), shipments: board.shipments, bound }
}

/// The orders on the table, with the stock that is left.
struct Board<'a> {
    network: &'a Network,
    orders: &'a [Order],
    stock: Stock,
    shipments: Vec<Shipments>,
    costs: Vec<f64>,
    /// What each order costs when it has the whole stock for itself.
    alone: Vec<f64>,
    kernel: Kernel,
    candidates: Vec<Candidate>,
}

impl<'a> Board<'a> {
    fn new(network: &'a Network, stock: &Stock, orders: &'a [Order]) -> Self {
        let mut board = Self {
            network,
            orders,
            stock: stock.clone(),
            shipments: vec![Vec::new(); orders.len()],
            costs: vec![0.0; orders.len()],
            alone: Vec::with_capacity(orders.len()),
            kernel: Kernel::default(),
            candidates: Vec::new(),
        };
        for order in orders {
            let (cost, _) = board.best(order, NO_PRICE);
            board.alone.push(cost);
        }
        board
    }

    /// Returns the cheapest decision for an order from the stock that is left.
    fn best(&mut self, order: &Order, price: Option<impl Fn(u32, u32) -> f64>) -> (f64, Shipments) {
        self.network.candidates(order, &self.stock, |_| true, &mut self.candidates);
        let tariff = self.network.tariff(order, price);
        let penalties = [self.network.penalty; MAX_LINES];
        let penalties = &penalties[..order.lines.len().min(MAX_LINES)];
        match self.kernel.decide(penalties, &self.candidates, usize::MAX, &tariff) {
            Ok(decision) => (decision.cost, decision.shipments),
            Err(_) => (f64::INFINITY, Vec::new()),
        }
    }

    /// Returns what shipments really cost.
    fn cost(&self, order: &Order, shipments: &Shipments) -> f64 {
        let mut filled = 0;
        let mut cost = 0.0;
        for (node, set) in shipments {
            let class = self.network.class(order.region, *node);
            cost += self.network.shipment_cost(order, class, *set);
            filled |= set;
        }
        let missing = order.lines.len() as u32 - filled.count_ones();
        cost + self.network.penalty * f64::from(missing)
    }

    fn commit(&mut self, index: usize, shipments: Shipments) {
        let order = &self.orders[index];
        for (node, set) in &shipments {
            super::replay::take(&mut self.stock, order, *node, *set);
        }
        self.costs[index] = self.cost(order, &shipments);
        self.shipments[index] = shipments;
    }

    /// Puts an order's units back; returns its shipments.
    fn lift(&mut self, index: usize) -> Shipments {
        let shipments = std::mem::take(&mut self.shipments[index]);
        for (node, set) in &shipments {
            for (at, line) in self.orders[index].lines.iter().enumerate() {
                if set & (1 << at) != 0 {
                    let held = self.stock.units(line.item, *node);
                    self.stock.set(line.item, *node, held + line.units);
                }
            }
        }
        shipments
    }

    /// Places every order at the prices, in order of arrival.
    fn place_all(&mut self, prices: &Prices) {
        for index in 0..self.orders.len() {
            let order = &self.orders[index];
            let price = |item: u32, node: u32| prices.unit(item, node);
            let (_, shipments) = self.best(order, Some(price));
            self.commit(index, shipments);
        }
    }

    /// Decides every order again from what is left; returns what was saved.
    fn improve(&mut self) -> f64 {
        let mut saved = 0.0;
        for index in 0..self.orders.len() {
            if self.costs[index] <= self.alone[index] + 1e-9 {
                continue;
            }
            let before = self.costs[index];
            let old = self.lift(index);
            let (cost, shipments) = self.best(&self.orders[index], NO_PRICE);
            self.commit(index, if cost < before - 1e-9 { shipments } else { old });
            saved += before - self.costs[index];
        }
        saved
    }

    /// Lets orders that lost most compete again with one holder of what they want.
    fn swap_pairs(&mut self, prices: &Prices) -> f64 {
        let mut holders: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (index, shipments) in self.shipments.iter().enumerate() {
            for (node, set) in shipments {
                for (at, line) in self.orders[index].lines.iter().enumerate() {
                    if set & (1 << at) != 0 {
                        holders.entry((line.item, *node)).or_default().push(index);
                    }
                }
            }
        }
        let mut losers: Vec<(usize, f64)> = (0..self.orders.len())
            .map(|index| (index, self.costs[index] - self.alone[index]))
            .filter(|(_, regret)| *regret > 0.2)
            .collect();
        losers.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let full = Stock::clone(&self.stock);
        let mut saved = 0.0;
        for (loser, _) in losers {
            let wanted = self.wishes(loser, prices, &full);
            let rivals = wanted.iter().filter_map(|key| holders.get(key));
            let mut rivals: Vec<usize> =
                rivals.flat_map(|list| list.iter().copied().take(12)).collect();
            rivals.truncate(24);
            for rival in rivals {
                if rival != loser {
                    let gain = self.try_pair(loser, rival);
                    saved += gain;
                    if gain > 0.0 {
                        break;
                    }
                }
            }
        }
        saved
    }

    /// Returns the item–location pairs that an order would like but cannot have.
    fn wishes(&self, index: usize, prices: &Prices, full: &Stock) -> Vec<(u32, u32)> {
        let order = &self.orders[index];
        let mut wishes = Vec::new();
        for line in &order.lines {
            let mut near: Vec<(f64, u32)> = (0..full.nodes() as u32)
                .filter(|node| {
                    prices.unit(line.item, *node) > 0.0
                        && self.stock.units(line.item, *node) < line.units
                })
                .map(|node| {
                    let class = self.network.class(order.region, node);
                    (self.network.shipment_cost(order, class, 1), node)
                })
                .collect();
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            wishes.extend(near.iter().take(3).map(|(_, node)| (line.item, *node)));
        }
        wishes
    }

    /// Decides two orders again, the loser first; keeps the better pair. Returns what was saved.
    fn try_pair(&mut self, loser: usize, rival: usize) -> f64 {
        let before = self.costs[loser] + self.costs[rival];
        let (old_loser, old_rival) = (self.lift(loser), self.lift(rival));
        for (index, _) in [(loser, 0), (rival, 1)] {
            let (_, shipments) = self.best(&self.orders[index], NO_PRICE);
            self.commit(index, shipments);
        }
        let after = self.costs[loser] + self.costs[rival];
        if after < before - 1e-9 {
            return before - after;
        }
        self.lift(loser);
        self.lift(rival);
        self.commit(loser, old_loser);
        self.commit(rival, old_rival);
        0.0
    }
}

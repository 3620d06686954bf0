//! Quantity splits: a line that no location can fill whole is taken from several.

use crate::route::branch::{self, BranchError};
use crate::route::kernel::{Candidate, Decision, Kernel, Lines, MAX_LINES, Tariff};
use crate::route::network::{Network, Order, Stock};

/// Search steps for orders with more parts than the exact kernel takes.
const BUDGET: usize = 100_000;

/// Units of one line from one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub node: u32,
    pub line: usize,
    pub units: u32,
}

/// An order decided with split quantities.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitDecision {
    pub parts: Vec<Part>,
    /// Units of each line that stay unfilled.
    pub missing: Vec<u32>,
    pub cost: f64,
    /// False when lots of several units were kept together to bound the search.
    pub is_exact: bool,
}

/// Decides an order whose lines may be divided, but only where no location holds all of a line.
///
/// A missing unit costs its part of the line's penalty.
///
/// # Errors
/// [`BranchError`] when the order has more than 32 lines.
pub fn decide(
    network: &Network,
    stock: &Stock,
    order: &Order,
    kernel: &mut Kernel,
) -> Result<SplitDecision, BranchError> {
    let (lots, whole) = lots_of(stock, order)?;
    let tariff = Lots { network, stock, order, lots: &lots };
    let penalty = |lot: &(usize, u32)| {
        network.penalty * f64::from(lot.1) / f64::from(order.lines[lot.0].units.max(1))
    };
    let penalties: Vec<f64> = lots.iter().map(penalty).collect();
    let candidates: Vec<Candidate> = (0..stock.nodes() as u32)
        .filter_map(|node| {
            let able =
                |(line, units): &(usize, u32)| stock.units(order.lines[*line].item, node) >= *units;
            let lines = lots
                .iter()
                .enumerate()
                .filter(|(_, lot)| able(lot))
                .fold(0, |set, (index, _)| set | 1 << index);
            // The stock of each location limits its sets: every location is a class of its own.
            (lines != 0).then_some(Candidate { node, class: node, lines, fixed: 0.0 })
        })
        .collect();
    let exact = kernel.decide(&penalties, &candidates, usize::MAX, &tariff);
    let (decision, proven) = match exact {
        Ok(decision) => (decision, true),
        Err(_) => {
            let found = branch::decide(&penalties, &candidates, &tariff, BUDGET)?;
            (found.decision, found.is_proven)
        }
    };
    Ok(joined(order, &lots, &decision, whole && proven))
}

/// Returns the lots (line, units) to place, and whether every divided line went by single units.
fn lots_of(stock: &Stock, order: &Order) -> Result<(Vec<(usize, u32)>, bool), BranchError> {
    let count = order.lines.len();
    if count > branch::MAX_LINES {
        return Err(BranchError::TooManyLines { lines: count });
    }
    let divided: Vec<usize> = (0..count)
        .filter(|line| {
            let line = &order.lines[*line];
            line.units > 1 && stock.row(line.item).iter().all(|held| *held < line.units)
        })
        .collect();
    let units: usize = divided.iter().map(|line| order.lines[*line].units as usize).sum();
    let undivided = count - divided.len();
    let room = if undivided + units <= MAX_LINES {
        units
    } else {
        (branch::MAX_LINES - undivided).min(units)
    };
    let mut lots: Vec<(usize, u32)> = (0..count)
        .filter(|line| !divided.contains(line))
        .map(|l| (l, order.lines[l].units))
        .collect();
    for line in &divided {
        let own = order.lines[*line].units;
        let slots = ((room as u64 * u64::from(own)) / units.max(1) as u64).max(1) as u32;
        let (small, rest) = (own / slots, own % slots);
        for slot in 0..slots {
            let lot = small + u32::from(slot < rest);
            if lot > 0 {
                lots.push((*line, lot));
            }
        }
    }
    Ok((lots, room == units))
}

fn joined(
    order: &Order,
    lots: &[(usize, u32)],
    decision: &Decision,
    is_exact: bool,
) -> SplitDecision {
    let mut parts: Vec<Part> = Vec::new();
    let mut missing: Vec<u32> = order.lines.iter().map(|line| line.units).collect();
    for (node, set) in &decision.shipments {
        for (index, (line, units)) in lots.iter().enumerate() {
            if set & (1 << index) == 0 {
                continue;
            }
            missing[*line] -= units;
            match parts.iter_mut().find(|part| part.node == *node && part.line == *line) {
                Some(part) => part.units += units,
                None => parts.push(Part { node: *node, line: *line, units: *units }),
            }
        }
    }
    SplitDecision { parts, missing, cost: decision.cost, is_exact }
}

/// The tariff over lots: lots of one line in one shipment are one line, stock limits their sum.
struct Lots<'a> {
    network: &'a Network,
    stock: &'a Stock,
    order: &'a Order,
    lots: &'a [(usize, u32)],
}

impl Tariff for Lots<'_> {
    fn classes(&self) -> usize {
        self.stock.nodes()
    }

    fn shipment(&self, node: u32, set: Lines) -> f64 {
        let mut units = [0_u32; branch::MAX_LINES];
        let mut rest = set;
        while rest != 0 {
            let (line, lot) = self.lots[rest.trailing_zeros() as usize];
            units[line] += lot;
            rest &= rest - 1;
        }
        let mut lines = Vec::with_capacity(self.order.lines.len());
        for (line, units) in self.order.lines.iter().zip(units).filter(|(_, units)| *units > 0) {
            if self.stock.units(line.item, node) < units {
                return f64::INFINITY;
            }
            lines.push(crate::route::network::Line { item: line.item, units });
        }
        let all = ((1_u64 << lines.len()) - 1) as Lines;
        let shipped = Order { lines, region: self.order.region };
        let class = self.network.class(self.order.region, node);
        self.network.shipment_cost(&shipped, class, all)
    }

    fn line(&self, _node: u32, _line: usize) -> f64 {
        0.0
    }

    fn prices_lines(&self) -> bool {
        false
    }

    fn opening(&self, node: u32) -> f64 {
        let class = self.network.class(self.order.region, node) as usize;
        let rates = self.network.rates.len();
        self.network.handling[class / rates].per_shipment + self.network.rates[class % rates].base
    }
}

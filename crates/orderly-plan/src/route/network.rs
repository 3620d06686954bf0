//! Locations, what they hold, and what shipping from them costs.

use crate::route::kernel::{Candidate, Lines, Tariff};

/// One line of an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    pub item: u32,
    pub units: u32,
}

/// An order to be sourced.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub lines: Vec<Line>,
    /// Where it goes: an index into the network's regions.
    pub region: u32,
}

/// Units of every item at every location, item by item, with a bitmap of who holds any.
#[derive(Debug, Clone, PartialEq)]
pub struct Stock {
    nodes: usize,
    units: Vec<u32>,
    words: usize,
    held: Vec<u64>,
}

impl Stock {
    /// Returns empty stock.
    #[must_use]
    pub fn new(items: usize, nodes: usize) -> Self {
        let words = nodes.div_ceil(64);
        Self { nodes, units: vec![0; items * nodes], words, held: vec![0; items * words] }
    }

    /// Returns the number of locations.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Returns the number of items.
    #[must_use]
    pub fn items(&self) -> usize {
        self.units.len() / self.nodes.max(1)
    }

    /// Returns the units of an item at a location.
    #[must_use]
    pub fn units(&self, item: u32, node: u32) -> u32 {
        self.units[item as usize * self.nodes + node as usize]
    }

    /// Returns one item's units at every location.
    #[must_use]
    pub fn row(&self, item: u32) -> &[u32] {
        &self.units[item as usize * self.nodes..(item as usize + 1) * self.nodes]
    }

    /// Sets the units of an item at a location.
    pub fn set(&mut self, item: u32, node: u32, units: u32) {
        self.units[item as usize * self.nodes + node as usize] = units;
        let word = &mut self.held[item as usize * self.words + node as usize / 64];
        let bit = 1 << (node % 64);
        if units > 0 { *word |= bit } else { *word &= !bit }
    }

    /// Takes units if they are there; tells whether it did.
    pub fn take(&mut self, item: u32, node: u32, units: u32) -> bool {
        let held = self.units(item, node);
        if held < units {
            return false;
        }
        self.set(item, node, held - units);
        true
    }

    /// Calls `found` with every location that holds all units of some lines, and with those lines.
    pub fn holders(&self, lines: &[Line], mut found: impl FnMut(u32, Lines)) {
        for word in 0..self.words {
            let mut nodes = 0;
            for line in lines {
                nodes |= self.held[line.item as usize * self.words + word];
            }
            while nodes != 0 {
                let node = word * 64 + nodes.trailing_zeros() as usize;
                nodes &= nodes - 1;
                let mut set = 0;
                for (index, line) in lines.iter().enumerate() {
                    let enough = self.units[line.item as usize * self.nodes + node] >= line.units;
                    set |= Lines::from(enough) << index;
                }
                if set != 0 {
                    found(node as u32, set);
                }
            }
        }
    }
}

/// One kind of location.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Handling {
    pub per_shipment: f64,
    pub per_line: f64,
}

/// A carrier's price in one zone: a base up to 1 kg and a step for every further started kilogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZoneRate {
    pub base: f64,
    pub per_kg: f64,
}

/// The locations with their kinds, distances and tariff.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The kind of each location: an index into `handling`.
    pub kinds: Vec<u8>,
    pub handling: Vec<Handling>,
    pub rates: Vec<ZoneRate>,
    /// The zone from each location, region by region: an index into `rates`.
    pub zones: Vec<Vec<u8>>,
    /// Kilometers from each location, region by region.
    pub distances: Vec<Vec<f32>>,
    /// The weight of one unit of each item, in kilograms.
    pub weights: Vec<f64>,
    /// What an unfilled line costs.
    pub penalty: f64,
}

impl Network {
    /// Returns the class of a location for a region: its kind and zone.
    #[must_use]
    pub fn class(&self, region: u32, node: u32) -> u32 {
        let zone = u32::from(self.zones[region as usize][node as usize]);
        u32::from(self.kinds[node as usize]) * self.rates.len() as u32 + zone
    }

    /// Fills `out` with the candidates of an order that are open.
    pub fn candidates(
        &self,
        order: &Order,
        stock: &Stock,
        is_open: impl Fn(u32) -> bool,
        out: &mut Vec<Candidate>,
    ) {
        out.clear();
        let zones = &self.zones[order.region as usize];
        let width = self.rates.len() as u32;
        stock.holders(&order.lines, |node, lines| {
            if is_open(node) {
                let kind = u32::from(self.kinds[node as usize]);
                let class = kind * width + u32::from(zones[node as usize]);
                out.push(Candidate { node, class, lines, fixed: 0.0 });
            }
        });
    }

    /// Returns the tariff of one order; `price` is the bid price of a unit of an item at a node.
    #[must_use]
    pub fn tariff<'a, P: Fn(u32, u32) -> f64>(
        &'a self,
        order: &'a Order,
        price: Option<P>,
    ) -> OrderTariff<'a, P> {
        OrderTariff { network: self, order, price }
    }

    /// Returns the cost of one shipment, without any bid price.
    #[must_use]
    pub fn shipment_cost(&self, order: &Order, class: u32, lines: Lines) -> f64 {
        let rate = &self.rates[class as usize % self.rates.len()];
        let handling = &self.handling[class as usize / self.rates.len()];
        let (mut weight, mut rest) = (0.0, lines);
        while rest != 0 {
            let line = &order.lines[rest.trailing_zeros() as usize];
            weight += self.weights[line.item as usize] * f64::from(line.units);
            rest &= rest - 1;
        }
        let steps = (weight - 1e-9).ceil().max(1.0) - 1.0;
        let handled = handling.per_shipment + handling.per_line * f64::from(lines.count_ones());
        handled + rate.base + rate.per_kg * steps
    }
}

/// The tariff of one order in a network.
#[derive(Debug, Clone, Copy)]
pub struct OrderTariff<'a, P> {
    network: &'a Network,
    order: &'a Order,
    price: Option<P>,
}

impl<P: Fn(u32, u32) -> f64> Tariff for OrderTariff<'_, P> {
    fn classes(&self) -> usize {
        self.network.rates.len() * self.network.handling.len()
    }

    fn shipment(&self, class: u32, lines: Lines) -> f64 {
        self.network.shipment_cost(self.order, class, lines)
    }

    fn line(&self, node: u32, line: usize) -> f64 {
        let line = &self.order.lines[line];
        match &self.price {
            Some(price) => price(line.item, node) * f64::from(line.units),
            None => 0.0,
        }
    }

    fn prices_lines(&self) -> bool {
        self.price.is_some()
    }

    fn opening(&self, class: u32) -> f64 {
        let rates = self.network.rates.len();
        let handling = &self.network.handling[class as usize / rates];
        handling.per_shipment + self.network.rates[class as usize % rates].base
    }

    fn floor(&self, class: u32, _line: usize) -> f64 {
        self.network.handling[class as usize / self.network.rates.len()].per_line
    }
}

/// A tariff without bid prices, for readability at call sites.
pub const NO_PRICE: Option<fn(u32, u32) -> f64> = None;

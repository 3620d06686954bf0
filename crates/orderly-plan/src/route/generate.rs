//! The benchmark ORDERLY-ROUTE-1: a country, its locations, their stock and a stream of orders.

use crate::numeric::{Draws, mix};
use crate::route::network::{Handling, Line, Network, Order, Stock, ZoneRate};

const REGIONS: usize = 30;
const BASES: [f64; 7] = [7.5, 8.0, 8.9, 9.8, 10.9, 12.0, 13.2];
const STEPS: [f64; 7] = [0.35, 0.45, 0.6, 0.8, 1.05, 1.3, 1.6];
const ZONE_KM: [f64; 6] = [240.0, 480.0, 960.0, 1_600.0, 2_240.0, 2_880.0];

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    pub seed: u64,
    pub nodes: usize,
    pub items: usize,
    pub orders: usize,
    /// Stock over expected demand; 1 is just enough.
    pub rho: f64,
}

/// A generated world. Orders are drawn from the true demand or from a mistaken idea of it.
#[derive(Debug, Clone)]
pub struct World {
    pub shape: Shape,
    pub network: Network,
    pub stock: Stock,
    /// True orders, in order of arrival.
    pub orders: Vec<Order>,
    items: Vec<f64>,
    regions: Vec<f64>,
}

/// The kind of a distribution center and of a store.
pub const CENTER: u8 = 0;
pub const STORE: u8 = 1;

impl World {
    /// Generates the world of a shape. The same shape gives the same world.
    #[must_use]
    pub fn generate(shape: Shape) -> Self {
        let mut draws = Draws::new(mix(&[1, shape.seed]));
        let clusters: Vec<(f64, f64)> =
            (0..REGIONS).map(|_| (4_000.0 * draws.unit(), 2_500.0 * draws.unit())).collect();
        let regions: Vec<f64> =
            (0..REGIONS).map(|index| 1.0 / (1.0 + index as f64).powf(0.7)).collect();
        let items: Vec<f64> =
            (0..shape.items).map(|index| 1.0 / (1.0 + index as f64).powf(0.8)).collect();
        let network = network(&mut draws, &shape, &clusters, &regions);
        let mut world = Self {
            shape,
            network,
            stock: Stock::new(shape.items, shape.nodes),
            orders: Vec::new(),
            items,
            regions,
        };
        world.place_stock(&mut draws);
        let mut arrivals = Draws::new(mix(&[2, shape.seed]));
        world.orders = world.draw(&mut arrivals, shape.orders, &world.items, &world.regions);
        world
    }

    /// Returns orders as a forecaster imagines them.
    ///
    /// Item and region rates carry a log-normal error of `sigma` (0: the true demand), the same for
    /// every call with the same world.
    #[must_use]
    pub fn forecast_orders(&self, seed: u64, count: usize, sigma: f64) -> Vec<Order> {
        let mut errors = Draws::new(mix(&[3, self.shape.seed]));
        let mut bend = |rate: &f64| rate * (sigma * errors.normal() - 0.5 * sigma * sigma).exp();
        let items: Vec<f64> = self.items.iter().map(&mut bend).collect();
        let regions: Vec<f64> = self.regions.iter().map(&mut bend).collect();
        let mut draws = Draws::new(mix(&[4, self.shape.seed, seed]));
        self.draw(&mut draws, count, &items, &regions)
    }

    fn draw(&self, draws: &mut Draws, count: usize, items: &[f64], regions: &[f64]) -> Vec<Order> {
        let sums = |rates: &[f64]| -> Vec<f64> {
            rates
                .iter()
                .scan(0.0, |sum, rate| {
                    *sum += rate;
                    Some(*sum)
                })
                .collect()
        };
        let (items, regions) = (sums(items), sums(regions));
        (0..count)
            .map(|_| {
                let mut lines: Vec<Line> = Vec::new();
                for _ in 0..lines_of(draws) {
                    let item = draws.pick(&items) as u32;
                    let units = match draws.unit() {
                        x if x < 0.85 => 1,
                        x if x < 0.96 => 2,
                        _ => 3,
                    };
                    match lines.iter_mut().find(|line| line.item == item) {
                        Some(line) => line.units += units,
                        None => lines.push(Line { item, units }),
                    }
                }
                Order { lines, region: draws.pick(&regions) as u32 }
            })
            .collect()
    }

    /// Spreads Poisson stock over locations: six tenths to centers, the rest to stores.
    fn place_stock(&mut self, draws: &mut Draws) {
        // 1.78 lines an order, 1.19 units a line.
        let units = self.shape.orders as f64 * 1.78 * 1.19;
        let sum: f64 = self.items.iter().sum();
        for item in 0..self.shape.items {
            let total = self.shape.rho * units * self.items[item] / sum;
            let mut places: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
            for (node, kind) in self.network.kinds.iter().enumerate() {
                let chance = if *kind == CENTER { 0.9 } else { 0.35 };
                if draws.unit() < chance {
                    places[usize::from(*kind)].push(node as u32);
                }
            }
            let shares = match (places[0].is_empty(), places[1].is_empty()) {
                (false, false) => [0.6, 0.4],
                (false, true) => [1.0, 0.0],
                _ => [0.0, 1.0],
            };
            for (nodes, share) in places.iter().zip(shares) {
                for node in nodes {
                    let mean = total * share / nodes.len() as f64;
                    self.stock.set(item as u32, *node, draws.poisson(mean) as u32);
                }
            }
        }
    }
}

fn lines_of(draws: &mut Draws) -> usize {
    match draws.unit() {
        x if x < 0.62 => 1,
        x if x < 0.82 => 2,
        x if x < 0.91 => 3,
        x if x < 0.95 => 4,
        x if x < 0.975 => 5,
        _ => 6 + draws.below(5),
    }
}

fn network(draws: &mut Draws, shape: &Shape, clusters: &[(f64, f64)], regions: &[f64]) -> Network {
    let centers = (shape.nodes / 50).clamp(2, 10);
    let sums: Vec<f64> = regions
        .iter()
        .scan(0.0, |sum, rate| {
            *sum += rate;
            Some(*sum)
        })
        .collect();
    let mut kinds = Vec::with_capacity(shape.nodes);
    let mut places = Vec::with_capacity(shape.nodes);
    for node in 0..shape.nodes {
        if node < centers {
            kinds.push(CENTER);
            places.push((4_000.0 * draws.unit(), 2_500.0 * draws.unit()));
        } else {
            let (x, y) = clusters[draws.pick(&sums)];
            kinds.push(STORE);
            places.push((x + 100.0 * draws.unit() - 50.0, y + 100.0 * draws.unit() - 50.0));
        }
    }
    let distances: Vec<Vec<f32>> = clusters
        .iter()
        .map(|(x, y)| places.iter().map(|(a, b)| (a - x).hypot(b - y) as f32).collect())
        .collect();
    let zone = |km: &f32| ZONE_KM.iter().filter(|bound| f64::from(*km) > **bound).count() as u8;
    let zones = distances.iter().map(|row| row.iter().map(zone).collect()).collect();
    let weights = (0..shape.items)
        .map(|_| (0.8_f64.ln() + 0.7 * draws.normal()).exp().clamp(0.05, 15.0))
        .collect();
    Network {
        kinds,
        handling: vec![
            Handling { per_shipment: 1.2, per_line: 0.35 },
            Handling { per_shipment: 2.4, per_line: 0.9 },
        ],
        rates: BASES
            .iter()
            .zip(STEPS)
            .map(|(base, per_kg)| ZoneRate { base: *base, per_kg })
            .collect(),
        zones,
        distances,
        weights,
        penalty: 40.0,
    }
}
